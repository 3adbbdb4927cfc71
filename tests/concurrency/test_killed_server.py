"""kill -9 of a web process under load: no order without its lines and movements, none twice, none lost."""

import http.client
import json
import os
import random
import signal
import threading
import time
from contextlib import closing

import pytest

from shop.api.models import IdempotencyKey
from shop.orders.models import Order, OrderLine
from tests.concurrency.storm import storm
from tests.factories import make_key, make_variant, numbers
from tests.inventory.evidence import discrepancies

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

CLIENTS, ORDERS, KILLS = 8, 25, 6


def send_until_answered(port, token, key, body):
    """The order's answer, however often the process that was about to give it is killed; and the number of tries."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": key}
    for attempt in range(1, 200):
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
                connection.request("POST", "/api/v1/orders", body, headers)
                response = connection.getresponse()
                answer = response.read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
            continue
        if response.status in (503, 409):
            continue
        return response.status, answer, attempt
    raise AssertionError(f"the order {key} was never answered")


def test_every_order_is_there_exactly_once_whoever_is_killed(server):
    mugs = [make_variant(on_hand=50, allow_backorders=True) for _ in range(4)]
    token = make_key(writes_per_minute=0)
    answers, over = {}, threading.Event()

    def order(client):
        for number in range(ORDERS):
            chosen = random.Random(f"{client} {number}").sample(mugs, 3)
            body = json.dumps({"lines": [{"variant_id": mug.pk, "quantity": 1} for mug in chosen]})
            answers[f"{client}-{number}"] = send_until_answered(server.port, token, f"{client}-{number}", body)

    def kill():
        for _ in range(KILLS):
            time.sleep(0.35)
            for child in server.children()[:1]:
                os.kill(child, signal.SIGKILL)
        over.set()

    storm([kill, *(lambda client=client: order(client) for client in range(CLIENTS))])

    assert over.is_set()
    assert {status for status, _, _ in answers.values()} == {201}
    ids = {json.loads(body)["id"] for _, body, _ in answers.values()}
    assert len(ids) == Order.objects.count() == IdempotencyKey.objects.count() == CLIENTS * ORDERS
    assert OrderLine.objects.count() == CLIENTS * ORDERS * 3
    assert sum(numbers(mug)[1] for mug in mugs) == CLIENTS * ORDERS * 3
    assert discrepancies() == []
    # The kills hit something: some order had to be sent again.
    assert max(tries for _, _, tries in answers.values()) > 1
