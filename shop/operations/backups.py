"""A consistent copy of the database while the store goes on selling, and back."""

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

from django.db import connection

from shop.errors import DomainError


class BackupFailed(DomainError):
    code = "backup_failed"


def back_up(file: Path) -> None:
    """Write a copy of the database to a new file that only its owner can read. Raises `BackupFailed`."""
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise BackupFailed(f"{file} is there already. Choose another name, so that no backup is lost.") from None
    except OSError as error:
        raise BackupFailed(f"{file} cannot be written: {error.strerror}.") from error
    if connection.vendor == "sqlite":
        _copy_sqlite(Path(connection.settings_dict["NAME"]), file)
    else:
        _run("pg_dump", "--format=custom", "--no-owner", "--file", str(file))


def restore(file: Path) -> None:
    """Put the database back to what it was when the copy was made. Raises `BackupFailed`, and then changes nothing.

    Stop the web server and the workers first: what they write meanwhile is lost.
    """
    if not file.is_file():
        raise BackupFailed(f"There is no file {file}.")
    connection.close()
    if connection.vendor == "sqlite":
        _check_sqlite(file)
        _copy_sqlite(file, Path(connection.settings_dict["NAME"]))
    else:
        _run("pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error", str(file))


def _copy_sqlite(source: Path, target: Path) -> None:
    with sqlite3.connect(source) as origin, sqlite3.connect(target) as copy:
        origin.backup(copy)
    origin.close()
    copy.close()


def _check_sqlite(file: Path) -> None:
    try:
        copy = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        copy.execute("SELECT 1 FROM inventory_stockmovement").fetchone()
        found = copy.execute("PRAGMA integrity_check").fetchone()
        copy.close()
    except sqlite3.DatabaseError:
        found = None
    if found != ("ok",):
        raise BackupFailed(f"{file} is not a whole backup of this store. Nothing was changed.")


def _run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own tools on the store's database."""
    if shutil.which(program) is None:
        raise BackupFailed(f"{program} is not installed. It comes with PostgreSQL's client programs.")
    database = connection.settings_dict
    where = {"PGHOST": database["HOST"], "PGPORT": str(database["PORT"]), "PGUSER": database["USER"],
             "PGPASSWORD": database["PASSWORD"], "PGDATABASE": database["NAME"]}  # fmt: skip
    known = {name: value for name, value in where.items() if value}
    target = ("--dbname", database["NAME"]) if program == "pg_restore" else ()
    done = subprocess.run(
        [program, *target, *arguments], env={**os.environ, **known}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BackupFailed(
            f"{program} failed: {done.stderr.strip().splitlines()[-1] if done.stderr else 'no reason given'}"
        )
