"""What the dashboard needs to find in a warehouse, and what it says without it."""

import datetime as dt
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dashboard.warehouse import Trouble, Warehouse, WarehouseError, old_schema

# The tables and columns that the pages read.
REQUIRED: dict[str, list[str]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text("utf-8")
)["tables"]


@dataclass(frozen=True)
class Span:
    """The days that the warehouse knows.

    Attributes:
        first: The first day with a line in FactSales.
        last: The last one.
        as_of: The warehouse's "today"; not before `last`.
    """

    first: dt.date
    last: dt.date
    as_of: dt.date


def check(warehouse: Warehouse) -> None:
    """Refuse a warehouse that no page could be drawn from.

    Raises:
        WarehouseError: It is empty, has no marts, or was built by another version.
    """
    if not warehouse.columns:
        raise WarehouseError(
            Trouble.EMPTY,
            "The warehouse is empty: it has no table.",
            "Run `make` for the demo shop, or load your own files with "
            "`python -m pipeline build --raw DIR`.",
        )
    if not any(warehouse.has(table) for table in REQUIRED):
        raise WarehouseError(
            Trouble.NO_MARTS,
            "The warehouse has data, but no marts yet: the models have not been built.",
            "Run `python -m pipeline build`, or `dbt build` in the activated `.venv`.",
        )
    missing = []
    for table, columns in REQUIRED.items():
        if not warehouse.has(table):
            missing.append(table)
            continue
        lacking = [name for name in columns if not warehouse.has(table, name)]
        missing += [f"{table}.{name}" for name in lacking]
    if missing:
        more = [f"and {len(missing) - 6} more"] if len(missing) > 6 else []
        raise old_schema(missing[:6] + more)


def span(warehouse: Warehouse) -> Span:
    """The first and the last day with sales, and the warehouse's as-of date.

    Raises:
        WarehouseError: There is no sale yet.
    """
    days = warehouse.query(
        "select min(date) as first, max(date) as last from rpt_sales_daily"
    )
    first, last = days["first"].iloc[0], days["last"].iloc[0]
    if pd.isna(first) or pd.isna(last):
        raise WarehouseError(
            Trouble.NO_SALES,
            "The warehouse has no sales yet.",
            "Load orders with `python -m pipeline build --raw DIR`, or see on the "
            "Data health page why none of them was accepted.",
        )
    start, end = _day(first), _day(last)
    return Span(start, end, max(end, _as_of(warehouse) or end))


def _as_of(warehouse: Warehouse) -> dt.date | None:
    for table in ("build_info", "int_as_of_date"):
        if warehouse.has(table, "as_of_date"):
            rows = warehouse.query(f"select max(as_of_date) as day from {table}")  # noqa: S608
            value = rows["day"].iloc[0]
            if not pd.isna(value):
                return _day(value)
    return None


def _day(value: object) -> dt.date:
    day: dt.date = pd.Timestamp(str(value)).date()
    return day
