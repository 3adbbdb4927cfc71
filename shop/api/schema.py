"""The contract: what each endpoint tells the OpenAPI document, and the document itself."""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from pydantic import BaseModel, Field

from shop.api.problems import CATALOGUE
from shop.api.shapes import LARGEST_ID, Query, Shown

F = TypeVar("F", bound=Callable[..., Any])


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


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "shop.api.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "An API key: `Authorization: Bearer prefix.secret`."}


_ALWAYS = (400, 401, 403, 404, 406, 429, 500, 503)
_WITH_BODY = (413, 415)


def operation(
    name: str,
    summary: str,
    *,
    scopes: tuple[str, ...],
    tag: str,
    answer: type[BaseModel],
    status: int = 200,
    body: type[BaseModel] | None = None,
    query: type[Query] | None = None,
    path: Iterable[str] = (),
    once: bool = False,
    precondition: bool = False,
    refusals: Iterable[str] = (),
) -> Callable[[F], F]:
    """Describe one endpoint. `refusals` are the codes of the catalogue that are its own, beside those of every endpoint."""
    statuses = {*_ALWAYS, *(_WITH_BODY if body else ()), *(CATALOGUE[code].status for code in refusals)}
    statuses |= {409, 422} if once else set()
    statuses |= {412} if precondition else set()
    parameters = [_path_parameter(one) for one in path] + _query_parameters(query)
    if once:
        parameters.append(OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=True,
                                           description="1 to 255 visible ASCII characters, new for each intention."))  # fmt: skip
    if precondition:
        parameters.append(OpenApiParameter("If-Match", str, OpenApiParameter.HEADER,
                                           description="The ETag of the state that is to be changed."))  # fmt: skip
    responses: dict[Any, Any] = {status: OpenApiResponse(answer, HTTPStatus(status).phrase)}
    for code in sorted(statuses):
        described = ", ".join(f"`{name}`" for name in _codes(code, refusals, once))
        responses[(code, "application/problem+json")] = OpenApiResponse(ProblemDocument, described)
    needs = f"Needs a key with `{'` or `'.join(scopes)}`." if scopes else "Any key."
    return extend_schema(
        operation_id=name, summary=summary, description=needs, parameters=parameters, request=body, responses=responses,
        tags=[tag],
    )  # fmt: skip


def _codes(status: int, refusals: Iterable[str], once: bool) -> list[str]:
    own = set(refusals) | ({"idempotency_in_progress", "idempotency_key_reused"} if once else set())
    return [
        code for code, kind in CATALOGUE.items() if kind.status == status and (code in own or status not in (409, 422))
    ]


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
