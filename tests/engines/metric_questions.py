"""Questions of a metric, its dimensions, a filter and a period, for two who know them.

Each says how MetricFlow is asked, and finds what the pages of the dashboard show.
"""

import datetime as dt
import random
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard.filters import SalesFilter
from dashboard.metrics import ratio
from dashboard.periods import DateRange, Grain
from dashboard.queries import countries, overview, products, retention, sales
from dashboard.warehouse import Warehouse
from tests.engines.varied_shop import CATEGORIES, COUNTRIES, DAYS, FIRST_DAY

Answer = dict[Hashable, float | None]

SUMS = (*sales.MEASURES, "average_order_value", "returns_rate")
BUYERS = ("buyers", "new_buyers", "new_buyer_share")
CHARGES = ("shipping", "tax")
# What each grouping is called there, and which metrics the pages show by it.
GROUPINGS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "nothing": ((), (*SUMS, *BUYERS, "returned", "margin_rate", *CHARGES)),
    "day": (("metric_time__day",), (*SUMS, *BUYERS)),
    "week": (("metric_time__week",), (*SUMS, *BUYERS)),
    "month": (("metric_time__month",), (*SUMS, *BUYERS)),
    "country": (("customer__country",), (*SUMS, *BUYERS)),
    "category": (("product__category",), SUMS),
    "product": (("product",), (*sales.MEASURES, "returns_rate")),
}


@dataclass(frozen=True)
class Question:
    """A metric of the sales that a filter chooses, by one of `GROUPINGS`."""

    metric: str
    by: str
    chosen: SalesFilter

    @property
    def asked(self) -> dict[str, Any]:
        """The question in MetricFlow's words."""
        metric, days = self.metric, self.chosen.days
        conditions = [_between("metric_time", days)]
        if self.chosen.countries:
            conditions.append(_one_of("customer__country", self.chosen.countries))
        if self.chosen.categories:
            conditions.append(_one_of("product__category", self.chosen.categories))
            if metric == "new_buyers":
                # of a category: buyers there whose first order ever is in the period
                metric = "buyers"
                conditions.append(_between("customer__first_order", days))
                if self.by in ("day", "week", "month"):
                    conditions.append(
                        f"{_time('customer__first_order', self.by)}"
                        f" = {_time('metric_time', self.by)}"
                    )
        return {
            "metric_names": [metric],
            "group_by_names": list(GROUPINGS[self.by][0]),
            "where_constraints": [" and ".join(conditions)],
        }

    def shown(self, warehouse: Warehouse) -> Answer:
        """What the dashboard shows, by what it is grouped by."""
        chosen, metric = self.chosen, self.metric
        if metric in CHARGES:
            return {None: overview.charges(warehouse, chosen).get(metric)}
        match self.by:
            case "nothing":
                figures = sales.totals(warehouse, chosen)
                figures["returned"] = -(figures["returns"] or 0)
                return {None: figures.get(metric)}
            case "day" | "week" | "month":
                grain = Grain(self.by.capitalize())
                rows = overview.by_period(
                    sales.by_day(warehouse, chosen),
                    overview.buyers_by_period(warehouse, chosen, grain),
                    chosen,
                    grain,
                )
                rows["start"] = rows["start"].dt.strftime("%Y-%m-%d")
                return _column(rows, "start", metric)
            case "country":
                rows = countries.figures_by_country(warehouse, chosen)
                return _column(rows, "country", metric)
            case "category":
                rows = overview.by_category(warehouse, chosen)
                if metric not in rows:
                    rows[metric] = ratio(rows, metric)
                return _column(rows, "category", metric)
            case _:
                rows = products.by_product(warehouse, chosen)
                return _column(rows, "product_key", metric)


@dataclass(frozen=True)
class RetentionQuestion:
    """The retention of cohorts by first order: by month index, or of one month."""

    metric: str

    @property
    def asked(self) -> dict[str, Any]:
        """The question in MetricFlow's words."""
        by = ["cohort__month_index"] if self.metric == "retention_rate" else []
        return {"metric_names": [self.metric], "group_by_names": by}

    def shown(self, warehouse: Warehouse) -> Answer:
        """What the page shows, however few customers the cohorts have."""
        cells = retention.cohorts(warehouse, "first_order")
        if self.metric == "retention_rate":
            rates = retention.average(cells, self.metric, 0)["value"]
            return {int(index): float(rate) for index, rate in rates.items()}
        rate, _ = retention.first_periods(cells, "month", 0)[self.metric]
        return {None: None if pd.isna(rate) else rate}


def draw(number: int, seed: int) -> list[Question | RetentionQuestion]:
    """So many questions at random, of every metric in turn."""
    chance = random.Random(seed)  # noqa: S311
    retained = ("retention_rate", "retention_month_1", "retention_month_3")
    asked = [RetentionQuestion(metric) for metric in retained]
    metrics = list(GROUPINGS["nothing"][1])
    drawn = [
        _draw(chance, metrics[n % len(metrics)]) for n in range(number - len(asked))
    ]
    return [*asked, *drawn]


def _draw(chance: random.Random, metric: str) -> Question:
    by = chance.choice(
        [name for name, (_, known) in GROUPINGS.items() if metric in known]
    )
    start = FIRST_DAY + dt.timedelta(chance.randrange(DAYS))
    end = start + dt.timedelta(chance.randrange(DAYS))
    countries = _some(chance, COUNTRIES)
    # neither a charge nor a share of new buyers has a category
    whole = metric in (*CHARGES, "new_buyer_share")
    categories = () if whole else _some(chance, CATEGORIES)
    return Question(
        metric, by, SalesFilter(DateRange(start, end), countries, categories)
    )


def _some(chance: random.Random, names: tuple[str, ...]) -> tuple[str, ...]:
    if chance.random() < 0.5:
        return ()
    return tuple(n or "(unknown)" for n in chance.sample(names, chance.randint(1, 3)))


def _column(rows: pd.DataFrame, by: str, metric: str) -> Answer:
    values = rows[metric].astype(float)
    return {
        key: None if pd.isna(value) else value
        for key, value in zip(rows[by].tolist(), values, strict=True)
    }


def _time(name: str, grain: str) -> str:
    return f"{{{{ TimeDimension('{name}', '{grain}') }}}}"


def _between(name: str, days: DateRange) -> str:
    return f"{_time(name, 'day')} between '{days.start}' and '{days.end}'"


def _one_of(name: str, values: tuple[str, ...]) -> str:
    quoted = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
    return f"{{{{ Dimension('{name}') }}}} in ({quoted})"
