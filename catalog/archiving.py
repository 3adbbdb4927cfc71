"""Archiving: what is no longer sold leaves every list, and stays where orders and the ledger speak of it.

Nothing of the catalogue is ever deleted. An archived variant cannot be ordered and an import never matches it; its
stock and its open orders go on as they are.
"""

from collections.abc import Iterable

from django.db import transaction

from catalog.models import Product, Variant
from shop import clock
from shop.accounts import audit


def archive_products(ids: Iterable[int]) -> int:
    """Archive products, and with them all their variants; returns how many were not archived before."""
    return _stamp(Product, "product", ids, archive=True)


def restore_products(ids: Iterable[int]) -> int:
    """Bring archived products back; returns how many there were."""
    return _stamp(Product, "product", ids, archive=False)


def archive_variants(ids: Iterable[int]) -> int:
    """Archive variants; returns how many were not archived before."""
    return _stamp(Variant, "variant", ids, archive=True)


def restore_variants(ids: Iterable[int]) -> int:
    """Bring archived variants back; returns how many there were."""
    return _stamp(Variant, "variant", ids, archive=False)


@transaction.atomic(savepoint=False)
def _stamp(model: type[Product] | type[Variant], kind: str, ids: Iterable[int], *, archive: bool) -> int:
    rows = model._default_manager.filter(pk__in=list(ids), archived_at__isnull=archive)
    found = list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
    now = clock.now()
    model._default_manager.filter(pk__in=found).update(archived_at=now if archive else None, updated_at=now)
    audit.record(audit.Change(kind, pk, {"archived": [not archive, archive]}) for pk in found)
    return len(found)
