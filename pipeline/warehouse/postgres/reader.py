"""Reading a schema of a PostgreSQL database."""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from pipeline.dbt.profile import target_settings
from pipeline.warehouse.location import Location
from pipeline.warehouse.postgres.connection import Cursor, connect, explained
from pipeline.warehouse.reader import BATCH_ROWS, Reader, Value
from pipeline.warehouse.sql import quoted


class PostgresReader(Reader):
    """A schema, in the version that is published when it is asked.

    A reader that is not for pages keeps the tables that it has read from being
    replaced, until it is closed.
    """

    _parameter = r"%(\1)s"
    _is_own = "table_schema = current_schema()"

    def __init__(
        self, location: Location, *, page_seconds: float | None = None
    ) -> None:
        super().__init__(location, page_seconds=page_seconds)
        self._settings = target_settings("postgres")
        self._for_pages = page_seconds is not None
        self._cursors = itertools.count()
        # The server keeps the time itself, also where this process is no more.
        options = (
            f"-c statement_timeout={math.ceil(page_seconds * 1000)}"
            if page_seconds is not None
            else ""
        )
        self._connection = connect(self._settings, options=options)
        try:
            with self._errors(), self._connection.cursor() as cursor:
                self._connection.set_session(readonly=True, autocommit=self._for_pages)
                cursor.execute(
                    "select set_config('search_path', quote_ident(%s), false)",
                    (location.database,),
                )
        except BaseException:
            self.close()
            raise

    @property
    def is_broken(self) -> bool:
        """Whether the server has gone away since."""
        return bool(self._connection.closed)

    def _errors(self) -> AbstractContextManager[None]:
        return explained(self._settings)

    def _cursor(self, *, is_whole: bool) -> Cursor:
        if is_whole:
            return self._connection.cursor()
        # A named cursor stays on the server; with a page's, outside any transaction.
        cursor = self._connection.cursor(
            f"rows_{next(self._cursors)}", withhold=self._for_pages
        )
        cursor.itersize = BATCH_ROWS
        return cursor

    def _interrupter(self, cursor: Cursor) -> Callable[[], None] | None:
        # A cursor that is held computes its rows in the commit after the statement,
        # which `statement_timeout` no longer sees.
        cancel: Callable[[], None] = self._connection.cancel
        return None if cursor.name is None else cancel

    def _bound(
        self, sql: str, parameters: Mapping[str, Value]
    ) -> tuple[str, dict[str, Any]]:
        return super()._bound(sql.replace("%", "%%"), parameters)

    def _in_byte_order(self, column: str) -> str:
        return f'{column} collate "C"'

    def identity(self) -> str:
        """What changes with every table that is replaced: each has its own id."""
        query = (
            "select coalesce(md5(string_agg(c.oid || ':' || c.relfilenode, ',' "
            "order by c.oid)), '') from pg_class c "
            "join pg_namespace n on n.oid = c.relnamespace "
            "where n.nspname = :schema and c.relkind in ('r', 'v')"
        )
        ((ids,),) = self.fetch(query, {"schema": self.location.database})
        return f"{self.location.database}-{ids}"

    def table_hash(self, table: str, columns: Sequence[str] | None = None) -> str:
        """The sum of PostgreSQL's own hashes of the rows: they keep no order."""
        with self._errors(), self._connection.cursor() as cursor:
            return table_hash(cursor, self.location.database, table, columns)


def table_hash(
    cursor: Cursor, schema: str, table: str, columns: Sequence[str] | None = None
) -> str:
    """What `PostgresReader.table_hash` gives, on an open connection."""
    listed = f"row({', '.join(map(quoted, columns))})" if columns else "raw"
    # Partitions by hash outlive an upgrade of the server, and so do these hashes.
    cursor.execute(
        f"select sum(hash_record_extended({listed}, 0)::numeric) "  # noqa: S608
        f"from {quoted(schema)}.{quoted(table)} as raw"
    )
    return f"sum of hash_record_extended: {cursor.fetchone()[0]}"
