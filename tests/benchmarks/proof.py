"""What no speed may cost: nothing oversold, and the same few statements for any number of lines."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import connection, transaction

from tests.benchmarks.seeding import Shop, order

APART = ("accounts_apikey", "api_ratewindow")
"""Logging in and counting requests: not a part of the order."""
BEGIN_AND_COMMIT = 2

_BALANCE = """
    SELECT (SELECT SUM(committed) FROM inventory_stockitem),
           (SELECT SUM(open) FROM orders_orderline),
           (SELECT SUM(committed_delta) FROM inventory_stockmovement),
           (SELECT COUNT(*) FROM inventory_stockitem WHERE level < 0 AND NOT allow_backorders),
           (SELECT COUNT(*) FROM orders_order)
"""
_APART_BY_VARIANT = """
    SELECT COUNT(*) FROM inventory_stockitem s
    LEFT JOIN (SELECT variant_id, SUM(open) AS units FROM orders_orderline GROUP BY variant_id) l USING (variant_id)
    LEFT JOIN (SELECT item_id AS variant_id, SUM(committed_delta) AS units FROM inventory_stockmovement
               GROUP BY item_id) m USING (variant_id)
    WHERE s.committed <> COALESCE(l.units, 0) OR s.committed <> COALESCE(m.units, 0)
"""


class Balance(NamedTuple):
    """The stock after a load run, in units. It is right where all three agree, in sum and for each variant."""

    committed: int
    open: int
    moved: int
    oversold: int
    orders: int
    differing: int

    @property
    def right(self) -> bool:
        return self.committed == self.open == self.moved and not self.oversold and not self.differing


def balance() -> Balance:
    """What stock, order lines and ledger say."""
    with connection.cursor() as cursor:
        cursor.execute(_BALANCE)
        totals = [int(value or 0) for value in cursor.fetchone()]
        cursor.execute(_APART_BY_VARIANT)
        return Balance(*totals, differing=cursor.fetchone()[0])


def statements(shop: Shop, lines: int) -> int:
    """Statements of one order over the whole API, key and all, with BEGIN and COMMIT, without what is `APART`."""
    seen: Counter[str] = Counter()

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        seen[_kind(sql)] += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        order(shop, range(shop.first, shop.first + lines), f"count-{lines}")
    # The driver sends COMMIT and, to PostgreSQL, BEGIN, past the eyes of Django.
    return seen["order"] + BEGIN_AND_COMMIT


def _kind(sql: str) -> str:
    if sql.startswith("BEGIN"):
        return "begin"
    return "apart" if re.search("|".join(APART), sql) else "order"


_ROWS = {
    "orders_order": "SELECT * FROM orders_order WHERE id = %s",
    "orders_orderline": "SELECT * FROM orders_orderline WHERE order_id = %s ORDER BY id",
    "inventory_stockmovement": "SELECT * FROM inventory_stockmovement WHERE reference = %s ORDER BY item_id",
    "webhooks_outboxevent": "SELECT * FROM webhooks_outboxevent ORDER BY id DESC LIMIT 1",
}
_OWN = {
    "id", "order_id", "reference", "version", "committed_after", "data", "placed_at", "updated_at", "recorded_at",
    "created_at",
}  # fmt: skip
"""What differs from one order to the next."""


def written(order_id: int) -> dict[str, list[dict[str, Any]]]:
    """The rows of the order that was placed last; of what no two orders share, only whether it is there."""
    found = {}
    for table, sql in _ROWS.items():
        key = f"order {order_id + 1000}" if "reference" in sql else order_id
        with connection.cursor() as cursor:
            cursor.execute(sql, [key] if "%s" in sql else [])
            names = [column[0] for column in cursor.description]
            found[table] = [
                {name: value is not None if name in _OWN else value for name, value in zip(names, row, strict=True)}
                for row in cursor.fetchall()
            ]
    return found


def same_rows(ours: Callable[[], int], by_hand: Callable[[], int]) -> None:
    """Check that both place the same order: the same rows in the same tables, column by column. Raises where not."""
    one, other = written(ours()), written(by_hand())
    for table, rows in one.items():
        if rows != other[table] or not rows:
            raise RuntimeError(f"By hand, something else is written to {table}:\n{rows}\n{other[table]}")
    if connection.in_atomic_block:
        raise transaction.TransactionManagementError("The order was not committed.")
