"""Workbooks as merchants have them."""

import datetime
import zipfile
from decimal import Decimal

import openpyxl
import pytest

from imports import excel, files
from imports.cells import Broken
from imports.columns import COLUMNS
from imports.headers import UnreadableFile
from tests.imports.sheets import write

BY_TITLE = {column.title: column for column in COLUMNS}


def rows(path):
    return [cells for _, cells in files.rows(path)]


def test_numbers_texts_and_switches_come_as_they_are(tmp_path):
    moment = datetime.time(12, 30)
    path = write(tmp_path / "a.xlsx", ["SKU", "Price"], [123, 12.5], ["00123", True], [8712345000011, moment])
    assert rows(path)[1:] == [[123, 12.5], ["00123", True], [8712345000011, moment]]


def test_rows_keep_the_number_that_the_merchant_sees(tmp_path):
    book = openpyxl.Workbook()
    book.active["A2"], book.active["A5"], book.active["C7"] = "SKU", "a", "b"
    book.save(tmp_path / "a.xlsx")
    assert list(files.rows(tmp_path / "a.xlsx")) == [(2, ["SKU"]), (5, ["a"]), (7, [None, None, "b"])]


def test_an_error_cell_is_not_blank(tmp_path):
    [cell] = rows(write(tmp_path / "a.xlsx", ["SKU"], ["#N/A"]))[1]
    assert cell == Broken("#N/A", "The spreadsheet shows the error #N/A here. Put it right and save the file.")


def test_a_formula_without_a_stored_result_says_so(tmp_path):
    [cell] = rows(write(tmp_path / "a.xlsx", ["SKU"], ["=1+1"]))[1]
    assert cell.text == "=1+1"
    assert "no stored result" in cell.sentence


def test_a_formula_is_read_by_its_stored_result(tmp_path):
    path = write(tmp_path / "a.xlsx", ["SKU", "Brand"], ["=1+1", "x"])
    rewrite(path, "xl/worksheets/sheet1.xml", "<v></v>", "<v>2</v>", "<v />", "<v>2</v>")
    assert rows(path)[1] == [2, "x"]


def test_hidden_and_empty_sheets_are_passed_over(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["EAN"])
    book.active.sheet_state = "hidden"
    book.create_sheet("empty")
    book.create_sheet("products").append(["SKU"])
    book["products"].append(["a"])
    book.save(tmp_path / "a.xlsx")
    assert rows(tmp_path / "a.xlsx") == [["SKU"], ["a"]]


def test_claimed_dimensions_are_not_believed(tmp_path):
    path = write(tmp_path / "a.xlsx", ["SKU"], ["a"])
    rewrite(path, "xl/worksheets/sheet1.xml", 'ref="A1:A2"', 'ref="A1:XFD1048576"')
    assert rows(path) == [["SKU"], ["a"]]


@pytest.mark.parametrize("shared", ["_x005F_x0041_", "_x0041_"])
def test_escapes_in_shared_texts_are_undone_once(tmp_path, shared):
    path = write(tmp_path / "a.xlsx", ["SKU"], ["placeholder"])
    inline, reference = '<c r="A2" t="inlineStr"><is><t>placeholder</t></is></c>', '<c r="A2" t="s"><v>0</v></c>'
    rewrite(path, "xl/worksheets/sheet1.xml", inline, reference)
    declared = '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    rewrite(path, "[Content_Types].xml", "</Types>", f'{declared}spreadsheetml.sharedStrings+xml"/></Types>')
    table = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{shared}</t></si></sst>'
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", table)
    assert rows(path)[1] == ["_x0041_" if "005F" in shared else "A"]


def test_what_is_written_is_text_and_reads_back(tmp_path):
    texts = ["=1+1", "+1", "-1", "@x", "#N/A", "_x0041_", "_x005F_x", "007", "a\nb", "'x", "é €"]
    path = tmp_path / "a.xlsx"
    excel.write(path, ["SKU", "Brand"], [[text, text] for text in texts], [BY_TITLE["SKU"], BY_TITLE["Brand"]])
    assert rows(path)[1:] == [[text, text] for text in texts]
    kinds = {cell.data_type for row in openpyxl.load_workbook(path).active.iter_rows() for cell in row}
    assert kinds == {"s"}


def test_a_text_of_the_longest_length_is_not_cut_by_its_escapes(tmp_path):
    text = "_x0041_" + "x" * 32_760
    excel.write(tmp_path / "a.xlsx", ["Brand"], [[text]], [BY_TITLE["Brand"]])
    assert rows(tmp_path / "a.xlsx")[1] == [text]


def test_the_sheet_has_a_frozen_bold_header_drop_downs_and_text_formats(tmp_path):
    path = tmp_path / "a.xlsx"
    columns = [BY_TITLE[title] for title in ("SKU", "Stock_Track", "Visible", "Price")]
    excel.write(path, [column.title for column in columns], [["007", "Y", "S", Decimal("12.50")]], columns)
    sheet = openpyxl.load_workbook(path).active
    assert sheet.freeze_panes == "A2"
    assert all(cell.font.bold for cell in sheet[1])
    assert sheet["A2"].number_format == "@"
    assert sheet["D2"].value == 12.5
    validations = {str(one.sqref): one.formula1 for one in sheet.data_validations.dataValidation}
    assert validations == {"B2:B1048576": '"Y,N"', "C2:C1048576": '"Y,N,S"'}


def test_a_workbook_that_is_none_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 nothing of the kind")
    with pytest.raises(UnreadableFile, match="not a spreadsheet that can be read"):
        rows(tmp_path / "a.xlsx")


def rewrite(path, part, *pairs):
    """Replace text in one part of the workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    text = parts[part].decode()
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        text = text.replace(old, new)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**parts, part: text.encode()}.items():
            archive.writestr(name, content)
