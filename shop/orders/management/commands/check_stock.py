"""`manage.py check_stock [--repair]`."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from shop.accounts.acting import Actor, acting_as
from shop.durable import durably
from shop.orders import proof


class Command(BaseCommand):
    help = (
        "Prove that ledger = counters = open order lines for every variant, and name each difference. "
        "Exit status 0: they agree (or, with --repair, agree again); 1: they do not."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="mend each difference with a movement that says so")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["repair"]:
            with acting_as(Actor("command", None, "check_stock")):
                found = durably(proof.repair)
        else:
            found = proof.check()
        for finding in found:
            for sentence in finding.sentences():
                self.stdout.write(sentence)
        if not found:
            self.stdout.write("Ledger, counters and open order lines agree.")
        elif options["repair"]:
            self.stdout.write(f"Repaired {len(found)}; the ledger says how.")
        else:
            self.stdout.write(f"{len(found)} to repair: run check_stock --repair.")
            sys.exit(1)
