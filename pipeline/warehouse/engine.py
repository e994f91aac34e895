"""What the pipeline asks of an engine.

An engine knows one published warehouse and one build area beside it. Data are loaded
into either; dbt and everything after it see the build area only, until `publish` makes
it the published warehouse in one step.
"""

from abc import ABC, abstractmethod
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
import pyarrow as pa
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from pipeline.errors import PipelineError
from pipeline.journal import Journal
from pipeline.raw_files.contract import (
    BATCH_ID,
    RAW_BATCHES,
    RAW_BATCHES_COLUMNS,
    RAW_COLUMNS,
    RAW_LOADS,
    RAW_LOADS_COLUMNS,
    RawBatch,
    RawLoad,
)
from pipeline.raw_files.raw_file import Advance, RawFile
from pipeline.raw_files.raw_folder import CheckedFolder
from pipeline.records import columns_of, rows_of
from pipeline.terminal.printable import printable
from pipeline.warehouse import open_reader
from pipeline.warehouse.append import Appended
from pipeline.warehouse.arrow import ColumnTypes, batch_of, schema_of
from pipeline.warehouse.errors import BusyError
from pipeline.warehouse.location import Location

Record = TypeVar("Record")
Numbers = NDArray[np.float64]
# Replaces a table, by its name, columns and rows; returns how many rows there were.
Write = Callable[[str, ColumnTypes, Iterable[pa.RecordBatch]], int]

NOBODY: Mapping[str, str] = MappingProxyType({})

# How many versions stay beside the published one where nothing else is said.
KEEP_VERSIONS = 3
# And how many may stay.
MOST_KEPT = 9

# The journals: of runs, of the exports that were made, and of who was erased.
RUNS, EXPORTS, ERASED = "runs", "exports", "erased"


class Engine(ABC):
    """One target and one database on it.

    Every method raises `PipelineError` for what a user can mend.

    Attributes:
        target: The target's name in `profiles.yml`.
        published: The published warehouse.
    """

    target: ClassVar[str]
    # The variable by which the profile finds a database.
    _variable: ClassVar[str]

    def __init__(self, database: str) -> None:
        self.published = Location(self.target, database)

    @property
    def location(self) -> str:
        """How to name the published warehouse to a person."""
        return self._named(self.published)

    @property
    def build_location(self) -> str:
        """How to name the build area to a person."""
        return self._named(self._build)

    @abstractmethod
    def _named(self, location: Location) -> str:
        """How to name a warehouse of this engine to a person."""

    @property
    @abstractmethod
    def _build(self) -> Location:
        """The build area."""

    @property
    @abstractmethod
    def version(self) -> str:
        """The engine's name and version, such as `SQLite 3.45.1`."""

    @abstractmethod
    def check_requirements(self) -> None:
        """Refuse an engine that lacks what the models need."""

    @abstractmethod
    def check_published(self) -> None:
        """Refuse a target that is not empty, nor a warehouse of this project.

        Only reads: another build may be at work there.
        """

    @abstractmethod
    def undo_unfinished(self) -> str | None:
        """Undo, or finish, what a killed writer left half done. Holding the lock.

        Returns:
            For a person, what was published by that; None for nothing.
        """

    @abstractmethod
    def lock(self) -> AbstractContextManager[None]:
        """Hold the target against other builds and loads, or refuse at once.

        The lock is the operating system's or the server's: it dies with its process.
        """

    @abstractmethod
    def journal(self, name: str = RUNS) -> Journal:
        """What belongs to the warehouse and to none of its versions, by its name.

        Its owner alone can read it.
        """

    @contextmanager
    def exclusive_use(self) -> Iterator[str | None]:
        """Hold the lock over a target that is whole and ours.

        It is asked again, because it may have changed until the lock was held.

        Yields:
            What `undo_unfinished` says.
        """
        with self.lock():
            finished = self.undo_unfinished()
            self.check_published()
            yield finished

    @abstractmethod
    def in_place(self, schema: str = "") -> Self:
        """The same engine with the published warehouse as its build area.

        For a small table that is replaced where bare dbt works.

        Args:
            schema: Where another project has the models, on DuckDB and PostgreSQL.
        """

    @abstractmethod
    def begin_build(self) -> None:
        """Make an empty build area, whatever an earlier build left there."""

    @abstractmethod
    def discard_build(self) -> None:
        """Remove the build area."""

    @abstractmethod
    def load_raw(
        self,
        folder: CheckedFolder,
        batches: Sequence[RawBatch],
        advance: Advance,
        *,
        in_place: bool,
    ) -> Sequence[str]:
        """Replace the raw tables, `raw_loads` and `raw_batches` in one transaction.

        Args:
            folder: The files.
            batches: The rows of `raw_batches`; the last of them are this load's.
            advance: Told the bytes read.
            in_place: Into the published warehouse, rather than the build area.

        Returns:
            What could not be done after they were replaced, for a person.
        """

    @abstractmethod
    def append_raw(
        self, files: Sequence[RawFile], batch_id: int, held_id: int, advance: Advance
    ) -> Appended:
        """Put a batch in the place of the rows of the build area that it replaces.

        Args:
            files: The files of the batch that have rows.
            batch_id: The batch's number.
            held_id: The number of held rows that have none.
            advance: Told the bytes read.

        Raises:
            RawFileError: It is half a batch.
        """

    def published_source(self) -> str | None:
        """The `source` of the published raw tables; None where there are none.

        `load` if any of the tables was loaded.
        """
        sources = {load.source for load in self.published_loads()}
        return "load" if "load" in sources else "demo" if sources else None

    def published_loads(self) -> list[RawLoad]:
        """The rows of the published `raw_loads`; none where there is no such table."""
        return self._published_rows(RAW_LOADS, RawLoad)

    def published_batches(self) -> list[RawBatch]:
        """The rows of the published `raw_batches`, the last batch at the end."""
        return self._published_rows(RAW_BATCHES, RawBatch)

    def _published_rows(self, table: str, record: type[Record]) -> list[Record]:
        """The rows of a published table, in their order; none where it is not there."""
        with open_reader(self.published) as reader:
            if table not in reader.tables:
                return []
            # Who made it by hand may have left the hashes out.
            known = [name for name, _ in columns_of(record)]
            columns = [name for name in known if name in reader.tables[table]]
            return [
                record(**dict(zip(columns, row, strict=True)))
                for row in reader.rows(table, columns)
            ]

    @abstractmethod
    def carry_over(
        self, tables: Sequence[str], erased: Mapping[str, str] = NOBODY
    ) -> dict[str, int]:
        """Copy tables, as they are, from the published warehouse to the build area.

        Args:
            tables: Their names.
            erased: Of customers who are to be erased, what stands for them from now on,
                by their ids as they are spelled in these tables. Nothing else of them
                comes to the build area, not even for a moment.

        Returns:
            The rows of each table copied; those that are not there are left out.
        """

    @property
    def profile(self) -> str:
        """The output of `profiles.yml` by which dbt finds the engine."""
        return self.target

    def dbt_environment(self) -> dict[str, str]:
        """The environment variables that point dbt to the build area."""
        return self._environment(self._build)

    def published_environment(self) -> dict[str, str]:
        """The same of the published warehouse, for a dbt that only reads."""
        return self._environment(self.published)

    def _environment(self, area: Location) -> dict[str, str]:
        # dbt moves into the project's folder.
        name = str(area.path) if area.is_file else area.database
        return {"DWH_TARGET": self.target, self._variable: name}

    def scratch_environment(self, folder: Path) -> dict[str, str]:
        """The variables that point dbt to nothing, under the names a reader has.

        Args:
            folder: Where a database of a file may be made.
        """
        name = self.published.database
        if self.published.is_file:
            name = str(folder / "warehouse.db")
        return {"DWH_TARGET": self.target, self._variable: name}

    def end_dbt(self) -> None:  # noqa: B027
        """Close what dbt's adapter keeps open in this process after a run."""

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Read from the build area."""
        with open_reader(self._build) as reader:
            return reader.fetch(sql)

    def read_numbers(self, sql: str) -> Numbers:
        """`Reader.numbers` of the build area."""
        with open_reader(self._build) as reader:
            return reader.numbers(sql)

    def raw_hash(self, name: str, version: Location | None = None) -> str:
        """The `table_hash` of `raw_loads`: of the contract's columns that are there.

        Args:
            name: The raw table.
            version: Of which version; of the build area, where nothing is said.
        """
        with open_reader(version or self._build) as reader:
            held = reader.tables[name]
            columns = [column for column in RAW_COLUMNS[name] if column in held]
            return reader.table_hash(name, columns)

    def has_table(self, name: str) -> bool:
        """Whether the build area has a table."""
        with open_reader(self._build) as reader:
            return name.lower() in reader.tables

    def write_table(
        self, name: str, columns: ColumnTypes, rows: Iterable[Sequence[object]]
    ) -> None:
        """Replace a small table of the build area."""
        self.write_batches(name, columns, [batch_of(columns, rows)])

    @abstractmethod
    def write_batches(
        self, name: str, columns: ColumnTypes, batches: Iterable[pa.RecordBatch]
    ) -> None:
        """Replace a table of the build area, however many rows there are."""

    @abstractmethod
    def publish(self, keep_versions: int = KEEP_VERSIONS) -> Sequence[str]:
        """Make the build area the published warehouse, in one step.

        Calls `work_is_done` in the moment that it is.

        Args:
            keep_versions: How many of the versions before it stay.

        Returns:
            What could not be done after that, for a person.
        """

    @abstractmethod
    def kept_versions(self) -> list[Location]:
        """The versions before the published one that are still there, newest first."""

    def bytes_of(self, version: Location) -> int | None:
        """The room that a version takes; None where that cannot be told."""
        del version
        return None

    @abstractmethod
    def restore(self, version: Location) -> Sequence[str]:
        """Make a kept version the published one, in one step. Holding the lock.

        The one that was published is kept in turn, as the newest.

        Args:
            version: One of `kept_versions`.

        Returns:
            What could not be done after that, for a person.
        """


def fill(
    files: Sequence[RawFile],
    batch_id: int,
    advance: Advance,
    write: Write,
    suffix: str = "",
) -> None:
    """Write each file into the table of its name and the suffix, and the batch beside.

    Raises:
        RawFileError: A file was not the one that was checked.
    """
    for file in files:
        columns = (*file.table.column_types, (BATCH_ID, "integer"))
        schema = schema_of(columns)
        batches = (
            pa.RecordBatch.from_arrays(
                [*batch.columns, pa.repeat(batch_id, len(batch))], schema=schema
            )
            for batch in file.batches(advance)
        )
        try:
            rows = write(file.table.name + suffix, columns, batches)
        except Exception:
            if file.fault is not None:
                raise file.fault from None
            raise
        file.confirm(rows)


def write_loads(
    folder: CheckedFolder,
    batches: Sequence[RawBatch],
    write: Write,
    table_hash: Callable[[str, Sequence[str]], str],
) -> None:
    """Write `raw_loads`, with the hash of each table as it was loaded, and batches."""
    loads = [
        RawLoad(
            raw_table=file.table.name,
            source="load",
            origin=printable(folder.origin),
            row_count=file.row_count,
            loaded_at=batches[-1].loaded_at,
            file_hash=file.sha256,
            table_hash=table_hash(file.table.name, file.table.columns),
        )
        for file in folder.files
    ]
    write(RAW_LOADS, RAW_LOADS_COLUMNS, [batch_of(RAW_LOADS_COLUMNS, rows_of(loads))])
    ledger = batch_of(RAW_BATCHES_COLUMNS, rows_of(batches))
    write(RAW_BATCHES, RAW_BATCHES_COLUMNS, [ledger])


def refuse_others(what: str, tables: Collection[str], advice: str) -> None:
    """Refuse what holds tables, and not the one that marks a warehouse as ours."""
    if tables and RAW_LOADS not in tables:
        some = ", ".join(sorted(tables)[:3]) + (", ..." if len(tables) > 3 else "")
        raise PipelineError(f"{what} (it holds {some} and no {RAW_LOADS}); {advice}")


@contextmanager
def file_lock(path: Path, location: str) -> Iterator[None]:
    """Hold a lock file against others; it stays, the lock dies with the process.

    Raises:
        PipelineError: Somebody else holds it, or it cannot be made.
    """
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise BusyError(
            f"another build or load of {location} is running; "
            "run this again when it has finished"
        ) from None
    except OSError as error:
        raise PipelineError(
            f"the folder {path.parent} cannot be written to ({error.strerror}); "
            "choose another database"
        ) from None
    try:
        yield
    finally:
        lock.release()
