"""What the rows of a file do, from file to store."""

from decimal import Decimal

import openpyxl
import pytest

from catalog.models import Brand, Category, CategoryText, Product, ProductText, Tag, Variant, VariantText
from imports.headers import UnreadableFile
from imports.importing import Options, run
from imports.models import ChangeRow, ChangeSet
from imports.survey import MatchBy
from inventory import stock
from inventory.models import StockItem, StockMovement
from shop.store.models import Language, StoreSettings
from shop.webhooks.models import OutboxEvent
from tests.factories import ProductTextFactory, TimeframeFactory, make_variant, numbers
from tests.imports import sheets
from tests.imports.sheets import ARTICLE_NEW, ARTICLE_UPDATE, counts, said, snapshot

pytestmark = pytest.mark.django_db


@pytest.fixture
def mug():
    variant = make_variant(on_hand=5, sku="MUG")
    ProductTextFactory(product=variant.product)
    return variant


def ids(variant):
    return [variant.product_id, variant.pk]


# The two files of the article, word for word.


@pytest.mark.parametrize("name", ["products.csv", "products.xlsx"])
def test_the_articles_new_products_file_adds_products(tmp_path, name):
    report = sheets.run(tmp_path, ARTICLE_NEW, ["Enamel mug", "Y", "N"], ["Gift card", "N", "Y"], name=name)
    assert counts(report) == (2, 0, 0, 0)
    assert report.new_products == 2
    assert "new products" in report.taken_for
    products = Product.objects.order_by("pk").values_list("title", "search", "visibility", "texts__slug")
    assert list(products) == [
        ("Enamel mug", "enamel mug", "visible", "enamel-mug"),
        ("Gift card", "gift card", "visible", "gift-card"),
    ]
    items = StockItem.objects.order_by("pk")
    assert list(items.values_list("track_inventory", "allow_backorders", "on_hand")) == [
        (True, True, 0),
        (False, False, 0),
    ]
    variant = Variant.objects.get(product__title="Enamel mug")
    assert (variant.title, variant.price, variant.minimum_order, variant.maximum_order) == ("Default", 0, 1, 10_000)


@pytest.mark.parametrize("name", ["products.csv", "products.xlsx"])
def test_the_articles_update_file_turns_backorders_on(tmp_path, name, mug):
    report = sheets.run(tmp_path, ARTICLE_UPDATE, [*ids(mug), mug.product.title, "Y", "N"], name=name)
    assert counts(report) == (0, 1, 0, 0)
    assert "update" in report.taken_for
    assert StockItem.objects.values_list("track_inventory", "allow_backorders").get(pk=mug.pk) == (True, True)
    movement = StockMovement.objects.filter(item=mug.pk).latest("pk")
    assert (movement.kind, movement.reference) == ("switches", f"import {report.change_set.pk}")


def test_the_same_file_again_changes_nothing(tmp_path, mug):
    rows = [ARTICLE_UPDATE, [*ids(mug), "Enamel mug", "Y", "N"]]
    sheets.run(tmp_path, *rows)
    before = snapshot()
    assert counts(sheets.run(tmp_path, *rows)) == (0, 0, 1, 0)
    assert snapshot() == before


# New rows.


def test_rows_that_share_an_internal_id_are_variants_of_one_product(tmp_path):
    titles = ["Internal_ID", "XX_Title_Short", "XX_Variant", "Stock_Level", "Brand"]
    report = sheets.run(
        tmp_path,
        titles,
        ["a", "Mug", "Size: S", 1, None],
        ["b", "Bowl", None, 2, None],
        ["a", None, "Size: M", 3, "Acme"],
    )
    assert counts(report) == (3, 0, 0, 0)
    assert report.new_products == 2
    mug = Product.objects.get(title="Mug")
    assert mug.brand.name == "Acme"
    variants = mug.variants.order_by("position").values_list("title", "position", "stock__level")
    assert list(variants) == [("Size: S", 0, 1), ("Size: M", 1, 3)]


def test_a_new_row_takes_the_stores_defaults_where_it_says_nothing(tmp_path):
    StoreSettings.objects.update(allow_backorders_by_default=True, track_inventory_by_default=False, tax_rate="0.21")
    sheets.run(tmp_path, ["XX_Title_Short", "Stock_Track", "Buy_Max"], ["Mug", None, None])
    variant = Variant.objects.get()
    item = StockItem.objects.get()
    assert (item.track_inventory, item.allow_backorders) == (False, True)
    assert (variant.tax, variant.maximum_order) == (Decimal("0.21"), 10_000)


def test_opening_stock_goes_through_the_ledger(tmp_path):
    sheets.run(tmp_path, ["XX_Title_Short", "Stock_Level"], ["Mug", 7])
    [movement] = StockMovement.objects.all()
    assert (movement.kind, movement.on_hand_delta, movement.on_hand_after, movement.version) == ("opening", 7, 7, 1)


def test_a_negative_level_of_a_new_row_is_read_as_none_with_a_warning(tmp_path):
    report = sheets.run(tmp_path, ["XX_Title_Short", "Stock_Level"], ["Mug", -3])
    assert StockItem.objects.get().on_hand == 0
    assert [str(warning) for warning in report.warnings] == [
        "row 2, Stock_Level: A new variant owes nobody units: -3 was read as 0."
    ]


def test_a_new_product_is_added_only_if_all_its_rows_are_good(tmp_path):
    titles = ["Internal_ID", "XX_Title_Short", "XX_Variant", "Price"]
    report = sheets.run(tmp_path, titles, [1, "Mug", "S", 1], [2, "Bowl", None, 2], [1, None, "M", "x"])
    assert list(Product.objects.values_list("title", flat=True)) == ["Bowl"]
    assert sorted(said(report)) == [
        "row 2: Row 4 of the same new product has an error. A product is added only if all its rows are good.",
        "row 4, Price: “x” is not an amount. Write it as in 12.50.",
    ]


def test_a_new_product_needs_a_title(tmp_path):
    report = sheets.run(tmp_path, ["XX_Title_Short", "SKU"], [None, "a"])
    assert said(report) == ["row 2, XX_Title_Short: A new product needs a title. Fill it in."]
    assert not Product.objects.exists()


def test_a_file_of_new_products_without_a_title_column_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="New products need a title. Add the column EN_Title_Short"):
        sheets.run(tmp_path, ["SKU"], ["a"])


def test_slugs_are_seeded_from_the_title_and_made_unique(tmp_path):
    sheets.run(tmp_path, ["XX_Title_Short", "XX_URL"], *[["Café mug", None]] * 3, ["Other", "mine"], ["茶碗", None])
    sheets.run(tmp_path, ["XX_Title_Short"], ["Café mug"])
    slugs = ProductText.objects.order_by("product_id").values_list("slug", flat=True)
    assert list(slugs) == ["cafe-mug", "cafe-mug-2", "cafe-mug-3", "mine", "茶碗", "cafe-mug-4"]


def test_a_variant_is_added_to_an_existing_product(tmp_path, mug):
    titles = ["Internal_ID", "Internal_Variant_ID", "XX_Variant", "Price"]
    report = sheets.run(tmp_path, titles, [*ids(mug), None, None], [mug.product_id, None, "Large", 9])
    assert counts(report) == (1, 0, 1, 0)
    large = Variant.objects.get(title="Large")
    assert (large.product_id, large.position, large.price) == (mug.product_id, 1, 9)


def test_a_combination_twice_is_an_error(tmp_path, mug):
    titles = ["Internal_ID", "Internal_Variant_ID", "XX_Variant"]
    rows = (
        [*ids(mug), None],
        [mug.product_id, None, "Default"],
        [mug.product_id, None, "M"],
        [mug.product_id, None, "M"],
    )
    report = sheets.run(tmp_path, titles, *rows)
    assert said(report) == [
        "row 3, XX_Variant: The product has a variant “Default” already. Give this one another title.",
        "row 5, XX_Variant: Row 4 is the variant “M” too. Give one of them another title.",
    ]


def test_other_options_in_one_product_are_a_warning(tmp_path):
    titles = ["Internal_ID", "XX_Title_Short", "XX_Variant"]
    report = sheets.run(tmp_path, titles, [1, "Mug", "Size: S, Color: Red"], [1, None, "Color: Blue"])
    assert [str(warning) for warning in report.warnings] == [
        "row 3, XX_Variant: This variant has other options than the rows above it of the same product."
    ]
    assert Variant.objects.count() == 2


def test_new_products_that_exist_already_are_stopped_until_confirmed(tmp_path, mug):
    rows = [["Internal_ID", "XX_Title_Short"], [mug.product_id, mug.product.title], [99, "Bowl"]]
    with pytest.raises(UnreadableFile, match="^1 of the 2 products .* exist already"):
        sheets.run(tmp_path, *rows)
    assert Product.objects.count() == 1
    assert counts(sheets.run(tmp_path, *rows, really_new=True)) == (2, 0, 0, 0)
    assert Product.objects.count() == 3


# Which variant.


def test_an_id_that_is_none_or_another_products_or_named_twice_is_an_error(tmp_path, mug):
    other = make_variant()
    titles = ["Internal_ID", "Internal_Variant_ID", "Price"]
    rows = (
        ids(mug),
        [other.product_id, mug.pk],
        [None, 999_999],
        ["x", None],
        [None, "abc"],
        ids(mug),
        [None, f"{2**63}"],
    )
    before = snapshot()
    report = sheets.run(
        tmp_path, titles, *[[*row, 1] for row in rows[1:5]], [*ids(mug), 12.5], [*ids(mug), 1], [*rows[6], 1]
    )
    assert said(report) == [
        f"row 2, Internal_Variant_ID: Variant {mug.pk} belongs to product {mug.product_id}, not {other.product_id}. "
        "Correct one of the two ids.",
        "row 3, Internal_Variant_ID: There is no variant 999999. Correct the id, or leave it out to add a new variant.",
        "row 4, Internal_ID: There is no product x. Correct the id, or leave it out to add a new product.",
        "row 5, Internal_Variant_ID: “abc” is not a whole number. Write it as in 12.",
        f"row 7, Internal_Variant_ID: Row 6 has {mug.pk} too. Keep one of the two rows.",
        f"row 8, Internal_Variant_ID: {2**63:,} is too high. Write a whole number of at most {2**63 - 1:,}.",
    ]
    assert snapshot()[:4] == before[:4]


def test_archived_things_are_errors_by_id_and_never_match_by_key(tmp_path, mug):
    Variant.objects.filter(pk=mug.pk).update(archived_at="2024-01-01T00:00Z")
    report = sheets.run(tmp_path, ["Internal_Variant_ID", "Price"], [mug.pk, 1])
    assert said(report) == [f"row 2, Internal_Variant_ID: Variant {mug.pk} is archived. Restore it first."]
    report = sheets.run(tmp_path, ["SKU", "XX_Title_Short"], ["MUG", "New mug"], match_by=MatchBy.SKU)
    assert counts(report) == (1, 0, 0, 0)


def test_rows_find_their_variant_by_sku(tmp_path, mug):
    make_variant(sku="TWIN")
    make_variant(sku="TWIN")
    titles = ["SKU", "Price", "XX_Title_Short"]
    rows = ["MUG", 3, None], ["TWIN", 3, None], ["NEW", 3, "New"], ["MUG", 4, None], [None, 5, "Without"]
    report = sheets.run(tmp_path, titles, *rows, match_by=MatchBy.SKU)
    assert counts(report) == (2, 1, 0, 2)
    assert Variant.objects.get(pk=mug.pk).price == 3
    assert Variant.objects.get(sku="NEW").price == 3
    assert "row 3, SKU: TWIN is carried by 2 variants" in said(report)[0]
    assert said(report)[1] == "row 5, SKU: Row 2 has MUG too. Keep one of the two rows."


def test_a_new_row_joins_the_product_that_the_rows_with_its_internal_id_found(tmp_path, mug):
    titles = ["Internal_ID", "SKU", "XX_Variant"]
    report = sheets.run(tmp_path, titles, ["theirs", "MUG-L", "Large"], ["theirs", "MUG", None], match_by=MatchBy.SKU)
    assert counts(report) == (1, 0, 1, 0)
    assert Variant.objects.get(sku="MUG-L").product_id == mug.product_id


def test_the_key_to_match_by_must_be_in_the_file(tmp_path):
    with pytest.raises(UnreadableFile, match="no column EAN to match by"):
        sheets.run(tmp_path, ["SKU"], ["a"], match_by=MatchBy.EAN)


# Blank cells, missing columns, repeats.


def test_a_blank_cell_keeps_the_value_and_clears_it_only_when_told_to(tmp_path):
    mug = make_variant(sku="MUG", price_old="9.00", weight_value="300", maximum_order=5, stock_alert=3)
    ProductTextFactory(product=mug.product, description="Fine.")
    titles = [
        "Internal_Variant_ID",
        "SKU",
        "Price",
        "Price_Old",
        "Weight",
        "Buy_Max",
        "Stock_Alert",
        "XX_Title_Short",
        "XX_Description_Short",
        "Stock_Track",
    ]
    rows = [titles, [mug.pk, *[None] * 9]]
    assert counts(sheets.run(tmp_path, *rows)) == (0, 0, 1, 0)
    assert counts(sheets.run(tmp_path, *rows, blank_clears=True)) == (0, 1, 0, 0)
    mug.refresh_from_db()
    assert (mug.sku, mug.price, mug.price_old, mug.weight_value, mug.maximum_order) == (
        "",
        Decimal("12.5"),
        0,
        None,
        None,
    )
    text = mug.product.texts.get()
    assert (text.title, text.description) == (mug.product.title, "")
    assert StockItem.objects.values_list("stock_alert", "track_inventory").get(pk=mug.pk) == (None, True)


def test_a_different_repeat_is_an_error_of_the_later_row_and_a_blank_one_is_fine(tmp_path, mug):
    second = make_variant(product=mug.product, title="M")
    third = make_variant(product=mug.product, title="L")
    titles = ["Internal_Variant_ID", "Brand"]
    report = sheets.run(tmp_path, titles, [mug.pk, "Acme"], [second.pk, None], [third.pk, "Other"])
    assert counts(report) == (0, 1, 1, 1)
    assert said(report) == [
        "row 4, Brand: Row 2 says “Acme” for the same product. Write the same in both, or leave one blank."
    ]
    assert Product.objects.get(pk=mug.product_id).brand.name == "Acme"


def test_a_change_of_the_product_belongs_to_the_first_good_row_that_makes_it(tmp_path, mug):
    second = make_variant(product=mug.product, title="M")
    third = make_variant(product=mug.product, title="L")
    rows = [mug.pk, "Acme", "bad"], [second.pk, "Acme", None], [third.pk, "Acme", None]
    report = sheets.run(tmp_path, ["Internal_Variant_ID", "Brand", "Price"], *rows)
    assert counts(report) == (0, 1, 1, 1)
    assert ChangeRow.objects.get(kind="change").cells == {"Brand": ["", "Acme"]}
    assert Product.objects.get(pk=mug.product_id).brand.name == "Acme"


# Stock.


def test_the_level_is_set_through_the_ledger_and_keeps_what_is_promised(tmp_path, mug):
    stock.commit_units(stock.lock([mug.pk]), {mug.pk: 3}, reference="order 1")
    report = sheets.run(tmp_path, ["Internal_Variant_ID", "Stock_Level"], [mug.pk, 10])
    assert report.level_changes == 1
    assert numbers(mug) == (13, 3, 10, 10, 0)
    assert StockMovement.objects.filter(item=mug.pk).latest("pk").kind == "level_set"
    moves = StockMovement.objects.filter(item=mug.pk).values_list("on_hand_delta", "committed_delta")
    assert [sum(column) for column in zip(*moves, strict=True)] == [13, 3]


def test_a_level_that_would_make_on_hand_negative_is_an_error(tmp_path, mug):
    report = sheets.run(tmp_path, ["Internal_Variant_ID", "Stock_Level"], [mug.pk, -1])
    assert said(report) == [
        "row 2, Stock_Level: -1 would mean fewer than none on hand: only 0 are promised to orders. "
        "The lowest possible level is 0."
    ]
    assert numbers(mug) == (5, 0, 5, 5, 0)


def test_switches_limits_and_level_of_one_row_are_all_written(tmp_path, mug):
    titles = [
        "Internal_Variant_ID",
        "Stock_Level",
        "Stock_Track",
        "Stock_Disable_Sold_Out",
        "Stock_Min",
        "Stock_Alert",
        "Backorder_Limit",
    ]
    other = make_variant()
    sheets.run(tmp_path, titles, [mug.pk, 8, "N", "N", 10, None, None], [other.pk, None, "Y", "N", None, 4, 20])
    fields = (
        "track_inventory",
        "allow_backorders",
        "on_hand",
        "minimum_stock",
        "stock_alert",
        "backorder_limit",
        "version",
    )
    assert StockItem.objects.values_list(*fields).get(pk=mug.pk) == (False, True, 8, 10, None, None, 3)
    assert StockItem.objects.values_list(*fields).get(pk=other.pk) == (True, True, 0, None, 4, 20, 1)
    assert OutboxEvent.objects.filter(data__variant_id=other.pk).count() == 2


def test_no_stock_leaves_levels_alone(tmp_path, mug):
    report = sheets.run(tmp_path, ["Internal_Variant_ID", "Stock_Level", "Price"], [mug.pk, 99, 1], set_stock=False)
    assert report.level_changes == 0
    assert numbers(mug)[0] == 5
    assert Variant.objects.get(pk=mug.pk).price == 1


def test_contradictions_are_warnings(tmp_path, mug):
    titles = ["Internal_Variant_ID", "Stock_Track", "Stock_Disable_Sold_Out", "Visible", "Price", "Price_Cost"]
    report = sheets.run(tmp_path, titles, [mug.pk, "N", "N", "S", 1, 2])
    assert [(warning.row, warning.column) for warning in report.warnings] == [
        (2, "Stock_Disable_Sold_Out"), (2, "Visible"), (2, "Price"),
    ]  # fmt: skip
    assert counts(report) == (0, 1, 0, 0)


# Columns with a mind of their own.


def test_a_weight_in_grams_and_a_value_with_a_unit_are_one_truth(tmp_path, mug):
    titles = ["Internal_Variant_ID", "Weight", "Weight_Value", "Weight_Unit"]
    sheets.run(tmp_path, titles, [mug.pk, None, 0.35, "kg"])
    mug.refresh_from_db()
    assert (mug.weight_value, mug.weight_unit) == (Decimal("0.35"), "kg")
    assert counts(sheets.run(tmp_path, titles[:2], [mug.pk, 350])) == (0, 0, 1, 0)
    sheets.run(tmp_path, titles[:2], [mug.pk, 500])
    mug.refresh_from_db()
    assert (mug.weight_value, mug.weight_unit) == (Decimal("0.5"), "kg")
    report = sheets.run(tmp_path, titles, [mug.pk, 400, 0.35, "kg"])
    assert said(report) == [
        "row 2, Weight: 400 here and 0.35 kg in Weight_Value contradict each other. Keep one of the two."
    ]


def test_a_category_path_is_found_or_made(tmp_path, mug):
    titles = ["Internal_Variant_ID", "XX_Category_1", "XX_Category_2", "XX_Category_3"]
    other = make_variant()
    sheets.run(tmp_path, titles, [mug.pk, "Home", "Mugs", "Large"], [other.pk, "Home", "Pots", None])
    assert Category.objects.count() == 4
    category = Product.objects.get(pk=mug.product_id).category
    assert (category.title, category.parent.title, category.parent.parent.title) == ("Large", "Mugs", "Home")
    assert counts(sheets.run(tmp_path, titles[:2], [mug.pk, "Home"])) == (0, 1, 0, 0)
    assert Product.objects.get(pk=mug.product_id).category.title == "Home"
    report = sheets.run(tmp_path, titles, [mug.pk, None, "Mugs", "Small"], [other.pk, None, "Pots", None])
    assert counts(report) == (0, 1, 1, 0)
    assert Category.objects.get(title="Small").parent.title == "Mugs"


def test_categories_have_titles_in_other_languages(tmp_path, mug):
    Language.objects.create(code="NL", name="Dutch")
    titles = ["Internal_Variant_ID", "EN_Category_1", "NL_Category_1", "NL_Category_2"]
    other = make_variant()
    report = sheets.run(tmp_path, titles, [mug.pk, "Home", "Thuis", "Bekers"], [other.pk, "Home", "Wonen", None])
    assert said(report) == [
        "row 2, NL_Category_2: There is no category of level 2 to give this title to. Fill in EN_Category_2.",
        "row 3, NL_Category_1: Row 2 calls the category Home “Thuis”. Write the same in both.",
    ]
    rows = [titles[:3], [mug.pk, "Home", "Thuis"], [other.pk, "Home", "Thuis"]]
    assert counts(sheets.run(tmp_path, *rows)) == (0, 2, 0, 0)
    assert list(CategoryText.objects.values_list("category__title", "language", "title")) == [("Home", "NL", "Thuis")]
    assert counts(sheets.run(tmp_path, *rows)) == (0, 0, 2, 0)


def test_a_category_title_of_a_row_with_an_error_is_given_by_the_next_row(tmp_path, mug):
    Language.objects.create(code="NL", name="Dutch")
    titles = ["Internal_Variant_ID", "EN_Category_1", "NL_Category_1", "Price"]
    sheets.run(tmp_path, titles, [mug.pk, "Home", "Thuis", "x"], [make_variant().pk, "Home", "Thuis", 1])
    assert CategoryText.objects.get().title == "Thuis"


def test_texts_of_another_language_are_made_with_a_slug(tmp_path, mug):
    titles = ["Internal_Variant_ID", "NL_Title_Short", "NL_Variant"]
    rows = [titles, [mug.pk, "Emaille beker", "Standaard"]]
    report = sheets.run(tmp_path, *rows)
    assert report.unknown_languages == ["NL"]
    assert not Language.objects.filter(code="NL").exists()
    sheets.run(tmp_path, *rows, add_languages=True, dry_run=True)
    assert not Language.objects.filter(code="NL").exists()
    assert counts(sheets.run(tmp_path, *rows, add_languages=True)) == (0, 1, 0, 0)
    text = ProductText.objects.get(product=mug.product_id, language="NL")
    assert (text.title, text.slug) == ("Emaille beker", "emaille-beker")
    assert VariantText.objects.get().title == "Standaard"
    assert "emaille beker" in Product.objects.get(pk=mug.product_id).search


def test_a_title_changes_the_product_and_what_it_is_found_by(tmp_path, mug):
    sheets.run(tmp_path, ["Internal_Variant_ID", "XX_Title_Short", "SKU"], [mug.pk, "Big Mug", "B-1"])
    product = Product.objects.get(pk=mug.product_id)
    assert (product.title, product.search) == ("Big Mug", "big mug b-1")
    assert product.texts.get().title == "Big Mug"


def test_an_address_that_is_taken_is_an_error(tmp_path, mug):
    other = make_variant()
    ProductTextFactory(product=other.product, slug="taken")
    third = make_variant()
    titles = ["Internal_Variant_ID", "XX_URL"]
    report = sheets.run(tmp_path, titles, [mug.pk, "taken"], [other.pk, "free"], [third.pk, "free"])
    assert said(report) == [
        f"row 2, XX_URL: Product {other.product_id} has the address “taken” already. Choose another one.",
        "row 4, XX_URL: Row 3 has the address “free” too. Choose another one.",
    ]


def test_brands_suppliers_and_tags_are_made_and_a_timeframe_must_exist(tmp_path, mug):
    TimeframeFactory(name="Fast")
    titles = ["Internal_Variant_ID", "Brand", "Supplier", "Tags", "Images", "Delivery_Timeframe"]
    other = make_variant()
    rows = (
        [mug.pk, "Acme", "Sup", "red|blue", "http://x/1.jpg,!ID:123", "Fast"],
        [other.pk, "Acme", None, "red", None, "Slow"],
    )
    report = sheets.run(tmp_path, titles, *rows)
    assert said(report) == [
        "row 3, Delivery_Timeframe: There is no delivery timeframe “Slow”. Make it in the settings first."
    ]
    product = Product.objects.get(pk=mug.product_id)
    assert (product.brand.name, product.supplier.name, product.delivery_timeframe.name) == ("Acme", "Sup", "Fast")
    assert product.images == ["http://x/1.jpg", "!ID:123"]
    assert sorted(product.tags.values_list("name", flat=True)) == ["blue", "red"]
    sheets.run(tmp_path, ["Internal_Variant_ID", "Tags"], [mug.pk, "red,green"])
    assert sorted(product.tags.values_list("name", flat=True)) == ["green", "red"]
    assert (Brand.objects.count(), Tag.objects.count()) == (1, 3)


def test_order_limits_that_contradict_are_an_error(tmp_path, mug):
    report = sheets.run(tmp_path, ["Internal_Variant_ID", "Buy_Min"], [mug.pk, 20_000])
    assert said(report) == [
        "row 2, Buy_Max: At most 10000 is less than Buy_Min, at least 20000. Correct one of the two."
    ]


# The run as a whole.


def test_every_error_of_a_row_is_told_with_the_title_of_the_file(tmp_path, mug):
    titles = ["Internal_Variant_ID", "stock track", "Price", "SKU"]
    report = sheets.run(tmp_path, titles, [mug.pk, "x", "1,234", "8.71E+12"], [None, None, None, None])
    assert [(finding.row, finding.column) for finding in report.errors] == [
        (2, "stock track"),
        (2, "Price"),
        (2, "SKU"),
    ]
    assert report.rows == 1


def test_an_error_cell_is_an_error_of_its_row(tmp_path, mug):
    report = sheets.run(tmp_path, ["Internal_Variant_ID", "Price", "SKU"], [mug.pk, "#N/A", "new"])
    assert said(report) == ["row 2, Price: The spreadsheet shows the error #N/A here. Put it right and save the file."]
    assert Variant.objects.get(pk=mug.pk).sku == "MUG"


def test_the_error_rows_come_back_and_import_when_corrected(tmp_path, mug):
    titles = ["Internal_Variant_ID", "SKU", "Stock_Track", "My note"]
    report = sheets.run(tmp_path, titles, [mug.pk, "007", "x", "=1"], [make_variant().pk, "8", "N", None])
    assert counts(report) == (0, 1, 0, 1)
    assert report.errors_file == tmp_path / "products-errors.xlsx"
    book = openpyxl.load_workbook(report.errors_file)
    assert [cell.value for cell in book.active[1]] == [*titles, "Import_Error"]
    row = [cell.value for cell in book.active[2]]
    assert row == [mug.pk, "007", "x", "=1", "Stock_Track: “x” is neither Y nor N. Write Y or N."]
    book.active["C2"] = "N"
    book.save(tmp_path / "again.xlsx")
    again = run(tmp_path / "again.xlsx")
    assert counts(again) == (0, 1, 0, 0)
    assert again.ignored == ["My note"]
    assert Variant.objects.get(pk=mug.pk).sku == "007"


def test_error_rows_that_cannot_be_written_back_do_not_hide_the_report(tmp_path, mug):
    rows = ["Internal_Variant_ID", "Price"], [mug.pk, "x"]
    report = sheets.run(tmp_path, *rows, errors=tmp_path / "no" / "such.xlsx")
    assert report.errors_file is None
    assert report.errors_problem.startswith("The error rows could not be written to")
    with pytest.raises(UnreadableFile, match="must end in"):
        sheets.run(tmp_path, *rows, errors=tmp_path / "errors.txt")


def test_a_dry_run_writes_nothing(tmp_path, mug):
    before = snapshot()
    rows = ["Internal_Variant_ID", "XX_Title_Short", "Brand"], [mug.pk, "Other", "Acme"], [None, "New", None]
    report = sheets.run(tmp_path, *rows, dry_run=True)
    assert counts(report) == (1, 1, 0, 0)
    assert snapshot() == before
    assert not ChangeSet.objects.exists()
    assert not Brand.objects.exists()


def test_stop_on_error_refuses_the_good_rows_too(tmp_path, mug):
    before = snapshot()
    report = sheets.run(tmp_path, ["Internal_Variant_ID", "Price"], [mug.pk, 1], [999, 1], stop_on_error=True)
    assert report.refused
    assert not report.is_good
    assert snapshot()[:4] == before[:4]
    assert ChangeSet.objects.get().state == "refused"


def test_the_change_set_tells_who_when_and_how_many(tmp_path, mug):
    report = sheets.run(tmp_path, ["Internal_Variant_ID", "Price"], [mug.pk, 1], [999, 1])
    change_set = ChangeSet.objects.get()
    assert report.change_set == change_set
    assert (change_set.kind, change_set.title, change_set.state) == ("import", "products.xlsx", "applied")
    assert (change_set.rows, change_set.changed, change_set.new, change_set.same, change_set.errors) == (2, 1, 0, 0, 1)
    assert list(change_set.lines.values_list("row", "kind", "product_id", "variant_id", "cells")) == [
        (2, "change", mug.product_id, mug.pk, {"Price": ["12.50", "1.00"]}),
        (3, "error", None, None, {}),
    ]
    assert change_set.applied_at is not None


def test_options_have_their_defaults():
    assert Options() == Options(dry_run=False, match_by=MatchBy.ID, set_stock=True)


def test_an_error_row_with_a_character_that_xml_cannot_hold_comes_back_all_the_same(tmp_path):
    report = sheets.run(tmp_path, ["XX_Title_Short", "SKU"], ["Mug", "a\x07b"], name="in.csv")
    assert [(finding.row, finding.column) for finding in report.errors] == [(2, "SKU")]
    assert report.errors_file is not None
    again = run(report.errors_file)
    assert [(finding.row, finding.column) for finding in again.errors] == [(2, "SKU")]
