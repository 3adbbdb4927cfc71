"""The cast of the tests: products, variants with stock, keys. Every variant is made through the product's own verbs."""

from decimal import Decimal
from typing import Any

import factory

from catalog.models import DeliveryTimeframe, Product, ProductText, Variant
from inventory import stock, variants
from inventory.models import StockItem
from shop.accounts import keys
from shop.store.models import FIRST_LANGUAGE

STOCK = {"track_inventory", "allow_backorders", "on_hand", "backorder_limit", "minimum_stock", "stock_alert"}


class TimeframeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = DeliveryTimeframe

    name = factory.Sequence(lambda n: f"Timeframe {n}")
    in_stock_message = "1-2 days"
    in_stock_min_days = 1
    in_stock_max_days = 2
    out_of_stock_message = "Back in 10-14 days"
    out_of_stock_min_days = 10
    out_of_stock_max_days = 14


class ProductFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Product

    title = factory.Sequence(lambda n: f"Mug {n}")
    search = factory.LazyAttribute(lambda product: product.title.casefold())


class ProductTextFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ProductText

    product = factory.SubFactory(ProductFactory)
    language_id = FIRST_LANGUAGE
    title = factory.LazyAttribute(lambda text: text.product.title)
    slug = factory.LazyAttribute(lambda text: f"mug-{text.product.pk}")


def make_variant(**values: Any) -> Variant:
    """A variant with its stock item; fields of both go by name. Tracked, no backorders, 0 on hand unless said."""
    product = values.pop("product", None) or ProductFactory()
    opening = {"track_inventory": True, "allow_backorders": False, **{n: values.pop(n) for n in STOCK & values.keys()}}
    row = {"product": product.pk, "price": Decimal("12.50"), **values}
    [pk] = variants.add([row], [stock.Opening(0, **opening)])
    return Variant.objects.get(pk=pk)


def make_key(preset: str = "integration", **options: Any) -> str:
    """The text of a new key of a client of its own."""
    name = options.pop("name", f"{preset} {keys.secrets.token_hex(4)}")
    return keys.create(name, preset, **options).text


def numbers(variant: Variant) -> tuple[int, int, int, int, int]:
    """On hand, committed, level, available, backordered: as in the worked trace of the domain."""
    names = ("on_hand", "committed", "level", "available", "backordered")
    return StockItem.objects.values_list(*names).get(pk=variant.pk)
