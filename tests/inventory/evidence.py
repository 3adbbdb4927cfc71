"""What the tests of stock and orders look at: everything that could have moved, and whether it all adds up."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F, Sum

from inventory.models import StockItem, StockMovement, StockPosting
from shop.accounts.models import AuditEntry
from shop.orders.models import Order, OrderLine, Return, ReturnLine, Shipment, ShipmentLine
from shop.webhooks.models import OutboxEvent

EVERYTHING = (
    StockItem,
    StockMovement,
    StockPosting,
    Order,
    OrderLine,
    Shipment,
    ShipmentLine,
    Return,
    ReturnLine,
    OutboxEvent,
    AuditEntry,
)


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row that a refusal must leave alone, with every value."""
    return {model.__name__: list(model.objects.order_by("pk").values_list()) for model in EVERYTHING}


@contextmanager
def nothing_moves(error: type[Exception]) -> Iterator[Any]:
    """The block is refused with this error, and afterwards every row is as it was."""
    before = everything()
    with pytest.raises(error) as caught, transaction.atomic():
        yield caught
    assert everything() == before


def last_movement(variant: Any) -> StockMovement:
    return StockMovement.objects.filter(item_id=variant.pk).latest("version")


def moved(movement: StockMovement) -> tuple[str, int, int, int, int, int]:
    """Kind, both changes, both results, version."""
    return (
        movement.kind,
        movement.on_hand_delta,
        movement.committed_delta,
        movement.on_hand_after,
        movement.committed_after,
        movement.version,
    )


def events(kind: str) -> list[dict[str, Any]]:
    """What was announced of this kind, in order."""
    return list(OutboxEvent.objects.filter(type=kind).order_by("pk").values_list("data", flat=True))


def discrepancies() -> list[str]:
    """Where ledger, counters and open lines disagree, in words; nothing, if the store is sound."""
    found = []
    sums = {
        pk: (on_hand, committed)
        for pk, on_hand, committed in StockMovement.objects.order_by()
        .values_list("item")
        .annotate(Sum("on_hand_delta"), Sum("committed_delta"))
    }
    opened = Counter(dict(OrderLine.objects.order_by().values_list("variant").annotate(Sum("open"))))
    for item in StockItem.objects.all():
        if sums.get(item.pk, (0, 0)) != (item.on_hand, item.committed):
            found.append(
                f"variant {item.pk}: the ledger sums to {sums.get(item.pk)}, not {item.on_hand, item.committed}"
            )
        if opened[item.pk] != item.committed:
            found.append(f"variant {item.pk}: {opened[item.pk]} open units, {item.committed} committed")
        found += _gaps(item)
    torn = OrderLine.objects.exclude(ordered=F("open") + F("shipped") + F("cancelled"))
    found += [f"line {line.pk} does not add up" for line in torn]
    found += [f"order {order.pk} has no line" for order in Order.objects.filter(lines=None)]
    return found


def _gaps(item: StockItem) -> list[str]:
    """Every movement begins where the one before it ended, and none is missing."""
    found, on_hand, committed = [], 0, 0
    versions = []
    for movement in item.movements.order_by("version"):
        on_hand, committed = on_hand + movement.on_hand_delta, committed + movement.committed_delta
        versions.append(movement.version)
        if (movement.on_hand_after, movement.committed_after) != (on_hand, committed):
            found.append(f"variant {item.pk}: movement {movement.version} does not follow from the one before it")
    if versions != list(range(1, item.version + 1)):
        found.append(f"variant {item.pk}: versions {versions}, not 1 to {item.version}")
    return found
