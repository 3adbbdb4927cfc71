"""`manage.py serve`: a web server and a worker, both ended by one Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from django.conf import settings

from shop.operations.serving import KeptRunning, collect_static

MANAGE = str(settings.BASE_DIR / "manage.py")


@pytest.fixture
def environment(tmp_path):
    """A store of its own in an empty folder."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DATA_DIR")}
    return {**kept, "DATA_DIR": str(tmp_path)}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def status_of(address):
    try:
        return urllib.request.urlopen(address, timeout=2).status
    except urllib.error.HTTPError as answer:
        return answer.code


def wait_for(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():
                return True
        except OSError:
            pass
        time.sleep(0.1)
    return False


def test_it_serves_with_a_worker_and_ends_with_both(environment):
    subprocess.run([sys.executable, MANAGE, "migrate", "-v0"], env=environment, check=True)
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, MANAGE, "serve", "--port", str(port), "--workers", "1"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert wait_for(lambda: status_of(f"http://127.0.0.1:{port}/api/v1/me") == 401)
        assert wait_for(lambda: [child for child in children_of(server.pid) if "worker" in child[1]])
        running = children_of(server.pid)
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=20) == 0
        assert not [child for child in running if os.path.exists(f"/proc/{child[0]}")]
    finally:
        server.kill()


def children_of(parent):
    found = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(parent)], capture_output=True, text=True, check=False
    )
    return [(int(line.split()[0]), line) for line in found.stdout.splitlines()]


def test_a_child_that_dies_is_started_again(tmp_path, monkeypatch):
    monkeypatch.setattr(KeptRunning, "PAUSE", 0.05)
    starts = tmp_path / "starts"
    code = f"import time; open({str(starts)!r}, 'a').write('x'); time.sleep(0.1)"
    kept = KeptRunning([sys.executable, "-c", code])
    assert wait_for(lambda: starts.exists() and len(starts.read_text()) >= 2)
    kept.end()
    count = len(starts.read_text())
    time.sleep(0.4)
    assert len(starts.read_text()) == count


def test_static_files_are_collected_only_when_they_changed(settings, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.css").write_text("a {}")
    settings.STATICFILES_DIRS = [source]
    settings.STATIC_ROOT = tmp_path / "static"

    assert collect_static() is True
    assert collect_static() is False
    (source / "a.css").write_text("b {}")
    assert collect_static() is True
