"""What DuckDB's errors mean to a user."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipeline.errors import PipelineError
from pipeline.warehouse.errors import (
    BusyError,
    FullDiskError,
    MissingRelationError,
    TimeLimitError,
    UnreadableError,
)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Raise DuckDB's errors as `PipelineError`s, with what to do."""
    try:
        yield
    except duckdb.Error as error:
        raise _meaning(path, error) from error


def _meaning(path: Path, error: duckdb.Error) -> PipelineError:
    text = str(error)
    first = text.splitlines()[0]
    # A folder may be called what looks like a trouble.
    said = text.replace(str(path), "")
    if isinstance(error, duckdb.CatalogException):
        return MissingRelationError(f"{path}: {first}", text.partition("!")[0])
    if isinstance(error, duckdb.InterruptException):
        return TimeLimitError(f"{path}: a query took too long, and was interrupted")
    if "database does not exist" in said:
        return UnreadableError(
            f"{path} cannot be opened (there is no such file); choose another database"
        )
    if "newer version of DuckDB" in said:
        return UnreadableError(
            f"{path} was made by a newer version of DuckDB than {duckdb.__version__}; "
            "choose another database, or move it away"
        )
    if "Could not set lock" in said or "Conflicting lock" in said:
        return BusyError(
            f"{path} is open in another program (DuckDB files have one writer, or "
            "readers); close it and run this again"
        )
    if "not a valid DuckDB database" in said:
        return UnreadableError(
            f"{path} is no DuckDB database; choose another database, or move it away"
        )
    if said.startswith("Corrupt database file"):
        return UnreadableError(
            f"{path} is damaged ({first}); go back to the version before (rollback), "
            "or move it away and build again"
        )
    if "Permission denied" in said or "read-only" in said.lower():
        return PipelineError(
            f"{path} cannot be written to ({first}); choose another database"
        )
    if any(sign in said for sign in ("No space left", "File too large", "disk")):
        return FullDiskError(
            f"{path} cannot be written ({first}); free some disk space and run again"
        )
    if isinstance(error, duckdb.IOException | duckdb.SerializationException):
        return UnreadableError(f"{path}: {first}")
    return PipelineError(f"{path}: {first}")
