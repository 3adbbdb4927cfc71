"""Throw-away databases to measure on: SQLite always, PostgreSQL where its programs are installed."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
POSTGRES = ROOT / ".ci" / "postgres"
NAME = "shop_bench"


@contextmanager
def sqlite() -> Iterator[str]:
    """The address of an empty SQLite database that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="shop-bench-") as folder:
        yield f"sqlite:///{folder}/bench.sqlite3"


@contextmanager
def postgresql() -> Iterator[str | None]:
    """The address of an empty PostgreSQL database that is gone afterwards, or None where there is no server.

    BENCH_DATABASE_URL names a server; without it, one is made for this run where its programs are installed.
    """
    if given := os.environ.get("BENCH_DATABASE_URL"):
        with _database_on(given) as url:
            yield url
        return
    folder = tempfile.mkdtemp(prefix="shop-bench-")
    started = subprocess.run([POSTGRES, "start", folder], capture_output=True, text=True, check=False)
    if started.returncode:
        print(f"PostgreSQL is left out. {started.stderr.strip()}")
        os.rmdir(folder)
        yield None
        return
    try:
        with _database_on(started.stdout.strip()) as url:
            yield url
    finally:
        subprocess.run([POSTGRES, "stop", folder], check=True)


@contextmanager
def _database_on(server: str) -> Iterator[str]:
    """A database of our own on the server; the one that the address names is left alone."""
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{NAME}"))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(drop)
