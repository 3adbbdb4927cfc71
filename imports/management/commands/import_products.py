"""Import a spreadsheet of products."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from imports import importing
from imports.importing import Options, Report
from imports.planning import Kind
from imports.survey import MatchBy
from shop.accounts.acting import Actor, acting_as
from shop.errors import DomainError


class Command(BaseCommand):
    help = "Import a spreadsheet of products (.xlsx, .csv). Exit status 1 when the file or any row failed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="check every row, write nothing")
        parser.add_argument("--match-by", choices=[by.value for by in MatchBy], default=MatchBy.ID.value,
                            help="by what a row finds its variant (default: its id)")  # fmt: skip
        parser.add_argument("--stop-on-error", action="store_true", help="import nothing if any row has an error")
        parser.add_argument("--blank-clears", action="store_true", help="a blank cell clears the value")
        parser.add_argument("--add-languages", action="store_true", help="add languages that only the titles know")
        parser.add_argument("--really-new", action="store_true",
                            help="add the products even where products with their ids and titles exist")  # fmt: skip
        parser.add_argument("--no-stock", action="store_true", help="leave stock levels alone")
        parser.add_argument("--errors", type=Path, help="where the error rows go (default: <name>-errors.xlsx)")

    def handle(self, *args: Any, **given: Any) -> None:
        options = Options(
            dry_run=given["dry_run"],
            match_by=MatchBy(given["match_by"]),
            stop_on_error=given["stop_on_error"],
            blank_clears=given["blank_clears"],
            add_languages=given["add_languages"],
            really_new=given["really_new"],
            set_stock=not given["no_stock"],
            errors=given["errors"],
        )
        try:
            with acting_as(Actor("command", None, "import_products")), Bar() as bar:
                report = importing.run(given["file"], options, bar.show)
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal
        self.tell(report)
        if not report.is_good:
            sys.exit(1)

    def tell(self, report: Report) -> None:
        """The report in plain sentences; errors on the error stream."""
        for sentence in sentences(report):
            self.stdout.write(sentence)
        for finding in [*report.errors, *report.left]:
            self.stderr.write(str(finding))
        if report.errors_problem:
            self.stderr.write(report.errors_problem)
        if report.errors_file:
            self.stdout.write(
                f"The rows that were not imported are in {report.errors_file}. Correct them and import it."
            )


class Bar:
    """A progress bar, on a terminal only."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None
        self._what = ""

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, what: str, done: int, total: int) -> None:
        if self._bar is None or what != self._what:
            self.__exit__()
            self._what = what
            self._bar = tqdm(desc=what, total=total or None, unit=" rows", disable=None)
        self._bar.update(done - self._bar.n)


def sentences(report: Report) -> list[str]:
    """What the file was taken for, what was passed over, and the numbers."""
    said = [report.taken_for]
    if report.ignored:
        said.append(f"Columns that were ignored: {', '.join(report.ignored)}.")
    if report.unknown_languages and not report.options.add_languages:
        codes = ", ".join(report.unknown_languages)
        said.append(f"Columns in {codes} were not matched: the store does not have the language. Add --add-languages.")
    said += [f"Warning: {finding}" for finding in report.warnings]
    said.append(f"All rows: {report.rows:,}.")
    would = "Would change" if report.options.dry_run or report.refused else "Changed"
    said.append(f"{would}: {report.counts[Kind.CHANGE]:,}. Stock level changes: {report.level_changes:,}.")
    said.append(f"New products: {report.new_products:,}, in {report.counts[Kind.NEW]:,} rows.")
    said.append(f"No change: {report.counts[Kind.SAME]:,}.")
    said.append(f"Errors: {report.counts[Kind.ERROR]:,}.")
    if report.left:
        said.append(f"Changed meanwhile and left alone: {len(report.left):,}.")
    if report.refused:
        said.append("Nothing was imported, because a row has an error.")
    elif report.options.dry_run:
        said.append("This was a dry run: nothing was imported.")
    return said
