"""Recording events. Any app does it, in the transaction of the change itself."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from shop import clock
from shop.bulk import insert_rows
from shop.webhooks.models import OutboxEvent


class Event(NamedTuple):
    """Something that happened: its type, and ids and numbers that say to what."""

    type: str
    data: dict[str, Any]


def record(events: Iterable[Event]) -> None:
    """Write the events, in one statement. Must run inside the transaction that makes them true."""
    now = clock.now()
    insert_rows(OutboxEvent, ("type", "data", "created_at"), [(str(e.type), e.data, now) for e in events])
