"""Text files as merchants have them."""

import pytest

from imports import delimited, files
from imports.headers import UnreadableFile


def read(tmp_path, content, encoding="utf-8"):
    path = tmp_path / "products.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return list(files.rows(path))


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_the_separator_is_guessed(tmp_path, separator):
    content = f'SKU{separator}Price{separator}XX_Title_Short\n"a;,|\t"{separator}1{separator}b\n'
    assert read(tmp_path, content) == [(1, ["SKU", "Price", "XX_Title_Short"]), (2, ["a;,|\t", "1", "b"])]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_found(tmp_path, encoding):
    assert read(tmp_path, "SKU;Brand\n1;Café Übel €\n", encoding) == [(1, ["SKU", "Brand"]), (2, ["1", "Café Übel €"])]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_quoted_cells_hold_line_breaks_and_a_row_is_what_a_spreadsheet_counts(tmp_path, line_end):
    content = line_end.join(["SKU;Brand", '1;"a', 'b""c"', "", ";", "2;x", ""])
    assert read(tmp_path, content)[1:] == [(2, ["1", f'a{line_end}b"c']), (5, ["2", "x"])]


def test_one_column_needs_no_separator(tmp_path):
    assert read(tmp_path, "SKU\nMug\n") == [(1, ["SKU"]), (2, ["Mug"])]


def test_the_guard_comes_off_before_a_formula_and_nowhere_else(tmp_path):
    cells = read(tmp_path, "SKU\n'=1+1\n''quoted\n's-Hertogenbosch\n'\n'-1\n'+1\n'@x\n")[1:]
    assert [row[0] for _, row in cells] == ["=1+1", "'quoted", "'s-Hertogenbosch", "'", "-1", "+1", "@x"]


def test_an_unbalanced_quote_refuses_the_file_and_names_its_line(tmp_path):
    with pytest.raises(UnreadableFile, match="opened in line 3 is not closed"):
        read(tmp_path, 'SKU;Brand\n1;a\n2;"b\n3;c\n')


def test_a_file_with_a_nul_is_no_text(tmp_path):
    with pytest.raises(UnreadableFile, match="line 2 holds a NUL"):
        read(tmp_path, b"SKU\nM\x00ug\n")


def test_what_is_written_is_guarded_and_reads_back(tmp_path):
    path = tmp_path / "out.csv"
    texts = ["=1+1", "+1", "-1", "@x", "'=x", "'s-Gravenhage", "a\nb", 'say "hi"', "a;b,c\td|e", "é €", "_x0041_"]
    delimited.write(path, ["SKU", "Brand"], [[text, None] for text in texts])
    assert path.read_bytes().startswith(b"\xef\xbb\xbfSKU,Brand\r\n'=1+1,\r\n")
    assert [cells[0] for _, cells in files.rows(path)][1:] == texts


def test_numbers_are_never_guarded(tmp_path):
    path = tmp_path / "out.csv"
    delimited.write(path, ["Stock_Level"], [[-4]])
    assert path.read_text(encoding="utf-8-sig") == "Stock_Level\n-4\n"
