"""What goes out comes back: an export, imported as it is, finds nothing to change and writes nothing."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from catalog.models import Brand, Category, Product, Tag, VariantText
from imports import exporting, importing
from imports.columns import COLUMNS
from imports.files import rows
from shop.store.models import Language
from shop.text import LONGEST, clean
from tests.factories import ProductTextFactory, TimeframeFactory, make_variant
from tests.imports.sheets import counts, snapshot

pytestmark = pytest.mark.django_db

NASTY = [
    "=1+1", "+1", "-1", "@x", "'", "'=x", "''x", "'s-Hertogenbosch", "007", "1E5", "8.71E+12", "#N/A", "TRUE",
    "_x0041_", "_x005F_x0041_", "a\nb", "😀", 'say "hi"', '"', "a;b,c|d\te", "non\u00a0breaking", "\u2028", "\u0085",
    "12,50", "1/2", "İı", "e\u0301", "<p>&amp;</p>", "\\", "%s", "sep=;", "\u200b", "a,\n b",
]  # fmt: skip


def is_clean(text):
    try:
        return bool(text) and clean(text) == text
    except ValueError:
        return False


texts = st.text(max_size=40).map(lambda text: text.strip(" \t\n\r\u00a0\ufeff").replace("\r", "\n")).filter(is_clean)


def make_product(text):
    """A product that has this text wherever a text can be."""
    brand, _ = Brand.objects.get_or_create(name=text[:120])
    tag, _ = Tag.objects.get_or_create(name=text[:120])
    top, _ = Category.objects.get_or_create(parent=None, title=text[:255])
    category, _ = Category.objects.get_or_create(parent=top, title=text[:255])
    codes = dict.fromkeys(("sku", "ean", "article_code", "hs_code"), text[:120])
    variant = make_variant(title=text[:255], unit=text[:60], matrix=text[:255], **codes)
    Product.objects.filter(pk=variant.product_id).update(
        title=text[:255],
        brand=brand,
        category=category,
        images=[text[:900], text[:900]],
        data_01=text,
        data_02=text,
        data_03=text,
    )
    variant.product.tags.add(tag)
    long = dict.fromkeys(("description", "content", "meta_description", "meta_keywords"), text)
    short = dict.fromkeys(("title", "full_title", "google_category", "meta_title"), text[:255])
    for code in ("EN", "NL"):
        ProductTextFactory(product=variant.product, language_id=code, slug=f"p{variant.product_id}", **long, **short)
    VariantText.objects.create(variant=variant, language_id="NL", title=text[:255])
    return variant


def unchanged(path):
    """Export, import, and see that nothing was found and nothing was written."""
    exporting.export(path)
    before = snapshot()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        report = importing.run(path)
    assert report.errors == []
    assert counts(report)[:2] == (0, 0)
    assert counts(report)[3] == 0
    assert snapshot() == before
    written = {
        query["sql"].split('"')[1] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
    }
    assert written == {"imports_changeset"}


@pytest.fixture
def dutch():
    Language.objects.create(code="NL", name="Dutch")


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_any_text_of_the_collection_comes_back(tmp_path, dutch, name):
    for text in NASTY:
        make_product(text)
    unchanged(tmp_path / name)


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
@given(text=texts)
@example(text="x" * 300)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back(tmp_path, name, text):
    Language.objects.get_or_create(code="NL", name="Dutch")
    make_product(text)
    unchanged(tmp_path / name)


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_the_longest_texts_come_back(tmp_path, dutch, name):
    make_product("_x0041_" * (LONGEST // 7))
    unchanged(tmp_path / name)


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_every_kind_of_number_comes_back(tmp_path, name):
    timeframe = TimeframeFactory()
    measures = {"weight_unit": "oz", "volume_unit": "l", "size_unit": "in"}
    variant = make_variant(
        price="1234567890.12", price_old="0.01", price_cost="0.1", tax="0.2150", maximum_order=None, colli=0,
        weight_value="12.3456", volume_value="0.0004", size_x="1.5", size_y=None, size_z="999.9999", on_hand=7,
        backorder_limit=0, minimum_stock=0, stock_alert=5, **measures,
    )  # fmt: skip
    Product.objects.filter(pk=variant.product_id).update(
        visibility="visible_when_in_stock", delivery_timeframe=timeframe
    )
    make_variant(track_inventory=False, allow_backorders=True, on_hand=9, price="0.1234")
    make_variant(weight_value=Decimal("1000000"), weight_unit="kg")
    unchanged(tmp_path / name)


def test_an_export_has_every_column_once_and_every_language(tmp_path, dutch):
    make_product("Mug")
    exporting.export(tmp_path / "out.csv")
    [_, titles], _ = rows(tmp_path / "out.csv")
    per_language = sum(1 for column in COLUMNS if column.per_language)
    assert len(titles) == len(set(titles)) == len(COLUMNS) + per_language


def test_an_untracked_variant_exports_no_level_and_an_archived_one_not_at_all(tmp_path):
    make_variant(track_inventory=False, on_hand=9, sku="a")
    make_variant(on_hand=4, sku="b")
    make_variant(sku="c", archived_at="2024-01-01T00:00Z")
    gone = make_variant(sku="d")
    Product.objects.filter(pk=gone.product_id).update(archived_at="2024-01-01T00:00Z")
    assert exporting.export(tmp_path / "out.csv", ["SKU", "Stock_Level"]) == 2
    assert [cells for _, cells in rows(tmp_path / "out.csv")] == [["SKU", "Stock_Level"], ["a", None], ["b", "4"]]


def test_a_chunk_of_an_export_costs_a_constant_number_of_statements(tmp_path, django_assert_max_num_queries):
    for _ in range(5):
        make_variant()
    with CaptureQueriesContext(connection) as few:
        exporting.export(tmp_path / "out.csv")
    for _ in range(30):
        make_variant()
    with CaptureQueriesContext(connection) as many:
        exporting.export(tmp_path / "out.csv")
    assert len(few) == len(many)
