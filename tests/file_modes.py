"""Who may read the files of a folder, watched while something writes them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def watched(folder: Path) -> Iterator[dict[str, set[int]]]:
    """The modes that each file below a folder has had, by its name.

    Complete once the context has ended, as far as a look every few microseconds is.
    """
    seen: dict[str, set[int]] = {}
    ended = threading.Event()

    def look() -> None:
        for path in folder.rglob("*"):
            with suppress(FileNotFoundError):
                if path.is_file():
                    seen.setdefault(path.name, set()).add(path.stat().st_mode & 0o777)

    def watch() -> None:
        while not ended.is_set():
            with suppress(FileNotFoundError):
                look()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()
        look()
