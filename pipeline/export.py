"""Copy star, reports and build record of a warehouse of any engine into one file.

So that Spark computes and the dashboard stays quick: it reads SQLite and DuckDB files.
"""

import datetime
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.build_record import BUILD_INFO
from pipeline.doubts import BUILD_DOUBTS
from pipeline.errors import PipelineError
from pipeline.installation import typed
from pipeline.journal import PIPELINE_RUNS
from pipeline.private_files import private_files
from pipeline.raw_files.contract import RAW_BATCHES, RAW_LOADS
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import reader_for
from pipeline.warehouse.location import engine_of_file
from pipeline.warehouse.reader import Reader, Row

FORMATS = ("parquet", "duckdb", "sqlite")

# The star as the requirement spells it (servers fold names to lower case), and what the
# dashboard joins and filters by, which SQLite alone has a use for.
_STAR = {
    "DimCustomer": ("customer_id",),
    "DimProduct": ("product_id",),
    "DimTime": ("date",),
    "FactSales": ("customer_key", "product_key", "time_key"),
    "FactOrders": ("customer_key", "time_key"),
    "FactOrderCategories": ("time_key", "customer_key", "order_id"),
}
_RECORD = (
    BUILD_INFO,
    "build_tests",
    BUILD_DOUBTS,
    RAW_LOADS,
    RAW_BATCHES,
    PIPELINE_RUNS,
)
_SPELLED = {name.lower(): name for name in (*_STAR, *_RECORD)}

_MONEY = pa.decimal128(18, 4)

# The beginnings of each engine's type names, in lower case.
_KINDS: tuple[tuple[tuple[str, ...], pa.DataType], ...] = (
    (("bool",), pa.bool_()),
    (("date",), pa.date32()),
    (("decimal", "numeric"), _MONEY),
    (("real", "double", "float"), pa.float64()),
    (("int", "bigint", "smallint", "hugeint"), pa.int64()),
)

# Dates are text there, and amounts real: as the models build them on SQLite.
_SQLITE_TYPES = {
    pa.bool_(): "boolean",
    pa.date32(): "date",
    _MONEY: "real",
    pa.float64(): "real",
    pa.int64(): "integer",
    pa.string(): "text",
}

# Appends rows to one table; and what makes the table, by its name and columns.
Append = Callable[[list[Row]], object]
Create = Callable[[str, pa.Schema], Append]


def export(reader: Reader, kind: str, out: Path, reporter: Reporter) -> dict[str, int]:
    """Write the tables beside `out`, and rename the whole.

    Args:
        reader: The warehouse to copy.
        kind: One of `FORMATS`.
        out: The file; the folder for parquet. An earlier export is replaced.
        reporter: Told each table.

    Returns:
        The rows of each table, by its name in the file.

    Raises:
        PipelineError: There is no warehouse, or `out` is something else; it is as it
            was.
    """
    tables = list(filter(_is_exported, sorted(reader.tables)))
    if not any(_SPELLED.get(table) in _STAR for table in tables):
        raise PipelineError(
            f"{reader.location} holds no warehouse of this project; build it first: "
            + typed("build")
        )
    out = Path(os.path.realpath(out))
    _check_out(kind, out)
    building = out.with_name(f"{out.name}.exporting")
    _remove(building)
    write = {"parquet": _to_parquet, "duckdb": _to_duckdb, "sqlite": _to_sqlite}[kind]
    copied: dict[str, int] = {}
    try:
        with (
            private_files(),
            reporter.task(f"exporting to {out}", len(tables), steps=True) as task,
            write(building) as create,
        ):
            for table in tables:
                name = _SPELLED.get(table, table)
                task.doing(name)
                append = create(name, _schema(reader, table))
                copied[name] = 0
                for rows in reader.scan(table):
                    append(rows)
                    copied[name] += len(rows)
                task.advance(1)
        _replace(building, out)
    except BaseException:
        _remove(building)
        raise
    return copied


def _is_exported(table: str) -> bool:
    return table.lower() in _SPELLED or table.startswith("rpt_")


def _check_out(kind: str, out: Path) -> None:
    if not out.parent.is_dir():
        raise PipelineError(f"the folder {out.parent} does not exist; make it first")
    if not os.path.lexists(out):
        return
    is_parquet = kind == "parquet"
    is_other = "a file" if is_parquet else "a folder"
    wanted = "a folder" if is_parquet else "a file"
    if out.is_dir() != is_parquet:
        raise PipelineError(f"{out} is {is_other}; name {wanted} for {kind}")
    others = _held_besides_exports(out)
    if others:
        raise PipelineError(
            f"{out} holds {others[0]}, which is no export; name another, or move it "
            "away"
        )


def _held_besides_exports(out: Path) -> list[str]:
    """What would be lost if an export took the place: files, or tables."""
    if out.is_dir():
        return [
            path.name
            for path in sorted(out.iterdir())
            if path.suffix != ".parquet" or not _is_exported(path.stem)
        ]
    if not out.stat().st_size:
        return []
    if engine_of_file(out) is None:
        raise PipelineError(
            f"{out} is no SQLite or DuckDB file; name another one, or move it away"
        )
    with reader_for(str(out)) as earlier:
        return [name for name in sorted(earlier.tables) if not _is_exported(name)]


def _schema(reader: Reader, table: str) -> pa.Schema:
    return pa.schema(
        (column, _arrow_type(kind)) for column, kind in reader.tables[table].items()
    )


def _arrow_type(kind: str) -> pa.DataType:
    found = (arrow for beginnings, arrow in _KINDS if kind.startswith(beginnings))
    return next(found, pa.string())


@contextmanager
def _to_parquet(folder: Path) -> Iterator[Create]:
    folder.mkdir()
    with ExitStack() as files:

        def create(name: str, schema: pa.Schema) -> Append:
            file = pq.ParquetWriter(folder / f"{name}.parquet", schema)
            files.enter_context(file)
            return lambda rows: file.write_table(_arrow_table(schema, rows))

        yield create


@contextmanager
def _to_duckdb(path: Path) -> Iterator[Create]:
    import duckdb  # which takes a while

    def create(name: str, schema: pa.Schema) -> Append:
        def run(sql: str, rows: Sequence[Row]) -> None:
            connection.register("batch", _arrow_table(schema, rows))
            connection.execute(sql)
            connection.unregister("batch")

        run(f'create table "{name}" as from batch', [])
        return partial(run, f'insert into "{name}" from batch')

    try:
        with closing(duckdb.connect(str(path))) as connection:
            yield create
            connection.execute("checkpoint")
    except duckdb.Error as error:
        raise _unwritable(path, error) from None


@contextmanager
def _to_sqlite(path: Path) -> Iterator[Create]:
    def create(name: str, schema: pa.Schema) -> Append:
        columns = [f'"{field.name}" {_SQLITE_TYPES[field.type]}' for field in schema]
        if name.startswith("Dim"):
            columns[0] += " primary key"
        connection.execute(f'create table "{name}" ({", ".join(columns)})')
        marks = ", ".join("?" * len(schema))
        insert = f'insert into "{name}" values ({marks})'  # noqa: S608
        return lambda rows: connection.executemany(
            insert, (tuple(map(_sqlite_value, row)) for row in rows)
        )

    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            # A file that was not finished is thrown away.
            connection.execute("pragma journal_mode = off")
            connection.execute("pragma synchronous = off")
            connection.execute("begin")
            yield create
            for table, columns in _STAR.items():
                for column in columns:
                    connection.execute(
                        f'create index "{table}__{column}" on "{table}" ("{column}")'
                    )
            connection.execute("analyze")
            connection.execute("commit")
    except sqlite3.Error as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: Exception) -> PipelineError:
    first = str(error).splitlines()[0]
    return PipelineError(
        f"{path} cannot be written ({first}); free some disk space, or export to "
        "another place"
    )


def _sqlite_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


def _arrow_table(schema: pa.Schema, rows: Sequence[Row]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    return pa.table(
        [
            pa.array([_arrow_value(value, field.type) for value in column], field.type)
            for column, field in zip(columns, schema, strict=True)
        ],
        schema=schema,
    )


def _arrow_value(value: Any, kind: pa.DataType) -> Any:
    """What Arrow takes for a value: SQLite has neither dates nor truth values."""
    if value is None:
        return None
    if pa.types.is_date(kind) and isinstance(value, str):
        return datetime.date.fromisoformat(value[:10])
    if pa.types.is_boolean(kind):
        return bool(value)
    if pa.types.is_floating(kind):
        return float(value)
    return value


def _replace(building: Path, out: Path) -> None:
    # A folder that is not empty cannot be renamed over. A kill may have left this one.
    old = out.with_name(f"{out.name}.replaced")
    if old.is_dir():
        _remove(old)
    if out.exists():
        # Whoever could read the earlier export can read this one.
        mode = stat.S_IMODE(out.stat().st_mode)
        building.chmod(mode)
        for file in building.iterdir() if building.is_dir() else ():
            file.chmod(mode & 0o666)
    if not out.is_dir():
        building.replace(out)
        return
    out.rename(old)
    building.rename(out)
    _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
        return
    for name in (path, path.with_name(f"{path.name}.wal")):
        name.unlink(missing_ok=True)
