"""The catalogue API: products with what can be bought of them."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404, HttpResponse
from rest_framework.request import Request

from catalog.api import shapes
from catalog.models import Product, ProductText, Variant
from inventory import availability, decision, stock
from inventory.locking import Item
from inventory.models import StockItem
from shop import text
from shop.api.answers import json_answer, moment, tagged
from shop.api.pagination import page
from shop.api.schema import operation
from shop.api.views import ApiView
from shop.store import money
from shop.store.models import StoreSettings

READ = ("catalog:read",)


class CatalogView(ApiView):
    """A key without `stock:read` is a customer's: hidden products are not there for it."""

    scopes = {"GET": READ}

    def products(self) -> QuerySet[Product]:
        living = Variant.objects.filter(archived_at=None).order_by("position", "pk")
        products = Product.objects.filter(archived_at=None).prefetch_related(Prefetch("variants", living))
        return products if self.allows("stock:read") else products.exclude(visibility=Product.Visibility.HIDDEN)


class Products(CatalogView):
    queries = {"GET": shapes.ProductsQuery}

    @operation("list_products", "Products; a filter matches if any variant does", scopes=READ, tag="Catalogue",
               query=shapes.ProductsQuery, answer=shapes.ProductsShown)  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        products = filter_products(self.products(), self.query)
        if not self.allows("stock:read"):
            products = products.filter(_listed())
        return json_answer(page(self, "products", products, _render_all))


class OneProduct(CatalogView):
    @operation("get_product", "One product with its texts, images and variants", scopes=READ, tag="Catalogue",
               path=("product_id",), answer=shapes.ProductDetail, tagged=True)  # fmt: skip
    def get(self, request: Request, product_id: int) -> HttpResponse:
        product = self.products().select_related("brand").filter(pk=product_id).first()
        if product is None:
            raise Http404
        return tagged(request, _render_detail(product, switches=self.allows("stock:read")))


def filter_products(products: QuerySet[Product], query: shapes.ProductsQuery) -> QuerySet[Product]:
    """The products that the query's filters leave."""
    living = Variant.objects.filter(product=OuterRef("pk"), archived_at=None)
    if query.q:
        products = products.filter(Q(search__contains=text.fold(query.q)) | Exists(living.filter(sku=query.q)))
    if query.ids:
        products = products.filter(pk__in=query.ids)
    if query.sku:
        products = products.filter(Exists(living.filter(sku__in=query.sku)))
    if query.ean:
        products = products.filter(Exists(living.filter(ean__in=query.ean)))
    for status in (query.availability or [])[:1]:
        found = StockItem.objects.with_status(status)
        for other in (query.availability or [])[1:]:
            found = found | StockItem.objects.with_status(other)
        products = products.filter(Exists(living.filter(pk__in=found.values("pk"))))
    if query.updated_since:
        products = products.filter(_updated_since(query.updated_since))
    return products


def _updated_since(moment_: Any) -> Q:
    """Products whose texts, variants or stock changed: whatever a reader of the product sees."""
    variants = Variant.objects.filter(product=OuterRef("pk"))
    changed = variants.filter(Q(updated_at__gte=moment_) | Q(stock__updated_at__gte=moment_))
    return Q(updated_at__gte=moment_) | Q(Exists(changed))


def _listed() -> Q:
    """What a customer finds: `visible when in stock` asks for a variant that is untracked or has one available."""
    there = StockItem.objects.filter(variant__product=OuterRef("pk"), variant__archived_at=None)
    there = there.filter(Q(track_inventory=False) | Q(available__gte=1))
    return Q(visibility=Product.Visibility.VISIBLE) | Q(Exists(there))


def _render_all(products: Sequence[Product]) -> list[dict[str, Any]]:
    items = stock.look(variant.pk for product in products for variant in product.variants.all())
    currency = StoreSettings.objects.current().currency
    return [_render(product, items, currency, switches=False) for product in products]


def _render_detail(product: Product, *, switches: bool) -> dict[str, Any]:
    store = StoreSettings.objects.current()
    items = stock.look(variant.pk for variant in product.variants.all())
    texts = ProductText.objects.filter(product=product, language=store.default_language_id).first()
    return {
        **_render(product, items, store.currency, switches=switches),
        "description": texts.description if texts else "",
        "content": texts.content if texts else "",
        "brand": product.brand.name if product.brand else None,
        "images": product.images,
    }


def _render(product: Product, items: dict[int, Item], currency: str, *, switches: bool) -> dict[str, Any]:
    variants = list(product.variants.all())
    return {
        "id": product.pk,
        "title": product.title,
        "visibility": product.visibility,
        "currency": currency,
        "availability_status": decision.best_status(decision.status(items[variant.pk]) for variant in variants),
        "updated_at": moment(product.updated_at),
        "variants": [_render_variant(variant, items[variant.pk], currency, switches) for variant in variants],
    }


def _render_variant(variant: Variant, item: Item, currency: str, switches: bool) -> dict[str, Any]:
    shown = {
        "id": variant.pk,
        "title": variant.title,
        "sku": variant.sku,
        "ean": variant.ean,
        "price": money.show(variant.price, currency),
        "availability": availability.brief(item),
    }
    if switches:
        shown["track_inventory"] = item.track_inventory
        shown["allow_backorders"] = item.allow_backorders
    return shown
