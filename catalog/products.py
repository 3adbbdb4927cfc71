"""Products and variants: the verbs that write the catalogue, many rows at once.

They lock and write rows in ascending id, and write nothing but what they are told. `imports` calls them inside its
transaction, after it has locked the stock.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import models

from catalog.models import Product, Variant
from shop import clock
from shop.bulk import insert_returning, insert_rows, update_rows


def insert_variants(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert variants, each a mapping of field names, and return their ids in order.

    Only `inventory.variants.add` calls this: a variant is never without its stock item. Must run inside a transaction.
    """
    return _insert(Variant, rows)


def insert_products(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert products, each a mapping of field names, and return their ids in order. Inside a transaction."""
    return _insert(Product, rows)


def _insert(model: type[Product] | type[Variant], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    if not rows:
        return []
    now = clock.now()
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    defaults = {field.name: field.get_default() for field in fields} | {"created_at": now, "updated_at": now}
    names = [field.name for field in fields]
    return insert_returning(model, names, [[row.get(name, defaults[name]) for name in names] for row in rows])


def lock_products(ids: Iterable[int]) -> set[int]:
    """Lock these products until the transaction ends; returns those that there are and that are not archived."""
    return _lock(Product, ids)


def lock_variants(ids: Iterable[int]) -> set[int]:
    """Lock these variants until the transaction ends; returns those that there are and that are not archived."""
    return _lock(Variant, ids)


def _lock(model: type[Product] | type[Variant], ids: Iterable[int]) -> set[int]:
    wanted = set(ids)
    if not wanted:
        return set()
    rows = model._default_manager.filter(pk__in=wanted, archived_at=None).order_by("pk")
    # Not the key: an order line that names the variant must not wait for us.
    return set(rows.select_for_update(no_key=True).values_list("pk", flat=True))


def update_products(changes: Mapping[int, Mapping[str, Any]]) -> None:
    """Write each product's changed fields, under the caller's lock; a product with none is only stamped as changed."""
    _update(Product, changes)


def update_variants(changes: Mapping[int, Mapping[str, Any]]) -> None:
    """Write each variant's changed fields, under the caller's lock."""
    _update(Variant, changes)


def _update(model: type[Product] | type[Variant], changes: Mapping[int, Mapping[str, Any]]) -> None:
    """One read and one write for all rows: a field that changes in some is written back as it is in the others."""
    if not changes:
        return
    names = sorted({name for values in changes.values() for name in values})
    now = clock.now()
    stored = model._default_manager.filter(pk__in=list(changes)).order_by("pk").values_list("pk", *names)
    rows = [
        (pk, now, *(changes[pk].get(name, value) for name, value in zip(names, values, strict=True)))
        for pk, *values in stored
    ]
    update_rows(model, ("updated_at", *names), rows)


def set_tags(wanted: Mapping[int, Iterable[int]]) -> None:
    """Give each product exactly these tags, by their ids."""
    if not wanted:
        return
    links: type[models.Model] = Product.tags.through
    now = {(product, tag) for product, tags in wanted.items() for tag in tags}
    stored = links._default_manager.filter(product_id__in=list(wanted)).values_list("pk", "product_id", "tag_id")
    before = {(product, tag): pk for pk, product, tag in stored}
    gone = [pk for link, pk in before.items() if link not in now]
    if gone:
        links._default_manager.filter(pk__in=gone).delete()
    insert_rows(links, ("product", "tag"), sorted(now - before.keys()))


def tags_of(product_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """The names of each product's tags, in alphabetical order; products without any are missing."""
    found: dict[int, list[str]] = {}
    links = Product.tags.through.objects.filter(product_id__in=list(product_ids))
    for product, name in links.values_list("product_id", "tag__name"):
        found.setdefault(product, []).append(name)
    return {product: tuple(sorted(names)) for product, names in found.items()}
