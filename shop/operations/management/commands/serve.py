"""`manage.py serve [--host] [--port] [--workers] [--no-worker]`."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from granian.constants import Interfaces
from granian.server import Server

from shop.operations.serving import KeptRunning, collect_static

THREADS = 4
MANAGE = str(settings.BASE_DIR / "manage.py")


class Command(BaseCommand):
    help = "Run the production web server and, unless told not to, one background worker. Ctrl-C ends both."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="web processes; one a core")
        parser.add_argument("--no-worker", action="store_true", help="background work is done by workers elsewhere")

    def handle(self, *args: Any, **options: Any) -> None:
        collect_static()
        worker = None if options["no_worker"] else KeptRunning([sys.executable, MANAGE, "worker"])
        try:
            Server(
                "shop.wsgi:application",
                address=options["host"],
                port=options["port"],
                interface=Interfaces.WSGI,
                workers=options["workers"],
                blocking_threads=THREADS,
                backlog=1024,
                respawn_failed_workers=True,
                websockets=False,
            ).serve()
        finally:
            if worker:
                worker.end()
