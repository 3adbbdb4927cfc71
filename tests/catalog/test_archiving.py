"""What is archived leaves the lists and stays in the books."""

import pytest
from django.db import transaction

from catalog import archiving
from catalog.models import Product
from inventory.decision import Line
from shop.accounts.models import AuditEntry
from shop.orders import finding, placing
from tests.factories import make_variant, numbers

pytestmark = pytest.mark.django_db


@pytest.fixture
def mug():
    return make_variant(on_hand=5)


def refused(variant):
    with pytest.raises(placing.OrderRejected) as caught, transaction.atomic():
        placing.place_order(lines=[Line(variant.pk, 1)], channel="storefront")
    return caught.value.verdicts[0].refusal.code


def test_an_archived_variant_cannot_be_ordered_until_it_is_restored(mug):
    assert archiving.archive_variants([mug.pk]) == 1
    assert refused(mug) == "variant_unavailable"
    assert archiving.restore_variants([mug.pk]) == 1
    assert placing.place_order(lines=[Line(mug.pk, 1)], channel="storefront").lines[0].allocated == 1


def test_an_archived_product_takes_its_variants_along(mug):
    assert archiving.archive_products([mug.product_id]) == 1
    assert refused(mug) == "variant_unavailable"
    assert archiving.restore_products([mug.product_id]) == 1
    assert Product.objects.get().archived_at is None


def test_open_orders_of_what_is_archived_go_on(mug):
    order = placing.place_order(lines=[Line(mug.pk, 2)], channel="storefront").order
    archiving.archive_products([mug.product_id])
    assert numbers(mug) == (5, 2, 3, 3, 0)
    assert finding.view(order.pk).lines[0].status == "ready"


def test_archiving_twice_changes_nothing_and_every_change_is_audited(mug):
    archiving.archive_products([mug.product_id])
    before = Product.objects.values().get()
    assert archiving.archive_products([mug.product_id]) == 0
    assert Product.objects.values().get() == before
    archiving.restore_products([mug.product_id])
    assert list(AuditEntry.objects.order_by("pk").values_list("changes", flat=True)) == [
        {"archived": [False, True]},
        {"archived": [True, False]},
    ]
