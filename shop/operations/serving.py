"""Static files for the server: collected when what is there is not what was collected."""

import hashlib
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
