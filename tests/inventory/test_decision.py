"""The decision, row by row of the domain's table, and what must be true of it whatever is asked."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory import decision
from inventory.decision import Line, decide


class Stock(NamedTuple):
    """A variant as the decision sees it: sellable, tracked, no backorders, nothing there."""

    level: int = 0
    allow_backorders: bool = False
    backorder_limit: int | None = None
    track_inventory: bool = True
    minimum_order: int = 1
    maximum_order: int | None = None
    sellable: bool = True


def judge(stock, *quantities, had=0, consent=None):
    """The verdicts on lines of these quantities of one variant."""
    return decide([Line(1, quantity, consent) for quantity in quantities], {1: stock}, {1: had})


def split(stock, *quantities, **more):
    """What is taken from stock and what would wait, line by line; every line is accepted."""
    verdicts = judge(stock, *quantities, **more)
    assert decision.acceptable(verdicts)
    return [(verdict.allocated, verdict.backordered) for verdict in verdicts]


def refusal(stock, *quantities, **more):
    """The code, sentence and numbers that every line is refused with."""
    verdicts = judge(stock, *quantities, **more)
    assert not decision.acceptable(verdicts)
    assert [(verdict.allocated, verdict.backordered, verdict.outcome) for verdict in verdicts] == [
        (0, 0, "rejected") for _ in quantities
    ]
    [code] = {verdict.refusal.code for verdict in verdicts}
    first = verdicts[0].refusal
    return code, first.detail, first.params


# Row 1


def test_an_unknown_variant_is_unavailable():
    [verdict] = decide([Line(7, 2)], {})
    assert verdict.refusal == ("variant_unavailable", "This is not for sale.", {"requested": 2, "requested_total": 2})


@pytest.mark.parametrize("track", [True, False])
def test_an_archived_or_hidden_variant_is_unavailable_whatever_stock_it_has(track):
    code, _, params = refusal(Stock(level=9, track_inventory=track, sellable=False), 1)
    assert (code, params) == ("variant_unavailable", {"requested": 1, "requested_total": 1})


def test_being_unavailable_is_said_before_a_wrong_quantity():
    assert refusal(Stock(level=9, sellable=False, minimum_order=5), 1)[0] == "variant_unavailable"


# Rows 2 and 3


def test_below_the_minimum_is_refused_with_the_minimum():
    assert refusal(Stock(level=9, minimum_order=3), 2) == (
        "below_minimum_quantity",
        "At least 3 must be ordered.",
        {"requested": 2, "requested_total": 2, "min": 3},
    )


def test_exactly_the_minimum_is_accepted():
    assert split(Stock(level=9, minimum_order=3), 3) == [(3, 0)]


def test_the_minimum_is_judged_on_the_sum_of_a_variants_lines():
    assert split(Stock(level=9, minimum_order=3), 1, 2) == [(1, 0), (2, 0)]


def test_above_the_maximum_is_refused_with_the_maximum():
    assert refusal(Stock(level=9, maximum_order=4), 5) == (
        "above_maximum_quantity",
        "At most 4 can be ordered.",
        {"requested": 5, "requested_total": 5, "max": 4},
    )


def test_exactly_the_maximum_is_accepted():
    assert split(Stock(level=9, maximum_order=4), 4) == [(4, 0)]


def test_the_maximum_is_judged_on_the_sum_of_a_variants_lines():
    code, _, params = refusal(Stock(level=9, maximum_order=4), 3, 2)
    assert (code, params) == ("above_maximum_quantity", {"requested": 3, "requested_total": 5, "max": 4})


def test_the_limits_hold_for_an_untracked_variant_too():
    untracked = Stock(track_inventory=False, minimum_order=2, maximum_order=4)
    assert refusal(untracked, 1)[0] == "below_minimum_quantity"
    assert refusal(untracked, 5)[0] == "above_maximum_quantity"


def test_a_wrong_quantity_is_said_before_missing_stock():
    assert refusal(Stock(level=0, maximum_order=4), 5)[0] == "above_maximum_quantity"


def test_an_added_line_keeps_to_the_limits_of_the_whole_order():
    stock = Stock(level=9, minimum_order=3, maximum_order=5)
    assert split(stock, 1, had=3) == [(1, 0)]
    assert split(stock, 2, had=3) == [(2, 0)]
    code, _, params = refusal(stock, 3, had=3)
    assert (code, params) == ("above_maximum_quantity", {"requested": 3, "requested_total": 6, "max": 5})


def test_what_the_order_has_already_is_not_asked_of_stock_again():
    assert split(Stock(level=2), 2, had=10) == [(2, 0)]


# Row 4


@pytest.mark.parametrize("allow", [True, False])
@pytest.mark.parametrize("level", [-5, 0, 3])
def test_an_untracked_variant_always_sells_and_nothing_waits(level, allow):
    assert split(Stock(level=level, allow_backorders=allow, track_inventory=False, backorder_limit=0), 4) == [(4, 0)]


def test_consent_to_no_backorder_never_refuses_an_untracked_variant():
    assert split(Stock(track_inventory=False), 4, consent=0) == [(4, 0)]


# Row 5


@pytest.mark.parametrize("allow", [True, False])
def test_what_stock_covers_is_taken_from_stock(allow):
    assert split(Stock(level=3, allow_backorders=allow), 3) == [(3, 0)]


def test_a_backorder_limit_of_zero_does_not_touch_what_stock_covers():
    assert split(Stock(level=3, allow_backorders=True, backorder_limit=0), 3) == [(3, 0)]


# Row 6


def test_with_backorders_stock_is_taken_first_and_the_rest_waits():
    assert split(Stock(level=2, allow_backorders=True), 5) == [(2, 3)]


def test_with_backorders_and_nothing_there_everything_waits():
    assert split(Stock(level=0, allow_backorders=True), 5) == [(0, 5)]


def test_a_negative_level_counts_as_none_available_and_never_as_more_waiting():
    assert split(Stock(level=-4, allow_backorders=True), 2) == [(0, 2)]


def test_stock_is_handed_out_to_duplicate_lines_in_their_order():
    assert split(Stock(level=3, allow_backorders=True), 2, 2, 1) == [(2, 0), (1, 1), (0, 1)]


def test_the_backorder_limit_counts_those_who_wait_already():
    assert split(Stock(level=-2, allow_backorders=True, backorder_limit=3), 1) == [(0, 1)]
    assert refusal(Stock(level=-2, allow_backorders=True, backorder_limit=3), 2)[0] == "backorder_limit_reached"


def test_up_to_the_backorder_limit_is_accepted_beyond_what_is_there():
    assert split(Stock(level=2, allow_backorders=True, backorder_limit=3), 5) == [(2, 3)]


# Row 6a


def test_more_waiting_than_was_agreed_is_refused_with_the_numbers():
    assert refusal(Stock(level=2, allow_backorders=True), 5, consent=2) == (
        "backorder_not_agreed",
        "3 would have to be backordered, at most 2 was agreed.",
        {"requested": 5, "requested_total": 5, "available": 2, "would_backorder": 3, "max_backordered": 2},
    )


def test_exactly_what_was_agreed_may_wait():
    assert split(Stock(level=2, allow_backorders=True), 5, consent=3) == [(2, 3)]


def test_consent_of_none_at_all_leaves_it_to_the_shop():
    assert split(Stock(level=0, allow_backorders=True), 5, consent=None) == [(0, 5)]


def test_consent_is_asked_line_by_line_of_what_that_line_would_wait_for():
    verdicts = decide([Line(1, 2, 0), Line(1, 2, 0)], {1: Stock(level=3, allow_backorders=True)})
    assert verdicts[0].refusal is None
    assert verdicts[1].refusal.code == "backorder_not_agreed"
    assert verdicts[1].refusal.params == {
        "requested": 2,
        "requested_total": 4,
        "available": 3,
        "would_backorder": 1,
        "max_backordered": 0,
    }


# Row 6b


def test_over_the_backorder_limit_is_refused_with_the_numbers():
    assert refusal(Stock(level=2, allow_backorders=True, backorder_limit=3), 6) == (
        "backorder_limit_reached",
        "4 would have to be backordered; no more than 3 may wait at once.",
        {"requested": 6, "requested_total": 6, "available": 2, "would_backorder": 4, "limit": 3},
    )


def test_the_backorder_limit_is_judged_on_the_sum_of_a_variants_lines():
    code, _, params = refusal(Stock(level=0, allow_backorders=True, backorder_limit=3), 2, 2)
    assert code == "backorder_limit_reached"
    assert params == {"requested": 2, "requested_total": 4, "available": 0, "would_backorder": 4, "limit": 3}


def test_the_limit_is_said_before_missing_consent():
    assert refusal(Stock(allow_backorders=True, backorder_limit=1), 2, consent=0)[0] == "backorder_limit_reached"


# Rows 7 and 8


def test_without_backorders_more_than_there_is_is_refused_with_what_is_left():
    assert refusal(Stock(level=3), 4) == (
        "insufficient_stock",
        "Only 3 left.",
        {"requested": 4, "requested_total": 4, "available": 3},
    )


def test_without_backorders_duplicate_lines_are_refused_together():
    code, _, params = refusal(Stock(level=3), 2, 2)
    assert (code, params) == ("insufficient_stock", {"requested": 2, "requested_total": 4, "available": 3})


@pytest.mark.parametrize("level", [0, -4])
def test_without_backorders_nothing_there_is_out_of_stock(level):
    assert refusal(Stock(level=level), 1) == (
        "out_of_stock",
        "Out of stock.",
        {"requested": 1, "requested_total": 1, "available": 0},
    )


def test_a_backorder_limit_means_nothing_while_backorders_are_off():
    assert refusal(Stock(level=0, backorder_limit=9), 1)[0] == "out_of_stock"


# All lines


def test_all_lines_are_judged_before_answering():
    stock = {1: Stock(level=5), 2: Stock(level=1), 3: Stock(level=0, allow_backorders=True)}
    verdicts = decide([Line(1, 5), Line(2, 2), Line(9, 1), Line(3, 4)], stock)
    assert [verdict.outcome for verdict in verdicts] == ["from_stock", "rejected", "rejected", "backorder"]
    assert [verdict.refusal.code for verdict in verdicts if verdict.refusal] == [
        "insufficient_stock",
        "variant_unavailable",
    ]
    assert not decision.acceptable(verdicts)


def test_a_line_keeps_its_own_quantity_and_reference_in_its_verdict():
    lines = [Line(1, 2, ref="a"), Line(1, 3, ref="b")]
    assert [verdict.line for verdict in decide(lines, {1: Stock(level=5)})] == lines


@pytest.mark.parametrize(("level", "outcome"), [(5, "from_stock"), (2, "split"), (0, "backorder")])
def test_the_outcome_says_where_the_units_come_from(level, outcome):
    [verdict] = judge(Stock(level=level, allow_backorders=True), 5)
    assert verdict.outcome == outcome


# Labels: section 3


@pytest.mark.parametrize(
    ("stock", "status", "purchasable"),
    [
        (Stock(track_inventory=False), "in_stock", True),
        (Stock(track_inventory=False, level=-3), "in_stock", True),
        (Stock(level=1), "in_stock", True),
        (Stock(level=1, allow_backorders=True, backorder_limit=0), "in_stock", True),
        (Stock(level=0, allow_backorders=True), "on_backorder", True),
        (Stock(level=-9, allow_backorders=True), "on_backorder", True),
        (Stock(level=-2, allow_backorders=True, backorder_limit=3), "on_backorder", True),
        (Stock(level=-3, allow_backorders=True, backorder_limit=3), "out_of_stock", False),
        (Stock(level=0, allow_backorders=True, backorder_limit=0), "out_of_stock", False),
        (Stock(level=0), "out_of_stock", False),
        (Stock(level=-2), "out_of_stock", False),
        # One unit is there, but nobody may order one.
        (Stock(level=1, minimum_order=2), "in_stock", False),
        (Stock(level=1, minimum_order=2, allow_backorders=True), "in_stock", True),
        (Stock(level=0, minimum_order=2, allow_backorders=True, backorder_limit=1), "on_backorder", False),
        (Stock(level=9, sellable=False), "in_stock", False),
    ],
)
def test_the_label_says_what_one_more_unit_would_be(stock, status, purchasable):
    assert (decision.status(stock), decision.purchasable(stock)) == (status, purchasable)


def test_every_status_has_its_label_and_its_word_for_search_engines():
    assert decision.LABELS == {
        "in_stock": "In stock",
        "on_backorder": "On backorder",
        "out_of_stock": "Out of stock",
    }
    assert decision.SCHEMA_ORG == {
        "in_stock": "https://schema.org/InStock",
        "on_backorder": "https://schema.org/BackOrder",
        "out_of_stock": "https://schema.org/OutOfStock",
    }


@pytest.mark.parametrize(
    ("statuses", "best"),
    [
        (["out_of_stock", "on_backorder", "in_stock"], "in_stock"),
        (["out_of_stock", "on_backorder"], "on_backorder"),
        (["out_of_stock"], "out_of_stock"),
        ([], "out_of_stock"),
    ],
)
def test_a_product_has_the_best_status_of_its_variants(statuses, best):
    assert decision.best_status(iter(statuses)) == best


@pytest.mark.parametrize(
    ("stock", "most"),
    [
        (Stock(track_inventory=False), None),
        (Stock(track_inventory=False, maximum_order=7), 7),
        (Stock(level=3), 3),
        (Stock(level=-3), 0),
        (Stock(level=3, maximum_order=2), 2),
        (Stock(level=3, minimum_order=4), 0),
        (Stock(level=3, allow_backorders=True), None),
        (Stock(level=3, allow_backorders=True, maximum_order=9), 9),
        (Stock(level=3, allow_backorders=True, backorder_limit=4), 7),
        (Stock(level=-3, allow_backorders=True, backorder_limit=4), 1),
        (Stock(level=-6, allow_backorders=True, backorder_limit=4), 0),
        (Stock(level=9, sellable=False), 0),
        (Stock(track_inventory=False, sellable=False), 0),
    ],
)
def test_the_orderable_quantity_is_the_most_that_one_order_is_accepted_for(stock, most):
    assert decision.orderable(stock) == most


# What must be true of any answer


@st.composite
def stocks(draw):
    """A variant in any state that it can be in."""
    least = draw(st.integers(1, 5))
    return Stock(
        level=draw(st.integers(-12, 12)),
        allow_backorders=draw(st.booleans()),
        backorder_limit=draw(st.none() | st.integers(0, 15)),
        track_inventory=draw(st.integers(0, 4)) > 0,
        minimum_order=least,
        maximum_order=draw(st.none() | st.integers(least, 20)),
        sellable=draw(st.integers(0, 7)) > 0,
    )


wishes = st.lists(
    st.builds(Line, st.integers(1, 4), st.integers(1, 12), st.none() | st.integers(0, 6)), min_size=1, max_size=8
)
shelves = st.dictionaries(st.integers(1, 3), stocks(), min_size=3, max_size=3)


@given(wishes, shelves)
def test_allocated_and_backordered_are_what_was_asked_or_nothing(lines, shelf):
    for verdict in decide(lines, shelf):
        promised = verdict.allocated + verdict.backordered
        assert promised == (0 if verdict.refusal else verdict.line.quantity)
        assert min(verdict.allocated, verdict.backordered) >= 0


@given(wishes, shelves)
def test_never_more_is_taken_from_stock_than_is_available(lines, shelf):
    verdicts = decide(lines, shelf)
    for variant_id, stock in shelf.items():
        mine = [verdict for verdict in verdicts if verdict.line.variant_id == variant_id and not verdict.refusal]
        if stock.track_inventory:
            assert sum(verdict.allocated for verdict in mine) <= decision.available(stock)
        else:
            assert sum(verdict.backordered for verdict in mine) == 0


@given(wishes, shelves)
def test_nothing_waits_while_a_unit_is_idle(lines, shelf):
    verdicts = decide(lines, shelf)
    if decision.acceptable(verdicts):
        for variant_id, stock in shelf.items():
            mine = [verdict for verdict in verdicts if verdict.line.variant_id == variant_id]
            if any(verdict.backordered for verdict in mine):
                assert sum(verdict.allocated for verdict in mine) == decision.available(stock)


@given(wishes, shelves)
def test_nobody_waits_where_backorders_are_off_nor_beyond_the_limit(lines, shelf):
    for variant_id, stock in shelf.items():
        mine = [
            verdict for verdict in decide(lines, shelf) if verdict.line.variant_id == variant_id and not verdict.refusal
        ]
        waiting = sum(verdict.backordered for verdict in mine)
        assert not waiting or stock.allow_backorders
        if waiting and stock.backorder_limit is not None:
            assert waiting + max(-stock.level, 0) <= stock.backorder_limit


@given(wishes, shelves)
def test_the_decision_is_the_same_when_asked_again(lines, shelf):
    assert decide(lines, shelf) == decide(lines, shelf)


@given(stocks())
def test_orderable_is_exactly_the_largest_accepted_quantity(stock):
    accepted = [quantity for quantity in range(1, 60) if decision.acceptable(judge(stock, quantity))]
    if decision.orderable(stock) is None:
        assert accepted == list(range(stock.minimum_order, 60))
    else:
        assert max(accepted, default=0) == decision.orderable(stock)


@given(stocks())
def test_purchasable_is_that_the_minimum_would_be_accepted(stock):
    assert decision.purchasable(stock) == decision.acceptable(judge(stock, stock.minimum_order))


@given(stocks())
def test_the_status_is_what_one_more_unit_would_be(stock):
    [verdict] = judge(stock._replace(minimum_order=1, maximum_order=None, sellable=True), 1)
    said = {"from_stock": "in_stock", "backorder": "on_backorder", "rejected": "out_of_stock"}
    assert decision.status(stock) == said[verdict.outcome]
