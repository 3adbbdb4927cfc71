"""The queue: who gets the next unit. Coverage is computed when it is read, never stored.

Open units of a variant wait in order of their line's id, which is the order of placement. Coverage is a running sum,
`domain.md` section 4; `cover` says it for numbers in hand and `WAITING` for the database, and a property test holds the
two together.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models.expressions import RawSQL

from inventory.locking import Item
from inventory.models import StockMovement
from inventory.stock import Change
from shop import clock
from shop.orders.models import Order, OrderLine, number_of
from shop.webhooks import outbox
from shop.webhooks.models import OutboxEvent

# Every open line of a variant that somebody waits for, with what stock covers of it. All open lines take part in the
# running sum: whoever filters, filters outside.
WAITING = """
    SELECT line_id, order_id, variant_id, open_units, open_units - allocated AS backordered,
           CASE WHEN allocated < open_units THEN ROW_NUMBER() OVER (
               PARTITION BY variant_id, allocated < open_units ORDER BY line_id) END AS position
    FROM (
        SELECT line_id, order_id, variant_id, open_units,
               CASE WHEN on_hand - before <= 0 THEN 0
                    WHEN on_hand - before >= open_units THEN open_units
                    ELSE on_hand - before END AS allocated
        FROM (
            SELECT l.id AS line_id, l.order_id, l.variant_id, l.open AS open_units, s.on_hand,
                   SUM(l.open) OVER (PARTITION BY l.variant_id ORDER BY l.id) - l.open AS before
            FROM orders_orderline l JOIN inventory_stockitem s ON s.variant_id = l.variant_id
            WHERE l.open > 0 AND s.backordered > 0 {among}
        ) AS queue
    ) AS covered
"""
_LINES_WAITING = f"SELECT line_id FROM ({WAITING.format(among='')}) AS w WHERE backordered > 0"
_ORDERS_WAITING = f"SELECT order_id FROM ({WAITING.format(among='')}) AS w WHERE backordered > 0"
_ORDERS_WAITING_IN_FULL = f"""
    SELECT order_id FROM ({WAITING.format(among="")}) AS w WHERE backordered > 0 GROUP BY order_id
    HAVING SUM(backordered) = (SELECT SUM(o.open) FROM orders_orderline o WHERE o.order_id = w.order_id)
"""
_OF_ORDERS = """AND l.variant_id IN (
    SELECT mine.variant_id FROM orders_orderline mine WHERE mine.open > 0 AND mine.order_id IN ({ids}))"""


class OpenLine(NamedTuple):
    """A line with units still to be shipped."""

    line_id: int
    order_id: int
    variant_id: int
    open: int


class Shift(NamedTuple):
    """A line whose coverage changed: units of it that stock covers, before and after."""

    line: OpenLine
    before: int
    after: int


class Wait(NamedTuple):
    """Units of a line still waiting, and its place among the waiting lines of the variant, from 1."""

    backordered: int
    position: int


def cover(lines: Iterable[OpenLine], item: Item) -> dict[int, int]:
    """Units that stock covers of each line of one variant, given all its open lines in ascending id."""
    allocated, left = {}, item.on_hand
    for line in lines:
        taken = line.open if not item.track_inventory else max(min(left, line.open), 0)
        allocated[line.line_id] = taken
        left -= line.open
    return allocated


def open_lines(variant_ids: Iterable[int]) -> dict[int, list[OpenLine]]:
    """All open lines of each of these variants, in the order in which they wait."""
    found: dict[int, list[OpenLine]] = {variant_id: [] for variant_id in variant_ids}
    if found:
        rows = OrderLine.objects.filter(variant_id__in=list(found), open__gt=0).order_by("pk")
        for row in rows.values_list("pk", "order_id", "variant_id", "open"):
            found[row[2]].append(OpenLine._make(row))
    return found


def shifts(before: Item, lines_before: Sequence[OpenLine], after: Item, lines_after: Sequence[OpenLine]) -> list[Shift]:
    """The lines of one variant that gained or lost cover; a line that is no longer open did neither."""
    had, has = cover(lines_before, before), cover(lines_after, after)
    still = [line for line in lines_after if line.line_id in had]
    return [
        Shift(line, had[line.line_id], has[line.line_id]) for line in still if had[line.line_id] != has[line.line_id]
    ]


def waits(order_ids: Sequence[int]) -> dict[int, Wait]:
    """The waiting lines of these orders; a line that is not there waits for nothing."""
    if not order_ids:
        return {}
    marks = ", ".join(["%s"] * len(order_ids))
    queue = WAITING.format(among=_OF_ORDERS.format(ids=marks))
    sql = f"SELECT line_id, backordered, position FROM ({queue}) AS w WHERE backordered > 0 AND order_id IN ({marks})"
    with connection.cursor() as cursor:
        cursor.execute(sql, [*order_ids, *order_ids])
        return {line_id: Wait(int(backordered), position) for line_id, backordered, position in cursor.fetchall()}


def waiting_lines() -> Any:
    """The ids of all waiting lines, for a `pk__in` filter."""
    return RawSQL(_LINES_WAITING, ())


def waiting_orders(*, in_full: bool = False) -> Any:
    """The ids of all orders with a waiting line, or with nothing but waiting units, for a `pk__in` filter."""
    return RawSQL(_ORDERS_WAITING_IN_FULL if in_full else _ORDERS_WAITING, ())


def announce(moved: Iterable[Shift], now: datetime | None = None) -> None:
    """Tell who was covered, and touch the orders whose coverage changed; in the transaction of the change."""
    found = list(moved)
    if not found:
        return
    outbox.record(
        outbox.Event(
            OutboxEvent.Type.BACKORDER_FILLED,
            {
                "order_id": line.order_id,
                "order_number": number_of(line.order_id),
                "line_id": line.line_id,
                "variant_id": line.variant_id,
                "filled": after - before,
                "remaining": line.open - after,
            },
        )
        for line, before, after in found
        if after > before
    )
    orders = sorted({shift.line.order_id for shift in found})
    list(Order.objects.filter(pk__in=orders).order_by("pk").select_for_update().values_list("pk"))
    Order.objects.filter(pk__in=orders).update(updated_at=now or clock.now())


# What orders do to stock they announce themselves: there, the lines change as well.
_BY_ORDERS = {
    StockMovement.Kind.PLACEMENT,
    StockMovement.Kind.SHIPMENT,
    StockMovement.Kind.SHIPMENT_AHEAD,
    StockMovement.Kind.CANCELLATION,
}


def announce_stock(*, changes: Sequence[Change], **_signal: Any) -> None:
    """Listens to `inventory.stock.stock_changed`: announces whom a delivery, a sale, a count or a switch affects."""
    net = net_changes(change for change in changes if change.kind not in _BY_ORDERS)
    announce(shift for moved in read_shifts(net).values() for shift in moved)


def net_changes(changes: Iterable[Change]) -> dict[int, tuple[Item, Item]]:
    """Per variant, the item before the first and after the last of its changes."""
    net: dict[int, tuple[Item, Item]] = {}
    for change in changes:
        first = net.get(change.after.variant_id, (change.before, change.after))[0]
        net[change.after.variant_id] = (first, change.after)
    return net


def may_shift(before: Item, after: Item) -> bool:
    """Whether anybody's cover can have changed: only where somebody waits now or did, or tracking was turned."""
    return (
        before.track_inventory != after.track_inventory
        or (after.track_inventory and (before.level < 0 or after.level < 0))
    )  # fmt: skip


def read_shifts(pairs: Mapping[int, tuple[Item, Item]]) -> dict[int, list[Shift]]:
    """Per variant, the lines whose cover changed while only the stock did; one query."""
    lines = open_lines(variant_id for variant_id, pair in pairs.items() if may_shift(*pair))
    return {
        variant_id: shifts(pairs[variant_id][0], waiting, pairs[variant_id][1], waiting)
        for variant_id, waiting in lines.items()
    }
