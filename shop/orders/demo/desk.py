"""The desk of the demo store: it takes orders from its customers and sends out what is ready."""

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta

from inventory.decision import Line
from shop import clock
from shop.accounts.keys import PRESETS
from shop.accounts.models import ApiClient
from shop.orders import finding, fulfilment, placing
from shop.orders.finding import OrderView
from shop.orders.models import Order

STOREFRONT, TILL = "Demo storefront", "Demo till"
CLIENTS = {STOREFRONT: "storefront", TILL: "pos"}
"""The programs that talk to the demo store, and the preset of their keys."""


def client(name: str) -> ApiClient:
    """The client of this name, made if there is none."""
    return ApiClient.objects.get_or_create(name=name, defaults={"channel": PRESETS[CLIENTS[name]].channel})[0]


class Desk:
    """Takes orders from one customer after the other, as chance has it."""

    def __init__(self, customers: Sequence[Mapping[str, str]], chance: random.Random) -> None:
        self._customers = customers
        self._chance = chance
        self._clients = {preset: client(name).pk for name, preset in CLIENTS.items()}
        self._taken = 0
        self._sent = 0

    @property
    def till_id(self) -> int:
        """The client that the till is."""
        return self._clients["pos"]

    def take(self, lines: Sequence[Line], channel: str) -> int:
        """Place an order for some customer, and return its id."""
        self._taken += 1
        who = self._chance.choice(self._customers)
        customer = placing.Customer(**{name: who[name] for name in placing.Customer._fields})
        address = placing.Address(**{name: who[name] for name in placing.Address._fields})
        placed = placing.place_order(
            lines=lines,
            channel=channel,
            client_id=self._clients.get(channel),
            reference=f"web-{self._taken:05d}" if channel == Order.Channel.STOREFRONT else None,
            customer=customer,
            address=address if channel != Order.Channel.POS else placing.NOWHERE,
        )
        return placed.order.pk

    def send(self, order_id: int, quantities: Mapping[int, int], *, ahead: bool = False) -> None:
        """Ship units of lines by the carrier."""
        self._sent += 1
        fulfilment.ship(order_id, quantities, method="carrier", tracking=f"AO{self._sent:07d}NL", ahead=ahead)

    def send_what_is_ready(self) -> None:
        """Ship the orders of earlier days that wait for nothing; some are left for tomorrow, as it goes."""
        waiting = Order.objects.filter(lines__open__gt=0).distinct().order_by("pk")
        for view in finding.views(waiting):
            if _is_ready(view) and self._chance.random() < 0.8:
                self.send(view.order.pk, {state.line.pk: state.line.open for state in view.lines if state.line.open})


def _is_ready(view: OrderView) -> bool:
    is_of_today = clock.now() - view.order.placed_at < timedelta(hours=12)
    return not is_of_today and all(state.backordered == 0 for state in view.lines)
