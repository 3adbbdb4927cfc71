"""`manage.py load_demo [--storefront-key]`."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.models import Variant
from shop.orders.demo import access, loading
from shop.orders.demo.access import Access
from shop.orders.demo.loading import State

FIRST_ORDER_SKU = "MUG-BLUE"


class Command(BaseCommand):
    help = (
        "Load the demo store into an empty store, and print its address and keys. Run again, it only prints them; "
        "a store with products of its own is never touched."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--storefront-key", action="store_true", help="load nothing, print only the storefront key")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["storefront_key"]:
            self._check_there_is_a_demo()
            self.stdout.write(self._access(State.DEMO).storefront)
            return
        try:
            found = loading.load(self.stdout.write)
        except loading.SpreadsheetFailed as failure:
            raise CommandError(str(failure)) from failure
        if found is State.FOREIGN:
            self.stdout.write("This store is in use: the demo store was not loaded.")
            return
        self._tell(self._access(found))

    def _check_there_is_a_demo(self) -> None:
        if loading.state() is not State.DEMO:
            raise CommandError("There is no demo store. Run manage.py load_demo on an empty store first.")

    def _access(self, found: State) -> Access:
        """The kept keys, or new ones; where the demo store is older than they are, that is said."""
        kept = access.kept()
        if kept is None and found is State.DEMO:
            self.stderr.write(f"{access.file()} does not hold the keys of this store: new ones were made.")
        return kept or access.make()

    def _tell(self, keys: Access) -> None:
        self.stdout.write(f"Address         {settings.BASE_URL}")
        self.stdout.write(f"API reference   {settings.BASE_URL}/api/docs")
        self.stdout.write(f"Storefront key  {keys.storefront}")
        self.stdout.write(f"Till key        {keys.till}")
        variant = Variant.objects.filter(sku=FIRST_ORDER_SKU, archived_at=None).order_by("pk").first()
        if variant is not None:
            self.stdout.write(_first_order(keys.storefront, variant.pk))


def _first_order(key: str, variant_id: int) -> str:
    """A first order, ready to be pasted into a second terminal: three of a variant of which two are there."""
    return "\n".join([
        f"A first order, three of {FIRST_ORDER_SKU} once the shop is running:",
        f'curl -s {settings.BASE_URL}/api/v1/orders -H "Authorization: Bearer {key}" \\',
        '  -H "Content-Type: application/json" -H "Idempotency-Key: my-first-order" \\',
        f"  -d '{{\"lines\": [{{\"variant_id\": {variant_id}, \"quantity\": 3}}]}}'",
    ])  # fmt: skip
