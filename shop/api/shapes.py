"""Shapes of bodies and queries: strict, and all faults at once.

A shape is a pydantic model. It refuses what it does not know, takes no text for a number, and is itself the JSON
schema that the reference publishes, so contract and code cannot disagree.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    RootModel,
    ValidationError,
)
from pydantic_core import CoreSchema, core_schema

from shop import text
from shop.api.answers import Refused

MOST_UNITS = 1_000_000
LARGEST_ID = 2**63 - 1

S = TypeVar("S", bound=BaseModel)


class Shape(BaseModel):
    """A request's body."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)


def _forget_defaults(schema: dict[str, Any]) -> None:
    for field in schema["properties"].values():
        field.pop("default", None)


class Change(Shape):
    """The body of a PATCH: what is not named stays as it is, so no field has a default that could be published."""

    model_config = ConfigDict(json_schema_extra=_forget_defaults)


class Query(BaseModel):
    """A request's query parameters: texts, which the field's own reader turns into values."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Shown(BaseModel):
    """An answer, for the reference: clients ignore members that are added later."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)


def _read_moment(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("A time is a text such as 2026-11-23T09:15:31Z.")
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", value, re.ASCII):
        raise ValueError("Write the time as 2026-11-23T09:15:31Z.")
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("There is no such time.") from error


def read_id(value: Any) -> Any:
    if not (isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value)):
        raise ValueError("An id is a whole number.")
    return int(value)


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _read_truth(value: Any) -> Any:
    if value not in ("true", "false"):
        raise ValueError("Write true or false.")
    return value == "true"


class Among:
    """Each word of a list is one of these."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "items": {"type": "string", "enum": list(self.words)}}

    def _check(self, words: list[str]) -> list[str]:
        unknown = next((word for word in words if word not in self.words), None)
        if unknown is not None:
            raise ValueError(f"{unknown} is none of {', '.join(self.words)}.")
        return words


@dataclass(frozen=True)
class Matches:
    """Publishes a pattern that the validators beside it already keep, so that a client learns of it beforehand."""

    pattern: str

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": self.pattern}


# What `shop.text.clean` keeps: no control characters; and, where a text must not be empty, more than spaces.
KEPT = r"[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]"
SEEN = r"[^\u0000-\u0020\u007f\u00a0\ufeff\ufffe\uffff]"
ANY_TEXT = Matches(f"^{KEPT}*$")
NOT_BLANK = Matches(f"^{KEPT}*{SEEN}{KEPT}*$")
NO_COMMA = Matches(NOT_BLANK.pattern.replace("[^", "[^,"))

Clean = AfterValidator(text.clean)
Line = Annotated[str, Clean, Field(max_length=255), ANY_TEXT]
"""One line of text."""
Reference = Annotated[str, Clean, Field(min_length=1, max_length=120), NOT_BLANK]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Units = Annotated[int, Field(ge=1, le=MOST_UNITS)]
Moment = Annotated[datetime, BeforeValidator(_read_moment)]

QueryId = Annotated[int, Field(ge=1, le=LARGEST_ID), BeforeValidator(read_id)]
QueryIds = Annotated[list[QueryId], Field(min_length=1, max_length=100), BeforeValidator(_split)]
QueryWord = Annotated[str, Clean, Field(min_length=1, max_length=120), NOT_BLANK]
ListedWord = Annotated[str, Clean, Field(min_length=1, max_length=120), NO_COMMA]
QueryWords = Annotated[list[ListedWord], Field(min_length=1, max_length=100), BeforeValidator(_split)]
"""Words with commas between them; a comma inside a word cannot be written."""
QueryTruth = Annotated[bool, BeforeValidator(_read_truth)]

# In answers.
Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Day = Annotated[str, Field(json_schema_extra={"format": "date"})]
"""A calendar date in the store's time zone."""
Money = Annotated[str, Field(json_schema_extra={"format": "decimal", "pattern": r"^\d+(\.\d+)?$"})]
"""An amount with exactly the currency's digits."""


def check_body(shape: type[S], data: Any) -> S:
    """The body in its shape. Raises `validation_failed` with every fault and its JSON pointer."""
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        skipped = 1 if issubclass(shape, RootModel) else 0  # a union's faults begin with the name of the member
        errors = [_fault(fault, _pointer(fault["loc"][skipped:])) for fault in error.errors()]
        raise Refused("validation_failed", _summary(errors), errors) from None


def check_query(shape: type[S], parameters: Any) -> S:
    """The query in its shape. Raises `unknown_parameter` for a name that is not known or a value that cannot be."""
    given = {name: values[-1] if len(values) == 1 else ",".join(values) for name, values in parameters.lists()}
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        errors = [_fault(fault, f"?{fault['loc'][0]}") for fault in error.errors()]
        raise Refused("unknown_parameter", _summary(errors), errors) from None


def _pointer(path: Sequence[Any]) -> str:
    return "#" + "".join(f"/{_escape(part)}" for part in path)


def _escape(part: Any) -> str:
    return str(part).replace("~", "~0").replace("/", "~1").encode("ascii", "replace").decode()


def _summary(errors: list[dict[str, Any]]) -> str:
    more = "" if len(errors) == 1 else f" ({len(errors)} faults in all)"
    return f"{errors[0]['pointer']}: {errors[0]['detail']}{more}"


_SENTENCES: dict[str, tuple[str, str]] = {
    "missing": ("required", "This is required."),
    "extra_forbidden": ("unknown_field", "This is not known here. Check the spelling."),
    "greater_than_equal": ("out_of_range", "Must be at least {ge}."),
    "less_than_equal": ("out_of_range", "Must be at most {le}."),
    "string_too_long": ("out_of_range", "Must be at most {max_length} characters long."),
    "string_too_short": ("empty", "Must not be empty."),
    "too_long": ("too_many_items", "At most {max_length} are taken at once."),
    "too_short": ("empty", "Must not be empty."),
    "int_type": ("invalid_type", "Must be a whole number, written as a JSON number."),
    "int_from_float": ("invalid_type", "Must be a whole number."),
    "bool_type": ("invalid_type", "Must be true or false."),
    "string_type": ("invalid_type", "Must be a text."),
    "string_unicode": ("invalid_value", "Holds half a character. Send valid Unicode."),
    "list_type": ("invalid_type", "Must be a list."),
    "model_type": ("invalid_type", "Must be an object."),
    "literal_error": ("invalid_value", "Must be {expected}."),
    "string_pattern_mismatch": ("invalid_value", "Is not written as it should be."),
}


def _fault(fault: Any, pointer: str) -> dict[str, Any]:
    context = fault.get("ctx", {})
    if fault["type"] == "value_error":
        return {"pointer": pointer, "code": "invalid_value", "detail": str(context["error"])}
    code, sentence = _SENTENCES.get(fault["type"], ("invalid_value", f"{fault['msg']}."))
    return {"pointer": pointer, "code": code, "detail": sentence.format(**context)}
