"""Kinds of numbers. A regular expression looks first: Python would also read `1_000`, `٣` and `NaN`."""

import re
from decimal import Decimal

from imports.cells import Cell, as_text
from imports.values import Kind, Shown
from shop.store import money

LARGEST_INTEGER = 2_147_483_647
MOST_UNITS = 1_000_000_000
_SYMBOLS = {"€": {"EUR"}, "£": {"GBP"}, "¥": {"JPY", "CNY"}, "$": set(), "US$": {"USD"}}


class Whole(Kind):
    """A whole number in a range."""

    _DIGITS = re.compile(r"([+-]?[0-9]{1,19})(?:\.0+)?", re.ASCII)

    def __init__(self, least: int = 0, most: int = LARGEST_INTEGER) -> None:
        self.least, self.most = least, most

    def parse(self, cell: Cell) -> int:
        number = self._read(cell)
        if number < self.least:
            raise ValueError(f"{number:,} is too low. Write a whole number of at least {self.least:,}.")
        if number > self.most:
            raise ValueError(f"{number:,} is too high. Write a whole number of at most {self.most:,}.")
        return number

    def _read(self, cell: Cell) -> int:
        if isinstance(cell, int) and not isinstance(cell, bool):
            return cell
        match = self._DIGITS.fullmatch(as_text(cell))
        if match is None or isinstance(cell, bool):
            raise ValueError(f"“{as_text(cell)[:40]}” is not a whole number. Write it as in 12.")
        return int(match[1])


class Amount(Kind):
    """Money: at most the currency's digits behind the point.

    A decimal comma, a currency sign or thousands separators are read where there is one possible reading.
    """

    _PLAIN = re.compile(r"[0-9]{1,10}(?:\.([0-9]{0,12}))?", re.ASCII)
    _GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:([.,' ])[0-9]{3})(?:\1[0-9]{3})*", re.ASCII)

    def __init__(self, digits: int = 2, currency: str = "EUR") -> None:
        self.digits, self.currency = digits, currency

    def for_currency(self, digits: int, currency: str) -> "Amount":
        return Amount(digits, currency)

    def parse(self, cell: Cell) -> Decimal:
        if isinstance(cell, bool):
            raise ValueError("This is not an amount. Write it as in 12.50.")
        text = as_text(cell)
        amount = self._decimal(text) if not isinstance(cell, str) else self._read(self._without_sign(text), text)
        if amount is None:
            raise ValueError(f"“{text[:40]}” is not an amount. Write it as in 12.50.")
        if amount != money.rounded(amount, self.currency):
            raise ValueError(f"{text} has more digits than {self.currency} has ({self.digits}). Round it.")
        return amount

    def show(self, value: Decimal) -> Shown:
        shown = money.rounded(value, self.currency)
        return shown if shown == value else value.normalize()

    def _without_sign(self, text: str) -> str:
        bare = text.replace("\u00a0", " ").replace("\u202f", " ").replace("’", "'")
        for sign, currencies in {**_SYMBOLS, self.currency: {self.currency}}.items():
            for candidate in (bare.removeprefix(sign), bare.removesuffix(sign)):
                if candidate != bare and (self.currency in currencies or not currencies):
                    return candidate.strip()
        return bare

    def _read(self, bare: str, text: str) -> Decimal | None:
        readings = {reading for reading in (self._decimal(bare), self._comma(bare), self._thousands(bare))
                    if reading is not None}  # fmt: skip
        if len(readings) > 1:
            choices = " or ".join(f"{reading:f}" for reading in sorted(readings))
            raise ValueError(
                f"“{text}” can be read as {choices}. Write it with a dot and without thousands, as 1234.50."
            )
        return readings.pop() if readings else None

    def _decimal(self, text: str) -> Decimal | None:
        return Decimal(text) if self._PLAIN.fullmatch(text) else None

    def _comma(self, text: str) -> Decimal | None:
        """12,50 and, where the currency has no such digits anyway, never 1,234."""
        if text.count(",") != 1 or "." in text or self.digits == 0:
            return None
        return self._decimal(text.replace(",", "."))

    def _thousands(self, text: str) -> Decimal | None:
        """1,234 and 1.234,50 and 1 234: what stands behind the last other sign is the fraction."""
        whole, point, fraction = self._split(text)
        if not self._GROUPED.fullmatch(whole) or (point and not re.fullmatch("[0-9]{1,4}", fraction)):
            return None
        if "." in whole and not point and self.digits == 3 and whole.count(".") == 1:
            return None  # 1.234 has the documented dot and all the digits that the currency has
        digits = re.sub("[^0-9]", "", whole)
        return Decimal(f"{digits}.{fraction}" if point else digits)

    @staticmethod
    def _split(text: str) -> tuple[str, str, str]:
        for point, other in ((",", ".' "), (".", ",' ")):
            head, found, tail = text.rpartition(point)
            if found and point not in head and any(sign in head for sign in other):
                return head, found, tail
        return text, "", ""


class Measure(Kind):
    """A weight, a volume or a length, in the unit of the column beside it."""

    _NUMBER = re.compile(r"([0-9]{1,10})(?:[.,]([0-9]{1,12}))?", re.ASCII)
    digits = 4
    example = "12.5"

    def parse(self, cell: Cell) -> Decimal:
        match = None if isinstance(cell, bool) else self._NUMBER.fullmatch(as_text(cell))
        if match is None:
            raise ValueError(f"“{as_text(cell)[:40]}” is not a number. Write it as in {self.example}.")
        fraction = (match[2] or "").rstrip("0")
        if len(fraction) > self.digits:
            raise ValueError(f"At most {self.digits} digits are kept behind the point. Round it.")
        if "," in as_text(cell) and len(match[2]) == 3 and match[1] != "0":
            raise ValueError(f"“{as_text(cell)}” can be read in two ways. Write it with a dot, as in {self.example}.")
        return Decimal(f"{match[1]}.{fraction or 0}")

    def show(self, value: Decimal | None) -> Shown:
        return None if value is None else Decimal(f"{value.normalize():f}")


class Fraction(Measure):
    """A tax rate: `0.2100`, or `21%`."""

    example = "0.2100"

    def parse(self, cell: Cell) -> Decimal:
        percent = isinstance(cell, str) and cell.endswith("%")
        number = super().parse(cell[:-1].strip() if isinstance(cell, str) and percent else cell)
        number = number / 100 if percent else number
        if number > 1:
            raise ValueError(f"{as_text(cell)} is more than 1. A rate of 21 percent is written 0.2100.")
        if number != round(number, self.digits):
            raise ValueError(f"At most {self.digits} digits are kept behind the point. Round it.")
        return number

    def show(self, value: Decimal | None) -> Shown:
        return None if value is None else round(value, self.digits)
