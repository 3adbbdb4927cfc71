"""What the server needs beside itself: static files that are current, and a worker that stays alive."""

import hashlib
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

STAMP = "collected"


def collect_static() -> bool:
    """Collect the static files where they changed since the last time; returns whether it did."""
    root = Path(settings.STATIC_ROOT)
    digest = _digest()
    stamp = root / STAMP
    if stamp.exists() and stamp.read_text() == digest:
        return False
    root.mkdir(parents=True, exist_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(digest)
    return True


def _digest() -> str:
    """What the files are, and how they are stored."""
    found = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for folder in settings.STATICFILES_DIRS:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                found.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return found.hexdigest()


class KeptRunning:
    """A child process that is started anew whenever it ends, until it is told to end."""

    PAUSE = 1.0
    PATIENCE = 60.0

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._ending = threading.Event()
        self._process = subprocess.Popen(command)
        threading.Thread(target=self._watch, daemon=True).start()

    def end(self) -> None:
        """Ask it to end and wait until it has finished what it was doing, at most a minute."""
        self._ending.set()
        self._process.terminate()
        self._process.wait(timeout=self.PATIENCE)

    def _watch(self) -> None:
        while True:
            self._process.wait()
            if self._ending.wait(self.PAUSE):
                return
            self._process = subprocess.Popen(self._command)
