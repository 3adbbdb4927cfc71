"""Two hands on one order or one shelf at once: one of them wins, the other is told, and nothing is torn."""

import threading

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Sum

from inventory import stock
from inventory.decision import Line
from inventory.models import StockMovement
from shop.bulk import update_rows
from shop.durable import durably
from shop.orders import finding, fulfilment, placing, queue
from shop.orders.models import Order, OrderLine, Shipment
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


def deliveries_sales_and_orders(mug):
    return [
        lambda: stock.receive([stock.Entry(mug.pk, 2)]),
        lambda: stock.take_back([stock.Entry(mug.pk, 1)]),
        lambda: placing.place_order(lines=[Line(mug.pk, 2)], channel="storefront"),
    ] * 6


def test_deliveries_sales_and_orders_at_once_lose_nothing(mug):
    results = storm([lambda act=act: win(act) for act in deliveries_sales_and_orders(mug)])
    assert others(results, bool) == []
    assert (numbers(mug), discrepancies()) == ((21, 12, 9, 9, 0), [])


# Negative controls


def without_locks(monkeypatch, order, variants, acts, *, whole_lines=False, **options):
    """All acts decide on the order, its queue and the stock as all read them before any wrote.

    With `whole_lines`, a line is written with the units that did not change as they were read, as an ORM's `save()`
    does it, so that not even the line's own sum notices the lost update.
    """
    ids = [variant.pk for variant in variants]
    unlocked = Unlocked(monkeypatch, len(acts), **options)
    seen = threading.local()
    open_lines = queue.open_lines
    monkeypatch.setattr(fulfilment, "lock_all", lambda order_id: (order, seen.lines, stock.lock(ids)))
    monkeypatch.setattr(placing, "get_locked", lambda order_id: (order, seen.lines))
    monkeypatch.setattr(queue, "open_lines", lambda variant_ids: {pk: seen.queue[pk] for pk in variant_ids})

    def write_whole(model, fields, rows):
        lines = {line.pk: line for line in seen.lines}
        names = ("open", "shipped", "cancelled")
        whole = []
        for pk, *values in rows:
            changed = dict(zip(fields, values, strict=True))
            whole.append((pk, *(changed.get(name, getattr(lines[pk], name)) for name in names)))
        update_rows(model, names, whole)

    if whole_lines:
        monkeypatch.setattr(fulfilment, "update_rows", write_whole)

    def run(act):
        seen.lines = list(OrderLine.objects.filter(order=order).order_by("pk"))
        seen.queue = open_lines(ids)
        unlocked.read(*ids)
        return win(act)

    return storm([lambda act=act: run(act) for act in acts])


def test_without_the_locks_it_is_the_ledgers_numbering_that_stops_the_second_shipment(mug, monkeypatch):
    order = place((mug, 3))
    [line_id] = line_ids(order)
    acts = [lambda: fulfilment.ship(order.pk, {line_id: 2}, ahead=True)] * 2
    results = without_locks(monkeypatch, order, [mug], acts)
    assert results.count(True) == 1
    assert len(of_kind(results, IntegrityError)) == 1
    assert discrepancies() == []


def test_without_the_locks_two_shipments_of_the_same_units_both_leave_the_house(mug, monkeypatch):
    order = place((mug, 3))
    [line_id] = line_ids(order)
    acts = [lambda: fulfilment.ship(order.pk, {line_id: 2}, ahead=True)] * 2
    results = without_locks(monkeypatch, order, [mug], acts, numbered=True)
    assert results == [True, True]
    # Four were sent, two were written down.
    assert numbers(mug)[0] == 1
    assert discrepancies() != []


GIVING_UP = {
    "cancelled": lambda order_id, line_id: fulfilment.cancel(order_id),
    "lowered": lambda order_id, line_id: fulfilment.lower_line(order_id, line_id, 1),
}


def duel_with_its_shipment_without_locks(monkeypatch, mug, give_up, **options):
    order = place((mug, 3))
    [line_id] = line_ids(order)
    acts = [lambda: give_up(order.pk, line_id), lambda: fulfilment.ship(order.pk, {line_id: 3})]
    return order, without_locks(monkeypatch, order, [mug], acts, numbered=True, **options)


@pytest.mark.parametrize("give_up", GIVING_UP.values(), ids=GIVING_UP.keys())
def test_without_the_locks_it_is_the_lines_own_sum_that_stops_giving_up_what_is_shipped(mug, monkeypatch, give_up):
    _, results = duel_with_its_shipment_without_locks(monkeypatch, mug, give_up)
    assert results.count(True) == 1
    # An error, where the locks would have led to a refusal that says why.
    [stopped] = of_kind(results, IntegrityError)
    assert "line_units_add_up" in str(stopped)


@pytest.mark.parametrize("give_up", GIVING_UP.values(), ids=GIVING_UP.keys())
def test_without_the_locks_and_without_that_sum_the_same_units_are_given_up_and_shipped(mug, monkeypatch, give_up):
    order, results = duel_with_its_shipment_without_locks(monkeypatch, mug, give_up, whole_lines=True)
    assert results == [True, True]
    assert Shipment.objects.filter(order=order, lines__quantity=3).count() == 1
    kept = StockMovement.objects.filter(item_id=mug.pk, kind="shipment").aggregate(Sum("committed_delta"))
    taken_back = StockMovement.objects.filter(item_id=mug.pk, kind="cancellation").aggregate(Sum("committed_delta"))
    # Three were promised; three were sent, and two or three of them came free for somebody else as well.
    assert kept["committed_delta__sum"] == -3
    assert taken_back["committed_delta__sum"] in (-2, -3)
    assert discrepancies() != []


def test_without_the_locks_a_line_is_added_to_an_order_that_is_cancelled(mug, monkeypatch):
    cup = make_variant(on_hand=1)
    order = place((mug, 3))
    acts = [lambda: placing.add_lines(order.pk, [Line(cup.pk, 1)]), lambda: fulfilment.cancel(order.pk)]
    # They write to different stock, so neither numbering nor sum has anything to notice.
    assert without_locks(monkeypatch, order, [mug, cup], acts) == [True, True]
    assert Order.objects.get(pk=order.pk).cancelled_at is not None
    assert units(order) == [(0, 0, 3, 0), (1, 0, 0, 0)]
    assert numbers(cup) == (1, 1, 0, 0, 0)


def test_without_the_lock_deliveries_sales_and_orders_at_once_lose_each_other(mug, monkeypatch):
    acts = deliveries_sales_and_orders(mug)
    unlocked = Unlocked(monkeypatch, len(acts), numbered=True)

    def run(act):
        unlocked.read(mug.pk)
        return win(act)

    assert others(storm([lambda act=act: run(act) for act in acts]), bool) == []
    # Of eighteen changes only the last is left in the counters.
    assert numbers(mug)[:2] in [(5, 0), (4, 0), (3, 2)]
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
