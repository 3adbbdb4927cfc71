"""The order API: ask, place, change, ship, take back, and see who waits."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from rest_framework.request import Request

from inventory.decision import Line
from shop.api.answers import Answer, Refused, check_precondition, dump, json_answer, send, tagged
from shop.api.idempotency import once
from shop.api.pagination import page
from shop.api.schema import operation
from shop.api.views import ApiView
from shop.durable import durably
from shop.orders import finding, fulfilment, placing, queue, statuses
from shop.orders.api import rendering, shapes
from shop.orders.finding import UnknownOrder
from shop.orders.models import FIRST_NUMBER, Order, OrderLine
from shop.store.models import StoreSettings

READ = ("orders:read", "orders:read_own")
WRITE = ("orders:write",)
SHIP = ("shipments:write",)


class OrderView(ApiView):
    """What the order endpoints share: a key sees the orders it placed, or all with `orders:read`."""

    def mine(self) -> QuerySet[Order]:
        everything = Order.objects.all()
        return everything if self.allows("orders:read") else everything.filter(client=self.key.client_id)

    def check_mine(self, order_id: int) -> None:
        """Raise `not_found` for an order that this key may not know of."""
        if not self.mine().filter(pk=order_id).exists():
            raise UnknownOrder("There is no such order.")


class Quote(OrderView):
    scopes = {"POST": WRITE}
    only_reads = True

    @operation("quote_order", "Ask what an order would become; stores nothing", scopes=WRITE, tag="Orders",
               body=shapes.OrderWish, answer=shapes.QuoteShown,
               note="Always 200 for a well-formed body: its lines say what would be refused.")  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        wish = self.body(shapes.OrderWish)
        quoted = placing.quote(_lines(wish.lines))
        return json_answer(rendering.quote(quoted, StoreSettings.objects.current().currency))


class Orders(OrderView):
    scopes = {"GET": READ, "POST": WRITE}
    queries = {"GET": shapes.OrdersQuery}

    @operation("list_orders", "Orders, newest first", scopes=READ, tag="Orders", query=shapes.OrdersQuery,
               answer=shapes.OrdersShown)  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        orders = filter_orders(self.mine(), self.query)
        return json_answer(page(self, "orders", orders, _render_all, ordering="-pk"))

    @operation("place_order", "Place an order, all or nothing", scopes=WRITE, tag="Orders", body=shapes.OrderWish,
               answer=shapes.OrderShown, status=201, once=True, located=True,
               refusals=("order_rejected", "duplicate_reference"),
               note="Accepted whole, or nothing is changed and `errors` says which line failed and why.")  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        wish = self.body(shapes.OrderWish)

        def place() -> Answer:
            placed = placing.place_order(
                lines=_lines(wish.lines),
                channel=self.key.client.channel,
                client_id=self.key.client_id,
                reference=wish.reference,
                customer=_customer(wish.customer),
                address=_address(wish.shipping_address),
            )
            body = dump(rendering.order(placed.order, placed.lines, []))
            return Answer(201, body, reverse("api-order", args=[placed.order.pk]))

        return send(_explained(lambda: once(request, place)))


class OneOrder(OrderView):
    scopes = {"GET": READ}

    @operation("get_order", "One order as it is now", scopes=READ, tag="Orders", path=("order_id",),
               answer=shapes.OrderShown, tagged=True)  # fmt: skip
    def get(self, request: Request, order_id: int) -> HttpResponse:
        self.check_mine(order_id)
        return tagged(request, _render(order_id))


class Cancel(OrderView):
    scopes = {"POST": WRITE}

    @operation("cancel_order", "Cancel all units not yet shipped", scopes=WRITE, tag="Orders", path=("order_id",),
               body=shapes.Cancellation, body_optional=True, answer=shapes.OrderShown, tagged=True,
               refusals=("nothing_to_cancel",),
               note="Cancelling twice is answered like the first time. What was shipped stays shipped.")  # fmt: skip
    def post(self, request: Request, order_id: int) -> HttpResponse:
        wish = self.body(shapes.Cancellation, optional=True)
        self.check_mine(order_id)

        def cancel() -> dict[str, Any]:
            fulfilment.cancel(order_id, wish.reason or "")
            return _render(order_id)

        return tagged(request, durably(cancel))


class Lines(OrderView):
    scopes = {"POST": WRITE}

    @operation("add_order_lines", "Add lines to an open order; they queue anew", scopes=WRITE, tag="Orders",
               path=("order_id",), body=shapes.MoreLines, answer=shapes.OrderShown, status=201, once=True,
               located=True, refusals=("order_rejected", "order_closed"),
               note="Decided like an order; minimum and maximum hold for the order's new total.")  # fmt: skip
    def post(self, request: Request, order_id: int) -> HttpResponse:
        wish = self.body(shapes.MoreLines)
        self.check_mine(order_id)

        def add() -> Answer:
            placing.add_lines(order_id, _lines(wish.lines))
            return Answer(201, dump(_render(order_id)), reverse("api-order", args=[order_id]))

        return send(_explained(lambda: once(request, add)))


class OneLine(OrderView):
    scopes = {"PATCH": WRITE}

    @operation("lower_order_line", "Lower a line; its waiting units go first", scopes=WRITE, tag="Orders",
               path=("order_id", "line_id"), body=shapes.LineTarget, answer=shapes.OrderShown, precondition=True,
               tagged=True, refusals=("already_shipped",),
               note="To order more, add a line: it waits at the end of the queue.")  # fmt: skip
    def patch(self, request: Request, order_id: int, line_id: int) -> HttpResponse:
        wish = self.body(shapes.LineTarget)
        self.check_mine(order_id)

        def lower() -> dict[str, Any]:
            if "If-Match" in request.headers:
                finding.lock_all(order_id)
                check_precondition(request, _render(order_id))
            fulfilment.lower_line(order_id, line_id, wish.quantity)
            return _render(order_id)

        return tagged(request, _at("#/quantity", lambda: durably(lower)))


class Shipments(OrderView):
    scopes = {"POST": SHIP}

    @operation("ship_order", "Ship allocated units, or hand them over at the counter", scopes=SHIP, tag="Fulfilment",
               path=("order_id",), body=shapes.ShipmentWish, answer=shapes.ShipmentAnswer, status=201, once=True,
               refusals=("not_enough_allocated",),
               note="A counter pick-up of a web order at the till is a shipment (`pickup`), never a till sale: booking "
                    "both would take the unit twice.")  # fmt: skip
    def post(self, request: Request, order_id: int) -> HttpResponse:
        wish = self.body(shapes.ShipmentWish)
        self.check_mine(order_id)

        def ship() -> Answer:
            units: dict[int, int] = {}
            for line in wish.lines:
                units[line.line_id] = units.get(line.line_id, 0) + line.quantity
            shipment = fulfilment.ship(order_id, units, method=wish.method or "", tracking=wish.tracking or "")
            found = finding.view(order_id)
            shown = rendering.shipment(shipment, shipment.lines.all())
            status = statuses.order_status(found.lines)
            names = {"order_id": order_id, "order_number": found.order.number, "order_status": status}
            return Answer(201, dump({**shown, **names}))

        return send(once(request, ship))


class Returns(OrderView):
    scopes = {"POST": SHIP}

    @operation("return_order", "Take units back, on the shelf again or only counted", scopes=SHIP, tag="Fulfilment",
               path=("order_id",), body=shapes.ReturnWish, answer=shapes.ReturnAnswer, status=201, once=True,
               refusals=("return_exceeds_shipped",))  # fmt: skip
    def post(self, request: Request, order_id: int) -> HttpResponse:
        wish = self.body(shapes.ReturnWish)
        self.check_mine(order_id)

        def take_back() -> Answer:
            back = [fulfilment.Returned(line.line_id, line.quantity, line.restock) for line in wish.lines]
            returned = fulfilment.take_back(order_id, back)
            return Answer(201, dump(rendering.returned(returned, returned.order)))

        return send(once(request, take_back))


class Backorders(OrderView):
    scopes = {"GET": ("orders:read",)}
    queries = {"GET": shapes.BackordersQuery}

    @operation("list_backorders", "Who waits for what, oldest first", scopes=("orders:read",), tag="Fulfilment",
               query=shapes.BackordersQuery, answer=shapes.BackordersShown)  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        query: shapes.BackordersQuery = self.query
        lines = OrderLine.objects.filter(pk__in=queue.waiting_lines()).select_related("order")
        if query.variant_id:
            lines = lines.filter(variant__in=query.variant_id)
        if query.order_id:
            lines = lines.filter(order=query.order_id)
        if query.updated_since:
            lines = lines.filter(order__updated_at__gte=query.updated_since)
        return json_answer(page(self, "backorders", lines, _render_waiting))


def filter_orders(orders: QuerySet[Order], query: shapes.OrdersQuery) -> QuerySet[Order]:
    """The orders that the query's filters leave."""
    if query.status:
        wanted = Order.objects.none()
        for status in query.status:
            wanted = wanted | statuses.with_status(Order.objects.all(), status)
        orders = orders.filter(pk__in=wanted.values("pk"))
    if query.backorder_status:
        orders = statuses.with_backorder_status(orders, query.backorder_status)
    if query.number is not None:
        numbers = [int(number) for number in query.number if number.isascii() and number.isdigit() and len(number) < 19]
        orders = orders.filter(pk__in=[number - FIRST_NUMBER + 1 for number in numbers])
    if query.reference:
        orders = orders.filter(reference__in=query.reference)
    if query.variant_id:
        orders = orders.filter(Exists(OrderLine.objects.filter(order=OuterRef("pk"), variant__in=query.variant_id)))
    bounds = {
        "placed_at__gte": query.created_after,
        "placed_at__lt": query.created_before,
        "updated_at__gte": query.updated_since,
    }
    return orders.filter(**{name: value for name, value in bounds.items() if value is not None})


def _render(order_id: int) -> dict[str, Any]:
    return rendering.order(*finding.view(order_id))


def _render_all(orders: Sequence[Order]) -> list[dict[str, Any]]:
    return [rendering.order(*found) for found in finding.views(orders)]


def _render_waiting(lines: Sequence[OrderLine]) -> list[dict[str, Any]]:
    waits = queue.waits(sorted({line.order_id for line in lines}))
    return [rendering.backorder(line, waits[line.pk]) for line in lines if line.pk in waits]


def _lines(wishes: Sequence[shapes.LineWish]) -> list[Line]:
    return [Line(wish.variant_id, wish.quantity, wish.max_backordered, wish.line_ref) for wish in wishes]


def _customer(wish: shapes.CustomerShape | None) -> placing.Customer:
    return placing.Customer(**_given(wish)) if wish else placing.Customer()


def _address(wish: shapes.AddressShape | None) -> placing.Address:
    return placing.Address(**_given(wish)) if wish else placing.Address()


def _given(wish: shapes.CustomerShape | shapes.AddressShape) -> dict[str, str]:
    return {name: value for name, value in wish if value is not None}


def _explained(act: Callable[[], Answer]) -> Answer:
    """Run, and give a rejected order the place of each refused line, a used reference the address of its order."""
    try:
        return act()
    except placing.OrderRejected as rejected:
        raise Refused(rejected.code, rejected.detail, rendering.refusals(rejected.verdicts)) from rejected
    except placing.DuplicateReference as twin:
        twin.params["order"] = reverse("api-order", args=[twin.params["order_id"]])
        raise


def _at(pointer: str, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run, and name the place in the body where more was wanted than the line has."""
    try:
        return act()
    except fulfilment.MoreThanOrdered as error:
        entry = {"pointer": pointer, "code": "out_of_range", "detail": error.detail, "params": error.params}
        raise Refused("validation_failed", error.detail, [entry]) from error
