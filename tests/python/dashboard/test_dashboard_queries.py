"""What the queries work out beyond adding up."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from dashboard_support import change

from dashboard.filters import SalesFilter
from dashboard.periods import DateRange
from dashboard.queries import (
    baskets,
    data_health,
    explore,
    lifetime_value,
    products,
    retention,
    segments,
)
from dashboard.queries.explore import Condition, Operator, Search
from dashboard.schema import Span
from dashboard.warehouse import Warehouse
from pipeline.warehouse.location import Location


def every_day(known: Span) -> SalesFilter:
    return SalesFilter(DateRange(known.first, known.as_of))


def test_the_top_products_of_all_time_are_those_of_the_report(
    warehouse: Warehouse, known: Span
) -> None:
    found = products.by_product(warehouse, every_day(known))
    report = warehouse.query(
        "select product_key, net_sales, cumulative_share from rpt_product_sales "
        "where net_sales <> 0 order by sales_rank"
    )
    joined = found.merge(report, on="product_key", suffixes=("", "_report"))
    assert len(joined) == len(report)
    np.testing.assert_allclose(joined["net_sales"], joined["net_sales_report"])
    np.testing.assert_allclose(
        joined["cumulative_share"], joined["cumulative_share_report"], rtol=1e-6
    )


def test_services_are_in_the_money_and_in_no_ranking(
    own_warehouse: Path, warehouse: Warehouse, known: Span
) -> None:
    before = products.by_product(warehouse, every_day(known))
    low, _ = baskets.largest_count(warehouse)
    pairs = baskets.pairs(warehouse, low, (), "lift", 10_000)
    best = int(pairs["product1_key"].iloc[0])
    change(
        own_warehouse,
        f"update DimProduct set is_service = true where product_key = {best}",
        "update rpt_product_co_purchases set has_service = true "
        f"where {best} in (product1_key, product2_key)",
    )

    opened = Warehouse(Location("sqlite", str(own_warehouse)))
    sold = products.by_product(opened, every_day(known))
    goods, services = products.goods_and_services(sold)
    moved = products.with_services_as_one(opened, every_day(known))
    listed = baskets.pairs(opened, low, (), "lift", 10_000)
    left_out = baskets.pairs_with_services(opened)
    stocked = products.stocked(opened, ())
    opened.close()

    assert list(services["product_key"]) == [best]
    assert best not in set(goods["product_key"])
    assert goods["sales_share"].sum() == pytest.approx(1)
    assert goods["cumulative_share"].max() == pytest.approx(1)
    assert services["cumulative_share"].isna().all()
    total, total_before = products.totals(sold), products.totals(before)
    assert total.pop("products_sold") == (total_before.pop("products_sold") or 0) - 1
    assert total == total_before
    assert best not in set(stocked["product_key"])
    assert moved.loc[moved["product_key"] == 0, "product_name"].item() == "Services"
    assert moved["net_sales"].sum() == pytest.approx(before["net_sales"].sum())
    in_pairs = set(listed["product1_key"]) | set(listed["product2_key"])
    assert best not in in_pairs
    assert 0 < left_out == len(pairs) - len(listed)


def test_the_most_urgent_is_listed_first_and_what_is_gone_for_long_is_not() -> None:
    nothing = float("nan")
    levels = pd.DataFrame(
        {
            "product_key": [1, 2, 3, 4],
            "stock_status": ["sold out", "order now", "order soon", "sold out"],
            "units_per_day": [2.0, 3.0, 1.0, nothing],
        }
    )
    assert list(products.running_out(levels)["product_key"]) == [1, 2]


def test_lorenz_and_gini_of_known_distributions() -> None:
    equal = pd.Series([5.0] * 200)
    assert lifetime_value.gini(equal) == pytest.approx(0)
    curve = lifetime_value.lorenz(equal)
    np.testing.assert_allclose(curve["buyer_share"], curve["money_share"], atol=1e-12)
    one = pd.Series([0.0] * 99 + [10.0])
    assert lifetime_value.gini(one) == pytest.approx(0.99)
    assert lifetime_value.top_share(one, 0.1) == pytest.approx(1)
    assert lifetime_value.top_share(equal, 0.1) == pytest.approx(0.1)
    assert lifetime_value.gini(pd.Series([1.0, 3.0])) == pytest.approx(0.25)
    assert lifetime_value.gini(pd.Series([-1.0, 0.0])) is None
    assert lifetime_value.top_share(pd.Series([], dtype=float), 0.1) is None


@pytest.mark.parametrize("seed", range(5))
def test_histograms_count_every_buyer_once(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = pd.Series(np.append(rng.lognormal(5, 1.5, 500) - 50, [-4000, 1e6]))
    bands = lifetime_value.value_histogram(values)
    assert bands["buyers"].sum() == len(values)
    assert bands["high"].iloc[-1] == np.inf
    assert (bands["low"].to_numpy()[1:] == bands["high"].to_numpy()[:-1]).all()
    shares = lifetime_value.share_histogram(pd.Series(rng.random(300)))
    assert shares["buyers"].sum() == 300


def test_a_histogram_of_nothing_and_of_one_value() -> None:
    assert lifetime_value.value_histogram(pd.Series([], dtype=float)).empty
    assert lifetime_value.value_histogram(pd.Series([0.0]))["buyers"].sum() == 1


def test_the_segments_are_the_eleven_of_the_map(warehouse: Warehouse) -> None:
    seed = warehouse.query("select distinct segment_name from rfm_segment_map")
    assert set(seed["segment_name"]) == set(segments.GROUP_OF)


def test_raising_the_minimum_only_takes_pairs_away(warehouse: Warehouse) -> None:
    low, high = baskets.largest_count(warehouse)
    counts = [
        baskets.pair_count(warehouse, minimum, ())
        for minimum in range(low, high + 2, max(1, (high - low) // 8))
    ]
    assert counts == sorted(counts, reverse=True)
    assert baskets.pair_count(warehouse, high + 1, ()) == 0
    every = baskets.pairs(warehouse, low, (), "lift", 10_000)
    assert len(every) == counts[0]
    assert every["lift"].is_monotonic_decreasing
    inside = baskets.pairs(
        warehouse, low, (every["category1"].iloc[0],), "lift", 10_000
    )
    expected = every[
        (every["category1"] == every["category1"].iloc[0])
        & (every["category2"] == every["category1"].iloc[0])
    ]
    assert len(inside) == len(expected)


def test_companions_see_a_pair_from_both_sides(warehouse: Warehouse) -> None:
    low, _ = baskets.largest_count(warehouse)
    pair = baskets.pairs(warehouse, low, (), "co_purchase_count", 1).iloc[0]
    first, second = int(pair["product1_key"]), int(pair["product2_key"])
    for one, other, confidence in (
        (first, second, pair["confidence_1_to_2"]),
        (second, first, pair["confidence_2_to_1"]),
    ):
        rows = baskets.companions(warehouse, one, low, (), 1000)
        row = rows[rows["product_key"] == other].iloc[0]
        assert row["confidence"] == pytest.approx(confidence)
        assert row["lift"] == pytest.approx(pair["lift"])


def test_category_pairs_hold_each_pair_once(warehouse: Warehouse) -> None:
    low, _ = baskets.largest_count(warehouse)
    rows = baskets.category_pairs(warehouse, low, ())
    assert rows["pairs"].sum() == baskets.pair_count(warehouse, low, ())
    assert not rows.duplicated(["category1", "category2"]).any()


def test_significant_pairs_are_a_part_of_those_listed(warehouse: Warehouse) -> None:
    low, _ = baskets.largest_count(warehouse)
    listed = baskets.pairs(warehouse, low, (), "lift_lower_95", 10_000)
    significant = baskets.pairs(
        warehouse, low, (), "lift_lower_95", 10_000, only_significant=True
    )
    assert len(significant) == baskets.pair_count(
        warehouse, low, (), only_significant=True
    )
    assert 0 < len(significant) < len(listed)
    assert significant["is_significant"].all()
    assert significant["lift_lower_95"].is_monotonic_decreasing
    assert significant["q_value"].max() == baskets.chance_share(warehouse)


def test_recommendations_follow_the_minimum_and_the_categories(
    warehouse: Warehouse,
) -> None:
    row = warehouse.query(
        "select product_key, count(*) as n from rpt_product_recommendations "
        "group by product_key order by n desc, product_key limit 1"
    ).iloc[0]
    product = int(row["product_key"])
    every = baskets.recommendations(warehouse, product, 0, ())
    assert list(every["recommendation_rank"]) == list(range(1, int(row["n"]) + 1))
    top = int(every["co_purchase_count"].max())
    some = baskets.recommendations(warehouse, product, top, ())
    assert (some["co_purchase_count"] >= top).all()
    assert 0 < len(some) < len(every)
    category = str(every["category"].iloc[0])
    inside = baskets.recommendations(warehouse, product, 0, (category,))
    assert inside is not None
    assert len(inside) == (every["category"] == category).sum()


def test_affinity_is_cut_to_the_chosen_categories(warehouse: Warehouse) -> None:
    every = baskets.category_affinity(warehouse, ())
    names = sorted({*every["category1"], *every["category2"]})
    assert len(every) == len(names) * (len(names) - 1) / 2
    some = baskets.category_affinity(warehouse, tuple(names[:3]))
    assert len(some) == 3


def test_moves_of_a_month_and_who_stayed_are_its_buyers(warehouse: Warehouse) -> None:
    moves = segments.segment_moves(warehouse)
    history = segments.segment_history(moves)
    assert list(history.columns) == list(segments.SEGMENT_GROUPS)
    for month, before in zip(history.index[1:], history.index, strict=False):
        figures = segments.month_figures(moves, month)
        moved = segments.moves_of_month(moves, month)
        assert moved["customers"].sum() == figures["customers_moved"]
        size = history.loc[before].sum()
        assert size + figures["month_new_buyers"] == history.loc[month].sum()
        assert figures["segment_stayed"] == pytest.approx(
            1 - figures["customers_moved"] / size
        )
    buyers = warehouse.query("select count(*) as n from rpt_customer_rfm")["n"].iloc[0]
    assert history.iloc[-1].sum() == buyers  # the demo shop's today ends a month


def test_every_segment_is_in_one_group() -> None:
    grouped = [n for names in segments.SEGMENT_GROUPS.values() for n in names]
    assert len(grouped) == len(segments.GROUP_OF) == 11


def test_types_of_customers_share_the_known_customers_sales(
    warehouse: Warehouse,
) -> None:
    rows = retention.sales_by_type(warehouse)
    known = warehouse.query(
        "select sum(net_sales) as net_sales from FactOrders where customer_key <> -1"
    )["net_sales"].iloc[0]
    assert rows["net_sales"].sum() == pytest.approx(known)
    assert set(rows["customer_type"]) == {
        "new",
        "returning",
        "reactivated",
        "no order yet",
    }


def test_origins_are_ordered_by_value(warehouse: Warehouse) -> None:
    for kind in lifetime_value.ORIGINS.values():
        counts = []
        for days in retention.MILESTONES:
            rows = lifetime_value.origin_values(warehouse, kind, days)
            assert rows["value_per_customer"].dropna().is_monotonic_decreasing
            counts.append(rows["customers"].sum())
        assert counts == sorted(counts, reverse=True)
        assert counts[-1] > 0


def test_rows_in_are_the_rows_of_the_raw_tables(warehouse: Warehouse) -> None:
    intake = data_health.intake(data_health.outcomes(warehouse)).set_index("raw_table")
    for table in data_health.RAW_TABLES:
        raw = warehouse.query(f"select count(*) as n from {table}")["n"].iloc[0]
        assert intake.loc[table, "rows_in"] == raw
        assert (
            intake.loc[table, "accepted"] + intake.loc[table, "rejected"]
            == intake.loc[table, "rows_in"]
        )


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("conflicting duplicate", "The key of another row, but other content"),
        ("order rejected", "Its order was rejected"),
        ("adjustment: money out", "Adjustments that take money"),
        ("line_total: bad number", "line_total: not a number"),
        (
            "unmapped status: on: hold",
            "Status “on: hold” is not in the map; its lines are adjustments",
        ),
        ("something new", "something new"),
    ],
)
def test_reasons_are_told_in_words(reason: str, words: str) -> None:
    assert data_health.in_words(reason) == words


def test_every_reason_that_the_models_give_has_words() -> None:
    models = Path(__file__).resolve().parents[3] / "models"
    texts = [
        (models / "marts" / "quality" / "rpt_data_quality.sql").read_text("utf-8"),
        *(path.read_text("utf-8") for path in (models / "staging").glob("*.sql")),
    ]
    named = {
        *re.findall(r"'([a-z_: ]+)' as reason", texts[0]),
        *re.findall(r"'noted', '([a-z_: ]+)'", texts[0]),
        *re.findall(
            r"then '((?:missing|bad|date|order|duplicate|conf)[a-z ]*)'", "".join(texts)
        ),
    } - {"valid"}
    assert {"inferred member", "order without a line", "order rejected"} <= named
    assert {
        reason for reason in named if data_health.in_words(reason) == reason
    } == set()


def rows(warehouse: Warehouse, table: str, *conditions: Condition) -> pd.DataFrame:
    return explore.rows(warehouse, Search(table, conditions), 100_000)


def test_explore_offers_the_marts_and_nothing_else(warehouse: Warehouse) -> None:
    names = explore.tables(warehouse)
    assert names[:2] == ["DimCustomer", "DimProduct"]
    assert "rpt_sales_daily" in names
    assert not [name for name in names if name.startswith(("raw_", "stg_", "int_"))]
    with pytest.raises(ValueError, match="no such mart"):
        rows(warehouse, "raw_customers")
    with pytest.raises(ValueError, match="no such mart"):
        rows(warehouse, "DimCustomer; drop table x")


def test_masked_columns_can_be_neither_filtered_nor_sorted(
    warehouse: Warehouse,
) -> None:
    for column in ("name", "email", "address"):
        with pytest.raises(ValueError, match="no such column"):
            rows(warehouse, "DimCustomer", Condition(column, Operator.CONTAINS, "a"))
        with pytest.raises(ValueError, match="no such column"):
            explore.rows(warehouse, Search("DimCustomer", sort_by=column), 1)
        assert column in explore.searchable(warehouse, "DimCustomer", show_pii=True)


def test_conditions_compare_by_the_kind_of_the_column(warehouse: Warehouse) -> None:
    cheap = rows(warehouse, "DimProduct", Condition("price", Operator.AT_MOST, "9.5"))
    assert (cheap["price"] <= 9.5).all()
    assert len(cheap) > 0
    late = rows(
        warehouse, "rpt_sales_daily", Condition("date", Operator.AT_LEAST, "2025-12-01")
    )
    assert (late["date"] >= "2025-12-01").all()
    assert len(late) > 0
    whole = rows(
        warehouse,
        "rpt_sales_daily",
        Condition("is_all_categories", Operator.EQUALS, "yes"),
        Condition("country", Operator.DIFFERS, "Germany"),
    )
    assert whole["is_all_categories"].all()
    assert "Germany" not in set(whole["country"])


@pytest.mark.parametrize(
    ("column", "value"),
    [("price", "cheap"), ("price", "1e999"), ("stock_quantity", "")],
)
def test_a_value_of_the_wrong_kind_is_named(
    warehouse: Warehouse, column: str, value: str
) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        rows(warehouse, "DimProduct", Condition(column, Operator.EQUALS, value))


@pytest.mark.parametrize(
    ("table", "column", "operator", "value"),
    [
        ("DimProduct", "price", Operator.EQUALS, "9" * 100_000),
        ("DimProduct", "stock_quantity", Operator.AT_LEAST, "1" + "0" * 400),
        ("DimCustomer", "country", Operator.CONTAINS, "%_" * 50_000),
        ("DimCustomer", "country", Operator.EQUALS, "x" * 1_000_000),
        ("rpt_sales_daily", "date", Operator.EQUALS, "2" * 10_000),
    ],
)
def test_a_value_of_absurd_length_is_told_in_a_sentence(
    warehouse: Warehouse, table: str, column: str, operator: Operator, value: str
) -> None:
    with pytest.raises(ValueError, match=r"is too long: at most") as found:
        rows(warehouse, table, Condition(column, operator, value))
    assert len(str(found.value)) < 120


@pytest.mark.parametrize("value", ["1e300", "-1e300", "9" * 30, str(2**63)])
@pytest.mark.parametrize("column", ["price", "stock_quantity"])
def test_a_number_too_large_for_any_row_finds_none(
    warehouse: Warehouse, column: str, value: str
) -> None:
    assert rows(
        warehouse, "DimProduct", Condition(column, Operator.EQUALS, value)
    ).empty


def test_a_masked_id_is_neither_found_nor_put_in_its_place(own_warehouse: Path) -> None:
    change(
        own_warehouse,
        "update DimCustomer set customer_id = 'a@b.example' where customer_key = 2",
        "update DimCustomer set customer_id = 'zz@b.example' where customer_key = 3",
    )
    shop = Warehouse(Location("sqlite", str(own_warehouse)))
    for operator, value in ((Operator.CONTAINS, "a@"), (Operator.AT_LEAST, "zz")):
        found = rows(shop, "DimCustomer", Condition("customer_id", operator, value))
        assert not set(found["customer_key"]) & {2, 3}
    by_id = Search("DimCustomer", sort_by="customer_id")
    ordered = explore.rows(shop, by_id, 100_000)
    shop.close()
    assert set(ordered["customer_key"][:2]) == {2, 3}
    assert set(ordered["customer_id"][:2]) == {"•••"}


def test_wildcards_in_a_text_are_taken_literally(warehouse: Warehouse) -> None:
    for text in ("%", "_", "!", "'", "100% _!"):
        condition = Condition("country", Operator.CONTAINS, text)
        assert rows(warehouse, "DimCustomer", condition).empty
