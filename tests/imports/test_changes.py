"""Plan, keep, apply: what was previewed is what is applied."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import texts
from catalog.models import Product, ProductText, Variant
from imports import changes, importing
from imports.models import ChangeRow, ChangeSet
from inventory import stock
from inventory.models import StockItem, StockMovement
from shop.accounts.acting import Actor, acting_as
from tests.factories import ProductTextFactory, make_variant, numbers
from tests.imports import sheets
from tests.imports.sheets import counts, said, snapshot

pytestmark = pytest.mark.django_db


@pytest.fixture
def between(monkeypatch):
    """Slip an act in between the preview and the writing of an import."""

    def slip(act):
        apply = changes.apply

        def interrupted(*args, **options):
            act()
            return apply(*args, **options)

        monkeypatch.setattr(changes, "apply", interrupted)

    return slip


def test_a_row_whose_cell_has_moved_is_left_whole_and_reported(tmp_path, between):
    sold, other = make_variant(on_hand=5), make_variant(on_hand=5)
    between(lambda: stock.sell([stock.Entry(sold.pk, 1)]))
    titles = ["Internal_Variant_ID", "Stock_Level", "Price"]
    report = sheets.run(tmp_path, titles, [sold.pk, 9, 1], [other.pk, 9, 1])
    assert said(report) == [
        "row 2, Stock_Level: It was “5” when the file was checked and is “4” now. The row was left alone."
    ]
    assert not report.is_good
    assert (numbers(sold)[0], Variant.objects.get(pk=sold.pk).price) == (4, 12.5)
    assert (numbers(other)[0], Variant.objects.get(pk=other.pk).price) == (9, 1)
    assert ChangeRow.objects.get(kind="left").row == 2
    assert ChangeSet.objects.get().left == 1
    assert report.errors_file.exists()


@pytest.mark.parametrize(
    ("title", "cell", "act"),
    [
        ("Price", 1, lambda variant: Variant.objects.filter(pk=variant.pk).update(price=2)),
        ("Visible", "N", lambda variant: Product.objects.update(visibility="visible_when_in_stock")),
        ("Price", 1, lambda variant: Variant.objects.filter(pk=variant.pk).update(archived_at="2024-01-01T00:00Z")),
        ("Brand", "x", lambda variant: Product.objects.update(archived_at="2024-01-01T00:00Z")),
        ("Buy_Min", 9, lambda variant: Variant.objects.filter(pk=variant.pk).update(maximum_order=5)),
        ("EN_Title_Short", "x", lambda variant: ProductText.objects.update(title="y")),
        ("EN_URL", "x", lambda variant: ProductTextFactory(slug="x")),
    ],
)  # fmt: skip
def test_whatever_moved_the_row_is_left(tmp_path, between, title, cell, act):
    variant = make_variant()
    ProductTextFactory(product=variant.product)
    moved = []

    def interfere():
        act(variant)
        moved.extend(snapshot())

    between(interfere)
    report = sheets.run(tmp_path, ["Internal_Variant_ID", title], [variant.pk, cell])
    assert [left.row for left in report.left] == [2]
    assert snapshot()[:4] == moved[:4]


def test_what_somebody_else_has_set_to_the_same_value_is_fine(tmp_path, between):
    variant = make_variant()
    between(lambda: Variant.objects.filter(pk=variant.pk).update(price=1))
    report = sheets.run(tmp_path, ["Internal_Variant_ID", "Price", "SKU"], [variant.pk, 1, "new"])
    assert report.is_good
    assert Variant.objects.get(pk=variant.pk).sku == "new"


def test_the_rows_of_a_new_product_whose_address_was_taken_are_all_left(tmp_path, between):
    between(lambda: ProductTextFactory(slug="mine"))
    titles = ["Internal_ID", "XX_Title_Short", "XX_URL", "XX_Variant"]
    report = sheets.run(tmp_path, titles, ["a", "Mug", "mine", "S"], ["a", None, None, "M"])
    assert [left.row for left in report.left] == [2, 3]
    assert not Product.objects.filter(title="Mug").exists()


def test_an_address_taken_at_the_last_moment_is_seen_at_the_next_try(tmp_path, monkeypatch):
    seed, raced = texts.free_slugs, []

    def too_late(language, wanted, given=()):
        if raced:
            return seed(language, wanted, given)
        raced.append(ProductTextFactory(slug="other"))
        return ["other"]

    monkeypatch.setattr(texts, "free_slugs", too_late)
    assert sheets.run(tmp_path, ["XX_Title_Short"], ["Other"]).is_good
    assert ProductText.objects.get(title="Other").slug == "other"


def test_a_product_may_straddle_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr(changes, "CHUNK", 2)
    titles = ["Internal_ID", "XX_Title_Short", "XX_Variant"]
    rows = [["a" if number % 2 else "b", f"Mug {'a' if number % 2 else 'b'}", f"V{number}"] for number in range(7)]
    report = sheets.run(tmp_path, titles, *rows)
    assert (report.new_products, counts(report)) == (2, (7, 0, 0, 0))
    assert sorted(Product.objects.values_list("title", flat=True)) == ["Mug a", "Mug b"]
    positions = Variant.objects.order_by("product__title", "position").values_list("title", "position")
    assert list(positions) == [("V1", 0), ("V3", 1), ("V5", 2), ("V0", 0), ("V2", 1), ("V4", 2), ("V6", 3)]


def test_an_interrupted_import_goes_on_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(changes, "CHUNK", 2)
    variants = [make_variant(on_hand=1) for _ in range(5)]
    done = []

    def die(rows):
        done.append(rows)
        if len(done) == 2:
            raise KeyboardInterrupt

    path = sheets.write(tmp_path / "a.xlsx", ["Internal_Variant_ID", "Stock_Level"], *[[one.pk, 7] for one in variants])
    apply = changes.apply
    monkeypatch.setattr(
        changes, "apply", lambda change_set, every, store, progress: apply(change_set, every, store, die)
    )
    with pytest.raises(KeyboardInterrupt):
        importing.run(path)
    assert StockItem.objects.filter(on_hand=7).count() == 4
    store = importing.read_store()
    apply(ChangeSet.objects.get(), importing.all_columns(store), store)
    assert list(StockItem.objects.values_list("on_hand", "version")) == [(7, 2)] * 5
    assert ChangeSet.objects.get().state == "applied"


def test_a_chunk_costs_a_constant_number_of_statements(tmp_path):
    def statements(count):
        titles = [
            "Internal_ID", "Internal_Variant_ID", "XX_Title_Short", "XX_Variant", "Brand", "Tags", "XX_Category_1",
            "Price", "SKU", "Stock_Track", "Stock_Level", "Stock_Alert", "XX_URL",
        ]  # fmt: skip
        rows = []
        for number in range(count):
            variant = make_variant(on_hand=1, track_inventory=False)
            ProductTextFactory(product=variant.product)
            values = [f"N{variant.pk}", "S", f"B{variant.pk}", f"t{variant.pk},u", f"C{variant.pk}", number + 20,
                      f"S{variant.pk}", "Y", number + 5, number + 1, f"u-{variant.pk}"]  # fmt: skip
            rows.append([variant.product_id, variant.pk, *values])
            rows.append([variant.product_id, None, None, "New", *[None] * 3, 5, f"T{variant.pk}", "N", 3, 4, None])
            rows.append([None, None, f"P{variant.pk}", "A", *values[2:-1], f"w-{variant.pk}"])
        path = sheets.write(tmp_path / f"{count}.csv", titles, *rows)
        with CaptureQueriesContext(connection) as queries:
            report = importing.run(path)
        assert counts(report) == (2 * count, count, 0, 0)
        return len(queries)

    assert statements(3) == statements(40)


def test_every_movement_of_an_import_adds_up(tmp_path):
    variants = [make_variant(on_hand=number) for number in range(4)]
    sheets.run(tmp_path, ["Internal_Variant_ID", "Stock_Level", "Stock_Track"], *[[one.pk, 3, "N"] for one in variants])
    for item in StockItem.objects.all():
        deltas = StockMovement.objects.filter(item=item).values_list("on_hand_delta", "committed_delta")
        assert [sum(column) for column in zip(*deltas, strict=True)] == [item.on_hand, item.committed]
        assert item.version == len(deltas)


def test_movements_and_change_sets_carry_who_acts(tmp_path):
    variant = make_variant(on_hand=1)
    with acting_as(Actor("command", None, "import_products")):
        sheets.run(tmp_path, ["Internal_Variant_ID", "Stock_Level"], [variant.pk, 3])
    movement = StockMovement.objects.filter(item=variant.pk).latest("pk")
    assert (movement.actor_kind, movement.actor_name) == ("command", "import_products")
    assert ChangeSet.objects.values_list("actor_kind", "actor_name").get() == ("command", "import_products")


def test_only_what_changed_is_stamped(tmp_path):
    variant = make_variant(on_hand=1)
    before = Variant.objects.get().updated_at, Product.objects.get().updated_at, StockItem.objects.get().updated_at
    sheets.run(tmp_path, ["Internal_Variant_ID", "Price"], [variant.pk, 3])
    after = Variant.objects.get().updated_at, Product.objects.get().updated_at, StockItem.objects.get().updated_at
    assert after[0] > before[0]
    assert after[1:] == before[1:]
