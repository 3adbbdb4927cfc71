"""Orders as plain data, as the API shows them."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from inventory.decision import Verdict
from shop import clock
from shop.api.answers import moment
from shop.orders import promises, statuses
from shop.orders.models import Order, OrderLine, Return, Shipment, ShipmentLine
from shop.orders.placing import Quoted, total
from shop.orders.queue import Wait
from shop.orders.statuses import LineState
from shop.store import money


def order(found: Order, lines: Sequence[LineState], shipments: Iterable[Shipment]) -> dict[str, Any]:
    """An order as it is now."""
    return {
        "id": found.pk,
        "number": found.number,
        "reference": found.reference,
        "channel": found.channel,
        "status": statuses.order_status(lines),
        "backorder_status": statuses.backorder_status(lines),
        "currency": found.currency,
        "total": money.show(total(lines), found.currency),
        "placed_at": moment(found.placed_at),
        "customer": _customer(found),
        "shipping_address": _address(found),
        "lines": [_line(state, found.currency) for state in lines],
        "shipments": [shipment(one, one.lines.all()) for one in shipments],
        "updated_at": moment(found.updated_at),
    }


def shipment(found: Shipment, lines: Iterable[ShipmentLine]) -> dict[str, Any]:
    """A shipment and what was in it."""
    return {
        "id": found.pk,
        "method": found.method or None,
        "tracking": found.tracking or None,
        "shipped_at": moment(found.shipped_at),
        "lines": [{"line_id": line.line_id, "quantity": line.quantity} for line in lines],
    }


def returned(found: Return, order_found: Order) -> dict[str, Any]:
    """A return and what came back."""
    return {
        "id": found.pk,
        "order_id": order_found.pk,
        "order_number": order_found.number,
        "returned_at": moment(found.returned_at),
        "lines": [
            {"line_id": line.line_id, "quantity": line.quantity, "restock": line.restock} for line in found.lines.all()
        ],
    }


def quote(quoted: Quoted, currency: str) -> dict[str, Any]:
    """What an order of these lines would become now."""
    now = clock.now()
    acceptable = all(verdict.refusal is None for verdict in quoted.verdicts)
    lines = []
    amount = Decimal(0)
    for verdict in quoted.verdicts:
        item = quoted.items.get(verdict.line.variant_id)
        accepted = item is not None and verdict.refusal is None
        if item is not None:
            amount += item.price * verdict.line.quantity
        lines.append({
            "line_ref": verdict.line.ref,
            "variant_id": verdict.line.variant_id,
            "quantity": verdict.line.quantity,
            "outcome": verdict.outcome,
            "allocated": verdict.allocated,
            "backordered": verdict.backordered,
            "unit_price": money.show(item.price, item.currency) if item is not None and item.sellable else None,
            "error": verdict.refusal._asdict() if verdict.refusal else None,
            "deliveries": promises.deliveries(item, verdict.allocated, verdict.backordered, now)
            if item is not None and accepted else [],
        })  # fmt: skip
    return {
        "acceptable": acceptable,
        "currency": currency,
        "lines": lines,
        "total": money.show(amount, currency) if acceptable else None,
        "checked_at": moment(now),
    }


def refusals(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """The refused lines, each with its place in the request."""
    return [
        {
            "pointer": f"#/lines/{index}",
            "line_ref": verdict.line.ref,
            "variant_id": verdict.line.variant_id,
            **verdict.refusal._asdict(),
        }
        for index, verdict in enumerate(verdicts)
        if verdict.refusal is not None
    ]


def backorder(line: OrderLine, wait: Wait) -> dict[str, Any]:
    """A waiting line and its place in the queue."""
    return {
        "variant_id": line.variant_id,
        "sku": line.sku,
        "order_id": line.order_id,
        "order_number": line.order.number,
        "line_id": line.pk,
        "backordered": wait.backordered,
        "queued_at": moment(line.placed_at),
        "position": wait.position,
        "promised_until": line.promised_until.isoformat() if line.promised_until else None,
    }


def _line(state: LineState, currency: str) -> dict[str, Any]:
    line = state.line
    return {
        "id": line.pk,
        "line_ref": line.line_ref or None,
        "variant_id": line.variant_id,
        "sku": line.sku,
        "title": line.title,
        "status": state.status,
        "outcome": state.outcome,
        "quantity": line.quantity,
        "allocated": state.allocated,
        "backordered": state.backordered,
        "shipped": line.shipped,
        "cancelled": line.cancelled,
        "returned": line.returned,
        "unit_price": money.show(line.unit_price, currency),
        "line_total": money.show(line.unit_price * line.quantity, currency),
        # Named one by one: PostgreSQL keeps the members of a JSON object in an order of its own.
        "deliveries": [{name: part[name] for name in promises.PART} for part in line.deliveries],
    }


def _customer(found: Order) -> dict[str, Any] | None:
    shown = {"name": found.customer_name or None, "email": found.customer_email or None}
    if found.customer_phone:
        shown["phone"] = found.customer_phone
    return shown if any(shown.values()) else None


def _address(found: Order) -> dict[str, Any] | None:
    names = ("line1", "line2", "postal_code", "city", "region", "country")
    shown = {name: getattr(found, f"address_{name}") or None for name in names}
    return shown if any(shown.values()) else None
