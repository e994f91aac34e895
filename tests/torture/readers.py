"""Readers while two builds publish by turns: every reader sees one version, whole."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

from dashboard.warehouse import Trouble, Warehouse, WarehouseError
from pipeline.warehouse.location import Location
from tests.torture.attack import FILE_ENGINES, Arena, Attack
from tests.torture.children import Children
from tests.torture.generations import (
    KEYS,
    generation_in,
    generation_of,
    write_folder,
)
from tests.torture.raw_tables import SCHEMA, SERVERS

_PAUSE_SECONDS = 0.005  # or the builders wait for this process
# A reader of a server's schema is told so, and looks again.
_TOLD = (Trouble.REPLACED, Trouble.BUSY)


class _Builder(threading.Thread):
    """Builds again and again, until told to stop."""

    def __init__(self, target: str, database: str, folders: list[Path]) -> None:
        super().__init__()
        self._command = ("build", "--target", target, "--database", database)
        self._folders = folders
        self.stop_now = threading.Event()
        self.published = 0
        self._faults: list[str] = []

    def told(self) -> list[str]:
        """What went wrong since this was asked."""
        faults, self._faults = self._faults, []
        return faults

    def run(self) -> None:
        with Children() as children:
            while not self.stop_now.is_set():
                folder = self._folders[self.published % len(self._folders)]
                outcome = children.run(
                    *(*self._command, "--raw", str(folder)), task="without_dbt"
                )
                if outcome.exit_code == 0:
                    self.published += 1
                refused = "another build or load of" in outcome.last_line
                fault = outcome.untidy()
                if fault or (outcome.exit_code and not refused):
                    self._faults.append(fault or outcome.last_line)


def read_during_builds(arena: Arena) -> Iterator[str | None]:
    """Until each next publish, read as other programs do, and as the dashboard does."""
    is_file = arena.target not in SERVERS
    database = str(arena.folder / "shop.db") if is_file else SCHEMA
    builders = []
    for number in (1, 2):
        own = arena.folder / f"builder{number}"
        own.mkdir()
        raw = [write_folder(own / f"raw{n}", 2 * n + number) for n in (1, 2)]
        builders.append(_Builder(arena.target, database, raw))
    first = ("--target", arena.target, "--database", database)
    raw = [str(write_folder(arena.folder / "raw", 1))]
    outcome = arena.children.run("build", *first, "--raw", *raw, task="without_dbt")
    assert outcome.exit_code == 0, outcome.stderr
    for builder in builders:
        builder.start()
    published = 0
    try:
        while True:
            faults: list[str] = []
            while (now := sum(b.published for b in builders)) == published:
                faults += _read(arena, database)
                for builder in builders:
                    faults += builder.told()
                    assert builder.is_alive(), "a builder has ended"
                time.sleep(_PAUSE_SECONDS)
            published = now
            yield "; ".join(faults) or None
    finally:
        for builder in builders:
            builder.stop_now.set()
        for builder in builders:
            builder.join()


def _read(arena: Arena, database: str) -> list[str]:
    read = arena.random.choice([generation_of, _seen_by_the_dashboard])
    found = read(arena.target, database)
    return [found] if isinstance(found, str) else []


def _seen_by_the_dashboard(target: str, database: str) -> int | str:
    """One version, asked table by table."""
    while True:
        try:
            warehouse = Warehouse(Location(target, database))
            try:
                return generation_in(
                    {
                        table: warehouse.query(f"select {key} from {table}")[key]
                        for table, key in KEYS["build"].items()
                    }
                )
            finally:
                warehouse.close()
        except WarehouseError as error:
            if target in SERVERS and error.trouble in _TOLD:
                continue
            return f"{error.trouble.name}: {error.what}"


ATTACKS = (
    Attack(
        "publishes of two builds, read all the while",
        read_during_builds,
        (*FILE_ENGINES, "postgres"),
        6,
    ),
)
