"""Whatever goes wrong becomes a problem document: never HTML, never a stack trace."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions

from shop.accounts import acting
from shop.api.answers import Refused, problem
from shop.api.problems import CATALOGUE
from shop.durable import is_lock_timeout
from shop.errors import Busy, DomainError

log = logging.getLogger("shop.api")

# What a domain refusal is called on the wire where the words differ: a body that names what is not there.
_IN_THE_BODY = {
    "unknown_variants": "invalid_value",
    "out_of_range": "out_of_range",
    "more_than_ordered": "out_of_range",
}

_BY_FRAMEWORK: list[tuple[type[Exception], str, str]] = [
    (exceptions.MethodNotAllowed, "method_not_allowed", "This address does not take that method."),
    (exceptions.NotAcceptable, "not_acceptable", "The API answers application/json."),
    (exceptions.UnsupportedMediaType, "unsupported_media_type", "Send the body as application/json."),
    (exceptions.NotAuthenticated, "unauthorized", "Send a valid API key: Authorization: Bearer <key>."),
    (exceptions.AuthenticationFailed, "unauthorized", "The API key is wrong, revoked or expired."),
    (RequestDataTooBig, "payload_too_large", "The body is larger than 256 KiB."),
    (Http404, "not_found", "There is no such thing for this key."),
    (exceptions.NotFound, "not_found", "There is no such thing for this key."),
    (PermissionDenied, "not_found", "There is no such thing for this key."),
]


def answer_problem(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """DRF's exception handler: the error as a problem document. What nobody expected is logged and answered as 500."""
    if isinstance(error, DomainError):
        return problem(_as_refusal(error))
    if isinstance(error, OperationalError) and is_lock_timeout(error):
        return problem(Busy())
    for kind, code, detail in _BY_FRAMEWORK:
        if isinstance(error, kind):
            return problem(Refused(code, detail))
    log.exception("Unexpected error in %s", context["request"].path if context.get("request") else "the API")
    return internal_error()


def internal_error() -> HttpResponse:
    """The answer to what nobody expected; the log has the rest under the same id."""
    detail = f"It is not your fault. Nothing was changed. Tell us {acting.request_id.get()} if it happens again."
    return problem(Refused("internal_error", detail))


def not_found(request: HttpRequest) -> HttpResponse:
    """The answer to an address below /api/ that there is not."""
    return problem(Refused("not_found", "There is no such address in the API. Its reference is at /api/docs."))


def _as_refusal(error: DomainError) -> DomainError:
    if error.code in CATALOGUE:
        return error
    if error.code in _IN_THE_BODY:
        entry = {"pointer": "#", "code": _IN_THE_BODY[error.code], "detail": error.detail, "params": error.params}
        return Refused("validation_failed", error.detail, [entry])
    log.error("The refusal %s has no place in the error catalogue", error.code)
    return Refused("internal_error", error.detail)
