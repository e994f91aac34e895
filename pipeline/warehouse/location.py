"""Where a warehouse is: resolved once, from arguments and the environment."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pipeline.errors import PipelineError

DEFAULT_FILES = {"sqlite": "ecommerce_dwh.db", "duckdb": "ecommerce_dwh.duckdb"}
DEFAULT_SCHEMA = "ecommerce_dwh"
SERVERS = ("postgres", "spark")
TARGETS = (*DEFAULT_FILES, *SERVERS)


@dataclass(frozen=True)
class Location:
    """One warehouse of one engine.

    Attributes:
        target: A name of `TARGETS`.
        database: A file's path; on a server, a schema.
        schema: The schema of a DuckDB file that its tables are in; empty for its own.
    """

    target: str
    database: str
    schema: str = ""

    @classmethod
    def resolve(
        cls,
        target: str | None = None,
        database: str | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> Self:
        """The warehouse that is meant where not everything is said.

        Args:
            target: By default `DWH_TARGET`, or sqlite.
            database: By default `DWH_DATABASE`, or the engine's default file in the
                current folder; on a server `DWH_SCHEMA`, or ecommerce_dwh.
            environment: Where the variables are.

        Raises:
            PipelineError: There is no such target.
        """
        target = target or environment.get("DWH_TARGET") or "sqlite"
        if target not in TARGETS:
            raise PipelineError(
                f"there is no target {target}; choose one of {', '.join(TARGETS)}"
            )
        if target in SERVERS:
            default = environment.get("DWH_SCHEMA") or DEFAULT_SCHEMA
        else:
            default = environment.get("DWH_DATABASE") or DEFAULT_FILES[target]
        return cls(target, database or default)

    @classmethod
    def parse(cls, text: str) -> Self:
        """A warehouse as a person names it.

        Args:
            text: The path of a SQLite or DuckDB file; or `postgres` or `spark`, alone
                or followed by a colon and a schema.

        Raises:
            PipelineError: There is no warehouse of that name.
        """
        target, _, schema = text.partition(":")
        if target in SERVERS:
            return cls.resolve(target, schema)
        try:
            engine = engine_of_file(Path(text))
        except OSError as error:
            raise PipelineError(
                f"{text}: {error.strerror}; name a SQLite or DuckDB file, "
                "postgres[:schema] or spark[:schema]"
            ) from error
        if engine is None:
            if Path(text).is_file():
                raise PipelineError(f"{text} is neither a SQLite nor a DuckDB file")
            raise PipelineError(f"{text} is no file; name a SQLite or DuckDB file")
        return cls(engine, text)

    @property
    def is_file(self) -> bool:
        """Whether the warehouse is a file."""
        return self.target not in SERVERS

    @property
    def path(self) -> Path:
        """The file, symbolic links followed, so that a rename replaces no link."""
        return Path(os.path.realpath(self.database))

    def __str__(self) -> str:
        """The warehouse as `parse` takes it."""
        return self.database if self.is_file else f"{self.target}:{self.database}"


def engine_of_file(path: Path) -> str | None:
    """The engine whose file it is, by its first bytes; None if it is no database.

    Raises:
        OSError: It cannot be read.
    """
    # Not a pipe, which would be waited for.
    if not stat.S_ISREG(path.stat().st_mode):
        return None
    with path.open("rb") as file:
        start = file.read(16)
    if start == b"SQLite format 3\0":
        return "sqlite"
    return "duckdb" if start[8:12] == b"DUCK" else None
