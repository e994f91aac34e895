"""What every kind of raw file can do, whatever its format."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from pipeline.errors import RawFileError
from pipeline.raw_files.contract import RawTable
from pipeline.raw_files.header import NO_HEADER, Header
from pipeline.raw_files.held_file import HeldFile, cannot_be_read

# Told how many bytes of a file more have been read.
Advance = Callable[[int], None]
# What is loaded of a batch of rows.
Filter = Callable[[pa.RecordBatch], pa.RecordBatch]

BATCH_ROWS = 50_000


class RawFile(ABC):
    """One file of one raw table, open. Check it before reading its rows.

    Attributes:
        table: The raw table that the file fills.
        path: Where it was found.
        held: The file itself, whatever its name comes to mean.
        size: The bytes that one pass over the file reads.
        header: Its columns; known after `check`.
        row_count: Its rows; known after `check`.
        sha256: The hash of its bytes; known after `check`.
        fault: What went wrong while it was read; engines make an error of their own of
            what they meet in `batches`.
    """

    header: Header
    row_count: int
    sha256: str | None
    fault: RawFileError | None = None
    _filter: Filter | None = None

    def __init__(self, table: RawTable, path: Path) -> None:
        """Open it.

        Raises:
            RawFileError: It is no file, or cannot be read.
        """
        self.table = table
        self.path = path
        self.held = HeldFile(path)
        self.size = self.held.size

    def check(self, advance: Advance) -> None:
        """Check the whole file against the contract.

        Raises:
            RawFileError: The file, the line where there is one, and what was expected.
        """
        with self._readable():
            self.sha256 = self.held.sha256
            self.header, self.row_count = NO_HEADER, 0
            if self.size or not self.table.is_optional:
                self._check(advance)
        if self.row_count == 0 and not self.table.is_optional:
            raise RawFileError(
                f"{self.path.name} has a header and no rows; expected at least one row"
            )

    @abstractmethod
    def _check(self, advance: Advance) -> None:
        """Check what the file holds; set header and row_count."""

    def batches(self, advance: Advance) -> Iterator[pa.RecordBatch]:
        """The rows as text: null for an empty field, and where there is no column."""
        if self.row_count:
            with self._readable():
                for batch in self._batches(advance):
                    yield batch if self._filter is None else self._filter(batch)

    def pass_through(self, change: Filter, *, is_shortened: bool = False) -> int:
        """Load what a function makes of each batch, in the place of the rows.

        Args:
            change: The function.
            is_shortened: Whether it may leave rows out; then the file, which was
                checked, is read once more to count them.

        Returns:
            How many rows it leaves out.
        """
        self._filter = change
        before = self.row_count
        if is_shortened:
            self.row_count = sum(map(len, self.batches(lambda _: None)))
        return before - self.row_count

    @abstractmethod
    def _batches(self, advance: Advance) -> Iterator[pa.RecordBatch]:
        """The same of a file with rows."""

    def confirm(self, rows: int) -> None:
        """Refuse what was loaded if it was not the file that was checked."""
        with self._readable():
            if rows != self.row_count or self.held.has_changed():
                raise self._changed()

    def close(self) -> None:
        """Let go of the file."""
        self.held.close()

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Raise what goes wrong while the file is read as `RawFileError`."""
        try:
            yield
        except Exception as error:
            # Whatever a reader says of a file that is another one by now.
            is_other = self.held.has_changed()
            self.fault = self._changed() if is_other else self._reading_error(error)
            if self.fault is None:
                raise
            raise self.fault from None

    def _reading_error(self, error: Exception) -> RawFileError | None:
        """A reader's error in our words; None where it is none of reading."""
        if isinstance(error, OSError):
            return cannot_be_read(self.path, error)
        return error if isinstance(error, RawFileError) else None

    def _changed(self) -> RawFileError:
        return RawFileError(
            f"{self.path.name} changed while it was read; load it when it is complete"
        )


class AbsentFile(RawFile):
    """In the place of a file that may be absent, and is: a table without rows."""

    header = NO_HEADER
    row_count = 0
    size = 0
    sha256 = None

    def __init__(self, table: RawTable, path: Path) -> None:
        self.table = table
        self.path = path

    def check(self, advance: Advance) -> None:
        """Nothing that could be wrong."""

    _check = check

    def _batches(self, advance: Advance) -> Iterator[pa.RecordBatch]:
        return iter(())

    def confirm(self, rows: int) -> None:
        """Nothing that could have changed."""

    def close(self) -> None:
        """Nothing that is open."""
