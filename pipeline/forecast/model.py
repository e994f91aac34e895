"""The forecast of a series of weeks, and the naive one that it is held against.

The mean of two forecasts (Bates and Granger 1969, "The Combination of Forecasts"):

- simple exponential smoothing: the level of the last weeks goes on;
- where there is a year and a quarter, a harmonic regression of the logarithm: a yearly
  season of four sines and cosines, shrunk towards none, on the level of what it leaves
  unexplained (Hyndman and Athanasopoulos, "Forecasting", 3rd edition, 10.5).

No trend goes on: on short histories it cost more than it brought (see DECISIONS.md).
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

HORIZON = 13
YEAR = 52
# From here on there is a yearly season to be seen.
SEASON_FROM = YEAR + HORIZON

_LEVEL_WEIGHT = 0.2
_RESIDUAL_WEIGHT = 0.1
_FIRST_WEEKS = 8
_HARMONICS = 4
_SHRINKAGE = 1.0
_WEEKS_A_YEAR = 365.25 / 7
# A week counts as at least so much of the mean: the logarithm of 0 has no end.
_LEAST_SHARE = 0.02


def forecast(weeks: Array) -> Array:
    """The sums of the next `HORIZON` weeks, above 0, from those so far."""
    least = max(_LEAST_SHARE * float(np.mean(np.abs(weeks))), 1e-4)
    expected = np.full(HORIZON, _level(weeks, _LEVEL_WEIGHT))
    if len(weeks) >= SEASON_FROM:
        expected = (expected + _seasonal(np.log(np.maximum(weeks, least)))) / 2
    positive: Array = np.maximum(expected, least)
    return positive


def naive_lag(weeks: int) -> int:
    """How many weeks the seasonal naive forecast looks back: a year if there is one."""
    return YEAR if weeks >= YEAR else 1


def seasonal_naive(weeks: Array) -> Array:
    """The same weeks of the year before; without a year, the last week again."""
    season = weeks[-naive_lag(len(weeks)) :]
    return np.resize(season, HORIZON)


def naive_scale(weeks: Array) -> float:
    """The mean absolute error of the seasonal naive forecast over the weeks known.

    Where there is a year and not a second one to hold against it, of the last week.
    """
    lag = naive_lag(len(weeks))
    lag = lag if len(weeks) > lag else 1
    return float(np.mean(np.abs(weeks[lag:] - weeks[:-lag])))


def _level(values: Array, weight: float) -> float:
    level = float(np.mean(values[:_FIRST_WEEKS]))
    for value in values:
        level += weight * (float(value) - level)
    return level


def _seasonal(logarithms: Array) -> Array:
    known = len(logarithms)
    angle = 2 * np.pi * np.arange(known + HORIZON) / _WEEKS_A_YEAR
    columns = [np.ones(known + HORIZON)]
    for harmonic in range(1, _HARMONICS + 1):
        columns += [np.sin(harmonic * angle), np.cos(harmonic * angle)]
    design = np.column_stack(columns)
    shrinkage = np.diag([0.0] + [_SHRINKAGE] * (2 * _HARMONICS))
    past = design[:known]
    coefficients = np.linalg.solve(past.T @ past + shrinkage, past.T @ logarithms)
    unexplained = logarithms - past @ coefficients
    level = _level(unexplained[-YEAR:], _RESIDUAL_WEIGHT)
    # The mean of a log-normal variable lies above its median.
    mean: Array = np.exp(
        design[known:] @ coefficients + level + float(np.var(unexplained)) / 2
    )
    return mean
