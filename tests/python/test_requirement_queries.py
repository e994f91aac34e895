"""The requirement's schema and its four queries, as they stand, on a built warehouse.

The queries are the owner's text. What they answer is computed again with pandas from
the fact table, and compared with the report that answers the same question.
"""

import textwrap
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from warehouses import ROOT, read_frame

STAR = {
    "DimCustomer": "customer_key customer_id name email address city country"
    " registration_date",
    "DimProduct": "product_key product_id product_name category price stock_quantity",
    "DimTime": "time_key date day month year day_of_week week_of_year quarter"
    " is_weekend",
    "FactSales": "sales_key order_item_id order_id customer_key product_key time_key"
    " quantity_sold price_per_item line_item_total",
}

# The owner's text, which the benchmarks run too.
QUERIES = ROOT / "benchmarks" / "requirement_queries"
COHORTS, CO_PURCHASES, RFM, LIFETIME_VALUE = (
    (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
    for name in ("cohorts", "co_purchases", "rfm", "lifetime_value")
)


@pytest.fixture(scope="module")
def lines(demo_warehouse: Path) -> pd.DataFrame:
    """The fact table with each line's day."""
    return read_frame(
        demo_warehouse,
        "select FactSales.*, date from FactSales join DimTime using (time_key)",
    )


@pytest.fixture(scope="module")
def customers(demo_warehouse: Path) -> pd.DataFrame:
    return read_frame(demo_warehouse, "select * from DimCustomer")


def test_the_queries_are_the_requirements() -> None:
    requirement = ROOT.parent / "shared" / "REQUIREMENT.md"
    if not requirement.exists():
        pytest.skip(f"{requirement} is not there")
    wanted = requirement.read_text(encoding="utf-8")

    for query in (COHORTS, CO_PURCHASES, RFM, LIFETIME_VALUE):
        assert textwrap.indent(query, "        ") in wanted


@pytest.mark.parametrize("table", STAR)
def test_the_star_begins_with_the_columns_it_was_drawn_with(
    demo_warehouse: Path, table: str
) -> None:
    drawn = STAR[table].split()
    built = read_frame(demo_warehouse, f"select * from {table} limit 1").columns

    assert list(built[: len(drawn)]) == drawn
    assert not {"order_month", "cohort_month", "month_index"} & set(built)


def test_cohort_query_agrees_with_the_report(
    demo_warehouse: Path, lines: pd.DataFrame, customers: pd.DataFrame
) -> None:
    answer = read_frame(demo_warehouse, COHORTS)
    report = read_frame(
        demo_warehouse,
        "select cohort_month, month_index, total_spending from rpt_customer_cohorts"
        " where cohort_basis = 'registration'",
    )
    registered = answer[answer["cohort_month"].notna()]
    # Everyone without a registration date is one cohort there, without an index.
    unregistered = customers.loc[customers["registration_date"].isna(), "customer_key"]
    unknown = lines[lines["customer_key"].isin(unregistered)]

    both = registered.merge(
        report, "outer", ["cohort_month", "month_index"], suffixes=("", "_reported")
    )

    assert len(registered) > 100
    # A cell of the report without a line is 0; the query has no row for it.
    np.testing.assert_allclose(
        both["total_spending"].fillna(0), both["total_spending_reported"], atol=1e-6
    )
    assert answer.loc[
        answer["cohort_month"].isna(), "total_spending"
    ].sum() == pytest.approx(unknown["line_item_total"].sum())


def test_co_purchase_query_counts_orders_by_name(
    demo_warehouse: Path, lines: pd.DataFrame
) -> None:
    answer = read_frame(demo_warehouse, CO_PURCHASES)
    names = read_frame(
        demo_warehouse, "select product_key, product_name from DimProduct"
    )
    products = lines[["order_id", "product_key"]].drop_duplicates()
    products = products.merge(names, on="product_key")
    pairs = products.merge(products, on="order_id", suffixes=("1", "2"))
    pairs = pairs[pairs["product_key1"] < pairs["product_key2"]]
    counts = pairs.groupby(["product_name1", "product_name2"]).size()

    assert len(answer) == 10
    assert list(answer["co_purchase_count"]) == sorted(counts, reverse=True)[:10]
    named = counts.to_dict()
    for first, second, count in answer.itertuples(index=False):
        assert named[first, second] == count


def test_co_purchase_report_counts_sales_by_key(
    demo_warehouse: Path, lines: pd.DataFrame
) -> None:
    report = read_frame(demo_warehouse, "select * from rpt_product_co_purchases")
    sold = lines[(lines["line_type"] == "sale") & (lines["product_key"] != -1)]
    products = sold[["order_id", "product_key"]].drop_duplicates()
    baskets = products["order_id"].nunique()
    orders = products.groupby("product_key").size().to_dict()
    pairs = products.merge(products, on="order_id", suffixes=("1", "2"))
    pairs = pairs[pairs["product_key1"] < pairs["product_key2"]]
    counts = pairs.groupby(["product_key1", "product_key2"]).size()
    # 0.001 of the baskets, as whole numbers, or 5
    counts = counts[(counts >= 5) & (counts * 1000 >= baskets)]

    reported = report.set_index(["product1_key", "product2_key"]).sort_index()

    assert len(counts) > 100
    assert reported["co_purchase_count"].to_dict() == counts.to_dict()
    first = report["product1_key"].map(lambda key: orders[key])
    second = report["product2_key"].map(lambda key: orders[key])
    expected = report["co_purchase_count"] * baskets / (first * second)
    np.testing.assert_allclose(report["lift"], expected, rtol=1e-9)


def by_customer(lines: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    """What the RFM and lifetime value queries sum, by customer_key."""
    summed = lines.groupby("customer_key").agg(
        first_order_date=("date", "min"),
        last_order_date=("date", "max"),
        orders=("order_id", "nunique"),
        spending=("line_item_total", "sum"),
    )
    named = summed.join(customers.set_index("customer_key")["name"])
    named["years"] = (
        pd.to_datetime(named["last_order_date"])
        - pd.to_datetime(named["first_order_date"])
    ).dt.days / 365.25
    return named


def assert_same_rows(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Compare rows in any order; sums of floats may differ in the last digits."""

    def sort(frame: pd.DataFrame) -> pd.DataFrame:
        whole_cents = frame.assign(spending=(frame["spending"] * 100).round())
        rows = whole_cents.sort_values(["name", "orders", "spending"]).index
        return frame.loc[rows].reset_index(drop=True)

    pd.testing.assert_frame_equal(
        sort(found), sort(expected), check_names=False, check_dtype=False, atol=1e-6
    )


def test_rfm_query_sums_each_customer_and_cuts_into_fifths(
    demo_warehouse: Path, lines: pd.DataFrame, customers: pd.DataFrame
) -> None:
    answer = read_frame(demo_warehouse, RFM)
    expected = by_customer(lines, customers)
    measures = ["name", "last_order_date", "orders", "spending"]
    found = answer.iloc[:, :4].set_axis(measures, axis=1)

    assert_same_rows(found, expected[measures])
    for score in ("r_score", "f_score", "m_score"):
        sizes = answer.groupby(score).size()
        assert list(sizes.index) == [1, 2, 3, 4, 5]
        assert sizes.max() - sizes.min() <= 1
    # Its recency runs backwards, 1 for the newest; the report's best is 5.
    newest = answer["last_order_date"].max()
    assert answer.loc[answer["last_order_date"] == newest, "r_score"].min() == 1
    report = read_frame(demo_warehouse, "select * from rpt_customer_rfm")
    assert set(report.loc[report["last_order_date"] == newest, "r_score"]) == {5}


def test_rfm_report_scores_as_defined(
    demo_warehouse: Path, lines: pd.DataFrame
) -> None:
    report = read_frame(demo_warehouse, "select * from rpt_customer_rfm")
    known = lines[lines["customer_key"] != -1]
    sales = known[known["line_type"] == "sale"]
    expected = pd.DataFrame(
        {
            "last_order_date": sales.groupby("customer_key")["date"].max(),
            "frequency": sales.groupby("customer_key")["order_id"].nunique(),
        }
    )
    expected["monetary_value"] = (
        known.groupby("customer_key")["line_item_total"].sum().round(4)
    )
    for score, value in (
        ("r_score", "last_order_date"),
        ("f_score", "frequency"),
        ("m_score", "monetary_value"),
    ):
        from_top = score == "r_score"
        rank = expected[value].rank(method="min", ascending=not from_top).astype(int)
        fifth = 5 * (rank - 1) // len(expected)
        expected[score] = 5 - fifth if from_top else 1 + fifth

    found = report.set_index("customer_key")[expected.columns].sort_index()

    assert len(expected) > 1000
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_lifetime_value_query_agrees_with_the_fact(
    demo_warehouse: Path, lines: pd.DataFrame, customers: pd.DataFrame
) -> None:
    answer = read_frame(demo_warehouse, LIFETIME_VALUE)
    expected = by_customer(lines, customers)
    expected["average"] = expected["spending"] / expected["orders"]
    # Its rate of a customer with a lifespan of no days is 0, not undefined.
    expected["rate"] = (expected["orders"] / expected["years"]).replace(np.inf, 0)
    measures = ["name", "spending", "orders", "years", "average", "rate"]
    found = answer.set_axis(measures, axis=1)

    assert_same_rows(found, expected[measures])
    assert all(a >= b for a, b in pairwise(answer["total_spending"]))


def test_lifetime_value_report_values_as_defined(
    demo_warehouse: Path, lines: pd.DataFrame
) -> None:
    report = read_frame(demo_warehouse, "select * from rpt_customer_lifetime_value")
    known = lines[lines["customer_key"] != -1]
    sales = known[known["line_type"] == "sale"].groupby("customer_key")
    spending = known.groupby("customer_key")["line_item_total"].sum().round(4)
    orders = sales["order_id"].nunique()
    days = (
        pd.to_datetime(sales["date"].max()) - pd.to_datetime(sales["date"].min())
    ).dt.days

    found = report.set_index("customer_key").sort_index()

    assert list(found.index) == list(orders.index)
    assert list(found["total_spending"]) == list(spending[orders.index])
    assert list(found["total_orders"]) == list(orders)
    np.testing.assert_allclose(found["customer_lifespan_years"], days / 365.25)
    np.testing.assert_allclose(
        found["purchase_frequency_per_year"].astype(float),
        (orders / (days / 365.25)).replace(np.inf, np.nan),
    )
    assert found["purchase_frequency_per_year"].isna().sum() == (days == 0).sum() > 100
