"""What the catalogue looks like on the wire."""

from typing import Annotated

from inventory import decision
from shop.api.pagination import Page, Pages
from shop.api.shapes import Among, Moment, Money, QueryIds, QueryWord, QueryWords, Shown, Time

Statuses = Annotated[QueryWords, Among(*decision.LABELS)]


class ProductsQuery(Pages):
    q: QueryWord | None = None
    """Words of the title, or a whole SKU."""
    ids: QueryIds | None = None
    sku: QueryWords | None = None
    ean: QueryWords | None = None
    availability: Statuses | None = None
    """Products of which a variant has one of these statuses."""
    updated_since: Moment | None = None
    """Products of which the texts, a variant or its stock changed at this moment or later."""


class AvailabilityBrief(Shown):
    """What one more unit would be."""

    status: str
    """`in_stock`, `on_backorder` or `out_of_stock`."""
    label: str
    """The status in words for customers."""
    purchasable: bool
    """Whether an order of the minimum quantity would be accepted."""


class VariantShown(Shown):
    """A variant in the catalogue."""

    id: int
    title: str
    sku: str
    ean: str
    price: Money
    availability: AvailabilityBrief
    track_inventory: bool | None = None
    """On a single product, for keys with `stock:read`."""
    allow_backorders: bool | None = None
    """On a single product, for keys with `stock:read`."""


class ProductShown(Shown):
    """A product in a list."""

    id: int
    title: str
    visibility: str
    """`visible`, `hidden` or `visible_when_in_stock`."""
    currency: str
    availability_status: str
    """The best of its variants' statuses."""
    updated_at: Time
    variants: list[VariantShown]


class ProductsShown(Page):
    """A page of products."""

    results: list[ProductShown]


class ProductDetail(ProductShown):
    """A product with its texts and images."""

    description: str
    content: str
    brand: str | None
    images: list[str]
    """References, in order."""
