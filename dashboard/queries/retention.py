"""Cohorts, repeat purchases, and whose money it is."""

import numpy as np
import pandas as pd

from dashboard.metrics import metric, ratio
from dashboard.warehouse import Warehouse

# Days after an order at which the reports look.
MILESTONES = (30, 60, 90, 180, 365)


def cohorts(warehouse: Warehouse, basis: str) -> pd.DataFrame:
    """Rows of rpt_customer_cohorts of one basis, negative month indexes left out.

    The basis is first_order or registration.
    """
    amounts = ("total_spending", "cumulative_spending")
    counts = ("month_index", "cohort_size", "active_customers")
    return warehouse.query(
        f"select cohort_month, {', '.join(counts + amounts)}, is_complete "
        "from rpt_customer_cohorts where cohort_basis = :basis and month_index >= 0 "
        "order by cohort_month, month_index",
        {"basis": basis},
    ).astype(
        dict.fromkeys(amounts, float)
        | dict.fromkeys(counts, "int64")
        | {"is_complete": bool}
    )


def cohort_matrix(cells: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Rows of `cohorts` by month index; the future is missing, not 0.

    The measure is a column of theirs, or a ratio of two.
    """
    return (
        cells.assign(value=_values(cells, measure))
        .pivot_table(index="cohort_month", columns="month_index", values="value")
        .sort_index()
    )


def _values(cells: pd.DataFrame, measure: str) -> pd.Series:
    return ratio(cells, measure) if metric(measure).ratio else cells[measure]


def cohort_sizes(cells: pd.DataFrame) -> pd.Series:
    """Customers by cohort month."""
    return cells.groupby("cohort_month")["cohort_size"].max()


def incomplete_months(cells: pd.DataFrame) -> set[tuple[str, int]]:
    """(cohort_month, month_index) of the months that are not over."""
    rows = cells[~cells["is_complete"]]
    return set(zip(rows["cohort_month"], rows["month_index"], strict=True))


def average(cells: pd.DataFrame, measure: str, least_customers: int) -> pd.DataFrame:
    """The mean of each month index, weighted by cohort size, complete months only.

    A plain mean of rates would count a cohort of 5 as much as one of 5,000. Counts and
    sums have no weighted mean: they are added up instead.

    Returns:
        By month_index: value (missing for fewer than least_customers),
        customers_at_risk (observed for so long), cohorts (theirs), and is_of_most:
        whether those are at least half of all customers. Later months are known of
        the oldest cohorts only, and a line through both would compare these with all.
    """
    by_month = cells[cells["is_complete"]].groupby("month_index")
    summed = by_month[
        ["active_customers", "total_spending", "cumulative_spending", "cohort_size"]
    ].sum()
    at_risk = summed["cohort_size"]
    return pd.DataFrame(
        {
            "value": _values(summed, measure).where(at_risk >= least_customers),
            "customers_at_risk": at_risk,
            "cohorts": by_month["cohort_size"].count(),
            "is_of_most": 2 * at_risk >= cohort_sizes(cells).sum(),
        }
    )


def first_months(
    cells: pd.DataFrame, least_customers: int
) -> dict[str, tuple[float, float]]:
    """The averages of the first months, by metric.

    Returns:
        The value, and of how many customers it is; nan where no month is as old.
    """
    rates = average(cells, "retention_rate", least_customers)
    spent = average(cells, "cumulative_spending_per_customer", least_customers)
    months = {
        "retention_month_1": (rates, 1),
        "retention_month_3": (rates, 3),
        "retention_month_12": (rates, 12),
        "spending_month_12": (spent, 12),
    }
    return {
        key: (
            float(means["value"].get(month, np.nan)),
            float(means["customers_at_risk"].get(month, np.nan)),
        )
        for key, (means, month) in months.items()
    }


def repeat_purchases(warehouse: Warehouse) -> pd.DataFrame:
    """Rows of rpt_repeat_purchase: who came back after which order, and when."""
    shares = [f"returned_within_{days}_days" for days in MILESTONES]
    at_risk = [f"customers_at_risk_{days}_days" for days in MILESTONES]
    return warehouse.query(
        "select order_number, customers, share_returned, median_days, "
        f"{', '.join(shares + at_risk)} from rpt_repeat_purchase order by order_number"
    ).astype(dict.fromkeys(["share_returned", "median_days", *shares], float))


def sales_by_type(warehouse: Warehouse) -> pd.DataFrame:
    """Rows of rpt_sales_by_customer_type: whose money it is, by month."""
    return warehouse.query(
        "select month, customer_type, customers, orders, net_sales, is_complete "
        "from rpt_sales_by_customer_type order by month, customer_type"
    ).astype({"net_sales": float, "is_complete": bool})
