"""The demo store: a small shop with four months behind it, loaded through the doors that merchants use.

Its products are a spreadsheet in the store's own format and come in through the import; its orders are placed, shipped,
cancelled and returned by the same verbs as anybody's. Only an empty store is ever touched.
"""

import csv
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings

from catalog.models import DeliveryTimeframe, DeliveryTimeframeText, Product
from imports import importing
from inventory.models import StockMovement
from shop import clock
from shop.accounts.acting import Actor, acting_as
from shop.durable import durably
from shop.orders.demo import story
from shop.orders.models import Order
from shop.store.models import Language, StoreSettings

DATA = Path(__file__).parent
SPREADSHEET = DATA / "products.csv"
ACTOR = Actor("command", None, "load_demo")
NAME = "Alder & Oak"
DUTCH = "NL"

Say = Callable[[str], None]


class State(StrEnum):
    """What the store holds."""

    EMPTY = "nothing yet"
    HALF = "the demo's products, but not its orders: loading it was interrupted"
    DEMO = "the demo store"
    FOREIGN = "somebody's own products"


class SpreadsheetFailed(Exception):
    """The demo's own spreadsheet did not import as it should; nothing of it was imported."""


def state() -> State:
    """What the store holds. The ledger tells a demo for good: its first movement was booked by `load_demo`."""
    first = StockMovement.objects.order_by("pk").values_list("actor_kind", "actor_name").first()
    if first == (ACTOR.kind, ACTOR.name):
        return State.DEMO if Order.objects.exists() else State.HALF
    unnamed = StoreSettings._meta.get_field("name").default
    named = StoreSettings.objects.current().name not in (unnamed, NAME)
    return State.FOREIGN if named or first or Product.objects.exists() else State.EMPTY


def load(say: Say = lambda sentence: None) -> State:
    """Make the demo store where there is none, or finish one that was interrupted; returns what was found.

    Raises `SpreadsheetFailed`. Ends with the shop as it is now: the story is told relative to today.
    """
    found = state()
    if found in (State.DEMO, State.FOREIGN):
        return found
    with acting_as(ACTOR):
        if found is State.EMPTY:
            durably(_set_up)
            say(f"{NAME}: settings, two languages and three delivery timeframes are set.")
            say(_import_products())
        orders = durably(partial(story.tell, read("customers"), read("scenes"), clock.now()))
        say(f"{orders} orders were placed over the last four months; those that could be were shipped.")
    return found


def read(name: str) -> list[dict[str, str]]:
    """The rows of one of the demo's own files, by title."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _set_up() -> None:
    store = StoreSettings.objects.current()
    store.name, store.currency, store.time_zone = NAME, "EUR", "Europe/Amsterdam"
    store.tax_rate = Decimal("0.2100")
    Language.objects.get_or_create(code=DUTCH, defaults={"name": "Dutch"})
    store.save()
    for row in read("timeframes"):
        _make_timeframe(row)


def _make_timeframe(row: dict[str, str]) -> None:
    own: dict[str, Any] = {title: value for title, value in row.items() if not title.startswith(DUTCH)}
    days = {title: int(value) if value else None for title, value in own.items() if title.endswith("_days")}
    timeframe, _ = DeliveryTimeframe.objects.update_or_create(name=own.pop("name"), defaults=own | days)
    dutch = {title.removeprefix(f"{DUTCH}_"): value for title, value in row.items() if title.startswith(DUTCH)}
    DeliveryTimeframeText.objects.update_or_create(timeframe=timeframe, language_id=DUTCH, defaults=dutch)


def _import_products() -> str:
    """Import the spreadsheet as it was the day before the story begins; says what came of it."""
    choices = importing.Options(stop_on_error=True, errors=settings.DATA_DIR / "demo-errors.xlsx")
    with clock.at(clock.now() - timedelta(days=story.FIRST_DAY + 1)):
        report = importing.run(SPREADSHEET, choices)
    unread = report.ignored + report.unknown_languages
    if unread or not report.is_good:
        said = [f"The column {title} was not matched." for title in unread] + [
            str(finding) for finding in report.errors
        ]
        raise SpreadsheetFailed("\n".join([f"{SPREADSHEET.name} could not be imported.", *said]))
    return f"{report.new_products} products with {report.rows} variants were imported from {SPREADSHEET.name}."
