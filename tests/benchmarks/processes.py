"""What a group of processes costs, as the kernel counts it: CPU time and memory. None where there is no /proc."""

import os
from pathlib import Path
from typing import NamedTuple

_TICK = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


class Group(NamedTuple):
    """A process and all its descendants."""

    root: int

    def cpu(self) -> float | None:
        """Seconds of CPU that the group has had, those of its ended members with them."""
        fields = [_stat(pid) for pid in self._members()]
        return sum(sum(map(int, one[11:15])) for one in fields if one) / _TICK if any(fields) else None

    def peak(self) -> float | None:
        """MiB that the members had at their most, pages that they share counted once."""
        found = [status for pid in self._members() if (status := _status(pid))]
        if not found:
            return None
        shared = {name: max(one.get(name, 0) for one in found) for name in ("RssShmem", "RssFile")}
        own = sum(one["VmHWM"] - one.get("RssShmem", 0) - one.get("RssFile", 0) for one in found)
        return (own + sum(shared.values())) / 1024

    def _members(self) -> list[int]:
        parents = {}
        for entry in _PROC.glob("[0-9]*"):
            if stat := _stat(int(entry.name)):
                parents[int(entry.name)] = int(stat[1])
        members, found = [], [self.root]
        while found:
            members.append(pid := found.pop())
            found += [child for child, parent in parents.items() if parent == pid]
        return members


def parent_of(pid: int) -> int | None:
    """The process that started this one."""
    stat = _stat(pid)
    return int(stat[1]) if stat else None


def _stat(pid: int) -> list[str] | None:
    """The fields from the third on: state, parent, … user, system, and those two of its ended children."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _status(pid: int) -> dict[str, int] | None:
    """The sizes, in KiB."""
    try:
        lines = (_PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return None
    pairs = (line.split() for line in lines)
    sizes = {pair[0].rstrip(":"): int(pair[1]) for pair in pairs if len(pair) == 3 and pair[2] == "kB"}
    return sizes if "VmHWM" in sizes else None
