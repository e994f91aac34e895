"""What the dashboard needs to find in a warehouse, and what it says without it."""

import datetime as dt
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from dashboard.warehouse import Trouble, Warehouse, WarehouseError

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
        raise WarehouseError(Trouble.EMPTY)
    has = warehouse.has
    if not any(map(has, REQUIRED)):
        raise WarehouseError(Trouble.NO_MARTS)
    missing: list[str] = []
    for table, columns in REQUIRED.items():
        lacking = [f"{table}.{name}" for name in columns if not has(table, name)]
        missing += lacking if has(table) else [table]
    if missing:
        more = [f"and {len(missing) - 6} more"] if len(missing) > 6 else []
        raise WarehouseError(Trouble.OLD_SCHEMA, ", ".join(missing[:6] + more))


def span(warehouse: Warehouse) -> Span:
    """The first and the last day with sales, and the warehouse's as-of date.

    Raises:
        WarehouseError: There is no sale yet.
    """
    days = warehouse.query(
        "select min(date) as first, max(date) as last from rpt_sales_daily"
    )
    first, last = (_day(days[name].iloc[0]) for name in ("first", "last"))
    if first is None or last is None:
        raise WarehouseError(Trouble.NO_SALES)
    return Span(first, last, max(last, _as_of(warehouse) or last))


def _as_of(warehouse: Warehouse) -> dt.date | None:
    for table in ("build_info", "int_as_of_date"):
        if warehouse.has(table, "as_of_date"):
            rows = warehouse.query(f"select max(as_of_date) as day from {table}")  # noqa: S608
            if day := _day(rows["day"].iloc[0]):
                return day
    return None


def _day(value: Any) -> dt.date | None:
    return None if pd.isna(value) else pd.Timestamp(str(value)).date()
