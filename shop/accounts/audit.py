"""The audit trail: who changed what, from what to what, in the change's own transaction."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from shop import clock
from shop.accounts import acting
from shop.accounts.models import AuditEntry
from shop.bulk import insert_rows


class Change(NamedTuple):
    """What changed on one object: `fields` maps a field's name to `[old, new]`."""

    object_type: str
    object_id: int
    fields: Mapping[str, list[Any]]


def record(changes: Iterable[Change]) -> None:
    """Write an entry for each change that has fields, in the name of whoever acts. Must run inside its transaction."""
    now, actor, request = clock.now(), acting.current(), acting.request_id.get()
    rows = [
        (now, actor.kind, actor.id, actor.name, request, change.object_type, change.object_id, dict(change.fields))
        for change in changes
        if change.fields
    ]
    fields = ("at", "actor_kind", "actor_id", "actor_name", "request_id", "object_type", "object_id", "changes")
    insert_rows(AuditEntry, fields, rows)
