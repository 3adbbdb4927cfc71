"""Placing an order: what is promised, what is frozen, what is refused, and what it costs."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory import stock
from inventory.decision import Line
from shop import clock
from shop.accounts import keys
from shop.accounts.models import User
from shop.orders import finding, placing
from shop.orders.models import Order, OrderLine
from shop.orders.placing import Address, Customer, OrderRejected
from shop.store.models import StoreSettings
from tests.factories import ProductFactory, TimeframeFactory, make_variant, numbers
from tests.inventory.evidence import discrepancies, events, last_movement, moved, nothing_moves
from tests.shop.orders.story import add, line_ids, place, splits, states, status

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _sound(db):
    yield
    assert discrepancies() == []


def codes(caught):
    return [verdict.refusal and verdict.refusal.code for verdict in caught.value.verdicts]


# What is written


def test_a_placed_order_promises_its_units_and_tells_the_ledger():
    mug = make_variant(on_hand=5)
    order = place((mug, 3))
    assert numbers(mug) == (5, 3, 2, 2, 0)
    movement = last_movement(mug)
    assert moved(movement) == ("placement", 0, 3, 5, 3, 2)
    assert movement.reference == f"order {order.number}"
    assert splits(order) == [(3, 0)]
    assert status(order) == ("open", "none")


def test_a_placed_order_keeps_who_ordered_and_where_it_goes():
    mug = make_variant(on_hand=5)
    ada = User.objects.create_user("ada@shop.example")
    with clock.at(NOON):
        order = place(
            (mug, 1),
            user_id=ada.pk,
            customer=Customer("Eve Buyer", "eve@example.com", "+31 6"),
            address=Address("Street 1", "Floor 2", "1234 AB", "Utrecht", "UT", "NL"),
        )
    kept = Order.objects.get(pk=order.pk)
    assert (kept.channel, kept.user, kept.client, kept.currency) == ("storefront", ada, None, "EUR")
    assert (kept.customer_name, kept.customer_email, kept.customer_phone) == ("Eve Buyer", "eve@example.com", "+31 6")
    assert (kept.address_line1, kept.address_line2, kept.address_postal_code) == ("Street 1", "Floor 2", "1234 AB")
    assert (kept.address_city, kept.address_region, kept.address_country) == ("Utrecht", "UT", "NL")
    assert (kept.placed_at, kept.updated_at, kept.cancelled_at) == (NOON, NOON, None)
    assert events("order.created") == [{"order_id": order.pk, "order_number": order.number}]


@pytest.mark.parametrize("channel", ["storefront", "back_office", "pos"])
def test_an_order_keeps_the_channel_it_came_by(channel):
    mug = make_variant(on_hand=5)
    placed = placing.place_order(lines=[Line(mug.pk, 1)], channel=channel)
    assert Order.objects.get(pk=placed.order.pk).channel == channel


def test_numbers_are_for_people_and_a_refused_order_draws_none():
    mug = make_variant(on_hand=5)
    first = place((mug, 1))
    with nothing_moves(OrderRejected):
        place((mug, 9))
    second = place((mug, 1))
    assert (first.number, second.number) == (str(first.pk + 1000), str(first.pk + 1001))
    assert second.pk == first.pk + 1


def test_duplicate_lines_stay_lines_and_take_stock_in_their_order():
    mug, cup = make_variant(on_hand=3, allow_backorders=True), make_variant(on_hand=1)
    order = place((mug, 2), (cup, 1), (mug, 2))
    assert splits(order) == [(2, 0), (1, 0), (1, 1)]
    assert moved(last_movement(mug)) == ("placement", 0, 4, 3, 4, 2)
    assert status(order) == ("open", "partial")


def test_an_untracked_variant_is_promised_too_and_what_is_on_hand_stays():
    download = make_variant(track_inventory=False, on_hand=2)
    order = place((download, 7))
    assert numbers(download) == (2, 7, -5, 0, 0)
    assert splits(order) == [(7, 0)]


def test_what_placing_returns_is_what_is_read_afterwards():
    mug = make_variant(on_hand=3, allow_backorders=True)
    placed = placing.place_order(lines=[Line(mug.pk, 2, ref="a"), Line(mug.pk, 2, ref="b")], channel="pos")
    read = states(placed.order)
    assert [(state.line.pk, state.allocated, state.backordered) for state in placed.lines] == [
        (state.line.pk, state.allocated, state.backordered) for state in read
    ]
    assert [state.line.line_ref for state in read] == ["a", "b"]
    assert [state.outcome for state in read] == ["from_stock", "split"]


def test_a_quote_and_the_order_right_after_it_agree():
    mug, cup = make_variant(on_hand=3, allow_backorders=True), make_variant(on_hand=9)
    lines = [Line(mug.pk, 2), Line(cup.pk, 4), Line(mug.pk, 3)]
    quoted = placing.quote(lines)
    order = placing.place_order(lines=lines, channel="storefront").order
    assert [(verdict.allocated, verdict.backordered) for verdict in quoted.verdicts] == splits(order)


def test_a_quote_and_the_refusal_right_after_it_agree():
    mug, cup = make_variant(on_hand=3), make_variant(on_hand=9)
    lines = [Line(mug.pk, 4), Line(cup.pk, 4), Line(cup.pk + 99, 1)]
    quoted = placing.quote(lines)
    with nothing_moves(OrderRejected) as caught:
        placing.place_order(lines=lines, channel="storefront")
    assert caught.value.verdicts == quoted.verdicts
    assert caught.value.detail == "2 of 3 lines cannot be accepted. Nothing was ordered."


# Frozen


def test_title_sku_price_split_and_promise_stay_as_the_customer_saw_them():
    timeframe = TimeframeFactory()
    product = ProductFactory(title="Enamel mug", delivery_timeframe=timeframe)
    mug = make_variant(product=product, title="Blue", sku="MUG-BLU", price=Decimal("12.50"), on_hand=2,
                       allow_backorders=True)  # fmt: skip
    with clock.at(NOON):
        order = place((mug, 5))
    promised = [
        {"source": "stock", "quantity": 2, "text": "1-2 days", "from": "2026-11-24", "until": "2026-11-25"},
        {"source": "backorder", "quantity": 3, "text": "Back in 10-14 days", "from": "2026-12-03",
         "until": "2026-12-07"},
    ]  # fmt: skip
    before = _frozen(order)
    assert before == ("Enamel mug, Blue", "MUG-BLU", Decimal("12.5000"), 5, 3, promised, date(2026, 12, 7), NOON)

    type(mug).objects.filter(pk=mug.pk).update(title="Red", sku="OTHER", price=99)
    type(product).objects.filter(pk=product.pk).update(title="Plate", delivery_timeframe=None)
    type(timeframe).objects.filter(pk=timeframe.pk).update(in_stock_message="Never", out_of_stock_max_days=99)
    stock.receive([stock.Entry(mug.pk, 9)])
    assert _frozen(order) == before
    assert splits(order) == [(5, 0)]
    assert [state.outcome for state in states(order)] == ["split"]


def _frozen(order):
    names = ("title", "sku", "unit_price", "ordered", "backordered_at_placement", "deliveries", "promised_until")
    return OrderLine.objects.values_list(*names, "placed_at").get(order=order)


def test_a_simple_product_is_named_without_its_only_variant():
    mug = make_variant(product=ProductFactory(title="Enamel mug"), on_hand=1)
    [state] = states(place((mug, 1)))
    assert state.line.title == "Enamel mug"


def test_the_price_is_the_variants_price_at_placement():
    mug = make_variant(on_hand=9, price=Decimal("12.50"))
    first = place((mug, 2))
    type(mug).objects.filter(pk=mug.pk).update(price=Decimal("3.3333"))
    second = place((mug, 3))
    assert (placing.total(states(first)), placing.total(states(second))) == (Decimal("25"), Decimal("9.9999"))


# Promises


def test_a_promise_counts_days_in_the_stores_time_zone():
    StoreSettings.objects.update(time_zone="Pacific/Auckland")
    mug = make_variant(product=ProductFactory(delivery_timeframe=TimeframeFactory()), on_hand=1)
    with clock.at(datetime(2026, 11, 23, 12, tzinfo=UTC)):  # one o'clock in the night of the 24th there
        [state] = states(place((mug, 1)))
    assert state.line.deliveries == [
        {"source": "stock", "quantity": 1, "text": "1-2 days", "from": "2026-11-25", "until": "2026-11-26"}
    ]


def test_west_of_greenwich_a_promise_counts_from_yesterday():
    StoreSettings.objects.update(time_zone="America/Los_Angeles")
    mug = make_variant(product=ProductFactory(delivery_timeframe=TimeframeFactory()), on_hand=1)
    with clock.at(datetime(2026, 11, 23, 5, tzinfo=UTC)):
        [state] = states(place((mug, 1)))
    assert (state.line.deliveries[0]["from"], state.line.deliveries[0]["until"]) == ("2026-11-23", "2026-11-24")


def test_without_a_timeframe_only_the_split_is_promised():
    mug = make_variant(on_hand=1, allow_backorders=True)
    [state] = states(place((mug, 3)))
    assert state.line.deliveries == [
        {"source": "stock", "quantity": 1, "text": None, "from": None, "until": None},
        {"source": "backorder", "quantity": 2, "text": None, "from": None, "until": None},
    ]
    assert state.line.promised_until is None


def test_a_timeframe_without_days_promises_its_message_alone():
    timeframe = TimeframeFactory(out_of_stock_min_days=None, out_of_stock_max_days=None)
    mug = make_variant(product=ProductFactory(delivery_timeframe=timeframe), allow_backorders=True)
    [state] = states(place((mug, 3)))
    assert state.line.deliveries == [
        {"source": "backorder", "quantity": 3, "text": "Back in 10-14 days", "from": None, "until": None}
    ]
    assert state.line.promised_until is None


# Refused


def test_one_failing_line_refuses_the_order_and_nothing_moves():
    mug, cup = make_variant(on_hand=5), make_variant(on_hand=1)
    with nothing_moves(OrderRejected) as caught:
        place((mug, 2), (cup, 2), (mug, 1))
    assert codes(caught) == [None, "insufficient_stock", None]


def test_lines_of_one_variant_are_refused_by_their_sum():
    mug = make_variant(on_hand=3)
    with nothing_moves(OrderRejected) as caught:
        place((mug, 2), (mug, 2))
    assert codes(caught) == ["insufficient_stock", "insufficient_stock"]


def test_a_split_that_was_not_agreed_is_refused():
    mug = make_variant(on_hand=3, allow_backorders=True)
    with nothing_moves(OrderRejected) as caught:
        placing.place_order(lines=[Line(mug.pk, 5, 1)], channel="storefront")
    assert codes(caught) == ["backorder_not_agreed"]
    order = placing.place_order(lines=[Line(mug.pk, 5, 2)], channel="storefront").order
    assert splits(order) == [(3, 2)]


@pytest.mark.parametrize(
    ("limits", "quantity", "code"),
    [
        ({"minimum_order": 2}, 1, "below_minimum_quantity"),
        ({"maximum_order": 3}, 4, "above_maximum_quantity"),
    ],
)
def test_a_quantity_outside_the_order_limits_is_refused(limits, quantity, code):
    mug = make_variant(on_hand=9, **limits)
    with nothing_moves(OrderRejected) as caught:
        place((mug, quantity))
    assert codes(caught) == [code]


def test_the_backorder_limit_holds_over_all_orders():
    mug = make_variant(on_hand=1, allow_backorders=True, backorder_limit=3)
    place((mug, 3))
    with nothing_moves(OrderRejected) as caught:
        place((mug, 2))
    assert codes(caught) == ["backorder_limit_reached"]
    place((mug, 1))
    assert numbers(mug) == (1, 4, -3, 0, 3)


@pytest.mark.parametrize(
    ("values", "accepted"),
    [
        ({"visibility": "visible"}, True),
        ({"visibility": "visible_when_in_stock"}, True),
        ({"visibility": "hidden"}, False),
        ({"archived_at": timezone.now()}, False),
        ({"visibility": "visible_when_in_stock", "archived_at": timezone.now()}, False),
    ],
)
@pytest.mark.parametrize("stocked", [{"on_hand": 1}, {"allow_backorders": True}, {"track_inventory": False}])
def test_only_a_product_that_is_shown_to_somebody_can_be_ordered(values, accepted, stocked):
    mug = make_variant(product=ProductFactory(**values), **stocked)
    if accepted:
        assert status(place((mug, 1)))[0] == "open"
    else:
        with nothing_moves(OrderRejected) as caught:
            place((mug, 1))
        assert codes(caught) == ["variant_unavailable"]


def test_an_archived_variant_cannot_be_ordered_while_its_sisters_can():
    product = ProductFactory()
    blue, red = make_variant(product=product, on_hand=1), make_variant(product=product, on_hand=1)
    type(blue).objects.filter(pk=blue.pk).update(archived_at=timezone.now())
    with nothing_moves(OrderRejected) as caught:
        place((blue, 1), (red, 1))
    assert codes(caught) == ["variant_unavailable", None]
    place((red, 1))


def test_an_unknown_variant_cannot_be_ordered():
    with nothing_moves(OrderRejected) as caught:
        placing.place_order(lines=[Line(10**30, 1), Line(-1, 1)], channel="storefront")
    assert codes(caught) == ["variant_unavailable", "variant_unavailable"]


# References


def test_a_reference_is_used_once_per_client():
    mug = make_variant(on_hand=9)
    one, other = keys.create("Shop one", "storefront").key, keys.create("Shop two", "storefront").key
    first = place((mug, 1), client_id=one.client_id, reference="WEB-1")
    with nothing_moves(placing.DuplicateReference) as caught:
        place((mug, 1), client_id=one.client_id, reference="WEB-1")
    assert caught.value.params == {"order_id": first.pk}
    place((mug, 1), client_id=other.client_id, reference="WEB-1")
    place((mug, 1), client_id=one.client_id)
    place((mug, 1), client_id=one.client_id)
    assert numbers(mug)[1] == 4


def test_staff_may_write_one_reference_on_several_orders():
    mug = make_variant(on_hand=9)
    assert place((mug, 1), reference="By phone").reference == place((mug, 1), reference="By phone").reference


def test_a_used_reference_draws_no_number():
    mug = make_variant(on_hand=9)
    client_id = keys.create("Shop one", "storefront").key.client_id
    first = place((mug, 1), client_id=client_id, reference="WEB-1")
    with nothing_moves(placing.DuplicateReference):
        place((mug, 1), client_id=client_id, reference="WEB-1")
    assert place((mug, 1)).pk == first.pk + 1


# What it costs


@pytest.mark.parametrize("waiting", [False, True])
@pytest.mark.parametrize("lines", [1, 3, 50])
def test_placing_costs_the_same_few_statements_however_many_lines(lines, waiting):
    shelf = [make_variant(on_hand=0 if waiting else 5, allow_backorders=True) for _ in range(lines)]
    if waiting:
        place(*[(mug, 1) for mug in shelf])
    wish = [(mug, 2) for mug in shelf]
    with CaptureQueriesContext(
        connection,
    ) as captured:
        place(*wish)
    assert len(captured) == 6, [query["sql"][:60] for query in captured]


def test_finding_orders_costs_the_same_few_statements_however_many_there_are():
    mug = make_variant(allow_backorders=True)
    made = [place((mug, 1), (mug, 2)) for _ in range(12)]
    counts = []
    for some in (made[:3], made):
        with CaptureQueriesContext(connection) as captured:
            finding.views(some)
        counts.append(len(captured))
    assert counts[0] == counts[1]


# Adding lines


def test_an_added_line_is_a_new_line_at_the_end_of_the_queue():
    mug = make_variant(on_hand=2, allow_backorders=True)
    first, second = place((mug, 3)), place((mug, 1))
    add(first, (mug, 2))
    assert splits(first) == [(2, 1), (0, 2)]
    assert line_ids(first)[1] > line_ids(second)[0]
    stock.receive([stock.Entry(mug.pk, 3)])
    assert (splits(first), splits(second)) == ([(3, 0), (1, 1)], [(1, 0)])
    assert numbers(mug) == (5, 6, -1, 0, 1)


def test_an_added_line_touches_the_order_and_is_frozen_at_todays_price():
    mug = make_variant(on_hand=9, price=Decimal("2"))
    with clock.at(NOON):
        order = place((mug, 1))
    type(mug).objects.filter(pk=mug.pk).update(price=Decimal("3"))
    later = NOON.replace(hour=13)
    with clock.at(later):
        add(order, (mug, 1))
    assert [state.line.unit_price for state in states(order)] == [2, 3]
    assert Order.objects.values_list("placed_at", "updated_at").get() == (NOON, later)


def test_added_lines_are_all_or_nothing():
    mug, cup = make_variant(on_hand=5), make_variant(on_hand=1)
    order = place((mug, 1))
    with nothing_moves(OrderRejected) as caught:
        add(order, (mug, 1), (cup, 2))
    assert caught.value.detail == "1 of 2 lines cannot be accepted. Nothing was added."


def test_the_order_limits_are_judged_on_the_orders_new_total():
    mug = make_variant(on_hand=20, minimum_order=3, maximum_order=5)
    order = place((mug, 4))
    add(order, (mug, 1))
    with nothing_moves(OrderRejected) as caught:
        add(order, (mug, 1))
    assert codes(caught) == ["above_maximum_quantity"]
    assert caught.value.verdicts[0].refusal.params == {"requested": 1, "requested_total": 6, "max": 5}


def test_units_given_up_make_room_under_the_maximum_again():
    from shop.orders import fulfilment

    mug = make_variant(on_hand=20, maximum_order=5)
    order = place((mug, 5))
    fulfilment.lower_line(order.pk, line_ids(order)[0], 3)
    add(order, (mug, 2))
    assert splits(order) == [(3, 0), (2, 0)]


@pytest.mark.parametrize("ending", ["cancelled", "completed", "cancelled the rest", "lowered to nothing"])
def test_a_closed_order_takes_no_more_lines(ending):
    from shop.orders import fulfilment

    mug = make_variant(on_hand=20)
    order = place((mug, 3))
    [line_id] = line_ids(order)
    if ending == "completed":
        fulfilment.ship(order.pk, {line_id: 3})
    elif ending == "lowered to nothing":
        fulfilment.lower_line(order.pk, line_id, 0)
    else:
        if ending == "cancelled the rest":
            fulfilment.ship(order.pk, {line_id: 1})
        fulfilment.cancel(order.pk)
    with nothing_moves(finding.OrderClosed):
        add(order, (mug, 1))


def test_lines_cannot_be_added_to_an_unknown_order():
    mug = make_variant(on_hand=20)
    with nothing_moves(finding.UnknownOrder):
        placing.add_lines(9, [Line(mug.pk, 1)])


def test_an_order_of_nothing_is_refused():
    with nothing_moves(placing.NothingOrdered):
        placing.place_order(lines=[], channel="back_office")
