"""The first call of every integrator: who am I, what may I do?"""

from django.http import HttpResponse
from rest_framework.request import Request

from shop.api.answers import json_answer, moment
from shop.api.schema import operation
from shop.api.shapes import Shown, Time
from shop.api.throttling import limit_of
from shop.api.views import ApiView


class Limits(Shown):
    """Requests a minute; null is no limit."""

    reads_per_minute: int | None
    writes_per_minute: int | None


class MeShown(Shown):
    """Who calls, and what the key may do."""

    name: str
    """The client's name."""
    key: str
    """The key's public part."""
    scopes: list[str]
    limits: Limits
    expires_at: Time | None


class Me(ApiView):
    scopes = {"GET": ()}

    @operation("get_me", "The key's name, scopes and limits", scopes=(), tag="Settings", answer=MeShown)
    def get(self, request: Request) -> HttpResponse:
        key = self.key
        return json_answer({
            "name": key.client.name,
            "key": key.prefix,
            "scopes": key.scopes,
            "limits": {"reads_per_minute": limit_of(key, "read"), "writes_per_minute": limit_of(key, "write")},
            "expires_at": moment(key.expires_at),
        })  # fmt: skip
