"""An order by hand: the same reads, the same rows and the same durability in plain SQL, as few round trips as ours.

Nothing is judged but that there is enough: this is what a database can do for one client, not a shop.
"""

import json
import random
import sqlite3
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import psycopg

from tests.benchmarks.seeding import BY_THEN, TODAY, Shop


class Wish(NamedTuple):
    """Units of a variant."""

    variant_id: int
    quantity: int


def wishes(shop: Shop, lines: int = 3) -> list[Wish]:
    """An order of so many different variants, spread over all."""
    ids = random.sample(range(shop.first, shop.last + 1), lines)
    return [Wish(variant_id, random.randint(1, 3)) for variant_id in ids]


READ = """
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
    WHERE s.variant_id IN ({ids}) ORDER BY s.variant_id
"""
ORDER = """
    INSERT INTO orders_order (channel, client_id, reference, currency, customer_name, customer_email, customer_phone,
                              address_line1, address_line2, address_postal_code, address_city, address_region,
                              address_country, placed_at, updated_at, cancel_reason)
    VALUES ('storefront', {m}, {m}, {m}, {m}, {m}, '', {m}, '', {m}, {m}, '', {m}, {m}, {m}, '') RETURNING id
"""
MOVEMENTS = """
    INSERT INTO inventory_stockmovement (item_id, version, kind, on_hand_delta, committed_delta, on_hand_after,
                                         committed_after, track_inventory, allow_backorders, reference, reason,
                                         actor_kind, actor_id, actor_name, recorded_at)
    VALUES {rows}
"""
MOVEMENT = "({m}, {m}, 'placement', 0, {m}, {m}, {m}, {m}, {m}, {m}, '', 'client', {m}, {m}, {m})"
LINES = """
    INSERT INTO orders_orderline (order_id, variant_id, line_ref, title, sku, unit_price, ordered, open, shipped,
                                  cancelled, returned, backordered_at_placement, deliveries, promised_until, placed_at)
    VALUES {rows} RETURNING id
"""
LINE = "({m}, {m}, {m}, {m}, {m}, {m}, {m}, {m}, 0, 0, 0, 0, {m}, NULL, {m})"
EVENT = "INSERT INTO webhooks_outboxevent (type, data, created_at) VALUES ('order.created', {m}, {m})"

CUSTOMER = ("Mina de Vries", "mina@example.org")
ADDRESS = ("Kade 4", "1012 AB", "Amsterdam", "NL")


class Peer(NamedTuple):
    """A database spoken to by its own driver."""

    execute: Callable[[str, Sequence[Any]], Any]
    mark: str
    begin: Callable[[], Any]
    read: Callable[[Sequence[int]], list[tuple[Any, ...]]]
    update: Callable[[Sequence[Wish], Any], Any]
    commit: Callable[[], Any]
    time: Callable[[datetime], Any]

    def sql(self, text: str, rows: str = "", count: int = 0) -> str:
        return text.format(m=self.mark, rows=", ".join([rows.format(m=self.mark)] * count))


def place(peer: Peer, shop: Shop, lines: Sequence[Wish]) -> int:
    """Place one order and return its id."""
    now = datetime.now(UTC)
    stamp = peer.time(now)
    peer.begin()
    items = {row[0]: row for row in peer.read(sorted(line.variant_id for line in lines))}
    if any(items[variant_id][1] - items[variant_id][2] < quantity for variant_id, quantity in lines):
        raise ValueError("not enough")
    currency, zone = items[lines[0].variant_id][-2:]
    order = (shop.client_id, uuid.uuid4().hex[:20], currency, *CUSTOMER, *ADDRESS, stamp, stamp)
    order_id = peer.execute(peer.sql(ORDER), order).fetchone()[0]
    peer.update(lines, stamp)
    by_id = sorted(lines)
    movements = [
        value
        for variant_id, quantity in by_id
        for item in [items[variant_id]]
        for value in (variant_id, item[7] + 1, quantity, item[1], item[2] + quantity, item[3], item[4],
                      f"order {order_id + 1000}", shop.client_id, shop.client_name, stamp)
    ]  # fmt: skip
    peer.execute(peer.sql(MOVEMENTS, MOVEMENT, len(lines)), movements)
    today = now.astimezone(ZoneInfo(zone)).date()
    days = {"from": str(today + timedelta(days=TODAY)), "until": str(today + timedelta(days=BY_THEN))}
    rows = [
        value
        for ref, (variant_id, quantity) in enumerate(lines)
        for item in [items[variant_id]]
        for value in (order_id, variant_id, str(ref), f"{item[9]}, {item[10]}", item[11], item[12], quantity, quantity,
                      json.dumps([{"source": "stock", "quantity": quantity, "text": item[16], **days}]), stamp)
    ]  # fmt: skip
    peer.execute(peer.sql(LINES, LINE, len(lines)), rows).fetchall()
    event = json.dumps({"order_id": order_id, "order_number": str(order_id + 1000)})
    peer.execute(peer.sql(EVENT), (event, stamp))
    peer.commit()
    return int(order_id)


def _read(ids: Sequence[int], mark: str) -> str:
    return READ.format(ids=", ".join([mark] * len(ids)))


def by_psycopg(url: str) -> Peer:
    """PostgreSQL by psycopg, with prepared statements."""
    connection = psycopg.connect(url, autocommit=True)

    def execute(text: str, values: Sequence[Any] = ()) -> Any:
        return connection.execute(text, values, prepare=True)

    def read(ids: Sequence[int]) -> list[tuple[Any, ...]]:
        # Not `= ANY(array)`: of an array the planner knows no length, and plans the statement anew every time.
        return execute(_read(ids, "%s") + " FOR UPDATE OF s", ids).fetchall()

    def update(lines: Sequence[Wish], stamp: datetime) -> None:
        rows = ", ".join(["(%s::bigint, %s::bigint)"] * len(lines))
        text = f"""
            UPDATE inventory_stockitem s SET committed = committed + n.units, version = version + 1, updated_at = %s
            FROM (VALUES {rows}) AS n (variant_id, units) WHERE s.variant_id = n.variant_id
        """
        execute(text, (stamp, *(value for line in lines for value in line)))

    return Peer(
        execute, "%s", lambda: execute("BEGIN"), read, update, lambda: execute("COMMIT"), lambda moment: moment,
    )  # fmt: skip


def by_sqlite3(path: str) -> Peer:
    """SQLite by sqlite3, as durable as ours."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=20)
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;")
    execute = connection.execute

    def read(ids: Sequence[int]) -> list[tuple[Any, ...]]:
        return execute(_read(ids, "?"), ids).fetchall()

    def update(lines: Sequence[Wish], stamp: str) -> None:
        connection.executemany(
            "UPDATE inventory_stockitem SET committed = committed + ?, version = version + 1, updated_at = ? "
            "WHERE variant_id = ?",
            [(quantity, stamp, variant_id) for variant_id, quantity in lines],
        )

    return Peer(
        execute, "?", lambda: execute("BEGIN IMMEDIATE"), read, update, lambda: execute("COMMIT"),
        lambda moment: moment.replace(tzinfo=None).isoformat(" "),
    )  # fmt: skip
