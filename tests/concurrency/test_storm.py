"""Everybody at once: orders of many lines in any order, while the merchant turns switches, receives, ships, cancels."""

import random
import threading
from functools import partial

import pytest
from django.db import IntegrityError, OperationalError
from django.db.models import F

from inventory import stock
from inventory.decision import Line
from inventory.models import StockItem, StockMovement
from inventory.stock import Entry, Switch
from shop.durable import durably
from shop.errors import Busy
from shop.orders import fulfilment, placing, queue
from shop.orders.models import Order, OrderLine
from shop.webhooks import outbox
from tests.concurrency.storm import Unlocked, of_kind, others, storm
from tests.factories import make_variant, numbers
from tests.inventory.evidence import discrepancies

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

BUYERS = 8
REFUSALS = (placing.OrderRejected, fulfilment.NothingToCancel, fulfilment.NotEnoughAllocated)


def attempt(act):
    """What the act returned, or the refusal that it met; anything else is an error of the test."""
    try:
        return durably(act)
    except REFUSALS as refused:
        return refused


class Shop:
    """Stock that nobody adds to, stock with backorders, uncounted stock, and some that the merchant works on."""

    def __init__(self, on_hand=60, orders=20):
        self.on_hand, self.orders = on_hand, orders
        self.counted = [make_variant(on_hand=on_hand) for _ in range(3)]
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
            return [
                self.order(partial(placing.place_order, lines=wish(), channel="storefront")) for _ in range(self.orders)
            ]

        return buy

    def until_over(self, *acts):
        """Repeat the acts while the buyers buy."""

        def run():
            done = []
            while not self.over.wait(0.01):
                done += [self.work(act) for act in acts]
            return done

        return run

    def order(self, act):
        """A buyer's turn."""
        return attempt(act)

    def work(self, act):
        """The merchant's."""
        return attempt(act)

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
    assert (illegal_sales(), oversold(shop)) == (0, 0)
    assert all(numbers(variant)[2] >= 0 for variant in shop.counted)
    assert numbers(shop.limited)[4] <= 15
    covered_as_counted(shop)
    sells_what_is_left(shop)


def illegal_sales():
    """Placements that the ledger itself shows to be beyond stock where no backorder was allowed."""
    return StockMovement.objects.filter(
        kind="placement", track_inventory=True, allow_backorders=False, on_hand_after__lt=F("committed_after")
    ).count()


def oversold(shop):
    """Units promised or sent beyond those that ever were, where nobody adds any: by the order lines themselves."""
    units = dict.fromkeys((variant.pk for variant in shop.counted), 0)
    for line in OrderLine.objects.filter(variant_id__in=units):
        units[line.variant_id] += line.quantity
    return sum(max(quantity - shop.on_hand, 0) for quantity in units.values())


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


# Negative controls: the same storm over a shop that decides on what each saw before its transaction.


class ShopWithoutTheLock(Shop):
    """All buyers see the stock before any of them orders, round by round; the merchant sees it whenever he looks."""

    def __init__(self, monkeypatch, **options):
        # So little that it is gone after a few rounds, were it not for the updates that are lost.
        super().__init__(on_hand=6, orders=5)
        self.ids = [variant.pk for variant in self.all]
        self.unlocked = Unlocked(monkeypatch, BUYERS, **options)

    def order(self, act):
        self.unlocked.read(*self.ids)
        return or_error(super().order, act)

    def work(self, act):
        self.unlocked.glance(*self.ids)
        return or_error(super().work, act)


def or_error(attempt, act):
    """The error is kept, so that a buyer who meets one still turns up for the next round."""
    try:
        return attempt(act)
    except (IntegrityError, OperationalError, Busy) as error:
        return error


def test_without_the_lock_it_is_the_ledgers_numbering_that_holds_in_a_storm(monkeypatch):
    shop = ShopWithoutTheLock(monkeypatch)
    results = shop.run()
    # Nothing is lost, but a buyer is answered with an error where the lock would have made him wait.
    assert len(of_kind(results, IntegrityError)) > BUYERS
    assert len(of_kind(results, placing.Placed)) > 0
    assert (discrepancies(), illegal_sales(), oversold(shop)) == ([], 0, 0)


def test_without_the_lock_and_without_the_numbering_a_storm_oversells_and_loses(monkeypatch):
    shop = ShopWithoutTheLock(monkeypatch, numbered=True)
    shop.run()
    assert oversold(shop) > 0
    # And the counters know of none of it: they disagree with the ledger, with the open lines and with themselves.
    found = " ".join(discrepancies())
    assert "the ledger sums to" in found
    assert "open units" in found
    assert "does not follow from the one before it" in found
