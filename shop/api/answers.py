"""Answers: JSON with an entity tag, and problems as `application/problem+json`."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse

from shop.accounts import acting
from shop.api.problems import CATALOGUE
from shop.errors import DomainError

PREFIX = "/api/v1"


class Answer(NamedTuple):
    """What a request came to, before it is sent: it can be kept and sent again byte for byte."""

    status: int
    body: str
    location: str = ""
    replayed: bool = False


def dump(data: Any) -> str:
    """The JSON text of an answer."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def moment(value: datetime | None) -> str | None:
    """A time as the API writes it: UTC with a `Z`, to the second."""
    return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def entity_tag(body: str) -> str:
    """A strong tag: the same text has the same tag, whatever row version is behind it."""
    return f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'


def send(answer: Answer) -> HttpResponse:
    """The HTTP answer of an `Answer`; one with a location shows that thing, and so carries its tag."""
    response = HttpResponse(answer.body, status=answer.status, content_type="application/json")
    if answer.location:
        response["Location"] = answer.location
        response["ETag"] = entity_tag(answer.body)
    if answer.replayed:
        response["Idempotency-Replayed"] = "true"
    response["Cache-Control"] = "no-cache"
    return response


def json_answer(data: Any, status: int = 200) -> HttpResponse:
    """Data as JSON, without a tag: for lists and answers that change with the clock."""
    response = HttpResponse(dump(data), status=status, content_type="application/json")
    response["Cache-Control"] = "no-cache"
    return response


def tagged(request: HttpRequest, data: Mapping[str, Any], volatile: Sequence[str] = ()) -> HttpResponse:
    """Data as JSON with its tag, or 304 where a reader has it already.

    `volatile` names members that change with the clock alone: they are left out of the tag, which is then weak, for
    two answers with the same tag are alike but not the same text.
    """
    stable = {name: value for name, value in data.items() if name not in volatile}
    tag = ("W/" if volatile else "") + entity_tag(dump(stable))
    told = request.headers.get("If-None-Match", "") if request.method in ("GET", "HEAD") else ""
    known = [one.strip() for one in told.split(",")]
    if "*" in known or tag.removeprefix("W/") in (one.removeprefix("W/") for one in known):
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(dump(data), content_type="application/json")
    response["ETag"] = tag
    response["Cache-Control"] = "no-cache"
    return response


class Refused(DomainError):
    """A refusal with a place for each fault: `errors` lists `{pointer, code, detail, …}`."""

    def __init__(self, code: str, detail: str, errors: Sequence[Mapping[str, Any]] = (), **params: Any) -> None:
        super().__init__(detail, **params)
        self.code = code
        self.errors = errors


def problem(refusal: DomainError) -> HttpResponse:
    """A refusal as `application/problem+json`, with the status that its code has in the catalogue."""
    kind = CATALOGUE[refusal.code]
    document: dict[str, Any] = {
        "type": f"/problems/{refusal.code}",
        "title": kind.title,
        "status": kind.status,
        "code": refusal.code,
        "detail": refusal.detail,
        "instance": f"urn:request:{acting.request_id.get()}",
    }
    if refusal.params:
        document["params"] = refusal.params
    if isinstance(refusal, Refused) and refusal.errors:
        document["errors"] = list(refusal.errors)
    response = HttpResponse(dump(document), status=kind.status, content_type="application/problem+json")
    response["Cache-Control"] = "no-store"
    if kind.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if refusal.code in ("busy", "idempotency_in_progress"):
        response["Retry-After"] = "1"
    return response


def check_precondition(request: HttpRequest, current: Mapping[str, Any]) -> None:
    """Raise `precondition_failed` where an `If-Match` header names another state than the current one."""
    wanted = request.headers.get("If-Match")
    if wanted is None or wanted.strip() == "*":
        return
    if entity_tag(dump(current)) not in (one.strip() for one in wanted.split(",")):
        raise Refused("precondition_failed", "It changed meanwhile. Read it again before changing it.")
