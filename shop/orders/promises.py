"""What a customer is told at placement: how many units come from stock, how many later, and when."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from inventory.locking import Item

PART = ("source", "quantity", "text", "from", "until")
"""The members of one part of a promise, in the order in which they are shown."""

STOCK = "stock"
BACKORDER = "backorder"


class Timeframe(NamedTuple):
    """A message and the days that it means, each may be missing."""

    text: str | None
    min_days: int | None
    max_days: int | None


def timeframe(item: Item, source: str) -> Timeframe:
    """What the product's delivery timeframe says of units from stock, or of backordered ones."""
    if source == STOCK:
        found = (item.in_stock_message, item.in_stock_min_days, item.in_stock_max_days)
    else:
        found = (item.out_of_stock_message, item.out_of_stock_min_days, item.out_of_stock_max_days)
    return Timeframe(found[0] or None, found[1], found[2])


def deliveries(item: Item, allocated: int, backordered: int, moment: datetime) -> list[dict[str, Any]]:
    """The parts of a promise given at this moment, as the API shows them and the order line keeps them."""
    today = moment.astimezone(ZoneInfo(item.time_zone)).date()
    parts = [(STOCK, allocated), (BACKORDER, backordered)]
    return [_part(source, quantity, timeframe(item, source), today) for source, quantity in parts if quantity]


def last_day(promised: list[dict[str, Any]]) -> date | None:
    """The last day that was promised for the backordered part, if there is one and a day was named."""
    days = [part["until"] for part in promised if part["source"] == BACKORDER and part["until"]]
    return date.fromisoformat(days[0]) if days else None


def _part(source: str, quantity: int, told: Timeframe, today: date) -> dict[str, Any]:
    return {
        "source": source,
        "quantity": quantity,
        "text": told.text,
        "from": _day(today, told.min_days),
        "until": _day(today, told.max_days),
    }


def _day(today: date, days: int | None) -> str | None:
    return None if days is None else (today + timedelta(days=days)).isoformat()
