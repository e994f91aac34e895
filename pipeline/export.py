"""Copy star, reports and build record of a warehouse of any engine into one file.

So that Spark computes and the dashboard stays quick: it reads SQLite and DuckDB files.
"""

import datetime
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import PipelineError
from pipeline.private_files import private_files
from pipeline.raw_files.contract import RAW_LOADS
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import reader_for
from pipeline.warehouse.location import engine_of_file
from pipeline.warehouse.reader import Batches, Reader, Row

FORMATS = ("parquet", "duckdb", "sqlite")

# The star as the requirement spells it; servers fold names to lower case.
_STAR = (
    "DimCustomer",
    "DimProduct",
    "DimTime",
    "FactSales",
    "FactOrders",
    "FactOrderCategories",
)
_RECORD = ("build_info", "build_tests", RAW_LOADS)
_SPELLED = {name.lower(): name for name in (*_STAR, *_RECORD)}
_REPORTS = "rpt_"

# What the dashboard joins and filters by; only SQLite has a use for it.
_SQLITE_KEYS = {
    "DimCustomer": "customer_key",
    "DimProduct": "product_key",
    "DimTime": "time_key",
}
_SQLITE_INDEXES = (
    ("DimCustomer", "customer_id"),
    ("DimProduct", "product_id"),
    ("DimTime", "date"),
    ("FactSales", "customer_key"),
    ("FactSales", "product_key"),
    ("FactSales", "time_key"),
    ("FactOrders", "customer_key"),
    ("FactOrders", "time_key"),
    ("FactOrderCategories", "time_key"),
    ("FactOrderCategories", "customer_key"),
    ("FactOrderCategories", "order_id"),
)

_MONEY = pa.decimal128(18, 4)

# The beginnings of each engine's type names, in lower case.
_KINDS: tuple[tuple[tuple[str, ...], pa.DataType], ...] = (
    (("bool",), pa.bool_()),
    (("date",), pa.date32()),
    (("decimal", "numeric"), _MONEY),
    (("real", "double", "float"), pa.float64()),
    (("int", "bigint", "smallint", "hugeint"), pa.int64()),
)


@dataclass(frozen=True)
class ExportedTable:
    """A table that was copied.

    Attributes:
        name: Its name in the file.
        rows: Its rows.
    """

    name: str
    rows: int


def export(
    reader: Reader, kind: str, out: Path, reporter: Reporter
) -> list[ExportedTable]:
    """Write the tables beside `out`, and rename the whole.

    Args:
        reader: The warehouse to copy.
        kind: One of `FORMATS`.
        out: The file; the folder for parquet. An earlier export is replaced.
        reporter: Told each table.

    Raises:
        PipelineError: There is no warehouse, or `out` is something else; it is as it
            was.
    """
    names = _names(reader)
    if not any(name in _STAR for name in names.values()):
        raise PipelineError(
            f"{reader.location} holds no warehouse of this project; build it first: "
            "python -m pipeline build"
        )
    out = Path(os.path.realpath(out))
    _check_out(kind, out)
    building = out.with_name(f"{out.name}.exporting")
    _remove(building)
    write = {"parquet": _to_parquet, "duckdb": _to_duckdb, "sqlite": _to_sqlite}[kind]
    copied: list[ExportedTable] = []
    try:
        with (
            private_files(),
            reporter.task(f"exporting to {out}", len(names), steps=True) as task,
            write(building) as put,
        ):
            for table, name in names.items():
                task.doing(name)
                rows = put(name, _schema(reader, table), reader.scan(table))
                copied.append(ExportedTable(name, rows))
                task.advance(1)
        _replace(building, out)
    except BaseException:
        _remove(building)
        raise
    return copied


def _names(reader: Reader) -> dict[str, str]:
    """The tables to copy, each with its name in the file."""
    return {
        table: _SPELLED.get(table, table)
        for table in sorted(reader.tables)
        if _is_exported(table)
    }


def _is_exported(table: str) -> bool:
    return table.lower() in _SPELLED or table.startswith(_REPORTS)


def _check_out(kind: str, out: Path) -> None:
    if not out.parent.is_dir():
        raise PipelineError(f"the folder {out.parent} does not exist; make it first")
    if not os.path.lexists(out):
        return
    if kind == "parquet":
        if not out.is_dir():
            raise PipelineError(f"{out} is a file; name a folder for parquet")
        others = [
            path.name
            for path in sorted(out.iterdir())
            if path.suffix != ".parquet" or not _is_exported(path.stem)
        ]
        if others:
            raise PipelineError(
                f"the folder {out} holds {others[0]}, which is no export; name a new "
                "folder"
            )
        return
    if out.is_dir():
        raise PipelineError(f"{out} is a folder; name a file for {kind}")
    if not out.stat().st_size:
        return
    if engine_of_file(out) is None:
        raise PipelineError(
            f"{out} is no SQLite or DuckDB file; name another one, or move it away"
        )
    with reader_for(str(out)) as earlier:
        others = [name for name in sorted(earlier.tables) if not _is_exported(name)]
    if others:
        raise PipelineError(
            f"{out} holds {others[0]}, which is no export; name another file"
        )


def _schema(reader: Reader, table: str) -> pa.Schema:
    return pa.schema(
        [(column, _arrow_type(kind)) for column, kind in reader.tables[table].items()]
    )


def _arrow_type(kind: str) -> pa.DataType:
    for beginnings, arrow_type in _KINDS:
        if kind.lower().startswith(beginnings):
            return arrow_type
    return pa.string()


Put = Callable[[str, pa.Schema, Batches], int]


@contextmanager
def _to_parquet(folder: Path) -> Iterator[Put]:
    folder.mkdir()

    def put(name: str, schema: pa.Schema, batches: Batches) -> int:
        rows = 0
        with pq.ParquetWriter(folder / f"{name}.parquet", schema) as writer:
            for batch in batches:
                writer.write_table(_arrow_table(schema, batch))
                rows += len(batch)
        return rows

    yield put


@contextmanager
def _to_duckdb(path: Path) -> Iterator[Put]:
    try:
        import duckdb
    except ImportError:
        raise PipelineError(
            "the format duckdb needs packages that are not installed; "
            "run: pip install '.[duckdb]'"
        ) from None

    def put(name: str, schema: pa.Schema, batches: Batches) -> int:
        rows = 0
        empty = _arrow_table(schema, [])
        connection.register("batch", empty)
        connection.execute(f'create table "{name}" as select * from batch')  # noqa: S608
        for batch in batches:
            connection.register("batch", _arrow_table(schema, batch))
            connection.execute(f'insert into "{name}" select * from batch')  # noqa: S608
            rows += len(batch)
        connection.unregister("batch")
        return rows

    try:
        with closing(duckdb.connect(str(path))) as connection:
            yield put
            connection.execute("checkpoint")
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        raise PipelineError(
            f"{path} cannot be written ({first}); free some disk space, or export to "
            "another place"
        ) from None


@contextmanager
def _to_sqlite(path: Path) -> Iterator[Put]:
    def put(name: str, schema: pa.Schema, batches: Batches) -> int:
        rows = 0
        columns = ", ".join(_sqlite_column(name, field) for field in schema)
        connection.execute(f'create table "{name}" ({columns})')
        marks = ", ".join("?" * len(schema))
        for batch in batches:
            connection.executemany(
                f'insert into "{name}" values ({marks})',  # noqa: S608
                (tuple(map(_sqlite_value, row)) for row in batch),
            )
            rows += len(batch)
        return rows

    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            # A file that was not finished is thrown away.
            connection.execute("pragma journal_mode = off")
            connection.execute("pragma synchronous = off")
            connection.execute("begin")
            yield put
            for table, column in _SQLITE_INDEXES:
                connection.execute(
                    f'create index "{table}__{column}" on "{table}" ("{column}")'
                )
            connection.execute("analyze")
            connection.execute("commit")
    except sqlite3.Error as error:
        raise PipelineError(
            f"{path} cannot be written ({error}); free some disk space, or export to "
            "another place"
        ) from None


def _sqlite_column(table: str, field: pa.Field) -> str:
    # Dates are text there, and amounts real: as the models build them on SQLite.
    kind = "text"
    if pa.types.is_integer(field.type):
        kind = "integer"
    elif pa.types.is_boolean(field.type):
        kind = "boolean"
    elif pa.types.is_floating(field.type) or pa.types.is_decimal(field.type):
        kind = "real"
    elif pa.types.is_date(field.type):
        kind = "date"
    key = " primary key" if _SQLITE_KEYS.get(table) == field.name else ""
    return f'"{field.name}" {kind}{key}'


def _sqlite_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bool):
        return int(value)
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
    if out.exists():
        _read_by_the_same(building, out)
    if not out.is_dir():
        building.replace(out)
        return
    # A folder that is not empty cannot be renamed over.
    old = out.with_name(f"{out.name}.replaced")
    _remove(old)
    out.rename(old)
    building.rename(out)
    _remove(old)


def _read_by_the_same(building: Path, out: Path) -> None:
    """Whoever could read the earlier export can read this one."""
    mode = stat.S_IMODE(out.stat().st_mode)
    building.chmod(mode)
    if building.is_dir():
        for file in building.iterdir():
            file.chmod(mode & 0o666)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
        return
    for name in (path, path.with_name(f"{path.name}.wal")):
        name.unlink(missing_ok=True)
