"""The journal beside a warehouse: one record a line, only ever added to.

What a run that published nothing has to say cannot stand in the warehouse. So each run
says here that it begins, and what came of it; the next version takes that over. Nothing
depends on the journal: where it cannot be read or written, a run goes on without it.
"""

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

Record = Mapping[str, Any]

# Of a journal that has grown beyond all use, only the end is read.
_MOST_BYTES = 8_000_000


class Journal(ABC):
    """What was written, and a place to write more."""

    def records(self) -> list[Record]:
        """The records that can be read, the oldest first."""
        return [found for line in self._lines() if (found := _read(line)) is not None]

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

    @abstractmethod
    def _lines(self) -> Iterable[str]:
        """What stands there, whatever it is; nothing where it cannot be read."""

    @abstractmethod
    def _append(self, line: str) -> None: ...

    @abstractmethod
    def _replace(self, lines: Sequence[str]) -> None: ...


class FileJournal(Journal):
    """A file that its owner alone can read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def _lines(self) -> Iterable[str]:
        try:
            if not self.path.is_file():
                return []
            with self.path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - _MOST_BYTES))
                return file.read(_MOST_BYTES).decode("utf-8", "replace").splitlines()
        except OSError:
            return []

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
