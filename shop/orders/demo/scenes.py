"""The scenes of the demo story: what `scenes.csv` says happens to some variants, to the hour."""

from collections.abc import Callable, Mapping, Sequence
from datetime import time
from functools import partial

from inventory import stock
from inventory.decision import Line
from inventory.stock import Entry
from shop.orders import fulfilment, placing
from shop.orders.demo.desk import Desk
from shop.orders.fulfilment import Returned
from shop.orders.models import OrderLine

Plan = Callable[[int, time, Callable[[], None]], None]
Row = Mapping[str, str]


class Scenes:
    """One row is one act. Its lines are SKUs with units (`GRINDER 2 + KETTLE-BLACK 1`), its order a name of our own."""

    def __init__(self, rows: Sequence[Row], variant_ids: Mapping[str, int], desk: Desk) -> None:
        self._rows = rows
        self._variant_ids = variant_ids
        self._desk = desk
        self._orders: dict[str, int] = {}
        self.skus = {sku for row in rows for sku, _ in _units(row)}
        """Nobody but the scenes trades in these, so that they end as they were meant to."""

    def plan(self, plan: Plan) -> None:
        """Put every act on the calendar."""
        for row in self._rows:
            act = getattr(self, f"_{row['act']}")
            plan(int(row["day"]), time.fromisoformat(row["time"]), partial(act, row))

    # Orders.

    def _order(self, row: Row) -> None:
        self._orders[row["order"]] = self._desk.take(self._lines(row), row["channel"])

    def _add(self, row: Row) -> None:
        placing.add_lines(self._orders[row["order"]], self._lines(row))

    def _ship(self, row: Row) -> None:
        self._desk.send(self._orders[row["order"]], self._line_units(row))

    def _ship_ahead(self, row: Row) -> None:
        self._desk.send(self._orders[row["order"]], self._line_units(row), ahead=True)

    def _lower(self, row: Row) -> None:
        for line_id, quantity in self._line_units(row).items():
            fulfilment.lower_line(self._orders[row["order"]], line_id, quantity)

    def _cancel(self, row: Row) -> None:
        fulfilment.cancel(self._orders[row["order"]], row["note"])

    def _return(self, row: Row, *, restock: bool = True) -> None:
        back = [Returned(line_id, quantity, restock) for line_id, quantity in self._line_units(row).items()]
        fulfilment.take_back(self._orders[row["order"]], back)

    def _return_damaged(self, row: Row) -> None:
        self._return(row, restock=False)

    # The shelf.

    def _receive(self, row: Row) -> None:
        stock.receive(self._entries(row), reference=row["note"])

    def _sell(self, row: Row) -> None:
        stock.sell(self._entries(row), reference=row["note"], client_id=self._desk.till_id)

    def _count(self, row: Row) -> None:
        stock.count(self._entries(row), reference=row["note"])

    def _correct(self, row: Row) -> None:
        stock.correct(self._entries(row), reason=row["note"])

    # What a row names.

    def _lines(self, row: Row) -> list[Line]:
        return [Line(self._variant_ids[sku], quantity) for sku, quantity in _units(row)]

    def _entries(self, row: Row) -> list[Entry]:
        return [Entry(self._variant_ids[sku], quantity) for sku, quantity in _units(row)]

    def _line_units(self, row: Row) -> dict[int, int]:
        """The first line of each variant in the row's order, with the row's units."""
        lines = OrderLine.objects.filter(order=self._orders[row["order"]]).order_by("-pk")
        first = dict(lines.values_list("variant_id", "pk"))
        return {first[self._variant_ids[sku]]: quantity for sku, quantity in _units(row)}


def _units(row: Row) -> list[tuple[str, int]]:
    pairs = [piece.rsplit(" ", 1) for piece in row["lines"].split(" + ") if piece]
    return [(sku, int(quantity)) for sku, quantity in pairs]
