"""Products and variants: the verbs that write the catalogue, many rows at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from catalog.models import Product, Variant
from shop.bulk import insert_returning


def insert_variants(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert variants, each a mapping of field names (the same names in every row), and return their ids in order.

    Only `inventory.variants.add` calls this: a variant is never without its stock item. Must run inside a transaction.
    """
    return _insert(Variant, rows)


def insert_products(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert products, each a mapping of field names (the same names in every row), and return their ids in order."""
    return _insert(Product, rows)


def _insert(model: type[Product] | type[Variant], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    if not rows:
        return []
    now = timezone.now()
    defaults = {field.name: field.get_default() for field in model._meta.concrete_fields if not field.primary_key}
    names = list(defaults)
    stamped = {**defaults, "created_at": now, "updated_at": now}
    return insert_returning(model, names, [[{**stamped, **row}[name] for name in names] for row in rows])
