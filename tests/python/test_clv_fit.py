"""The lifetime value models are fitted as published, and say when they cannot be."""

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from pipeline.clv.bg_nbd import PurchaseLikelihood, fit_bg_nbd
from pipeline.clv.fit import (
    CORRELATED,
    FIT_COLUMNS,
    FITTED,
    NOT_CONVERGED,
    TOO_FEW,
    PurchaseSummaries,
    fit_summaries,
    fit_warehouse,
)
from pipeline.clv.gamma_gamma import SpendLikelihood, fit_gamma_gamma
from pipeline.clv.maximum import Array

CDNOW = Path(__file__).parents[2].parent / "shared" / "data" / "cdnow_sample"
CALIBRATED_THROUGH = date(1997, 9, 30)


def simulated(
    customers: int, seed: int, weeks: float = 104, *, faithful: bool = False
) -> PurchaseSummaries:
    """Customers of a BG/NBD (2, 10, 0.8, 2.5) and Gamma-Gamma (6, 4, 15) world."""
    random = np.random.default_rng(seed)
    rows = []
    for _ in range(customers):
        rate = random.gamma(2.0, 1 / 10)
        leaving = 0.0 if faithful else random.beta(0.8, 2.5)
        scale = random.gamma(4.0, 1 / 15)
        age = random.uniform(0, weeks)
        days = []
        time = random.exponential(1 / rate)
        while time < age:
            days.append(round(time * 7))
            if random.random() < leaving:
                break
            time += random.exponential(1 / rate)
        repeats = sorted({day for day in days if 0 < day <= round(age * 7)})
        values = random.gamma(6.0, 1 / scale, len(repeats))
        rows.append(
            (
                len(repeats),
                repeats[-1] if repeats else 0,
                round(age * 7),
                values.mean() if repeats else np.nan,
            )
        )
    return PurchaseSummaries(*np.array(rows, dtype=np.float64).T)


@pytest.fixture(scope="module")
def cdnow() -> PurchaseSummaries:
    """The published sample, amounts of zero counted as purchases as in the papers."""
    if not CDNOW.is_dir():
        pytest.skip("the CDNOW sample is not beside the project (../shared/data)")
    with (CDNOW / "raw_order_items.csv").open() as file:
        amounts = {
            row["order_id"]: float(row["price_per_item"]) * int(row["quantity"])
            for row in csv.DictReader(file)
        }
    days: dict[str, dict[date, float]] = {}
    with (CDNOW / "raw_orders.csv").open() as file:
        for row in csv.DictReader(file):
            day = date.fromisoformat(row["order_date"])
            if day <= CALIBRATED_THROUGH:
                own = days.setdefault(row["customer_id"], {})
                own[day] = own.get(day, 0.0) + amounts[row["order_id"]]
    rows = []
    for own in days.values():
        first, *repeats = sorted(own)
        rows.append(
            (
                len(repeats),
                (max(own) - first).days,
                (CALIBRATED_THROUGH - first).days,
                np.mean([own[day] for day in repeats]) if repeats else np.nan,
            )
        )
    return PurchaseSummaries(*np.array(rows, dtype=np.float64).T)


def test_the_published_cdnow_estimates_are_found(cdnow: PurchaseSummaries) -> None:
    fit = fit_summaries("calibration", "1997-09-30", cdnow)
    assert fit.customers == 2357
    assert fit.purchase_status == fit.spend_status == FITTED
    # Fader, Hardie and Lee (2005), table 2
    assert [round(fit.r or 0, 3), round(fit.alpha or 0, 3)] == [0.243, 4.414]
    assert [round(fit.a or 0, 3), round(fit.b or 0, 3)] == [0.793, 2.426]
    assert round(fit.log_likelihood or 0, 1) == -9582.4
    # Fader and Hardie (2013)
    assert fit.spend_customers == 946
    assert [round(fit.p or 0, 2), round(fit.q or 0, 2)] == [6.25, 3.74]
    assert round(fit.gamma or 0, 2) == 15.44


def test_slopes_are_those_of_the_likelihoods() -> None:
    customers = simulated(200, seed=3)
    purchases = PurchaseLikelihood(
        customers.frequency,
        customers.recency_days / 7,
        customers.age_days / 7,
        np.linspace(1, 3, 200),
    )
    repeats = customers.frequency > 0
    spend = SpendLikelihood(customers.frequency[repeats], customers.mean_value[repeats])
    places: list[tuple[Any, Array]] = [
        (purchases, np.array([0.7, 6.0, 0.9, 2.0])),
        (purchases, np.array([3.0, 1.5, 0.2, 7.0])),
        (spend, np.array([5.0, 3.0, 20.0])),
    ]
    for likelihood, place in places:
        slope = approx_fprime(place, lambda x, f=likelihood: f(x)[0], 1e-7)
        np.testing.assert_allclose(likelihood(place)[1], slope, rtol=1e-4, atol=1e-2)


def test_a_weight_counts_as_so_many_alike_customers() -> None:
    customers = simulated(400, seed=4)
    times = [customers.recency_days / 7, customers.age_days / 7]
    twice = [np.concatenate([column, column]) for column in times]
    frequency = np.concatenate([customers.frequency] * 2)
    one = fit_bg_nbd(customers.frequency, times[0], times[1], np.full(400, 2.0))
    other = fit_bg_nbd(frequency, twice[0], twice[1], np.ones(800))
    np.testing.assert_allclose(one.parameters, other.parameters, rtol=1e-9)


def test_the_simulated_parameters_are_recovered() -> None:
    fit = fit_summaries("all_data", "2024-12-31", simulated(20_000, seed=5))
    assert (fit.purchase_status, fit.spend_status) == (FITTED, FITTED)
    np.testing.assert_allclose([fit.r or 0, fit.alpha or 0], [2, 10], rtol=0.1)
    np.testing.assert_allclose([fit.a or 0, fit.b or 0], [0.8, 2.5], rtol=0.15)
    np.testing.assert_allclose(
        [fit.p or 0, fit.q or 0, fit.gamma or 0], [6, 4, 15], rtol=0.1
    )


def test_neither_order_nor_the_last_digit_moves_the_estimates() -> None:
    customers = simulated(3000, seed=6)
    shuffled = np.random.default_rng(0).permutation(3000)
    other = PurchaseSummaries(
        customers.frequency[shuffled],
        customers.recency_days[shuffled],
        customers.age_days[shuffled],
        customers.mean_value[shuffled] * (1 + 2e-16 * shuffled),
    )
    fits = [fit_summaries("all_data", "", each) for each in (customers, other)]
    numbers = [
        [fit.r, fit.alpha, fit.a, fit.b, fit.p, fit.q, fit.gamma] for fit in fits
    ]
    np.testing.assert_allclose(
        np.array(numbers[0], float), np.array(numbers[1], float), rtol=1e-8
    )


def test_that_nobody_leaves_is_an_answer() -> None:
    fit = fit_summaries("all_data", "", simulated(2000, seed=7, faithful=True))
    assert fit.purchase_status == FITTED
    assert (fit.a or 1) / (fit.b or 1) < 0.01


def test_too_few_customers_are_not_fitted() -> None:
    fit = fit_summaries("all_data", "", simulated(60, seed=8))
    assert (fit.purchase_status, fit.r) == (TOO_FEW, None)
    none = fit_summaries("calibration", "", PurchaseSummaries(*np.empty((4, 0))))
    assert (none.customers, none.purchase_status, none.spend_status) == (
        0,
        TOO_FEW,
        TOO_FEW,
    )


def test_customers_who_never_come_back_are_too_few_repeat_customers() -> None:
    once = np.zeros(500)
    fit = fit_summaries(
        "all_data", "", PurchaseSummaries(once, once, once + 70, once * np.nan)
    )
    assert (fit.customers, fit.purchase_status, fit.spend_status) == (
        500,
        TOO_FEW,
        TOO_FEW,
    )


def test_clockwork_customers_have_no_maximum() -> None:
    # everybody buys every week: the spread of the rates shrinks without end
    count = np.full(500, 50.0)
    fit = fit_summaries(
        "all_data", "", PurchaseSummaries(count, count * 7, count * 7, count + 1)
    )
    assert (fit.purchase_status, fit.r) == (NOT_CONVERGED, None)
    assert (fit.spend_status, fit.p) == (NOT_CONVERGED, None)


def test_values_that_depend_on_frequency_are_not_predicted() -> None:
    customers = simulated(2000, seed=9)
    fit = fit_summaries(
        "all_data",
        "",
        PurchaseSummaries(
            customers.frequency,
            customers.recency_days,
            customers.age_days,
            customers.mean_value * customers.frequency,
        ),
    )
    assert fit.purchase_status == FITTED
    assert fit.spend_status == CORRELATED
    assert (fit.frequency_value_correlation or 0) > 0.3


def test_values_that_are_not_above_zero_are_left_out() -> None:
    customers = simulated(2000, seed=10)
    values = customers.mean_value.copy()
    values[::50] = -5.0
    values[1::50] = 0.0
    usable = (customers.frequency > 0) & (values > 0)
    fit = fit_summaries(
        "all_data",
        "",
        PurchaseSummaries(
            customers.frequency, customers.recency_days, customers.age_days, values
        ),
    )
    assert fit.spend_customers == usable.sum()
    expected = fit_gamma_gamma(customers.frequency[usable], values[usable])
    np.testing.assert_allclose([fit.p or 0], expected.parameters[:1], rtol=1e-7)


class FakeWarehouse:
    """Answers the two questions of the fit, and keeps what it writes."""

    def __init__(self, customers: PurchaseSummaries) -> None:
        self._rows = [
            (int(x), int(t), int(age), None if np.isnan(value) else float(value))
            for x, t, age, value in zip(
                customers.frequency,
                customers.recency_days,
                customers.age_days,
                customers.mean_value,
                strict=True,
            )
        ]
        self.written: dict[str, tuple[Sequence[Any], Sequence[Any]]] = {}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The last days, the customers of all data, none of the calibration."""
        if "from fits" in sql:
            return [("calibration", None), ("all_data", date(2024, 12, 31))]
        return self._rows if "'all_data'" in sql else []

    def write_table(
        self,
        name: str,
        columns: Sequence[tuple[str, str]],
        rows: Sequence[Sequence[object]],
    ) -> None:
        """Keep them."""
        self.written[name] = (columns, rows)


def test_each_fit_is_a_row_of_clv_parameters() -> None:
    warehouse = FakeWarehouse(simulated(500, seed=11))
    fits = fit_warehouse(warehouse, "summaries", "fits")
    columns, rows = warehouse.written["clv_parameters"]
    names = [name for name, _ in FIT_COLUMNS]
    assert columns == FIT_COLUMNS
    assert [dict(zip(names, row, strict=True))["fit_name"] for row in rows] == [
        "all_data",
        "calibration",
    ]
    assert (fits[0].observed_through, fits[0].purchase_status) == ("2024-12-31", FITTED)
    assert fits[1].purchase_status == TOO_FEW
