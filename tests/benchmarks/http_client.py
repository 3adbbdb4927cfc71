"""A closed loop of clients that place orders: `python -m tests.benchmarks.http_client '{…}'` prints what it saw.

One process and one selector drive all connections, each with keep-alive and one request under way, so that the client
takes little of the machine. Knows the wire and nothing of the shop.
"""

import json
import random
import selectors
import socket
import sys
import time
import uuid
from typing import Any

GRACE = 30
"""Seconds to wait for the answers that are still under way at the end."""

_PERSON = (
    '"customer":{"name":"Mina de Vries","email":"mina@example.org"},"shipping_address":{"line1":"Kade 4",'
    '"postal_code":"1012 AB","city":"Amsterdam","country":"NL"}'
)


class Client:
    """One connection: sends an order, reads the whole answer, sends the next."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        self.socket = socket.create_connection((options["host"], options["port"]))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.sent_at = 0.0

    def send(self) -> None:
        body = _order(self.options)
        head = (
            f"POST /api/v1/orders HTTP/1.1\r\nHost: {self.options['host']}:{self.options['port']}\r\n"
            f"Authorization: Bearer {self.options['key']}\r\nIdempotency-Key: {uuid.uuid4()}\r\n"
            f"Content-Type: application/json\r\nAccept: */*\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.sent_at = time.perf_counter()
        self.socket.sendall((head + body).encode())

    def receive(self) -> int | None:
        """The answer's status once it is all there."""
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError("The server closed a connection that was to be kept.")
        self.received += part
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return None
        self.received = b""
        return int(head[9:12])


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError("The answer has no length.")


def _order(options: dict[str, Any]) -> str:
    if options["hot"]:
        variants = [options["first"]]
    else:
        variants = random.sample(range(options["first"], options["last"] + 1), options["lines"])
    lines = ",".join(
        f'{{"line_ref":"{ref}","variant_id":{variant},"quantity":{random.randint(1, 3)}}}'
        for ref, variant in enumerate(variants)
    )
    return f'{{"reference":"{uuid.uuid4().hex[:20]}",{_PERSON},"lines":[{lines}]}}'


def run(options: dict[str, Any]) -> dict[str, Any]:
    """Drive the connections for so many seconds; an order counts when its answer came in time."""
    selector = selectors.DefaultSelector()
    clients = [Client(options) for _ in range(options["connections"])]
    latencies: list[float] = []
    placed, refused = 0, {}
    start = time.perf_counter()
    deadline = start + options["seconds"]
    for client in clients:
        selector.register(client.socket, selectors.EVENT_READ, client)
        client.send()
    busy = len(clients)
    while busy:
        ready = selector.select(GRACE)
        if not ready:
            raise TimeoutError("The server does not answer any more.")
        for key, _ in ready:
            client = key.data
            status = client.receive()
            if status is None:
                continue
            now = time.perf_counter()
            if status == 201:
                placed += 1
                if now <= deadline:
                    latencies.append(now - client.sent_at)
            else:
                refused[status] = refused.get(status, 0) + 1
            if now < deadline:
                client.send()
            else:
                busy -= 1
    for client in clients:
        client.socket.close()
    return {"latencies": latencies, "placed": placed, "refused": refused}


if __name__ == "__main__":
    print(json.dumps(run(json.loads(sys.argv[1]))))
