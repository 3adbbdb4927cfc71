"""Rate limits per key, counted over all processes and machines together.

A minute's budget lies in one row. Each process takes from it in blocks of a twentieth, so that counting costs one
statement in many requests: never more than the limit is granted, and a process that finds nothing left may be at most
the other processes' unspent blocks early.
"""

import threading
import time
from typing import Any, NamedTuple, cast

from django.conf import settings
from django.db import connection
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from shop.accounts.models import ApiKey
from shop.api.answers import Refused

WINDOW = 60
BLOCKS = 20
_READS = ("GET", "HEAD")

_TAKE = """
    INSERT INTO api_ratewindow (api_key_id, kind, minute, granted) VALUES (%s, %s, %s, %s)
    ON CONFLICT (api_key_id, kind, minute) DO UPDATE SET granted = api_ratewindow.granted + excluded.granted
    WHERE api_ratewindow.granted + excluded.granted <= %s
    RETURNING granted
"""


class Rate(NamedTuple):
    """A key's budget of one kind: its limit, what is left of it as far as this process knows, seconds to the next."""

    kind: str
    limit: int
    left: int
    seconds: int


class _Block:
    """Requests that this process was granted and has not yet used, in one minute."""

    __slots__ = ("granted", "left", "minute")

    def __init__(self) -> None:
        self.minute = self.left = self.granted = 0


_blocks: dict[tuple[int, str], _Block] = {}
_guard = threading.Lock()


class KeyThrottle(BaseThrottle):
    """Counts the request against its key's limit and leaves `request.rate` for the headers."""

    def allow_request(self, request: Request, view: Any) -> bool:
        if request.auth is None:
            return True
        key = cast(ApiKey, request.auth)
        kind = "read" if view.only_reads or request.method in _READS else "write"
        limit = limit_of(key, kind)
        if limit is None:
            return True
        rate = take(key.pk, kind, limit, time.time())
        request._request.rate = rate  # type: ignore[attr-defined]
        if rate.left < 0:
            raise Refused("rate_limited", f"At most {limit} {kind}s a minute. Wait {rate.seconds} seconds.")
        return True


def limit_of(key: ApiKey, kind: str) -> int | None:
    """Requests a minute that the key may make of this kind: its own limit, else the store's; None for no limit."""
    own = key.reads_per_minute if kind == "read" else key.writes_per_minute
    stores = settings.API_READS_PER_MINUTE if kind == "read" else settings.API_WRITES_PER_MINUTE
    return (stores if own is None else own) or None


def take(key_id: int, kind: str, limit: int, now: float) -> Rate:
    """Take one request from the key's budget of this minute; `left` is −1 where none was left."""
    minute, seconds = int(now // WINDOW), WINDOW - int(now % WINDOW)
    with _guard:
        block = _blocks.setdefault((key_id, kind), _Block())
        if block.minute != minute:
            block.minute, block.left, block.granted = minute, 0, 0
        if block.left == 0:
            block.left, block.granted = _grant(key_id, kind, limit, minute)
        if block.left == 0:
            return Rate(kind, limit, -1, seconds)
        block.left -= 1
        return Rate(kind, limit, limit - block.granted + block.left, seconds)


def _grant(key_id: int, kind: str, limit: int, minute: int) -> tuple[int, int]:
    """A block of requests, or a single one where no whole block is left; and all that was granted so far."""
    for size in {max(limit // BLOCKS, 1): None, 1: None}:
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, [key_id, kind, minute, size, limit])
            row = cursor.fetchone()
        if row:
            return size, row[0]
    return 0, limit
