"""Fair comparison on a machine that others use too: short rounds in turn, and the median of each case."""

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import NamedTuple


class Round(NamedTuple):
    """What one case did in one round."""

    orders: int
    seconds: float
    latencies: Sequence[float] = ()
    app_cpu: float | None = None
    db_cpu: float | None = None


class Figure(NamedTuple):
    """What a case came to over all its rounds: medians."""

    rate: float
    p50: float | None
    p99: float | None
    app_ms: float | None
    db_ms: float | None
    orders: int


def interleave(cases: Mapping[str, Callable[[], Round]], rounds: int) -> dict[str, Figure]:
    """Run every case once a round, each second round backwards, so that no case always follows the same other."""
    found: dict[str, list[Round]] = {name: [] for name in cases}
    for number in range(rounds):
        names = list(cases) if number % 2 == 0 else list(reversed(cases))
        for name in names:
            found[name].append(cases[name]())
    return {name: _figure(several) for name, several in found.items()}


def for_seconds(act: Callable[[], object], seconds: float) -> Round:
    """Do it again and again in this thread, and count."""
    latencies = []
    cpu, start = time.process_time(), time.perf_counter()
    before = start
    while before - start < seconds:
        act()
        now = time.perf_counter()
        latencies.append(now - before)
        before = now
    return Round(len(latencies), before - start, latencies, app_cpu=time.process_time() - cpu)


def percentile(values: list[float], part: float) -> float:
    """The value that this part of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def _figure(several: list[Round]) -> Figure:
    latencies = [value for one in several for value in one.latencies]
    return Figure(
        rate=median(one.orders / one.seconds for one in several),
        p50=percentile(latencies, 0.50) * 1000 if latencies else None,
        p99=percentile(latencies, 0.99) * 1000 if latencies else None,
        app_ms=_per_order([(one.app_cpu, one.orders) for one in several]),
        db_ms=_per_order([(one.db_cpu, one.orders) for one in several]),
        orders=sum(one.orders for one in several),
    )


def _per_order(pairs: list[tuple[float | None, int]]) -> float | None:
    known = [cpu / orders * 1000 for cpu, orders in pairs if cpu is not None and orders]
    return median(known) if known else None
