"""The store's settings: one row, typed, and defaults that never reach back."""

import pytest
from django.db import IntegrityError, transaction

from inventory.models import StockItem
from shop.accounts.models import AuditEntry
from shop.store import money
from shop.store.models import StoreSettings
from tests.api_client import Api, entries, problem
from tests.factories import ProductFactory, make_variant

pytestmark = pytest.mark.django_db


def test_out_of_the_box_backorders_are_off_and_tracking_is_on():
    assert Api("storefront").get("/settings/inventory").json() == {
        "allow_backorders_by_default": False,
        "track_inventory_by_default": True,
    }


def test_there_is_exactly_one_row():
    assert StoreSettings.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        StoreSettings.objects.create(id=2, default_language_id="EN")


def test_a_new_default_is_for_new_variants_only():
    from inventory import stock, variants

    old = make_variant()
    assert Api().patch("/settings/inventory", {"allow_backorders_by_default": True}).status_code == 200
    [new] = variants.add([{"product": ProductFactory().pk}], [stock.Opening(0)])

    assert StockItem.objects.get(pk=old.pk).allow_backorders is False
    assert StockItem.objects.get(pk=new).allow_backorders is True
    assert StockItem.objects.get(pk=new).track_inventory is True
    assert AuditEntry.objects.get(object_type="store").changes == {"allow_backorders_by_default": [False, True]}


def test_a_stale_or_impossible_change_is_refused():
    api = Api()
    tag = api.get("/settings/inventory")["ETag"]
    assert entries(api.patch("/settings/inventory", {"allow_backorders_by_default": None})) == [
        ("#/allow_backorders_by_default", "invalid_type")
    ]
    api.patch("/settings/inventory", {"track_inventory_by_default": False})
    stale = api.patch("/settings/inventory", {"track_inventory_by_default": True}, If_Match=tag)
    assert problem(stale) == (412, "precondition_failed")
    assert StoreSettings.objects.current().track_inventory_by_default is False


@pytest.mark.parametrize(("amount", "currency", "shown"), [
    ("12.5", "EUR", "12.50"),
    ("12.345", "EUR", "12.35"),
    ("1250", "JPY", "1250"),
    ("0.1", "KWD", "0.100"),
    ("1E+3", "EUR", "1000.00"),
])  # fmt: skip
def test_amounts_have_exactly_the_currencys_digits(amount, currency, shown):
    assert money.show(money.Decimal(amount), currency) == shown
