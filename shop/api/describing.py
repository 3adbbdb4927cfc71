"""The OpenAPI document as the reference shows it: references followed, schemas as rows, an example for each."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from shop.api import examples
from shop.api.schema import VISIBLE_ASCII
from shop.api.shapes import ANY_TEXT, NO_COMMA, NOT_BLANK

Schema = Mapping[str, Any]

WIDTH = 54
"""Characters that fit beside the text."""
_KINDS = {"date-time": "time", "date": "date", "decimal": "money"}
_UNSPOKEN = {ANY_TEXT.pattern, NOT_BLANK.pattern, NO_COMMA.pattern, VISIBLE_ASCII}
"""Patterns that a reader takes for granted, or that a sentence tells."""


class Row(NamedTuple):
    """A field or parameter; `name` is its whole path, such as `lines[].quantity`."""

    name: str
    kind: str
    rule: str
    required: bool
    text: str


class Shape(NamedTuple):
    """A body or answer: for one of several, `title` says for which `type` it is."""

    title: str
    text: str
    rows: list[Row]


class Refusal(NamedTuple):
    status: str
    codes: list[str]


class Example(NamedTuple):
    """A request for the command line."""

    caption: str
    curl: str


class Operation(NamedTuple):
    """All that the reference tells of one operation."""

    name: str
    method: str
    path: str
    summary: str
    text: str
    scopes: list[str]
    parameters: list[tuple[str, list[Row]]]
    bodies: list[Shape]
    body_optional: bool
    status: str
    answer: Shape
    headers: list[str]
    refusals: list[Refusal]
    requests: list[Example]
    response: str


class Group(NamedTuple):
    """The operations of a tag."""

    name: str
    slug: str
    text: str
    operations: list[Operation]


class Describer:
    """Reads one document. `address` is where the API is served, for the examples."""

    def __init__(self, document: Schema, address: str) -> None:
        self.document = document
        self.address = address

    def groups(self) -> list[Group]:
        """The operations by tag, in the document's order."""
        found = [
            (tag, self.operation(path, method, told))
            for path, methods in self.document["paths"].items()
            for method, told in methods.items()
            for tag in told["tags"]
        ]
        return [
            Group(
                tag["name"],
                tag["name"].lower(),
                tag["description"],
                [one for name, one in found if name == tag["name"]],
            )
            for tag in self.document["tags"]
        ]

    def operation(self, path: str, method: str, told: Schema) -> Operation:
        body = told.get("requestBody", {})
        status, answer = next(item for item in told["responses"].items() if item[0].startswith("2"))
        example = examples.ANSWERS.get(told["operationId"])
        return Operation(
            name=told["operationId"],
            method=method.upper(),
            path=path,
            summary=told["summary"],
            text=told["description"].rpartition("\n\n")[0],
            scopes=[scope for one in told["security"] for scope in one["key"]],
            parameters=self.parameters(told.get("parameters", [])),
            bodies=self.shapes(_content(body)) if body else [],
            body_optional=not body.get("required", True),
            status=status,
            answer=self.shapes(_content(answer))[0],
            headers=list(answer.get("headers", {})),
            refusals=[self.refusal(code, one) for code, one in told["responses"].items() if code >= "4"],
            requests=self.requests(path, method, told),
            response=pretty(example) if example else "",
        )

    def parameters(self, told: list[Schema]) -> list[tuple[str, list[Row]]]:
        """Rows by the place where they go, in the order path, query, header."""
        places = {"path": "Path", "query": "Query", "header": "Headers"}
        rows = {title: [self.parameter(one) for one in told if one["in"] == place] for place, title in places.items()}
        return [(title, found) for title, found in rows.items() if found]

    def parameter(self, told: Schema) -> Row:
        kind, rule = self.kind(told["schema"])
        return Row(told["name"], kind, rule, told.get("required", False), told.get("description", ""))

    def shapes(self, schema: Schema) -> list[Shape]:
        """The shapes that a body may have: one, or each of several."""
        whole = self.follow(schema)
        return [
            Shape(_title(one), one.get("description", ""), list(self.rows(one)))
            for one in map(self.follow, whole.get("oneOf", [whole]))
        ]

    def rows(self, schema: Schema, prefix: str = "") -> Iterator[Row]:
        """The fields of an object, and right below each the fields of the object that it holds."""
        for name, field in schema.get("properties", {}).items():
            kind, rule = self.kind(field)
            inner, suffix = self.inside(field)
            text = field.get("description") or (inner or {}).get("description", "")
            yield Row(f"{prefix}{name}", kind, rule, name in schema.get("required", ()), text)
            if inner and "properties" in inner:
                yield from self.rows(inner, f"{prefix}{name}{suffix}.")

    def inside(self, field: Schema) -> tuple[Schema | None, str]:
        """The object that a field holds, itself or in a list."""
        plain = self.follow(_unless_null(field))
        if plain.get("type") == "array":
            return self.follow(plain["items"]), "[]"
        return (plain, "") if plain.get("type") == "object" else (None, "")

    def kind(self, field: Schema) -> tuple[str, str]:
        """What a value is, in two or three words, and what limits it."""
        plain = self.follow(_unless_null(field))
        nullable = " or null" if "anyOf" in field else ""
        if plain.get("type") == "array":
            words, rule = self.kind(plain["items"])
            most = f"at most {plain['maxItems']}" if "maxItems" in plain else ""
            return f"list of {words}s{nullable}", "; ".join(filter(None, [rule, most]))
        name = _KINDS.get(plain.get("format", ""), plain.get("type", "any"))
        return f"{name}{nullable}", "; ".join(_rules(plain, field))

    def refusal(self, status: str, told: Schema) -> Refusal:
        return Refusal(status, self.follow(told)["description"].replace("`", "").split(", "))

    def requests(self, path: str, method: str, told: Schema) -> list[Example]:
        name = told["operationId"]
        query = f"?{examples.QUERY[name]}" if name in examples.QUERY else ""
        address = self.address + path.format(**examples.PATH) + query
        headers = {one["name"] for one in told.get("parameters", []) if one["in"] == "header"}
        bodies = examples.BODIES.get(name, {"": None})
        return [Example(caption, _curl(method, address, headers, body)) for caption, body in bodies.items()]

    def follow(self, schema: Schema) -> Schema:
        """What a reference stands for."""
        if "$ref" not in schema:
            return schema
        found: Any = self.document
        for name in schema["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return found


def _content(part: Schema) -> Schema:
    [(_, content)] = part["content"].items()
    return content["schema"]


def _unless_null(field: Schema) -> Schema:
    return next((one for one in field.get("anyOf", ()) if one.get("type") != "null"), field)


def _title(schema: Schema) -> str:
    """The words that choose this shape among several."""
    chosen = {
        name: [field["const"]] if "const" in field else field.get("enum", [])
        for name, field in schema.get("properties", {}).items()
        if name in ("type", "basis")
    }
    return ", ".join(f"`{name}`: `{'` or `'.join(words)}`" for name, words in chosen.items() if words)


def _rules(plain: Schema, field: Schema) -> Iterator[str]:
    """What limits a value, in words."""
    words = plain.get("enum") or ([plain["const"]] if "const" in plain else [])
    if words:
        yield " or ".join(f"`{word}`" for word in words)
    least, most = plain.get("minimum"), plain.get("maximum")
    if most is not None and most < 2**53:
        yield f"{least:,} to {most:,}".replace("-", "−")
    if "not" in plain:
        yield "not 0"
    if "maxLength" in plain:
        yield (
            f"{plain['minLength']} to {plain['maxLength']} characters"
            if plain.get("minLength")
            else (f"at most {plain['maxLength']} characters")
        )
    if "pattern" in plain and plain["pattern"] not in _UNSPOKEN and plain.get("format") != "decimal":
        yield f"matches `{plain['pattern']}`"
    if field.get("default") is not None:
        yield f"default `{json.dumps(field['default'])}`"


def _curl(method: str, address: str, headers: set[str], body: Any) -> str:
    parts = [f"curl '{address}'"] if method == "get" else [f"curl -X {method.upper()}", f"'{address}'"]
    parts.append('-H "Authorization: Bearer $API_KEY"')
    if "Idempotency-Key" in headers:
        parts.append('-H "Idempotency-Key: $(uuidgen)"')
    if body is not None:
        parts += ["-H 'Content-Type: application/json'", f"-d '{pretty(body)}'"]
    return " \\\n  ".join(parts)


def pretty(value: Any, indent: str = "", before: int = 0) -> str:
    """JSON for people: what fits on a line, with the `before` characters already in it, stays on one."""
    short = json.dumps(value, ensure_ascii=False)
    if before + len(indent) + len(short) <= WIDTH or not isinstance(value, dict | list) or not value:
        return short
    deeper = indent + "  "
    if isinstance(value, dict):
        named = [(json.dumps(name) + ": ", part) for name, part in value.items()]
        parts = [f"{deeper}{name}{pretty(part, deeper, len(name))}" for name, part in named]
        return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
    return "[\n" + ",\n".join(f"{deeper}{pretty(part, deeper)}" for part in value) + f"\n{indent}]"
