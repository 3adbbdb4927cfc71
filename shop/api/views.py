"""What every endpoint is: a key with a scope, a checked query, a checked body, an answer with its rate."""

from typing import Any, TypeVar, cast

from pydantic import BaseModel
from rest_framework.request import Request
from rest_framework.views import APIView

from shop.accounts import acting
from shop.accounts.models import ApiKey
from shop.api.answers import Refused
from shop.api.authentication import asked
from shop.api.shapes import Query, check_body, check_query

S = TypeVar("S", bound=BaseModel)


class NoQuery(Query):
    """No query parameter at all."""


class ApiView(APIView):
    """One address of the API. `scopes` gives, per method, the scopes of which one is needed; () admits every key.

    `only_reads` is for an address whose POST asks and changes nothing: it counts against the key's reads.
    """

    http_method_names = ["get", "head", "post", "patch"]
    scopes: dict[str, tuple[str, ...]] = {}
    queries: dict[str, type[Query]] = {}
    only_reads = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        method = asked(request)
        if method in self.scopes:  # another method is answered 405, whatever else is wrong
            self.query: Any = check_query(self.queries.get(method, NoQuery), request.query_params)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer, in the name of whoever turns out to call."""
        with acting.acting_as(acting.SYSTEM):
            return super().dispatch(request, *args, **kwargs)

    def perform_authentication(self, request: Request) -> None:
        super().perform_authentication(request)
        if request.auth is not None:
            key = self.key
            acting.become(acting.Actor("client", key.client_id, key.client.name))

    @property
    def key(self) -> ApiKey:
        """The caller's key. There is one: `HasScope` let nobody in without."""
        return cast(ApiKey, self.request.auth)

    def body(self, shape: type[S], *, optional: bool = False) -> S:
        """The request's body in its shape. Nothing at all is not JSON, unless the body is optional: then it is `{}`."""
        if self.request.stream is None and not optional:
            raise Refused("malformed_json", "The body is empty. Send a JSON object.")
        return check_body(shape, self.request.data)

    def allows(self, scope: str) -> bool:
        """Whether the caller's key has the scope."""
        return scope in self.key.scopes

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        rate = getattr(getattr(request, "_request", request), "rate", None)
        if rate is not None:
            answer["RateLimit-Policy"] = f'"{rate.kind}";q={rate.limit};w=60'
            answer["RateLimit"] = f'"{rate.kind}";r={max(rate.left, 0)};t={rate.seconds}'
            if rate.left < 0:
                answer["Retry-After"] = str(rate.seconds)
        return answer
