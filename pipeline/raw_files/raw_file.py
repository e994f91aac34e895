"""What every kind of raw file can do, whatever its format."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.raw_files.contract import RawTable
from pipeline.raw_files.header import NO_HEADER, Header
from pipeline.raw_files.held_file import HeldFile

# Told how many bytes of a file more have been read.
Advance = Callable[[int], None]

BATCH_ROWS = 50_000


class RawFile(ABC):
    """One file of one raw table. Check it before reading its rows.

    Attributes:
        table: The raw table that the file fills.
        path: Where it is.
        header: Its columns; known after `check`.
        row_count: Its rows; known after `check`. Without rows, there may be no file.
    """

    header: Header
    row_count: int

    def __init__(self, table: RawTable, path: Path) -> None:
        self.table = table
        self.path = path
        self._held: HeldFile | None = None

    @property
    def size(self) -> int:
        """The bytes that one pass over the file reads."""
        return self._held.size if self._held else self.path.stat().st_size

    @property
    def held(self) -> HeldFile:
        """The file, open since it was checked."""
        if self._held is None:
            raise ValueError(f"{self.path} is read before it is checked")
        return self._held

    @property
    def sha256(self) -> str | None:
        """The hash of its bytes; None where there is no file."""
        return self.held.sha256

    def check(self, advance: Advance) -> None:
        """Open the file, and check the whole of it against the contract.

        Sets header and row_count.

        Raises:
            PipelineError: The file, the line where there is one, and what was
                expected.
        """
        with self.readable():
            self._held = HeldFile(self.path)
        if not self.held.size and self.table.is_optional:
            self.header, self.row_count = NO_HEADER, 0
            return
        self._check(advance)
        if self.row_count == 0 and not self.table.is_optional:
            raise PipelineError(
                f"{self.path.name} has a header and no rows; expected at least one row"
            )

    @abstractmethod
    def _check(self, advance: Advance) -> None:
        """The same of a file that is open."""

    def confirm(self, rows: int) -> None:
        """Refuse what was loaded if it was not the file that was checked.

        Args:
            rows: How many rows were loaded.
        """
        with self.readable():
            if rows != self.row_count or self.held.has_changed():
                raise self._changed()

    def _changed(self) -> PipelineError:
        return PipelineError(
            f"{self.path.name} changed while it was read; load it when it is complete"
        )

    def close(self) -> None:
        """Let go of the file."""
        if self._held is not None:
            self._held.close()

    @contextmanager
    def readable(self) -> Iterator[None]:
        """Word what goes wrong while the file is read, here or by an engine.

        Raises:
            PipelineError: Instead of the errors of the readers underneath.
        """
        try:
            yield
        except Exception as error:
            # Whatever a reader says of a file that is another one by now.
            if self._held is not None and self._held.has_changed():
                raise self._changed() from None
            if isinstance(error, OSError):
                raise PipelineError(
                    f"{self.path} cannot be read: {error.strerror or error}"
                ) from None
            raise

    @abstractmethod
    def batches(self, advance: Advance) -> Iterator[Iterable[Sequence[str | None]]]:
        """The rows in batches: the columns of the header, in contract order.

        A batch must be used up before the next one is asked for. An empty field is
        the empty text here; the engines store it as null.
        """


class AbsentFile(RawFile):
    """In the place of a file that may be absent, and is: a table without rows."""

    header = NO_HEADER
    row_count = 0
    size = 0
    sha256 = None

    def check(self, advance: Advance) -> None:
        """Nothing that could be wrong."""

    _check = check

    def confirm(self, rows: int) -> None:
        """Nothing that could change."""

    def batches(self, advance: Advance) -> Iterator[Iterable[Sequence[str | None]]]:
        """None."""
        return iter(())
