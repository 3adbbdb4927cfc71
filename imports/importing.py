"""An import from file to report: read, match, look, plan, apply. The command and the demo store call `run`."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from imports import changes, files, headers
from imports.columns import ERROR_COLUMN, Column, Store, all_columns, read_store
from imports.headers import LANGUAGE_NAMES, Header
from imports.models import ChangeSet
from imports.planning import Finding, Kind, PlannedRow, Planner, Policy
from imports.spool import Row, Spool
from imports.survey import MatchBy, survey
from shop.durable import durably
from shop.store.models import Language


@dataclass(frozen=True, slots=True)
class Options:
    """What the merchant chose."""

    dry_run: bool = False
    match_by: MatchBy = MatchBy.ID
    stop_on_error: bool = False
    blank_clears: bool = False
    add_languages: bool = False
    really_new: bool = False
    set_stock: bool = True
    errors: Path | None = None
    """Where the error rows go; None for `<name>-errors.xlsx` beside the file."""


@dataclass(slots=True)
class Report:
    """What an import found and did. `counts` are rows by kind."""

    path: Path
    options: Options
    taken_for: str = ""
    rows: int = 0
    counts: Counter[Kind] = field(default_factory=Counter)
    new_products: int = 0
    level_changes: int = 0
    findings: list[Finding] = field(default_factory=list)
    left: list[Finding] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    unknown_languages: list[str] = field(default_factory=list)
    errors_file: Path | None = None
    errors_problem: str = ""
    """Why the error rows could not be written back, if so."""
    change_set: ChangeSet | None = None
    refused: bool = False

    @property
    def errors(self) -> list[Finding]:
        """Findings that kept a row from being applied."""
        return [finding for finding in self.findings if finding.is_error]

    @property
    def warnings(self) -> list[Finding]:
        """Findings that are worth a look."""
        return [finding for finding in self.findings if not finding.is_error]

    @property
    def is_good(self) -> bool:
        """Every row was good and is as the file says."""
        return not self.counts[Kind.ERROR] and not self.left and not self.refused


Progress = Callable[[str, int, int], None]
"""Told, again and again, what is being done and how many rows of how many are behind it."""


def run(path: Path, options: Options | None = None, progress: Progress = lambda what, done, total: None) -> Report:
    """Import a file, in the calling process and in the name of whoever acts.

    Raises `UnreadableFile` where the file as a whole cannot be imported; nothing was imported then. Errors of rows are
    in the report; their rows are written back as a file, beside the merchant's or where the options say.
    """
    options = options or Options()
    if options.errors:
        files.check_name(options.errors)
    store = read_store()
    with Spool() as spool:
        header, store = _read(path, spool, store, options, progress)
        report = Report(path, options, rows=spool.length, ignored=header.ignored)
        report.unknown_languages = header.unknown_languages
        _import(spool, header, store, report, progress)
        _give_back(spool, header, report)
    return report


def _read(path: Path, spool: Spool, store: Store, options: Options, progress: Progress) -> tuple[Header, Store]:
    """Put the rows aside, and match the titles; with `add_languages` the store is as it will be with them."""
    rows = files.rows(path)
    _, titles = next(rows)
    header = headers.match(titles, store)
    for number, cells in rows:
        spool.add(Row(number, cells))
        if spool.length % 1_000 == 0:
            progress("Reading", spool.length, 0)
    if options.add_languages and header.unknown_languages:
        names = {code: LANGUAGE_NAMES.get(code, code) for code in header.unknown_languages}
        store = store._replace(languages={**store.languages, **names})
        header = headers.match(titles, store)
    return header, store


def _import(spool: Spool, header: Header, store: Store, report: Report, progress: Progress) -> None:
    options, every = report.options, all_columns(store)
    found = survey(spool, header, store, options.match_by, really_new=options.really_new)
    report.taken_for = found.taken_for
    policy = Policy(blank_clears=options.blank_clears, set_stock=options.set_stock)
    plan = Planner(header, every, store, found, policy).chunks(spool)
    if options.dry_run:
        for _ in _counted(plan, report, progress):
            pass
        return
    change_set = report.change_set = changes.begin(ChangeSet.Kind.IMPORT, report.path.name)
    for rows in _counted(plan, report, progress):
        changes.keep(change_set, rows)
    _save_counts(change_set, report)
    if options.stop_on_error and report.counts[Kind.ERROR]:
        changes.refuse(change_set)
        report.refused = True
        return
    if options.add_languages:
        durably(partial(_add_languages, store))
    _apply(change_set, every, store, report, progress)


def _apply(change_set: ChangeSet, every: dict[str, Column], store: Store, report: Report, progress: Progress) -> None:
    total = report.counts[Kind.NEW] + report.counts[Kind.CHANGE]
    done = 0

    def count(rows: int) -> None:
        nonlocal done
        done += rows
        progress("Writing", done, total)

    left = changes.apply(change_set, every, store, count)
    report.left = [Finding(one.row, one.column, one.sentence) for one in left]


def _counted(plan: Iterator[list[PlannedRow]], report: Report, progress: Progress) -> Iterator[list[PlannedRow]]:
    """The plan again, counted into the report as it passes."""
    done = 0
    for rows in plan:
        for row in rows:
            report.counts[row.kind] += 1
            report.new_products += row.leads
            report.level_changes += row.kind is Kind.CHANGE and "Stock_Level" in row.cells
            report.findings.extend(row.findings)
        done += len(rows)
        progress("Checking", done, report.rows)
        yield rows


def _save_counts(change_set: ChangeSet, report: Report) -> None:
    counts = {
        "rows": report.rows,
        "changed": report.counts[Kind.CHANGE],
        "new": report.counts[Kind.NEW],
        "new_products": report.new_products,
        "same": report.counts[Kind.SAME],
        "errors": report.counts[Kind.ERROR],
        "state": ChangeSet.State.PLANNED,
    }
    ChangeSet.objects.filter(pk=change_set.pk).update(**counts)


def _add_languages(store: Store) -> None:
    Language.objects.bulk_create(
        [Language(code=code, name=name) for code, name in store.languages.items()], ignore_conflicts=True
    )


def _give_back(spool: Spool, header: Header, report: Report) -> None:
    """Write the rows that were not applied, with the merchant's own columns and, last, what is wrong with each."""
    said: dict[int, list[str]] = {}
    for finding in [*report.errors, *report.left]:
        said.setdefault(finding.row, []).append(
            f"{finding.column}: {finding.sentence}" if finding.column else finding.sentence
        )
    if not said:
        return
    target = report.options.errors or report.path.with_name(f"{report.path.stem}-errors.xlsx")
    kept = [match for match in header.matches if match.title and not headers.is_error_column(match.title)]
    titles = [*(match.title for match in kept), ERROR_COLUMN]
    rows = (
        [
            *(row.cells[match.position] if match.position < len(row.cells) else None for match in kept),
            " ".join(said[row.number]),
        ]
        for chunk in spool.chunks()
        for row in chunk
        if row.number in said
    )
    try:
        files.write(target, titles, rows, [*(match.column for match in kept), None])
        report.errors_file = target
    except OSError as error:
        # What was imported is imported: the report must still be told.
        report.errors_problem = f"The error rows could not be written to {target}: {error.strerror or error}."
