"""Sales are forecast from what was known, with bands that hold what they promise."""

from dataclasses import astuple
from datetime import date, timedelta

import numpy as np
import pytest

from pipeline.forecast.model import HORIZON, Array, forecast, seasonal_naive
from pipeline.forecast.trials import LEAST_WEEKS, Trial, backtest, band, bands_of
from pipeline.forecast.warehouse import (
    FITTED,
    TABLES,
    TOO_FEW,
    TOO_SHORT,
    SalesForecast,
    forecast_series,
)

LAST = date(2025, 6, 30)
WEEKDAYS = np.array([1.3, 1.1, 1.0, 0.9, 0.9, 1.8, 0.0])
THREE_YEARS = 157


def planted(weeks: int, is_steady: bool = False) -> Array:
    """Expected net sales of each day: weekdays, a season, and 10 % growth a year."""
    day = np.arange(weeks * 7) * (not is_steady)
    growth = 1.1 ** (day / 365.25)
    season = 1 + 0.3 * np.cos(2 * np.pi * day / 365.25)
    return (1000 * growth * season).reshape(weeks, 7) * WEEKDAYS


def simulated(weeks: int, seed: int, is_steady: bool = False) -> tuple[Array, Array]:
    """What a shop sold, and what it sells after that: days of gamma noise (30 %)."""
    sold = planted(weeks + HORIZON, is_steady)
    sold *= np.random.default_rng(seed).gamma(11, 1 / 11, sold.shape)
    return sold[:weeks], sold[weeks:]


def forecast_of(days: Array) -> SalesForecast:
    """The forecast of a series that sold so, a row a week until `LAST`."""
    amounts = {
        LAST - timedelta(days=back): round(amount * 10_000)
        for back, amount in enumerate(days.ravel()[::-1])
        if amount
    }
    return forecast_series("Toys", False, amounts, LAST)


def test_a_planted_season_and_growth_are_found() -> None:
    coming = planted(THREE_YEARS + HORIZON)[THREE_YEARS:].sum(axis=1)
    errors = []
    for seed in range(20):
        known, _ = simulated(THREE_YEARS, seed)
        errors.append(forecast(known.sum(axis=1)) / coming - 1)

    # Half of the forecast is a level, which lags behind a season: within a tenth.
    assert np.abs(np.mean(errors)) < 0.05
    assert np.mean(np.abs(errors)) < 0.10


def test_a_season_is_followed_and_not_only_the_level() -> None:
    known, coming = planted(THREE_YEARS), planted(THREE_YEARS + HORIZON)[THREE_YEARS:]
    weeks, truth = known.sum(axis=1), coming.sum(axis=1)
    level = np.full(HORIZON, weeks[-1])

    error = np.abs(forecast(weeks) - truth).mean()

    assert error < 0.6 * np.abs(level - truth).mean()
    assert error < np.abs(seasonal_naive(weeks) - truth).mean()


def test_days_follow_the_weekdays_and_add_up_to_weeks() -> None:
    known, _ = simulated(THREE_YEARS, 1)
    expected = forecast_of(known).expected

    assert expected is not None
    assert expected.sum(axis=1) == pytest.approx(forecast(known.sum(axis=1)))
    shares = expected[0] / expected[0].sum()
    assert shares == pytest.approx(WEEKDAYS / WEEKDAYS.sum(), abs=0.02)
    # A shop that is closed on one weekday is forecast to be.
    assert (expected[:, 6] == 0).all()


def covered(is_steady: bool) -> list[float]:
    """Of the days, weeks and totals of 60 shops, the shares within their bands."""
    days, weeks, totals = [], [], []
    for seed in range(60):
        known, coming = simulated(THREE_YEARS, seed, is_steady)
        found = forecast_of(known)
        assert found.expected is not None
        assert found.bands is not None
        of_days = band(found.expected, found.bands.day[:, np.newaxis])
        of_weeks = band(found.expected.sum(axis=1), found.bands.week)
        of_all = band(found.expected.sum(), np.array(found.bands.total))
        for held, ends, came in (
            (days, of_days, coming),
            (weeks, of_weeks, coming.sum(axis=1)),
            (totals, of_all, coming.sum()),
        ):
            held.append(np.mean((ends[0] <= came) & (came <= ends[1])))
    return [float(np.mean(held)) for held in (days, weeks, totals)]


def test_bands_of_a_steady_shop_hold_80_of_100() -> None:
    days, weeks, totals = covered(is_steady=True)

    # Two standard errors and a little: the trials of a shop overlap, and so do weeks.
    assert days == pytest.approx(0.8, abs=0.05)
    assert weeks == pytest.approx(0.8, abs=0.05)
    assert totals == pytest.approx(0.8, abs=0.10)


def test_bands_of_a_season_are_wide_rather_than_narrow() -> None:
    # Their trials go round the year, through weeks that are harder than those to come.
    days, weeks, totals = covered(is_steady=False)

    assert 0.8 <= days <= 0.92
    assert 0.8 <= weeks <= 0.96
    assert totals >= 0.8


def test_a_band_of_all_weeks_is_no_sum_of_bands() -> None:
    trials = [
        # Half of the weeks are over, half under, and their sum is right.
        Trial(20 + n, np.ones((HORIZON, 7)), np.ones((HORIZON, 7)) * over)
        for n in range(9)
        for over in [np.resize([1.5, 0.5], HORIZON)[:, np.newaxis]]
    ]

    bands = bands_of(trials)

    assert bands is not None
    assert bands.week == pytest.approx(np.full(HORIZON, 0.5))
    assert bands.total == pytest.approx(0.5 / HORIZON)
    assert bands_of(trials[:3]) is None


def test_a_trial_knows_nothing_of_what_came() -> None:
    known, _ = simulated(THREE_YEARS, 3)
    changed = known.copy()
    _, before = backtest(known)
    last = before[-1]
    changed[last.known :] *= 3

    _, after = backtest(changed)

    assert after[-1].expected_net_sales == last.expected_net_sales
    assert after[-1].actual_net_sales > 2 * last.actual_net_sales
    # Nor does its band: only what was over by its beginning is in it.
    over = [trial for trial in before if trial.known + HORIZON <= last.known]
    assert [astuple(trial) for trial in after[: len(over)]] == [
        astuple(trial) for trial in over
    ]


@pytest.mark.parametrize(
    ("weeks", "status"), [(LEAST_WEEKS - 1, TOO_SHORT), (LEAST_WEEKS, FITTED)]
)
def test_a_short_history_has_a_status_and_no_number(weeks: int, status: str) -> None:
    found = forecast_of(np.maximum(simulated(weeks, 4)[0], 0.01))
    rows = [dict(zip(_columns(), row, strict=True)) for row in found.rows()]

    assert found.weeks_observed == weeks
    assert {row["status"] for row in rows} == {status}
    periods = [row["period"] for row in rows]
    if status == FITTED:
        assert periods == ["day"] * 91 + ["week"] * 13 + ["all weeks"]
        assert all(row["expected_net_sales"] is not None for row in rows)
    else:
        assert periods == ["all weeks"]
        assert rows[0]["expected_net_sales"] is None
        assert rows[0]["lower_80"] is None
        assert found.trials == ()
    assert (rows[-1]["first_day"], rows[-1]["last_day"]) == ("2025-07-01", "2025-09-29")


def test_what_sells_now_and_then_is_not_forecast() -> None:
    days = np.zeros((THREE_YEARS, 7))
    days[::2, 0] = 50.0

    assert forecast_of(days).status == TOO_FEW


def test_a_series_without_sales_is_too_short() -> None:
    found = forecast_series("(all)", True, {}, LAST)

    assert (found.status, found.weeks_observed) == (TOO_SHORT, 0)
    assert len(list(found.rows())) == 1


def test_weeks_of_returns_and_of_nothing_are_forecast_above_0() -> None:
    known, _ = simulated(THREE_YEARS, 5)
    known[10:12] *= -1
    known[-20:-18] = 0
    known[-1] = -50

    found = forecast_of(known)

    assert found.status == FITTED
    for row in found.rows():
        values = dict(zip(_columns(), row, strict=True))
        assert 0 <= values["lower_80"] <= values["expected_net_sales"]
        assert values["expected_net_sales"] <= values["upper_80"]


def test_the_same_sales_give_the_same_rows() -> None:
    known, _ = simulated(70, 6)

    first, second = forecast_of(known), forecast_of(known)

    assert list(first.rows()) == list(second.rows())
    assert list(first.trial_rows()) == list(second.trial_rows())


def test_trials_stand_where_their_days_were() -> None:
    found = forecast_of(simulated(LEAST_WEEKS, 7)[0] + 0.01)
    columns = [name for name, _ in TABLES["sales_forecast_backtest"]]
    rows = [dict(zip(columns, row, strict=True)) for row in found.trial_rows()]

    assert rows[-1]["last_day"] == str(LAST)
    assert rows[-1]["observed_through"] == str(LAST - timedelta(weeks=13))
    assert {row["naive_lag_weeks"] for row in rows} == {1}


def _columns() -> list[str]:
    return [name for name, _ in TABLES["sales_forecasts"]]
