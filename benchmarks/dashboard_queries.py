"""How quick the dashboard is: its queries, and its first chart in a browser.

``python -m benchmarks.dashboard_queries --database PATH`` asks every query of every
page, uncached, with many combinations of filters, and prints Markdown.
"""

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.dashboard_server import chromium, running
from benchmarks.report import markdown_table
from dashboard.filters import SalesFilter
from dashboard.periods import DateRange, Preset, default_grain, preset_range
from dashboard.queries import (
    baskets,
    countries,
    data_health,
    due,
    explore,
    forecast,
    lifetime_value,
    overview,
    product,
    products,
    retention,
    sales,
    segments,
    today,
)
from dashboard.schema import Span, check, span
from dashboard.warehouse import Warehouse
from pipeline.warehouse.location import Location

BUDGET_MILLISECONDS = 100.0
FIRST_CHART_SECONDS = 2.0
# How many countries or categories people choose; none is all.
HOW_MANY = (0, 0, 0, 1, 1, 3)


@dataclass
class Timing:
    """How long the calls of one query took.

    Attributes:
        name: The query.
        milliseconds: One figure a call.
    """

    name: str
    milliseconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The middle of all calls."""
        return statistics.median(self.milliseconds)

    @property
    def p95(self) -> float:
        """What 95 of 100 calls stayed below."""
        return percentile(self.milliseconds, 0.95)


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least that share of the values does not exceed."""
    ranked = sorted(values)
    return ranked[max(0, -(-int(share * 1000) * len(ranked) // 1000) - 1)]


def filters(warehouse: Warehouse, count: int, seed: int = 1) -> list[SalesFilter]:
    """Filters as people set them: a preset or some days, and now and then a choice."""
    rng = random.Random(seed)  # noqa: S311
    known = span(warehouse)
    countries, categories = sales.choices(warehouse)

    def few(choices: list[str]) -> tuple[str, ...]:
        return tuple(rng.sample(choices, min(len(choices), rng.choice(HOW_MANY))))

    chosen = []
    for _ in range(count):
        some_countries, some_categories = few(countries), few(categories)
        days = _days(rng, known)
        chosen.append(SalesFilter(days, some_countries, some_categories))
    return chosen


def _days(rng: random.Random, known: Span) -> DateRange:
    preset = rng.choice(list(Preset))
    if preset is not Preset.CUSTOM:
        return preset_range(preset, known.first, known.as_of)
    length = (known.as_of - known.first).days
    start = known.first + timedelta(days=rng.randrange(length + 1))
    end = min(known.as_of, start + timedelta(days=rng.randrange(400)))
    return DateRange(start, end)


def calls(
    warehouse: Warehouse, combinations: int
) -> Iterator[tuple[str, Callable[[], Any]]]:
    """The queries of all pages with many filters: page and query, and the call."""
    asked = _without_filters(warehouse)
    for key, chosen in enumerate(filters(warehouse, combinations), start=1):
        asked += _with_filters(warehouse, key, chosen)
    for page, query, *arguments in asked:
        function = query.func if isinstance(query, partial) else query
        name = f"{page}: {function.__name__.replace('_', ' ')}"
        yield name, partial(query, warehouse, *arguments)


def _without_filters(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """Page, query, and what it is asked beside the warehouse."""
    return [
        ("Today", span),
        ("Today", today.last_orders),
        ("Today", today.recent_products, span(warehouse).as_of),
        ("Overview", sales.choices),
        ("Overview", forecast.forecast_weeks, None),
        ("Overview", forecast.sales_before, None, span(warehouse).as_of),
        ("Overview", forecast.forecast_trials, None),
        *(
            ("Retention", retention.cohorts, basis, grain)
            for basis in ("first_order", "registration")
            for grain in retention.COHORT_GRAINS
        ),
        ("Retention", retention.repeat_rates, 90, span(warehouse).as_of),
        ("Retention", retention.repeat_purchases),
        ("Retention", retention.sales_by_type),
        ("Segments", segments.segment_moves),
        *(
            ("Lifetime value", lifetime_value.origin_values, kind, 30)
            for kind in (*lifetime_value.ORIGINS.values(), lifetime_value.BY_MONTH)
        ),
        ("Lifetime value", lifetime_value.backtest),
        ("Lifetime value", lifetime_value.prediction_models),
        ("Lifetime value", lifetime_value.backtest_tenths),
        ("Baskets", baskets.chance_share),
        ("Baskets", baskets.pairs_with_services),
        ("Data health", data_health.outcomes),
        ("Data health", data_health.row_counts),
        ("Data health", data_health.build_info),
        ("Data health", data_health.build_variables),
        ("Data health", data_health.build_tests),
        ("Data health", data_health.runs),
        ("Data health", data_health.doubts),
        *(
            ("Explore", explore.rows, explore.Search(table), 1000)
            for table in explore.tables(warehouse)
        ),
    ]


def _with_filters(
    warehouse: Warehouse, key: int, chosen: SalesFilter
) -> list[tuple[Any, ...]]:
    """Page, query, and what it is asked beside the warehouse."""
    grain = default_grain(chosen.days)
    low, _ = baskets.largest_count(warehouse)
    champions = ("Champions",)
    kept = (low, chosen.categories)
    return [
        ("Overview", sales.by_day, chosen),
        ("Overview", sales.totals, chosen),
        ("Overview", sales.buyers, chosen),
        ("Overview", overview.buyers_by_period, chosen, grain),
        ("Overview", overview.by_category, chosen),
        ("Overview", overview.charges, chosen),
        ("Countries", sales.by_country, chosen),
        ("Countries", countries.buyers_by_country, chosen),
        ("Countries", countries.figures_by_country, chosen),
        ("Products", products.by_product, chosen),
        ("Products", products.product_by_period, key, chosen, grain),
        ("Today", products.with_services_as_one, chosen),
        ("Products", products.stocked, chosen.categories),
        ("Products", products.stock_levels, chosen.categories),
        ("Product", product.every_product),
        ("Product", product.description, key),
        ("Product", product.prices, key, chosen, grain),
        ("Product", product.by_segment, key, chosen),
        ("Product", product.by_country, key, chosen),
        ("Product", product.baskets_with, key, chosen),
        ("Segments", segments.rfm_cells, chosen.countries),
        ("Segments", segments.prospects, chosen.countries),
        ("Segments", segments.segment_customers, champions, chosen.countries, 500),
        ("Due", due.by_segment, ("due",), chosen.countries),
        ("Due", due.buyers, ("due",), (), chosen.countries, 500),
        ("Lifetime value", lifetime_value.lifetime_values, chosen.countries),
        ("Baskets", baskets.largest_count),
        *(
            (
                "Baskets",
                partial(baskets.pairs, only_significant=only),
                *kept,
                "lift",
                15,
            )
            for only in (False, True)
        ),
        *(
            ("Baskets", partial(baskets.pair_count, only_significant=only), *kept)
            for only in (False, True)
        ),
        ("Baskets", baskets.category_affinity, chosen.categories),
        ("Baskets", baskets.recommendations, 1, *kept),
        ("Baskets", baskets.category_pairs, *kept),
        ("Baskets", baskets.paired_products, *kept),
        ("Baskets", baskets.companions, 1, *kept, 12),
    ]


def measure_queries(location: Location, combinations: int = 40) -> list[Timing]:
    """Ask every page query with many filters; nothing is cached but by the engine.

    Args:
        location: A built warehouse.
        combinations: How many filters.

    Returns:
        One timing a query, slowest first.
    """
    warehouse = Warehouse(location)
    check(warehouse)
    found: dict[str, Timing] = {}
    for name, call in calls(warehouse, combinations):
        start = time.perf_counter()
        call()
        spent = (time.perf_counter() - start) * 1000
        found.setdefault(name, Timing(name)).milliseconds.append(spent)
    warehouse.close()
    return sorted(found.values(), key=lambda timing: timing.p95, reverse=True)


def overall(timings: list[Timing]) -> Timing:
    """All calls of all queries together."""
    every = [spent for timing in timings for spent in timing.milliseconds]
    return Timing("All page queries", every)


def by_page(timings: list[Timing]) -> list[Timing]:
    """The calls of each page's queries together, slowest page first."""
    pages: dict[str, Timing] = {}
    for timing in timings:
        name = timing.name.partition(":")[0]
        pages.setdefault(name, Timing(name)).milliseconds += timing.milliseconds
    return sorted(pages.values(), key=lambda page: page.p95, reverse=True)


def measure_first_chart(location: Location, visits: int = 5) -> str:
    """Open the dashboard in chromium, and say how long its first chart takes."""
    if chromium() is None:
        return "first chart: not measured, there is no chromium"
    from playwright.sync_api import sync_playwright

    seconds = []
    settings = {
        "DWH_TARGET": location.target,
        "DWH_DATABASE": str(Path(location.database).resolve()),
    }
    with running(settings) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox"]
        )
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        for _ in range(visits + 1):
            page = context.new_page()
            start = time.perf_counter()
            page.goto(url)
            page.locator(".js-plotly-plot .trace").first.wait_for()
            seconds.append(time.perf_counter() - start)
            page.close()
        browser.close()
    cold, warm = seconds[0], statistics.median(seconds[1:])
    return (
        f"first chart: {warm:.1f} s warm (budget {FIRST_CHART_SECONDS:.0f} s on an "
        f"idle machine), {cold:.1f} s on the first visit"
    )


def render(timings: list[Timing]) -> str:
    """A Markdown table of the queries, and the verdict over all of them."""
    table = markdown_table(
        ["page query", "calls", "median, ms", "p95, ms"],
        [
            [
                timing.name,
                str(len(timing.milliseconds)),
                f"{timing.median:,.0f}",
                f"{timing.p95:,.0f}",
            ]
            for timing in [*timings, *by_page(timings), overall(timings)]
        ],
    )
    budget = f"{BUDGET_MILLISECONDS:,.0f} ms"
    return f"{table}\n\nBudget: p95 of all page queries within {budget}."


def main(arguments: list[str] | None = None) -> int:
    """Print how quick the dashboard is on one warehouse."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.dashboard_queries",
        description="Time the dashboard's queries, and its first chart in a browser.",
    )
    parser.add_argument("--database", required=True, metavar="PATH")
    parser.add_argument("--target", choices=("sqlite", "duckdb"), default="sqlite")
    parser.add_argument("--combinations", type=int, default=40, metavar="N")
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--json", action="store_true", help="for other programs")
    chosen = parser.parse_args(arguments)
    location = Location(chosen.target, chosen.database)
    timings = measure_queries(location, chosen.combinations)
    first_chart = "" if chosen.no_browser else measure_first_chart(location)
    if chosen.json:
        found = {
            "p95": overall(timings).p95,
            "budget": BUDGET_MILLISECONDS,
            "pages": {page.name: page.p95 for page in by_page(timings)},
            "slowest": {timing.name: timing.p95 for timing in timings[:5]},
            "first_chart": first_chart,
        }
        print(json.dumps(found))
    else:
        print(f"{render(timings)}\n{first_chart}".strip())
    return 0


if __name__ == "__main__":
    sys.exit(main())
