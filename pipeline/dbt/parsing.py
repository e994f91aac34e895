"""One parsed project for all SQLite databases.

dbt keeps what it has parsed in its target folder, and parses everything again (4 of the
6 seconds of its start) where the connection is another one. Every database has a target
folder of its own, and its path counts as its connection, though no name in the
project has it. So here the path does not count, and the parsed project is kept where
every build finds it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# dbt's own name for it.
PARSED_FILE = "partial_parse.msgpack"


class ParsedProject:
    """What dbt has parsed, kept for the next build.

    Args:
        folder: Where the builds of all databases keep it.
        target: The target of `profiles.yml`. On others than sqlite, names in the
            project follow the database, and dbt's way is right.
        variables: Those given for this build, which dbt parses with.
        target_path: Where dbt itself keeps it.
    """

    def __init__(
        self,
        folder: Path,
        target: str,
        variables: Mapping[str, Any],
        target_path: Path,
    ) -> None:
        self._own = target_path / PARSED_FILE
        self._is_shared = target == "sqlite"
        given = json.dumps(dict(variables), sort_keys=True)
        digest = hashlib.sha256(given.encode()).hexdigest()[:12]
        self._shared = folder / f"parsed-{digest}.msgpack"

    def options(self) -> Sequence[str]:
        """The options of `dbt parse` that let it begin with what is known."""
        if not self._is_shared:
            return ()
        _leave_out_the_path()
        self._own.unlink(missing_ok=True)
        if not self._shared.exists():
            return ()
        return ("--partial-parse-file-path", str(self._shared))

    def keep(self) -> None:
        """Keep what `dbt parse` parsed anew, if it did; builds may do so at once."""
        if self._is_shared and self._own.exists():
            self._own.replace(self._shared)


def _leave_out_the_path() -> None:
    from dbt.adapters.sqlite.connections import SQLiteCredentials

    setattr(SQLiteCredentials, "_connection_keys", lambda _: ("database", "schema"))  # noqa: B010
