"""Exports: every variant that is not archived as a row, read and written chunk by chunk in constant memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db.models import Q

from catalog.models import Variant
from imports import files, headers
from imports.columns import PRODUCT_ID, VARIANT_ID, Column, Home, Store, all_columns, read_store
from imports.headers import UnreadableFile
from imports.reading import PRODUCT, Values, read, with_partners
from imports.spool import CHUNK

Progress = Callable[[int, int], None]


def export(path: Path, titles: Sequence[str] = (), progress: Progress = lambda done, total: None) -> int:
    """Write a .csv or .xlsx file of these columns (all of them where none is named); returns how many rows it has.

    Imported again as it is, it changes nothing. Raises `UnreadableFile` for a column that there is not, and for a file
    that cannot be written.
    """
    store = read_store()
    columns = chosen(titles, store)
    exported = 0

    def rows() -> Iterator[list[Any]]:
        nonlocal exported
        total = _variants().count()
        for chunk in _chunks(columns, store):
            yield from chunk
            exported += len(chunk)
            progress(exported, total)

    try:
        files.write(path, list(columns), rows(), list(columns.values()))
    except OSError as error:
        raise UnreadableFile(f"{path} could not be written: {error.strerror or error}.") from error
    return exported


def chosen(titles: Sequence[str], store: Store) -> dict[str, Column]:
    """The columns of these titles, written as in a file; all of them where none is named."""
    every = all_columns(store)
    if not titles:
        return every
    header = headers.match(titles, store)
    unknown = [match.title for match in header.matches if match.column is None]
    if unknown:
        raise UnreadableFile(f"There is no column {', '.join(unknown)}.")
    return header.columns


def _variants() -> Any:
    return Variant.objects.filter(archived_at=None, product__archived_at=None)


def _chunks(columns: Mapping[str, Column], store: Store) -> Iterator[list[list[Any]]]:
    """Rows in the order of products, a chunk at a time; each chunk is a few statements and no transaction."""
    every = all_columns(store)
    wanted = with_partners(columns, every, store)
    wanted.setdefault("Stock_Track", every["Stock_Track"])
    at = None
    while keys := _next_keys(at):
        at = keys[-1]
        current = read(wanted, store, [variant for _, _, variant in keys])
        rows = []
        for _, _, variant_id in keys:
            values = current.variants[variant_id]
            product = values[PRODUCT]
            known = {**current.products[product], **values, VARIANT_ID: variant_id, PRODUCT_ID: product}
            rows.append([_shown(column, known) for column in columns.values()])
        yield rows


def _next_keys(at: tuple[int, int, int] | None) -> list[tuple[int, int, int]]:
    variants = _variants().order_by("product_id", "position", "pk")
    if at is not None:
        product, position, pk = at
        further = Q(product_id=product) & (Q(position__gt=position) | Q(position=position, pk__gt=pk))
        variants = variants.filter(Q(product_id__gte=product) & (Q(product_id__gt=product) | further))
    return list(variants.values_list("product_id", "position", "pk")[:CHUNK])


def _shown(column: Column, values: Values) -> Any:
    # An untracked variant's level is not a number that anybody counts: exported, it would come back as one.
    if column.home is Home.STOCK and column.stored_as == "level" and not values["Stock_Track"]:
        return None
    return column.kind.show(values[column.title])
