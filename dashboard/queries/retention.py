"""Cohorts, repeat purchases, and whose money it is."""

import datetime as dt

import numpy as np
import pandas as pd

from dashboard.filters import Parameters
from dashboard.metrics import metric, ratio
from dashboard.warehouse import Warehouse

# Days after an order at which the reports look.
MILESTONES = (30, 60, 90, 180, 365)

# Of how many months the newest repeat rate is: that of one jumps about.
TREND_MONTHS = 3

# How long the periods of cohorts may be, and after how many of them the page looks.
COHORT_GRAINS = {"month": (1, 3, 12), "week": (1, 4, 12), "quarter": (1, 2, 4)}


def cohorts(warehouse: Warehouse, basis: str, grain: str = "month") -> pd.DataFrame:
    """What each cohort of one basis did in each period from its own on.

    Args:
        warehouse: Where to look.
        basis: first_order or registration.
        grain: One of `COHORT_GRAINS`: how long its periods are.

    Returns:
        cohort (2024-05, 2024-W05, 2024-Q1), period_index (0 for its own), cohort_size,
        active_customers, total_spending, net_sales_with_cost (its part of lines whose
        cost is known), cumulative_spending, cumulative_margin (missing where no cost
        is known), is_complete.
    """
    amounts: tuple[str, ...] = ("total_spending", "net_sales_with_cost")
    amounts += ("cumulative_spending", "cumulative_margin")
    counts = ("period_index", "cohort_size", "active_customers")
    source, cohort, index = "rpt_customer_cohorts", "cohort_month", "month_index"
    condition = ""
    parameters: Parameters = {"basis": basis}
    if grain != "month":
        source = "rpt_customer_cohorts_by_grain"
        cohort, index = "cohort_period", "period_index"
        condition, parameters["grain"] = "and cohort_grain = :grain ", grain
    return warehouse.query(
        f"select {cohort} as cohort, {index} as period_index, "
        f"{', '.join(counts[1:] + amounts)}, is_complete from {source} "
        f"where cohort_basis = :basis {condition}and {index} >= 0 "
        f"order by {cohort}, {index}",
        parameters,
    ).astype(
        dict.fromkeys(amounts, float)
        | dict.fromkeys(counts, "int64")
        | {"is_complete": bool}
    )


def cohort_matrix(
    cells: pd.DataFrame, measure: str, least_customers: int
) -> pd.DataFrame:
    """Rows of `cohorts` by period index; the future is missing, not 0.

    The measure is a column of theirs, or a ratio of two; that of a cohort of fewer than
    least_customers is missing.
    """
    values = _values(cells, measure)
    if metric(measure).ratio:
        values = values.where(cells["cohort_size"] >= least_customers)
    # A pivot table would leave out cohorts and periods without any value.
    return cells.assign(value=values).pivot(
        index="cohort", columns="period_index", values="value"
    )


def cohorts_of_few(cells: pd.DataFrame, least_customers: int) -> int:
    """How many cohorts have fewer than least_customers."""
    return int((cohort_sizes(cells) < least_customers).sum())


def _values(cells: pd.DataFrame, measure: str) -> pd.Series:
    return ratio(cells, measure) if metric(measure).ratio else cells[measure]


def cohort_sizes(cells: pd.DataFrame) -> pd.Series:
    """Customers by cohort."""
    return cells.groupby("cohort")["cohort_size"].max()


def incomplete_periods(cells: pd.DataFrame) -> set[tuple[str, int]]:
    """(cohort, period_index) of the periods that are not over."""
    rows = cells[~cells["is_complete"]]
    return set(zip(rows["cohort"], rows["period_index"], strict=True))


def average(cells: pd.DataFrame, measure: str, least_customers: int) -> pd.DataFrame:
    """The mean of each period index, weighted by cohort size, complete periods only.

    A plain mean of rates would count a cohort of 5 as much as one of 5,000. Counts and
    sums have no weighted mean: they are added up instead.

    Returns:
        By period_index: value (missing for fewer than least_customers),
        customers_at_risk (observed for so long), cohorts (theirs), and is_of_most:
        whether those are at least half of all customers. Later periods are known of
        the oldest cohorts only, and a line through both would compare these with all.
    """
    by_period = cells[cells["is_complete"]].groupby("period_index")
    summed = by_period[
        [
            *("active_customers", "total_spending", "cumulative_spending"),
            *("cumulative_margin", "cohort_size"),
        ]
    ].sum()
    at_risk = summed["cohort_size"]
    return pd.DataFrame(
        {
            "value": _values(summed, measure).where(at_risk >= least_customers),
            "customers_at_risk": at_risk,
            "cohorts": by_period["cohort_size"].count(),
            "is_of_most": 2 * at_risk >= cohort_sizes(cells).sum(),
        }
    )


def first_periods(
    cells: pd.DataFrame, grain: str, least_customers: int
) -> dict[str, tuple[float, float]]:
    """The averages of the first periods, by metric.

    Returns:
        The value, and of how many customers it is; nan where no cohort is as old.
    """
    rates = average(cells, "retention_rate", least_customers)
    spent = average(cells, "cumulative_spending_per_customer", least_customers)
    looked_at = COHORT_GRAINS[grain]
    periods = {f"retention_{grain}_{index}": (rates, index) for index in looked_at}
    periods[f"spending_{grain}_{looked_at[-1]}"] = (spent, looked_at[-1])
    return {
        key: (
            float(means["value"].get(index, np.nan)),
            float(means["customers_at_risk"].get(index, np.nan)),
        )
        for key, (means, index) in periods.items()
    }


def repeat_purchases(warehouse: Warehouse) -> pd.DataFrame:
    """Rows of rpt_repeat_purchase: who came back after which order, and when."""
    shares = [f"returned_within_{days}_days" for days in MILESTONES]
    at_risk = [f"customers_at_risk_{days}_days" for days in MILESTONES]
    return warehouse.query(
        "select order_number, customers, share_returned, median_days, "
        f"{', '.join(shares + at_risk)} from rpt_repeat_purchase order by order_number"
    ).astype(dict.fromkeys(["share_returned", "median_days", *shares], float))


def repeat_rates(warehouse: Warehouse, days: int, as_of: dt.date) -> pd.DataFrame:
    """Who ordered again within so many days, by the month of the first order.

    Args:
        warehouse: Where to look.
        days: One of `MILESTONES`.
        as_of: The warehouse's "today".

    Returns:
        month (YYYY-MM), customers (known for so long), returning_customers,
        repeat_rate (missing for too few), and is_whole: whether all of the month's
        buyers are known for so long.
    """
    rates = warehouse.query(
        "select origin as month, customers, returning_customers, "
        "returning_share as repeat_rate from rpt_cohort_values "
        "where origin_kind = 'first_order_month' and days_since_first_order = :days "
        "order by origin",
        {"days": days},
    ).astype({"repeat_rate": float})
    ends = pd.PeriodIndex(rates["month"], freq="M").end_time.normalize()
    rates["is_whole"] = ends + pd.Timedelta(days=days) <= pd.Timestamp(as_of)
    return rates


def repeat_trend(rates: pd.DataFrame, least_customers: int) -> tuple[float, float]:
    """The repeat rate of the last `TREND_MONTHS` whole months, and of those before.

    Args:
        rates: Rows of `repeat_rates`.
        least_customers: A rate of fewer is nan.
    """

    def rate(rows: pd.DataFrame) -> float:
        customers = int(rows["customers"].sum())
        if len(rows) < TREND_MONTHS or customers < least_customers:
            return np.nan
        return float(rows["returning_customers"].sum()) / customers

    whole = rates[rates["is_whole"]]
    earlier = whole.iloc[:-TREND_MONTHS]
    return rate(whole.tail(TREND_MONTHS)), rate(earlier.tail(TREND_MONTHS))


def sales_by_type(warehouse: Warehouse) -> pd.DataFrame:
    """Rows of rpt_sales_by_customer_type: whose money it is, by month."""
    return warehouse.query(
        "select month, customer_type, customers, orders, net_sales, is_complete "
        "from rpt_sales_by_customer_type order by month, customer_type"
    ).astype({"net_sales": float, "is_complete": bool})
