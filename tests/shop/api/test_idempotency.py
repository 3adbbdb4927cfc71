"""Once: a request that is sent again is answered again, and does nothing again."""

from datetime import timedelta

import pytest

from inventory.models import StockMovement
from shop import clock
from shop.api.models import IdempotencyKey
from shop.operations import housekeeping
from shop.orders.models import Order
from tests.api_client import Api, problem
from tests.factories import make_variant, numbers

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    return Api()


def test_a_repeated_request_is_answered_byte_for_byte_and_orders_nothing(api):
    mug = make_variant(on_hand=5)
    body = {"lines": [{"variant_id": mug.pk, "quantity": 2}]}
    first, second = api.post("/orders", body, key="k-1"), api.post("/orders", body, key="k-1")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert (first["Location"], first["ETag"]) == (second["Location"], second["ETag"])
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert numbers(mug) == (5, 2, 3, 3, 0)
    assert Order.objects.count() == 1


def test_the_replay_is_the_answer_of_then(api):
    mug = make_variant(on_hand=5)
    body = {"lines": [{"variant_id": mug.pk, "quantity": 2}]}
    first = api.post("/orders", body, key="k-1")
    api.post(f"/orders/{first.json()['id']}/cancel", {})

    assert api.post("/orders", body, key="k-1").json()["status"] == "open"
    assert api.get(f"/orders/{first.json()['id']}").json()["status"] == "cancelled"


def test_the_same_body_written_otherwise_is_the_same_request(api):
    mug = make_variant(on_hand=5)
    api.post("/orders", f'{{"lines":[{{"variant_id":{mug.pk},"quantity":2}}]}}', key="k-1")
    again = api.post("/orders", f'{{ "lines": [ {{"quantity": 2.0, "variant_id": {mug.pk}}} ] }}', key='"k-1"')

    assert again["Idempotency-Replayed"] == "true"


def test_another_body_under_the_same_key_is_refused_and_nothing_happens(api):
    mug = make_variant(on_hand=5)
    api.post("/orders", {"lines": [{"variant_id": mug.pk, "quantity": 2}]}, key="k-1")

    other = api.post("/orders", {"lines": [{"variant_id": mug.pk, "quantity": 1}]}, key="k-1")
    assert problem(other) == (422, "idempotency_key_reused")
    assert numbers(mug) == (5, 2, 3, 3, 0)


def test_a_refusal_is_not_remembered_and_may_pass_later(api):
    mug = make_variant(on_hand=0)
    body = {"lines": [{"variant_id": mug.pk, "quantity": 2}]}
    assert problem(api.post("/orders", body, key="k-1")) == (409, "order_rejected")
    assert not IdempotencyKey.objects.exists()

    api.post("/stock/movements", {"type": "receipt", "lines": [{"variant_id": mug.pk, "quantity": 2}]})
    assert api.post("/orders", body, key="k-1").status_code == 201


def test_a_crash_leaves_neither_key_nor_order(api, monkeypatch):
    mug = make_variant(on_hand=5)
    body = {"lines": [{"variant_id": mug.pk, "quantity": 2}]}

    def stumble(*args):
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr("shop.orders.api.rendering.order", stumble)
        assert problem(api.post("/orders", body, key="k-1")) == (500, "internal_error")
    assert not IdempotencyKey.objects.exists()
    assert not Order.objects.exists()
    assert not StockMovement.objects.filter(kind="placement").exists()
    assert numbers(mug) == (5, 0, 5, 5, 0)
    assert api.post("/orders", body, key="k-1").status_code == 201


def test_the_same_key_of_another_client_or_for_another_address_is_another_request(api):
    mug = make_variant(on_hand=5)
    body = {"lines": [{"variant_id": mug.pk, "quantity": 1}]}
    first = api.post("/orders", body, key="k-1").json()
    assert Api().post("/orders", body, key="k-1").status_code == 201
    assert api.post(f"/orders/{first['id']}/lines", body, key="k-1").status_code == 201
    assert numbers(mug) == (5, 3, 2, 2, 0)


@pytest.mark.parametrize(("key", "code"), [
    (None, "idempotency_key_required"),
    ("", "idempotency_key_required"),
    ("x" * 256, "idempotency_key_invalid"),
    ("two words", "idempotency_key_invalid"),
    ("schlüssel", "idempotency_key_invalid"),
])  # fmt: skip
def test_a_key_is_required_and_is_visible_ascii(api, key, code):
    mug = make_variant(on_hand=5)
    answer = api.post("/orders", {"lines": [{"variant_id": mug.pk, "quantity": 1}]}, key=key)
    assert problem(answer) == (400, code)
    assert numbers(mug) == (5, 0, 5, 5, 0)


@pytest.mark.parametrize("path", ["/orders/{order}/lines", "/orders/{order}/shipments", "/orders/{order}/returns",
                                  "/stock/movements"])  # fmt: skip
def test_every_write_that_adds_something_wants_a_key(api, path):
    mug = make_variant(on_hand=5)
    order = api.post("/orders", {"lines": [{"variant_id": mug.pk, "quantity": 1}]}).json()
    line = order["lines"][0]["id"]
    bodies = {"lines": {"lines": [{"variant_id": mug.pk, "quantity": 1}]},
              "movements": {"type": "receipt", "lines": [{"variant_id": mug.pk, "quantity": 1}]}}  # fmt: skip
    body = bodies.get(path.rsplit("/", 1)[1], {"lines": [{"line_id": line, "quantity": 1}]})

    answer = api.post(path.format(order=order["id"]), body, key=None)
    assert problem(answer) == (400, "idempotency_key_required")


def test_a_used_reference_is_refused_with_the_way_to_its_order(api):
    mug = make_variant(on_hand=5)
    body = {"reference": "WEB-1", "lines": [{"variant_id": mug.pk, "quantity": 1}]}
    first = api.post("/orders", body).json()

    twin = api.post("/orders", body)
    assert problem(twin) == (409, "duplicate_reference")
    assert twin.json()["params"] == {"order_id": first["id"], "order": f"/api/v1/orders/{first['id']}"}
    assert numbers(mug) == (5, 1, 4, 4, 0)
    assert Api().post("/orders", body).status_code == 201


def test_answers_are_forgotten_after_seven_days(api):
    mug = make_variant(on_hand=5)
    api.post("/orders", {"lines": [{"variant_id": mug.pk, "quantity": 1}]})

    housekeeping.tidy(clock.now() + timedelta(days=6, hours=23))
    assert IdempotencyKey.objects.count() == 1
    housekeeping.tidy(clock.now() + timedelta(days=7, seconds=1))
    assert IdempotencyKey.objects.count() == 0
