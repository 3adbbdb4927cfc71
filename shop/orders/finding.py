"""Finding orders: with their lines' state for reading, or locked for a change."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from inventory import stock
from inventory.locking import Item
from shop.durable import TryAgain
from shop.errors import DomainError
from shop.orders import queue
from shop.orders.models import Order, OrderLine, Shipment
from shop.orders.statuses import LineState


class UnknownOrder(DomainError):
    code = "not_found"


class OrderClosed(DomainError):
    code = "order_closed"


class OrderView(NamedTuple):
    """An order as it is now, with the state of its lines and its shipments (their lines prefetched)."""

    order: Order
    lines: list[LineState]
    shipments: list[Shipment]


def views(orders: Iterable[Order]) -> list[OrderView]:
    """The orders with everything a reader sees, in a constant number of queries."""
    found = list(orders)
    ids = [order.pk for order in found]
    waits = queue.waits(ids)
    lines: dict[int, list[LineState]] = {pk: [] for pk in ids}
    for line in OrderLine.objects.filter(order__in=ids).order_by("pk"):
        waiting = waits.get(line.pk)
        lines[line.order_id].append(LineState(line, waiting.backordered if waiting else 0))
    shipments: dict[int, list[Shipment]] = {pk: [] for pk in ids}
    for shipment in Shipment.objects.filter(order__in=ids).order_by("pk").prefetch_related("lines"):
        shipments[shipment.order_id].append(shipment)
    return [OrderView(order, lines[order.pk], shipments[order.pk]) for order in found]


def view(order_id: int) -> OrderView:
    """One order with everything a reader sees. Raises `UnknownOrder`."""
    found = views(Order.objects.filter(pk=order_id))
    if not found:
        raise UnknownOrder("There is no such order.")
    return found[0]


def get_locked(order_id: int) -> tuple[Order, list[OrderLine]]:
    """The order row, locked, and its lines as they are under the lock. The stock must have been locked before.

    Raises `UnknownOrder`.
    """
    order = Order.objects.select_for_update().filter(pk=order_id).first()
    if order is None:
        raise UnknownOrder("There is no such order.")
    return order, list(OrderLine.objects.filter(order=order).order_by("pk"))


def lock_all(order_id: int) -> tuple[Order, list[OrderLine], dict[int, Item]]:
    """Lock the stock of all of an order's variants and then the order, and read both under the locks.

    Raises `UnknownOrder`, and `TryAgain` where a line of a further variant was added between.
    """
    variant_ids = set(OrderLine.objects.filter(order=order_id).values_list("variant_id", flat=True))
    items = stock.lock(variant_ids)
    order, lines = get_locked(order_id)
    if not {line.variant_id for line in lines} <= items.keys():
        raise TryAgain
    return order, lines, items


def line_of(lines: Sequence[OrderLine], line_id: int) -> OrderLine:
    """The order's line with this id. Raises `UnknownOrder` where it has none."""
    found = next((line for line in lines if line.pk == line_id), None)
    if found is None:
        raise UnknownOrder("There is no such line in this order.")
    return found
