"""Days left and quantities to order, against a shop that sells day by day."""

from fractions import Fraction
from math import ceil
from pathlib import Path

import pandas as pd
import pytest
from warehouses import read_frame, read_rows

LEAD_TIME, COVER = 14, 28
HORIZON = 120


@pytest.fixture(scope="module")
def levels(demo_warehouse: Path) -> pd.DataFrame:
    """The demo shop's products with their stock."""
    return read_frame(demo_warehouse, "select * from rpt_reorder")


@pytest.fixture(scope="module")
def weights(demo_warehouse: Path) -> list[Fraction]:
    """What each of the days to come takes of a week's sales."""
    lines = dict(
        read_rows(
            demo_warehouse,
            "select strftime('%w', date), count(*) from FactSales"
            " join DimTime using (time_key), int_as_of_date"
            " where line_type = 'sale' and date > date(as_of_date, '-28 days')"
            " group by 1",
        )
    )
    [(today,)] = read_rows(
        demo_warehouse, "select strftime('%w', as_of_date) from int_as_of_date"
    )
    week = sum(lines.values())
    return [
        Fraction(lines.get(str((int(today) + day) % 7), 0), week)
        for day in range(1, HORIZON + 1)
    ]


def test_stock_goes_day_by_day_until_it_is_gone(
    levels: pd.DataFrame, weights: list[Fraction]
) -> None:
    selling = levels[(levels["units"] > 0) & (levels["stock_quantity"] > 0)]
    assert len(selling) > 50
    short = 0
    for row in selling.itertuples():
        weekly = Fraction(int(row.units) * 7, int(row.pace_days))
        left, days = Fraction(int(row.stock_quantity)), 0
        for weight in weights:
            if left < weekly * weight:
                break
            left -= weekly * weight
            days += 1
        if days < HORIZON:
            short += 1
            assert row.days_left == days, row.product_id
        else:
            assert row.days_left >= HORIZON
    assert short > 10


def test_what_is_ordered_lasts_from_its_arrival_for_the_days_to_cover(
    levels: pd.DataFrame, weights: list[Fraction]
) -> None:
    until, after = sum(weights[:LEAD_TIME]), sum(weights[LEAD_TIME:][:COVER])
    for row in levels[levels["units"] > 0].itertuples():
        weekly = Fraction(int(row.units) * 7, int(row.pace_days))
        stock = Fraction(int(row.stock_quantity))
        left = min(stock, max(Fraction(0), stock - weekly * until))
        expected = max(0, ceil(weekly * after - left))
        assert row.reorder_quantity == expected, row.product_id
    assert (levels["reorder_quantity"] > 0).sum() > 10


def test_the_most_urgent_comes_first(levels: pd.DataFrame) -> None:
    ranked = levels.dropna(subset="urgency_rank").sort_values("urgency_rank")
    assert list(ranked["urgency_rank"]) == list(range(1, len(ranked) + 1))
    out = ranked["stock_status"] == "sold out"
    assert out.is_monotonic_decreasing
    assert 0 < out.sum() < len(ranked)
    assert ranked[out]["units_per_day"].is_monotonic_decreasing
    assert ranked[~out]["days_left"].is_monotonic_increasing
    assert ranked[~out]["days_left"].notna().all()


def test_nothing_is_called_0_days_that_is_sold_out_or_does_not_sell(
    levels: pd.DataFrame,
) -> None:
    idle = levels[(levels["stock_quantity"] <= 0) | (levels["units"] <= 0)]
    assert len(idle) > 0
    assert idle["days_left"].isna().all()
    assert set(idle["stock_status"]) <= {"sold out", "not selling"}
