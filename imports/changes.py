"""Change sets: plan, keep, apply. A spreadsheet and a bulk edit are one river with two springs.

The plan is compared and kept before anything is changed; `apply` writes it in chunks, each one short transaction that
also moves the set's cursor, so that whoever is interrupted goes on where it was.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from django.db import connection

from imports import applying
from imports.columns import Column, Store
from imports.models import ChangeRow, ChangeSet
from imports.planning import Kind, PlannedRow
from shop import clock
from shop.accounts import acting
from shop.bulk import insert_rows
from shop.durable import durably

CHUNK = 250
"""Rows in one transaction: on SQLite nobody else can write while it runs."""

PAUSE = 0.02
"""Seconds between two transactions on SQLite, which has no queue: those who wait for the lock must get their turn."""

Progress = Callable[[int], None]

_ROW = ("change_set", "row", "kind", "product_id", "variant_id", "group", "cells", "findings")


def begin(kind: ChangeSet.Kind, title: str) -> ChangeSet:
    """A new change set without rows, in the name of whoever acts."""
    actor = acting.current()
    return ChangeSet.objects.create(
        kind=kind, title=title[:150], actor_kind=actor.kind, actor_id=actor.id, actor_name=actor.name
    )


def keep(change_set: ChangeSet, plan: Iterable[PlannedRow]) -> None:
    """Keep these rows of the plan with the set: those that will change or add something, and those with an error."""
    rows = [_kept(change_set.pk, row) for row in plan if row.kind is not Kind.SAME]
    if rows:
        durably(partial(insert_rows, ChangeRow, _ROW, rows))


def _kept(change_set_id: int, row: PlannedRow) -> tuple[Any, ...]:
    findings = [[finding.column, finding.sentence, finding.is_error] for finding in row.findings]
    product = None if row.group else row.product_id
    return (change_set_id, row.number, row.kind.value, product, row.variant_id, row.group[:64], row.cells, findings)


def refuse(change_set: ChangeSet) -> None:
    """The set will not be applied."""
    change_set.state = ChangeSet.State.REFUSED
    change_set.save(update_fields=["state"])


def apply(
    change_set: ChangeSet, every: Mapping[str, Column], store: Store, progress: Progress = lambda rows: None
) -> list[applying.Left]:
    """Write the kept plan, chunk by chunk, from the cursor on; returns the rows that were left because they had moved.

    What was previewed is what is applied: a row with a cell that has moved since is not written at all.
    """
    ChangeSet.objects.filter(pk=change_set.pk).update(state=ChangeSet.State.APPLYING)
    left: list[applying.Left] = []
    for cursor, lines in _chunks(change_set, every):
        left += durably(partial(applying.write, change_set.pk, lines, every, store, cursor))
        progress(len(lines))
        if connection.vendor == "sqlite":
            time.sleep(PAUSE)
    ChangeSet.objects.filter(pk=change_set.pk).update(
        state=ChangeSet.State.APPLIED, applied_at=clock.now(), left=len(left)
    )
    return left


def _chunks(change_set: ChangeSet, every: Mapping[str, Column]) -> Iterator[tuple[int, list[applying.Line]]]:
    """The rows that are still to be applied, parsed, each chunk with the cursor that stands before it."""
    cursor = ChangeSet.objects.values_list("cursor", flat=True).get(pk=change_set.pk)
    wanted = ChangeRow.objects.filter(change_set=change_set.pk, kind__in=(ChangeRow.Kind.NEW, ChangeRow.Kind.CHANGE))
    while rows := list(wanted.filter(pk__gt=cursor).order_by("pk").values_list(*applying.LINE_FIELDS)[:CHUNK]):
        yield cursor, applying.prepare(rows, every)
        cursor = rows[-1][0]
