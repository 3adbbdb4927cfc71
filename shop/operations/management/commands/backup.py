"""`manage.py backup FILE`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shop.operations import backups


class Command(BaseCommand):
    help = "Write a consistent copy of the database to a new file, while the store goes on selling."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            backups.back_up(options["file"])
        except backups.BackupFailed as error:
            raise CommandError(error.detail) from None
        self.stdout.write("Done.")
