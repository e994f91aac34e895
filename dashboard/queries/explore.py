"""Any mart, filtered and sorted.

Names of tables and columns come from the warehouse's own catalogue and are quoted;
values are always bound.
"""

import datetime as dt
import math
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd
import pyarrow as pa

from dashboard import privacy
from dashboard.exports import Export
from dashboard.filters import Parameters
from dashboard.schema import REQUIRED
from dashboard.warehouse import Warehouse
from pipeline.warehouse.reader import Value


class Operator(StrEnum):
    """How a column is held against a value."""

    CONTAINS = "contains"
    EQUALS = "is"
    DIFFERS = "is not"
    AT_LEAST = "at least"
    AT_MOST = "at most"
    MISSING = "is missing"
    PRESENT = "is present"

    @property
    def needs_value(self) -> bool:
        """Whether there is something to hold the column against."""
        return self not in (Operator.MISSING, Operator.PRESENT)


class Kind(StrEnum):
    """What a column holds, as far as a filter cares."""

    NUMBER = "number"
    DATE = "date"
    FLAG = "flag"
    TEXT = "text"


_COMPARED = tuple(one for one in Operator if one is not Operator.CONTAINS)
# The conditions that make sense for a column.
OPERATORS = {
    Kind.NUMBER: _COMPARED,
    Kind.DATE: _COMPARED,
    Kind.FLAG: (Operator.EQUALS, Operator.MISSING, Operator.PRESENT),
    Kind.TEXT: tuple(Operator),
}
# Each as SQL, with the column and the parameter's name.
_CONDITIONS = {
    Operator.CONTAINS: "lower({}) like :{} escape '!'",
    Operator.EQUALS: "{} = :{}",
    Operator.DIFFERS: "{} <> :{}",
    Operator.AT_LEAST: "{} >= :{}",
    Operator.AT_MOST: "{} <= :{}",
    Operator.MISSING: "{} is null",
    Operator.PRESENT: "{} is not null",
}
_ARROW_TYPES = {
    Kind.NUMBER: pa.float64(),
    Kind.DATE: pa.date32(),
    Kind.FLAG: pa.bool_(),
    Kind.TEXT: pa.string(),
}
_EXAMPLES = {
    Kind.NUMBER: "a number, such as 12.5",
    Kind.DATE: "a day, such as 2024-03-31",
    Kind.FLAG: "yes or no",
}
_FLAGS = {"yes": True, "no": False, "true": True, "false": False}


# What is masked is neither found nor put in its place.
_SHOWN_ID = f"{privacy.ID} not like '%@%'"
# Longer than any name, and than any number or date that a column holds.
_LONGEST_VALUE = 200
# Beyond it not every engine has whole numbers.
_LARGEST_WHOLE = 2**63


@dataclass(frozen=True)
class Condition:
    """One condition on a column."""

    column: str
    operator: Operator
    value: str = ""


@dataclass(frozen=True)
class Search:
    """Rows of a mart.

    Attributes:
        table: The mart.
        conditions: What all the rows meet.
        sort_by: A column; None for the order in which they are stored.
        descending: Whether the largest comes first.
        show_pii: Whether personal data may be seen, searched and sorted by.
    """

    table: str
    conditions: tuple[Condition, ...] = ()
    sort_by: str | None = None
    descending: bool = False
    show_pii: bool = False


def tables(warehouse: Warehouse) -> list[str]:
    """The marts: the star first, then the reports."""
    star = [name for name in REQUIRED if not name.startswith("rpt_")]
    reports = sorted(name for name in warehouse.columns if name.startswith("rpt_"))
    return [*filter(warehouse.has, star), *reports]


def searchable(warehouse: Warehouse, table: str, *, show_pii: bool) -> list[str]:
    """The columns to filter and sort by.

    A masked column is not among them: a filter would give away what the mask hides.
    """
    return [
        column
        for column in warehouse.columns[table.lower()]
        if show_pii or not privacy.is_personal(table, column)
    ]


def rows(warehouse: Warehouse, search: Search, limit: int) -> pd.DataFrame:
    """The first rows found, personal data masked.

    Raises:
        ValueError: There is no such mart, or no such column to search.
    """
    frame = warehouse.query(*_select(warehouse, search, limit))
    for column in frame.columns:
        # SQLite has no type of its own for yes and no.
        if kind(warehouse, search.table, str(column)) is Kind.FLAG:
            frame[column] = frame[column].astype("boolean")
    return frame if search.show_pii else privacy.mask(frame, search.table)


def export(warehouse: Warehouse, search: Search, limit: int) -> Export:
    """The same rows to take away, fetched some at a time."""
    types = {
        column: pa.int64() if "int" in declared else _ARROW_TYPES[_kind(declared)]
        for column, declared in warehouse.columns[search.table.lower()].items()
    }
    batches = warehouse.batches(*_select(warehouse, search, limit))
    if search.show_pii:
        return Export(types, batches)
    return Export(types, privacy.mask_batches(batches, list(types), search.table))


def count(warehouse: Warehouse, search: Search) -> int:
    """How many rows meet all conditions."""
    source, parameters = _source(warehouse, search)
    counted = warehouse.query(f"select count(*) as found {source}", parameters)
    return int(counted["found"].iloc[0])


def _select(warehouse: Warehouse, search: Search, limit: int) -> tuple[str, Parameters]:
    source, parameters = _source(warehouse, search)
    order = ""
    if search.sort_by is not None:
        allowed = searchable(warehouse, search.table, show_pii=search.show_pii)
        column = _quoted(search.sort_by, allowed)
        if search.sort_by == privacy.ID and not search.show_pii:
            column = f"case when {_SHOWN_ID} then {column} end"
        order = f"order by {column}{' desc' if search.descending else ''}"
    sql = f"select * {source} {order} limit :row_limit"
    return sql, parameters | {"row_limit": limit}


def _source(warehouse: Warehouse, search: Search) -> tuple[str, Parameters]:
    """The rows that meet all conditions, as `from` and `where`."""
    if search.table not in tables(warehouse):
        raise ValueError(f"no such mart: {search.table}")
    allowed = searchable(warehouse, search.table, show_pii=search.show_pii)
    parts: list[str] = []
    parameters: Parameters = {}
    for index, condition in enumerate(search.conditions):
        column, name = _quoted(condition.column, allowed), f"value_{index}"
        parts.append(_CONDITIONS[condition.operator].format(column, name))
        if condition.operator is Operator.CONTAINS:
            text = str(parse(condition.value, Kind.TEXT)).lower()
            parameters[name] = f"%{_escaped(text)}%"
        elif condition.operator.needs_value:
            of = kind(warehouse, search.table, condition.column)
            parameters[name] = parse(condition.value, of)
        if condition.column == privacy.ID and not search.show_pii:
            parts.append(_SHOWN_ID)
    # Unquoted, the star's names are found on every engine, whatever their case.
    where = f" where {' and '.join(parts)}" if parts else ""
    return f"from {search.table}{where}", parameters


def _quoted(column: str, allowed: list[str]) -> str:
    if column not in allowed:
        raise ValueError(f"no such column: {column}")
    return '"' + column.replace('"', '""') + '"'


def kind(warehouse: Warehouse, table: str, column: str) -> Kind:
    """What a column holds, by the type that the catalogue gives it."""
    return _kind(warehouse.columns[table.lower()][column])


def _kind(declared: str) -> Kind:
    if "bool" in declared:
        return Kind.FLAG
    if "date" in declared:
        return Kind.DATE
    if any(part in declared for part in ("int", "real", "dou", "num", "dec", "flo")):
        return Kind.NUMBER
    return Kind.TEXT


def parse(text: str, of: Kind) -> Value:
    """The value that a user typed, as the column's kind.

    Raises:
        ValueError: It is none; the message is meant for the user.
    """
    text = text.strip()
    if len(text) > _LONGEST_VALUE:
        raise ValueError(
            f"“{text[:20]}…” is too long: at most {_LONGEST_VALUE} characters are "
            "compared."
        )
    try:
        match of:
            case Kind.NUMBER:
                number = float(text)
                if not math.isfinite(number):
                    raise ValueError
                is_whole = number.is_integer() and abs(number) < _LARGEST_WHOLE
                return int(number) if is_whole else number
            case Kind.DATE:
                return dt.date.fromisoformat(text)
            case Kind.FLAG:
                return _FLAGS[text.lower()]
            case Kind.TEXT:
                return text
    except (ValueError, KeyError, OverflowError):
        shown = text if len(text) <= 40 else f"{text[:20]}…"
        raise ValueError(f"“{shown}” is not {_EXAMPLES[of]}.") from None


def _escaped(text: str) -> str:
    """The text with the wildcards of `like` taken literally."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
