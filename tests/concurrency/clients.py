"""A process full of clients. Knows nothing of the shop but its address: it is started afresh, without Django."""

import http.client
import json
import threading
from typing import Any, NamedTuple

THREADS = 4


class Call(NamedTuple):
    """One order to send: the Idempotency-Key and the lines."""

    key: str
    lines: list[dict[str, int]]


class Answered(NamedTuple):
    """What came back."""

    key: str
    status: int
    body: bytes
    location: str | None
    replayed: bool


def send_all(host: str, port: int, token: str, calls: list[Call]) -> list[Answered]:
    """Send the calls from several threads of this process, each over one connection, and return all answers."""
    answers: list[Answered] = []

    def run(mine: list[Call]) -> None:
        connection = http.client.HTTPConnection(host, port, timeout=60)
        for call in mine:
            answers.append(_send(connection, token, call))
        connection.close()

    threads = [threading.Thread(target=run, args=(calls[start::THREADS],)) for start in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _send(connection: http.client.HTTPConnection, token: str, call: Call) -> Answered:
    headers: dict[str, Any] = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": call.key,
    }
    connection.request("POST", "/api/v1/orders", json.dumps({"lines": call.lines}), headers)
    response = connection.getresponse()
    body = response.read()
    replayed = response.headers.get("Idempotency-Replayed") == "true"
    return Answered(call.key, response.status, body, response.headers.get("Location"), replayed)
