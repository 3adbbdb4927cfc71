"""Files that are none, or too much."""

import pytest

from imports import files
from imports.headers import UnreadableFile
from tests.imports.sheets import write


def refusal(path):
    with pytest.raises(UnreadableFile) as refused:
        list(files.rows(path))
    return refused.value.detail


def test_a_file_that_is_not_there(tmp_path):
    assert refusal(tmp_path / "no.csv") == f"There is no file {tmp_path / 'no.csv'}."


def test_a_folder(tmp_path):
    assert "is a folder" in refusal(tmp_path)


def test_an_empty_file(tmp_path):
    (tmp_path / "a.csv").write_text("\n\n")
    assert refusal(tmp_path / "a.csv").startswith("This file is empty.")


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_titles_without_rows(tmp_path, name):
    assert refusal(write(tmp_path / name, ["SKU"])).startswith("This file has titles but no rows.")


def test_a_protected_or_old_workbook(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    assert "password" in refusal(tmp_path / "a.xlsx")


def test_too_many_rows(tmp_path, settings):
    settings.IMPORT_MAX_ROWS = 2
    path = write(tmp_path / "a.csv", ["SKU"], ["1"], ["2"])
    assert len(list(files.rows(path))) == 3
    assert "more than 2 rows" in refusal(write(tmp_path / "b.csv", ["SKU"], ["1"], ["2"], ["3"]))


def test_too_many_columns(tmp_path, settings):
    settings.IMPORT_MAX_COLUMNS = 2
    assert "3 columns; at most 2" in refusal(write(tmp_path / "a.xlsx", ["SKU", "EAN", "Brand"], [1, 2, 3]))


def test_what_a_file_is_comes_from_its_content(tmp_path):
    path = write(tmp_path / "a.xlsx", ["SKU"], ["x"]).rename(tmp_path / "a.csv")
    assert list(files.rows(path)) == [(1, ["SKU"]), (2, ["x"])]


def test_a_file_is_written_by_its_name(tmp_path):
    with pytest.raises(UnreadableFile, match=r"must end in \.csv or \.xlsx"):
        files.write(tmp_path / "a.ods", ["SKU"], [], [None])
