"""Short words for telling what happens to an order."""

from typing import Any

from inventory.decision import Line
from shop.orders import finding, placing, statuses
from shop.orders.models import Order, OrderLine
from shop.orders.statuses import LineState


def place(*lines: Any, **more: Any) -> Order:
    """Place an order of (variant, quantity) pairs."""
    wanted = [Line(variant.pk, quantity) for variant, quantity in lines]
    return placing.place_order(lines=wanted, channel="storefront", **more).order


def add(order: Order, *lines: Any) -> None:
    placing.add_lines(order.pk, [Line(variant.pk, quantity) for variant, quantity in lines])


def states(order: Order) -> list[LineState]:
    return finding.view(order.pk).lines


def splits(order: Order) -> list[tuple[int, int]]:
    """Units allocated and backordered, line by line."""
    return [(state.allocated, state.backordered) for state in states(order)]


def units(order: Order) -> list[tuple[int, int, int, int]]:
    """Open, shipped, cancelled and returned units, line by line."""
    return list(
        OrderLine.objects.filter(order=order).order_by("pk").values_list("open", "shipped", "cancelled", "returned")
    )


def line_ids(order: Order) -> list[int]:
    return list(OrderLine.objects.filter(order=order).order_by("pk").values_list("pk", flat=True))


def status(order: Order) -> tuple[str, str]:
    """The order's status and its backorder status."""
    found = states(order)
    return statuses.order_status(found), statuses.backorder_status(found)


def touched(order: Order) -> Any:
    return Order.objects.get(pk=order.pk).updated_at
