"""What the pipeline asks of an engine.

An engine knows one published warehouse and one build area beside it. Data are loaded
into either; dbt and everything after it see the build area only, until `publish` makes
it the published warehouse in one step.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.raw_files.raw_file import Advance, RawFile

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class RawLoad:
    """A row of `raw_loads`: who filled a raw table, and when.

    Attributes:
        raw_table: The raw table.
        source: `load` for files, `demo` for the project's own seeds.
        origin: The folder or file, as it was given.
        row_count: Rows in the table.
        loaded_at: UTC, ISO 8601.
        file_hash: SHA-256 of the file's bytes; None where there was no file.
        table_hash: What the engine makes of the table's rows, by `Engine.table_hash`;
            None where it was not the pipeline that filled it.
    """

    raw_table: str
    source: str
    origin: str
    row_count: int
    loaded_at: str
    file_hash: str | None = None
    table_hash: str | None = None

    @classmethod
    def from_columns(cls, columns: Sequence[str], row: Sequence[Any]) -> "RawLoad":
        """A row of a `raw_loads` that may be somebody's own, without the hashes."""
        known = {field.name for field in fields(cls)}
        found = zip(columns, row, strict=True)
        return cls(**{name: value for name, value in found if name in known})


class Engine(ABC):
    """One target and one database on it.

    Every method raises `PipelineError` for what a user can mend.

    Attributes:
        target: The target's name in `profiles.yml`.
    """

    target: ClassVar[str]

    @property
    @abstractmethod
    def location(self) -> str:
        """How to name the published warehouse to a person."""

    @property
    @abstractmethod
    def place(self) -> str:
        """The published warehouse as `table_readers.reader_for` takes it."""

    @property
    @abstractmethod
    def version(self) -> str:
        """The engine's name and version, such as `SQLite 3.45.1`."""

    @abstractmethod
    def check_requirements(self) -> None:
        """Refuse an engine that lacks what the models need."""

    @abstractmethod
    def check_published(self) -> None:
        """Refuse a target that is not an empty place or a warehouse of this project.

        Only reads: another build may be at work there.
        """

    @abstractmethod
    def undo_unfinished(self) -> None:
        """Undo, or finish, what a killed writer left half done. Holding the lock."""

    @abstractmethod
    def lock(self) -> AbstractContextManager[None]:
        """Hold the target against other builds and loads, or refuse at once.

        The lock is the operating system's or the server's: it dies with its process.
        """

    @contextmanager
    def exclusive_use(self) -> Iterator[None]:
        """Hold the lock over a target that is whole and ours.

        It is asked again, because it may have changed until the lock was held.
        """
        with self.lock():
            self.undo_unfinished()
            self.check_published()
            yield

    @abstractmethod
    def in_place(self) -> Self:
        """The same engine with the published warehouse as its build area.

        For a small table that is replaced where bare dbt works.
        """

    @abstractmethod
    def begin_build(self) -> None:
        """Make an empty build area, whatever an earlier build left there."""

    @abstractmethod
    def discard_build(self) -> None:
        """Remove the build area."""

    @property
    @abstractmethod
    def build_location(self) -> str:
        """How to name the build area to a person."""

    @abstractmethod
    def load_raw(
        self,
        files: Sequence[RawFile],
        loads: Sequence[RawLoad],
        advance: Advance,
        *,
        in_place: bool,
    ) -> Sequence[str]:
        """Replace the raw tables and `raw_loads` in one transaction.

        Args:
            files: The checked files, one a raw table; a file without rows may not be
                there to be read.
            loads: The new rows of `raw_loads`.
            advance: Told the bytes read.
            in_place: Into the published warehouse, rather than the build area.

        Returns:
            What could not be done after they were replaced, for a person.
        """

    def published_source(self) -> str | None:
        """The `source` of the published raw tables; None where there are none.

        `load` if any of the tables was loaded.
        """
        sources = {load.source for load in self.published_loads()}
        return "load" if "load" in sources else "demo" if sources else None

    @abstractmethod
    def published_loads(self) -> list[RawLoad]:
        """The rows of the published `raw_loads`; none where there is no such table."""

    @abstractmethod
    def table_hash(self, name: str) -> str:
        """A checksum of a raw table of the build area.

        It begins with how it was made and a colon: hashes made in one way differ if the
        rows do. It is there to find damage and changes, as quickly as the engine can,
        and not to withstand a forger.
        """

    @abstractmethod
    def carry_over(self, tables: Sequence[str]) -> dict[str, int]:
        """Copy tables, as they are, from the published warehouse to the build area.

        Returns:
            The rows of each table copied; those that are not there are left out.
        """

    @abstractmethod
    def dbt_environment(self) -> dict[str, str]:
        """The environment variables that point dbt to the build area."""

    def end_dbt(self) -> None:  # noqa: B027
        """Close what dbt's adapter keeps open in this process after a run."""

    @abstractmethod
    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Read from the build area."""

    @abstractmethod
    def read_numbers(self, sql: str) -> Numbers:
        """Read columns of numbers from the build area, however many rows there are.

        Returns:
            A row a column, in the order of the query; nan for null.
        """

    @abstractmethod
    def has_table(self, name: str) -> bool:
        """Whether the build area has a table."""

    @abstractmethod
    def write_table(
        self,
        name: str,
        columns: Sequence[tuple[str, str]],
        rows: Iterable[Sequence[object]],
    ) -> None:
        """Replace a small table of the build area.

        Args:
            name: The table.
            columns: Name and type of each column: text, integer or real.
            rows: Its rows.
        """

    @abstractmethod
    def write_batches(
        self,
        name: str,
        columns: Sequence[tuple[str, str]],
        batches: Iterable[pa.RecordBatch],
    ) -> None:
        """Replace a table of the build area, however many rows there are.

        Args:
            name: The table.
            columns: Name and type of each column: text, integer or real.
            batches: Its rows, in the columns' order.
        """

    @abstractmethod
    def publish(self) -> Sequence[str]:
        """Make the build area the published warehouse, in one step.

        Calls `work_is_done` in the moment that it is.

        Returns:
            What could not be done after that, for a person.
        """


def numbers_of(width: int, batches: Iterable[Sequence[Sequence[object]]]) -> Numbers:
    """Rows that come in batches as columns of numbers, None as nan.

    Args:
        width: How many columns there are.
        batches: Lists of rows.
    """
    columns = [np.array(rows, dtype=np.float64).T for rows in batches]
    return np.concatenate([np.empty((width, 0)), *columns], axis=1)
