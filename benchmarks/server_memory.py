"""How much memory a server takes."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import psutil

from pipeline.dbt.profile import target_settings


def server_megabytes(engine: str) -> Callable[[], float]:
    """Return a function that looks at the resident memory of a server's processes.

    PostgreSQL's are the server's and one for each connection; Spark's is the Java that
    a child of this process started. Memory that several of them share counts once.
    """
    # Asked here, where a server that cannot be found is an error to be seen.
    postmaster = _postmaster() if engine == "postgres" else None

    def look() -> float:
        if postmaster is not None:
            processes = [postmaster, *postmaster.children(recursive=True)]
        else:
            started = psutil.Process().children(recursive=True)
            processes = [process for process in started if _is_java(process)]
        return sum(map(_own_bytes, processes)) / 1e6

    return look


def _postmaster() -> psutil.Process:
    from pipeline.warehouse.postgres.connection import connect

    connection = connect(target_settings("postgres"))
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
