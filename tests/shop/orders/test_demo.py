"""The demo store as it is found: every situation that a merchant should see is there, and the numbers agree."""

import csv
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db.models import F, Sum
from django.test import TestCase

from catalog.models import (
    Category,
    CategoryText,
    DeliveryTimeframe,
    DeliveryTimeframeText,
    Product,
    ProductText,
    Variant,
)
from imports import exporting, importing
from imports.planning import Kind
from inventory import decision, stock
from inventory.decision import Line
from inventory.models import StockItem, StockMovement
from shop import clock
from shop.orders import finding, placing, proof, queue, statuses
from shop.orders.demo import loading
from shop.orders.models import Order, OrderLine, ReturnLine, Shipment
from shop.store.models import Language, StoreSettings

NOW = datetime(2026, 4, 14, 10, 30, tzinfo=UTC)


def items(**wanted):
    return StockItem.objects.filter(variant__product__visibility=Product.Visibility.VISIBLE, **wanted)


def item(sku):
    return StockItem.objects.get(variant__sku=sku)


def waiting():
    return OrderLine.objects.filter(pk__in=queue.waiting_lines())


def spreadsheet():
    with loading.SPREADSHEET.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class TestTheDemoStore(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.said = []
        with clock.at(NOW):
            cls.found = loading.load(cls.said.append)

    # What is sold.

    def test_each_step_says_one_sentence(self):
        assert self.found is loading.State.EMPTY
        assert len(self.said) == 3
        assert self.said[1] == "42 products with 120 variants were imported from products.csv."

    def test_the_store_has_a_name_and_speaks_two_languages(self):
        store = StoreSettings.objects.current()
        assert (store.name, store.currency, store.default_language_id) == ("Alder & Oak", "EUR", "EN")
        assert str(store.tax_rate) == "0.2100"
        assert list(Language.objects.values_list("code", flat=True)) == ["EN", "NL"]

    def test_every_row_of_the_spreadsheet_is_a_variant(self):
        assert Product.objects.count() == len({row["Internal_ID"] for row in spreadsheet()}) == 42
        assert Variant.objects.count() == len(spreadsheet()) == 120
        assert list(Variant.objects.order_by("pk").values_list("sku", flat=True)) == [r["SKU"] for r in spreadsheet()]

    def test_every_product_has_all_its_texts_in_both_languages(self):
        fields = ("title", "full_title", "description", "content", "slug", "meta_title", "meta_description")
        for code in ("EN", "NL"):
            texts = ProductText.objects.filter(language=code)
            assert texts.count() == 42
            assert all(all(row) for row in texts.values_list(*fields))
        assert CategoryText.objects.filter(language="NL").count() == Category.objects.count()
        assert Category.objects.filter(parent__parent__isnull=False).count() > 20

    def test_barcodes_are_valid_and_numbers_keep_their_zeros(self):
        eans = list(Variant.objects.exclude(ean="").values_list("ean", flat=True))
        assert len(set(eans)) == len(eans) == 112
        for ean in eans:
            assert len(ean) == 13
            assert ean.startswith("29")
            assert sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(ean)) % 10 == 0
        assert Variant.objects.filter(sku__startswith="00").count() > 20
        assert Variant.objects.filter(price_old__gt=F("price")).count() >= 4
        assert not Variant.objects.filter(price_cost__gt=F("price")).exists()
        assert {f"{tax}" for tax in Variant.objects.values_list("tax", flat=True)} == {"0.2100", "0.0900", "0.0000"}

    def test_there_is_every_visibility_and_every_timeframe(self):
        assert Counter(Product.objects.values_list("visibility", flat=True)).keys() == set(Product.Visibility.values)
        names = {"Standard delivery", "Made to order", "By e-mail"}
        assert set(DeliveryTimeframe.objects.values_list("name", flat=True)) == names
        assert set(Product.objects.values_list("delivery_timeframe__name", flat=True)) == {*names, None}
        assert DeliveryTimeframeText.objects.filter(language="NL").exclude(in_stock_message="").count() == 3

    def test_exported_and_imported_again_nothing_changes(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("again.csv", "again.xlsx"):
                exporting.export(Path(folder) / name)
                report = importing.run(Path(folder) / name, importing.Options(dry_run=True))
                assert report.counts == {Kind.SAME: 120}

    # The situations of variants.

    def test_some_are_low_and_not_sold_out(self):
        assert items(level__gt=0).low().count() >= 5

    def test_some_are_sold_out_without_backorders(self):
        sold_out = items(track_inventory=True, allow_backorders=False, level=0)
        assert "AXE-CAMP" in sold_out.values_list("variant__sku", flat=True)

    def test_some_are_on_backorder_with_nobody_waiting(self):
        nobody = items(track_inventory=True, level=0, committed=0).with_status(decision.ON_BACKORDER)
        assert "CAMP-OVEN" in nobody.values_list("variant__sku", flat=True)

    def test_one_has_reached_its_backorder_limit(self):
        full = item("SKILLET-30")
        assert (full.level, full.backorder_limit, full.allow_backorders) == (-3, 3, True)
        assert "SKILLET-30" in items().with_status(decision.OUT_OF_STOCK).values_list("variant__sku", flat=True)

    def test_services_and_downloads_are_not_tracked_and_sell(self):
        untracked = items(track_inventory=False)
        assert untracked.count() == 8
        assert OrderLine.objects.filter(variant__stock__track_inventory=False, shipped__gt=0).exists()

    def test_the_two_contradictions_are_there(self):
        assert StockItem.objects.filter(track_inventory=False, allow_backorders=True).count() == 1
        hidden_when_gone = StockItem.objects.filter(
            variant__product__visibility=Product.Visibility.VISIBLE_WHEN_IN_STOCK, allow_backorders=True
        )
        assert hidden_when_gone.count() == 1

    def test_two_blue_mugs_are_left_and_a_third_can_wait(self):
        mug = item("MUG-BLUE")
        product = mug.variant.product
        assert mug.pk == Variant.objects.order_by("pk").first().pk
        assert (mug.on_hand, mug.committed, mug.available) == (2, 0, 2)
        assert product.visibility == Product.Visibility.VISIBLE
        assert product.delivery_timeframe.out_of_stock_message
        [verdict] = placing.quote([Line(mug.pk, 3)]).verdicts
        assert (verdict.outcome, verdict.allocated, verdict.backordered) == (decision.SPLIT, 2, 1)

    # The situations of orders.

    def test_there_are_some_two_hundred_orders_of_the_last_four_months(self):
        assert 180 <= Order.objects.count() <= 220
        first = Order.objects.order_by("pk").first()
        assert timedelta(days=100) < NOW - first.placed_at < timedelta(days=121)
        channels = Counter(Order.objects.values_list("channel", flat=True))
        assert channels["storefront"] > 150
        assert channels["back_office"] >= 5
        assert channels["pos"] >= 3

    def test_orders_are_of_every_status(self):
        views = finding.views(Order.objects.all())
        found = Counter(statuses.order_status(view.lines) for view in views)
        assert found[statuses.COMPLETED] > 120
        assert found[statuses.CANCELLED] >= 5
        assert found[statuses.PARTIALLY_SHIPPED] >= 2
        opened = [view for view in views if any(state.line.open for state in view.lines)]
        by_wait = Counter(statuses.backorder_status(view.lines) for view in opened)
        assert 15 <= by_wait[statuses.FULL] + by_wait[statuses.PARTIAL] <= 30
        assert by_wait[statuses.PARTIAL] >= 3
        assert by_wait[statuses.NONE] >= 5

    def test_several_wait_for_one_variant_and_some_are_overdue(self):
        queued = waiting().filter(variant__sku="POT-CREAM").order_by("pk")
        assert queued.count() == 7
        assert NOW - queued.first().placed_at > timedelta(weeks=4)
        today = NOW.date()
        assert waiting().filter(promised_until__lt=today).count() >= 5
        assert waiting().filter(promised_until__gte=today).count() >= 5

    def test_some_were_split_at_placement_and_some_are_partly_covered_now(self):
        assert OrderLine.objects.filter(
            backordered_at_placement__gt=0, backordered_at_placement__lt=F("ordered")
        ).exists()
        views = finding.views(Order.objects.filter(pk__in=queue.waiting_orders()))
        found = Counter(state.status for view in views for state in view.lines)
        assert found["partly_ready"] >= 2
        assert found["ready"] >= 2

    def test_cancelled_orders_say_why(self):
        cancelled = Order.objects.exclude(cancelled_at=None)
        assert cancelled.count() >= 5
        assert not cancelled.filter(cancel_reason="").exists()
        assert OrderLine.objects.filter(order__in=cancelled, order__lines__shipped__gt=0).exists()

    def test_lines_were_lowered_and_added_and_orders_came_in_parts(self):
        assert OrderLine.objects.filter(order__cancelled_at=None, cancelled__gt=0).exists()
        assert OrderLine.objects.filter(placed_at__gt=F("order__placed_at") + timedelta(days=1)).exists()
        parts = Shipment.objects.values_list("order").annotate(lines=Sum("lines__quantity"))
        assert parts.count() > 120

    def test_some_returns_went_on_the_shelf_and_some_did_not(self):
        assert set(ReturnLine.objects.values_list("restock", flat=True)) == {True, False}

    def test_the_ledger_knows_every_kind_of_everyday_movement(self):
        kinds = set(StockMovement.objects.values_list("kind", flat=True))
        extraordinary = {"repair", "switches", "level_set"}
        assert kinds == set(StockMovement.Kind.values) - extraordinary
        [ahead] = StockMovement.objects.filter(kind="shipment_ahead")
        assert ahead.item.variant.sku == "BOARD-LARGE"

    # The numbers.

    def test_ledger_counters_and_open_lines_agree(self):
        assert proof.check() == []
        sums = StockMovement.objects.order_by().values_list("item")
        sums = sums.annotate(on_hand=Sum("on_hand_delta"), committed=Sum("committed_delta"))
        by_item = {pk: numbers for pk, *numbers in sums}
        opened = dict(OrderLine.objects.order_by().values_list("variant").annotate(units=Sum("open")))
        for pk, on_hand, committed in StockItem.objects.values_list("pk", "on_hand", "committed"):
            assert by_item.get(pk, [0, 0]) == [on_hand, committed]
            assert opened.get(pk, 0) == committed

    def test_everything_happened_in_order_and_nothing_after_now(self):
        moments = list(StockMovement.objects.order_by("pk").values_list("recorded_at", flat=True))
        assert moments == sorted(moments)
        assert moments[-1] <= NOW
        assert Order.objects.filter(updated_at__gt=NOW).count() == 0
        assert set(StockMovement.objects.values_list("actor_kind", "actor_name")) == {("command", "load_demo")}

    def test_the_till_never_sold_what_was_not_there(self):
        assert not StockMovement.objects.filter(reason=stock.FOUND).exists()

    def test_loading_again_changes_nothing(self):
        before = (Order.objects.count(), StockMovement.objects.count(), Variant.objects.count())
        assert loading.load() is loading.State.DEMO
        assert (Order.objects.count(), StockMovement.objects.count(), Variant.objects.count()) == before
