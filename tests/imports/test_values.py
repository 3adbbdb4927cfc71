"""How texts, codes, switches and lists are read."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.cells import Broken, as_text, tidy
from imports.values import Choice, Code, Names, Slug, Switch, Text
from shop.text import clean


@pytest.mark.parametrize(
    ("cell", "text"),
    [(123, "123"), (123.0, "123"), (8712345000011, "8712345000011"), (8.712345000011e12, "8712345000011"),
     ("00123", "00123"), (12.5, "12.5"), (True, "TRUE"), ("8.71E", "8.71E")],
)  # fmt: skip
def test_a_code_is_text_with_every_digit(cell, text):
    assert Code(120).parse(cell) == text


@pytest.mark.parametrize("cell", ["8.71E+12", "8,71234E+12", "1E+05"])
def test_a_code_that_was_shortened_says_what_the_spreadsheet_program_did(cell):
    with pytest.raises(ValueError, match="The spreadsheet program shortened this number"):
        Code(120).parse(cell)


def test_a_number_longer_than_a_spreadsheet_keeps_is_refused():
    with pytest.raises(ValueError, match="longer than a spreadsheet program can keep"):
        Code(120).parse(1e17)


def test_a_date_says_what_the_spreadsheet_program_did():
    with pytest.raises(ValueError, match="turned this into a date"):
        Text(120).parse(datetime.date(2024, 3, 1))


def test_a_text_that_is_too_long_says_how_long_it_may_be():
    with pytest.raises(ValueError, match="121 characters long; at most 120"):
        Text(120).parse("x" * 121)


def test_a_cell_is_tidied_and_a_blank_one_is_none():
    assert tidy(" \u00a0Mug\r\nblue\u00a0 ") == "Mug\nblue"
    assert tidy(" \u00a0 ") is None
    assert tidy(None) is None
    with pytest.raises(ValueError, match=r"U\+0007"):
        tidy("Mug\x07")
    with pytest.raises(ValueError, match="an error"):
        tidy(Broken("#N/A", "an error"))


@pytest.mark.parametrize("cell", ["Y", "y", "yes", "YES", 1, 1.0, "1", True, "TRUE", "true"])
def test_a_switch_is_on(cell):
    assert Switch().parse(cell) is True
    assert Switch(inverted=True).parse(cell) is False


@pytest.mark.parametrize("cell", ["N", "n", "no", 0, 0.0, "0", False, "FALSE"])
def test_a_switch_is_off(cell):
    assert Switch().parse(cell) is False
    assert Switch(inverted=True).parse(cell) is True


@pytest.mark.parametrize("cell", ["x", 2, "on", "ja", "S"])
def test_a_switch_that_is_neither_is_refused(cell):
    with pytest.raises(ValueError, match="is neither Y nor N"):
        Switch().parse(cell)


def test_the_inverted_switch_shows_what_it_reads():
    assert Switch(inverted=True).show(True) == "N"
    assert Switch(inverted=True).show(False) == "Y"


def test_a_choice_is_read_without_regard_to_case_and_shown_by_its_first_word():
    choice = Choice({"Y": "visible", "N": "hidden", "yes": "visible"})
    assert choice.choices == ("Y", "N")
    assert choice.parse("YES") == "visible"
    assert choice.show("visible") == "Y"
    with pytest.raises(ValueError, match="is not one of Y, N"):
        choice.parse("Q")


@pytest.mark.parametrize(
    ("cell", "names"),
    [("a,b", ("a", "b")), ("a | b ; c", ("a", "b", "c")), ("a,,b,", ("a", "b")), ('"a, b",c', ("a, b", "c")),
     ('5" screen,x', ('5" screen', "x")), ("!ID:123", ("!ID:123",)), ('"say ""hi"""', ('say "hi"',))],
)  # fmt: skip
def test_a_list_is_read_from_one_cell(cell, names):
    assert Names(120).parse(cell) == names


def test_tags_are_a_set():
    assert Names(120, as_set=True).parse("red,blue,red") == ("blue", "red")


@given(st.lists(st.text(min_size=1, max_size=20), max_size=5))
def test_every_list_that_is_shown_reads_back(names):
    wanted = tuple(name for name in map(_cleaned, names) if name)
    shown = Names(120).show(wanted)
    assert (Names(120).parse(_cleaned(shown)) if shown else ()) == wanted


def _cleaned(text):
    try:
        return clean(text)
    except ValueError:
        return ""


@pytest.mark.parametrize("cell", ["two words", "a/b", "a?b", "a#b"])
def test_an_address_part_holds_no_signs_of_an_address(cell):
    with pytest.raises(ValueError, match="enamel-mug"):
        Slug(255).parse(cell)


def test_text_of_cells():
    assert as_text(Broken("#N/A", "")) == "#N/A"
    assert as_text(None) == ""
