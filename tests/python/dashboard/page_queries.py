"""Every query of every page, asked with filters that take each branch."""

import datetime as dt
from typing import Any

import pandas as pd

from dashboard.filters import SalesFilter
from dashboard.periods import DateRange, Grain
from dashboard.queries import (
    baskets,
    countries,
    data_health,
    due,
    explore,
    forecast,
    lifetime_value,
    overview,
    product,
    products,
    retention,
    sales,
    segments,
)
from dashboard.queries.explore import Condition, Operator, Search
from dashboard.schema import span
from dashboard.warehouse import Warehouse


def filters(warehouse: Warehouse) -> dict[str, SalesFilter]:
    """All, and each filter alone and together; whole months and broken ones."""
    known = span(warehouse)
    some_countries, categories = sales.choices(warehouse)
    every = DateRange(known.first, known.as_of)
    broken = DateRange(
        known.as_of - dt.timedelta(days=130), known.as_of - dt.timedelta(days=7)
    )
    some, two = tuple(some_countries[:3]), tuple(categories[:2])
    return {
        "all": SalesFilter(every),
        "broken": SalesFilter(broken),
        "countries": SalesFilter(broken, some),
        "category": SalesFilter(every, (), two[:1]),
        "categories": SalesFilter(broken, (), two),
        "both": SalesFilter(every, some, two),
        "none": SalesFilter(broken, ("Atlantis",), two),
    }


def answers(warehouse: Warehouse) -> dict[str, Any]:
    """The answers of all page queries, by a name for each."""
    found: dict[str, Any] = {"choices": sales.choices(warehouse)}
    for name, chosen in filters(warehouse).items():
        found[f"by_day {name}"] = sales.by_day(warehouse, chosen)
        found[f"totals {name}"] = sales.totals(warehouse, chosen)
        found[f"charges {name}"] = overview.charges(warehouse, chosen)
        found[f"by_category {name}"] = overview.by_category(warehouse, chosen)
        found[f"by_country {name}"] = sales.by_country(warehouse, chosen)
        found[f"figures_by_country {name}"] = countries.figures_by_country(
            warehouse, chosen
        )
        for grain in Grain:
            found[f"buyers_by_period {name} {grain}"] = overview.buyers_by_period(
                warehouse, chosen, grain
            )
        found[f"by_product {name}"] = products.by_product(warehouse, chosen)
        found[f"one product {name}"] = products.product_by_period(
            warehouse, 1, chosen, Grain.WEEK
        )
        found[f"prices {name}"] = product.prices(warehouse, 1, chosen, Grain.MONTH)
        found[f"by_segment {name}"] = product.by_segment(warehouse, 1, chosen)
        found[f"one by_country {name}"] = product.by_country(warehouse, 1, chosen)
        found[f"baskets_with {name}"] = product.baskets_with(warehouse, 1, chosen)
        found[f"stock_levels {name}"] = products.stock_levels(
            warehouse, chosen.categories
        )
        found[f"stocked {name}"] = products.stocked(warehouse, chosen.categories)
    found["every_product"] = product.every_product(warehouse)
    found["description"] = product.description(warehouse, 1).to_frame()
    some_countries, categories = sales.choices(warehouse)
    for basis in ("first_order", "registration"):
        for cohort_grain in retention.COHORT_GRAINS:
            found[f"cohorts {basis} {cohort_grain}"] = retention.cohorts(
                warehouse, basis, cohort_grain
            )
    for some in ((), tuple(some_countries[:2])):
        found[f"segments {some}"] = segments.segments(
            segments.rfm_cells(warehouse, some)
        )
        found[f"prospects {some}"] = segments.prospects(warehouse, some)
        found[f"members {some}"] = segments.segment_customers(
            warehouse, ("Champions", "Lost"), some, 50
        )
        found[f"due by segment {some}"] = due.by_segment(
            warehouse, ("due", "overdue"), some
        )
        found[f"due buyers {some}"] = due.buyers(
            warehouse, ("due",), ("Champions", "Loyal"), some, 50
        )
        found[f"value {some}"] = lifetime_value.value_histogram(
            lifetime_value.lifetime_values(warehouse, some)["total_spending"]
        )
    low, high = baskets.largest_count(warehouse)
    found["largest_count"] = low, high
    for some in ((), tuple(categories[:4])):
        for order in ("lift", "co_purchase_count", "support"):
            found[f"pairs {order} {some}"] = baskets.pairs(
                warehouse, low, some, order, 15
            )
        found[f"pair_count {some}"] = baskets.pair_count(warehouse, low + 1, some)
        found[f"category_pairs {some}"] = baskets.category_pairs(warehouse, low, some)
        paired = baskets.paired_products(warehouse, low, some)
        found[f"paired {some}"] = set(paired["product_key"])
        if len(paired):
            found[f"companions {some}"] = baskets.companions(
                warehouse, int(paired["product_key"].min()), low, some, 12
            )
        found[f"affinity {some}"] = baskets.category_affinity(warehouse, some)
        found[f"significant {some}"] = baskets.pair_count(
            warehouse, low, some, only_significant=True
        )
        for paired_key in paired["product_key"].sort_values().head(3):
            found[f"offers {paired_key} {some}"] = baskets.recommendations(
                warehouse, int(paired_key), low, some
            )
    found["moves"] = segments.segment_moves(warehouse)
    found["repeat rates"] = retention.repeat_rates(warehouse, 90, span(warehouse).as_of)
    found["repeat purchases"] = retention.repeat_purchases(warehouse)
    found["sales by type"] = retention.sales_by_type(warehouse)
    known = span(warehouse)
    for category in (None, *categories[:1]):
        found[f"forecast {category}"] = forecast.forecast_weeks(warehouse, category)
        found[f"trials {category}"] = forecast.forecast_trials(warehouse, category)
        found[f"before {category}"] = forecast.sales_before(
            warehouse, category, known.as_of
        )
    found["prediction models"] = lifetime_value.prediction_models(warehouse)
    found["backtest tenths"] = lifetime_value.backtest_tenths(warehouse)
    for kind in (*lifetime_value.ORIGINS.values(), lifetime_value.BY_MONTH):
        found[f"origins {kind}"] = lifetime_value.origin_values(warehouse, kind, 90)
    found["outcomes"] = data_health.outcomes(warehouse)
    found["row_counts"] = data_health.row_counts(warehouse)
    for name, condition in {
        "text": Condition("country", Operator.CONTAINS, "AN"),
        "date": Condition("registration_date", Operator.AT_LEAST, "2024-06-01"),
        "number": Condition("customer_key", Operator.AT_MOST, "50"),
        "flag": Condition("is_inferred", Operator.EQUALS, "no"),
        "missing": Condition("country", Operator.MISSING),
    }.items():
        search = Search("DimCustomer", (condition,), "customer_key", descending=True)
        found[f"explore {name}"] = explore.rows(warehouse, search, 40)
        found[f"explore count {name}"] = explore.count(warehouse, search)
    return found


def assert_same(name: str, expected: Any, found: Any) -> None:
    """Both answers are equal, whatever types an engine has for days and numbers."""
    if not isinstance(expected, pd.DataFrame):
        assert found == expected, name
        return
    assert list(found.columns) == list(expected.columns), name
    assert len(found) == len(expected), name
    for column in expected.columns:
        left, right = expected[column], found[column]
        if pd.api.types.is_numeric_dtype(left) and pd.api.types.is_numeric_dtype(right):
            pd.testing.assert_series_equal(
                left.astype(float),
                right.astype(float),
                check_index=False,
                rtol=1e-9,
                obj=f"{name}, {column}",
            )
        else:
            assert _plain(left) == _plain(right), f"{name}, {column}"


def _plain(values: pd.Series) -> list[str | None]:
    return [
        None if pd.isna(value) else str(value).removesuffix(" 00:00:00")
        for value in values
    ]
