"""A journal on a PostgreSQL server: a table that no build replaces."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from pipeline.journal import Journal
from pipeline.warehouse.postgres.connection import Cursor
from pipeline.warehouse.sql import quoted


class PostgresJournal(Journal):
    """A table of records, in a schema of its own.

    Args:
        transaction: Gives a cursor in a transaction.
        schema: The schema, made with the first record.
        mark: Its comment, by which it is known as ours.
        table: The table.
    """

    def __init__(
        self,
        transaction: Callable[[], AbstractContextManager[Cursor]],
        schema: str,
        mark: str,
        table: str,
    ) -> None:
        self._transaction = transaction
        self._schema, self._mark = schema, mark
        self._table = f"{quoted(schema)}.{quoted(table)}"

    @property
    def location(self) -> str:
        """The table's name."""
        return f"the table {self._table}"

    def _lines(self, most_bytes: int | None = None) -> Sequence[str]:
        del most_bytes  # a server has room
        with self._transaction() as cursor:
            if self._is_there(cursor):
                cursor.execute(f"select record from {self._table} order by id")  # noqa: S608
                return [str(record) for (record,) in cursor.fetchall()]
        return []

    def _append(self, line: str) -> None:
        with self._transaction() as cursor:
            self._insert(cursor, [line])

    def _replace(self, lines: Sequence[str]) -> None:
        with self._transaction() as cursor:
            if self._is_there(cursor):
                cursor.execute(f"delete from {self._table}")  # noqa: S608
            self._insert(cursor, lines)

    def _is_there(self, cursor: Cursor) -> bool:
        cursor.execute("select to_regclass(%s) is not null", (self._table,))
        (is_there,) = cursor.fetchone()
        return bool(is_there)

    def _insert(self, cursor: Cursor, lines: Sequence[str]) -> None:
        if not self._is_there(cursor):
            schema = quoted(self._schema)
            cursor.execute(f"create schema if not exists {schema}")
            cursor.execute(f"comment on schema {schema} is %s", (self._mark,))
            cursor.execute(
                f"create table {self._table} "
                "(id bigint generated always as identity, record text)"
            )
        for line in lines:
            cursor.execute(
                f"insert into {self._table} (record) values (%s)",  # noqa: S608
                (line,),
            )
