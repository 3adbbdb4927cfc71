"""Placing orders, asking what an order would become, and adding lines to one.

Placing is one transaction: lock the stock, decide, promise the units, write the order and its lines *after* the lock
(the queue depends on it), record what happened. Refused, it leaves nothing behind.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction

from inventory import decision, stock
from inventory.decision import Line, Verdict
from inventory.locking import Item
from shop import clock
from shop.bulk import insert_returning, insert_unless_there
from shop.errors import DomainError
from shop.orders import promises
from shop.orders.finding import OrderClosed, get_locked
from shop.orders.models import Order, OrderLine
from shop.orders.statuses import LineState
from shop.webhooks import outbox
from shop.webhooks.models import OutboxEvent


class Customer(NamedTuple):
    """Whom an order is for; each may be empty."""

    name: str = ""
    email: str = ""
    phone: str = ""


class Address(NamedTuple):
    """Where an order goes; each may be empty. The country is a two-letter code."""

    line1: str = ""
    line2: str = ""
    postal_code: str = ""
    city: str = ""
    region: str = ""
    country: str = ""


NOBODY = Customer()
NOWHERE = Address()


class OrderRejected(DomainError):
    """At least one line cannot be accepted. `verdicts` judges all of them."""

    code = "order_rejected"

    def __init__(self, verdicts: Sequence[Verdict], nothing: str) -> None:
        refused = sum(verdict.refusal is not None for verdict in verdicts)
        super().__init__(f"{refused} of {len(verdicts)} lines cannot be accepted. {nothing}")
        self.verdicts = verdicts


class NothingOrdered(DomainError):
    code = "nothing_ordered"


class DuplicateReference(DomainError):
    code = "duplicate_reference"


class Placed(NamedTuple):
    """An order as it was just written, with its lines' split."""

    order: Order
    lines: list[LineState]


class Quoted(NamedTuple):
    """What an order would become now: the verdicts, and what is known of each variant that exists."""

    verdicts: list[Verdict]
    items: Mapping[int, Item]


def quote(lines: Sequence[Line]) -> Quoted:
    """Judge lines without writing or locking anything. Binds nobody."""
    items = stock.look(line.variant_id for line in lines)
    return Quoted(decision.decide(lines, items), items)


@transaction.atomic(savepoint=False)
def place_order(
    *,
    lines: Sequence[Line],
    channel: str,
    client_id: int | None = None,
    user_id: int | None = None,
    reference: str | None = None,
    customer: Customer = NOBODY,
    address: Address = NOWHERE,
) -> Placed:
    """Place an order of these lines (at least one), all or nothing, and return it.

    Raises `OrderRejected` with a verdict for every line, or `DuplicateReference` where the client has used the
    reference before; either way nothing is written.
    """
    if not lines:
        raise NothingOrdered("An order has at least one line.")
    items = stock.lock(line.variant_id for line in lines)
    verdicts = _decide(lines, items, "Nothing was ordered.")
    now = clock.now()
    order = Order(
        channel=channel, client_id=client_id, user_id=user_id, reference=reference,
        currency=next(iter(items.values())).currency,
        customer_name=customer.name, customer_email=customer.email, customer_phone=customer.phone,
        address_line1=address.line1, address_line2=address.line2, address_postal_code=address.postal_code,
        address_city=address.city, address_region=address.region, address_country=address.country,
        placed_at=now, updated_at=now,
    )  # fmt: skip
    _insert_order(order)
    events = stock.commit_units(items, _totals(lines), reference=f"order {order.number}")
    states = _insert_lines(order, verdicts, items, now)
    created = outbox.Event(OutboxEvent.Type.ORDER_CREATED, {"order_id": order.pk, "order_number": order.number})
    outbox.record([created, *events])
    return Placed(order, states)


@transaction.atomic(savepoint=False)
def add_lines(order_id: int, lines: Sequence[Line]) -> None:
    """Add lines to an open order: they are decided like an order and wait at the end of the queue.

    Minimum and maximum are judged on the order's new total of a variant. Raises `OrderClosed`, or `OrderRejected` with
    nothing added.
    """
    items = stock.lock(line.variant_id for line in lines)
    order, existing = get_locked(order_id)
    if not any(line.open for line in existing):
        raise OrderClosed(f"Order {order.number} is closed: nothing can be added to it.")
    verdicts = _decide(lines, items, "Nothing was added.", _units(existing))
    events = stock.commit_units(items, _totals(lines), reference=f"order {order.number}")
    now = clock.now()
    _insert_lines(order, verdicts, items, now)
    Order.objects.filter(pk=order.pk).update(updated_at=now)
    outbox.record(events)


def _decide(
    lines: Sequence[Line], items: Mapping[int, Item], nothing: str, already: Mapping[int, int] | None = None
) -> list[Verdict]:
    verdicts = decision.decide(lines, items, already)
    if not decision.acceptable(verdicts):
        raise OrderRejected(verdicts, nothing)
    return verdicts


def _totals(lines: Sequence[Line]) -> dict[int, int]:
    totals: dict[int, int] = {}
    for line in lines:
        totals[line.variant_id] = totals.get(line.variant_id, 0) + line.quantity
    return totals


def _units(existing: Sequence[OrderLine]) -> dict[int, int]:
    units: dict[int, int] = {}
    for line in existing:
        units[line.variant_id] = units.get(line.variant_id, 0) + line.quantity
    return units


_ORDER = (
    "channel", "client", "user", "reference", "currency", "customer_name", "customer_email", "customer_phone",
    "address_line1", "address_line2", "address_postal_code", "address_city", "address_region", "address_country",
    "placed_at", "updated_at", "cancel_reason",
)  # fmt: skip
_ORDER_VALUES = tuple(f"{name}_id" if name in ("client", "user") else name for name in _ORDER)
_LINE = (
    "order", "variant", "line_ref", "title", "sku", "unit_price", "ordered", "open", "shipped", "cancelled", "returned",
    "backordered_at_placement", "deliveries", "promised_until", "placed_at",
)  # fmt: skip


def _insert_order(order: Order) -> None:
    """Insert the order, which draws its number only now: a refused one, its reference used before, never does."""
    values = [getattr(order, name) for name in _ORDER_VALUES]
    key = insert_unless_there(Order, _ORDER, values, alike=("client", "reference"))
    if key is None:
        twin = Order.objects.get(client_id=order.client_id, reference=order.reference)
        raise DuplicateReference(
            f"The reference {order.reference} was used for order {twin.number}. Nothing was ordered.", order_id=twin.pk
        )
    order.pk = key


def _insert_lines(
    order: Order, verdicts: Sequence[Verdict], items: Mapping[int, Item], now: datetime
) -> list[LineState]:
    """Freeze each line as the customer saw it, and insert all; called under the stock lock, so ids follow its order."""
    rows: list[list[Any]] = []
    for line, allocated, backordered, _ in verdicts:
        item = items[line.variant_id]
        promised = promises.deliveries(item, allocated, backordered, now)
        rows.append([
            order.pk, line.variant_id, line.ref or "", item.name, item.sku, item.price, line.quantity, line.quantity,
            0, 0, 0, backordered, promised, promises.last_day(promised), now,
        ])  # fmt: skip
    keys = insert_returning(OrderLine, _LINE, rows)
    names = [f"{name}_id" if name in ("order", "variant") else name for name in _LINE]
    return [
        LineState(OrderLine(pk=key, **dict(zip(names, row, strict=True))), verdict.backordered)
        for key, row, verdict in zip(keys, rows, verdicts, strict=True)
    ]


def total(lines: Sequence[LineState]) -> Decimal:
    """What the lines cost together: units still to come or got, at the frozen prices."""
    return sum((state.line.unit_price * state.line.quantity for state in lines), Decimal(0))
