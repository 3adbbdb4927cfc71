"""Many rows in few statements. Knows no model by name.

The ORM's own ways cost four to two hundred times the raw write; these cost one to two. SQLite writes through
`executemany`, PostgreSQL through one multi-row statement and, for many rows, through COPY. The text of a statement is
made once for each model, list of fields and number of rows: orders write the same few again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from django.db import connection, models

Row = Sequence[Any]
Model = type[models.Model]
Names = tuple[str, ...]

ONE_STATEMENT = 500
"""Up to so many rows go in one multi-row statement; more take the bulk road."""

_STORED_AS_THEY_ARE = {
    "AutoField", "BigAutoField", "IntegerField", "PositiveIntegerField", "BigIntegerField", "PositiveBigIntegerField",
    "SmallIntegerField", "PositiveSmallIntegerField", "BooleanField", "CharField", "TextField", "SlugField",
    "EmailField",
}  # fmt: skip
_STORED_AS_THEY_ARE_BY_POSTGRESQL = {*_STORED_AS_THEY_ARE, "DateTimeField", "DateField", "DecimalField"}


def insert_rows(model: Model, fields: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert `rows`, one value per name in `fields`, in their order. Must run inside a transaction."""
    names = tuple(fields)
    prepared = _prepared(model, names, rows)
    if not prepared:
        return
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.executemany(_insert_sql(model, names, 1), prepared)
    elif len(prepared) <= ONE_STATEMENT:
        _insert_at_once(model, names, prepared)
    else:
        _copy(_quote(model._meta.db_table), _column_list(model, names), prepared)


def insert_returning(model: Model, fields: Sequence[str], rows: Iterable[Row]) -> list[int]:
    """Insert `rows` and return their new primary keys in the rows' order, which is also ascending."""
    names = tuple(fields)
    prepared = _prepared(model, names, rows)
    keys: list[int] = []
    for start in range(0, len(prepared), ONE_STATEMENT):
        found = _insert_at_once(model, names, prepared[start : start + ONE_STATEMENT], _returning(model))
        # Keys are drawn in the order of the rows, but neither database promises to return them in that order.
        keys.extend(sorted(key for (key,) in found))
    return keys


def insert_unless_there(model: Model, fields: Sequence[str], row: Row, *, alike: Sequence[str] = ()) -> int | None:
    """Insert one row and return its key, or None where a unique constraint already holds one like it.

    A twin under way in another transaction is waited for: its commit makes this None, its rollback lets this in. The
    transaction stays usable either way, which it would not after an error. With `alike`, the fields of the constraint,
    a twin that is there already is seen before PostgreSQL draws a key in vain (a null is like nothing).
    """
    names = tuple(fields)
    [prepared] = _prepared(model, names, [row])
    parameters = [*prepared, *(prepared[names.index(name)] for name in alike)]
    with connection.cursor() as cursor:
        cursor.execute(_insert_unless_sql(model, names, tuple(alike)), parameters)
        found = cursor.fetchone()
    return found[0] if found else None


def update_rows(model: Model, fields: Sequence[str], rows: Iterable[Row]) -> None:
    """Write each row `(primary key, *values)`, one value per name in `fields`, to the row that it names.

    Must run inside a transaction. A key that no row has is passed over, as by any UPDATE: lock first.
    """
    names = tuple(fields)
    prepared = _prepared(model, (_pk(model).name, *names), rows)
    if not prepared:
        return
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.executemany(_update_sql(model, names), [(*row[1:], row[0]) for row in prepared])
    elif len(prepared) <= ONE_STATEMENT:
        with connection.cursor() as cursor:
            sql = _update_from_values_sql(model, names, len(prepared))
            cursor.execute(sql, list(chain.from_iterable(prepared)))
    else:
        _update_from_copy(model, names, prepared)


def _field(model: Model, name: str) -> Any:
    return model._meta.get_field(name)


def _pk(model: Model) -> Any:
    return model._meta.pk


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)


def _prepared(model: Model, names: Names, rows: Iterable[Row]) -> list[Row]:
    """The rows with their values as the database takes them."""
    needed = _converters(model, names)
    if not needed:
        return list(rows)
    converted: list[Row] = []
    for row in rows:
        values = list(row)
        for index, convert in needed:
            values[index] = convert(values[index])
        converted.append(values)
    return converted


@lru_cache(maxsize=256)
def _converters(model: Model, names: Names) -> list[tuple[int, Callable[[Any], Any]]]:
    """The columns whose values need converting, and how: decided once per column, not per value."""
    found = [(index, _converter(_field(model, name))) for index, name in enumerate(names)]
    return [(index, convert) for index, convert in found if convert is not None]


def _converter(field: Any) -> Callable[[Any], Any] | None:
    target = field.target_field if field.is_relation else field
    kind = target.get_internal_type()
    if kind in (_STORED_AS_THEY_ARE if connection.vendor == "sqlite" else _STORED_AS_THEY_ARE_BY_POSTGRESQL):
        return None

    def convert(value: Any) -> Any:
        return target.get_db_prep_save(value, connection)

    # Rows that are written together share their moment, and many a price: each is converted once.
    return lru_cache(maxsize=256)(convert) if kind in ("DateTimeField", "DateField", "DecimalField") else convert


@lru_cache(maxsize=256)
def _column_list(model: Model, names: Names) -> str:
    return ", ".join(_quote(_field(model, name).column) for name in names)


@lru_cache(maxsize=1024)
def _insert_sql(model: Model, names: Names, count: int) -> str:
    one = f"({', '.join(['%s'] * len(names))})"
    values = ", ".join([one] * count)
    return f"INSERT INTO {_quote(model._meta.db_table)} ({_column_list(model, names)}) VALUES {values}"


@lru_cache(maxsize=256)
def _insert_unless_sql(model: Model, names: Names, alike: Names) -> str:
    table, marks = _quote(model._meta.db_table), ", ".join(["%s"] * len(names))
    same = " AND ".join(f"{_quote(_field(model, name).column)} = %s" for name in alike)
    unless = f" WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE {same})" if alike else " WHERE true"
    return (
        f"INSERT INTO {table} ({_column_list(model, names)}) SELECT {marks}{unless} "
        f"ON CONFLICT DO NOTHING{_returning(model)}"
    )


def _returning(model: Model) -> str:
    return f" RETURNING {_quote(_pk(model).column)}"


def _insert_at_once(model: Model, names: Names, rows: Sequence[Row], returning: str = "") -> list[tuple[int]]:
    with connection.cursor() as cursor:
        cursor.execute(_insert_sql(model, names, len(rows)) + returning, list(chain.from_iterable(rows)))
        return cursor.fetchall() if returning else []


@lru_cache(maxsize=256)
def _update_sql(model: Model, names: Names) -> str:
    sets = ", ".join(f"{_quote(_field(model, name).column)} = %s" for name in names)
    return f"UPDATE {_quote(model._meta.db_table)} SET {sets} WHERE {_quote(_pk(model).column)} = %s"


@lru_cache(maxsize=1024)
def _update_from_values_sql(model: Model, names: Names, count: int) -> str:
    every = [_pk(model), *(_field(model, name) for name in names)]
    # The first row carries the types for all: a bare parameter in VALUES would be taken for text.
    typed = ", ".join(f"%s::{_cast(field)}" for field in every)
    plain = ", ".join(["%s"] * len(every))
    values = ", ".join([f"({typed})", *([f"({plain})"] * (count - 1))])
    return _update_from_sql(model, names, f"(VALUES {values})")


def _cast(field: Any) -> str:
    """The column's type; text for a bounded text, which an explicit cast would cut without a word."""
    return "text" if field.get_internal_type() == "CharField" else field.cast_db_type(connection)


def _update_from_copy(model: Model, names: Names, rows: Sequence[Row]) -> None:
    every = (_pk(model).name, *names)
    fields = [_field(model, name) for name in every]
    definition = ", ".join(f"{_quote(field.column)} {field.cast_db_type(connection)}" for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE bulk_update ({definition}) ON COMMIT DROP")
    _copy("bulk_update", _column_list(model, every), rows)
    with connection.cursor() as cursor:
        cursor.execute(_update_from_sql(model, names, "(SELECT * FROM bulk_update)"))
        cursor.execute("DROP TABLE bulk_update")


def _update_from_sql(model: Model, names: Names, source: str) -> str:
    pk = _quote(_pk(model).column)
    columns = [_quote(_field(model, name).column) for name in names]
    sets = ", ".join(f"{column} = source.{column}" for column in columns)
    return (
        f"UPDATE {_quote(model._meta.db_table)} AS target SET {sets} "
        f"FROM {source} AS source ({', '.join([pk, *columns])}) WHERE target.{pk} = source.{pk}"
    )


def _copy(table: str, columns: str, rows: Sequence[Row]) -> None:
    statement = f"COPY {table} ({columns}) FROM STDIN"
    # Django's cursor hands `copy` on as it is: without this its errors would be the driver's own, which nobody expects.
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
