"""A schema of a PostgreSQL database, for a warehouse that several people read.

A build is made in the schema `<schema>_building` and becomes the published schema by
two renames in one transaction. That transaction first takes the tables from their
readers, so that no query sees some tables of one version and some of another. It asks
for them briefly and often, rather than once and long: a query that is running goes on,
and one that begins waits for a fraction of a second.
"""

import copy
import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import astuple, replace
from itertools import chain
from typing import Any, Self

import psycopg2
import pyarrow as pa
from psycopg2 import errorcodes, errors, sql

from pipeline.dbt.profile import target_settings
from pipeline.errors import PipelineError
from pipeline.raw_files.contract import RAW_LOADS, RAW_LOADS_COLUMNS
from pipeline.raw_files.raw_file import Advance, RawFile
from pipeline.terminal.interrupts import work_is_done
from pipeline.warehouse.engine import Engine, Numbers, RawLoad, numbers_of
from pipeline.warehouse.postgres.copy import (
    CopyStream,
    batches_as_csv,
    csv_file,
    rows_as_csv,
)

MINIMUM_VERSION = 15

# PostgreSQL cuts longer names off.
_NAME_BYTES = 63
_SUFFIXES = ("_building", "_previous", "_older")

# What marks a schema as ours before it holds raw_loads.
_MARK = "Warehouse made by python -m pipeline"

_SQL_TYPES = {"text": "text", "integer": "bigint", "real": "double precision"}

# Rows fetched at a time.
_BATCH = 50_000

# One attempt to take the tables: shorter than the server's deadlock_timeout (1 s), so
# that it is never a reader who is told of a deadlock.
_ATTEMPT_MILLISECONDS = 400
_PAUSE_SECONDS = 0.2
# How long to go on trying while queries hold the tables.
PUBLISH_SECONDS = 120.0

Connection = Any  # psycopg2 has no types
Cursor = Any


class PostgresEngine(Engine):
    """One schema of the database that libpq's variables name.

    Attributes:
        schema: The published schema.
        building: The build area: `<schema>_building`.
        previous: The version before the published one: `<schema>_previous`.
        older: Where that one goes before it is dropped: `<schema>_older`.
    """

    target = "postgres"

    def __init__(self, schema: str | None) -> None:
        settings = target_settings(self.target)
        self._settings = settings
        self.schema = schema or str(settings["schema"])
        self.building, self.previous, self.older = (
            self.schema + suffix for suffix in _SUFFIXES
        )
        if len(self.building.encode()) > _NAME_BYTES:
            raise PipelineError(
                f"the schema's name {self.schema} is too long; PostgreSQL takes names "
                f"of {_NAME_BYTES} bytes, the suffix _building included"
            )
        self._locked: Connection | None = None

    @property
    def location(self) -> str:
        """The schema, its database and its server."""
        return f"{self._database} schema {self.schema}"

    @property
    def place(self) -> str:
        """The target and the schema."""
        return f"{self.target}:{self.schema}"

    @property
    def build_location(self) -> str:
        """The same of the build schema."""
        return f"{self._database} schema {self.building}"

    @property
    def _database(self) -> str:
        return "PostgreSQL {dbname} on {host}:{port},".format(**self._settings)

    @property
    def version(self) -> str:
        """The server's version."""
        with self._cursor() as cursor:
            cursor.execute("show server_version")
            return f"PostgreSQL {cursor.fetchone()[0].split()[0]}"

    def check_requirements(self) -> None:
        """Ask the server for its version and the database for its encoding."""
        with self._cursor() as cursor:
            version = cursor.connection.server_version // 10_000
            cursor.execute("show server_encoding")
            encoding = cursor.fetchone()[0]
        if version < MINIMUM_VERSION:
            raise PipelineError(
                f"PostgreSQL {version} is too old; expected {MINIMUM_VERSION} or later"
            )
        if encoding != "UTF8":
            raise PipelineError(
                f"the database {self._settings['dbname']} is encoded in {encoding}; "
                "expected UTF8: make one with createdb --encoding=UTF8 "
                "--template=template0"
            )

    def check_published(self) -> None:
        """Refuse schemas of another program, and a user who may not make schemas."""
        with self._cursor() as cursor:
            for schema in (self.schema, self.building, self.previous, self.older):
                self._refuse_others_schema(cursor, schema)
            cursor.execute(
                "select has_database_privilege(current_database(), 'create')"
            )
            (may_create,) = cursor.fetchone()
        if not may_create:
            user, database = self._settings["user"], self._settings["dbname"]
            raise PipelineError(
                f"the user {user} may not make schemas in the database {database}; "
                f"let its owner run: grant create on database {database} to {user}"
            )

    def undo_unfinished(self) -> None:
        """The server has rolled it back."""

    def _refuse_others_schema(self, cursor: Cursor, schema: str) -> None:
        cursor.execute(
            "select pg_get_userbyid(nspowner), pg_has_role(nspowner, 'usage'), "
            "obj_description(oid, 'pg_namespace') is not distinct from %s "
            "from pg_namespace where nspname = %s",
            (_MARK, schema),
        )
        found = cursor.fetchone()
        if found is None:
            return
        owner, is_owner, is_marked = found
        tables = _tables(cursor, schema)
        if tables and RAW_LOADS not in tables and not is_marked:
            some = ", ".join(tables[:3]) + (", ..." if len(tables) > 3 else "")
            raise PipelineError(
                f"the schema {schema} is another program's (it holds {some} and no "
                f"{RAW_LOADS}); choose another one: DWH_SCHEMA or --database"
            )
        if not is_owner:
            raise PipelineError(
                f"the schema {schema} belongs to {owner} and not to "
                f"{self._settings['user']}; choose another one (DWH_SCHEMA or "
                f"--database), or connect as {owner} (PGUSER)"
            )

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold an advisory lock; it dies with its connection."""
        digest = hashlib.sha256(f"{_MARK}: {self.schema}".encode()).digest()
        key = int.from_bytes(digest[:8], "big", signed=True)
        with self._connection() as connection:
            with _worded(self._settings), connection.cursor() as cursor:
                cursor.execute("select pg_try_advisory_lock(%s)", (key,))
                (is_mine,) = cursor.fetchone()
            if not is_mine:
                raise PipelineError(
                    f"another build or load of {self.location} is running; "
                    "run this again when it has finished"
                )
            self._locked = connection
            try:
                yield
            finally:
                self._locked = None

    def in_place(self) -> Self:
        """The published schema stands in for the build schema."""
        engine = copy.copy(self)
        engine.building = self.schema
        return engine

    def begin_build(self) -> None:
        """Make an empty build schema."""
        self.discard_build()
        with self._cursor() as cursor:
            _drop(cursor, self.older)
            cursor.execute(_with("create schema {}", self.building))
            cursor.execute(_with("comment on schema {} is %s", self.building), (_MARK,))

    def discard_build(self) -> None:
        """Drop the build schema."""
        with self._cursor() as cursor:
            _drop(cursor, self.building)

    def load_raw(
        self,
        files: Sequence[RawFile],
        loads: Sequence[RawLoad],
        advance: Advance,
        *,
        in_place: bool,
    ) -> Sequence[str]:
        """Fill new tables by COPY, which take the names of the old ones at the end."""
        schema = self.schema if in_place else self.building
        with self._transaction() as cursor:
            if in_place:
                cursor.execute(_with("create schema if not exists {}", schema))
            for file in files:
                _fill(cursor, schema, f"{file.table.name}__loading", file, advance)
            for file in files:
                name = file.table.name
                cursor.execute(_with("drop table if exists {}.{}", schema, name))
                cursor.execute(
                    _with(
                        "alter table {}.{} rename to {}",
                        *(schema, f"{name}__loading", name),
                    )
                )
            hashed = [
                replace(load, table_hash=_table_hash(cursor, schema, load.raw_table))
                for load in loads
            ]
            _write(cursor, schema, RAW_LOADS, RAW_LOADS_COLUMNS, map(astuple, hashed))
        return []

    def published_loads(self) -> list[RawLoad]:
        """Read them from raw_loads."""
        with self._cursor() as cursor:
            if RAW_LOADS not in _tables(cursor, self.schema):
                return []
            cursor.execute(_with("select * from {}.{}", self.schema, RAW_LOADS))
            columns = [column.name for column in cursor.description]
            return [RawLoad.from_columns(columns, row) for row in cursor]

    def table_hash(self, name: str) -> str:
        """The sum of PostgreSQL's own hashes of the rows: they keep no order."""
        with self._cursor() as cursor:
            return _table_hash(cursor, self.building, name)

    def carry_over(self, tables: Sequence[str]) -> dict[str, int]:
        """Copy rows; the models index what they append to."""
        copied: dict[str, int] = {}
        with self._transaction() as cursor:
            there = _tables(cursor, self.schema)
            for table in tables:
                if table not in there:
                    continue
                cursor.execute(
                    _with(
                        "create table {}.{} as table {}.{}",
                        *(self.building, table, self.schema, table),
                    )
                )
                copied[table] = cursor.rowcount
                cursor.execute(_with("analyze {}.{}", self.building, table))
        return copied

    def dbt_environment(self) -> dict[str, str]:
        """The profile's schema is the build schema."""
        return {"DWH_TARGET": self.target, "DWH_SCHEMA": self.building}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Read from the build schema."""
        with self._cursor() as cursor:
            cursor.execute(_with("set search_path to {}", self.building))
            cursor.execute(sql)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def read_numbers(self, sql: str) -> Numbers:
        """Read from the build schema by a cursor that stays on the server."""
        with self._cursor() as cursor:
            cursor.execute(_with("set search_path to {}", self.building))
            with cursor.connection.cursor("numbers", withhold=True) as rows:
                rows.execute(sql)
                first = rows.fetchmany(_BATCH)
                batches = chain([first], iter(lambda: rows.fetchmany(_BATCH), []))
                return numbers_of(len(rows.description), batches if first else ())

    def has_table(self, name: str) -> bool:
        """Look it up in the build schema."""
        with self._cursor() as cursor:
            return name in _tables(cursor, self.building)

    def write_table(
        self,
        name: str,
        columns: Sequence[tuple[str, str]],
        rows: Iterable[Sequence[object]],
    ) -> None:
        """Replace a table of the build schema."""
        with self._transaction() as cursor:
            _write(cursor, self.building, name, columns, rows)

    def write_batches(
        self,
        name: str,
        columns: Sequence[tuple[str, str]],
        batches: Iterable[pa.RecordBatch],
    ) -> None:
        """Replace a table of the build schema by COPY."""
        with self._transaction() as cursor:
            _create(cursor, self.building, name, columns)
            stream = batches_as_csv([column for column, _ in columns], batches)
            with closing(stream):
                _copy(cursor, self.building, name, stream)

    def publish(self) -> Sequence[str]:
        """Rename both schemas in one transaction, on the connection of the lock."""
        if self._locked is None:
            with self.lock():
                return self.publish()
        connection = self._locked
        try:
            with _worded(self._settings):
                with connection.cursor() as cursor:
                    _copy_rights(cursor, self.schema, self.building)
                self._swap(connection)
                work_is_done()
        except PipelineError as error:
            raise PipelineError(
                f"{error}; the schema {self.schema} is as it was, and the finished "
                f"build is {self.building}"
            ) from None
        # The next build drops it if this one cannot, because somebody still reads it.
        with suppress(psycopg2.Error), connection.cursor() as cursor:
            cursor.execute("set lock_timeout = '2s'")
            _drop(cursor, self.older)
        return []

    def _swap(self, connection: Connection) -> None:
        deadline = time.monotonic() + PUBLISH_SECONDS
        while True:
            try:
                with _transaction(connection) as cursor:
                    self._swap_once(cursor)
                return
            except (errors.QueryCanceled, errors.LockNotAvailable):
                if time.monotonic() > deadline:
                    raise PipelineError(self._readers(connection)) from None
                time.sleep(_PAUSE_SECONDS)

    def _swap_once(self, cursor: Cursor) -> None:
        cursor.execute("set local statement_timeout = %s", (_ATTEMPT_MILLISECONDS,))
        if _exists(cursor, self.older):
            _drop(cursor, self.older)
        if _exists(cursor, self.schema):
            relations = [
                sql.Identifier(self.schema, name)
                for name in _tables(cursor, self.schema)
            ]
            if relations:
                listed = sql.SQL(", ").join(relations)
                cursor.execute(
                    sql.SQL("lock table {} in access exclusive mode").format(listed)
                )
            if _exists(cursor, self.previous):
                _rename(cursor, self.previous, self.older)
            _rename(cursor, self.schema, self.previous)
        _rename(cursor, self.building, self.schema)

    def _readers(self, connection: Connection) -> str:
        with connection.cursor() as cursor:
            cursor.execute(
                "select distinct a.pid, a.usename, a.xact_start::timestamp(0)::text "
                "from pg_locks l join pg_stat_activity a on a.pid = l.pid "
                "join pg_class c on c.oid = l.relation "
                "join pg_namespace n on n.oid = c.relnamespace "
                "where n.nspname in (%s, %s) and l.granted "
                "and a.pid <> pg_backend_pid() order by 3 limit 3",
                (self.schema, self.older),
            )
            who = ", ".join(
                f"process {pid} of {user} since {since}" for pid, user, since in cursor
            )
        return (
            f"the tables were in use for {PUBLISH_SECONDS:.0f} seconds "
            f"({who or 'by others'}); end that transaction and build again"
        )

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        with closing(connect(self._settings)) as connection:
            connection.autocommit = True
            yield connection

    @contextmanager
    def _cursor(self) -> Iterator[Cursor]:
        with (
            self._connection() as connection,
            _worded(self._settings),
            connection.cursor() as cursor,
        ):
            yield cursor

    @contextmanager
    def _transaction(self) -> Iterator[Cursor]:
        with (
            self._connection() as connection,
            _worded(self._settings),
            _transaction(connection) as cursor,
        ):
            yield cursor


def connect(settings: Mapping[str, Any]) -> Connection:
    """A connection to the server and database of a profile.

    Raises:
        PipelineError: There is none to be had.
    """
    with _worded(settings):
        # libpq itself takes the password from PGPASSWORD or ~/.pgpass.
        return psycopg2.connect(
            **{name: settings[name] for name in ("host", "port", "user", "dbname")},
            application_name="ecommerce_dwh pipeline",
            client_encoding="UTF8",
        )


def _fill(
    cursor: Cursor, schema: str, name: str, file: RawFile, advance: Advance
) -> None:
    """Copy a CSV file's bytes as they are; where the server refuses them, row by row.

    It refuses what the contract allows: lines that end in both ways, blank lines at
    the end.
    """
    columns = [(column, "text") for column in file.table.columns]
    _create(cursor, schema, name, columns)
    if not file.row_count:
        file.confirm(0)
        return
    with file.readable():
        rows: int | None = None
        if (stream := csv_file(file, advance)) is not None:
            cursor.execute("savepoint copied")
            with closing(stream), suppress(errors.BadCopyFileFormat):
                rows = _copy(cursor, schema, name, stream)
            if rows != file.row_count:
                cursor.execute("rollback to savepoint copied")
        if rows != file.row_count:
            with closing(rows_as_csv(file, advance)) as stream:
                rows = _copy(cursor, schema, name, stream)
    file.confirm(rows)


def _copy(cursor: Cursor, schema: str, name: str, stream: CopyStream) -> int:
    columns = sql.SQL(", ").join(map(sql.Identifier, stream.columns))
    statement = sql.SQL(
        "copy {}.{} ({}) from stdin with (format csv, header {}, force_null ({}))"
    ).format(
        sql.Identifier(schema),
        sql.Identifier(name),
        columns,
        sql.SQL("true" if stream.has_header else "false"),
        columns,
    )
    try:
        cursor.copy_expert(statement, stream, size=1 << 20)
    except psycopg2.Error:
        if stream.error is not None:
            raise stream.error from None
        raise
    return int(cursor.rowcount)


def _create(
    cursor: Cursor, schema: str, name: str, columns: Sequence[tuple[str, str]]
) -> None:
    cursor.execute(_with("drop table if exists {}.{}", schema, name))
    defined = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(_SQL_TYPES[kind]))
        for column, kind in columns
    )
    cursor.execute(
        sql.SQL("create table {}.{} ({})").format(
            sql.Identifier(schema), sql.Identifier(name), defined
        )
    )


def _write(
    cursor: Cursor,
    schema: str,
    name: str,
    columns: Sequence[tuple[str, str]],
    rows: Iterable[Sequence[object]],
) -> None:
    _create(cursor, schema, name, columns)
    values = [tuple(row) for row in rows]
    if values:
        marks = sql.SQL(", ").join([sql.Placeholder()] * len(values[0]))
        cursor.executemany(
            sql.SQL("insert into {}.{} values ({})").format(
                sql.Identifier(schema), sql.Identifier(name), marks
            ),
            values,
        )


def _table_hash(cursor: Cursor, schema: str, name: str) -> str:
    # Partitions by hash outlive an upgrade of the server, and so do these hashes.
    cursor.execute(
        _with(
            "select sum(hash_record_extended(raw, 0)::numeric) from {}.{} as raw",
            *(schema, name),
        )
    )
    return f"sum of hash_record_extended: {cursor.fetchone()[0]}"


def _tables(cursor: Cursor, schema: str) -> list[str]:
    """The tables and views of a schema."""
    cursor.execute(
        "select relname from pg_class "
        "join pg_namespace on pg_namespace.oid = relnamespace "
        "where nspname = %s and relkind in ('r', 'p', 'v') order by relname",
        (schema,),
    )
    return [name for (name,) in cursor.fetchall()]


def _exists(cursor: Cursor, schema: str) -> bool:
    cursor.execute("select 1 from pg_namespace where nspname = %s", (schema,))
    return cursor.fetchone() is not None


def _drop(cursor: Cursor, schema: str) -> None:
    cursor.execute(_with("drop schema if exists {} cascade", schema))


def _rename(cursor: Cursor, schema: str, name: str) -> None:
    cursor.execute(_with("alter schema {} rename to {}", schema, name))


def _copy_rights(cursor: Cursor, source: str, destination: str) -> None:
    """Whoever may read the published schema and its tables may read the new ones."""
    cursor.execute(
        "select 'usage', null, acl.grantee::regrole::text, acl.grantee = 0 "
        "from pg_namespace, aclexplode(nspacl) as acl "
        "where nspname = %(schema)s and acl.privilege_type = 'USAGE' "
        "and acl.grantee <> nspowner "
        "union all "
        "select 'select', relname, acl.grantee::regrole::text, acl.grantee = 0 "
        "from pg_class join pg_namespace on pg_namespace.oid = relnamespace, "
        "aclexplode(relacl) as acl "
        "where nspname = %(schema)s and acl.privilege_type = 'SELECT' "
        "and relkind in ('r', 'p', 'v') and acl.grantee <> relowner",
        {"schema": source},
    )
    there = set()
    rights = cursor.fetchall()
    if rights:
        there = set(_tables(cursor, destination))
    for right, table, role, is_public in rights:
        # regrole has quoted the name where it must be.
        grantee = "public" if is_public else role
        if table is None:
            granted = _with(f"grant {right} on schema {{}} to {grantee}", destination)
        elif table in there:
            granted = _with(
                f"grant {right} on {{}}.{{}} to {grantee}", destination, table
            )
        else:
            continue
        cursor.execute(granted)


def _with(statement: str, *names: str) -> sql.Composed:
    """A statement with quoted names in the place of its braces."""
    return sql.SQL(statement).format(*map(sql.Identifier, names))


@contextmanager
def _transaction(connection: Connection) -> Iterator[Cursor]:
    with connection.cursor() as cursor:
        cursor.execute("begin")
        try:
            yield cursor
        except BaseException:
            with suppress(psycopg2.Error):
                cursor.execute("rollback")
            raise
        cursor.execute("commit")


@contextmanager
def _worded(settings: Mapping[str, Any]) -> Iterator[None]:
    """Word the server's errors for the user, with what to do.

    Raises:
        PipelineError: Instead of psycopg2's own.
    """
    try:
        yield
    except psycopg2.Error as error:
        raise PipelineError(wording(settings, error.pgcode, str(error))) from None


def wording(settings: Mapping[str, Any], code: str | None, text: str) -> str:
    """What to tell a user about an error of the server or of libpq.

    Args:
        settings: host, port, user and dbname of the connection.
        code: SQLSTATE; None where no connection came about.
        text: The error's message.
    """
    host, port, user, database = (
        settings[key] for key in ("host", "port", "user", "dbname")
    )
    first = (text.strip().splitlines() or ["unknown error"])[0]
    if code is None or code.startswith("57P"):
        said = text.strip().splitlines()[-1] if text.strip() else first
        if "password" in text:
            return (
                f"PostgreSQL on {host}:{port} refuses the password of {user}; set "
                "PGUSER and PGPASSWORD, or enter it in ~/.pgpass"
            )
        if f'database "{database}" does not exist' in text:
            return (
                f"PostgreSQL on {host}:{port} has no database {database}; make it with "
                f"createdb {database}, or set PGDATABASE"
            )
        if f'role "{user}" does not exist' in text:
            return f"PostgreSQL on {host}:{port} has no user {user}; set PGUSER"
        return (
            f"PostgreSQL on {host}:{port} cannot be used as {user} "
            f"({said.strip()}); start it, or set PGHOST, PGPORT and PGUSER"
        )
    if code == errorcodes.INSUFFICIENT_PRIVILEGE:
        return (
            f"the user {user} lacks a right in the database {database} ({first}); let "
            "its owner grant it, or set PGUSER"
        )
    if code in (errorcodes.DISK_FULL, errorcodes.OUT_OF_MEMORY):
        return f"PostgreSQL on {host}:{port} has no room left ({first}); make some"
    if code == errorcodes.DEPENDENT_OBJECTS_STILL_EXIST:
        return f"{first}; drop what others have made over the raw tables"
    return f"PostgreSQL on {host}:{port}: {first}"
