"""A journal on a Spark server: a table that no build replaces."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from pipeline.journal import Journal
from pipeline.warehouse.spark.literals import name_of, query_of

_COLUMNS = (("id", "integer"), ("record", "text"))


class SparkJournal(Journal):
    """A table of records, in a schema of its own.

    Args:
        run: Runs a statement, and gives its rows.
        schema: The schema, made with the first record.
        table: The table.
    """

    def __init__(
        self, run: Callable[[str], list[tuple[Any, ...]]], schema: str, table: str
    ) -> None:
        self._run = run
        self._schema = schema
        # The new one has all records before the old one goes.
        self._old, self._new = table, f"{table}__new"
        self._table, self._new_table = (
            name_of(schema, table),
            name_of(schema, self._new),
        )

    @property
    def location(self) -> str:
        """The table's name."""
        return f"the table {self._table}"

    def _lines(self, most_bytes: int | None = None) -> Sequence[str]:
        del most_bytes  # a server has room
        there = self._there()
        for name in (self._old, self._new):
            if name in there:
                relation = name_of(self._schema, name)
                rows = self._run(f"select record from {relation} order by id")  # noqa: S608
                return [str(record) for (record,) in rows]
        return []

    def _append(self, line: str) -> None:
        self._make_whole()
        query = query_of(_COLUMNS, [(time.time_ns(), line)])
        self._run(f"insert into {self._table} (id, record) {query}")

    def _replace(self, lines: Sequence[str]) -> None:
        self._make_whole()
        query = query_of(_COLUMNS, enumerate(lines))
        self._run(f"drop table if exists {self._new_table}")
        self._run(f"create table {self._new_table} using parquet as {query}")
        self._run(f"drop table {self._table}")
        self._make_whole()

    def _make_whole(self) -> None:
        """Finish what a kill left of `_replace`, or make the first table."""
        there = self._there()
        if self._old in there:
            return
        if self._new in there:
            self._run(f"alter table {self._new_table} rename to {self._table}")
            return
        self._run(f"create database if not exists {name_of(self._schema)}")
        empty = query_of(_COLUMNS, [])
        self._run(f"create table {self._table} using parquet as {empty}")

    def _there(self) -> set[str]:
        schemas = {name for (name,) in self._run("show databases")}
        if self._schema.lower() not in schemas:
            return set()
        return {
            name for _, name, _ in self._run(f"show tables in {name_of(self._schema)}")
        }
