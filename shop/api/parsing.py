"""Reading a body: JSON, at most 256 KiB, with whole numbers as integers however they are written."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import BaseParser

from shop.api.answers import Refused


class StrictJSONParser(BaseParser):
    """JSON as the standard has it: no NaN, no Infinity, UTF-8."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        body = stream.read(settings.API_MAX_BODY + 1)
        if len(body) > settings.API_MAX_BODY:
            raise Refused("payload_too_large", "The body is larger than 256 KiB.")
        try:
            return json.loads(body.decode("utf-8"), parse_float=_number, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise Refused("malformed_json", "The body is not valid JSON in UTF-8.") from error


def _number(text: str) -> int | float:
    """`3.0` is the integer 3, as JSON Schema has it; what is not whole stays a float, which no field takes."""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
