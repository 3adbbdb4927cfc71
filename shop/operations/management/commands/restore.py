"""`manage.py restore FILE`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shop.operations import backups


class Command(BaseCommand):
    help = "Put the database back to what it was when FILE was made. Stop the server and the workers first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            backups.restore(options["file"])
        except backups.BackupFailed as error:
            raise CommandError(error.detail) from None
        self.stdout.write("Done.")
