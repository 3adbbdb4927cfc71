"""Locking stock: what a verb knows of the variants it works on, read in one statement under the lock.

Stock is locked by ascending id, so two callers can never wait for each other. On SQLite the lock is the transaction
itself (BEGIN IMMEDIATE); on PostgreSQL it is FOR UPDATE on the stock rows alone, so that a merchant who edits a
product's text does not wait for a checkout.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from django.db import connection, transaction

from catalog.models import Product, Variant


class Item(NamedTuple):
    """The stock of one variant as it was read, and what the catalogue and the store say of it. A plain value."""

    variant_id: int
    on_hand: int
    committed: int
    track_inventory: bool
    allow_backorders: bool
    backorder_limit: int | None
    stock_alert: int | None
    version: int
    product_id: int
    title: str
    variant_title: str
    sku: str
    price: Decimal
    minimum_order: int
    maximum_order: int | None
    sellable: bool
    in_stock_message: str | None
    in_stock_min_days: int | None
    in_stock_max_days: int | None
    out_of_stock_message: str | None
    out_of_stock_min_days: int | None
    out_of_stock_max_days: int | None
    currency: str
    time_zone: str

    @property
    def level(self) -> int:
        """On hand − committed: signed, −4 means that customers wait for four units."""
        return self.on_hand - self.committed

    @property
    def is_low(self) -> bool:
        """Tracked, and the level is at or below the stock alert (0 or none: no alert)."""
        return self.track_inventory and bool(self.stock_alert) and self.level <= (self.stock_alert or 0)

    @property
    def name(self) -> str:
        """The product's title, with the variant's where there are several: `Enamel mug, Blue`."""
        return self.title if self.variant_title == Variant.DEFAULT_TITLE else f"{self.title}, {self.variant_title}"


_SELECT = f"""
    SELECT s.variant_id, s.on_hand, s.committed, s.track_inventory, s.allow_backorders, s.backorder_limit,
           s.stock_alert, s.version,
           v.product_id, p.title, v.title, v.sku, v.price, v.minimum_order, v.maximum_order,
           v.archived_at IS NULL AND p.archived_at IS NULL AND p.visibility <> '{Product.Visibility.HIDDEN.value}',
           t.in_stock_message, t.in_stock_min_days, t.in_stock_max_days,
           t.out_of_stock_message, t.out_of_stock_min_days, t.out_of_stock_max_days,
           store.currency, store.time_zone
    FROM inventory_stockitem s
    JOIN catalog_variant v ON v.id = s.variant_id
    JOIN catalog_product p ON p.id = v.product_id
    LEFT JOIN catalog_deliverytimeframe t ON t.id = p.delivery_timeframe_id
    CROSS JOIN store_storesettings store
    WHERE s.variant_id IN ({{marks}})
    ORDER BY s.variant_id
"""
_LARGEST_ID = 2**63 - 1
_AT_ONCE = 10_000
"""Ids in one statement, well below what either database takes. More are locked in ascending order too."""


def lock(variant_ids: Iterable[int]) -> dict[int, Item]:
    """Lock the stock of these variants until the transaction ends, and return it by variant id, in ascending order.

    Call it once per transaction, before reading any number that you will decide on. An id that no variant has is
    simply missing. Raises `TransactionManagementError` outside a transaction, where nothing would be held.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Stock can be locked only inside a transaction.")
    return _read(variant_ids, " FOR UPDATE OF s" if connection.features.has_select_for_update else "")


def look(variant_ids: Iterable[int]) -> dict[int, Item]:
    """The same without a lock: true when read. For quotes and pages, never to decide what is then written."""
    return _read(variant_ids, "")


def _read(variant_ids: Iterable[int], suffix: str) -> dict[int, Item]:
    ids = sorted({variant_id for variant_id in variant_ids if 0 < variant_id <= _LARGEST_ID})
    found: dict[int, Item] = {}
    for start in range(0, len(ids), _AT_ONCE):
        found.update(_read_some(ids[start : start + _AT_ONCE], suffix))
    return found


def _read_some(ids: Sequence[int], suffix: str) -> dict[int, Item]:
    # A mark for each id: PostgreSQL knows no length of an array, and would plan the joins anew each time.
    sql = _SELECT.format(marks=", ".join(["%s"] * len(ids))) + suffix
    with connection.cursor() as cursor:
        cursor.execute(sql, ids)
        rows = cursor.fetchall()
    if connection.vendor == "sqlite":
        return {row[0]: _from_sqlite(Item._make(row)) for row in rows}
    return {row[0]: Item._make(row) for row in rows}


def _from_sqlite(item: Item) -> Item:
    """SQLite keeps truth as 0 and 1, and decimals as numbers."""
    return item._replace(
        track_inventory=bool(item.track_inventory),
        allow_backorders=bool(item.allow_backorders),
        sellable=bool(item.sellable),
        price=Decimal(str(item.price)),
    )
