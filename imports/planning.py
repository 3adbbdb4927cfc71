"""The plan of an import: every row compared with what stands in the store. Nothing is written here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from catalog.models import DeliveryTimeframe, ProductText, Variant
from imports import rules
from imports.cells import Cell, as_text, tidy
from imports.columns import BLANK, IDS, Column, Home, Level, Store
from imports.headers import Header
from imports.reading import Current, Values, read, with_partners
from imports.spool import Row, Spool
from imports.survey import Identity, ProductKey, Survey


class Kind(StrEnum):
    NEW = "new"
    CHANGE = "change"
    SAME = "same"
    ERROR = "error"


class Finding(NamedTuple):
    """Something to tell the merchant about a cell: the row number and the title that they see, and one sentence."""

    row: int
    column: str
    sentence: str
    is_error: bool = True

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.sentence}" if self.column else f"row {self.row}: {self.sentence}"


@dataclass(slots=True)
class PlannedRow:
    """What one row will do. `cells` maps a column's title to its old and new text; a new thing has no old one."""

    number: int
    kind: Kind
    variant_id: int | None = None
    product_id: int | None = None
    group: str = ""
    cells: dict[str, list[str | None]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    leads: bool = False
    """The row that makes the new product, for all rows of its group."""


class Policy(NamedTuple):
    """What the merchant chose for this import."""

    blank_clears: bool = False
    set_stock: bool = True


@dataclass(slots=True)
class _Product:
    """What the rows of one product have said so far."""

    given: dict[str, tuple[int, Any]] = field(default_factory=dict)
    claimed: set[str] = field(default_factory=set)
    titles: dict[str, int] = field(default_factory=dict)
    options: tuple[str, ...] | None = None
    waiting: list[PlannedRow] = field(default_factory=list)
    values: Values = field(default_factory=dict)


class _Parsed(NamedTuple):
    row: Row
    identity: Identity
    given: Values
    problems: list[rules.Problem]
    unread: dict[str, tuple[Cell, str]]
    """Cells that could not be read, with the reason."""


class Planner:
    """Compares rows, chunk by chunk: a constant few statements for each, outside any transaction."""

    def __init__(
        self, header: Header, every: Mapping[str, Column], store: Store, survey: Survey, policy: Policy
    ) -> None:
        self.header, self.every, self.store, self.survey, self.policy = header, every, store, survey, policy
        planned = {title: column for title, column in header.columns.items() if title not in IDS}
        if not policy.set_stock:
            planned.pop("Stock_Level", None)
        matches = [match for match in header.matches if match.column and match.column.title in planned]
        self.readers = [(m.position, m.column, m.column.reader()) for m in matches if m.column]
        self.columns = with_partners(planned, every, store)
        self.timeframes = set(DeliveryTimeframe.objects.values_list("name", flat=True))
        self.variant_title = f"{store.default_language}_Variant"
        self.title = f"{store.default_language}_Title_Short"
        self.products: dict[ProductKey, _Product] = {}
        self.slugs: dict[tuple[str, str], tuple[ProductKey, int]] = {}
        self.category_texts: dict[tuple[rules.Path, str], tuple[int, str]] = {}

    def chunks(self, spool: Spool) -> Iterator[list[PlannedRow]]:
        """The plan of all rows. The rows of a new product come together, once the last of them was seen."""
        identities = iter(self.survey.identities)
        for rows in spool.chunks():
            yield self._plan_chunk([self._parse(row, next(identities)) for row in rows])

    # One row by itself.

    def _parse(self, row: Row, identity: Identity) -> _Parsed:
        given: Values = {}
        unread: dict[str, tuple[Cell, str]] = {}
        problems = [identity.error] if identity.error else []
        width = len(row.cells)
        for position, column, read_cell in self.readers:
            try:
                value = read_cell(row.cells[position]) if position < width else BLANK
                if value is not BLANK:
                    given[column.title] = value
                elif self.policy.blank_clears and column.clearable and identity.variant_id is not None:
                    given[column.title] = column.clear
            except ValueError as error:
                unread[column.title] = (row.cells[position], str(error))
        if given.get("Delivery_Timeframe") and given["Delivery_Timeframe"] not in self.timeframes:
            name = given["Delivery_Timeframe"]
            problems.append(
                ("Delivery_Timeframe", f"There is no delivery timeframe “{name}”. Make it in the settings first.")
            )
        return _Parsed(row, identity, given, problems, unread)

    # A chunk of rows.

    def _plan_chunk(self, parsed: Sequence[_Parsed]) -> list[PlannedRow]:
        variant_ids = {one.identity.variant_id for one in parsed if one.identity.variant_id is not None}
        product_ids = {one.identity.product for one in parsed if isinstance(one.identity.product, int)}
        current = read(self.columns, self.store, variant_ids, product_ids)
        slugs = self._slugs_in_use(parsed)
        siblings = self._siblings(parsed)
        planned: list[PlannedRow] = []
        for one in parsed:
            planned.extend(self._plan_row(one, current, slugs, siblings))
        return planned

    def _slugs_in_use(self, parsed: Sequence[_Parsed]) -> dict[tuple[str, str], int]:
        wanted = {(self.columns[title].language, value) for one in parsed for title, value in one.given.items()
                  if self.columns[title].stored_as == "slug"}  # fmt: skip
        if not wanted:
            return {}
        texts = ProductText.objects.filter(
            language_id__in={language for language, _ in wanted}, slug__in={slug for _, slug in wanted}
        )
        return {(code, slug): product for code, slug, product in texts.values_list("language_id", "slug", "product_id")}

    def _siblings(self, parsed: Sequence[_Parsed]) -> dict[int, set[str]]:
        """The variant titles that products have already, where the file adds to them."""
        growing = {one.identity.product for one in parsed if one.identity.variant_id is None}
        ids = [key for key in growing if isinstance(key, int)]
        found: dict[int, set[str]] = {}
        if ids:
            variants = Variant.objects.filter(product_id__in=ids, archived_at=None)
            for product, title in variants.values_list("product_id", "title"):
                found.setdefault(product, set()).add(title)
        return found

    def _plan_row(
        self, one: _Parsed, current: Current, slugs: Mapping[Any, int], siblings: Mapping[int, set[str]]
    ) -> list[PlannedRow]:
        key = one.identity.product
        product = self.products.setdefault(key, _Product())
        before = self._before(one.identity, current)
        problems = [*one.problems, *self._unread(one, before)]
        noted: list[rules.Problem] = []
        problems += rules.settle_measures(one.given, before, self.columns)
        problems += rules.settle_category(one.given, before, self.store)
        problems += self._check_repeats(one, product)
        problems += self._check_slugs(one, slugs)
        problems += self._check_title(one, product, siblings)
        changes = self._changes(one, before)

        def value(title: str) -> Any:
            return one.given.get(title, product.values.get(title, before.get(title, self._default(title))))

        if current.tree is not None:
            texts = self._category_texts(one, rules.path_of(value, self.store), current, problems)
            changes = {title: change for title, change in changes.items() if self._is_own_category(title)} | texts
        if one.identity.variant_id is None and (one.given.get("Stock_Level") or 0) < 0:
            noted.append(("Stock_Level", f"A new variant owes nobody units: {one.given['Stock_Level']} was read as 0."))
            one.given["Stock_Level"] = 0
            changes["Stock_Level"] = [None, "0"]
        if changes:
            problems += rules.contradictions(value)
            noted += rules.warnings(value, one.given if one.identity.variant_id is None else changes)
        noted += self._check_options(one, product, changes)
        row = self._planned(one, changes, problems, noted, product)
        return self._finish(key, product, row)

    def _before(self, identity: Identity, current: Current) -> Values:
        variant = current.variants.get(identity.variant_id, {}) if identity.variant_id is not None else {}
        product = current.products.get(identity.product, {}) if isinstance(identity.product, int) else {}
        return {**product, **variant}

    def _default(self, title: str) -> Any:
        if title == "Stock_Track":
            return self.store.track_inventory
        if title == "Stock_Disable_Sold_Out":
            return self.store.allow_backorders
        return self.every[title].default if title in self.every else None

    def _changes(self, one: _Parsed, before: Values) -> dict[str, list[str | None]]:
        """Old and new text of each given cell that is not so already; without an old one where the thing is new."""
        new_product = isinstance(one.identity.product, str)
        new_variant = one.identity.variant_id is None
        changes: dict[str, list[str | None]] = {}
        for title, value in one.given.items():
            column = self.columns[title]
            is_new = new_product if column.level is Level.PRODUCT else new_variant
            if is_new:
                if text := column.text(value):
                    changes[title] = [None, text]
            elif value != before.get(title, column.kind.empty):
                changes[title] = [column.text(before.get(title, column.kind.empty)), column.text(value)]
        return changes

    def _unread(self, one: _Parsed, before: Values) -> Iterator[rules.Problem]:
        """Cells that cannot be read are errors, unless they say what stands there: an export always comes back."""
        for title, (cell, sentence) in one.unread.items():
            if title not in before or _text_of(cell) != self.columns[title].text(before[title]):
                yield title, sentence

    # What the rows of a product say together.

    def _check_repeats(self, one: _Parsed, product: _Product) -> Iterator[rules.Problem]:
        for title, value in one.given.items():
            if self.columns[title].level is not Level.PRODUCT:
                continue
            number, earlier = product.given.setdefault(title, (one.row.number, value))
            if earlier != value:
                says = self.columns[title].text(earlier)
                said = f"Row {number} says “{says[:60]}” for the same product."
                yield title, f"{said} Write the same in both, or leave one blank."

    def _check_slugs(self, one: _Parsed, in_use: Mapping[Any, int]) -> Iterator[rules.Problem]:
        for title, value in one.given.items():
            column = self.columns[title]
            if column.stored_as != "slug":
                continue
            at = (column.language, value)
            if in_use.get(at, one.identity.product) != one.identity.product:
                yield title, f"Product {in_use[at]} has the address “{value}” already. Choose another one."
            owner, number = self.slugs.setdefault(at, (one.identity.product, one.row.number))
            if owner != one.identity.product:
                yield title, f"Row {number} has the address “{value}” too. Choose another one."

    def _check_title(
        self, one: _Parsed, product: _Product, siblings: Mapping[int, set[str]]
    ) -> Iterator[rules.Problem]:
        """A combination twice within one product is an error, where this row brings it in."""
        key, variant_id = one.identity.product, one.identity.variant_id
        title = one.given.get(self.variant_title)
        if variant_id is None:
            title = title or Variant.DEFAULT_TITLE
            if isinstance(key, int) and title in siblings.get(key, ()):
                yield self.variant_title, f"The product has a variant “{title}” already. Give this one another title."
        if title is None:
            return
        if title in product.titles and variant_id is None:
            yield (
                self.variant_title,
                f"Row {product.titles[title]} is the variant “{title}” too. Give one of them another title.",
            )
        product.titles.setdefault(title, one.row.number)

    def _check_options(self, one: _Parsed, product: _Product, changes: Mapping[str, Any]) -> Iterator[rules.Problem]:
        title = one.given.get(self.variant_title)
        if title is None:
            return
        names = rules.option_names(title)
        if product.options is None:
            product.options = names
        elif names != product.options and self.variant_title in changes:
            yield self.variant_title, "This variant has other options than the rows above it of the same product."

    def _is_own_category(self, title: str) -> bool:
        column = self.columns[title]
        return column.home is not Home.CATEGORY or column.language == self.store.default_language

    def _category_texts(
        self, one: _Parsed, path: rules.Path, current: Current, problems: list[rules.Problem]
    ) -> dict[str, list[str | None]]:
        """Titles of categories in other languages: of the category, so all rows of the file must agree on them."""
        assert current.tree is not None
        problems += rules.settle_category_texts(one.given, path, current.tree, self.columns, self.store)
        changes: dict[str, list[str | None]] = {}
        for title in [title for title in one.given if not self._is_own_category(title)]:
            column, text = self.columns[title], one.given[title]
            at = path[: int(column.stored_as)]
            number, earlier = self.category_texts.setdefault((at, column.language), (one.row.number, text))
            if earlier != text:
                problems.append(
                    (title, f"Row {number} calls the category {' / '.join(at)} “{earlier}”. Write the same in both.")
                )
            else:
                changes[title] = [current.tree.text(at, column.language), text]
        return changes

    def _planned(
        self,
        one: _Parsed,
        changes: dict[str, list[str | None]],
        problems: Sequence[rules.Problem],
        noted: Sequence[rules.Problem],
        product: _Product,
    ) -> PlannedRow:
        number, identity = one.row.number, one.identity
        said = [(problem, True) for problem in problems] + [(note, False) for note in noted]
        findings = [Finding(number, self.header.title_of(title), text, error) for (title, text), error in said]
        row = PlannedRow(number, Kind.ERROR, identity.variant_id, findings=findings)
        if isinstance(identity.product, int):
            row.product_id = identity.product
        else:
            row.group = identity.product
        if problems:
            return row
        row.cells = self._unclaimed(changes, product)
        if identity.variant_id is None:
            row.kind = Kind.NEW
        else:
            row.kind = Kind.CHANGE if row.cells else Kind.SAME
        if row.group:
            product.values.update({t: v for t, v in one.given.items() if self.columns[t].level is Level.PRODUCT})
        return row

    def _unclaimed(self, changes: dict[str, list[str | None]], product: _Product) -> dict[str, list[str | None]]:
        """The changes without those of the product that an earlier good row of it makes already."""
        cells = {title: change for title, change in changes.items() if title not in product.claimed}
        product.claimed.update(title for title in cells if self.columns[title].level is Level.PRODUCT)
        return cells

    def _finish(self, key: ProductKey, product: _Product, row: PlannedRow) -> list[PlannedRow]:
        """Hand the row out; those of a new product only when its last one was seen."""
        self.survey.remaining[key] -= 1
        is_last = self.survey.remaining[key] <= 0
        if is_last:
            del self.products[key]
        if not row.group:
            return [row]
        product.waiting.append(row)
        return self._new_product(product) if is_last else []

    def _new_product(self, product: _Product) -> list[PlannedRow]:
        rows = product.waiting
        lead = rows[0]
        bad = next((row for row in rows if row.kind is Kind.ERROR), None)
        if bad is None and not product.values.get(self.title):
            sentence = "A new product needs a title. Fill it in."
            lead.findings.append(Finding(lead.number, self.header.title_of(self.title), sentence))
            lead.kind, bad = Kind.ERROR, lead
        if bad is not None:
            return [_spoiled(row, bad) for row in rows]
        lead.leads = True
        for row in rows[1:]:
            of_product = [title for title in row.cells if self.columns[title].level is Level.PRODUCT]
            lead.cells.update({title: row.cells.pop(title) for title in of_product})
        return rows


def _text_of(cell: Cell) -> str | None:
    try:
        return as_text(tidy(cell))
    except ValueError:
        return None


def _spoiled(row: PlannedRow, bad: PlannedRow) -> PlannedRow:
    if row.kind is not Kind.ERROR:
        sentence = (
            f"Row {bad.number} of the same new product has an error. A product is added only if all its rows are good."
        )
        row.findings.append(Finding(row.number, "", sentence))
        row.kind, row.cells = Kind.ERROR, {}
    return row
