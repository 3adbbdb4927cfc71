"""What orders look like on the wire."""

from typing import Annotated, Any, Literal

from pydantic import Field

from shop.api.pagination import Pages
from shop.api.shapes import (
    Among,
    Clean,
    Id,
    Line,
    Moment,
    QueryId,
    QueryIds,
    QueryWords,
    Reference,
    Shape,
    Shown,
    Units,
)
from shop.orders.statuses import ORDER_STATUSES

MOST_LINES = 200

LineRef = Annotated[str, Clean, Field(min_length=1, max_length=60)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1, two capital letters.")]
Email = Annotated[str, Clean, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
Phone = Annotated[str, Clean, Field(max_length=60)]


class LineWish(Shape):
    """Units of one variant. `max_backordered` is the customer's consent: how many of them may wait, at most."""

    variant_id: Id
    quantity: Units
    max_backordered: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    line_ref: LineRef | None = None


class CustomerShape(Shape):
    name: Line | None = None
    email: Email | None = None
    phone: Phone | None = None


class AddressShape(Shape):
    line1: Line | None = None
    line2: Line | None = None
    postal_code: Annotated[str, Clean, Field(max_length=60)] | None = None
    city: Line | None = None
    region: Line | None = None
    country: Country | None = None


LineWishes = Annotated[list[LineWish], Field(min_length=1, max_length=MOST_LINES)]


class OrderWish(Shape):
    """An order, or a question for a quote: only `lines` is required."""

    lines: LineWishes
    reference: Reference | None = Field(default=None, description="Your own number, unique among your orders.")
    customer: CustomerShape | None = None
    shipping_address: AddressShape | None = None


class MoreLines(Shape):
    lines: LineWishes


class Cancellation(Shape):
    reason: Line | None = None


class LineTarget(Shape):
    """The quantity that the line is to have: at most today's, 0 only if nothing was shipped."""

    quantity: Annotated[int, Field(ge=0, le=1_000_000)]


class ShippedUnits(Shape):
    line_id: Id
    quantity: Units


class ShipmentWish(Shape):
    lines: Annotated[list[ShippedUnits], Field(min_length=1, max_length=MOST_LINES)]
    method: Annotated[str, Clean, Field(max_length=60)] | None = Field(
        default=None, description="`carrier`, or `pickup` for a counter pick-up of a web order."
    )
    tracking: Line | None = None


class ReturnedUnits(Shape):
    line_id: Id
    quantity: Units
    restock: bool = True


class ReturnWish(Shape):
    lines: Annotated[list[ReturnedUnits], Field(min_length=1, max_length=MOST_LINES)]


class OrdersQuery(Pages):
    status: Annotated[QueryWords, Among(*ORDER_STATUSES)] | None = None
    backorder_status: Literal["none", "partial", "full"] | None = None
    number: QueryWords | None = None
    reference: QueryWords | None = None
    variant_id: QueryIds | None = None
    created_after: Moment | None = None
    created_before: Moment | None = None
    updated_since: Moment | None = None


class BackordersQuery(Pages):
    variant_id: QueryIds | None = None
    order_id: QueryId | None = None
    updated_since: Moment | None = None


class DeliveryShown(Shown):
    """One part of a promise. `source`: `stock` or `backorder`."""

    source: str
    quantity: int
    text: str | None
    from_: str | None = Field(alias="from")
    until: str | None


class OrderLineShown(Shown):
    """`outcome` and `deliveries` are what the customer was told; `status` and the quantities are the state now.

    `status`: `ready`, `partly_ready`, `backordered`, `shipped`, `cancelled`.
    `outcome`: `from_stock`, `split`, `backorder`.
    """

    id: int
    line_ref: str | None
    variant_id: int
    sku: str
    title: str
    status: str
    outcome: str
    quantity: int
    allocated: int
    backordered: int
    shipped: int
    cancelled: int
    returned: int
    unit_price: str
    line_total: str
    deliveries: list[DeliveryShown]


class CustomerShown(Shown):
    name: str | None
    email: str | None
    phone: str | None = None


class AddressShown(Shown):
    line1: str | None
    line2: str | None
    postal_code: str | None
    city: str | None
    region: str | None
    country: str | None


class ShippedShown(Shown):
    line_id: int
    quantity: int


class ShipmentShown(Shown):
    id: int
    method: str | None
    tracking: str | None
    shipped_at: str
    lines: list[ShippedShown]


class OrderShown(Shown):
    """`status`: `open`, `partially_shipped`, `completed`, `cancelled`; `backorder_status`: `none`, `partial`, `full`."""

    id: int
    number: str
    reference: str | None
    channel: str
    status: str
    backorder_status: str
    currency: str
    total: str
    placed_at: str
    customer: CustomerShown | None
    shipping_address: AddressShown | None
    lines: list[OrderLineShown]
    shipments: list[ShipmentShown]
    updated_at: str


class OrdersShown(Shown):
    next: str | None
    previous: str | None
    results: list[OrderShown]


class ShipmentAnswer(ShipmentShown):
    """The shipment, with what it made of its order."""

    order_id: int
    order_number: str
    order_status: str


class ReturnedShown(Shown):
    line_id: int
    quantity: int
    restock: bool


class ReturnAnswer(Shown):
    id: int
    order_id: int
    order_number: str
    returned_at: str
    lines: list[ReturnedShown]


class LineRefusal(Shown):
    code: str
    detail: str
    params: dict[str, Any]


class QuoteLineShown(Shown):
    """`outcome`: `from_stock`, `split`, `backorder` or `rejected`."""

    line_ref: str | None
    variant_id: int
    quantity: int
    outcome: str
    allocated: int
    backordered: int
    unit_price: str | None
    error: LineRefusal | None
    deliveries: list[DeliveryShown]


class QuoteShown(Shown):
    acceptable: bool
    currency: str
    lines: list[QuoteLineShown]
    total: str | None
    checked_at: str


class BackorderShown(Shown):
    variant_id: int
    sku: str
    order_id: int
    order_number: str
    line_id: int
    backordered: int
    queued_at: str
    position: int
    promised_until: str | None


class BackordersShown(Shown):
    next: str | None
    previous: str | None
    results: list[BackorderShown]
