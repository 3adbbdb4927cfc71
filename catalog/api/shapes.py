"""What the catalogue looks like on the wire."""

from typing import Annotated

from inventory import decision
from shop.api.pagination import Pages
from shop.api.shapes import Among, Moment, QueryIds, QueryWord, QueryWords, Shown

Statuses = Annotated[QueryWords, Among(*decision.LABELS)]


class ProductsQuery(Pages):
    q: QueryWord | None = None
    ids: QueryIds | None = None
    sku: QueryWords | None = None
    ean: QueryWords | None = None
    availability: Statuses | None = None
    updated_since: Moment | None = None


class AvailabilityBrief(Shown):
    """`status`: `in_stock`, `on_backorder`, `out_of_stock`."""

    status: str
    label: str
    purchasable: bool


class VariantShown(Shown):
    """`track_inventory` and `allow_backorders` are there for keys with `stock:read`."""

    id: int
    title: str
    sku: str
    ean: str
    price: str
    availability: AvailabilityBrief
    track_inventory: bool | None = None
    allow_backorders: bool | None = None


class ProductShown(Shown):
    """`visibility`: `visible`, `hidden`, `visible_when_in_stock`."""

    id: int
    title: str
    visibility: str
    currency: str
    availability_status: str
    updated_at: str
    variants: list[VariantShown]


class ProductsShown(Shown):
    next: str | None
    previous: str | None
    results: list[ProductShown]


class ProductDetail(ProductShown):
    description: str
    content: str
    brand: str | None
    images: list[str]
