"""What a benchmark sells: ten thousand variants with plenty in stock, and keys to order them with."""

import json
import random
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from catalog import products
from catalog.models import DeliveryTimeframe
from inventory import stock, variants
from shop.accounts import keys
from shop.accounts.models import ApiKey
from shop.store.models import StoreSettings

VARIANTS = 10_000
PER_PRODUCT = 4
ORDERS = 1_000
"""Placed before anything is measured."""
ON_HAND = 1_000_000
NEVER_REACHED = 10_000_000
"""A limit that counts every request and stops none."""
TODAY, BY_THEN = 1, 3


class Shop(NamedTuple):
    """What the cases need to know: the ids of the variants, and two keys, one with a limit and one without."""

    first: int
    last: int
    limited_key: str
    unlimited_key: str
    client_id: int
    client_name: str


def seed() -> Shop:
    """Make the tables, the variants and the keys in an empty database."""
    call_command("migrate", verbosity=0)
    with transaction.atomic():
        StoreSettings.objects.make()
        promise = DeliveryTimeframe.objects.create(
            name="Stocked", in_stock_message="1-3 days", in_stock_min_days=TODAY, in_stock_max_days=BY_THEN
        )
        titles = [f"Enamel mug {number}" for number in range(VARIANTS // PER_PRODUCT)]
        product_ids = products.insert_products(
            [{"title": title, "search": title.casefold(), "delivery_timeframe": promise.pk} for title in titles]
        )
        rows = [
            {
                "product": product_ids[number // PER_PRODUCT],
                "position": number % PER_PRODUCT,
                "title": f"Colour {number % PER_PRODUCT}",
                "sku": f"MUG-{number:05}",
                "price": Decimal("12.50"),
            }
            for number in range(VARIANTS)
        ]
        opening = stock.Opening(0, track_inventory=True, allow_backorders=False, on_hand=ON_HAND)
        ids = variants.add(rows, [opening] * VARIANTS)
    limited = keys.create("bench", "storefront", writes_per_minute=NEVER_REACHED)
    unlimited = keys.create("bench", "storefront", writes_per_minute=0)
    client = ApiKey.objects.select_related("client").get(pk=limited.key.pk).client
    shop = Shop(ids[0], ids[-1], limited.text, unlimited.text, client.pk, client.name)
    _open(shop)
    return shop


def order(shop: Shop, variant_ids: Iterable[int], name: str) -> None:
    """Place an order of one unit of each over the API, called in this process. Raises where it is refused."""
    wish = {
        "reference": name,
        "customer": {"name": "Mina de Vries", "email": "mina@example.org"},
        "lines": [{"variant_id": variant_id, "quantity": 1} for variant_id in variant_ids],
    }
    answer = Client(SERVER_NAME="127.0.0.1").post(
        "/api/v1/orders",
        json.dumps(wish),
        content_type="application/json",
        headers={"Authorization": f"Bearer {shop.limited_key}", "Idempotency-Key": name},
    )
    if answer.status_code != 201:
        raise RuntimeError(f"An order was refused: {answer.content.decode()}")


def _open(shop: Shop) -> None:
    """Sell for a while: the plans that PostgreSQL makes for empty tables are bad, and connections keep their plans."""
    for number in range(ORDERS):
        order(shop, random.sample(range(shop.first, shop.last + 1), 3), f"opening-{number}")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    connection.close()
