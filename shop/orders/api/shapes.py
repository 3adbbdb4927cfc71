"""What orders look like on the wire."""

from typing import Annotated, Any, Literal

from pydantic import Field

from shop.api.pagination import Page, Pages
from shop.api.shapes import (
    ANY_TEXT,
    MOST_UNITS,
    NOT_BLANK,
    Among,
    Clean,
    Day,
    Id,
    Line,
    Moment,
    Money,
    QueryId,
    QueryIds,
    QueryWords,
    Reference,
    Shape,
    Shown,
    Time,
    Units,
)
from shop.orders.statuses import ORDER_STATUSES

MOST_LINES = 200

LineRef = Annotated[str, Clean, Field(min_length=1, max_length=60), NOT_BLANK]
Word = Annotated[str, Clean, Field(max_length=60), ANY_TEXT]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Email = Annotated[str, Clean, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]


class LineWish(Shape):
    """Units of one variant."""

    variant_id: Id
    quantity: Units
    max_backordered: Annotated[int, Field(ge=0, le=MOST_UNITS)] | None = None
    """The customer's consent: how many units may wait, at most. 0: only from stock; absent: what the shop allows."""
    line_ref: LineRef | None = None
    """Your own name for the line; answers and refusals repeat it."""


class CustomerShape(Shape):
    """Who orders."""

    name: Line | None = None
    email: Email | None = None
    phone: Word | None = None


class AddressShape(Shape):
    """Where it goes."""

    line1: Line | None = None
    line2: Line | None = None
    postal_code: Word | None = None
    city: Line | None = None
    region: Line | None = None
    country: Country | None = None
    """ISO 3166-1, two capital letters."""


LineWishes = Annotated[list[LineWish], Field(min_length=1, max_length=MOST_LINES)]


class OrderWish(Shape):
    """An order, or a question for a quote: only `lines` is required."""

    lines: LineWishes
    reference: Reference | None = None
    """Your own number, unique among your orders."""
    customer: CustomerShape | None = None
    shipping_address: AddressShape | None = None


class MoreLines(Shape):
    """Lines to add, also of variants that the order has already."""

    lines: LineWishes


class Cancellation(Shape):
    """Why; the body may be left out."""

    reason: Line | None = None
    """For the audit trail."""


class LineTarget(Shape):
    """What the line is to have."""

    quantity: Annotated[int, Field(ge=0, le=MOST_UNITS)]
    """At most today's; 0 only if nothing was shipped."""


class ShippedUnits(Shape):
    """Units of one line, at most what is allocated to it."""

    line_id: Id
    quantity: Units


class ShipmentWish(Shape):
    """What leaves the house."""

    lines: Annotated[list[ShippedUnits], Field(min_length=1, max_length=MOST_LINES)]
    method: Word | None = None
    """`carrier`, or `pickup` for a counter pick-up of a web order; any word is taken."""
    tracking: Line | None = None
    """The carrier's number."""


class ReturnedUnits(Shape):
    """Units of one line, at most what was shipped and has not come back."""

    line_id: Id
    quantity: Units
    restock: bool = True
    """Whether they go on the shelf again."""


class ReturnWish(Shape):
    """What came back."""

    lines: Annotated[list[ReturnedUnits], Field(min_length=1, max_length=MOST_LINES)]


class OrdersQuery(Pages):
    status: Annotated[QueryWords, Among(*ORDER_STATUSES)] | None = None
    backorder_status: Literal["none", "partial", "full"] | None = None
    number: QueryWords | None = None
    reference: QueryWords | None = None
    variant_id: QueryIds | None = None
    """Orders with a line of one of these variants."""
    created_after: Moment | None = None
    """At this moment or later."""
    created_before: Moment | None = None
    updated_since: Moment | None = None
    """An order's `updated_at` moves with its coverage, so polling with this misses no allocation."""


class BackordersQuery(Pages):
    variant_id: QueryIds | None = None
    order_id: QueryId | None = None
    updated_since: Moment | None = None
    """Lines of orders that changed at this moment or later."""


class DeliveryShown(Shown):
    """One part of a promise."""

    source: str
    """`stock` or `backorder`."""
    quantity: int
    text: str | None
    """What the customer is told."""
    from_: Day | None = Field(alias="from")
    until: Day | None


class OrderLineShown(Shown):
    """`outcome` and `deliveries` are what the customer was told; `status` and the quantities are the state now."""

    id: int
    line_ref: str | None
    variant_id: int
    sku: str
    title: str
    status: str
    """`ready`, `partly_ready`, `backordered`, `shipped` or `cancelled`."""
    outcome: str
    """`from_stock`, `split` or `backorder`."""
    quantity: int
    """Ordered and not cancelled."""
    allocated: int
    """Covered by stock now: these can be shipped."""
    backordered: int
    """Waiting for stock now."""
    shipped: int
    cancelled: int
    returned: int
    unit_price: Money
    line_total: Money
    deliveries: list[DeliveryShown]


class CustomerShown(Shown):
    """Who ordered."""

    name: str | None
    email: str | None
    phone: str | None = None


class AddressShown(Shown):
    """Where it goes."""

    line1: str | None
    line2: str | None
    postal_code: str | None
    city: str | None
    region: str | None
    country: str | None


class ShippedShown(Shown):
    """Units of one line."""

    line_id: int
    quantity: int


class ShipmentShown(Shown):
    """What left the house."""

    id: int
    method: str | None
    tracking: str | None
    shipped_at: Time
    lines: list[ShippedShown]


class OrderShown(Shown):
    """An order as it is now."""

    id: int
    number: str
    """The number for people."""
    reference: str | None
    """Your own number."""
    channel: str
    """Where it was placed: `storefront`, `pos` or `back_office`."""
    status: str
    """`open`, `partially_shipped`, `completed` or `cancelled`."""
    backorder_status: str
    """`none`, `partial` or `full`: how much of what is still to be shipped waits for stock."""
    currency: str
    """ISO 4217; it holds for every amount in the order."""
    total: Money
    placed_at: Time
    customer: CustomerShown | None
    shipping_address: AddressShown | None
    lines: list[OrderLineShown]
    shipments: list[ShipmentShown]
    updated_at: Time


class OrdersShown(Page):
    """A page of orders."""

    results: list[OrderShown]


class ShipmentAnswer(ShipmentShown):
    """The shipment, with what it made of its order."""

    order_id: int
    order_number: str
    order_status: str


class ReturnedShown(Shown):
    """Units of one line."""

    line_id: int
    quantity: int
    restock: bool


class ReturnAnswer(Shown):
    """What came back."""

    id: int
    order_id: int
    order_number: str
    returned_at: Time
    lines: list[ReturnedShown]


class LineRefusal(Shown):
    """Why a line would be refused."""

    code: str
    """One of the line codes."""
    detail: str
    params: dict[str, Any]
    """The numbers behind it."""


class QuoteLineShown(Shown):
    """What a line would become."""

    line_ref: str | None
    variant_id: int
    quantity: int
    outcome: str
    """`from_stock`, `split`, `backorder` or `rejected`."""
    allocated: int
    """What would ship now."""
    backordered: int
    """What would follow."""
    unit_price: Money | None
    error: LineRefusal | None
    deliveries: list[DeliveryShown]


class QuoteShown(Shown):
    """What an order would become now. It binds nobody."""

    acceptable: bool
    currency: str
    lines: list[QuoteLineShown]
    total: Money | None
    """Given only when acceptable."""
    checked_at: Time


class BackorderShown(Shown):
    """A line that waits for stock."""

    variant_id: int
    sku: str
    order_id: int
    order_number: str
    line_id: int
    backordered: int
    """Units that wait."""
    queued_at: Time
    position: int
    """The place in the variant's queue; 1 is served next."""
    promised_until: Day | None


class BackordersShown(Page):
    """A page of waiting lines."""

    results: list[BackorderShown]
