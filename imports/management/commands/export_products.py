"""Export the products as a spreadsheet."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from imports import exporting
from imports.management.commands.import_products import Bar
from shop.errors import DomainError


class Command(BaseCommand):
    help = "Export the products as a spreadsheet that can be imported again. The name says which kind: .csv or .xlsx."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--columns", default="", help="titles with commas between (default: all columns)")

    def handle(self, *args: Any, **given: Any) -> None:
        titles = [title.strip() for title in given["columns"].split(",") if title.strip()]
        try:
            with Bar() as bar:
                rows = exporting.export(given["file"], titles, lambda done, total: bar.show("Writing", done, total))
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal
        self.stdout.write(f"{rows:,} variants were exported to {given['file']}.")
