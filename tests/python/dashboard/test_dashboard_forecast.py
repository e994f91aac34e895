"""The next three months, as the Overview tells them and as SQL has them."""

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest
from dashboard_support import change, texts
from streamlit.testing.v1 import AppTest

from dashboard.formatting import Currency, day_range, short
from dashboard.metrics import metric
from dashboard.queries.forecast import by_week, trials_in_words
from tests.python.dashboard.conftest import Show
from tests.python.warehouses import read_rows

HEADING = "What do the next 13 weeks bring?"
YEAR = dt.timedelta(weeks=52)


def words(app: AppTest) -> str:
    """The text of a page as it is read: without what keeps Markdown off."""
    return texts(app).replace("\\", "").replace("\N{WORD JOINER}", "")


def money(value: float) -> str:
    return short(value, metric("net_sales"), Currency("USD"))


def ahead(app: AppTest) -> dict[str, list[float]]:
    """The lines of the card's picture, by their names."""
    for element in app.get("plotly_chart"):
        lines = {
            line.get("name"): line for line in json.loads(element.proto.spec)["data"]
        }
        if "80% band" in lines:
            return {name: list(line["y"]) for name, line in lines.items()}
    return {}


@pytest.mark.parametrize("category", [None, "Toys & Games"])
def test_the_card_says_what_the_tables_hold(
    demo_warehouse: Path, show: Show, category: str | None
) -> None:
    series = f"category = '{category}'" if category else "is_all_categories"
    [(first, last, expected, lower, upper)] = read_rows(
        demo_warehouse,
        "select first_day, last_day, expected_net_sales, lower_80, upper_80 "
        f"from rpt_sales_forecast where period = 'all weeks' and {series}",
    )
    weeks = read_rows(
        demo_warehouse,
        "select expected_net_sales from rpt_sales_forecast where period = 'week' "
        f"and {series} order by first_day",
    )
    [(trials, nearer)] = read_rows(
        demo_warehouse,
        "select count(*), sum(mean_absolute_error < naive_mean_absolute_error) "
        f"from rpt_sales_forecast_backtest where {series}",
    )
    start, end = map(dt.date.fromisoformat, (str(first), str(last)))
    product = f"and DimProduct.category = '{category}'" if category else ""
    [(before,)] = read_rows(
        demo_warehouse,
        "select sum(line_item_total) from FactSales inner join DimProduct using "
        "(product_key) inner join DimTime using (time_key) "
        f"where date between '{start - YEAR}' and '{end - YEAR}' {product}",
    )

    app = show(demo_warehouse, **({"category": category} if category else {}))

    assert not app.exception
    said = words(app)
    assert HEADING in said
    assert f"{day_range(start, end)}: {money(float(str(expected)))} expected" in said
    assert f"{money(float(str(lower)))} to {money(float(str(upper)))} in 80" in said
    assert f"on the same weeks a year before ({money(float(str(before)))})" in said
    assert f"In {nearer} of {trials} trials" in said
    lines = ahead(app)
    assert lines["expected"] == pytest.approx([week for (week,) in weeks])
    assert sum(lines["a year before"]) == pytest.approx(float(str(before)))
    assert len(lines["net sales"]) == 26


def test_a_choice_without_a_forecast_of_its_own_says_so(
    demo_warehouse: Path, show: Show
) -> None:
    app = show(demo_warehouse, country="Germany")

    assert "choose all countries and at most one category" in words(app)
    assert not ahead(app)


def test_too_short_a_history_is_said_and_has_no_number(
    own_warehouse: Path, show: Show
) -> None:
    change(
        own_warehouse,
        "delete from rpt_sales_forecast where period <> 'all weeks'",
        "delete from rpt_sales_forecast_backtest",
        "update rpt_sales_forecast set forecast_status = 'too short a history', "
        "weeks_observed = 9, expected_net_sales = null, lower_80 = null, "
        "upper_80 = null",
    )

    app = show(own_warehouse)

    assert not app.exception
    said = words(app)
    assert "No forecast: too short a history (9 whole weeks are known)." in said
    assert "expected, " not in said
    assert not ahead(app)


def test_wins_and_losses_are_told_alike() -> None:
    trials = pd.DataFrame(
        {
            "naive_lag_weeks": [52, 52, 52],
            "mase": [0.5, 1.0, 1.5],
            "naive_mase": [1.0, 0.5, 0.6],
            "coverage": [None, 0.5, 1.0],
            "naive_coverage": [None, 1.0, 1.0],
            "is_nearer": [True, False, False],
        }
    ).astype({"coverage": float, "naive_coverage": float})

    assert trials_in_words(trials) == (
        "In 1 of 3 trials on weeks that are over nearer than the same weeks of the "
        "year before; mean error (MASE) 1.00 against 0.70; its band held 75% of the "
        "weeks of 2 of them, theirs 100%. Trials overlap."
    )


def test_weeks_without_sales_are_weeks_of_nothing() -> None:
    days = pd.DataFrame(
        {"date": pd.to_datetime(["2024-01-03", "2024-01-16"]), "net_sales": [5.0, 7.0]}
    )

    weeks = by_week(days, dt.date(2024, 1, 2), 3)

    assert list(weeks["net_sales"]) == [5.0, 0.0, 7.0]
