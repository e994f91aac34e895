"""The versions before the published file: which stay, and under which names.

The newest is `<database>.previous`, the others `<database>.previous.2` and so on. The
published file is never without its name, and no version without one: it gets a second
one before it is replaced, and is put in its place after that. A kill in between leaves
what `file_away` finishes, or undoes where nothing was replaced.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from pipeline.warehouse.engine import MOST_KEPT


class KeptFiles:
    """The kept versions of one database.

    Args:
        path: The published file.
        settle: Brings a killed writer's work into the file that it is called with. What
            it left beside a name must not meet another file under that name.
    """

    def __init__(self, path: Path, settle: Callable[[Path], None]) -> None:
        self._path = path
        self._settle = settle
        self._replaced = Path(f"{path}.replaced")

    def paths(self) -> list[Path]:
        """Those that are there, the newest first."""
        return [path for path in map(self._name, range(1, MOST_KEPT + 1)) if _is(path)]

    def set_aside(self) -> None:
        """Give the published file a second name, before another one takes its own."""
        second_name(self._path, self._replaced)

    def file_away(self, most: int = MOST_KEPT) -> None:
        """Keep what was set aside, if it was replaced.

        Args:
            most: How many versions stay; the oldest ones go.
        """
        if _is(self._replaced):
            if _are_one(self._replaced, self._path):  # nothing has taken its name
                self._replaced.unlink()
            else:
                self._insert()
        for path in self.paths()[most:]:
            path.unlink()

    def _insert(self) -> None:
        """Move the versions up to the first gap, and put the new one before them."""
        for path in self.paths():
            self._settle(path)
            if _are_one(path, self._path):  # it was gone back to
                path.unlink()
        names = [self._name(number) for number in range(1, MOST_KEPT + 1)]
        gap = next((n for n, name in enumerate(names) if not _is(name)), MOST_KEPT - 1)
        for number in range(gap, 0, -1):
            names[number - 1].replace(names[number])
        self._replaced.replace(names[0])

    def _name(self, number: int) -> Path:
        return Path(f"{self._path}.previous{f'.{number}' if number > 1 else ''}")


def second_name(path: Path, name: Path) -> None:
    """Give a file a second name, or a copy where the file system has no links."""
    name.unlink(missing_ok=True)
    try:
        os.link(path, name)
    except OSError:
        try:
            shutil.copy2(path, name)
            with name.open("rb") as copied:
                os.fsync(copied.fileno())
        except BaseException:
            name.unlink(missing_ok=True)
            raise


def _is(path: Path) -> bool:
    return path.is_file()


def _are_one(first: Path, second: Path) -> bool:
    """Whether two names are of one file, or of a copy that was made of it."""
    if not _is(second):
        return False
    if first.samefile(second):
        return True
    ours, theirs = first.stat(), second.stat()
    return (ours.st_size, ours.st_mtime_ns) == (theirs.st_size, theirs.st_mtime_ns)
