"""What customers see of a variant: in stock, on backorder, or out of stock."""

from typing import Any

from inventory import decision
from inventory.locking import Item


def brief(item: Item) -> dict[str, Any]:
    """Status, label, and whether the minimum quantity could be ordered."""
    status = decision.status(item)
    return {"status": status, "label": decision.LABELS[status], "purchasable": decision.purchasable(item)}
