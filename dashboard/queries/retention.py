"""Cohorts, repeat purchases, and whose money it is."""

import pandas as pd

from dashboard.warehouse import Warehouse

MILESTONES = (30, 60, 90, 180, 365)


def cohorts(warehouse: Warehouse, basis: str) -> pd.DataFrame:
    """The cells of one cohort basis, negative month indexes left out.

    Args:
        warehouse: Where to read.
        basis: first_order or registration.

    Returns:
        cohort_month, month_index, cohort_size, active_customers, total_spending,
        cumulative_spending, is_complete.
    """
    frame = warehouse.query(
        "select cohort_month, month_index, cohort_size, active_customers, "
        "total_spending, cumulative_spending, is_complete from rpt_customer_cohorts "
        "where cohort_basis = :basis and month_index >= 0 "
        "order by cohort_month, month_index",
        {"basis": basis},
    )
    return frame.astype(
        {
            "total_spending": float,
            "cumulative_spending": float,
            "is_complete": bool,
            "month_index": "int64",
            "cohort_size": "int64",
            "active_customers": "int64",
        }
    )


def cohort_matrix(cells: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Cohorts by month index; the future is missing, not 0.

    Args:
        cells: Rows of `cohorts`.
        measure: retention_rate, active_customers, total_spending,
            spending_per_customer or cumulative_spending_per_customer.
    """
    return (
        cells.assign(value=_cell_values(cells, measure))
        .pivot_table(index="cohort_month", columns="month_index", values="value")
        .sort_index()
    )


def _cell_values(cells: pd.DataFrame, measure: str) -> pd.Series:
    size = cells["cohort_size"].where(cells["cohort_size"] > 0)
    match measure:
        case "retention_rate":
            return cells["active_customers"] / size
        case "spending_per_customer":
            return cells["total_spending"] / size
        case "cumulative_spending_per_customer":
            return cells["cumulative_spending"] / size
        case _:
            return cells[measure]


def average(cells: pd.DataFrame, measure: str, least_customers: int) -> pd.DataFrame:
    """The mean of each month index, weighted by cohort size, complete months only.

    A plain mean of rates would count a cohort of 5 as much as one of 5,000. Counts and
    sums have no weighted mean: they are added up instead.

    Args:
        cells: Rows of `cohorts`.
        measure: As for `cohort_matrix`.
        least_customers: Fewer have no average.

    Returns:
        By month_index: value (missing for fewer than least_customers),
        customers_at_risk (observed for so long), cohorts (theirs), and is_of_most:
        whether those are at least half of all customers. Later months are known of
        the oldest cohorts only, and a line through both would compare these with all.
    """
    complete = cells[cells["is_complete"]]
    by_month = complete.groupby("month_index")
    summed = by_month[
        ["active_customers", "total_spending", "cumulative_spending", "cohort_size"]
    ].sum()
    at_risk = summed["cohort_size"]
    everybody = cells.groupby("cohort_month")["cohort_size"].max().sum()
    return pd.DataFrame(
        {
            "value": _cell_values(summed, measure).where(at_risk >= least_customers),
            "customers_at_risk": at_risk,
            "cohorts": by_month["cohort_size"].count(),
            "is_of_most": 2 * at_risk >= everybody,
        }
    )


def repeat_purchases(warehouse: Warehouse) -> pd.DataFrame | None:
    """How many came back after their first to fifth order, and when.

    Returns:
        order_number, customers, share_returned, median_days, and for 30 to 365 days
        returned_within_30_days and customers_at_risk_30_days; None in an older
        warehouse.
    """
    shares = [f"returned_within_{days}_days" for days in MILESTONES]
    at_risk = [f"customers_at_risk_{days}_days" for days in MILESTONES]
    if not warehouse.has("rpt_repeat_purchase", *shares, *at_risk):
        return None
    return warehouse.query(
        "select order_number, customers, share_returned, median_days, "
        f"{', '.join(shares + at_risk)} from rpt_repeat_purchase order by order_number"
    ).astype(dict.fromkeys(["share_returned", "median_days", *shares], float))


def sales_by_type(warehouse: Warehouse) -> pd.DataFrame | None:
    """Money of new, returning and reactivated customers by month.

    Returns:
        month, customer_type, customers, orders, net_sales, is_complete; None in an
        older warehouse.
    """
    if not warehouse.has("rpt_sales_by_customer_type", "is_complete"):
        return None
    return warehouse.query(
        "select month, customer_type, customers, orders, net_sales, is_complete "
        "from rpt_sales_by_customer_type order by month, customer_type"
    ).astype({"net_sales": float, "is_complete": bool})
