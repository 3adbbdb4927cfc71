"""Many rows in few statements: the same on both databases, by each of the roads that a number of rows takes."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.db import DataError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog.models import Brand, Product, Tag, Variant
from shop import bulk
from shop.orders.models import OrderLine
from shop.webhooks.models import OutboxEvent
from tests.factories import ProductFactory, make_variant

pytestmark = pytest.mark.django_db

SIZES = [1, 3, bulk.ONE_STATEMENT, bulk.ONE_STATEMENT + 1, 1203]
MOMENT = datetime(2026, 11, 23, 12, 30, 15, 123456, tzinfo=UTC)


def test_no_rows_are_no_statement():
    with CaptureQueriesContext(connection) as captured:
        bulk.insert_rows(Tag, ("name",), [])
        bulk.update_rows(Tag, ("name",), iter(()))
        assert bulk.insert_returning(Tag, ("name",), []) == []
    assert len(captured) == 0


@pytest.mark.parametrize("size", SIZES)
def test_rows_are_inserted_with_every_kind_of_value(size):
    rows = [("order.created", {"number": n, "text": 'é"\\'}, MOMENT) for n in range(size)]
    bulk.insert_rows(OutboxEvent, ("type", "data", "created_at"), iter(rows))
    found = OutboxEvent.objects.order_by("pk").values_list("type", "data", "created_at", "sent_at")
    assert list(found) == [(*row, None) for row in rows]


@pytest.mark.parametrize("size", SIZES)
def test_new_keys_come_back_in_the_order_of_the_rows(size):
    names = [f"Tag {number:04} {'x' * (number % 7)}" for number in reversed(range(size))]
    keys = bulk.insert_returning(Tag, ("name",), [(name,) for name in names])
    assert keys == sorted(keys)
    found = Tag.objects.in_bulk(keys)
    assert [found[key].name for key in keys] == names


@pytest.mark.parametrize("size", SIZES)
def test_each_row_is_written_to_the_row_that_it_names_and_the_others_stay(size):
    product = ProductFactory()
    names = ("product", "title", "created_at", "updated_at", *_REST)
    keys = bulk.insert_returning(Variant, names, [(product.pk, f"V{n}", MOMENT, MOMENT, *_VALUES) for n in range(size)])
    other = make_variant(product=product, title="Other", price=Decimal("7"))
    rows = [(key, Decimal(number) / 4, None if number % 2 else number + 1) for number, key in enumerate(keys)]
    bulk.update_rows(Variant, ("price", "maximum_order"), rows)
    found = list(
        Variant.objects.filter(pk__in=keys).order_by("pk").values_list("pk", "price", "maximum_order", "title")
    )
    assert found == [(*row, f"V{number}") for number, row in enumerate(rows)]
    other.refresh_from_db()
    assert (other.price, other.title) == (7, "Other")


_DEFAULTS = {
    field.name: field.get_default()
    for field in Variant._meta.concrete_fields
    if field.has_default() and field.name not in ("title", "created_at", "updated_at")
}
_DEFAULTS |= dict.fromkeys(["unit", "article_code", "hs_code", "ean", "sku", "matrix"], "")
_REST, _VALUES = tuple(_DEFAULTS), tuple(_DEFAULTS.values())


def test_nothing_is_written_where_the_key_names_nobody():
    [key] = bulk.insert_returning(Tag, ("name",), [("One",)])
    bulk.update_rows(Tag, ("name",), [(key + 99, "Two")])
    assert list(Tag.objects.values_list("pk", "name")) == [(key, "One")]


def test_a_first_row_of_nothing_does_not_decide_the_types():
    first, second = make_variant(), make_variant()
    bulk.update_rows(Variant, ("maximum_order", "weight_value", "archived_at"), [
        (first.pk, None, None, None), (second.pk, 5, Decimal("1.25"), MOMENT),
    ])  # fmt: skip
    names = ("maximum_order", "weight_value", "archived_at")
    assert list(Variant.objects.order_by("pk").values_list(*names)) == [
        (None, None, None),
        (5, Decimal("1.25"), MOMENT),
    ]


def test_a_relation_is_written_by_its_key():
    brand = Brand.objects.create(name="Acme")
    product = ProductFactory()
    bulk.update_rows(Product, ("brand",), [(product.pk, brand.pk)])
    product.refresh_from_db()
    assert product.brand == brand


def test_one_unless_there_says_whether_it_was():
    first = bulk.insert_unless_there(Tag, ("name",), ("One",))
    assert first is not None
    assert bulk.insert_unless_there(Tag, ("name",), ("One",)) is None
    # The transaction is still good: no error was raised inside it.
    assert bulk.insert_unless_there(Tag, ("name",), ("Two",)) not in (None, first)
    assert sorted(Tag.objects.values_list("name", flat=True)) == ["One", "Two"]


@pytest.mark.parametrize("size", [2, bulk.ONE_STATEMENT + 2])
def test_one_wrong_row_refuses_them_all(size):
    rows = [(f"Tag {number}",) for number in range(size)]
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert_rows(Tag, ("name",), [*rows, ("Tag 0",)])
    assert not Tag.objects.exists()


def test_a_name_that_the_model_does_not_have_is_an_error():
    with pytest.raises(FieldDoesNotExist):
        bulk.insert_rows(OrderLine, ("colour",), [("red",)])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite does not bound its texts")
@pytest.mark.parametrize("count", [1, 3, 600])
def test_a_text_that_is_too_long_is_refused_and_never_cut(count):
    variants = [make_variant() for _ in range(2)]
    rows = [(variants[0].pk, "x" * 121)] + [(variants[1].pk, "y")] * (count - 1)
    with pytest.raises(DataError), transaction.atomic():
        bulk.update_rows(Variant, ("sku",), rows)
    assert set(Variant.objects.values_list("sku", flat=True)) == {""}
