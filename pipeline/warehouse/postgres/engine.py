"""A schema of a PostgreSQL database, for a warehouse that several people read.

A build is made in the schema `<schema>_building` and becomes the published schema by
renames in one transaction. That transaction first takes the tables from their readers,
so that no query sees some tables of one version and some of another. It asks for them
briefly and often, rather than once and long: a query that is running goes on, and one
that begins waits for a fraction of a second.
"""

import copy
import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from typing import Self

import psycopg2
import pyarrow as pa
from psycopg2 import errors

from pipeline.dbt.profile import target_settings
from pipeline.errors import PipelineError
from pipeline.raw_files.contract import RawBatch
from pipeline.raw_files.raw_file import Advance, RawFile
from pipeline.raw_files.raw_folder import CheckedFolder
from pipeline.terminal.interrupts import uninterrupted, work_is_done
from pipeline.warehouse.append import BATCH, Appended, Area, Row, append
from pipeline.warehouse.arrow import ColumnTypes
from pipeline.warehouse.engine import (
    KEEP_VERSIONS,
    MOST_KEPT,
    NOBODY,
    RUNS,
    Engine,
    fill,
    refuse_others,
    write_loads,
)
from pipeline.warehouse.errors import BusyError
from pipeline.warehouse.location import Location
from pipeline.warehouse.postgres.connection import (
    Connection,
    Cursor,
    connect,
    explained,
)
from pipeline.warehouse.postgres.copy import CopyStream
from pipeline.warehouse.postgres.journal import PostgresJournal
from pipeline.warehouse.postgres.reader import table_hash
from pipeline.warehouse.sql import (
    ERASED_IDS,
    make_table,
    quoted,
    transaction,
    without_erased,
)

MINIMUM_VERSION = 15

# PostgreSQL cuts longer names off.
_NAME_BYTES = 63
_LONGEST_SUFFIX = f"_previous_{MOST_KEPT}"

# What marks a schema as ours before it holds raw_loads.
_MARK = "Warehouse made by python -m pipeline"

# After the name of a table that will take the place of another.
_LOADING = "__loading"

_SQL_TYPES = {"text": "text", "integer": "bigint", "real": "double precision"}

# One attempt to take the tables: shorter than the server's deadlock_timeout (1 s), so
# that it is never a reader who is told of a deadlock.
_ATTEMPT_MILLISECONDS = 400
_PAUSE_SECONDS = 0.2
# How long to go on trying while queries hold the tables.
PUBLISH_SECONDS = 120.0
# How long a server may take to see that a killed build's client is gone.
_GONE_SECONDS = 2.0


class PostgresEngine(Engine):
    """One schema of the database that libpq's variables name.

    Attributes:
        schema: The published schema.
        building: The build area: `<schema>_building`.
        previous: The versions before the published one, the newest first:
            `<schema>_previous`, `<schema>_previous_2` and so on.
        older: Where the oldest one goes before it is dropped: `<schema>_older`.
    """

    target = "postgres"
    _variable = "DWH_SCHEMA"

    def __init__(self, schema: str) -> None:
        super().__init__(schema)
        self._settings = target_settings(self.target)
        self.schema = schema
        self.building = f"{schema}_building"
        self.older = f"{schema}_older"
        self._runs = f"{schema}_runs"
        self.previous = [
            f"{schema}_previous{f'_{number}' if number > 1 else ''}"
            for number in range(1, MOST_KEPT + 1)
        ]
        if len(f"{schema}{_LONGEST_SUFFIX}".encode()) > _NAME_BYTES:
            raise PipelineError(
                f"the schema's name {self.schema} is too long; PostgreSQL takes names "
                f"of {_NAME_BYTES} bytes, the suffix {_LONGEST_SUFFIX} included"
            )
        self._locked: Connection | None = None

    def _named(self, location: Location) -> str:
        server = "PostgreSQL {dbname} on {host}:{port}".format(**self._settings)
        return f"{server}, schema {location.database}"

    @property
    def _build(self) -> Location:
        return Location(self.target, self.building)

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
            ours = (self.schema, self.building, *self.previous, self.older, self._runs)
            for schema in ours:
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
        if not is_marked:
            refuse_others(
                f"the schema {schema} is another program's",
                _tables(cursor, schema),
                "choose another one: DWH_SCHEMA or --database",
            )
        if not is_owner:
            raise PipelineError(
                f"the schema {schema} belongs to {owner} and not to "
                f"{self._settings['user']}; choose another one (DWH_SCHEMA or "
                f"--database), or connect as {owner} (PGUSER)"
            )

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold an advisory lock; it dies with its connection.

        That of a killed build stays until the server sees that its client is gone.
        """
        digest = hashlib.sha256(f"{_MARK}: {self.schema}".encode()).digest()
        key = int.from_bytes(digest[:8], "big", signed=True)
        with self._connection() as connection:
            with explained(self._settings), connection.cursor() as cursor:
                is_mine = _try_lock(cursor, key)
            if not is_mine:
                raise BusyError(
                    f"another build or load of {self.location} is running; "
                    "run this again when it has finished"
                )
            self._locked = connection
            try:
                yield
            finally:
                self._locked = None
                # The server closes a connection after its client did.
                with suppress(psycopg2.Error), connection.cursor() as cursor:
                    cursor.execute("select pg_advisory_unlock(%s)", (key,))

    def journal(self, name: str = RUNS) -> PostgresJournal:
        """A table in the schema `<schema>_runs`; that of the runs is `journal`."""
        table = "journal" if name == RUNS else name
        return PostgresJournal(self._transaction, self._runs, _MARK, table)

    def in_place(self, schema: str = "") -> Self:
        """The published schema, or another one, stands in for the build schema."""
        engine = copy.copy(self)
        engine.building = schema or self.schema
        return engine

    def begin_build(self) -> None:
        """Make an empty build schema."""
        self.discard_build()
        with self._cursor() as cursor:
            _drop(cursor, self.older)
            building = quoted(self.building)
            cursor.execute(f"create schema {building}")
            cursor.execute(f"comment on schema {building} is '{_MARK}'")

    def discard_build(self) -> None:
        """Drop the build schema."""
        with self._cursor() as cursor:
            _drop(cursor, self.building)

    def load_raw(
        self,
        folder: CheckedFolder,
        batches: Sequence[RawBatch],
        advance: Advance,
        *,
        in_place: bool,
    ) -> Sequence[str]:
        """Fill new tables by COPY, which take the names of the old ones at the end."""
        schema = self.schema if in_place else self.building
        with ExitStack() as end, self._transaction() as cursor:
            if in_place:
                cursor.execute(f"create schema if not exists {quoted(schema)}")
            write = partial(_write, cursor, schema)
            fill(folder.files, batches[-1].batch_id, advance, write, _LOADING)
            for file in folder.files:
                name = file.table.name
                loaded = _relation(schema, name + _LOADING)
                cursor.execute(f"drop table if exists {_relation(schema, name)}")
                cursor.execute(f"alter table {loaded} rename to {quoted(name)}")
            write_loads(folder, batches, write, partial(table_hash, cursor, schema))
            if in_place:  # from here to the end of the commit
                end.enter_context(uninterrupted())
        return []

    def append_raw(
        self, files: Sequence[RawFile], batch_id: int, held_id: int, advance: Advance
    ) -> Appended:
        """Delete and insert in one transaction."""
        with self._transaction() as cursor:
            write = partial(_write, cursor, self.building)
            fill(files, batch_id, advance, write, BATCH)
            area = _PostgresArea(cursor, self.building)
            return append(area, [file.table for file in files], held_id)

    def carry_over(
        self, tables: Sequence[str], erased: Mapping[str, str] = NOBODY
    ) -> dict[str, int]:
        """Copy rows; the models index what they append to."""
        copied: dict[str, int] = {}
        with self._transaction() as cursor:
            there = _tables(cursor, self.schema)
            if erased:
                _note_erased(cursor, erased)
            published = _PostgresArea(cursor, self.schema)
            for table in tables:
                if table not in there:
                    continue
                new, source = _relation(self.building, table), published.relation(table)
                query = f"table {source}"
                if erased:
                    columns = published.columns(table)
                    query = without_erased(source, table, columns, ERASED_IDS)
                cursor.execute(f"create table {new} as {query}")
                copied[table] = cursor.rowcount
                cursor.execute(f"analyze {new}")
        return copied

    def write_batches(
        self, name: str, columns: ColumnTypes, batches: Iterable[pa.RecordBatch]
    ) -> None:
        """Replace a table of the build schema by COPY."""
        with self._transaction() as cursor:
            _write(cursor, self.building, name, columns, batches)

    def publish(self, keep_versions: int = KEEP_VERSIONS) -> Sequence[str]:
        """Rename the schemas in one transaction, on the connection of the lock."""
        if self._locked is None:
            with self.lock():
                return self.publish(keep_versions)
        connection = self._locked
        try:
            self._replace_published(connection, self.building)
        except PipelineError as error:
            raise PipelineError(
                f"{error}; the schema {self.schema} is as it was, and the finished "
                f"build is {self.building}"
            ) from None
        # The next build drops it if this one cannot, because somebody still reads it.
        for schema in (self.older, *self.previous[keep_versions:]):
            with suppress(psycopg2.Error), connection.cursor() as cursor:
                cursor.execute("set lock_timeout = '2s'")
                _drop(cursor, schema)
        return []

    def kept_versions(self) -> list[Location]:
        """The schemas beside the published one."""
        with self._cursor() as cursor:
            return [
                Location(self.target, schema)
                for schema in self.previous
                if _exists(cursor, schema)
            ]

    def bytes_of(self, version: Location) -> int:
        """The size of its tables, with their indexes."""
        with self._cursor() as cursor:
            cursor.execute(
                "select coalesce(sum(pg_total_relation_size(c.oid)), 0) "
                "from pg_class c join pg_namespace n on n.oid = c.relnamespace "
                "where n.nspname = %s and c.relkind in ('r', 'p', 'm')",
                (version.database,),
            )
            return int(cursor.fetchone()[0])

    def restore(self, version: Location) -> Sequence[str]:
        """Rename the schemas in one transaction, as `publish` does."""
        if self._locked is None:
            with self.lock():
                return self.restore(version)
        self._replace_published(self._locked, version.database)
        return []

    def _replace_published(self, connection: Connection, new: str) -> None:
        with explained(self._settings):
            with connection.cursor() as cursor:
                _copy_rights(cursor, self.schema, new)
            self._swap(connection, new)
            work_is_done()

    def _swap(self, connection: Connection, new: str) -> None:
        deadline = time.monotonic() + PUBLISH_SECONDS
        while True:
            try:
                with (
                    connection.cursor() as cursor,
                    transaction(cursor.execute),
                ):
                    self._swap_once(cursor, new)
                return
            except (errors.QueryCanceled, errors.LockNotAvailable):
                if time.monotonic() > deadline:
                    raise PipelineError(self._readers(connection)) from None
                time.sleep(_PAUSE_SECONDS)

    def _swap_once(self, cursor: Cursor, new: str) -> None:
        cursor.execute("set local statement_timeout = %s", (_ATTEMPT_MILLISECONDS,))
        if _exists(cursor, self.older):
            _drop(cursor, self.older)
        if not _exists(cursor, self.schema):
            _rename(cursor, new, self.schema)
            return
        tables = _tables(cursor, self.schema)
        if tables:
            listed = ", ".join(_relation(self.schema, name) for name in tables)
            cursor.execute(f"lock table {listed} in access exclusive mode")
        if new in self.previous:
            _rename(cursor, new, self.older)  # for a moment of this transaction
            new = self.older
        names = self.previous
        there = [_exists(cursor, name) for name in names]
        if all(there):
            _rename(cursor, names[-1], self.older)
            there[-1] = False
        for number in range(there.index(False), 0, -1):
            _rename(cursor, names[number - 1], names[number])
        _rename(cursor, self.schema, names[0])
        _rename(cursor, new, self.schema)

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
            explained(self._settings),
            self._connection() as connection,
            connection.cursor() as cursor,
        ):
            yield cursor

    @contextmanager
    def _transaction(self) -> Iterator[Cursor]:
        with self._cursor() as cursor, transaction(cursor.execute):
            yield cursor


class _PostgresArea(Area):
    """What is done to a build schema in one transaction."""

    types = _SQL_TYPES

    def __init__(self, cursor: Cursor, schema: str) -> None:
        self._cursor = cursor
        self._schema = schema

    def relation(self, name: str) -> str:
        return _relation(self._schema, name)

    def run(self, sql: str) -> list[Row]:
        self._cursor.execute(sql)
        return self._cursor.fetchall() if self._cursor.description else []

    def columns(self, table: str) -> list[str]:
        self._cursor.execute(
            "select column_name from information_schema.columns "
            "where table_schema = %s and table_name = %s order by ordinal_position",
            (self._schema, table),
        )
        return [name for (name,) in self._cursor.fetchall()]


def _note_erased(cursor: Cursor, erased: Mapping[str, str]) -> None:
    """Make a table of ids that ends with the transaction."""
    cursor.execute(
        f"create temporary table {ERASED_IDS} (old_id text, new_id text) on commit drop"
    )
    insert = f"insert into {ERASED_IDS} values (%s, %s)"  # noqa: S608
    cursor.executemany(insert, list(erased.items()))


def _write(
    cursor: Cursor,
    schema: str,
    name: str,
    columns: ColumnTypes,
    batches: Iterable[pa.RecordBatch],
) -> int:
    relation = _relation(schema, name)
    make_table(cursor.execute, relation, columns, _SQL_TYPES)
    copy_csv = f"copy {relation} from stdin with (format csv)"
    cursor.copy_expert(copy_csv, CopyStream(batches), size=1 << 20)
    return int(cursor.rowcount)


def _tables(cursor: Cursor, schema: str) -> list[str]:
    """The tables and views of a schema."""
    cursor.execute(
        "select relname from pg_class "
        "join pg_namespace on pg_namespace.oid = relnamespace "
        "where nspname = %s and relkind in ('r', 'p', 'v') order by relname",
        (schema,),
    )
    return [name for (name,) in cursor.fetchall()]


def _try_lock(cursor: Cursor, key: int) -> bool:
    """Take an advisory lock, unless another connection keeps it."""
    deadline = time.monotonic() + _GONE_SECONDS
    while True:
        cursor.execute("select pg_try_advisory_lock(%s)", (key,))
        (is_mine,) = cursor.fetchone()
        if is_mine or time.monotonic() > deadline:
            return bool(is_mine)
        time.sleep(_PAUSE_SECONDS)


def _exists(cursor: Cursor, schema: str) -> bool:
    cursor.execute("select 1 from pg_namespace where nspname = %s", (schema,))
    return cursor.fetchone() is not None


def _drop(cursor: Cursor, schema: str) -> None:
    cursor.execute(f"drop schema if exists {quoted(schema)} cascade")


def _rename(cursor: Cursor, schema: str, name: str) -> None:
    cursor.execute(f"alter schema {quoted(schema)} rename to {quoted(name)}")


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
            cursor.execute(
                f"grant {right} on schema {quoted(destination)} to {grantee}"
            )
        elif table in there:
            relation = _relation(destination, table)
            cursor.execute(f"grant {right} on {relation} to {grantee}")


def _relation(schema: str, name: str) -> str:
    return f"{quoted(schema)}.{quoted(name)}"
