"""What becomes of an order: shipped, cancelled, lowered, returned, with the ledger to show for it."""

from datetime import UTC, datetime

import pytest

from inventory import stock
from inventory.models import StockMovement
from inventory.stock import Switch
from shop import clock
from shop.orders import finding, fulfilment
from shop.orders.fulfilment import Returned
from shop.orders.models import Order, Return, Shipment
from shop.webhooks import outbox
from tests.factories import make_variant, numbers
from tests.inventory.evidence import discrepancies, events, everything, last_movement, moved, nothing_moves
from tests.shop.orders.story import add, line_ids, place, splits, states, status, touched, units

pytestmark = pytest.mark.django_db

EARLY = datetime(2026, 11, 23, 9, tzinfo=UTC)
LATE = datetime(2026, 11, 23, 17, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _sound(db):
    yield
    assert discrepancies() == []


# Shipping


def test_shipping_takes_units_off_the_shelf_and_keeps_the_promise():
    mug = make_variant(on_hand=5)
    order = place((mug, 4))
    [line_id] = line_ids(order)
    with clock.at(LATE):
        shipment = fulfilment.ship(order.pk, {line_id: 3}, method="carrier", tracking="3S1")
    assert numbers(mug) == (2, 1, 1, 1, 0)
    assert units(order) == [(1, 3, 0, 0)]
    assert moved(last_movement(mug)) == ("shipment", -3, -3, 2, 1, 3)
    assert last_movement(mug).reference == f"order {order.number}"
    kept = Shipment.objects.get(pk=shipment.pk)
    assert (kept.order, kept.method, kept.tracking, kept.shipped_at) == (order, "carrier", "3S1", LATE)
    assert list(kept.lines.values_list("line_id", "quantity")) == [(line_id, 3)]
    assert status(order) == ("partially_shipped", "none")
    assert touched(order) == LATE
    names = {"order_id": order.pk, "order_number": order.number, "shipment_id": shipment.pk}
    assert events("shipment.created") == [names]


def test_shipping_the_last_unit_completes_the_order():
    mug = make_variant(on_hand=5)
    order = place((mug, 4))
    fulfilment.ship(order.pk, {line_ids(order)[0]: 4})
    assert status(order) == ("completed", "none")
    assert [state.status for state in states(order)] == ["shipped"]


def test_only_allocated_units_are_shipped():
    mug = make_variant(on_hand=2, allow_backorders=True)
    order = place((mug, 3))
    [line_id] = line_ids(order)
    with nothing_moves(fulfilment.NotEnoughAllocated) as caught:
        fulfilment.ship(order.pk, {line_id: 3})
    assert caught.value.params == {"line_id": line_id, "allocated": 2}
    fulfilment.ship(order.pk, {line_id: 2})
    assert (numbers(mug), splits(order)) == ((0, 1, -1, 0, 1), [(0, 1)])


def test_one_line_that_is_not_covered_keeps_the_whole_shipment_back():
    mug, cup = make_variant(on_hand=2), make_variant(allow_backorders=True)
    order = place((mug, 2), (cup, 1))
    first, second = line_ids(order)
    with nothing_moves(fulfilment.NotEnoughAllocated) as caught:
        fulfilment.ship(order.pk, {first: 2, second: 1})
    assert caught.value.params == {"line_id": second, "allocated": 0}


def test_duplicate_lines_are_each_shipped_what_they_were_given():
    mug = make_variant(on_hand=3, allow_backorders=True)
    order = place((mug, 2), (mug, 2))
    first, second = line_ids(order)
    with nothing_moves(fulfilment.NotEnoughAllocated):
        fulfilment.ship(order.pk, {first: 1, second: 2})
    fulfilment.ship(order.pk, {first: 2, second: 1})
    assert moved(last_movement(mug)) == ("shipment", -3, -3, 0, 1, 3)
    assert units(order) == [(0, 2, 0, 0), (1, 1, 0, 0)]


def test_an_untracked_variant_is_shipped_without_touching_what_is_on_hand():
    download = make_variant(track_inventory=False, on_hand=2)
    order = place((download, 7))
    fulfilment.ship(order.pk, {line_ids(order)[0]: 7})
    assert numbers(download) == (2, 0, 2, 0, 0)
    assert moved(last_movement(download)) == ("shipment", 0, -7, 2, 0, 3)


def test_nobody_ships_past_those_who_wait_longer():
    mug = make_variant(on_hand=2, allow_backorders=True)
    place((mug, 2))
    late = place((mug, 1))
    [line_id] = line_ids(late)
    with nothing_moves(fulfilment.NotEnoughAllocated) as caught:
        fulfilment.ship(late.pk, {line_id: 1})
    assert caught.value.params == {"line_id": line_id, "allocated": 0}


def test_shipping_ahead_of_the_queue_is_done_on_purpose_and_the_ledger_says_so():
    mug = make_variant(on_hand=2, allow_backorders=True)
    with clock.at(EARLY):
        early, late = place((mug, 2)), place((mug, 1))
    with clock.at(LATE):
        fulfilment.ship(late.pk, {line_ids(late)[0]: 1}, ahead=True)
    assert moved(last_movement(mug)) == ("shipment_ahead", -1, -1, 1, 2, 4)
    assert (splits(early), units(late)) == ([(1, 1)], [(0, 1, 0, 0)])
    assert numbers(mug) == (1, 2, -1, 0, 1)
    # Whoever lost a unit can see it.
    assert touched(early) == LATE
    assert events("backorder.filled") == []


def test_what_the_queue_gives_anyway_is_not_called_ahead_of_it():
    mug = make_variant(on_hand=2, allow_backorders=True)
    order = place((mug, 3))
    fulfilment.ship(order.pk, {line_ids(order)[0]: 2}, ahead=True)
    assert moved(last_movement(mug)) == ("shipment", -2, -2, 0, 1, 3)


def test_an_order_whose_last_line_is_lowered_to_nothing_is_cancelled():
    mug, cup = make_variant(on_hand=2), make_variant(on_hand=2)
    order = place((mug, 1), (cup, 1))
    first, second = line_ids(order)
    fulfilment.lower_line(order.pk, first, 0)
    assert (status(order), events("order.cancelled")) == (("open", "none"), [])
    fulfilment.lower_line(order.pk, second, 0)
    assert status(order) == ("cancelled", "none")
    assert events("order.cancelled") == [{"order_id": order.pk, "order_number": order.number}]
    fulfilment.cancel(order.pk)
    assert len(events("order.cancelled")) == 1


def test_shipping_ahead_needs_the_units_to_be_there():
    mug = make_variant(on_hand=2, allow_backorders=True)
    place((mug, 2))
    late = place((mug, 2), (mug, 1))
    first, second = line_ids(late)
    for wish in ({first: 2, second: 1}, {first: 3}):
        with nothing_moves(fulfilment.NotEnoughAllocated):
            fulfilment.ship(late.pk, wish, ahead=True)
    fulfilment.ship(late.pk, {first: 1, second: 1}, ahead=True)
    assert numbers(mug) == (0, 3, -3, 0, 3)


def test_shipping_ahead_ships_no_more_than_was_ordered():
    mug = make_variant(on_hand=9)
    order = place((mug, 2))
    with nothing_moves(fulfilment.NotEnoughAllocated) as caught:
        fulfilment.ship(order.pk, {line_ids(order)[0]: 3}, ahead=True)
    assert caught.value.params["allocated"] == 2


@pytest.mark.parametrize("ahead", [True, False])
def test_what_was_shipped_is_not_shipped_again(ahead):
    mug = make_variant(on_hand=9)
    order = place((mug, 2))
    [line_id] = line_ids(order)
    fulfilment.ship(order.pk, {line_id: 2})
    with nothing_moves(fulfilment.NotEnoughAllocated):
        fulfilment.ship(order.pk, {line_id: 1}, ahead=ahead)


def test_a_line_of_another_order_cannot_be_shipped():
    mug = make_variant(on_hand=9)
    mine, other = place((mug, 1)), place((mug, 1))
    with nothing_moves(finding.UnknownOrder):
        fulfilment.ship(mine.pk, {line_ids(other)[0]: 1})


# Cancelling


def test_cancelling_gives_back_exactly_what_was_taken():
    mug = make_variant(on_hand=5)
    order = place((mug, 3))
    with clock.at(LATE):
        fulfilment.cancel(order.pk, "Changed their mind")
    assert numbers(mug) == (5, 0, 5, 5, 0)
    movement = last_movement(mug)
    assert moved(movement) == ("cancellation", 0, -3, 5, 0, 3)
    assert (movement.reason, movement.reference) == ("Changed their mind", f"order {order.number}")
    assert units(order) == [(0, 0, 3, 0)]
    assert status(order) == ("cancelled", "none")
    assert [state.status for state in states(order)] == ["cancelled"]
    kept = Order.objects.get(pk=order.pk)
    assert (kept.cancelled_at, kept.cancel_reason, kept.updated_at) == (LATE, "Changed their mind", LATE)
    assert events("order.cancelled") == [{"order_id": order.pk, "order_number": order.number}]


def test_a_cancelled_backorder_never_comes_back_as_stock():
    mug = make_variant(on_hand=2, allow_backorders=True)
    order = place((mug, 5))
    fulfilment.cancel(order.pk)
    assert numbers(mug) == (2, 0, 2, 2, 0)


def test_duplicate_lines_are_given_up_together():
    mug = make_variant(on_hand=2, allow_backorders=True)
    order = place((mug, 2), (mug, 2))
    fulfilment.cancel(order.pk)
    assert moved(last_movement(mug)) == ("cancellation", 0, -4, 2, 0, 3)


def test_cancelling_twice_changes_nothing():
    mug = make_variant(on_hand=5)
    order = place((mug, 3))
    fulfilment.cancel(order.pk, "First")
    before = everything()
    fulfilment.cancel(order.pk, "Second")
    assert everything() == before


def test_cancelling_a_partly_shipped_order_cancels_the_rest_and_completes_it():
    mug = make_variant(on_hand=2, allow_backorders=True)
    order = place((mug, 5))
    fulfilment.ship(order.pk, {line_ids(order)[0]: 2})
    fulfilment.cancel(order.pk)
    assert (units(order), numbers(mug)) == ([(0, 2, 3, 0)], (0, 0, 0, 0, 0))
    assert status(order) == ("completed", "none")
    assert [(state.status, state.line.quantity) for state in states(order)] == [("shipped", 2)]
    before = everything()
    fulfilment.cancel(order.pk)
    assert everything() == before


def test_where_everything_was_shipped_there_is_nothing_to_cancel():
    mug = make_variant(on_hand=5)
    order = place((mug, 3))
    fulfilment.ship(order.pk, {line_ids(order)[0]: 3})
    with nothing_moves(fulfilment.NothingToCancel):
        fulfilment.cancel(order.pk)


def test_where_all_lines_were_lowered_to_nothing_cancelling_changes_nothing():
    mug = make_variant(on_hand=5)
    order = place((mug, 3))
    fulfilment.lower_line(order.pk, line_ids(order)[0], 0)
    assert status(order) == ("cancelled", "none")
    before = everything()
    fulfilment.cancel(order.pk)
    assert everything() == before


def test_an_unknown_order_cannot_be_changed():
    for act in (
        lambda: fulfilment.cancel(9),
        lambda: fulfilment.lower_line(9, 1, 0),
        lambda: fulfilment.ship(9, {1: 1}),
        lambda: fulfilment.take_back(9, [Returned(1, 1)]),
    ):
        with nothing_moves(finding.UnknownOrder):
            act()


# Lowering


def test_lowering_a_line_gives_up_its_waiting_units_first():
    mug = make_variant(on_hand=2, allow_backorders=True)
    order = place((mug, 5))
    [line_id] = line_ids(order)
    with clock.at(LATE):
        fulfilment.lower_line(order.pk, line_id, 3)
    assert (splits(order), numbers(mug)) == ([(2, 1)], (2, 3, -1, 0, 1))
    assert moved(last_movement(mug)) == ("cancellation", 0, -2, 2, 3, 3)
    assert touched(order) == LATE
    fulfilment.lower_line(order.pk, line_id, 1)
    assert (splits(order), numbers(mug)) == ([(1, 0)], (2, 1, 1, 1, 0))
    assert units(order) == [(1, 0, 4, 0)]


def test_lowering_to_what_it_is_changes_nothing():
    mug = make_variant(on_hand=2)
    order = place((mug, 2))
    before = everything()
    fulfilment.lower_line(order.pk, line_ids(order)[0], 2)
    assert everything() == before


def test_a_line_is_never_raised():
    mug = make_variant(on_hand=9)
    order = place((mug, 2))
    with nothing_moves(fulfilment.MoreThanOrdered) as caught:
        fulfilment.lower_line(order.pk, line_ids(order)[0], 3)
    assert caught.value.params == {"quantity": 2}


def test_a_line_that_was_lowered_is_not_raised_again():
    mug = make_variant(on_hand=9)
    order = place((mug, 5))
    [line_id] = line_ids(order)
    fulfilment.lower_line(order.pk, line_id, 3)
    with nothing_moves(fulfilment.MoreThanOrdered) as caught:
        fulfilment.lower_line(order.pk, line_id, 4)
    assert caught.value.params == {"quantity": 3}


def test_a_line_is_not_lowered_below_what_has_left_the_house():
    mug = make_variant(on_hand=9)
    order = place((mug, 5))
    [line_id] = line_ids(order)
    fulfilment.ship(order.pk, {line_id: 2})
    with nothing_moves(fulfilment.AlreadyShipped) as caught:
        fulfilment.lower_line(order.pk, line_id, 1)
    assert caught.value.params == {"shipped": 2}
    fulfilment.lower_line(order.pk, line_id, 2)
    assert (units(order), status(order)) == ([(0, 2, 3, 0)], ("completed", "none"))


def test_lowering_to_nothing_cancels_the_line_and_not_its_neighbour():
    mug = make_variant(on_hand=9)
    order = place((mug, 5), (mug, 1))
    fulfilment.lower_line(order.pk, line_ids(order)[0], 0)
    assert [state.status for state in states(order)] == ["cancelled", "ready"]
    assert status(order) == ("open", "none")


# Taking back


def test_units_that_come_back_go_on_the_shelf():
    mug = make_variant(on_hand=3)
    order = place((mug, 3))
    [line_id] = line_ids(order)
    fulfilment.ship(order.pk, {line_id: 3})
    with clock.at(LATE):
        fulfilment.take_back(order.pk, [Returned(line_id, 2)])
    assert (units(order), numbers(mug)) == ([(0, 3, 0, 2)], (2, 0, 2, 2, 0))
    assert moved(last_movement(mug)) == ("return", 2, 0, 2, 0, 4)
    assert last_movement(mug).reference == f"order {order.number}"
    assert Return.objects.values_list("order", "returned_at").get() == (order.pk, LATE)
    assert (touched(order), status(order)) == (LATE, ("completed", "none"))


def test_units_that_are_not_put_back_are_only_counted_on_the_line():
    mug = make_variant(on_hand=3)
    order = place((mug, 3))
    [line_id] = line_ids(order)
    fulfilment.ship(order.pk, {line_id: 3})
    before = everything()["StockMovement"]
    fulfilment.take_back(order.pk, [Returned(line_id, 2, restock=False)])
    assert (units(order), numbers(mug)) == ([(0, 3, 0, 2)], (0, 0, 0, 0, 0))
    assert everything()["StockMovement"] == before


def test_some_units_are_put_back_and_others_of_the_same_line_not():
    mug = make_variant(on_hand=3)
    order = place((mug, 3))
    [line_id] = line_ids(order)
    fulfilment.ship(order.pk, {line_id: 3})
    back = fulfilment.take_back(order.pk, [Returned(line_id, 2), Returned(line_id, 1, restock=False)])
    assert (units(order), numbers(mug)) == ([(0, 3, 0, 3)], (2, 0, 2, 2, 0))
    assert list(back.lines.values_list("quantity", "restock")) == [(2, True), (1, False)]


@pytest.mark.parametrize(
    "returned",
    [[(3, True)], [(3, False)], [(2, True), (1, False)]],
)
def test_no_more_comes_back_than_was_sent(returned):
    mug = make_variant(on_hand=9)
    order = place((mug, 5))
    [line_id] = line_ids(order)
    fulfilment.ship(order.pk, {line_id: 3})
    fulfilment.take_back(order.pk, [Returned(line_id, 1)])
    with nothing_moves(fulfilment.ReturnExceedsShipped) as caught:
        fulfilment.take_back(order.pk, [Returned(line_id, quantity, restock) for quantity, restock in returned])
    assert caught.value.params == {"line_id": line_id, "returnable": 2}


def test_an_untracked_variants_return_does_not_move_what_is_on_hand():
    download = make_variant(track_inventory=False, on_hand=2)
    order = place((download, 2))
    [line_id] = line_ids(order)
    fulfilment.ship(order.pk, {line_id: 2})
    fulfilment.take_back(order.pk, [Returned(line_id, 1)])
    assert (units(order), numbers(download)) == ([(0, 2, 0, 1)], (2, 0, 2, 0, 0))


def test_a_return_goes_to_whoever_waits():
    mug = make_variant(on_hand=1, allow_backorders=True)
    first, second = place((mug, 1)), place((mug, 1))
    fulfilment.ship(first.pk, {line_ids(first)[0]: 1})
    fulfilment.take_back(first.pk, [Returned(line_ids(first)[0], 1)])
    assert splits(second) == [(1, 0)]
    assert [event["order_id"] for event in events("backorder.filled")] == [second.pk]


# Statuses


def test_the_status_of_a_line_follows_from_its_units():
    mug, cup = make_variant(on_hand=3, allow_backorders=True), make_variant(on_hand=9)
    order = place((mug, 2), (mug, 2), (mug, 1), (cup, 1), (cup, 1))
    ids = line_ids(order)
    fulfilment.ship(order.pk, {ids[3]: 1})
    fulfilment.lower_line(order.pk, ids[4], 0)
    found = [state.status for state in states(order)]
    assert found == ["ready", "partly_ready", "backordered", "shipped", "cancelled"]
    assert status(order) == ("partially_shipped", "partial")


def test_an_order_that_waits_for_everything_says_full():
    mug = make_variant(allow_backorders=True)
    order = place((mug, 2), (mug, 1))
    assert status(order) == ("open", "full")


def test_what_was_shipped_does_not_count_in_the_backorder_status():
    mug = make_variant(on_hand=2, allow_backorders=True)
    order = place((mug, 5))
    assert status(order) == ("open", "partial")
    fulfilment.ship(order.pk, {line_ids(order)[0]: 2})
    assert status(order) == ("partially_shipped", "full")


# Who is told


def filled():
    return [(event["order_id"], event["line_id"], event["filled"], event["remaining"])
            for event in events("backorder.filled")]  # fmt: skip


def queue_of_three():
    """Three orders of 2, 3 and 1 mugs with one there: 1 + 0 + 0 covered; each touched early."""
    mug = make_variant(on_hand=1, allow_backorders=True)
    with clock.at(EARLY):
        return mug, place((mug, 2)), place((mug, 3)), place((mug, 1))


def test_a_delivery_tells_who_was_covered_which_line_and_how_many():
    mug, first, second, third = queue_of_three()
    with clock.at(LATE):
        stock.receive([stock.Entry(mug.pk, 3)])
    assert filled() == [(first.pk, line_ids(first)[0], 1, 0), (second.pk, line_ids(second)[0], 2, 1)]
    [event, _] = events("backorder.filled")
    assert (event["order_number"], event["variant_id"]) == (first.number, mug.pk)
    assert [touched(order) for order in (first, second, third)] == [LATE, LATE, EARLY]


def test_a_till_sale_touches_the_orders_that_lost_a_unit():
    mug, first, second, third = queue_of_three()
    stock.receive([stock.Entry(mug.pk, 5)])
    before = len(events("backorder.filled"))
    with clock.at(LATE):
        stock.sell([stock.Entry(mug.pk, 2)])
    assert [splits(order) for order in (first, second, third)] == [[(2, 0)], [(2, 1)], [(0, 1)]]
    assert [touched(order) == LATE for order in (first, second, third)] == [False, True, True]
    assert len(events("backorder.filled")) == before


@pytest.mark.parametrize(
    "act",
    [
        lambda mug: stock.count([stock.Entry(mug.pk, 3)]),
        lambda mug: stock.correct([stock.Entry(mug.pk, 2)], reason="Found"),
        lambda mug: stock.take_back([stock.Entry(mug.pk, 2)]),
        lambda mug: outbox.record(stock.set_levels(stock.lock([mug.pk]), {mug.pk: -3})),
    ],
)
def test_whatever_puts_units_on_the_shelf_tells_who_was_covered(act):
    mug, first, second, _ = queue_of_three()
    act(mug)
    assert filled() == [(first.pk, line_ids(first)[0], 1, 0), (second.pk, line_ids(second)[0], 1, 2)]


def test_a_cancellation_hands_its_units_to_the_next_and_tells_them():
    mug, first, second, third = queue_of_three()
    with clock.at(LATE):
        fulfilment.cancel(first.pk)
    assert filled() == [(second.pk, line_ids(second)[0], 1, 2)]
    assert [touched(order) for order in (second, third)] == [LATE, EARLY]


def test_giving_up_waiting_units_covers_nobody():
    _, first, second, _ = queue_of_three()
    fulfilment.lower_line(second.pk, line_ids(second)[0], 1)
    assert filled() == []
    fulfilment.lower_line(first.pk, line_ids(first)[0], 1)
    assert filled() == []


def test_lowering_a_covered_unit_hands_it_to_the_next():
    _, first, second, _ = queue_of_three()
    fulfilment.lower_line(first.pk, line_ids(first)[0], 0)
    assert filled() == [(second.pk, line_ids(second)[0], 1, 2)]


def test_turning_tracking_off_covers_every_waiting_line():
    mug, first, second, third = queue_of_three()
    with clock.at(LATE):
        outbox.record(stock.switch(stock.lock([mug.pk]), {mug.pk: Switch(track_inventory=False)}))
    assert filled() == [
        (first.pk, line_ids(first)[0], 1, 0),
        (second.pk, line_ids(second)[0], 3, 0),
        (third.pk, line_ids(third)[0], 1, 0),
    ]
    assert touched(third) == LATE


def test_turning_tracking_on_covers_the_oldest_lines_first():
    mug, first, second, third = queue_of_three()
    outbox.record(stock.switch(stock.lock([mug.pk]), {mug.pk: Switch(track_inventory=False)}))
    before = len(filled())
    with clock.at(LATE):
        outbox.record(stock.switch(stock.lock([mug.pk]), {mug.pk: Switch(track_inventory=True, on_hand=4)}))
    assert [splits(order) for order in (first, second, third)] == [[(2, 0)], [(2, 1)], [(0, 1)]]
    assert [touched(order) == LATE for order in (first, second, third)] == [False, True, True]
    assert len(filled()) == before


def test_a_newcomer_and_an_added_line_cover_nobody_and_take_from_nobody():
    mug, first, second, third = queue_of_three()
    with clock.at(LATE):
        place((mug, 2))
        add(second, (mug, 1))
    assert filled() == []
    assert [touched(order) for order in (first, third)] == [EARLY, EARLY]


def test_what_is_refused_tells_nobody():
    mug, *_ = queue_of_three()
    with nothing_moves(stock.NotEnoughOnHand):
        stock.correct([stock.Entry(mug.pk, 5), stock.Entry(mug.pk, -9)], reason="Wrong")
    assert filled() == []


def test_several_deliveries_in_one_note_are_told_as_their_sum():
    mug, first, second, third = queue_of_three()
    stock.receive([stock.Entry(mug.pk, 2), stock.Entry(mug.pk, 3)])
    assert [event[2] for event in filled()] == [1, 3, 1]
    assert StockMovement.objects.filter(kind="receipt").count() == 2
    assert [splits(order) for order in (first, second, third)] == [[(2, 0)], [(3, 0)], [(1, 0)]]


# Availability that orders change


def test_the_order_that_takes_the_last_unit_changes_availability_and_its_cancellation_again():
    mug = make_variant(on_hand=2)
    order = place((mug, 2))
    fulfilment.cancel(order.pk)
    assert [event["status"] for event in events("availability.changed")] == ["out_of_stock", "in_stock"]
