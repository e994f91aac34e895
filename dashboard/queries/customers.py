"""Customers: cohorts, RFM segments and lifetime value."""

import numpy as np
import pandas as pd
import pyarrow as pa

from dashboard import privacy
from dashboard.exports import Export
from dashboard.filters import Parameters, one_of
from dashboard.warehouse import Warehouse

# From the best to the worst; the names are those of the seed rfm_segment_map.
SEGMENTS = (
    "Champions",
    "Loyal",
    "Potential Loyalists",
    "New Customers",
    "Promising",
    "Need Attention",
    "About To Sleep",
    "At Risk",
    "Cannot Lose Them",
    "Hibernating",
    "Lost",
)

# Segments by what to do about them; the charts' colours follow these.
SEGMENT_GROUPS = {
    "Keep": ("Champions", "Loyal"),
    "Grow": ("Potential Loyalists", "New Customers", "Promising"),
    "Hold": ("Need Attention", "About To Sleep"),
    "Win back": ("At Risk", "Cannot Lose Them"),
    "Let go": ("Hibernating", "Lost"),
}
NEW_BUYERS = "(new)"

# What a buyer's beginning is described by, as the page calls it.
ORIGINS = {
    "Country": "country",
    "Main category": "first_category",
    "First product": "first_product_category",
    "Returned or kept": "first_order_outcome",
}
MILESTONES = (30, 60, 90, 180, 365)

PREDICTIONS = ("p_alive", "expected_orders", "predicted_value")
LEAVING_MODELS = ("bg_nbd", "mbg_nbd")
PURCHASE_MODELS = (*LEAVING_MODELS, "nbd")
SPEND_MODEL = "gamma_gamma"


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


def _country_join(
    alias: str, countries: tuple[str, ...]
) -> tuple[str, str, Parameters]:
    if not countries:
        return "", "1 = 1", {}
    condition, parameters = one_of(
        "coalesce(customers.country, '(unknown)')", countries, "country"
    )
    join = (
        "inner join DimCustomer as customers "
        f"on {alias}.customer_key = customers.customer_key"
    )
    return join, condition, parameters


def rfm_cells(warehouse: Warehouse, countries: tuple[str, ...]) -> pd.DataFrame:
    """Buyers by segment and score.

    Returns:
        segment_name, r_score, f_score, m_score, customers, one_time_buyers,
        monetary_value, frequency (both summed), recency_days (summed).
    """
    join, condition, parameters = _country_join("rfm", countries)
    return warehouse.query(
        "select rfm.segment_name, rfm.r_score, rfm.f_score, rfm.m_score, "
        "count(*) as customers, "
        "count(case when rfm.is_one_time_buyer then 1 end) as one_time_buyers, "
        "round(sum(rfm.monetary_value), 4) as monetary_value, "
        "sum(rfm.frequency) as frequency, sum(rfm.recency_days) as recency_days "
        f"from rpt_customer_rfm as rfm {join} where {condition} "
        "group by rfm.segment_name, rfm.r_score, rfm.f_score, rfm.m_score",
        parameters,
    ).astype({"monetary_value": float, "frequency": float, "recency_days": float})


def segments(cells: pd.DataFrame) -> pd.DataFrame:
    """One row per segment, best first.

    Args:
        cells: Rows of `rfm_cells`.

    Returns:
        segment_name, customers, customer_share, monetary_value, money_share,
        average_value, average_orders, average_recency, one_time_share, r_mean,
        fm_mean (mean scores: the place on the map).
    """
    weighted = cells.assign(
        r_sum=cells["r_score"] * cells["customers"],
        fm_sum=(cells["f_score"] + cells["m_score"]) / 2 * cells["customers"],
    )
    summed = weighted.groupby("segment_name")[
        [
            "customers",
            "one_time_buyers",
            "monetary_value",
            "frequency",
            "recency_days",
            "r_sum",
            "fm_sum",
        ]
    ].sum()
    known = [name for name in SEGMENTS if name in summed.index]
    others = sorted(set(summed.index) - set(SEGMENTS))
    summed = summed.loc[known + others]
    size = summed["customers"]
    total = summed["monetary_value"].sum()
    return pd.DataFrame(
        {
            "customers": size,
            "customer_share": size / size.sum(),
            "monetary_value": summed["monetary_value"],
            "money_share": summed["monetary_value"] / total if total > 0 else np.nan,
            "average_value": summed["monetary_value"] / size,
            "average_orders": summed["frequency"] / size,
            "average_recency": summed["recency_days"] / size,
            "one_time_share": summed["one_time_buyers"] / size,
            "r_mean": summed["r_sum"] / size,
            "fm_mean": summed["fm_sum"] / size,
        }
    ).reset_index(names="segment_name")


def prospects(warehouse: Warehouse, countries: tuple[str, ...]) -> int:
    """Customers of the file who never placed a counting order."""
    condition, parameters = one_of(
        "coalesce(customers.country, '(unknown)')", countries, "country"
    )
    frame = warehouse.query(
        "select count(*) as prospects from DimCustomer as customers "
        "left join rpt_customer_rfm as rfm "
        "on customers.customer_key = rfm.customer_key "
        "where rfm.customer_key is null and customers.customer_key <> -1 "
        f"and {condition}",
        parameters,
    )
    return int(frame["prospects"].iloc[0])


_MEMBER_TYPES = {
    "customer_id": pa.string(),
    "name": pa.string(),
    "email": pa.string(),
    "country": pa.string(),
    "segment_name": pa.string(),
    "last_order_date": pa.date32(),
    "recency_days": pa.int64(),
    "frequency": pa.int64(),
    "monetary_value": pa.float64(),
    "rfm_segment": pa.string(),
}


def segment_customers(
    warehouse: Warehouse,
    segment_names: tuple[str, ...],
    countries: tuple[str, ...],
    limit: int,
) -> pd.DataFrame:
    """The first buyers of some segments, largest value first.

    Returns:
        customer_id, name, email, country, segment_name, last_order_date,
        recency_days, frequency, monetary_value, rfm_segment.
    """
    sql, parameters = _members(segment_names, countries)
    return warehouse.query(
        f"{sql} limit :row_limit", parameters | {"row_limit": limit}
    ).astype({"monetary_value": float})


def segment_export(
    warehouse: Warehouse,
    segment_names: tuple[str, ...],
    countries: tuple[str, ...],
    *,
    show_pii: bool,
) -> Export:
    """All of them to take away, fetched some at a time."""
    batches = warehouse.batches(*_members(segment_names, countries))
    masked = batches if show_pii else privacy.mask_batches(batches, list(_MEMBER_TYPES))
    return Export(_MEMBER_TYPES, masked)


def _members(
    segment_names: tuple[str, ...], countries: tuple[str, ...]
) -> tuple[str, Parameters]:
    in_segments, parameters = one_of("rfm.segment_name", segment_names, "segment")
    in_countries, more = one_of(
        "coalesce(customers.country, '(unknown)')", countries, "country"
    )
    return (
        "select rfm.customer_id, customers.name, customers.email, "
        "coalesce(customers.country, '(unknown)') as country, rfm.segment_name, "
        "rfm.last_order_date, rfm.recency_days, rfm.frequency, rfm.monetary_value, "
        "rfm.rfm_segment "
        "from rpt_customer_rfm as rfm "
        "inner join DimCustomer as customers "
        "on rfm.customer_key = customers.customer_key "
        f"where {in_segments} and {in_countries} "
        "order by rfm.monetary_value desc, rfm.customer_key"
    ), parameters | more


def lifetime_values(warehouse: Warehouse, countries: tuple[str, ...]) -> pd.DataFrame:
    """One row per buyer: total_spending, total_orders, cohort_year_month.

    The predicted columns follow where the warehouse has them.
    """
    join, condition, parameters = _country_join("clv", countries)
    found = [name for name in PREDICTIONS if has_predictions(warehouse)]
    predicted = "".join(f", clv.{name}" for name in found)
    frame = warehouse.query(
        "select clv.total_spending, clv.total_orders, "
        f"clv.first_order_date{predicted} "
        f"from rpt_customer_lifetime_value as clv {join} where {condition}",
        parameters,
    )
    dates = frame.pop("first_order_date")
    if warehouse.target == "sqlite":
        frame["cohort_month"] = dates.astype(str).str.slice(0, 7)
    else:
        frame["cohort_month"] = pd.to_datetime(dates).dt.strftime("%Y-%m")
    return frame.astype({"total_spending": float, **dict.fromkeys(found, float)})


def has_predictions(warehouse: Warehouse) -> bool:
    """Whether the warehouse was built with predicted lifetime value."""
    return warehouse.has("rpt_customer_lifetime_value", *PREDICTIONS)


def prediction_models(warehouse: Warehouse) -> pd.DataFrame | None:
    """The models fitted to all data; None in an older warehouse.

    Returns:
        model_name, model_status, is_used, horizon_weeks.
    """
    if not warehouse.has("rpt_clv_models", "model_status"):
        return None
    return warehouse.query(
        "select model_name, model_status, is_used, horizon_weeks "
        "from rpt_clv_models where fit_name = 'all_data' order by model_name"
    ).astype({"is_used": bool})


def backtest(warehouse: Warehouse) -> pd.DataFrame | None:
    """How ways to forecast did on weeks they had not seen; None without the test.

    Returns:
        The rows of rpt_clv_backtest, the model used first, then from the nearest on.
    """
    if not warehouse.has("rpt_clv_backtest", "is_used"):
        return None
    return warehouse.query(
        "select forecast_method, forecast_status, is_used, holdout_weeks, "
        "customers, actual_orders, predicted_orders, relative_error, actual_sales, "
        "predicted_sales, relative_sales_error, root_mean_squared_error "
        "from rpt_clv_backtest "
        "order by case when is_used then 0 when relative_error is null then 2 else 1 "
        "end, abs(relative_error), forecast_method"
    ).astype({"is_used": bool})


def backtest_tenths(warehouse: Warehouse) -> pd.DataFrame:
    """The used model's forecast by tenths of customers, the highest first.

    Returns:
        decile, customers, predicted_orders, actual_orders; empty without the test.
    """
    if not (
        warehouse.has("rpt_clv_backtest", "is_used")
        and warehouse.has("rpt_clv_backtest_deciles")
    ):
        return pd.DataFrame(
            columns=["decile", "customers", "predicted_orders", "actual_orders"]
        )
    return warehouse.query(
        "select tenths.decile, tenths.customers, tenths.predicted_orders, "
        "tenths.actual_orders from rpt_clv_backtest_deciles as tenths "
        "inner join rpt_clv_backtest as methods "
        "on tenths.forecast_method = methods.forecast_method "
        "where methods.is_used order by tenths.decile"
    )


def segment_moves(warehouse: Warehouse) -> pd.DataFrame | None:
    """Who moved from which segment to which, by month; None in an older warehouse.

    Returns:
        month, from_segment (NEW_BUYERS for buyers of the month), to_segment,
        customers, monetary_value (net sales so far), monetary_value_change.
    """
    if not warehouse.has("rpt_segment_migration", "monetary_value_change"):
        return None
    return warehouse.query(
        "select month, from_segment, to_segment, customers, monetary_value, "
        "monetary_value_change from rpt_segment_migration "
        "order by month, from_segment, to_segment"
    ).astype(
        {"customers": float, "monetary_value": float, "monetary_value_change": float}
    )


def segment_history(moves: pd.DataFrame) -> pd.DataFrame:
    """Buyers at each month's end by group of segments.

    Args:
        moves: Rows of `segment_moves`.

    Returns:
        A row a month, a column a group; 0 where a group was empty.
    """
    groups = {name: group for group, names in SEGMENT_GROUPS.items() for name in names}
    return (
        moves.assign(group=moves["to_segment"].map(lambda name: groups.get(name, name)))
        .pivot_table(index="month", columns="group", values="customers", aggfunc="sum")
        .reindex(columns=list(SEGMENT_GROUPS))
        .fillna(0.0)
    )


def moves_of_month(moves: pd.DataFrame, month: str) -> pd.DataFrame:
    """Buyers who came from one segment to another in a month; most first.

    Args:
        moves: Rows of `segment_moves`.
        month: YYYY-MM.
    """
    moved = moves[
        (moves["month"] == month)
        & (moves["from_segment"] != NEW_BUYERS)
        & (moves["from_segment"] != moves["to_segment"])
    ]
    return moved.sort_values(
        ["customers", "from_segment", "to_segment"], ascending=[False, True, True]
    )


def month_figures(moves: pd.DataFrame, month: str) -> dict[str, float]:
    """Buyers of a month by what became of them: moved, stayed, and new ones.

    Returns:
        customers_moved, segment_stayed (a share of those who were there before; nan
        without any), month_new_buyers.
    """
    rows = moves[moves["month"] == month]
    new = rows["from_segment"] == NEW_BUYERS
    stayed = rows["from_segment"] == rows["to_segment"]
    before = float(rows.loc[~new, "customers"].sum())
    kept = float(rows.loc[stayed, "customers"].sum())
    return {
        "customers_moved": before - kept,
        "segment_stayed": kept / before if before else float("nan"),
        "month_new_buyers": float(rows.loc[new, "customers"].sum()),
    }


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


def origin_values(warehouse: Warehouse, kind: str, days: int) -> pd.DataFrame | None:
    """What buyers were worth some days after their first order, by a beginning.

    Args:
        warehouse: Where to read.
        kind: A value of ORIGINS.
        days: One of MILESTONES.

    Returns:
        origin, customers (known for so long), value_per_customer,
        orders_per_customer, returning_share (missing where they are too few for an
        average); the highest value first. None in an older warehouse.
    """
    if not warehouse.has("rpt_cohort_values", "value_per_customer"):
        return None
    return warehouse.query(
        "select origin, customers, value_per_customer, orders_per_customer, "
        "returning_share from rpt_cohort_values "
        "where origin_kind = :kind and days_since_first_order = :days "
        "order by value_per_customer is null, value_per_customer desc, origin",
        {"kind": kind, "days": days},
    ).astype(
        {
            "value_per_customer": float,
            "orders_per_customer": float,
            "returning_share": float,
        }
    )


def lorenz(values: pd.Series, points: int = 101) -> pd.DataFrame:
    """The Lorenz curve: buyer_share and money_share, from the smallest buyer on.

    Buyers whose returns outweigh their purchases count as 0: shares of a total need
    parts that are not negative.
    """
    parts = np.sort(values.clip(lower=0).to_numpy(dtype=float))
    if parts.size == 0 or parts.sum() <= 0:
        return pd.DataFrame({"buyer_share": [0.0, 1.0], "money_share": [0.0, 1.0]})
    heights = np.concatenate([[0.0], np.cumsum(parts) / parts.sum()])
    shares = np.linspace(0, 1, points)
    places = np.linspace(0, 1, heights.size)
    return pd.DataFrame(
        {"buyer_share": shares, "money_share": np.interp(shares, places, heights)}
    )


def gini(values: pd.Series) -> float | None:
    """The Gini coefficient of the buyers' values; None without positive values."""
    parts = np.sort(values.clip(lower=0).to_numpy(dtype=float))
    if parts.size == 0 or parts.sum() <= 0:
        return None
    ranks = np.arange(1, parts.size + 1)
    weighted = float((2 * ranks - parts.size - 1) @ parts)
    return weighted / (parts.size * float(parts.sum()))


def top_share(values: pd.Series, share: float) -> float | None:
    """The part of all money that the top share of buyers has; None without money."""
    parts = np.sort(values.clip(lower=0).to_numpy(dtype=float))[::-1]
    if parts.size == 0 or parts.sum() <= 0:
        return None
    count = max(1, round(parts.size * share))
    return float(parts[:count].sum() / parts.sum())


def value_by_cohort(values: pd.DataFrame) -> pd.DataFrame:
    """Buyers by the month of the first order.

    Returns:
        cohort_month, buyers, average_value, average_orders, and average
        predicted_value where it is known.
    """
    kept = {
        "buyers": ("total_spending", "size"),
        "average_value": ("total_spending", "mean"),
        "average_orders": ("total_orders", "mean"),
    }
    if "predicted_value" in values and values["predicted_value"].notna().any():
        kept["predicted_value"] = ("predicted_value", "mean")
    return values.groupby("cohort_month").agg(**kept).reset_index()


def value_histogram(values: pd.Series, bins: int = 30) -> pd.DataFrame:
    """How many buyers are worth how much, in bands that people can read.

    The bands have equal width up to the 97th percentile; the last one is open, so that
    a few very large buyers do not press all others into one bar.

    Returns:
        low, high (infinite in the last band), buyers.
    """
    numbers = values.to_numpy(dtype=float)
    if numbers.size == 0:
        return pd.DataFrame({"low": [], "high": [], "buyers": []})
    top = float(np.quantile(numbers, 0.97))
    step = _round_step(max(top, 1.0) / bins)
    low = np.floor(min(float(numbers.min()), 0.0) / step) * step
    # A few large refunds get one open band at the lower end, too.
    low = max(low, -2 * step)
    edges = np.arange(low, top + step, step)
    found = np.clip(np.digitize(numbers, edges) - 1, 0, len(edges) - 1)
    counts = np.bincount(found, minlength=len(edges))
    highs = np.append(edges[1:], np.inf)
    return pd.DataFrame({"low": edges, "high": highs, "buyers": counts})


def share_histogram(values: pd.Series) -> pd.DataFrame:
    """How many buyers have which probability: ten bands from 0 to 1.

    Returns:
        low, high, buyers.
    """
    edges = np.linspace(0, 1, 11)
    counts, _ = np.histogram(values.to_numpy(dtype=float), bins=edges)
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "buyers": counts})


def _round_step(step: float) -> float:
    power = 10 ** np.floor(np.log10(step))
    for nice in (1, 2, 2.5, 5, 10):
        if step <= nice * power:
            return float(nice * power)
    return float(10 * power)
