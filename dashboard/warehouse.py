"""The one reader of the warehouse: SQLite, DuckDB or PostgreSQL, and never a writer.

A `Warehouse` is one published version. Its `identity` names that version, so whatever
is cached under it can never be mixed with another build's figures: a file is known by
its device, inode, time and size, a PostgreSQL schema by the ids of its tables.

SQL is written once for all engines, with `:name` for every value: values are bound by
the driver and never become part of the text.
"""

import datetime as dt
import importlib.util
import os
import re
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

DEFAULT_FILES = {"sqlite": "ecommerce_dwh.db", "duckdb": "ecommerce_dwh.duckdb"}
TARGETS = ("sqlite", "duckdb", "postgres")

Value = str | int | float | bool | dt.date | None
Rows = tuple[list[str], list[tuple[Any, ...]]]
Columns = dict[str, dict[str, str]]
Batches = Generator[list[tuple[Any, ...]], None, None]

# Rows that are in memory at a time, where all of a long answer need not be.
BATCH_ROWS = 20_000


class Trouble(StrEnum):
    """Why the warehouse cannot be shown."""

    SETTING = "setting"
    MISSING = "missing"
    NOT_A_DATABASE = "not a database"
    UNREACHABLE = "unreachable"
    BUSY = "busy"
    REPLACED = "replaced"
    EMPTY = "empty"
    NO_MARTS = "no marts"
    OLD_SCHEMA = "old schema"
    NO_SALES = "no sales"


class WarehouseError(Exception):
    """The warehouse cannot be read; both texts are meant for the user.

    Attributes:
        trouble: The kind.
        what: What is wrong, without paths.
        remedy: What to do about it, as Markdown.
    """

    def __init__(self, trouble: Trouble, what: str, remedy: str) -> None:
        super().__init__(what)
        self.trouble = trouble
        self.what = what
        self.remedy = remedy


@dataclass(frozen=True)
class Location:
    """Where the warehouse is.

    Attributes:
        target: sqlite, duckdb or postgres.
        database: The file, or PostgreSQL's database.
        schema: PostgreSQL's schema; empty for files.
    """

    target: str
    database: str
    schema: str = ""

    @property
    def path(self) -> Path:
        """The file of a SQLite or DuckDB warehouse."""
        return Path(self.database)


def location_from_environment(environment: Mapping[str, str]) -> Location:
    """The warehouse that `DWH_TARGET` and `DWH_DATABASE` name, as dbt reads them.

    Raises:
        WarehouseError: There is no reader for the target.
    """
    target = environment.get("DWH_TARGET") or "sqlite"
    if target not in TARGETS:
        raise WarehouseError(
            Trouble.SETTING,
            f"The dashboard cannot read the target “{target}”.",
            "Set `DWH_TARGET` to `sqlite`, `duckdb` or `postgres`. Marts built on "
            "Spark can be read after copying them to one of these.",
        )
    if target == "postgres":
        return Location(
            target,
            environment.get("PGDATABASE") or "ecommerce_dwh",
            environment.get("DWH_SCHEMA") or "ecommerce_dwh",
        )
    return Location(target, environment.get("DWH_DATABASE") or DEFAULT_FILES[target])


def identity(location: Location) -> str:
    """What names the version that is published right now.

    Raises:
        WarehouseError: There is none.
    """
    if location.target == "postgres":
        with _PostgresReader(location) as reader:
            return reader.identity()
    try:
        status = location.path.stat()
    except OSError:
        raise _missing() from None
    return f"{status.st_dev}-{status.st_ino}-{status.st_mtime_ns}-{status.st_size}"


def _missing() -> WarehouseError:
    return WarehouseError(
        Trouble.MISSING,
        "There is no warehouse yet.",
        "Run `make` for the demo shop, or load your own files with "
        "`python -m pipeline build --raw DIR`. If the warehouse has another name, "
        "set `DWH_DATABASE` to it before starting the dashboard.",
    )


# Made anew for each raise: an exception keeps its traceback, and with it every
# connection that was open on the way.
def _busy() -> WarehouseError:
    return WarehouseError(
        Trouble.BUSY,
        "The warehouse is being written right now.",
        "Wait until the build has finished; this page then shows up by itself. If none "
        "is running, one was broken off: run `python -m pipeline build`, which also "
        "publishes without this pause.",
    )


def _replaced() -> WarehouseError:
    return WarehouseError(
        Trouble.REPLACED,
        "Another build was published while this page was drawn.",
        "Look again: the page then shows the new figures.",
    )


def _unreachable() -> WarehouseError:
    return WarehouseError(
        Trouble.UNREACHABLE,
        "The PostgreSQL server does not answer, or refuses the login.",
        "Check `PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD` and `PGDATABASE`, and that "
        "the server is running.",
    )


def _not_a_database() -> WarehouseError:
    return WarehouseError(
        Trouble.NOT_A_DATABASE,
        "The warehouse file cannot be read as a database of the chosen engine.",
        "Check that `DWH_TARGET` and `DWH_DATABASE` belong together, or build the "
        "warehouse again: `python -m pipeline build`.",
    )


class _Reader(ABC):
    """One open connection that can only read."""

    @abstractmethod
    def columns(self) -> Columns:
        """Type by column of each table and view, by the table's name in lower case."""

    @abstractmethod
    def rows(self, sql: str, parameters: Mapping[str, Value]) -> Rows:
        """Column names and rows of a query."""

    @abstractmethod
    def cursor(self, sql: str, parameters: Mapping[str, Value]) -> Any:
        """An answer that is fetched bit by bit, as the driver gives it."""

    @abstractmethod
    def close(self) -> None:
        """Give the connection back."""

    @property
    def is_broken(self) -> bool:
        """Whether nothing can be asked any more."""
        return False


_ALLOWED_ACTIONS = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
    }
)


def _authorize(action: int, *_: str | None) -> int:
    """Only reading: `mode=ro` alone would still let ATTACH make files."""
    return sqlite3.SQLITE_OK if action in _ALLOWED_ACTIONS else sqlite3.SQLITE_DENY


class _SqliteReader(_Reader):
    def __init__(self, location: Location) -> None:
        path = quote(os.path.realpath(location.path))
        try:
            self._connection = sqlite3.connect(
                f"file:{path}?mode=ro", uri=True, timeout=2, check_same_thread=False
            )
        except sqlite3.DatabaseError as error:
            raise _sqlite_trouble(error) from None
        try:
            self._connection.execute("pragma cache_size = -65536")
            self._columns = self._read_columns()
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise _sqlite_trouble(error) from None
        self._connection.set_authorizer(_authorize)

    def _read_columns(self) -> Columns:
        return _grouped(
            self._connection.execute(
                "select m.name, c.name, c.type "
                "from sqlite_master m, pragma_table_info(m.name) c "
                "where m.type in ('table', 'view') order by m.name, c.cid"
            )
        )

    def columns(self) -> Columns:
        return self._columns

    def cursor(self, sql: str, parameters: Mapping[str, Value]) -> sqlite3.Cursor:
        bound = {
            name: value.isoformat() if isinstance(value, dt.date) else value
            for name, value in parameters.items()
        }
        return self._connection.execute(sql, bound)

    def rows(self, sql: str, parameters: Mapping[str, Value]) -> Rows:
        try:
            cursor = self.cursor(sql, parameters)
            names = [column[0] for column in cursor.description]
            return names, cursor.fetchall()
        except sqlite3.DatabaseError as error:
            raise _sqlite_trouble(error) from error

    def close(self) -> None:
        self._connection.close()


_UNREADABLE = (
    "unable to open",
    "not a database",
    "malformed",
    "file is encrypted",
    "disk I/O error",
)


def _sqlite_trouble(error: sqlite3.DatabaseError) -> WarehouseError | Exception:
    """What a failure of SQLite means to the user; a mistake in our SQL stays one."""
    text = str(error)
    if "locked" in text or "readonly" in text:
        return _busy()
    if any(sign in text for sign in _UNREADABLE):
        return _not_a_database()
    if text.startswith(("no such table", "no such column")):
        return old_schema([text.removeprefix("no such ")])
    return error


class _DuckDBReader(_Reader):
    def __init__(self, location: Location) -> None:
        if importlib.util.find_spec("duckdb") is None:
            raise _no_driver("duckdb")
        import duckdb

        self._errors = duckdb
        path = os.path.realpath(location.path).replace("'", "''")
        # An own instance in memory: one opened by path would be shared within this
        # process, and go on serving the old file after a new one took its name.
        connection = duckdb.connect(":memory:")
        try:
            connection.execute(f"attach '{path}' as warehouse (read_only)")
            connection.execute("set enable_external_access = false")
            connection.execute("set lock_configuration = true")
        except duckdb.IOException as error:
            connection.close()
            raise (_busy() if "lock" in str(error) else _not_a_database()) from None
        except duckdb.Error:
            connection.close()
            raise _not_a_database() from None
        self._connection = connection

    def cursor(self, sql: str, parameters: Mapping[str, Value]) -> Any:
        return self._cursor().execute(_PLACEHOLDER.sub(r"$\1", sql), dict(parameters))

    def _cursor(self) -> Any:
        """A cursor on the attached file: `use` holds for one cursor only."""
        cursor = self._connection.cursor()
        cursor.execute("use warehouse")
        return cursor

    def columns(self) -> Columns:
        return _grouped(
            self._cursor()
            .execute(
                "select table_name, column_name, data_type "
                "from information_schema.columns "
                "where table_catalog = 'warehouse' "
                "order by table_name, ordinal_position"
            )
            .fetchall()
        )

    def rows(self, sql: str, parameters: Mapping[str, Value]) -> Rows:
        cursor = self._cursor()
        try:
            cursor.execute(_PLACEHOLDER.sub(r"$\1", sql), dict(parameters))
            names = [column[0] for column in cursor.description or ()]
            return names, cursor.fetchall()
        except self._errors.CatalogException as error:
            raise old_schema([str(error).partition("!")[0]]) from error
        finally:
            cursor.close()

    def frame(self, sql: str, parameters: Mapping[str, Value]) -> pd.DataFrame:
        """Like `rows`, by DuckDB's own and much faster way into pandas."""
        cursor = self._cursor()
        try:
            cursor.execute(_PLACEHOLDER.sub(r"$\1", sql), dict(parameters))
            frame: pd.DataFrame = cursor.df()
            return frame
        except self._errors.CatalogException as error:
            raise old_schema([str(error).partition("!")[0]]) from error
        finally:
            cursor.close()

    def close(self) -> None:
        self._connection.close()


class _PostgresReader(_Reader):
    def __init__(self, location: Location) -> None:
        if importlib.util.find_spec("psycopg2") is None:
            raise _no_driver("postgres")
        import psycopg2
        import psycopg2.extensions as extensions

        self._schema = location.schema
        self._errors = psycopg2
        try:
            self._connection = psycopg2.connect(
                dbname=location.database,
                user=os.environ.get("PGUSER") or "postgres",
                host=os.environ.get("PGHOST") or "localhost",
                connect_timeout=5,
                application_name="dashboard",
                options="-c default_transaction_read_only=on "
                "-c statement_timeout=60000",
            )
        except psycopg2.OperationalError:
            raise _unreachable() from None
        self._connection.set_session(readonly=True, autocommit=True)
        as_float = extensions.new_type(
            extensions.DECIMAL.values,
            "decimal_as_float",
            lambda value, _: None if value is None else float(value),
        )
        extensions.register_type(as_float, self._connection)
        self.rows(
            "select set_config('search_path', quote_ident(:schema), false)",
            {"schema": location.schema},
        )

    def __enter__(self) -> "_PostgresReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def identity(self) -> str:
        """Changes with every table that is replaced: each has its own id."""
        _, rows = self.rows(
            "select coalesce(md5(string_agg(c.oid || ':' || c.relfilenode, ',' "
            "order by c.oid)), '') from pg_class c "
            "join pg_namespace n on n.oid = c.relnamespace "
            "where n.nspname = :schema and c.relkind in ('r', 'v')",
            {"schema": self._schema},
        )
        return f"{self._schema}-{rows[0][0]}"

    def columns(self) -> Columns:
        _, rows = self.rows(
            "select table_name, column_name, data_type "
            "from information_schema.columns "
            "where table_schema = :schema order by table_name, ordinal_position",
            {"schema": self._schema},
        )
        return _grouped(rows)

    def cursor(self, sql: str, parameters: Mapping[str, Value]) -> Any:
        # The server keeps the answer, outside of any transaction.
        cursor = self._connection.cursor("batches", withhold=True)
        cursor.execute(_bound_by_name(sql), dict(parameters))
        return cursor

    def rows(self, sql: str, parameters: Mapping[str, Value]) -> Rows:
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(_bound_by_name(sql), dict(parameters))
                names = [column[0] for column in cursor.description or ()]
                return names, cursor.fetchall()
        except self._errors.errors.UndefinedTable as error:
            raise old_schema([str(error).splitlines()[0]]) from error
        except self._errors.OperationalError:
            raise (_unreachable() if self.is_broken else _busy()) from None

    def close(self) -> None:
        self._connection.close()

    @property
    def is_broken(self) -> bool:
        """Whether the server has gone away since."""
        return bool(self._connection.closed)


def _bound_by_name(sql: str) -> str:
    """The query with placeholders as PostgreSQL's driver has them."""
    return _PLACEHOLDER.sub(r"%(\1)s", sql.replace("%", "%%"))


def _grouped(rows: Iterable[tuple[Any, ...]]) -> Columns:
    found: Columns = {}
    for table, column, data_type in rows:
        found.setdefault(str(table).lower(), {})[str(column)] = str(data_type).lower()
    return found


def _named(sql: str, parameters: Mapping[str, Value] | None) -> dict[str, Value]:
    """Those of the values that the query names."""
    named = set(_PLACEHOLDER.findall(sql))
    return {k: v for k, v in (parameters or {}).items() if k in named}


def _plain_number(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _no_driver(extra: str) -> WarehouseError:
    return WarehouseError(
        Trouble.SETTING,
        f"The packages that read {extra} are not installed.",
        f"Run `pip install '.[{extra}]'`, then start the dashboard again.",
    )


def old_schema(missing: Iterable[str]) -> WarehouseError:
    """The error for a warehouse that an older version of the project built."""
    return WarehouseError(
        Trouble.OLD_SCHEMA,
        "This warehouse was built by another version of the project. It lacks: "
        + ", ".join(missing)
        + ".",
        "Build it again with this version: `python -m pipeline build`, or `make` for "
        "the demo shop.",
    )


# A colon that is not part of a cast, followed by a name.
_PLACEHOLDER = re.compile(r"(?<!:):([a-z_][a-z0-9_]*)")

_READERS: dict[str, Callable[[Location], _Reader]] = {
    "sqlite": _SqliteReader,
    "duckdb": _DuckDBReader,
    "postgres": _PostgresReader,
}


class Warehouse:
    """One published version of the warehouse, open for reading.

    Several threads may query it at the same time. A file is read on in the version that
    it was opened on, also after another one has been published under the same name; a
    PostgreSQL schema then gives no answer, for its tables are others.

    Attributes:
        location: Where it is.
        identity: What names this version.
        columns: Type by column of each table, by the table's name in lower case.
    """

    def __init__(self, location: Location) -> None:
        self.location = location
        self._lock = threading.Condition()
        self._idle: list[_Reader] = []
        self.identity = ""
        # A rename between the two looks would give one version another's name.
        for _ in range(5):
            before = identity(location)
            reader = _READERS[location.target](location)
            if identity(location) == before:
                self.identity = before
                break
            reader.close()
        else:
            raise _busy()
        self.columns = reader.columns()
        self._idle.append(reader)

    @property
    def target(self) -> str:
        """The engine's name."""
        return self.location.target

    def has(self, table: str, *columns: str) -> bool:
        """Whether there is such a table, with all these columns."""
        return set(columns) <= set(self.columns.get(table.lower(), ())) and (
            table.lower() in self.columns
        )

    def query(
        self, sql: str, parameters: Mapping[str, Value] | None = None
    ) -> pd.DataFrame:
        """The rows of a query.

        Args:
            sql: A select, with `:name` for every value.
            parameters: The values; more than the query names are ignored.

        Raises:
            WarehouseError: The warehouse is busy, lacks a table, or was replaced.
        """
        bound = _named(sql, parameters)
        reader = self._take()
        try:
            if isinstance(reader, _DuckDBReader):
                return reader.frame(sql, bound)
            names, rows = reader.rows(sql, bound)
            if isinstance(reader, _PostgresReader) and (
                reader.identity() != self.identity
            ):
                raise _replaced()
        finally:
            self._give_back(reader)
        return pd.DataFrame.from_records(rows, columns=names)

    def batches(
        self, sql: str, parameters: Mapping[str, Value] | None = None
    ) -> Batches:
        """The rows of a query, some at a time, amounts as plain numbers.

        Args:
            sql: A select, with `:name` for every value.
            parameters: The values.
        """
        reader = self._take()
        try:
            with closing(reader.cursor(sql, _named(sql, parameters))) as cursor:
                while rows := cursor.fetchmany(BATCH_ROWS):
                    if self.target == "duckdb":
                        rows = [tuple(map(_plain_number, row)) for row in rows]
                    yield rows
        finally:
            self._give_back(reader)

    def _take(self) -> _Reader:
        with self._lock:
            if self.target == "duckdb":
                return self._idle[0]  # hands out cursors, which are safe to share
            if self._idle:
                return self._idle.pop()
        if self._is_current():
            reader = _READERS[self.target](self.location)
            if self._is_current():
                return reader
            reader.close()
        if self.target == "postgres":
            raise _replaced()
        # Only the connections already open still see this version: wait for one.
        with self._lock:
            while not self._idle:
                self._lock.wait()
            return self._idle.pop()

    def _is_current(self) -> bool:
        try:
            return identity(self.location) == self.identity
        except WarehouseError:
            return False

    def _give_back(self, reader: _Reader) -> None:
        if self.target == "duckdb":
            return
        if reader.is_broken:
            reader.close()
            return
        with self._lock:
            self._idle.append(reader)
            self._lock.notify()

    def close(self) -> None:
        """Close all connections that are not in use."""
        with self._lock:
            for reader in self._idle:
                reader.close()
            self._idle.clear()
