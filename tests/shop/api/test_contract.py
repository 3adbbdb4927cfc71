"""The OpenAPI document: valid, complete, the same as the one that is checked in."""

import json
import warnings
from typing import Any

import pytest
from django.core.management import call_command
from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats
from drf_spectacular.generators import SchemaGenerator
from openapi_spec_validator import OpenAPIV31SpecValidator

from shop.api import reference
from shop.api.problems import CATALOGUE
from shop.api.schema import TAGS
from shop.api.shapes import Change, Shape, Shown
from shop.urls import api

DOCUMENT = reference.openapi()
OPERATIONS = [
    pytest.param(method, described, id=described["operationId"])
    for methods in DOCUMENT["paths"].values()
    for method, described in methods.items()
]


def followed(part: dict[str, Any]) -> dict[str, Any]:
    """What a reference stands for."""
    if "$ref" not in part:
        return part
    found: Any = DOCUMENT
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def schemas(of: Any) -> list[dict[str, Any]]:
    """Every schema below this one, itself included."""
    if isinstance(of, list):
        return [one for part in of for one in schemas(part)]
    if not isinstance(of, dict):
        return []
    return [of, *(one for part in of.values() for one in schemas(part))]


def heirs(of: type) -> list[type]:
    return [heir for direct in of.__subclasses__() for heir in (direct, *heirs(direct))]


def test_the_document_is_valid():
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_it_is_the_one_that_is_checked_in():
    written = reference.CHECKED_IN.read_text(encoding="utf-8")
    assert written == reference.openapi_text(), (
        "The contract changed. If that is meant, and only adds within v1, write it anew with "
        "`python manage.py write_openapi` and commit shop/api/openapi.json with the change."
    )


def test_it_is_made_without_a_warning_and_the_same_each_time(capsys):
    reset_generator_stats()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = SchemaGenerator().get_schema(request=None, public=True)
    assert json.dumps(again) == json.dumps(DOCUMENT)
    assert not GENERATOR_STATS
    assert capsys.readouterr().err == ""


def test_every_address_is_described(client):
    served = client.get("/api/v1/openapi.json")
    assert served.json() == DOCUMENT
    described = {path.removeprefix("/api/v1/") for path in DOCUMENT["paths"]}
    assert described == {str(one.pattern).replace("<id:", "{").replace(">", "}") for one in api} - {"openapi.json"}


def test_no_two_shapes_share_a_name_without_being_the_same():
    known: dict[str, Any] = {}
    for shape in {*heirs(Shape), *heirs(Shown)}:
        if shape.__module__.startswith("tests."):
            continue
        schema = shape.model_json_schema()
        assert known.setdefault(shape.__name__, schema) == schema, shape


@pytest.mark.parametrize(("method", "described"), OPERATIONS)
def test_an_operation_is_described_completely(method, described):
    assert described["summary"]
    assert described["tags"][0] in TAGS
    assert described["security"]
    for parameter in described.get("parameters", []):
        schema = parameter["schema"]
        assert parameter["in"] != "path" or parameter["required"]
        assert schema.get("type") != "integer" or {"minimum", "maximum"} <= schema.keys()
        assert schema.get("type") != "array" or (schema["minItems"], schema["maxItems"]) == (1, 100)
    if method != "get":
        assert "required" in described["requestBody"]
        assert list(described["requestBody"]["content"]) == ["application/json"]


@pytest.mark.parametrize(("method", "described"), OPERATIONS)
def test_every_refusal_is_a_problem_document_with_codes_of_the_catalogue(method, described):
    [success] = [status for status in described["responses"] if status.startswith("2")]
    assert list(described["responses"]) == sorted(described["responses"])
    assert list(described["responses"][success]["content"]) == ["application/json"]
    for status, answer in described["responses"].items():
        if status in (success, "304"):
            continue
        answer = followed(answer)
        [(media, body)] = answer["content"].items()
        assert (media, followed(body["schema"])["required"][0]) == ("application/problem+json", "type")
        codes = answer["description"].replace("`", "").split(", ")
        assert {CATALOGUE[code].status for code in codes} == {int(status)}
        assert ("Retry-After" in answer["headers"]) == (status in ("429", "503") or "idempotency_in_progress" in codes)


@pytest.mark.parametrize(
    "shape", [shape for shape in heirs(Shape) if shape is not Change], ids=lambda shape: shape.__name__
)
def test_a_body_takes_nothing_unknown_and_a_change_has_no_defaults(shape):
    schema = shape.model_json_schema()
    assert schema["additionalProperties"] is False
    if issubclass(shape, Change):
        assert not [field for field in schema["properties"].values() if "default" in field]


def test_statuses_and_codes_in_answers_are_open_words():
    for shape in heirs(Shown):
        assert not [schema for schema in schemas(shape.model_json_schema()) if "enum" in schema or "const" in schema]


def test_lists_have_one_envelope():
    envelopes = [
        shape for name, shape in DOCUMENT["components"]["schemas"].items() if "next" in shape.get("properties", {})
    ]
    assert len(envelopes) == 5
    for shape in envelopes:
        assert list(shape["properties"]) == ["next", "previous", "results"]
        assert shape["required"] == ["next", "previous", "results"]


def test_the_command_writes_what_is_served(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(reference, "CHECKED_IN", tmp_path / "openapi.json")
    call_command("write_openapi")
    assert json.loads(reference.CHECKED_IN.read_text(encoding="utf-8")) == DOCUMENT
    assert capsys.readouterr().out == f"Wrote {reference.CHECKED_IN}.\n"
