"""Every refusal is a problem document, and every fault has its place."""

import pytest
from django.test import Client
from django.utils.html import escape

from shop.api.problems import CATALOGUE
from shop.orders.models import Order
from tests.api_client import Api, entries, problem
from tests.factories import make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    return Api()


def test_a_body_that_is_not_json_is_told_so(api):
    assert problem(api.post("/orders", "{not json")) == (400, "malformed_json")
    assert problem(api.post("/orders", b"\xff\xfe")) == (400, "malformed_json")
    assert problem(api.post("/orders", '{"lines": [{"variant_id": NaN}]}')) == (400, "malformed_json")
    assert problem(api.post("/orders", "[" * 100_000)) == (400, "malformed_json")


def test_every_fault_of_a_body_is_named_with_its_place_and_code(api):
    answer = api.post(
        "/orders",
        {
            "colour": "red",
            "customer": {"name": 5, "email": "nobody"},
            "lines": [
                {"variant_id": "1", "quantity": 0},
                {"quantity": 1_000_001, "qty": 3},
                {"variant_id": True, "quantity": 3.5},
                {"variant_id": 1, "quantity": 1, "max_backordered": -1},
            ],
        },
    )

    assert problem(answer) == (400, "validation_failed")
    assert sorted(entries(answer)) == [
        ("#/colour", "unknown_field"),
        ("#/customer/email", "invalid_value"),
        ("#/customer/name", "invalid_type"),
        ("#/lines/0/quantity", "out_of_range"),
        ("#/lines/0/variant_id", "invalid_type"),
        ("#/lines/1/qty", "unknown_field"),
        ("#/lines/1/quantity", "out_of_range"),
        ("#/lines/1/variant_id", "required"),
        ("#/lines/2/quantity", "invalid_type"),
        ("#/lines/2/variant_id", "invalid_type"),
        ("#/lines/3/max_backordered", "out_of_range"),
    ]
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([], ("#/lines", "empty")),
        ([{"variant_id": 1, "quantity": 1}] * 201, ("#/lines", "too_many_items")),
        ({}, ("#/lines", "invalid_type")),
        (None, ("#/lines", "invalid_type")),
    ],
)
def test_lines_are_a_list_of_one_to_two_hundred(api, lines, fault):
    assert entries(api.post("/orders", {"lines": lines})) == [fault]


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "\x07"])
def test_text_that_no_database_keeps_is_refused_before_it_is_asked(api, text):
    mug = make_variant(on_hand=1)
    body = {"lines": [{"variant_id": mug.pk, "quantity": 1}], "customer": {"name": text}}

    assert entries(api.post("/orders", body)) == [("#/customer/name", "invalid_value")]
    assert not Order.objects.exists()


def test_a_whole_number_may_be_written_with_a_point(api):
    mug = make_variant(on_hand=5)
    answer = api.post("/orders", f'{{"lines": [{{"variant_id": {mug.pk}, "quantity": 2.0}}]}}')

    assert answer.status_code == 201
    assert answer.json()["lines"][0]["quantity"] == 2


def test_a_body_that_is_no_object_is_told_so(api):
    assert entries(api.post("/orders", [1])) == [("#", "invalid_type")]
    assert entries(api.post("/stock/movements", [1])) == [("#", "invalid_type")]


def test_a_body_over_the_limit_is_refused(api):
    assert problem(api.post("/orders", " " * (256 * 1024 + 1))) == (413, "payload_too_large")


def test_another_media_type_is_refused(api):
    answer = api._client.post("/api/v1/orders", {"a": 1}, headers={"Authorization": f"Bearer {api.key}"})
    assert problem(answer) == (415, "unsupported_media_type")


def test_an_answer_in_another_form_cannot_be_had(api):
    assert problem(api.get("/products", Accept="text/html")) == (406, "not_acceptable")


def test_an_unknown_method_is_answered_with_those_that_are_allowed(api):
    answer = api.send("PUT", "/orders")
    assert problem(answer) == (405, "method_not_allowed")
    assert answer["Allow"] == "GET, HEAD, POST"


def test_the_document_answers_another_method_like_the_rest_of_the_api(client):
    answer = Client(enforce_csrf_checks=True).post("/api/v1/openapi.json", {})
    assert problem(answer) == (405, "method_not_allowed")
    assert answer["Allow"] == "GET, HEAD"


def test_an_unknown_address_is_a_problem_too(api):
    assert problem(api.get("/nothing")) == (404, "not_found")
    assert problem(api.get("/orders/0")) == (404, "not_found")
    assert problem(api.get("/orders/9223372036854775808")) == (404, "not_found")
    assert problem(api.get("/orders/9223372036854775807")) == (404, "not_found")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("page=2", "?page"),
        ("page_size=0", "?page_size"),
        ("page_size=201", "?page_size"),
        ("page_size=1_0", "?page_size"),
        ("page_size=", "?page_size"),
        ("ids=1,x", "?ids"),
        ("ids=10000000000000000000", "?ids"),
        ("availability=maybe", "?availability"),
        ("updated_since=yesterday", "?updated_since"),
        ("updated_since=2026-02-30T00:00:00Z", "?updated_since"),
        ("updated_since=2026-02-20T00:00:00", "?updated_since"),
        ("q=%00", "?q"),
    ],
)
def test_a_query_that_cannot_be_names_its_parameter(api, query, pointer):
    answer = api.get(f"/products?{query}")
    assert problem(answer) == (400, "unknown_parameter")
    assert [entry["pointer"] for entry in answer.json()["errors"]] == [pointer]


def test_a_cursor_of_another_list_or_a_changed_one_is_refused(api):
    for _ in range(2):
        make_variant(on_hand=1)
    cursor = api.get("/products?page_size=1").json()["next"].partition("cursor=")[2].partition("&")[0]

    assert api.get(f"/products?page_size=1&cursor={cursor}").status_code == 200
    assert problem(api.get(f"/products?page_size=1&cursor={cursor}x")) == (400, "invalid_cursor")
    assert problem(api.get(f"/stock?page_size=1&cursor={cursor}")) == (400, "invalid_cursor")


def test_what_nobody_expected_is_logged_and_answered_without_a_trace_of_it(api, monkeypatch, caplog):
    def stumble(*args, **kwargs):
        raise RuntimeError("secret inner thing")

    monkeypatch.setattr("shop.orders.placing.quote", stumble)
    answer = api.post("/orders/quote", {"lines": [{"variant_id": 1, "quantity": 1}]}, key=None)

    assert problem(answer) == (500, "internal_error")
    assert b"secret inner thing" not in answer.content
    assert "secret inner thing" in caplog.text


def test_every_problem_has_a_page(client):
    for code, kind in CATALOGUE.items():
        page = client.get(f"/problems/{code}")
        assert page.status_code == 200
        assert escape(kind.title) in page.content.decode()
    assert client.get("/problems/nothing").status_code == 404
