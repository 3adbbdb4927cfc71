"""A server of several processes for those who storm it."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from tests.concurrency.storm import PATIENCE


class Server(NamedTuple):
    """Where it listens, and the process whose children answer."""

    port: int
    pid: int

    def children(self) -> list[int]:
        found = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.pid)], capture_output=True, text=True, check=False
        )
        return [int(pid) for pid in found.stdout.split()]


@pytest.fixture
def server(tmp_path):
    """The production server in two processes of its own, on the database of this test. A dead one is started again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
               "--workers", "2", "--blocking-threads", "4", "--respawn-failed-workers", "--respawn-interval", "0.2",
               "shop.wsgi:application"]  # fmt: skip
    environment = {**os.environ, "DATABASE_URL": database_url(), "DATA_DIR": str(settings.DATA_DIR)}
    log = Path(tmp_path / "server.log")
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR, stdout=output, stderr=output)
    try:
        wait_for(port, process, log)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(30)


def database_url():
    """The address of the test database, for another process."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    user, password, host = (quote(found[name], safe="") for name in ("USER", "PASSWORD", "HOST"))
    return f"postgres://{user}:{password}@{host}:{found['PORT']}/{found['NAME']}"


def wait_for(port, process, log):
    for _ in range(PATIENCE * 10):
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"the server did not start: {log.read_text()}")
