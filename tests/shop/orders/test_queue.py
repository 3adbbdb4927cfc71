"""The queue: what it says for numbers in hand and what it says in the database are one thing."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory import stock
from inventory.models import StockItem
from shop import clock
from shop.bulk import insert_returning, insert_rows, update_rows
from shop.orders import finding, queue, statuses
from shop.orders.models import Order, OrderLine
from shop.orders.queue import OpenLine
from tests.factories import make_variant
from tests.shop.orders.story import line_ids, place

pytestmark = pytest.mark.django_db

MANY = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def lines_of(*opened):
    return [OpenLine(line_id, line_id, 1, units) for line_id, units in enumerate(opened, start=1)]


@pytest.mark.parametrize(
    ("on_hand", "opened", "allocated"),
    [
        (0, [2, 3], [0, 0]),
        (1, [2, 3], [1, 0]),
        (2, [2, 3], [2, 0]),
        (4, [2, 3], [2, 2]),
        (5, [2, 3], [2, 3]),
        (9, [2, 3], [2, 3]),
        (3, [], []),
    ],
)
def test_open_units_are_covered_in_the_order_of_their_lines(on_hand, opened, allocated):
    [item] = stock.look([make_variant(on_hand=on_hand, allow_backorders=True).pk]).values()
    assert list(queue.cover(lines_of(*opened), item).values()) == allocated


def test_every_line_of_an_untracked_variant_is_covered():
    [item] = stock.look([make_variant(track_inventory=False).pk]).values()
    assert list(queue.cover(lines_of(2, 3), item).values()) == [2, 3]


def test_a_wait_has_its_place_among_those_who_wait():
    mug = make_variant(on_hand=3, allow_backorders=True)
    first, second, third = place((mug, 2)), place((mug, 2)), place((mug, 1), (mug, 1))
    waits = queue.waits([first.pk, second.pk, third.pk])
    [b], [c, d] = line_ids(second), line_ids(third)
    assert waits == {b: (1, 1), c: (1, 2), d: (1, 3)}
    # Asked for one order, its place is still the one among all.
    assert queue.waits([third.pk]) == {c: (1, 2), d: (1, 3)}
    assert queue.waits([]) == {}


# Lines as the database may hold them: (order, variant, open, shipped, cancelled).
made_lines = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 4), st.integers(0, 2), st.integers(0, 2)),
    max_size=14,
)
made_items = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=3, max_size=3)
LINE = ("order", "variant", "title", "unit_price", "ordered", "open", "shipped", "cancelled", "deliveries", "placed_at",
        "line_ref", "sku", "returned", "backordered_at_placement")  # fmt: skip


class Shop:
    """Three variants and five orders, filled with whatever lines are drawn."""

    def __init__(self):
        self.variants = [make_variant(allow_backorders=True).pk for _ in range(3)]
        now = clock.now()
        row = ("storefront", "EUR", *[""] * 10, now, now)
        names = ("channel", "currency", "customer_name", "customer_email", "customer_phone", "address_line1",
                 "address_line2", "address_postal_code", "address_city", "address_region", "address_country",
                 "cancel_reason", "placed_at", "updated_at")  # fmt: skip
        self.orders = insert_returning(Order, names, [row] * 5)

    def fill(self, lines, items):
        OrderLine.objects.all().delete()
        now = clock.now()
        insert_rows(OrderLine, LINE, [
            (self.orders[order], self.variants[variant], "", 0, opened + shipped + cancelled, opened, shipped,
             cancelled, [], now, "", "", 0, 0)
            for order, variant, opened, shipped, cancelled in lines
        ])  # fmt: skip
        update_rows(StockItem, ("on_hand", "track_inventory", "committed"), [
            (pk, on_hand, track, sum(opened for _, variant, opened, _, _ in lines if variant == index))
            for index, (pk, (on_hand, track)) in enumerate(zip(self.variants, items, strict=True))
        ])  # fmt: skip


@pytest.fixture
def shop():
    return Shop()


@MANY
@given(lines=made_lines, items=made_items)
def test_the_database_covers_every_line_as_the_plain_rule_does(shop, lines, items):
    shop.fill(lines, items)
    expected = {}
    for variant_id, item in stock.look(shop.variants).items():
        waiting = queue.open_lines([variant_id])[variant_id]
        covered = queue.cover(waiting, item)
        short = [line for line in waiting if covered[line.line_id] < line.open]
        for position, line in enumerate(short, start=1):
            expected[line.line_id] = (line.open - covered[line.line_id], position)
        assert sum(line.open - covered[line.line_id] for line in waiting) == max(
            -item.level if item.track_inventory else 0, 0
        )
    assert queue.waits(shop.orders) == expected
    assert set(OrderLine.objects.filter(pk__in=queue.waiting_lines()).values_list("pk", flat=True)) == set(expected)
    one = shop.orders[0]
    mine = set(OrderLine.objects.filter(order=one).values_list("pk", flat=True))
    assert queue.waits([one]) == {line_id: wait for line_id, wait in expected.items() if line_id in mine}


@MANY
@given(lines=made_lines, items=made_items)
def test_orders_are_filtered_by_the_statuses_that_their_lines_give_them(shop, lines, items):
    shop.fill(lines, items)
    found = finding.views(Order.objects.order_by("pk"))
    for status in statuses.ORDER_STATUSES:
        expected = {view.order.pk for view in found if statuses.order_status(view.lines) == status}
        assert set(statuses.with_status(Order.objects.all(), status).values_list("pk", flat=True)) == expected, status
    for status in (statuses.NONE, statuses.PARTIAL, statuses.FULL):
        expected = {view.order.pk for view in found if statuses.backorder_status(view.lines) == status}
        filtered = statuses.with_backorder_status(Order.objects.all(), status)
        assert set(filtered.values_list("pk", flat=True)) == expected, status


@MANY
@given(
    lines=st.lists(st.integers(1, 4), max_size=6),
    before=st.tuples(st.integers(0, 12), st.booleans()),
    after=st.tuples(st.integers(0, 12), st.booleans()),
)
def test_shifts_are_exactly_the_lines_whose_cover_changed(shop, lines, before, after):
    waiting = lines_of(*lines)
    [item] = stock.look(shop.variants[:1]).values()
    old = item._replace(on_hand=before[0], track_inventory=before[1], committed=sum(lines))
    new = item._replace(on_hand=after[0], track_inventory=after[1], committed=sum(lines))
    had, has = queue.cover(waiting, old), queue.cover(waiting, new)
    moved = {shift.line.line_id: (shift.before, shift.after) for shift in queue.shifts(old, waiting, new, waiting)}
    assert moved == {pk: (had[pk], has[pk]) for pk in had if had[pk] != has[pk]}
    # What decides whether to look at all never overlooks one.
    assert queue.may_shift(old, new) or not moved
