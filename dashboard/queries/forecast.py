"""What is expected of the next weeks, and how near such forecasts were.

A series is the shop, or one category: `category` is None for the shop.
"""

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from dashboard.warehouse import Warehouse
from pipeline.installation import typed
from pipeline.warehouse.reader import Value

# So many weeks of the past stand before those that are forecast.
PAST_WEEKS = 26
_YEAR = dt.timedelta(weeks=52)
_WEEK = 7


@dataclass(frozen=True)
class Outlook:
    """What the next weeks bring, all together.

    Attributes:
        status: `fitted`, or why nothing is expected.
        first: The first day of these weeks.
        last: Their last day.
        weeks_observed: The weeks that the forecast knows.
        expected: Net sales expected; None where there is no forecast.
        lower: The lower end of the band of 80 %.
        upper: Its upper end.
        year_before: Net sales of the same weeks a year before; None where the data do
            not reach back.
    """

    status: str
    first: dt.date
    last: dt.date
    weeks_observed: int
    expected: float | None
    lower: float | None
    upper: float | None
    year_before: float | None


def _series(category: str | None) -> tuple[str, dict[str, Value]]:
    """A condition that keeps one series, and its values."""
    if category is None:
        return "is_all_categories", {}
    return "not is_all_categories and category = :category", {"category": category}


def forecast_weeks(warehouse: Warehouse, category: str | None) -> pd.DataFrame:
    """One row per week that is forecast, and one of all weeks at the end.

    Returns:
        period (`week`, `all weeks`), first_day, last_day, forecast_status,
        weeks_observed, expected_net_sales, lower_80, upper_80; nothing of a category
        that has no forecast because none is of these data.
    """
    condition, values = _series(category)
    rows = warehouse.query(
        "select period, first_day, last_day, forecast_status, weeks_observed, "
        "expected_net_sales, lower_80, upper_80 from rpt_sales_forecast "
        f"where period <> 'day' and {condition} order by period desc, first_day",
        values,
    )
    for day in ("first_day", "last_day"):
        rows[day] = pd.to_datetime(rows[day])
    return rows.astype(
        dict.fromkeys(("expected_net_sales", "lower_80", "upper_80"), float)
    )


def sales_before(
    warehouse: Warehouse, category: str | None, first: dt.date
) -> pd.DataFrame:
    """Net sales of the weeks before those that are forecast, day by day.

    They begin a year and `PAST_WEEKS` before.

    Returns:
        date and net_sales, days without a line left out.
    """
    condition, values = _series(category)
    since = first - _YEAR - dt.timedelta(weeks=PAST_WEEKS)
    rows = warehouse.query(
        "select date, sum(net_sales) as net_sales from rpt_sales_daily "
        f"where {condition} and date between :since and :until "
        "group by date order by date",
        {**values, "since": since, "until": first - dt.timedelta(days=1)},
    )
    rows["date"] = pd.to_datetime(rows["date"])
    return rows.astype({"net_sales": float})


def by_week(days: pd.DataFrame, first: dt.date, weeks: int) -> pd.DataFrame:
    """Days added up to weeks from a day on: start and net_sales; empty ones are 0.

    `days` are rows of `sales_before`.
    """
    since = days["date"] - pd.Timestamp(first)
    summed = days["net_sales"].groupby(since.dt.days // _WEEK).sum()
    starts = [first + dt.timedelta(weeks=week) for week in range(weeks)]
    return pd.DataFrame(
        {
            "start": pd.to_datetime(pd.Series(starts)),
            "net_sales": summed.reindex(range(weeks)).fillna(0.0).to_numpy(),
        }
    )


def outlook(
    forecast: pd.DataFrame, before: pd.DataFrame, known_from: dt.date
) -> Outlook:
    """All weeks together, of rows of `forecast_weeks` and `sales_before`.

    Args:
        forecast: At least the row of all weeks.
        before: The days before them.
        known_from: The first day with data.
    """
    row = forecast.iloc[-1]
    first, last = row["first_day"].date(), row["last_day"].date()
    expected, lower, upper = (
        None if pd.isna(row[name]) else float(row[name])
        for name in ("expected_net_sales", "lower_80", "upper_80")
    )
    year_before = None
    if first - _YEAR >= known_from:
        same = before["date"].between(
            pd.Timestamp(first - _YEAR), pd.Timestamp(last - _YEAR)
        )
        year_before = round(float(before.loc[same, "net_sales"].sum()), 4)
    return Outlook(
        str(row["forecast_status"]),
        first,
        last,
        int(row["weeks_observed"]),
        expected,
        lower,
        upper,
        year_before,
    )


def weeks_around(
    before: pd.DataFrame, outlook: Outlook, known_from: dt.date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The weeks before those to come, and those a year before them.

    Both have start and net_sales; weeks that the data do not reach are left out.
    """
    reach = (outlook.first - known_from).days // _WEEK
    weeks = min(PAST_WEEKS, reach)
    past = by_week(before, outlook.first - dt.timedelta(weeks=weeks), weeks)
    if outlook.year_before is None:
        return past, past.head(0)
    ahead = ((outlook.last - outlook.first).days + 1) // _WEEK
    return past, by_week(before, outlook.first - _YEAR, ahead)


def why_none(forecast: pd.DataFrame) -> str:
    """Why nothing is expected, in words; of rows of `forecast_weeks`."""
    if forecast.empty:
        return f"No forecast of this category: run {typed('fit')}."
    status, weeks = forecast[["forecast_status", "weeks_observed"]].iloc[-1]
    known = f" ({weeks} whole weeks are known)" if weeks else ""
    return f"No forecast: {status}{known}."


def forecast_trials(warehouse: Warehouse, category: str | None) -> pd.DataFrame:
    """One row per trial, the oldest first.

    Returns:
        observed_through, naive_lag_weeks, relative_error, naive_relative_error, mase,
        naive_mase, coverage, naive_coverage (missing before there was a band),
        is_nearer.
    """
    condition, values = _series(category)
    rows = warehouse.query(
        "select observed_through, naive_lag_weeks, relative_error, "
        "naive_relative_error, mase, naive_mase, coverage, naive_coverage, is_nearer "
        f"from rpt_sales_forecast_backtest where {condition} order by observed_through",
        values,
    )
    shares = ("relative_error", "naive_relative_error", "mase", "naive_mase")
    return rows.astype(
        {
            **dict.fromkeys((*shares, "coverage", "naive_coverage"), float),
            "is_nearer": bool,
        }
    )


def trials_in_words(trials: pd.DataFrame) -> str:
    """What came of rows of `forecast_trials`: wins, errors, and what the band held."""
    lags = set(trials["naive_lag_weeks"])
    naive = {
        (52,): "the same weeks of the year before",
        (1,): "the last week again",
    }.get(
        tuple(lags), "the same weeks of the year before (the last week, without a year)"
    )
    count, nearer = len(trials), int(trials["is_nearer"].sum())
    trial = "trial" if count == 1 else "trials"
    said = [
        f"In {nearer} of {count} {trial} on weeks that are over nearer than {naive}"
    ]
    if trials["mase"].notna().any():
        said.append(
            f"mean error (MASE) {trials['mase'].mean():.2f} against "
            f"{trials['naive_mase'].mean():.2f}"
        )
    if trials["coverage"].notna().any():
        held = trials.dropna(subset="coverage")
        said.append(
            f"its band held {held['coverage'].mean():.0%} of the weeks of {len(held)} "
            f"of them, theirs {held['naive_coverage'].mean():.0%}"
        )
    return "; ".join(said) + ". Trials overlap."
