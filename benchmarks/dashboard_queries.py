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
from dashboard.filters import SalesFilter
from dashboard.periods import DateRange, Grain, Preset, default_grain, preset_range
from dashboard.queries import (
    baskets,
    countries,
    data_health,
    explore,
    lifetime_value,
    overview,
    products,
    retention,
    sales,
    segments,
)
from dashboard.schema import Span, check, span
from dashboard.warehouse import Location, Warehouse

BUDGET_MILLISECONDS = {"sqlite": 300.0, "duckdb": 100.0}
FIRST_CHART_SECONDS = 3.0


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
    chosen = []
    for _ in range(count):
        some_countries = rng.sample(countries, min(len(countries), _few(rng)))
        some_categories = rng.sample(categories, min(len(categories), _few(rng)))
        chosen.append(
            SalesFilter(
                _days(rng, known), tuple(some_countries), tuple(some_categories)
            )
        )
    return chosen


def _few(rng: random.Random) -> int:
    return rng.choice([0, 0, 0, 1, 1, 3])


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
    """The queries of all pages with many filters: a name, and the call."""
    for product, chosen in enumerate(filters(warehouse, combinations), start=1):
        grain = default_grain(chosen.days)
        yield from _sales_calls(warehouse, chosen, grain)
        yield (
            "Products: all products",
            partial(products.by_product, warehouse, chosen),
        )
        yield (
            "Products: one product over time",
            partial(products.product_by_period, warehouse, product, chosen, grain),
        )
        yield (
            "Products: in stock",
            partial(products.stocked, warehouse, chosen.categories),
        )
        yield from _customer_calls(warehouse, chosen.countries)
        yield from _basket_calls(warehouse, chosen.categories)
    yield from _calls_without_filters(warehouse)
    for table in explore.tables(warehouse):
        yield (
            "Explore: first rows",
            partial(explore.rows, warehouse, explore.Search(table), 1000),
        )


def _calls_without_filters(
    warehouse: Warehouse,
) -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "Overview: days", partial(span, warehouse)
    yield "Overview: choices", partial(sales.choices, warehouse)
    for basis in ("first_order", "registration"):
        yield "Retention: cohorts", partial(retention.cohorts, warehouse, basis)
    yield "Retention: repeat orders", partial(retention.repeat_purchases, warehouse)
    yield "Retention: by customer type", partial(retention.sales_by_type, warehouse)
    yield "Segments: moves", partial(segments.segment_moves, warehouse)
    for kind in lifetime_value.ORIGINS.values():
        yield (
            "Lifetime value: by origin",
            partial(lifetime_value.origin_values, warehouse, kind, 30),
        )
    yield "Lifetime value: forecast check", partial(lifetime_value.backtest, warehouse)
    yield "Lifetime value: models", partial(lifetime_value.prediction_models, warehouse)
    yield (
        "Lifetime value: its tenths",
        partial(lifetime_value.backtest_tenths, warehouse),
    )
    yield "Baskets: share of chance", partial(baskets.chance_share, warehouse)
    yield "Data health: outcomes", partial(data_health.outcomes, warehouse)
    yield "Data health: row counts", partial(data_health.row_counts, warehouse)
    yield "Data health: build", partial(data_health.build_info, warehouse)
    yield "Data health: variables", partial(data_health.build_variables, warehouse)
    yield "Data health: tests", partial(data_health.build_tests, warehouse)


def _sales_calls(
    warehouse: Warehouse, chosen: SalesFilter, grain: Grain
) -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "Overview: sales by day", lambda: sales.by_day(warehouse, chosen)
    yield "Overview: totals", lambda: sales.totals(warehouse, chosen)
    yield "Overview: buyers", lambda: sales.buyers(warehouse, chosen)
    yield (
        "Overview: buyers by period",
        lambda: overview.buyers_by_period(warehouse, chosen, grain),
    )
    yield "Overview: by category", lambda: overview.by_category(warehouse, chosen)
    yield "Overview: shipping and tax", lambda: overview.charges(warehouse, chosen)
    yield "Countries: by country", lambda: sales.by_country(warehouse, chosen)
    yield (
        "Countries: buyers",
        lambda: countries.buyers_by_country(warehouse, chosen),
    )
    yield "Countries: all", lambda: countries.figures_by_country(warehouse, chosen)


def _customer_calls(
    warehouse: Warehouse, countries: tuple[str, ...]
) -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "Segments: scores", lambda: segments.rfm_cells(warehouse, countries)
    yield "Segments: prospects", lambda: segments.prospects(warehouse, countries)
    yield (
        "Segments: members",
        lambda: segments.segment_customers(warehouse, ("Champions",), countries, 500),
    )
    yield (
        "Lifetime value: values",
        lambda: lifetime_value.lifetime_values(warehouse, countries),
    )


def _basket_calls(
    warehouse: Warehouse, categories: tuple[str, ...]
) -> Iterator[tuple[str, Callable[[], Any]]]:
    low, _ = baskets.largest_count(warehouse)
    yield "Baskets: counts", partial(baskets.largest_count, warehouse)
    for only_significant in (False, True):
        yield (
            "Baskets: pairs",
            partial(
                baskets.pairs,
                warehouse,
                low,
                categories,
                "lift",
                15,
                only_significant=only_significant,
            ),
        )
        yield (
            "Baskets: number of pairs",
            partial(
                baskets.pair_count,
                warehouse,
                low,
                categories,
                only_significant=only_significant,
            ),
        )
    yield (
        "Baskets: orders of two categories",
        lambda: baskets.category_affinity(warehouse, categories),
    )
    yield (
        "Baskets: what to offer",
        lambda: baskets.recommendations(warehouse, 1, low, categories),
    )
    yield (
        "Baskets: categories",
        lambda: baskets.category_pairs(warehouse, low, categories),
    )
    yield (
        "Baskets: products",
        lambda: baskets.paired_products(warehouse, low, categories),
    )
    yield (
        "Baskets: companions",
        lambda: baskets.companions(warehouse, 1, low, categories, 12),
    )


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


@dataclass(frozen=True)
class FirstChart:
    """Seconds from asking for the address to the first chart.

    Attributes:
        cold: The first visit after the server started.
        warm: The median of later visits.
    """

    cold: float
    warm: float


def measure_first_chart(location: Location, visits: int = 5) -> FirstChart | None:
    """Open the Overview in chromium; None where there is none."""
    if chromium() is None:
        return None
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
            page.locator(".js-plotly-plot .scatterlayer .trace").first.wait_for()
            seconds.append(time.perf_counter() - start)
            page.close()
        browser.close()
    return FirstChart(seconds[0], statistics.median(seconds[1:]))


def first_chart_text(first: FirstChart | None) -> str:
    """What was measured in the browser, or why nothing was."""
    if first is None:
        return "first chart: not measured, there is no chromium"
    return (
        f"first chart: {first.warm:.1f} s warm (budget {FIRST_CHART_SECONDS:.0f} s on "
        f"an idle machine), {first.cold:.1f} s on the first visit"
    )


def render(timings: list[Timing], budget: float) -> str:
    """A Markdown table of the queries, and the verdict over all of them."""
    lines = [
        "| page query | calls | median, ms | p95, ms |",
        "|---|---:|---:|---:|",
    ]
    for timing in [*timings, *by_page(timings), overall(timings)]:
        lines.append(
            f"| {timing.name} | {len(timing.milliseconds)} "
            f"| {timing.median:,.0f} | {timing.p95:,.0f} |"
        )
    lines += ["", f"Budget: p95 of all page queries within {budget:,.0f} ms."]
    return "\n".join(lines)


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
    first = None if chosen.no_browser else measure_first_chart(location)
    if chosen.json:
        found = {
            "p95": overall(timings).p95,
            "budget": BUDGET_MILLISECONDS[chosen.target],
            "pages": {page.name: page.p95 for page in by_page(timings)},
            "slowest": {timing.name: timing.p95 for timing in timings[:5]},
            "first_chart": first_chart_text(first),
        }
        print(json.dumps(found))
        return 0
    print(render(timings, BUDGET_MILLISECONDS[chosen.target]))
    if not chosen.no_browser:
        print(first_chart_text(first).capitalize() + ".")
    return 0


if __name__ == "__main__":
    sys.exit(main())
