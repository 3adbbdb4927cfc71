"""Rows put aside: a file is read once, from its own format, and looked at as often as needed from here."""

import io
import pickle
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import NamedTuple

from imports.cells import Cell

IN_MEMORY = 8 * 1024 * 1024
CHUNK = 2_000


class Row(NamedTuple):
    """One row of the file. `number` is the one that the merchant sees."""

    number: int
    cells: list[Cell]


class Spool:
    """Rows in chunks of `CHUNK`, in memory while they are few and in a file of our own when they are many."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (closed by __exit__)
        self._pending: list[Row] = []
        self.length = 0

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def add(self, row: Row) -> None:
        """Put a row at the end. All rows are added before the first is read."""
        self._pending.append(row)
        self.length += 1
        if len(self._pending) == CHUNK:
            self._flush()

    def chunks(self) -> Iterator[list[Row]]:
        """The rows again, `CHUNK` at a time, in their order."""
        self._flush()
        end, position = self._file.seek(0, io.SEEK_END), 0
        while position < end:
            self._file.seek(position)
            rows = pickle.load(self._file)
            position = self._file.tell()
            yield rows

    def _flush(self) -> None:
        if self._pending:
            pickle.dump(self._pending, self._file, protocol=pickle.HIGHEST_PROTOCOL)
            self._pending = []
