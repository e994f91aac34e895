"""Reading the tables of a built warehouse of any engine, in the same order."""

import os
import sqlite3
import stat
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from pipeline.dbt.profile import target_settings
from pipeline.errors import PipelineError
from pipeline.warehouse.spark.session import spark_session

_BATCH = 20_000

# The columns of each table: name in lower case, and type.
Columns = dict[str, str]


class TableReader(ABC):
    """Reads the tables and views of one warehouse, named in lower case.

    Attributes:
        location: How to name the warehouse to a person.
        tables: The columns of each table and view.
    """

    def __init__(self, location: str) -> None:
        self.location = location
        self.tables = self._read_columns()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:  # noqa: B027 a session goes on
        """Give the connection back: PostgreSQL cannot publish while it reads."""

    @abstractmethod
    def _read_columns(self) -> dict[str, Columns]: ...

    @abstractmethod
    def _select(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, without holding them all."""

    def _relation(self, table: str) -> str:
        return table

    def _in_byte_order(self, column: str) -> str:
        """SQL to order a text column by."""
        return column

    def count(self, table: str) -> int:
        """The number of rows in a table."""
        ((rows,),) = self._select(f"select count(*) from {self._relation(table)}")  # noqa: S608
        return int(rows)

    def scan(self, table: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a table with all its columns, in no order."""
        columns = ", ".join(self.tables[table])
        return self._select(f"select {columns} from {self._relation(table)}")  # noqa: S608

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """The rows of a table in the order of its columns, the first one first.

        Nulls come before everything, and text is ordered by its bytes.

        Args:
            table: A name of `tables`.
            columns: What to select.
        """
        order = ", ".join(
            f"case when {column} is null then 0 else 1 end, "
            + self._order(table, column)
            for column in columns
        )
        return self._select(
            f"select {', '.join(columns)} from {self._relation(table)} order by {order}"  # noqa: S608
        )

    def _order(self, table: str, column: str) -> str:
        kind = self.tables[table][column].lower()
        is_text = kind.startswith(("text", "varchar", "char", "string"))
        return self._in_byte_order(column) if is_text else column

    @staticmethod
    def _collect(rows: Iterable[tuple[str, str, str]]) -> dict[str, Columns]:
        found: dict[str, Columns] = {}
        for table, column, kind in rows:
            found.setdefault(table.lower(), {})[column.lower()] = kind
        return found


class SqliteReader(TableReader):
    """A SQLite file."""

    def __init__(self, path: Path) -> None:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        try:
            self._connection = sqlite3.connect(uri, uri=True)
            super().__init__(str(path))
        except sqlite3.Error as error:
            raise PipelineError(f"{path} cannot be read: {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _read_columns(self) -> dict[str, Columns]:
        return self._collect(
            self._select(
                "select tables.name, columns.name, columns.type "
                "from sqlite_schema as tables "
                "join pragma_table_info(tables.name) as columns "
                "where tables.type in ('table', 'view') "
                "order by tables.name, columns.cid"
            )
        )

    def _select(self, sql: str) -> Iterator[tuple[Any, ...]]:
        return iter(self._connection.execute(sql))


class DuckdbReader(TableReader):
    """A DuckDB file."""

    def __init__(self, path: Path) -> None:
        import duckdb

        from pipeline.warehouse.duckdb.engine import wording

        try:
            self._connection = duckdb.connect(str(path), read_only=True)
        except duckdb.Error as error:
            raise PipelineError(wording(path, str(error))) from error
        super().__init__(str(path))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _read_columns(self) -> dict[str, Columns]:
        return self._collect(
            self._select(
                "select table_name, column_name, data_type "
                "from information_schema.columns where table_schema = 'main' "
                "order by table_name, ordinal_position"
            )
        )

    def _select(self, sql: str) -> Iterator[tuple[Any, ...]]:
        cursor = self._connection.cursor().execute(sql)
        while batch := cursor.fetchmany(_BATCH):
            yield from batch


class PostgresReader(TableReader):
    """A schema of the PostgreSQL database that the profile names."""

    def __init__(self, schema: str) -> None:
        from pipeline.warehouse.postgres.engine import connect

        self._connection = connect(target_settings("postgres"))
        self._connection.set_session(readonly=True)
        self._schema = schema
        self._queries = 0
        super().__init__(f"postgres:{schema}")

    def close(self) -> None:
        """End the transaction and the connection."""
        self._connection.close()

    def _read_columns(self) -> dict[str, Columns]:
        with self._connection.cursor() as cursor:
            cursor.execute(
                "select table_name, column_name, data_type "
                "from information_schema.columns where table_schema = %s "
                "order by table_name, ordinal_position",
                (self._schema,),
            )
            return self._collect(cursor)

    def _relation(self, table: str) -> str:
        return f"{self._schema}.{table}"

    def _in_byte_order(self, column: str) -> str:
        return f'{column} collate "C"'

    def _select(self, sql: str) -> Iterator[tuple[Any, ...]]:
        # A named cursor stays on the server: an unnamed one fetches every row at once.
        self._queries += 1
        with self._connection.cursor(f"rows_{self._queries}") as cursor:
            cursor.itersize = _BATCH
            cursor.execute(sql)
            yield from cursor


class SparkReader(TableReader):
    """A schema of the local Spark catalogue that the profile names."""

    def __init__(self, schema: str) -> None:
        import pyspark  # noqa: F401 its absence comes before that of Java

        self._session = spark_session()
        self._schema = schema
        super().__init__(f"spark:{schema}")

    def _read_columns(self) -> dict[str, Columns]:
        if not self._session.catalog.databaseExists(self._schema):
            return {}
        found = {}
        tables = self._session.sql(f"show tables in {self._schema}")
        for (table,) in tables.where("not isTemporary").select("tableName").collect():
            fields = self._session.table(self._relation(table)).schema.fields
            found[table] = {
                field.name.lower(): field.dataType.simpleString() for field in fields
            }
        return found

    def _relation(self, table: str) -> str:
        return f"{self._schema}.{table}"

    def _select(self, sql: str) -> Iterator[tuple[Any, ...]]:
        for batch in self._session.sql(sql).toArrow().to_batches(_BATCH):
            yield from zip(*(column.to_pylist() for column in batch), strict=True)


def reader_for(place: str) -> TableReader:
    """A reader of the warehouse that a person names.

    Args:
        place: The path of a SQLite or DuckDB file; or `postgres` or `spark`, alone or
            followed by a colon and a schema.

    Raises:
        PipelineError: There is no warehouse of that name, or its engine is missing.
    """
    target, _, schema = place.partition(":")
    server_readers: dict[str, Callable[[str], TableReader]] = {
        "postgres": PostgresReader,
        "spark": SparkReader,
    }
    try:
        if target in server_readers:
            default = os.environ.get("DWH_SCHEMA", "ecommerce_dwh")
            return server_readers[target](schema or default)
        return _file_reader(Path(place))
    except ImportError as error:
        engine = target if target in server_readers else "duckdb"
        raise PipelineError(
            f"{place} needs packages that are not installed; "
            f"run: pip install '.[{engine}]'"
        ) from error


def _file_reader(path: Path) -> TableReader:
    try:
        # Not a pipe, which would be waited for.
        if not stat.S_ISREG(path.stat().st_mode):
            raise PipelineError(f"{path} is no file; name a SQLite or DuckDB file")
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        raise PipelineError(
            f"{path}: {error.strerror}; name a SQLite or DuckDB file, "
            "postgres[:schema] or spark[:schema]"
        ) from error
    if start == b"SQLite format 3\0":
        return SqliteReader(path)
    if start[8:12] == b"DUCK":
        return DuckdbReader(path)
    raise PipelineError(f"{path} is neither a SQLite nor a DuckDB file")
