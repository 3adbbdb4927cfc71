"""One act, one transaction, for good: begin, do, commit, and try again where the database asks for it."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction

from shop.errors import Busy

T = TypeVar("T")


class TryAgain(Exception):
    """What was read before the locks is no longer so: roll back and run the act again."""


TRIES = 4
SERIALIZATION_FAILURE = "40001"
DEADLOCK = "40P01"
LOCK_TIMEOUT = "55P03"


def durably(act: Callable[[], T]) -> T:
    """Run `act` in a transaction of its own that is committed when this returns.

    A deadlock or a serialization failure rolls everything back and runs `act` again, at most three times, after a short
    random pause; `act` must therefore do nothing that a rollback does not undo. Raises `Busy` when a lock could not
    be had in time or the retries are used up. Refuses to run inside another transaction: it could promise nothing.
    """
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic(durable=True):
                return act()
        except (OperationalError, TryAgain) as error:
            gave_up = isinstance(error, OperationalError) and is_lock_timeout(error)
            if isinstance(error, OperationalError) and not (gave_up or _is_worth_a_retry(error)):
                raise
            if gave_up or attempt == TRIES:
                raise Busy from error
        time.sleep(random.uniform(0.005, 0.03) * attempt)
    raise AssertionError("unreachable: the last attempt returns or raises")


def is_lock_timeout(error: OperationalError) -> bool:
    """Whether the database gave up waiting for somebody else's lock."""
    if connection.vendor == "sqlite":
        return "database is locked" in str(error) or "database table is locked" in str(error)
    return _sqlstate(error) == LOCK_TIMEOUT


def _is_worth_a_retry(error: OperationalError) -> bool:
    return _sqlstate(error) in (SERIALIZATION_FAILURE, DEADLOCK)


def _sqlstate(error: OperationalError) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)
