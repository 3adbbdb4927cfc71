"""Workbooks: .xlsx files. The one module that speaks openpyxl."""

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.text import Text as RichText
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._reader import FORMULA_TAG, VALUE_TAG, WorkSheetParser
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from imports.cells import Broken, Cell
from imports.columns import Column
from imports.headers import UnreadableFile

UNREADABLE = "This is not a spreadsheet that can be read. Open it in a spreadsheet program and save it as .xlsx again."
NEVER_CALCULATED = "This formula has no stored result. Open the file in a spreadsheet program and save it again."
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""What XML cannot hold. No text of the store has it, but an error row gives back what the merchant wrote."""

_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"}


class _Reader(ExcelReader):
    """Keeps `_xHHHH_` in shared texts as it stands, where openpyxl undoes one half of the escapes."""

    def read_strings(self) -> None:
        part = self.package.find(SHARED_STRINGS)
        if part is None:
            return
        with self.archive.open(part.PartName[1:]) as source:
            for _, node in iterparse(source):
                if node.tag == f"{{{SHEET_MAIN_NS}}}si":
                    self.shared_strings.append(RichText.from_tree(node).content)
                    node.clear()


class _Parser(WorkSheetParser):
    """Tells an error cell and a formula that was never calculated from a text and from a blank cell."""

    def parse_cell(self, element: Any) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        if cell["data_type"] == "e":
            text = str(cell["value"] or "#ERROR")
            cell["value"] = Broken(
                text, f"The spreadsheet shows the error {text} here. Put it right and save the file."
            )
        elif cell["value"] is None and _was_never_calculated(element):
            cell["value"] = Broken(f"={element.find(FORMULA_TAG).text or ''}", NEVER_CALCULATED)
        elif isinstance(cell["value"], str):
            cell["value"] = _unescaped(cell["value"])
        return cell


def _was_never_calculated(element: Any) -> bool:
    """A formula without a result; one whose result is an empty text has a type that says so."""
    return element.find(FORMULA_TAG) is not None and (element.get("t") != "str" or element.find(VALUE_TAG) is None)


def read(path: Path) -> Iterator[tuple[int, list[Cell]]]:
    """The rows of the first visible sheet that has any, with their numbers. Raises `UnreadableFile`."""
    try:
        yield from _rows(path)
    except UnreadableFile:
        raise
    except Exception as error:  # openpyxl raises whatever a broken workbook made it stumble over
        raise UnreadableFile(UNREADABLE) from error


def _rows(path: Path) -> Iterator[tuple[int, list[Cell]]]:
    with path.open("rb") as file:
        reader = _Reader(file, read_only=True, data_only=True)
        reader.read()
        workbook = reader.wb
        for sheet in workbook.worksheets:
            found = False
            if sheet.sheet_state == "visible":
                for number, cells in _sheet_rows(workbook, sheet):
                    found = found or bool(cells)
                    yield number, cells
            if found:
                return


def _sheet_rows(workbook: Any, sheet: Any) -> Iterator[tuple[int, list[Cell]]]:
    """The sheet's rows as they stand in the file, whatever it claims its dimensions to be."""
    with sheet._get_source() as source:
        formats = {"date_formats": workbook._date_formats, "timedelta_formats": workbook._timedelta_formats}
        parser = _Parser(source, sheet._shared_strings, data_only=True, epoch=workbook.epoch, **formats)
        for number, cells in parser.parse():
            yield number, _as_list(cells)


def _as_list(cells: Sequence[dict[str, Any]]) -> list[Cell]:
    row: list[Cell] = []
    for cell in cells:
        if cell["value"] is None:
            continue
        missing = cell["column"] - 1 - len(row)
        row.extend([None] * min(missing, 20_000))
        row.append(cell["value"])
    return row


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _escaped(text: str) -> str:
    escaped = _LOOKS_ESCAPED.sub("_x005F_", text) if "_x" in text else text
    return _UNWRITABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", escaped)


def write(path: Path, titles: Sequence[str], rows: Iterable[Sequence[Any]], columns: Sequence[Column | None]) -> None:
    """Write one sheet, row by row. `columns` give widths, text formats and drop-downs; None is a column not ours."""
    with path.open("wb") as target:  # first: a place that cannot be written is said before any work is done
        workbook = Workbook(write_only=True)
        sheet = workbook.create_sheet("Products")
        sheet.freeze_panes = "A2"
        for position, (title, column) in enumerate(zip(titles, columns, strict=True), 1):
            letter = get_column_letter(position)
            sheet.column_dimensions[letter].width = _width(title, column)
            if column and column.kind.choices:
                sheet.data_validations.append(_drop_down(column.kind.choices, letter))
        sheet.append([_title_cell(sheet, title) for title in titles])
        as_text = [bool(column and column.kind.is_identifier) for column in columns]
        for row in rows:
            sheet.append([_cell(sheet, value, text) for value, text in zip(row, as_text, strict=True)])
        workbook.save(target)


def _cell(sheet: Any, value: Any, as_text: bool) -> Any:
    if isinstance(value, Broken):
        value = value.text
    if not isinstance(value, str):
        return value if not isinstance(value, Decimal) else _number(value)
    if as_text or "_x" in value or value[0] in "=+-@#" or value in _ERRORS or _UNWRITABLE.search(value):
        return _text_cell(sheet, value, "@" if as_text else None)
    return value


def _number(value: Decimal) -> Decimal | int:
    return int(value) if value == value.to_integral_value() else value


def _text_cell(sheet: Any, text: str, number_format: str | None) -> Any:
    cell = WriteOnlyCell(sheet)
    # Set past openpyxl's setter, which would make a formula or an error of it, and cut off what escaping made longer.
    cell._value, cell.data_type = _escaped(text), "s"
    if number_format:
        cell.number_format = number_format
    return cell


def _title_cell(sheet: Any, title: str) -> Any:
    cell = _text_cell(sheet, title, None)
    cell.font = Font(bold=True)
    return cell


def _width(title: str, column: Column | None) -> int:
    wide = column is not None and column.kind.empty == "" and not column.kind.is_identifier
    return max(len(title) + 2, 28 if wide else 12)


def _drop_down(choices: Sequence[str], letter: str) -> Any:
    validation = DataValidation(type="list", formula1='"{}"'.format(",".join(choices)), allow_blank=True)
    validation.error = f"Write one of {', '.join(choices)}."
    validation.add(f"{letter}2:{letter}1048576")
    return validation
