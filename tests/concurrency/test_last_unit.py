"""The last unit, and many who want it."""

import threading

import pytest
from django.db import IntegrityError, OperationalError, connection

from inventory import stock
from inventory.decision import Line
from shop.orders import placing, queue
from shop.orders.models import Order, OrderLine
from shop.orders.placing import OrderRejected, Placed
from tests.concurrency.storm import (
    PATIENCE,
    Unlocked,
    let_transactions_overlap,
    note_the_order_of_locks,
    of_kind,
    others,
    storm,
)
from tests.factories import make_variant, numbers
from tests.inventory.evidence import discrepancies

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

BUYERS = 50


def buy(variant, quantity=1):
    return placing.place_order(lines=[Line(variant.pk, quantity)], channel="storefront")


def oversold(variant):
    """Units promised from stock beyond what was there, by the order lines themselves."""
    promised = sum(
        line.open - line.backordered_at_placement for line in OrderLine.objects.filter(variant_id=variant.pk)
    )
    return max(promised - numbers(variant)[0], 0)


def test_with_backorders_off_exactly_one_of_fifty_buyers_gets_the_last_unit():
    mug = make_variant(on_hand=1)
    results = storm([lambda: buy(mug)] * BUYERS)
    assert others(results, Placed, OrderRejected) == []
    assert len(of_kind(results, Placed)) == 1
    codes = {refused.verdicts[0].refusal.code for refused in of_kind(results, OrderRejected)}
    assert codes == {"out_of_stock"}
    assert (numbers(mug), oversold(mug), discrepancies()) == ((1, 1, 0, 0, 0), 0, [])
    assert (Order.objects.count(), OrderLine.objects.count()) == (1, 1)


def test_with_backorders_on_all_fifty_are_accepted_and_wait_in_the_order_of_their_locks(monkeypatch):
    mug = make_variant(on_hand=1, allow_backorders=True)
    given = note_the_order_of_locks(monkeypatch)
    lines = {}

    def buy_and_tell():
        placed = buy(mug)
        lines[threading.current_thread().name] = placed.lines[0].line.pk
        return placed

    results = storm([buy_and_tell] * BUYERS)
    assert others(results, Placed) == []
    assert (numbers(mug), oversold(mug), discrepancies()) == ((1, 50, -49, 0, 49), 0, [])
    in_order_of_locks = [lines[name] for _, name in given]
    assert in_order_of_locks == sorted(in_order_of_locks)
    waits = queue.waits([placed.order.pk for placed in results])
    assert in_order_of_locks[0] not in waits
    assert [waits[line_id] for line_id in in_order_of_locks[1:]] == [(1, place) for place in range(1, BUYERS)]
    assert sum(placed.lines[0].allocated for placed in results) == 1


def test_the_backorder_limit_holds_among_fifty_buyers():
    mug = make_variant(on_hand=1, allow_backorders=True, backorder_limit=9)
    results = storm([lambda: buy(mug)] * BUYERS)
    assert others(results, Placed, OrderRejected) == []
    assert len(of_kind(results, Placed)) == 10
    assert (numbers(mug), discrepancies()) == ((1, 10, -9, 0, 9), [])


def test_every_unit_is_sold_and_none_twice():
    mug = make_variant(on_hand=60)
    results = storm([lambda: [_try(mug) for _ in range(10)]] * 8)
    tries = [one for result in results for one in result]
    assert others(tries, Placed, OrderRejected) == []
    assert len(of_kind(tries, Placed)) == 60
    assert (numbers(mug), oversold(mug), discrepancies()) == ((60, 60, 0, 0, 0), 0, [])


def _try(variant):
    try:
        return buy(variant)
    except OrderRejected as refused:
        return refused


# Negative controls: what the tests above look at does go wrong once the lock is gone.


def buyers_without_a_lock(monkeypatch, mug, **options):
    unlocked = Unlocked(monkeypatch, 10, **options)

    def buy_what_was_seen():
        unlocked.read(mug.pk)
        return buy(mug)

    return storm([buy_what_was_seen] * 10)


def test_without_the_lock_it_is_the_ledgers_numbering_that_stops_the_second_sale(monkeypatch):
    mug = make_variant(on_hand=1)
    results = buyers_without_a_lock(monkeypatch, mug)
    assert others(results, Placed, OrderRejected) != []
    assert others(results, Placed, IntegrityError, OperationalError) == []
    assert len(of_kind(results, IntegrityError)) >= 1
    assert len(of_kind(results, Placed)) == 1
    assert oversold(mug) == 0


def test_without_the_lock_and_without_the_numbering_the_last_unit_is_sold_again_and_again(monkeypatch):
    mug = make_variant(on_hand=1)
    results = buyers_without_a_lock(monkeypatch, mug, numbered=True)
    sold = len(of_kind(results, Placed))
    assert sold > 1
    assert oversold(mug) == sold - 1
    # And the counter shows nothing of it: the updates were lost.
    assert numbers(mug) == (1, 1, 0, 0, 0)
    assert discrepancies() != []


def test_reading_inside_the_transaction_is_no_lock_by_itself(monkeypatch):
    let_transactions_overlap(monkeypatch)
    mug = make_variant(on_hand=1)
    everybody_has_read = threading.Barrier(4)

    def read_and_go_on(variant_ids):
        items = stock.look(variant_ids)
        everybody_has_read.wait(PATIENCE)
        return items

    monkeypatch.setattr(stock, "lock", read_and_go_on)
    results = storm([lambda: buy(mug)] * 4)
    # "database is locked" on SQLite, which is why its transactions are IMMEDIATE; a number drawn twice on PostgreSQL.
    assert len(of_kind(results, Placed)) == 1
    assert len(of_kind(results, OperationalError if connection.vendor == "sqlite" else IntegrityError)) == 3


# Lines are inserted after the lock, so their ids follow its order however long a thread sleeps in between.


def two_buyers(monkeypatch, lock):
    """The first is given the stock, then sleeps until the second has had time to overtake. Returns both lines."""
    first_has_it, second_is_done = threading.Event(), threading.Event()
    mug = make_variant(allow_backorders=True)
    stale = stock.look([mug.pk])
    mine = threading.local()

    def slow_lock(variant_ids):
        items = lock(variant_ids, stale)
        if mine.first:
            first_has_it.set()
            second_is_done.wait(1)
        return items

    def first():
        mine.first = True
        return buy(mug).lines[0].line.pk

    def second():
        mine.first = False
        first_has_it.wait(10)
        try:
            return buy(mug).lines[0].line.pk
        finally:
            second_is_done.set()

    monkeypatch.setattr(stock, "lock", slow_lock)
    return storm([first, second])


def test_the_line_of_whoever_was_given_the_stock_first_comes_first(monkeypatch):
    lock = stock.lock
    first, second = two_buyers(monkeypatch, lambda variant_ids, stale: lock(variant_ids))
    assert first < second
    assert discrepancies() == []


def test_without_the_lock_a_later_buyer_overtakes(monkeypatch):
    let_transactions_overlap(monkeypatch)
    first, second = two_buyers(monkeypatch, lambda variant_ids, stale: stale)
    # The overtaken one is stopped by the ledger's numbering; with the lock it would have been first.
    assert isinstance(second, int)
    assert isinstance(first, IntegrityError)
