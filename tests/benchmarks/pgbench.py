"""pgbench with the statements of an order over HTTP, and nothing but them: what the database itself can do.

The row of the Idempotency-Key is written and completed as the API does it; looking up the API key and counting its
requests, which an order over HTTP pays for as well, are left out.
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.benchmarks.processes import Group
from tests.benchmarks.rounds import Round
from tests.benchmarks.seeding import Shop

BODY_BYTES = {1: 880, 3: 1550}
"""How long the kept answer of an order is, by its lines."""
KNOWN_PLACES = ("/usr/lib/postgresql/*/bin/pgbench",)

_KEY = """
\\set token random(1, 9000000000000000000)
BEGIN;
INSERT INTO api_idempotencykey (client_id, path, key, fingerprint, status, location, body, created_at)
    VALUES ({client_id}, 'POST /api/v1/orders', 'bench-' || :token, '{fingerprint}', 0, '', '', now())
    ON CONFLICT DO NOTHING RETURNING id \\gset key_
"""
_READ = """
SELECT s.variant_id, s.on_hand, s.committed, s.track_inventory, s.allow_backorders, s.backorder_limit,
       s.stock_alert, s.version, v.product_id, p.title, v.title, v.sku, v.price, v.minimum_order, v.maximum_order,
       v.archived_at IS NULL AND p.archived_at IS NULL AND p.visibility <> 'hidden',
       t.in_stock_message, t.in_stock_min_days, t.in_stock_max_days,
       t.out_of_stock_message, t.out_of_stock_min_days, t.out_of_stock_max_days, store.currency, store.time_zone
    FROM inventory_stockitem s
    JOIN catalog_variant v ON v.id = s.variant_id
    JOIN catalog_product p ON p.id = v.product_id
    LEFT JOIN catalog_deliverytimeframe t ON t.id = p.delivery_timeframe_id
    CROSS JOIN store_storesettings store
    WHERE s.variant_id = ANY(ARRAY[{ids}]::bigint[]) ORDER BY s.variant_id FOR UPDATE OF s;
"""
_ORDER = """
INSERT INTO orders_order (channel, client_id, reference, currency, customer_name, customer_email, customer_phone,
                          address_line1, address_line2, address_postal_code, address_city, address_region,
                          address_country, placed_at, updated_at, cancel_reason)
    VALUES ('storefront', {client_id}, 'pgbench-' || :token, 'EUR', 'Mina de Vries', 'mina@example.org', '',
            'Kade 4', '', '1012 AB', 'Amsterdam', '', 'NL', now(), now(), '') RETURNING id \\gset order_
"""
# What was read cannot be kept in a variable where there are several rows: the update counts up by itself, and the
# movements take what it came to.
_STOCK = """
UPDATE inventory_stockitem s SET committed = committed + n.units, version = version + 1, updated_at = now()
    FROM (VALUES {units}) AS n (variant_id, units) WHERE s.variant_id = n.variant_id;
INSERT INTO inventory_stockmovement (item_id, version, kind, on_hand_delta, committed_delta, on_hand_after,
                                     committed_after, track_inventory, allow_backorders, reference, reason,
                                     actor_kind, actor_id, actor_name, recorded_at)
    SELECT s.variant_id, s.version, 'placement', 0, n.units, s.on_hand, s.committed, s.track_inventory,
           s.allow_backorders, 'order ' || :order_id, '', 'client', {client_id}, 'bench', now()
    FROM inventory_stockitem s JOIN (VALUES {units}) AS n (variant_id, units) ON s.variant_id = n.variant_id;
"""
_LINES = """
INSERT INTO orders_orderline (order_id, variant_id, line_ref, title, sku, unit_price, ordered, open, shipped,
                              cancelled, returned, backordered_at_placement, deliveries, promised_until, placed_at)
    VALUES {lines} RETURNING id;
INSERT INTO webhooks_outboxevent (type, data, created_at)
    VALUES ('order.created',
            ('{{"order_id": ' || :order_id || ', "order_number": "' || :order_id || '"}}')::jsonb, now());
UPDATE api_idempotencykey SET status = 201, location = '/api/v1/orders/' || :order_id, body = '{body}'
    WHERE id = :key_id;
END;
"""
# A space after each colon, or a variable would be seen.
_LINE = """(:order_id, :{name}, '{number}', 'Enamel mug, Colour', 'MUG-00000', 12.5, :{name}_units, :{name}_units,
    0, 0, 0, 0, '[{{"source": "stock", "quantity": 2, "text": "1-3 days", "from": "2026-11-24",
    "until": "2026-11-26"}}]', NULL, now())"""


def find() -> str | None:
    """The program, if it is installed."""
    known = [str(path) for pattern in KNOWN_PLACES for path in sorted(Path("/").glob(pattern.lstrip("/")))]
    return shutil.which("pgbench") or (known[-1] if known else None)


def script(shop: Shop, *, hot: bool) -> str:
    """An order of three lines spread over all variants, or of one line of always the same."""
    count = 1 if hot else 3
    names = [f"v{number}" for number in range(count)]
    width = (shop.last - shop.first + 1) // count
    # Three thirds, so that the three are never the same variant.
    draws = [
        f"\\set {name} random({shop.first + number * width}, {shop.first + (number + 1) * width - 1})"
        for number, name in enumerate(names)
    ]
    if hot:
        draws = [f"\\set v0 {shop.first}"]
    draws += [f"\\set {name}_units random(1, 3)" for name in names]
    filled = "".join((_KEY, _READ, _ORDER, _STOCK, _LINES)).format(
        client_id=shop.client_id,
        fingerprint="f" * 64,
        ids=", ".join(f":{name}" for name in names),
        units=", ".join(f"(:{name}::bigint, :{name}_units::bigint)" for name in names),
        lines=", ".join(_LINE.format(name=name, number=number) for number, name in enumerate(names)),
        body="x" * BODY_BYTES[count],
    )
    return "\n".join(draws) + filled


def run_for(
    seconds: float, program: str, url: str, shop: Shop, *, clients: int, hot: bool, database: Group | None
) -> Round:
    """Clients in a closed loop. Raises where a transaction failed."""
    before = database.cpu() if database else None
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script(shop, hot=hot))
        file.flush()
        command = [
            program, "--no-vacuum", "--protocol=prepared", f"--client={clients}", "--jobs=2",
            f"--time={max(round(seconds), 1)}", f"--file={file.name}", url,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"transactions actually processed: (\d+)", done.stdout)
    rate = re.search(r"tps = ([\d.]+) \(without", done.stdout)
    if done.returncode or not found or not rate:
        raise RuntimeError(f"pgbench failed: {done.stderr.strip()}")
    orders = int(found[1])
    after = database.cpu() if database else None
    spent = None if before is None or after is None else after - before
    return Round(orders, orders / float(rate[1]), db_cpu=spent)
