"""What is odd about a build that passed its tests, before it is published.

Tests say what must hold. These checks say what is seldom so: raw tables that grew old,
a day far from the same weekdays before, a category or country that stopped selling,
rows rejected of a sudden. Each has a variable that says whether a build ignores it,
warns, or stops. They read a few rows of the reports, the same on every engine.

A doubt is raised once: the next version knows it from `build_doubts`, says so, and is
neither stopped by it nor a reason to tell people again. Raw tables that are old, and
rejected rows, are a new doubt in each build.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from pipeline.errors import BuildFailedError, PipelineError
from pipeline.raw_files.contract import (
    RAW_BATCHES,
    RAW_LOADS,
    RAW_TABLE_NAMES,
)
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import open_reader
from pipeline.warehouse.engine import Engine

BUILD_DOUBTS = "build_doubts"
IGNORE, WARN, STOP = "ignore", "warn", "stop"

# The days that a build judges, and how many weeks before a day it is held against.
_JUDGED_DAYS = 7
_WEEKS = 8
# A Poisson variable of this mean is 0 once in a thousand times.
_SURELY_SOLD = 7.0
_RARELY = 0.001
_MOST_LINES = 10
Query = Callable[[str], list[tuple[Any, ...]]]
CHECKS_OF_SALES = ("odd_orders", "odd_net_sales", "category_gone", "country_gone")


@dataclass(frozen=True)
class Doubt:
    """Something odd: a row of `build_doubts`.

    Attributes:
        check_name: The variable that says what comes of it; `stale_tables` is of
            `freshness_warn_days` and `freshness_stop_days`, `died_run` of none.
        subject: What it is about: a raw table, a category, a country; may be empty.
        day: The day that it is about, YYYY-MM-DD; may be empty.
        severity: `warn` or `stop`.
        words: What is odd, with its figures.
        since: When the first version was built that had it, UTC, ISO 8601.
    """

    check_name: str
    subject: str
    day: str
    severity: str
    words: str
    since: str = ""

    @property
    def identity(self) -> tuple[str, str, str]:
        """What tells it from others, of whatever version."""
        return self.check_name, self.subject, self.day

    def __str__(self) -> str:
        """All of it, for the log."""
        return ": ".join(
            part for part in (self.title, self.subject, self.words) if part
        )

    @property
    def title(self) -> str:
        """Its check and day, without a figure and without a value of a row."""
        of_day = f" on {self.day}" if self.day else ""
        return self.check_name.replace("_", " ") + of_day


def find_doubts(
    engine: Engine,
    variables: Mapping[str, Any],
    built_at: str,
    died: Iterable[str] = (),
    now: datetime | None = None,
) -> list[Doubt]:
    """What is odd about the build area.

    Args:
        engine: Its models are built, and what it will replace is still published.
        variables: The project's; a check whose variable is not there is ignored.
        built_at: When the build began.
        died: When the runs began that were found to have died.
        now: The clock, in the shop's time; the machine's.
    """
    today = (now or datetime.now()).date()
    wanted = {
        name: variables[name]
        for name in CHECKS_OF_SALES
        if variables.get(name, IGNORE) != IGNORE
    }
    found = [
        Doubt("died_run", began, "", WARN, "killed, or the machine stopped")
        for began in died
    ]
    found += _stale_tables(engine, variables, today)
    found += _jumped_rejects(engine, variables)
    if wanted:
        sales = recent_sales(engine.query, today)
        if sales is not None:
            found += sales.odd_days(wanted, float(variables["odd_day_score"]))
            found += sales.gone(wanted)
    since = _published_doubts(engine)
    return [replace(each, since=since.get(each.identity, built_at)) for each in found]


def report_doubts(doubts: Sequence[Doubt], built_at: str, reporter: Reporter) -> None:
    """Warn of each, of the first ten, and stop where one that is new is to stop.

    Raises:
        BuildFailedError: Nothing may be published.
    """
    for doubt in doubts[:_MOST_LINES]:
        known = "" if doubt.since == built_at else f" (known since {doubt.since[:10]})"
        reporter.warn(f"{doubt}{known}")
    if len(doubts) > _MOST_LINES:
        reporter.warn(f"... and {len(doubts) - _MOST_LINES} more in {BUILD_DOUBTS}")
    stopping = [
        each for each in doubts if each.severity == STOP and each.since == built_at
    ]
    if stopping:
        first, *others = stopping
        more = f" (and {len(others)} more)" if others else ""
        meant = (
            "{freshness_stop_days: ''}"
            if first.check_name == "stale_tables"
            else f"{{{first.check_name}: {WARN}}}"
        )
        raise BuildFailedError(
            f"{first}{more}; nothing was published; if it is as it should be: "
            f'--vars "{meant}"',
            kind=f"{first.title}{more}",
        )


def _published_doubts(engine: Engine) -> dict[tuple[str, str, str], str]:
    """Since when the published version has each of its doubts about sales."""
    rows = _ask_published(
        engine,
        BUILD_DOUBTS,
        f"select check_name, subject, day, since from {BUILD_DOUBTS}",  # noqa: S608
    )
    return {
        (str(check), str(subject), str(day)): str(since)
        for check, subject, day, since in rows
        if check in CHECKS_OF_SALES
    }


def _ask_published(engine: Engine, table: str, sql: str) -> list[tuple[Any, ...]]:
    """Rows of the published version; none where it lacks the table, or is damaged."""
    if engine.published.is_file and not engine.published.path.exists():
        return []
    try:
        with open_reader(engine.published) as reader:
            return reader.fetch(sql) if table in reader.tables else []
    except PipelineError:
        return []


# Freshness


def _stale_tables(
    engine: Engine, variables: Mapping[str, Any], clock: date
) -> Iterator[Doubt]:
    """Raw tables whose latest row is old; of the demo's none is.

    The latest row of orders is their latest day, of order lines the latest day with a
    sale or a return. Customers and products have no such day: theirs is that of the
    last load or batch, which says of whatever it lacks that it did not change.
    """
    limits = [
        (severity, int(days))
        for severity in (STOP, WARN)
        if (days := variables.get(f"freshness_{severity}_days", "")) != ""
    ]
    loads = [
        str(loaded_at)
        for (loaded_at,) in engine.query(
            f"select loaded_at from {RAW_LOADS} where source = 'load'"  # noqa: S608
        )
    ]
    if not limits or not loads:
        return
    today = date.fromisoformat(variables.get("as_of_date") or clock.isoformat())
    loaded = datetime.fromisoformat(max(loads)).astimezone().date()
    until = f"<= '{today}'"
    latest = {
        "raw_customers": loaded,
        "raw_products": loaded,
        "raw_orders": _day_of(
            engine.query, f"max(order_date) from stg_orders where order_date {until}"
        ),
        "raw_order_items": _day_of(
            engine.query, f"max(date) from rpt_sales_daily where date {until}"
        ),
    }
    tables: dict[date, list[str]] = defaultdict(list)
    for name in RAW_TABLE_NAMES:
        if (day := latest[name]) is not None:
            tables[day].append(name)
    for day, names in tables.items():
        age = (today - day).days
        for severity, limit in limits:
            if age > limit:
                yield Doubt(
                    "stale_tables",
                    ", ".join(names),
                    "",
                    severity,
                    f"nothing newer than {day}, {age:,} days ago",
                )
                break


def _day_of(query: Query, what: str) -> date | None:
    ((day,),) = query(f"select {what}")
    return None if day is None else date.fromisoformat(str(day)[:10])


# Rejected rows


def _jumped_rejects(engine: Engine, variables: Mapping[str, Any]) -> Iterator[Doubt]:
    """Raw tables of whose new rows far more were rejected than before.

    New rows are those of the batches, or as many as there are more now, and at least a
    hundredth of all where everything was loaded. Of those more than var
    `max_rejected_share` must be rejected, and so many that the share of before explains
    it once in a thousand times (the binomial's upper tail): one row of three is chance.
    """
    severity = variables.get("rejects_jumped", IGNORE)
    if severity == IGNORE or engine.published_source() != "load":
        return
    # It takes a while to import, and the fit has done so.
    from scipy.special import bdtrc

    counted = (
        "select raw_table, outcome, sum(row_count) from rpt_data_quality "
        "where outcome in ('accepted', 'rejected') group by raw_table, outcome"
    )
    before = _rows_of(_ask_published(engine, "rpt_data_quality", counted))
    now = _rows_of(engine.query(counted))
    batches = _rows_of_batches(engine)
    for name in RAW_TABLE_NAMES:
        accepted, rejected = now[name]
        accepted_before, rejected_before = before[name]
        rows, rows_before = accepted + rejected, accepted_before + rejected_before
        more = rejected - rejected_before
        if more <= 0 or not rows_before:
            continue
        came = max(batches.get(name, max(rows - rows_before, rows // 100)), more)
        usual = (rejected_before + 1) / (rows_before + 2)
        if (
            more / came > float(variables["max_rejected_share"])
            and bdtrc(more - 1, came, usual) < _RARELY
        ):
            yield Doubt(
                "rejects_jumped",
                name,
                "",
                severity,
                f"{more:,} of {came:,} new rows were rejected; "
                f"{rejected_before:,} of {rows_before:,} before",
            )


def _rows_of(rows: Iterable[Sequence[Any]]) -> dict[str, tuple[int, int]]:
    """Accepted and rejected rows of each raw table."""
    counts: dict[tuple[str, str], int] = {
        (str(table), str(outcome)): int(count) for table, outcome, count in rows
    }
    return {
        name: (counts.get((name, "accepted"), 0), counts.get((name, "rejected"), 0))
        for name in RAW_TABLE_NAMES
    }


def _rows_of_batches(engine: Engine) -> dict[str, int]:
    """The rows of each table in the batches of this build; none if all was loaded."""
    if not engine.has_table(RAW_BATCHES):
        return {}
    known = max((each.batch_id for each in engine.published_batches()), default=0)
    rows = engine.query(
        f"select raw_table, sum(row_count) from {RAW_BATCHES} "  # noqa: S608
        f"where batch_id > {known} and kind = 'append' group by raw_table"
    )
    return {str(name): int(count) for name, count in rows}


# Days, categories and countries


@dataclass(frozen=True)
class Sales:
    """What was sold in the last weeks.

    Attributes:
        first: The first day on which anything ever was.
        last: The last one that is over.
        days: Orders and net sales of each day with any.
        orders: Of each category and country, its orders of each day with any.
    """

    first: date
    last: date
    days: Mapping[date, tuple[float, float]]
    orders: Mapping[str, Mapping[str, Mapping[date, int]]]

    def odd_days(self, wanted: Mapping[str, str], odd_score: float) -> Iterator[Doubt]:
        """Days far from the same weekdays before, of a shop that was there by then."""
        for ago in reversed(range(_JUDGED_DAYS)):
            day = self.last - timedelta(ago)
            weekdays = [day - timedelta(7 * week) for week in range(1, _WEEKS + 1)]
            if weekdays[-1] < self.first:
                continue
            past = [self.days.get(each, (0.0, 0.0)) for each in weekdays]
            orders, money = self.days.get(day, (0.0, 0.0))
            past_orders, past_money = zip(*past, strict=True)
            # Money comes in orders: two of them are its unit, for their sizes vary too.
            unit = 2 * sum(past_money) / max(sum(past_orders), 1)
            judged = (
                ("odd_orders", orders, past_orders, 1.0, ",.0f"),
                ("odd_net_sales", money, past_money, unit, ",.2f"),
            )
            for check, value, values, per, form in judged:
                if check not in wanted or per <= 0:
                    continue
                score = robust_score(value / per, [each / per for each in values])
                if abs(score) >= odd_score:
                    yield Doubt(
                        check,
                        "",
                        day.isoformat(),
                        wanted[check],
                        f"{value:{form}}, where the {_WEEKS} weeks before had "
                        f"{min(values):{form}} to {max(values):{form}} on that weekday "
                        f"(score {score:+.1f})",
                    )

    def gone(self, wanted: Mapping[str, str]) -> Iterator[Doubt]:
        """What sold in each of eight weeks, often, and not in the week that ended last.

        So often that at its pace, slowed as the whole shop was, a week without any
        comes once in a thousand weeks.
        """
        if self.last - timedelta(7 * (_WEEKS + 1) - 1) < self.first:
            return
        shop = self._by_week({day: int(n) for day, (n, _) in self.days.items()})
        pace = min(1.0, shop[0] * _WEEKS / max(sum(shop[1:]), 1))
        for check in ("category_gone", "country_gone"):
            if check not in wanted:
                continue
            for name, days in sorted(self.orders[check].items()):
                now, *before = self._by_week(days)
                if now or not all(before):
                    continue
                if pace * sum(before) / _WEEKS >= _SURELY_SOLD:
                    yield Doubt(
                        check,
                        name,
                        "",
                        wanted[check],
                        f"no order in the week until {self.last}; {sum(before):,} in "
                        f"the {_WEEKS} weeks before",
                    )

    def _by_week(self, days: Mapping[date, int]) -> list[int]:
        """Orders of the week that ended last, and of each before it."""
        weeks = [0] * (_WEEKS + 1)
        for day, orders in days.items():
            weeks[(self.last - day).days // 7] += orders
        return weeks


def robust_score(value: float, past: Sequence[float]) -> float:
    """How far a count is from those before, in robust standard deviations.

    The modified z-score of Iglewicz and Hoaglin (How to Detect and Handle Outliers,
    1993), 0.6745 (y - median) / MAD, of y = sqrt(count + 3/8), whose deviation is 1/2
    for a Poisson count of whatever mean (Anscombe, Biometrika 35, 1948). Eight values
    may agree by chance, or be all the same: a deviation is at least that 1/2, and at
    least 5 % of the count. What is below 0 counts as 0.
    """
    score, *scores = (math.sqrt(max(each, 0.0) + 0.375) for each in (value, *past))
    usual = median(scores)
    deviation = median(abs(each - usual) for each in scores) / 0.6745
    return (score - usual) / max(deviation, 0.5, 0.025 * usual)


def recent_sales(query: Query, today: date) -> Sales | None:
    """Sales of the judged days and the weeks before; None where nothing was sold.

    Args:
        query: Asks a warehouse.
        today: The first day that is not over.
    """
    of_shop = "from rpt_sales_daily where is_all_categories"
    yesterday = today - timedelta(1)
    first = _day_of(query, f"min(date) {of_shop}")
    last = _day_of(query, f"max(date) {of_shop} and date <= '{yesterday}'")
    if first is None or last is None:
        return None
    start = last - timedelta(_JUDGED_DAYS - 1 + 7 * _WEEKS)
    recent = f"from rpt_sales_daily where date between '{start}' and '{last}' and"
    days = {
        date.fromisoformat(str(day)[:10]): (float(orders), float(money))
        for day, orders, money in query(
            f"select date, sum(orders), sum(net_sales) {recent} is_all_categories "
            "group by date"
        )
    }
    orders: dict[str, dict[str, dict[date, int]]] = {}
    for check, column, rows in (
        ("category_gone", "category", "not is_all_categories"),
        ("country_gone", "country", "is_all_categories"),
    ):
        found = orders[check] = defaultdict(dict)
        for name, day, count in query(
            f"select {column}, date, sum(orders) {recent} {rows} "
            f"and {column} <> '(unknown)' group by {column}, date"
        ):
            found[str(name)][date.fromisoformat(str(day)[:10])] = int(count)
    return Sales(first, last, days, orders)
