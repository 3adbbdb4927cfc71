"""The proof that ledger = counters = open order lines, for each variant, and its repair."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection, transaction

from catalog.models import Variant
from inventory import stock
from shop.webhooks import outbox

# One statement, so that what it compares is one moment of a store that goes on selling.
_DIFFERENCES = """
    SELECT s.variant_id, v.sku, s.on_hand, s.committed, s.version,
           COALESCE(m.on_hand, 0), COALESCE(m.committed, 0), COALESCE(m.version, 0), COALESCE(l.units, 0)
    FROM inventory_stockitem s
    JOIN catalog_variant v ON v.id = s.variant_id
    LEFT JOIN (SELECT item_id, SUM(on_hand_delta) AS on_hand, SUM(committed_delta) AS committed,
                      MAX(version) AS version FROM inventory_stockmovement GROUP BY item_id) m
           ON m.item_id = s.variant_id
    LEFT JOIN (SELECT variant_id, SUM(open) AS units FROM orders_orderline WHERE open > 0 GROUP BY variant_id) l
           ON l.variant_id = s.variant_id
    WHERE s.on_hand <> COALESCE(m.on_hand, 0) OR s.committed <> COALESCE(m.committed, 0)
       OR s.committed <> COALESCE(l.units, 0) OR s.version < COALESCE(m.version, 0)
    ORDER BY s.variant_id
"""


class Difference(NamedTuple):
    """A variant whose numbers do not agree: its counters, what its movements add up to, its open order lines."""

    variant_id: int
    sku: str
    on_hand: int
    committed: int
    version: int
    ledger_on_hand: int
    ledger_committed: int
    ledger_version: int
    open_units: int

    def sentences(self) -> list[str]:
        """Each disagreement in one sentence."""
        name = f"Variant {self.variant_id}" + (f" ({self.sku})" if self.sku else "")
        pairs = [
            ("on hand is", self.on_hand, "its movements add up to", self.ledger_on_hand),
            ("committed is", self.committed, "its movements add up to", self.ledger_committed),
            ("committed is", self.committed, "its open order lines to", self.open_units),
        ]
        found = [
            f"{name}: {has} {number}, {other} {proven}." for has, number, other, proven in pairs if number != proven
        ]
        if self.version < self.ledger_version:
            found.append(f"{name}: its version is {self.version}, its movements go to {self.ledger_version}.")
        return found


class MissingItem(NamedTuple):
    """A variant that has no stock item, which can only be somebody else's work."""

    variant_id: int
    sku: str

    def sentences(self) -> list[str]:
        return [f"Variant {self.variant_id}" + (f" ({self.sku})" if self.sku else "") + ": it has no stock item."]


Finding = Difference | MissingItem


def check() -> list[Finding]:
    """Everything that disagrees, by variant; an empty list is the proof."""
    missing = Variant.objects.filter(stock=None).order_by("pk").values_list("pk", "sku")
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENCES)
        differences = [Difference(*row[:2], *(int(number) for number in row[2:])) for row in cursor.fetchall()]
    return [*(MissingItem(*row) for row in missing), *differences]


@transaction.atomic(savepoint=False)
def repair() -> list[Finding]:
    """Mend everything that disagrees, and return what was found.

    The ledger is believed for what is on hand, the open order lines for what is committed: both were written with
    every single change. Each mended item gets a movement that says so; a missing one is made with the store's defaults.
    """
    found = check()
    missing = [finding for finding in found if isinstance(finding, MissingItem)]
    stock.open_items([stock.Opening(finding.variant_id) for finding in missing])
    stock.lock(finding.variant_id for finding in found)
    _mend([finding for finding in check() if isinstance(finding, Difference)])
    return found


def _mend(differences: Sequence[Difference]) -> None:
    items = stock.look(difference.variant_id for difference in differences)
    proven = {}
    for difference in differences:
        as_written = items[difference.variant_id]
        items[difference.variant_id] = as_written._replace(
            on_hand=difference.ledger_on_hand,
            committed=difference.ledger_committed,
            version=max(difference.version, difference.ledger_version),
        )
        proven[difference.variant_id] = (max(difference.ledger_on_hand, 0), difference.open_units)
    reasons = {difference.variant_id: " ".join(difference.sentences())[:255] for difference in differences}
    outbox.record(stock.repair(items, proven, reasons))
