"""What every request and answer carries: an id that the log, the audit and the answer share, and strict headers."""

import logging
import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from shop.accounts import acting

# One constant policy: nothing on a page needs a nonce, an inline script or anybody else's server.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)


def request_context(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Name the request, answer with its name, and send the content security policy with every answer."""

    def answer(request: HttpRequest) -> HttpResponse:
        name = secrets.token_hex(8)
        token = acting.request_id.set(name)
        try:
            response = get_response(request)
        finally:
            acting.request_id.reset(token)
        response["X-Request-Id"] = name
        response["Content-Security-Policy"] = POLICY
        return response

    return answer


class RequestIdFilter(logging.Filter):
    """Puts the request's name into each log line."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = acting.request_id.get()
        return True
