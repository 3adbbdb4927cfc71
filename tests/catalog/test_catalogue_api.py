"""The catalogue API: what a storefront finds, and what it must not see."""

from datetime import UTC, datetime, timedelta

import pytest

from catalog.models import Product
from inventory import stock
from shop import clock
from tests.api_client import Api, problem
from tests.factories import ProductFactory, ProductTextFactory, make_variant

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def found(api, query=""):
    return [product["id"] for product in api.get(f"/products?{query}").json()["results"]]


@pytest.fixture
def mug():
    """In stock as white, on backorder as blue, sold out as red."""
    product = ProductFactory(title="Enamel mug", updated_at=MORNING)
    make_variant(product=product, title="White", sku="MUG-WHT", ean="8712345000011", on_hand=1, position=2)
    make_variant(product=product, title="Blue", sku="MUG-BLU", allow_backorders=True, position=1)
    make_variant(product=product, title="Red", sku="MUG-RED", position=3)
    return product


def test_a_product_shows_its_variants_in_order_with_what_can_be_bought(mug):
    [shown] = Api("storefront").get("/products").json()["results"]

    assert [variant["title"] for variant in shown["variants"]] == ["Blue", "White", "Red"]
    assert shown["variants"][1] == {
        "id": shown["variants"][1]["id"], "title": "White", "sku": "MUG-WHT", "ean": "8712345000011", "price": "12.50",
        "availability": {"status": "in_stock", "label": "In stock", "purchasable": True},
    }  # fmt: skip
    labels = [variant["availability"]["label"] for variant in shown["variants"]]
    assert labels == ["On backorder", "In stock", "Out of stock"]
    assert {name: value for name, value in shown.items() if name not in ("id", "variants")} == {
        "title": "Enamel mug", "visibility": "visible", "currency": "EUR", "availability_status": "in_stock",
        "updated_at": "2026-11-23T09:00:00Z",
    }  # fmt: skip


def test_one_product_adds_its_texts_and_for_staff_programs_the_switches(mug):
    ProductTextFactory(product=mug, description="A mug.", content="<p>It does not break.</p>")
    Product.objects.filter(pk=mug.pk).update(images=["!ID:101"])

    shown = Api("storefront").get(f"/products/{mug.pk}").json()
    assert (shown["description"], shown["content"]) == ("A mug.", "<p>It does not break.</p>")
    assert (shown["images"], shown["brand"]) == (["!ID:101"], None)
    assert "track_inventory" not in shown["variants"][0]
    shown = Api("pos").get(f"/products/{mug.pk}").json()
    assert (shown["variants"][0]["track_inventory"], shown["variants"][0]["allow_backorders"]) == (True, True)


def test_a_product_is_revalidated_by_its_tag_until_its_stock_changes(mug):
    api = Api()
    tag = api.get(f"/products/{mug.pk}")["ETag"]
    assert api.get(f"/products/{mug.pk}", If_None_Match=tag).status_code == 304
    stock.sell([stock.Entry(mug.variants.get(sku="MUG-WHT").pk, 1)])
    assert api.get(f"/products/{mug.pk}", If_None_Match=tag).status_code == 200


def test_products_are_found_by_words_and_identifiers(mug):
    api = Api("storefront")
    other = make_variant(product=ProductFactory(title="Blanket"), sku="BLK", on_hand=1).product
    assert found(api) == [mug.pk, other.pk]
    assert found(api, "q=ENAMEL") == [mug.pk]
    assert found(api, "q=MUG-RED") == [mug.pk]
    assert found(api, "q=50%25") == []
    assert found(api, "sku=BLK,none") == [other.pk]
    assert found(api, "ean=8712345000011") == [mug.pk]
    assert found(api, f"ids={other.pk},999999") == [other.pk]


def test_an_availability_matches_a_product_if_any_variant_does(mug):
    api = Api("storefront")
    full = make_variant(on_hand=1, allow_backorders=True).product
    assert found(api, "availability=on_backorder") == [mug.pk]
    assert found(api, "availability=in_stock") == [mug.pk, full.pk]
    assert found(api, "availability=out_of_stock,on_backorder") == [mug.pk]


def test_what_changed_since_includes_variants_and_stock(mug):
    with clock.at(MORNING):
        old = make_variant(product=ProductFactory(updated_at=MORNING), on_hand=1)
    later = f"updated_since={(MORNING + timedelta(hours=1)):%Y-%m-%dT%H:%M:%SZ}"
    assert old.product_id not in found(Api(), later)
    with clock.at(MORNING + timedelta(hours=2)):
        stock.receive([stock.Entry(old.pk, 1)])
    assert old.product_id in found(Api(), later)


def test_a_hidden_product_is_not_there_for_a_storefront():
    hidden = make_variant(product=ProductFactory(visibility="hidden"), on_hand=5).product
    assert found(Api("storefront")) == []
    assert problem(Api("storefront").get(f"/products/{hidden.pk}")) == (404, "not_found")
    assert found(Api("pos")) == [hidden.pk]
    assert Api("pos").get(f"/products/{hidden.pk}").status_code == 200


def test_a_product_visible_when_in_stock_is_listed_only_then_but_its_page_stays():
    product = ProductFactory(visibility="visible_when_in_stock")
    variant = make_variant(product=product, on_hand=1, allow_backorders=True)
    api = Api("storefront")
    assert found(api) == [product.pk]
    stock.sell([stock.Entry(variant.pk, 1)])
    assert found(api) == []
    assert api.get(f"/products/{product.pk}").json()["availability_status"] == "on_backorder"
    order = api.post("/orders", {"lines": [{"variant_id": variant.pk, "quantity": 1}]})
    assert order.json()["backorder_status"] == "full"


def test_an_untracked_variant_counts_as_in_stock_for_the_list():
    product = make_variant(product=ProductFactory(visibility="visible_when_in_stock"), track_inventory=False).product
    assert found(Api("storefront")) == [product.pk]


def test_archived_products_and_variants_are_gone_for_everybody(mug):
    mug.variants.filter(sku="MUG-WHT").update(archived_at=clock.now())
    assert [one["sku"] for one in Api().get(f"/products/{mug.pk}").json()["variants"]] == ["MUG-BLU", "MUG-RED"]
    Product.objects.filter(pk=mug.pk).update(archived_at=clock.now())
    assert found(Api()) == []
    assert problem(Api().get(f"/products/{mug.pk}")) == (404, "not_found")
