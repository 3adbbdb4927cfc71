"""What becomes of an order: shipped, cancelled, lowered, returned.

Each verb locks the stock, then the order, reads the quantities under the locks, and refuses before it writes.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from django.db import transaction

from inventory import stock
from inventory.locking import Item
from shop import clock
from shop.bulk import insert_rows, update_rows
from shop.errors import DomainError
from shop.orders import queue
from shop.orders.finding import line_of, lock_all
from shop.orders.models import Order, OrderLine, Return, ReturnLine, Shipment, ShipmentLine
from shop.webhooks import outbox
from shop.webhooks.models import OutboxEvent


class NothingToCancel(DomainError):
    code = "nothing_to_cancel"


class AlreadyShipped(DomainError):
    code = "already_shipped"


class MoreThanOrdered(DomainError):
    code = "more_than_ordered"


class NotEnoughAllocated(DomainError):
    code = "not_enough_allocated"


class ReturnExceedsShipped(DomainError):
    code = "return_exceeds_shipped"


class Returned(NamedTuple):
    """Units of a line that came back, and whether they go on the shelf again."""

    line_id: int
    quantity: int
    restock: bool = True


@transaction.atomic(savepoint=False)
def cancel(order_id: int, reason: str = "") -> None:
    """Cancel all units not yet shipped; a partly shipped order is thereby completed. Cancelling twice changes nothing.

    Raises `NothingToCancel` where everything was shipped.
    """
    order, lines, items = lock_all(order_id)
    opened = [line for line in lines if line.open]
    if not opened and order.cancelled_at is None and any(line.shipped for line in lines):
        raise NothingToCancel(f"Everything of order {order.number} was shipped: there is nothing to cancel.")
    if not opened:
        return
    _give_up(order, {line: line.open for line in opened}, items, reason)
    _note_cancelled(order, reason)


@transaction.atomic(savepoint=False)
def lower_line(order_id: int, line_id: int, quantity: int) -> None:
    """Lower a line to this quantity; its waiting units go first, by the queue's own arithmetic.

    An order whose last line is lowered to nothing is thereby cancelled.

    Raises `MoreThanOrdered` above today's quantity, `AlreadyShipped` below what has left the house.
    """
    order, lines, items = lock_all(order_id)
    line = line_of(lines, line_id)
    if quantity > line.quantity:
        raise MoreThanOrdered(
            f"The line has {line.quantity} units. To order more, add a line instead.", quantity=line.quantity
        )
    if quantity < line.shipped:
        raise AlreadyShipped(f"{line.shipped} units were shipped already.", shipped=line.shipped)
    if quantity == line.quantity:
        return
    _give_up(order, {line: line.quantity - quantity}, items, "")
    if not any(other.quantity for other in lines if other != line) and quantity == 0:
        _note_cancelled(order, "")


@transaction.atomic(savepoint=False)
def ship(
    order_id: int, quantities: Mapping[int, int], *, method: str = "", tracking: str = "", ahead: bool = False
) -> Shipment:
    """Ship units of lines (line id → units) that stock covers, and return the shipment.

    With `ahead`, also units that wait, as long as they are physically there: it jumps the queue on purpose, and the
    ledger says so. Raises `NotEnoughAllocated` naming the line.
    """
    order, lines, items = lock_all(order_id)
    shipped = {line_of(lines, line_id): quantity for line_id, quantity in quantities.items()}
    jumping = _check_shippable(shipped, items, ahead)
    shipment = Shipment.objects.create(order=order, method=method, tracking=tracking, shipped_at=clock.now())
    rows = [(shipment.pk, line.pk, quantity) for line, quantity in shipped.items()]
    insert_rows(ShipmentLine, ("shipment", "line", "quantity"), rows)
    with _announcing(_per_variant(shipped), items):
        update_rows(OrderLine, ("open", "shipped"),
                    [(line.pk, line.open - n, line.shipped + n) for line, n in shipped.items()])  # fmt: skip
        events = stock.ship_units(items, _per_variant(shipped), reference=f"order {order.number}", ahead=jumping)
    Order.objects.filter(pk=order.pk).update(updated_at=clock.now())
    data = {"order_id": order.pk, "order_number": order.number, "shipment_id": shipment.pk}
    outbox.record([outbox.Event(OutboxEvent.Type.SHIPMENT_CREATED, data), *events])
    return shipment


@transaction.atomic(savepoint=False)
def take_back(order_id: int, returned: Sequence[Returned]) -> Return:
    """Book units that came back: on the shelf again, or only counted on the line.

    Raises `ReturnExceedsShipped` where more would have come back than was sent.
    """
    order, lines, items = lock_all(order_id)
    units: dict[OrderLine, int] = {}
    for back in returned:
        line = line_of(lines, back.line_id)
        units[line] = units.get(line, 0) + back.quantity
        if line.returned + units[line] > line.shipped:
            left = line.shipped - line.returned
            raise ReturnExceedsShipped(
                f"{left} units of {line.title} can still come back.", line_id=line.pk, returnable=left
            )
    parent = Return.objects.create(order=order, returned_at=clock.now())
    rows = [(parent.pk, back.line_id, back.quantity, back.restock) for back in returned]
    insert_rows(ReturnLine, ("parent", "line", "quantity", "restock"), rows)
    update_rows(OrderLine, ("returned",), [(line.pk, line.returned + n) for line, n in units.items()])
    restocked: dict[int, int] = {}
    for back in returned:
        variant_id = line_of(lines, back.line_id).variant_id
        restocked[variant_id] = restocked.get(variant_id, 0) + (back.quantity if back.restock else 0)
    shelved = {variant_id: quantity for variant_id, quantity in restocked.items() if quantity}
    events = stock.put_back(items, shelved, reference=f"order {order.number}")
    Order.objects.filter(pk=order.pk).update(updated_at=clock.now())
    outbox.record(events)
    return parent


def _give_up(order: Order, units: Mapping[OrderLine, int], items: Mapping[int, Item], reason: str) -> None:
    """Take so many open units off lines, and give their stock to whoever waits next."""
    with _announcing(_per_variant(units), items):
        update_rows(OrderLine, ("open", "cancelled"),
                    [(line.pk, line.open - n, line.cancelled + n) for line, n in units.items()])  # fmt: skip
        events = stock.release_units(items, _per_variant(units), reference=f"order {order.number}", reason=reason)
    Order.objects.filter(pk=order.pk).update(updated_at=clock.now())
    outbox.record(events)


def _note_cancelled(order: Order, reason: str) -> None:
    Order.objects.filter(pk=order.pk).update(cancelled_at=clock.now(), cancel_reason=reason)
    data = {"order_id": order.pk, "order_number": order.number}
    outbox.record([outbox.Event(OutboxEvent.Type.ORDER_CANCELLED, data)])


def _check_shippable(shipped: Mapping[OrderLine, int], items: Mapping[int, Item], ahead: bool) -> set[int]:
    """Refuse what cannot be shipped; returns the variants of which more is shipped than the queue gives."""
    jumping = set()
    covered = _cover({line.variant_id for line in shipped}, items)
    there = {variant_id: item.on_hand for variant_id, item in items.items()}
    for line, quantity in shipped.items():
        most = covered[line.pk] if line.open else 0
        if quantity > most:
            jumping.add(line.variant_id)
        if ahead and items[line.variant_id].track_inventory:
            most = min(line.open, there[line.variant_id])
            there[line.variant_id] -= min(quantity, most)
        if quantity > most:
            raise NotEnoughAllocated(
                f"{most} units of {line.title} can be shipped now, not {quantity}.", line_id=line.pk, allocated=most
            )
    return jumping


def _cover(variant_ids: set[int], items: Mapping[int, Item]) -> dict[int, int]:
    allocated: dict[int, int] = {}
    for variant_id, lines in queue.open_lines(sorted(variant_ids)).items():
        allocated.update(queue.cover(lines, items[variant_id]))
    return allocated


def _per_variant(units: Mapping[OrderLine, int]) -> dict[int, int]:
    totals: dict[int, int] = {}
    for line, quantity in units.items():
        totals[line.variant_id] = totals.get(line.variant_id, 0) + quantity
    return totals


@contextmanager
def _announcing(moving: Mapping[int, int], items: Mapping[int, Item]) -> Iterator[None]:
    """Compare everybody's cover before and after the block, where anybody waits for these variants, and announce it."""
    short = [variant_id for variant_id in moving if items[variant_id].track_inventory and items[variant_id].level < 0]
    before = queue.open_lines(short)
    yield
    after = queue.open_lines(short)
    now_there = stock.look(short)
    queue.announce(
        shift
        for variant_id in short
        for shift in queue.shifts(items[variant_id], before[variant_id], now_there[variant_id], after[variant_id])
    )
