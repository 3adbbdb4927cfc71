"""Many rows in few statements. Knows no model by name.

The ORM's own ways cost four to two hundred times the raw write; these cost one to two. SQLite writes through
`executemany`, PostgreSQL through one multi-row statement and, for many rows, through COPY.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

from django.db import connection, models

Row = Sequence[Any]
Column = Any
"""A concrete model field: one that has a column."""

ONE_STATEMENT = 500
"""Up to so many rows go in one multi-row statement; more take the bulk road."""

_STORED_AS_THEY_ARE = {
    "AutoField", "BigAutoField", "IntegerField", "PositiveIntegerField", "BigIntegerField", "PositiveBigIntegerField",
    "SmallIntegerField", "PositiveSmallIntegerField", "BooleanField", "CharField", "TextField", "SlugField",
    "EmailField",
}  # fmt: skip


def insert_rows(model: type[models.Model], fields: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert `rows`, one value per name in `fields`, in their order. Must run inside a transaction."""
    columns = _columns(model, fields)
    prepared = _prepared(columns, rows)
    if not prepared:
        return
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.executemany(_insert_sql(model, columns, 1), prepared)
    elif len(prepared) <= ONE_STATEMENT:
        _insert_at_once(model, columns, prepared, returning="")
    else:
        _copy(_quote(model._meta.db_table), columns, prepared)


def insert_returning(model: type[models.Model], fields: Sequence[str], rows: Iterable[Row]) -> list[int]:
    """Insert `rows` and return their new primary keys in the rows' order, which is also ascending."""
    columns = _columns(model, fields)
    prepared = _prepared(columns, rows)
    keys: list[int] = []
    for start in range(0, len(prepared), ONE_STATEMENT):
        returning = f" RETURNING {_quote(_pk(model).column)}"
        found = _insert_at_once(model, columns, prepared[start : start + ONE_STATEMENT], returning)
        # Keys are drawn in the order of the rows, but neither database promises to return them in that order.
        keys.extend(sorted(key for (key,) in found))
    return keys


def insert_unless_there(model: type[models.Model], fields: Sequence[str], row: Row) -> int | None:
    """Insert one row and return its key, or None where a unique constraint already holds one like it.

    A twin under way in another transaction is waited for: its commit makes this None, its rollback lets this in. The
    transaction stays usable either way, which it would not after an error.
    """
    columns = _columns(model, fields)
    returning = f" ON CONFLICT DO NOTHING RETURNING {_quote(_pk(model).column)}"
    found = _insert_at_once(model, columns, _prepared(columns, [row]), returning)
    return found[0][0] if found else None


def update_rows(model: type[models.Model], fields: Sequence[str], rows: Iterable[Row]) -> None:
    """Write each row `(primary key, *values)`, one value per name in `fields`, to the row that it names.

    Must run inside a transaction. A key that no row has is passed over, as by any UPDATE: lock first.
    """
    columns = _columns(model, fields)
    prepared = _prepared([_pk(model), *columns], rows)
    if not prepared:
        return
    if connection.vendor == "sqlite":
        _update_one_by_one(model, columns, prepared)
    elif len(prepared) <= ONE_STATEMENT:
        _update_from_values(model, columns, prepared)
    else:
        _update_from_copy(model, columns, prepared)


def _columns(model: type[models.Model], names: Sequence[str]) -> list[Column]:
    return [model._meta.get_field(name) for name in names]


def _pk(model: type[models.Model]) -> Column:
    return model._meta.pk


def _prepared(columns: Sequence[Column], rows: Iterable[Row]) -> list[Row]:
    """The rows with their values as the database takes them; what needs no conversion is decided once per column."""
    converters = [(index, _converter(field)) for index, field in enumerate(columns)]
    needed = [(index, convert) for index, convert in converters if convert is not None]
    if not needed:
        return list(rows)
    converted: list[Row] = []
    for row in rows:
        values = list(row)
        for index, convert in needed:
            values[index] = convert(values[index])
        converted.append(values)
    return converted


def _converter(field: Column) -> Callable[[Any], Any] | None:
    target: Any = field.target_field if field.is_relation else field
    if target.get_internal_type() in _STORED_AS_THEY_ARE:
        return None
    return lambda value: target.get_db_prep_save(value, connection)


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)


def _names(columns: Sequence[Column]) -> str:
    return ", ".join(_quote(field.column) for field in columns)


def _insert_sql(model: type[models.Model], columns: Sequence[Column], count: int) -> str:
    one = f"({', '.join(['%s'] * len(columns))})"
    values = ", ".join([one] * count)
    return f"INSERT INTO {_quote(model._meta.db_table)} ({_names(columns)}) VALUES {values}"


def _insert_at_once(
    model: type[models.Model], columns: Sequence[Column], rows: Sequence[Row], returning: str
) -> list[tuple[int]]:
    with connection.cursor() as cursor:
        cursor.execute(_insert_sql(model, columns, len(rows)) + returning, list(chain.from_iterable(rows)))
        return cursor.fetchall() if returning else []


def _update_one_by_one(
    model: type[models.Model], columns: Sequence[Column], rows: Sequence[Row]
) -> None:
    sets = ", ".join(f"{_quote(field.column)} = %s" for field in columns)
    sql = f"UPDATE {_quote(model._meta.db_table)} SET {sets} WHERE {_quote(_pk(model).column)} = %s"
    with connection.cursor() as cursor:
        cursor.executemany(sql, [(*row[1:], row[0]) for row in rows])


def _update_from_values(
    model: type[models.Model], columns: Sequence[Column], rows: Sequence[Row]
) -> None:
    every = [_pk(model), *columns]
    # The first row carries the types for all: a bare parameter in VALUES would be taken for text.
    typed = ", ".join(f"%s::{field.cast_db_type(connection)}" for field in every)
    plain = ", ".join(["%s"] * len(every))
    values = ", ".join([f"({typed})", *([f"({plain})"] * (len(rows) - 1))])
    with connection.cursor() as cursor:
        cursor.execute(_update_from_sql(model, columns, f"(VALUES {values})"), list(chain.from_iterable(rows)))


def _update_from_copy(
    model: type[models.Model], columns: Sequence[Column], rows: Sequence[Row]
) -> None:
    every = [_pk(model), *columns]
    definition = ", ".join(f"{_quote(field.column)} {field.cast_db_type(connection)}" for field in every)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE bulk_update ({definition}) ON COMMIT DROP")
    _copy("bulk_update", every, rows)
    with connection.cursor() as cursor:
        cursor.execute(_update_from_sql(model, columns, "(SELECT * FROM bulk_update)"))
        cursor.execute("DROP TABLE bulk_update")


def _update_from_sql(model: type[models.Model], columns: Sequence[Column], source: str) -> str:
    pk = _quote(_pk(model).column)
    sets = ", ".join(f"{_quote(field.column)} = source.{_quote(field.column)}" for field in columns)
    return (
        f"UPDATE {_quote(model._meta.db_table)} AS target SET {sets} "
        f"FROM {source} AS source ({_names([_pk(model), *columns])}) WHERE target.{pk} = source.{pk}"
    )


def _copy(table: str, columns: Sequence[Column], rows: Sequence[Row]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({_names(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
