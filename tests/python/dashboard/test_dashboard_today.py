"""The Today page: weeks held against weeks, and changes that add up."""

import datetime as dt
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from dashboard_support import change
from day_windows import assert_windows_are_those_of_the_lines
from streamlit.testing.v1 import AppTest

from dashboard.filters import SalesFilter
from dashboard.formatting import weekday
from dashboard.periods import DateRange
from dashboard.queries import products, sales, today
from dashboard.schema import Span
from dashboard.warehouse import Warehouse

Show = Callable[..., AppTest]

D = dt.date
LAST = D(2025, 12, 10)  # a Wednesday


def daily(amounts: dict[dt.date, float]) -> pd.DataFrame:
    """Rows of `sales.by_day` of one order a day."""
    days = pd.DataFrame({"date": pd.to_datetime(list(amounts)), "orders": 1})
    return days.assign(
        gross_sales=list(amounts.values()),
        net_sales=list(amounts.values()),
        margin=float("nan"),
        **dict.fromkeys(("discounts", "returns", "net_sales_with_cost", "units"), 0),
    )


@pytest.mark.parametrize("last", [D(2025, 12, 10), D(2024, 2, 29), D(2025, 1, 31)])
def test_every_day_is_held_against_the_same_weekday(last: dt.date) -> None:
    for window in today.windows(last, D(2020, 1, 1)):
        assert window.days.end == last
        for other in (window.before, window.last_year):
            assert other is not None
            assert other.days == window.days.days
            assert other.start.weekday() == window.days.start.weekday()
            assert other.end < window.days.start


def test_what_the_data_do_not_reach_back_to_is_not_compared() -> None:
    _, week, month = today.windows(LAST, D(2025, 11, 27))
    assert week.before == DateRange(D(2025, 11, 27), D(2025, 12, 3))
    assert week.last_year is None
    assert month.before is None


def test_a_closed_weekday_meets_closed_days() -> None:
    """A shop without Saturdays is compared as if there were none."""
    days = [LAST - dt.timedelta(days=n) for n in range(60)]
    rows = daily({day: 10.0 for day in days if day.weekday() != 5})
    saturday = D(2025, 12, 6)
    for window in today.windows(saturday, days[-1]):
        assert window.before is not None
        now = today.figures(rows, window.days)
        assert now == today.figures(rows, window.before)
    assert today.usual(rows, DateRange(saturday, saturday), days[-1])[:3] == [0, 0, 0]
    assert today.place_among(0.0, [0.0] * 8, "Saturdays") == ""
    # Nor is it missing; a Friday is.
    friday = D(2025, 12, 5)
    fewer = rows[rows["date"].dt.date != friday]
    assert today.days_without_orders(fewer, LAST, days[-1]) == [friday]


def test_a_place_among_the_same_weekdays_is_said_in_words() -> None:
    assert today.place_among(5, [1, 2, 9], "Fridays") == (
        "better than 2 of the 3 Fridays before"
    )
    assert today.place_among(5, [1, 2, 3], "Fridays").startswith("more than on any")
    assert today.place_among(0, [1, 2, 3], "Fridays").startswith("less than on any")
    assert today.place_among(5, [1, 2], "Fridays") == ""


def last_orders(*times: str) -> pd.DataFrame:
    whole = pd.to_datetime(pd.Series(times, dtype=str))
    return pd.DataFrame({"date": whole.dt.normalize(), "last_order": whole})


def test_a_day_that_ends_hours_before_its_like_is_no_whole_day() -> None:
    week = dt.timedelta(days=7)
    before = [f"{LAST - week * n}T{hour}:15" for n, hour in ((1, 20), (2, 19), (3, 21))]
    short = last_orders(f"{LAST}T12:50", *before)
    assert today.last_whole_day(short, LAST) == (LAST - dt.timedelta(days=1), True)
    late = last_orders(f"{LAST}T18:50", *before)
    assert today.last_whole_day(late, LAST) == (LAST, False)
    few = last_orders(f"{LAST}T12:50", *before[:2])
    assert today.last_whole_day(few, LAST) == (LAST, False)
    # Days after the last order are whole days without one.
    assert today.last_whole_day(short, LAST + week) == (LAST + week, False)
    undated = short.assign(last_order=pd.NaT)
    assert today.last_whole_day(undated, LAST) == (LAST, False)


def test_movers_and_all_others_add_up_to_the_whole() -> None:
    now = pd.DataFrame({"name": list("abcdef"), "net_sales": [9, 8, 7, 6, 5, 1.0]})
    then = pd.DataFrame({"name": list("bcdexy"), "net_sales": [2, 7, 9, 4, 8, 1.0]})
    moved = today.movers(now, then, "name", "name", 2)
    assert list(moved["name"]) == ["a", "x", "All others (5)"]
    assert list(moved["net_sales_change"]) == [9, -8, 4]
    assert moved["net_sales_change"].sum() == 36 - 31
    # One that would be all others has its own name.
    assert list(today.movers(now[:3], then[:0], "name", "name", 2)["name"]) == [*"abc"]
    assert today.movers(now, now, "name", "name", 2).empty


@pytest.fixture(scope="module")
def every_day(warehouse: Warehouse, known: Span) -> pd.DataFrame:
    """All days of the default warehouse."""
    return sales.by_day(warehouse, SalesFilter(DateRange(known.first, known.as_of)))


def test_the_windows_and_what_moved_them_are_those_of_the_lines(
    demo_warehouse: Path,
) -> None:
    assert_windows_are_those_of_the_lines(demo_warehouse)


def test_what_runs_out_is_gone_before_an_order_arrives(
    warehouse: Warehouse, demo_warehouse: Path, known: Span
) -> None:
    found = products.running_out(products.stock_levels(warehouse, ()))
    with sqlite3.connect(demo_warehouse) as connection:
        # give or take what weekdays move
        expected = dict(
            connection.execute(
                """
                select p.product_key,
                    p.stock_quantity * 28.0 / sum(s.quantity_sold) as left
                from FactSales as s
                join DimTime as t on t.time_key = s.time_key
                join DimProduct as p on p.product_key = s.product_key
                where t.date > date(?, '-28 days') and p.stock_quantity is not null
                group by p.product_key
                having sum(s.quantity_sold) > 0
                """,
                (known.as_of.isoformat(),),
            ).fetchall()
        )
    connection.close()
    short = set(found["product_key"])
    assert short >= {key for key, days in expected.items() if days < 13}
    assert not short & {key for key, days in expected.items() if days > 15}
    in_stock = found[found["stock_quantity"] > 0]
    assert len(in_stock) > 5
    for row in in_stock.itertuples():
        assert row.days_left == pytest.approx(expected[row.product_key], abs=2)


def test_returns_that_doubled_are_listed_by_what_they_cost() -> None:
    recent = pd.DataFrame(
        {
            "product_key": [1, 2, 3, 4],
            "product_name": list("abcd"),
            "returns": [-10.0, -50.0, -30.0, 0.0],
            "is_service": False,
        }
    )
    earlier = pd.DataFrame({"product_key": [1, 2], "returns": [-5.0, -30.0]})
    jumped = today.returns_that_jumped(recent, earlier)
    assert list(jumped["product_name"]) == ["c", "a"]
    assert list(jumped["increase"]) == [30, 5]


def words(app: AppTest) -> str:
    """What a page says, without what keeps Markdown from reading it."""
    said = "\n".join(str(one.value) for one in app.markdown)
    return said.replace("\\", "").replace("\N{WORD JOINER}", "")


def test_the_first_page_answers_in_a_sentence_and_says_how_fresh_it_is(
    demo_warehouse: Path, show: Show, every_day: pd.DataFrame, known: Span
) -> None:
    app = show(demo_warehouse, "Today")
    assert app.title[0].value == "Today"
    said = words(app)
    day = today.figures(every_day, DateRange(known.as_of, known.as_of))
    assert f"{weekday(known.as_of)} brought ${day['net_sales']:,.2f}, " in said
    week = today.windows(known.as_of, known.first)[1]
    now, before, year = (
        today.figures(every_day, days)["net_sales"]
        for days in (week.days, week.before, week.last_year)
        if days is not None
    )
    assert f"{today.more_or_less(now, before)} than in the 7 days before" in said
    assert f"{today.more_or_less(now, year)} than a year before" in said
    assert "Orders until 31 Dec 2025 21:01, built " in said


def test_a_day_cut_short_is_left_out_and_said_to_be(
    own_warehouse: Path, show: Show
) -> None:
    change(
        own_warehouse,
        "update FactOrders set ordered_at = substr(ordered_at, 1, 10) || ' 09:00:00' "
        "where time_key = 20251231",
    )
    app = show(own_warehouse, "Today")
    said = words(app)
    assert "Until Tuesday, 30 Dec 2025, the last whole day" in said
    assert "31 Dec 2025 ends early in the data, at 09:00" in said
    assert app.metric[0].label == "Tuesday, 30 Dec 2025"


def test_days_after_the_last_order_are_days_without_orders(
    own_warehouse: Path, show: Show
) -> None:
    change(own_warehouse, "update build_info set as_of_date = '2026-01-02'")
    app = show(own_warehouse, "Today")
    said = words(app)
    assert "No orders came on Friday, 2 Jan 2026" in said
    assert "No orders on Thursday, 1 Jan 2026, Friday, 2 Jan 2026: closed, or" in said
