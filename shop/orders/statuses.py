"""Statuses, derived from quantities: `domain.md` section 6."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from inventory import decision
from shop.orders import queue
from shop.orders.models import Order, OrderLine

OPEN = "open"
PARTIALLY_SHIPPED = "partially_shipped"
COMPLETED = "completed"
CANCELLED = "cancelled"
ORDER_STATUSES = (OPEN, PARTIALLY_SHIPPED, COMPLETED, CANCELLED)

NONE = "none"
PARTIAL = "partial"
FULL = "full"


class LineState(NamedTuple):
    """A line with what is computed when it is read."""

    line: OrderLine
    backordered: int

    @property
    def allocated(self) -> int:
        """Open units that stock covers now."""
        return self.line.open - self.backordered

    @property
    def status(self) -> str:
        """`cancelled`, `shipped`, `ready`, `backordered` or `partly_ready`."""
        if self.line.quantity == 0:
            return "cancelled"
        if self.line.open == 0:
            return "shipped"
        if self.backordered == 0:
            return "ready"
        return "partly_ready" if self.allocated else "backordered"

    @property
    def outcome(self) -> str:
        """What the customer was told at placement."""
        if self.line.backordered_at_placement == 0:
            return decision.FROM_STOCK
        return decision.BACKORDER if self.line.backordered_at_placement == self.line.ordered else decision.SPLIT


def order_status(lines: Iterable[LineState]) -> str:
    """An order's status from its lines' quantities."""
    opened = shipped = 0
    for state in lines:
        opened += state.line.open
        shipped += state.line.shipped
    if opened:
        return PARTIALLY_SHIPPED if shipped else OPEN
    return COMPLETED if shipped else CANCELLED


def backorder_status(lines: Iterable[LineState]) -> str:
    """Whether none, a part, or all of what is still to be shipped waits for stock."""
    opened = waiting = 0
    for state in lines:
        opened += state.line.open
        waiting += state.backordered
    if not waiting:
        return NONE
    return FULL if waiting == opened else PARTIAL


def with_status(orders: QuerySet[Order], status: str) -> QuerySet[Order]:
    """The orders that have this status now."""
    mine = OrderLine.objects.filter(order=OuterRef("pk"))
    opened, shipped = Exists(mine.filter(open__gt=0)), Exists(mine.filter(shipped__gt=0))
    if status in (OPEN, PARTIALLY_SHIPPED):
        return orders.filter(opened, shipped if status == PARTIALLY_SHIPPED else ~shipped)
    return orders.filter(~opened, shipped if status == COMPLETED else ~shipped)


def with_backorder_status(orders: QuerySet[Order], status: str) -> QuerySet[Order]:
    """The orders that have this backorder status now."""
    if status == NONE:
        return orders.exclude(pk__in=queue.waiting_orders())
    in_full = queue.waiting_orders(in_full=True)
    if status == FULL:
        return orders.filter(pk__in=in_full)
    return orders.filter(pk__in=queue.waiting_orders()).exclude(pk__in=in_full)
