"""How much memory a server takes while something else makes it work."""

import contextlib
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from pipeline.dbt.profile import target_settings

SECONDS_BETWEEN_LOOKS = 0.25


class ServerMemory:
    """Looks at a server's processes as long as its ``with`` block runs.

    PostgreSQL's are the server's and one for each connection; Spark's is the Java that
    a child of this process started. Memory that several of them share counts once.

    Attributes:
        peak_megabytes: The most that a look found.
    """

    def __init__(self, engine: str) -> None:
        self.peak_megabytes = 0.0
        # Asked here, where a server that cannot be found is an error to be seen.
        self._postmaster = _postmaster() if engine == "postgres" else None
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        """Begin to look."""
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Look no more."""
        self._ended.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._ended.wait(SECONDS_BETWEEN_LOOKS):
            if self._postmaster is not None:
                connections = self._postmaster.children(recursive=True)
                processes = [self._postmaster, *connections]
            else:
                started = psutil.Process().children(recursive=True)
                processes = [process for process in started if _is_java(process)]
            found = sum(map(_own_bytes, processes)) / 1e6
            self.peak_megabytes = max(self.peak_megabytes, found)


def _postmaster() -> psutil.Process:
    import psycopg2

    settings = target_settings("postgres")
    names = ("host", "port", "user", "dbname")
    connection = psycopg2.connect(**{name: settings[name] for name in names})
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute("show data_directory")
        (folder,) = cursor.fetchone()
    return psutil.Process(int((Path(folder) / "postmaster.pid").open().readline()))


def _is_java(process: psutil.Process) -> bool:
    try:
        return bool(process.name() == "java")
    except psutil.Error:  # it has ended
        return False


def _own_bytes(process: psutil.Process) -> int:
    """Resident memory, with the part of shared memory that falls to this process."""
    try:
        memory = process.memory_full_info()
    except psutil.Error:
        return 0
    return int(getattr(memory, "pss", memory.rss))
