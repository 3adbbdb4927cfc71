"""`manage.py worker`."""

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections

from shop.accounts.acting import Actor, acting_as
from shop.operations import housekeeping

log = logging.getLogger("shop.worker")


class Command(BaseCommand):
    help = (
        "Run one background worker until it is told to stop. Any number may run, on any machine that has the database."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--interval", type=float, default=30.0, help="seconds between two rounds (30)")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        with acting_as(Actor("system", None, "worker")):
            while not stop.is_set():
                self._round()
                stop.wait(options["interval"])

    def _round(self) -> None:
        """One round; a database that is away for a moment is met again in the next."""
        try:
            close_old_connections()
            deleted = housekeeping.tidy()
        except DatabaseError:
            log.exception("The database did not answer; trying again in the next round.")
        else:
            if deleted:
                log.info("Deleted %s rows that had had their time.", deleted)
