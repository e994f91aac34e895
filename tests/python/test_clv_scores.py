"""Predictions in the warehouse are the models' own, customer by customer."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from tests.python.warehouses import read_frame, read_rows, run_models

CLOSE = 1e-6


@pytest.fixture(scope="module")
def parameters(demo_warehouse: Path) -> pd.DataFrame:
    return read_frame(
        demo_warehouse, "select * from rpt_clv_models where is_used"
    ).set_index(["fit_name", "model_name"])


def summaries(warehouse: Path, fit: str) -> pd.DataFrame:
    """Purchase summaries of a fit with the scores that the warehouse has for them."""
    customers = read_frame(
        warehouse,
        "select summaries.*, scores.p_alive, scores.expected_orders,"
        " scores.expected_average_value, scores.predicted_value, fits.horizon_weeks"
        " from int_clv_purchase_summaries as summaries"
        " join clv_scores as scores using (fit_name, customer_key)"
        f" join int_clv_fits as fits using (fit_name) where fit_name = '{fit}'",
    )
    return customers.assign(
        recency_weeks=customers.recency_days / 7, age_weeks=customers.age_days / 7
    )


def p_alive(fit: pd.Series, x: pd.Series, t_x: pd.Series, age: pd.Series) -> pd.Series:
    """P(alive): Fader, Hardie and Lee (2008), "Computing P(alive) using BG/NBD"."""
    odds = (
        (x > 0)
        * fit.a
        / (fit.b + np.maximum(x, 1) - 1)
        * ((fit.alpha + age) / (fit.alpha + t_x)) ** (fit.r + x)
    )
    return 1 / (1 + odds)


def expected_orders(fit: pd.Series, customers: pd.DataFrame) -> pd.Series:
    """E[Y(t) | x, t_x, T]: Fader, Hardie and Lee (2005), equation 10, Euler's form."""
    x, age, t = customers.frequency, customers.age_weeks, customers.horizon_weeks
    z = t / (fit.alpha + age + t)
    series = special.hyp2f1(
        fit.a + fit.b - 1 - fit.r, fit.a - 1, fit.a + fit.b + x - 1, z
    )
    active = (
        (fit.a + fit.b + x - 1) / (fit.a - 1) * (1 - (1 - z) ** (fit.a - 1) * series)
    )
    return active * p_alive(fit, x, customers.recency_weeks, age)


@pytest.mark.parametrize("fit_name", ["all_data", "calibration"])
def test_scores_equal_scipy(
    demo_warehouse: Path, parameters: pd.DataFrame, fit_name: str
) -> None:
    # the demo shop is a BG/NBD world
    fit = parameters.loc[fit_name, "bg_nbd"]
    spend = parameters.loc[fit_name, "gamma_gamma"]
    customers = summaries(demo_warehouse, fit_name)

    alive = p_alive(
        fit, customers.frequency, customers.recency_weeks, customers.age_weeks
    )
    value = (
        spend.p
        * (spend.gamma + customers.frequency * customers.mean_repeat_value.fillna(0))
        / (spend.p * customers.frequency + spend.q - 1)
    )

    assert len(customers) > 1000
    # by BG/NBD whoever bought once had no chance to leave: nothing is known of them
    once = customers.frequency == 0
    assert (alive[once] == 1).all()
    assert customers.p_alive.isna().equals(once)
    np.testing.assert_allclose(customers.p_alive[~once], alive[~once], rtol=CLOSE)
    np.testing.assert_allclose(
        customers.expected_orders, expected_orders(fit, customers), rtol=CLOSE
    )
    np.testing.assert_allclose(customers.expected_average_value, value, rtol=CLOSE)
    # money of the horizon is worth between all of it and what a year later leaves
    undiscounted = customers.expected_orders * value
    assert (customers.predicted_value < undiscounted).all()
    assert (customers.predicted_value > undiscounted / 1.1).all()


def test_the_backtest_measures_what_it_says(
    demo_warehouse: Path, parameters: pd.DataFrame
) -> None:
    through = parameters.loc["calibration", "bg_nbd"].observed_through
    customers = summaries(demo_warehouse, "calibration").set_index("customer_key")
    actual = read_frame(
        demo_warehouse,
        "select customer_key, count(distinct time_key) as orders from FactOrders"
        " join DimTime using (time_key)"
        f" where has_sale and date > '{through}' group by customer_key",
    ).set_index("customer_key")
    actual_orders = actual.orders.reindex(customers.index, fill_value=0)
    forecasts = {
        "bg_nbd": customers.expected_orders,
        "same_count": customers.frequency.astype(float),
        "nobody": 0.0 * customers.frequency,
    }
    backtest = read_frame(demo_warehouse, "select * from rpt_clv_backtest").set_index(
        "forecast_method"
    )

    for method, forecast in forecasts.items():
        row = backtest.loc[method]
        error = forecast - actual_orders
        assert row.customers == len(customers)
        assert row.actual_orders == actual_orders.sum()
        assert row.predicted_orders == pytest.approx(forecast.sum(), rel=CLOSE)
        assert row.root_mean_squared_error == pytest.approx(
            np.sqrt((error**2).mean()), rel=CLOSE
        )
        assert row.mean_absolute_error == pytest.approx(error.abs().mean(), rel=CLOSE)
        if method != "nobody":
            correlation = stats.spearmanr(forecast.round(9), actual_orders).statistic
            assert row.rank_correlation == pytest.approx(correlation, rel=CLOSE)


def test_deciles_add_up_to_the_whole(demo_warehouse: Path) -> None:
    totals = read_frame(
        demo_warehouse,
        "select whole.customers, sum(parts.customers) as parts_customers,"
        " whole.actual_orders, sum(parts.actual_orders) as parts_orders"
        " from rpt_clv_backtest as whole"
        " join rpt_clv_backtest_deciles as parts using (forecast_method)"
        " group by forecast_method",
    )

    assert not totals.empty
    assert (totals.customers == totals.parts_customers).all()
    np.testing.assert_allclose(totals.actual_orders, totals.parts_orders, rtol=CLOSE)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("delete from clv_parameters", "not fitted: run python -m pipeline fit"),
        # made by an earlier version
        (
            "alter table clv_parameters drop column buyers",
            "not fitted: run python -m pipeline fit",
        ),
        (
            "update clv_parameters set buyers = buyers + 1",
            "fitted on other data: run python -m pipeline fit",
        ),
    ],
)
def test_a_missing_or_outdated_fit_predicts_nothing_and_says_why(
    demo_warehouse: Path, tmp_path: Path, change: str, status: str
) -> None:
    database = Path(shutil.copy(demo_warehouse, tmp_path / "shop.db"))
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(change)

    run_models(database, "source:predictions+")

    told = "select distinct model_status, is_used, r from rpt_clv_models"
    assert read_rows(database, told) == [(status, 0, None)]
    tested = "select distinct forecast_status, predicted_orders from rpt_clv_backtest"
    assert read_rows(database, tested) == [(status, None)]
    values = "select distinct p_alive, predicted_value from rpt_customer_lifetime_value"
    assert read_rows(database, values) == [(None, None)]
