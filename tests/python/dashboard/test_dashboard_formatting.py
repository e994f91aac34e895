"""Numbers as people read them, and the one list of figures."""

import datetime as dt
import math

import pytest

from dashboard.formatting import (
    DASH,
    MINUS,
    Currency,
    change,
    day_range,
    exact,
    percent,
    short,
    short_number,
)
from dashboard.metrics import METRICS, Unit, metric

TO = "\N{EN DASH}"
DOLLAR = Currency("USD")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (950, "950"),
        (9_999, "9,999"),
        (12_345, "12.3k"),
        (999_499, "999k"),
        (999_960, "1.00M"),
        (31_800_000, "31.8M"),
        (-31_800_000, f"{MINUS}31.8M"),
        (2_500_000_000, "2.50B"),
        (3.24, "3.2"),
    ],
)
def test_short_numbers_fit_a_card(value: float, text: str) -> None:
    assert short_number(value) == text
    assert len(short_number(value)) <= 6


def test_money_is_short_on_the_page_and_exact_on_hover() -> None:
    net = metric("net_sales")
    assert short(31_812_345.678, net, DOLLAR) == "$31.8M"
    assert exact(31_812_345.678, net, DOLLAR) == "$31,812,345.68"
    assert exact(-12.5, net, DOLLAR) == f"{MINUS}$12.50"
    assert short(12, net, Currency("EUR")) == "€12.00"
    assert short(12, net, Currency("CHF")) == "CHF\N{NO-BREAK SPACE}12.00"


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_what_is_missing_is_a_dash_never_a_zero(value: float | None) -> None:
    for shown in METRICS.values():
        assert short(value, shown, DOLLAR) == DASH
        assert exact(value, shown, DOLLAR) == DASH
    assert percent(value) == DASH


def test_changes_of_shares_are_points_and_of_sums_percent() -> None:
    assert change(110, 100, metric("net_sales")) == "+10.0%"
    assert change(50, 100, metric("orders")) == "-50.0%"
    assert change(0.25, 0.20, metric("returns_rate")) == "+5.0 pts"
    assert change(10, 0, metric("orders")) is None
    assert change(None, 3, metric("orders")) is None
    assert change(3, -2, metric("net_sales")) is None


def test_ranges_of_days_name_the_year_once() -> None:
    assert (
        day_range(dt.date(2024, 1, 1), dt.date(2024, 3, 9)) == f"1 Jan {TO} 9 Mar 2024"
    )
    assert (
        day_range(dt.date(2023, 12, 1), dt.date(2024, 3, 9))
        == f"1 Dec 2023 {TO} 9 Mar 2024"
    )
    assert day_range(dt.date(2024, 3, 9), dt.date(2024, 3, 9)) == "9 Mar 2024"


def test_every_figure_has_a_name_of_its_own_and_a_definition() -> None:
    names = [shown.name for shown in METRICS.values()]
    assert len(set(names)) == len(names)
    for key, shown in METRICS.items():
        assert shown.key == key
        assert shown.formula.endswith(".")
        assert isinstance(shown.unit, Unit)
