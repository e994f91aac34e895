"""The most that something reaches while something else is at work."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

SECONDS_BETWEEN_LOOKS = 0.25


class Peak:
    """Looks at a figure as long as its ``with`` block runs.

    Attributes:
        value: The most that a look found.
    """

    def __init__(self, look: Callable[[], float]) -> None:
        self.value = 0.0
        self._look = look
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        """Begin to look."""
        self._watcher.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Look no more."""
        self._ended.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._ended.wait(SECONDS_BETWEEN_LOOKS):
            self.value = max(self.value, self._look())


def megabytes_of(path: Path) -> float:
    """Return the size of a file, or of all files in a folder and those below."""
    found = 0
    for file in path.rglob("*") if path.is_dir() else [path]:
        with contextlib.suppress(FileNotFoundError):  # it has gone meanwhile
            found += 0 if file.is_dir() else file.stat().st_size
    return found / 1e6
