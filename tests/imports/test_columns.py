"""Every column: a cell is read, kept, shown, and read again. A new column is one row here."""

from dataclasses import replace
from decimal import Decimal

import pytest

from catalog.models import Product, Variant
from imports import columns, exporting, importing
from imports.columns import COLUMNS, NEVER, Level, Owner
from imports.files import rows
from inventory.models import StockItem
from tests.factories import ProductTextFactory, TimeframeFactory, make_variant
from tests.imports import sheets
from tests.imports.sheets import counts

ROWS = {
    # title: a cell as a merchant writes it, and as an export shows it
    "Visible": ("s", "S"),
    "Brand": (" Acme ", "Acme"),
    "Supplier": ("Potters", "Potters"),
    "XX_Title_Short": ("Enamel mug", "Enamel mug"),
    "XX_Title_Long": ("Enamel mug, hand made", "Enamel mug, hand made"),
    "XX_Description_Short": ("Fine.", "Fine."),
    "XX_Description_Long": ("<p>Fine.</p>\r\n<p>Mug.</p>", "<p>Fine.</p>\n<p>Mug.</p>"),
    "XX_URL": ("the-mug", "the-mug"),
    "XX_Variant": ("Size: M, Color: Red", "Size: M, Color: Red"),
    "Price": ("€ 1.234,50", "1234.50"),
    "Price_Old": (15, "15.00"),
    "Price_Cost": ("5.5", "5.50"),
    "Price_Unit": (1.25, "1.25"),
    "Unit": ("piece", "piece"),
    "Tax": (0.21, "0.2100"),
    "Stock_Track": ("yes", "Y"),
    "Stock_Disable_Sold_Out": ("N", "N"),
    "Stock_Level": (12, "12"),
    "Stock_Min": (20, "20"),
    "Stock_Alert": ("3", "3"),
    "Article_Code": (7.0, "7"),
    "HS_Code": ("0042", "0042"),
    "EAN": (8712345000011, "8712345000011"),
    "SKU": ("007", "007"),
    "Weight": (350, "350"),
    "Weight_Value": ("0,35", "0.35"),
    "Weight_Unit": ("KG", "kg"),
    "Volume": (250, "250"),
    "Volume_Value": ("2.5", "2.5"),
    "Volume_Unit": ("cl", "cl"),
    "Colli": (2, "2"),
    "Size_X": (10, "10"),
    "Size_Y": (20, "20"),
    "Size_Z": (30, "30"),
    "Size_X_Value": (1.5, "1.5"),
    "Size_Y_Value": (2.5, "2.5"),
    "Size_Z_Value": (3.5, "3.5"),
    "Size_Unit": ("in", "in"),
    "Matrix": ("A1", "A1"),
    "Data_01": ("one", "one"),
    "Data_02": ("two", "two"),
    "Data_03": ("three", "three"),
    "Buy_Min": (2, "2"),
    "Buy_Max": (50, "50"),
    "XX_Google_Category": ("Home > Mugs", "Home > Mugs"),
    "XX_Category_1": ("Home", "Home"),
    "XX_Category_2": ("Mugs", "Mugs"),
    "XX_Category_3": ("Large", "Large"),
    "XX_Meta_Title": ("Mug", "Mug"),
    "XX_Meta_Description": ("A mug.", "A mug."),
    "XX_Meta_Keywords": ("mug, enamel", "mug, enamel"),
    "Images": ("http://x/1.jpg | !ID:123", "http://x/1.jpg,!ID:123"),
    "Tags": ("red; blue", "blue,red"),
    "Backorder_Limit": (5, "5"),
    "Delivery_Timeframe": ("Fast", "Fast"),
}
BESIDE = {
    "XX_Category_2": {"XX_Category_1": "Home"},
    "XX_Category_3": {"XX_Category_1": "Home", "XX_Category_2": "Mugs"},
}


def test_every_column_has_its_row():
    assert set(ROWS) == {column.title for column in COLUMNS} - set(columns.IDS)


@pytest.mark.django_db
@pytest.mark.parametrize("title", ROWS)
def test_a_cell_is_written_exported_as_shown_and_changes_nothing_when_it_comes_back(tmp_path, title):
    cell, shown = ROWS[title]
    TimeframeFactory(name="Fast")
    variant = make_variant(stock_alert=1)
    ProductTextFactory(product=variant.product)
    others = BESIDE.get(title, {})
    report = sheets.run(tmp_path, ["Internal_Variant_ID", title, *others], [variant.pk, cell, *others.values()])
    assert (report.errors, sum(counts(report)[:3])) == ([], 1)
    for name in ("out.csv", "out.xlsx"):
        exporting.export(tmp_path / name, [title, "Internal_Variant_ID"])
        [_, (_, [again, pk])] = rows(tmp_path / name)
        assert (float(again) == float(shown)) if isinstance(again, int | float) else (again == shown)
        assert int(pk) == variant.pk
        assert counts(importing.run(tmp_path / name)) == (0, 0, 1, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("title", [title for title in ROWS if not title.startswith("XX_Title_S")])
def test_a_new_product_takes_the_cell(tmp_path, title):
    cell, shown = ROWS[title]
    TimeframeFactory(name="Fast")
    others = {"XX_Title_Short": "New mug", **BESIDE.get(title, {})}
    report = sheets.run(tmp_path, [title, *others], [cell, *others.values()])
    assert (report.errors, counts(report)) == ([], (1, 0, 0, 0))
    exporting.export(tmp_path / "out.csv", [title])
    assert [cells for _, cells in rows(tmp_path / "out.csv")][1] == [shown]


@pytest.mark.parametrize("column", [column for column in COLUMNS if column.clearable], ids=lambda column: column.title)
def test_what_a_blank_cell_clears_to_is_shown_blank_or_as_nothing(column):
    assert column.text(column.clear) in ("", "0.00")


def test_what_a_blank_cell_never_clears():
    never = {column.title for column in COLUMNS if column.clear is NEVER}
    assert never == {
        "Internal_ID", "Internal_Variant_ID", "Visible", "XX_Title_Short", "XX_URL", "XX_Variant", "Price", "Tax",
        "Stock_Track", "Stock_Disable_Sold_Out", "Stock_Level", "Weight_Unit", "Volume_Unit", "Size_Unit", "Buy_Min",
    }  # fmt: skip


def test_levels_and_owners():
    by_title = {column.title: column for column in COLUMNS}
    assert by_title["Delivery_Timeframe"].level is Level.PRODUCT
    assert by_title["Backorder_Limit"].level is Level.VARIANT
    assert by_title["Stock_Level"].owner is Owner.INVENTORY
    assert by_title["Price"].owner is Owner.CATALOG


@pytest.mark.django_db
def test_money_has_the_digits_of_the_stores_currency():
    store = columns.read_store()
    price = columns.all_columns(store._replace(currency="JPY"))["Price"]
    assert price.text(Decimal("12.0000")) == "12"
    assert columns.all_columns(store)["Price"].text(Decimal("12")) == "12.00"


def test_the_reader_of_a_column_tells_one_true_and_one_apart():
    column = replace(COLUMNS[0], kind=columns.Text(20))
    read = column.reader()
    assert [read(1), read(True), read(1.0), read("1")] == ["1", "TRUE", "1", "1"]
    assert read(" ") is columns.BLANK


@pytest.mark.django_db
def test_texts_are_no_longer_than_their_fields(tmp_path):
    variant = make_variant()
    report = sheets.run(tmp_path, ["Internal_Variant_ID", "SKU", "Brand"], [variant.pk, "x" * 121, "y" * 121])
    assert [finding.column for finding in report.errors] == ["SKU", "Brand"]
    assert (Variant.objects.get().sku, Product.objects.get().brand, StockItem.objects.count()) == ("", None, 1)
