"""`manage.py create_api_key NAME --preset storefront|pos|integration`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from shop.accounts import keys
from shop.accounts.acting import Actor, acting_as


class Command(BaseCommand):
    help = "Make an API key for the client NAME and print only the key. It is shown this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the program that will use it; one of that name gets a further key")
        parser.add_argument("--preset", choices=sorted(keys.PRESETS), required=True)
        parser.add_argument("--reads-per-minute", type=int, help="its own limit; 0 for none")
        parser.add_argument("--writes-per-minute", type=int, help="its own limit; 0 for none")

    def handle(self, *args: Any, **options: Any) -> None:
        limits = {name: options[name] for name in ("reads_per_minute", "writes_per_minute")}
        with acting_as(Actor("command", None, "create_api_key")):
            self.stdout.write(keys.create(options["name"].strip(), options["preset"], **limits).text)
