"""A request that is sent again and again, by threads and by processes, does what it says one time."""

import json
import multiprocessing
import random
import threading
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import pytest
from django.test import Client

from shop import clock
from shop.api import idempotency
from shop.api.answers import Answer
from shop.api.models import IdempotencyKey
from shop.bulk import insert_rows
from shop.durable import durably
from shop.orders.api import endpoints
from shop.orders.models import Order, OrderLine
from tests.concurrency.clients import Answered, Call, send_all
from tests.concurrency.storm import PATIENCE, others, storm
from tests.factories import make_key, make_variant, numbers
from tests.inventory.evidence import discrepancies

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

REQUESTS, KEYS, THREADS, PROCESSES = 400, 25, 16, 4


def calls_of(variant, keys):
    """An order for each of the keys, with a quantity of its own so that a mixed-up answer would show."""
    return [Call(key, [{"variant_id": variant.pk, "quantity": int(key) + 1}]) for key in keys]


def mixed_calls(variant):
    """400 calls over 25 keys, in any order."""
    calls = calls_of(variant, [str(index % KEYS) for index in range(REQUESTS)])
    random.Random(1).shuffle(calls)
    return calls


def send_in_process(token, call):
    response = Client().post(
        "/api/v1/orders",
        json.dumps({"lines": call.lines}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": call.key},
    )
    replayed = response.headers.get("Idempotency-Replayed") == "true"
    return Answered(call.key, response.status_code, response.content, response.headers.get("Location"), replayed)


def faults(answers, variant):
    """What is wrong with these answers, in words: an order too many or too few, or an answer that differs."""
    found = [f"{answer.status} for key {answer.key}" for answer in answers if answer.status != 201]
    if Order.objects.count() != KEYS:
        found.append(f"{Order.objects.count()} orders of {KEYS} keys")
    for key, times in Counter(answer.key for answer in answers if not answer.replayed).items():
        if times != 1:
            found.append(f"key {key} was acted on {times} times")
    for key in {answer.key for answer in answers}:
        if len({(answer.body, answer.location) for answer in answers if answer.key == key}) != 1:
            found.append(f"the answers for key {key} differ")
    ordered = sorted(OrderLine.objects.filter(variant_id=variant.pk).values_list("ordered", flat=True))
    if ordered != list(range(1, KEYS + 1)):
        found.append(f"ordered were {ordered}")
    return found


def test_four_hundred_requests_over_twenty_five_keys_from_threads_are_twenty_five_orders():
    mug = make_variant(on_hand=100, allow_backorders=True)
    token, calls = make_key(writes_per_minute=0), mixed_calls(mug)
    shares = [calls[start::THREADS] for start in range(THREADS)]
    results = storm([lambda mine=mine: [send_in_process(token, call) for call in mine] for mine in shares])
    assert others(results, list) == []
    answers = [answer for result in results for answer in result]
    assert len(answers) == REQUESTS
    assert faults(answers, mug) == []
    assert (numbers(mug), discrepancies()) == ((100, 325, -225, 0, 225), [])


# Processes: a server of two, and four more that storm it.


def send_from_processes(port, token, calls):
    """All answers to the calls, sent by four processes of four threads each."""
    shares = [calls[start::PROCESSES] for start in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(send_all, "127.0.0.1", port, token, share) for share in shares]
        return [answer for future in futures for answer in future.result()]


def test_processes_that_storm_a_server_of_processes_get_twenty_five_orders_and_one_last_unit(server):
    mug, last = make_variant(on_hand=100, allow_backorders=True), make_variant(on_hand=1)
    token = make_key(writes_per_minute=0)
    answers = send_from_processes(server.port, token, mixed_calls(mug))
    assert len(answers) == REQUESTS
    assert faults(answers, mug) == []
    buyers = [Call(f"buyer-{index}", [{"variant_id": last.pk, "quantity": 1}]) for index in range(64)]
    statuses = Counter(answer.status for answer in send_from_processes(server.port, token, buyers))
    assert statuses == {201: 1, 409: 63}
    assert (numbers(mug), numbers(last)) == ((100, 325, -225, 0, 225), (1, 1, 0, 0, 0))
    assert discrepancies() == []


# Negative control


def test_a_key_that_is_looked_for_first_and_written_later_is_acted_on_again_and_again(monkeypatch):
    everybody_has_looked = threading.Barrier(8)

    def look_then_write(request, act):
        key = request.headers["Idempotency-Key"]
        kept = IdempotencyKey.objects.filter(key=key).first()
        everybody_has_looked.wait(PATIENCE)
        if kept is not None:
            return Answer(kept.status, kept.body, kept.location, replayed=True)
        answer = durably(act)
        row = [request.auth.client_id, f"thread {threading.get_ident()}", key, "", answer.status, answer.location,
               answer.body, clock.now()]  # fmt: skip
        fields = ("client", "path", "key", "fingerprint", "status", "location", "body", "created_at")
        insert_rows(IdempotencyKey, fields, [row])
        return answer

    mug = make_variant(on_hand=100)
    token, [call] = make_key(writes_per_minute=0), calls_of(mug, ["0"])
    monkeypatch.setattr(endpoints, "once", look_then_write)
    answers = storm([lambda: send_in_process(token, call)] * 8)
    assert Order.objects.count() == 8
    assert "key 0 was acted on 8 times" in faults(answers, mug)
    assert "the answers for key 0 differ" in faults(answers, mug)
    assert endpoints.once is not idempotency.once
