"""Cells as the readers give them, and what every kind of value first makes of one."""

import datetime
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from shop.text import clean


class Broken(NamedTuple):
    """A cell that the spreadsheet program shows as an error or never calculated; `text` is what stands there."""

    text: str
    sentence: str


Moment: TypeAlias = datetime.datetime | datetime.date | datetime.time | datetime.timedelta
Cell: TypeAlias = str | int | float | bool | Decimal | Moment | Broken | None

EXACT = 2**53
"""Up to here a spreadsheet program keeps every digit of a whole number."""


def tidy(cell: Cell) -> Cell:
    """The cell with its text cleaned; None for a blank one. Raises `ValueError` where it cannot be read."""
    if isinstance(cell, str):
        return clean(cell) or None
    if isinstance(cell, Broken):
        raise ValueError(cell.sentence)
    return cell


def as_text(cell: Cell) -> str:
    """What the merchant sees in the cell: 123 for a number cell of 123.0, every digit of a barcode."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, float):
        return _float_text(cell)
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, Broken):
        return cell.text
    raise ValueError(
        "The spreadsheet program turned this into a date or a time. Format the column as text and type the value again."
    )


def _float_text(number: float) -> str:
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError("This is not a number.")
    if number.is_integer():
        if abs(number) >= EXACT:
            raise ValueError(
                "This number is longer than a spreadsheet program can keep. Format the column as text and type the "
                "value again."
            )
        return str(int(number))
    return f"{Decimal(repr(number)):f}"
