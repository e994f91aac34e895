"""The same raw files give the same star and reports on every engine, row by row."""

from collections.abc import Callable
from datetime import date

import pytest

from pipeline.compare import compare_warehouses, raw_differences
from pipeline.doubts import CHECKS_OF_SALES, recent_sales
from pipeline.warehouse import reader_for
from pipeline.warehouse.reader import Reader

WARN = dict.fromkeys(CHECKS_OF_SALES, "warn")
TABLES = {
    "dimcustomer",
    "dimproduct",
    "dimtime",
    "factsales",
    "factorders",
    "factordercategories",
    "rpt_category_affinity",
    "rpt_clv_backtest",
    "rpt_clv_backtest_deciles",
    "rpt_clv_models",
    "rpt_cohort_values",
    "rpt_customer_cohorts",
    "rpt_customer_cohorts_by_grain",
    "rpt_customer_lifetime_value",
    "rpt_customer_rfm",
    "rpt_customer_rfm_history",
    "rpt_data_quality",
    "rpt_due_buyers",
    "rpt_product_co_purchases",
    "rpt_product_recommendations",
    "rpt_product_sales",
    "rpt_product_sales_monthly",
    "rpt_reorder",
    "rpt_repeat_purchase",
    "rpt_sales_by_customer_type",
    "rpt_sales_daily",
    "rpt_sales_forecast",
    "rpt_sales_forecast_backtest",
    "rpt_segment_migration",
}
# A shop of a single product has no pairs, one without categories none of those, and one
# that does not say its stock nothing to order.
EMPTY = {
    "cdnow": {
        "rpt_category_affinity",
        "rpt_product_co_purchases",
        "rpt_product_recommendations",
        "rpt_reorder",
    },
    "online_retail": {"rpt_category_affinity", "rpt_reorder"},
}


# The day after one that was odd.
TODAY = {
    "default": date(2025, 12, 1),
    "messy": date(2025, 12, 1),
    "cdnow": date(1997, 4, 14),
    "online_retail": date(2011, 4, 26),
}


def odd_days(reader: Reader, today: date) -> list[str]:
    """What is odd about the week before a day, in words."""
    sales = recent_sales(reader.fetch, today)
    assert sales is not None
    return [str(each) for each in sales.odd_days(WARN, 4.0)]


@pytest.mark.parametrize(
    ("data", "target"),
    [
        ("default", "duckdb"),
        ("default", "postgres"),
        ("default", "spark"),
        ("messy", "duckdb"),
        ("messy", "postgres"),
        ("messy", "spark"),
        ("cdnow", "duckdb"),
        ("cdnow", "postgres"),
        ("cdnow", "spark"),
        ("online_retail", "duckdb"),
        ("online_retail", "postgres"),
        ("online_retail", "spark"),
    ],
)
def test_an_engine_builds_the_same_warehouse_as_sqlite(
    data: str, target: str, warehouse: Callable[[str, str], str]
) -> None:
    with (
        reader_for(warehouse(data, "sqlite")) as sqlite,
        reader_for(warehouse(data, target)) as other,
    ):
        assert raw_differences(sqlite, other) == []

        compared = list(compare_warehouses(sqlite, other))
        odd = [odd_days(reader, TODAY[data]) for reader in (sqlite, other)]

    assert [table for table in compared if table.differences] == []
    # The data reach the tables, so that equality says something.
    assert {table.table for table in compared} >= TABLES
    filled = {table.table for table in compared if table.rows[0]}
    assert filled == TABLES - EMPTY.get(data, set())
    assert odd[0] == odd[1]
    assert odd[0] or data == "online_retail"  # whose last week is as any
