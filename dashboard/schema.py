"""What the dashboard needs to find in a warehouse, and what it says without it."""

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from dashboard.warehouse import Trouble, Warehouse, WarehouseError, old_schema

# The columns that the pages read; a warehouse that lacks one is of another version.
REQUIRED = {
    table: columns.split()
    for table, columns in {
        "DimCustomer": "customer_key customer_id name email country",
        "DimProduct": "product_key product_id product_name category price "
        "stock_quantity",
        "DimTime": "time_key date year month iso_year week_of_year",
        "FactSales": "order_id customer_key product_key time_key quantity_sold "
        "line_item_total line_type discount_amount",
        "FactOrders": "order_id customer_key time_key shipping tax "
        "customer_order_number",
        "FactOrderCategories": "order_id category time_key customer_key country "
        "has_sale",
        "rpt_sales_daily": "date country category is_all_categories net_sales "
        "gross_sales discounts returns units orders",
        "rpt_product_sales_monthly": "month country product_key units net_sales "
        "gross_sales discounts returns orders",
        "rpt_customer_cohorts": "cohort_basis cohort_month month_index cohort_size "
        "active_customers total_spending cumulative_spending is_complete",
        "rpt_repeat_purchase": "order_number customers share_returned median_days",
        "rpt_sales_by_customer_type": "month customer_type customers orders net_sales "
        "is_complete",
        "rpt_customer_rfm": "customer_key customer_id last_order_date recency_days "
        "frequency monetary_value r_score f_score m_score rfm_segment segment_name "
        "is_one_time_buyer",
        "rpt_segment_migration": "month from_segment to_segment customers "
        "monetary_value monetary_value_change",
        "rpt_customer_lifetime_value": "customer_key total_spending total_orders "
        "first_order_date p_alive expected_orders predicted_value",
        "rpt_cohort_values": "origin origin_kind days_since_first_order customers "
        "value_per_customer orders_per_customer returning_share",
        "rpt_clv_models": "model_name fit_name model_status is_used horizon_weeks",
        "rpt_clv_backtest": "forecast_method forecast_status is_used holdout_weeks "
        "actual_orders predicted_orders relative_error root_mean_squared_error",
        "rpt_clv_backtest_deciles": "forecast_method decile customers "
        "predicted_orders actual_orders",
        "rpt_product_co_purchases": "product1_key product2_key co_purchase_count "
        "support confidence_1_to_2 confidence_2_to_1 lift lift_lower_95 "
        "expected_co_purchases q_value is_significant",
        "rpt_category_affinity": "category1 category2 co_purchase_count lift "
        "lift_lower_95",
        "rpt_product_recommendations": "product_key recommended_product_key "
        "recommendation_rank recommended_price recommended_stock_quantity "
        "co_purchase_count lift_lower_95",
        "rpt_data_quality": "raw_table outcome reason row_count amount",
    }.items()
}


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
