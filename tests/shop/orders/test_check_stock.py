"""`check_stock` proves ledger = counters = open order lines, names each difference, and mends it on demand."""

from io import StringIO

import pytest
from django.core.management import call_command

from catalog.models import Variant
from inventory import stock
from inventory.decision import Line
from inventory.models import StockItem, StockMovement
from shop.orders import placing
from shop.orders.models import OrderLine
from tests.factories import ProductFactory, make_variant, numbers

pytestmark = pytest.mark.django_db


def run(**options):
    """What the command prints, and its exit status."""
    out, status = StringIO(), 0
    try:
        call_command("check_stock", stdout=out, **options)
    except SystemExit as ended:
        status = ended.code
    return status, out.getvalue().splitlines()


@pytest.fixture
def mug():
    """5 on hand, 2 of them promised."""
    mug = make_variant(sku="MUG", on_hand=4)
    placing.place_order(lines=[Line(mug.pk, 2)], channel="storefront")
    stock.receive([stock.Entry(mug.pk, 1)])
    return mug


def test_a_sound_store_is_proven(mug):
    assert run() == (0, ["Ledger, counters and open order lines agree."])
    assert run(repair=True) == (0, ["Ledger, counters and open order lines agree."])
    assert not StockMovement.objects.filter(kind="repair").exists()


def test_a_counter_that_left_the_ledger_is_named_and_mended(mug):
    StockItem.objects.filter(pk=mug.pk).update(on_hand=9)
    name = f"Variant {mug.pk} (MUG)"
    said = [f"{name}: on hand is 9, its movements add up to 5."]
    assert run() == (1, [*said, "1 to repair: run check_stock --repair."])
    assert numbers(mug) == (9, 2, 7, 7, 0)

    assert run(repair=True) == (0, [*said, "Repaired 1; the ledger says how."])
    assert numbers(mug) == (5, 2, 3, 3, 0)
    mended = StockMovement.objects.get(kind="repair")
    assert (mended.on_hand_delta, mended.committed_delta, mended.actor_name) == (0, 0, "check_stock")
    assert mended.reason == said[0]
    assert run()[0] == 0


def test_promises_that_left_the_open_lines_are_named_and_mended(mug):
    OrderLine.objects.update(open=1, cancelled=1)
    assert run()[1][0] == f"Variant {mug.pk} (MUG): committed is 2, its open order lines to 1."
    run(repair=True)
    assert numbers(mug) == (5, 1, 4, 4, 0)
    assert StockMovement.objects.get(kind="repair").committed_delta == -1
    assert run()[0] == 0


def test_a_version_behind_its_ledger_is_named_and_mended(mug):
    StockItem.objects.filter(pk=mug.pk).update(version=1)
    assert run()[1][0] == f"Variant {mug.pk} (MUG): its version is 1, its movements go to 3."
    run(repair=True)
    assert run()[0] == 0
    stock.receive([stock.Entry(mug.pk, 1)])


def test_a_variant_without_a_stock_item_is_named_and_gets_one():
    orphan = Variant.objects.create(product=ProductFactory(), sku="LOST")
    assert run() == (
        1,
        [f"Variant {orphan.pk} (LOST): it has no stock item.", "1 to repair: run check_stock --repair."],
    )
    run(repair=True)
    assert numbers(orphan) == (0, 0, 0, 0, 0)
    assert run()[0] == 0
