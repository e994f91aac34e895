"""The embedded default: one SQLite file."""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.errors import PipelineError
from pipeline.raw_files.contract import RAW_LOADS, RAW_LOADS_COLUMNS, RawTable
from pipeline.raw_files.raw_file import Advance, RawFile
from pipeline.terminal.interrupts import uninterrupted
from pipeline.warehouse.engine import Numbers, RawLoad, numbers_of
from pipeline.warehouse.file_engine import FileEngine

DEFAULT_DATABASE = "ecommerce_dwh.db"
MINIMUM_VERSION = (3, 35, 0)

# What the models need, and a query that fails without it.
PROBES: tuple[tuple[str, str], ...] = (
    ("window functions", "select row_number() over (order by 1)"),
    ("JSON functions", "select json_object('a', 1), value from json_each('[1]')"),
    ("JSON aggregates", "select json_group_object('a', 1)"),
    ("mathematical functions", "select ln(2.0), exp(1.0), pow(2.0, 0.5), floor(1.5)"),
)

# What a reader is told of a journal that only a writer may roll back.
_UNFINISHED = ("SQLITE_READONLY_ROLLBACK", "SQLITE_READONLY_RECOVERY")

# Rows whose hash is taken at once.
_HASHED_ROWS = 10_000

# How long to wait for another program's write, in seconds.
BUSY_SECONDS = 5.0
BUSY_SECONDS_TO_PUBLISH = 60.0

# Rows fetched at a time.
_BATCH = 50_000


class SqliteEngine(FileEngine):
    """A SQLite file, never in WAL mode once published."""

    target = "sqlite"
    _sidecars = ("-journal", "-wal", "-shm")

    def __init__(self, database: str | None) -> None:
        super().__init__(database or DEFAULT_DATABASE)

    @property
    def version(self) -> str:
        """The version of the library that Python uses."""
        return f"SQLite {sqlite3.sqlite_version}"

    def check_requirements(self) -> None:
        """Ask the library itself for each function that the models need."""
        with closing(sqlite3.connect(":memory:")) as connection:
            check_library(connection)

    def _check_file(self) -> None:
        with _worded(self.path), _reading(self.path) as connection:
            try:
                tables = [
                    name
                    for (name,) in connection.execute(
                        "select name from sqlite_master where type in ('table', 'view')"
                        " and name not like 'sqlite\\_%' escape '\\' order by name"
                    )
                ]
            except sqlite3.OperationalError as error:
                if error.sqlite_errorname in _UNFINISHED:
                    return  # it is asked again when that is undone
                raise
        if tables and RAW_LOADS not in tables:
            some = ", ".join(tables[:3]) + (", ..." if len(tables) > 3 else "")
            raise PipelineError(
                f"{self.path} is a database of another program (it holds {some} and "
                f"no {RAW_LOADS}); choose another database, or move it away"
            )

    def _undo_unfinished_work(self) -> None:
        with _worded(self.path), self._connection(self.path) as connection:
            # Opened for writing, so that a killed writer's journal is rolled back.
            connection.execute("begin immediate")
            connection.execute("rollback")

    def load_raw(
        self,
        files: Sequence[RawFile],
        loads: Sequence[RawLoad],
        advance: Advance,
        *,
        in_place: bool,
    ) -> Sequence[str]:
        """Insert every row with prepared statements, empty fields as null.

        In place, that is in a copy, which takes the published file's name: a killed
        load would leave a journal there, and whoever may only read cannot open a file
        with one.
        """
        if not in_place:
            self._load_raw(self.building, files, loads, advance)
            return []
        self._remove(self.loading)
        try:
            with self._copied(self.loading):
                self._load_raw(self.loading, files, loads, advance)
                with uninterrupted():
                    return self._replace_published(self.loading)
        finally:
            self._remove(self.loading)

    @contextmanager
    def _copied(self, path: Path) -> Iterator[None]:
        """Hold the published file, if there is one, while a copy stands in for it."""
        if not self.path.exists():
            yield
            return
        with (
            self._settle_published(BUSY_SECONDS),
            _worded(self.path),
            self._connection(self.path) as published,
        ):
            with self._connection(path) as connection:
                _write_without_safety(connection)
                published.backup(connection)
            yield

    def _load_raw(
        self,
        path: Path,
        files: Sequence[RawFile],
        loads: Sequence[RawLoad],
        advance: Advance,
    ) -> None:
        with _worded(path), self._connection(path) as connection:
            _write_without_safety(connection)
            with _transaction(connection):
                for file in files:
                    _fill(connection, file, advance)
                hashed = [
                    replace(load, table_hash=_table_hash(connection, load.raw_table))
                    for load in loads
                ]
                _write(
                    *(connection, RAW_LOADS, RAW_LOADS_COLUMNS, map(astuple, hashed))
                )

    def published_loads(self) -> list[RawLoad]:
        """Read them from raw_loads."""
        if not self.path.exists():
            return []
        with _worded(self.path), self._connection(self.path) as connection:
            if not _definition(connection, RAW_LOADS):
                return []
            rows = connection.execute(f"select * from {RAW_LOADS}")  # noqa: S608
            columns = [column[0] for column in rows.description]
            return [RawLoad.from_columns(columns, row) for row in rows]

    def table_hash(self, name: str) -> str:
        """SHA-256 of the rows in their order, as SQLite writes them in JSON."""
        with _worded(self.building), self._connection(self.building) as connection:
            return _table_hash(connection, name)

    def carry_over(self, tables: Sequence[str]) -> dict[str, int]:
        """Copy definitions, rows and indexes."""
        copied: dict[str, int] = {}
        if not self.path.exists():
            return copied
        with (
            _worded(self.building),
            self._connection(self.path) as published,
            self._connection(self.building) as building,
        ):
            _write_without_safety(building)
            found = {
                table: definition
                for table in tables
                if (definition := _definition(published, table)) is not None
            }
            for definition in found.values():
                building.execute(definition)
            # The build is attached to the published file and not the other way round:
            # dbt's views say `main.`, and would be malformed in an attached file.
            published.execute("attach database ? as building", (str(self.building),))
            published.execute("pragma building.synchronous = off")
            for table in found:
                name = _quoted(table)
                copied[table] = published.execute(
                    f"insert into building.{name} select * from main.{name}"  # noqa: S608
                ).rowcount
            published.execute("detach database building")
            for table in found:
                for (index,) in published.execute(
                    "select sql from sqlite_master where type = 'index' "
                    "and tbl_name = ? collate nocase and sql is not null",
                    (table,),
                ):
                    building.execute(index)
        return copied

    def dbt_environment(self) -> dict[str, str]:
        """The profile's path is the build file."""
        return {"DWH_TARGET": self.target, "DWH_DATABASE": str(self.building)}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Read from the build file."""
        with _worded(self.building), self._connection(self.building) as connection:
            return connection.execute(sql).fetchall()

    def read_numbers(self, sql: str) -> Numbers:
        """Read from the build file, some rows at a time."""
        with _worded(self.building), self._connection(self.building) as connection:
            cursor = connection.execute(sql)
            batches = iter(lambda: cursor.fetchmany(_BATCH), [])
            return numbers_of(len(cursor.description), batches)

    def has_table(self, name: str) -> bool:
        """Look it up in the build file, which may not exist yet."""
        if not self.building.exists():
            return False
        with _worded(self.building), self._connection(self.building) as connection:
            return _definition(connection, name) is not None

    def write_table(
        self,
        name: str,
        columns: Sequence[tuple[str, str]],
        rows: Iterable[Sequence[object]],
    ) -> None:
        """Replace a table of the build file."""
        with _worded(self.building), self._connection(self.building) as connection:
            if self.building != self.path:
                _write_without_safety(connection)
            with _transaction(connection):
                _write(connection, name, columns, rows)

    def write_batches(
        self,
        name: str,
        columns: Sequence[tuple[str, str]],
        batches: Iterable[pa.RecordBatch],
    ) -> None:
        """Replace a table of the build file, a row at a time from each batch."""
        self.write_table(
            name,
            columns,
            (
                row
                for batch in batches
                for row in zip(*(each.to_pylist() for each in batch), strict=True)
            ),
        )

    def _finish_build(self) -> None:
        with _worded(self.building), self._connection(self.building) as connection:
            _leave_wal(connection, self.building)
            # Rolls back what a thread of dbt may have left, so that the file is whole.
            connection.execute("begin immediate")
            connection.execute("rollback")
        for suffix in self._sidecars:
            if self.building.with_name(self.building.name + suffix).exists():
                raise PipelineError(
                    f"{self.building}{suffix} is there though the build has ended; "
                    "close whatever has opened the build and run this again"
                )

    @contextmanager
    def _settle_published(self, timeout: float | None = None) -> Iterator[None]:
        timeout = BUSY_SECONDS_TO_PUBLISH if timeout is None else timeout
        with (
            _worded(self.path),
            self._connection(self.path, timeout) as connection,
        ):
            # SQLite would take a WAL left beside the new file for the new file's own.
            _leave_wal(connection, self.path)
            connection.execute("begin immediate")
            try:
                yield
            finally:
                # Its file may have been replaced, which no failure here undoes.
                with suppress(sqlite3.Error):
                    connection.execute("rollback")

    @contextmanager
    def _connection(
        self, path: Path, timeout: float | None = None
    ) -> Iterator[sqlite3.Connection]:
        timeout = BUSY_SECONDS if timeout is None else timeout
        with closing(
            sqlite3.connect(path, timeout=timeout, isolation_level=None)
        ) as connection:
            yield connection


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    uri = f"{path.as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as connection:
        yield connection


def check_library(connection: sqlite3.Connection) -> None:
    """Refuse a SQLite that cannot run the models.

    Raises:
        PipelineError: What is missing.
    """
    upgrade = "use a Python with a newer SQLite (python.org's installers have one)"
    if sqlite3.sqlite_version_info < MINIMUM_VERSION:
        wanted = ".".join(map(str, MINIMUM_VERSION))
        raise PipelineError(
            f"SQLite {sqlite3.sqlite_version} is too old; expected {wanted} or newer: "
            f"{upgrade}"
        )
    for what, probe in PROBES:
        try:
            connection.execute(probe).fetchall()
        except sqlite3.Error as error:
            raise PipelineError(
                f"SQLite {sqlite3.sqlite_version} lacks {what} ({error}): {upgrade}"
            ) from None


def _fill(connection: sqlite3.Connection, file: RawFile, advance: Advance) -> None:
    table: RawTable = file.table
    columns = [(name, "text") for name in table.columns]
    _create(connection, table.name, columns)
    present = file.header.columns
    values = ", ".join(["nullif(?, '')"] * len(present))
    insert = f"insert into {table.name} ({', '.join(present)}) values ({values})"  # noqa: S608
    rows = 0
    with file.readable():
        for batch in file.batches(advance) if file.row_count else ():
            rows += connection.executemany(insert, batch).rowcount
    file.confirm(rows)


def _create(
    connection: sqlite3.Connection, name: str, columns: Sequence[tuple[str, str]]
) -> None:
    connection.execute(f"drop table if exists {_quoted(name)}")
    defined = ", ".join(f"{_quoted(column)} {kind}" for column, kind in columns)
    connection.execute(f"create table {_quoted(name)} ({defined})")


def _write(
    connection: sqlite3.Connection,
    name: str,
    columns: Sequence[tuple[str, str]],
    rows: Iterable[Sequence[object]],
) -> None:
    _create(connection, name, columns)
    marks = ", ".join("?" * len(columns))
    connection.executemany(
        f"insert into {_quoted(name)} values ({marks})",  # noqa: S608
        rows,
    )


def _table_hash(connection: sqlite3.Connection, table: str) -> str:
    """Of many rows at a time: a call of Python for each would take twice as long."""
    name = _quoted(table)
    columns = ", ".join(
        _quoted(column)
        for (column,) in connection.execute(
            "select name from pragma_table_info(?)", (table,)
        )
    )
    digest = hashlib.sha256()
    step = _HASHED_ROWS
    (last,) = connection.execute(f"select min(rowid) - 1 from {name}").fetchone()  # noqa: S608
    while last is not None:
        (end,) = connection.execute(
            f"select max(rowid) from (select rowid from {name} "  # noqa: S608
            "where rowid > ? order by rowid limit ?)",
            (last, step),
        ).fetchone()
        if end is None:
            break
        try:
            # As bytes: damaged text may be no UTF-8.
            ((rows,),) = connection.execute(
                f"select cast(json_group_array(json_array({columns})) as blob) "  # noqa: S608
                f"from {name} where rowid > ? and rowid <= ?",
                (last, end),
            )
        except sqlite3.DataError:  # more than a text can hold
            if step == 1:
                raise
            step = max(1, step // 100)
            continue
        digest.update(rows)
        last = end
    return f"SHA-256 of {_HASHED_ROWS} rows of JSON: {digest.hexdigest()}"


def _definition(connection: sqlite3.Connection, table: str) -> str | None:
    row = connection.execute(
        "select sql from sqlite_master "
        "where type = 'table' and name = ? collate nocase",
        (table,),
    ).fetchone()
    return None if row is None else str(row[0])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _write_without_safety(connection: sqlite3.Connection) -> None:
    """For the build file only: a killed build is thrown away, a finished one synced."""
    connection.execute("pragma synchronous = off")


def _leave_wal(connection: sqlite3.Connection, path: Path) -> None:
    (mode,) = connection.execute("pragma journal_mode").fetchone()
    if mode == "wal":
        (mode,) = connection.execute("pragma journal_mode = delete").fetchone()
    if mode == "wal":
        raise PipelineError(
            f"{path} is in WAL mode and open in another program; close that program "
            "and run this again"
        )


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("begin immediate")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # a full disk has rolled it back already
            connection.execute("rollback")
        raise
    connection.execute("commit")


@contextmanager
def _worded(path: Path) -> Iterator[None]:
    """Word SQLite's errors for the user, with what to do.

    Raises:
        PipelineError: Instead of sqlite3's own.
    """
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        raise PipelineError(_wording(path, name, str(error))) from None


def _wording(path: Path, name: str, text: str) -> str:
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return (
            f"{path} is being written by another program; "
            "run this again when it has finished"
        )
    if name.startswith("SQLITE_NOTADB"):
        return f"{path} is no SQLite database; choose another database, or move it away"
    if name.startswith("SQLITE_CORRUPT"):
        return (
            f"{path} is damaged ({text}); move it away and build again, or restore "
            f"{path}.previous"
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return f"{path} cannot be written to ({text}); choose another database"
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return f"{path} cannot be written ({text}); free some disk space and run again"
    return f"{path}: {text}"
