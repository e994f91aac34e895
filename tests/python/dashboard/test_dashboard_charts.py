"""The pictures show the numbers they are given, and nothing that is not there."""

import csv
import datetime as dt
import json

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import plotly.io
import pytest

from dashboard import country_codes
from dashboard.charts import (
    baskets,
    countries,
    data_health,
    lifetime_value,
    outlines,
    products,
    retention,
    segments,
)
from dashboard.charts.as_table import as_table
from dashboard.charts.bars import bands, bridge, ranked
from dashboard.charts.figure import Figure
from dashboard.charts.series import over_time, period_label
from dashboard.charts.theme import CONFIG, Theme, clipped, dark, escaped, light
from dashboard.formatting import MINUS, Currency
from dashboard.metrics import metric
from dashboard.periods import DateRange, Grain
from dashboard.queries.products import products_for_share

LIGHT, DARK = light(Currency("USD")), dark(Currency("EUR"))
THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK])
D = dt.date


def drawn(picture: Figure) -> go.Figure:
    """The picture as a browser is sent it, each of its properties checked by Plotly."""
    sent = json.loads(plotly.io.to_json(picture.to_dict(), validate=False))
    return go.Figure(**sent)


def weeks(values: list[float], first: dt.date) -> pd.DataFrame:
    starts = [first + dt.timedelta(days=7 * i) for i in range(len(values))]
    return pd.DataFrame({"start": pd.to_datetime(starts), "net_sales": values})


@THEMES
def test_a_part_of_a_week_is_a_mark_of_its_own_never_the_end_of_the_line(
    theme: Theme,
) -> None:
    chosen = DateRange(D(2024, 1, 1), D(2024, 1, 24))  # Monday to Wednesday
    chart = drawn(
        over_time(
            weeks([10, 12, 14, 2], D(2024, 1, 1)),
            metric("net_sales"),
            Grain.WEEK,
            chosen,
            theme,
        )
    )
    line, part = chart.data
    assert line.y[-1] is None
    assert list(line.y[:-1]) == [10, 12, 14]
    assert (part.mode, list(part.y)) == ("markers", [2])
    assert "part of a week" in part.customdata[0]


def test_a_whole_range_has_no_partial_mark() -> None:
    chosen = DateRange(D(2024, 1, 1), D(2024, 1, 28))
    chart = drawn(
        over_time(
            weeks([1, 2, 3, 4], D(2024, 1, 1)),
            metric("net_sales"),
            Grain.WEEK,
            chosen,
            LIGHT,
        )
    )
    assert len(chart.data) == 1


def test_the_compared_period_lies_under_the_same_days() -> None:
    chosen = DateRange(D(2024, 1, 1), D(2024, 1, 14))
    chart = drawn(
        over_time(
            weeks([1, 2], D(2024, 1, 1)),
            metric("net_sales"),
            Grain.WEEK,
            chosen,
            LIGHT,
            pd.Series([5.0]),
            "Previous period",
        )
    )
    earlier = chart.data[0]
    assert earlier.name == "Previous period"
    assert list(earlier.x) == list(chart.data[1].x)
    assert earlier.y[0] == 5
    assert earlier.y[1] is None


def test_labels_of_periods_name_the_days_that_are_covered() -> None:
    chosen = DateRange(D(2024, 1, 10), D(2024, 2, 20))
    assert "part of a month" in period_label(
        pd.Timestamp("2024-01-01"), Grain.MONTH, chosen
    )
    assert (
        period_label(pd.Timestamp("2024-02-05"), Grain.WEEK, chosen)
        == "5 Feb \N{EN DASH} 11 Feb 2024"
    )


@THEMES
def test_bars_hold_values_in_order_and_names_in_full_on_hover(theme: Theme) -> None:
    names = ["A product with quite a long name indeed", "<b>x</b> %{y}", "x"]
    chart = drawn(
        ranked(
            names,
            pd.Series([3.0, 2.0, -1.0]),
            metric("net_sales"),
            theme,
            keys=[7, 8, 9],
        )
    )
    bar = chart.data[0]
    assert list(bar.x) == [3, 2, -1]
    assert list(bar.customdata) == [7, 8, 9]
    assert "quite a long name indeed" in bar.hovertext[0]
    assert "<b>x</b>" not in bar.hovertext[1].removeprefix("<b>")
    assert "%{y}" not in bar.hovertext[1]
    assert bar.text[0].startswith(theme.currency.symbol)


def test_bars_of_equal_names_stay_apart() -> None:
    chart = drawn(ranked(["same", "same"], pd.Series([2, 1]), metric("orders"), LIGHT))
    assert len(set(chart.data[0].y)) == 2


def test_bars_of_nothing_can_be_drawn() -> None:
    drawn(ranked([], pd.Series([], dtype=float), metric("orders"), LIGHT))


def test_the_open_band_of_a_histogram_is_named_so() -> None:
    chart = drawn(
        bands(
            pd.DataFrame(
                {"low": [0, 10, 20], "high": [10, 20, np.inf], "buyers": [5, 3, 2]}
            ),
            metric("net_sales"),
            metric("buyers"),
            LIGHT,
        )
    )
    assert list(chart.data[0].y) == [5, 3, 2]
    assert chart.data[0].customdata[-1][0] == "$20 or more"
    assert list(chart.layout.xaxis.tickvals) == [-0.5, 0.5, 1.5]


def test_each_closed_band_of_a_histogram_begins_at_its_tick() -> None:
    tenths = [tenth / 10 for tenth in range(11)]
    shares = pd.DataFrame({"low": tenths[:-1], "high": tenths[1:], "buyers": 1})
    chart = drawn(bands(shares, metric("p_alive"), metric("buyers"), LIGHT))
    assert list(chart.layout.xaxis.tickvals) == [tick - 0.5 for tick in range(10)]


def test_the_last_band_is_named_and_none_close_before_it() -> None:
    lows = [100.0 * band for band in range(18)]
    spent = pd.DataFrame({"low": lows, "high": [*lows[1:], np.inf], "buyers": 1})
    chart = drawn(bands(spent, metric("net_sales"), metric("buyers"), LIGHT))
    assert list(chart.layout.xaxis.ticktext) == [
        *("$0", "$300", "$600", "$900", "$1,200", "$1,700+"),
    ]


def selling(shares: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"cumulative_share": shares})


@pytest.mark.parametrize(
    ("shares", "needed"),
    [([0.5, 0.8, 1.0], 2), ([1.0], 1), ([0.79, 0.81, 1.0], 2), ([], 0)],
)
def test_pareto_counts_the_products_that_make_the_share(
    shares: list[float], needed: int
) -> None:
    assert products_for_share(selling(shares), 0.8) == needed


def test_pareto_thins_out_a_long_tail_without_moving_it() -> None:
    shares = list(np.linspace(0.001, 1, 20_000))
    chart = drawn(products.pareto(selling(shares), LIGHT))
    assert len(chart.data[0].x) < 500
    assert (chart.data[0].x[-1], chart.data[0].y[-1]) == (1, 1)


def matrix() -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    cells = pd.DataFrame(
        [[1.0, 0.4, 0.2], [1.0, 0.3, np.nan], [1.0, np.nan, np.nan]],
        index=["2024-01", "2024-02", "2024-03"],
        columns=[0, 1, 2],
    )
    return (
        cells,
        pd.DataFrame(
            {
                "value": [1.0, 0.36, 0.2],
                "customers_at_risk": [100, 80, 50],
                "cohorts": [3, 2, 1],
                "is_of_most": [True, True, False],
            }
        ),
        pd.Series([50, 30, 20], index=cells.index),
    )


@THEMES
def test_the_future_is_blank_and_an_open_month_is_starred(theme: Theme) -> None:
    cells, average, sizes = matrix()
    chart = drawn(
        retention.cohort_heat_map(
            cells, average, sizes, {("2024-01", 2)}, metric("retention_rate"), theme
        )
    )
    heat = chart.data[0]
    assert heat.z[3][1] is None
    assert heat.text[3][1] == ""
    assert heat.hovertext[3][1] == ""
    assert heat.text[1][2] == "20*"
    assert list(heat.text[0]) == ["100", "36", ""]
    assert "not over" in heat.hovertext[1][2]


def clicked_on(picture: Figure, column: object, row: object) -> list[str] | None:
    """What a click on a cell of a heat map gives back."""
    heat, marks = drawn(picture).data
    assert list(marks.hovertext) == [said for line in heat.hovertext for said in line]
    places = list(zip(marks.x, marks.y, strict=True))
    given = marks.customdata[places.index((column, row))]
    return None if given is None else list(given)


def test_a_click_on_a_cell_gives_its_cohort_back_and_on_a_blank_one_nothing() -> None:
    cells, average, sizes = matrix()
    chart = retention.cohort_heat_map(
        cells, average, sizes, set(), metric("retention_rate"), LIGHT
    )
    average_row, *rows = drawn(chart).data[0].y
    assert [clicked_on(chart, 0, row) for row in rows] == [[c] for c in cells.index]
    assert clicked_on(chart, 2, rows[-1]) is None
    assert clicked_on(chart, 0, average_row) is None


def test_one_cohort_alone_has_no_average_beside_it() -> None:
    cells, average, sizes = matrix()
    one, shown = cells.head(1), metric("retention_rate")
    heat = drawn(
        retention.cohort_heat_map(one, average, sizes, set(), shown, LIGHT)
    ).data[0]
    assert [name.split()[0] for name in heat.y] == [one.index[0]]
    curve = drawn(retention.cohort_curves(one, average, set(), shown, LIGHT)).data[-1]
    assert curve.name == one.index[0]


def test_a_click_on_a_pair_of_scores_gives_their_segments_back() -> None:
    cells = pd.DataFrame(
        [
            ("Champions", 5, 4, 5, 3, 90.0),
            ("Loyal", 5, 4, 3, 2, 40.0),
            ("Loyal", 5, 4, 2, 1, 10.0),
            ("Lost", 1, 1, 1, 7, 20.0),
        ],
        columns=[
            *("segment_name", "r_score", "f_score", "m_score"),
            *("customers", "monetary_value"),
        ],
    )
    chart = segments.score_grid(cells, LIGHT)
    assert clicked_on(chart, 5, 4) == ["Champions", "Loyal"]
    assert clicked_on(chart, 1, 1) == ["Lost"]
    assert clicked_on(chart, 3, 3) is None


def test_curves_leave_out_open_months_and_the_certain_month_zero() -> None:
    cells, average, _ = matrix()
    chart = drawn(
        retention.cohort_curves(
            cells, average, {("2024-01", 2)}, metric("retention_rate"), LIGHT
        )
    )
    first = chart.data[0]
    assert list(first.x) == [1]
    whole = chart.data[-1]
    assert whole.name == "All cohorts, weighted by size"
    # Month 2 is known of one cohort only, which is another than all three.
    assert list(whole.x) == [1]
    assert "of 80 customers in 2 cohorts" in whole.text[0]


def test_a_line_of_returns_ends_where_few_are_waited_for() -> None:
    days = (30, 60, 90, 180, 365)
    repeats = pd.DataFrame(
        {
            "order_number": [1, 2],
            **{
                f"returned_within_{day}_days": [day / 1000, np.nan]
                if day < 180
                else [np.nan, np.nan]
                for day in days
            },
            **{f"customers_at_risk_{day}_days": [400 - day, 20] for day in days},
        }
    )
    chart = drawn(retention.repeat_curves(repeats, LIGHT))
    (line,) = chart.data
    assert list(line.x) == [0, 30, 60, 90]
    assert "370 still waited for" in line.text[1]


def test_a_bridge_leads_from_the_first_amount_to_the_last() -> None:
    amounts = {
        "gross_sales": 100.0,
        "discounts": -10.0,
        "returns": -120.0,
        "net_sales": -30.0,
    }
    bar = drawn(bridge(amounts, LIGHT)).data[0]
    ends = [start + length for start, length in zip(bar.base, bar.x, strict=True)]
    assert list(bar.base) == [0, 100, 90, 0]
    assert ends == [100, 90, -30, -30]
    assert list(bar.y) == ["Gross sales", "Discounts", "Returns", "Net sales"]


def test_the_map_places_countries_dots_and_names_the_rest() -> None:
    frame = pd.DataFrame(
        {
            "country": ["Germany", "EIRE", "Ireland", "Malta", "Atlantis", "Norway"],
            "net_sales": [100.0, 5.0, 7.0, 3.0, 1.0, -4.0],
        }
    )
    everywhere = countries.frame(frame.assign(orders=1))
    chart = drawn(countries.world(frame, metric("net_sales"), LIGHT, everywhere))
    areas, dots = chart.data
    shown = dict(zip(areas.locations, areas.hovertext, strict=True))
    assert "$12.00" in shown["IRL"]
    assert "NOR" in shown
    assert len(dots.lat) == 1
    assert countries.unplaced(frame["country"]) == ["Atlantis"]
    assert CONFIG["topojsonURL"].startswith("app/static")


def test_a_map_without_any_known_country_can_be_drawn() -> None:
    frame = pd.DataFrame({"country": ["(unknown)"], "net_sales": [1.0], "orders": 1})
    shown = countries.frame(frame)
    assert (shown.box.width, shown.outside) == (360, [])
    drawn(countries.world(frame, metric("net_sales"), DARK, shown))


def framed(**orders: int) -> countries.Frame:
    """The frame of countries with so many orders each."""
    names = [name.replace("_", " ") for name in orders]
    return countries.frame(
        pd.DataFrame({"country": names, "orders": list(orders.values())})
    )


def test_the_map_shows_where_the_orders_come_from() -> None:
    home = framed(Germany=10)
    assert home.box.holds((13.4, 52.5))
    assert home.box.width < 20
    # A far country with a twentieth of the orders does not shrink all others.
    shown = framed(Germany=80, France=15, Netherlands=1, Australia=4)
    assert shown.outside == ["Australia"]
    assert shown.box.holds((2.3, 48.9))
    assert shown.box.width < 40
    assert framed(Germany=80, Australia=20).outside == []
    assert framed(United_States=50, Japan=25, New_Zealand=25).box.width == 360
    assert framed(Malta=1).box.holds((14.5, 35.9))


@pytest.mark.parametrize(
    ("country", "seen", "unseen"),
    [
        ("France", (9.0, 42.2), (-53.0, 4.0)),  # Corsica, not Guiana
        ("United States", (-81.0, 27.0), (-150.0, 64.0)),  # Florida, not Alaska
        ("Japan", (142.5, 43.0), (100.0, 35.0)),  # Hokkaido
        ("New Zealand", (175.5, -39.0), (150.0, -30.0)),  # both islands
        ("United Kingdom", (-6.7, 54.6), (10.0, 50.0)),  # Northern Ireland
    ],
)
def test_a_country_is_its_main_land_and_what_is_near(
    country: str, seen: tuple[float, float], unseen: tuple[float, float]
) -> None:
    box = framed(**{country.replace(" ", "_"): 1}).box
    assert box.holds(seen)
    assert not box.holds(unseen)


def test_every_country_that_is_known_has_a_place() -> None:
    rows = csv.DictReader(country_codes.FILE.open(encoding="utf-8", newline=""))
    assert {row["alpha3"] for row in rows} <= set(outlines.country_boxes())


def test_the_table_behind_bars_says_what_hovering_says() -> None:
    chart = ranked(
        ["A & B <i>: c", "%{x}"],
        pd.Series([1234.5, -2.0]),
        metric("net_sales"),
        LIGHT,
        before=pd.Series([1.0, 2.0]),
        details=["12 % of net sales, 3 orders", ""],
    )
    rows = as_table(chart).to_dict("records")
    assert rows == [
        {
            "What": "A & B <i>: c",
            "Net sales": "$1,234.50",
            "Figures": "12 % of net sales, 3 orders",
        },
        {"What": "%{x}", "Net sales": f"{MINUS}$2.00", "Figures": ""},
    ]


def test_the_table_behind_lines_has_a_row_a_period_and_a_column_a_line() -> None:
    chosen = DateRange(D(2024, 1, 1), D(2024, 1, 24))
    chart = over_time(
        weeks([10, 12, 14, 2], D(2024, 1, 1)),
        metric("net_sales"),
        Grain.WEEK,
        chosen,
        LIGHT,
        before=pd.Series([9.0, 8.0, 7.0]),
        before_name="previous period",
    )
    table = as_table(chart)
    assert list(table) == ["What", "Net sales", "previous period"]
    assert list(table["Net sales"]) == ["$10.00", "$12.00", "$14.00", "$2.00"]
    assert list(table["previous period"]) == ["$9.00", "$8.00", "$7.00", ""]
    assert table["What"].iloc[-1].endswith("(part of a week)")


def test_the_table_behind_a_heat_map_has_a_row_a_cell_that_is_drawn() -> None:
    rows = pd.DataFrame(
        {
            "category1": ["A", "A"],
            "category2": ["A", "B"],
            "co_purchase_count": [30.0, 5.0],
            "lift": [4.0, 0.5],
            "lift_lower_95": [3.0, 0.1],
        }
    )
    table = as_table(baskets.category_heat_map(rows, LIGHT))
    assert sorted(set(table["What"])) == ["A + A", "A + B"]
    assert set(table["Orders with both"]) == {"30", "5"}


@THEMES
def test_the_category_map_is_symmetric_around_chance(theme: Theme) -> None:
    rows = pd.DataFrame(
        {
            "category1": ["A", "A"],
            "category2": ["A", "B"],
            "pairs": [3, 1],
            "co_purchase_count": [30.0, 5.0],
            "lift": [4.0, 0.5],
        }
    )
    chart = baskets.category_heat_map(rows, theme)
    assert clicked_on(chart, "A", "B") == clicked_on(chart, "B", "A") == ["A", "B"]
    assert clicked_on(chart, "A", "A") == ["A"]
    assert clicked_on(chart, "B", "B") is None
    heat = drawn(chart).data[0]
    assert heat.z[0][1] == heat.z[1][0]
    assert heat.z[0][1] < 0 < heat.z[0][0]
    assert heat.z[1][1] is None
    assert heat.zmax == -heat.zmin


def test_the_affinity_map_tells_orders_with_both() -> None:
    affinity = pd.DataFrame(
        {
            "category1": ["Home"],
            "category2": ["Pets"],
            "co_purchase_count": [12.0],
            "lift": [0.5],
            "lift_lower_95": [0.25],
        }
    )
    heat = drawn(baskets.category_heat_map(affinity, LIGHT)).data[0]
    assert heat.z[0][1] == heat.z[1][0] == pytest.approx(np.log(0.5))
    assert "Orders with both: 12" in heat.hovertext[0][1]
    assert "at least 0.25" in heat.hovertext[0][1]


def test_pairs_say_whether_they_may_be_chance() -> None:
    pair = {
        "product1_key": 1,
        "product1": "Lamp",
        "product2": "Bulb",
        "co_purchase_count": 7,
        "confidence_1_to_2": 0.5,
        "confidence_2_to_1": 0.25,
        "lift": 3.0,
    }
    evidence = {"lift_lower_95": 0.8, "expected_co_purchases": 5.5}
    for significant, text in ((0, "may be chance"), (1, "more than chance")):
        rows = pd.DataFrame([{**pair, **evidence, "is_significant": significant}])
        hover = drawn(baskets.ranked_pairs(rows, metric("lift_lower_95"), LIGHT)).data[
            0
        ]
        assert text in hover.hovertext[0]
        assert "Expected by chance: 5.5 times" in hover.hovertext[0]


@THEMES
def test_the_history_adds_up_to_all_buyers(theme: Theme) -> None:
    history = pd.DataFrame(
        [[1.0, 2.0, 3.0, 4.0, 0.0], [5.0, 5.0, 5.0, 5.0, 5.0]],
        columns=list(segments.GROUP_COLOURS),
        index=["2024-01", "2024-02"],
    )
    counts = drawn(segments.segment_history(history, metric("buyers"), theme))
    shares = drawn(segments.segment_history(history, metric("buyer_share"), theme))
    assert [sum(t.y[i] for t in counts.data) for i in (0, 1)] == [10, 25]
    for month in (0, 1):
        assert sum(t.y[month] for t in shares.data) == pytest.approx(1)
    assert counts.data[0].text[0] == "1 (10.0%)"


def test_moves_have_the_colour_of_where_they_went() -> None:
    moves = pd.DataFrame(
        {
            "from_segment": ["Loyal", "Loyal"],
            "to_segment": ["At Risk", "Champions"],
            "customers": [5.0, 3.0],
            "monetary_value": [50.0, 30.0],
        }
    )
    bars = drawn(segments.move_bars(moves, LIGHT)).data[0]
    assert list(bars.marker.color) == [
        segments.GROUP_COLOURS["Win back"],
        segments.GROUP_COLOURS["Keep"],
    ]
    assert list(bars.customdata) == ["At Risk", "Champions"]
    assert len(set(bars.y)) == 2


def test_an_open_month_is_hatched_and_an_unused_type_left_out() -> None:
    rows = pd.DataFrame(
        {
            "month": ["2024-01", "2024-02"] * 2,
            "customer_type": ["new", "new", "reactivated", "reactivated"],
            "customers": [1, 2, 0, 0],
            "orders": [1, 2, 0, 0],
            "net_sales": [10.0, 20.0, 0.0, 0.0],
            "is_complete": [True, False] * 2,
        }
    )
    (bars,) = drawn(retention.sales_by_type(rows, LIGHT)).data
    assert list(bars.y) == [10, 20]
    assert list(bars.marker.pattern.shape) == ["", "/"]


def test_origins_name_the_customers_behind_a_mean() -> None:
    rows = pd.DataFrame(
        {
            "origin": ["Home", "Pets"],
            "customers": [1200, 40],
            "value_per_customer": [20.0, 10.0],
            "orders_per_customer": [2.0, 1.0],
            "returning_share": [0.5, 0.0],
        }
    )
    bars = drawn(lifetime_value.origin_bars(rows, LIGHT)).data[0]
    assert list(bars.x) == [20, 10]
    assert "1,200 customers" in bars.y[0]
    assert "50.00%" in bars.hovertext[0]


def test_intake_bars_show_shares_of_rows_in() -> None:
    rows = pd.DataFrame(
        {
            "raw_table": ["raw_orders", "raw_products"],
            "rows_in": [10, 0],
            "accepted": [9, 0],
            "rejected": [1, 0],
        }
    )
    chart = drawn(data_health.intake_bars(rows, LIGHT))
    assert [list(bar.x) for bar in chart.data] == [[0.9, 0], [0.1, 0]]


def test_names_from_the_data_cannot_become_markup() -> None:
    assert escaped("<script>&") == "&lt;script&gt;&amp;"
    assert "%{" not in escaped("%{x}")
    assert clipped("  a   b  ", 10) == "a b"
    assert len(clipped("x" * 50, 10)) == 10


def test_a_message_stands_where_a_picture_cannot() -> None:
    assert drawn(LIGHT.message("Nothing <yet>")).layout.annotations[0].text == (
        "Nothing &lt;yet&gt;"
    )
