"""Write the OpenAPI document that is checked in: `manage.py write_openapi`, after every change of the contract."""

from typing import Any

from django.core.management.base import BaseCommand

from shop.api import reference


class Command(BaseCommand):
    help = "Writes shop/api/openapi.json anew from the endpoints."

    def handle(self, *args: Any, **options: Any) -> None:
        reference.CHECKED_IN.write_text(reference.openapi_text(), encoding="utf-8")
        self.stdout.write(f"Wrote {reference.CHECKED_IN}.")
