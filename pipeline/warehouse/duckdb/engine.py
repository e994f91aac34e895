"""One DuckDB file, for tens of millions of lines on one machine."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from pipeline.errors import PipelineError
from pipeline.raw_files.contract import RAW_LOADS, RAW_LOADS_COLUMNS
from pipeline.raw_files.csv_files import CsvFile
from pipeline.raw_files.parquet_files import ParquetFile
from pipeline.raw_files.raw_file import Advance, RawFile
from pipeline.warehouse.engine import Numbers, RawLoad
from pipeline.warehouse.file_engine import FileEngine

DEFAULT_DATABASE = "ecommerce_dwh.duckdb"

# A DuckDB file says so after the checksum of its first block.
_MAGIC = b"DUCK"
_MAGIC_OFFSET = 8

_UNREADABLE = (
    duckdb.InvalidInputException,
    duckdb.ConversionException,
    duckdb.IOException,
)

_SQL_TYPES = {"text": "varchar", "integer": "bigint", "real": "double"}
_ARROW_TYPES = {"text": pa.string(), "integer": pa.int64(), "real": pa.float64()}


class DuckdbEngine(FileEngine):
    """A DuckDB file. Its readers may stay open while another version is published."""

    target = "duckdb"
    _sidecars = (".wal", ".tmp")

    def __init__(self, database: str | None) -> None:
        super().__init__(database or DEFAULT_DATABASE)

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
            with self.path.open("rb") as file:
                start = file.read(_MAGIC_OFFSET + len(_MAGIC))
        except OSError as error:
            raise PipelineError(
                f"{self.path} cannot be read: {error.strerror}"
            ) from None
        if start[_MAGIC_OFFSET:] != _MAGIC:
            raise PipelineError(
                f"{self.path} is no DuckDB database; choose another database, or move "
                "it away"
            )
        with self._connection(self.path, read_only=True) as connection:
            tables = [
                name
                for (name,) in connection.execute(
                    "select table_name from information_schema.tables order by 1"
                ).fetchall()
            ]
        if tables and RAW_LOADS not in tables:
            some = ", ".join(tables[:3]) + (", ..." if len(tables) > 3 else "")
            raise PipelineError(
                f"{self.path} is a database of another program (it holds {some} and "
                f"no {RAW_LOADS}); choose another database, or move it away"
            )

    def _undo_unfinished_work(self) -> None:
        log = self._beside(".wal")
        if log.exists():
            with self._connection(self.path) as connection:
                connection.execute("checkpoint")
                # A beginning that was never committed stays, and would keep the next
                # version from being opened. Nobody else writes while this is open.
                log.unlink(missing_ok=True)

    def load_raw(
        self,
        files: Sequence[RawFile],
        loads: Sequence[RawLoad],
        advance: Advance,
        *,
        in_place: bool,
    ) -> Sequence[str]:
        """Read CSV with DuckDB's own parallel reader, Parquet through Arrow."""
        path = self.path if in_place else self.building
        new = not path.exists()
        # Files that pass the check, and that DuckDB's reader cannot read: with line
        # ends of both kinds, or an endless line. Its error ends the transaction.
        slowly: set[RawFile] = set()
        try:
            while not self._load_raw(path, files, loads, advance, slowly):
                pass
            return []
        except BaseException:
            if new:
                path.unlink(missing_ok=True)
                path.with_name(path.name + ".wal").unlink(missing_ok=True)
            raise

    def _load_raw(
        self,
        path: Path,
        files: Sequence[RawFile],
        loads: Sequence[RawLoad],
        advance: Advance,
        slowly: set[RawFile],
    ) -> bool:
        """Load all files, or add one to `slowly` and load none."""
        try:
            with self._connection(path) as connection, _transaction(connection):
                # Kept in their order, rows wait in memory and take half as long again.
                connection.execute("set preserve_insertion_order = false")
                for file in files:
                    _fill(connection, file, advance, slowly=file in slowly)
                hashed = [
                    replace(load, table_hash=_table_hash(connection, load.raw_table))
                    for load in loads
                ]
                _write(
                    *(connection, RAW_LOADS, RAW_LOADS_COLUMNS, map(astuple, hashed))
                )
        except _UnreadableHereError as error:
            slowly.add(error.file)
            return False
        return True

    def published_loads(self) -> list[RawLoad]:
        """Read them from raw_loads."""
        if not self.path.exists():
            return []
        with self._connection(self.path, read_only=True) as connection:
            if not _has_table(connection, RAW_LOADS):
                return []
            rows = connection.execute(f"select * from {RAW_LOADS}")  # noqa: S608
            columns = [column[0] for column in rows.description]
            return [RawLoad.from_columns(columns, row) for row in rows.fetchall()]

    def table_hash(self, name: str) -> str:
        """The sum of DuckDB's own hashes of the rows: they keep no order."""
        with self._connection(self.building) as connection:
            return _table_hash(connection, name)

    def carry_over(self, tables: Sequence[str]) -> dict[str, int]:
        """Copy definitions and rows."""
        copied: dict[str, int] = {}
        if not self.path.exists():
            return copied
        with self._connection(self.building) as connection:
            literal = str(self.path).replace("'", "''")
            connection.execute(f"attach '{literal}' as published (read_only)")
            with _transaction(connection):
                for table in tables:
                    found = connection.execute(
                        "select sql from duckdb_tables() "
                        "where database_name = 'published' and table_name = ?",
                        [table],
                    ).fetchone()
                    if found is None:
                        continue
                    connection.execute(found[0])
                    name = _quoted(table)
                    connection.execute(f"insert into {name} from published.{name}")
                    copied[table] = _count(connection, table)
        return copied

    def dbt_environment(self) -> dict[str, str]:
        """The profile's path is the build file."""
        return {"DWH_TARGET": self.target, "DWH_DATABASE": str(self.building)}

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

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Read from the build file."""
        with self._connection(self.building) as connection:
            rows: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
            return rows

    def read_numbers(self, sql: str) -> Numbers:
        """Read from the build file as columns."""
        with self._connection(self.building) as connection:
            columns = connection.execute(sql).fetchnumpy()
        return np.array(
            [
                np.ma.filled(np.ma.asarray(each, np.float64), np.nan)
                for each in columns.values()
            ]
        )

    def has_table(self, name: str) -> bool:
        """Look it up in the build file, which may not exist yet."""
        if not self.building.exists():
            return False
        with self._connection(self.building) as connection:
            return _has_table(connection, name)

    def write_table(
        self,
        name: str,
        columns: Sequence[tuple[str, str]],
        rows: Iterable[Sequence[object]],
    ) -> None:
        """Replace a table of the build file."""
        with self._connection(self.building) as connection, _transaction(connection):
            _write(connection, name, columns, rows)

    def write_batches(
        self,
        name: str,
        columns: Sequence[tuple[str, str]],
        batches: Iterable[pa.RecordBatch],
    ) -> None:
        """Replace a table of the build file through Arrow."""
        schema = pa.schema([(column, _ARROW_TYPES[kind]) for column, kind in columns])
        reader = pa.RecordBatchReader.from_batches(schema, batches)
        with self._connection(self.building) as connection, _transaction(connection):
            _create(connection, name, columns)
            connection.register("batches", reader)
            connection.execute(f"insert into {_quoted(name)} from batches")
            connection.unregister("batches")

    def _finish_build(self) -> None:
        with self._connection(self.building) as connection:
            connection.execute("checkpoint")
        for suffix in self._sidecars:
            if self.building.with_name(self.building.name + suffix).exists():
                raise PipelineError(
                    f"{self.building}{suffix} is there though the build has ended; "
                    "close whatever has opened the build and run this again"
                )

    @contextmanager
    def _settle_published(self) -> Iterator[None]:
        self._undo_unfinished_work()
        # Other readers may stay; a reader of our own keeps writers out.
        with self._connection(self.path, read_only=True):
            yield

    @contextmanager
    def _connection(
        self, path: Path, *, read_only: bool = False
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection whose errors are worded for the user."""
        # Nothing may be fetched from the network behind the user's back.
        config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        try:
            connection = duckdb.connect(str(path), read_only=read_only, config=config)
            try:
                yield connection
            finally:
                connection.close()
        except duckdb.Error as error:
            raise PipelineError(wording(path, str(error))) from None


class _UnreadableHereError(Exception):
    """DuckDB's CSV reader cannot read a file that holds to the contract."""

    def __init__(self, file: RawFile) -> None:
        super().__init__(file.path.name)
        self.file = file


def _fill(
    connection: duckdb.DuckDBPyConnection,
    file: RawFile,
    advance: Advance,
    *,
    slowly: bool,
) -> None:
    columns = [(name, "text") for name in file.table.columns]
    _create(connection, file.table.name, columns)
    with file.readable():
        if not file.row_count:
            pass
        elif isinstance(file, ParquetFile):
            _insert_batches(connection, file, file.text_batches(advance))
        elif isinstance(file, CsvFile) and not slowly:
            try:
                _insert_csv(connection, file)
            except _UNREADABLE as error:
                # Zeros after its end make a gzip file one that cannot be read here.
                if isinstance(error, duckdb.IOException) and not file.compressed:
                    raise
                raise _UnreadableHereError(file) from None
            advance(file.size)
        elif isinstance(file, CsvFile):
            _insert_batches(connection, file, _csv_batches(file, advance))
    rows = _count(connection, file.table.name)
    if rows != file.row_count and isinstance(file, CsvFile) and not slowly:
        raise _UnreadableHereError(file)
    file.confirm(rows)


def _insert_csv(connection: duckdb.DuckDBPyConnection, file: CsvFile) -> None:
    header = file.header
    names = [f"unknown_{position}" for position in range(header.width)]
    for name, position in zip(header.columns, header.positions, strict=True):
        names[position] = name
    chosen = ", ".join(_quoted(name) for name in header.columns)
    connection.execute(
        f"insert into {file.table.name} ({chosen}) "  # noqa: S608
        f"select {chosen} from read_csv(?, columns = ?, auto_detect = false, "
        "header = true, delim = ',', quote = '\"', escape = '\"', nullstr = '', "
        "strict_mode = true, null_padding = false, compression = ?)",
        [
            str(file.held.path),
            dict.fromkeys(names, "VARCHAR"),
            "gzip" if file.compressed else "none",
        ],
    )


def _insert_batches(
    connection: duckdb.DuckDBPyConnection,
    file: RawFile,
    batches: Iterator[pa.RecordBatch],
) -> None:
    columns = file.header.columns
    schema = pa.schema([(name, pa.string()) for name in columns])
    connection.register("batches", pa.RecordBatchReader.from_batches(schema, batches))
    chosen = ", ".join(_quoted(name) for name in columns)
    values = ", ".join(f"nullif({_quoted(name)}, '')" for name in columns)
    connection.execute(
        f"insert into {file.table.name} ({chosen}) select {values} from batches"  # noqa: S608
    )
    connection.unregister("batches")


def _csv_batches(file: CsvFile, advance: Advance) -> Iterator[pa.RecordBatch]:
    for rows in file.batches(advance):
        columns = zip(*rows, strict=True)
        yield pa.RecordBatch.from_arrays(
            [pa.array(column, pa.string()) for column in columns],
            names=list(file.header.columns),
        )


def _create(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: Sequence[tuple[str, str]],
) -> None:
    connection.execute(f"drop table if exists {_quoted(name)}")
    defined = ", ".join(
        f"{_quoted(column)} {_SQL_TYPES[kind]}" for column, kind in columns
    )
    connection.execute(f"create table {_quoted(name)} ({defined})")


def _write(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: Sequence[tuple[str, str]],
    rows: Iterable[Sequence[object]],
) -> None:
    _create(connection, name, columns)
    marks = ", ".join("?" * len(columns))
    if values := [list(row) for row in rows]:
        connection.executemany(
            f"insert into {_quoted(name)} values ({marks})",  # noqa: S608
            values,
        )


def _table_hash(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    name = _quoted(table)
    ((total,),) = connection.execute(
        f"select sum(hash(*columns(*))::hugeint) from {name}"  # noqa: S608
    ).fetchall()
    # Its hashes are its own affair: another version may make others.
    return f"sum of hashes of DuckDB {duckdb.__version__}: {total}"


def _has_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    return bool(
        connection.execute(
            "select 1 from information_schema.tables where table_name = ?", [name]
        ).fetchall()
    )


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(
        f"select count(*) from {_quoted(table)}"  # noqa: S608
    ).fetchone()
    return 0 if row is None else int(row[0])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.execute("begin")
    try:
        yield
    except BaseException:
        with suppress(duckdb.Error):
            connection.execute("rollback")
        raise
    connection.execute("commit")


def _is_utf_8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:  # bytes of a name that are none
        return False
    return True


def wording(path: Path, text: str) -> str:
    """What to tell a user about an error of DuckDB's."""
    first = text.splitlines()[0]
    if "newer version of DuckDB" in text:
        return (
            f"{path} was made by a newer version of DuckDB than {duckdb.__version__}; "
            "choose another database, or move it away"
        )
    if "Could not set lock" in text or "Conflicting lock" in text:
        return (
            f"{path} is open in another program (DuckDB files have one writer, or "
            "readers); close it and run this again"
        )
    if "not a valid DuckDB database" in text:
        return f"{path} is no DuckDB database; choose another database, or move it away"
    if "Permission denied" in text or "read-only" in text.lower():
        return f"{path} cannot be written to ({first}); choose another database"
    if any(sign in text for sign in ("No space left", "File too large", "disk")):
        return f"{path} cannot be written ({first}); free some disk space and run again"
    return f"{path}: {first}"
