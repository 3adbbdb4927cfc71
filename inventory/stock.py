"""The only writer of stock: every change of a number is made here, with its movement, in one transaction.

How to write a verb, in the order that keeps two callers from ever waiting for each other: the idempotency row or job
first, then `lock` the stock of all variants concerned (once, by ascending id), then lock order rows by id. Decide only
on numbers read under the lock. A refusal is raised before anything is written.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.dispatch import Signal

from inventory import decision
from inventory.locking import Item, lock, look
from inventory.models import StockItem, StockMovement, StockPosting
from shop import clock
from shop.accounts import acting
from shop.bulk import insert_rows, update_rows
from shop.errors import DomainError
from shop.store.models import StoreSettings
from shop.webhooks import outbox
from shop.webhooks.models import OutboxEvent

__all__ = ["Item", "lock", "look"]

Kind = StockMovement.Kind

MOST_UNITS = 1_000_000_000
"""More than anybody has: a number above it is a mistake."""

FOUND = "More was sold than was known to be there."

stock_changed = Signal()
"""Sent inside the transaction, with `changes`: a list of `Change`. The one place where this floor tells a higher one.

`shop.orders` listens: it announces the waiting lines that were covered, and touches the orders whose coverage changed.
"""


class StockChanged(DomainError):
    code = "stock_changed"


class NotEnoughOnHand(DomainError):
    code = "not_enough_on_hand"


class UnknownVariants(DomainError):
    code = "unknown_variants"


class TooMuch(DomainError):
    code = "out_of_range"


class Change(NamedTuple):
    """What one movement changed. `before` and `after` carry the numbers and the switches."""

    kind: str
    before: Item
    after: Item


class Entry(NamedTuple):
    """One line of a delivery note, a till receipt, a count sheet: units of a variant, signed only for corrections."""

    variant_id: int
    quantity: int
    expected_on_hand: int | None = None


class Booked(NamedTuple):
    """What became of one entry. `correction` is what had to be found before a sale could be booked."""

    entry: Entry
    before: Item
    after: Item
    correction: int = 0


class Posted(NamedTuple):
    """What was booked as one, entry by entry."""

    posting: StockPosting
    booked: list[Booked]


class Book:
    """The numbers of locked items while a verb works on them: moves are noted one by one and written together."""

    def __init__(
        self, items: Mapping[int, Item], *, reference: str = "", reason: str = "", posting: int | None = None
    ) -> None:
        self.items = dict(items)
        self.changes: list[Change] = []
        self._movements: list[tuple[Any, ...]] = []
        self._note = (posting, reference, reason)
        self._stamp = (*acting.current(), clock.now())

    def move(
        self, variant_id: int, kind: str, *, on_hand: int = 0, committed: int = 0, reason: str | None = None
    ) -> None:
        """Note a movement of so many units, for the book's reason unless one of its own is given."""
        before = self.items[variant_id]
        after = before._replace(
            on_hand=before.on_hand + on_hand, committed=before.committed + committed, version=before.version + 1
        )
        self._note_change(kind, before, after, reason)

    def turn(self, variant_id: int, *, track_inventory: bool, allow_backorders: bool) -> None:
        """Note new values of the switches: a movement of nothing, so that the ledger explains what came after."""
        before = self.items[variant_id]
        after = before._replace(
            track_inventory=track_inventory, allow_backorders=allow_backorders, version=before.version + 1
        )
        self._note_change(Kind.SWITCHES, before, after, None)

    def _note_change(self, kind: str, before: Item, after: Item, own_reason: str | None) -> None:
        self.items[after.variant_id] = after
        self.changes.append(Change(kind, before, after))
        posting, reference, reason = self._note
        self._movements.append((
            after.variant_id, after.version, kind, after.on_hand - before.on_hand, after.committed - before.committed,
            after.on_hand, after.committed, after.track_inventory, after.allow_backorders,
            posting, reference, reason if own_reason is None else own_reason, *self._stamp,
        ))  # fmt: skip

    def write(self) -> list[outbox.Event]:
        """Write the numbers and the movements, tell who listens, and return the events that this made true.

        The caller records the events, together with its own.
        """
        moved = sorted({change.after.variant_id for change in self.changes})
        update_rows(StockItem, NUMBERS, [self._numbers(self.items[variant_id]) for variant_id in moved])
        insert_rows(StockMovement, MOVEMENT, self._movements)
        stock_changed.send(sender=Book, changes=self.changes)
        return _events(self.changes)

    def _numbers(self, item: Item) -> tuple[Any, ...]:
        return (item.variant_id, item.on_hand, item.committed, item.track_inventory, item.allow_backorders,
                item.version, self._stamp[-1])  # fmt: skip


NUMBERS = ("on_hand", "committed", "track_inventory", "allow_backorders", "version", "updated_at")
LIMITS = ("backorder_limit", "minimum_stock", "stock_alert")
MOVEMENT = (
    "item", "version", "kind", "on_hand_delta", "committed_delta", "on_hand_after", "committed_after",
    "track_inventory", "allow_backorders", "posting", "reference", "reason", "actor_kind", "actor_id", "actor_name",
    "recorded_at",
)  # fmt: skip


# Promises: what orders do to stock. The caller holds the lock and records the events.


def commit_units(items: Mapping[int, Item], quantities: Mapping[int, int], *, reference: str) -> list[outbox.Event]:
    """Promise units to an order, decided before: also of variants that are not tracked, whose on hand never moves."""
    book = Book(items, reference=reference)
    for variant_id, quantity in sorted(quantities.items()):
        book.move(variant_id, Kind.PLACEMENT, committed=quantity)
    return book.write()


def release_units(items: Mapping[int, Item], quantities: Mapping[int, int], *, reference: str,
                  reason: str = "") -> list[outbox.Event]:  # fmt: skip
    """Take promises back. A backordered unit never comes back as stock: only the promise goes."""
    book = Book(items, reference=reference, reason=reason)
    for variant_id, quantity in sorted(quantities.items()):
        book.move(variant_id, Kind.CANCELLATION, committed=-quantity)
    return book.write()


def ship_units(items: Mapping[int, Item], quantities: Mapping[int, int], *, reference: str,
               ahead: Collection[int] = ()) -> list[outbox.Event]:  # fmt: skip
    """Units leave the house and their promise is kept; the ledger says of those `ahead` that they jumped the queue."""
    book = Book(items, reference=reference)
    for variant_id, quantity in sorted(quantities.items()):
        taken = quantity if items[variant_id].track_inventory else 0
        kind = Kind.SHIPMENT_AHEAD if variant_id in ahead else Kind.SHIPMENT
        book.move(variant_id, kind, on_hand=-taken, committed=-quantity)
    return book.write()


def put_back(items: Mapping[int, Item], quantities: Mapping[int, int], *, reference: str) -> list[outbox.Event]:
    """Units of an order come back to the shelf. An untracked variant's on hand does not move."""
    book = Book(items, reference=reference)
    for variant_id, quantity in sorted(quantities.items()):
        if items[variant_id].track_inventory:
            book.move(variant_id, Kind.RETURN, on_hand=quantity)
    return book.write()


# Facts: what happened on the shelf. Each locks, writes and records by itself, in one transaction.


@transaction.atomic(savepoint=False)
def receive(entries: Sequence[Entry], **note: Any) -> Posted:
    """A delivery: units arrive. They go to whoever waits longest, by the queue, with no planning here."""
    return _book(Kind.RECEIPT, entries, lambda entry, item: entry.quantity, **note)


@transaction.atomic(savepoint=False)
def take_back(entries: Sequence[Entry], **note: Any) -> Posted:
    """A till return: units go back to the shelf."""
    return _book(Kind.RETURN, entries, lambda entry, item: entry.quantity, **note)


@transaction.atomic(savepoint=False)
def sell(entries: Sequence[Entry], **note: Any) -> Posted:
    """A till sale: it has happened and is never refused. What was sold beyond what was known is corrected first."""
    return _book(Kind.SALE, entries, lambda entry, item: -entry.quantity, found_first=True, **note)


@transaction.atomic(savepoint=False)
def count(entries: Sequence[Entry], *, as_level: bool = False, **note: Any) -> Posted:
    """A shelf count of everything present; with `as_level`, of a net number (on hand − committed) that a till keeps.

    Raises `StockChanged` if an entry says what was believed to be there and it is not so any more, and
    `NotEnoughOnHand` where a net number would make the on hand negative.
    """
    return _book(Kind.COUNT, entries, lambda entry, item: _counted(entry, item, as_level) - item.on_hand, **note)


@transaction.atomic(savepoint=False)
def correct(entries: Sequence[Entry], *, reason: str, **note: Any) -> Posted:
    """Damage, loss, something found: signed units, with a reason. Raises `NotEnoughOnHand` below 0 on hand."""
    return _book(Kind.CORRECTION, entries, lambda entry, item: entry.quantity, reason=reason, **note)


def set_levels(items: Mapping[int, Item], levels: Mapping[int, int], *, reference: str = "",
               reason: str = "") -> list[outbox.Event]:  # fmt: skip
    """Set stock levels: on hand becomes level + committed, so that an exported level set back changes nothing.

    The caller holds the lock and records the events. Writes nothing where the level is that already. Raises
    `NotEnoughOnHand` where it would make the on hand negative. An untracked item keeps its number for the day that
    tracking is turned on.
    """
    book = Book(items, reference=reference, reason=reason)
    for variant_id, level in sorted(levels.items()):
        item = items[variant_id]
        _check_on_hand(item, level + item.committed)
        if level != item.level:
            book.move(variant_id, Kind.LEVEL_SET, on_hand=level - item.level)
    return book.write() if book.changes else []


class Switch(NamedTuple):
    """New values of an item's switches, None to leave one alone; `on_hand` is what is there as tracking begins."""

    track_inventory: bool | None = None
    allow_backorders: bool | None = None
    on_hand: int | None = None


def switch(items: Mapping[int, Item], wanted: Mapping[int, Switch], *, reference: str = "") -> list[outbox.Event]:
    """Turn the two switches, under the caller's lock; writes only what differs.

    Backorders off: accepted ones stay promised. Tracking off: every open line counts as covered, the on hand is kept
    and no longer moves. Tracking on: the on hand counts again, as kept or as given. The caller records the events.
    """
    book = Book(items, reference=reference)
    for variant_id, new in sorted(wanted.items()):
        item = items[variant_id]
        track = item.track_inventory if new.track_inventory is None else new.track_inventory
        allow = item.allow_backorders if new.allow_backorders is None else new.allow_backorders
        if (track, allow) != (item.track_inventory, item.allow_backorders):
            book.turn(variant_id, track_inventory=track, allow_backorders=allow)
        if new.on_hand is not None and new.on_hand != item.on_hand:
            _check_on_hand(item, new.on_hand)
            book.move(variant_id, Kind.COUNT, on_hand=new.on_hand - item.on_hand)
    return book.write() if book.changes else []


class Opening(NamedTuple):
    """The stock record of a new variant; a switch of None takes the store's default."""

    variant_id: int
    track_inventory: bool | None = None
    allow_backorders: bool | None = None
    on_hand: int = 0
    backorder_limit: int | None = None
    minimum_stock: int | None = None
    stock_alert: int | None = None


@transaction.atomic(savepoint=False)
def open_items(openings: Sequence[Opening]) -> None:
    """Make the stock items of new variants, in the transaction that made the variants, with their opening stock."""
    store = StoreSettings.objects.current()
    now, actor = clock.now(), acting.current()
    items, movements = [], []
    for new in openings:
        track = store.track_inventory_by_default if new.track_inventory is None else new.track_inventory
        allow = store.allow_backorders_by_default if new.allow_backorders is None else new.allow_backorders
        version = 1 if new.on_hand else 0
        items.append((new.variant_id, new.on_hand, 0, track, allow, version, now, new.backorder_limit,
                      new.minimum_stock, new.stock_alert))  # fmt: skip
        if new.on_hand:
            movements.append((new.variant_id, version, Kind.OPENING, new.on_hand, 0, new.on_hand, 0, track, allow,
                              None, "", "", *actor, now))  # fmt: skip
    insert_rows(StockItem, ("variant", "on_hand", "committed", *NUMBERS[2:], *LIMITS), items)
    insert_rows(StockMovement, MOVEMENT, movements)


def set_limits(items: Mapping[int, Item], wanted: Mapping[int, Mapping[str, int | None]]) -> list[outbox.Event]:
    """Set backorder limits, minimum stocks and stock alerts (names as in `LIMITS`), under the caller's lock.

    No units move, so no movement is written. The caller records the events.
    """
    by_names: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for variant_id, values in sorted(wanted.items()):
        by_names.setdefault(tuple(values), []).append((variant_id, clock.now(), *values.values()))
    for names, rows in by_names.items():
        update_rows(StockItem, ("updated_at", *names), rows)
    return _events([Change("limits", items[pk], _limited(items[pk], values)) for pk, values in wanted.items()])


def repair(
    items: Mapping[int, Item], proven: Mapping[int, tuple[int, int]], reasons: Mapping[int, str]
) -> list[outbox.Event]:
    """Bring `(on hand, committed)` of items to what is proven, each with a movement that says why.

    `items` carry what their movements add up to, so that these and the counters agree again. For `check_stock` alone.
    """
    book = Book(items)
    for variant_id, (on_hand, committed) in sorted(proven.items()):
        item = items[variant_id]
        book.move(
            variant_id,
            Kind.REPAIR,
            on_hand=on_hand - item.on_hand,
            committed=committed - item.committed,
            reason=reasons[variant_id],
        )
    return book.write()


def _limited(item: Item, values: Mapping[str, int | None]) -> Item:
    return item._replace(
        backorder_limit=values.get("backorder_limit", item.backorder_limit),
        stock_alert=values.get("stock_alert", item.stock_alert),
    )


def _counted(entry: Entry, item: Item, as_level: bool) -> int:
    if entry.expected_on_hand is not None and entry.expected_on_hand != item.on_hand:
        raise StockChanged(
            f"There are {item.on_hand} on hand now, not {entry.expected_on_hand}. Nothing was booked; count again.",
            variant_id=item.variant_id,
            on_hand=item.on_hand,
        )
    return entry.quantity + item.committed if as_level else entry.quantity


def _book(kind: str, entries: Sequence[Entry], units: Any, *, reference: str = "", reason: str = "",
          occurred_at: datetime | None = None, client_id: int | None = None,
          found_first: bool = False) -> Posted:  # fmt: skip
    """Book the entries one after the other, as one posting; those of untracked variants are noted and move nothing."""
    items = lock_known(entry.variant_id for entry in entries)
    posting = StockPosting.objects.create(
        type=kind, reference=reference, reason=reason, occurred_at=occurred_at, recorded_at=clock.now(),
        client_id=client_id,
    )  # fmt: skip
    book = Book(items, reference=reference, reason=reason, posting=posting.pk)
    booked = []
    for entry in entries:
        before = book.items[entry.variant_id]
        if not before.track_inventory:
            booked.append(Booked(entry, before, before))
            continue
        delta = units(entry, before)
        correction = max(-(before.on_hand + delta), 0) if found_first else 0
        if correction:
            book.move(entry.variant_id, Kind.CORRECTION, on_hand=correction, reason=FOUND)
        _check_on_hand(before, before.on_hand + correction + delta)
        book.move(entry.variant_id, kind, on_hand=delta)
        booked.append(Booked(entry, before, book.items[entry.variant_id], correction))
    outbox.record(book.write())
    return Posted(posting, booked)


def lock_known(variant_ids: Iterable[int]) -> dict[int, Item]:
    """Lock, and raise `UnknownVariants` naming every id that no variant has."""
    wanted = set(variant_ids)
    items = lock(wanted)
    unknown = sorted(wanted - items.keys())
    if unknown:
        names = ", ".join(str(variant_id) for variant_id in unknown)
        raise UnknownVariants(f"There is no variant {names}.", variant_ids=unknown)
    return items


def _check_on_hand(item: Item, on_hand: int) -> None:
    if on_hand < 0:
        raise NotEnoughOnHand(
            f"Only {item.on_hand} of {item.name} are on hand; {on_hand} cannot be. Nothing was booked.",
            variant_id=item.variant_id,
            on_hand=item.on_hand,
        )
    if on_hand > MOST_UNITS:
        raise TooMuch(f"At most {MOST_UNITS:,} units can be on hand.", variant_id=item.variant_id)


def _events(changes: Sequence[Change]) -> list[outbox.Event]:
    """The edges that these changes crossed, per variant from its first number to its last."""
    first: dict[int, Item] = {}
    last: dict[int, Item] = {}
    for change in changes:
        first.setdefault(change.before.variant_id, change.before)
        last[change.after.variant_id] = change.after
    events = []
    for variant_id, before in first.items():
        after = last[variant_id]
        names = {"variant_id": variant_id, "product_id": after.product_id}
        if decision.status(before) != decision.status(after):
            status = {"status": decision.status(after), "was": decision.status(before)}
            events.append(outbox.Event(OutboxEvent.Type.AVAILABILITY_CHANGED, {**names, **status}))
        if after.is_low and not before.is_low:
            numbers = {"available": decision.available(after), "stock_alert": after.stock_alert}
            events.append(outbox.Event(OutboxEvent.Type.STOCK_LOW, {**names, **numbers}))
    return events
