"""What buyers are worth, so far and from here on."""

import numpy as np
import pandas as pd

from dashboard.filters import customers_in
from dashboard.warehouse import Warehouse

# What a buyer's beginning is described by, as the page calls it.
ORIGINS = {
    "Country": "country",
    "Main category": "first_category",
    "First product": "first_product_category",
    "Returned or kept": "first_order_outcome",
}


PREDICTIONS = ("p_alive", "expected_orders", "predicted_value")


LEAVING_MODELS = ("bg_nbd", "mbg_nbd")


PURCHASE_MODELS = (*LEAVING_MODELS, "nbd")


SPEND_MODEL = "gamma_gamma"


def lifetime_values(warehouse: Warehouse, countries: tuple[str, ...]) -> pd.DataFrame:
    """One row per buyer: total_spending, total_orders, cohort_year_month.

    The predicted columns follow where the warehouse has them.
    """
    join, condition, parameters = customers_in("clv", countries)
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
