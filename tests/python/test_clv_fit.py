"""A window's models are fitted, and each says whether it may be used."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.optimize import approx_fprime

from pipeline.clv import gamma_gamma
from pipeline.clv.fit import (
    CORRELATED,
    LEVEL,
    NO_LEAVING,
    NO_MEAN,
    ModelFit,
    WindowFit,
    choose,
    fit_window,
    leaving_p_value,
)
from pipeline.clv.maximum import (
    FITTED,
    NOT_CONVERGED,
    ON_BOUND,
    TOO_FEW,
    Array,
    Maximum,
)
from pipeline.clv.purchases import BG_NBD, MBG_NBD, LeavingModel, PurchaseSummaries
from pipeline.clv.scores import Horizon
from pipeline.clv.warehouse import TABLES, predict
from tests.python.clv_worlds import cdnow_as_published, simulated

YEAR = Horizon(weeks=52, yearly_discount_rate=0.1)


def fit(summaries: PurchaseSummaries) -> WindowFit:
    kinds, _ = summaries.kinds()
    return fit_window(summaries, kinds, YEAR)


def statuses(window: WindowFit) -> dict[str, str]:
    fits = [*window.purchases.values(), window.spend]
    return {each.model_name: each.status for each in fits}


def alike(customers: int, x: float, t_x: float, age: float) -> PurchaseSummaries:
    """So many customers who did the same, worth 10 a purchase."""
    columns = (np.full(customers, float(value)) for value in (x, t_x, age))
    value = np.full(customers, 10.0 if x else np.nan)
    return PurchaseSummaries(*columns, value)


def test_the_published_spend_estimates_are_found() -> None:
    window = fit(cdnow_as_published())
    # Fader and Hardie (2013)
    assert window.spend.customers == 946
    assert {
        name: round(value, 2) for name, value in window.spend.parameters.items()
    } == {
        "p": 6.25,
        "q": 3.74,
        "gamma": 15.44,
    }
    assert set(statuses(window).values()) == {FITTED}


def test_slopes_of_the_spend_model_are_those_of_its_likelihood() -> None:
    customers = simulated(200, seed=3)
    repeats = customers.frequency > 0
    likelihood = gamma_gamma.SpendLikelihood(
        customers.frequency[repeats], customers.mean_value[repeats]
    )
    place: Array = np.array([5.0, 3.0, 20.0])
    slope = approx_fprime(place, lambda x: likelihood(x)[0], 1e-7)
    np.testing.assert_allclose(likelihood(place)[1], slope, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("at_once", [False, True])
def test_the_simulated_parameters_are_recovered(at_once: bool) -> None:
    window = fit(simulated(20_000, seed=5, may_leave_at_once=at_once))
    world = window.purchases["mbg_nbd" if at_once else "bg_nbd"]
    other = window.purchases["bg_nbd" if at_once else "mbg_nbd"]
    assert choose(window, window) is world
    assert (world.log_likelihood or 0) > (other.log_likelihood or 0) + 10
    found = [world.parameters[name] for name in ("r", "alpha", "a", "b")]
    np.testing.assert_allclose(found, [2, 10, 0.8, 2.5], rtol=0.15)
    found = [window.spend.parameters[name] for name in ("p", "q", "gamma")]
    np.testing.assert_allclose(found, [6, 4, 15], rtol=0.1)


def test_neither_order_nor_the_last_digit_moves_the_estimates() -> None:
    customers = simulated(3000, seed=6)
    shuffled = np.random.default_rng(0).permutation(3000)
    other = PurchaseSummaries(
        customers.frequency[shuffled],
        customers.recency_days[shuffled],
        customers.age_days[shuffled],
        customers.mean_value[shuffled] * (1 + 2e-16 * shuffled),
    )
    one, two = fit(customers), fit(other)
    assert one.purchases["mbg_nbd"].parameters == two.purchases["mbg_nbd"].parameters
    np.testing.assert_allclose(
        list(one.spend.parameters.values()),
        list(two.spend.parameters.values()),
        rtol=1e-8,
    )


def test_where_nobody_leaves_there_is_no_sign_of_it() -> None:
    window = fit(simulated(2000, seed=7, faithful=True))
    assert statuses(window) == {
        "nbd": FITTED,
        "bg_nbd": NO_LEAVING,
        "mbg_nbd": NO_LEAVING,
        "gamma_gamma": FITTED,
    }
    used = choose(window, window)
    assert used is window.purchases["nbd"]
    assert used.scores is not None
    assert np.isnan(used.scores.p_alive).all()
    assert (used.scores.expected_orders > 0).all()


def test_the_level_is_kept_where_nobody_leaves() -> None:
    # at the bound of no leaving half of the ratios are 0, the others chi-squared
    assert leaving_p_value(0.0) == 1.0
    assert leaving_p_value(5.412) == pytest.approx(LEVEL, rel=1e-3)


def test_the_calibrations_likelihood_chooses_between_the_models() -> None:
    def window(bg: float, mbg: float, **status: str) -> WindowFit:
        fits = {
            name: ModelFit(name, status.get(name, FITTED), 500, log_likelihood=value)
            for name, value in (("nbd", -9.0), ("bg_nbd", bg), ("mbg_nbd", mbg))
        }
        return WindowFit(500, 200, 400, fits, ModelFit("gamma_gamma", FITTED, 200))

    def chosen(today: WindowFit, calibration: WindowFit) -> str | None:
        fit = choose(today, calibration)
        return fit and fit.model_name

    bg_before, mbg_before = window(bg=-5.0, mbg=-6.0), window(bg=-6.0, mbg=-5.0)
    today = window(bg=-5.0, mbg=-6.0)
    assert chosen(today, bg_before) == "bg_nbd"
    assert chosen(today, mbg_before) == "mbg_nbd"
    # what cannot be used gives way to the other, and that to the one without leaving
    unfit = window(bg=-5.0, mbg=-6.0, mbg_nbd=ON_BOUND)
    assert chosen(unfit, mbg_before) == "bg_nbd"
    unfit = window(bg=-5.0, mbg=-6.0, mbg_nbd=NOT_CONVERGED, bg_nbd=NO_LEAVING)
    assert chosen(unfit, mbg_before) == "nbd"
    unfit = window(bg=-5.0, mbg=-6.0, mbg_nbd=TOO_FEW, bg_nbd=TOO_FEW, nbd=TOO_FEW)
    assert chosen(unfit, mbg_before) is None


@pytest.mark.parametrize(
    "summaries",
    [
        PurchaseSummaries(*np.empty((4, 0))),
        alike(1, 3, 20, 30),
        alike(500, 0, 0, 70),  # nobody came back
        alike(500, 0, 0, 0),  # the shop's first day
        simulated(60, seed=8),
    ],
    ids=["nobody", "one", "one-time", "one-day", "sixty"],
)
def test_too_few_customers_are_not_fitted(summaries: PurchaseSummaries) -> None:
    window = fit(summaries)
    assert {window.purchases[name].status for name in window.purchases} == {TOO_FEW}
    assert choose(window, window) is None


def test_customers_who_all_do_the_same_are_no_spread_to_fit() -> None:
    # everybody buys every week: the spread of the rates shrinks without end
    window = fit(alike(500, 50, 350, 350))
    assert set(statuses(window).values()) <= {ON_BOUND, NOT_CONVERGED, NO_LEAVING}
    assert choose(window, window) is None


def test_values_that_depend_on_frequency_are_not_predicted() -> None:
    customers = simulated(2000, seed=9)
    by_frequency = customers.mean_value * customers.frequency
    window = fit(replace(customers, mean_value=by_frequency))
    assert window.spend.status == CORRELATED
    assert (window.spend.frequency_value_correlation or 0) > 0.3
    assert window.purchases["bg_nbd"].is_fitted


def test_values_without_a_mean_are_not_predicted() -> None:
    # of a Gamma-Gamma world with q = 0.7 the mean over all customers is infinite
    customers = simulated(3000, seed=12)
    random = np.random.default_rng(12)
    rate = random.gamma(0.7, 1 / 15, 3000)
    count = np.maximum(customers.frequency, 1)
    values = random.gamma(6.0 * count, 1 / (rate * count))
    window = fit(replace(customers, mean_value=values))
    assert window.spend.status == NO_MEAN
    assert window.spend.parameters["q"] < 1


def test_values_that_are_not_above_zero_are_left_out() -> None:
    customers = simulated(2000, seed=10)
    values = customers.mean_value.copy()
    values[::50] = -5.0
    values[1::50] = 0.0
    usable = (customers.frequency > 0) & (values > 0)
    window = fit(replace(customers, mean_value=values))
    assert window.spend.customers == usable.sum()
    expected = gamma_gamma.fit(customers.frequency[usable], values[usable])
    assert window.spend.parameters["p"] == pytest.approx(
        expected.parameters[0], rel=1e-7
    )


@pytest.mark.parametrize(
    ("method", "broken"),
    [
        ("fit", lambda *_: 1 / 0),
        ("fit", lambda *_: Maximum((1.0, 1.0, 1.0, np.nan), -1.0, FITTED)),
        ("orders_if_active", lambda *_: 1 / 0),
        ("orders_if_active", lambda *_: np.array([[np.inf]])),
    ],
    ids=["raises", "nan", "scoring raises", "endless"],
)
def test_whatever_a_fit_meets_is_a_status(
    monkeypatch: pytest.MonkeyPatch, method: str, broken: Any
) -> None:
    monkeypatch.setattr(LeavingModel, method, broken)
    window = fit(simulated(500, seed=11))
    for model in (BG_NBD, MBG_NBD):
        found = window.purchases[model.name]
        assert found.status in ("the fit failed (ZeroDivisionError)", NOT_CONVERGED)
        assert found.scores is None
    assert choose(window, window) is window.purchases["nbd"]


class FakeWarehouse:
    """Answers the questions of the prediction, and keeps what it writes."""

    def __init__(self, customers: PurchaseSummaries) -> None:
        keys = np.arange(len(customers.frequency)) + 7.0
        self._customers = np.array(
            [
                *(keys, customers.frequency, customers.recency_days),
                *(customers.age_days, customers.mean_value, customers.frequency + 1),
                20.0 * (customers.frequency + 1),
            ]
        )
        self.written: dict[str, tuple[Sequence[Any], list[Sequence[Any]]]] = {}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The windows: the calibration has no day, as in a shop without orders."""
        assert "from int_clv_fits" in sql
        return [
            ("calibration", None, 26, 0.1),
            ("all_data", date(2024, 12, 31), 52, 0.1),
        ]

    def read_numbers(self, sql: str) -> Array:
        """The customers of all data, none of the calibration."""
        if "int_clv_holdouts" in sql:
            return np.empty((3, 0))
        return self._customers if "'all_data'" in sql else self._customers[:, :0]

    def write_table(
        self,
        name: str,
        columns: Sequence[tuple[str, str]],
        rows: Sequence[Sequence[object]],
    ) -> None:
        """Keep them."""
        self.written[name] = (columns, list(rows))

    def write_batches(
        self,
        name: str,
        columns: Sequence[tuple[str, str]],
        batches: Iterable[pa.RecordBatch],
    ) -> None:
        """Keep them as rows."""
        rows = [
            row
            for batch in batches
            for row in zip(*(column.to_pylist() for column in batch), strict=True)
        ]
        self.written[name] = (columns, rows)

    def rows(self, table: str) -> list[dict[str, Any]]:
        columns, rows = self.written[table]
        names = [name for name, _ in columns]
        return [dict(zip(names, row, strict=True)) for row in rows]


def test_fits_scores_and_tests_are_written_with_their_columns() -> None:
    warehouse = FakeWarehouse(simulated(500, seed=11))
    predict(warehouse)
    assert {name: columns for name, (columns, _) in warehouse.written.items()} == TABLES
    fits = warehouse.rows("clv_parameters")
    assert [row["fit_name"] for row in fits] == ["calibration"] * 4 + ["all_data"] * 4
    assert [row["status"] for row in fits[:4]] == [TOO_FEW] * 4
    assert [row["observed_through"] for row in fits] == [None] * 4 + ["2024-12-31"] * 4
    assert sum(row["is_used"] for row in fits) == 2
    scores = warehouse.rows("clv_scores")
    assert [row["customer_key"] for row in scores] == list(range(7, 507))
    alive = [row["p_alive"] for row in scores if row["p_alive"] is not None]
    assert alive
    assert all(0 < chance <= 1 for chance in alive)
    assert all(row["predicted_value"] > 0 for row in scores)
    backtest = warehouse.rows("clv_backtest")
    assert {row["forecast_status"] for row in backtest} == {TOO_FEW}
    assert all(row["customers"] == 0 for row in backtest)
    assert warehouse.rows("clv_backtest_deciles") == []


def test_what_cannot_be_said_is_null() -> None:
    warehouse = FakeWarehouse(simulated(2000, seed=7, faithful=True))
    predict(warehouse)
    scores = warehouse.rows("clv_scores")
    assert {row["p_alive"] for row in scores} == {None}
    assert all(row["expected_orders"] > 0 for row in scores)
