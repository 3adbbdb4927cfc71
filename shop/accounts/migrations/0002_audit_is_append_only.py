"""The database itself refuses to rewrite the audit trail. A later migration that remakes the table on SQLite drops the
trigger with it and has to make it again."""

from django.db import migrations

MAKE = {
    "sqlite": [
        """
        CREATE TRIGGER audit_is_never_edited BEFORE UPDATE ON accounts_auditentry
        BEGIN SELECT RAISE(ABORT, 'The audit trail is append-only.'); END
        """
    ],
    "postgresql": [
        """
        CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'The audit trail is append-only.' USING ERRCODE = 'restrict_violation'; END $$
        """,
        """
        CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON accounts_auditentry
        FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()
        """,
    ],
}
DROP = {
    "sqlite": ["DROP TRIGGER audit_is_never_edited"],
    "postgresql": [
        "DROP TRIGGER audit_is_append_only ON accounts_auditentry",
        "DROP FUNCTION audit_is_append_only()",
    ],
}


def make(apps, schema_editor):
    for statement in MAKE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    for statement in DROP[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    # On SQLite, deleting stays possible: that is how a test's tables are emptied there.
    operations = [migrations.RunPython(make, drop)]
