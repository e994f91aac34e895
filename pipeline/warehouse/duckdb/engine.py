"""One DuckDB file, for tens of millions of lines on one machine."""

import gc
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from pipeline.errors import PipelineError
from pipeline.raw_files.contract import RawBatch
from pipeline.raw_files.raw_file import Advance, RawFile
from pipeline.raw_files.raw_folder import CheckedFolder
from pipeline.warehouse.append import BATCH, Appended, Area, Row, append
from pipeline.warehouse.arrow import ColumnTypes, batch_of, schema_of
from pipeline.warehouse.duckdb.errors import explained
from pipeline.warehouse.duckdb.reader import OFFLINE, table_hash
from pipeline.warehouse.engine import NOBODY, fill, write_loads
from pipeline.warehouse.file_engine import FileEngine
from pipeline.warehouse.location import engine_of_file
from pipeline.warehouse.sql import (
    ERASED_IDS,
    make_table,
    quoted,
    transaction,
    without_erased,
)

_COPIED_BYTES = 1 << 24

_SQL_TYPES = {"text": "varchar", "integer": "bigint", "real": "double"}


class DuckdbEngine(FileEngine):
    """A DuckDB file. Its readers may stay open while another version is published."""

    target = "duckdb"
    _sidecars = (".wal", ".tmp")

    @property
    def version(self) -> str:
        """The version of the library."""
        return f"DuckDB {duckdb.__version__}"

    def check_requirements(self) -> None:
        """The packages are pinned together, so nothing can be missing."""

    def check_published(self) -> None:
        """Refuse a path that DuckDB would not take as it is, before all else."""
        path = str(self.path)
        if "\\" in path or not _is_utf_8(path):
            raise PipelineError(
                f"{path!r} cannot be a DuckDB database: DuckDB takes a backslash for a "
                "slash, and no path that is not UTF-8; choose another database"
            )
        super().check_published()

    def _check_file(self) -> None:
        try:
            engine = engine_of_file(self.path)
        except OSError as error:
            raise PipelineError(
                f"{self.path} cannot be read: {error.strerror}"
            ) from None
        if engine != self.target:
            raise PipelineError(
                f"{self.path} is no DuckDB database; choose another database, or move "
                "it away"
            )
        super()._check_file()

    def _undo_unfinished_work(self, path: Path) -> None:
        log = path.with_name(path.name + ".wal")
        if log.exists():
            with self._connection(path) as connection:
                connection.execute("checkpoint")
                # A beginning that was never committed stays, and would keep the next
                # version from being opened. Nobody else writes while this is open.
                log.unlink(missing_ok=True)

    @contextmanager
    def _copied(self, path: Path) -> Iterator[None]:
        """Hold the published file, if there is one, while a copy stands in for it."""
        if not self.path.exists():
            yield
            return
        # Closed last: to close a file ends each hold of this process (POSIX locks).
        with self._settle_published(), self.path.open("rb") as published:
            with path.open("xb") as copy:
                shutil.copyfileobj(published, copy, _COPIED_BYTES)
            yield

    def _load_raw(
        self,
        path: Path,
        folder: CheckedFolder,
        batches: Sequence[RawBatch],
        advance: Advance,
    ) -> None:
        """Hand over Arrow's batches, of which DuckDB makes no copy."""
        with self._connection(path) as connection:
            with transaction(connection.execute):
                # Kept in their order, rows wait in memory and take half as long again.
                connection.execute("set preserve_insertion_order = false")
                write = partial(_write, connection)
                fill(folder.files, batches[-1].batch_id, advance, write)
                write_loads(folder, batches, write, partial(table_hash, connection))
            connection.execute("checkpoint")

    def append_raw(
        self, files: Sequence[RawFile], batch_id: int, held_id: int, advance: Advance
    ) -> Appended:
        """Delete and insert in one transaction."""
        with self._transaction(self.building) as connection:
            fill(files, batch_id, advance, partial(_write, connection), BATCH)
            tables = [file.table for file in files]
            return append(_DuckdbArea(connection), tables, held_id)

    def carry_over(
        self, tables: Sequence[str], erased: Mapping[str, str] = NOBODY
    ) -> dict[str, int]:
        """Copy the file and drop all else in it, or copy definitions and rows.

        With somebody to erase it must be rows: what was dropped or replaced is in the
        file's free room still.
        """
        copied: dict[str, int] = {}
        if not self.path.exists():
            return copied
        has_log = self._beside(".wal").exists()
        if erased is NOBODY and not has_log and not self.building.exists():
            return self._carry_file_over(tables)
        with self._connection(self.building) as connection:
            literal = str(self.path).replace("'", "''")
            connection.execute(f"attach '{literal}' as published (read_only)")
            ids = [("old_id", "text"), ("new_id", "text")]
            noted = pa.table(batch_of(ids, erased.items()))
            connection.register(ERASED_IDS, noted)
            with transaction(connection.execute):
                for table in tables:
                    found = connection.execute(
                        "select sql from duckdb_tables() "
                        "where database_name = 'published' and table_name = ?",
                        [table],
                    ).fetchone()
                    if found is None:
                        continue
                    connection.execute(found[0])
                    name = quoted(table)
                    query = f"from published.{name}"
                    if erased:
                        held = _DuckdbArea(connection).columns(table)
                        query = without_erased(
                            f"published.{name}", table, held, ERASED_IDS
                        )
                    insert = f"insert into {name} {query}"
                    copied[table] = _inserted(connection.execute(insert))
        return copied

    def _carry_file_over(self, tables: Sequence[str]) -> dict[str, int]:
        """Row by row, 15 million took 13 seconds. The build writes to what is freed."""
        shutil.copyfile(self.path, self.building)
        with self._connection(self.building) as connection:
            with transaction(connection.execute):
                found = connection.execute(
                    "select 'view', schema_name, view_name from duckdb_views() "
                    "where database_name = current_database() and not internal "
                    "union all "
                    "select 'table', schema_name, table_name from duckdb_tables() "
                    "where database_name = current_database() and not internal"
                ).fetchall()
                kept = [("table", "main", table) for table in tables]
                # Views first: they stand on tables.
                for kind, schema, name in sorted(set(found) - set(kept), reverse=True):
                    relation = f"{quoted(schema)}.{quoted(name)}"
                    connection.execute(f"drop {kind} {relation}")
            connection.execute("checkpoint")
            copied = {}
            for _, _, table in (each for each in kept if each in found):
                counted = f"select count(*) from {quoted(table)}"  # noqa: S608
                ((copied[table],),) = connection.execute(counted).fetchall()
        return copied

    def end_dbt(self) -> None:
        """Close the database that dbt's adapter keeps open in this process.

        As long as it is open, a new connection to its path would be one to the old
        file, whatever has been renamed since.
        """
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        environment = DuckDBConnectionManager._ENV
        DuckDBConnectionManager.close_all_connections()
        if environment is not None:
            with suppress(duckdb.Error):
                environment.close()
        del environment
        gc.collect()

    def write_batches(
        self, name: str, columns: ColumnTypes, batches: Iterable[pa.RecordBatch]
    ) -> None:
        """Replace a table of the build file."""
        with self._transaction(self.building) as connection:
            if self._schema:
                connection.execute(f"use {quoted(self._schema)}")
            _write(connection, name, columns, batches)

    def _finish_build(self) -> None:
        with self._connection(self.building) as connection:
            connection.execute("checkpoint")

    @contextmanager
    def _settle_published(self) -> Iterator[None]:
        self._undo_unfinished_work(self.path)
        # Other readers may stay; a reader of our own keeps writers out.
        with self._connection(self.path, read_only=True):
            yield

    @contextmanager
    def _connection(
        self, path: Path, *, read_only: bool = False
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        with explained(path):
            connection = duckdb.connect(str(path), read_only=read_only, config=OFFLINE)
            try:
                yield connection
            finally:
                connection.close()

    @contextmanager
    def _transaction(self, path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        with (
            self._connection(path) as connection,
            transaction(connection.execute),
        ):
            yield connection


class _DuckdbArea(Area):
    """What is done to a build file in one transaction."""

    types = _SQL_TYPES
    # As the macro trim_blanks: spaces alone, and most keys have none.
    trimmed = "case when contains({0}, ' ') then trim({0}, ' ') else {0} end"

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def run(self, sql: str) -> list[Row]:
        rows: list[Row] = self._connection.execute(sql).fetchall()
        return rows

    def columns(self, table: str) -> list[str]:
        columns = self._connection.execute(
            "select column_name from duckdb_columns() where table_name = ? "
            "and database_name = current_database()",
            [table],
        )
        return [name for (name,) in columns.fetchall()]


def _write(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: ColumnTypes,
    batches: Iterable[pa.RecordBatch],
) -> int:
    relation = quoted(name)
    make_table(connection.execute, relation, columns, _SQL_TYPES)
    stream = pa.RecordBatchReader.from_batches(schema_of(columns), batches)
    connection.register("batches", stream)
    rows = _inserted(connection.execute(f"insert into {relation} from batches"))
    connection.unregister("batches")
    return rows


def _inserted(answer: duckdb.DuckDBPyConnection) -> int:
    """The number of rows that an insert answers with."""
    ((rows,),) = answer.fetchall()
    return int(rows)


def _is_utf_8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:  # bytes of a name that are none
        return False
    return True
