"""Text files with separators: .csv, .tsv, .txt. How they are read, and how they are written."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from imports.cells import Cell
from imports.columns import shown_text
from imports.headers import UnreadableFile
from shop.text import LONGEST

SEPARATORS = (";", ",", "\t", "|")
_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SAMPLE = 64 * 1024
_READ = 1024 * 1024

# A text that a spreadsheet program would take for a formula gets an apostrophe, which is taken off again only before
# one of these: a merchant's own 's-Hertogenbosch stays as it is.
_GUARDED = ("=", "+", "-", "@", "'")


def read(path: Path) -> Iterator[tuple[int, list[Cell]]]:
    """The rows with the number that a spreadsheet program shows beside them. Raises `UnreadableFile`."""
    with path.open(encoding=encoding_of(path), errors="strict", newline="") as file:
        separator = _separator(file.read(_SAMPLE))
        file.seek(0)
        csv.field_size_limit(LONGEST * 4)
        yield from _rows(csv.reader(_without_nul(file), delimiter=separator, strict=True))


def _rows(reader: Any) -> Iterator[tuple[int, list[Cell]]]:
    number, began = 0, 1
    try:
        for number, row in enumerate(reader, 1):
            began = reader.line_num + 1
            yield number, [_unguarded(cell) or None for cell in row]
    except csv.Error as error:
        raise UnreadableFile(
            f"A quotation mark opened in line {began} is not closed. Close it, or write it twice inside a quoted text."
        ) from error


def _without_nul(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if "\x00" in line:
            raise UnreadableFile(f"This is not a text file: line {number} holds a NUL. Save it as .csv or .xlsx again.")
        yield line


def encoding_of(path: Path) -> str:
    """What the byte order mark says; else UTF-8 if all of it is, else Windows-1252."""
    with path.open("rb") as file:
        start = file.read(3)
        for mark, encoding in _BYTE_ORDER_MARKS:
            if start.startswith(mark):
                return encoding
        file.seek(0)
        return "utf-8" if _is_utf8(file) else "cp1252"


def _is_utf8(file: Any) -> bool:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        while text.read(_READ):
            pass
    except UnicodeDecodeError:
        return False
    finally:
        text.detach()
    return True


def _separator(sample: str) -> str:
    """The sign that stands most often outside quotes in the first row with any; a comma where there is none."""
    first = _first_record(sample)
    bare = re.sub(r'"(?:[^"]|"")*"', "", first)
    return max(SEPARATORS, key=lambda sign: (bare.count(sign), sign == ","))


def _first_record(sample: str) -> str:
    record = ""
    for line in io.StringIO(sample.lstrip("\r\n"), newline=None):
        record += line
        if record.strip() and record.count('"') % 2 == 0:
            return record
    return record


def _unguarded(cell: str) -> str:
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in _GUARDED else cell


def _guarded(value: Any, guard: bool) -> str:
    text = shown_text(value)
    return f"'{text}" if guard and isinstance(value, str) and text.startswith(_GUARDED) else text


def write(path: Path, titles: Sequence[str], rows: Iterable[Sequence[Any]], *, guard: bool = True) -> None:
    """Write UTF-8 with a byte order mark, so that a spreadsheet program opens it right; `guard` keeps formulas out."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(titles)
        for row in rows:
            writer.writerow([_guarded(value, guard) for value in row])
