"""The lists that merchants keep beside their products: brands, suppliers, tags. An entry is its name."""

from collections.abc import Iterable
from typing import TypeVar

from django.db import models

Entry = TypeVar("Entry", bound=models.Model)


def ensure(model: type[Entry], names: Iterable[str]) -> dict[str, int]:
    """The id of each name, making those that are missing. Inside a transaction."""
    wanted = {name for name in names if name}
    if not wanted:
        return {}
    found = ids(model, wanted)
    missing = sorted(wanted - found.keys())
    if missing:
        # Somebody else may make the same entry at this moment: theirs is as good as ours.
        model._default_manager.bulk_create([model(name=name) for name in missing], ignore_conflicts=True)
        found = ids(model, wanted)
    return found


def ids(model: type[Entry], names: Iterable[str]) -> dict[str, int]:
    """The id of each of these names that there is."""
    return dict(model._default_manager.filter(name__in=set(names)).values_list("name", "pk"))
