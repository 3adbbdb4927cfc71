"""The address book: reads as a site map."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.defaults import page_not_found, server_error
from django.views.generic import RedirectView

import shop.api.converters  # noqa: F401  (registers the `id` that the addresses below use)
from catalog.api import endpoints as catalog
from inventory.api import endpoints as inventory
from shop.accounts import api as accounts
from shop.api import handlers, reference
from shop.orders.api import endpoints as orders
from shop.store import api as store

api = [
    # what can be bought
    path("products", catalog.Products.as_view(), name="api-products"),
    path("products/<id:product_id>", catalog.OneProduct.as_view(), name="api-product"),
    path("availability", inventory.Availabilities.as_view(), name="api-availabilities"),
    path("variants/<id:variant_id>", inventory.OneVariant.as_view(), name="api-variant"),
    path("variants/<id:variant_id>/availability", inventory.OneAvailability.as_view(), name="api-availability"),
    # what is ordered
    path("orders/quote", orders.Quote.as_view(), name="api-quote"),
    path("orders", orders.Orders.as_view(), name="api-orders"),
    path("orders/<id:order_id>", orders.OneOrder.as_view(), name="api-order"),
    path("orders/<id:order_id>/cancel", orders.Cancel.as_view(), name="api-cancel"),
    path("orders/<id:order_id>/lines", orders.Lines.as_view(), name="api-lines"),
    path("orders/<id:order_id>/lines/<id:line_id>", orders.OneLine.as_view(), name="api-line"),
    # what leaves and comes back
    path("orders/<id:order_id>/shipments", orders.Shipments.as_view(), name="api-shipments"),
    path("orders/<id:order_id>/returns", orders.Returns.as_view(), name="api-returns"),
    path("backorders", orders.Backorders.as_view(), name="api-backorders"),
    # what is there
    path("stock", inventory.StockList.as_view(), name="api-stock-list"),
    path("stock/<id:variant_id>", inventory.OneStock.as_view(), name="api-stock"),
    path("stock/movements", inventory.Movements.as_view(), name="api-movements"),
    # the store and the key
    path("settings/inventory", store.InventorySettings.as_view(), name="api-settings"),
    path("me", accounts.Me.as_view(), name="api-me"),
    path("openapi.json", reference.document, name="api-document"),
]

urlpatterns = [
    path("", RedirectView.as_view(url="/api/docs"), name="home"),
    path("api/v1/", include(api)),
    path("api/docs", reference.reference, name="api-reference"),
    path("problems/<slug:code>", reference.problem_page, name="api-problem"),
]


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Below /api/ a problem document, elsewhere a page."""
    return handlers.not_found(request) if request.path.startswith("/api/") else page_not_found(request, exception)


def handler500(request: HttpRequest) -> HttpResponse:
    return handlers.internal_error() if request.path.startswith("/api/") else server_error(request)
