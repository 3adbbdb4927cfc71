"""The columns of the spreadsheets: one declaration each, and everything else follows from it.

A declaration says the title, the words of the mapping page, whether it belongs to the product or the variant, how a
cell is read and shown, where the value is kept, and whether a blank cell can clear it. Export, import, preview and
write all read it here: a new editable field is one declaration and one row of a test.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import models

from catalog.models import (
    Brand,
    Category,
    DeliveryTimeframe,
    Product,
    ProductText,
    SizeUnit,
    Supplier,
    Tag,
    Variant,
    VolumeUnit,
    WeightUnit,
)
from imports.cells import Cell, tidy
from imports.numbers import MOST_UNITS, Amount, Fraction, Measure, Whole
from imports.values import Choice, Code, Kind, Names, Slug, Switch, Text
from shop.store import money
from shop.store.models import Language, StoreSettings
from shop.text import LONGEST

ANY_LANGUAGE = "XX_"


class Level(StrEnum):
    PRODUCT = "product"
    VARIANT = "variant"


class Home(StrEnum):
    """Where a column's value is kept, which is also how it is read and written."""

    PRODUCT = "product"
    TEXT = "product text"
    TAGS = "tags"
    CATEGORY = "category"
    VARIANT = "variant"
    TITLE = "variant title"
    STOCK = "stock"
    VIEW = "view"
    """Kept nowhere: another way to write the columns beside it (`Weight` shows Weight_Value in grams)."""


class Owner(StrEnum):
    CATALOG = "catalog"
    INVENTORY = "inventory"


class _Mark(StrEnum):
    NEVER = "a blank cell never clears this column"
    BLANK = "the cell is blank"


NEVER, BLANK = _Mark.NEVER, _Mark.BLANK
REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `title` and `label` hold `XX_` and `X-language` where there is one per language."""

    title: str
    label: str
    home: Home
    stored_as: str
    kind: Kind
    clear: Any = NEVER
    default: Any = None
    language: str = ""
    beside: tuple[str, ...] = ()
    """Columns that a rule, or this view, has to know besides."""
    level: Level = field(init=False)

    def __post_init__(self) -> None:
        on_product = self.home in (Home.PRODUCT, Home.TEXT, Home.TAGS, Home.CATEGORY)
        object.__setattr__(self, "level", Level.PRODUCT if on_product else Level.VARIANT)

    @property
    def per_language(self) -> bool:
        return self.title.startswith(ANY_LANGUAGE)

    @property
    def owner(self) -> Owner:
        return Owner.INVENTORY if self.home is Home.STOCK else Owner.CATALOG

    @property
    def clearable(self) -> bool:
        return self.clear is not NEVER

    def reader(self) -> Callable[[Cell], Any]:
        """How a cell of this column is read: its value, or BLANK. It remembers, because columns repeat themselves.

        Raises `ValueError` with one sentence for a cell that cannot be read.
        """

        def read(cell: Cell) -> Any:
            tidied = tidy(cell)
            return BLANK if tidied is None else self.kind.parse(tidied)

        return lru_cache(maxsize=REMEMBERED, typed=True)(read)

    def text(self, value: Any) -> str:
        """The value as the text of a cell; an empty text for a blank one."""
        return shown_text(self.kind.show(value))

    def of(self, language: str, name: str) -> "Column":
        """This column in one language: `EN_Title_Short`."""
        return replace(
            self,
            title=f"{language}_{self.title.removeprefix(ANY_LANGUAGE)}",
            label=self.label.replace("X-language", name),
            language=language,
            beside=tuple(f"{language}_{title.removeprefix(ANY_LANGUAGE)}" for title in self.beside),
        )


def shown_text(shown: Any) -> str:
    """A shown value as the text of a cell: what a .csv file holds."""
    if isinstance(shown, str):
        return shown
    if shown is None:
        return ""
    return f"{shown:f}" if not isinstance(shown, int) else str(shown)


def _longest(model: type[models.Model], field: str) -> int:
    return getattr(model._meta.get_field(field), "max_length", None) or LONGEST


def _product(title: str, label: str, field: str, kind: Kind, **more: Any) -> Column:
    return Column(title, f"Product - {label}", Home.PRODUCT, field, kind, **more)


def _list(title: str, label: str, field: str, model: type[models.Model], **more: Any) -> Column:
    kind = Text(_longest(model, "name"))
    return Column(title, f"Product - {label}", Home.PRODUCT, f"{field}__name", kind, clear="", **more)


def _text(title: str, label: str, field: str, **more: Any) -> Column:
    kind = more.pop("kind", None) or Text(_longest(ProductText, field))
    return Column(f"XX_{title}", f"Product - {label} - X-language", Home.TEXT, field, kind, **more)


def _category(level: int) -> Column:
    label = f"Product - Category {level} - X-language"
    kind = Text(_longest(Category, "title"))
    beside = tuple(f"XX_Category_{number}" for number in (1, 2, 3))
    return Column(f"XX_Category_{level}", label, Home.CATEGORY, str(level), kind, clear="", beside=beside)


def _variant(title: str, label: str, field: str, kind: Kind, **more: Any) -> Column:
    return Column(title, f"Variant - {label}", Home.VARIANT, field, kind, **more)


def _code(title: str, label: str, field: str) -> Column:
    return _variant(title, label, field, Code(_longest(Variant, field)), clear="")


def _measured(title: str, label: str, unit: str, field: str, **more: Any) -> Column:
    return _variant(f"{title}_Value", label, field, Measure(), clear=None, beside=(unit,), **more)


def _unit(
    title: str, label: str, field: str, units: type[models.TextChoices], base: str, values: Iterable[str]
) -> Column:
    kind = Choice({unit: unit for unit in units.values})
    return _variant(title, label, field, kind, default=base, beside=tuple(values))


def _view(title: str, label: str, unit: str) -> Column:
    beside = (f"{title}_Value", unit)
    return Column(title, f"Variant - {label}", Home.VIEW, "", Whole(0, 999_999_999), clear=None, beside=beside)


def _stock(title: str, label: str, field: str, kind: Kind, **more: Any) -> Column:
    return Column(title, f"Variant - {label}", Home.STOCK, field, kind, **more)


VISIBILITY = {
    "Y": Product.Visibility.VISIBLE.value,
    "N": Product.Visibility.HIDDEN.value,
    "S": Product.Visibility.VISIBLE_WHEN_IN_STOCK.value,
    **dict.fromkeys(("yes", "1", "true"), Product.Visibility.VISIBLE.value),
    **dict.fromkeys(("no", "0", "false"), Product.Visibility.HIDDEN.value),
}
SIZE_VALUES = ("Size_X_Value", "Size_Y_Value", "Size_Z_Value")
SWITCHES = ("Stock_Track", "Stock_Disable_Sold_Out", "Visible")

COLUMNS: tuple[Column, ...] = (
    _product("Internal_ID", "Product ID", "id", Whole(1, 2**63 - 1)),
    _variant("Internal_Variant_ID", "Variant ID", "id", Whole(1, 2**63 - 1)),
    _product("Visible", "Visibility", "visibility", Choice(VISIBILITY), beside=("Stock_Disable_Sold_Out",)),
    _list("Brand", "Brand", "brand", Brand),
    _list("Supplier", "Supplier", "supplier", Supplier),
    _text("Title_Short", "Title", "title"),
    _text("Title_Long", "Full title", "full_title", clear=""),
    _text("Description_Short", "Description", "description", clear=""),
    _text("Description_Long", "Content", "content", clear=""),
    _text("URL", "URL", "slug", kind=Slug(_longest(ProductText, "slug"))),
    Column("XX_Variant", "Variant - Title - X-language", Home.TITLE, "title", Text(_longest(Variant, "title"))),
    _variant("Price", "Price", "price", Amount(), default=Decimal(0), beside=("Price_Cost",)),
    _variant("Price_Old", "Old price", "price_old", Amount(), default=Decimal(0), clear=Decimal(0)),
    _variant("Price_Cost", "Price cost", "price_cost", Amount(), default=Decimal(0), clear=Decimal(0),
             beside=("Price",)),
    _variant("Price_Unit", "Unit price", "price_unit", Amount(), default=Decimal(0), clear=Decimal(0)),
    _variant("Unit", "Unit Measurement", "unit", Text(_longest(Variant, "unit")), clear=""),
    _variant("Tax", "Tax", "tax", Fraction()),
    _stock("Stock_Track", "Inventory tracking enabled", "track_inventory", Switch(),
           beside=("Stock_Disable_Sold_Out",)),
    _stock("Stock_Disable_Sold_Out", "Inventory disallows backorders", "allow_backorders", Switch(inverted=True),
           beside=("Stock_Track", "Visible")),
    _stock("Stock_Level", "Inventory level", "level", Whole(-MOST_UNITS, MOST_UNITS), beside=("Stock_Track",)),
    _stock("Stock_Min", "Inventory minimum", "minimum_stock", Whole(), clear=None),
    _stock("Stock_Alert", "Inventory warning level", "stock_alert", Whole(), clear=None),
    _code("Article_Code", "Article code", "article_code"),
    _code("HS_Code", "HS Code", "hs_code"),
    _code("EAN", "Barcode (EAN)", "ean"),
    _code("SKU", "Stock keeping unit (SKU)", "sku"),
    _view("Weight", "Weight (g)", "Weight_Unit"),
    _measured("Weight", "Weight Value", "Weight_Unit", "weight_value"),
    _unit("Weight_Unit", "Weight Unit", "weight_unit", WeightUnit, WeightUnit.GRAM.value, ["Weight_Value"]),
    _view("Volume", "Volume (ml)", "Volume_Unit"),
    _measured("Volume", "Volume Value", "Volume_Unit", "volume_value"),
    _unit("Volume_Unit", "Volume Unit", "volume_unit", VolumeUnit, VolumeUnit.MILLILITRE.value, ["Volume_Value"]),
    _variant("Colli", "Colli", "colli", Whole(), clear=None),
    _view("Size_X", "Width (cm)", "Size_Unit"),
    _view("Size_Y", "Height (cm)", "Size_Unit"),
    _view("Size_Z", "Depth (cm)", "Size_Unit"),
    _measured("Size_X", "Width Value", "Size_Unit", "size_x"),
    _measured("Size_Y", "Height Value", "Size_Unit", "size_y"),
    _measured("Size_Z", "Depth Value", "Size_Unit", "size_z"),
    _unit("Size_Unit", "Size Unit", "size_unit", SizeUnit, SizeUnit.CENTIMETRE.value, SIZE_VALUES),
    _variant("Matrix", "Matrix", "matrix", Text(_longest(Variant, "matrix")), clear=""),
    _product("Data_01", "Data 01", "data_01", Text(LONGEST), clear=""),
    _product("Data_02", "Data 02", "data_02", Text(LONGEST), clear=""),
    _product("Data_03", "Data 03", "data_03", Text(LONGEST), clear=""),
    _variant("Buy_Min", "Minimum order quantity", "minimum_order", Whole(1), default=1, beside=("Buy_Max",)),
    _variant("Buy_Max", "Maximum order quantity", "maximum_order", Whole(1), default=Variant.MOST_PER_ORDER, clear=None,
             beside=("Buy_Min",)),
    _text("Google_Category", "Google category", "google_category", clear=""),
    _category(1),
    _category(2),
    _category(3),
    _text("Meta_Title", "Meta title", "meta_title", clear=""),
    _text("Meta_Description", "Meta description", "meta_description", clear=""),
    _text("Meta_Keywords", "Meta keywords", "meta_keywords", clear=""),
    _product("Images", "Images", "images", Names(2_000), clear=()),
    Column("Tags", "Product - Tags", Home.TAGS, "tags", Names(_longest(Tag, "name"), as_set=True), clear=()),
    _stock("Backorder_Limit", "Backorder limit", "backorder_limit", Whole(), clear=None),
    _list("Delivery_Timeframe", "Delivery timeframe", "delivery_timeframe", DeliveryTimeframe),
)  # fmt: skip

PRODUCT_ID, VARIANT_ID = "Internal_ID", "Internal_Variant_ID"
IDS = (PRODUCT_ID, VARIANT_ID)
ERROR_COLUMN = "Import_Error"


class Store(NamedTuple):
    """What the columns have to know of the store: a plain value, read once."""

    currency: str
    default_language: str
    languages: dict[str, str]
    tax_rate: Any
    track_inventory: bool
    allow_backorders: bool


def read_store() -> Store:
    """The store as it is now."""
    settings = StoreSettings.objects.current()
    return Store(
        currency=settings.currency,
        default_language=settings.default_language_id,
        languages=dict(Language.objects.values_list("code", "name")),
        tax_rate=settings.tax_rate,
        track_inventory=settings.track_inventory_by_default,
        allow_backorders=settings.allow_backorders_by_default,
    )


def all_columns(store: Store) -> dict[str, Column]:
    """Every column of this store by its title, those per language once for each, in the order of an export."""
    languages = sorted(store.languages, key=lambda code: (code != store.default_language, code))
    digits = money.digits(store.currency)
    every: dict[str, Column] = {}
    for column in COLUMNS:
        bound = replace(column, kind=column.kind.for_currency(digits, store.currency))
        for one in [bound.of(code, store.languages[code]) for code in languages] if column.per_language else [bound]:
            every[one.title] = one
    return every
