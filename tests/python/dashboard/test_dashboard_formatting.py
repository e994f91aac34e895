"""Numbers as people read them, and the one list of figures."""

import datetime as dt
import math

import pandas as pd
import pytest
import streamlit as st

from dashboard import cells
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
    signed_percent,
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
    assert change(0.25, 0.20, metric("returns_rate")) == "+5.0 pts"
    assert change(10, 0, metric("orders")) is None
    assert change(None, 3, metric("orders")) is None
    assert change(3, -2, metric("net_sales")) is None


def test_what_is_below_zero_has_the_same_minus_everywhere() -> None:
    assert change(50, 100, metric("orders")) == f"{MINUS}50.0%"
    assert change(0.20, 0.25, metric("returns_rate")) == f"{MINUS}5.0 pts"
    assert signed_percent(-0.1787) == f"{MINUS}17.9%"
    assert signed_percent(12.344) == "+1,234%"
    for shown in METRICS.values():
        for write in (short, exact):
            assert write(-1.5, shown, DOLLAR).startswith(MINUS)
            assert "-" not in write(-1.5, shown, DOLLAR)


@pytest.mark.parametrize(
    ("number_format", "value", "text"),
    [
        ("dollar", -1283.756, f"{MINUS}$1,283.76"),
        ("euro", 1283.756, "€1,283.76"),
        ("percent", -0.1787, f"{MINUS}17.9%"),
        ("%,.0f", -1283.7, f"{MINUS}1,284"),
        ("%,d", -1283, f"{MINUS}1,283"),
        ("%,.2f", 12.344, "12.34"),
        ("%+,.1f%%", 12.34, "+12.3%"),
        ("%+,.1f%%", -12.34, f"{MINUS}12.3%"),
        ("%,.2f", math.nan, DASH),
    ],
)
def test_a_cell_below_zero_is_written_as_its_column_but_for_the_minus(
    number_format: str, value: float, text: str
) -> None:
    assert cells.number(value, number_format) == text


def test_only_columns_with_a_number_below_zero_are_written_anew() -> None:
    rows = pd.DataFrame(
        {"net_sales": [12.5, -3.0], "orders": [1, 2], "when": [1, 2], "name": "ab"}
    )
    column = st.column_config.NumberColumn
    columns = {
        "name": "Name",
        "net_sales": column("Net sales", format="dollar"),
        "orders": column("Orders", format="%,.0f"),
        "when": column("When"),
    }
    styled, shown = cells.written(rows, columns)
    assert styled.to_html().count(f"{MINUS}$3.00") == 1
    assert shown["net_sales"]["type_config"]["format"] is None
    assert [shown[name] for name in ("name", "orders", "when")] == [
        columns[name] for name in ("name", "orders", "when")
    ]
    # What is sorted, copied and kept as a file are the numbers.
    pd.testing.assert_frame_equal(styled.data, rows)
    without = {"orders": columns["orders"]}
    assert cells.written(rows, without)[1] == without


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
