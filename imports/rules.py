"""What the cells of one row say together: two ways to write one weight, a category path, switches that contradict."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from catalog.categories import Path, Tree
from catalog.models import Product
from imports.columns import Column, Home, Store
from imports.numbers import MOST_UNITS
from imports.reading import COMMITTED, FACTORS, Values, in_base_unit

Problem: TypeAlias = tuple[str, str]
"""A column title and a sentence."""

_KEPT = Decimal("0.0001")


def settle_measures(given: Values, current: Mapping[str, Any], columns: Mapping[str, Column]) -> Iterator[Problem]:
    """Turn `Weight` and its like into the value and unit behind them; the two must not contradict each other."""
    for column in [columns[title] for title in given if columns[title].home is Home.VIEW]:
        whole = given.pop(column.title)
        value, unit = column.beside
        now_in = given.get(unit) or current.get(unit) or columns[unit].default
        if given.get(value) is not None:
            if whole is not None and in_base_unit(given[value], now_in) != whole:
                stands = columns[value].text(given[value])
                yield (
                    column.title,
                    f"{whole} here and {stands} {now_in} in {value} contradict each other. Keep one of the two.",
                )
        elif whole is None:
            given[value] = None
        elif in_base_unit(current.get(value), now_in) != whole:
            given[value] = (whole / FACTORS[now_in]).quantize(_KEPT)
        else:
            given.pop(value, None)


def category_titles(language: str) -> list[str]:
    """The titles of the three category columns of a language."""
    return [f"{language}_Category_{level}" for level in (1, 2, 3)]


def settle_category(given: Values, current: Mapping[str, Any], store: Store) -> Iterator[Problem]:
    """The category cells of the default language are one path: a deeper level that is blank or missing ends it."""
    titles = category_titles(store.default_language)
    if not any(title in given for title in titles):
        return
    path = [given.get(title, "") for title in titles]
    if any(path):
        deepest = max(level for level, title in enumerate(path) if title)
        path[:deepest] = [given.get(title) or current.get(title) or "" for title in titles[:deepest]]
    for level in (1, 2):
        if path[level] and not path[level - 1]:
            yield (
                titles[level],
                f"A category of level {level + 1} needs one of level {level}. Fill in {titles[level - 1]}.",
            )
            return
    given.update(zip(titles, path, strict=True))


def path_of(values: Callable[[str], Any], store: Store) -> Path:
    """The category path that a row ends with."""
    return tuple(title for title in map(values, category_titles(store.default_language)) if title)


def settle_category_texts(
    given: Values, path: Path, tree: Tree, columns: Mapping[str, Column], store: Store
) -> Iterator[Problem]:
    """Titles of the path's categories in other languages; what is so already is dropped."""
    for title in list(given):
        column = columns[title]
        if column.home is not Home.CATEGORY or column.language == store.default_language:
            continue
        level = int(column.stored_as)
        text = given[title]
        if text == tree.text(path[:level], column.language):
            del given[title]
        elif level > len(path):
            del given[title]
            if text:
                needed = category_titles(store.default_language)[level - 1]
                yield title, f"There is no category of level {level} to give this title to. Fill in {needed}."


def contradictions(value: Callable[[str], Any]) -> Iterator[Problem]:
    """What cannot stand together: an error of the row. `value` gives what a column has when the row is written."""
    least, most = value("Buy_Min"), value("Buy_Max")
    if least is not None and most is not None and least > most:
        yield "Buy_Max", f"At most {most} is less than Buy_Min, at least {least}. Correct one of the two."
    level, committed = value("Stock_Level"), value(COMMITTED) or 0
    if level is not None and level + committed < 0:
        yield (
            "Stock_Level",
            (
                f"{level} would mean fewer than none on hand: only {committed} are promised to orders. "
                f"The lowest possible level is {-committed}."
            ),
        )
    if level is not None and level + committed > MOST_UNITS:
        yield "Stock_Level", f"At most {MOST_UNITS:,} units can be on hand."


def warnings(value: Callable[[str], Any], touched: Mapping[str, Any]) -> Iterator[Problem]:
    """What may stand together but is hardly meant, where the row touches it."""
    backorders = value("Stock_Disable_Sold_Out")
    if touched.keys() & {"Stock_Track", "Stock_Disable_Sold_Out"} and backorders and value("Stock_Track") is False:
        yield "Stock_Disable_Sold_Out", "Backorders are allowed but inventory is not tracked, so this has no effect."
    when_in_stock = value("Visible") == Product.Visibility.VISIBLE_WHEN_IN_STOCK
    if touched.keys() & {"Visible", "Stock_Disable_Sold_Out"} and when_in_stock and backorders:
        yield "Visible", "S hides the product when it is out of stock, so backorders can hardly be placed."
    price, cost = value("Price"), value("Price_Cost")
    if touched.keys() & {"Price", "Price_Cost"} and cost and price is not None and price < cost:
        yield "Price", f"The price {price} is below the cost {cost}."


def option_names(title: str) -> tuple[str, ...]:
    """The option names of a variant title such as `Size: M, Color: Red`; none for a plain one."""
    pieces, piece, quoted = [], "", False
    for sign in f"{title},":
        quoted = quoted ^ (sign == '"')
        if sign == "," and not quoted:
            pieces.append(piece.strip())
            piece = ""
        else:
            piece += sign if sign != '"' else ""
    return tuple(sorted(name.strip() for name, colon, _ in (one.partition(":") for one in pieces) if colon))
