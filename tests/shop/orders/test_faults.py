"""Faults seen in other shops that must not happen here: one test each, named after it."""

import pytest

from inventory import stock
from inventory.models import StockMovement
from shop.orders import fulfilment, placing
from shop.orders.fulfilment import Returned
from shop.webhooks import outbox
from tests.factories import make_variant, numbers
from tests.inventory.evidence import discrepancies, events, everything, nothing_moves
from tests.shop.orders.story import add, line_ids, place, splits, units

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sound(db):
    yield
    assert discrepancies() == []


def test_editing_a_backordered_line_never_fills_somebody_elses_backorder_with_phantom_stock():
    mug = make_variant(allow_backorders=True)
    first, second = place((mug, 5)), place((mug, 2))
    fulfilment.lower_line(first.pk, line_ids(first)[0], 1)
    assert numbers(mug) == (0, 3, -3, 0, 3)
    assert (splits(first), splits(second)) == ([(0, 1)], [(0, 2)])
    assert events("backorder.filled") == []


def test_a_cancelled_backorder_never_comes_back_as_positive_stock():
    mug = make_variant(allow_backorders=True)
    order = place((mug, 5))
    fulfilment.cancel(order.pk)
    assert numbers(mug) == (0, 0, 0, 0, 0)
    with nothing_moves(fulfilment.NotEnoughAllocated):
        fulfilment.ship(order.pk, {line_ids(order)[0]: 1}, ahead=True)


def test_a_cancelled_split_gives_back_only_what_it_took():
    mug = make_variant(on_hand=2, allow_backorders=True)
    order = place((mug, 5))
    fulfilment.cancel(order.pk)
    assert numbers(mug) == (2, 0, 2, 2, 0)


def test_a_cap_is_judged_where_it_is_acted_on_and_not_when_it_was_quoted():
    mug = make_variant(allow_backorders=True, backorder_limit=3)
    wish = [placing.Line(mug.pk, 2)]
    mine, theirs = placing.quote(wish), placing.quote(wish)
    assert all(verdict.refusal is None for verdict in mine.verdicts + theirs.verdicts)
    placing.place_order(lines=wish, channel="storefront")
    with nothing_moves(placing.OrderRejected):
        placing.place_order(lines=wish, channel="storefront")
    assert numbers(mug) == (0, 2, -2, 0, 2)


@pytest.mark.parametrize("values", [{"on_hand": 2}, {"allow_backorders": True, "backorder_limit": 2}])
def test_no_path_into_an_order_goes_round_the_check(values):
    mug, other = make_variant(**values), make_variant(on_hand=9)
    order = place((other, 1))
    with nothing_moves(placing.OrderRejected):
        place((mug, 3))
    with nothing_moves(placing.OrderRejected):
        add(order, (mug, 3))
    add(order, (mug, 2))
    with nothing_moves(placing.OrderRejected):
        add(order, (mug, 1))


def test_two_lines_of_one_variant_are_never_judged_one_by_one():
    mug = make_variant(on_hand=3)
    with nothing_moves(placing.OrderRejected):
        place((mug, 2), (mug, 2))


def test_a_typed_stock_form_never_undoes_the_sales_made_while_it_was_open():
    mug = make_variant(on_hand=10)
    seen = stock.look([mug.pk])[mug.pk].on_hand
    stock.sell([stock.Entry(mug.pk, 4)])
    with nothing_moves(stock.StockChanged):
        stock.count([stock.Entry(mug.pk, 12, expected_on_hand=seen)])
    assert numbers(mug) == (6, 0, 6, 6, 0)


def test_orders_placed_while_a_shelf_is_counted_are_not_undone_by_the_count():
    mug = make_variant(on_hand=10)
    seen = stock.look([mug.pk])[mug.pk].on_hand
    place((mug, 4))
    stock.count([stock.Entry(mug.pk, 9, expected_on_hand=seen)])
    assert numbers(mug) == (9, 4, 5, 5, 0)


def test_cancelling_and_returning_never_both_give_back():
    mug = make_variant(on_hand=3)
    order = place((mug, 3))
    [line_id] = line_ids(order)
    fulfilment.ship(order.pk, {line_id: 1})
    fulfilment.cancel(order.pk)
    assert numbers(mug) == (2, 0, 2, 2, 0)
    with nothing_moves(fulfilment.ReturnExceedsShipped):
        fulfilment.take_back(order.pk, [Returned(line_id, 2)])
    fulfilment.take_back(order.pk, [Returned(line_id, 1)])
    fulfilment.cancel(order.pk)
    with nothing_moves(fulfilment.ReturnExceedsShipped):
        fulfilment.take_back(order.pk, [Returned(line_id, 1)])
    assert (numbers(mug), units(order)) == ((3, 0, 3, 3, 0), [(0, 1, 2, 1)])


def test_setting_an_exported_level_back_changes_nothing():
    mug = make_variant(on_hand=2, allow_backorders=True)
    place((mug, 5))
    before = everything()
    level = numbers(mug)[2]
    outbox.record(stock.set_levels(stock.lock([mug.pk]), {mug.pk: level}))
    assert everything() == before


def test_stock_never_moves_without_a_trace():
    mug = make_variant(on_hand=4, allow_backorders=True)
    order = place((mug, 6))
    [line_id] = line_ids(order)
    fulfilment.ship(order.pk, {line_id: 3})
    fulfilment.lower_line(order.pk, line_id, 5)
    fulfilment.take_back(order.pk, [Returned(line_id, 1)])
    stock.receive([stock.Entry(mug.pk, 2)])
    fulfilment.ship(order.pk, {line_id: 1})
    fulfilment.cancel(order.pk)
    stock.sell([stock.Entry(mug.pk, 9)])
    stock.count([stock.Entry(mug.pk, 3)])
    stock.correct([stock.Entry(mug.pk, -1)], reason="Broken")
    outbox.record(stock.set_levels(stock.lock([mug.pk]), {mug.pk: 7}))
    kinds = list(StockMovement.objects.filter(item_id=mug.pk).order_by("version").values_list("kind", flat=True))
    assert kinds == [
        "opening", "placement", "shipment", "cancellation", "return", "receipt", "shipment", "cancellation",
        "correction", "sale", "count", "correction", "level_set",
    ]  # fmt: skip
    assert numbers(mug) == (7, 0, 7, 7, 0)
