"""Which column of the file is which of ours: titles as merchants write them, and the labels of the mapping page."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from imports.cells import Cell, as_text
from imports.columns import ANY_LANGUAGE, COLUMNS, ERROR_COLUMN, Column, Store, all_columns
from shop.errors import DomainError

LANGUAGE_NAMES = {
    "BR": "Portuguese (Brazil)", "DA": "Danish", "DE": "German", "EN": "English", "ES": "Spanish",
    "FC": "French (Canada)", "FI": "Finnish", "FR": "French", "IT": "Italian", "NL": "Dutch", "NO": "Norwegian",
    "PL": "Polish", "PT": "Portuguese", "SV": "Swedish", "US": "English (US)",
}  # fmt: skip


class UnreadableFile(DomainError):
    """The file cannot be imported at all; the sentence says what is wrong and what to do. Nothing was imported."""

    code = "unreadable_file"


class Match(NamedTuple):
    """One column of the file and what became of it. `column` is None where it is not matched."""

    position: int
    title: str
    column: Column | None
    unknown_language: str = ""


class Header(NamedTuple):
    """The first row of the file, matched."""

    titles: tuple[str, ...]
    matches: tuple[Match, ...]

    @property
    def columns(self) -> dict[str, Column]:
        """The matched columns by their title."""
        return {match.column.title: match.column for match in self.matches if match.column}

    @property
    def ignored(self) -> list[str]:
        """Titles that no column answers to, without blank ones and the one that reports errors."""
        return [
            match.title
            for match in self.matches
            if not match.column and not match.unknown_language and match.title and not is_error_column(match.title)
        ]

    @property
    def unknown_languages(self) -> list[str]:
        """Language codes in the titles that the store does not have."""
        return sorted({match.unknown_language for match in self.matches if match.unknown_language})

    def title_of(self, column_title: str) -> str:
        """The title as it stands in the file: what a finding names."""
        for match in self.matches:
            if match.column and match.column.title == column_title:
                return match.title
        return column_title


def match(cells: Sequence[Cell], store: Store) -> Header:
    """Match the first row. Raises `UnreadableFile` where no title is known, or one stands twice."""
    titles = tuple(_title(cell) for cell in cells)
    by_key = _by_key(store)
    matches = tuple(_match(position, title, by_key) for position, title in enumerate(titles))
    _refuse_twice(matches)
    if not any(match.column or match.unknown_language for match in matches):
        raise UnreadableFile(
            "No title in the first row is the title of a column. Write the titles, such as Internal_Variant_ID or "
            f"{store.default_language}_Title_Short, in the first row."
        )
    return Header(titles, matches)


def _title(cell: Cell) -> str:
    try:
        return as_text(cell).strip()
    except ValueError:
        return ""  # a date or a broken number above a column names none of ours


def is_error_column(title: str) -> bool:
    """Whether this is the column that says what was wrong with a row, in a file that came back."""
    return _key(title) == _key(ERROR_COLUMN)


def _key(title: str) -> str:
    return re.sub(r"[\s_\-]", "", title).casefold()


def _by_key(store: Store) -> dict[str, Column]:
    keys: dict[str, Column] = {}
    for column in all_columns(store).values():
        keys[_key(column.title)] = column
        for label in _labels(column, store):
            keys.setdefault(_key(label), column)
    return keys


def _labels(column: Column, store: Store) -> Iterable[str]:
    """The mapping labels, and the literal XX_ title that the help article tells merchants to copy."""
    yield column.label
    if not column.language:
        return
    name = store.languages[column.language]
    yield column.label.removesuffix(name) + column.language
    if column.language == store.default_language:
        yield column.label.removesuffix(name) + "X-language"
        yield ANY_LANGUAGE + column.title.removeprefix(f"{column.language}_")


_PREFIXED = re.compile(r"([A-Za-z]{2})[\s_\-]+(\S.*)")
_SUFFIXES = {_key(column.title.removeprefix(ANY_LANGUAGE)) for column in COLUMNS if column.per_language}


def _match(position: int, title: str, by_key: dict[str, Column]) -> Match:
    column = by_key.get(_key(title)) if title else None
    found = _PREFIXED.fullmatch(title) if column is None else None
    if found and _key(found[2]) in _SUFFIXES:
        return Match(position, title, None, found[1].upper())
    return Match(position, title, column)


def _refuse_twice(matches: Iterable[Match]) -> None:
    seen: dict[str, str] = {}
    for one in matches:
        key = _key(one.column.title if one.column else one.title)
        if key and key in seen:
            raise UnreadableFile(
                f"Two columns have one title, {seen[key]} and {one.title}. Delete or rename one of them."
                if seen[key] != one.title
                else f"Two columns have the title {one.title}. Delete or rename one of them."
            )
        seen[key] = one.title
