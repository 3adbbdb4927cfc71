"""The ledger and the audit trail can be added to and never rewritten, not even past the code."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from inventory import stock
from inventory.models import StockItem, StockMovement
from shop.accounts.models import AuditEntry
from tests.factories import make_key, make_variant
from tests.inventory.evidence import discrepancies, everything, last_movement, nothing_moves

pytestmark = pytest.mark.django_db


@pytest.fixture
def _written():
    make_variant(on_hand=2)
    make_key()
    assert StockMovement.objects.exists()
    assert AuditEntry.objects.exists()


@pytest.mark.parametrize("table", ["inventory_stockmovement", "accounts_auditentry"])
@pytest.mark.usefixtures("_written")
def test_the_database_refuses_to_edit_what_was_written(table):
    name = "reason" if table == "inventory_stockmovement" else "actor_name"
    with nothing_moves(IntegrityError) as caught, connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {name} = 'another'")
    assert "append-only" in str(caught.value)


@pytest.mark.parametrize("table", ["inventory_stockmovement", "accounts_auditentry"])
@pytest.mark.usefixtures("_written")
def test_the_database_refuses_to_delete_what_was_written(table):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has no TRUNCATE: a test's tables are emptied with DELETE, so it is not refused there")
    with nothing_moves(IntegrityError) as caught, connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")
    assert "append-only" in str(caught.value)


def test_a_movement_cannot_be_saved_past_the_writer():
    movement = last_movement(make_variant(on_hand=2))
    with nothing_moves(TypeError):
        movement.save()
    with nothing_moves(TypeError):
        StockMovement(item_id=movement.item_id, version=2).save()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("app", ["inventory", "accounts"])
def test_the_migration_can_be_reversed(app):
    executor = MigrationExecutor(connection)
    [name] = [name for label, name in executor.loader.disk_migrations if label == app and name.endswith("append_only")]
    migration = executor.loader.get_migration(app, name)
    state = executor.loader.project_state((app, name))
    with connection.schema_editor() as editor:
        migration.unapply(state.clone(), editor)
    with connection.schema_editor() as editor:
        migration.apply(state.clone(), editor)


# The last line of defence: constraints that no code can talk its way past.


def test_two_movements_with_one_number_cannot_both_be_committed():
    mug = make_variant(on_hand=2)
    [item] = stock.lock([mug.pk]).values()
    stale = {mug.pk: item._replace(version=item.version - 1)}
    with nothing_moves(IntegrityError):
        stock.commit_units(stale, {mug.pk: 1}, reference="twin")


def test_an_illegal_sale_cannot_be_committed():
    mug = make_variant(on_hand=2)
    with nothing_moves(IntegrityError):
        stock.commit_units(stock.lock([mug.pk]), {mug.pk: 3}, reference="oversold")


@pytest.mark.parametrize("counters", [{"on_hand": -1}, {"committed": -1}])
def test_a_negative_counter_cannot_be_committed(counters):
    mug = make_variant(on_hand=2)
    with nothing_moves(IntegrityError):
        StockItem.objects.filter(pk=mug.pk).update(**counters)


def test_a_negative_level_is_rightly_no_constraint():
    mug = make_variant(on_hand=2, allow_backorders=True)
    with transaction.atomic():
        stock.commit_units(stock.lock([mug.pk]), {mug.pk: 3}, reference="backorder")
    assert StockItem.objects.get(pk=mug.pk).level == -1


def test_the_evidence_itself_notices_what_is_wrong():
    mug = make_variant(on_hand=2)
    assert discrepancies() == []
    StockItem.objects.filter(pk=mug.pk).update(on_hand=3)
    assert discrepancies() == [f"variant {mug.pk}: the ledger sums to (2, 0), not (3, 0)"]
    assert everything()["StockItem"][0][:4] == (mug.pk, True, False, 3)
