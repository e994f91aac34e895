"""Files that nobody but their owner can read, from their first byte."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def private_files() -> Iterator[None]:
    """Let whatever this process makes meanwhile be readable by its owner alone.

    By the umask, because most of the files are made by others: SQLite's journals,
    DuckDB's log, dbt. A mode set after a file was made comes too late for a reader who
    has opened it by then.
    """
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
