"""How the published schema comes to have what a version has.

A version is a schema of Parquet tables, whatever the format. What other programs read
is a view of each, pointed to the newest version; or an Iceberg table of its own, into
which the version's rows are copied. Those are written to a branch and compared with
the version before anybody sees them; then each table's `main` goes forward to its
branch, in one commit. A tag that no other version ever has stays on every table, so
that who reads all tables by one tag reads one version. `raw_loads` is the last to go
forward: its `main` has the tag of the version that is published.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from pipeline.errors import PipelineError
from pipeline.journal import PIPELINE_RUNS
from pipeline.raw_files.contract import RAW_LOADS
from pipeline.warehouse.engine import refuse_others
from pipeline.warehouse.spark.client import columns_of
from pipeline.warehouse.spark.formats import CATALOG, ICEBERG, PARQUET, chosen_format
from pipeline.warehouse.spark.literals import literal, name_of, sum_of_hashes

Run = Callable[[str], list[tuple[Any, ...]]]
# A property of a schema, by their names; empty where it has none.
Property = Callable[[str, str], str]

_MAIN, _BRANCH = "main", "build"
_TAG = "TAG"
_VERSION = re.compile(r"version_(\d+)")
# A property of a version's schema.
_TAGGED = "warehouse.tag"

# Iceberg's own bounds of each column would outlive the file that they are of, in the
# manifest that says that it is gone: an address among them, after `erase`.
_NO_BOUNDS = ("write.metadata.metrics.default", "counts")
_PROPERTIES = {
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "10",
    **dict([_NO_BOUNDS]),
}

# Iceberg knows no smaller whole numbers.
_WIDER = {"tinyint": "int", "smallint": "int"}


class Publication(ABC):
    """The published schema.

    Args:
        schema: Its name.
        run: Runs a statement, and gives its rows.
        property_of: Looks one up.
    """

    format: ClassVar[str]

    def __init__(self, schema: str, run: Run, property_of: Property) -> None:
        self._schema = schema
        self._run = run
        self._property_of = property_of

    def check(self) -> None:  # noqa: B027
        """Refuse what another program has where the version comes to."""

    def stage(self, version: str, tables: Iterable[str]) -> None:  # noqa: B027
        """Write, and audit, what takes long, where nobody sees it."""

    @abstractmethod
    def show(self, version: str, tables: Iterable[str]) -> None:
        """Let the published tables have the version's rows, each in one step.

        A kill may come between two of them: this is done again then, for all.
        """

    def settle(self, versions: Collection[str], tables: Collection[str]) -> None:  # noqa: B027
        """Remove what belongs to no other version, nor to other tables, than these."""


class Views(Publication):
    """A view for each of the version's tables."""

    format = PARQUET

    def show(self, version: str, tables: Iterable[str]) -> None:
        """Point the views."""
        for table in sorted(tables, key=_turn):
            self._point(table, name_of(version, table))

    def _point(self, table: str, relation: str) -> None:
        view = name_of(self._schema, table)
        self._run(f"create or replace view {view} as table {relation}")


class IcebergTables(Views):
    """An Iceberg table for each of the version's, and a view of it for this project."""

    format = ICEBERG

    def __init__(self, schema: str, run: Run, property_of: Property) -> None:
        super().__init__(schema, run, property_of)
        self._staged: set[str] = set()

    def check(self) -> None:
        """Refuse a namespace of another program."""
        refuse_others(
            f"the Iceberg namespace {self._schema} is another program's",
            self._tables(),
            "choose another schema: DWH_SCHEMA or --database",
        )

    def stage(self, version: str, tables: Iterable[str]) -> None:
        """Write each table to a branch, and tag it.

        A table that is new, or was made otherwise, with other columns, is left for its
        turn: a branch cannot have columns of its own.
        """
        there = self._tables()
        tag = self._new_tag(version)
        for table in tables:
            if table not in there or not self._is_made_for(version, table):
                continue
            relation = self._relation(table)
            self._run(f"alter table {relation} create or replace branch {_BRANCH}")
            branch = f"{relation}.branch_{_BRANCH}"
            self._run(f"insert overwrite {branch} table {name_of(version, table)}")
            self._audit(version, table, branch)
            self._tag(table, tag, _BRANCH)
            self._staged.add(table)

    def show(self, version: str, tables: Iterable[str]) -> None:
        """Let each `main` have the version's rows; that of `raw_loads` last."""
        namespace = name_of(CATALOG, self._schema)
        self._run(f"create namespace if not exists {namespace}")
        tag = self._property_of(version, _TAGGED) or self._new_tag(version)
        in_order = sorted(tables, key=_turn)
        there = self._tables() - self._staged
        # Nothing is asked between one table's turn and the next one's.
        tagged = {
            table: self._refs(table).get((tag, _TAG))
            for table in there.intersection(in_order)
            if self._is_made_for(version, table)
        }
        for table in in_order:
            if table in self._staged:
                # Refused if somebody else has written to it since.
                self._call("fast_forward", table, f"'{_MAIN}', '{_BRANCH}'")
            elif snapshot := tagged.get(table):
                # Back, or on from where a kill stopped.
                self._call("set_current_snapshot", table, str(snapshot))
            else:
                self._replace(version, table, tag)
        for table in in_order:
            self._point(table, self._relation(table))

    def _replace(self, version: str, table: str, tag: str) -> None:
        relation = self._relation(table)
        properties = ", ".join(f"'{k}' = '{v}'" for k, v in _PROPERTIES.items())
        self._run(
            f"create or replace table {relation} using iceberg "
            f"tblproperties ({properties}) as table {name_of(version, table)}"
        )
        self._audit(version, table, relation)
        self._tag(table, tag, _MAIN)

    def settle(self, versions: Collection[str], tables: Collection[str]) -> None:
        """Drop tables that are gone, tags of versions that are not kept, and files."""
        kept = {self._property_of(version, _TAGGED) for version in versions}
        # Whatever is not tagged or published goes, however young it is.
        until = (datetime.now(UTC) + timedelta(days=1)).isoformat(sep=" ")
        for table in self._tables():
            relation = self._relation(table)
            if table not in tables:
                self._run(f"drop table {relation} purge")
                continue
            named = set()
            for (name, kind), snapshot in self._refs(table).items():
                is_old = _VERSION.fullmatch(name) and name not in kept
                if (kind == _TAG and is_old) or name == _BRANCH:
                    self._run(f"alter table {relation} drop {kind} {name}")
                else:
                    named.add(snapshot)
            there = self._run(f"select snapshot_id from {relation}.snapshots")  # noqa: S608
            if {snapshot for (snapshot,) in there} - named:
                with self._few_partitions():
                    self._call("expire_snapshots", table, f"timestamp '{until}'")
        self._staged.clear()

    @contextmanager
    def _few_partitions(self) -> Iterator[None]:
        """For lists of files, which are short however long the tables are."""
        setting = "spark.sql.shuffle.partitions"
        ((_, before),) = self._run(f"set {setting}")
        self._run(f"set {setting} = 4")
        try:
            yield
        finally:
            self._run(f"set {setting} = {before}")

    def _audit(self, version: str, table: str, copy: str) -> None:
        """See that a copy has the rows of the version, all of them and no other."""
        columns = list(self._columns(name_of(version, table)))
        query = f"select count(*), {sum_of_hashes(columns)} from"
        (built,) = self._run(f"{query} {name_of(version, table)}")
        (copied,) = self._run(f"{query} {copy}")
        if copied != built:
            raise PipelineError(
                f"the rows of {copy} are not those of the build ({copied[0]} instead "
                f"of {built[0]}, or with other values)"
            )

    def _new_tag(self, version: str) -> str:
        """Give a version the tag after those of all versions before."""
        refs = self._refs(RAW_LOADS) if RAW_LOADS in self._tables() else ()
        tags = [_VERSION.fullmatch(name) for name, _ in refs]
        number = max((int(tag[1]) for tag in tags if tag), default=0) + 1
        tag = f"version_{number}"
        self._run(
            f"alter database {name_of(version)} "
            f"set dbproperties ('{_TAGGED}' = '{tag}')"
        )
        return tag

    def _tag(self, table: str, tag: str, branch: str) -> None:
        snapshot = next(
            found for (name, _), found in self._refs(table).items() if name == branch
        )
        self._run(
            f"alter table {self._relation(table)} create or replace tag "
            f"{tag} as of version {snapshot}"
        )

    def _refs(self, table: str) -> dict[tuple[str, str], int]:
        """The snapshot of each branch and tag, by its name and kind."""
        rows = self._run(f"table {self._relation(table)}.refs")
        return {(name, kind): snapshot for name, kind, snapshot, *_ in rows}

    def _is_made_for(self, version: str, table: str) -> bool:
        """Whether a table has the columns that a version's has, and no bounds."""
        built = self._columns(name_of(version, table))
        wanted = [(name, _WIDER.get(kind, kind)) for name, kind in built.items()]
        relation = self._relation(table)
        if wanted != list(self._columns(relation).items()):
            return False
        return _NO_BOUNDS in self._run(f"show tblproperties {relation}")

    def _columns(self, relation: str) -> dict[str, str]:
        return columns_of(self._run(f"describe table {relation}"))

    def _tables(self) -> set[str]:
        """Those of the namespace."""
        schemas = self._run(f"show namespaces in {CATALOG}")
        if (self._schema,) not in schemas:
            return set()
        tables = self._run(f"show tables in {name_of(CATALOG, self._schema)}")
        return {name for _, name, _ in tables}

    def _relation(self, table: str) -> str:
        return name_of(CATALOG, self._schema, table)

    def _call(self, procedure: str, table: str, arguments: str) -> None:
        named = literal(name_of(self._schema, table))
        self._run(f"call {CATALOG}.system.{procedure}({named}, {arguments})")


def _turn(table: str) -> tuple[bool, bool, str]:
    """Sorts tables by when they are published: those last that say that all are."""
    return table == RAW_LOADS, table == PIPELINE_RUNS, table


def publication_of(schema: str, run: Run, property_of: Property) -> Publication:
    """The published schema in the format that the environment names."""
    kind = IcebergTables if chosen_format() == ICEBERG else Views
    return kind(schema, run, property_of)
