"""The decision: may this be ordered, and what would be taken from stock, what as a backorder?

Pure arithmetic on plain values, without a database: `domain.md` sections 2 and 3, row by row. Every door calls it: the
availability label, the quote, the order API, an order typed by staff, a line added to an order.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

IN_STOCK = "in_stock"
ON_BACKORDER = "on_backorder"
OUT_OF_STOCK = "out_of_stock"

LABELS = {IN_STOCK: "In stock", ON_BACKORDER: "On backorder", OUT_OF_STOCK: "Out of stock"}
SCHEMA_ORG = {
    IN_STOCK: "https://schema.org/InStock",
    ON_BACKORDER: "https://schema.org/BackOrder",
    OUT_OF_STOCK: "https://schema.org/OutOfStock",
}

FROM_STOCK = "from_stock"
SPLIT = "split"
BACKORDER = "backorder"
REJECTED = "rejected"


class Stock(Protocol):
    """What the decision needs to know of a variant. `sellable` is false for one archived, or of a hidden product."""

    @property
    def sellable(self) -> bool: ...
    @property
    def track_inventory(self) -> bool: ...
    @property
    def allow_backorders(self) -> bool: ...
    @property
    def level(self) -> int: ...
    @property
    def backorder_limit(self) -> int | None: ...
    @property
    def minimum_order(self) -> int: ...
    @property
    def maximum_order(self) -> int | None: ...


class Line(NamedTuple):
    """A line of a wish: `max_backordered` is the customer's consent to the quoted split, None leaves it to the shop."""

    variant_id: int
    quantity: int
    max_backordered: int | None = None
    ref: str | None = None


class Refusal(NamedTuple):
    """Why a line cannot be accepted: a code of the catalogue, one sentence, and the numbers behind it."""

    code: str
    detail: str
    params: dict[str, Any]


class Verdict(NamedTuple):
    """The judgement of one line. Accepted: `allocated + backordered` is its quantity. Refused: both are 0."""

    line: Line
    allocated: int
    backordered: int
    refusal: Refusal | None = None

    @property
    def outcome(self) -> str:
        if self.refusal is not None:
            return REJECTED
        if self.backordered == 0:
            return FROM_STOCK
        return SPLIT if self.allocated else BACKORDER


def decide(
    lines: Sequence[Line], stock: Mapping[int, Stock], already_ordered: Mapping[int, int] | None = None
) -> list[Verdict]:
    """Judge every line, in order; nothing is accepted unless all are (see `acceptable`).

    Lines of one variant are judged by their sum, and stock is handed out to them in line order. `already_ordered` gives
    the units of each variant that the order has already, so that an added line keeps to the limits of the whole order.
    A variant missing from `stock` is unknown.
    """
    totals: dict[int, int] = {}
    for line in lines:
        totals[line.variant_id] = totals.get(line.variant_id, 0) + line.quantity
    had = already_ordered or {}
    refusals = {
        variant_id: _refuse(total, stock.get(variant_id), had.get(variant_id, 0))
        for variant_id, total in totals.items()
    }
    left = {variant_id: available(stock[variant_id]) for variant_id, refusal in refusals.items() if refusal is None}
    return [_judge(line, totals[line.variant_id], refusals[line.variant_id], stock, left) for line in lines]


def acceptable(verdicts: Iterable[Verdict]) -> bool:
    """All or nothing: whether no line was refused."""
    return all(verdict.refusal is None for verdict in verdicts)


def available(stock: Stock) -> int:
    """Units that a new order can take from stock; 0 where none are counted or all are promised."""
    return max(stock.level, 0) if stock.track_inventory else 0


def status(stock: Stock) -> str:
    """What would one more unit be? `domain.md` section 3."""
    if not stock.track_inventory or stock.level >= 1:
        return IN_STOCK
    if stock.allow_backorders and _within_limit(1, stock):
        return ON_BACKORDER
    return OUT_OF_STOCK


def best_status(statuses: Iterable[str]) -> str:
    """A product's status: the best of its variants'."""
    found = set(statuses)
    return next((status for status in (IN_STOCK, ON_BACKORDER) if status in found), OUT_OF_STOCK)


def orderable(stock: Stock) -> int | None:
    """The most units that one order would be accepted for; None where nothing limits it, 0 where none can be had."""
    limits = [stock.maximum_order, _most_in_stock(stock)]
    known = [limit for limit in limits if limit is not None]
    most = max(min(known), 0) if known else None
    return 0 if not stock.sellable or (most is not None and most < stock.minimum_order) else most


def purchasable(stock: Stock) -> bool:
    """Whether an order of the minimum quantity would be accepted."""
    return _refuse(stock.minimum_order, stock, 0) is None


def _most_in_stock(stock: Stock) -> int | None:
    if not stock.track_inventory:
        return None
    if not stock.allow_backorders:
        return available(stock)
    return None if stock.backorder_limit is None else max(available(stock), stock.backorder_limit + stock.level)


def _within_limit(quantity: int, stock: Stock) -> bool:
    return stock.backorder_limit is None or quantity - stock.level <= stock.backorder_limit


def _refuse(total: int, stock: Stock | None, had: int) -> Refusal | None:
    """The first check that the sum of a variant's lines fails, in the order of the table."""
    if stock is None or not stock.sellable:
        return Refusal("variant_unavailable", "This is not for sale.", {"requested_total": total})
    return _refuse_amount(total + had, stock) or _refuse_stock(total, stock)


def _refuse_amount(total: int, stock: Stock) -> Refusal | None:
    if total < stock.minimum_order:
        detail = f"At least {stock.minimum_order} must be ordered."
        return Refusal("below_minimum_quantity", detail, {"requested_total": total, "min": stock.minimum_order})
    if stock.maximum_order is not None and total > stock.maximum_order:
        detail = f"At most {stock.maximum_order} can be ordered."
        return Refusal("above_maximum_quantity", detail, {"requested_total": total, "max": stock.maximum_order})
    return None


def _refuse_stock(total: int, stock: Stock) -> Refusal | None:
    there = available(stock)
    if not stock.track_inventory or total <= there:
        return None
    numbers = {"requested_total": total, "available": there}
    if stock.allow_backorders:
        if _within_limit(total, stock):
            return None
        detail = f"{total - there} would have to be backordered; no more than {stock.backorder_limit} may wait at once."
        more = {"would_backorder": total - there, "limit": stock.backorder_limit}
        return Refusal("backorder_limit_reached", detail, {**numbers, **more})
    if there:
        return Refusal("insufficient_stock", f"Only {there} left.", numbers)
    return Refusal("out_of_stock", "Out of stock.", numbers)


def _judge(
    line: Line, total: int, refusal: Refusal | None, stock: Mapping[int, Stock], left: dict[int, int]
) -> Verdict:
    """One line's verdict; takes its units from what is `left` for the lines after it."""
    if refusal is not None:
        return _rejected(line, refusal)
    item = stock[line.variant_id]
    if not item.track_inventory:
        return Verdict(line, line.quantity, 0)
    there = left[line.variant_id]
    allocated = min(line.quantity, there)
    waiting = line.quantity - allocated
    left[line.variant_id] = there - allocated
    if line.max_backordered is not None and waiting > line.max_backordered:
        params = {
            "requested_total": total,
            "available": available(item),
            "would_backorder": waiting,
            "max_backordered": line.max_backordered,
        }
        detail = f"{waiting} would have to be backordered, at most {line.max_backordered} was agreed."
        return _rejected(line, Refusal("backorder_not_agreed", detail, params))
    return Verdict(line, allocated, waiting)


def _rejected(line: Line, refusal: Refusal) -> Verdict:
    params = {"requested": line.quantity, **refusal.params}
    return Verdict(line, 0, 0, refusal._replace(params=params))
