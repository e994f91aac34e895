"""Whether two warehouses hold the same tables, row by row.

What counts as equal: keys, text, dates, counts and money exactly, ratios within 1e-9
of each other. ``sales_key`` is any number, so it is left out.
"""

import datetime
import math
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Any

TABLE_KEYS: dict[str, tuple[str, ...]] = {
    "DimCustomer": ("customer_key",),
    "DimProduct": ("product_key",),
    "DimTime": ("time_key",),
    "FactSales": ("order_item_id",),
    "FactOrders": ("order_id",),
    "FactOrderCategories": ("order_id", "category"),
    "rpt_sales_daily": ("date", "country", "category", "is_all_categories"),
    "rpt_product_sales": ("product_key",),
    "rpt_product_sales_monthly": ("month", "country", "product_key"),
    "rpt_customer_cohorts": ("cohort_basis", "cohort_month", "month_index"),
    "rpt_customer_rfm": ("customer_key",),
    "rpt_customer_lifetime_value": ("customer_key",),
    "rpt_product_co_purchases": ("product1_key", "product2_key"),
    "rpt_data_quality": ("raw_table", "outcome", "reason"),
}
RATIOS = frozenset(
    {
        "average_purchase_value",
        "confidence_1_to_2",
        "confidence_2_to_1",
        "cumulative_share",
        "cumulative_spending_per_customer",
        "customer_lifespan_years",
        "lift",
        "purchase_frequency_per_year",
        "retention_rate",
        "spending_per_customer",
        "support",
    }
)
# A number without a meaning, and what the floor does not compute: predicted values, and
# the evidence of pairs. Other tests compare them with scipy and with definitions.
LEFT_OUT = frozenset(
    {
        "sales_key",
        "p_alive",
        "expected_orders",
        "expected_average_value",
        "predicted_value",
        "leverage",
        "lift_lower_95",
        "expected_co_purchases",
        "q_value",
        "is_significant",
    }
)
RELATIVE_TOLERANCE = 1e-9
ROWS_A_FETCH = 10_000


@dataclass(frozen=True)
class TableComparison:
    """One table of two warehouses: rows on each side, and what differs."""

    table: str
    rows: int
    other_rows: int
    differing_rows: int
    missing_columns: tuple[str, ...]
    first_difference: str

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs."""
        return self.differing_rows == 0 and not self.missing_columns


class Warehouse:
    """A SQLite or DuckDB file opened for reading; the file's content says which."""

    def __init__(self, path: Path) -> None:
        self._connection: Any
        with path.open("rb") as file:
            self.is_duckdb = file.read(15) != b"SQLite format 3"
        if not self.is_duckdb:
            self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
            self._columns_of = "select name from pragma_table_info(?)"
        else:
            import duckdb  # not among the default requirements

            self._connection = duckdb.connect(str(path), read_only=True)
            self._connection.execute("set enable_progress_bar = false")
            self._columns_of = (
                "select column_name from information_schema.columns"
                # Not those of a file that is attached beside it.
                " where lower(table_name) = ? and table_catalog = current_database()"
                " order by ordinal_position"
            )

    def columns(self, table: str) -> list[str]:
        """Return the names of a table's columns; none where there is no table."""
        return [
            str(name)
            for (name,) in self._connection.execute(
                self._columns_of, [table.lower()]
            ).fetchall()
        ]

    def rows(
        self, table: str, columns: Sequence[str], key: Sequence[str]
    ) -> Iterator[tuple[Any, ...]]:
        """Yield a table's rows in the order of ``key``."""
        cursor = self._connection.execute(
            f"select {', '.join(columns)} from {table} order by {', '.join(key)}"  # noqa: S608
        )
        while batch := cursor.fetchmany(ROWS_A_FETCH):
            yield from batch

    def attach(self, path: Path) -> None:
        """Make another DuckDB file's tables readable as ``other.TABLE``."""
        quoted = str(path).replace("'", "''")
        self._connection.execute(f"attach '{quoted}' as other (read_only)")

    def one_row(self, query: str) -> tuple[Any, ...]:
        """Return the first row of a query that has one."""
        row: tuple[Any, ...] = self._connection.execute(query).fetchone()
        return row

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _plain(value: Any) -> Any:
    """Return a value as SQLite has it: dates as text, flags and amounts as numbers.

    A decimal with four places and SQLite's rounded REAL are the same double, so
    turning a decimal into a double loses no difference between them.
    """
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


def _same(mine: Any, other: Any, column: str) -> bool:
    mine, other = _plain(mine), _plain(other)
    if mine == other:
        return True
    if mine is None or other is None or column not in RATIOS:
        return False
    return math.isclose(mine, other, rel_tol=RELATIVE_TOLERANCE)


def compare_table(mine: Warehouse, other: Warehouse, table: str) -> TableComparison:
    """Compare one table over the columns that both have; the rest is named.

    Rows are taken in key order and paired one by one, so a missing row shows as many
    differences: the count says that something is wrong, the first difference where.
    """
    my_columns, other_columns = mine.columns(table), other.columns(table)
    shared = [c for c in my_columns if c in other_columns and c not in LEFT_OUT]
    missing = sorted((set(my_columns) ^ set(other_columns)) - LEFT_OUT)
    if not shared:
        return TableComparison(table, 0, 0, 0, (table,), "table missing")
    key = TABLE_KEYS[table]
    rows = other_rows = differing = 0
    first = ""
    for row, other_row in zip_longest(
        mine.rows(table, shared, key), other.rows(table, shared, key)
    ):
        rows += row is not None
        other_rows += other_row is not None
        if row == other_row:
            continue
        if row is None or other_row is None:
            differing += 1
            first = first or f"only on one side: {row or other_row}"
            continue
        wrong = [
            f"{column} {left!r} / {right!r}"
            for column, left, right in zip(shared, row, other_row, strict=True)
            if not _same(left, right, column)
        ]
        if wrong:
            differing += 1
            place = ", ".join(str(row[shared.index(name)]) for name in key)
            first = first or f"at {place}: {'; '.join(wrong)}"
    return TableComparison(table, rows, other_rows, differing, tuple(missing), first)


def _compare_in_duckdb(
    mine: Warehouse, other: Warehouse, table: str
) -> TableComparison:
    """Compare one table of two DuckDB files by one join: minutes less at 10 M lines."""
    my_columns, other_columns = mine.columns(table), other.columns(table)
    shared = [c for c in my_columns if c in other_columns and c not in LEFT_OUT]
    missing = sorted((set(my_columns) ^ set(other_columns)) - LEFT_OUT)
    if not shared:
        return TableComparison(table, 0, 0, 0, (table,), "table missing")
    key = TABLE_KEYS[table]
    same = " and ".join(
        f"(a.{c} is not distinct from b.{c}"
        + (
            f" or abs(a.{c} - b.{c}) <= {RELATIVE_TOLERANCE}"
            f" * greatest(abs(a.{c}), abs(b.{c})))"
            if c in RATIOS
            else ")"
        )
        for c in shared
    )
    place_of_row = " || ', ' || ".join(f"coalesce(a.{c}, b.{c})::varchar" for c in key)
    # A missing partner leaves the key null on one side, which equals nothing.
    rows, other_rows, differing, first = mine.one_row(
        f"select count(a.{key[0]}), count(b.{key[0]}),"  # noqa: S608 our own names
        f" count(*) filter (where not coalesce({same}, false)),"
        f" min({place_of_row})"
        f" filter (where not coalesce({same}, false))"
        f" from {table} as a full join other.{table} as b"
        f" on {' and '.join(f'a.{c} = b.{c}' for c in key)}"
    )
    place = f"at {first}" if differing else ""
    return TableComparison(table, rows, other_rows, differing, tuple(missing), place)


def compare(mine: Path, other: Path) -> list[TableComparison]:
    """Compare every table of the star and the reports in two warehouse files."""
    warehouses = Warehouse(mine), Warehouse(other)
    try:
        if all(warehouse.is_duckdb for warehouse in warehouses):
            warehouses[0].attach(other)
            return [_compare_in_duckdb(*warehouses, table) for table in TABLE_KEYS]
        return [compare_table(*warehouses, table) for table in TABLE_KEYS]
    finally:
        for warehouse in warehouses:
            warehouse.close()


def main() -> None:
    """Print each table's comparison; exit 1 where any differs."""
    if len(sys.argv) != 3:
        sys.exit("usage: python -m benchmarks.equality WAREHOUSE OTHER_WAREHOUSE")
    comparisons = compare(Path(sys.argv[1]), Path(sys.argv[2]))
    for result in comparisons:
        print(
            f"{'equal' if result.is_equal else 'DIFFERS'}  {result.table}:"
            f" {result.rows:,} rows / {result.other_rows:,}"
            + ("" if result.is_equal else f"; {result.differing_rows:,} differ")
            + "".join(f"; only on one side: {c}" for c in result.missing_columns)
            + (f"; first {result.first_difference}" if result.first_difference else "")
        )
    sys.exit(not all(result.is_equal for result in comparisons))


if __name__ == "__main__":
    main()
