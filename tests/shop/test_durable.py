"""One act, one transaction, for good."""

import threading

import pytest
from django.db import OperationalError, connection, connections, transaction

from catalog.models import Tag
from shop import durable
from shop.durable import TryAgain, durably
from shop.errors import Busy, DomainError
from tests.concurrency.storm import PATIENCE, of_kind, storm

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(durable.time, "sleep", lambda seconds: None)


def names():
    return sorted(Tag.objects.values_list("name", flat=True))


def test_what_was_done_is_committed_and_its_result_returned():
    assert durably(lambda: Tag.objects.create(name="One").name) == "One"
    assert not connection.in_atomic_block
    assert names() == ["One"]


def test_a_refusal_rolls_everything_back_and_is_not_tried_again():
    tries = []

    def act():
        tries.append(1)
        Tag.objects.create(name="One")
        raise DomainError("No.")

    with pytest.raises(DomainError, match="No"):
        durably(act)
    assert (names(), len(tries)) == ([], 1)


def test_it_can_promise_nothing_inside_another_transaction():
    with transaction.atomic(), pytest.raises(RuntimeError):
        durably(lambda: Tag.objects.create(name="One"))
    assert names() == []


def test_an_act_that_asks_for_it_is_run_again_from_the_start():
    tries = []

    def act():
        tries.append(1)
        Tag.objects.create(name=f"Try {len(tries)}")
        if len(tries) < 3:
            raise TryAgain
        return len(tries)

    assert durably(act) == 3
    assert names() == ["Try 3"]


def test_after_the_last_try_the_store_is_busy_and_nothing_is_written():
    tries = []

    def act():
        tries.append(1)
        Tag.objects.create(name="One")
        raise TryAgain

    with pytest.raises(Busy):
        durably(act)
    assert (names(), len(tries)) == ([], durable.TRIES)


def test_any_other_fault_of_the_database_is_raised_as_it_is():
    with pytest.raises(OperationalError) as caught:
        durably(lambda: _raise(OperationalError("disk I/O error")))
    assert str(caught.value) == "disk I/O error"


def _raise(error):
    raise error


def hold(key, held, over):
    """Hold the row, and on SQLite with it the whole database, until it is over."""
    with transaction.atomic():
        Tag.objects.filter(pk=key).update(name="Held")
        held.set()
        over.wait(PATIENCE)


def test_a_lock_that_is_not_had_in_time_is_busy(monkeypatch):
    key = Tag.objects.create(name="One").pk
    held, over = threading.Event(), threading.Event()
    options = connections.settings["default"]["OPTIONS"]
    if connection.vendor == "sqlite":
        monkeypatch.setitem(options, "timeout", 0.2)
    else:
        monkeypatch.setitem(options, "options", "-c lock_timeout=200")

    def wait_for_it():
        held.wait(PATIENCE)
        try:
            return durably(lambda: Tag.objects.filter(pk=key).update(name="Mine"))
        finally:
            over.set()

    results = storm([lambda: hold(key, held, over), wait_for_it])
    assert len(of_kind(results, Busy)) == 1
    assert names() == ["Held"]


def test_a_deadlock_is_tried_again_and_both_acts_are_done():
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one lock for the whole database: nobody can deadlock")
    first, second = (Tag.objects.create(name=name).pk for name in "ab")
    both_hold_one = threading.Barrier(2)
    tries = []

    def act(mine, other):
        tries.append(mine)
        Tag.objects.filter(pk=mine).update(name=f"{mine} of {mine}")
        if len(tries) <= 2:
            both_hold_one.wait(PATIENCE)
        Tag.objects.filter(pk=other).update(name=f"{other} of {mine}")
        return True

    results = storm([lambda: durably(lambda: act(first, second)), lambda: durably(lambda: act(second, first))])
    assert results == [True, True]
    assert len(tries) == 3
