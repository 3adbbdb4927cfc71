"""The first look at all rows of a file: what kind of file it is, and which variant or product each row means."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import NamedTuple, TypeAlias, TypeVar

from catalog.models import Product, Variant
from imports.cells import Cell, as_text, tidy
from imports.columns import PRODUCT_ID, VARIANT_ID, Column, Store
from imports.headers import Header, UnreadableFile
from imports.spool import CHUNK, Row, Spool

T = TypeVar("T")
ProductKey: TypeAlias = int | str
"""A product that there is, by its id; or a new one, by the text that its rows share."""


class MatchBy(StrEnum):
    """By what a row finds its variant."""

    ID = "id"
    SKU = "sku"
    EAN = "ean"
    ARTICLE_CODE = "article_code"


KEY_COLUMNS = {MatchBy.ID: VARIANT_ID, MatchBy.SKU: "SKU", MatchBy.EAN: "EAN", MatchBy.ARTICLE_CODE: "Article_Code"}


class Identity(NamedTuple):
    """Whom one row means: a variant, or a new one of a product. `error` is a column title and a sentence."""

    variant_id: int | None
    product: ProductKey
    error: tuple[str, str] | None = None


@dataclass(slots=True)
class Survey:
    """What the first look found. `identities` are in the order of the rows."""

    is_update: bool
    identities: list[Identity] = field(default_factory=list)
    remaining: Counter[ProductKey] = field(default_factory=Counter)

    @property
    def taken_for(self) -> str:
        """In words, what the file was taken for."""
        if self.is_update:
            return "This file was read as an update of existing products."
        return "This file was read as new products: no row names a variant that exists."


class _Seen(NamedTuple):
    number: int
    product: str
    key: str
    title: str
    error: tuple[str, str] | None


def survey(spool: Spool, header: Header, store: Store, match_by: MatchBy, *, really_new: bool) -> Survey:
    """Look at every row once. Raises `UnreadableFile` where the file as a whole cannot be what it seems to be."""
    if match_by is not MatchBy.ID and KEY_COLUMNS[match_by] not in header.columns:
        raise UnreadableFile(
            f"This file has no column {KEY_COLUMNS[match_by]} to match by. Add it, or match by the variant's id."
        )
    rows = list(_look(spool, header, store, match_by))
    if match_by is not MatchBy.ID:
        found = _by_key(rows, match_by)
    elif any(row.key for row in rows):
        found = _by_id(rows)
    else:
        _check_new_file(rows, header, store, really_new)
        found = Survey(is_update=False, identities=[Identity(None, _new(row), row.error) for row in rows])
    _refuse_twice(found, rows, KEY_COLUMNS[match_by])
    found.remaining.update(identity.product for identity in found.identities)
    return found


def _look(spool: Spool, header: Header, store: Store, match_by: MatchBy) -> Iterator[_Seen]:
    positions = {match.column.title: match.position for match in header.matches if match.column}
    titles = (PRODUCT_ID, KEY_COLUMNS[match_by], f"{store.default_language}_Title_Short")
    at = [positions.get(title) for title in titles]
    for chunk in spool.chunks():
        for row in chunk:
            yield _seen(row, header.columns, titles, at)


def _seen(row: Row, columns: dict[str, Column], titles: Sequence[str], at: Sequence[int | None]) -> _Seen:
    """The cells that say whom the row means, as text; an id that is none is an error of the row."""
    texts, error = [], None
    for title, position in zip(titles, at, strict=True):
        try:
            cell = tidy(row.cells[position]) if position is not None and position < len(row.cells) else None
            texts.append(_read_key(columns[title], cell) if cell is not None else "")
        except ValueError as problem:
            texts.append("")
            error = error or (title, str(problem))
    return _Seen(row.number, texts[0], texts[1], texts[2], error)


def _read_key(column: Column, cell: Cell) -> str:
    # Only the id columns name things by number; a title that cannot be read is the planner's to report.
    return str(column.kind.parse(cell)) if column.title != PRODUCT_ID else as_text(cell)[:60]


def _new(row: _Seen) -> str:
    return f"id {row.product}" if row.product else f"row {row.number}"


def _as_id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _by_id(rows: Sequence[_Seen]) -> Survey:
    variants = _products_of_variants(int(row.key) for row in rows if row.key)
    named = {_as_id(row.product) for row in rows if row.product and not row.key}
    products = _products({pk for pk in named if pk is not None})
    return Survey(True, [_identify(row, variants, products) for row in rows])


def _identify(row: _Seen, variants: dict[int, tuple[int, bool]], products: dict[int, bool]) -> Identity:
    if row.error:
        return Identity(None, f"row {row.number}", row.error)
    if row.key:
        return _identify_variant(row, variants)
    if not row.product:
        return Identity(None, f"row {row.number}")
    product = _as_id(row.product)
    if product is None or product not in products:
        sentence = f"There is no product {row.product}. Correct the id, or leave it out to add a new product."
        return Identity(None, f"row {row.number}", (PRODUCT_ID, sentence))
    if products[product]:
        return Identity(None, product, (PRODUCT_ID, f"Product {product} is archived. Restore it first."))
    return Identity(None, product)


def _identify_variant(row: _Seen, variants: dict[int, tuple[int, bool]]) -> Identity:
    variant = int(row.key)
    if variant not in variants:
        sentence = f"There is no variant {variant}. Correct the id, or leave it out to add a new variant."
        return Identity(None, f"row {row.number}", (VARIANT_ID, sentence))
    product, archived = variants[variant]
    if archived:
        return Identity(variant, product, (VARIANT_ID, f"Variant {variant} is archived. Restore it first."))
    if row.product and _as_id(row.product) != product:
        sentence = f"Variant {variant} belongs to product {product}, not {row.product}. Correct one of the two ids."
        return Identity(variant, product, (VARIANT_ID, sentence))
    return Identity(variant, product)


def _by_key(rows: Sequence[_Seen], match_by: MatchBy) -> Survey:
    """Found is an update, not found is new: of the product that other rows with its Internal_ID found, or a new one."""
    found = _variants_with({row.key for row in rows if row.key}, match_by)
    anchors: dict[str, int] = {}
    for row in rows:
        if row.product and len(found.get(row.key, ())) == 1:
            anchors.setdefault(row.product, found[row.key][0][1])
    column = KEY_COLUMNS[match_by]
    return Survey(bool(found), [_identify_by_key(row, column, found, anchors) for row in rows])


def _identify_by_key(
    row: _Seen, column: str, found: dict[str, list[tuple[int, int]]], anchors: dict[str, int]
) -> Identity:
    variants = found.get(row.key, [])
    if row.error or len(variants) > 1:
        several = ", ".join(str(variant) for variant, _ in variants[:5])
        sentence = f"{row.key} is carried by {len(variants)} variants ({several}). Match by the variant's id."
        return Identity(None, f"row {row.number}", row.error or (column, sentence))
    if variants:
        return Identity(*variants[0])
    return Identity(None, anchors.get(row.product, _new(row)))


def _refuse_twice(found: Survey, rows: Sequence[_Seen], column: str) -> None:
    """A variant named twice is an error of the later row. So is a key that two new rows share."""
    seen: dict[int | str, int] = {}
    for position, (identity, row) in enumerate(zip(found.identities, rows, strict=True)):
        name = identity.variant_id or (row.key if column != VARIANT_ID else "")
        if not name or identity.error:
            continue
        if name in seen:
            said = f"Row {seen[name]} has {row.key} too. Keep one of the two rows."
            found.identities[position] = identity._replace(error=(column, said))
        seen.setdefault(name, row.number)


def _check_new_file(rows: Sequence[_Seen], header: Header, store: Store, really_new: bool) -> None:
    title = f"{store.default_language}_Title_Short"
    if title not in header.columns:
        raise UnreadableFile(
            f"New products need a title. Add the column {title}; or, to change existing variants, {VARIANT_ID}."
        )
    if really_new or PRODUCT_ID not in header.columns:
        return
    ids_and_titles = ((_as_id(row.product), row.title) for row in rows if row.title)
    wanted = {pk: title for pk, title in ids_and_titles if pk is not None}
    existing = 0
    for ids in _batches(wanted):
        stored = Product.objects.filter(pk__in=ids, archived_at=None).values_list("pk", "title")
        existing += sum(1 for pk, stored_title in stored if wanted[pk] == stored_title)
    if existing:
        raise UnreadableFile(
            f"{existing:,} of the {len(wanted):,} products in this file have the Internal_ID and the title of products "
            f"that exist already. Add the column {VARIANT_ID} from an export to change them, or confirm that they are "
            "really new (--really-new)."
        )


def _products_of_variants(ids: Iterable[int]) -> dict[int, tuple[int, bool]]:
    found: dict[int, tuple[int, bool]] = {}
    for batch in _batches(ids):
        rows = Variant.objects.filter(pk__in=batch).values_list(
            "pk", "product_id", "archived_at", "product__archived_at"
        )
        found.update({pk: (product, bool(archived or gone)) for pk, product, archived, gone in rows})
    return found


def _products(ids: Iterable[int]) -> dict[int, bool]:
    found: dict[int, bool] = {}
    for batch in _batches(ids):
        rows = Product.objects.filter(pk__in=batch).values_list("pk", "archived_at")
        found.update({pk: archived is not None for pk, archived in rows})
    return found


def _variants_with(keys: Iterable[str], match_by: MatchBy) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for batch in _batches(keys):
        there = Variant.objects.filter(archived_at=None, product__archived_at=None, **{f"{match_by}__in": batch})
        for key, variant, product in there.order_by("pk").values_list(match_by.value, "pk", "product_id"):
            found.setdefault(key, []).append((variant, product))
    return found


def _batches(values: Iterable[T]) -> Iterator[list[T]]:
    pending = iter(dict.fromkeys(values))
    while batch := list(islice(pending, CHUNK)):
        yield batch
