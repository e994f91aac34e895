"""Whatever is chosen, the figures are those of the lines in FactSales."""

import datetime as dt
import random
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from dashboard_support import period_start

from dashboard.filters import SalesFilter
from dashboard.periods import DateRange, Grain
from dashboard.queries import (
    countries,
    lifetime_value,
    overview,
    products,
    retention,
    sales,
    segments,
)
from dashboard.schema import Span
from dashboard.warehouse import Warehouse

ROUNDS, EACH = 7, 30  # 210 combinations


@pytest.fixture(scope="module")
def lines(demo_warehouse: Path) -> pd.DataFrame:
    """FactSales with its dimensions, and the day of each buyer's first order."""
    with sqlite3.connect(demo_warehouse) as connection:
        frame = pd.read_sql(
            """
            select s.order_id, s.customer_key, s.product_key, s.line_type,
                s.quantity_sold, s.price_per_item, s.line_item_total, t.date,
                coalesce(c.country, '(unknown)') as country,
                coalesce(p.category, '(unknown)') as category, p.unit_cost
            from FactSales s
            join DimTime t on s.time_key = t.time_key
            join DimCustomer c on s.customer_key = c.customer_key
            join DimProduct p on s.product_key = p.product_key
            """,
            connection,
        )
    frame["day"] = pd.to_datetime(frame["date"])
    sold = frame[(frame["line_type"] == "sale") & (frame["customer_key"] != -1)]
    frame["first_day"] = frame["customer_key"].map(
        sold.groupby("customer_key")["day"].min()
    )
    return frame


def random_filter(
    rng: random.Random, known: Span, countries: list[str], categories: list[str]
) -> SalesFilter:
    """Days at random, often whole months; no, one or some countries and categories."""
    length = (known.as_of - known.first).days
    start = known.first + dt.timedelta(days=rng.randrange(length + 1))
    end = start + dt.timedelta(days=rng.choice([0, 6, 29, 90, 364, length]))
    end = min(end, known.as_of)
    if rng.random() < 0.3:
        start = start.replace(day=1)
    if rng.random() < 0.3:
        start, end = known.first, known.as_of
    some_countries = rng.sample(countries, rng.choice([0, 0, 1, 2, 5]))
    some_categories = rng.sample(categories, rng.choice([0, 0, 1, 2, 4]))
    return SalesFilter(
        DateRange(start, end), tuple(some_countries), tuple(some_categories)
    )


def chosen_lines(lines: pd.DataFrame, chosen: SalesFilter) -> pd.DataFrame:
    mask = lines["day"].between(
        pd.Timestamp(chosen.days.start), pd.Timestamp(chosen.days.end)
    )
    if chosen.countries:
        mask &= lines["country"].isin(chosen.countries)
    if chosen.categories:
        mask &= lines["category"].isin(chosen.categories)
    return lines[mask]


def people(part: pd.DataFrame, start: dt.date, end: dt.date) -> tuple[int, int]:
    """Distinct buyers, and those whose first order lies on the days."""
    sold = part[(part["line_type"] == "sale") & (part["customer_key"] != -1)]
    new = sold[sold["first_day"].between(pd.Timestamp(start), pd.Timestamp(end))]
    return sold["customer_key"].nunique(), new["customer_key"].nunique()


def orders(part: pd.DataFrame) -> int:
    return int(part.loc[part["line_type"] == "sale", "order_id"].nunique())


def money(part: pd.DataFrame) -> float:
    return float(part["line_item_total"].sum())


def bridge(part: pd.DataFrame) -> dict[str, float]:
    """What leads from gross to net sales, and to margin, from each line's own anew.

    There is no margin where no line's cost is known.
    """
    total = part["line_item_total"]
    is_sale = part["line_type"] == "sale"
    listed = part["quantity_sold"] * part["price_per_item"]
    # A line that cost more than its price has a surcharge, and no discount.
    gross = np.maximum(listed, total)[is_sale].sum()
    known = part.dropna(subset="unit_cost")
    cost = float((known["quantity_sold"] * known["unit_cost"]).sum())
    margin = {"margin": money(known) - cost} if len(known) else {}
    return margin | {
        "net_sales_with_cost": money(known),
        "gross_sales": float(gross),
        "discounts": float(total[is_sale].sum() - gross),
        "returns": float(total[part["line_type"].isin(["return", "refund"])].sum()),
        "net_sales": money(part),
    }


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_every_figure_is_that_of_the_fact(
    warehouse: Warehouse, known: Span, lines: pd.DataFrame, seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311
    countries, categories = sales.choices(warehouse)
    for _ in range(EACH):
        chosen = random_filter(rng, known, countries, categories)
        part = chosen_lines(lines, chosen)
        check_totals(warehouse, chosen, part)
        check_breakdowns(warehouse, chosen, part)
        check_products(warehouse, chosen, part)
        check_periods(warehouse, chosen, part, rng.choice(list(Grain)))


def check_totals(warehouse: Warehouse, chosen: SalesFilter, part: pd.DataFrame) -> None:
    found = sales.totals(warehouse, chosen)
    for name, amount in bridge(part).items():
        assert found[name] == pytest.approx(amount, abs=1e-3), (chosen, name)
    net_sales = found["gross_sales"] + found["discounts"] + found["returns"]
    assert found["net_sales"] == pytest.approx(net_sales, abs=1e-3)
    assert found["units"] == part["quantity_sold"].sum(), chosen
    assert found["orders"] == orders(part), chosen
    expected = people(part, chosen.days.start, chosen.days.end)
    assert (found["buyers"], found["new_buyers"]) == expected, chosen


def check_breakdowns(
    warehouse: Warehouse, chosen: SalesFilter, part: pd.DataFrame
) -> None:
    by_buyers = countries.buyers_by_country(warehouse, chosen).set_index("country")
    for column, query in (
        ("category", overview.by_category),
        ("country", sales.by_country),
    ):
        rows = query(warehouse, chosen).set_index(column)
        assert set(rows.index) == set(part[column]), chosen
        for name, group in part.groupby(column):
            row = rows.loc[name]
            for key, amount in bridge(group).items():
                assert row[key] == pytest.approx(amount, abs=1e-3), (chosen, key)
            assert row["units"] == group["quantity_sold"].sum(), chosen
            assert row["orders"] == orders(group), (chosen, name)
            if column == "country":
                expected = people(group, chosen.days.start, chosen.days.end)
                found = (
                    tuple(by_buyers.loc[name, ["buyers", "new_buyers"]])
                    if name in by_buyers.index
                    else (0, 0)
                )
                assert found == expected, (chosen, name)


def check_products(
    warehouse: Warehouse, chosen: SalesFilter, part: pd.DataFrame
) -> None:
    rows = products.by_product(warehouse, chosen).set_index("product_key")
    expected = part.groupby("product_key")["line_item_total"].sum()
    assert set(rows.index) == set(expected.index), chosen
    np.testing.assert_allclose(
        rows["net_sales"], expected.reindex(rows.index), atol=1e-4, err_msg=str(chosen)
    )
    for key, amount in bridge(part).items():
        assert rows[key].sum() == pytest.approx(amount, abs=1e-3), (chosen, key)
    counted = (
        part[part["line_type"] == "sale"].groupby("product_key")["order_id"].nunique()
    )
    assert (rows["orders"] == counted.reindex(rows.index).fillna(0)).all(), chosen
    if not len(rows):
        return
    key = int(rows.index[0])
    periods = products.product_by_period(warehouse, key, chosen, Grain.MONTH)
    assert periods["net_sales"].sum() == pytest.approx(expected[key], abs=1e-4), chosen


def check_periods(
    warehouse: Warehouse, chosen: SalesFilter, part: pd.DataFrame, grain: Grain
) -> None:
    by_day = sales.by_day(warehouse, chosen)
    buyers = overview.buyers_by_period(warehouse, chosen, grain)
    rows = overview.by_period(by_day, buyers, chosen, grain).set_index("start")
    days = set(part["day"]) | set(part["first_day"].dropna())
    first_of = {day: pd.Timestamp(period_start(day.date(), grain)) for day in days}
    part = part.assign(start=part["day"].map(first_of))
    assert set(part["start"]) <= set(rows.index), chosen
    sold = part[part["line_type"] == "sale"]
    known = sold[sold["customer_key"] != -1]
    # New on the days of the period that the choice covers.
    days_on = known["first_day"].between(
        pd.Timestamp(chosen.days.start), pd.Timestamp(chosen.days.end)
    )
    first_days = known["first_day"].where(days_on)
    new = known[first_days.map(first_of) == known["start"]]
    for column, expected in (
        ("orders", sold.groupby("start")["order_id"].nunique()),
        ("buyers", known.groupby("start")["customer_key"].nunique()),
        ("new_buyers", new.groupby("start")["customer_key"].nunique()),
    ):
        counted = rows[column]
        wanted = expected.reindex(counted.index).fillna(0)
        assert (counted == wanted).all(), (chosen, grain, column)
    wanted = part.groupby("start")["line_item_total"].sum().reindex(rows.index)
    np.testing.assert_allclose(
        rows["net_sales"], wanted.fillna(0), atol=1e-4, err_msg=str(chosen)
    )
    margin = bridge(part).get("margin", 0)
    assert rows["margin"].sum() == pytest.approx(margin, abs=1e-3), chosen
    assert rows["margin"].isna().all() == part["unit_cost"].isna().all(), chosen


def test_segments_and_lifetime_value_add_up_to_the_buyers_sales(
    warehouse: Warehouse, lines: pd.DataFrame
) -> None:
    countries, _ = sales.choices(warehouse)
    for some in ((), *((name,) for name in countries[:4]), tuple(countries[:3])):
        part = lines[lines["country"].isin(some)] if some else lines
        part = part[part["first_day"].notna()]
        rows = segments.segments(segments.rfm_cells(warehouse, some))
        values = lifetime_value.lifetime_values(warehouse, some)
        assert rows["customers"].sum() == part["customer_key"].nunique()
        assert len(values) == part["customer_key"].nunique()
        assert rows["monetary_value"].sum() == pytest.approx(money(part), abs=1e-3)
        assert values["total_spending"].sum() == pytest.approx(money(part), abs=1e-3)


def test_average_rows_are_weighted_by_cohort_size_over_complete_months(
    warehouse: Warehouse,
) -> None:
    cells = retention.cohorts(warehouse, "first_order")
    whole = cells[cells["is_complete"]]
    average = retention.average(cells, "retention_rate", 30)
    for month in (1, 2, 5):
        rows = whole[whole["period_index"] == month]
        expected = np.average(
            rows["active_customers"] / rows["cohort_size"], weights=rows["cohort_size"]
        )
        assert average["value"][month] == pytest.approx(expected)
        assert average["customers_at_risk"][month] == rows["cohort_size"].sum()
        assert average["cohorts"][month] == len(rows)


def test_an_average_over_cohorts_is_of_enough_customers_and_of_most() -> None:
    sizes = {"2024-01": 25, "2024-02": 40, "2024-03": 70}
    cells = pd.DataFrame(
        [
            (month, index, size, 10, index < 3 - place)
            for place, (month, size) in enumerate(sizes.items())
            for index in range(4 - place)
        ],
        columns=[
            *("cohort", "period_index", "cohort_size", "active_customers"),
            "is_complete",
        ],
    ).assign(total_spending=0.0, cumulative_spending=0.0, cumulative_margin=0.0)
    average = retention.average(cells, "retention_rate", 30)
    assert list(average["customers_at_risk"]) == [135, 65, 25]
    assert list(average["cohorts"]) == [3, 2, 1]
    # 65 are fewer than half of 135, and 25 too few for any average.
    assert list(average["is_of_most"]) == [True, False, False]
    assert average["value"].round(4).tolist()[:2] == [0.2222, 0.3077]
    assert np.isnan(average["value"][2])


def test_the_future_of_a_cohort_is_missing_not_zero(warehouse: Warehouse) -> None:
    cells = retention.cohorts(warehouse, "first_order")
    matrix = retention.cohort_matrix(cells, "retention_rate", 30)
    last = matrix.index[-1]
    assert matrix.loc[last].notna().sum() == 1
    assert matrix.loc[matrix.index[0]].notna().all()
    assert (matrix[0].dropna() == 1).all()
