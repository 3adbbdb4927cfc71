"""Variants with their stock: the one way to make either."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from catalog import products
from inventory import stock


@transaction.atomic(savepoint=False)
def add(rows: Sequence[Mapping[str, Any]], openings: Sequence[stock.Opening]) -> list[int]:
    """Insert variants and their stock items together, and return the new ids in the rows' order.

    `rows` are field values as `catalog.products.insert_variants` takes them; the opening at the same place gives the
    variant's stock, its `variant_id` is filled in here.
    """
    variant_ids = products.insert_variants(rows)
    stock.open_items(
        [opening._replace(variant_id=variant_id) for variant_id, opening in zip(variant_ids, openings, strict=True)]
    )
    return variant_ids
