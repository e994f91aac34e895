"""The benchmark of the dashboard asks every page's queries and counts them rightly."""

import inspect
from pathlib import Path
from typing import Any

import pytest
from dashboard_support import PAGES

from benchmarks.dashboard_queries import (
    Timing,
    by_page,
    calls,
    measure_queries,
    overall,
    percentile,
)
from dashboard.queries import (
    baskets,
    countries,
    data_health,
    due,
    lifetime_value,
    overview,
    products,
    retention,
    sales,
    segments,
    today,
)
from dashboard.warehouse import Warehouse
from pipeline.warehouse.location import Location


def test_a_percentile_is_the_least_value_that_enough_others_do_not_exceed() -> None:
    values = [float(number) for number in range(1, 101)]
    assert percentile(values, 0.95) == 95
    assert percentile(values[::-1], 0.95) == 95
    assert percentile([7.0], 0.95) == 7
    assert percentile([float(n) for n in range(1, 21)], 0.95) == 19


def test_pages_and_the_whole_hold_every_call() -> None:
    timings = [Timing("A: one", [1, 2]), Timing("B: one", [9]), Timing("A: two", [3])]
    assert overall(timings).milliseconds == [1, 2, 9, 3]
    assert [(page.name, page.milliseconds) for page in by_page(timings)] == [
        ("B", [9]),
        ("A", [1, 2, 3]),
    ]


def test_every_page_is_measured(demo_warehouse: Path) -> None:
    timings = measure_queries(Location("sqlite", str(demo_warehouse)), 2)
    assert {page.name for page in by_page(timings)} == set(PAGES)
    assert all(spent > 0 for timing in timings for spent in timing.milliseconds)


def test_every_query_of_the_pages_is_measured(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[str] = set()
    expected: set[str] = set()
    for module in (
        baskets,
        countries,
        data_health,
        due,
        lifetime_value,
        overview,
        products,
        retention,
        sales,
        segments,
        today,
    ):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            takes = list(inspect.signature(function).parameters)[:1]
            # What is taken away is asked for by a button, not by a page.
            is_asked = takes == ["warehouse"] and not (
                name.startswith("_") or name.endswith("export")
            )
            if function.__module__ != module.__name__ or not is_asked:
                continue
            full = f"{module.__name__}.{name}"
            expected.add(full)

            def noted(
                *given: Any, full: str = full, function: Any = function, **named: Any
            ) -> Any:
                asked.add(full)
                return function(*given, **named)

            monkeypatch.setattr(module, name, noted)
    for _, call in calls(warehouse, 1):
        call()
    assert expected - asked == set()
