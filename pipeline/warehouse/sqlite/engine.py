"""The embedded default: one SQLite file."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from functools import partial
from pathlib import Path

import pyarrow as pa

from pipeline.errors import PipelineError
from pipeline.raw_files.contract import RawBatch
from pipeline.raw_files.raw_file import Advance, RawFile
from pipeline.raw_files.raw_folder import CheckedFolder
from pipeline.warehouse.append import BATCH, Appended, Area, Row, append
from pipeline.warehouse.arrow import ColumnTypes, rows_of
from pipeline.warehouse.engine import NOBODY, fill, write_loads
from pipeline.warehouse.file_engine import FileEngine
from pipeline.warehouse.sql import (
    ERASED_IDS,
    make_table,
    quoted,
    transaction,
    without_erased,
)
from pipeline.warehouse.sqlite.errors import explained
from pipeline.warehouse.sqlite.reader import table_hash

MINIMUM_VERSION = (3, 35, 0)

# What the models need, and a query that fails without it.
PROBES: tuple[tuple[str, str], ...] = (
    ("window functions", "select row_number() over (order by 1)"),
    ("JSON functions", "select json_object('a', 1), value from json_each('[1]')"),
    ("JSON aggregates", "select json_group_object('a', 1)"),
    ("mathematical functions", "select ln(2.0), exp(1.0), pow(2.0, 0.5), floor(1.5)"),
)

# How long to wait for another program's write, in seconds.
BUSY_SECONDS = 5.0
BUSY_SECONDS_TO_PUBLISH = 60.0

_SQL_TYPES = {"text": "text", "integer": "integer", "real": "real"}


class SqliteEngine(FileEngine):
    """A SQLite file, never in WAL mode once published."""

    target = "sqlite"
    _sidecars = ("-journal", "-wal", "-shm")

    @property
    def version(self) -> str:
        """The version of the library that Python uses."""
        return f"SQLite {sqlite3.sqlite_version}"

    def check_requirements(self) -> None:
        """Ask the library itself for each function that the models need."""
        with closing(sqlite3.connect(":memory:")) as connection:
            check_library(connection)

    def _undo_unfinished_work(self, path: Path) -> None:
        with self._connection(path) as connection:
            if path != self.path:
                _leave_wal(connection, path)
            # Opened for writing, so that a killed writer's journal is rolled back.
            connection.execute("begin immediate")
            connection.execute("rollback")

    @contextmanager
    def _copied(self, path: Path) -> Iterator[None]:
        """Hold the published file, if there is one, while a copy stands in for it."""
        if not self.path.exists():
            yield
            return
        with (
            self._settle_published(BUSY_SECONDS),
            self._connection(self.path) as published,
        ):
            with self._connection(path) as connection:
                _write_without_safety(connection)
                published.backup(connection)
            yield

    def _load_raw(
        self,
        path: Path,
        folder: CheckedFolder,
        batches: Sequence[RawBatch],
        advance: Advance,
    ) -> None:
        with self._connection(path) as connection:
            _write_without_safety(connection)
            with _transaction(connection):
                write = partial(_write, connection)
                fill(folder.files, batches[-1].batch_id, advance, write)
                write_loads(folder, batches, write, partial(table_hash, connection))

    def append_raw(
        self, files: Sequence[RawFile], batch_id: int, held_id: int, advance: Advance
    ) -> Appended:
        """Delete and insert in one transaction."""
        with self._connection(self.building) as connection:
            _write_without_safety(connection)
            with _transaction(connection):
                fill(files, batch_id, advance, partial(_write, connection), BATCH)
                tables = [file.table for file in files]
                return append(_SqliteArea(connection), tables, held_id)

    def carry_over(
        self, tables: Sequence[str], erased: Mapping[str, str] = NOBODY
    ) -> dict[str, int]:
        """Copy definitions, rows and indexes."""
        copied: dict[str, int] = {}
        if not self.path.exists():
            return copied
        with (
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
            if erased:
                _note_erased(published, erased)
            for table in found:
                name = quoted(table)
                query = f"select * from main.{name}"  # noqa: S608
                if erased:
                    held = _SqliteArea(published).columns(table)
                    query = without_erased(f"main.{name}", table, held, ERASED_IDS)
                copied[table] = published.execute(
                    f"insert into building.{name} {query}"
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

    def write_batches(
        self, name: str, columns: ColumnTypes, batches: Iterable[pa.RecordBatch]
    ) -> None:
        """Replace a table of the build file, a row at a time from each batch."""
        with self._connection(self.building) as connection:
            if self.building != self.path:
                _write_without_safety(connection)
            with _transaction(connection):
                _write(connection, name, columns, batches)

    def _finish_build(self) -> None:
        with self._connection(self.building) as connection:
            _leave_wal(connection, self.building)
            # Rolls back what a thread of dbt may have left, so that the file is whole.
            connection.execute("begin immediate")
            connection.execute("rollback")

    @contextmanager
    def _settle_published(self, timeout: float | None = None) -> Iterator[None]:
        timeout = BUSY_SECONDS_TO_PUBLISH if timeout is None else timeout
        with self._connection(self.path, timeout) as connection:
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
        with (
            explained(path),
            closing(
                sqlite3.connect(path, timeout=timeout, isolation_level=None)
            ) as connection,
        ):
            yield connection


def check_library(connection: sqlite3.Connection) -> None:
    """Refuse a SQLite that cannot run the models."""
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


class _SqliteArea(Area):
    """What is done to a build file in one transaction."""

    types = _SQL_TYPES

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, sql: str) -> list[Row]:
        return self._connection.execute(sql).fetchall()

    def columns(self, table: str) -> list[str]:
        columns = self._connection.execute(
            "select name from pragma_table_info(?)", (table,)
        )
        return [name for (name,) in columns]


def _write(
    connection: sqlite3.Connection,
    name: str,
    columns: ColumnTypes,
    batches: Iterable[pa.RecordBatch],
) -> int:
    relation = quoted(name)
    make_table(connection.execute, relation, columns, _SQL_TYPES)
    marks = ", ".join("?" * len(columns))
    insert = f"insert into {relation} values ({marks})"  # noqa: S608
    return connection.executemany(insert, rows_of(batches)).rowcount


def _note_erased(connection: sqlite3.Connection, erased: Mapping[str, str]) -> None:
    """Make a table of ids in memory, which ends with the connection."""
    connection.execute("pragma temp_store = memory")
    connection.execute(
        f"create temporary table {ERASED_IDS} (old_id text primary key, new_id text)"
    )
    insert = f"insert into {ERASED_IDS} values (?, ?)"  # noqa: S608
    connection.executemany(insert, erased.items())


def _definition(connection: sqlite3.Connection, table: str) -> str | None:
    row = connection.execute(
        "select sql from sqlite_master "
        "where type = 'table' and name = ? collate nocase",
        (table,),
    ).fetchone()
    return None if row is None else str(row[0])


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


def _transaction(connection: sqlite3.Connection) -> AbstractContextManager[None]:
    return transaction(connection.execute, "begin immediate")
