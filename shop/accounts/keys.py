"""API keys: made once, shown once, hashed, revocable at once."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Q

from shop import clock
from shop.accounts import audit
from shop.accounts.models import ApiClient, ApiKey
from shop.errors import DomainError

SCOPES = (
    "catalog:read",
    "catalog:write",
    "stock:read",
    "stock:write",
    "orders:read",
    "orders:read_own",
    "orders:write",
    "shipments:write",
    "webhooks:write",
)


class Preset(NamedTuple):
    """What a key of a kind is for: its prefix, its scopes, and the channel of the orders placed with it."""

    prefix: str
    scopes: tuple[str, ...]
    channel: str


PRESETS = {
    "storefront": Preset("sf", ("catalog:read", "orders:read_own", "orders:write"), "storefront"),
    "pos": Preset("pos", ("catalog:read", "stock:read", "stock:write", "orders:read", "shipments:write"), "pos"),
    "integration": Preset("int", SCOPES, "storefront"),
}

STAMP_EVERY = timedelta(minutes=1)


class UnknownKey(DomainError):
    code = "unknown_key"


class NewKey(NamedTuple):
    """A key and, for this once, the text that a program sends."""

    key: ApiKey
    text: str


@transaction.atomic
def create(
    name: str,
    preset: str,
    *,
    expires_at: datetime | None = None,
    reads_per_minute: int | None = None,
    writes_per_minute: int | None = None,
) -> NewKey:
    """A further key for the client `name`, which is made if there is none of that name.

    A limit of `None` is the store's own, 0 is none at all. The text is returned here and can never be read again.
    """
    kind = PRESETS[preset]
    client, _ = ApiClient.objects.get_or_create(name=name, defaults={"channel": kind.channel})
    secret = secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        client=client,
        prefix=f"{kind.prefix}_live_{secrets.token_hex(4)}",
        secret_hash=_hash(secret),
        scopes=list(kind.scopes),
        expires_at=expires_at,
        reads_per_minute=reads_per_minute,
        writes_per_minute=writes_per_minute,
    )
    audit.record([audit.Change("api_key", key.pk, {"created": [None, key.prefix], "scopes": [None, key.scopes]})])
    return NewKey(key, f"{key.prefix}.{secret}")


@transaction.atomic
def revoke(prefix: str) -> None:
    """End a key at once. Raises `UnknownKey` where none has this prefix; ending it twice changes nothing."""
    now = clock.now()
    key = ApiKey.objects.filter(prefix=prefix).first()
    if key is None:
        raise UnknownKey(f"There is no API key with the prefix {prefix}.")
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
        audit.record([audit.Change("api_key", key.pk, {"revoked_at": [None, now.isoformat()]})])


# Written out because every request asks it: composing it anew would cost five times what the database takes.
_FIND = """
    SELECT k.*, c.name AS client_name, c.channel AS client_channel
    FROM accounts_apikey k JOIN accounts_apiclient c ON c.id = k.client_id
    WHERE k.prefix = %s AND k.revoked_at IS NULL
"""


def find(text: str) -> ApiKey | None:
    """The living key that this text is, with its client, or None; costs one indexed query.

    A fast hash is right here: the secret has 256 bits, nobody guesses it, and it is compared in constant time.
    """
    prefix, dot, secret = text.partition(".")
    if not dot or not prefix.isascii() or len(prefix) > 24:
        return None
    key = next(iter(ApiKey.objects.raw(_FIND, [prefix])), None)
    if key is None or not hmac.compare_digest(key.secret_hash, _hash(secret)):
        return None
    if key.expires_at is not None and key.expires_at <= clock.now():
        return None
    found: Any = key
    key.client = ApiClient(pk=key.client_id, name=found.client_name, channel=found.client_channel)
    return key


def stamp_use(key: ApiKey) -> None:
    """Note that the key is in use, at most once a minute, so that reading does not mean writing."""
    now = clock.now()
    if key.last_used_at is None or key.last_used_at <= now - STAMP_EVERY:
        unstamped = Q(last_used_at=None) | Q(last_used_at__lte=now - STAMP_EVERY)
        ApiKey.objects.filter(unstamped, pk=key.pk).update(last_used_at=now)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
