"""The stock item as the database sees it: its generated numbers and filters say what the plain arithmetic says."""

from itertools import product

import pytest

from inventory import decision, stock, variants
from inventory.models import StockItem
from shop.bulk import update_rows
from tests.factories import ProductFactory, make_variant
from tests.inventory.evidence import everything

pytestmark = pytest.mark.django_db

# Every state with small numbers: what differs at an edge differs here.
STATES = list(product(range(4), range(5), (True, False), (True, False), (None, 0, 1, 3), (None, 0, 1, 2)))


@pytest.fixture
def every_state():
    """A stock item in each of the states, as a value by variant id."""
    mug = ProductFactory()
    openings = [
        stock.Opening(0, track, allow, on_hand, backorder_limit=limit, stock_alert=alert)
        for on_hand, _, track, allow, limit, alert in STATES
    ]
    ids = variants.add([{"product": mug.pk}] * len(STATES), openings)
    committed = [(pk, state[1]) for pk, state in zip(ids, STATES, strict=True)]
    update_rows(StockItem, ("committed",), committed)
    return stock.look(ids)


def test_generated_numbers_are_the_plain_arithmetic_in_every_state(every_state):
    found = {item.pk: item for item in StockItem.objects.all()}
    assert len(found) == len(STATES)
    for pk, item in every_state.items():
        waiting = max(-item.level, 0) if item.track_inventory else 0
        expected = (item.level, decision.available(item), waiting)
        assert (found[pk].level, found[pk].available, found[pk].backordered) == expected, item


@pytest.mark.parametrize("status", [decision.IN_STOCK, decision.ON_BACKORDER, decision.OUT_OF_STOCK])
def test_filtering_by_status_finds_what_the_decision_says_in_every_state(every_state, status):
    expected = {pk for pk, item in every_state.items() if decision.status(item) == status}
    assert expected
    assert set(StockItem.objects.with_status(status).values_list("pk", flat=True)) == expected


def test_filtering_by_low_stock_finds_what_is_low_in_every_state(every_state):
    expected = {pk for pk, item in every_state.items() if item.is_low}
    assert expected
    assert set(StockItem.objects.low().values_list("pk", flat=True)) == expected
    assert {item.pk for item in StockItem.objects.all() if item.is_low} == expected


def test_filtering_by_who_is_waited_for_finds_what_is_backordered_in_every_state(every_state):
    expected = {pk for pk, item in every_state.items() if item.track_inventory and item.level < 0}
    assert set(StockItem.objects.waited_for().values_list("pk", flat=True)) == expected


def test_looking_and_locking_read_the_same(every_state):
    assert stock.lock(every_state) == every_state
    assert list(every_state) == sorted(every_state)


@pytest.mark.django_db(transaction=True)
def test_stock_cannot_be_locked_outside_a_transaction():
    from django.db.transaction import TransactionManagementError

    with pytest.raises(TransactionManagementError, match="only inside a transaction"):
        stock.lock([1])


def test_ids_that_no_variant_has_are_missing_however_large():
    mug = make_variant(on_hand=1)
    assert list(stock.look([mug.pk, mug.pk, 0, -1, mug.pk + 1, 2**63, 10**30])) == [mug.pk]


# Defaults for new variants


@pytest.mark.parametrize(("track", "allow"), [(True, False), (False, True), (True, True), (False, False)])
def test_a_variant_without_switches_of_its_own_takes_the_stores_defaults(track, allow):
    from shop.store import workflow

    workflow.change_inventory_defaults({"track_inventory_by_default": track, "allow_backorders_by_default": allow})
    item = stock_of(make_variant(track_inventory=None, allow_backorders=None))
    assert (item.track_inventory, item.allow_backorders) == (track, allow)


def test_out_of_the_box_a_variant_is_tracked_and_takes_no_backorders():
    item = stock_of(make_variant(track_inventory=None, allow_backorders=None))
    assert (item.track_inventory, item.allow_backorders) == (True, False)


def test_changed_defaults_leave_the_variants_that_exist_alone():
    from shop.store import workflow

    make_variant(track_inventory=None, allow_backorders=None)
    before = everything()["StockItem"]
    workflow.change_inventory_defaults({"track_inventory_by_default": False, "allow_backorders_by_default": True})
    assert everything()["StockItem"] == before


def test_an_explicit_switch_beats_the_stores_default():
    from shop.store import workflow

    workflow.change_inventory_defaults({"track_inventory_by_default": False, "allow_backorders_by_default": True})
    item = stock_of(make_variant(track_inventory=True, allow_backorders=False))
    assert (item.track_inventory, item.allow_backorders) == (True, False)


def stock_of(variant):
    return StockItem.objects.get(pk=variant.pk)
