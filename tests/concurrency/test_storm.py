"""Everybody at once: orders of many lines in any order, while the merchant turns switches, receives, ships, cancels."""

import random
import threading
from functools import partial

import pytest
from django.db.models import F

from inventory import stock
from inventory.decision import Line
from inventory.models import StockItem, StockMovement
from inventory.stock import Entry, Switch
from shop.durable import durably
from shop.orders import fulfilment, placing, queue
from shop.orders.models import Order, OrderLine
from shop.webhooks import outbox
from tests.concurrency.storm import of_kind, others, storm
from tests.factories import make_variant, numbers
from tests.inventory.evidence import discrepancies

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

BUYERS, ORDERS = 8, 20
REFUSALS = (placing.OrderRejected, fulfilment.NothingToCancel, fulfilment.NotEnoughAllocated)


def attempt(act):
    """What the act returned, or the refusal that it met; anything else is an error of the test."""
    try:
        return durably(act)
    except REFUSALS as refused:
        return refused


class Shop:
    """Stock that nobody adds to, stock with backorders, uncounted stock, and some that the merchant works on."""

    def __init__(self):
        self.counted = [make_variant(on_hand=60) for _ in range(3)]
        self.backordered = make_variant(on_hand=20, allow_backorders=True)
        self.limited = make_variant(on_hand=20, allow_backorders=True, backorder_limit=15)
        self.uncounted = make_variant(track_inventory=False)
        self.turned = make_variant(on_hand=20, allow_backorders=True)
        self.delivered = make_variant(on_hand=5)
        self.all = [*self.counted, self.backordered, self.limited, self.uncounted, self.turned, self.delivered]
        self.over = threading.Event()

    def buyer(self, seed):
        """Orders of one to four lines, in any order, the same variant twice every now and then."""
        chance = random.Random(seed)

        def wish():
            variants = chance.choices(self.all, k=chance.choice([1, 1, 2, 3, 4]))
            return [Line(variant.pk, chance.randint(1, 2)) for variant in variants]

        def buy():
            return [attempt(partial(placing.place_order, lines=wish(), channel="storefront")) for _ in range(ORDERS)]

        return buy

    def until_over(self, *acts):
        """Repeat the acts while the buyers buy."""

        def run():
            done = []
            while not self.over.wait(0.01):
                done += [attempt(act) for act in acts]
            return done

        return run

    def turn(self):
        """One of the two switches of one variant, whichever way it is not."""
        items = stock.lock([self.turned.pk])
        item = items[self.turned.pk]
        name = random.choice(["track_inventory", "allow_backorders"])
        outbox.record(stock.switch(items, {self.turned.pk: Switch(**{name: not getattr(item, name)})}))

    def cancel(self):
        if found := Order.objects.order_by("?").first():
            fulfilment.cancel(found.pk)

    def ship(self):
        line = OrderLine.objects.filter(open__gt=0).order_by("?").first()
        if line is not None:
            fulfilment.ship(line.order_id, {line.pk: 1}, ahead=random.random() < 0.2)

    def deliver(self):
        stock.receive([Entry(self.delivered.pk, 1), Entry(self.backordered.pk, 1), Entry(self.turned.pk, 1)])

    def run(self):
        """Let everybody go; the merchant stops when the last buyer has."""
        left = threading.Semaphore(0)

        def counted_down(buy):
            try:
                return buy()
            finally:
                left.release()

        def end():
            for _ in range(BUYERS):
                left.acquire(timeout=60)
            self.over.set()
            return []

        buyers = [partial(counted_down, self.buyer(seed)) for seed in range(BUYERS)]
        merchants = [
            self.until_over(self.turn, self.deliver),
            self.until_over(self.cancel),
            self.until_over(self.ship),
        ]
        results = storm([*buyers, *merchants, end])
        assert others(results, list) == []
        return [one for result in results for one in result]


def test_nothing_is_oversold_undersold_torn_or_lost_in_a_storm():
    shop = Shop()
    results = shop.run()
    assert len(of_kind(results, placing.Placed)) > 50
    assert len(of_kind(results, placing.OrderRejected)) > 0
    assert others(results, placing.Placed, type(None), stock.Posted, *REFUSALS) == []
    assert discrepancies() == []
    assert illegal_sales() == 0
    assert all(numbers(variant)[2] >= 0 for variant in shop.counted)
    assert numbers(shop.limited)[4] <= 15
    covered_as_counted(shop)
    sells_what_is_left(shop)


def illegal_sales():
    """Placements that the ledger itself shows to be beyond stock where no backorder was allowed."""
    return StockMovement.objects.filter(
        kind="placement", track_inventory=True, allow_backorders=False, on_hand_after__lt=F("committed_after")
    ).count()


def covered_as_counted(shop):
    """Units waiting by the queue are the units that the counters call backordered, variant by variant."""
    waits = queue.waits(list(Order.objects.values_list("pk", flat=True)))
    waiting = dict.fromkeys((variant.pk for variant in shop.all), 0)
    for line_id, variant_id in OrderLine.objects.filter(pk__in=waits).values_list("pk", "variant_id"):
        waiting[variant_id] += waits[line_id].backordered
    assert waiting == dict(StockItem.objects.filter(pk__in=waiting).values_list("pk", "backordered"))


def sells_what_is_left(shop):
    """No unit is kept from the next buyer: what is available is sold to the last one, and then no more."""
    for variant in shop.counted:
        available = numbers(variant)[3]
        if available:
            placing.place_order(lines=[Line(variant.pk, available)], channel="storefront")
        with pytest.raises(placing.OrderRejected):
            placing.place_order(lines=[Line(variant.pk, 1)], channel="storefront")
