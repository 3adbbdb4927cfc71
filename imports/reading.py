"""The values that stand in the store now, by column title: one way to read them for export, preview and write."""

from collections.abc import Collection, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple, TypeAlias

from catalog.categories import Tree
from catalog.models import Product, ProductText, Variant, VariantText
from catalog.products import tags_of
from imports.columns import Column, Home, Store

Values: TypeAlias = dict[str, Any]
"""Values by the title of their column."""

PRODUCT, ARCHIVED, COMMITTED = "product", "archived", "committed"
"""Further names in a variant's values: its product's id, whether it is archived, how much of it is promised."""

# How much of the base unit (g, ml, cm) one unit is.
FACTORS = {
    "g": Decimal(1), "kg": Decimal(1000), "oz": Decimal("28.349523125"), "lb": Decimal("453.59237"),
    "ml": Decimal(1), "cl": Decimal(10), "l": Decimal(1000),
    "cm": Decimal(1), "in": Decimal("2.54"),
}  # fmt: skip


class Current(NamedTuple):
    """What was read: values by column title, of products and of variants, each by id."""

    products: dict[int, Values]
    variants: dict[int, Values]
    tree: Tree | None


def read(
    columns: Mapping[str, Column], store: Store, variant_ids: Collection[int], product_ids: Collection[int] = ()
) -> Current:
    """Read these columns of these variants, of their products, and of further products: a constant few statements."""
    variants = _variants(columns, store, variant_ids)
    products = {*product_ids, *(values[PRODUCT] for values in variants.values())}
    wanted = [column for column in columns.values() if column.home in _OF_PRODUCTS]
    tree = _tree(wanted, store)
    return Current(_products(wanted, store, products, tree), variants, tree)


_OF_PRODUCTS = (Home.PRODUCT, Home.TEXT, Home.TAGS, Home.CATEGORY)


def in_base_unit(value: Decimal | None, unit: str) -> int | None:
    """A weight, volume or length as its whole column shows it: whole grams, millilitres or centimetres."""
    return None if value is None else int((value * FACTORS[unit]).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _variants(columns: Mapping[str, Column], store: Store, ids: Collection[int]) -> dict[int, Values]:
    if not ids:
        return {}
    names = {"pk": "", "product_id": PRODUCT, "archived_at": ARCHIVED}
    names |= {_variant_path(column): title for title, column in columns.items() if _variant_path(column)}
    names |= {"title": f"{store.default_language}_Variant"}
    if "Stock_Level" in columns:
        names["stock__committed"] = COMMITTED
    paths, titles = list(names), list(names.values())
    rows = Variant.objects.filter(pk__in=ids).values_list(*paths)
    found = {row[0]: dict(zip(titles[1:], row[1:], strict=True)) for row in rows}
    _add_titles(found, columns, store)
    _add_views(found, columns)
    return found


def _variant_path(column: Column) -> str:
    if column.home is Home.STOCK:
        return f"stock__{column.stored_as}"
    return column.stored_as if column.home is Home.VARIANT and column.stored_as != "id" else ""


def _add_titles(found: dict[int, Values], columns: Mapping[str, Column], store: Store) -> None:
    """Variants' titles in other languages."""
    languages = [column.language for column in columns.values()
                 if column.home is Home.TITLE and column.language != store.default_language]  # fmt: skip
    if not languages:
        return
    for values in found.values():
        values.update(dict.fromkeys((f"{code}_Variant" for code in languages), ""))
    texts = VariantText.objects.filter(variant_id__in=found.keys(), language_id__in=languages)
    for variant_id, code, title in texts.values_list("variant_id", "language_id", "title"):
        found[variant_id][f"{code}_Variant"] = title


def _add_views(found: dict[int, Values], columns: Mapping[str, Column]) -> None:
    """Weight, Volume, Size_X … in whole base units; the columns behind them must be read too (`with_partners`)."""
    for title, column in columns.items():
        if column.home is Home.VIEW:
            value, unit = column.beside
            for values in found.values():
                values[title] = in_base_unit(values[value], values[unit])


def _products(wanted: Iterable[Column], store: Store, ids: Collection[int], tree: Tree | None) -> dict[int, Values]:
    if not ids:
        return {}
    by_home: dict[Home, list[Column]] = {}
    for column in wanted:
        by_home.setdefault(column.home, []).append(column)
    plain = [column for column in by_home.get(Home.PRODUCT, []) if column.stored_as != "id"]
    rows = Product.objects.filter(pk__in=ids).values_list(
        "pk", "archived_at", "category_id", *(c.stored_as for c in plain)
    )
    found: dict[int, Values] = {}
    for pk, archived, category_id, *values in rows:
        found[pk] = {ARCHIVED: archived}
        for column, value in zip(plain, values, strict=True):
            found[pk][column.title] = _plain(column, value)
        if tree is not None:
            _add_category(found[pk], by_home[Home.CATEGORY], tree, category_id, store)
    _add_texts(found, by_home.get(Home.TEXT, []))
    _add_tags(found, by_home.get(Home.TAGS, []))
    return found


def _plain(column: Column, value: Any) -> Any:
    if value is None:
        return column.kind.empty
    return tuple(value) if isinstance(value, list) else value


def _add_texts(found: dict[int, Values], columns: Collection[Column]) -> None:
    if not columns:
        return
    by_language: dict[str, list[Column]] = {}
    for column in columns:
        by_language.setdefault(column.language, []).append(column)
    for values in found.values():
        values.update(dict.fromkeys((column.title for column in columns), ""))
    fields = sorted({column.stored_as for column in columns})
    texts = ProductText.objects.filter(product_id__in=found.keys(), language_id__in=list(by_language))
    for product_id, code, *row in texts.values_list("product_id", "language_id", *fields):
        by_field = dict(zip(fields, row, strict=True))
        found[product_id].update({column.title: by_field[column.stored_as] for column in by_language[code]})


def _add_tags(found: dict[int, Values], columns: Collection[Column]) -> None:
    if columns:
        tags = tags_of(found)
        for product_id, values in found.items():
            values["Tags"] = tags.get(product_id, ())


def _tree(columns: Iterable[Column], store: Store) -> Tree | None:
    languages = {column.language for column in columns if column.home is Home.CATEGORY}
    return Tree(languages - {store.default_language}) if languages else None


def _add_category(values: Values, columns: Iterable[Column], tree: Tree, category_id: int | None, store: Store) -> None:
    path = tree.path(category_id)
    for column in columns:
        level = int(column.stored_as)
        if level > len(path):
            values[column.title] = ""
        elif column.language == store.default_language:
            values[column.title] = path[level - 1]
        else:
            values[column.title] = tree.text(path[:level], column.language)


def with_partners(columns: Mapping[str, Column], every: Mapping[str, Column], store: Store) -> dict[str, Column]:
    """These columns, and those that a rule or a view of them needs besides."""
    beside = {title for column in columns.values() for title in column.beside}
    units = {title for name in beside for title in every[name].beside if every[name].home is Home.VARIANT}
    if any(column.home is Home.CATEGORY for column in columns.values()):
        beside.update(f"{store.default_language}_Category_{level}" for level in (1, 2, 3))
    return {title: column for title, column in every.items() if title in {*columns, *beside, *units}}
