"""The worked trace of the domain, number by number."""

import pytest

from inventory import stock
from inventory.decision import Line
from shop.orders import finding, fulfilment, placing
from tests.factories import make_variant, numbers

pytestmark = pytest.mark.django_db


def test_the_worked_trace_is_reproduced_number_by_number():
    mug = make_variant(on_hand=2, allow_backorders=True)
    assert numbers(mug) == (2, 0, 2, 2, 0)

    a = placing.place_order(lines=[Line(mug.pk, 5)], channel="storefront").order
    assert numbers(mug) == (2, 5, -3, 0, 3)
    assert split(a) == (2, 3)

    b = placing.place_order(lines=[Line(mug.pk, 1)], channel="storefront").order
    assert numbers(mug) == (2, 6, -4, 0, 4)
    assert split(b) == (0, 1)

    stock.receive([stock.Entry(mug.pk, 2)])
    assert numbers(mug) == (4, 6, -2, 0, 2)
    assert (split(a), split(b)) == ((4, 1), (0, 1))

    fulfilment.ship(a.pk, {line_of(a): 4})
    assert numbers(mug) == (0, 2, -2, 0, 2)
    assert (split(a), split(b)) == ((0, 1), (0, 1))

    stock.receive([stock.Entry(mug.pk, 3)])
    assert numbers(mug) == (3, 2, 1, 1, 0)
    assert (split(a), split(b)) == ((1, 0), (1, 0))

    stock.sell([stock.Entry(mug.pk, 2)])
    assert numbers(mug) == (1, 2, -1, 0, 1)
    assert (split(a), split(b)) == ((1, 0), (0, 1))

    fulfilment.cancel(a.pk)
    assert numbers(mug) == (1, 1, 0, 0, 0)
    assert split(b) == (1, 0)

    fulfilment.take_back(a.pk, [fulfilment.Returned(line_of(a), 1)])
    assert numbers(mug) == (2, 1, 1, 1, 0)


def split(order):
    """Units allocated and backordered of the order's only line."""
    [state] = finding.view(order.pk).lines
    return state.allocated, state.backordered


def line_of(order):
    [state] = finding.view(order.pk).lines
    return state.line.pk
