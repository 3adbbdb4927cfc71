"""Kinds of values: how a cell is read, and how a value is shown in one. `parse(show(value))` is the value, always."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from imports.cells import Cell, as_text

Shown = Any
"""What an export puts in a cell: text, a whole number, a decimal, or None for a blank one."""


class Kind(ABC):
    """One kind of value.

    `parse` turns a tidy cell that is not blank into the value, or raises `ValueError` with one clear sentence. `show`
    turns the value into a cell. `empty` is the value of a blank cell.
    """

    empty: Any = None
    is_identifier = False
    choices: tuple[str, ...] = ()

    def for_currency(self, digits: int, currency: str) -> "Kind":
        """The kind as it is in a store of this currency."""
        return self

    @abstractmethod
    def parse(self, cell: Cell) -> Any: ...

    def show(self, value: Any) -> Shown:
        return value


class Text(Kind):
    """Any text, kept as it is."""

    empty = ""

    def __init__(self, longest: int) -> None:
        self.longest = longest

    def parse(self, cell: Cell) -> str:
        text = as_text(cell)
        if len(text) > self.longest:
            raise ValueError(f"It is {len(text):,} characters long; at most {self.longest:,} are kept. Shorten it.")
        return text

    def show(self, value: str) -> Shown:
        return value or None


class Code(Text):
    """A number that is a name (SKU, EAN, article and HS code): leading zeros and thirteen digits survive."""

    is_identifier = True
    _SCIENTIFIC = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?[eE]\+[0-9]+")

    def parse(self, cell: Cell) -> str:
        text = super().parse(cell)
        if self._SCIENTIFIC.fullmatch(text):
            raise ValueError(
                f"The spreadsheet program shortened this number to {text}, and its last digits are lost. "
                "Format the column as text and type the value again."
            )
        return text


class Slug(Text):
    """The last part of an address."""

    _WRONG = re.compile(r"[\s/?#\\]")

    def parse(self, cell: Cell) -> str:
        text = super().parse(cell)
        if self._WRONG.search(text):
            raise ValueError("An address part holds no spaces and none of / ? # \\. Write it as in enamel-mug.")
        return text


class Switch(Kind):
    """On or off: Y/N. `inverted` for the column whose Y means off."""

    choices = ("Y", "N")
    _ON = {"y", "yes", "1", "true"}
    _OFF = {"n", "no", "0", "false"}

    def __init__(self, *, inverted: bool = False) -> None:
        self.inverted = inverted

    def parse(self, cell: Cell) -> bool:
        text = as_text(cell).casefold()
        if text in self._ON:
            return not self.inverted
        if text in self._OFF:
            return self.inverted
        raise ValueError(f"“{as_text(cell)}” is neither Y nor N. Write Y or N.")

    def show(self, value: bool) -> Shown:
        return "Y" if value is not self.inverted else "N"


class Choice(Kind):
    """One of a few words. `words` maps each word that is read to its value; the first word of a value is shown."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._values = {word.casefold(): value for word, value in words.items()}
        self._shown = {value: word for word, value in reversed(list(words.items()))}
        self.choices = tuple(dict.fromkeys(self._shown[value] for value in words.values()))

    def parse(self, cell: Cell) -> str:
        value = self._values.get(as_text(cell).casefold())
        if value is None:
            raise ValueError(f"“{as_text(cell)}” is not one of {', '.join(self.choices)}. Write one of these.")
        return value

    def show(self, value: str) -> Shown:
        return self._shown[value]


class Names(Kind):
    """A list inside a cell: separated by commas, `|` and `;` read too; a piece that holds one of these is quoted."""

    empty: Any = ()
    _PIECE = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^,;|]*))\s*(?:[,;|]|$)')
    _NEEDS_QUOTES = re.compile(r'[,;|]|^"')

    def __init__(self, longest: int, *, as_set: bool = False) -> None:
        self.longest = longest
        self.as_set = as_set

    def parse(self, cell: Cell) -> tuple[str, ...]:
        names = [name for name in self._pieces(as_text(cell)) if name]
        for name in names:
            if len(name) > self.longest:
                raise ValueError(f"“{name[:40]}…” is longer than {self.longest:,} characters. Shorten it.")
        return tuple(sorted(set(names))) if self.as_set else tuple(names)

    def show(self, value: Sequence[str]) -> Shown:
        return ",".join(self._quoted(name) for name in value) or None

    def _pieces(self, text: str) -> list[str]:
        pieces, position = [], 0
        while position < len(text):
            match = self._PIECE.match(text, position)
            assert match is not None, "the pattern takes any text as a plain piece"
            quoted, plain = match.groups()
            pieces.append(quoted.replace('""', '"') if quoted is not None else plain.strip())
            position = match.end()
        return pieces

    def _quoted(self, name: str) -> str:
        plain = name == name.strip() and not self._NEEDS_QUOTES.search(name)
        return name if plain else '"' + name.replace('"', '""') + '"'
