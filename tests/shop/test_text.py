"""Text as it is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop import text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Mug \t\r\n", "Mug"),
        ("\u00a0Mug\ufeff", "Mug"),
        ("one\r\ntwo\rthree\nfour", "one\ntwo\nthree\nfour"),
        ("a  b\tc", "a  b\tc"),
        ("Tasse émaillée 🫖", "Tasse émaillée 🫖"),
        ("", ""),
    ],
)
def test_text_is_kept_without_outer_spaces_and_with_plain_line_ends(typed, kept):
    assert text.clean(typed) == kept


@pytest.mark.parametrize(
    ("typed", "named"), [("a\x00b", "U+0000"), ("\x1b[0m", "U+001B"), ("\ud800", "U+D800"), ("a\uffffb", "U+FFFF")]
)
def test_what_no_database_keeps_is_refused_by_name(typed, named):
    with pytest.raises(ValueError, match="cannot be stored") as caught:
        text.clean(typed)
    assert named in str(caught.value)


def test_what_no_spreadsheet_cell_holds_is_refused():
    assert len(text.clean("x" * text.LONGEST)) == 32_767
    with pytest.raises(ValueError, match="It is 32,768 characters long; at most 32,767 are kept."):
        text.clean("x" * 32_768)


@given(st.text(max_size=200))
def test_cleaning_twice_is_cleaning_once(typed):
    try:
        kept = text.clean(typed)
    except ValueError:
        return
    assert text.clean(kept) == kept
    assert "\r" not in kept


def test_words_to_search_by_are_folded_and_joined():
    assert text.fold("STRASSE", "", "Straße") == "strasse strasse"
