"""What every kind of raw file can do, whatever its format."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipeline.contract import RawTable
from pipeline.errors import PipelineError
from pipeline.header import NO_HEADER, Header

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

    @property
    def size(self) -> int:
        """The bytes that one pass over the file reads."""
        return self.path.stat().st_size

    @abstractmethod
    def check(self, advance: Advance) -> None:
        """Check the whole file against the contract, and set header and row_count.

        Raises:
            PipelineError: The file, the line where there is one, and what was
                expected.
        """

    @contextmanager
    def readable(self) -> Iterator[None]:
        """Word what goes wrong while the file is read, here or by an engine.

        Raises:
            PipelineError: Instead of the errors of the readers underneath.
        """
        try:
            yield
        except OSError as error:
            raise PipelineError(
                f"{self.path} cannot be read: {error.strerror or error}"
            ) from None

    @abstractmethod
    def batches(self, advance: Advance) -> Iterator[Iterable[Sequence[str | None]]]:
        """The rows in batches: the columns of the header, in contract order.

        A batch must be used up before the next one is asked for. An empty field is
        the empty text here; the engines store it as null.
        """

    def require_rows(self) -> None:
        """Refuse a file that has a header and nothing else, where rows are needed."""
        if self.row_count == 0 and not self.table.is_optional:
            raise PipelineError(
                f"{self.path.name} has a header and no rows; expected at least one row"
            )


class AbsentFile(RawFile):
    """In the place of a file that may be absent, and is: a table without rows."""

    header = NO_HEADER
    row_count = 0
    size = 0

    def check(self, advance: Advance) -> None:
        """Nothing that could be wrong."""

    def batches(self, advance: Advance) -> Iterator[Iterable[Sequence[str | None]]]:
        """None."""
        return iter(())
