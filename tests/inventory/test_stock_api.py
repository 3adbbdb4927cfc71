"""The stock API: availability, switches, numbers, and what happens on the shelf."""

from datetime import UTC, datetime

import pytest

from inventory.models import StockItem, StockMovement, StockPosting
from shop import clock
from shop.accounts.models import AuditEntry
from shop.webhooks.models import OutboxEvent
from tests.api_client import Api, entries, problem
from tests.factories import ProductFactory, TimeframeFactory, make_variant, numbers

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _morning():
    with clock.at(datetime(2026, 11, 23, 10, 5, tzinfo=UTC)):
        yield


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def blue():
    product = ProductFactory(title="Enamel mug", delivery_timeframe=TimeframeFactory())
    return make_variant(product=product, title="Blue", sku="MUG-BLU", ean="8712345000028", on_hand=2,
                        allow_backorders=True, stock_alert=2, maximum_order=None)  # fmt: skip


def order(api, variant, quantity):
    return api.post("/orders", {"lines": [{"variant_id": variant.pk, "quantity": quantity}]}).json()


def move(api, **body):
    return api.post("/stock/movements", body)


def test_availability_tells_what_one_more_unit_would_be(api, blue):
    order(api, blue, 2)
    answer = api.get(f"/variants/{blue.pk}/availability")

    assert answer.json() == {
        "variant_id": blue.pk, "product_id": blue.product_id, "sku": "MUG-BLU", "status": "on_backorder",
        "label": "On backorder", "purchasable": True, "tracked": True, "backorders_allowed": True,
        "available_quantity": 0, "low": True, "minimum_order": 1, "maximum_order": None, "orderable_quantity": None,
        "delivery": {"text": "1-2 days", "min_days": 1, "max_days": 2},
        "backorder_delivery": {"text": "Back in 10-14 days", "min_days": 10, "max_days": 14},
        "schema_org": "https://schema.org/BackOrder", "checked_at": "2026-11-23T10:05:00Z",
    }  # fmt: skip
    assert answer["Cache-Control"] == "no-cache"


def test_availability_is_revalidated_cheaply_and_never_trusted_stale(api, blue):
    tag = api.get(f"/variants/{blue.pk}/availability")["ETag"]
    with clock.at(datetime(2026, 11, 23, 10, 6, tzinfo=UTC)):
        assert api.get(f"/variants/{blue.pk}/availability", If_None_Match=tag).status_code == 304
        order(api, blue, 2)
        assert api.get(f"/variants/{blue.pk}/availability", If_None_Match=tag).status_code == 200


def test_a_key_without_sight_of_stock_learns_no_numbers(blue):
    answer = Api("storefront").get(f"/variants/{blue.pk}/availability").json()
    assert (answer["status"], answer["available_quantity"]) == ("in_stock", None)


def test_an_untracked_variant_has_no_number_and_no_limit(api):
    note = make_variant(track_inventory=False, allow_backorders=True, maximum_order=None)
    answer = api.get(f"/variants/{note.pk}/availability").json()
    assert (answer["status"], answer["tracked"], answer["backorders_allowed"]) == ("in_stock", False, False)
    assert (answer["available_quantity"], answer["orderable_quantity"], answer["delivery"]) == (None, None, None)


def test_a_batch_lists_what_is_missing(api, blue):
    hidden = make_variant(product=ProductFactory(visibility="hidden"), on_hand=1)
    query = f"/availability?variant_ids={blue.pk},999999,{hidden.pk},{blue.pk}"

    shown = Api("storefront").get(query).json()
    assert ([one["variant_id"] for one in shown["results"]], shown["missing"]) == ([blue.pk], [999999, hidden.pk])
    shown = api.get(query).json()
    assert ([one["variant_id"] for one in shown["results"]], shown["missing"]) == ([blue.pk, hidden.pk], [999999])
    assert entries(api.get("/availability")) == [("?variant_ids", "required")]
    many = ",".join(str(number) for number in range(1, 102))
    assert entries(api.get(f"/availability?variant_ids={many}")) == [("?variant_ids", "too_many_items")]


def test_a_hidden_or_archived_variant_is_not_there_for_a_storefront(api):
    hidden = make_variant(product=ProductFactory(visibility="hidden"), on_hand=1)
    archived = make_variant(on_hand=1, archived_at=clock.now())

    assert problem(Api("storefront").get(f"/variants/{hidden.pk}/availability")) == (404, "not_found")
    assert api.get(f"/variants/{hidden.pk}/availability").json()["purchasable"] is False
    assert problem(api.get(f"/variants/{archived.pk}/availability")) == (404, "not_found")


def test_the_switches_are_turned_and_audited_and_what_is_not_named_stays(api, blue):
    answer = api.patch(f"/variants/{blue.pk}", {"allow_backorders": False, "stock_alert": 5, "maximum_order": 10})

    assert answer.json() == {
        "id": blue.pk, "sku": "MUG-BLU", "track_inventory": True, "allow_backorders": False,
        "backorders_effective": False, "on_hand": 2, "minimum_order": 1, "maximum_order": 10, "minimum_stock": None,
        "stock_alert": 5, "backorder_limit": None,
        "availability": {"status": "in_stock", "label": "In stock", "purchasable": True},
    }  # fmt: skip
    entry = AuditEntry.objects.get(object_type="variant")
    assert entry.changes == {"allow_backorders": [True, False], "stock_alert": [2, 5], "maximum_order": [None, 10]}
    assert (entry.actor_kind, entry.actor_name.split()[0]) == ("client", "integration")
    assert StockMovement.objects.filter(kind="switches").count() == 1


def test_turning_to_what_it_is_already_writes_nothing(api, blue):
    before = StockItem.objects.values().get(pk=blue.pk)
    assert api.patch(f"/variants/{blue.pk}", {"allow_backorders": True, "stock_alert": 2}).status_code == 200
    assert api.patch(f"/variants/{blue.pk}", {}).status_code == 200
    assert StockItem.objects.values().get(pk=blue.pk) == before
    assert not AuditEntry.objects.filter(object_type="variant").exists()


def test_tracking_begins_with_what_is_said_to_be_there(api):
    note = make_variant(track_inventory=False, on_hand=7)
    order(api, note, 3)
    assert numbers(note) == (7, 3, 4, 0, 0)
    api.patch(f"/variants/{note.pk}", {"track_inventory": True, "on_hand": 2})
    assert numbers(note) == (2, 3, -1, 0, 1)


def test_a_stale_change_is_refused(api, blue):
    tag = api.get(f"/variants/{blue.pk}")["ETag"]
    assert api.patch(f"/variants/{blue.pk}", {"stock_alert": 3}, If_Match=tag).status_code == 200
    stale = api.patch(f"/variants/{blue.pk}", {"stock_alert": 4}, If_Match=tag)
    assert problem(stale) == (412, "precondition_failed")
    assert StockItem.objects.get(pk=blue.pk).stock_alert == 3


@pytest.mark.parametrize(("body", "fault"), [
    ({"allow_backorders": "yes"}, ("#/allow_backorders", "invalid_type")),
    ({"track_inventory": None}, ("#/track_inventory", "invalid_type")),
    ({"minimum_order": 0}, ("#/minimum_order", "out_of_range")),
    ({"on_hand": -1}, ("#/on_hand", "out_of_range")),
    ({"level": 3}, ("#/level", "unknown_field")),
    ({"minimum_order": 5, "maximum_order": 4}, ("#", "out_of_range")),
])  # fmt: skip
def test_a_change_that_cannot_be_changes_nothing(api, blue, body, fault):
    before = StockItem.objects.values().get(pk=blue.pk)
    assert entries(api.patch(f"/variants/{blue.pk}", body)) == [fault]
    assert StockItem.objects.values().get(pk=blue.pk) == before


def test_an_unknown_variant_cannot_be_changed(api):
    assert problem(api.patch("/variants/999999", {"stock_alert": 1})) == (404, "not_found")


def test_the_purchasing_view_shows_who_is_short(api, blue):
    make_variant(on_hand=4)
    order(api, blue, 6)
    [shown] = api.get("/stock?backordered=true").json()["results"]
    assert shown == {
        "variant_id": blue.pk, "sku": "MUG-BLU", "tracked": True, "on_hand": 2, "committed": 6, "level": -4,
        "available": 0, "backordered": 4, "stock_alert": 2, "low": True, "updated_at": "2026-11-23T10:05:00Z",
    }  # fmt: skip
    assert api.get(f"/stock/{blue.pk}").json() == shown
    assert [one["variant_id"] for one in api.get("/stock?low=true").json()["results"]] == [blue.pk]
    assert blue.pk not in [one["variant_id"] for one in api.get("/stock?low=false").json()["results"]]
    assert [one["variant_id"] for one in api.get("/stock?ean=8712345000028").json()["results"]] == [blue.pk]
    assert [one["variant_id"] for one in api.get("/stock?sku=MUG-BLU,X").json()["results"]] == [blue.pk]
    assert api.get("/stock?updated_since=2026-11-23T10:05:01Z").json()["results"] == []
    assert problem(api.get("/stock/999999")) == (404, "not_found")


def test_an_untracked_variants_level_is_null(api):
    note = make_variant(track_inventory=False, on_hand=7)
    order(api, note, 9)
    shown = api.get(f"/stock/{note.pk}").json()
    assert shown["level"] is shown["available"] is shown["backordered"] is None
    assert (shown["tracked"], shown["on_hand"], shown["committed"], shown["low"]) == (False, 7, 9, False)


def test_a_delivery_says_whom_it_feeds(api, blue):
    first, second = order(api, blue, 5), order(api, blue, 1)
    answer = move(api, type="receipt", reference="PO-1207", occurred_at="2026-11-24T08:10:00Z",
                  lines=[{"variant_id": blue.pk, "quantity": 4}])  # fmt: skip

    assert answer.status_code == 201
    posting = StockPosting.objects.get()
    assert answer.json() == {
        "id": posting.pk, "type": "receipt", "reference": "PO-1207", "recorded_at": "2026-11-23T10:05:00Z",
        "lines": [{
            "variant_id": blue.pk, "effect": "applied", "on_hand_before": 2, "on_hand_after": 6, "correction": 0,
            "allocated_to": [
                {"order_number": first["number"], "line_id": first["lines"][0]["id"], "quantity": 3, "remaining": 0},
                {"order_number": second["number"], "line_id": second["lines"][0]["id"], "quantity": 1, "remaining": 0},
            ],
            "taken_from": [],
            "stock": {"on_hand": 6, "committed": 6, "level": 0, "available": 0, "backordered": 0},
        }],
    }  # fmt: skip
    filled = [event.data for event in OutboxEvent.objects.filter(type="backorder.filled")]
    assert [(event["order_id"], event["filled"], event["remaining"]) for event in filled] == [
        (first["id"], 3, 0),
        (second["id"], 1, 0),
    ]


def test_a_till_sale_is_never_refused_and_says_from_whom_it_takes(api, blue):
    placed = order(api, blue, 2)
    answer = move(api, type="sale", lines=[{"variant_id": blue.pk, "quantity": 3}]).json()["lines"][0]

    assert (answer["on_hand_before"], answer["on_hand_after"], answer["correction"]) == (2, 0, 1)
    assert answer["taken_from"] == [
        {"order_number": placed["number"], "line_id": placed["lines"][0]["id"], "quantity": 2, "remaining": 2}
    ]
    assert numbers(blue) == (0, 2, -2, 0, 2)
    ledger = StockMovement.objects.filter(posting__type="sale").order_by("pk")
    assert [(one.kind, one.on_hand_delta) for one in ledger] == [("correction", 1), ("sale", -3)]


def test_a_count_is_absolute_and_refused_when_the_stock_moved_meanwhile(api, blue):
    order(api, blue, 1)
    stale = move(api, type="count", lines=[{"variant_id": blue.pk, "quantity": 9, "expected_on_hand": 3}])
    assert problem(stale) == (409, "stock_changed")
    assert stale.json()["params"] == {"variant_id": blue.pk, "on_hand": 2}
    assert numbers(blue) == (2, 1, 1, 1, 0)

    move(api, type="count", lines=[{"variant_id": blue.pk, "quantity": 9, "expected_on_hand": 2}])
    assert numbers(blue) == (9, 1, 8, 8, 0)


def test_a_net_number_is_booked_as_a_level(api, blue):
    order(api, blue, 5)
    move(api, type="count", basis="level", lines=[{"variant_id": blue.pk, "quantity": -2}])
    assert numbers(blue) == (3, 5, -2, 0, 2)
    too_low = move(api, type="count", basis="level", lines=[{"variant_id": blue.pk, "quantity": -6}])
    assert problem(too_low) == (409, "not_enough_on_hand")
    assert numbers(blue) == (3, 5, -2, 0, 2)


def test_a_correction_needs_a_reason_and_does_not_go_below_nothing(api, blue):
    without = move(api, type="correction", lines=[{"variant_id": blue.pk, "quantity": -1}])
    assert entries(without) == [("#/reason", "required")]
    below = move(api, type="correction", reason="broken", lines=[{"variant_id": blue.pk, "quantity": -3}])
    assert problem(below) == (409, "not_enough_on_hand")
    assert below.json()["params"] == {"variant_id": blue.pk, "on_hand": 2}
    assert numbers(blue) == (2, 0, 2, 2, 0)
    assert (
        move(api, type="correction", reason="broken", lines=[{"variant_id": blue.pk, "quantity": -1}]).status_code
        == 201
    )
    assert numbers(blue) == (1, 0, 1, 1, 0)


@pytest.mark.parametrize(("body", "fault"), [
    ({"type": "receipt", "lines": [{"variant_id": 1, "quantity": 0}]}, ("#/lines/0/quantity", "out_of_range")),
    ({"type": "sale", "lines": [{"variant_id": 1, "quantity": -1}]}, ("#/lines/0/quantity", "out_of_range")),
    ({"type": "count", "lines": [{"variant_id": 1, "quantity": -1}]}, ("#/lines/0/quantity", "out_of_range")),
    ({"type": "correction", "reason": "x", "lines": [{"variant_id": 1, "quantity": 0}]},
     ("#/lines/0/quantity", "invalid_value")),
    ({"type": "receipt", "lines": [{"variant_id": 1, "quantity": 1, "expected_on_hand": 1}]},
     ("#/lines/0/expected_on_hand", "unknown_field")),
    ({"type": "receipt", "basis": "level", "lines": [{"variant_id": 1, "quantity": 1}]}, ("#/basis", "unknown_field")),
    ({"type": "delivery", "lines": [{"variant_id": 1, "quantity": 1}]}, ("#/type", "invalid_value")),
    ({"lines": [{"variant_id": 1, "quantity": 1}]}, ("#/type", "required")),
    ({"type": "receipt", "lines": []}, ("#/lines", "empty")),
])  # fmt: skip
def test_a_movement_that_cannot_be_is_refused_with_its_place(api, body, fault):
    assert entries(move(api, **body)) == [fault]
    assert not StockPosting.objects.exists()


def test_a_delivery_note_with_an_unknown_variant_books_nothing(api, blue):
    lines = [{"variant_id": blue.pk, "quantity": 1}, {"variant_id": 999_999, "quantity": 1}]
    assert entries(move(api, type="receipt", lines=lines)) == [("#/lines/1/variant_id", "invalid_value")]
    assert numbers(blue) == (2, 0, 2, 2, 0)


def test_a_delivery_note_with_a_service_on_it_does_not_fail(api, blue):
    note = make_variant(track_inventory=False)
    lines = [{"variant_id": note.pk, "quantity": 1}, {"variant_id": blue.pk, "quantity": 1}]
    shown = move(api, type="receipt", lines=lines).json()["lines"]
    assert [one["effect"] for one in shown] == ["ignored_untracked", "applied"]
    assert shown[0]["stock"] == {"on_hand": 0, "committed": 0, "level": None, "available": None, "backordered": None}
    assert numbers(blue) == (3, 0, 3, 3, 0)


def test_the_same_variant_on_two_lines_is_booked_twice(api, blue):
    lines = [{"variant_id": blue.pk, "quantity": 1}, {"variant_id": blue.pk, "quantity": 2}]
    shown = move(api, type="receipt", lines=lines).json()["lines"]
    assert [(one["on_hand_before"], one["on_hand_after"]) for one in shown] == [(2, 3), (3, 5)]
    assert numbers(blue) == (5, 0, 5, 5, 0)


def test_the_ledger_is_read_newest_first(api, blue):
    order(api, blue, 1)
    move(api, type="receipt", reference="PO-1", occurred_at="2026-11-22T08:10:00+01:00",
         lines=[{"variant_id": blue.pk, "quantity": 2}])  # fmt: skip
    shown = api.get(f"/stock/movements?variant_id={blue.pk}").json()["results"]

    assert [one["type"] for one in shown] == ["receipt", "placement", "opening"]
    newest = shown[0]
    assert newest["actor"]["kind"] == "client"
    assert {name: newest[name] for name in newest.keys() - {"id", "actor"}} == {
        "variant_id": blue.pk, "type": "receipt", "on_hand_delta": 2, "committed_delta": 0, "on_hand_after": 4,
        "committed_after": 1, "reference": "PO-1", "reason": None, "occurred_at": "2026-11-22T07:10:00Z",
        "recorded_at": "2026-11-23T10:05:00Z",
    }  # fmt: skip
    assert [one["type"] for one in api.get("/stock/movements?type=receipt").json()["results"]] == ["receipt"]
    assert [one["type"] for one in api.get("/stock/movements?reference=PO-1").json()["results"]] == ["receipt"]
    assert api.get("/stock/movements?updated_since=2026-11-24T00:00:00Z").json()["results"] == []
