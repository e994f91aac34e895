"""Tables of Spark's catalogue, for more than one machine holds.

The catalogue cannot rename a schema, nor several tables at once. So a build goes into
one of two schemas, `<schema>_1` and `<schema>_2`, by turns, and the published schema
holds views of the tables in the other. Publishing points each view to the new table:
one after the other, each in one step. A query of a single table reads the old or the
new one; one that joins several may for some seconds read both. What a kill leaves
half pointed, the next build points before it does anything else.
"""

import copy
import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from pipeline.dbt.profile import target_settings
from pipeline.errors import PipelineError
from pipeline.raw_files.contract import RAW_LOADS, RAW_LOADS_COLUMNS
from pipeline.raw_files.parquet_files import ParquetFile
from pipeline.raw_files.raw_file import Advance, RawFile
from pipeline.terminal.interrupts import work_is_done
from pipeline.warehouse.engine import Engine, Numbers, RawLoad
from pipeline.warehouse.spark.session import (
    Session,
    check_java,
    check_spark_folder,
    spark_folder,
    spark_session,
    worded,
)

_SQL_TYPES = {"text": "string", "integer": "bigint", "real": "double"}
_ARROW_TYPES = {"text": pa.string(), "integer": pa.int64(), "real": pa.float64()}

# A property of the published schema names the schema that its views read. (Its comment
# cannot: Hive keeps the first one.) A build schema is marked as ours by its comment.
_STATE = "warehouse.state"
_PUBLISHED = "published: "
_PUBLISHING = "publishing: "
_BUILD = "build of "


class SparkEngine(Engine):
    """One schema of the catalogue of the session that the profile describes.

    Attributes:
        schema: The published schema.
    """

    target = "spark"

    def __init__(self, schema: str | None) -> None:
        self.schema = schema or str(target_settings(self.target)["schema"])
        self._versions = (f"{self.schema}_1", f"{self.schema}_2")
        self._building: str | None = None

    @property
    def location(self) -> str:
        """The schema, and where its catalogue is."""
        return f"Spark schema {self.schema} in {spark_folder()}"

    @property
    def place(self) -> str:
        """The target and the schema."""
        return f"{self.target}:{self.schema}"

    @property
    def build_location(self) -> str:
        """The same of the build schema."""
        return f"Spark schema {self.building} in {spark_folder()}"

    @property
    def building(self) -> str:
        """The schema of the two that the published views do not read."""
        if self._building is None:
            first, second = self._versions
            state = self._state()
            self._building = second if state == _PUBLISHED + first else first
        return self._building

    @property
    def version(self) -> str:
        """The version of the session."""
        return f"Spark {spark_session().version}"

    def check_requirements(self) -> None:
        """Spark needs Java, and a folder that it can name."""
        check_java()
        check_spark_folder()

    def check_published(self) -> None:
        """Refuse schemas of another program."""
        for schema in (self.schema, *self._versions):
            tables = self._tables(schema)
            is_marked = (self._comment(schema) or "").startswith(_BUILD)
            if tables and RAW_LOADS not in tables and not is_marked:
                some = ", ".join(sorted(tables)[:3])
                raise PipelineError(
                    f"the schema {schema} is another program's (it holds {some} and no "
                    f"{RAW_LOADS}); choose another one: DWH_SCHEMA or --database"
                )

    def undo_unfinished(self) -> None:
        """Finish what a killed publish began."""
        state = self._state()
        if state.startswith(_PUBLISHING):
            self._point_views(state.removeprefix(_PUBLISHING))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Lock a file beside the catalogue."""
        folder = spark_folder()
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"{self.schema}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise PipelineError(
                f"another build or load of {self.location} is running; "
                "run this again when it has finished"
            ) from None
        try:
            yield
        finally:
            lock.release()

    def in_place(self) -> Self:
        """The schema stands in for the build schema, if bare dbt works there.

        Raises:
            PipelineError: It holds the views of a published build.
        """
        if self._state():
            raise PipelineError(
                f"{self.location} was published by a build, and changes by one only: "
                "python -m pipeline build --target spark"
            )
        engine = copy.copy(self)
        engine._building = self.schema
        return engine

    def begin_build(self) -> None:
        """Make an empty build schema."""
        self._building = None
        self.discard_build()
        self._run(
            f"create database {_name(self.building)} comment '{_BUILD}{self.schema}'"
        )

    def discard_build(self) -> None:
        """Drop the build schema."""
        self._run(f"drop database if exists {_name(self.building)} cascade")

    def load_raw(
        self,
        files: Sequence[RawFile],
        loads: Sequence[RawLoad],
        advance: Advance,
        *,
        in_place: bool,
    ) -> Sequence[str]:
        """Hand each file to Spark as Parquet; take all of them over at the end.

        The catalogue has no transactions: a kill between two of the last renames
        leaves some tables new and some old.
        """
        schema = self.schema if in_place else self.building
        self._run(f"create database if not exists {_name(schema)}")
        for file in files:
            with _staged(f"{file.table.name}.parquet") as path:
                _write_parquet(file, path, advance)
                name = f"{file.table.name}__loading"
                self._drop(schema, name)
                self._save(path, schema, name)
        old = self._tables(schema)
        for file in files:
            self._drop(schema, file.table.name, old.get(file.table.name, "table"))
            self._run(
                f"alter table {_name(schema, file.table.name + '__loading')} "
                f"rename to {_name(schema, file.table.name)}"
            )
        if old.get(RAW_LOADS) == "view":
            self._drop(schema, RAW_LOADS, "view")
        hashed = [
            replace(load, table_hash=self._table_hash(schema, load.raw_table))
            for load in loads
        ]
        self._write(schema, RAW_LOADS, RAW_LOADS_COLUMNS, map(astuple, hashed))
        return []

    def published_loads(self) -> list[RawLoad]:
        """Read them from raw_loads."""
        if RAW_LOADS not in self._tables(self.schema):
            return []
        table = _name(self.schema, RAW_LOADS)
        with worded():
            found = spark_session().table(table)
            columns, rows = found.columns, found.collect()
        return [RawLoad.from_columns(columns, row) for row in rows]

    def table_hash(self, name: str) -> str:
        """The sum of Spark's own hashes of the rows: they keep no order."""
        return self._table_hash(self.building, name)

    def _table_hash(self, schema: str, name: str) -> str:
        table = _name(schema, name)
        with worded():
            columns = spark_session().table(table).columns
        # xxhash64 passes nulls over, and would not see a value in the next column.
        values = ", ".join(f"coalesce({_name(column)}, char(0))" for column in columns)
        ((total,),) = self._run(
            f"select sum(cast(xxhash64({values}) as decimal(20))) from {table}"  # noqa: S608
        )
        return f"sum of xxhash64: {total}"

    def carry_over(self, tables: Sequence[str]) -> dict[str, int]:
        """Copy rows."""
        copied: dict[str, int] = {}
        there = self._tables(self.schema)
        for table in tables:
            if table not in there:
                continue
            source, new = _name(self.schema, table), _name(self.building, table)
            self._run(f"create table {new} using parquet as table {source}")
            ((count,),) = self._run(
                f"select count(*) from {_name(self.building, table)}"  # noqa: S608
            )
            copied[table] = int(count)
        return copied

    def dbt_environment(self) -> dict[str, str]:
        """The profile's schema is the build schema."""
        return {"DWH_TARGET": self.target, "DWH_SCHEMA": self.building}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Read from the build schema."""
        with worded():
            catalog = spark_session().catalog
            catalog.setCurrentDatabase(self.building)
            try:
                return self._run(sql)
            finally:
                catalog.setCurrentDatabase("default")

    def read_numbers(self, sql: str) -> Numbers:
        """Read from the build schema through Arrow."""
        with worded():
            session: Session = spark_session()
            session.catalog.setCurrentDatabase(self.building)
            try:
                table = session.sql(sql).toArrow()
            finally:
                session.catalog.setCurrentDatabase("default")
        return np.array(
            [column.cast(pa.float64()).to_numpy() for column in table.columns]
        )

    def has_table(self, name: str) -> bool:
        """Look it up in the build schema."""
        return name in self._tables(self.building)

    def write_table(
        self,
        name: str,
        columns: Sequence[tuple[str, str]],
        rows: Iterable[Sequence[object]],
    ) -> None:
        """Replace a table of the build schema."""
        self._write(self.building, name, columns, rows)

    def write_batches(
        self,
        name: str,
        columns: Sequence[tuple[str, str]],
        batches: Iterable[pa.RecordBatch],
    ) -> None:
        """Hand them to Spark as Parquet."""
        schema = pa.schema([(column, _ARROW_TYPES[kind]) for column, kind in columns])
        with _staged(f"{name}.parquet") as path:
            with pq.ParquetWriter(path, schema) as writer:
                for batch in batches:
                    writer.write_batch(batch)
            self._drop(self.building, name)
            self._save(path, self.building, name)

    def publish(self) -> Sequence[str]:
        """Point the published views to the build, one after the other."""
        building = self.building
        self._run(f"create database if not exists {_name(self.schema)}")
        # From here on the next build would go on where this one stops.
        self._set_state(_PUBLISHING + building)
        self._point_views(building)
        work_is_done()
        self._building = None
        return []

    def _point_views(self, version: str) -> None:
        published, tables = self._tables(self.schema), self._tables(version)
        for table in sorted(tables):
            if published.get(table) == "table":  # from `dbt run` without us
                self._drop(self.schema, table)
            self._run(
                f"create or replace view {_name(self.schema, table)} "
                f"as table {_name(version, table)}"
            )
        for table in sorted(set(published) - set(tables)):
            self._drop(self.schema, table, published[table])
        self._set_state(_PUBLISHED + version)

    def _tables(self, schema: str) -> dict[str, str]:
        """The kind of each relation: table or view."""
        with worded():
            if not spark_session().catalog.databaseExists(schema):
                return {}
        # Its list of tables with their types would open each of them.
        tables = self._run(f"show tables in {_name(schema)}")
        views = self._run(f"show views in {_name(schema)}")
        return {
            **{name: "table" for _, name, is_temporary in tables if not is_temporary},
            **{name: "view" for _, name, is_temporary, *_ in views if not is_temporary},
        }

    def _state(self) -> str:
        """Which schema the published views read, or are about to; empty for neither."""
        with worded():
            if not spark_session().catalog.databaseExists(self.schema):
                return ""
        described = dict(self._run(f"describe database extended {_name(self.schema)}"))
        found = re.search(rf"\({re.escape(_STATE)},([^()]*)\)", described["Properties"])
        return found.group(1) if found else ""

    def _set_state(self, state: str) -> None:
        self._run(
            f"alter database {_name(self.schema)} "
            f"set dbproperties ('{_STATE}' = '{state}')"
        )

    def _comment(self, schema: str) -> str | None:
        with worded():
            catalog = spark_session().catalog
            if not catalog.databaseExists(schema):
                return None
            comment: str | None = catalog.getDatabase(schema).description
            return comment

    def _drop(self, schema: str, name: str, kind: str = "table") -> None:
        self._run(f"drop {kind} if exists {_name(schema, name)}")

    def _write(
        self,
        schema: str,
        name: str,
        columns: Sequence[tuple[str, str]],
        rows: Iterable[Sequence[object]],
    ) -> None:
        # As dbt's hook makes it: partitions can be overwritten, rows cannot be deleted.
        layout = f"partitioned by ({columns[0][0]})" if name == RAW_LOADS else ""
        names = [column for column, _ in columns]
        fields = ", ".join(f"{column}: {_SQL_TYPES[kind]}" for column, kind in columns)
        values = json.dumps([dict(zip(names, row, strict=True)) for row in rows])
        self._drop(schema, name)
        with worded():
            spark_session().sql(
                f"create table {_name(schema, name)} using parquet {layout} as "
                f"select inline(from_json(:rows, 'array<struct<{fields}>>'))",
                args={"rows": values},
            )

    def _save(self, path: Path, schema: str, name: str) -> None:
        """Make a table of a Parquet file."""
        with worded():
            rows = spark_session().read.parquet(path.absolute().as_uri())
            rows.write.format("parquet").saveAsTable(f"{schema}.{name}")

    def _run(self, sql: str) -> list[tuple[Any, ...]]:
        with worded():
            session: Session = spark_session()
            return [tuple(row) for row in session.sql(sql).collect()]


@contextmanager
def _staged(name: str) -> Iterator[Path]:
    """A file beside the catalogue, for as long as Spark reads it."""
    folder = spark_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="loading-") as staged:
        yield Path(staged) / name


def _write_parquet(file: RawFile, path: Path, advance: Advance) -> None:
    """The rows as the contract's columns of text, an empty field as null."""
    schema = pa.schema([(name, pa.string()) for name in file.table.columns])
    rows = 0
    with file.readable(), pq.ParquetWriter(path, schema) as writer:
        for batch in _text_batches(file, advance) if file.row_count else ():
            columns = dict(zip(file.header.columns, batch, strict=True))
            rows += len(batch[0])
            nothing = pa.nulls(len(batch[0]), pa.string())
            writer.write_table(
                pa.table(
                    [columns.get(name, nothing) for name in schema.names], schema=schema
                )
            )
    file.confirm(rows)


def _text_batches(file: RawFile, advance: Advance) -> Iterator[list[pa.Array]]:
    if isinstance(file, ParquetFile):
        batches = (batch.columns for batch in file.text_batches(advance))
    else:
        batches = (
            [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
            for rows in file.batches(advance)
        )
    empty = pa.scalar(None, pa.string())
    for columns in batches:
        yield [pc.if_else(pc.equal(column, ""), empty, column) for column in columns]


def _name(*parts: str) -> str:
    return ".".join("`" + part.replace("`", "``") + "`" for part in parts)
