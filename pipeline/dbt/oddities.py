"""What is odd about dbt's own behaviour: each oddity, and what is done about it."""

import gc
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

# Lines of its messages that say where, not what.
_PLACES = ("> in macro", "> called by", "compiled code at", "compiled Code at")
_DISK_TROUBLE = ("disk is full", "disk I/O error", "No space left", "File too large")


@contextmanager
def surroundings(environment: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for dbt, and undo what it does to the process.

    - Each of its own variables, DBT_*, stands for an option: some would leave tests out
      or number every key anew, and nothing would tell. They do not reach it.
    - It notes sys.argv, and stops at a name there that is no UTF-8.
    - It moves into the project's folder, and stays.
    - What it imports and parses are so many objects that Python's collector, walking
      them again and again, took a tenth of the demo shop's build: it waits meanwhile,
      for 70 MB, however large the shop.
    """
    removed = [name for name in os.environ if name.upper().startswith("DBT_")]
    before = {name: os.environ.get(name) for name in (*removed, *environment)}
    folder, command, collects = Path.cwd(), sys.argv, gc.isenabled()
    for name in removed:
        del os.environ[name]
    os.environ.update(environment)
    sys.argv = command[:1]
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
        sys.argv = command
        os.chdir(folder)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class ParsedProject:
    """One parsed project for all SQLite databases.

    dbt keeps what it has parsed in its target folder, and parses everything again (4 of
    the 6 seconds of its start) where the connection is another one. Every database has
    a target folder of its own, and its path counts as its connection, though no name in
    the project has it. So here the path does not count, and the parsed project is kept
    where every build finds it. On other engines names follow the database, and dbt's
    way is right.
    """

    def __init__(self, target: str, target_path: Path) -> None:
        self._own = target_path / "partial_parse.msgpack"
        self._is_shared = target == "sqlite"
        self._shared = target_path.parent / "parsed.msgpack"

    def options(self) -> Sequence[str]:
        """The options of `dbt parse` that let it begin with what is known."""
        if not self._is_shared:
            return ()
        from dbt.adapters.sqlite.connections import SQLiteCredentials

        setattr(SQLiteCredentials, "_connection_keys", lambda _: ("database", "schema"))  # noqa: B010
        self._own.unlink(missing_ok=True)
        if not self._shared.exists():
            return ()
        return ("--partial-parse-file-path", str(self._shared))

    def keep(self) -> None:
        """Keep what `dbt parse` parsed anew, if it did; builds may do so at once."""
        if self._is_shared and self._own.exists():
            self._own.replace(self._shared)


def plain_message(message: str) -> str:
    """What a message of dbt says, in one line, without where it says so."""
    lines = [line.strip() for line in message.strip().splitlines()]
    kept = [line for line in lines if line and not line.startswith(_PLACES)]
    if len(kept) > 1 and " Error" in kept[0]:
        del kept[0]
    return " ".join(kept)[:500]


def advice(message: str, otherwise: str) -> str:
    """What to do about a failure: dbt passes a full disk on as text only."""
    if any(sign in message for sign in _DISK_TROUBLE):
        return "free some disk space and run again"
    return otherwise
