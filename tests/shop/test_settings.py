"""Settings: typed values from the environment; a bad one stops the start with a sentence."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection


def start(tmp_path, **variables):
    """What `manage.py check` says with these variables: its exit status and everything it wrote."""
    known = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    environment = {**known, "DATA_DIR": str(tmp_path / "data"), **variables}
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "check"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(("name", "value", "sentence"), [
    ("DEBUG", "perhaps", "DEBUG must be true or false; it is 'perhaps'."),
    ("UPLOAD_MAX_MB", "many", "UPLOAD_MAX_MB must be a whole number of at least 1; it is 'many'."),
    ("API_READS_PER_MINUTE", "0", "API_READS_PER_MINUTE must be a whole number of at least 1; it is 0."),
    ("BASE_URL", "shop.example", "BASE_URL must read https://shop.example (or http://…); it is 'shop.example'."),
    ("DATABASE_URL", "mysql://a:b@c/d", "DATABASE_URL must name SQLite (sqlite:///) or PostgreSQL (postgres://)."),
    ("DATABASE_URL", "nonsense", "DATABASE_URL must read sqlite:///path or postgres://user:password@host:port/name."),
    ("DATA_DIR", "/proc/nothing", "DATA_DIR must be a folder that can be written; /proc/nothing is not."),
])  # fmt: skip
def test_a_bad_value_stops_the_start_with_a_sentence(tmp_path, name, value, sentence):
    status, said = start(tmp_path, **{name: value})
    assert status != 0
    assert said.strip().splitlines()[-1].removeprefix("django.core.exceptions.ImproperlyConfigured: ") == sentence


def test_without_a_secret_key_one_is_made_and_kept_to_its_owner(tmp_path):
    assert start(tmp_path)[0] == 0
    key = tmp_path / "data" / "secret-key"
    first = key.read_text()
    assert len(first) >= 50
    assert key.stat().st_mode & 0o777 == 0o600
    start(tmp_path)
    assert key.read_text() == first


@pytest.mark.skipif(connection.vendor != "sqlite", reason="these are SQLite's settings")
@pytest.mark.django_db
def test_sqlite_runs_with_what_makes_it_correct():
    with connection.cursor() as cursor:
        live = [cursor.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")]  # fmt: skip
    assert live == ["wal", 2, 1, 20_000]
    assert connection.transaction_mode == "IMMEDIATE"
    assert connection.settings_dict["ATOMIC_REQUESTS"] is False


@pytest.mark.skipif(connection.vendor != "postgresql", reason="these are PostgreSQL's settings")
@pytest.mark.django_db
def test_postgresql_waits_five_seconds_for_a_lock_and_reads_what_is_committed():
    with connection.cursor() as cursor:
        live = [cursor.execute(f"SHOW {name}").fetchone()[0] for name in ("lock_timeout", "transaction_isolation")]
    assert live == ["5s", "read committed"]
