"""Who calls: a key in the `Authorization` header, and what its scopes allow."""

from typing import Any, cast

from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from shop.accounts import keys
from shop.accounts.models import ApiKey
from shop.api.answers import Refused


def asked(request: Request) -> str:
    """The method whose rules hold: a HEAD asks what a GET asks."""
    return "GET" if request.method == "HEAD" else request.method or ""


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer prefix.secret`. The key becomes `request.auth`; there is no user."""

    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind.casefold() != "bearer":
            return None
        key = keys.find(text.strip())
        if key is None:
            raise Refused("unauthorized", "The API key is wrong, revoked or expired.")
        keys.stamp_use(key)
        return None, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class HasScope(BasePermission):
    """Lets a key do what one of the view's scopes for the method names; a view without scopes lets nobody in."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.auth is None:
            raise Refused("unauthorized", "Send a valid API key: Authorization: Bearer <key>.")
        method = asked(request)
        if method not in view.scopes:
            return True  # no such method here: the view answers 405 by itself
        wanted = view.scopes[method]
        if wanted and not set(wanted) & set(cast(ApiKey, request.auth).scopes):
            raise Refused("insufficient_scope", f"This needs a key with the scope {wanted[0]}.", required=wanted[0])
        return True
