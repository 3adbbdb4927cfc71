"""Tables that are only ever added to: the database itself refuses to rewrite them.

A later migration that remakes such a table on SQLite drops the trigger with it, and has to make it again.
"""

from functools import partial
from typing import Any

from django.db import migrations

# On SQLite, deleting stays possible: that is how a test's tables are emptied there.
_MAKE = {
    "sqlite": [
        """
        CREATE TRIGGER {table}_is_append_only BEFORE UPDATE ON {table}
        BEGIN SELECT RAISE(ABORT, '{sentence}'); END
        """
    ],
    "postgresql": [
        """
        CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '{sentence}' USING ERRCODE = 'restrict_violation'; END $$
        """,
        """
        CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION {table}_is_append_only()
        """,
    ],
}
_DROP = {
    "sqlite": ["DROP TRIGGER {table}_is_append_only"],
    "postgresql": ["DROP TRIGGER {table}_is_append_only ON {table}", "DROP FUNCTION {table}_is_append_only()"],
}


def append_only(table: str, sentence: str) -> migrations.RunPython:
    """The step of a migration, reversible, after which a row of the table is never changed; `sentence` says so."""
    words = {"table": table, "sentence": sentence}
    return migrations.RunPython(partial(_execute, _MAKE, words), partial(_execute, _DROP, words))


def _execute(statements: dict[str, list[str]], words: dict[str, str], apps: Any, schema_editor: Any) -> None:
    for statement in statements[schema_editor.connection.vendor]:
        schema_editor.execute(statement.format(**words))
