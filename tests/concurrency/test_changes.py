"""Two hands on one order or one shelf at once: one of them wins, the other is told, and nothing is torn."""

import threading

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from inventory import stock
from inventory.decision import Line
from shop.durable import durably
from shop.orders import finding, fulfilment, placing
from shop.orders.models import OrderLine
from tests.concurrency.storm import PATIENCE, Unlocked, of_kind, others, storm
from tests.factories import make_variant, numbers
from tests.inventory.evidence import discrepancies
from tests.shop.orders.story import line_ids, place, units

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUNDS = 12


def win(act):
    """Run the act in a transaction of its own; True if it was not refused."""
    durably(act)
    return True


def duel(first, second):
    return storm([lambda: win(first), lambda: win(second)])


def make_mug():
    return make_variant(on_hand=3, allow_backorders=True)


@pytest.fixture
def mug():
    return make_mug()


def again_and_again(test):
    """Run the test with a mug of its own for each round: who is first is left to chance."""

    def rounds():
        for _ in range(ROUNDS):
            test(make_mug())

    rounds.__name__ = test.__name__
    return rounds


@again_and_again
def test_of_a_cancellation_and_a_shipment_one_wins(mug):
    order = place((mug, 3))
    [line_id] = line_ids(order)
    cancelled, shipped = duel(lambda: fulfilment.cancel(order.pk), lambda: fulfilment.ship(order.pk, {line_id: 3}))
    if shipped is True:
        assert isinstance(cancelled, fulfilment.NothingToCancel)
        assert (units(order), numbers(mug)) == ([(0, 3, 0, 0)], (0, 0, 0, 0, 0))
    else:
        assert cancelled is True
        assert isinstance(shipped, fulfilment.NotEnoughAllocated)
        assert (units(order), numbers(mug)) == ([(0, 0, 3, 0)], (3, 0, 3, 3, 0))
    assert discrepancies() == []


@again_and_again
def test_of_a_lowered_line_and_its_shipment_one_wins(mug):
    order = place((mug, 3))
    [line_id] = line_ids(order)
    lowered, shipped = duel(
        lambda: fulfilment.lower_line(order.pk, line_id, 1), lambda: fulfilment.ship(order.pk, {line_id: 3})
    )
    if shipped is True:
        assert isinstance(lowered, fulfilment.AlreadyShipped)
        assert (units(order), numbers(mug)) == ([(0, 3, 0, 0)], (0, 0, 0, 0, 0))
    else:
        assert lowered is True
        assert isinstance(shipped, fulfilment.NotEnoughAllocated)
        assert (units(order), numbers(mug)) == ([(1, 0, 2, 0)], (3, 1, 2, 2, 0))
    assert discrepancies() == []


@again_and_again
def test_a_line_added_while_its_order_is_cancelled_is_refused_or_cancelled_too(mug):
    cup = make_variant(on_hand=1)
    order = place((mug, 3))
    added, cancelled = duel(lambda: placing.add_lines(order.pk, [Line(cup.pk, 1)]), lambda: fulfilment.cancel(order.pk))
    assert cancelled is True
    if added is True:
        assert units(order) == [(0, 0, 3, 0), (0, 0, 1, 0)]
    else:
        assert isinstance(added, finding.OrderClosed)
        assert units(order) == [(0, 0, 3, 0)]
    assert (numbers(mug), numbers(cup), discrepancies()) == ((3, 0, 3, 3, 0), (1, 0, 1, 1, 0), [])


@again_and_again
def test_of_two_shipments_of_the_same_units_one_leaves_the_house(mug):
    order = place((mug, 3))
    [line_id] = line_ids(order)
    results = storm([lambda: win(lambda: fulfilment.ship(order.pk, {line_id: 2}))] * 2)
    assert results.count(True) == 1
    assert len(of_kind(results, fulfilment.NotEnoughAllocated)) == 1
    assert (units(order), numbers(mug), discrepancies()) == ([(1, 2, 0, 0)], (1, 1, 0, 0, 0), [])


@again_and_again
def test_of_two_counts_that_believed_the_same_one_wins(mug):
    results = storm(
        [
            lambda: win(lambda: stock.count([stock.Entry(mug.pk, 7, expected_on_hand=3)])),
            lambda: win(lambda: stock.count([stock.Entry(mug.pk, 9, expected_on_hand=3)])),
        ]
    )
    assert results.count(True) == 1
    [told] = of_kind(results, stock.StockChanged)
    assert numbers(mug)[0] == told.params["on_hand"] == (7 if results[0] is True else 9)
    assert discrepancies() == []


def test_deliveries_sales_and_orders_at_once_lose_nothing(mug):
    acts = [
        lambda: stock.receive([stock.Entry(mug.pk, 2)]),
        lambda: stock.take_back([stock.Entry(mug.pk, 1)]),
        lambda: placing.place_order(lines=[Line(mug.pk, 2)], channel="storefront"),
    ]
    results = storm([lambda act=act: win(act) for act in acts * 6])
    assert others(results, bool) == []
    assert (numbers(mug), discrepancies()) == ((21, 12, 9, 9, 0), [])


# Negative controls


def without_locks(monkeypatch, order, mug, acts, **options):
    """Both acts decide on the order and the stock as both read them before either wrote."""
    unlocked = Unlocked(monkeypatch, len(acts), **options)
    seen = threading.local()
    monkeypatch.setattr(fulfilment, "lock_all", lambda order_id: seen.order)

    def run(act):
        lines = list(OrderLine.objects.filter(order=order).order_by("pk"))
        unlocked.read(mug.pk)
        seen.order = order, lines, stock.lock([mug.pk])
        return win(act)

    return storm([lambda act=act: run(act) for act in acts])


def test_without_the_locks_it_is_the_ledgers_numbering_that_stops_the_second_shipment(mug, monkeypatch):
    order = place((mug, 3))
    [line_id] = line_ids(order)
    acts = [lambda: fulfilment.ship(order.pk, {line_id: 2}, ahead=True)] * 2
    results = without_locks(monkeypatch, order, mug, acts)
    assert results.count(True) == 1
    assert len(of_kind(results, IntegrityError)) == 1
    assert discrepancies() == []


def test_without_the_locks_two_shipments_of_the_same_units_both_leave_the_house(mug, monkeypatch):
    order = place((mug, 3))
    [line_id] = line_ids(order)
    acts = [lambda: fulfilment.ship(order.pk, {line_id: 2}, ahead=True)] * 2
    results = without_locks(monkeypatch, order, mug, acts, numbered=True)
    assert results == [True, True]
    # Four were sent, two were written down.
    assert numbers(mug)[0] == 1
    assert discrepancies() != []


def test_without_the_lock_both_counts_win_and_one_is_lost(mug, monkeypatch):
    unlocked = Unlocked(monkeypatch, 2, numbered=True)

    def count(units_found):
        unlocked.read(mug.pk)
        return win(lambda: stock.count([stock.Entry(mug.pk, units_found, expected_on_hand=3)]))

    assert storm([lambda: count(7), lambda: count(9)]) == [True, True]
    assert discrepancies() != []


# Locks are taken by ascending id, so two orders with their lines the other way round never wait for each other.


def opposite_orders(mug, cup):
    there, back = [Line(mug.pk, 1), Line(cup.pk, 1)], [Line(cup.pk, 1), Line(mug.pk, 1)]
    return storm(
        [lambda lines=lines: placing.place_order(lines=lines, channel="storefront") for lines in [there, back] * 6]
    )


def test_orders_with_their_lines_the_other_way_round_never_deadlock(mug):
    cup = make_variant(allow_backorders=True)
    results = opposite_orders(mug, cup)
    assert others(results, placing.Placed) == []
    assert (numbers(mug)[1], numbers(cup)[1], discrepancies()) == (12, 12, [])


def test_locks_taken_in_the_order_of_the_lines_do_deadlock(mug):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one lock for the whole database: there is no order to take it in")
    cup = make_variant(allow_backorders=True)
    lock, first_is_held = stock.lock, threading.Barrier(2)

    def lock_one_by_one(variant_ids):
        first, second = list(variant_ids)
        held = lock([first])
        first_is_held.wait(PATIENCE)
        return held | lock([second])

    def deadlock(*lines):
        with transaction.atomic():
            return lock_one_by_one(lines)

    results = storm([lambda: deadlock(mug.pk, cup.pk), lambda: deadlock(cup.pk, mug.pk)])
    [stuck] = of_kind(results, OperationalError)
    assert stuck.__cause__.sqlstate == "40P01"
