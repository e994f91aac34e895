"""Fit what the warehouse's purchases say of its customers.

The purchase summaries (`int_clv_purchase_summaries`) are read from the warehouse, and
the parameters written to its table `clv_parameters`, from which SQL scores everybody.
"""

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any, Protocol

import numpy as np
from scipy.stats import spearmanr

from pipeline.clv.bg_nbd import fit_bg_nbd
from pipeline.clv.gamma_gamma import fit_gamma_gamma
from pipeline.clv.maximum import Array, Maximum

CLV_PARAMETERS = "clv_parameters"
FIT_NAMES = ("all_data", "calibration")

# The status of a fit that can be used; any other says why it cannot.
FITTED = "fitted"
TOO_FEW = "too few customers"
NOT_CONVERGED = "the fit did not converge"
NO_MEAN = "the mean value of a purchase has no bound"
CORRELATED = "value depends on frequency"

# Below these an estimate says little about anybody else.
MINIMUM_CUSTOMERS = 100
MINIMUM_REPEAT_CUSTOMERS = 30
# The Gamma-Gamma model takes frequency and value for independent. Rank correlation, so
# that a few large customers do not decide; CDNOW has 0.15, Online Retail 0.21.
HIGHEST_CORRELATION = 0.3

FIT_COLUMNS: tuple[tuple[str, str], ...] = (
    ("fit_name", "text"),
    ("observed_through", "text"),
    ("customers", "integer"),
    ("repeat_customers", "integer"),
    ("repeat_purchases", "integer"),
    ("purchase_status", "text"),
    ("r", "real"),
    ("alpha", "real"),
    ("a", "real"),
    ("b", "real"),
    ("log_likelihood", "real"),
    ("spend_customers", "integer"),
    ("spend_status", "text"),
    ("p", "real"),
    ("q", "real"),
    ("gamma", "real"),
    ("spend_log_likelihood", "real"),
    ("frequency_value_correlation", "real"),
)


class Warehouse(Protocol):
    """What the fit asks of an engine."""

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Read rows."""

    def write_table(
        self,
        name: str,
        columns: Sequence[tuple[str, str]],
        rows: Sequence[Sequence[object]],
    ) -> None:
        """Replace a small table."""


@dataclass(frozen=True)
class PurchaseSummaries:
    """One entry a customer with a purchase.

    Attributes:
        frequency: Days with a purchase after the first such day.
        recency_days: Days from the first purchase to the last.
        age_days: Days from the first purchase to the end of what was observed.
        mean_value: Mean net value of the repeat days; nan where there are none.
    """

    frequency: Array
    recency_days: Array
    age_days: Array
    mean_value: Array


@dataclass(frozen=True)
class ClvFit:
    """One row of `clv_parameters`; a parameter is None where its status is no fit.

    Attributes:
        fit_name: `all_data`, or `calibration`: all but the last weeks.
        observed_through: The last day of what was fitted, YYYY-MM-DD.
        customers: Customers with a purchase by then.
        repeat_customers: Those of them with a repeat purchase.
        repeat_purchases: Their repeat purchases, one a day.
        purchase_status: `fitted`, or why there is no BG/NBD fit.
        r: Shape of the purchase rates.
        alpha: Rate of the purchase rates, in weeks.
        a: First parameter of the probabilities of leaving.
        b: Second parameter of the probabilities of leaving.
        log_likelihood: Of the BG/NBD fit.
        spend_customers: Repeat customers whose mean value is above 0.
        spend_status: `fitted`, or why there is no Gamma-Gamma fit.
        p: Shape of a customer's values.
        q: Shape of what differs between customers.
        gamma: Rate of what differs between customers, in the warehouse's currency.
        spend_log_likelihood: Of the Gamma-Gamma fit.
        frequency_value_correlation: Spearman's, over the same customers.
    """

    fit_name: str
    observed_through: str
    customers: int
    repeat_customers: int
    repeat_purchases: int
    purchase_status: str
    r: float | None
    alpha: float | None
    a: float | None
    b: float | None
    log_likelihood: float | None
    spend_customers: int
    spend_status: str
    p: float | None
    q: float | None
    gamma: float | None
    spend_log_likelihood: float | None
    frequency_value_correlation: float | None


def fit_warehouse(warehouse: Warehouse, summaries: str, fits: str) -> list[ClvFit]:
    """Fit each window of the purchase summaries, and write `clv_parameters`.

    Args:
        warehouse: Holds both models, built.
        summaries: `int_clv_purchase_summaries`, as it is written in SQL.
        fits: `int_clv_fits`, likewise.
    """
    results = []
    ends = dict(warehouse.query(f"select fit_name, observed_through from {fits}"))  # noqa: S608
    for fit_name in FIT_NAMES:
        rows = warehouse.query(
            "select frequency, recency_days, age_days, mean_repeat_value "  # noqa: S608
            f"from {summaries} where fit_name = '{fit_name}'"
        )
        table = np.array(rows, dtype=np.float64).reshape(-1, 4)
        results.append(
            fit_summaries(fit_name, str(ends[fit_name]), PurchaseSummaries(*table.T))
        )
    warehouse.write_table(
        CLV_PARAMETERS, FIT_COLUMNS, [astuple(result) for result in results]
    )
    return results


def fit_summaries(
    fit_name: str, observed_through: str, summaries: PurchaseSummaries
) -> ClvFit:
    """Fit both models to the customers of one window."""
    frequency = summaries.frequency
    repeats = frequency > 0
    customers, repeat_customers = len(frequency), int(repeats.sum())
    enough = (
        customers >= MINIMUM_CUSTOMERS and repeat_customers >= MINIMUM_REPEAT_CUSTOMERS
    )
    purchases = _fit_purchases(summaries) if enough else None
    purchase_status = _status(purchases)
    r, alpha, a, b = _parameters(purchases, 4)

    spends = repeats & (np.nan_to_num(summaries.mean_value) > 0)
    # In one order, whatever the engine's: sums then agree to the last digit.
    order = np.lexsort((summaries.mean_value[spends], frequency[spends]))
    counts, values = frequency[spends][order], summaries.mean_value[spends][order]
    spend = correlation = None
    if len(values) >= MINIMUM_REPEAT_CUSTOMERS:
        spend = fit_gamma_gamma(counts, values)
        correlation = _correlation(counts, values)
    spend_status = _status(spend)
    p, q, gamma = _parameters(spend, 3)
    if spend_status == FITTED and q is not None and q <= 1:
        spend_status = NO_MEAN
    elif correlation is not None and abs(correlation) > HIGHEST_CORRELATION:
        spend_status = CORRELATED

    return ClvFit(
        fit_name=fit_name,
        observed_through=observed_through,
        customers=customers,
        repeat_customers=repeat_customers,
        repeat_purchases=int(frequency.sum()),
        purchase_status=purchase_status,
        r=r,
        alpha=alpha,
        a=a,
        b=b,
        log_likelihood=_finite(purchases),
        spend_customers=len(values),
        spend_status=spend_status,
        p=p,
        q=q,
        gamma=gamma,
        spend_log_likelihood=_finite(spend),
        frequency_value_correlation=correlation,
    )


def _fit_purchases(summaries: PurchaseSummaries) -> Maximum:
    """Customers alike in all three numbers are counted once, with a weight."""
    columns = (summaries.frequency, summaries.recency_days, summaries.age_days)
    packed = np.zeros(len(summaries.frequency), dtype=np.int64)
    for column in columns:
        packed = packed * (int(column.max()) + 1) + column.astype(np.int64)
    _, first, alike = np.unique(packed, return_index=True, return_counts=True)
    frequency, recency_days, age_days = (column[first] for column in columns)
    return fit_bg_nbd(frequency, recency_days / 7, age_days / 7, alike.astype(float))


def _status(maximum: Maximum | None) -> str:
    if maximum is None:
        return TOO_FEW
    return FITTED if maximum.converged else NOT_CONVERGED


def _parameters(maximum: Maximum | None, count: int) -> tuple[float | None, ...]:
    if maximum is None or not maximum.converged:
        return (None,) * count
    return maximum.parameters


def _finite(maximum: Maximum | None) -> float | None:
    if maximum is None or not math.isfinite(maximum.log_likelihood):
        return None
    return maximum.log_likelihood


def _correlation(frequency: Array, value: Array) -> float | None:
    """Spearman's rank correlation; None where either is the same for all."""
    if np.ptp(frequency) == 0 or np.ptp(value) == 0:
        return None
    return float(spearmanr(frequency, value).statistic)
