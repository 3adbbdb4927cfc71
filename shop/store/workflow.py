"""The store's own ways of working: Settings › Workflow."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from shop import clock
from shop.accounts import audit
from shop.store.models import StoreSettings

INVENTORY_DEFAULTS = ("allow_backorders_by_default", "track_inventory_by_default")


@transaction.atomic(savepoint=False)
def change_inventory_defaults(values: Mapping[str, bool]) -> StoreSettings:
    """Set the defaults for new products and return the settings; variants that exist keep their own switches.

    `values` holds any of `INVENTORY_DEFAULTS`.
    """
    store = StoreSettings.objects.select_for_update().get(pk=StoreSettings.THE_ONE)
    changed: dict[str, list[Any]] = {
        name: [getattr(store, name), new] for name, new in values.items() if new != getattr(store, name)
    }
    for name, (_, new) in changed.items():
        setattr(store, name, new)
    if changed:
        store.updated_at = clock.now()
        store.save(update_fields=[*changed, "updated_at"])
        audit.record([audit.Change("store", store.pk, changed)])
    return store
