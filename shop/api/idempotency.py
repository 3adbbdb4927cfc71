"""Once: a request that may be sent again and again does what it says one time, and is answered the same each time."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any, cast

from django.db import OperationalError
from rest_framework.request import Request

from shop import clock
from shop.accounts.models import ApiKey
from shop.api.answers import Answer, Refused
from shop.api.models import IdempotencyKey
from shop.bulk import insert_unless_there, update_rows
from shop.durable import durably, is_lock_timeout

_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,255}")


_ANSWER = ("status", "body", "location")


def once(request: Request, act: Callable[[], Answer]) -> Answer:
    """Run `act` in one durable transaction under the request's Idempotency-Key, or return what it answered before.

    The key's row is written first and in the same transaction: never a key without what it did, never the other way
    round. A twin under way is waited for. Only successes are kept: a refusal raises, rolls back, and is judged afresh.
    Raises `idempotency_key_required`, `idempotency_key_invalid`, `idempotency_key_reused` or `idempotency_in_progress`.
    """
    key, client_id = _read_key(request), cast(ApiKey, request.auth).client_id
    fingerprint = _fingerprint(request.data)
    path = f"{request.method} {request.path}"

    def act_once() -> Answer:
        row = [client_id, path, key, fingerprint, 0, "", "", clock.now()]
        row_id = _claim(row)
        if row_id is None:
            return _replay(client_id, path, key, fingerprint)
        answer = act()
        update_rows(IdempotencyKey, _ANSWER, [(row_id, answer.status, answer.body, answer.location)])
        return answer

    return durably(act_once)


def _claim(row: list[Any]) -> int | None:
    """Write the key's row, or None where it is there already; raises `idempotency_in_progress` if the wait ran out."""
    fields = ("client", "path", "key", "fingerprint", "status", "location", "body", "created_at")
    try:
        return insert_unless_there(IdempotencyKey, fields, row)
    except OperationalError as error:
        if is_lock_timeout(error):
            raise Refused("idempotency_in_progress", "The same request is still under way. Ask again.") from error
        raise


def _replay(client_id: int, path: str, key: str, fingerprint: str) -> Answer:
    kept = IdempotencyKey.objects.get(client_id=client_id, path=path, key=key)
    if kept.fingerprint != fingerprint:
        raise Refused(
            "idempotency_key_reused",
            "This Idempotency-Key was used for another request. Nothing happened; use a new key.",
        )
    return Answer(kept.status, kept.body, kept.location, replayed=True)


def _read_key(request: Request) -> str:
    text = request.headers.get("Idempotency-Key", "").strip()
    if not text:
        raise Refused("idempotency_key_required", "Send an Idempotency-Key header with every new intention.")
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    if not _VISIBLE_ASCII.fullmatch(text):
        raise Refused("idempotency_key_invalid", "An Idempotency-Key is 1 to 255 visible ASCII characters.")
    return text


def _fingerprint(body: Any) -> str:
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
