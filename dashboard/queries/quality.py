"""What came in, what was left out, and whether the last build passed."""

import pandas as pd

from dashboard.warehouse import Warehouse

RAW_TABLES = ("raw_customers", "raw_products", "raw_orders", "raw_order_items")


def outcomes(warehouse: Warehouse) -> pd.DataFrame:
    """rpt_data_quality: raw_table, outcome, reason, row_count, amount."""
    frame = warehouse.query(
        "select raw_table, outcome, reason, row_count, amount from rpt_data_quality"
    ).astype({"row_count": "int64", "amount": float})
    order = {name: index for index, name in enumerate(RAW_TABLES)}
    return frame.sort_values(
        ["raw_table", "outcome", "row_count"],
        key=lambda column: (
            column.map(lambda name: order.get(name, len(order)))
            if column.name == "raw_table"
            else -column
            if column.name == "row_count"
            else column
        ),
    ).reset_index(drop=True)


def intake(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per raw table: rows_in = accepted + rejected.

    Args:
        rows: Rows of `outcomes`.
    """
    counted = rows[rows["outcome"].isin(["accepted", "rejected"])]
    table = (
        counted.pivot_table(
            index="raw_table", columns="outcome", values="row_count", aggfunc="sum"
        )
        .reindex(index=list(RAW_TABLES), columns=["accepted", "rejected"])
        .fillna(0)
        .astype("int64")
    )
    table.insert(0, "rows_in", table["accepted"] + table["rejected"])
    table["accepted_share"] = table["accepted"] / table["rows_in"].where(
        table["rows_in"] > 0
    )
    return table.reset_index()


def build_info(warehouse: Warehouse) -> dict[str, object]:
    """The last published build, by column name; empty without one."""
    if not warehouse.has("build_info"):
        return {}
    frame = warehouse.query("select * from build_info")
    if frame.empty:
        return {}
    return {str(name): value for name, value in frame.iloc[-1].items()}


def build_tests(warehouse: Warehouse) -> pd.DataFrame | None:
    """The test results of the last build; None where none were kept."""
    if not warehouse.has("build_tests"):
        return None
    return warehouse.query("select * from build_tests")


def row_counts(warehouse: Warehouse) -> pd.DataFrame:
    """How many rows the star's tables have: name, rows."""
    tables = ("DimCustomer", "DimProduct", "FactOrders", "FactSales")
    return warehouse.query(
        " union all ".join(
            f"select '{name}' as name, count(*) as row_count from {name}"
            for name in tables
        )
    )
