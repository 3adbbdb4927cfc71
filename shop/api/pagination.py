"""Lists: pages by key, with cursors that nobody can forge or take from one list to another."""

from typing import Annotated, Any
from urllib import parse

from django.core import signing
from pydantic import BeforeValidator, Field
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.utils.urls import replace_query_param

from shop.api.answers import Refused
from shop.api.shapes import Query, Shown, read_id

LARGEST_PAGE = 200
USUAL_PAGE = 50


class Pages(Query):
    """The parameters that every list takes."""

    cursor: str | None = Field(default=None, description="From `next` or `previous`; do not build one.")
    page_size: Annotated[int, Field(ge=1, le=LARGEST_PAGE), BeforeValidator(read_id)] = USUAL_PAGE


class Page(Shown):
    """The envelope of every list. Follow `next`; do not build it."""

    next: str | None
    """The address of the next page; null on the last one."""
    previous: str | None


class KeyPages(CursorPagination):
    """Pages of a queryset by key: the last page costs what the first does, and rows that come or go shift nothing."""

    cursor_query_param = "cursor"

    def __init__(self, list_name: str, ordering: str = "pk", page_size: int = USUAL_PAGE) -> None:
        self.signer = signing.Signer(salt=f"cursor {list_name}")
        self.list_ordering = ordering
        self.page_size = page_size

    def get_page_size(self, request: Any) -> int | None:
        return self.page_size

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> tuple[str, ...]:
        return (self.list_ordering,)

    def decode_cursor(self, request: Any) -> Cursor | None:
        text = request.query_params.get(self.cursor_query_param)
        if text is None:
            return None
        try:
            tokens = parse.parse_qs(self.signer.unsign(text), keep_blank_values=True)
        except signing.BadSignature:
            raise Refused("invalid_cursor", "This cursor is not one of this list. Start the list again.") from None
        position: Any = tokens["p"][0] if "p" in tokens else None
        return Cursor(offset=int(tokens.get("o", ["0"])[0]), reverse="r" in tokens, position=position)

    def encode_cursor(self, cursor: Cursor) -> str:
        tokens = {"p": cursor.position, "o": cursor.offset or None, "r": 1 if cursor.reverse else None}
        text = parse.urlencode({name: value for name, value in tokens.items() if value is not None})
        return replace_query_param(str(self.base_url), self.cursor_query_param, self.signer.sign(text))


def page(view: Any, list_name: str, queryset: Any, render: Any, ordering: str = "pk") -> dict[str, Any]:
    """The envelope of the page that the request asks for; `render` turns the page's rows into a list of objects."""
    pages = KeyPages(list_name, ordering, view.query.page_size)
    try:
        rows: Any = pages.paginate_queryset(queryset, view.request, view=view)
    except NotFound:
        raise Refused("invalid_cursor", "This cursor is not one of this list. Start the list again.") from None
    return {"next": pages.get_next_link(), "previous": pages.get_previous_link(), "results": render(rows)}
