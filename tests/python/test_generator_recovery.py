"""Fits find the planted parameters again on the stationary profile."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, gammaln

from generator import GeneratorConfig, Profile, generate

CONFIG = GeneratorConfig(customers=50_000, profile=Profile.STATIONARY)
Array = NDArray[Any]


@pytest.fixture(scope="module")
def purchase_days(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """One row per customer and purchase day: customer_id, day, value in dollars."""
    out = tmp_path_factory.mktemp("stationary")
    generate(CONFIG, out)
    orders = pd.read_csv(out / "raw_orders.csv", dtype="str", keep_default_na=False)
    # Guests have no history, and a cancelled order is no purchase.
    orders = orders[
        (orders["customer_id"] != "") & ~orders["status"].isin(["cancelled", "failed"])
    ]
    items = pd.read_csv(
        out / "raw_order_items.csv", usecols=["order_id", "quantity", "price_per_item"]
    )
    values = items["quantity"] * items["price_per_item"]
    orders["value"] = orders["order_id"].map(values.groupby(items["order_id"]).sum())
    moments = pd.to_datetime(orders["order_date"].str[:10], format="%Y-%m-%d")
    orders["day"] = (moments - pd.Timestamp(CONFIG.start)).dt.days
    return orders.groupby(["customer_id", "day"], as_index=False)["value"].sum()


def minimised(function: Any, start: list[float], *arguments: Array) -> Array:
    """Return the parameters, all positive, that minimise a function of their logs."""
    result = minimize(
        lambda logs: function(np.exp(logs), *arguments),
        np.log(start),
        method="Nelder-Mead",
        options={"xatol": 1e-5, "fatol": 1e-9, "maxiter": 4000},
    )
    assert result.success
    return np.exp(result.x)


def bg_nbd_loss(parameters: Array, x: Array, t_x: Array, t: Array, n: Array) -> float:
    """Return the mean negative log-likelihood, Fader, Hardie and Lee (2005), eq. 6.

    Args:
        parameters: r, alpha, a, b.
        x: Repeat purchase days.
        t_x: Weeks from the first to the last purchase.
        t: Weeks from the first purchase to the end of the period.
        n: Customers that share the row.
    """
    r, alpha, a, b = parameters
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - betaln(a, b)
    alive = betaln(a, b + x) - (r + x) * np.log(alpha + t)
    repeats = np.maximum(x, 1)
    left = betaln(a + 1, b + repeats - 1) - (r + x) * np.log(alpha + t_x)
    left = np.where(x > 0, left, -np.inf)
    total = n * (common + np.logaddexp(alive, left))
    return -float(total.sum() / n.sum())


def gamma_gamma_loss(parameters: Array, x: Array, mean: Array) -> float:
    """Return the mean negative log-likelihood, Fader and Hardie (2013), eq. 1a.

    Args:
        parameters: p, q, gamma.
        x: Repeat purchase days, at least 1.
        mean: Their mean value.
    """
    p, q, gamma = parameters
    likelihood = (
        gammaln(p * x + q)
        - gammaln(p * x)
        - gammaln(q)
        + q * np.log(gamma)
        + (p * x - 1) * np.log(mean)
        + p * x * np.log(x)
        - (p * x + q) * np.log(gamma + mean * x)
    )
    return -float(likelihood.mean())


def test_bg_nbd_parameters_are_found_within_five_percent(
    purchase_days: pd.DataFrame,
) -> None:
    days = purchase_days.groupby("customer_id")["day"].agg(["min", "max", "count"])
    history = np.stack(
        [
            days["count"] - 1,
            (days["max"] - days["min"]) / 7,
            (CONFIG.days - 1 - days["min"]) / 7,
        ]
    )
    (x, t_x, t), customers = np.unique(history, axis=1, return_counts=True)
    assert customers.sum() > 40_000
    found = minimised(bg_nbd_loss, [1, 5, 1, 3], x, t_x, t, customers)
    planted = CONFIG.purchases
    expected = [planted.r, planted.alpha, planted.a, planted.b]
    np.testing.assert_allclose(found, expected, rtol=0.05)


def test_gamma_gamma_parameters_are_found_within_ten_percent(
    purchase_days: pd.DataFrame,
) -> None:
    first = purchase_days.groupby("customer_id")["day"].transform("min")
    repeats = purchase_days[purchase_days["day"] > first]
    spent = repeats.groupby("customer_id")["value"].agg(["count", "mean"])
    assert (spent["mean"] > 0).all()
    found = minimised(
        gamma_gamma_loss,
        [3, 3, 30],
        spent["count"].to_numpy(float),
        spent["mean"].to_numpy(),
    )
    planted = CONFIG.spend
    np.testing.assert_allclose(found, [planted.p, planted.q, planted.gamma], rtol=0.1)
    mean_order = planted.p * planted.gamma / (planted.q - 1)
    assert spent["mean"].mean() == pytest.approx(mean_order, rel=0.02)


def test_spend_does_not_depend_on_how_often_a_customer_buys(
    purchase_days: pd.DataFrame,
) -> None:
    # The first day's value: a mean of several skewed values would rank higher.
    spent = purchase_days.groupby("customer_id")["value"].agg(["count", "first"])
    assert abs(float(spent["count"].corr(spent["first"], method="spearman"))) < 0.02


def test_another_seed_plants_the_same_parameters(tmp_path: Path) -> None:
    small = GeneratorConfig(customers=50, profile=Profile.STATIONARY)
    other = GeneratorConfig(customers=50, profile=Profile.STATIONARY, seed=1)
    truths = [generate(small, tmp_path / "a"), generate(other, tmp_path / "b")]
    assert truths[0]["purchase_process"] == truths[1]["purchase_process"]
    assert truths[0]["totals"] != truths[1]["totals"]
