"""Orders over HTTP: the production server in processes of its own, and clients in another."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

from tests.benchmarks.databases import ROOT
from tests.benchmarks.processes import Group
from tests.benchmarks.rounds import Round
from tests.benchmarks.seeding import Shop

WORKERS = os.cpu_count() or 1
HOST = "127.0.0.1"
START = 30


class Server(NamedTuple):
    """A running server: where it listens, and its processes."""

    port: int
    group: Group


@contextmanager
def serving() -> Iterator[Server]:
    """The server as a store runs it, on a free port; it has started when this returns, and ended afterwards."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    command = [sys.executable, "manage.py", "serve", "--no-worker", f"--port={port}", f"--workers={WORKERS}"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield Server(port, Group(process.pid))
    finally:
        process.terminate()
        process.wait(timeout=START)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START
    while True:
        try:
            urlopen(f"http://{HOST}:{port}/api/v1/openapi.json", timeout=START).close()
        except URLError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("The server does not start: try manage.py serve by hand.") from error
            time.sleep(0.1)
        else:
            return


def order_for(
    seconds: float, server: Server, shop: Shop, key: str, *, connections: int, hot: bool, database: Group | None
) -> Round:  # fmt: skip
    """Clients in a closed loop with keep-alive, each order of three lines, or of one line of always the same variant.

    Every order has a fresh Idempotency-Key and a reference. Raises where any was refused.
    """
    app_cpu, db_cpu = server.group.cpu(), database.cpu() if database else None
    options = {
        "host": HOST, "port": server.port, "key": key, "connections": connections, "seconds": seconds,
        "lines": 3, "hot": hot, "first": shop.first, "last": shop.last,
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.benchmarks.http_client", json.dumps(options)]
    seen = json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
    if seen["refused"]:
        raise RuntimeError(f"Orders were refused, by status: {seen['refused']}.")
    app_cpu = _since(app_cpu, server.group.cpu())
    db_cpu = _since(db_cpu, database.cpu() if database else None)
    in_time = len(seen["latencies"])
    # CPU was spent on all that were placed; a share of it counts for those that came in time.
    share = in_time / max(seen["placed"], 1)
    return Round(
        in_time, seconds, seen["latencies"],
        None if app_cpu is None else app_cpu * share, None if db_cpu is None else db_cpu * share,
    )  # fmt: skip


def _since(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before
