"""Which column of a file is which."""

import datetime
from decimal import Decimal

import pytest

from imports import headers
from imports.columns import COLUMNS, Store, all_columns
from imports.headers import UnreadableFile

STORE = Store("EUR", "EN", {"EN": "English", "NL": "Dutch"}, Decimal("0.21"), True, False)


def matched(*titles):
    return [match.column.title if match.column else None for match in headers.match(titles, STORE).matches]


def test_titles_match_without_regard_to_case_spaces_underscores_and_hyphens():
    assert matched("weight_value", "Stock Track", "stock-disable-sold-out", "en title short", "SKU") == [
        "Weight_Value", "Stock_Track", "Stock_Disable_Sold_Out", "EN_Title_Short", "SKU",
    ]  # fmt: skip


def test_a_literal_xx_is_the_default_language():
    assert matched("XX_Title_Short", "NL_Title_Short") == ["EN_Title_Short", "NL_Title_Short"]


def test_mapping_labels_match_too():
    assert matched("Variant - Inventory tracking enabled", "Product - Title - Dutch", "Product - Brand") == [
        "Stock_Track", "NL_Title_Short", "Brand",
    ]  # fmt: skip


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.title)
def test_every_title_and_every_label_finds_its_column(column):
    wanted = column.of("EN", "English").title if column.per_language else column.title
    assert matched(column.title, "SKU" if column.title != "SKU" else "EAN")[0] == wanted
    assert matched(column.label, "SKU" if column.title != "SKU" else "EAN")[0] == wanted


def test_a_language_that_the_store_does_not_have_is_named():
    header = headers.match(["SKU", "DE_Title_Short", "fr-URL"], STORE)
    assert header.unknown_languages == ["DE", "FR"]
    assert header.ignored == []


def test_unknown_columns_are_ignored_and_said_but_the_error_column_is_not():
    assert headers.match(["SKU", "Colour of the week", "Import_Error", None], STORE).ignored == ["Colour of the week"]


def test_a_date_for_a_title_names_no_column():
    assert [match.column for match in headers.match([datetime.date(2024, 3, 1), "SKU"], STORE).matches][0] is None


def test_two_columns_with_one_title_refuse_the_file():
    with pytest.raises(UnreadableFile, match="Two columns have one title, XX_Title_Short and EN_Title_Short"):
        headers.match(["XX_Title_Short", "EN_Title_Short"], STORE)
    with pytest.raises(UnreadableFile, match="Two columns have the title SKU"):
        headers.match(["SKU", "SKU"], STORE)


def test_a_file_without_a_known_title_is_refused():
    with pytest.raises(UnreadableFile, match="Write the titles"):
        headers.match(["Mug", "12.50"], STORE)


def test_every_language_has_its_own_columns_the_default_first():
    titles = list(all_columns(STORE))
    assert titles.index("EN_Title_Short") + 1 == titles.index("NL_Title_Short")
    assert len(titles) == len(set(titles))
