"""dbt's connections to SQLite while the pipeline builds: a model beside its tests.

dbt-sqlite opens a file as it is, for one thread: in SQLite's rollback mode whoever
reads stops whoever writes. In WAL mode they do not meet, so tests, which only read, run
on the second core beside the model that writes. The file leaves that mode before it is
published (`SqliteEngine.publish`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from dbt.adapters.contracts.connection import Connection
from dbt.adapters.sqlite.connections import SQLiteConnectionManager
from dbt.adapters.sqlite.impl import SQLiteAdapter

# A model waits for the one that writes, however long that takes: in milliseconds.
_BUSY_TIMEOUT = 24 * 60 * 60 * 1000

# The build is thrown away if it is killed, and synced before it is published.
_PRAGMAS = (
    f"busy_timeout = {_BUSY_TIMEOUT}",
    "journal_mode = wal",
    "synchronous = off",
    # Reading through the page cache itself: a join of a million lines took 2.5 s of CPU
    # for 3.5. More of the file than that is read as usual.
    "mmap_size = 1000000000",
)


class BuildConnections(SQLiteConnectionManager):
    """Connections to a build file, of which any number read and one writes."""

    @classmethod
    def open(cls, connection: Connection) -> Connection:
        """Open the file as a build needs it."""
        if connection.state != "open":
            super().open(connection)
            for pragma in _PRAGMAS:
                connection.handle.execute(f"pragma {pragma}")
        return connection

    def add_begin_query(self) -> object:
        """Begin as a writer, unless it is a test.

        Who begins as a reader and then writes is refused at once, whatever the timeout,
        if another has written meanwhile: what was read is no longer so.
        """
        is_test = str(self.get_thread_connection().name).startswith("test.")
        begin = "begin" if is_test else "begin immediate"
        return self.add_query(begin, auto_begin=False)


@contextmanager
def build_connections() -> Iterator[None]:
    """Let dbt use them for a while: without the pipeline it keeps its own."""
    stock = SQLiteAdapter.ConnectionManager
    SQLiteAdapter.ConnectionManager = BuildConnections
    try:
        yield
    finally:
        SQLiteAdapter.ConnectionManager = stock
