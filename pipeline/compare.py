"""Whether two built warehouses, of whatever engines, hold the same star and reports.

Where one engine holds both, it is asked for a checksum of each table first. Else, and
where these differ, rows are streamed from both sides in one order and merged, so that
size does not matter. Keys, text, dates, counts and money must be equal. Other floating
point numbers may differ by 1e-9 of their size, predicted ones by 1e-6: engines add and
divide in orders of their own.
"""

import datetime
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pipeline.errors import PipelineError
from pipeline.raw_files.contract import BATCH_ID, RAW_TABLES
from pipeline.warehouse.reader import Reader

Row = tuple[Any, ...]

_PREFIXES = ("dim", "fact", "rpt_")
# Numbers that are unique within a build and mean nothing beyond it.
_LEFT_OUT = {"sales_key", "order_number", "basket_number"}
_INEXACT_TYPES = ("real", "double", "float", "decimal", "numeric")
_RELATIVE = 1e-9
_RELATIVE_PREDICTED = 1e-6
# What hangs on parameters that were fitted to the data.
_PREDICTED_PREFIXES = ("predicted_", "expected_")
_PREDICTED = {
    *("r", "alpha", "a", "b", "p", "q", "gamma"),
    *("log_likelihood", "likelihood_ratio", "leaving_p_value"),
    "frequency_value_correlation",
    "p_alive",
    "relative_error",
    "relative_sales_error",
    "root_mean_squared_error",
    "mean_absolute_error",
    "rank_correlation",
    "top_tenth_share",
    *("lower_80", "upper_80", "mase", "naive_mase", "naive_mean_absolute_error"),
}
_MONEY_DECIMALS = 4
_EXAMPLES = 5


@dataclass
class TableDifference:
    """What differs in one table.

    Attributes:
        table: The table's name in lower case.
        rows: Rows in the first and in the second warehouse; None if it is not there.
        differences: Rows that have no equal on the other side, and values that differ.
        examples: The first of them, in words.
    """

    table: str
    rows: tuple[int | None, int | None]
    differences: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Count a difference, and keep it as an example if it is an early one."""
        self.differences += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(text)


def compare_warehouses(first: Reader, second: Reader) -> Iterator[TableDifference]:
    """Compare every star and report table, one after the other.

    Raises:
        PipelineError: One of them has no such table.
    """
    tables: set[str] = set()
    for reader in (first, second):
        found = {table for table in reader.tables if table.startswith(_PREFIXES)}
        if not found:
            raise PipelineError(f"{reader.location} holds no warehouse of this project")
        tables |= found
    for table in sorted(tables):
        yield compare_table(first, second, table)


def compare_table(
    first: Reader, second: Reader, table: str, left_out: Collection[str] = ()
) -> TableDifference:
    """Compare one table, its columns included, but for those left out."""
    sides = (first, second)
    holders = [reader for reader in sides if table in reader.tables]
    counts = [reader.count(table) if reader in holders else None for reader in sides]
    result = TableDifference(table, (counts[0], counts[1]))
    if len(holders) < len(sides):
        missing = second if first in holders else first
        result.add(f"the table is missing in {missing.location}")
        return result

    columns = [reader.tables[table] for reader in sides]
    for column in sorted((set(columns[0]) ^ set(columns[1])) - set(left_out)):
        missing = second if column in columns[0] else first
        result.add(f"the column {column} is missing in {missing.location}")
    compared = [
        name
        for name in columns[0]
        if name in columns[1] and name not in {*_LEFT_OUT, *left_out}
    ]
    if _have_one_checksum(first, second, table, compared):
        return result
    # Rows meet by the columns whose values are the same on every engine.
    inexact = [
        name
        for name in compared
        if any(side[name].startswith(_INEXACT_TYPES) for side in columns)
    ]
    exact = [name for name in compared if name not in inexact]
    streams = [
        _read(reader.rows(table, exact + inexact), len(exact)) for reader in sides
    ]
    for key, left, right in _merge(streams[0], streams[1]):
        where = ", ".join(
            f"{name} {value}" for name, (_, value) in zip(exact, key, strict=True)
        )
        if left is None or right is None:
            holder = second if left is None else first
            result.add(f"only in {holder.location}: {where}")
            continue
        for name, one, other in zip(inexact, left, right, strict=True):
            if not equal_numbers(one, other, tolerance(name)):
                result.add(f"{name} is {one} and {other} where {where}")
    return result


def _have_one_checksum(
    first: Reader, second: Reader, table: str, compared: Sequence[str]
) -> bool:
    """Whether one engine finds the same values on both sides; no proof if not."""
    kinds = [
        [reader.tables[table][name] for name in compared] for reader in (first, second)
    ]
    return (
        first.location.target == second.location.target
        and not first.is_hash_ordered
        and kinds[0] == kinds[1]
        and first.table_hash(table, compared) == second.table_hash(table, compared)
    )


def raw_differences(first: Reader, second: Reader) -> list[str]:
    """What tells that two warehouses were not built from the same raw rows.

    Returns:
        A phrase for each raw table that differs; none where either side has no raw
        tables (an exported warehouse has none).
    """
    found = []
    for table in RAW_TABLES:
        if table.name in first.tables and table.name in second.tables:
            difference = compare_table(first, second, table.name, {BATCH_ID})
            if difference.differences:
                one, other = difference.rows
                found.append(f"{table.name} ({one:,} and {other:,} rows)")
    return found


def tolerance(column: str) -> float:
    """The relative difference allowed in a column of floating point numbers."""
    if column.startswith(_PREDICTED_PREFIXES) or column in _PREDICTED:
        return _RELATIVE_PREDICTED
    return _RELATIVE


def equal_numbers(
    one: float | Decimal | None, other: float | Decimal | None, relative: float
) -> bool:
    """Whether two numbers are equal, money to its fourth decimal.

    A decimal is money. A double is money where it says nothing beyond four decimals:
    SQLite has no decimals.
    """
    if one is None or other is None:
        return one is other
    if one == other:
        return True
    if _as_money(one) is not None and _as_money(other) is not None:
        return _as_money(one) == _as_money(other)
    if isinstance(one, Decimal) or isinstance(other, Decimal):
        return False
    return abs(one - other) <= relative * max(abs(one), abs(other))


def _as_money(number: float | Decimal) -> Decimal | None:
    if isinstance(number, Decimal):
        return number
    rounded = round(number, _MONEY_DECIMALS)
    return Decimal(repr(rounded)) if rounded == number else None


def _read(rows: Iterator[Row], exact: int) -> Iterator[tuple[Row, Row]]:
    """Each row as a key that sorts alike on both sides, and its inexact values."""
    for row in rows:
        yield tuple(map(_sortable, row[:exact])), row[exact:]


def _sortable(value: Any) -> tuple[bool, Any]:
    """A value that compares with its like: null first, then by value."""
    if value is None:
        return False, ""
    return True, value.isoformat() if isinstance(value, datetime.date) else value


def _merge(
    first: Iterator[tuple[Row, Row]], second: Iterator[tuple[Row, Row]]
) -> Iterator[tuple[Row, Row | None, Row | None]]:
    """Pair the rows of two ordered streams by key; None where one side has none."""
    left, right = next(first, None), next(second, None)
    while left is not None or right is not None:
        if left is not None and right is not None and left[0] == right[0]:
            yield left[0], left[1], right[1]
            left, right = next(first, None), next(second, None)
        elif left is not None and (right is None or left[0] < right[0]):
            yield left[0], left[1], None
            left = next(first, None)
        elif right is not None:
            yield right[0], None, right[1]
            right = next(second, None)
