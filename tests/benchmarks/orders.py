"""Placing orders, measured against the same rows written by hand: `python -m tests.benchmarks.orders [--quick]`.

Works on the database of DATABASE_URL, which must be empty.
"""

import argparse
import os
import sys
import uuid
from collections.abc import Callable, Sequence
from typing import NamedTuple

import django
from django.conf import settings
from django.db import connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
django.setup()

from inventory.decision import Line  # noqa: E402
from shop.accounts import acting  # noqa: E402
from shop.durable import durably  # noqa: E402
from shop.orders import placing  # noqa: E402
from tests.benchmarks import http_load, peers, pgbench, proof, seeding  # noqa: E402
from tests.benchmarks.processes import Group, parent_of  # noqa: E402
from tests.benchmarks.report import Row, Table, Target  # noqa: E402
from tests.benchmarks.rounds import Figure, Round, for_seconds, interleave  # noqa: E402

IN_PROCESS = Target(0.40, 0.65)
OVER_HTTP = Target(0.15, 0.30)
HOT = Target(0.50, 0.65)
TAIL = Target(4.0, 2.5, at_most=True)
STATEMENTS = Target(10, at_most=True)
NONE_OVERSOLD = Target(0, at_most=True)

SPREAD_CLIENTS = 8
HOT_CLIENTS = 32
LINE_COUNTS = (1, 3, 50)


class Pace(NamedTuple):
    """How long a round is, and how many there are of each case."""

    seconds: float
    rounds: int


USUAL = Pace(4, 5)
QUICK = Pace(1.5, 3)


class Bench:
    """The shop under measurement, and the table that fills."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.shop = seeding.seed()
        self.table = Table(f"Placing orders on {connection.vendor}: {seeding.VARIANTS:,} variants, 3 lines each")
        self.is_postgresql = connection.vendor == "postgresql"
        self.database = _server_processes() if self.is_postgresql else None
        self.balances: list[proof.Balance] = []

    def all(self) -> Table:
        """Every case, cheapest first."""
        self.in_process()
        self.over_http()
        self.check_stock()
        self.count_statements()
        return self.table

    def in_process(self) -> None:
        """The service function in one thread, against the driver by hand in the same thread."""
        peer = self._peer()

        def ours() -> int:
            lines = [Line(*wish, None, str(ref)) for ref, wish in enumerate(peers.wishes(self.shop))]
            return durably(lambda: self._place(lines))

        def by_hand() -> int:
            return peers.place(peer, self.shop, peers.wishes(self.shop))

        self._check_peer(peer)
        with acting.acting_as(acting.Actor("client", self.shop.client_id, self.shop.client_name)):
            for act in (ours, by_hand):
                for_seconds(act, min(self.pace.seconds, 1))
            found = self._interleave({"ours": lambda: self._timed(ours), "by hand": lambda: self._timed(by_hand)})
        driver = "psycopg" if self.is_postgresql else "sqlite3"
        mine, theirs = found["ours"], found["by hand"]
        self.table.add(
            Row(f"in process, against {driver} by hand", mine.rate / theirs.rate, IN_PROCESS, _rates(mine, theirs)),
            Row("  CPU of the application alone", _ratio(theirs.app_ms, mine.app_ms), beside=_costs(mine, theirs)),
        )
        self._memory("  memory", ("one process, both ways", Group(os.getpid())))

    def _check_peer(self, peer: peers.Peer) -> None:
        wishes = sorted(peers.wishes(self.shop))
        lines = [Line(*wish, None, str(ref)) for ref, wish in enumerate(wishes)]
        with acting.acting_as(acting.Actor("client", self.shop.client_id, self.shop.client_name)):
            proof.same_rows(lambda: durably(lambda: self._place(lines)), lambda: peers.place(peer, self.shop, wishes))

    def _place(self, lines: Sequence[Line]) -> int:
        placed = placing.place_order(
            lines=lines,
            channel="storefront",
            client_id=self.shop.client_id,
            reference=uuid.uuid4().hex[:20],
            customer=placing.Customer(*peers.CUSTOMER),
            address=placing.Address(
                **dict(zip(("line1", "postal_code", "city", "country"), peers.ADDRESS, strict=True))
            ),
        )
        return int(placed.order.pk)

    def over_http(self) -> None:
        """The API behind the production server, spread over all variants, then all on one variant."""
        program = pgbench.find() if self.is_postgresql else None
        with http_load.serving() as server:
            for hot in (False, True):
                self._http(server, 1.0, hot=hot)()
            cases = {"ours": self._http(server), "no limit": self._http(server, key=self.shop.unlimited_key)}
            if program:
                cases["peer"] = self._pgbench(program)
            else:
                peer = self._peer()
                cases["peer"] = lambda: self._timed(lambda: peers.place(peer, self.shop, peers.wishes(self.shop)))
            self._show_spread(self._interleave(cases))
            cases = {"ours": self._http(server, hot=True)}
            if program:
                cases["peer"] = self._pgbench(program, hot=True)
            self._show_hot(self._interleave(cases))
            groups = [("server", server.group), *([("database", self.database)] if self.database else [])]
            self._memory("memory under load over HTTP", *groups)

    def _show_spread(self, found: dict[str, Figure]) -> None:
        mine, free, peer = found["ours"], found["no limit"], found["peer"]
        against = f"pgbench -c {SPREAD_CLIENTS}" if self.is_postgresql else "sqlite3 by hand"
        target = OVER_HTTP if self.is_postgresql else None
        what = f"over HTTP, {SPREAD_CLIENTS} clients, of {against}"
        self.table.add(
            Row(what, mine.rate / peer.rate, target, _rates(mine, peer), "percent"),
            Row("  with a key without a limit", free.rate / peer.rate, target, _rates(free, peer), "percent"),
            Row("  CPU", beside=_costs(mine, peer)),
            _tail("  p99 / p50", mine, TAIL if self.is_postgresql else None),
        )

    def _show_hot(self, found: dict[str, Figure]) -> None:
        mine, peer = found["ours"], found.get("peer")
        what = f"one hot variant, {HOT_CLIENTS} clients, 1 line"
        if peer:
            ratio, against = mine.rate / peer.rate, f", of pgbench -c {HOT_CLIENTS}"
            self.table.add(Row(what + against, ratio, HOT, _rates(mine, peer), "percent"))
            self.table.add(Row("  CPU", beside=_costs(mine, peer)))
        else:
            self.table.add(Row(what, beside=f"{mine.rate:,.0f} orders/s"))
        self.table.add(_tail("  p99 / p50", mine, None))

    def check_stock(self) -> None:
        """Nothing was oversold by any of the runs: looked at after each."""
        found = next((one for one in self.balances if not one.right), self.balances[-1])
        said = f"{found.committed:,} committed = {found.open:,} open = {found.moved:,} moved, {found.orders:,} orders"
        wrong = 0 if found.right else max(found.oversold, found.differing, 1)
        self.table.add(Row("variants oversold or out of balance", wrong, NONE_OVERSOLD, said, "count"))

    def count_statements(self) -> None:
        """The same few for any number of lines."""
        counts = {lines: proof.statements(self.shop, lines) for lines in LINE_COUNTS}
        each = ", ".join(f"{count} for {lines}" for lines, count in counts.items())
        self.table.add(
            Row("statements of an order over HTTP", max(counts.values()), STATEMENTS, f"by lines: {each}", "count"),
            Row("  more for many lines than for one", max(counts.values()) - min(counts.values()),
                Target(0, at_most=True), "begin and commit counted, log-in and throttle not", "count"),
        )  # fmt: skip

    def _interleave(self, cases: dict[str, Callable[[], Round]]) -> dict[str, Figure]:
        found = interleave(cases, self.pace.rounds)
        self.balances.append(proof.balance())
        return found

    def _timed(self, act: Callable[[], object]) -> Round:
        before = self.database.cpu() if self.database else None
        done = for_seconds(act, self.pace.seconds)
        after = self.database.cpu() if self.database else None
        return done._replace(db_cpu=None if before is None or after is None else after - before)

    def _peer(self) -> peers.Peer:
        if self.is_postgresql:
            return peers.by_psycopg(os.environ["DATABASE_URL"])
        return peers.by_sqlite3(str(settings.DATABASES["default"]["NAME"]))

    def _http(
        self, server: http_load.Server, seconds: float | None = None, *, hot: bool = False, key: str | None = None
    ) -> Callable[[], Round]:
        return lambda: http_load.order_for(
            seconds or self.pace.seconds,
            server,
            self.shop,
            key or self.shop.limited_key,
            connections=HOT_CLIENTS if hot else SPREAD_CLIENTS,
            hot=hot,
            database=self.database,
        )

    def _pgbench(self, program: str, *, hot: bool = False) -> Callable[[], Round]:
        clients = HOT_CLIENTS if hot else SPREAD_CLIENTS
        return lambda: pgbench.run_for(
            self.pace.seconds, program, os.environ["DATABASE_URL"], self.shop, clients=clients, hot=hot,
            database=self.database,
        )  # fmt: skip

    def _memory(self, what: str, *groups: tuple[str, Group]) -> None:
        peaks = [f"{name} {peak:.0f} MiB" for name, group in groups if (peak := group.peak()) is not None]
        self.table.add(Row(what, beside=", ".join(peaks) or "not known here"))


def _server_processes() -> Group | None:
    """The processes of the database server, if they are on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        parent = parent_of(cursor.fetchone()[0])
    return Group(parent) if parent else None


def _rates(mine: Figure, theirs: Figure) -> str:
    return f"{mine.rate:,.0f} of {theirs.rate:,.0f} orders/s"


def _costs(mine: Figure, theirs: Figure) -> str:
    """Milliseconds of CPU an order, on both sides."""
    parts = [
        f"{name} {_number(one)} (theirs {_number(other)})"
        for name, one, other in (("application", mine.app_ms, theirs.app_ms), ("database", mine.db_ms, theirs.db_ms))
        if one is not None
    ]
    return "ms an order: " + ", ".join(parts) if parts else "not known here"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one and other else None


def _tail(what: str, found: Figure, target: Target | None) -> Row:
    p50, p99 = found.p50 or 0.0, found.p99 or 0.0
    return Row(what, p99 / p50 if p50 else None, target, f"p50 {p50:.1f} ms, p99 {p99:.1f} ms")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter rounds: rougher figures")
    options = parser.parse_args()
    table = Bench(QUICK if options.quick else USUAL).all()
    print(table.show())
    return 1 if table.missed else 0


if __name__ == "__main__":
    sys.exit(main())
