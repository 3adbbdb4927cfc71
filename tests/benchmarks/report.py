"""The table: each figure with what must be, what is aimed at, and whether it was reached."""

from typing import NamedTuple


class Target(NamedTuple):
    """What a ratio must reach and what is aimed at; `at_most` where less is better."""

    floor: float
    aim: float | None = None
    at_most: bool = False

    def judge(self, value: float) -> str:
        if self.aim is not None and self._reaches(value, self.aim):
            return "ok, aim reached"
        if self._reaches(value, self.floor):
            return "ok"
        return "MISSED"

    def _reaches(self, value: float, wanted: float) -> bool:
        return value <= wanted if self.at_most else value >= wanted


class Row(NamedTuple):
    """One line: a ratio with its target, or only numbers to go with it."""

    what: str
    value: float | None = None
    target: Target | None = None
    beside: str = ""
    form: str = "ratio"


_FORMS = {"ratio": "{:.2f}", "percent": "{:.0%}", "count": "{:.0f}"}
_HEAD = ("what", "reached", "floor", "aim", "", "beside it")


class Table:
    """Rows under a title; printed at the end, when the columns know how wide they are."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.rows: list[Row] = []

    def add(self, *rows: Row) -> None:
        self.rows += rows

    @property
    def missed(self) -> bool:
        """Whether a floor was missed."""
        return any(
            row.target is not None and row.value is not None and row.target.judge(row.value) == "MISSED"
            for row in self.rows
        )

    def show(self) -> str:
        cells = [_HEAD, *(_cells(row) for row in self.rows)]
        widths = [max(len(one[column]) for one in cells) for column in range(len(_HEAD))]
        cells.insert(1, tuple("-" * width for width in widths))
        lines = ["  ".join(map(str.ljust, one, widths)).rstrip() for one in cells]
        return "\n".join(["", self.title, "=" * len(self.title), *lines])


def _cells(row: Row) -> tuple[str, ...]:
    form = _FORMS[row.form]
    value = "" if row.value is None else form.format(row.value)
    if row.target is None or row.value is None:
        return (row.what, value, "", "", "", row.beside)
    sign = "≤" if row.target.at_most else "≥"
    floor = f"{sign} {form.format(row.target.floor)}"
    aim = "" if row.target.aim is None else f"{sign} {form.format(row.target.aim)}"
    return (row.what, value, floor, aim, row.target.judge(row.value), row.beside)
