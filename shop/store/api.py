"""The settings API: the defaults for new products."""

from typing import Any

from django.http import HttpResponse
from pydantic import Field
from rest_framework.request import Request

from shop.api.answers import check_precondition, tagged
from shop.api.schema import operation
from shop.api.shapes import Change, Shown
from shop.api.views import ApiView
from shop.durable import durably
from shop.store import workflow
from shop.store.models import StoreSettings

READ = ("catalog:read",)
WRITE = ("catalog:write",)


class DefaultsChange(Change):
    """The defaults that are to be different. What is not named stays as it is."""

    allow_backorders_by_default: bool = Field(default=False)
    track_inventory_by_default: bool = Field(default=True)


class DefaultsShown(Shown):
    """Read when a variant is made without a value of its own; they never change a variant that exists."""

    allow_backorders_by_default: bool
    track_inventory_by_default: bool


class InventorySettings(ApiView):
    scopes = {"GET": READ, "PATCH": WRITE}

    @operation("get_inventory_settings", "The defaults for new products", scopes=READ, tag="Settings",
               answer=DefaultsShown, tagged=True)  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        return tagged(request, _render(StoreSettings.objects.current()))

    @operation("change_inventory_settings", "Change the defaults for new products", scopes=WRITE, tag="Settings",
               body=DefaultsChange, answer=DefaultsShown, precondition=True, tagged=True)  # fmt: skip
    def patch(self, request: Request) -> HttpResponse:
        wish = self.body(DefaultsChange)
        values = {name: getattr(wish, name) for name in wish.model_fields_set}

        def change() -> dict[str, Any]:
            check_precondition(request, _render(StoreSettings.objects.current()))
            return _render(workflow.change_inventory_defaults(values))

        return tagged(request, durably(change))


def _render(store: StoreSettings) -> dict[str, Any]:
    return {name: getattr(store, name) for name in workflow.INVENTORY_DEFAULTS}
