"""The stock API: what can be bought, how much is there, and what happened on the shelf."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from catalog.models import Product
from inventory import availability, decision, stock, variants
from inventory.api import shapes
from inventory.locking import Item
from inventory.models import StockItem, StockMovement, StockPosting
from shop import clock
from shop.api.answers import Answer, Refused, check_precondition, dump, json_answer, moment, send, tagged
from shop.api.idempotency import once
from shop.api.pagination import page
from shop.api.schema import operation
from shop.api.views import ApiView
from shop.durable import durably
from shop.orders import promises, queue
from shop.orders.models import number_of

READ_CATALOG = ("catalog:read",)
WRITE_CATALOG = ("catalog:write",)
READ_STOCK = ("stock:read",)
WRITE_STOCK = ("stock:write",)


COUNT_OR_LEVEL = (
    "Deliveries, till sales, returns, corrections and counts. Sales and deliveries are facts: they are never refused "
    "for what the numbers say.\n\n"
    '**A till that keeps one net, possibly negative number must send `"basis": "level"` with a count.** '
    "**Sent as a plain count, a net number counts every sold and unshipped unit twice.**"
)


class AvailabilityView(ApiView):
    """A key without sight of stock sees visible products only, and no numbers."""

    def shown(self, variant_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
        items = stock.look(variant_ids)
        wanted = StockItem.objects.filter(pk__in=list(items), variant__archived_at=None)
        wanted = wanted.filter(variant__product__archived_at=None)
        if not self.allows("stock:read"):
            wanted = wanted.exclude(variant__product__visibility=Product.Visibility.HIDDEN)
        found = set(wanted.values_list("pk", flat=True))
        return {pk: self.render(item) for pk, item in items.items() if pk in found}

    def render(self, item: Item) -> dict[str, Any]:
        status = decision.status(item)
        counted = item.track_inventory and self.allows("stock:read")
        return {
            "variant_id": item.variant_id,
            "product_id": item.product_id,
            "sku": item.sku,
            **availability.brief(item),
            "tracked": item.track_inventory,
            "backorders_allowed": item.track_inventory and item.allow_backorders,
            "available_quantity": decision.available(item) if counted else None,
            "low": item.is_low,
            "minimum_order": item.minimum_order,
            "maximum_order": item.maximum_order,
            "orderable_quantity": decision.orderable(item),
            "delivery": _timeframe(item, promises.STOCK),
            "backorder_delivery": _timeframe(item, promises.BACKORDER),
            "schema_org": decision.SCHEMA_ORG[status],
            "checked_at": moment(clock.now()),
        }


class OneAvailability(AvailabilityView):
    scopes = {"GET": READ_CATALOG}

    @operation("get_availability", "What can be bought of a variant now", scopes=READ_CATALOG, tag="Catalogue",
               path=("variant_id",), answer=shapes.AvailabilityShown, tagged=True)  # fmt: skip
    def get(self, request: Request, variant_id: int) -> HttpResponse:
        shown = self.shown([variant_id])
        if not shown:
            raise variants.UnknownVariant("There is no such variant.")
        return tagged(request, shown[variant_id], volatile=("checked_at",))


class Availabilities(AvailabilityView):
    scopes = {"GET": READ_CATALOG}
    queries = {"GET": shapes.AvailabilityQuery}

    @operation("list_availability", "The same for up to 100 variants at once", scopes=READ_CATALOG, tag="Catalogue",
               query=shapes.AvailabilityQuery, answer=shapes.AvailabilitiesShown)  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        wanted = list(dict.fromkeys(self.query.variant_ids))
        shown = self.shown(wanted)
        results = [shown[pk] for pk in wanted if pk in shown]
        return json_answer({"results": results, "missing": [pk for pk in wanted if pk not in shown]})


class OneVariant(ApiView):
    scopes = {"GET": READ_STOCK, "PATCH": WRITE_CATALOG}

    @operation("get_variant", "A variant's switches and limits", scopes=READ_STOCK, tag="Catalogue",
               path=("variant_id",), answer=shapes.VariantSettings, tagged=True)  # fmt: skip
    def get(self, request: Request, variant_id: int) -> HttpResponse:
        return tagged(request, _render_variant(variant_id))

    @operation("change_variant", "Change a variant's switches and limits", scopes=WRITE_CATALOG, tag="Catalogue",
               path=("variant_id",), body=shapes.VariantChange, answer=shapes.VariantSettings, precondition=True,
               tagged=True, refusals=("not_enough_on_hand",),
               note="`allow_backorders` works only while `track_inventory` is on.")  # fmt: skip
    def patch(self, request: Request, variant_id: int) -> HttpResponse:
        wish = self.body(shapes.VariantChange)
        values = {name: getattr(wish, name) for name in wish.model_fields_set}

        def change() -> dict[str, Any]:
            stock.lock([variant_id])
            check_precondition(request, _render_variant(variant_id))
            variants.change(variant_id, values)
            return _render_variant(variant_id)

        return tagged(request, durably(change))


class StockList(ApiView):
    scopes = {"GET": READ_STOCK}
    queries = {"GET": shapes.StockQuery}

    @operation("list_stock", "Stock numbers; `backordered=true` is what to buy", scopes=READ_STOCK, tag="Stock",
               query=shapes.StockQuery, answer=shapes.StockListShown)  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        return json_answer(
            page(self, "stock", filter_stock(_stock(), self.query), lambda rows: [_render_stock(one) for one in rows])
        )


class OneStock(ApiView):
    scopes = {"GET": READ_STOCK}

    @operation("get_stock", "The stock numbers of a variant", scopes=READ_STOCK, tag="Stock", path=("variant_id",),
               answer=shapes.StockShown, tagged=True)  # fmt: skip
    def get(self, request: Request, variant_id: int) -> HttpResponse:
        item = _stock().filter(pk=variant_id).first()
        if item is None:
            raise variants.UnknownVariant("There is no such variant.")
        return tagged(request, _render_stock(item))


class Movements(ApiView):
    scopes = {"GET": READ_STOCK, "POST": WRITE_STOCK}
    queries = {"GET": shapes.LedgerQuery}

    @operation("list_stock_movements", "The ledger, newest first", scopes=READ_STOCK, tag="Stock",
               query=shapes.LedgerQuery, answer=shapes.MovementsShown)  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        movements = filter_movements(StockMovement.objects.select_related("posting"), self.query)
        return json_answer(
            page(self, "movements", movements, lambda rows: [_render_movement(row) for row in rows], ordering="-pk")
        )

    @operation("post_stock_movement", "Book what happened on the shelf: all lines or none", scopes=WRITE_STOCK,
               tag="Stock", body=shapes.Posting, answer=shapes.PostingShown, status=201, once=True,
               refusals=("stock_changed", "not_enough_on_hand"), note=COUNT_OR_LEVEL)  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        wish = self.body(shapes.Posting).root

        def book() -> Answer:
            entries = [stock.Entry(line.variant_id, line.quantity, getattr(line, "expected_on_hand", None))
                       for line in wish.lines]  # fmt: skip
            note = {"reference": wish.reference or "", "occurred_at": wish.occurred_at, "reason": wish.reason or "",
                    "client_id": self.key.client_id}  # fmt: skip
            posting, booked = _BOOK[wish.type](entries, wish, note)
            return Answer(201, dump(_render_posting(posting, booked)))

        return send(_named(wish, lambda: once(request, book)))


_BOOK: dict[str, Callable[..., stock.Posted]] = {
    "receipt": lambda entries, wish, note: stock.receive(entries, **note),
    "sale": lambda entries, wish, note: stock.sell(entries, **note),
    "return": lambda entries, wish, note: stock.take_back(entries, **note),
    "correction": lambda entries, wish, note: stock.correct(entries, **note),
    "count": lambda entries, wish, note: stock.count(entries, as_level=wish.basis == "level", **note),
}


def filter_stock(items: QuerySet[StockItem], query: shapes.StockQuery) -> QuerySet[StockItem]:
    """The stock items that the query's filters leave."""
    if query.variant_ids:
        items = items.filter(pk__in=query.variant_ids)
    if query.sku:
        items = items.filter(variant__sku__in=query.sku)
    if query.ean:
        items = items.filter(variant__ean__in=query.ean)
    if query.backordered is not None:
        items = items.filter(backordered__gt=0) if query.backordered else items.filter(backordered=0)
    if query.low is not None:
        low = StockItem.objects.low().values("pk")
        items = items.filter(pk__in=low) if query.low else items.exclude(pk__in=low)
    if query.updated_since:
        items = items.filter(updated_at__gte=query.updated_since)
    return items


def filter_movements(movements: QuerySet[StockMovement], query: shapes.LedgerQuery) -> QuerySet[StockMovement]:
    """The ledger lines that the query's filters leave."""
    wanted = {
        "item__in": query.variant_id,
        "kind__in": query.type,
        "reference__in": query.reference,
        "recorded_at__gte": query.updated_since,
    }
    return movements.filter(**{name: value for name, value in wanted.items() if value is not None})


def _stock() -> QuerySet[StockItem]:
    return StockItem.objects.select_related("variant").filter(
        variant__archived_at=None, variant__product__archived_at=None
    )


def _timeframe(item: Item, source: str) -> dict[str, Any] | None:
    told = promises.timeframe(item, source)
    return told._asdict() if any(part is not None for part in told) else None


def _render_variant(variant_id: int) -> dict[str, Any]:
    items = stock.look([variant_id])
    found = StockItem.objects.select_related("variant").filter(pk=variant_id).first()
    if found is None:
        raise variants.UnknownVariant("There is no such variant.")
    return {
        "id": variant_id,
        "sku": found.variant.sku,
        "track_inventory": found.track_inventory,
        "allow_backorders": found.allow_backorders,
        "backorders_effective": found.track_inventory and found.allow_backorders,
        "on_hand": found.on_hand,
        "minimum_order": found.variant.minimum_order,
        "maximum_order": found.variant.maximum_order,
        "minimum_stock": found.minimum_stock,
        "stock_alert": found.stock_alert,
        "backorder_limit": found.backorder_limit,
        "availability": availability.brief(items[variant_id]),
    }


def _render_stock(item: StockItem) -> dict[str, Any]:
    return {
        "variant_id": item.pk,
        "sku": item.variant.sku,
        "tracked": item.track_inventory,
        "on_hand": item.on_hand,
        "committed": item.committed,
        "level": item.level if item.track_inventory else None,
        "available": item.available if item.track_inventory else None,
        "backordered": item.backordered if item.track_inventory else None,
        "stock_alert": item.stock_alert,
        "low": item.is_low,
        "updated_at": moment(item.updated_at),
    }


def _numbers(item: Item) -> dict[str, Any]:
    tracked = item.track_inventory
    return {
        "on_hand": item.on_hand,
        "committed": item.committed,
        "level": item.level if tracked else None,
        "available": decision.available(item) if tracked else None,
        "backordered": max(-item.level, 0) if tracked else None,
    }


def _render_posting(posting: StockPosting, booked: Sequence[stock.Booked]) -> dict[str, Any]:
    waiting = queue.open_lines(
        sorted({one.after.variant_id for one in booked if queue.may_shift(one.before, one.after)})
    )
    return {
        "id": posting.pk,
        "type": posting.type,
        "reference": posting.reference or None,
        "recorded_at": moment(posting.recorded_at),
        "lines": [_render_booked(one, waiting.get(one.after.variant_id, [])) for one in booked],
    }


def _render_booked(booked: stock.Booked, waiting: Sequence[queue.OpenLine]) -> dict[str, Any]:
    moved = queue.shifts(booked.before, waiting, booked.after, waiting)
    return {
        "variant_id": booked.after.variant_id,
        "effect": "applied" if booked.after.track_inventory else "ignored_untracked",
        "on_hand_before": booked.before.on_hand,
        "on_hand_after": booked.after.on_hand,
        "correction": booked.correction,
        "allocated_to": [_render_shift(shift) for shift in moved if shift.after > shift.before],
        "taken_from": [_render_shift(shift) for shift in moved if shift.after < shift.before],
        "stock": _numbers(booked.after),
    }


def _render_shift(shift: queue.Shift) -> dict[str, Any]:
    return {
        "order_number": number_of(shift.line.order_id),
        "line_id": shift.line.line_id,
        "quantity": abs(shift.after - shift.before),
        "remaining": shift.line.open - shift.after,
    }


def _render_movement(movement: StockMovement) -> dict[str, Any]:
    return {
        "id": movement.pk,
        "variant_id": movement.item_id,
        "type": movement.kind,
        "on_hand_delta": movement.on_hand_delta,
        "committed_delta": movement.committed_delta,
        "on_hand_after": movement.on_hand_after,
        "committed_after": movement.committed_after,
        "reference": movement.reference or None,
        "reason": movement.reason or None,
        "actor": {"kind": movement.actor_kind, "id": movement.actor_id, "name": movement.actor_name},
        "occurred_at": moment(movement.posting.occurred_at) if movement.posting else None,
        "recorded_at": moment(movement.recorded_at),
    }


def _named(wish: Any, act: Callable[[], Answer]) -> Answer:
    """Run, and give each variant that does not exist its place in the request."""
    try:
        return act()
    except stock.UnknownVariants as error:
        unknown = set(error.params["variant_ids"])
        places = enumerate(line.variant_id for line in wish.lines)
        raise Refused(
            "validation_failed", error.detail, [_unknown(index) for index, pk in places if pk in unknown]
        ) from error


def _unknown(index: int) -> Mapping[str, Any]:
    return {"pointer": f"#/lines/{index}/variant_id", "code": "invalid_value", "detail": "There is no such variant."}
