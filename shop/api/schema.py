"""The contract: what each endpoint tells the OpenAPI document, and how the document is finished from that.

Endpoints say what is particular to them with `operation`; what follows from it for all of them alike (problems,
headers, scopes) is written into the document by `finish`. No status or code in an answer is an enum: clients made from
the document would refuse a word that is added later. The words are in the descriptions.
"""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from pydantic import BaseModel, Field

from shop.api.pagination import Pages
from shop.api.problems import CATALOGUE
from shop.api.shapes import LARGEST_ID, Query, Shown

F = TypeVar("F", bound=Callable[..., Any])

TAGS = {
    "Catalogue": "What can be bought, and the switches behind it.",
    "Orders": "Ask, place, change, cancel.",
    "Fulfilment": "Ship, take back, and see who waits.",
    "Stock": "What is there, and what happened on the shelf.",
    "Settings": "The key, and the defaults for new products.",
}


class ProblemEntry(Shown):
    """One fault: where it is, a code to branch on, one sentence."""

    pointer: str = Field(description="A JSON pointer into the body, or `?name` for a query parameter.")
    code: str
    detail: str
    params: dict[str, Any] | None = None
    line_ref: str | None = None
    variant_id: int | None = None


class ProblemDocument(Shown):
    """A refusal (RFC 9457). Branch on `code`; the texts may change."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str
    params: dict[str, Any] | None = None
    errors: list[ProblemEntry] | None = None


class Contract(AutoSchema):
    """Names operations as the decorator says and documents nothing that it did not say."""

    def get_filter_backends(self) -> list[Any]:
        return []


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = "shop.api.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "An API key: `Authorization: Bearer prefix.secret`."}


class Told(NamedTuple):
    """What an endpoint says of itself beside its shapes."""

    scopes: tuple[str, ...]
    status: int
    codes: frozenset[str]
    headers: tuple[str, ...]
    tagged: bool
    body_optional: bool


_told: dict[str, Told] = {}
"""By operation, filled as the endpoints are read."""

_EVERYWHERE = ("unknown_parameter", "unauthorized", "not_acceptable", "rate_limited", "internal_error", "busy")
_WITH_BODY = ("malformed_json", "validation_failed", "payload_too_large", "unsupported_media_type")
_ONCE = (
    "idempotency_key_required", "idempotency_key_invalid", "idempotency_in_progress", "idempotency_key_reused",
)  # fmt: skip


def operation(
    name: str,
    summary: str,
    *,
    scopes: tuple[str, ...],
    tag: str,
    answer: type[BaseModel],
    status: int = 200,
    body: type[BaseModel] | None = None,
    body_optional: bool = False,
    query: type[Query] | None = None,
    path: Iterable[str] = (),
    once: bool = False,
    precondition: bool = False,
    tagged: bool = False,
    located: bool = False,
    refusals: Iterable[str] = (),
    note: str = "",
) -> Callable[[F], F]:
    """Describe one endpoint.

    `refusals` are the codes of the catalogue that are its own, beside those that follow from the rest: `once` asks for
    an Idempotency-Key, `precondition` takes If-Match, a `tagged` answer has an ETag, a `located` one a Location.
    """
    codes = {*_EVERYWHERE, *refusals, *(_WITH_BODY if body else ()), *(_ONCE if once else ())}
    codes |= {"insufficient_scope"} if scopes else set()
    codes |= {"not_found"} if path else set()
    codes |= {"precondition_failed"} if precondition else set()
    codes |= {"invalid_cursor"} if query is not None and issubclass(query, Pages) else set()
    known = tagged and body is None
    parameters = [_path_parameter(one) for one in path] + _query_parameters(query)
    parameters += [KEY] * once + [IF_MATCH] * precondition + [IF_NONE_MATCH] * known
    headers = ["Location"] * located + ["ETag"] * (tagged or located) + ["Idempotency-Replayed"] * once
    _told[name] = Told(scopes, status, frozenset(codes), tuple(headers), known, body_optional)
    needs = f"Needs a key with `{'` or `'.join(scopes)}`." if scopes else "Any key."
    return extend_schema(
        operation_id=name, summary=summary, description=f"{note}\n\n{needs}".strip(), parameters=parameters,
        request=body, responses={status: OpenApiResponse(answer, HTTPStatus(status).phrase)}, tags=[tag],
    )  # fmt: skip


def _header(name: str, description: str, *, required: bool = False, **schema: Any) -> OpenApiParameter:
    return OpenApiParameter(
        name, {"type": "string", **schema}, OpenApiParameter.HEADER, required=required, description=description
    )


VISIBLE_ASCII = "^[!-~]+$"
KEY = _header("Idempotency-Key", "1 to 255 visible ASCII characters, new for each intention, the same for each retry.",
              required=True, minLength=1, maxLength=255, pattern=VISIBLE_ASCII)  # fmt: skip
IF_MATCH = _header("If-Match", "The ETag of the state that is to be changed; where it is another one now, 412.")
IF_NONE_MATCH = _header("If-None-Match", "The ETag of the answer that you have; where it still holds, 304.")


def _path_parameter(name: str) -> OpenApiParameter:
    schema = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
    return OpenApiParameter(name, schema, OpenApiParameter.PATH, required=True)


def _query_parameters(query: type[Query] | None) -> list[OpenApiParameter]:
    if query is None:
        return []
    document = query.model_json_schema()
    required = document.get("required", [])
    return [_query_parameter(name, schema, name in required) for name, schema in document["properties"].items()]


def _query_parameter(name: str, schema: Mapping[str, Any], required: bool) -> OpenApiParameter:
    kinds = [kind for kind in schema.get("anyOf", [schema]) if kind.get("type") != "null"]
    plain = {key: value for key, value in {**kinds[0], "default": schema.get("default")}.items()
             if key not in ("title", "description") and value is not None}  # fmt: skip
    is_list = plain.get("type") == "array"
    return OpenApiParameter(name, plain, OpenApiParameter.QUERY, required=required, explode=False if is_list else None,
                            style="form" if is_list else None, description=schema.get("description", ""))  # fmt: skip


HEADERS = {
    "Location": "The address of what was made.",
    "ETag": "Names this state: send it as `If-None-Match` to read again, as `If-Match` to change.",
    "Idempotency-Replayed": "`true` where this is the answer that an earlier request with the same key got.",
    "RateLimit": 'What is left of the minute, such as `"write";r=118;t=41`. Absent for a key without limits.',
    "RateLimit-Policy": 'The limit, such as `"write";q=120;w=60`. Absent for a key without limits.',
    "Retry-After": "Seconds to wait.",
    "WWW-Authenticate": "`Bearer`.",
    "X-Request-Id": "The name of the request, in our log too.",
}
_WITH_EVERY_ANSWER = ("RateLimit", "RateLimit-Policy", "X-Request-Id")
_OF_PROBLEM = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}
_PROBLEM = "application/problem+json"


def finish(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """The last step of generation: problems, headers and scopes as each operation's facts have them."""
    used: set[str] = set()
    for methods in result["paths"].values():
        for described in methods.values():
            _finish_operation(described, _told[described["operationId"]], used)
    components = result["components"]
    problem = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"] |= {**problem.pop("$defs"), "ProblemDocument": problem}
    components["schemas"] = {name: _plain(schema) for name, schema in sorted(components["schemas"].items())}
    components["responses"] = {_component(code): _problem([code]) for code in CATALOGUE if code in used}
    components["headers"] = {
        name: {"description": text, "schema": {"type": "string"}} for name, text in HEADERS.items()
    }
    result["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    return result


def _finish_operation(described: dict[str, Any], told: Told, used: set[str]) -> None:
    """Complete one operation; the codes that are alone at their status are shared, and noted in `used`."""
    described["security"] = [{"key": [scope]} for scope in told.scopes] or [{"key": []}]
    if "requestBody" in described:
        described["requestBody"]["required"] = not told.body_optional
    success = described["responses"][str(told.status)]
    success["headers"] = _headers(*told.headers, *_WITH_EVERY_ANSWER)
    answers: dict[str, Any] = {str(told.status): success}
    if told.tagged:
        answers["304"] = {"description": "Nothing changed since.", "headers": _headers("ETag", *_WITH_EVERY_ANSWER)}
    for status in sorted({CATALOGUE[code].status for code in told.codes}):
        codes = [code for code, kind in CATALOGUE.items() if kind.status == status and code in told.codes]
        if len(codes) == 1:
            used.add(codes[0])
            answers[str(status)] = {"$ref": f"#/components/responses/{_component(codes[0])}"}
        else:
            answers[str(status)] = _problem(codes)
    described["responses"] = answers


def _component(code: str) -> str:
    return "".join(word.capitalize() for word in code.split("_"))


def _problem(codes: list[str]) -> dict[str, Any]:
    """The answer that carries one of these codes; all have the same status."""
    names = list(_OF_PROBLEM.get(CATALOGUE[codes[0]].status, ()))
    names += ["Retry-After"] * ("idempotency_in_progress" in codes)
    return {
        "description": ", ".join(f"`{code}`" for code in codes),
        "headers": _headers(*names, "X-Request-Id"),
        "content": {_PROBLEM: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
    }


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _plain(schema: Any, *, names: bool = False) -> Any:
    """The schema without what pydantic adds for people who have no field names: titles, and defaults of null.

    `names` marks the members of `properties`, which are names of fields and not words of JSON schema.
    """
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _plain(value, names=name == "properties" and not names)
        for name, value in schema.items()
        if names or not (name == "title" or (name == "default" and value is None))
    }
