"""The database itself refuses to rewrite the ledger. A later migration that remakes the table on SQLite drops the
trigger with it and has to make it again."""

from django.db import migrations

MAKE = {
    "sqlite": [
        """
        CREATE TRIGGER ledger_is_never_edited BEFORE UPDATE ON inventory_stockmovement
        BEGIN SELECT RAISE(ABORT, 'The ledger is append-only.'); END
        """
    ],
    "postgresql": [
        """
        CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'The ledger is append-only.' USING ERRCODE = 'restrict_violation'; END $$
        """,
        """
        CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE ON inventory_stockmovement
        FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only()
        """,
    ],
}
DROP = {
    "sqlite": ["DROP TRIGGER ledger_is_never_edited"],
    "postgresql": [
        "DROP TRIGGER ledger_is_append_only ON inventory_stockmovement",
        "DROP FUNCTION ledger_is_append_only()",
    ],
}


def make(apps, schema_editor):
    for statement in MAKE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    for statement in DROP[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    # On SQLite, deleting stays possible: that is how a test's tables are emptied there.
    operations = [migrations.RunPython(make, drop)]
