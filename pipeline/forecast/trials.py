"""Trials on weeks that are over, and the bands that are made of their errors.

A trial forecasts from what was known before its weeks. The band of a day, a week or all
weeks holds the absolute errors, as shares of the forecast, of 80 % of the trials' days,
weeks or totals (split conformal prediction: Vovk, Gammerman and Shafer 2005). So the
band of a sum is made of errors of sums.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.forecast.model import (
    HORIZON,
    SEASON_FROM,
    Array,
    forecast,
    naive_lag,
    naive_scale,
    seasonal_naive,
)

COVERAGE = 0.8
DAYS = 7
# The fewest weeks that a trial may know, and trials that a band of 80 % is made of.
LEAST_KNOWN = 13
LEAST_TRIALS = 4
# With fewer weeks there are not so many trials.
LEAST_WEEKS = LEAST_KNOWN + HORIZON + LEAST_TRIALS - 1
_MOST_TRIALS = 26
# Two quarters of trials that know a season are enough to leave the others out.
_SEASONAL_TRIALS = 26
# The weekdays' shares are those of the last half year.
_SHARE_WEEKS = 26
# A week's errors are told with those of the weeks up to so many before and after.
_NEIGHBOURS = 3

PointForecast = Callable[[Array], Array]


@dataclass(frozen=True)
class Trial:
    """Weeks that are over, and what was forecast of them.

    Attributes:
        known: The weeks that the forecast knew.
        expected: Its days, a row a week.
        actual: What came, likewise.
    """

    known: int
    expected: Array
    actual: Array

    @property
    def errors(self) -> Array:
        """The absolute error of each week."""
        errors: Array = np.abs(self.actual.sum(axis=1) - self.expected.sum(axis=1))
        return errors


@dataclass(frozen=True)
class Bands:
    """How far each side of a forecast its band reaches, as a share of it.

    Attributes:
        day: One entry a week of the forecast, for each of its days.
        week: One entry a week.
        total: Of all weeks together.
    """

    day: Array
    week: Array
    total: float


def days_ahead(days: Array, point_forecast: PointForecast) -> Array:
    """The days of the next weeks: each week's forecast, shared out by weekday.

    Args:
        days: The days so far, a row a week.
        point_forecast: What forecasts the weeks.
    """
    shares = np.maximum(days[-_SHARE_WEEKS:].sum(axis=0), 0.0)
    total = float(shares.sum())
    shares = shares / total if total > 0 else np.full(DAYS, 1 / DAYS)
    return np.outer(point_forecast(days.sum(axis=1)), shares)


def run_trials(days: Array, point_forecast: PointForecast) -> list[Trial]:
    """The trials that these weeks allow, oldest first; evenly spaced, 26 at most."""
    last = len(days) - HORIZON
    first = SEASON_FROM if last - SEASON_FROM >= _SEASONAL_TRIALS else LEAST_KNOWN
    step = max(1, math.ceil((last - first + 1) / _MOST_TRIALS))
    return [
        Trial(
            known,
            days_ahead(days[:known], point_forecast),
            days[known : known + HORIZON],
        )
        for known in sorted(range(last, first - 1, -step))
    ]


def bands_of(trials: Sequence[Trial]) -> Bands | None:
    """The bands made of these trials; None where there are too few."""
    if len(trials) < LEAST_TRIALS:
        return None
    weeks = np.array([_shares(t.expected.sum(1), t.actual.sum(1)) for t in trials])
    days = np.array([_shares(t.expected, t.actual) for t in trials])
    totals = [_shares(t.expected.sum(), t.actual.sum()) for t in trials]
    near = [
        slice(max(0, week - _NEIGHBOURS), week + _NEIGHBOURS + 1)
        for week in range(HORIZON)
    ]
    # What lies further ahead is not known better.
    return Bands(
        np.maximum.accumulate([_reach(days[:, part]) for part in near]),
        np.maximum.accumulate([_reach(weeks[:, part]) for part in near]),
        _reach(np.array(totals)),
    )


def _shares(expected: Array, actual: Array) -> Array:
    """Absolute errors as shares of the forecast; nan where nothing is expected."""
    shares: Array = np.divide(
        np.abs(np.asarray(actual) - expected),
        expected,
        out=np.full(np.shape(expected), np.nan),
        where=np.asarray(expected) > 0,
    )
    return shares


def _reach(shares: Array) -> float:
    """What 80 % of the errors do not exceed, counting the one that is to come."""
    known = np.sort(shares[~np.isnan(shares)])
    position = math.ceil(COVERAGE * (len(known) + 1))
    return float(known[min(position, len(known)) - 1])


def band(expected: Array, reach: Array) -> tuple[Array, Array]:
    """The lower and the upper end around a forecast, not below 0."""
    return np.maximum(expected * (1 - reach), 0.0), expected * (1 + reach)


@dataclass(frozen=True)
class Accuracy:
    """What came of one trial, beside the seasonal naive forecast; in money a week.

    Attributes:
        known: The weeks that the trial knew.
        weeks: Weeks that were forecast.
        naive_lag_weeks: How far the naive forecast looks back.
        naive_scale: Its mean absolute error over the weeks known.
        covered_weeks: Weeks whose sales lay in the band that the trials over by then
            make; None where they were too few.
    """

    known: int
    weeks: int
    naive_lag_weeks: int
    actual_net_sales: float
    expected_net_sales: float
    naive_net_sales: float
    mean_absolute_error: float
    naive_mean_absolute_error: float
    naive_scale: float
    covered_weeks: int | None
    naive_covered_weeks: int | None


def backtest(days: Array) -> tuple[Bands | None, list[Accuracy]]:
    """The bands of a forecast from all weeks, and what came of each trial."""
    trials = run_trials(days, forecast)
    naive_trials = run_trials(days, seasonal_naive)
    weeks = days.sum(axis=1)
    found = [
        Accuracy(
            known=trial.known,
            weeks=HORIZON,
            naive_lag_weeks=naive_lag(trial.known),
            actual_net_sales=float(trial.actual.sum()),
            expected_net_sales=float(trial.expected.sum()),
            naive_net_sales=float(naive.expected.sum()),
            mean_absolute_error=float(trial.errors.mean()),
            naive_mean_absolute_error=float(naive.errors.mean()),
            naive_scale=naive_scale(weeks[: trial.known]),
            covered_weeks=_covered(trials, trial),
            naive_covered_weeks=_covered(naive_trials, naive),
        )
        for trial, naive in zip(trials, naive_trials, strict=True)
    ]
    return bands_of(trials), found


def _covered(trials: Sequence[Trial], trial: Trial) -> int | None:
    over = [earlier for earlier in trials if earlier.known + HORIZON <= trial.known]
    bands = bands_of(over)
    if bands is None:
        return None
    lower, upper = band(trial.expected.sum(axis=1), bands.week)
    actual = trial.actual.sum(axis=1)
    return int(np.sum((lower <= actual) & (actual <= upper)))
