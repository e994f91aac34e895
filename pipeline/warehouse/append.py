"""A batch takes the place of the raw rows that it replaces, in SQL of every engine.

Rows are replaced by their cleaned key, as staging cleans it: an order with all of its
lines, a customer, a product. A row without a key is known by all that it says.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pipeline.errors import RawFileError
from pipeline.raw_files.contract import BATCH_ID, RAW_TABLES, RawTable
from pipeline.warehouse.sql import quoted

Row = tuple[Any, ...]

_ORDERS, _ITEMS = "raw_orders", "raw_order_items"
# The raw table whose rows say which keys a batch replaces, by the column of the key.
_NAMED_IN = {table.columns[0]: table.name for table in RAW_TABLES}
# After a raw table's name, tables beside it: the rows of a batch, the keys in them, and
# those of the keys that are held.
BATCH, _KEYS, _HELD = "__batch", "__keys", "__held"


@dataclass(frozen=True)
class AppendedRows:
    """What a batch did to a raw table.

    Attributes:
        new: Rows of the batch whose order, customer or product was not held.
        replaced: Held rows in whose place the batch's stand.
        held: Rows in the table now.
    """

    new: int
    replaced: int
    held: int


@dataclass(frozen=True)
class Appended:
    """What a batch did.

    Attributes:
        rows: By raw table, those that the batch changed.
        emptied: Orders that had lines, and have none any more.
        latest_held: The latest day of an order that was held, YYYY-MM-DD.
        latest: The latest day of an order of the batch.
    """

    rows: Mapping[str, AppendedRows]
    emptied: tuple[str, ...] = ()
    latest_held: str | None = None
    latest: str | None = None


class Area(ABC):
    """An open build area, as far as SQL that the engines share needs it.

    Attributes:
        types: What the engine calls text and integer.
        trimmed: SQL that takes the spaces from around a text, and nothing else.
    """

    types: ClassVar[Mapping[str, str]]
    trimmed: ClassVar[str] = "trim({})"

    @abstractmethod
    def run(self, sql: str) -> list[Row]:
        """Run a statement; the rows of its answer, if it has one."""

    @abstractmethod
    def columns(self, table: str) -> list[str]:
        """The columns of a table; none where it is not there."""

    def relation(self, name: str) -> str:
        """A table's name in SQL."""
        return quoted(name)

    def create_as(self, table: str, query: str) -> None:
        """Make a table of what a query finds."""
        self.run(f"create table {self.relation(table)} as {query}")

    def add_column(self, table: str, column: str, kind: str, value: str) -> None:
        """Add a column that has one value in every row."""
        self.run(
            f"alter table {self.relation(table)} "
            f"add column {column} {self.types[kind]} default {value}"
        )

    def delete(self, table: str, condition: str) -> None:
        """Delete the rows of which a condition is true; it is never null."""
        self.run(f"delete from {self.relation(table)} where {condition}")  # noqa: S608

    def key(self, column: str) -> str:
        """A key as the models clean it; null where there is none."""
        return f"nullif(nullif({self.trimmed.format(column)}, ''), '(unknown)')"

    def has_key_in(self, column: str, table: str) -> str:
        """A condition: the key is in a table of keys. It is never null."""
        keys = f"select id from {self.relation(table)}"  # noqa: S608
        # No key is in the table that is none, so that there is less to clean.
        return f"{column} is not null and {self.trimmed.format(column)} in ({keys})"

    def count(self, table: str, condition: str = "1 = 1") -> int:
        """The rows of a table, or some of them."""
        query = f"select count(*) from {self.relation(table)} where {condition}"  # noqa: S608
        ((rows,),) = self.run(query)
        return int(rows)


def append(area: Area, tables: Sequence[RawTable], held_id: int) -> Appended:
    """Put the rows that lie beside the raw tables in the place of those held.

    Args:
        area: Where, with the batch's rows beside the raw tables.
        tables: The raw tables of which the batch has rows: both orders and lines, or
            neither.
        held_id: The number of held rows that have none.

    Raises:
        RawFileError: It is half a batch; to be rolled back.
    """
    has_orders = any(table.name == _ORDERS for table in tables)
    named = [table for table in tables if _named_in(table) == table.name]
    for table in named:
        _note_keys(area, table)
    if has_orders:
        _refuse_lines_without_header(area)
    for table in tables:
        _complete(area, table, held_id)
    for table in named:
        _note_held_keys(area, table)
    emptied = _emptied_orders(area) if has_orders else []
    days = [
        _latest_day(area, table) if has_orders else None
        for table in (_ORDERS, _ORDERS + BATCH)
    ]
    rows = {table.name: _replace(area, table) for table in tables}
    beside = [table.name + BATCH for table in tables]
    beside += [f"{table.name}{kind}" for table in named for kind in (_KEYS, _HELD)]
    for name in beside:
        area.run(f"drop table {area.relation(name)}")
    return Appended(rows, tuple(emptied), *days)


def _named_in(table: RawTable) -> str:
    """The raw table whose rows say which keys a batch replaces.

    Lines are replaced by the headers: an order whose header comes alone loses those
    that are held of it.
    """
    return _NAMED_IN[table.replaced_by]


def _note_keys(area: Area, table: RawTable) -> None:
    key, batch = area.key(table.replaced_by), table.name + BATCH
    area.create_as(
        table.name + _KEYS,
        f"select distinct {key} as id from {area.relation(batch)} "  # noqa: S608
        f"where {key} is not null",
    )


def _note_held_keys(area: Area, table: RawTable) -> None:
    key = area.key(table.replaced_by)
    area.create_as(
        table.name + _HELD,
        f"select distinct {key} as id from {area.relation(table.name)} "  # noqa: S608
        f"where {area.has_key_in(table.replaced_by, table.name + _KEYS)}",
    )


def _refuse_lines_without_header(area: Area) -> None:
    key, batch = area.key("order_id"), _ITEMS + BATCH
    orphans = (
        f"select distinct {key} as id from {area.relation(batch)} "  # noqa: S608
        f"where {key} is not null "
        f"and {key} not in (select id from {area.relation(_ORDERS + _KEYS)})"
    )
    found = area.run(
        f"select count(*), min(id), max(id) from ({orphans}) orphans"  # noqa: S608
    )
    ((orders, first, last),) = found
    if orders:
        which = f"order {first!r}"
        if orders > 1:
            which = f"{orders:,} orders, from {first!r} to {last!r},"
        raise RawFileError(
            f"half a batch: raw_order_items has lines of {which} that raw_orders does "
            "not have; a batch holds whole orders, headers and lines"
        )


def _complete(area: Area, table: RawTable, held_id: int) -> None:
    """Make what the held table lacks: a column, or the table."""
    held = area.columns(table.name)
    if not held:
        area.create_as(
            table.name,
            f"select * from {area.relation(table.name + BATCH)} "  # noqa: S608
            f"where 1 = 0",
        )
        return
    for column in table.columns:
        if column not in held:
            area.add_column(table.name, column, "text", "null")
    if BATCH_ID not in held:
        area.add_column(table.name, BATCH_ID, "integer", str(held_id))


def _emptied_orders(area: Area) -> list[str]:
    """The orders of the batch without lines, of which lines are held."""
    key, lines = area.key("order_id"), area.relation(_ITEMS + BATCH)
    empty = area.run(
        f"select id from {area.relation(_ORDERS + _KEYS)} "  # noqa: S608
        f"where id not in (select {key} from {lines} where {key} is not null)"
    )
    if not empty:
        return []
    # Looked for only now: it takes a look at every line.
    held = area.run(
        f"select distinct {key} as id from {area.relation(_ITEMS)} "  # noqa: S608
        f"where {area.has_key_in('order_id', _ORDERS + _KEYS)}"
    )
    return sorted({id_ for (id_,) in empty} & {id_ for (id_,) in held})


def _latest_day(area: Area, table: str) -> str | None:
    day = "substr(order_date, 1, 10)"
    ((latest,),) = area.run(
        f"select max({day}) from {area.relation(table)} "  # noqa: S608
        f"where {day} like '____-__-__' and {day} between '1900-01-01' and '2199-12-31'"
    )
    return None if latest is None else str(latest)


def _replace(area: Area, table: RawTable) -> AppendedRows:
    name, batch = table.name, table.name + BATCH
    key, named_in = area.key(table.replaced_by), _named_in(table)
    known = area.count(batch, area.has_key_in(table.replaced_by, named_in + _HELD))
    gone = area.has_key_in(table.replaced_by, named_in + _KEYS)
    if area.count(batch, f"{key} is null"):
        # No value is an empty text: an empty field is null.
        row = ", ".join(f"coalesce({column}, '')" for column in table.columns)
        keyless = f"select {row} from {{}} where {key} is null"  # noqa: S608
        is_in = f"{key} is null and ({row}) in ({keyless})"
        known += area.count(batch, is_in.format(area.relation(name)))
        gone = f"({gone}) or ({is_in.format(area.relation(batch))})"
    before, loaded = area.count(name), area.count(batch)
    area.delete(name, gone)
    left = area.count(name)
    columns = ", ".join((*table.columns, BATCH_ID))
    area.run(
        f"insert into {area.relation(name)} ({columns}) "  # noqa: S608
        f"select {columns} from {area.relation(batch)}"
    )
    return AppendedRows(loaded - known, before - left, left + loaded)
