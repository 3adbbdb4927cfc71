"""A merchant's file as rows of cells. What a file is comes from its content, never from its name."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from imports import delimited, excel
from imports.cells import Cell
from imports.columns import Column
from imports.headers import UnreadableFile

_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


def rows(path: Path) -> Iterator[tuple[int, list[Cell]]]:
    """The rows that are not blank: the number the merchant sees, and the cells. The first is the row of titles.

    Raises `UnreadableFile`, with one sentence, where the file is missing, broken, or has more rows or columns than
    `IMPORT_MAX_ROWS` and `IMPORT_MAX_COLUMNS` allow.
    """
    found = -1
    try:
        for number, cells in _reader(path)(path):
            if not any(_is_filled(cell) for cell in cells):
                continue
            found += 1
            _check_size(found, cells)
            yield number, cells
    except OSError as error:
        raise UnreadableFile(f"{path} could not be read: {error.strerror or error}.") from error
    except UnicodeError as error:
        raise UnreadableFile("This text file cannot be read. Save it as .csv in UTF-8, or as .xlsx.") from error
    if found == -1:
        raise UnreadableFile("This file is empty. Write the column titles in the first row and the products below.")
    if found == 0:
        raise UnreadableFile("This file has titles but no rows. Write a row for each variant below them.")


def write(path: Path, titles: Sequence[str], rows: Iterable[Sequence[Any]], columns: Sequence[Column | None]) -> None:
    """Write a .csv or .xlsx file, whichever the name asks for. Raises `UnreadableFile` for any other name."""
    check_name(path)
    if path.suffix.lower() == ".csv":
        delimited.write(path, titles, rows)
    else:
        excel.write(path, titles, rows, columns)


def check_name(path: Path) -> None:
    """Raise `UnreadableFile` for a name that does not say which kind of file to write."""
    if path.suffix.lower() not in (".csv", ".xlsx"):
        raise UnreadableFile(f"{path.name} must end in .csv or .xlsx.")


def _reader(path: Path) -> Any:
    if not path.exists():
        raise UnreadableFile(f"There is no file {path}.")
    if path.is_dir():
        raise UnreadableFile(f"{path} is a folder. Name a file in it.")
    with path.open("rb") as file:
        start = file.read(4)
    if start == _OLD_EXCEL:
        raise UnreadableFile("This file has a password or is in an old format. Save it as .xlsx without a password.")
    return excel.read if start == _ZIP else delimited.read


def _is_filled(cell: Cell) -> bool:
    return cell is not None and (not isinstance(cell, str) or not cell.isspace())


def _check_size(row: int, cells: Sequence[Cell]) -> None:
    if len(cells) > settings.IMPORT_MAX_COLUMNS:
        raise UnreadableFile(
            f"This file has {len(cells):,} columns; at most {settings.IMPORT_MAX_COLUMNS:,} are read. Delete some."
        )
    if row > settings.IMPORT_MAX_ROWS:
        raise UnreadableFile(f"This file has more than {settings.IMPORT_MAX_ROWS:,} rows. Split it into several files.")
