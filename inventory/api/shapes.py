"""What stock looks like on the wire."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, RootModel, Tag

from inventory.models import StockMovement
from shop.api.pagination import Pages
from shop.api.shapes import (
    MOST_UNITS,
    Among,
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


class AvailabilityBrief(Shown):
    """`status`: `in_stock`, `on_backorder`, `out_of_stock`."""

    status: str
    label: str
    purchasable: bool


class DeliveryShown(Shown):
    text: str | None
    min_days: int | None
    max_days: int | None


class AvailabilityShown(Shown):
    """`orderable_quantity` is the most that one order would be accepted for, null where nothing limits it."""

    variant_id: int
    product_id: int
    sku: str
    status: str
    label: str
    purchasable: bool
    tracked: bool
    backorders_allowed: bool
    available_quantity: int | None
    low: bool
    minimum_order: int
    maximum_order: int | None
    orderable_quantity: int | None
    delivery: DeliveryShown | None
    backorder_delivery: DeliveryShown | None
    schema_org: str
    checked_at: str


class AvailabilitiesShown(Shown):
    results: list[AvailabilityShown]
    missing: list[int]


class VariantChange(Shape):
    """What is not named stays as it is. `on_hand` is what is there as tracking begins."""

    track_inventory: bool = Field(default=False)
    allow_backorders: bool = Field(default=False)
    on_hand: Count = Field(default=0)
    backorder_limit: Count | None = None
    minimum_order: Annotated[int, Field(ge=1, le=MOST_UNITS)] = 1
    maximum_order: Annotated[int, Field(ge=1, le=MOST_UNITS)] | None = None
    minimum_stock: Count | None = None
    stock_alert: Count | None = None


class VariantShown(Shown):
    id: int
    sku: str
    track_inventory: bool
    allow_backorders: bool
    backorders_effective: bool
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
    low: QueryTruth | None = None
    updated_since: Moment | None = None


class StockShown(Shown):
    """For a variant that is not tracked, `level`, `available` and `backordered` are null."""

    variant_id: int
    sku: str
    tracked: bool
    on_hand: int
    committed: int
    level: int | None
    available: int | None
    backordered: int | None
    stock_alert: int | None
    low: bool
    updated_at: str


class StockListShown(Shown):
    next: str | None
    previous: str | None
    results: list[StockShown]


class UnitsLine(Shape):
    variant_id: Id
    quantity: Units


class SignedLine(Shape):
    variant_id: Id
    quantity: Annotated[int, Field(ge=-MOST_UNITS, le=MOST_UNITS, json_schema_extra={"not": {"const": 0}}), NOT_ZERO]


class CountLine(Shape):
    variant_id: Id
    quantity: Count
    expected_on_hand: Count | None = Field(default=None, description="What you believed was there.")


class LevelLine(Shape):
    variant_id: Id
    quantity: Annotated[int, Field(ge=-MOST_UNITS, le=MOST_UNITS)]
    expected_on_hand: Count | None = Field(default=None, description="What you believed was there.")


class _Posting(Shape):
    reference: Reference | None = None
    occurred_at: Moment | None = Field(default=None, description="Your clock, kept as information only.")


class Arrival(_Posting):
    """A delivery, a till sale (which is never refused), or a till return to the shelf."""

    type: Literal["receipt", "sale", "return"]
    lines: Annotated[list[UnitsLine], Field(min_length=1, max_length=MOST_LINES)]
    reason: Line | None = None


class Correction(_Posting):
    """Damage, loss, something found: signed units and the reason."""

    type: Literal["correction"]
    lines: Annotated[list[SignedLine], Field(min_length=1, max_length=MOST_LINES)]
    reason: Annotated[str, Clean, Field(min_length=1, max_length=255)]


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
    on_hand: int
    committed: int
    level: int | None
    available: int | None
    backordered: int | None


class BookedShown(Shown):
    """`effect`: `applied`, or `ignored_untracked` for a variant whose stock is not counted."""

    variant_id: int
    effect: str
    on_hand_before: int
    on_hand_after: int
    correction: int
    allocated_to: list[ShiftShown]
    taken_from: list[ShiftShown]
    stock: NumbersShown


class PostingShown(Shown):
    id: int
    type: str
    reference: str | None
    recorded_at: str
    lines: list[BookedShown]


class LedgerQuery(Pages):
    variant_id: QueryIds | None = None
    type: Annotated[QueryWords, Among(*StockMovement.Kind.values)] | None = None
    reference: QueryWords | None = None
    updated_since: Moment | None = None


class MovementShown(Shown):
    id: int
    variant_id: int
    type: str
    on_hand_delta: int
    committed_delta: int
    on_hand_after: int
    committed_after: int
    reference: str | None
    reason: str | None
    actor: dict[str, Any]
    occurred_at: str | None
    recorded_at: str


class MovementsShown(Shown):
    next: str | None
    previous: str | None
    results: list[MovementShown]
