"""Verbs on a single variant's catalogue fields."""

from collections.abc import Mapping

from catalog.models import Variant
from shop import clock


def set_order_limits(variant_id: int, limits: Mapping[str, int | None]) -> None:
    """Set `minimum_order` and `maximum_order`, in the caller's transaction; the caller has checked their order."""
    Variant.objects.filter(pk=variant_id).update(**limits, updated_at=clock.now())
