"""Four months of trade, told again day by day: what customers ordered, what arrived, what left the house.

Two hands write it. `scenes.csv` says to the hour what happens to some variants, so that every situation a merchant
should see is there at the end; chance, with a fixed seed, trades in all the others. The same day gives the same story.
"""

import random
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from operator import itemgetter
from zoneinfo import ZoneInfo

from shop import clock
from shop.orders.demo.desk import Desk
from shop.orders.demo.scenes import Row, Scenes
from shop.orders.demo.trade import Trade, read_wares
from shop.orders.models import Order
from shop.store.models import StoreSettings

FIRST_DAY = 120
"""Days ago that the story begins."""

SEED = 1958


class Calendar:
    """What is to happen when. Days are counted back from today, day 0; nothing ever happens after `now`."""

    def __init__(self, now: datetime, zone: ZoneInfo) -> None:
        self._now = now
        self._today = now.astimezone(zone).date()
        self._zone = zone
        self._acts: dict[int, list[tuple[time, Callable[[], None]]]] = {}

    def plan(self, day: int, at: time, act: Callable[[], None]) -> None:
        """Let `act` happen on that day; it may itself plan for later days."""
        self._acts.setdefault(day, []).append((at, act))

    def live(self) -> None:
        """Let it all happen, in order, each act at its own moment."""
        for day in range(FIRST_DAY, -1, -1):
            for at, act in sorted(self._acts.pop(day, []), key=itemgetter(0)):
                with clock.at(self._moment(day, at)):
                    act()

    def _moment(self, day: int, at: time) -> datetime:
        moment = datetime.combine(self._today - timedelta(days=day), at, self._zone)
        return min(moment, self._now)


def tell(customers: Sequence[Row], scenes: Sequence[Row], now: datetime) -> int:
    """Live through the four months up to `now`, in the caller's transaction; returns how many orders there are."""
    chance = random.Random(SEED)
    calendar = Calendar(now, ZoneInfo(StoreSettings.objects.current().time_zone))
    wares = read_wares()
    desk = Desk(customers, chance)
    written = Scenes(scenes, {ware.sku: ware.variant_id for ware in wares}, desk)
    written.plan(calendar.plan)
    others = [ware for ware in wares if ware.sku not in written.skus]
    Trade(others, desk, chance, calendar.plan).plan(FIRST_DAY)
    calendar.live()
    return Order.objects.count()
