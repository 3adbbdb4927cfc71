"""The keys to the demo store, kept in the data folder because a key's text can be read only once."""

import json
import os
from functools import partial
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from shop.accounts import keys
from shop.accounts.acting import acting_as
from shop.durable import durably
from shop.orders.demo.desk import CLIENTS, STOREFRONT, TILL
from shop.orders.demo.loading import ACTOR


class Access(NamedTuple):
    """The texts of the two keys."""

    storefront: str
    till: str


def file() -> Path:
    """Where the keys are kept, for this user's eyes only."""
    return settings.DATA_DIR / "demo-access.json"


def kept() -> Access | None:
    """The kept keys, if the file is there and the store knows both."""
    try:
        found = Access(**json.loads(file().read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return found if all(isinstance(text, str) and keys.find(text) for text in found) else None


def make() -> Access:
    """New keys for the demo's two clients, kept from now on."""
    with acting_as(ACTOR):
        return durably(_make)


def _make() -> Access:
    texts = {name: keys.create(name, preset).text for name, preset in CLIENTS.items()}
    access = Access(texts[STOREFRONT], texts[TILL])
    _keep(access)  # before the commit: no key without its text
    return access


def _keep(access: Access) -> None:
    """Write the file whole or not at all, never readable for others."""
    unfinished = file().with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with open(unfinished, "w", encoding="utf-8", opener=partial(os.open, mode=0o600)) as out:
        json.dump(access._asdict(), out)
    unfinished.replace(file())
