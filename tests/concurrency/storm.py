"""Real threads with connections of their own, and ways to take out what keeps them from harming each other."""

import itertools
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db import connection, connections

from inventory import stock
from inventory.locking import Item

PATIENCE = 30
"""Seconds that a thread waits for the others before the test fails instead of hanging."""


def storm(acts: Iterable[Callable[[], Any]]) -> list[Any]:
    """Run each act in a thread of its own, all let go at once, and return what each returned or raised, in order."""
    waiting = list(acts)
    results: list[Any] = [None] * len(waiting)
    gate = threading.Barrier(len(waiting))

    def run(index: int, act: Callable[[], Any]) -> None:
        try:
            gate.wait(PATIENCE)
            results[index] = act()
        except Exception as error:  # noqa: BLE001  (whatever it was, the test looks at it)
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(waiting)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(4 * PATIENCE)
    assert not any(thread.is_alive() for thread in threads), "a thread never came to an end"
    return results


def of_kind(results: Iterable[Any], kind: type) -> list[Any]:
    return [result for result in results if isinstance(result, kind)]


def others(results: Iterable[Any], *kinds: type) -> list[Any]:
    """What is none of these: the list that must be empty."""
    return [result for result in results if not isinstance(result, kinds)]


class Unlocked:
    """The shop without its lock, for negative controls: every thread decides on what it read before its transaction.

    With `numbered`, every writer draws a movement number of its own, so that not even the ledger's unique constraint
    notices the lost update.
    """

    def __init__(self, monkeypatch: Any, readers: int, *, numbered: bool = False) -> None:
        self._seen = threading.local()
        self._everybody_has_read = threading.Barrier(readers)
        self._numbers = itertools.count(1000, 1000) if numbered else None
        monkeypatch.setattr(stock, "lock", lambda variant_ids: self._seen.items)

    def read(self, *variant_ids: int) -> None:
        """Read this stock now, and go on when everybody has."""
        self.glance(*variant_ids)
        self._everybody_has_read.wait(PATIENCE)

    def glance(self, *variant_ids: int) -> None:
        """Read this stock now, and wait for nobody: for a thread that nobody can count on."""
        self._seen.items = {pk: self._renumbered(item) for pk, item in stock.look(variant_ids).items()}

    def _renumbered(self, item: Item) -> Item:
        return item if self._numbers is None else item._replace(version=next(self._numbers))


def let_transactions_overlap(monkeypatch: Any) -> None:
    """Begin transactions as SQLite does by itself, without taking the write lock; on PostgreSQL they overlap anyway."""
    if connection.vendor == "sqlite":
        monkeypatch.setitem(connections.settings["default"]["OPTIONS"], "transaction_mode", None)


def note_the_order_of_locks(monkeypatch: Any) -> list[tuple[int, str]]:
    """A list that fills, under the lock, with who was given it: variant and thread name."""
    given: list[tuple[int, str]] = []
    lock = stock.lock

    def noting(variant_ids: Iterable[int]) -> Mapping[int, Item]:
        items = lock(variant_ids)
        given.extend((variant_id, threading.current_thread().name) for variant_id in items)
        return items

    monkeypatch.setattr(stock, "lock", noting)
    return given
