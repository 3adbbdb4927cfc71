"""The order API: the story of a mug that runs out, told over the wire."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import stock
from inventory.models import StockMovement
from shop import clock
from shop.orders.models import Order, OrderLine
from shop.webhooks.models import OutboxEvent
from tests.api_client import Api, entries, problem
from tests.factories import ProductFactory, TimeframeFactory, make_variant, numbers

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 23, 9, 15, 31, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _morning():
    with clock.at(MORNING):
        yield


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def mugs():
    """White: 3 in stock, no backorders. Blue: 2 in stock, backorders."""
    product = ProductFactory(title="Enamel mug", delivery_timeframe=TimeframeFactory())
    white = make_variant(product=product, title="White", sku="MUG-WHT", on_hand=3)
    blue = make_variant(product=product, title="Blue", sku="MUG-BLU", on_hand=2, allow_backorders=True)
    return white, blue


def test_a_quote_judges_every_line_and_stores_nothing(api, mugs):
    white, blue = mugs
    note = make_variant(title="Default", sku="NOTE", price=2, track_inventory=False)
    answer = api.post(
        "/orders/quote",
        {
            "lines": [
                {"line_ref": "a", "variant_id": white.pk, "quantity": 4},
                {"line_ref": "b", "variant_id": blue.pk, "quantity": 5},
                {"line_ref": "c", "variant_id": note.pk, "quantity": 1},
                {"line_ref": "d", "variant_id": 999_999, "quantity": 1},
            ]
        },
        key=None,
    )

    assert answer.status_code == 200
    a, b, c, d = answer.json()["lines"]
    assert a == {
        "line_ref": "a", "variant_id": white.pk, "quantity": 4, "outcome": "rejected", "allocated": 0, "backordered": 0,
        "unit_price": "12.50", "deliveries": [],
        "error": {"code": "insufficient_stock", "detail": "Only 3 left.",
                  "params": {"requested": 4, "requested_total": 4, "available": 3}},
    }  # fmt: skip
    assert b == {
        "line_ref": "b", "variant_id": blue.pk, "quantity": 5, "outcome": "split", "allocated": 2, "backordered": 3,
        "unit_price": "12.50", "error": None,
        "deliveries": [
            {"source": "stock", "quantity": 2, "text": "1-2 days", "from": "2026-11-24", "until": "2026-11-25"},
            {"source": "backorder", "quantity": 3, "text": "Back in 10-14 days",
             "from": "2026-12-03", "until": "2026-12-07"},
        ],
    }  # fmt: skip
    assert (c["outcome"], c["unit_price"], c["deliveries"][0]["text"]) == ("from_stock", "2.00", None)
    assert (d["error"]["code"], d["unit_price"]) == ("variant_unavailable", None)
    rest = {name: value for name, value in answer.json().items() if name != "lines"}
    assert rest == {"acceptable": False, "currency": "EUR", "total": None, "checked_at": "2026-11-23T09:15:31Z"}
    assert not Order.objects.exists()
    assert numbers(blue) == (2, 0, 2, 2, 0)


def test_an_acceptable_quote_names_the_total(api, mugs):
    answer = api.post("/orders/quote", {"lines": [{"variant_id": mugs[0].pk, "quantity": 3}]}, key=None).json()
    assert (answer["acceptable"], answer["total"]) == (True, "37.50")


def test_an_order_is_placed_with_its_split_and_frozen_promise(api, mugs):
    white, blue = mugs
    answer = api.post(
        "/orders",
        {
            "reference": "WEB-88213",
            "customer": {"name": " Mina de Vries ", "email": "mina@example.org"},
            "shipping_address": {"line1": "Kade 4", "postal_code": "1012 AB", "city": "Amsterdam", "country": "NL"},
            "lines": [
                {"line_ref": "a", "variant_id": white.pk, "quantity": 2},
                {"line_ref": "b", "variant_id": blue.pk, "quantity": 5, "max_backordered": 3},
            ],
        },
    )

    assert answer.status_code == 201
    order = answer.json()
    assert answer["Location"] == f"/api/v1/orders/{order['id']}"
    assert int(order["number"]) == order["id"] + 1000
    assert [line.pop("id") for line in order["lines"]] == list(OrderLine.objects.values_list("pk", flat=True))
    now = {"source": "stock", "quantity": 2, "text": "1-2 days", "from": "2026-11-24", "until": "2026-11-25"}
    later = {"source": "backorder", "quantity": 3, "text": "Back in 10-14 days",
             "from": "2026-12-03", "until": "2026-12-07"}  # fmt: skip
    done = {"shipped": 0, "cancelled": 0, "returned": 0, "unit_price": "12.50"}
    assert order["lines"] == [
        {"line_ref": "a", "variant_id": white.pk, "sku": "MUG-WHT", "title": "Enamel mug, White", "status": "ready",
         "outcome": "from_stock", "quantity": 2, "allocated": 2, "backordered": 0, **done, "line_total": "25.00",
         "deliveries": [now]},
        {"line_ref": "b", "variant_id": blue.pk, "sku": "MUG-BLU", "title": "Enamel mug, Blue",
         "status": "partly_ready", "outcome": "split", "quantity": 5, "allocated": 2, "backordered": 3, **done,
         "line_total": "62.50", "deliveries": [now, later]},
    ]  # fmt: skip
    for part in ("id", "number", "lines"):
        order.pop(part)
    assert order == {
        "reference": "WEB-88213", "channel": "storefront", "status": "open", "backorder_status": "partial",
        "currency": "EUR", "total": "87.50", "placed_at": "2026-11-23T09:15:31Z", "updated_at": "2026-11-23T09:15:31Z",
        "customer": {"name": "Mina de Vries", "email": "mina@example.org"},
        "shipping_address": {"line1": "Kade 4", "line2": None, "postal_code": "1012 AB", "city": "Amsterdam",
                             "region": None, "country": "NL"},
        "shipments": [],
    }  # fmt: skip


def test_a_refused_order_says_which_line_fails_and_why_and_leaves_nothing(api, mugs):
    white, blue = mugs
    answer = api.post(
        "/orders",
        {
            "lines": [
                {"line_ref": "a", "variant_id": white.pk, "quantity": 4},
                {"line_ref": "b", "variant_id": blue.pk, "quantity": 5, "max_backordered": 0},
                {"line_ref": "c", "variant_id": blue.pk, "quantity": 1},
            ]
        },
    )

    assert problem(answer) == (409, "order_rejected")
    assert answer.json()["detail"] == "2 of 3 lines cannot be accepted. Nothing was ordered."
    assert answer.json()["errors"] == [
        {"pointer": "#/lines/0", "line_ref": "a", "variant_id": white.pk, "code": "insufficient_stock",
         "detail": "Only 3 left.", "params": {"requested": 4, "requested_total": 4, "available": 3}},
        {"pointer": "#/lines/1", "line_ref": "b", "variant_id": blue.pk, "code": "backorder_not_agreed",
         "detail": "3 would have to be backordered, at most 0 was agreed.",
         "params": {"requested": 5, "requested_total": 6, "available": 2, "would_backorder": 3,
                    "max_backordered": 0}},
    ]  # fmt: skip
    assert not Order.objects.exists()
    assert not OutboxEvent.objects.exists()
    assert not StockMovement.objects.exclude(kind="opening").exists()
    assert (numbers(white), numbers(blue)) == ((3, 0, 3, 3, 0), (2, 0, 2, 2, 0))


def test_the_answer_to_placing_is_what_a_reader_gets(api, mugs):
    placed = api.post("/orders", {"lines": [{"variant_id": mugs[1].pk, "quantity": 5}]})
    read = api.get(f"/orders/{placed.json()['id']}")

    assert read.content == placed.content
    assert read["ETag"] == placed["ETag"]
    assert api.get(f"/orders/{placed.json()['id']}", If_None_Match=read["ETag"]).status_code == 304


def test_an_orders_tag_changes_when_its_coverage_does(api, mugs):
    placed = api.post("/orders", {"lines": [{"variant_id": mugs[1].pk, "quantity": 5}]})
    with clock.at(datetime(2026, 11, 24, 8, 0, tzinfo=UTC)):
        stock.receive([stock.Entry(mugs[1].pk, 1)])
    read = api.get(f"/orders/{placed.json()['id']}", If_None_Match=placed["ETag"])

    assert read.status_code == 200
    assert read.json()["updated_at"] == "2026-11-24T08:00:00Z"
    assert (read.json()["lines"][0]["allocated"], read.json()["lines"][0]["backordered"]) == (3, 2)


def test_cancelling_gives_back_what_was_taken_and_twice_is_fine(api, mugs):
    order = api.post("/orders", {"lines": [{"variant_id": mugs[1].pk, "quantity": 5}]}).json()
    first = api.post(f"/orders/{order['id']}/cancel", {"reason": "customer_request"}, key=None)
    second = api.post(f"/orders/{order['id']}/cancel", "", key=None)

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert first.json()["status"] == "cancelled"
    assert numbers(mugs[1]) == (2, 0, 2, 2, 0)
    assert OutboxEvent.objects.filter(type="order.cancelled").count() == 1
    assert StockMovement.objects.get(kind="cancellation").reason == "customer_request"


def test_an_order_that_was_shipped_has_nothing_to_cancel(api, mugs):
    order = api.post("/orders", {"lines": [{"variant_id": mugs[0].pk, "quantity": 1}]}).json()
    api.post(f"/orders/{order['id']}/shipments", {"lines": [{"line_id": order["lines"][0]["id"], "quantity": 1}]})
    assert problem(api.post(f"/orders/{order['id']}/cancel", {}, key=None)) == (409, "nothing_to_cancel")


def test_lowering_a_line_gives_up_its_waiting_units_first(api, mugs):
    placed = api.post("/orders", {"lines": [{"variant_id": mugs[1].pk, "quantity": 5}]})
    order = placed.json()
    path = f"/orders/{order['id']}/lines/{order['lines'][0]['id']}"
    lowered = api.patch(path, {"quantity": 3}, If_Match=placed["ETag"])

    assert lowered.status_code == 200
    [line] = lowered.json()["lines"]
    assert (line["quantity"], line["allocated"], line["backordered"], line["cancelled"]) == (3, 2, 1, 2)
    assert lowered.json()["total"] == "37.50"
    assert numbers(mugs[1]) == (2, 3, -1, 0, 1)
    assert problem(api.patch(path, {"quantity": 2}, If_Match=placed["ETag"])) == (412, "precondition_failed")
    assert api.patch(path, {"quantity": 2}, If_Match=lowered["ETag"]).status_code == 200


def test_a_line_is_not_raised_and_not_lowered_below_what_was_shipped(api, mugs):
    order = api.post("/orders", {"lines": [{"variant_id": mugs[1].pk, "quantity": 3}]}).json()
    line = order["lines"][0]["id"]
    path = f"/orders/{order['id']}/lines/{line}"
    api.post(f"/orders/{order['id']}/shipments", {"lines": [{"line_id": line, "quantity": 2}]})

    more = api.patch(path, {"quantity": 4})
    assert problem(more) == (400, "validation_failed")
    assert entries(more) == [("#/quantity", "out_of_range")]
    assert "add a line instead" in more.json()["detail"]
    assert problem(api.patch(path, {"quantity": 1})) == (409, "already_shipped")
    assert problem(api.patch(f"/orders/{order['id']}/lines/999999", {"quantity": 1})) == (404, "not_found")
    assert numbers(mugs[1]) == (0, 1, -1, 0, 1)


def test_an_added_line_waits_at_the_end_of_the_queue(api, mugs):
    blue = mugs[1]
    first = api.post("/orders", {"lines": [{"variant_id": blue.pk, "quantity": 2}]}).json()
    second = api.post("/orders", {"lines": [{"variant_id": blue.pk, "quantity": 1}]}).json()
    added = api.post(f"/orders/{first['id']}/lines", {"lines": [{"variant_id": blue.pk, "quantity": 3,
                                                                 "max_backordered": 3}]})  # fmt: skip

    assert added.status_code == 201
    assert [line["backordered"] for line in added.json()["lines"]] == [0, 3]
    waiting = api.get(f"/backorders?variant_id={blue.pk}").json()["results"]
    assert [(one["order_id"], one["backordered"], one["position"]) for one in waiting] == [
        (second["id"], 1, 1),
        (first["id"], 3, 2),
    ]
    refused = api.post(f"/orders/{first['id']}/lines", {"lines": [{"variant_id": mugs[0].pk, "quantity": 4}]})
    assert problem(refused) == (409, "order_rejected")
    assert refused.json()["detail"] == "1 of 1 lines cannot be accepted. Nothing was added."


def test_a_closed_order_takes_no_lines(api, mugs):
    order = api.post("/orders", {"lines": [{"variant_id": mugs[0].pk, "quantity": 1}]}).json()
    api.post(f"/orders/{order['id']}/cancel", {}, key=None)
    body = {"lines": [{"variant_id": mugs[0].pk, "quantity": 1}]}
    assert problem(api.post(f"/orders/{order['id']}/lines", body)) == (409, "order_closed")
    assert numbers(mugs[0]) == (3, 0, 3, 3, 0)


def test_allocated_units_are_shipped_and_no_more(api, mugs):
    order = api.post("/orders", {"lines": [{"variant_id": mugs[1].pk, "quantity": 5}]}).json()
    line = order["lines"][0]["id"]
    path = f"/orders/{order['id']}/shipments"

    refused = api.post(path, {"lines": [{"line_id": line, "quantity": 2}, {"line_id": line, "quantity": 1}]})
    assert problem(refused) == (409, "not_enough_allocated")
    assert refused.json()["params"] == {"line_id": line, "allocated": 2}
    assert numbers(mugs[1]) == (2, 5, -3, 0, 3)
    shipped = api.post(
        path, {"method": "carrier", "tracking": "3SABCD123", "lines": [{"line_id": line, "quantity": 2}]}
    )
    assert shipped.status_code == 201
    assert {name: value for name, value in shipped.json().items() if name != "id"} == {
        "method": "carrier", "tracking": "3SABCD123", "shipped_at": "2026-11-23T09:15:31Z",
        "lines": [{"line_id": line, "quantity": 2}], "order_id": order["id"], "order_number": order["number"],
        "order_status": "partially_shipped",
    }  # fmt: skip
    assert numbers(mugs[1]) == (0, 3, -3, 0, 3)
    assert api.get(f"/orders/{order['id']}").json()["shipments"][0]["tracking"] == "3SABCD123"


def test_units_come_back_to_the_shelf_or_only_on_the_line(api, mugs):
    order = api.post("/orders", {"lines": [{"variant_id": mugs[0].pk, "quantity": 3}]}).json()
    line = order["lines"][0]["id"]
    api.post(f"/orders/{order['id']}/shipments", {"lines": [{"line_id": line, "quantity": 3}]})
    path = f"/orders/{order['id']}/returns"

    back = api.post(path, {"lines": [{"line_id": line, "quantity": 1}, {"line_id": line, "quantity": 1,
                                                                        "restock": False}]})  # fmt: skip
    assert back.status_code == 201
    assert back.json()["lines"] == [
        {"line_id": line, "quantity": 1, "restock": True},
        {"line_id": line, "quantity": 1, "restock": False},
    ]
    assert numbers(mugs[0]) == (1, 0, 1, 1, 0)
    refused = api.post(path, {"lines": [{"line_id": line, "quantity": 2}]})
    assert problem(refused) == (409, "return_exceeds_shipped")
    assert refused.json()["params"] == {"line_id": line, "returnable": 1}
    assert api.get(f"/orders/{order['id']}").json()["lines"][0]["returned"] == 2


def test_orders_are_found_by_what_they_are(api, mugs):
    white, blue = mugs
    waiting = api.post("/orders", {"reference": "W", "lines": [{"variant_id": blue.pk, "quantity": 3}]}).json()
    full = api.post("/orders", {"lines": [{"variant_id": blue.pk, "quantity": 1}]}).json()
    done = api.post("/orders", {"lines": [{"variant_id": white.pk, "quantity": 1}]}).json()
    api.post(f"/orders/{done['id']}/shipments", {"lines": [{"line_id": done["lines"][0]["id"], "quantity": 1}]})
    gone = api.post("/orders", {"lines": [{"variant_id": white.pk, "quantity": 1}]}).json()
    api.post(f"/orders/{gone['id']}/cancel", {}, key=None)

    def found(query):
        return [order["id"] for order in api.get(f"/orders?{query}").json()["results"]]

    everything = [gone["id"], done["id"], full["id"], waiting["id"]]
    assert found("") == everything
    assert found("status=open") == [full["id"], waiting["id"]]
    assert found("status=completed,cancelled") == [gone["id"], done["id"]]
    assert found("status=partially_shipped") == []
    assert found("backorder_status=none") == [gone["id"], done["id"]]
    assert found("backorder_status=partial") == [waiting["id"]]
    assert found("backorder_status=full") == [full["id"]]
    assert found(f"number={waiting['number']},1,x") == [waiting["id"]]
    assert found("reference=W") == [waiting["id"]]
    assert found(f"variant_id={white.pk}") == [gone["id"], done["id"]]
    assert found("created_after=2026-11-23T09:15:31Z") == everything
    assert found("created_before=2026-11-23T09:15:31Z") == []
    assert found("updated_since=2026-11-23T09:15:32Z") == []


def test_a_list_is_paged_by_key_and_back_again(api, mugs):
    placed = [
        api.post("/orders", {"lines": [{"variant_id": mugs[1].pk, "quantity": 1}]}).json()["id"] for _ in range(5)
    ]
    first = api.get("/orders?page_size=2").json()
    second = api.get(first["next"].removeprefix("http://testserver")).json()
    third = api.get(second["next"].removeprefix("http://testserver")).json()
    back = api.get(third["previous"].removeprefix("http://testserver")).json()

    pages = [[order["id"] for order in page["results"]] for page in (first, second, third, back)]
    assert pages == [placed[:2:-1], placed[2:0:-1], placed[:1], placed[2:0:-1]]
    assert (first["previous"], third["next"]) == (None, None)


@pytest.mark.parametrize("path", ["/orders", "/backorders", "/stock", "/stock/movements", "/products"])
def test_a_list_costs_the_same_number_of_queries_however_long(path):
    api = Api(reads_per_minute=0, writes_per_minute=0)
    counts = []
    for wanted in (3, 30):
        while Order.objects.count() < wanted:
            mug = make_variant(on_hand=1, allow_backorders=True)
            api.post("/orders", {"lines": [{"variant_id": mug.pk, "quantity": 2}]})
        with CaptureQueriesContext(connection) as queries:
            assert len(api.get(path).json()["results"]) >= wanted
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 6
