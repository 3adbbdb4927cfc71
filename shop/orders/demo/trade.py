"""The everyday trade of the demo store: small orders, till sales, deliveries, parcels, what is returned."""

import random
from collections.abc import Sequence
from datetime import time
from functools import partial
from typing import NamedTuple

from catalog.models import Variant
from inventory import stock
from inventory.decision import Line, available
from inventory.stock import Entry
from shop.orders import fulfilment, placing
from shop.orders.demo.desk import Desk
from shop.orders.demo.scenes import Plan
from shop.orders.fulfilment import Returned
from shop.orders.models import Order, OrderLine

REASONS = (
    "Ordered the wrong size", "Changed their mind", "Paid by bank transfer, never arrived",
    "Wanted a pickup instead", "Moved house, will order again",
)  # fmt: skip
CHANNELS = {Order.Channel.STOREFRONT: 86, Order.Channel.BACK_OFFICE: 8, Order.Channel.POS: 6}
LAST_DELIVERY = 16
"""Days ago. What sold well since then is low now."""

LAST_PARCELS = 2
"""Days ago. What was ordered since then lies ready."""


class Ware(NamedTuple):
    """A variant as the shop knows it by heart."""

    variant_id: int
    sku: str
    supplier: str
    minimum_order: int
    minimum_stock: int
    is_tracked: bool
    weight: int
    """How often it is asked for, compared with the others."""


def read_wares() -> list[Ware]:
    """All that the store has, in the order of the spreadsheet."""
    names = (
        "pk", "sku", "product__supplier__name", "minimum_order", "stock__minimum_stock", "stock__track_inventory",
    )  # fmt: skip
    popular = set(Variant.objects.filter(product__tags__name="bestseller").values_list("pk", flat=True))
    return [
        Ware(pk, sku, supplier or "", least, most or 0, tracked, 5 if pk in popular else 2)
        for pk, sku, supplier, least, most, tracked in Variant.objects.order_by("pk").values_list(*names)
    ]


class Trade:
    """Whoever orders by chance takes only what is there; waiting is for the scenes."""

    def __init__(self, wares: Sequence[Ware], desk: Desk, chance: random.Random, plan: Plan) -> None:
        self._wares = wares
        self._counted = [ware for ware in wares if ware.is_tracked]
        self._desk = desk
        self._chance = chance
        self._plan = plan

    def plan(self, first_day: int) -> None:
        """Put the days from the first to today on the calendar."""
        for day in range(first_day, -1, -1):
            for _ in range(self._chance.choices((0, 1, 2, 3), (26, 41, 25, 8))[0]):
                self._plan(day, self._hour(9, 11 if day == 0 else 20), partial(self._order, day))
            if day >= LAST_PARCELS:
                self._plan(day, time(17, 30), self._desk.send_what_is_ready)
            if day % 2:
                self._plan(day, time(16, 40), partial(self._sell, day))
            if day % 12 == 4 and day >= LAST_DELIVERY:
                self._plan(day, time(8, 45), partial(self._receive, day))

    def _hour(self, first: int, last: int) -> time:
        return time(self._chance.randint(first, last - 1), self._chance.randint(0, 59))

    def _order(self, day: int) -> None:
        wish = [Line(ware.variant_id, self._units(ware), 0) for ware in self._pick((1, 2, 3, 4), (48, 31, 15, 6))]
        there = [verdict.line for verdict in placing.quote(wish).verdicts if verdict.refusal is None]
        channel = self._chance.choices(list(CHANNELS), list(CHANNELS.values()))[0]
        fate = self._chance.random()
        if not there:
            return
        order_id = self._desk.take(there, channel)
        if fate < 0.05 and day > 0:
            self._plan(day - 1, time(8, 50), partial(fulfilment.cancel, order_id, self._chance.choice(REASONS)))
        elif fate < 0.13 and day > 14:
            self._plan(day - 12, self._hour(10, 16), partial(self._take_back, order_id, restock=fate < 0.11))

    def _pick(self, how_many: Sequence[int], weights: Sequence[int]) -> list[Ware]:
        """Different wares, the popular ones more often."""
        number = self._chance.choices(how_many, weights)[0]
        picked = self._chance.choices(self._wares, [ware.weight for ware in self._wares], k=number)
        return list(dict.fromkeys(picked))

    def _units(self, ware: Ware) -> int:
        return max(ware.minimum_order, self._chance.choices((1, 2, 4), (74, 21, 5))[0])

    def _take_back(self, order_id: int, *, restock: bool) -> None:
        line = OrderLine.objects.filter(order=order_id, shipped__gt=0).order_by("pk").first()
        if line is not None:
            fulfilment.take_back(order_id, [Returned(line.pk, 1, restock)])

    def _sell(self, day: int) -> None:
        """A receipt of what lies there; the till never sells the last one of these."""
        wares = self._chance.sample(self._counted, 2)
        items = stock.look(ware.variant_id for ware in wares)
        sold = [Entry(pk, 1) for pk, item in items.items() if available(item) > 2]
        if sold:
            stock.sell(sold, reference=f"receipt {3395 - 5 * day}", client_id=self._desk.till_id)

    def _receive(self, day: int) -> None:
        """Each supplier brings what had become low, up to the minimum stock."""
        items = stock.look(ware.variant_id for ware in self._counted)
        by_supplier: dict[str, list[Entry]] = {}
        for ware in self._counted:
            item = items[ware.variant_id]
            if item.is_low and ware.minimum_stock > item.level:
                missing = Entry(ware.variant_id, ware.minimum_stock - item.level)
                by_supplier.setdefault(ware.supplier, []).append(missing)
        for number, entries in enumerate(by_supplier.values(), 1):
            stock.receive(entries, reference=f"delivery note {4000 - day * 3 + number}")
