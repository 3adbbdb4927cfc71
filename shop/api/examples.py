"""The examples in the reference: one story about enamel mugs. Tests hold each against its schema."""

from typing import Any

PATH = {"product_id": 731, "variant_id": 5102, "order_id": 10452, "line_id": 30812}

QUERY = {
    "list_products": "availability=on_backorder&page_size=20",
    "list_availability": "variant_ids=5101,5102",
    "list_orders": "status=open&backorder_status=partial",
    "list_backorders": "variant_id=5102",
    "list_stock": "backordered=true",
    "list_stock_movements": "variant_id=5102",
}

_WISH: dict[str, Any] = {
    "lines": [
        {"line_ref": "a", "variant_id": 5101, "quantity": 2},
        {"line_ref": "b", "variant_id": 5102, "quantity": 5, "max_backordered": 3},
    ]
}

BODIES: dict[str, dict[str, Any]] = {
    "change_variant": {"": {"allow_backorders": True, "backorder_limit": 20}},
    "quote_order": {"": _WISH},
    "place_order": {
        "": {
            "reference": "WEB-88213",
            "customer": {"name": "Mina de Vries", "email": "mina@example.org"},
            "shipping_address": {"line1": "Kade 4", "postal_code": "1012 AB", "city": "Amsterdam", "country": "NL"},
            **_WISH,
        }
    },
    "cancel_order": {"": {"reason": "customer_request"}},
    "add_order_lines": {"": {"lines": [{"variant_id": 5102, "quantity": 3, "max_backordered": 3}]}},
    "lower_order_line": {"": {"quantity": 3}},
    "ship_order": {
        "": {"method": "carrier", "tracking": "3SABCD123", "lines": [{"line_id": 30812, "quantity": 2}]},
    },
    "return_order": {"": {"lines": [{"line_id": 30812, "quantity": 1, "restock": True}]}},
    "post_stock_movement": {
        "A delivery": {"type": "receipt", "reference": "PO-1207", "lines": [{"variant_id": 5102, "quantity": 2}]},
        "Found broken": {"type": "correction", "reason": "Broken", "lines": [{"variant_id": 5102, "quantity": -1}]},
        "A till's net number": {"type": "count", "basis": "level", "lines": [{"variant_id": 5102, "quantity": -4}]},
    },
    "change_inventory_settings": {"": {"allow_backorders_by_default": True}},
}

_FROM_STOCK = {"source": "stock", "quantity": 2, "text": "1-2 days", "from": "2026-11-24", "until": "2026-11-25"}
_BACKORDER = {
    "source": "backorder", "quantity": 3, "text": "Back in 10-14 days", "from": "2026-12-03", "until": "2026-12-07",
}  # fmt: skip

ANSWERS: dict[str, Any] = {
    "get_availability": {
        "variant_id": 5102, "product_id": 731, "sku": "MUG-BLU", "status": "on_backorder", "label": "On backorder",
        "purchasable": True, "tracked": True, "backorders_allowed": True, "available_quantity": 0, "low": True,
        "minimum_order": 1, "maximum_order": None, "orderable_quantity": None,
        "delivery": {"text": "1-2 days", "min_days": 1, "max_days": 2},
        "backorder_delivery": {"text": "Back in 10-14 days", "min_days": 10, "max_days": 14},
        "schema_org": "https://schema.org/BackOrder", "checked_at": "2026-11-23T10:05:00Z",
    },
    "quote_order": {
        "acceptable": True, "currency": "EUR",
        "lines": [
            {
                "line_ref": "b", "variant_id": 5102, "quantity": 5, "outcome": "split", "allocated": 2,
                "backordered": 3, "unit_price": "12.50", "error": None, "deliveries": [_FROM_STOCK, _BACKORDER],
            },
        ],
        "total": "62.50", "checked_at": "2026-11-23T09:15:02Z",
    },
    "place_order": {
        "id": 10452, "number": "10023", "reference": "WEB-88213", "channel": "storefront", "status": "open",
        "backorder_status": "partial", "currency": "EUR", "total": "62.50", "placed_at": "2026-11-23T09:15:31Z",
        "customer": {"name": "Mina de Vries", "email": "mina@example.org"}, "shipping_address": None,
        "lines": [
            {
                "id": 30812, "line_ref": "b", "variant_id": 5102, "sku": "MUG-BLU", "title": "Enamel mug, Blue",
                "status": "partly_ready", "outcome": "split", "quantity": 5, "allocated": 2, "backordered": 3,
                "shipped": 0, "cancelled": 0, "returned": 0, "unit_price": "12.50", "line_total": "62.50",
                "deliveries": [_FROM_STOCK, _BACKORDER],
            },
        ],
        "shipments": [], "updated_at": "2026-11-23T09:15:31Z",
    },
    "list_backorders": {
        "next": None, "previous": None,
        "results": [
            {
                "variant_id": 5102, "sku": "MUG-BLU", "order_id": 10452, "order_number": "10023", "line_id": 30812,
                "backordered": 3, "queued_at": "2026-11-23T09:15:31Z", "position": 1, "promised_until": "2026-12-07",
            },
        ],
    },
    "post_stock_movement": {
        "id": 9812, "type": "receipt", "reference": "PO-1207", "recorded_at": "2026-11-24T08:12:44Z",
        "lines": [
            {
                "variant_id": 5102, "effect": "applied", "on_hand_before": 2, "on_hand_after": 4, "correction": 0,
                "allocated_to": [{"order_number": "10023", "line_id": 30812, "quantity": 2, "remaining": 1}],
                "taken_from": [],
                "stock": {"on_hand": 4, "committed": 6, "level": -2, "available": 0, "backordered": 2},
            },
        ],
    },
}  # fmt: skip

REFUSED = {
    "type": "/problems/order_rejected",
    "title": "The order cannot be accepted",
    "status": 409,
    "code": "order_rejected",
    "detail": "1 of 2 lines cannot be accepted. Nothing was ordered.",
    "instance": "urn:request:6f1c0a9be2d41c57",
    "errors": [
        {
            "pointer": "#/lines/0", "line_ref": "a", "variant_id": 5101,
            "code": "insufficient_stock", "detail": "Only 3 left.",
            "params": {"requested": 4, "requested_total": 4, "available": 3},
        },
    ],
}  # fmt: skip
