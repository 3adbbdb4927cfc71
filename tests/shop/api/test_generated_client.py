"""A stranger's client, made from the checked-in document alone, lives the story of the contract against a live server.

Nothing here builds a request by hand: what the document does not say cannot be asked, what it says wrongly fails.
"""

import importlib
import subprocess
import sys
import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import httpx
import pytest

from catalog.models import Product
from shop.api.reference import CHECKED_IN
from tests.factories import ProductFactory, TimeframeFactory, make_key, make_variant

PACKAGE = "generated_shop_client"


@pytest.fixture(scope="session")
def generated(tmp_path_factory):
    """The client as a package: `api(name)` is an operation's module, `models` the shapes."""
    folder = tmp_path_factory.mktemp("client")
    config = folder / "config.yaml"
    config.write_text("post_hooks: []\n")
    made = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(CHECKED_IN), "--meta", "none",
         "--config", str(config), "--output-path", str(folder / PACKAGE), "--fail-on-warning"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    yield SimpleNamespace(
        client=importlib.import_module(f"{PACKAGE}.client"), models=importlib.import_module(f"{PACKAGE}.models")
    )
    sys.path.remove(str(folder))


class Stranger:
    """Somebody with the generated client and a key. `call` gives the parsed answer after checking its status."""

    def __init__(self, generated, url: str, key: str) -> None:
        self.models = generated.models
        self.client = generated.client.AuthenticatedClient(
            base_url=url, token=key, timeout=30, raise_on_unexpected_status=True
        )

    def detailed(self, operation: str, *path: int, **more):
        module = importlib.import_module(f"{PACKAGE}.api.{operation}")
        return module.sync_detailed(*path, client=self.client, **more)

    def call(self, operation: str, *path: int, status: int = 200, **more):
        answer = self.detailed(operation, *path, **more)
        assert answer.status_code == status, answer.content
        return answer.parsed

    def once(self, operation: str, *path: int, status: int = 201, **more):
        return self.call(operation, *path, status=status, idempotency_key=str(uuid.uuid4()), **more)


@pytest.fixture
def shop(transactional_db):
    """The mugs of the contract: 3 white ones, 2 blue ones that may be backordered, and a gift note nobody counts."""
    mug = ProductFactory(title="Enamel mug", search="enamel mug", delivery_timeframe=TimeframeFactory())
    extra = ProductFactory(title="Gift note", search="gift note", visibility=Product.Visibility.VISIBLE)
    return SimpleNamespace(
        mug=mug.pk,
        white=make_variant(product=mug, title="White", sku="MUG-WHT", on_hand=3).pk,
        blue=make_variant(product=mug, title="Blue", sku="MUG-BLU", on_hand=2, allow_backorders=True).pk,
        note=make_variant(product=extra, title="", sku="NOTE", price=Decimal("2.00"), track_inventory=False).pk,
    )


@pytest.fixture
def me(generated, live_server, shop):
    return Stranger(generated, live_server.url, make_key("integration", name="Integrator"))


def wish(me, *lines):
    """An order of (variant, quantity) or (variant, quantity, max_backordered), its lines named a, b, c."""
    made = [
        me.models.LineWish(
            variant_id=line[0], quantity=line[1], line_ref=ref, **({"max_backordered": line[2]} if line[2:] else {})
        )
        for ref, line in zip("abc", lines, strict=False)
    ]
    return me.models.OrderWish(lines=made)


def amounts(order):
    """Per line: its status, and units ordered, allocated, backordered, shipped, cancelled and returned."""
    return [
        (one.status, one.quantity, one.allocated, one.backordered, one.shipped, one.cancelled, one.returned)
        for one in order.lines
    ]


def test_the_key_knows_itself(me):
    known = me.call("settings.get_me")
    assert (known.name, known.limits.reads_per_minute, known.limits.writes_per_minute) == ("Integrator", 600, 120)
    assert "orders:write" in known.scopes
    assert known.expires_at is None


def test_the_story_of_the_contract(me, shop):
    # Asking.
    offered = me.call("catalogue.get_availability", shop.blue)
    assert (offered.status, offered.label, offered.available_quantity) == ("in_stock", "In stock", 2)
    quoted = me.call("orders.quote_order", body=wish(me, (shop.white, 4), (shop.blue, 5), (shop.note, 1)))
    assert (quoted.acceptable, quoted.total, quoted.currency) == (False, None, "EUR")
    assert [(one.line_ref, one.outcome, one.allocated, one.backordered) for one in quoted.lines] == [
        ("a", "rejected", 0, 0), ("b", "split", 2, 3), ("c", "from_stock", 1, 0),
    ]  # fmt: skip
    refusal = quoted.lines[0].error
    assert (refusal.code, refusal.detail) == ("insufficient_stock", "Only 3 left.")
    assert refusal.params.to_dict() == {"requested": 4, "requested_total": 4, "available": 3}

    # Refused, with the place and the reason of each line; nothing is written.
    refused = me.once(
        "orders.place_order", status=409, body=wish(me, (shop.white, 4), (shop.blue, 5, 0), (shop.note, 1))
    )
    assert (refused.code, refused.status) == ("order_rejected", 409)
    assert refused.type_ == "/problems/order_rejected"
    assert refused.detail == "2 of 3 lines cannot be accepted. Nothing was ordered."
    assert [(one.pointer, one.line_ref, one.variant_id, one.code) for one in refused.errors] == [
        ("#/lines/0", "a", shop.white, "insufficient_stock"),
        ("#/lines/1", "b", shop.blue, "backorder_not_agreed"),
    ]
    assert refused.errors[1].params["would_backorder"] == 3
    assert me.call("orders.list_orders").results == []

    # Placed with a split, and the same again under the same key.
    body = wish(me, (shop.white, 2), (shop.blue, 5, 3), (shop.note, 1))
    body.reference = "WEB-88213"
    body.customer = me.models.CustomerShape(name="Mina de Vries", email="mina@example.org")
    body.shipping_address = me.models.AddressShape(line1="Kade 4", city="Amsterdam", country="NL")
    placed = me.detailed("orders.place_order", body=body, idempotency_key="5f0c1f0e")
    replayed = me.detailed("orders.place_order", body=body, idempotency_key="5f0c1f0e")
    assert (placed.status_code, placed.headers["Location"]) == (201, f"/api/v1/orders/{placed.parsed.id}")
    assert (replayed.content, replayed.headers["Idempotency-Replayed"]) == (placed.content, "true")
    order = placed.parsed
    assert (order.status, order.backorder_status, order.total) == ("open", "partial", "89.50")
    assert (order.reference, order.customer.email, order.shipping_address.country) == (
        "WEB-88213", "mina@example.org", "NL",
    )  # fmt: skip
    assert amounts(order) == [
        ("ready", 2, 2, 0, 0, 0, 0), ("partly_ready", 5, 2, 3, 0, 0, 0), ("ready", 1, 1, 0, 0, 0, 0),
    ]  # fmt: skip
    today = order.placed_at.astimezone(ZoneInfo("Europe/Amsterdam")).date()
    assert [(one.source, one.quantity, one.text, one.from_, one.until) for one in order.lines[1].deliveries] == [
        ("stock", 2, "1-2 days", today + timedelta(1), today + timedelta(2)),
        ("backorder", 3, "Back in 10-14 days", today + timedelta(10), today + timedelta(14)),
    ]
    assert isinstance(order.placed_at, datetime)
    twin_body = wish(me, (shop.note, 1))
    twin_body.reference = "WEB-88213"
    twin = me.once("orders.place_order", status=409, body=twin_body)
    assert (twin.code, twin.params["order_id"]) == ("duplicate_reference", order.id)

    # A second customer waits behind the first.
    second = me.once("orders.place_order", body=wish(me, (shop.blue, 1)))
    assert (second.backorder_status, amounts(second)) == ("full", [("backordered", 1, 0, 1, 0, 0, 0)])
    assert me.call("catalogue.get_availability", shop.blue).status == "on_backorder"
    on_backorder = me.models.ListProductsAvailabilityItem.ON_BACKORDER
    [listed] = me.call("catalogue.list_products", availability=[on_backorder]).results
    assert (listed.id, listed.title, listed.availability_status) == (shop.mug, "Enamel mug", "in_stock")
    assert [(one.sku, one.price, one.availability.status) for one in listed.variants] == [
        ("MUG-WHT", "12.50", "in_stock"), ("MUG-BLU", "12.50", "on_backorder"),
    ]  # fmt: skip
    batch = me.call("catalogue.list_availability", variant_ids=[shop.blue, shop.white, 999_999])
    assert ([one.variant_id for one in batch.results], batch.missing) == ([shop.blue, shop.white], [999_999])
    waiting = me.call("fulfilment.list_backorders", variant_id=[shop.blue]).results
    assert [(one.order_number, one.backordered, one.position, one.promised_until) for one in waiting] == [
        (order.number, 3, 1, today + timedelta(14)), (second.number, 1, 2, today + timedelta(14)),
    ]  # fmt: skip
    [bought] = me.call("stock.list_stock", backordered=True).results
    assert (bought.variant_id, bought.on_hand, bought.committed, bought.level, bought.backordered) == (
        shop.blue, 2, 6, -4, 4,
    )  # fmt: skip

    # A delivery feeds the queue.
    delivery = me.models.Arrival(
        type_=me.models.ArrivalType.RECEIPT,
        reference="PO-1207",
        lines=[me.models.UnitsLine(variant_id=shop.blue, quantity=2)],
    )
    [booked] = me.once("stock.post_stock_movement", body=delivery).lines
    assert (booked.effect, booked.on_hand_before, booked.on_hand_after, booked.correction) == ("applied", 2, 4, 0)
    assert [(one.order_number, one.line_id, one.quantity, one.remaining) for one in booked.allocated_to] == [
        (order.number, order.lines[1].id, 2, 1)
    ]
    assert booked.taken_from == []
    assert booked.stock.to_dict() == {"on_hand": 4, "committed": 6, "level": -2, "available": 0, "backordered": 2}

    # What is allocated is shipped; more is refused.
    white, blue, note = (one.id for one in order.lines)
    parcel = me.models.ShipmentWish(
        method="carrier", tracking="3SABCD123", lines=[me.models.ShippedUnits(line_id=blue, quantity=5)]
    )
    assert me.once("fulfilment.ship_order", order.id, status=409, body=parcel).code == "not_enough_allocated"
    parcel.lines = [me.models.ShippedUnits(white, 2), me.models.ShippedUnits(blue, 4)]
    shipped = me.once("fulfilment.ship_order", order.id, body=parcel)
    assert (shipped.order_status, shipped.method, shipped.tracking) == ("partially_shipped", "carrier", "3SABCD123")
    assert [(one.line_id, one.quantity) for one in shipped.lines] == [(white, 2), (blue, 4)]
    of_shipments = [me.models.ListStockMovementsTypeItem.SHIPMENT]
    ledger = me.call("stock.list_stock_movements", variant_id=[shop.blue], type_=of_shipments).results
    assert [(one.on_hand_delta, one.committed_delta, one.actor.name) for one in ledger] == [(-4, -4, "Integrator")]

    # A line is lowered, under the tag that was read; a stale one is refused.
    read = me.detailed("orders.get_order", order.id)
    target = me.models.LineTarget(quantity=4)
    stale = me.call("orders.lower_order_line", order.id, blue, status=412, body=target, if_match='"old"')
    assert stale.code == "precondition_failed"
    again = me.detailed("orders.get_order", order.id, if_none_match=read.headers["ETag"])
    assert (again.status_code, again.parsed) == (304, None)
    lowered = me.call("orders.lower_order_line", order.id, blue, body=target, if_match=read.headers["ETag"])
    assert amounts(lowered) == [
        ("shipped", 2, 0, 0, 2, 0, 0), ("shipped", 4, 0, 0, 4, 1, 0), ("ready", 1, 1, 0, 0, 0, 0),
    ]  # fmt: skip
    more = me.call("orders.lower_order_line", order.id, blue, status=400, body=me.models.LineTarget(quantity=6))
    assert [(one.pointer, one.code) for one in more.errors] == [("#/quantity", "out_of_range")]

    # Lines are added and wait behind everybody else.
    added = me.once(
        "orders.add_order_lines",
        order.id,
        body=me.models.MoreLines(lines=[me.models.LineWish(variant_id=shop.blue, quantity=3, max_backordered=3)]),
    )
    assert amounts(added)[3] == ("backordered", 3, 0, 3, 0, 0, 0)
    waiting = me.call("fulfilment.list_backorders", variant_id=[shop.blue]).results
    assert [(one.order_number, one.position) for one in waiting] == [(second.number, 1), (order.number, 2)]

    # A unit comes back to the shelf and goes to who waits first.
    back = me.models.ReturnWish(lines=[me.models.ReturnedUnits(line_id=blue, quantity=1, restock=True)])
    returned = me.once("fulfilment.return_order", order.id, body=back)
    assert [(one.line_id, one.quantity, one.restock) for one in returned.lines] == [(blue, 1, True)]
    assert amounts(me.call("orders.get_order", second.id)) == [("ready", 1, 1, 0, 0, 0, 0)]

    # The rest is cancelled, and once more.
    reason = me.models.Cancellation(reason="customer_request")
    cancelled = me.call("orders.cancel_order", order.id, body=reason)
    assert me.call("orders.cancel_order", order.id, body=reason) == cancelled
    assert (cancelled.status, cancelled.backorder_status) == ("completed", "none")
    assert amounts(cancelled) == [
        ("shipped", 2, 0, 0, 2, 0, 0), ("shipped", 4, 0, 0, 4, 1, 1),
        ("cancelled", 0, 0, 0, 0, 1, 0), ("cancelled", 0, 0, 0, 0, 3, 0),
    ]  # fmt: skip
    last = me.call("stock.get_stock", shop.blue)
    assert (last.on_hand, last.committed, last.level, last.available) == (1, 1, 0, 0)


def test_a_change_sends_what_was_named_and_nothing_else(me, shop):
    changed = me.call("catalogue.change_variant", shop.blue, body=me.models.VariantChange(backorder_limit=20))
    assert (changed.track_inventory, changed.allow_backorders, changed.on_hand) == (True, True, 2)
    assert (changed.backorders_effective, changed.backorder_limit) == (True, 20)
    cleared = me.call("catalogue.change_variant", shop.blue, body=me.models.VariantChange(backorder_limit=None))
    assert cleared.backorder_limit is None

    wanted = me.models.DefaultsChange(allow_backorders_by_default=True)
    defaults = me.call("settings.change_inventory_settings", body=wanted)
    assert (defaults.allow_backorders_by_default, defaults.track_inventory_by_default) == (True, True)
    assert me.call("settings.get_inventory_settings") == defaults


def test_a_tills_net_number_is_counted_as_a_level(me, shop):
    me.once("orders.place_order", body=wish(me, (shop.blue, 5)))
    counted = me.models.LevelCounting(
        type_="count", basis="level", lines=[me.models.LevelLine(variant_id=shop.blue, quantity=-2)]
    )
    [booked] = me.once("stock.post_stock_movement", body=counted).lines
    assert booked.stock.to_dict() == {"on_hand": 3, "committed": 5, "level": -2, "available": 0, "backordered": 2}


def test_pages_are_followed_by_their_cursor(me, shop):
    first = me.call("stock.list_stock", page_size=2)
    second = me.call("stock.list_stock", page_size=2, cursor=httpx.URL(first.next_).params["cursor"])
    assert [one.variant_id for one in first.results + second.results] == [shop.white, shop.blue, shop.note]
    assert second.next_ is None
