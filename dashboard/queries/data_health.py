"""What came in, what was left out, and whether the last build passed."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from dashboard.metrics import METRICS, Metric
from dashboard.warehouse import Warehouse

RAW_TABLES = ("raw_customers", "raw_products", "raw_orders", "raw_order_items")

# What each reason means to somebody who has not read the models.
_WORDS = {
    "missing key": "No key",
    "bad number": "Not a number",
    "bad date": "Not a date",
    "bad code": "Not a currency code",
    "date out of range": "A date out of range",
    "order not found": "Its order is in no file",
    "order rejected": "Its order was rejected",
    "duplicate key": "The same row again",
    "conflicting duplicate": "The key of another row, but other content",
    "cancelled": "Lines of cancelled orders",
    "adjustment: money in": "Adjustments that bring money",
    "adjustment: money out": "Adjustments that take money",
    "adjustment: no money": "Adjustments worth nothing",
    "return by credit note": "Returns by credit note; they count",
    "order without a line": "Orders without any line",
    "order without a customer": "Orders without a customer",
    "basket over max_basket_items": "Orders too large for the basket counts",
    "line without a product": "Lines without a product",
    "inferred member": "Named by other rows, without a row of its own",
}


def in_words(reason: str) -> str:
    """A reason of rpt_data_quality in words; one that is not known, as it is."""
    of, colon, what = reason.partition(": ")
    if of == "unmapped status":
        return f"Status “{what}” is not in the map; its lines are adjustments"
    if reason not in _WORDS and colon:  # a column, and what was wrong with its value
        return f"{of}: {_WORDS.get(what, what).lower()}"
    return _WORDS.get(reason, reason)


def glossary(sought: str = "") -> list[Metric]:
    """The metrics whose name or definition holds all words of a search."""
    words = sought.casefold().split()
    return [
        each
        for each in METRICS.values()
        if all(word in f"{each.name} {each.formula}".casefold() for word in words)
    ]


def outcomes(warehouse: Warehouse) -> pd.DataFrame:
    """rpt_data_quality: raw_table, outcome, reason, row_count, amount."""
    rows = warehouse.query(
        "select raw_table, outcome, reason, row_count, amount from rpt_data_quality"
    ).astype({"row_count": "int64", "amount": float})
    rows["table_order"] = pd.Index(RAW_TABLES).get_indexer(pd.Index(rows["raw_table"]))
    columns = ["table_order", "outcome", "row_count"]
    rows = rows.sort_values(columns, ascending=[True, True, False], ignore_index=True)
    return rows.drop(columns="table_order")


def intake(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of `outcomes` as one row per raw table: rows_in = accepted + rejected."""
    counted = rows[rows["outcome"].isin(["accepted", "rejected"])]
    sums = counted.groupby(["raw_table", "outcome"])["row_count"].sum().unstack()
    table = sums.reindex(index=RAW_TABLES, columns=["accepted", "rejected"])
    table = table.fillna(0).astype("int64")
    rows_in = table["accepted"] + table["rejected"]
    table.insert(0, "rows_in", rows_in)
    table["accepted_share"] = table["accepted"] / rows_in.where(rows_in > 0)
    return table.reset_index()


def build_info(warehouse: Warehouse) -> dict[str, object]:
    """The last published build, by column name; empty without one."""
    if not warehouse.has("build_info"):
        return {}
    frame = warehouse.query("select * from build_info")
    if frame.empty:
        return {}
    return {str(name): value for name, value in frame.iloc[-1].items()}


def built_at(info: Mapping[str, object]) -> pd.Timestamp | None:
    """When the build began, by `build_info`; None where nothing says so."""
    written = info.get("built_at")
    return None if written is None else pd.Timestamp(str(written))


def build_variables(warehouse: Warehouse) -> dict[str, Any]:
    """The variables of dbt in the last published build; empty without one."""
    variables: dict[str, Any] = json.loads(
        str(build_info(warehouse).get("variables", "{}"))
    )
    return variables


def build_tests(warehouse: Warehouse) -> pd.DataFrame | None:
    """The test results of the last build; None where none were kept."""
    if not warehouse.has("build_tests"):
        return None
    return warehouse.query("select * from build_tests")


def doubts(warehouse: Warehouse) -> pd.DataFrame | None:
    """What is odd about the last build; None where nobody asked.

    Columns: check_name, doubt (the same in words, and its day), subject, words, since
    (a day).
    """
    if not warehouse.has("build_doubts"):
        return None
    found = warehouse.query(
        """
        select check_name, day, subject, words, since from build_doubts
        order by since desc, check_name, day, subject
        """
    )
    what = found["check_name"].str.replace("_", " ").str.capitalize()
    on_day = (" on " + found["day"]).where(found["day"] != "", "")
    shown = found[["check_name", "subject", "words"]]
    shown.insert(1, "doubt", what + on_day)
    shown["since"] = found["since"].str.slice(0, 10)
    return shown


def runs(warehouse: Warehouse) -> pd.DataFrame | None:
    """The last runs of the pipeline, the newest first; None where none were kept.

    Columns: started, command, outcome (with the reason), seconds, rows_in,
    rows_rejected, tests_passed; a number is NaN where the run did not come so far.
    """
    if not warehouse.has("pipeline_runs"):
        return None
    found = warehouse.query(
        """
        select
            started_at, command, outcome, reason,
            seconds, rows_in, rows_rejected, tests_passed
        from pipeline_runs
        order by started_at desc, run_id desc
        limit 30
        """
    )
    numbers = ["seconds", "rows_in", "rows_rejected", "tests_passed"]
    shown = found[["command", *numbers]].astype(dict.fromkeys(numbers, float))
    started = found["started_at"].str.slice(0, 16).str.replace("T", " ")
    why = ": " + found["reason"].where(found["reason"].notna())
    shown.insert(0, "started", started)
    shown.insert(2, "outcome", found["outcome"] + why.fillna(""))
    return shown


def row_counts(warehouse: Warehouse) -> dict[str, int]:
    """How many rows the star's tables have, the Unknown members aside, by table."""
    counted = warehouse.query(
        """
        select 'DimCustomer' as name, count(*) as row_count
        from DimCustomer where customer_key <> -1
        union all
        select 'DimProduct', count(*) from DimProduct where product_key <> -1
        union all
        select 'FactOrders', count(*) from FactOrders
        union all
        select 'FactSales', count(*) from FactSales
        """
    )
    return dict(zip(counted["name"], map(int, counted["row_count"]), strict=True))
