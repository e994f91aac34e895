"""What buyers are worth, so far and from here on."""

import numpy as np
import pandas as pd

from dashboard.filters import customers_in, values_of
from dashboard.warehouse import Warehouse

# What a buyer's beginning is described by, as the page calls it.
ORIGINS = {
    "Country": "country",
    "Main category": "first_category",
    "First product": "first_product_category",
    "Returned or kept": "first_order_outcome",
}

# The month of the first order, as rpt_cohort_values calls it.
BY_MONTH = "first_order_month"

# The models of rpt_clv_models, by what they say.
LEAVING_MODELS = ("bg_nbd", "mbg_nbd")
PURCHASE_MODELS = (*LEAVING_MODELS, "nbd")
SPEND_MODEL = "gamma_gamma"


def lifetime_values(warehouse: Warehouse, countries: tuple[str, ...]) -> pd.DataFrame:
    """One row per buyer.

    Returns:
        total_spending, total_orders, and p_alive, expected_orders and predicted_value
        (missing where nothing can be predicted).
    """
    join, condition = customers_in("clv", countries)
    rows = warehouse.query(
        "select clv.total_spending, clv.total_orders, "
        "clv.p_alive, clv.expected_orders, clv.predicted_value "
        f"from rpt_customer_lifetime_value as clv {join} where {condition}",
        values_of("country", countries),
    )
    amounts = ("total_spending", "p_alive", "expected_orders", "predicted_value")
    return rows.astype(dict.fromkeys(amounts, float))


def totals(values: pd.DataFrame) -> dict[str, float | None]:
    """The headline figures of rows of `lifetime_values`, by metric."""
    spent = values["total_spending"]
    return {
        "buyers": float(len(values)),
        "mean_value": float(spent.mean()),
        "median_value": float(spent.median()),
        "top_tenth_share": top_share(spent, 0.1),
        "gini": gini(spent),
    }


def predicted_totals(values: pd.DataFrame) -> dict[str, float]:
    """What rows of `lifetime_values` predict, by metric; what is not known is left out.

    Values and orders are summed, and the chance to be active is the mean.
    """
    figures = {
        "predicted_value": values["predicted_value"].sum(min_count=1),
        "expected_orders": values["expected_orders"].sum(min_count=1),
        "p_alive": values["p_alive"].mean(),
    }
    return {key: float(value) for key, value in figures.items() if not pd.isna(value)}


def prediction_models(warehouse: Warehouse) -> pd.DataFrame:
    """Rows of rpt_clv_models: the models fitted to all data."""
    return warehouse.query(
        "select model_name, model_status, is_used, horizon_weeks "
        "from rpt_clv_models where fit_name = 'all_data' order by model_name"
    ).astype({"is_used": bool})


def backtest(warehouse: Warehouse) -> pd.DataFrame:
    """Rows of rpt_clv_backtest: how forecasts did on weeks they had not seen.

    The model used comes first, then from the nearest on; empty without the test.
    """
    return warehouse.query(
        "select forecast_method, forecast_status, is_used, holdout_weeks, "
        "customers, actual_orders, predicted_orders, relative_error, actual_sales, "
        "predicted_sales, relative_sales_error, root_mean_squared_error "
        "from rpt_clv_backtest "
        "order by case when is_used then 0 when relative_error is null then 2 else 1 "
        "end, abs(relative_error), forecast_method"
    ).astype({"is_used": bool})


def nearest(rows: pd.DataFrame, error: str) -> pd.Series:
    """The row of `backtest` with the smallest error of a kind, up or down."""
    return rows.iloc[int(rows[error].astype(float).abs().argmin())]


def better_than_used(rows: pd.DataFrame) -> pd.Series:
    """In what each way of `backtest` was nearer than the one used, in words."""
    errors = rows[["relative_error", "root_mean_squared_error"]].astype(float).abs()
    used = errors[rows["is_used"]].iloc[0]
    words = {
        (True, True): "in total and per customer",
        (True, False): "in total",
        (False, True): "per customer",
        (False, False): "in nothing",
    }
    said = [words[total, each] for total, each in (errors < used).to_numpy()]
    known = errors.notna().all(axis=1) & ~rows["is_used"]
    return pd.Series(said, index=rows.index).where(known)


def backtest_tenths(warehouse: Warehouse) -> pd.DataFrame:
    """Rows of rpt_clv_backtest_deciles for the model used, highest forecasts first."""
    return warehouse.query(
        "select tenths.decile, tenths.customers, tenths.predicted_orders, "
        "tenths.actual_orders from rpt_clv_backtest_deciles as tenths "
        "inner join rpt_clv_backtest as methods "
        "on tenths.forecast_method = methods.forecast_method "
        "where methods.is_used order by tenths.decile"
    )


def origin_values(warehouse: Warehouse, kind: str, days: int) -> pd.DataFrame:
    """Rows of rpt_cohort_values: buyers by a beginning, some days after it.

    The kind is a value of `ORIGINS`, or `BY_MONTH`. Averages of too few customers are
    missing; the highest value comes first.
    """
    averages = ("value_per_customer", "orders_per_customer", "returning_share")
    return warehouse.query(
        f"select origin, customers, returning_customers, {', '.join(averages)} "
        "from rpt_cohort_values "
        "where origin_kind = :kind and days_since_first_order = :days "
        "order by value_per_customer is null, value_per_customer desc, origin",
        {"kind": kind, "days": days},
    ).astype(dict.fromkeys(averages, float))


def _shares_of_money(values: pd.Series) -> np.ndarray | None:
    """Each buyer's part of all money, the smallest first; None without any money.

    Buyers whose returns outweigh their purchases count as 0: shares of a total need
    parts that are not negative.
    """
    parts = np.sort(values.clip(lower=0).to_numpy(dtype=float))
    total = float(parts.sum())
    return parts / total if total > 0 else None


def lorenz(values: pd.Series, points: int = 101) -> pd.DataFrame:
    """The Lorenz curve: buyer_share and money_share, from the smallest buyer on."""
    shares = _shares_of_money(values)
    if shares is None:
        return pd.DataFrame({"buyer_share": [0.0, 1.0], "money_share": [0.0, 1.0]})
    heights = np.concatenate([[0.0], np.cumsum(shares)])
    buyers = np.linspace(0, 1, points)
    money = np.interp(buyers, np.linspace(0, 1, heights.size), heights)
    return pd.DataFrame({"buyer_share": buyers, "money_share": money})


def gini(values: pd.Series) -> float | None:
    """The Gini coefficient of the buyers' values; None without positive values."""
    shares = _shares_of_money(values)
    if shares is None:
        return None
    ranks = np.arange(1, shares.size + 1)
    return float((2 * ranks - shares.size - 1) @ shares) / shares.size


def top_share(values: pd.Series, share: float) -> float | None:
    """The part of all money that the top share of buyers has; None without money."""
    shares = _shares_of_money(values)
    if shares is None:
        return None
    return float(shares[-max(1, round(shares.size * share)) :].sum())


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
    """The next of 1, 2, 2.5 and 5 times a power of ten."""
    power = float(10 ** np.floor(np.log10(step)))
    steps = (factor * power for factor in (1, 2, 2.5, 5))
    return next((rounded for rounded in steps if step <= rounded), 10 * power)
