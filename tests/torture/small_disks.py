"""Disks of a few hundred kilobytes: what does not fit is refused, and fits later."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.torture.attack import FILE_ENGINES, Arena, Attack, CannotAttackError
from tests.torture.children import Outcome
from tests.torture.generations import generation_of, write_folder

# For a DuckDB file, its log and the versions before and after it.
ROOM = 64 << 20
_MS_REMOUNT = 32


def _mount(folder: Path, size: int, flags: int = 0) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    options = f"size={size}".encode()
    if library.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", flags, options):
        raise CannotAttackError(
            f"no small disk can be mounted here ({os.strerror(ctypes.get_errno())})"
        )


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    folder.mkdir()
    _mount(folder, ROOM)
    try:
        yield
    finally:
        ctypes.CDLL(None).umount2(os.fsencode(folder), 0)


def small_disks(arena: Arena) -> Iterator[str | None]:
    """Builds and loads with so much room, and after that with enough."""
    disk = arena.folder / "disk"
    raw = {n: write_folder(arena.folder / f"raw{n}", n) for n in (1, 2)}
    database = disk / "shop.db"

    def run(command: str, generation: int) -> Outcome:
        source = ["--raw"] if command == "build" else []
        return arena.children.run(
            *(command, *source, str(raw[generation]), "--target", arena.target),
            *("--database", str(database)),
            task="without_dbt",
        )

    with _disk(disk):
        first = run("build", 1)
        assert first.exit_code == 0, first.stderr
        published = 1
        while True:
            used = os.statvfs(disk)
            used_bytes = (used.f_blocks - used.f_bfree) * used.f_frsize
            most = 2 * database.stat().st_size
            left = arena.random.randrange(0, most, 4096)
            _mount(disk, used_bytes + left, _MS_REMOUNT)
            command = arena.random.choice(["build", "load"])
            outcome = run(command, 3 - published)
            fault = outcome.untidy()
            expected = published if outcome.exit_code else 3 - published
            found = generation_of(arena.target, database, command)
            if found != expected:
                fault = fault or f"exit code {outcome.exit_code}, but {found}"
            if outcome.exit_code and "free some disk space" not in outcome.last_line:
                fault = fault or f"no word of the disk: {outcome.last_line}"
            _mount(disk, ROOM, _MS_REMOUNT)
            published = 3 - published
            again = run("build", published)
            if again.exit_code or generation_of(arena.target, database) != published:
                fault = fault or f"with room again: {again.last_line}"
            yield fault and f"{command} with {left} bytes left: {fault}"


ATTACKS = (Attack("disks are too small", small_disks, FILE_ENGINES, 15),)
