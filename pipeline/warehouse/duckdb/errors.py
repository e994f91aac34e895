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
    if isinstance(error, duckdb.CatalogException):
        return MissingRelationError(f"{path}: {first}", text.partition("!")[0])
    if "newer version of DuckDB" in text:
        return UnreadableError(
            f"{path} was made by a newer version of DuckDB than {duckdb.__version__}; "
            "choose another database, or move it away"
        )
    if "Could not set lock" in text or "Conflicting lock" in text:
        return BusyError(
            f"{path} is open in another program (DuckDB files have one writer, or "
            "readers); close it and run this again"
        )
    if "not a valid DuckDB database" in text:
        return UnreadableError(
            f"{path} is no DuckDB database; choose another database, or move it away"
        )
    if "Permission denied" in text or "read-only" in text.lower():
        return PipelineError(
            f"{path} cannot be written to ({first}); choose another database"
        )
    if any(sign in text for sign in ("No space left", "File too large", "disk")):
        return FullDiskError(
            f"{path} cannot be written ({first}); free some disk space and run again"
        )
    if isinstance(error, duckdb.IOException | duckdb.SerializationException):
        return UnreadableError(f"{path}: {first}")
    return PipelineError(f"{path}: {first}")
