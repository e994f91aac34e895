"""The journal beside a warehouse: one record a line, only ever added to.

What a run that published nothing has to say cannot stand in the warehouse. So each run
says here that it begins, and what came of it; the next version takes that over. Nothing
depends on that journal: where it cannot be read or written, a run goes on without it.

What else belongs to a warehouse and to none of its versions is kept in the same way:
the exports that were made of it, and who was erased. That one must be read, or nothing
is done.
"""

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError

Record = Mapping[str, Any]

# The table by which a version has taken over the journal of runs.
PIPELINE_RUNS = "pipeline_runs"

# Of a journal that has grown beyond all use, only the end is read.
_MOST_BYTES = 8_000_000


class Journal(ABC):
    """What was written, and a place to write more."""

    def records(self) -> list[Record]:
        """The records that can be read, the oldest first."""
        lines: Sequence[str] = ()
        with suppress(OSError, PipelineError):
            lines = self._lines()
        return [found for line in lines if (found := _read(line)) is not None]

    def all_records(self) -> list[Record]:
        """All of them, the oldest first.

        Raises:
            PipelineError: One cannot be read.
        """
        try:
            found = [_read(line) for line in self._lines(most_bytes=None)]
        except OSError as error:
            raise PipelineError(
                f"{self.location} cannot be read ({error.strerror}); nothing is done "
                "without it"
            ) from None
        if None in found:
            raise PipelineError(
                f"{self.location} is damaged; put it back from a backup of it"
            )
        return [record for record in found if record is not None]

    def append(self, record: Record) -> None:
        """Add one.

        Raises:
            OSError: It could not be written.
            PipelineError: The same, on a server.
        """
        self._append(json.dumps(record))

    def replace(self, records: Iterable[Record]) -> None:
        """Let others take the place of all, at once; for whoever holds the lock.

        Raises:
            OSError: It is as it was.
            PipelineError: The same, on a server.
        """
        self._replace([json.dumps(record) for record in records])

    @property
    @abstractmethod
    def location(self) -> str:
        """How to name it to a person."""

    @abstractmethod
    def _lines(self, most_bytes: int | None = _MOST_BYTES) -> Sequence[str]:
        """What stands there, whatever it is; raises where it cannot be read."""

    @abstractmethod
    def _append(self, line: str) -> None: ...

    @abstractmethod
    def _replace(self, lines: Sequence[str]) -> None: ...


class FileJournal(Journal):
    """A file that its owner alone can read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def location(self) -> str:
        """Its path."""
        return str(self.path)

    def _lines(self, most_bytes: int | None = _MOST_BYTES) -> Sequence[str]:
        if not self.path.exists():
            return []
        if not self.path.is_file():  # a pipe would be waited for
            raise OSError(0, "it is no file", str(self.path))
        with self.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0 if most_bytes is None else max(0, size - most_bytes))
            return file.read(most_bytes).decode("utf-8", "replace").splitlines()

    def _append(self, line: str) -> None:
        # Not waiting, where it is a pipe. What a full disk cut off stays a line apart.
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK
        handle = os.open(self.path, flags, 0o600)
        try:
            size = os.lseek(handle, 0, os.SEEK_END)
            is_ended = size == 0 or os.pread(handle, 1, size - 1) == b"\n"
            text = f"{'' if is_ended else os.linesep}{line}\n".encode()
            if os.write(handle, text) != len(text):
                raise OSError(0, "it was written in part", str(self.path))
            os.fsync(handle)
        finally:
            os.close(handle)

    def _replace(self, lines: Sequence[str]) -> None:
        if self.path.exists() and not self.path.is_file():
            raise OSError(0, "it is no file", str(self.path))
        new = self.path.with_name(self.path.name + ".new")
        new.unlink(missing_ok=True)
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)
            file.flush()
            os.fsync(handle)
        new.replace(self.path)


def _read(line: str) -> Record | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
