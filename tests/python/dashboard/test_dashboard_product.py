"""The page of one product: every figure is that of its lines."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import Show
from dashboard_support import texts

from dashboard.filters import SalesFilter
from dashboard.formatting import DASH, Currency, short
from dashboard.metrics import metric
from dashboard.periods import DateRange, Grain
from dashboard.queries import product
from dashboard.schema import Span
from dashboard.warehouse import Warehouse


@pytest.fixture(scope="module")
def lines(demo_warehouse: Path) -> Iterator[pd.DataFrame]:
    """FactSales with its day, country and segment."""
    with sqlite3.connect(demo_warehouse) as connection:
        yield pd.read_sql(
            """
            select s.*, t.date, coalesce(c.country, '(unknown)') as country,
                r.segment_name
            from FactSales s
            join DimTime t using (time_key)
            join DimCustomer c using (customer_key)
            left join rpt_customer_rfm r using (customer_key)
            """,
            connection,
            parse_dates=["date"],
        )
    connection.close()


@pytest.fixture(scope="module")
def key(lines: pd.DataFrame) -> int:
    """A product that sells, comes back, and is sold to guests."""
    per_product = lines.groupby("product_key").agg(
        returned=("line_type", lambda kinds: kinds.isin(["return", "refund"]).sum()),
        guests=("customer_key", lambda keys: (keys == -1).sum()),
        sold=("line_item_total", "sum"),
    )
    found = per_product[(per_product["returned"] > 1) & (per_product["guests"] > 1)]
    return int(found["sold"].idxmax())


@pytest.fixture(params=["all", "some"])
def chosen(request: pytest.FixtureRequest, known: Span) -> SalesFilter:
    if request.param == "all":
        return SalesFilter(DateRange(known.first, known.as_of))
    year = known.as_of.year
    return SalesFilter(
        DateRange(known.as_of.replace(year=year - 1, day=3), known.as_of),
        ("France", "Germany"),
    )


def of_choice(lines: pd.DataFrame, chosen: SalesFilter) -> pd.DataFrame:
    inside = lines["date"].between(
        pd.Timestamp(chosen.days.start), pd.Timestamp(chosen.days.end)
    )
    if chosen.countries:
        inside &= lines["country"].isin(chosen.countries)
    return lines[inside]


def test_segments_and_countries_add_up_to_the_product(
    warehouse: Warehouse, lines: pd.DataFrame, key: int, chosen: SalesFilter
) -> None:
    own = of_choice(lines, chosen)
    own = own[own["product_key"] == key]
    own = own.assign(
        segment_name=own["segment_name"]
        .fillna(product.NO_ORDER)
        .mask(own["customer_key"] == -1, product.NO_CUSTOMER)
    )
    assert len(own)
    for found, by in (
        (product.by_segment(warehouse, key, chosen), "segment_name"),
        (product.by_country(warehouse, key, chosen), "country"),
    ):
        named = found.set_index(by)
        money = own.groupby(by)["line_item_total"].sum()
        bought = own[(own["line_type"] == "sale") & (own["customer_key"] != -1)]
        buyers = bought.groupby(by)["customer_key"].nunique()
        assert named["net_sales"].to_dict() == pytest.approx(money.to_dict())
        assert named["buyers"].sum() == buyers.sum() > 0
        assert (named["buyers"].reindex(buyers.index) == buyers).all()


def test_prices_are_those_of_the_pieces_sold(
    warehouse: Warehouse, lines: pd.DataFrame, key: int, chosen: SalesFilter
) -> None:
    own = of_choice(lines, chosen)
    own = own[(own["product_key"] == key) & (own["line_type"] == "sale")]
    found = product.prices(warehouse, key, chosen, Grain.MONTH).set_index("start")
    months = own.groupby(own["date"].dt.to_period("M").dt.start_time)
    assert len(months) > 3
    for start, sold in months:
        row, pieces = found.loc[start], sold["quantity_sold"]
        listed = np.average(sold["price_per_item"], weights=pieces)
        assert row["list_price"] == pytest.approx(listed)
        paid = sold["line_item_total"].sum() / pieces.sum()
        assert row["price_paid"] == pytest.approx(paid)
        assert row["lowest_price"] == sold["price_per_item"].min()
        assert row["highest_price"] == sold["price_per_item"].max()
    assert found["list_price"].notna().sum() == len(months)


def test_what_baskets_would_lose_is_what_stands_in_them(
    warehouse: Warehouse, lines: pd.DataFrame, key: int, chosen: SalesFilter
) -> None:
    own = of_choice(lines, chosen)
    own = own[own["product_key"] == key]
    orders = own.loc[own["line_type"] == "sale", "order_id"].unique()
    whole = lines[lines["order_id"].isin(orders)]
    by_order = whole.groupby("order_id")["line_item_total"].sum()
    of_it = whole[whole["product_key"] == key].groupby("order_id")["line_item_total"]
    alone = int(((by_order - of_it.sum()).abs() < 0.00005).sum())

    found = product.baskets_with(warehouse, key, chosen)

    assert found["baskets"] == len(orders) > 5
    assert found["baskets_alone"] == alone
    assert found["own_sales"] == pytest.approx(of_it.sum().sum())
    assert found["basket_sales"] == pytest.approx(by_order.sum())
    rest = whole.loc[whole["product_key"] != key, "line_item_total"].sum()
    assert found["companion_sales"] == pytest.approx(rest)


def test_the_page_shows_the_figures_of_the_product_in_the_address(
    demo_warehouse: Path, show: Show, key: int
) -> None:
    app = show(demo_warehouse, "Product", product=str(key), period="All time")
    shown = {one.label: one.value for one in app.metric}
    with sqlite3.connect(demo_warehouse) as connection:
        orders, units, stock, days_left, order = connection.execute(
            "select s.orders, s.units, r.stock_quantity, r.days_left,"
            " r.reorder_quantity from rpt_product_sales s"
            " left join rpt_reorder r using (product_key) where product_key = ?",
            (key,),
        ).fetchone()
        baskets, lost = connection.execute(
            "select count(*), sum(net_sales) from FactOrders where order_id in (select"
            " order_id from FactSales where product_key = ? and line_type = 'sale')",
            (key,),
        ).fetchone()
    connection.close()

    assert not app.exception
    assert app.selectbox(key="product_chosen").value == str(key)
    assert int(shown["Orders"].replace(",", "")) == orders
    assert int(shown["Units"].replace(",", "")) == units
    assert shown["Baskets with it"] == f"{baskets:,}" == f"{orders:,}"
    assert shown["In stock"] == f"{stock:,}"
    assert shown["To order"] == (DASH if order is None else f"{order:,}")
    assert shown["Days left"] == (DASH if days_left is None else f"{days_left:,}")
    money = short(lost, metric("basket_sales"), Currency("USD"))
    assert shown["Lost at most"].replace("\\", "") == money
    assert "What would baskets lose without it?" in texts(app)


def test_a_product_is_called_the_same_on_every_page(
    demo_warehouse: Path, show: Show
) -> None:
    def named(page: str) -> set[str]:
        app = show(demo_warehouse, page, period="All time")
        return set(app.selectbox(key="product_chosen").options)

    every = named("Product")
    assert named("Products") <= every
    assert named("Baskets") <= every


def test_a_product_chosen_stands_in_the_address_and_stays(
    demo_warehouse: Path, show: Show, key: int
) -> None:
    app = show(demo_warehouse, "Product", product=str(key), period="All time")
    figures = [one.value for one in app.metric]
    app.selectbox(key="product_chosen").select_index(3).run()
    other = app.selectbox(key="product_chosen").value
    assert app.query_params["product"] == other != str(key)
    assert [one.value for one in app.metric] != figures
    # the way back
    app.query_params["product"] = str(key)
    app.run()
    assert [one.value for one in app.metric] == figures
