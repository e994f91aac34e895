"""Faults planted into a built warehouse, by the data test that must see them.

A fault is one change of one table, such as a lost row or a wrong sum. Tables are
changed by SQL that SQLite and DuckDB read alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Fault:
    """One change that breaks a rule.

    Attributes:
        name: What is wrong after it.
        table: The table changed.
        sql: The change of one row.
    """

    name: str
    table: str
    sql: str


def change(table: str, where: str, assignment: str) -> Fault:
    """One row is wrong."""
    name = f"{table}: {assignment}, once where {where}"
    return Fault(
        name, table, f"update {table} set {assignment} where {_one(table, where)}"
    )


def lose(table: str, where: str) -> Fault:
    """One row is missing."""
    name = f"{table}: no row, once where {where}"
    return Fault(name, table, f"delete from {table} where {_one(table, where)}")


def repeat(table: str, where: str) -> Fault:
    """One row is there twice."""
    name = f"{table}: twice, once where {where}"
    again = f"select * from {table} where {_one(table, where)}"
    return Fault(name, table, f"insert into {table} {again}")


def _one(table: str, where: str) -> str:
    rows = f"select rowid from {table} where {where} order by rowid limit 1"
    return f"rowid = ({rows})"


# By the name of a singular test, or the kind of a generic one of the table.
FAULTS: Mapping[str, Sequence[Fault]] = {
    "unique": [
        repeat("DimCustomer", "customer_key > 0"),
        repeat("DimProduct", "product_key > 0"),
        repeat("DimTime", "day = 5"),
        repeat("FactSales", "line_type = 'gift'"),
        repeat("FactOrders", "not has_sale"),
        change("FactSales", "line_type = 'gift'", "sales_key = 1"),
    ],
    "unique_combination_of_columns": [
        repeat("stg_products_validated", "reject_reason is null"),
        repeat("stg_orders_validated", "reject_reason is null"),
        repeat("int_customer_keys", "true"),
        repeat("int_product_keys", "true"),
        repeat("FactOrderCategories", "not has_sale"),
        repeat("rpt_product_co_purchases", "true"),
        repeat("int_product_pairs", "true"),
        repeat("rpt_clv_models", "true"),
        repeat("rpt_customer_cohorts_by_grain", "true"),
        repeat("int_calendar_periods", "true"),
        repeat("clv_scores", "true"),
        repeat("sales_forecasts", "true"),
        repeat("rpt_sales_forecast_backtest", "true"),
    ],
    "valid_columns": [
        change(
            "FactSales",
            "cost_amount is not null",
            "margin_amount = margin_amount + 0.0001",
        ),
        change("FactSales", "cost_amount is not null", "cost_amount = null"),
        change("FactOrders", "cost is not null", "margin = margin + 0.0001"),
        change("rpt_sales_daily", "cost is null", "cost = 0, margin = 0.0001"),
        change("rpt_product_sales", "cost is null", "net_sales_with_cost = 1"),
        change("rpt_customer_cohorts", "cost is not null", "cost = cost + 0.0001"),
        change("service_patterns", "true", "service = 'goods'"),
        change("service_patterns", "true", "product_id_pattern = 'POST'"),
        change(
            "service_patterns",
            "true",
            "product_id_pattern = '%', product_name_pattern = '%'",
        ),
        change("rpt_product_sales", "sales_rank = 7", "is_service = true"),
        change("rpt_reorder", "stock_quantity > 0", "stock_status = 'sold out'"),
        change("rpt_reorder", "urgency_rank = 1", "urgency_rank = null"),
        change("rpt_reorder", "units > 0", "units_per_day = null"),
        change("FactOrders", "not has_sale", "has_sale = true"),
        change("rpt_sales_daily", "orders > 0", "discounts = discounts - 0.0001"),
        change(
            "FactOrderCategories",
            "has_sale",
            "gross_sales = gross_sales - 1, discounts = discounts + 1",
        ),
        change("DimTime", "true", "day = 7"),
        change(
            "FactSales", "line_type = 'sale'", "price_per_item = price_per_item + 1"
        ),
        change("FactOrders", "has_sale", "has_sale = false"),
        change("FactOrders", "has_sale", "discounts = 1"),
        change("FactOrderCategories", "has_sale", "net_sales = net_sales + 0.0001"),
        change("rpt_sales_daily", "true", "net_sales = net_sales + 0.0001"),
        change("rpt_customer_cohorts", "month_index = 3", "retention_rate = 0.987"),
        change(
            "rpt_customer_cohorts", "month_index = 3", "spending_per_customer = 98765.5"
        ),
        change(
            "rpt_customer_cohorts",
            "month_index = 3",
            "cumulative_spending_per_customer = 98765.5",
        ),
        change(
            "rpt_customer_lifetime_value",
            "total_orders > 2",
            "average_purchase_value = average_purchase_value + 1",
        ),
        change(
            "rpt_customer_lifetime_value",
            "total_orders > 2",
            "purchase_frequency_per_year = 0",
        ),
        change("rpt_cohort_values", "true", "returning_share = 0.987"),
        change("rpt_repeat_purchase", "true", "share_returned = 0.987"),
        change("rpt_due_buyers", "true", "gaps_waited = 1.5, due_status = 'due'"),
        change("rpt_due_buyers", "true", "usual_gap_days = recency_days"),
        change("rpt_due_buyers", "true", "value_basis = 'own rhythm'"),
        change("rpt_category_affinity", "true", "support = 0.987"),
        change("stg_order_items_validated", "reject_reason is null", "quantity = null"),
        change("int_orders", "true", "customer_key = null"),
        change("DimTime", "true", "month = 13"),
        change("FactOrders", "has_sale", "lines = 0"),
        change(
            "rpt_customer_cohorts",
            "cohort_basis = 'first_order' and month_index = 3",
            "retention_rate = 1.5",
        ),
        change("rpt_customer_rfm", "frequency > 2", "f_score = 6"),
        change(
            "rpt_customer_lifetime_value",
            "total_orders > 2",
            "customer_lifespan_years = -1",
        ),
        change(
            "rpt_customer_rfm_history",
            "month_end < '2025-01-01' and frequency > 1",
            "r_score = 0",
        ),
        change("rpt_clv_backtest_deciles", "true", "decile = 11"),
        change("rpt_product_co_purchases", "is_significant", "support = 1.5"),
        change("rpt_category_affinity", "true", "lift_lower_95 = -1"),
        change("DimTime", "true", "day_of_week = 'Montag'"),
        change("stg_rejected_rows", "true", "reason = 'strange'"),
        change(
            "stg_order_items_validated",
            "reject_reason is null",
            "line_type = 'strange'",
        ),
        change(
            "stg_orders_validated", "reject_reason is null", "order_outcome = 'strange'"
        ),
        change("FactSales", "true", "line_type = 'strange'"),
        change("rpt_sales_by_customer_type", "true", "customer_type = 'old'"),
        change("rpt_cohort_values", "true", "origin_kind = 'zodiac'"),
        change("rpt_clv_backtest", "true", "forecast_method = 'dice'"),
        change("rpt_clv_models", "true", "model_name = 'dice'"),
        change("rpt_sales_forecast", "period = 'week'", "lower_80 = upper_80 + 1"),
        change("rpt_sales_forecast", "period = 'day'", "expected_net_sales = null"),
        change("rpt_sales_forecast_backtest", "is_nearer", "is_nearer = false"),
        change(
            "rpt_product_co_purchases", "is_significant", "product2_key = product1_key"
        ),
    ],
    "foreign_keys": [
        change("rpt_due_buyers", "true", "recency_days = recency_days + 1"),
        change("FactSales", "line_type = 'sale'", "customer_key = 999999"),
        change("FactSales", "line_type = 'sale'", "product_key = 999999"),
        change("FactSales", "line_type = 'sale'", "time_key = 20230230"),
        change("FactOrders", "has_sale", "customer_key = 999999"),
        change("FactOrders", "has_sale", "time_key = 20230230"),
        change("FactOrderCategories", "has_sale", "customer_key = 0"),
        change("FactOrderCategories", "has_sale", "time_key = 0"),
        change("rpt_product_sales", "units > 0", "product_key = 0"),
        change("rpt_customer_rfm", "true", "customer_key = 0"),
        change("rpt_customer_lifetime_value", "true", "customer_key = 0"),
        change("rpt_product_co_purchases", "true", "product1_key = 0"),
        change("rpt_product_co_purchases", "true", "product2_key = 99999"),
        change("rpt_product_recommendations", "true", "product_key = 0"),
        change("rpt_product_recommendations", "true", "recommended_product_key = 0"),
        change("rpt_customer_rfm", "frequency > 2", "rfm_segment = '777'"),
        change("rpt_customer_rfm", "true", "customer_id = 'somebody'"),
    ],
    "relationships": [
        change("rpt_product_sales_monthly", "true", "product_key = 0"),
        change("rpt_customer_rfm_history", "true", "customer_key = 0"),
        change(
            "stg_order_items_validated", "reject_reason is null", "order_id = 'nowhere'"
        ),
        change("rpt_clv_backtest_deciles", "true", "forecast_method = 'dice'"),
    ],
    "a_cohort_has_a_cell_for_every_month_to_date": [
        change(
            "rpt_customer_cohorts",
            "cohort_basis = 'first_order' and month_index = 3",
            "month_index = 99",
        ),
        lose(
            "rpt_customer_cohorts", "cohort_basis = 'registration' and month_index = 2"
        ),
        change("int_as_of_date", "true", "as_of_date = '2026-03-31'"),
    ],
    "a_duplicate_stands_beside_the_row_that_was_kept": [
        change("stg_rejected_rows", "reason = 'duplicate key'", "row_key = 'nobody'"),
        change(
            "stg_rejected_rows",
            "reason = 'conflicting duplicate'",
            "row_key = 'nobody'",
        ),
    ],
    "a_segments_text_is_its_three_scores": [
        change("rpt_customer_rfm", "frequency > 2", "segment_name = 'Lost Champions'"),
        change("rpt_customer_rfm", "frequency > 2", "is_one_time_buyer = true"),
    ],
    "accepted_lines_are_facts_or_excluded": [
        change(
            "rpt_data_quality",
            "outcome = 'excluded from sales'",
            "row_count = row_count - 1",
        ),
        change(
            "rpt_data_quality",
            "raw_table = 'raw_order_items' and outcome = 'accepted'",
            "amount = amount + 0.0001",
        ),
    ],
    "buyers_reports_add_up_to_their_orders": [
        change(
            "rpt_customer_lifetime_value",
            "total_orders > 2",
            "customer_lifespan_years = customer_lifespan_years + 1",
        ),
        change("rpt_customer_rfm", "frequency > 2", "recency_days = recency_days + 1"),
        change(
            "rpt_customer_rfm",
            "frequency > 2",
            "monetary_value = monetary_value + 0.0001",
        ),
        change("rpt_customer_rfm", "frequency > 2", "frequency = frequency + 1"),
        change(
            "rpt_customer_lifetime_value",
            "total_orders > 2",
            "total_spending = total_spending + 0.0001",
        ),
        change(
            "rpt_customer_lifetime_value",
            "total_orders > 2",
            "first_order_date = '2022-01-01'",
        ),
    ],
    "category_pairs_are_those_of_the_orders": [
        change("FactOrderCategories", "has_sale", "category = 'Strange'"),
        change(
            "rpt_category_affinity", "true", "co_purchase_count = co_purchase_count + 1"
        ),
        change(
            "rpt_category_affinity",
            "true",
            "orders_with_category1 = orders_with_category1 + 1",
        ),
        lose("rpt_category_affinity", "true"),
    ],
    "cohort_cells_are_the_orders_of_their_customers": [
        change(
            "rpt_customer_cohorts",
            "cost is not null",
            "cost = cost + 0.0001, margin = margin - 0.0001",
        ),
        change("rpt_customer_cohorts", "cost is not null", "cumulative_margin = null"),
        change(
            "rpt_customer_cohorts",
            "cohort_basis = 'first_order' and month_index = 3",
            "cumulative_spending = 98765.5",
        ),
        change(
            "rpt_customer_cohorts",
            "cohort_basis = 'first_order' and month_index = 3",
            "total_spending = total_spending + 0.0001",
        ),
        change(
            "rpt_customer_cohorts",
            "cohort_basis = 'first_order' and month_index = 3",
            "active_customers = active_customers + 1",
        ),
        change(
            "rpt_customer_cohorts",
            "cohort_basis = 'first_order' and month_index = 0",
            "active_customers = active_customers - 1",
        ),
        change(
            "rpt_customer_cohorts",
            "cohort_basis = 'registration' and month_index = 2",
            "total_spending = total_spending + 0.0001",
        ),
    ],
    "cohort_sizes_count_the_customers": [
        change(
            "rpt_customer_cohorts",
            "cohort_basis = 'first_order' and month_index = 3",
            "cohort_size = cohort_size + 1",
        ),
    ],
    "cohorts_by_grain_are_the_orders_of_their_customers": [
        change(
            "rpt_customer_cohorts_by_grain",
            "cost is not null",
            "margin = margin + 0.0001, cost = cost - 0.0001",
        ),
        change(
            "rpt_customer_cohorts_by_grain",
            "period_index = 3",
            "cumulative_margin = 98765.5",
        ),
        change(
            "rpt_customer_cohorts_by_grain",
            "cohort_grain = 'week' and active_customers > 0",
            "active_customers = active_customers + 1",
        ),
        change(
            "rpt_customer_cohorts_by_grain",
            "cohort_grain = 'quarter' and period_index = 2",
            "total_spending = total_spending + 0.0001",
        ),
        change(
            "rpt_customer_cohorts_by_grain",
            "cohort_grain = 'quarter' and period_index = 2",
            "cumulative_spending = cumulative_spending + 0.0001",
        ),
        lose(
            "rpt_customer_cohorts_by_grain",
            "cohort_grain = 'week' and period_index = 3 and active_customers = 0",
        ),
    ],
    "cohort_values_add_up_to_buyers_old_enough": [
        change(
            "rpt_cohort_values",
            "days_since_first_order = 90",
            "customers = customers + 1",
        ),
        change(
            "rpt_cohort_values", "days_since_first_order = 90", "orders = orders + 1"
        ),
        change(
            "rpt_cohort_values",
            "days_since_first_order = 90",
            "returning_customers = returning_customers + 1",
        ),
        change(
            "rpt_cohort_values",
            "days_since_first_order = 90",
            "net_sales = net_sales + 0.0001",
        ),
        lose("rpt_cohort_values", "true"),
    ],
    "customer_order_numbers_run_from_1_in_time": [
        change(
            "FactOrders",
            "has_sale and customer_order_number = 1",
            "customer_order_number = 2",
        ),
        change(
            "FactOrders",
            "has_sale and customer_key > 0",
            "customer_order_number = null",
        ),
        change("FactOrders", "customer_order_number = 2", "time_key = 20230101"),
    ],
    "daily_sales_add_up_to_the_orders": [
        change(
            "rpt_sales_daily",
            "cost is not null and not is_all_categories",
            "cost = cost + 0.0001, margin = margin - 0.0001",
        ),
        change("FactOrderCategories", "has_sale", "country = 'Strange'"),
        change("FactOrderCategories", "has_sale", "category = 'Strange'"),
        change(
            "rpt_sales_daily",
            "orders > 0 and  is_all_categories",
            "net_sales = net_sales + 0.0001",
        ),
        change(
            "rpt_sales_daily",
            "orders > 0 and  is_all_categories",
            "gross_sales = gross_sales + 1",
        ),
        change(
            "rpt_sales_daily", "orders > 0 and  is_all_categories", "units = units - 1"
        ),
        change(
            "rpt_sales_daily",
            "orders > 0 and  is_all_categories",
            "orders = orders + 1",
        ),
        change(
            "rpt_sales_daily",
            "orders > 0 and  is_all_categories",
            "country = 'Strange'",
        ),
        change(
            "rpt_sales_daily",
            "orders > 0 and  is_all_categories",
            "date = '2025-01-02'",
        ),
        change(
            "rpt_sales_daily",
            "orders > 0 and not is_all_categories",
            "net_sales = net_sales + 0.0001",
        ),
        change(
            "rpt_sales_daily",
            "orders > 0 and not is_all_categories",
            "gross_sales = gross_sales + 1",
        ),
        change(
            "rpt_sales_daily",
            "orders > 0 and not is_all_categories",
            "units = units - 1",
        ),
        change(
            "rpt_sales_daily",
            "orders > 0 and not is_all_categories",
            "orders = orders + 1",
        ),
        change(
            "rpt_sales_daily",
            "orders > 0 and not is_all_categories",
            "country = 'Strange'",
        ),
        change(
            "rpt_sales_daily",
            "orders > 0 and not is_all_categories",
            "date = '2025-01-02'",
        ),
        lose("rpt_sales_daily", "is_all_categories"),
        lose("rpt_sales_daily", "not is_all_categories"),
    ],
    "each_buyer_is_scored_and_valued_once": [
        lose("rpt_customer_rfm", "true"),
        lose("int_buyers", "true"),
    ],
    "each_dimension_has_one_unknown_member": [
        lose("DimCustomer", "customer_key = -1"),
        change("DimCustomer", "customer_key = -1", "city = 'Nowhere'"),
        change("DimProduct", "product_key > 0", "product_key = -2"),
    ],
    "expected_pairs_add_up_to_those_of_the_baskets": [
        change("int_basket_product_strata", "orders > 1", "pair_rate = pair_rate * 2"),
    ],
    "forecast_days_add_up_to_their_weeks": [
        lose("rpt_sales_forecast", "period = 'day'"),
        lose("rpt_sales_forecast", "period = 'week'"),
        change(
            "rpt_sales_forecast",
            "period = 'day'",
            "expected_net_sales = expected_net_sales * 1.01",
        ),
        change(
            "rpt_sales_forecast",
            "period = 'all weeks'",
            "expected_net_sales = expected_net_sales * 1.01",
        ),
    ],
    "larger_values_score_higher_and_equal_ones_equally": [
        change(
            "rpt_customer_rfm",
            "frequency > 2",
            "m_score = case when m_score > 2 then 1 else 5 end",
        ),
    ],
    "listed_pairs_follow_from_their_baskets": [
        change("rpt_product_co_purchases", "is_significant", "support = 0.987"),
        change(
            "rpt_product_co_purchases", "is_significant", "confidence_1_to_2 = 0.987"
        ),
        change("rpt_product_co_purchases", "is_significant", "lift = 0.987"),
        change(
            "rpt_product_co_purchases",
            "is_significant",
            "co_purchase_count = co_purchase_count + 1",
        ),
        change(
            "rpt_product_co_purchases",
            "is_significant",
            "orders_with_product1 = orders_with_product1 + 1",
        ),
        lose("rpt_product_co_purchases", "true"),
    ],
    "monthly_product_sales_add_up_to_the_days": [
        change("rpt_product_sales_monthly", "orders > 0", "country = 'Strange'"),
    ],
    "monthly_product_sales_add_up_to_the_fact": [
        # a cost that is not the product's; and one lost
        change("DimProduct", "unit_cost is not null", "unit_cost = unit_cost + 0.0001"),
        change("DimProduct", "unit_cost is null and product_key > 0", "unit_cost = 1"),
        change(
            "rpt_product_sales_monthly",
            "cost is not null",
            "cost = cost + 0.0001, margin = margin - 0.0001",
        ),
        change(
            "FactSales", "line_type = 'sale' and product_key > 1", "product_key = 1"
        ),
        change(
            "rpt_product_sales_monthly", "orders > 0", "net_sales = net_sales + 0.0001"
        ),
        change("rpt_product_sales_monthly", "orders > 0", "orders = orders + 1"),
        change("rpt_product_sales_monthly", "orders > 0", "month = '2025-02'"),
        change(
            "rpt_product_sales_monthly", "orders > 0", "last_sale_date = '2025-12-30'"
        ),
    ],
    "months_are_complete_once_they_ended": [
        change("rpt_sales_by_customer_type", "is_complete", "is_complete = false"),
        change(
            "rpt_customer_cohorts",
            "cohort_basis = 'first_order' and month_index = 3",
            "is_complete = false",
        ),
    ],
    "no_gap_of_a_year_before_the_last_order": [
        change(
            "stg_orders_validated", "reject_reason is null", "order_date = '2098-01-01'"
        ),
    ],
    "no_order_is_dated_after_the_build": [
        change(
            "stg_orders_validated", "reject_reason is null", "order_date = '2098-01-01'"
        ),
    ],
    "orders_are_the_sum_of_their_categories": [
        change("FactOrders", "cost is not null", "cost = null, margin = null"),
        change("FactOrders", "has_sale", "discounts = discounts - 0.0001"),
        change("FactOrderCategories", "has_sale", "net_sales = net_sales + 0.0001"),
        change("FactOrderCategories", "has_sale", "units = units + 1"),
        lose("FactOrderCategories", "not has_sale"),
    ],
    "orders_are_the_sum_of_their_fact_lines": [
        change(
            "FactOrders",
            "cost is not null",
            "cost = cost + 0.0001, margin = margin - 0.0001",
        ),
        change(
            "FactSales", "line_type = 'sale' and customer_key > 1", "customer_key = 1"
        ),
        lose("FactOrders", "has_sale"),
        change(
            "FactOrders",
            "has_sale",
            "gross_sales = gross_sales + 1, returns = returns - 1",
        ),
        change("FactOrders", "has_sale", "lines = lines + 1"),
    ],
    "product_ranks_and_shares_follow_net_sales": [
        change("rpt_product_sales", "sales_rank = 7", "sales_rank = 6"),
        change("rpt_product_sales", "sales_rank = 7", "sales_rank = 8"),
        change("rpt_product_sales", "sales_rank = 7", "cumulative_share = null"),
    ],
    "product_sales_add_up_to_the_months": [
        change(
            "rpt_product_sales",
            "cost is not null",
            "cost = cost + 0.0001, margin = margin - 0.0001",
        ),
        change("rpt_product_sales", "orders > 0", "discounts = discounts - 0.0001"),
        change("rpt_product_sales", "orders > 0", "returns = returns - 0.0001"),
        change("rpt_product_sales", "orders > 0", "units = units + 1"),
        change("rpt_product_sales", "orders > 0", "first_sale_date = '2022-01-01'"),
        lose("rpt_product_sales", "orders = 0"),
    ],
    "reorders_follow_from_stock_and_sales": [
        lose("rpt_reorder", "true"),
        change("rpt_reorder", "true", "product_key = 99999"),
        change("rpt_reorder", "stock_quantity > 0", "units = units + 1"),
        change("rpt_reorder", "days_left > 7", "days_left = 3 * days_left"),
        change("rpt_reorder", "days_left > 7", "days_left = null"),
    ],
    "raw_rows_are_accepted_or_rejected": [
        lose("stg_customers_validated", "reject_reason is null"),
        lose("stg_rejected_rows", "true"),
        change(
            "stg_order_items_validated",
            "reject_reason is null",
            "reject_reason = 'bad number'",
        ),
        change("rpt_data_quality", "outcome = 'rejected'", "row_count = row_count + 1"),
    ],
    "recommendations_are_ranked_and_can_be_sold": [
        change(
            "rpt_product_recommendations",
            "recommendation_rank = 1",
            "recommendation_rank = 2",
        ),
        change(
            "rpt_product_recommendations",
            "recommendation_rank = 1",
            "co_purchase_count = co_purchase_count + 1",
        ),
        change(
            "rpt_product_recommendations",
            "recommendation_rank = 1",
            "recommended_product_key = -1",
        ),
        lose("rpt_product_recommendations", "recommendation_rank = 1"),
    ],
    "rejected_rows_have_a_reason_of_their_table": [
        change(
            "stg_rejected_rows", "raw_table = 'raw_customers'", "reason = 'bad date'"
        ),
    ],
    "repeat_purchases_are_the_orders_that_followed": [
        change("rpt_repeat_purchase", "order_number = 2", "customers = customers + 1"),
        change(
            "rpt_repeat_purchase",
            "order_number = 2",
            "customers_returned = customers_returned - 1",
        ),
    ],
    "rfm_history_and_moves_add_up_to_buyers_orders": [
        change(
            "rpt_customer_rfm_history",
            "month_end < '2025-01-01' and frequency > 1",
            "monetary_value = monetary_value + 0.0001",
        ),
        change(
            "rpt_customer_rfm_history",
            "month_end < '2025-01-01' and frequency > 1",
            "frequency = frequency + 1",
        ),
        lose("rpt_customer_rfm_history", "true"),
        change(
            "rpt_segment_migration",
            "from_segment != '(new)'",
            "customers = customers + 1",
        ),
        change(
            "rpt_segment_migration",
            "from_segment != '(new)'",
            "monetary_value_change = monetary_value_change + 0.0001",
        ),
    ],
    "rfm_history_at_todays_month_end_is_todays_rfm": [
        change(
            "rpt_customer_rfm_history",
            "month_end = '2025-12-31'",
            "m_score = m_score % 5 + 1",
        ),
    ],
    "sales_by_customer_type_add_up_to_known_customers": [
        change(
            "rpt_sales_by_customer_type",
            "orders > 1 and customer_type = 'new'",
            "net_sales = net_sales + 0.0001",
        ),
        change(
            "rpt_sales_by_customer_type",
            "orders > 1 and customer_type = 'new'",
            "customers = customers + 1",
        ),
        change(
            "rpt_sales_by_customer_type",
            "orders > 1 and customer_type = 'new'",
            "customer_type = 'no order yet'",
        ),
        change(
            "rpt_sales_by_customer_type",
            "orders > 1 and customer_type = 'new'",
            "month = '2025-03'",
        ),
    ],
    "shares_back_grow_with_the_days": [
        change(
            "rpt_repeat_purchase", "order_number = 2", "returned_within_90_days = 0.01"
        ),
    ],
    "significant_pairs_hold_the_false_discovery_rate": [
        change("rpt_product_co_purchases", "is_significant", "is_significant = false"),
        change("rpt_product_co_purchases", "is_significant", "q_value = 0.9"),
        change(
            "rpt_product_co_purchases",
            "is_significant",
            "expected_co_purchases = co_purchase_count + 1",
        ),
    ],
    "the_calendar_is_whole_years_without_a_gap": [
        change("DimTime", "day = 7", "date = '2024-01-08'"),
        lose("DimTime", "month = 6"),
        lose("DimTime", "date = (select max(date) from DimTime)"),
    ],
    "the_fact_holds_all_lines_of_its_types": [
        change(
            "FactSales",
            "discount_amount < 0",
            "discount_amount = discount_amount - 0.0001",
        ),
        lose("FactSales", "line_type = 'gift'"),
        change(
            "FactSales",
            "line_type = 'sale'",
            "line_item_total = line_item_total + 0.0001",
        ),
        change("FactSales", "line_type = 'gift'", "line_type = 'sale'"),
    ],
    "whoever_leaves_a_segment_was_in_it": [
        change(
            "rpt_customer_rfm_history",
            "month_end < '2025-01-01' and frequency > 1",
            "segment_name = 'Strange'",
        ),
        change(
            "rpt_segment_migration",
            "from_segment != '(new)'",
            "from_segment = 'Strange'",
        ),
    ],
    "nulled_values_are_those_of_staging": [
        change(
            "rpt_data_quality", "outcome = 'value nulled'", "row_count = row_count - 1"
        ),
    ],
}


def faults_of_a_kind(
    kind: str, table: str, rules: Mapping[str, Any]
) -> Iterator[Fault]:
    """One fault for each rule that a generic test keeps.

    Args:
        kind: The test's name.
        table: The table it is about.
        rules: Its arguments.
    """
    if kind.startswith("unique"):
        yield repeat(table, "true")
    for column in rules.get("combination_of_columns", ()):
        yield change(table, "true", f"{column} = null")
    if kind == "relationships":
        yield change(table, "true", f"{rules['column_name']} = -999999")
    for parent in rules.get("parents", ()):
        for column in parent["columns"]:
            yield change(table, "true", f"{column} = -999999")
    for column in rules.get("not_null", ()):
        yield change(table, "true", f"{column} = null")
    for column in rules.get("accepted_values", ()):
        yield change(table, "true", f"{column} = null")
        yield change(table, "true", f"{column} = 'strange'")
    for column, limits in rules.get("accepted_range", {}).items():
        yield change(table, "true", f"{column} = null")
        for limit, step in (("min_value", -1), ("max_value", 1)):
            if limit in limits:
                yield change(table, "true", f"{column} = {limits[limit] + step}")
