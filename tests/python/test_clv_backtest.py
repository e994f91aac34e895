"""Ways to forecast are measured as scipy and plain counting would."""

from dataclasses import fields

import numpy as np
import pytest
from scipy import stats

from pipeline.clv.backtest import (
    Customers,
    Forecast,
    Holdout,
    measure,
    plain_forecasts,
)
from pipeline.clv.maximum import Array


def holdout(**columns: list[float]) -> Holdout:
    """Customers with these numbers, and 1 for all others."""
    size = len(next(iter(columns.values())))

    def column(name: str) -> Array:
        return np.array(columns.get(name, [1.0] * size), float)

    customers = Customers(
        **{each.name: column(each.name) for each in fields(Customers)}
    )
    actual = (column(f"actual_{name}") for name in ("orders", "sales"))
    return Holdout(customers, *actual, weeks=4)


def test_each_plain_way_forecasts_each_customer() -> None:
    customers = holdout(
        frequency=[2, 0],
        orders=[4, 1],
        recency_days=[28, 0],
        # bought once, on the last day: no rate of either kind
        age_days=[56, 0],
        net_sales=[30, 7],
    )
    forecasts = {each.method: each for each in plain_forecasts(customers)}
    assert {name: list(each.orders) for name, each in forecasts.items()} == {
        "same_count": [2, 0],
        "same_rate": [1, 0],
        "historical_rate": [4, 0],
        "nobody": [0, 0],
    }
    assert list(forecasts["historical_rate"].sales) == [40, 0]


def test_equal_forecasts_are_in_one_tenth() -> None:
    customers = holdout(actual_orders=[5, 3, 0, 2], actual_sales=[50, 30, 0, 9.0001])
    forecast = Forecast("same", np.array([4.0, 4, 1, 0]), np.array([40.0, 20, 10, 0]))
    accuracy, tenths = measure(forecast, customers)
    assert (accuracy.predicted_orders, accuracy.actual_orders) == (9, 10)
    assert (accuracy.predicted_sales, accuracy.actual_sales) == (70, 89.0001)
    assert accuracy.root_mean_squared_error == pytest.approx(np.sqrt(7 / 4))
    assert accuracy.mean_absolute_error == pytest.approx(5 / 4)
    # a tenth is 0.4 of a customer: a fifth of each of the two, of 8 in 10
    assert accuracy.top_tenth_share == pytest.approx(0.2 * 8 / 10)
    assert [
        (t.decile, t.customers, t.predicted_orders, t.actual_orders, t.actual_sales)
        for t in tenths
    ] == [(1, 2, 8, 8, 80), (6, 1, 1, 0, 0), (8, 1, 0, 2, 9.0001)]


def test_ranks_are_spearmans() -> None:
    random = np.random.default_rng(1)
    actual = random.poisson(1.0, 500).astype(float)
    # equal to nine decimals is equal on every engine
    orders = random.poisson(2.0, 500) / 3 + random.random(500) * 1e-12
    accuracy, tenths = measure(
        Forecast("some", orders, orders), holdout(actual_orders=list(actual))
    )
    expected = stats.spearmanr(orders.round(9), actual).statistic
    assert accuracy.rank_correlation == pytest.approx(expected, rel=1e-12)
    assert sum(tenth.customers for tenth in tenths) == 500
    assert sum(tenth.actual_orders for tenth in tenths) == actual.sum()


def test_what_has_no_forecast_is_not_measured() -> None:
    nothing = np.full(3, np.nan)
    accuracy, tenths = measure(
        Forecast("none", nothing, nothing), holdout(actual_orders=[1, 2, 0])
    )
    assert (accuracy.customers, accuracy.actual_orders) == (3, 3)
    assert accuracy.predicted_orders is None
    assert accuracy.root_mean_squared_error is None
    assert tenths == []


def test_orders_may_be_forecast_without_their_money() -> None:
    orders = np.array([1.0, 2.0])
    accuracy, tenths = measure(
        Forecast("orders", orders, orders * np.nan), holdout(actual_orders=[1, 2])
    )
    assert (accuracy.predicted_orders, accuracy.predicted_sales) == (3, None)
    assert [tenth.predicted_sales for tenth in tenths] == [None, None]


def test_equal_forecasts_and_a_holdout_without_purchases_rank_nobody() -> None:
    nobody = np.zeros(2)
    accuracy, _ = measure(
        Forecast("nobody", nobody, nobody), holdout(actual_orders=[0, 0])
    )
    assert accuracy.rank_correlation is None
    assert accuracy.top_tenth_share is None
