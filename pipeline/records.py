"""Tables of which a dataclass is a row: its fields are the table's columns."""

from collections.abc import Iterable
from dataclasses import astuple
from typing import Any, get_args, get_type_hints

_SQL_TYPES = {str: "text", int: "integer", float: "real"}


def columns_of(record: type) -> tuple[tuple[str, str], ...]:
    """Name and SQL type of each field; one that may be None has the same type."""
    types = get_type_hints(record)
    return tuple((name, _sql_type(python_type)) for name, python_type in types.items())


def _sql_type(python_type: Any) -> str:
    types = get_args(python_type) or (python_type,)
    return next(sql for python, sql in _SQL_TYPES.items() if python in types)


def rows_of(records: Iterable[Any]) -> list[tuple[Any, ...]]:
    """The records as rows of their table."""
    return [astuple(record) for record in records]
