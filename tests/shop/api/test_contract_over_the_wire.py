"""Corners of HTTP that a contract promises without saying so."""

import pytest

from tests.api_client import Api, problem
from tests.factories import make_variant

pytestmark = pytest.mark.django_db


def test_head_takes_the_parameters_of_get():
    api = Api()
    assert api.send("HEAD", "/products?page_size=1").status_code == 200
    assert api.send("HEAD", "/products?page_sise=1").status_code == 400


def test_a_method_that_there_is_not_is_refused_as_such_whatever_else_is_wrong():
    answer = Api().send("TRACE", "/availability?variant_ids=1&nonsense=1")
    assert problem(answer) == (405, "method_not_allowed")


def test_a_body_that_is_not_there_is_not_json():
    variant, api = make_variant(), Api()
    assert problem(api.patch(f"/variants/{variant.pk}", b"")) == (400, "malformed_json")
    assert api.patch(f"/variants/{variant.pk}", {}).status_code == 200


def test_a_cancellation_needs_no_body_but_takes_no_other_than_an_object():
    variant, api = make_variant(on_hand=2), Api()
    order = api.post("/orders", {"lines": [{"variant_id": variant.pk, "quantity": 1}]}).json()
    assert problem(api.post(f"/orders/{order['id']}/cancel", [], key=None)) == (400, "validation_failed")
    assert api.post(f"/orders/{order['id']}/cancel", b"", key=None).json()["status"] == "cancelled"


def test_a_change_is_answered_in_full_even_if_the_reader_names_the_new_state():
    api = Api()
    answer = api.patch("/settings/inventory", {"allow_backorders_by_default": True}, If_None_Match="*")
    assert (answer.status_code, answer.json()["allow_backorders_by_default"]) == (200, True)
