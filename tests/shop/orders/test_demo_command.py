"""`manage.py load_demo`: what it prints, what it keeps, and what it leaves alone."""

import json
import re
import stat
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import Client

from catalog.models import Product, Variant
from inventory.models import StockItem, StockMovement
from shop import clock
from shop.accounts.models import ApiClient, ApiKey
from shop.orders import proof
from shop.orders.demo import loading, story
from shop.orders.models import Order
from shop.store.models import StoreSettings
from tests.factories import make_variant

pytestmark = pytest.mark.django_db

LEVELS = {"POT-CREAM": -11, "GRINDER": -3, "SKILLET-30": -3, "MUG-BLUE": 2, "AXE-CAMP": 0, "BASKET": -1}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


def load(*arguments):
    out, err = StringIO(), StringIO()
    call_command("load_demo", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def everything():
    """How many rows each table has, and the last movement."""
    counts = {model._meta.label: model._default_manager.count() for model in apps.get_models()}
    return counts, StockMovement.objects.order_by("-pk").values_list("pk", flat=True).first()


def printed(text, name):
    [value] = re.findall(rf"^{name} +(\S+)$", text, re.MULTILINE)
    return value


def test_it_prints_the_address_the_keys_and_a_first_order_that_takes_two_and_backorders_one(folder):
    said, complaints = load()
    assert complaints == ""
    assert "\nAddress         http://127.0.0.1:8000\n" in said
    assert "\nAPI reference   http://127.0.0.1:8000/api/docs\n" in said
    key = printed(said, "Storefront key")
    assert re.search(rf"^Storefront key  {re.escape(key)}$", said, re.MULTILINE)
    assert re.search(r"^Till key        pos_live_[0-9a-f]{8}\.\S+$", said, re.MULTILINE)

    [body] = re.findall(r"-d '(.+)'$", said, re.MULTILINE)
    assert f"Bearer {key}" in said
    answer = Client().post(
        "/api/v1/orders", body, content_type="application/json",
        headers={"Authorization": f"Bearer {key}", "Idempotency-Key": "my-first-order"},
    )  # fmt: skip
    assert answer.status_code == 201
    [line] = answer.json()["lines"]
    assert (line["sku"], line["allocated"], line["backordered"]) == ("MUG-BLUE", 2, 1)

    kept = folder / "demo-access.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text())["storefront"] == key


def test_run_again_it_prints_the_same_keys_and_changes_nothing():
    first, _ = load()
    before = everything()
    again, complaints = load()
    assert first.endswith(again)
    assert complaints == ""
    assert everything() == before
    assert load("--storefront-key") == (f"{printed(again, 'Storefront key')}\n", "")


@pytest.mark.parametrize("lost", ["", "not json", '{"storefront": "sf_live_0.x", "till": "pos_live_0.x"}'])
def test_lost_keys_are_replaced_and_that_is_said(folder, monkeypatch, lost):
    monkeypatch.setattr(story, "FIRST_DAY", 0)
    monkeypatch.setattr(story.Scenes, "plan", lambda *_: None)
    first, _ = load()
    kept = folder / "demo-access.json"
    kept.write_text(lost) if lost else kept.unlink()
    again, complaints = load()
    assert complaints == f"{kept} does not hold the keys of this store: new ones were made.\n"
    assert printed(again, "Storefront key") != printed(first, "Storefront key")
    assert ApiClient.objects.count() == 2
    assert ApiKey.objects.count() == 4
    assert load() == (again, "")


def test_a_store_with_products_of_its_own_is_never_touched(folder):
    make_variant(on_hand=3)
    before = everything()
    assert load() == ("This store is in use: the demo store was not loaded.\n", "")
    assert everything() == before
    assert not (folder / "demo-access.json").exists()
    with pytest.raises(CommandError, match="There is no demo store"):
        load("--storefront-key")


def test_a_store_that_somebody_has_named_is_never_touched():
    StoreSettings.objects.update(name="Corner shop")
    before = everything()
    assert "was not loaded" in load()[0]
    assert everything() == before


def test_the_storefront_key_alone_loads_nothing():
    with pytest.raises(CommandError, match="There is no demo store"):
        load("--storefront-key")
    assert not Product.objects.exists()


def test_a_row_with_an_error_stops_it_loudly_and_nothing_is_imported(folder, monkeypatch):
    broken = folder / "products.csv"
    broken.write_text(loading.SPREADSHEET.read_text(encoding="utf-8").replace(",12.50,", ",a dozen,"), encoding="utf-8")
    monkeypatch.setattr(loading, "SPREADSHEET", broken)
    with pytest.raises(CommandError, match=r"row 2, Price: “a dozen” is not an amount"):
        load()
    assert not Variant.objects.exists()


def test_interrupted_in_the_middle_of_the_orders_it_goes_on(monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(story.Scenes, "_cancel", stop)
        with pytest.raises(KeyboardInterrupt):
            load()
    assert loading.state() is loading.State.HALF
    assert not Order.objects.exists()
    said, _ = load()
    assert "were imported" not in said
    assert loading.state() is loading.State.DEMO
    assert Variant.objects.count() == 120
    assert proof.check() == []


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(datetime(2026, 7, 1, 22, 0, 30, tzinfo=UTC), id="just after midnight"),
        pytest.param(datetime(2026, 3, 29, 1, 30, tzinfo=UTC), id="in the night of the lost hour"),
    ],
)
def test_the_story_ends_the_same_at_any_moment(moment):
    with clock.at(moment):
        load()
    levels = StockItem.objects.filter(variant__sku__in=LEVELS).values_list("variant__sku", "level")
    assert dict(levels) == LEVELS
    assert not Order.objects.filter(placed_at__gt=moment).exists()
    assert proof.check() == []
