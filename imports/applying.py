"""Writing one chunk of a change set: lock, look whether all is still as previewed, write, in one short transaction.

Lock order: the change set's own row, stock by id, variants by id, products by id. What needs no lock (parsing the
cells) was done before.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import IntegrityError
from django.db.models import Max

from catalog import categories, lists, products, texts
from catalog.models import Brand, DeliveryTimeframe, ProductText, Supplier, Tag, Variant
from imports import rules
from imports.cells import Cell
from imports.columns import BLANK, Column, Home, Level, Store
from imports.models import ChangeRow, ChangeSet
from imports.reading import ARCHIVED, COMMITTED, Values, read, with_partners
from inventory import stock, variants
from shop.bulk import insert_rows, update_rows
from shop.durable import TryAgain
from shop.webhooks import outbox

SWITCHES = {"track_inventory", "allow_backorders"}


class Line(NamedTuple):
    """One row to write: its new values by column title, and the cells that it was previewed with."""

    pk: int
    row: int
    is_new: bool
    product_id: int | None
    variant_id: int | None
    group: str
    cells: dict[str, list[str | None]]
    values: Values
    by_home: dict[Home, list[str]]

    def titles(self, *homes: Home) -> list[str]:
        """The titles of the row's columns that are kept in these places."""
        return [title for home in homes for title in self.by_home.get(home, ())]


class Left(NamedTuple):
    """A row that was left alone, and why."""

    row: int
    column: str
    sentence: str


LINE_FIELDS = ("pk", "row", "kind", "product_id", "variant_id", "group", "cells")


def prepare(rows: Iterable[tuple[Any, ...]], every: Mapping[str, Column]) -> list[Line]:
    """The stored rows (`LINE_FIELDS`) with their new values. Pure: done before the transaction begins."""
    stored = list(rows)
    readers = {title: every[title].reader() for *_, cells in stored for title in cells}
    return [_line(row, every, readers) for row in stored]


def _line(stored: tuple[Any, ...], every: Mapping[str, Column], readers: Mapping[str, Callable[[Cell], Any]]) -> Line:
    pk, row, kind, product, variant, group, cells = stored
    values: Values = {}
    by_home: dict[Home, list[str]] = {}
    for title, (_, new) in cells.items():
        column, value = every[title], readers[title](new)
        values[title] = value if value is not BLANK else column.clear if column.clearable else column.kind.empty
        by_home.setdefault(column.home, []).append(title)
    return Line(pk, row, kind == ChangeRow.Kind.NEW, product, variant, group, cells, values, by_home)


def write(
    change_set_id: int, lines: Sequence[Line], every: Mapping[str, Column], store: Store, cursor: int
) -> list[Left]:
    """Advance the cursor from where it was, and write every row that is still as it was previewed; returns the others.

    Must run inside a transaction, and may be run again after a rollback.
    """
    try:
        return _Chunk(change_set_id, lines, every, store).write(cursor)
    except IntegrityError as clash:
        # Somebody took an address or a name between our look and our write: the next try sees it.
        raise TryAgain from clash


class _Chunk:
    """The writing of some rows. The number of statements does not depend on the number of rows."""

    def __init__(self, change_set_id: int, lines: Sequence[Line], every: Mapping[str, Column], store: Store) -> None:
        self.change_set_id, self.every, self.store = change_set_id, every, store
        self.lines = list(lines)
        self.left: list[Left] = []
        used = {title: every[title] for line in lines for title in line.values}
        self.columns = with_partners(used, every, store)

    def write(self, cursor: int) -> list[Left]:
        self._advance(cursor)
        self._lock()
        self._leave_what_moved()
        self._make_lists()
        made = self._insert_products()
        new_variants = self._insert_variants(made)
        self._write_products(made)
        self._write_variants(new_variants)
        self._write_stock()
        self._note(made, new_variants)
        return self.left

    # Lock and look.

    def _advance(self, cursor: int) -> None:
        mine = ChangeSet.objects.filter(pk=self.change_set_id, cursor=cursor, state=ChangeSet.State.APPLYING)
        if not mine.update(cursor=self.lines[-1].pk):
            raise TryAgain

    def _lock(self) -> None:
        changed = [line.variant_id for line in self.lines if line.variant_id is not None]
        on_stock = [line.variant_id for line in self.lines if line.variant_id is not None and line.titles(Home.STOCK)]
        self.items = stock.lock(on_stock)
        self.there = products.lock_variants(changed)
        named = {line.product_id for line in self.lines if line.product_id is not None}
        # A product's row is locked where it is written to or added to; a change of stock or price needs it not.
        written = {line.product_id for line in self.lines if line.product_id is not None and self._needs_product(line)}
        self.products_there = products.lock_products(written) | (named - written)
        self.current = read(self.columns, self.store, self.there, named)

    def _needs_product(self, line: Line) -> bool:
        return line.is_new or any(self.every[title].level is Level.PRODUCT for title in line.values)

    def _leave_what_moved(self) -> None:
        self.groups = self._groups_made_before()
        slugs = self._slugs_in_use()
        timeframes = lists.ids(DeliveryTimeframe, self._names("Delivery_Timeframe"))
        left_groups: set[str] = set()
        good = []
        for line in self.lines:
            problem = self._problem(line, slugs, timeframes)
            if line.group in left_groups:
                problem = ("", "The product that this row belongs to was not added. Import the file again.")
            if problem is None:
                good.append(line)
                continue
            self.left.append(Left(line.row, *problem))
            if line.group:
                left_groups.add(line.group)
        self.lines = good

    def _problem(self, line: Line, slugs: Mapping[Any, int], timeframes: Mapping[str, int]) -> tuple[str, str] | None:
        """Why the row cannot be written as it was previewed, if so: a column and a sentence."""
        if line.variant_id is not None and line.variant_id not in self.there:
            return "", "The variant was archived meanwhile. The row was left alone."
        product = self.current.products.get(line.product_id, {}) if line.product_id is not None else {}
        if line.product_id is not None and (line.product_id not in self.products_there or product.get(ARCHIVED)):
            return "", "The product was archived meanwhile. The row was left alone."
        before = {**product, **(self.current.variants.get(line.variant_id, {}) if line.variant_id is not None else {})}

        def value(title: str) -> Any:
            column = self.every.get(title)
            return line.values.get(title, before.get(title, column.default if column else None))

        moved = self._moved(line, before, value)
        if moved is not None:
            return moved
        for title in line.values:
            column = self.every[title]
            at = (column.language, line.values[title])
            if column.stored_as == "slug" and slugs.get(at, line.product_id) != line.product_id:
                return title, "Another product took this address meanwhile. The row was left alone."
        wanted = line.values.get("Delivery_Timeframe")
        if wanted and wanted not in timeframes:
            return (
                "Delivery_Timeframe",
                f"The delivery timeframe “{wanted}” was deleted meanwhile. The row was left alone.",
            )
        if not line.is_new and COMMITTED in before and line.variant_id in self.items:
            before[COMMITTED] = self.items[line.variant_id].committed
        return next(iter(rules.contradictions(value)), None)

    def _moved(self, line: Line, before: Values, value: Any) -> tuple[str, str] | None:
        """The first cell whose value is neither the previewed old one nor the new one already."""
        for title, (old, new) in line.cells.items():
            column = self.every[title]
            if old is None:
                continue
            if column.home is Home.CATEGORY and column.language != self.store.default_language:
                assert self.current.tree is not None
                path = rules.path_of(value, self.store)
                now = self.current.tree.text(path[: int(column.stored_as)], column.language)
            else:
                now = column.text(before.get(title, column.kind.empty))
            if now not in (old, new):
                return (
                    title,
                    f"It was “{old[:60]}” when the file was checked and is “{now[:60]}” now. The row was left alone.",
                )
        return None

    def _groups_made_before(self) -> dict[str, int]:
        """Products that an earlier chunk made for a group that goes on here."""
        groups = {line.group for line in self.lines if line.group}
        if not groups:
            return {}
        made = ChangeRow.objects.filter(change_set=self.change_set_id, group__in=groups).exclude(product_id=None)
        return {group: product for group, product in made.values_list("group", "product_id") if product is not None}

    def _slugs_in_use(self) -> dict[tuple[str, str], int]:
        wanted = {(self.every[title].language, line.values[title]) for line in self.lines
                  for title in line.values if self.every[title].stored_as == "slug"}  # fmt: skip
        if not wanted:
            return {}
        slugs = {slug for _, slug in wanted}
        found = ProductText.objects.filter(language_id__in={code for code, _ in wanted}, slug__in=slugs)
        return {(code, slug): product for code, slug, product in found.values_list("language_id", "slug", "product_id")}

    # Write.

    def _names(self, title: str) -> set[str]:
        return {line.values[title] for line in self.lines if line.values.get(title)}

    def _make_lists(self) -> None:
        """Brands, suppliers, tags and categories that the rows name and the store does not have yet."""
        self.ids = {
            "brand__name": lists.ensure(Brand, self._names("Brand")),
            "supplier__name": lists.ensure(Supplier, self._names("Supplier")),
            "delivery_timeframe__name": lists.ids(DeliveryTimeframe, self._names("Delivery_Timeframe")),
        }
        self.tags = lists.ensure(Tag, {tag for line in self.lines for tag in line.values.get("Tags", ())})
        self.paths = {line.pk: self._path(line) for line in self.lines if line.titles(Home.CATEGORY)}
        if self.paths:
            assert self.current.tree is not None
            self.tree = categories.ensure(self.current.tree, self.paths.values())
            categories.set_texts(self.tree, self._category_texts())

    def _path(self, line: Line) -> categories.Path:
        before = self.current.products.get(line.product_id, {}) if line.product_id is not None else {}
        return rules.path_of(lambda title: line.values.get(title, before.get(title, "")), self.store)

    def _category_texts(self) -> dict[tuple[categories.Path, str], str]:
        return {
            (self.paths[line.pk][: int(column.stored_as)], column.language): line.values[column.title]
            for line in self.lines
            for column in (self.every[title] for title in line.titles(Home.CATEGORY))
            if column.language != self.store.default_language
        }

    def _insert_products(self) -> dict[str, int]:
        """Make the products of the groups that begin here; returns every group's product."""
        leads: dict[str, Line] = {}
        for line in self.lines:
            if line.group and line.group not in self.groups:
                leads.setdefault(line.group, line)
        ids = products.insert_products([self._product_fields(line) for line in leads.values()])
        return {**self.groups, **dict(zip(leads, ids, strict=True))}

    def _product_fields(self, line: Line) -> dict[str, Any]:
        """What the row says of the product's own fields, as the product stores them."""
        fields: dict[str, Any] = {}
        for title in line.titles(Home.PRODUCT):
            column, value = self.every[title], line.values[title]
            if column.stored_as in self.ids:
                fields[column.stored_as.removesuffix("__name")] = self.ids[column.stored_as].get(value)
            else:
                fields[column.stored_as] = list(value) if isinstance(value, tuple) else value
        name = f"{self.store.default_language}_Title_Short"
        if name in line.values:
            fields["title"] = line.values[name]
        if any(self.every[title].language == self.store.default_language for title in line.titles(Home.CATEGORY)):
            fields["category"] = self.tree.find(self.paths[line.pk])
        return fields

    def _product_of(self, line: Line, made: Mapping[str, int]) -> int:
        return line.product_id if line.product_id is not None else made[line.group]

    def _write_products(self, made: Mapping[str, int]) -> None:
        fields: dict[int, dict[str, Any]] = {}
        by_language: dict[texts.At, dict[str, Any]] = {}
        tags: dict[int, set[int]] = {}
        searched: set[int] = set()
        for line in self.lines:
            product = self._product_of(line, made)
            if line.is_new or line.titles(Home.TEXT) or {"SKU", "EAN"} & line.values.keys():
                searched.add(product)
            if line.product_id is not None and self._needs_product(line):
                fields.setdefault(product, {}).update(self._product_fields(line))
            for title in line.titles(Home.TEXT):
                column = self.every[title]
                by_language.setdefault((product, column.language), {})[column.stored_as] = line.values[title]
            if "Tags" in line.values:
                tags[product] = {self.tags[tag] for tag in line.values["Tags"]}
        products.update_products(fields)
        texts.set_product_texts(by_language)
        products.set_tags(tags)
        self.searched = searched

    def _insert_variants(self, made: Mapping[str, int]) -> dict[int, int]:
        """Make the new variants with their stock; returns the variant of each row."""
        fresh = [line for line in self.lines if line.is_new]
        positions = self._last_positions({self._product_of(line, made) for line in fresh})
        rows, openings = [], []
        for line in fresh:
            product = self._product_of(line, made)
            positions[product] = positions.get(product, -1) + 1
            own = {"product": product, "position": positions[product], "tax": self.store.tax_rate}
            rows.append({**own, **self._variant_fields(line)})
            openings.append(self._opening(line))
        ids = variants.add(rows, openings)
        return {line.pk: variant for line, variant in zip(fresh, ids, strict=True)}

    def _last_positions(self, product_ids: set[int]) -> dict[int, int]:
        if not product_ids:
            return {}
        last = Variant.objects.filter(product_id__in=product_ids).order_by().values_list("product_id")
        return dict(last.annotate(last=Max("position")))

    def _variant_fields(self, line: Line) -> dict[str, Any]:
        fields = {self.every[title].stored_as: line.values[title] for title in line.titles(Home.VARIANT)}
        title = line.values.get(f"{self.store.default_language}_Variant")
        return fields if title is None else {**fields, "title": title}

    def _opening(self, line: Line) -> stock.Opening:
        fields = {self.every[title].stored_as: line.values[title] for title in line.titles(Home.STOCK)}
        return stock.Opening(0, on_hand=fields.pop("level", 0), **fields)

    def _write_variants(self, new: Mapping[int, int]) -> None:
        titles: dict[texts.At, str] = {}
        fields: dict[int, dict[str, Any]] = {}
        for line in self.lines:
            variant = new.get(line.pk, line.variant_id)
            assert variant is not None
            if not line.is_new and line.titles(Home.VARIANT, Home.TITLE):
                fields[variant] = self._variant_fields(line)
            for title in line.titles(Home.TITLE):
                language = self.every[title].language
                if language != self.store.default_language:
                    titles[variant, language] = line.values[title]
        products.update_variants(fields)
        texts.set_variant_titles(titles)
        texts.keep_search(self.searched)

    def _write_stock(self) -> None:
        """Switches first, then limits, then the level, so that each is judged by what the row itself says."""
        reference = f"import {self.change_set_id}"
        wanted = {line.variant_id: self._stock_fields(line) for line in self.lines if line.variant_id is not None}
        wanted = {variant: fields for variant, fields in wanted.items() if fields}
        turned = {variant: fields for variant, fields in wanted.items() if SWITCHES & fields.keys()}
        switches = {
            variant: stock.Switch(fields.get("track_inventory"), fields.get("allow_backorders"))
            for variant, fields in turned.items()
        }
        events = stock.switch(self.items, switches, reference=reference)
        if switches:
            self.items = stock.lock(self.items)
        limits = self._limits(wanted)
        if limits:
            events += stock.set_limits(self.items, limits)
        levels = {variant: fields["level"] for variant, fields in wanted.items() if "level" in fields}
        events += stock.set_levels(self.items, levels, reference=reference)
        if events:
            outbox.record(events)

    def _stock_fields(self, line: Line) -> dict[str, Any]:
        return {self.every[title].stored_as: line.values[title] for title in line.titles(Home.STOCK)}

    def _limits(self, wanted: Mapping[int, Mapping[str, Any]]) -> dict[int, dict[str, int | None]]:
        """All limits that some row changes, for every row that changes one: the others as they stand under the lock."""
        columns = [
            column for column in self.columns.values() if column.home is Home.STOCK and column.stored_as in stock.LIMITS
        ]
        limits: dict[int, dict[str, int | None]] = {}
        for variant, fields in wanted.items():
            if fields.keys() & set(stock.LIMITS):
                now = self.current.variants[variant]
                limits[variant] = {
                    column.stored_as: fields.get(column.stored_as, now[column.title]) for column in columns
                }
        return limits

    def _note(self, made: Mapping[str, int], new: Mapping[int, int]) -> None:
        """The ids of what was made, and the rows that were left."""
        fresh = [(line.pk, self._product_of(line, made), new[line.pk]) for line in self.lines if line.is_new]
        update_rows(ChangeRow, ("product_id", "variant_id"), fresh)
        rows: list[tuple[Any, ...]] = [
            (self.change_set_id, left.row, ChangeRow.Kind.LEFT, "", {}, [[left.column, left.sentence, True]])
            for left in self.left
        ]
        insert_rows(ChangeRow, ("change_set", "row", "kind", "group", "cells", "findings"), rows)
