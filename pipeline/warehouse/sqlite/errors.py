"""What SQLite's errors mean to a user."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.warehouse.errors import (
    BusyError,
    FullDiskError,
    MissingRelationError,
    TimeLimitError,
    UnfinishedError,
    UnreadableError,
)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Raise SQLite's errors as `PipelineError`s, with what to do."""
    try:
        yield
    except UnicodeDecodeError as error:  # of what SQLite says of a damaged schema
        raise _damaged(path, "text that is not UTF-8") from error
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        raise _meaning(path, name, str(error)) from error


def _meaning(path: Path, name: str, text: str) -> PipelineError:
    if name in ("SQLITE_READONLY_ROLLBACK", "SQLITE_READONLY_RECOVERY"):
        return UnfinishedError(
            f"{path} was left half written; the next build or load undoes that"
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return BusyError(
            f"{path} is being written by another program; "
            "run this again when it has finished"
        )
    if name.startswith("SQLITE_INTERRUPT"):
        return TimeLimitError(f"{path}: a query took too long, and was interrupted")
    if name.startswith("SQLITE_NOTADB"):
        return UnreadableError(
            f"{path} is no SQLite database; choose another database, or move it away"
        )
    if name.startswith("SQLITE_CORRUPT") or text.startswith("Could not decode to UTF"):
        return _damaged(path, text)
    if name.startswith("SQLITE_CANTOPEN"):
        reason = text if path.exists() else "there is no such file"
        return UnreadableError(
            f"{path} cannot be opened ({reason}); choose another database"
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM")):
        return PipelineError(
            f"{path} cannot be written to ({text}); choose another database"
        )
    if name.startswith(("SQLITE_IOERR_READ", "SQLITE_IOERR_SHORT_READ")):
        return UnreadableError(f"{path} cannot be read ({text}); look after its disk")
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return FullDiskError(
            f"{path} cannot be written ({text}); free some disk space and run again"
        )
    if text.startswith(("no such table", "no such column")):
        return MissingRelationError(f"{path}: {text}", text.removeprefix("no such "))
    return PipelineError(f"{path}: {text}")


def _damaged(path: Path, text: str) -> UnreadableError:
    return UnreadableError(
        f"{path} is damaged ({text}); go back to the version before (rollback), or "
        "move it away and build again"
    )
