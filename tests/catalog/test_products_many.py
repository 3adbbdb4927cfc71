"""The verbs that write many products at once."""

import pytest
from django.db import transaction

from catalog import categories, lists, products, texts
from catalog.models import Brand, Category, Product, ProductText, Tag, Variant, VariantText
from shop.store.models import Language
from tests.factories import ProductFactory, ProductTextFactory, make_variant

pytestmark = pytest.mark.django_db


def test_products_are_inserted_in_order_each_with_its_own_fields_and_the_defaults():
    ids = products.insert_products([{"title": "A", "data_01": "x"}, {"title": "B", "images": ["1.jpg"]}])
    assert ids == sorted(ids)
    stored = Product.objects.order_by("pk").values_list("title", "data_01", "images", "visibility")
    assert list(stored) == [("A", "x", [], "visible"), ("B", "", ["1.jpg"], "visible")]


def test_only_the_changed_fields_of_each_row_change():
    a, b = make_variant(sku="a", ean="1"), make_variant(sku="b", ean="2")
    stamp = Variant.objects.get(pk=a.pk).updated_at
    products.update_variants({a.pk: {"sku": "new"}, b.pk: {"ean": "3"}})
    assert list(Variant.objects.order_by("pk").values_list("sku", "ean")) == [("new", "1"), ("b", "3")]
    assert Variant.objects.get(pk=a.pk).updated_at > stamp


def test_locking_leaves_out_what_is_archived_or_not_there():
    kept = make_variant()
    gone = make_variant(archived_at="2024-01-01T00:00Z")
    assert products.lock_variants([gone.pk, kept.pk, 999_999]) == {kept.pk}
    assert products.lock_products([]) == set()


def test_tags_are_set_exactly():
    product = ProductFactory()
    tags = lists.ensure(Tag, ["red", "blue", "green"])
    products.set_tags({product.pk: {tags["red"], tags["blue"]}})
    products.set_tags({product.pk: {tags["blue"], tags["green"]}})
    assert products.tags_of([product.pk]) == {product.pk: ("blue", "green")}
    products.set_tags({product.pk: set()})
    assert products.tags_of([product.pk]) == {}


def test_list_entries_are_made_once():
    first = lists.ensure(Brand, ["Acme", "Acme", ""])
    assert lists.ensure(Brand, ["Acme", "Other"])["Acme"] == first["Acme"]
    assert Brand.objects.count() == 2


def test_category_paths_grow_the_tree_where_it_is_missing():
    tree = categories.ensure(categories.Tree(), [("Home", "Mugs"), ("Home", "Pots"), ("Garden",)])
    assert Category.objects.count() == 4
    assert tree.path(tree.find(("Home", "Mugs"))) == ("Home", "Mugs")
    assert tree.find(("Home", "Cups")) is None
    categories.ensure(categories.Tree(), [("Home", "Mugs")])
    assert Category.objects.count() == 4


def test_category_texts_are_made_changed_and_taken_away():
    Language.objects.create(code="NL", name="Dutch")
    path = ("Home",)
    tree = categories.ensure(categories.Tree(), [path])
    for title in ("Thuis", "Wonen", ""):
        categories.set_texts(tree, {(path, "NL"): title})
        assert categories.Tree(["NL"]).text(path, "NL") == title


def test_slugs_stay_unique_in_their_language():
    ProductTextFactory(slug="mug")
    ProductTextFactory(slug="mug-3")
    assert texts.free_slugs("EN", ["mug", "mug", "bowl", "mug"], {"bowl"}) == ["mug-2", "mug-4", "bowl-2", "mug-5"]


def test_a_crowd_of_one_slug_takes_few_statements(django_assert_max_num_queries):
    for number in range(2, 60):
        ProductTextFactory(slug=f"mug-{number}")
    ProductTextFactory(slug="mug")
    with django_assert_max_num_queries(5):
        assert texts.free_slugs("EN", ["mug"] * 3) == ["mug-60", "mug-61", "mug-62"]


def test_texts_are_made_with_a_slug_of_the_products_title_where_they_have_none():
    Language.objects.create(code="NL", name="Dutch")
    product = ProductFactory(title="Enamel mug")
    with transaction.atomic():
        texts.set_product_texts({(product.pk, "NL"): {"description": "Mooi."}})
    assert ProductText.objects.values_list("title", "slug", "description").get() == ("", "enamel-mug", "Mooi.")


def test_variant_titles_of_other_languages_come_and_go():
    Language.objects.create(code="NL", name="Dutch")
    variant = make_variant()
    texts.set_variant_titles({(variant.pk, "NL"): "Groot"})
    texts.set_variant_titles({(variant.pk, "NL"): "Klein"})
    assert VariantText.objects.get().title == "Klein"
    texts.set_variant_titles({(variant.pk, "NL"): ""})
    assert not VariantText.objects.exists()


def test_a_product_is_found_by_all_its_titles_skus_and_eans():
    variant = make_variant(sku="ABC", ean="871", product=ProductFactory(title="Straße"))
    ProductTextFactory(product=variant.product, title="Street")
    texts.keep_search([variant.product_id])
    assert Product.objects.get().search == "strasse street abc 871"
