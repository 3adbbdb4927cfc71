"""Who acts: a context round the work, never an argument through every call."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class Actor(NamedTuple):
    """Somebody or something that changes the store, as the ledger and the audit name it."""

    kind: str
    """`user`, `client` (a program with an API key), `command` or `system`."""
    id: int | None
    name: str


SYSTEM = Actor("system", None, "the store")

_actor: ContextVar[Actor] = ContextVar("actor", default=SYSTEM)
request_id: ContextVar[str] = ContextVar("request_id", default="-")


def current() -> Actor:
    """Whoever acts here and now; the store itself where nobody said."""
    return _actor.get()


def become(actor: Actor) -> None:
    """From here to the end of the surrounding `acting_as` block, this actor acts."""
    _actor.set(actor)


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """Whatever is written inside the block is written in this actor's name."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)
