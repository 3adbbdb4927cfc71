"""The contract for reading: the OpenAPI document, the reference rendered from it, and a page for each problem."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from shop.accounts.keys import PRESETS, SCOPES
from shop.api.answers import Refused, problem
from shop.api.describing import Describer, pretty
from shop.api.examples import REFUSED
from shop.api.problems import CATALOGUE, LINE_CODES

CHECKED_IN = Path(__file__).with_name("openapi.json")
"""The document as it was when it was last written: a change of the contract is seen in review."""


@cache
def openapi() -> dict[str, Any]:
    """The OpenAPI 3.1 document of the API, made from the endpoints themselves."""
    return SchemaGenerator().get_schema(request=None, public=True)


@cache
def openapi_text() -> str:
    """The document as it is sent and as it is checked in."""
    return json.dumps(openapi(), indent=1, ensure_ascii=False) + "\n"


@csrf_exempt
def document(request: HttpRequest) -> HttpResponse:
    """Open to everybody, and an address of the API like any other: another method is a problem, not a page."""
    if request.method not in ("GET", "HEAD"):
        answer = problem(Refused("method_not_allowed", "This address does not take that method."))
        answer["Allow"] = "GET, HEAD"
        return answer
    return HttpResponse(openapi_text(), content_type="application/json")


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    return render(request, "api/reference.html", {**_described(), "address": settings.BASE_URL})


@cache
def _described() -> dict[str, Any]:
    describer = Describer(openapi(), settings.BASE_URL)
    return {
        "info": openapi()["info"],
        "groups": describer.groups(),
        "problems": CATALOGUE,
        "line_codes": LINE_CODES,
        "scopes": SCOPES,
        "presets": PRESETS,
        "refused": pretty(REFUSED),
    }


@require_safe
def problem_page(request: HttpRequest, code: str) -> HttpResponse:
    if code not in CATALOGUE:
        raise Http404
    context = {"code": code, "problem": CATALOGUE[code], "line_codes": LINE_CODES if code == "order_rejected" else {}}
    return render(request, "api/problem.html", context)
