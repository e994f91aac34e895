"""Tables of Spark's catalogue, for more than one machine holds.

The catalogue cannot rename a schema, nor several tables at once. So each build goes
into a schema of its own, `<schema>_1`, `<schema>_2` and so on, whose name is free
again when its version is no longer kept; and the published schema holds views of the
tables in the newest, or of Iceberg tables that have its rows (`publication`).
Publishing changes what each view reads:
one after the other, each in one step. A query of a single table reads the old or the
new one; one that joins several may for some seconds read both. What a kill leaves
half done, the next build finishes before it does anything else.
"""

import copy
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar, Self

import pyarrow as pa

from pipeline.errors import PipelineError
from pipeline.installation import typed
from pipeline.journal import FileJournal, Journal
from pipeline.raw_files.contract import RAW_BATCHES, RAW_LOADS, RawBatch
from pipeline.raw_files.raw_file import Advance, RawFile
from pipeline.raw_files.raw_folder import CheckedFolder
from pipeline.terminal.interrupts import work_is_done
from pipeline.warehouse.append import BATCH, Appended, Area, Row, append
from pipeline.warehouse.arrow import ColumnTypes
from pipeline.warehouse.engine import (
    KEEP_VERSIONS,
    MOST_KEPT,
    NOBODY,
    RUNS,
    Engine,
    file_lock,
    fill,
    refuse_others,
    write_loads,
)
from pipeline.warehouse.location import Location
from pipeline.warehouse.spark.client import spark_client
from pipeline.warehouse.spark.cluster import driver_environment, find_cluster
from pipeline.warehouse.spark.formats import FORMAT, ICEBERG, format_parameters
from pipeline.warehouse.spark.journal import SparkJournal
from pipeline.warehouse.spark.literals import name_of
from pipeline.warehouse.spark.publication import publication_of
from pipeline.warehouse.spark.reader import SparkReader
from pipeline.warehouse.spark.server import chosen_server
from pipeline.warehouse.spark.session import (
    check_java,
    check_spark_folder,
    explained,
    made_spark_folder,
    spark_folder,
)
from pipeline.warehouse.sql import ERASED_IDS, without_erased

# A property of the published schema names the schema that its views read, and after it
# those of the versions before, the newest first; another, the format. (Its comment
# cannot: Hive keeps the first one.) A build schema is marked as ours by its comment.
_STATE = "warehouse.state"
_FORMAT = "warehouse.format"
_PUBLISHED = "published: "
_PUBLISHING = "publishing: "
_BUILD = "build of "

# After the name of a table that will take the place of another.
_LOADING = "__loading"


class SparkEngine(Engine):
    """One schema of the catalogue of the session that the profile describes."""

    target = "spark"
    _variable = "DWH_SCHEMA"

    def __init__(self, schema: str) -> None:
        super().__init__(schema)
        self.schema = schema
        # All kept ones, the published one, and the one that is being built.
        self._names = [f"{schema}_{number}" for number in range(1, MOST_KEPT + 3)]
        self._mark = f"{_BUILD}{schema}"
        self._building: str | None = None
        self._server = chosen_server()
        self._publication = publication_of(schema, self._run, self._property)

    @property
    def profile(self) -> str:
        """The output that dbt takes."""
        return self._server.profile if self._server else super().profile

    def _named(self, location: Location) -> str:
        place = self._server or spark_folder()
        return f"Spark schema {location.database} in {place}"

    @property
    def _build(self) -> Location:
        return Location(self.target, self.building)

    @property
    def building(self) -> str:
        """The first schema that holds no version."""
        if self._building is None:
            versions = self._versions()
            self._building = next(n for n in self._names if n not in versions)
        return self._building

    @property
    def version(self) -> str:
        """The version of the session."""
        with explained():
            return f"Spark {spark_client().version}"

    def check_requirements(self) -> None:
        """Here it needs Java, a folder that it can name, and a master that answers."""
        if self._server is None:
            check_java()
            check_spark_folder()
            format_parameters(spark_folder())
            find_cluster()

    def check_published(self) -> None:
        """Refuse schemas of another program or shop, or in another format."""
        self._require_format()
        # A first publish that was killed leaves tables, and `raw_loads` not yet.
        is_half_done = (
            self._state().startswith(_PUBLISHING)
            and self._property(self.schema, _FORMAT) == self._publication.format
        )
        advice = "choose another one: DWH_SCHEMA or --database"
        if (mark := self._comment(self.schema) or "").startswith(_BUILD):
            raise PipelineError(f"the schema {self.schema} is a {mark}; {advice}")
        if not is_half_done:
            what = f"the schema {self.schema} is another program's"
            refuse_others(what, self._tables(self.schema), advice)
            self._publication.check()
        for schema in self._made():
            # A shop whose name ends in a number has it too, maybe.
            if self._comment(schema) != self._mark and self._tables(schema):
                raise PipelineError(
                    f"builds into {self.schema} need the schema {schema}, which holds "
                    f"something else; {advice}"
                )

    def _require_format(self) -> None:
        """Refuse to leave Iceberg's tables as they are, for others to read."""
        if self._property(self.schema, _FORMAT) == ICEBERG != self._publication.format:
            raise PipelineError(
                f"{self.location} is published as Iceberg tables; set "
                f"{FORMAT}={ICEBERG}, or choose another schema"
            )

    def undo_unfinished(self) -> str | None:
        """Finish what a killed publish began."""
        if not self._state().startswith(_PUBLISHING):
            return None
        self._require_format()
        self._point_views(self._versions())
        return f"finished a publication of {self.location} that was killed half-way"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Lock a file beside the catalogue.

        A server has no lock to give: there, the file keeps builds of this folder apart.
        """
        name = self.schema
        if self._server is not None:
            name += f".{self._server.host}.{self._server.port}"
        path = made_spark_folder() / f"{name}.lock"
        with file_lock(path, self.location):
            yield

    def journal(self, name: str = RUNS) -> Journal:
        """A file beside the catalogue; on a server a table."""
        if self._server is not None:
            return SparkJournal(self._run, f"{self.schema}_runs", name)
        return FileJournal(spark_folder() / f"{self.schema}.{name}")

    def in_place(self, schema: str = "") -> Self:
        """The schema stands in for the build schema, if bare dbt works there.

        Raises:
            PipelineError: It holds the views of a published build.
        """
        if self._state():
            raise PipelineError(
                f"{self.location} was published by a build, and changes by one only: "
                + typed("build --target spark")
            )
        engine = copy.copy(self)
        engine._building = self.schema
        return engine

    def begin_build(self) -> None:
        """Make an empty build schema, and drop what holds no version."""
        self._building = None
        versions = self._versions()
        for schema in self._made():
            is_ours = self._comment(schema) == self._mark
            if schema == self.building or (is_ours and schema not in versions):
                self._drop_schema(schema)
        self._run(f"create database {name_of(self.building)} comment '{self._mark}'")

    def discard_build(self) -> None:
        """Drop the build schema."""
        self._drop_schema(self.building)

    def load_raw(
        self,
        folder: CheckedFolder,
        batches: Sequence[RawBatch],
        advance: Advance,
        *,
        in_place: bool,
    ) -> Sequence[str]:
        """Hand each file to Spark as Parquet; take all of them over at the end.

        The catalogue has no transactions: a kill between two of the last renames
        leaves some tables new and some old.
        """
        schema = self.schema if in_place else self.building
        self._run(f"create database if not exists {name_of(schema)}")
        write = partial(self._write, schema)
        fill(folder.files, batches[-1].batch_id, advance, write, _LOADING)
        old = self._tables(schema)
        for file in folder.files:
            name = file.table.name
            self._drop(schema, name, old.get(name, "table"))
            loaded = name_of(schema, name + _LOADING)
            self._run(f"alter table {loaded} rename to {name_of(schema, name)}")
        for record in (RAW_LOADS, RAW_BATCHES):
            if old.get(record) == "view":
                self._drop(schema, record, "view")
        reader = SparkReader(Location(self.target, schema))
        write_loads(folder, batches, write, reader.table_hash)
        return []

    def append_raw(
        self, files: Sequence[RawFile], batch_id: int, held_id: int, advance: Advance
    ) -> Appended:
        """Write each table anew: plain Spark tables know no delete."""
        write = partial(self._write, self.building)
        fill(files, batch_id, advance, write, BATCH)
        area = _SparkArea(self._run, self.building)
        return append(area, [file.table for file in files], held_id)

    def carry_over(
        self, tables: Sequence[str], erased: Mapping[str, str] = NOBODY
    ) -> dict[str, int]:
        """Copy rows."""
        copied: dict[str, int] = {}
        there = self._tables(self.schema)
        if erased:
            self._note_erased(erased)
        for table in tables:
            if table not in there:
                continue
            source, new = name_of(self.schema, table), name_of(self.building, table)
            query = f"table {source}"
            if erased:
                columns = list(spark_client().columns(source))
                query = without_erased(source, table, columns, ERASED_IDS, "`")
            self._run(f"create table {new} using parquet as {query}")
            ((count,),) = self._run(f"select count(*) from {new}")  # noqa: S608
            copied[table] = int(count)
        return copied

    def _note_erased(self, erased: Mapping[str, str]) -> None:
        """Make a view of ids in this session, which nobody else sees."""
        with explained():
            columns = [("old_id", "text"), ("new_id", "text")]
            spark_client().note(ERASED_IDS, columns, list(erased.items()))

    def _environment(self, area: Location) -> dict[str, str]:
        """The schema, its folder, and the address by which workers find the driver."""
        schema = super()._environment(area)
        if self._server is not None:
            return schema
        return {**schema, "DWH_SPARK_DIR": str(spark_folder()), **driver_environment()}

    def has_table(self, name: str) -> bool:
        """Look it up in the build schema."""
        return name in self._tables(self.building)

    def write_batches(
        self, name: str, columns: ColumnTypes, batches: Iterable[pa.RecordBatch]
    ) -> None:
        """Replace a table of the build schema."""
        self._write(self.building, name, columns, batches)

    def publish(self, keep_versions: int = KEEP_VERSIONS) -> Sequence[str]:
        """Point the published views to the build, one after the other."""
        self._run(f"create database if not exists {name_of(self.schema)}")
        self._publication.stage(self.building, self._tables(self.building))
        versions = [self.building, *self._versions()]
        self._show(versions[: keep_versions + 1])
        self._building = None
        # The next build drops those that a kill leaves.
        for schema in versions[keep_versions + 1 :]:
            self._drop_schema(schema)
        return []

    def kept_versions(self) -> list[Location]:
        """The schemas that the published views read before."""
        made = self._made()
        return [
            Location(self.target, schema)
            for schema in self._versions()[1:]
            if schema in made
        ]

    def restore(self, version: Location) -> Sequence[str]:
        """Point the published views to its tables, one after the other."""
        others = [name for name in self._versions() if name != version.database]
        self._show([version.database, *others])
        return []

    def _show(self, versions: Sequence[str]) -> None:
        """Let the published views read the first of some schemas."""
        # From here on the next build would go on where this one stops.
        self._set_state(_PUBLISHING + " ".join(versions))
        self._point_views(versions)
        work_is_done()

    def _point_views(self, versions: Sequence[str]) -> None:
        newest = versions[0]
        published, tables = self._tables(self.schema), self._tables(newest)
        for table, kind in sorted(published.items()):
            # A table is from `dbt run` without us.
            if kind == "table" or table not in tables:
                self._drop(self.schema, table, kind)
        self._publication.show(newest, tables)
        self._publication.settle(versions, tables)
        self._set_state(_PUBLISHED + " ".join(versions))

    def _versions(self) -> list[str]:
        """The schema that the published views read or will, and those before it."""
        _, _, names = self._state().partition(": ")
        return names.split()

    def _made(self) -> list[str]:
        """Those of the schemas of builds that are there."""
        there = {name for (name,) in self._run("show databases")}
        return [name for name in self._names if name in there]

    def _tables(self, schema: str) -> dict[str, str]:
        """The kind of each relation: table or view."""
        with explained():
            if not spark_client().has_schema(schema):
                return {}
        # Its list of tables with their types would open each of them.
        tables = self._run(f"show tables in {name_of(schema)}")
        views = self._run(f"show views in {name_of(schema)}")
        return {
            **{name: "table" for _, name, is_temporary in tables if not is_temporary},
            **{name: "view" for _, name, is_temporary, *_ in views if not is_temporary},
        }

    def _state(self) -> str:
        """Which schema the published views read, or are about to; empty for neither."""
        return self._property(self.schema, _STATE)

    def _property(self, schema: str, name: str) -> str:
        """A property of a schema; empty where it has none of the name."""
        properties = self._described(schema).get("Properties", "")
        found = re.search(rf"\({re.escape(name)},([^()]*)\)", properties)
        return found.group(1) if found else ""

    def _set_state(self, state: str) -> None:
        self._run(
            f"alter database {name_of(self.schema)} set dbproperties "
            f"('{_STATE}' = '{state}', '{_FORMAT}' = '{self._publication.format}')"
        )

    def _comment(self, schema: str) -> str | None:
        return self._described(schema).get("Comment")

    def _described(self, schema: str) -> dict[str, str]:
        with explained():
            return spark_client().described(schema)

    def _drop_schema(self, schema: str) -> None:
        self._run(f"drop database if exists {name_of(schema)} cascade")

    def _drop(self, schema: str, name: str, kind: str = "table") -> None:
        self._run(f"drop {kind} if exists {name_of(schema, name)}")

    def _write(
        self,
        schema: str,
        name: str,
        columns: ColumnTypes,
        batches: Iterable[pa.RecordBatch],
    ) -> int:
        # As dbt's hook makes it: partitions can be overwritten, rows cannot be deleted.
        partition = columns[0][0] if name == RAW_LOADS else None
        with explained():
            return spark_client().write(schema, name, columns, batches, partition)

    def _run(self, sql: str) -> list[tuple[Any, ...]]:
        with explained():
            return spark_client().run(sql)


class _SparkArea(Area):
    """What is done to a build schema, which nobody reads before it is published."""

    types: ClassVar = {"text": "string", "integer": "bigint"}

    def __init__(self, run: Callable[[str], list[Row]], schema: str) -> None:
        self._run = run
        self._schema = schema

    def relation(self, name: str) -> str:
        return name_of(self._schema, name)

    def run(self, sql: str) -> list[Row]:
        return self._run(sql)

    def columns(self, table: str) -> list[str]:
        columns = self.run(f"describe table {self.relation(table)}")
        return [name for name, *_ in columns]

    def create_as(self, table: str, query: str) -> None:
        self.run(f"create table {self.relation(table)} using parquet as {query}")

    def add_column(self, table: str, column: str, kind: str, value: str) -> None:
        value = f"cast({value} as {self.types[kind]})"
        self._write_anew(table, f"select *, {value} as {column} from {{}}")  # noqa: S608

    def delete(self, table: str, condition: str) -> None:
        self._write_anew(table, f"select * from {{}} where not ({condition})")  # noqa: S608

    def _write_anew(self, table: str, query: str) -> None:
        self.create_as(f"{table}__new", query.format(self.relation(table)))
        self.run(f"drop table {self.relation(table)}")
        new = self.relation(f"{table}__new")
        self.run(f"alter table {new} rename to {self.relation(table)}")
