"""Rates and means are of enough customers, and are held against their like."""

import datetime as dt
import json
import math
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from dashboard_support import PAGES, change, texts
from streamlit.testing.v1 import AppTest

from dashboard.charts.retention import repeat_rate_line
from dashboard.charts.theme import dark, light
from dashboard.formatting import MINUS, Currency, day_range, percent
from dashboard.formatting import change as moved
from dashboard.metrics import METRICS, Unit, metric
from dashboard.periods import DateRange
from dashboard.queries import countries, lifetime_value, retention, sales, today
from dashboard.schema import Span
from dashboard.warehouse import Warehouse

Show = Callable[..., AppTest]
D = dt.date


def read(database: Path, query: str) -> pd.DataFrame:
    with sqlite3.connect(database) as connection:
        rows = pd.read_sql_query(query, connection)
    connection.close()
    return rows


def figures(app: AppTest) -> dict[str, Any]:
    return {each.label: each for each in app.metric}


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "").replace("\N{WORD JOINER}", "")


@pytest.fixture(scope="module")
def first_orders(demo_warehouse: Path) -> pd.DataFrame:
    """One row a buyer: the days of the first order, and of the second."""
    orders = read(
        demo_warehouse,
        "select customer_key, customer_order_number as number, date from FactOrders"
        " join DimTime using (time_key) where customer_order_number <= 2",
    )
    orders["date"] = pd.to_datetime(orders["date"])
    return orders.pivot(index="customer_key", columns="number", values="date")


def repeat_rate(buyers: pd.DataFrame, months: list[str]) -> float:
    mine = buyers[buyers[1].dt.strftime("%Y-%m").isin(months)]
    return float(((mine[2] - mine[1]).dt.days <= 90).mean())


def test_the_repeat_rate_is_of_buyers_seen_for_as_long(
    demo_warehouse: Path, show: Show, first_orders: pd.DataFrame, known: Span
) -> None:
    # 90 days before the last of 2025 is the second of October.
    assert known.as_of == D(2025, 12, 31)
    now = repeat_rate(first_orders, ["2025-07", "2025-08", "2025-09"])
    before = repeat_rate(first_orders, ["2025-04", "2025-05", "2025-06"])
    shown = metric("repeat_rate")
    text = said(show(demo_warehouse, "Retention"))
    assert f"**{percent(now)}** of those who bought first in the last 3 months" in text
    assert f"{moved(now, before, shown)} against the 3 months before" in text
    assert "One month with fewer than 30 such buyers is left out" in text
    card = figures(show(demo_warehouse, "Today"))["Repeat rate within 90 days"]
    assert card.value == percent(now)
    assert card.delta == moved(now, before, shown)


def test_a_month_is_whole_once_its_last_buyer_is_known_for_so_long(
    warehouse: Warehouse, known: Span
) -> None:
    rates = retention.repeat_rates(warehouse, 90, known.as_of).set_index("month")
    assert rates["is_whole"]["2025-09"]
    assert not rates["is_whole"]["2025-10"]
    assert math.isnan(rates["repeat_rate"]["2025-10"])
    few = rates.reset_index().tail(4)
    assert all(math.isnan(rate) for rate in retention.repeat_trend(few.tail(2), 30))
    now, before = retention.repeat_trend(few, 30)
    assert now > 0
    assert math.isnan(before)


def test_a_cut_month_is_hollow(warehouse: Warehouse, known: Span) -> None:
    rates = retention.repeat_rates(warehouse, 90, known.as_of)
    theme = light(Currency("USD"))
    [line] = repeat_rate_line(rates, 90, theme).to_dict()["data"]
    assert line["marker"]["color"][-1] == theme.ground
    assert line["marker"]["color"][-2] != theme.ground


def test_new_buyers_are_held_against_the_same_days_of_the_month_before(
    own_warehouse: Path, show: Show
) -> None:
    change(
        own_warehouse,
        "delete from FactOrders where time_key > 20251210",
        "delete from rpt_sales_daily where date > '2025-12-10'",
        "update build_info set as_of_date = '2025-12-10'",
    )
    counted = read(
        own_warehouse,
        "select count(case when time_key between 20251201 and 20251210 then 1 end) now,"
        " count(case when time_key between 20251101 and 20251110 then 1 end) before"
        " from FactOrders where customer_order_number = 1",
    ).iloc[0]
    app = show(own_warehouse, "Today")
    card = figures(app)[f"New buyers, {day_range(D(2025, 12, 1), D(2025, 12, 10))}"]
    assert card.value == str(counted["now"])
    assert card.delta == moved(counted["now"], counted["before"], metric("new_buyers"))
    then = day_range(D(2025, 11, 1), D(2025, 11, 10))
    assert f"{then}: {counted['before']} new buyers" in said(app)


def test_a_shorter_month_before_has_fewer_days() -> None:
    assert today.month_to_date(D(2025, 3, 31), D(2024, 1, 1)) == (
        DateRange(D(2025, 3, 1), D(2025, 3, 31)),
        DateRange(D(2025, 2, 1), D(2025, 2, 28)),
    )
    assert today.month_to_date(D(2025, 3, 5), D(2025, 2, 2))[1] is None


@pytest.mark.parametrize("grain", ["week", "quarter"])
def test_cohorts_of_other_periods_are_counted_from_the_orders(
    warehouse: Warehouse, demo_warehouse: Path, grain: str
) -> None:
    orders = read(
        demo_warehouse,
        "select customer_key, date, net_sales, has_sale from FactOrders"
        " join DimTime using (time_key) where customer_key <> -1",
    )
    frequency = {"week": "W-SUN", "quarter": "Q-DEC"}[grain]
    orders["period"] = pd.to_datetime(orders["date"]).dt.to_period(frequency)
    bought = orders[orders["has_sale"] == 1]
    start = bought.groupby("customer_key")["period"].min()
    orders["start"] = orders["customer_key"].map(start)
    known = orders.dropna(subset="start")
    known = known.assign(
        index=[
            (now - then).n
            for now, then in zip(known["period"], known["start"], strict=True)
        ]
    )
    known = known[known["index"].between(0, 52)]
    cells = retention.cohorts(warehouse, "first_order", grain)
    assert cells["cohort_size"][cells["period_index"] == 0].sum() == len(start)
    active = known[known["has_sale"] == 1].groupby("index")["customer_key"].nunique()
    by_index = cells.groupby("period_index")
    # Whoever is active in a period is so once, whatever the cohort.
    assert by_index["active_customers"].sum().to_dict() == (
        active.reindex(range(cells["period_index"].max() + 1), fill_value=0).to_dict()
    )
    money = by_index["total_spending"].sum()
    for index, spent in known.groupby("index")["net_sales"].sum().items():
        assert money[index] == pytest.approx(spent, abs=1e-3)
    unfinished = cells[~cells["is_complete"]]
    # 2025 ends on a Wednesday: its last week is not over, and its last quarter is.
    assert unfinished.empty == (grain == "quarter")


def test_the_page_has_cohorts_by_week_and_quarter(
    demo_warehouse: Path, show: Show
) -> None:
    app = show(demo_warehouse, "Retention", cohort_per="Quarter")
    cells = read(
        demo_warehouse,
        "select sum(active_customers) * 1.0 / sum(cohort_size) as rate"
        " from rpt_customer_cohorts_by_grain where cohort_basis = 'first_order'"
        " and cohort_grain = 'quarter' and period_index = 1 and is_complete",
    )
    shown = figures(app)["Back in quarter 1"].value.replace("\\", "")
    assert shown == percent(cells["rate"][0])
    assert "A row is the customers of one quarter" in said(app)
    weekly = show(demo_warehouse, "Retention", cohort_per="Week")
    assert not weekly.exception
    assert "Back in week 12" in figures(weekly)
    # A week of the demo shop has a dozen buyers.
    assert "of fewer than 30 customers are left out" in said(weekly)


def test_a_rate_of_few_customers_is_hidden() -> None:
    cells = pd.DataFrame(
        {
            "cohort": ["2024-01", "2024-01", "2024-02"],
            "period_index": [0, 1, 0],
            "cohort_size": [30, 30, 29],
            "active_customers": [30, 3, 29],
        }
    )
    rates = retention.cohort_matrix(cells, "retention_rate", 30)
    assert rates.loc["2024-01"].tolist() == [1.0, 0.1]
    assert rates.loc["2024-02"].isna().all()
    assert retention.cohorts_of_few(cells, 30) == 1
    counts = retention.cohort_matrix(cells, "active_customers", 30)
    assert counts.loc["2024-02", 0] == 29


def test_a_country_of_few_buyers_has_no_rates() -> None:
    # Of C no buyer is known.
    rows = pd.DataFrame({"country": [*"ABC"], "buyers": [30, 29, 0], "orders": 40})
    rows = rows.assign(net_sales=1.0, **dict.fromkeys(sales.RATIOS, 0.5))
    found = countries.without_ratios_of_few(rows, 30)
    for key in sales.RATIOS:
        assert found[key].isna().tolist() == [False, True, False]
    assert found["net_sales"].tolist() == [1.0] * 3


def test_the_page_of_countries_says_whose_rates_are_left_out(
    demo_warehouse: Path, show: Show
) -> None:
    [few] = read(
        demo_warehouse,
        "select count(*) as few from (select country from FactOrders"
        " join DimCustomer using (customer_key) where has_sale and customer_key <> -1"
        " group by country having count(distinct customer_key) < 30)",
    )["few"]
    app = show(demo_warehouse, "Countries", period="All time")
    assert few > 0
    assert f"{few} countries with fewer than 30 buyers have no rates" in said(app)
    table = next(each.value for each in app.dataframe if "returns_rate" in each.value)
    assert table["returns_rate"].isna().sum() == few


def test_what_a_month_of_buyers_is_worth_is_of_the_same_number_of_days(
    warehouse: Warehouse, demo_warehouse: Path, show: Show
) -> None:
    app = show(demo_warehouse, "Lifetime value", newer_after="365 days")
    assert not app.exception
    assert "Are newer buyers worth as much?" in {each.value for each in app.header}
    rows = lifetime_value.origin_values(warehouse, lifetime_value.BY_MONTH, 365)
    assert rows["origin"].max() == "2024-12"


def test_nobody_is_said_to_be_active_who_had_no_chance_to_leave(
    demo_warehouse: Path, show: Show
) -> None:
    [(unknown, once)] = read(
        demo_warehouse,
        "select count(case when p_alive is null then 1 end),"
        " count(case when frequency = 0 then 1 end) from rpt_customer_lifetime_value"
        " join int_clv_purchase_summaries using (customer_key)"
        " where fit_name = 'all_data'",
    ).to_numpy()
    assert unknown == once > 0
    text = said(show(demo_warehouse, "Lifetime value"))
    assert f"It cannot be told of {once:,} who bought on one day only" in text


def backtest(*rows: tuple[str, bool, float, float]) -> pd.DataFrame:
    columns = ["forecast_method", "is_used", "relative_error"]
    return pd.DataFrame(rows, columns=[*columns, "root_mean_squared_error"])


def test_which_way_was_better_is_said_in_words() -> None:
    rows = backtest(
        ("nbd", True, -0.2, 2.0),
        ("same_count", False, 0.1, 1.5),
        ("same_rate", False, -0.1, 3.0),
        ("nobody", False, -1.0, 1.9),
        ("historical_rate", False, 9.0, 9.0),
        ("bg_nbd", False, math.nan, math.nan),
    )
    assert lifetime_value.better_than_used(rows).fillna("").tolist() == [
        "",
        "in total and per customer",
        "in total",
        "per customer",
        "in nothing",
        "",
    ]
    nearest = lifetime_value.nearest(rows, "root_mean_squared_error")
    assert nearest["forecast_method"] == "same_count"


def test_the_page_says_which_way_was_nearest(own_warehouse: Path, show: Show) -> None:
    text = said(show(own_warehouse, "Lifetime value"))
    assert "Nearest in total: this forecast" in text
    assert "Nearest per customer: this forecast" in text
    change(
        own_warehouse,
        "update rpt_clv_backtest set relative_error = 0.01"
        " where forecast_method = 'same_rate'",
    )
    text = said(show(own_warehouse, "Lifetime value"))
    assert "Nearest in total: As often as before (+1.0%, this forecast " in text


def test_changes_are_signed_and_coloured(demo_warehouse: Path, show: Show) -> None:
    app = show(demo_warehouse, "Lifetime value")
    table = next(each for each in app.dataframe if "better" in each.value)
    styler = table.proto.arrow_data.styler
    shown = pa.ipc.open_stream(styler.display_values).read_pandas()["relative_error"]
    assert list(shown) == [
        f"{MINUS if percents < 0 else '+'}{abs(percents):,.1f}%"
        for percents in table.value["relative_error"]
    ]
    assert {text[0] for text in shown} == {"+", MINUS}
    assert styler.styles
    for theme in (light(Currency()), dark(Currency())):
        colours = {theme.of_change(value) for value in (1.0, -1.0, 0.0)}
        assert colours == {theme.rise, theme.fall, theme.text}


@pytest.mark.parametrize("page", list(PAGES))
def test_a_column_has_one_number_format_and_a_unit(
    own_warehouse: Path, show: Show, page: str
) -> None:
    change(own_warehouse, "update build_info set currency = 'GBP'")
    app = show(own_warehouse, page)
    for table in app.dataframe:
        for name, column in json.loads(table.proto.columns or "{}").items():
            config = column.get("type_config") or {}
            # Without a step Streamlit writes 12 % beside 12.34 %.
            if config.get("format") == "percent":
                assert config.get("step"), (page, name)
            unit = METRICS[name].unit if name in METRICS else None
            if unit is Unit.MONEY:
                assert "(GBP)" in column["label"], (page, name)
            if unit is Unit.DAYS:
                assert "days" in column["label"].lower(), (page, name)
