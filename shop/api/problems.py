"""The error catalogue: every code that the API can answer, its HTTP status, and what a program should do.

The one place where a refusal becomes a status. The reference at /api/docs and the pages at /problems/ show this table.
"""

from typing import NamedTuple


class Problem(NamedTuple):
    status: int
    title: str
    meaning: str
    retry: str = "No."


CATALOGUE = {
    "malformed_json": Problem(400, "The body is not JSON", "The request's body could not be read as JSON."),
    "validation_failed": Problem(
        400, "The request is not valid",
        "Each entry of `errors` names a place in the body and a code: required, unknown_field, invalid_type, "
        "out_of_range, too_many_items, empty or invalid_value.",
    ),
    "unknown_parameter": Problem(
        400, "A query parameter is not known, or its value is not", "The pointer `?name` names the parameter."
    ),
    "invalid_cursor": Problem(
        400, "The cursor is not valid", "The cursor was changed, or comes from another list.", "Restart the list."
    ),
    "idempotency_key_required": Problem(
        400, "An Idempotency-Key is required", "Send a fresh `Idempotency-Key` header with every new intention."
    ),
    "idempotency_key_invalid": Problem(
        400, "The Idempotency-Key is not valid", "It must be 1 to 255 visible ASCII characters."
    ),
    "unauthorized": Problem(
        401, "A valid API key is required", "Missing, wrong, revoked or expired: `Authorization: Bearer <key>`."
    ),
    "insufficient_scope": Problem(
        403, "The key may not do this", "`params.required` names the scope that the key lacks."
    ),
    "not_found": Problem(404, "There is no such thing", "It does not exist, or not for this key."),
    "method_not_allowed": Problem(405, "The method is not allowed here", "The `Allow` header lists those that are."),
    "not_acceptable": Problem(406, "The answer cannot be given in that form", "The API answers `application/json`."),
    "order_rejected": Problem(
        409, "The order cannot be accepted",
        "At least one line fails; `errors` says which and why. Nothing was ordered.",
        "After a change, or later.",
    ),
    "duplicate_reference": Problem(
        409, "The reference was used before", "`params.order_id` is the order that has this reference."
    ),
    "nothing_to_cancel": Problem(409, "There is nothing to cancel", "Everything was shipped."),
    "already_shipped": Problem(409, "Units were shipped already", "A line cannot go below what was shipped."),
    "not_enough_allocated": Problem(
        409, "Not enough is allocated",
        "Only units that stock covers can be shipped; `params.allocated` says how many.", "After a delivery.",
    ),
    "return_exceeds_shipped": Problem(
        409, "More would come back than was shipped", "`params.returnable` says how many units can still come back."
    ),
    "order_closed": Problem(409, "The order is closed", "Completed and cancelled orders take no new lines."),
    "stock_changed": Problem(
        409, "The stock changed meanwhile", "`params.on_hand` is what is there now.", "Read again."
    ),
    "not_enough_on_hand": Problem(
        409, "Not enough is on hand", "Nothing goes below 0; `params.on_hand` is what is there.", "Read again."
    ),
    "idempotency_in_progress": Problem(
        409, "The same request is still under way", "Its twin has not finished.", "Yes, with the same key."
    ),
    "precondition_failed": Problem(
        412, "It changed meanwhile", "The `If-Match` header names a state that is no longer so.", "Read again."
    ),
    "payload_too_large": Problem(413, "The body is too large", "At most 256 KiB are read."),
    "unsupported_media_type": Problem(415, "The body's type is not supported", "Send `application/json`."),
    "idempotency_key_reused": Problem(
        422, "The Idempotency-Key was used for another request", "Nothing happened.", "With a new key."
    ),
    "rate_limited": Problem(429, "Too many requests", "`Retry-After` says how many seconds to wait.", "Yes, then."),
    "internal_error": Problem(
        500, "Something went wrong on our side", "Nothing was changed; it was logged under `instance`.",
        "Yes, with the same key.",
    ),
    "busy": Problem(
        503, "The store is busy", "A lock could not be had in time. Nothing was changed.", "Yes, with the same key."
    ),
}  # fmt: skip

LINE_CODES = {
    "variant_unavailable": "Unknown, archived, or of a hidden product.",
    "below_minimum_quantity": "Less than `min` of this variant in the order.",
    "above_maximum_quantity": "More than `max` of this variant in the order.",
    "out_of_stock": "Nothing is available and backorders are off.",
    "insufficient_stock": "Only `available` are left and backorders are off.",
    "backorder_not_agreed": "`would_backorder` units would wait, more than `max_backordered`.",
    "backorder_limit_reached": "`would_backorder` more units would wait, over the variant's `limit`.",
}
