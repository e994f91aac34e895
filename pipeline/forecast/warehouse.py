"""Forecasts of a warehouse: read its daily sales, forecast, test, write.

`MODELS` hold what is read. What is written, `TABLES`, are sources of the models that
show it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from pipeline.forecast.model import HORIZON, YEAR, Array, forecast
from pipeline.forecast.trials import (
    DAYS,
    LEAST_WEEKS,
    Accuracy,
    Bands,
    backtest,
    band,
    days_ahead,
)
from pipeline.warehouse.engine import Engine

FITTED = "fitted"
TOO_SHORT = "too short a history"
TOO_FEW = "sold in too few weeks"
# A series sells in so large a share of the weeks of its last year.
_STEADY = 0.75
# Money has four decimals: summed as whole numbers of them, it is exact.
_MONEY = 10_000

MODELS = ("int_as_of_date", "rpt_sales_daily")
TABLES = {
    "sales_forecasts": (
        ("category", "text"),
        ("is_all_categories", "integer"),
        ("period", "text"),
        ("first_day", "text"),
        ("last_day", "text"),
        ("status", "text"),
        ("observed_through", "text"),
        ("observed_days", "integer"),
        ("observed_net_sales", "real"),
        ("weeks_observed", "integer"),
        ("expected_net_sales", "real"),
        ("lower_80", "real"),
        ("upper_80", "real"),
    ),
    "sales_forecast_backtest": (
        ("category", "text"),
        ("is_all_categories", "integer"),
        ("observed_through", "text"),
        ("last_day", "text"),
        ("weeks", "integer"),
        ("naive_lag_weeks", "integer"),
        ("actual_net_sales", "real"),
        ("expected_net_sales", "real"),
        ("naive_net_sales", "real"),
        ("mean_absolute_error", "real"),
        ("naive_mean_absolute_error", "real"),
        ("naive_scale", "real"),
        ("covered_weeks", "integer"),
        ("naive_covered_weeks", "integer"),
    ),
}

Row = tuple[object, ...]
Amounts = dict[date, int]
# (all), and whether it is the shop: a category may be called so.
SHOP = ("(all)", True)


@dataclass(frozen=True)
class SalesForecast:
    """The forecast of one series, the shop or a category.

    Attributes:
        category: `(all)` for the shop.
        is_all_categories: Whether it is the shop.
        observed_through: The last day that it knows.
        observed_days: Days with sales until then.
        observed_net_sales: Their net sales.
        weeks_observed: Whole weeks until then.
        status: `fitted`, or why there is no forecast.
        expected: Its days, a row a week; nothing without a forecast.
        bands: What its band is made of.
        trials: What came of forecasts made so.
    """

    category: str
    is_all_categories: bool
    observed_through: date
    observed_days: int
    observed_net_sales: float
    weeks_observed: int
    status: str
    expected: Array | None = None
    bands: Bands | None = None
    trials: tuple[Accuracy, ...] = ()

    @property
    def nearer_trials(self) -> int:
        """Trials in which it was nearer than the seasonal naive forecast."""
        return sum(
            trial.mean_absolute_error < trial.naive_mean_absolute_error
            for trial in self.trials
        )

    @property
    def summary(self) -> str:
        """What was found, in a few words."""
        if self.expected is None:
            return f"{self.category}: {self.status} ({self.weeks_observed} weeks)"
        return (
            f"{self.category}: {self.expected.sum():,.0f} in {HORIZON} weeks, nearer "
            f"than the seasonal naive forecast in {self.nearer_trials} of "
            f"{len(self.trials)} trials"
        )

    def rows(self) -> Iterator[Row]:
        """The rows of `sales_forecasts`."""
        if self.expected is None or self.bands is None:
            yield self._row("all weeks", 0, HORIZON * DAYS, None, None, None)
            return
        weeks = self.expected.sum(axis=1)
        for period, days, expected, reach in (
            ("day", 1, self.expected.ravel(), np.repeat(self.bands.day, DAYS)),
            ("week", DAYS, weeks, self.bands.week),
            (
                "all weeks",
                HORIZON * DAYS,
                np.array([weeks.sum()]),
                np.array([self.bands.total]),
            ),
        ):
            ends = zip(expected, *band(expected, reach), strict=True)
            for position, (middle, lower, upper) in enumerate(ends):
                yield self._row(
                    period,
                    position * days,
                    days,
                    float(middle),
                    float(lower),
                    float(upper),
                )

    def _row(
        self,
        period: str,
        ahead: int,
        days: int,
        expected: float | None,
        lower: float | None,
        upper: float | None,
    ) -> Row:
        first = self.observed_through + timedelta(days=ahead + 1)
        return (
            self.category,
            int(self.is_all_categories),
            period,
            str(first),
            str(first + timedelta(days=days - 1)),
            self.status,
            str(self.observed_through),
            self.observed_days,
            self.observed_net_sales,
            self.weeks_observed,
            expected,
            lower,
            upper,
        )

    def trial_rows(self) -> Iterator[Row]:
        """The rows of `sales_forecast_backtest`."""
        for trial in self.trials:
            back = self.weeks_observed - trial.known
            through = self.observed_through - timedelta(weeks=back)
            yield (
                self.category,
                int(self.is_all_categories),
                str(through),
                str(through + timedelta(weeks=trial.weeks)),
                trial.weeks,
                trial.naive_lag_weeks,
                round(trial.actual_net_sales, 4),
                trial.expected_net_sales,
                trial.naive_net_sales,
                trial.mean_absolute_error,
                trial.naive_mean_absolute_error,
                trial.naive_scale,
                trial.covered_weeks,
                trial.naive_covered_weeks,
            )


def forecast_sales(warehouse: Engine) -> list[SalesForecast]:
    """Forecast and test the shop and each category, and replace the two tables."""
    ((through,),) = warehouse.query("select as_of_date from int_as_of_date")
    found = []
    if through is not None:
        series = _read_series(warehouse)
        last = date.fromisoformat(str(through))
        found = [
            forecast_series(*name, series.get(name, {}), last)
            for name in sorted({SHOP, *series}, key=lambda name: (not name[1], name[0]))
        ]
    # The forecasts last: by them the models tell that the trials are of these data.
    for table, rows in (
        ("sales_forecast_backtest", [r for each in found for r in each.trial_rows()]),
        ("sales_forecasts", [row for each in found for row in each.rows()]),
    ):
        warehouse.write_table(table, TABLES[table], rows)
    return found


def _read_series(warehouse: Engine) -> dict[tuple[str, bool], Amounts]:
    """Net sales by day, in ten-thousandths, of each series."""
    series: dict[tuple[str, bool], Amounts] = {}
    for category, is_all, day, amount in warehouse.query(
        "select category, is_all_categories, date, sum(net_sales) "
        "from rpt_sales_daily group by category, is_all_categories, date"
    ):
        name = (str(category), bool(is_all))
        money = round(float(amount) * _MONEY)
        series.setdefault(name, {})[date.fromisoformat(str(day))] = money
    return series


def forecast_series(
    category: str, is_all_categories: bool, amounts: Amounts, through: date
) -> SalesForecast:
    """Forecast one series.

    Args:
        category: Its name.
        is_all_categories: Whether it is the shop.
        amounts: Its net sales, in ten-thousandths, of the days with any line.
        through: The last day that is known.
    """
    weeks = ((through - min(amounts)).days + 1) // DAYS if amounts else 0
    days = np.zeros(weeks * DAYS)
    for day, amount in amounts.items():
        back = (through - day).days
        if back < len(days):
            days[len(days) - 1 - back] = amount / _MONEY
    by_week = days.reshape(weeks, DAYS)
    selling = by_week[-YEAR:].sum(axis=1) > 0
    status = FITTED
    if weeks < LEAST_WEEKS:
        status = TOO_SHORT
    elif selling.mean() < _STEADY:
        status = TOO_FEW
    known = SalesForecast(
        category,
        is_all_categories,
        through,
        len(amounts),
        sum(amounts.values()) / _MONEY,
        weeks,
        status,
    )
    if status != FITTED:
        return known
    bands, trials = backtest(by_week)
    return replace(
        known,
        expected=days_ahead(by_week, forecast),
        bands=bands,
        trials=tuple(trials),
    )
