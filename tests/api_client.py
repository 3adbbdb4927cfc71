"""A program that talks to the API in process, as the tests need it: JSON in, the response out."""

import json
import uuid
from typing import Any

from django.test import Client

from tests.factories import make_key


class Api:
    """One key's view of the API. `post` sends a fresh Idempotency-Key unless one is given; `None` sends none."""

    def __init__(self, preset: str = "integration", **options: Any) -> None:
        self.key = make_key(preset, **options)
        self._client = Client(raise_request_exception=False)

    def get(self, path: str, **headers: str) -> Any:
        return self._client.get(self._address(path), headers=self._headers(headers))

    def post(self, path: str, body: Any, key: str | None = "fresh", **headers: str) -> Any:
        sent = str(uuid.uuid4()) if key == "fresh" else key
        return self._send("post", path, body, {**headers, **({"Idempotency-Key": sent} if sent is not None else {})})

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self._send("patch", path, body, headers)

    def send(self, method: str, path: str, **headers: str) -> Any:
        return self._client.generic(method, self._address(path), headers=self._headers(headers))

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        call = getattr(self._client, method)
        return call(self._address(path), data, content_type="application/json", headers=self._headers(headers))

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Authorization": f"Bearer {self.key}", **named}

    @staticmethod
    def _address(path: str) -> str:
        return path if path.startswith(("http", "/api")) else f"/api/v1{path}"


def problem(response: Any) -> tuple[int, str]:
    """Status and code of a refusal, after checking that it is a problem document as promised."""
    document = response.json()
    assert response["Content-Type"] == "application/problem+json"
    assert document["status"] == response.status_code
    assert document["type"] == f"/problems/{document['code']}"
    assert document["instance"] == f"urn:request:{response['X-Request-Id']}"
    assert document["title"]
    assert document["detail"].endswith((".", ")"))
    return response.status_code, document["code"]


def entries(response: Any) -> list[tuple[str, str]]:
    """Pointer and code of each fault of a refusal."""
    return [(entry["pointer"], entry["code"]) for entry in response.json()["errors"]]
