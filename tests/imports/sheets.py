"""Spreadsheets built by code, and imports of them."""

from pathlib import Path
from typing import Any

import openpyxl

from catalog.models import Product, Variant
from imports import importing
from imports.importing import Options, Report
from imports.models import ChangeRow
from imports.planning import Kind
from inventory.models import StockItem, StockMovement

ARTICLE_NEW = ["XX_Title_Short", "Stock_Track", "Stock_Disable_Sold_Out"]
ARTICLE_UPDATE = ["Internal_ID", "Internal_Variant_ID", "XX_Title_Short", "Stock_Track", "Stock_Disable_Sold_Out"]


def write(path: Path, *rows: list[Any]) -> Path:
    """A .csv or .xlsx file, whichever the name asks for, written by somebody else than us."""
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
    else:
        lines = [",".join("" if cell is None else f'"{cell}"' for cell in row) for row in rows]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def run(folder: Path, *rows: list[Any], name: str = "products.xlsx", **options: Any) -> Report:
    """Import these rows, the first being the titles."""
    return importing.run(write(folder / name, *rows), Options(**options))


def counts(report: Report) -> tuple[int, int, int, int]:
    """New, change, same and error rows."""
    return tuple(report.counts[kind] for kind in (Kind.NEW, Kind.CHANGE, Kind.SAME, Kind.ERROR))


def said(report: Report) -> list[str]:
    """Errors, and rows that were left, as the command prints them."""
    return [str(finding) for finding in [*report.errors, *report.left]]


def snapshot() -> list[Any]:
    """Everything that an import could move: when nothing moved, it is the same."""
    models = (Product, Variant, StockItem, StockMovement)
    return [list(model.objects.order_by("pk").values_list()) for model in models] + [ChangeRow.objects.count()]
