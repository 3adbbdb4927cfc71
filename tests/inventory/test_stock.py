"""What moves when: every row of the domain's table, with the movement that tells of it."""

from datetime import UTC, datetime

import pytest

from inventory import stock, variants
from inventory.models import StockItem, StockMovement, StockPosting
from inventory.stock import Entry
from shop import clock
from shop.accounts import acting, keys
from shop.accounts.models import AuditEntry
from shop.orders import placing, proof
from shop.orders.placing import Line
from shop.webhooks import outbox
from tests.factories import make_variant, numbers
from tests.inventory.evidence import discrepancies, events, everything, last_movement, moved, nothing_moves

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def order(variant, quantity):
    return placing.place_order(lines=[Line(variant.pk, quantity)], channel="storefront").order


def waiting_mug(on_hand=2, ordered=5):
    """A mug that somebody ordered more of than there is."""
    mug = make_variant(on_hand=on_hand, allow_backorders=True)
    order(mug, ordered)
    return mug


@pytest.fixture(autouse=True)
def _sound(db):
    yield
    assert discrepancies() == []


# Opening


def test_opening_stock_is_the_first_movement():
    with clock.at(NOON), acting.acting_as(acting.Actor("user", 7, "Ada")):
        mug = make_variant(on_hand=4, allow_backorders=True)
    assert numbers(mug) == (4, 0, 4, 4, 0)
    movement = last_movement(mug)
    assert moved(movement) == ("opening", 4, 0, 4, 0, 1)
    assert (movement.track_inventory, movement.allow_backorders) == (True, True)
    assert (movement.actor_kind, movement.actor_id, movement.actor_name) == ("user", 7, "Ada")
    assert movement.recorded_at == NOON


def test_a_variant_that_opens_with_nothing_has_no_movement_yet():
    mug = make_variant()
    assert numbers(mug) == (0, 0, 0, 0, 0)
    assert not StockMovement.objects.exists()


# Received


def test_a_delivery_is_put_on_hand():
    mug = make_variant(on_hand=2)
    with clock.at(NOON), acting.acting_as(acting.Actor("client", 3, "Till 3")):
        posted = stock.receive([Entry(mug.pk, 5)], reference="DN-7", occurred_at=datetime(2026, 11, 22, 9, tzinfo=UTC))
    assert numbers(mug) == (7, 0, 7, 7, 0)
    movement = last_movement(mug)
    assert moved(movement) == ("receipt", 5, 0, 7, 0, 2)
    assert (movement.reference, movement.posting) == ("DN-7", posted.posting)
    assert (movement.actor_kind, movement.actor_id, movement.actor_name) == ("client", 3, "Till 3")
    posting = StockPosting.objects.get()
    assert (posting.type, posting.reference, posting.recorded_at) == ("receipt", "DN-7", NOON)
    assert posting.occurred_at == datetime(2026, 11, 22, 9, tzinfo=UTC)
    [booked] = posted.booked
    assert (booked.before.on_hand, booked.after.on_hand, booked.correction) == (2, 7, 0)


def test_entries_of_one_variant_are_booked_one_after_the_other():
    mug = make_variant()
    posted = stock.receive([Entry(mug.pk, 5), Entry(mug.pk, 2)])
    assert [(one.before.on_hand, one.after.on_hand) for one in posted.booked] == [(0, 5), (5, 7)]
    assert [moved(movement) for movement in StockMovement.objects.order_by("version")] == [
        ("receipt", 5, 0, 5, 0, 1),
        ("receipt", 2, 0, 7, 0, 2),
    ]


def test_a_delivery_of_an_unknown_variant_is_refused_whole():
    mug = make_variant(on_hand=2)
    with nothing_moves(stock.UnknownVariants) as caught:
        stock.receive([Entry(mug.pk, 5), Entry(mug.pk + 9, 1), Entry(mug.pk + 8, 1)])
    assert caught.value.params == {"variant_ids": [mug.pk + 8, mug.pk + 9]}


def test_more_than_anybody_has_is_refused():
    mug = make_variant(on_hand=2)
    with nothing_moves(stock.TooMuch):
        stock.receive([Entry(mug.pk, stock.MOST_UNITS - 1)])


# Returned at the till


def test_a_till_return_goes_back_on_the_shelf():
    mug = make_variant(on_hand=2)
    stock.take_back([Entry(mug.pk, 1)], reference="R-1")
    assert numbers(mug) == (3, 0, 3, 3, 0)
    assert moved(last_movement(mug)) == ("return", 1, 0, 3, 0, 2)


# Till sale


def test_a_till_sale_takes_from_hand():
    mug = make_variant(on_hand=5)
    stock.sell([Entry(mug.pk, 2)], reference="T-1")
    assert numbers(mug) == (3, 0, 3, 3, 0)
    assert moved(last_movement(mug)) == ("sale", -2, 0, 3, 0, 2)


def test_a_till_sale_beyond_what_is_free_makes_customers_wait_and_is_never_refused():
    mug = make_variant(on_hand=3)
    order(mug, 3)
    stock.sell([Entry(mug.pk, 2)])
    assert numbers(mug) == (1, 3, -2, 0, 2)


def test_selling_more_than_is_on_hand_books_a_correction_first():
    mug = make_variant(on_hand=1)
    posted = stock.sell([Entry(mug.pk, 4)], reference="T-2")
    assert numbers(mug) == (0, 0, 0, 0, 0)
    assert posted.booked[0].correction == 3
    found, sold = StockMovement.objects.filter(posting=posted.posting).order_by("version")
    assert moved(found) == ("correction", 3, 0, 4, 0, 2)
    assert (found.reason, found.reference) == ("More was sold than was known to be there.", "T-2")
    assert moved(sold) == ("sale", -4, 0, 0, 0, 3)


def test_the_second_entry_of_a_sale_finds_what_the_first_left():
    mug = make_variant(on_hand=3)
    posted = stock.sell([Entry(mug.pk, 2), Entry(mug.pk, 2)])
    assert [(one.correction, one.after.on_hand) for one in posted.booked] == [(0, 1), (1, 0)]


# Count


def test_a_count_is_what_is_there():
    mug = waiting_mug()
    stock.count([Entry(mug.pk, 6)])
    assert numbers(mug) == (6, 5, 1, 1, 0)
    assert moved(last_movement(mug)) == ("count", 4, 0, 6, 5, 3)


def test_a_count_of_what_was_known_is_noted_and_changes_nothing():
    mug = make_variant(on_hand=4)
    stock.count([Entry(mug.pk, 4)])
    assert moved(last_movement(mug)) == ("count", 0, 0, 4, 0, 2)


def test_a_count_that_believed_right_is_booked():
    mug = make_variant(on_hand=4)
    stock.count([Entry(mug.pk, 9, expected_on_hand=4)])
    assert numbers(mug) == (9, 0, 9, 9, 0)


def test_a_count_that_believed_wrong_is_refused_as_changed():
    mug = make_variant(on_hand=4)
    cup = make_variant(on_hand=1)
    with nothing_moves(stock.StockChanged) as caught:
        stock.count([Entry(cup.pk, 7), Entry(mug.pk, 9, expected_on_hand=5)])
    assert caught.value.code == "stock_changed"
    assert caught.value.params == {"variant_id": mug.pk, "on_hand": 4}


def test_the_belief_is_about_what_is_on_hand_and_not_about_the_level():
    mug = waiting_mug(on_hand=2, ordered=5)
    stock.count([Entry(mug.pk, 3, expected_on_hand=2)])
    assert numbers(mug) == (3, 5, -2, 0, 2)


def test_a_count_as_a_level_is_net_of_what_is_promised():
    mug = waiting_mug(on_hand=2, ordered=5)
    stock.count([Entry(mug.pk, 1)], as_level=True)
    assert numbers(mug) == (6, 5, 1, 1, 0)
    assert moved(last_movement(mug)) == ("count", 4, 0, 6, 5, 3)


def test_a_negative_level_can_be_counted_down_to_nothing_on_hand():
    mug = waiting_mug(on_hand=2, ordered=5)
    stock.count([Entry(mug.pk, -5)], as_level=True)
    assert numbers(mug) == (0, 5, -5, 0, 5)


def test_a_level_that_would_make_the_on_hand_negative_is_refused():
    mug = waiting_mug(on_hand=2, ordered=5)
    with nothing_moves(stock.NotEnoughOnHand) as caught:
        stock.count([Entry(mug.pk, -6)], as_level=True)
    assert caught.value.params == {"variant_id": mug.pk, "on_hand": 2}


# Correction


@pytest.mark.parametrize(("units", "after"), [(3, (7, 0, 7, 7, 0)), (-4, (0, 0, 0, 0, 0))])
def test_a_correction_moves_by_its_sign_and_says_why(units, after):
    mug = make_variant(on_hand=4)
    posted = stock.correct([Entry(mug.pk, units)], reason="Broken glaze", reference="K-1")
    assert numbers(mug) == after
    movement = last_movement(mug)
    assert moved(movement) == ("correction", units, 0, after[0], 0, 2)
    assert (movement.reason, posted.posting.reason) == ("Broken glaze", "Broken glaze")


def test_a_correction_below_nothing_on_hand_is_refused():
    mug = make_variant(on_hand=4)
    cup = make_variant(on_hand=1)
    with nothing_moves(stock.NotEnoughOnHand) as caught:
        stock.correct([Entry(cup.pk, -1), Entry(mug.pk, -5)], reason="Broken")
    assert caught.value.code == "not_enough_on_hand"
    assert caught.value.params == {"variant_id": mug.pk, "on_hand": 4}


def test_corrections_of_one_variant_are_judged_together():
    mug = make_variant(on_hand=4)
    with nothing_moves(stock.NotEnoughOnHand):
        stock.correct([Entry(mug.pk, -3), Entry(mug.pk, -2)], reason="Broken")


def test_a_correction_may_make_customers_wait():
    mug = make_variant(on_hand=4)
    order(mug, 4)
    stock.correct([Entry(mug.pk, -1)], reason="Broken")
    assert numbers(mug) == (3, 4, -1, 0, 1)


# Stock level set


def set_levels(levels, **note):
    outbox.record(stock.set_levels(stock.lock(levels), levels, **note))


def test_setting_a_level_moves_what_is_on_hand():
    mug = waiting_mug(on_hand=2, ordered=5)
    set_levels({mug.pk: 4}, reference="import 3", reason="Spreadsheet")
    assert numbers(mug) == (9, 5, 4, 4, 0)
    movement = last_movement(mug)
    assert moved(movement) == ("level_set", 7, 0, 9, 5, 3)
    assert (movement.reference, movement.reason) == ("import 3", "Spreadsheet")


def test_setting_the_level_that_is_there_writes_nothing():
    mug = waiting_mug(on_hand=2, ordered=5)
    before = everything()
    set_levels({mug.pk: -3})
    assert everything() == before


def test_a_level_may_be_set_below_zero_while_customers_wait():
    mug = waiting_mug(on_hand=2, ordered=5)
    set_levels({mug.pk: -5})
    assert numbers(mug) == (0, 5, -5, 0, 5)


def test_a_set_level_that_would_make_the_on_hand_negative_is_refused():
    mug, cup = waiting_mug(on_hand=2, ordered=5), make_variant(on_hand=1)
    with nothing_moves(stock.NotEnoughOnHand):
        set_levels({cup.pk: 8, mug.pk: -6})


def test_an_untracked_item_keeps_a_set_level_for_the_day_it_is_tracked():
    mug = make_variant(on_hand=2, track_inventory=False)
    set_levels({mug.pk: 9})
    assert numbers(mug) == (9, 0, 9, 0, 0)
    switch(mug, track_inventory=True)
    assert numbers(mug) == (9, 0, 9, 9, 0)


# Untracked


@pytest.mark.parametrize("verb", [stock.receive, stock.take_back, stock.sell, stock.count])
def test_what_happens_to_an_untracked_variant_is_noted_and_moves_nothing(verb):
    download = make_variant(track_inventory=False, on_hand=3)
    before = everything()
    posted = verb([Entry(download.pk, 2)], reference="N-1")
    assert posted.booked[0].before == posted.booked[0].after
    after = everything()
    assert len(after.pop("StockPosting")) == 1
    del before["StockPosting"]
    assert after == before


def test_a_wrong_belief_about_an_untracked_variant_is_not_held_against_a_count():
    download = make_variant(track_inventory=False, on_hand=3)
    stock.count([Entry(download.pk, 2, expected_on_hand=9)])
    assert numbers(download) == (3, 0, 3, 0, 0)


def test_an_untracked_entry_does_not_keep_the_others_from_being_booked():
    download, mug = make_variant(track_inventory=False), make_variant()
    stock.receive([Entry(download.pk, 2), Entry(mug.pk, 2)])
    assert (numbers(download), numbers(mug)) == ((0, 0, 0, 0, 0), (2, 0, 2, 2, 0))


# Switches


def switch(variant, **new):
    outbox.record(stock.switch(stock.lock([variant.pk]), {variant.pk: stock.Switch(**new)}))


def test_turning_backorders_off_keeps_what_was_promised_and_refuses_new_demand():
    mug = waiting_mug(on_hand=2, ordered=5)
    switch(mug, allow_backorders=False)
    assert numbers(mug) == (2, 5, -3, 0, 3)
    movement = last_movement(mug)
    assert moved(movement) == ("switches", 0, 0, 2, 5, 3)
    assert (movement.track_inventory, movement.allow_backorders) == (True, False)
    with nothing_moves(placing.OrderRejected) as caught:
        order(mug, 1)
    assert caught.value.verdicts[0].refusal.code == "out_of_stock"


def test_turning_tracking_off_keeps_what_is_on_hand_and_goes_on_counting_promises():
    mug = waiting_mug(on_hand=2, ordered=5)
    switch(mug, track_inventory=False)
    assert numbers(mug) == (2, 5, -3, 0, 0)
    order(mug, 4)
    stock.receive([Entry(mug.pk, 7)])
    assert numbers(mug) == (2, 9, -7, 0, 0)


def test_turning_tracking_on_counts_again_what_was_kept():
    mug = make_variant(on_hand=2, track_inventory=False, allow_backorders=True)
    order(mug, 5)
    switch(mug, track_inventory=True)
    assert numbers(mug) == (2, 5, -3, 0, 3)
    assert moved(last_movement(mug)) == ("switches", 0, 0, 2, 5, 3)


def test_turning_tracking_on_may_say_in_the_same_act_what_is_there():
    mug = make_variant(on_hand=2, track_inventory=False)
    order(mug, 5)
    switch(mug, track_inventory=True, on_hand=6)
    assert numbers(mug) == (6, 5, 1, 1, 0)
    turned, counted = StockMovement.objects.filter(item_id=mug.pk).order_by("-version")[:2][::-1]
    assert moved(turned) == ("switches", 0, 0, 2, 5, 3)
    assert moved(counted) == ("count", 4, 0, 6, 5, 4)


def test_turning_both_switches_is_one_movement():
    mug = make_variant(on_hand=2)
    switch(mug, track_inventory=False, allow_backorders=True)
    movement = last_movement(mug)
    assert moved(movement) == ("switches", 0, 0, 2, 0, 2)
    assert (movement.track_inventory, movement.allow_backorders) == (False, True)


def test_a_switch_turned_to_where_it_is_writes_nothing():
    mug = make_variant(on_hand=2)
    before = everything()
    switch(mug, track_inventory=True, allow_backorders=False, on_hand=2)
    switch(mug)
    assert everything() == before


def test_a_negative_count_with_a_switch_is_refused():
    mug = make_variant(on_hand=2, track_inventory=False)
    with nothing_moves(stock.NotEnoughOnHand):
        switch(mug, track_inventory=True, on_hand=-1)


# Limits, and the page that changes all of it


def test_limits_are_set_without_a_movement():
    mug = make_variant(on_hand=2)
    stock.set_limits(stock.lock([mug.pk]), {mug.pk: {"backorder_limit": 4, "minimum_stock": 6, "stock_alert": 3}})
    item = StockItem.objects.get(pk=mug.pk)
    assert (item.backorder_limit, item.minimum_stock, item.stock_alert, item.version) == (4, 6, 3, 1)
    assert moved(last_movement(mug)) == ("opening", 2, 0, 2, 0, 1)


def test_a_limit_can_be_cleared_and_the_others_stay():
    mug = make_variant(backorder_limit=4, minimum_stock=6, stock_alert=3)
    stock.set_limits(stock.lock([mug.pk]), {mug.pk: {"backorder_limit": None}})
    item = StockItem.objects.get(pk=mug.pk)
    assert (item.backorder_limit, item.minimum_stock, item.stock_alert) == (None, 6, 3)


def test_changing_a_variant_is_in_the_audit_trail_with_old_and_new():
    mug = make_variant(on_hand=2, stock_alert=1)
    changes = {"allow_backorders": True, "maximum_order": 50, "stock_alert": 4, "minimum_stock": None, "on_hand": 5}
    with acting.acting_as(acting.Actor("user", 7, "Ada")):
        variants.change(mug.pk, changes)
    entry = AuditEntry.objects.get(object_type="variant")
    assert entry.changes == {
        "allow_backorders": [False, True],
        "maximum_order": [10_000, 50],
        "stock_alert": [1, 4],
        "on_hand": [2, 5],
    }
    assert (entry.object_id, entry.actor_name) == (mug.pk, "Ada")
    mug.refresh_from_db()
    assert (mug.maximum_order, numbers(mug)) == (50, (5, 0, 5, 5, 0))


def test_changing_a_variant_to_what_it_is_writes_nothing():
    mug = make_variant(on_hand=2, stock_alert=1)
    before = everything()
    variants.change(mug.pk, {"allow_backorders": False, "stock_alert": 1, "on_hand": 2, "minimum_order": 1})
    assert everything() == before


def test_a_minimum_above_the_maximum_is_refused():
    mug = make_variant(maximum_order=5)
    with nothing_moves(variants.LimitsOutOfOrder):
        variants.change(mug.pk, {"minimum_order": 6, "allow_backorders": True})


def test_an_unknown_variant_cannot_be_changed():
    with nothing_moves(variants.UnknownVariant):
        variants.change(9, {"allow_backorders": True})


# Repair


@pytest.mark.parametrize("drift", [{"on_hand": 9}, {"committed": 1}, {"on_hand": 0, "committed": 0, "version": 1}])
def test_a_repair_brings_the_counters_back_to_what_was_written_with_every_change(drift):
    mug = waiting_mug(on_hand=2, ordered=5)
    StockItem.objects.filter(pk=mug.pk).update(**drift)
    assert discrepancies() != []
    proof.repair()
    assert numbers(mug) == (2, 5, -3, 0, 3)
    assert moved(last_movement(mug)) == ("repair", 0, 0, 2, 5, 3)
    assert last_movement(mug).reason


# Edges


def test_low_stock_is_announced_on_the_edge_only_and_armed_again_above_it():
    mug = make_variant(on_hand=5, stock_alert=3)
    stock.sell([Entry(mug.pk, 1)])
    assert events("stock.low") == []
    stock.sell([Entry(mug.pk, 1)])
    low = {"variant_id": mug.pk, "product_id": mug.product_id, "available": 3, "stock_alert": 3}
    assert events("stock.low") == [low]
    stock.sell([Entry(mug.pk, 1)])
    assert events("stock.low") == [low]
    stock.receive([Entry(mug.pk, 2)])
    assert events("stock.low") == [low]
    order(mug, 2)
    assert events("stock.low") == [low, {**low, "available": 2}]


def test_a_dip_within_one_posting_is_no_edge():
    mug = make_variant(on_hand=5, stock_alert=3)
    stock.correct([Entry(mug.pk, -4), Entry(mug.pk, 4)], reason="Moved")
    assert events("stock.low") == []


@pytest.mark.parametrize("values", [{"stock_alert": 0}, {"stock_alert": None}, {"track_inventory": False}])
def test_without_an_alert_or_without_tracking_nothing_is_ever_low(values):
    mug = make_variant(**{"on_hand": 5, "stock_alert": 3, **values})
    order(mug, 5)
    assert events("stock.low") == []


def test_raising_the_alert_above_the_level_is_an_edge():
    mug = make_variant(on_hand=5, stock_alert=3)
    outbox.record(stock.set_limits(stock.lock([mug.pk]), {mug.pk: {"stock_alert": 5}}))
    assert [event["available"] for event in events("stock.low")] == [5]


def test_turning_tracking_on_below_the_alert_is_an_edge():
    mug = make_variant(on_hand=2, stock_alert=3, track_inventory=False)
    switch(mug, track_inventory=True)
    assert [event["stock_alert"] for event in events("stock.low")] == [3]


def test_every_change_of_availability_is_announced_with_what_it_was():
    mug = make_variant(on_hand=1)
    order(mug, 1)
    switch(mug, allow_backorders=True)
    stock.receive([Entry(mug.pk, 1)])
    stock.receive([Entry(mug.pk, 1)])
    switch(mug, track_inventory=False)
    statuses = [(event["was"], event["status"]) for event in events("availability.changed")]
    assert statuses == [
        ("in_stock", "out_of_stock"),
        ("out_of_stock", "on_backorder"),
        ("on_backorder", "in_stock"),
    ]
    assert {(event["variant_id"], event["product_id"]) for event in events("availability.changed")} == {
        (mug.pk, mug.product_id)
    }


def test_lifting_the_backorder_limit_changes_availability():
    mug = make_variant(allow_backorders=True, backorder_limit=0)
    outbox.record(stock.set_limits(stock.lock([mug.pk]), {mug.pk: {"backorder_limit": None}}))
    assert [(event["was"], event["status"]) for event in events("availability.changed")] == [
        ("out_of_stock", "on_backorder")
    ]


def test_a_refused_act_announces_nothing():
    mug = make_variant(on_hand=1, stock_alert=1)
    with nothing_moves(stock.NotEnoughOnHand):
        stock.correct([Entry(mug.pk, -1), Entry(mug.pk, -1)], reason="Broken")
    assert events("availability.changed") == []


def test_a_posting_names_the_client_that_sent_it():
    client = keys.create("Till 3", "pos").key.client
    mug = make_variant()
    assert stock.receive([Entry(mug.pk, 1)], client_id=client.pk).posting.client_id == client.pk


def test_more_items_than_one_statement_takes_are_locked_in_ascending_order(monkeypatch):
    monkeypatch.setattr("inventory.locking._AT_ONCE", 2)
    made = [make_variant(on_hand=number).pk for number in range(5)]
    items = stock.lock(reversed(made))
    assert list(items) == made
    assert [item.on_hand for item in items.values()] == [0, 1, 2, 3, 4]
