"""Connections to the PostgreSQL server of the profile, and what its errors mean."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2 import errorcodes

from pipeline.errors import PipelineError
from pipeline.warehouse.errors import (
    BusyError,
    FullDiskError,
    MissingRelationError,
    TimeLimitError,
    UnreachableError,
)

Connection = Any  # psycopg2 has no types
Cursor = Any

_CONNECT_SECONDS = 5


def connect(settings: Mapping[str, Any], **options: Any) -> Connection:
    """A connection to the server and database of the profile's settings."""
    with explained(settings):
        # libpq itself takes the password from PGPASSWORD or ~/.pgpass.
        return psycopg2.connect(
            **{name: settings[name] for name in ("host", "port", "user", "dbname")},
            application_name="ecommerce_dwh",
            client_encoding="UTF8",
            connect_timeout=_CONNECT_SECONDS,
            **options,
        )


@contextmanager
def explained(settings: Mapping[str, Any]) -> Iterator[None]:
    """Raise the server's errors as `PipelineError`s, with what to do."""
    try:
        yield
    except psycopg2.Error as error:
        raise _meaning(settings, error) from error


def _meaning(settings: Mapping[str, Any], error: psycopg2.Error) -> PipelineError:
    host, port, user, database = (
        settings[key] for key in ("host", "port", "user", "dbname")
    )
    code, text = error.pgcode, str(error)
    lines = text.strip().splitlines() or ["unknown error"]
    first = lines[0]
    # Without a code no connection came about, or it broke.
    if code is None or code.startswith("57P"):
        if "password" in text:
            said = (
                f"refuses the password of {user}; set PGUSER and PGPASSWORD, or enter "
                "it in ~/.pgpass"
            )
        elif f'database "{database}" does not exist' in text:
            said = (
                f"has no database {database}; make it with createdb {database}, or set "
                "PGDATABASE"
            )
        elif f'role "{user}" does not exist' in text:
            said = f"has no user {user}; set PGUSER"
        else:
            said = (
                f"cannot be used as {user} ({lines[-1].strip()}); start it, or set "
                "PGHOST, PGPORT and PGUSER"
            )
        return UnreachableError(f"PostgreSQL on {host}:{port} {said}")
    if code == errorcodes.INSUFFICIENT_PRIVILEGE:
        return PipelineError(
            f"the user {user} lacks a right in the database {database} ({first}); let "
            "its owner grant it, or set PGUSER"
        )
    if code in (errorcodes.DISK_FULL, errorcodes.OUT_OF_MEMORY):
        return FullDiskError(
            f"PostgreSQL on {host}:{port} has no room left ({first}); make some"
        )
    if code == errorcodes.DEPENDENT_OBJECTS_STILL_EXIST:
        return PipelineError(f"{first}; drop what others have made over the raw tables")
    said = f"PostgreSQL on {host}:{port}: {first}"
    if code == errorcodes.UNDEFINED_TABLE:
        return MissingRelationError(said, first)
    if code == errorcodes.QUERY_CANCELED:
        return TimeLimitError(said)
    if isinstance(error, psycopg2.OperationalError):  # locks
        return BusyError(said)
    return PipelineError(said)
