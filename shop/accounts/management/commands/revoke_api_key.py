"""`manage.py revoke_api_key PREFIX`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shop.accounts import keys
from shop.accounts.acting import Actor, acting_as


class Command(BaseCommand):
    help = "End the API key with this prefix (the part before the dot) at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("prefix")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with acting_as(Actor("command", None, "revoke_api_key")):
                keys.revoke(options["prefix"])
        except keys.UnknownKey as error:
            raise CommandError(error.detail) from None
        self.stdout.write("Revoked.")
