"""Two real shops, compared with answers that an independent pandas program computed.

The data are not part of the project: they are looked for beside it, in ../shared/data
(a folder a shop, with the four raw files, and the answers in expected/). Money in the
answers is rounded to cents.
"""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from day_windows import assert_windows_are_those_of_the_lines
from warehouses import SHARED_DATA, RealWarehouse, read_frame

from pipeline.doubts import CHECKS_OF_SALES, recent_sales
from pipeline.warehouse import reader_for

SHOPS = ("online_retail", "cdnow_sample")
HALF_A_CENT = 0.005 + 1e-9


@dataclass(frozen=True)
class Shop:
    """A real shop's warehouse and its expected answers."""

    name: str
    database: Path
    expected: Path

    def read(self, sql: str) -> pd.DataFrame:
        return read_frame(self.database, sql)

    def answer(self, name: str, **types: str) -> pd.DataFrame:
        """An expected table; ids are text, and NA is an id like any other."""
        path = self.expected / f"{name}.csv"
        return pd.read_csv(
            path, dtype=dict(types), na_values=[""], keep_default_na=False
        )

    @property
    def summary(self) -> dict[str, Any]:
        path = self.expected / "summary.json"
        return dict(json.loads(path.read_text(encoding="utf-8")))


@pytest.fixture(scope="module", params=SHOPS)
def shop(request: pytest.FixtureRequest, real_warehouse: RealWarehouse) -> Shop:
    name = request.param
    return Shop(name, real_warehouse(name), SHARED_DATA / name / "expected")


def assert_equal(
    found: pd.DataFrame, expected: pd.DataFrame, keys: list[str], money: list[str]
) -> None:
    """Compare two tables by their keys: the same rows, and equal values.

    Args:
        found: The warehouse's rows.
        expected: The answers, with the same columns.
        keys: Columns that identify a row.
        money: Columns that the answers round to cents; ratios of money may differ by
            as much, all other values by nothing but the last digits of a float.
    """
    assert list(found.columns) == list(expected.columns)
    found = found.set_index(keys).sort_index()
    expected = expected.set_index(keys).sort_index()
    assert list(found.index) == list(expected.index)
    for column in expected.columns:
        if pd.api.types.is_numeric_dtype(expected[column]):
            np.testing.assert_allclose(
                found[column].astype(float),
                expected[column].astype(float),
                rtol=0 if column in money else 1e-12,
                atol=HALF_A_CENT if column in money else 1e-12,
                err_msg=column,
            )
        else:
            assert list(found[column]) == list(expected[column]), column


def test_rows_money_and_line_types(shop: Shop) -> None:
    summary = shop.summary
    lines = shop.read(
        "select line_type, count(*) as lines, sum(line_item_total) as amount"
        " from stg_order_items group by line_type"
    ).set_index("line_type")
    quality = shop.read(
        "select raw_table, sum(row_count) as row_count from rpt_data_quality"
        " where outcome in ('accepted', 'rejected') group by raw_table"
    )
    totals = shop.read(
        "select count(*) as fact_rows, sum(line_item_total) as net_sales,"
        " sum(case when line_type = 'sale' then line_item_total end) as gross_sales,"
        " sum(customer_key = -1) as unknown_customer_fact_rows from FactSales"
    ).iloc[0]
    counts = shop.read(
        "select sum(has_sale) as orders,"
        " sum(has_sale and customer_key != -1) as known_orders,"
        " (select count(*) from rpt_customer_rfm) as buyers,"
        " (select count(*) from rpt_product_co_purchases) as pairs_reported,"
        " (select coalesce(sum(row_count), 0) from rpt_data_quality where reason ="
        " 'basket over max_basket_items') as baskets_over_cap"
        " from FactOrders"
    ).iloc[0]

    assert (
        dict(zip(quality["raw_table"], quality["row_count"], strict=True))
        == (summary["raw_rows"])
    )
    assert lines["lines"].to_dict() == summary["lines"]
    # to the fourth decimal: more a plain sum of 530,103 doubles does not hold
    assert lines["amount"].to_dict() == pytest.approx(summary["amount"], abs=5e-5)
    assert totals["net_sales"] == pytest.approx(summary["net_sales"], abs=HALF_A_CENT)
    assert totals["gross_sales"] == pytest.approx(
        summary["gross_sales"], abs=HALF_A_CENT
    )
    for name in ("fact_rows", "unknown_customer_fact_rows"):
        assert totals[name] == summary[name], name
    assert counts.to_dict() == {str(name): summary[str(name)] for name in counts.index}


def test_revenue_by_month(shop: Shop) -> None:
    measures = "gross_sales, returns, net_sales, orders"
    expected = shop.answer("revenue_by_month", month="str")
    from_orders = shop.read(
        "select year_month as month, sum(gross_sales) as gross_sales,"
        " sum(returns) as returns, sum(net_sales) as net_sales,"
        " sum(has_sale) as orders"
        " from FactOrders join DimTime using (time_key) group by year_month"
    )
    from_report = shop.read(
        "select substr(date, 1, 7) as month,"
        + ", ".join(f"sum({name}) as {name}" for name in measures.split(", "))
        + " from rpt_sales_daily where is_all_categories group by substr(date, 1, 7)"
    )

    for found in (from_orders, from_report):
        assert_equal(
            found, expected, ["month"], ["gross_sales", "returns", "net_sales"]
        )


def test_rfm_of_every_buyer(shop: Shop) -> None:
    found = shop.read(
        "select rfm.customer_id, first_order_date, rfm.last_order_date, frequency,"
        " monetary_value, r_score, f_score, m_score, rfm_segment"
        " from rpt_customer_rfm as rfm"
        " join rpt_customer_lifetime_value using (customer_key)"
    )
    expected = shop.answer("rfm", customer_id="str", rfm_segment="str")

    assert_equal(found, expected, ["customer_id"], ["monetary_value"])


def test_lifetime_value_of_every_buyer(shop: Shop) -> None:
    expected = shop.answer("lifetime_value", customer_id="str")
    found = shop.read(
        f"select {', '.join(expected.columns)} from rpt_customer_lifetime_value"
    )

    assert_equal(
        found, expected, ["customer_id"], ["total_spending", "average_purchase_value"]
    )


def test_every_first_order_cohort_cell(shop: Shop) -> None:
    expected = shop.answer("cohorts_first_order", cohort_month="str")
    found = shop.read(
        f"select {', '.join(expected.columns)} from rpt_customer_cohorts"
        " where cohort_basis = 'first_order'"
    )

    assert_equal(found, expected, ["cohort_month", "month_index"], ["total_spending"])


def test_the_products_most_often_bought_together(shop: Shop) -> None:
    ids = {"product1_id": "str", "product2_id": "str"}
    expected = shop.answer("co_purchases_top200", **ids)
    measures = [column for column in expected.columns if column not in ids]
    found = shop.read(
        "select first.product_id as product1_id, second.product_id as product2_id,"
        f" {', '.join(measures)}"
        " from rpt_product_co_purchases as pairs"
        " join DimProduct as first on first.product_key = product1_key"
        " join DimProduct as second on second.product_key = product2_key"
        " order by co_purchase_count desc, first.product_id, second.product_id"
        " limit 200"
    )

    assert list(found["product1_id"]) == list(expected["product1_id"])
    assert_equal(found, expected, list(ids), [])


# Postage, fees, vouchers and corrections; by their id, by their name, or by both.
SERVICES = {
    "online_retail": {
        *("POST", "DOT", "C2", "23444"),
        *("AMAZONFEE", "BANK CHARGES", "CRUK", "23574"),
        *("gift_0001_10", "gift_0001_20", "gift_0001_30", "gift_0001_40"),
        *("gift_0001_50", "22016"),
        *("M", "m", "D", "B", "S", "23595"),
    },
    "cdnow_sample": set(),
}


def test_services_are_money_and_no_products(shop: Shop) -> None:
    products = shop.read(
        "select product_id, is_service, net_sales, sales_rank from rpt_product_sales"
    )
    services = products[products["is_service"] == 1]

    assert set(services["product_id"]) == SERVICES[shop.name]
    assert services["sales_rank"].isna().all()
    goods = products[products["is_service"] == 0]
    assert sorted(goods["sales_rank"]) == list(range(1, len(goods) + 1))
    # the money of both is that of the independent answer
    assert products["net_sales"].sum() == pytest.approx(
        shop.summary["net_sales"], abs=HALF_A_CENT
    )
    with_service = shop.read(
        "select 1 from rpt_product_recommendations as offered join DimProduct as p"
        " on p.product_key in (offered.product_key, recommended_product_key)"
        " where is_service"
    )
    assert with_service.empty


def test_leaving_is_predicted_where_there_is_a_sign_of_it(shop: Shop) -> None:
    models = shop.read(
        "select model_name, model_status, is_used, likelihood_ratio"
        " from rpt_clv_models where fit_name = 'all_data'"
    ).set_index("model_name")
    [alive, orders] = shop.read(
        "select count(p_alive) as alive, count(expected_orders) as orders"
        " from rpt_customer_lifetime_value"
    ).iloc[0]

    # on a year of Online Retail no model finds leaving; many of CDNOW's never came back
    leaves = shop.name == "cdnow_sample"
    status = "fitted" if leaves else "no sign of leaving"
    assert list(models.model_status[["bg_nbd", "mbg_nbd"]]) == [status, status]
    assert models.is_used["mbg_nbd" if leaves else "nbd"] == 1
    assert (models.likelihood_ratio.max() > 700) == leaves
    assert alive == (orders if leaves else 0)
    assert orders == len(shop.read("select customer_key from int_buyers"))


def test_the_days_that_the_first_page_compares_are_those_of_the_lines(
    shop: Shop,
) -> None:
    assert_windows_are_those_of_the_lines(shop.database)


# Odd days of all years, without the days on which nobody buys at Online Retail's.
ODD_DAYS = {"online_retail": 16, "cdnow_sample": 13}
# Good Friday, Easter Sunday and Monday, the royal wedding, and the bank holidays.
HOLIDAYS = ("04-22", "04-24", "04-25", "04-29", "05-02", "05-30", "08-29")


def test_odd_days_are_holidays_and_few_others(shop: Shop) -> None:
    wanted = dict.fromkeys(CHECKS_OF_SALES, "warn")
    odd: set[str] = set()
    fell: set[str] = set()
    with reader_for(str(shop.database)) as reader:
        query = "select min(date), max(date) from rpt_sales_daily"
        (days,) = reader.fetch(query)
        friday, end = (date.fromisoformat(each) for each in days)
        friday += timedelta((4 - friday.weekday()) % 7)
        while friday <= end:  # each week once
            sales = recent_sales(reader.fetch, friday)
            if sales is not None:
                found = [*sales.odd_days(wanted, 4.0), *sales.gone(wanted)]
                odd |= {each.day for each in found}
                fell |= {each.day for each in found if "score -" in each.words}
            friday += timedelta(7)

    assert len(odd) == ODD_DAYS[shop.name]
    if shop.name == "online_retail":
        assert fell == {f"2011-{holiday}" for holiday in HOLIDAYS}
