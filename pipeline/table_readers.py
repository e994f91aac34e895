"""Reading a built warehouse, table by table and in one order, from any engine."""

import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError

_FETCH = 20_000
_INEXACT = ("real", "double", "float", "decimal", "numeric")


class TableReader(ABC):
    """Read access to the tables of one warehouse.

    Names of tables and columns are in lower case here, whatever the engine keeps.

    Attributes:
        location: How to name the warehouse to a person.
    """

    location: str

    @abstractmethod
    def tables(self) -> dict[str, dict[str, str]]:
        """The columns of each table and view, in their order, with their types."""

    @abstractmethod
    def _select(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, a batch at a time."""

    @abstractmethod
    def _relation(self, table: str) -> str:
        """SQL for a table."""

    def _ordered(self, column: str) -> str:
        """SQL that orders a column byte by byte; nulls are ordered before."""
        return _quoted(column)

    def count(self, table: str) -> int:
        """The number of rows in a table."""
        ((rows,),) = self._select(f"select count(*) from {self._relation(table)}")
        return int(rows)

    def rows(
        self, table: str, columns: Sequence[str], order_by: Sequence[str]
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of a table: nulls first, text by its bytes.

        Args:
            table: A name of `tables`.
            columns: What to select.
            order_by: What to order by.
        """
        chosen = ", ".join(_quoted(column) for column in columns)
        order = ", ".join(
            f"case when {_quoted(column)} is null then 0 else 1 end, "
            + self._ordered(column)
            for column in order_by
        )
        sql = f"select {chosen} from {self._relation(table)}"
        return self._select(f"{sql} order by {order}" if order else sql)


def _quoted(name: str) -> str:
    # The project's names are plain words; `date` and `month` are so everywhere.
    return name


def is_exact(column_type: str) -> bool:
    """Whether two engines hold a column's values alike, so that rows can meet by it."""
    return not column_type.lower().startswith(_INEXACT)


class SqliteReader(TableReader):
    """A SQLite file."""

    def __init__(self, path: Path) -> None:
        self.location = str(path)
        self._connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True
        )

    def tables(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for table, column, kind in self._select(
            "select m.name, c.name, c.type from sqlite_schema as m "
            "join pragma_table_info(m.name) as c "
            "where m.type in ('table', 'view') order by m.name, c.cid"
        ):
            found.setdefault(table.lower(), {})[column.lower()] = kind
        return found

    def _relation(self, table: str) -> str:
        return f'"{table}"'

    def _select(self, sql: str) -> Iterator[tuple[Any, ...]]:
        cursor = self._connection.execute(sql)
        while batch := cursor.fetchmany(_FETCH):
            yield from batch


class DuckdbReader(TableReader):
    """A DuckDB file."""

    def __init__(self, path: Path) -> None:
        import duckdb

        self.location = str(path)
        try:
            self._connection = duckdb.connect(str(path), read_only=True)
        except duckdb.Error as error:
            raise PipelineError(f"{path} cannot be read: {error}") from error

    def tables(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for table, column, kind in self._select(
            "select table_name, column_name, data_type from information_schema.columns "
            "where table_schema = 'main' order by table_name, ordinal_position"
        ):
            found.setdefault(table.lower(), {})[column.lower()] = kind
        return found

    def _relation(self, table: str) -> str:
        return f'main."{table}"'

    def _select(self, sql: str) -> Iterator[tuple[Any, ...]]:
        cursor = self._connection.cursor().execute(sql)
        while batch := cursor.fetchmany(_FETCH):
            yield from batch


class PostgresReader(TableReader):
    """A schema of the PostgreSQL database that the PG* environment variables name."""

    def __init__(self, schema: str) -> None:
        import psycopg2

        self.location = f"postgres:{schema}"
        self._schema = schema
        try:
            self._connection = psycopg2.connect(
                dbname=os.environ.get("PGDATABASE", "ecommerce_dwh")
            )
        except psycopg2.Error as error:
            raise PipelineError(f"PostgreSQL cannot be reached: {error}") from error
        self._connection.set_session(readonly=True)
        self._cursors = 0

    def tables(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        with self._connection.cursor() as cursor:
            cursor.execute(
                "select table_name, column_name, data_type "
                "from information_schema.columns where table_schema = %s "
                "order by table_name, ordinal_position",
                (self._schema,),
            )
            for table, column, kind in cursor:
                found.setdefault(table.lower(), {})[column.lower()] = kind
        return found

    def _relation(self, table: str) -> str:
        return f'"{self._schema}"."{table}"'

    def _ordered(self, column: str) -> str:
        return (
            f'cast({column} as text) collate "C"' if self._is_text(column) else column
        )

    def _select(self, sql: str) -> Iterator[tuple[Any, ...]]:
        self._cursors += 1
        with self._connection.cursor(f"read_{self._cursors}") as cursor:
            cursor.itersize = _FETCH
            cursor.execute(sql)
            yield from cursor
