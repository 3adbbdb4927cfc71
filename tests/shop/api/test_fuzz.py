"""A hostile client: requests made from the contract, well formed and not, against every operation in process."""

from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from inventory.models import StockItem
from shop.api import reference
from shop.orders import fulfilment
from shop.orders.models import Order, OrderLine
from shop.wsgi import application
from tests.factories import TimeframeFactory, make_key, make_variant
from tests.shop.orders.story import line_ids, place

# Well-formed requests that are rightly refused, for a rule that is about the store's state and not about form.
ACCEPTED = ["2xx", "304", "404", "409"]
STATE = {
    # 422: the same Idempotency-Key comes back with another body; 400: a variant that there is not.
    "place_order": ["422"],
    "add_order_lines": ["422"],
    "ship_order": ["422"],
    "return_order": ["422"],
    "post_stock_movement": ["422", "400"],
    # 412: the If-Match is not today's; 400: more than the line has, a minimum above the maximum.
    "lower_order_line": ["412", "400"],
    "change_variant": ["412", "400"],
    "change_inventory_settings": ["412"],
}

contract = schemathesis.openapi.from_dict(
    reference.openapi(),
    config=SchemathesisConfig.from_dict({
        "generation": {"deterministic": True},
        "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
        "operations": [
            {
                "include-operation-id": operation,
                "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED + more}},
            }
            for operation, more in STATE.items()
        ],
    }),
)  # fmt: skip
contract.app = application


@pytest.fixture
def key(db):
    """An integration's key without limits, in a store with stock, with waiting lines and with a shipment."""
    timeframe = TimeframeFactory()
    mug, note = make_variant(on_hand=3, allow_backorders=True), make_variant(track_inventory=False)
    mug.product.delivery_timeframe = timeframe
    mug.product.save(update_fields=["delivery_timeframe"])
    first = place((mug, 2), (note, 1))
    place((mug, 5))
    fulfilment.ship(first.pk, {line_ids(first)[0]: 1})
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)  # the test's transaction would end with its connection
    yield make_key(reads_per_minute=0, writes_per_minute=0)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


KNOWN = {"order_id": Order, "line_id": OrderLine, "variant_id": StockItem}


def aim(case: Any) -> None:
    """Point a well-formed request at what is there, half of the time; a made-up id mostly meets a refusal."""
    body = case.body if isinstance(case.body, dict) else {}
    for part in (case.path_parameters, *body.get("lines", [])):
        for name in KNOWN.keys() & part.keys():
            if int(part[name]) % 2:
                pks = list(KNOWN[name].objects.order_by("pk").values_list("pk", flat=True))
                part[name] = pks[int(part[name]) // 2 % len(pks)]
    if case.query:
        case.query.pop("cursor", None)  # it is signed: nobody can make one up


@contract.parametrize()
@settings(max_examples=15, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_is_answered_otherwise_than_the_contract_says(case, key):
    if case.meta.generation.mode.is_positive:
        aim(case)
    case.call_and_validate(headers={"Authorization": f"Bearer {key}"})
