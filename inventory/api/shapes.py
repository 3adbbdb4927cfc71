"""What stock looks like on the wire."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, RootModel, Tag

from inventory.models import StockMovement
from shop.api.pagination import Page, Pages
from shop.api.shapes import (
    MOST_UNITS,
    NOT_BLANK,
    Among,
    Change,
    Clean,
    Id,
    Line,
    Moment,
    Query,
    QueryIds,
    QueryTruth,
    QueryWords,
    Reference,
    Shape,
    Shown,
    Time,
    Units,
)

MOST_LINES = 500


def _check_not_zero(quantity: int) -> int:
    if quantity == 0:
        raise ValueError("The quantity of a correction is not 0.")
    return quantity


NOT_ZERO = AfterValidator(_check_not_zero)
Count = Annotated[int, Field(ge=0, le=MOST_UNITS)]


class AvailabilityQuery(Query):
    variant_ids: QueryIds
    """At most 100."""


class AvailabilityBrief(Shown):
    """What one more unit would be."""

    status: str
    """`in_stock`, `on_backorder` or `out_of_stock`."""
    label: str
    """The status in words for customers."""
    purchasable: bool
    """Whether an order of the minimum quantity would be accepted."""


class TimeframeShown(Shown):
    """When it arrives, as the customer is told."""

    text: str | None
    min_days: int | None
    max_days: int | None


class AvailabilityShown(Shown):
    """What can be bought of a variant."""

    variant_id: int
    product_id: int
    sku: str
    status: str
    """`in_stock`, `on_backorder` or `out_of_stock`."""
    label: str
    purchasable: bool
    """Whether an order of the minimum quantity would be accepted."""
    tracked: bool
    backorders_allowed: bool
    """The effective value: tracked, and backorders are on."""
    available_quantity: int | None
    """Null for untracked variants and for keys without `stock:read`."""
    low: bool
    minimum_order: int
    maximum_order: int | None
    orderable_quantity: int | None
    """The most that one order would be accepted for; null where nothing limits it."""
    delivery: TimeframeShown | None
    backorder_delivery: TimeframeShown | None
    schema_org: str
    """The same status for search engines: an address of schema.org."""
    checked_at: Time


class AvailabilitiesShown(Shown):
    """The variants found, in the order asked for."""

    results: list[AvailabilityShown]
    missing: list[int]
    """Ids that are unknown, archived or hidden."""


class VariantChange(Change):
    """Switches and limits that are to be different. What is not named stays as it is; null takes a limit away."""

    track_inventory: bool = False
    allow_backorders: bool = False
    on_hand: Count = 0
    """What is there as tracking begins, or a count of what is there now."""
    backorder_limit: Count | None = None
    """Units that may wait at once."""
    minimum_order: Annotated[int, Field(ge=1, le=MOST_UNITS)] = 1
    maximum_order: Annotated[int, Field(ge=1, le=MOST_UNITS)] | None = None
    minimum_stock: Count | None = None
    stock_alert: Count | None = None


class VariantSettings(Shown):
    """A variant's switches and limits."""

    id: int
    sku: str
    track_inventory: bool
    allow_backorders: bool
    backorders_effective: bool
    """Tracked, and backorders are on."""
    on_hand: int
    minimum_order: int
    maximum_order: int | None
    minimum_stock: int | None
    stock_alert: int | None
    backorder_limit: int | None
    availability: AvailabilityBrief


class StockQuery(Pages):
    variant_ids: QueryIds | None = None
    sku: QueryWords | None = None
    ean: QueryWords | None = None
    backordered: QueryTruth | None = None
    """`true` is what to buy: variants of which more is promised than is there."""
    low: QueryTruth | None = None
    updated_since: Moment | None = None


class StockShown(Shown):
    """The stock numbers of a variant. Where it is not tracked, `level`, `available` and `backordered` are null."""

    variant_id: int
    sku: str
    tracked: bool
    on_hand: int
    """What is on the shelf, also what is promised of it."""
    committed: int
    """Ordered and not yet shipped."""
    level: int | None
    """On hand − committed; negative where orders wait."""
    available: int | None
    """What a new order can take from stock."""
    backordered: int | None
    """What waits for a delivery."""
    stock_alert: int | None
    low: bool
    updated_at: Time


class StockListShown(Page):
    """A page of stock numbers."""

    results: list[StockShown]


class UnitsLine(Shape):
    """Units of one variant."""

    variant_id: Id
    quantity: Units


class SignedLine(Shape):
    """Units found (more than 0) or lost (less than 0)."""

    variant_id: Id
    quantity: Annotated[int, Field(ge=-MOST_UNITS, le=MOST_UNITS, json_schema_extra={"not": {"const": 0}}), NOT_ZERO]


class CountLine(Shape):
    """What is on the shelf of one variant."""

    variant_id: Id
    quantity: Count
    expected_on_hand: Count | None = None
    """What you believed was there; if it is not, the whole posting is refused with `stock_changed`."""


class LevelLine(Shape):
    """The net number of one variant: on hand − committed."""

    variant_id: Id
    quantity: Annotated[int, Field(ge=-MOST_UNITS, le=MOST_UNITS)]
    expected_on_hand: Count | None = None
    """What you believed was there; if it is not, the whole posting is refused with `stock_changed`."""


class _Posting(Shape):
    reference: Reference | None = None
    """Your number for it, such as that of the delivery note."""
    occurred_at: Moment | None = None
    """Your clock, kept as information only."""


class Arrival(_Posting):
    """A delivery, a till sale (which is never refused), or a till return to the shelf."""

    type: Literal["receipt", "sale", "return"]
    lines: Annotated[list[UnitsLine], Field(min_length=1, max_length=MOST_LINES)]
    reason: Line | None = None


class Correction(_Posting):
    """Damage, loss, something found: signed units and the reason."""

    type: Literal["correction"]
    lines: Annotated[list[SignedLine], Field(min_length=1, max_length=MOST_LINES)]
    reason: Annotated[str, Clean, Field(min_length=1, max_length=255), NOT_BLANK]


class Counting(_Posting):
    """A shelf count of everything present."""

    type: Literal["count"]
    lines: Annotated[list[CountLine], Field(min_length=1, max_length=MOST_LINES)]
    basis: Literal["on_hand"] = "on_hand"
    reason: Line | None = None


class LevelCounting(_Posting):
    """A count by a till that keeps one net, possibly negative number.

    **Sending such a net number as a plain count would count sold units twice.** On hand becomes the number + committed.
    """

    type: Literal["count"]
    lines: Annotated[list[LevelLine], Field(min_length=1, max_length=MOST_LINES)]
    basis: Literal["level"]
    reason: Line | None = None


def _which(data: Any) -> str | None:
    """The shape that a posting of this type has."""
    if not isinstance(data, dict):
        return "arrival"
    kinds = {"correction": "correction", "count": "count"}
    if data.get("type") == "count" and data.get("basis") == "level":
        return "level_count"
    return kinds.get(str(data.get("type")), "arrival")


class Posting(
    RootModel[
        Annotated[
            Annotated[Arrival, Tag("arrival")]
            | Annotated[Correction, Tag("correction")]
            | Annotated[Counting, Tag("count")]
            | Annotated[LevelCounting, Tag("level_count")],
            Discriminator(_which),
        ]
    ]
):
    """What happened on the shelf: all lines or none."""


class ShiftShown(Shown):
    """Units of a waiting line that gained or lost cover; `remaining` still wait."""

    order_number: str
    line_id: int
    quantity: int
    remaining: int


class NumbersShown(Shown):
    """The stock numbers after the posting. Where it is not tracked, three of them are null."""

    on_hand: int
    committed: int
    level: int | None
    available: int | None
    backordered: int | None


class BookedShown(Shown):
    """What a line of the posting did."""

    variant_id: int
    effect: str
    """`applied`, or `ignored_untracked` for a variant whose stock is not counted."""
    on_hand_before: int
    on_hand_after: int
    correction: int
    """Units booked as found because a till sold more than was known to be there."""
    allocated_to: list[ShiftShown]
    """Waiting lines that got stock, in the order of the queue."""
    taken_from: list[ShiftShown]
    """Promised lines that wait again."""
    stock: NumbersShown


class PostingShown(Shown):
    """What was booked."""

    id: int
    type: str
    reference: str | None
    recorded_at: Time
    lines: list[BookedShown]


class LedgerQuery(Pages):
    variant_id: QueryIds | None = None
    type: Annotated[QueryWords, Among(*StockMovement.Kind.values)] | None = None
    reference: QueryWords | None = None
    updated_since: Moment | None = None


class ActorShown(Shown):
    """Who did it."""

    kind: str
    """`user`, `client`, `command`, `job` or `system`."""
    id: int | None
    name: str


class MovementShown(Shown):
    """A line of the ledger: what changed, and what was there afterwards."""

    id: int
    variant_id: int
    type: str
    """One of the words that the filter `type` takes."""
    on_hand_delta: int
    committed_delta: int
    on_hand_after: int
    committed_after: int
    reference: str | None
    reason: str | None
    actor: ActorShown
    occurred_at: Time | None
    """The client's clock."""
    recorded_at: Time


class MovementsShown(Page):
    """A page of the ledger."""

    results: list[MovementShown]
