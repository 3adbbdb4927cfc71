"""Backup and restore: a consistent copy, and back."""

import sqlite3
import stat
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from inventory import stock
from tests.factories import make_variant, numbers

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_was_backed_up_comes_back(tmp_path):
    mug = make_variant(on_hand=5)
    file = tmp_path / "copy"
    call_command("backup", str(file), stdout=StringIO())
    stock.sell([stock.Entry(mug.pk, 3)])
    assert numbers(mug)[0] == 2

    connections.close_all()
    call_command("restore", str(file), stdout=StringIO())
    assert numbers(mug)[0] == 5
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_backup_never_replaces_another(tmp_path):
    file = tmp_path / "copy"
    file.write_text("precious")
    with pytest.raises(CommandError, match="is there already"):
        call_command("backup", str(file))
    assert file.read_text() == "precious"


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("backup", str(tmp_path / "nowhere" / "copy"))


def test_a_damaged_or_missing_backup_changes_nothing(tmp_path):
    mug = make_variant(on_hand=5)
    file = tmp_path / "copy"
    with pytest.raises(CommandError, match="There is no file"):
        call_command("restore", str(file))
    file.write_bytes(b"not a database at all" * 100)
    with pytest.raises(CommandError):
        call_command("restore", str(file))
    assert numbers(mug)[0] == 5


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's own tool checks its own format")
def test_a_database_of_something_else_is_not_taken_for_a_backup(tmp_path):
    file = tmp_path / "other.sqlite3"
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE something (id INTEGER)")
    with pytest.raises(CommandError, match="not a whole backup"):
        call_command("restore", str(file))
