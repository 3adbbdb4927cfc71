"""Variants with their stock: the one way to make either, and to change what the shop promises of both."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from catalog import products
from catalog import variants as catalogue
from inventory import stock
from inventory.models import StockItem
from shop.accounts import audit
from shop.errors import DomainError
from shop.webhooks import outbox

ORDER_LIMITS = ("minimum_order", "maximum_order")


class UnknownVariant(DomainError):
    code = "not_found"


class LimitsOutOfOrder(DomainError):
    code = "out_of_range"


@transaction.atomic(savepoint=False)
def add(rows: Sequence[Mapping[str, Any]], openings: Sequence[stock.Opening]) -> list[int]:
    """Insert variants and their stock items together, and return the new ids in the rows' order.

    `rows` are field values as `catalog.products.insert_variants` takes them; the opening at the same place gives the
    variant's stock, its `variant_id` is filled in here.
    """
    variant_ids = products.insert_variants(rows)
    stock.open_items(
        [opening._replace(variant_id=variant_id) for variant_id, opening in zip(variant_ids, openings, strict=True)]
    )
    return variant_ids


@transaction.atomic(savepoint=False)
def change(variant_id: int, values: Mapping[str, Any]) -> None:
    """Change a variant's switches, order limits, backorder limit, minimum stock, stock alert; what is not named stays.

    `on_hand` is what is there as tracking is turned on, or a count. Each difference is in the audit trail, units in the
    ledger. Raises `UnknownVariant`, `LimitsOutOfOrder` and what `stock.switch` raises; then nothing is changed.
    """
    items = stock.lock([variant_id])
    item = StockItem.objects.select_related("variant").filter(pk=variant_id).first()
    if item is None:
        raise UnknownVariant("There is no such variant.")
    before = {name: getattr(item.variant if name in ORDER_LIMITS else item, name) for name in values}
    changed = {name: value for name, value in values.items() if value != before[name]}
    _check_limits({name: changed.get(name, getattr(item.variant, name)) for name in ORDER_LIMITS})
    if limits := {name: changed[name] for name in ORDER_LIMITS if name in changed}:
        catalogue.set_order_limits(variant_id, limits)
    events = stock.switch(items, {variant_id: stock.Switch(**_among(changed, stock.Switch._fields))})
    if limits := _among(changed, stock.LIMITS):
        events += stock.set_limits(stock.lock([variant_id]), {variant_id: limits})
    audit.record([audit.Change("variant", variant_id, {name: [before[name], new] for name, new in changed.items()})])
    outbox.record(events)


def _among(values: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}


def _check_limits(limits: Mapping[str, int | None]) -> None:
    least, most = limits["minimum_order"], limits["maximum_order"]
    if least is not None and most is not None and least > most:
        raise LimitsOutOfOrder(f"The minimum order of {least} is more than the maximum of {most}.")
