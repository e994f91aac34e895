"""Reports on customers, computed again from the star with pandas and numpy."""

import csv
import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.python.warehouses import ROOT, build_warehouse, read_frame, read_rows

RFM_COLUMNS = (
    "customer_id, last_order_date, recency_days, frequency, monetary_value,"
    " r_score, f_score, m_score, rfm_segment, segment_name"
)
MILESTONES = (30, 60, 90, 180, 365)
# The default of the var: shares and averages of fewer are not given.
LEAST_CUSTOMERS = 30


@pytest.fixture(scope="module")
def orders(demo_warehouse: Path) -> pd.DataFrame:
    """Orders and returns of known customers with their day."""
    found = read_frame(
        demo_warehouse,
        "select customer_key, order_id, date, customer_order_number, net_sales"
        " from FactOrders join DimTime using (time_key) where customer_key != -1",
    )
    return found.assign(date=pd.to_datetime(found["date"]))


@pytest.fixture(scope="module")
def today(demo_warehouse: Path) -> pd.Timestamp:
    [(day,)] = read_rows(demo_warehouse, "select as_of_date from int_as_of_date")
    return pd.Timestamp(day)


def write_shop_of_that_day(folder: Path, last_day: dt.date) -> None:
    """The demo shop's files as they were on a day: without any later order."""
    folder.mkdir()
    kept: set[str] = set()
    for name in ("customers", "products", "orders", "order_items"):
        file_name = f"raw_{name}.csv"
        with (
            (ROOT / "seeds" / file_name).open(encoding="utf-8", newline="") as source,
            (folder / file_name).open("w", encoding="utf-8", newline="") as target,
        ):
            rows = csv.DictReader(source)
            assert rows.fieldnames is not None
            writer = csv.DictWriter(target, rows.fieldnames)
            writer.writeheader()
            for row in rows:
                if name == "orders" and row["order_date"][:10] <= str(last_day):
                    kept.add(row["order_id"])
                if "order" not in name or row["order_id"] in kept:
                    writer.writerow(row)


def test_a_replay_equals_what_a_build_on_that_day_gave(
    demo_warehouse: Path,
    today: pd.Timestamp,
    tmp_path: Path,
) -> None:
    """That build knew nothing of later orders, neither by filter nor by date."""
    day = (today - pd.DateOffset(months=14)).to_period("M").end_time.date()
    write_shop_of_that_day(tmp_path / "raw", day)
    then = build_warehouse(
        tmp_path / "then.db",
        tmp_path / "raw",
        variables=f"as_of_date: {day}",
        tests=False,
    )

    replayed = read_rows(
        demo_warehouse,
        f"select {RFM_COLUMNS} from rpt_customer_rfm_history"
        " join DimCustomer using (customer_key)"
        f" where month_end = '{day}' order by customer_id",
    )
    built = read_rows(
        then, f"select {RFM_COLUMNS} from rpt_customer_rfm order by customer_id"
    )

    assert len(built) > 500
    assert replayed == built
    # The month before that, and the moves into it, are the same in both builds, too.
    months = "select month, from_segment, to_segment, customers, monetary_value,"
    months += " monetary_value_change from rpt_segment_migration"
    months += f" where month <= '{day:%Y-%m}' order by 1, 2, 3"
    assert read_rows(demo_warehouse, months) == read_rows(then, months)


def kaplan_meier(days: np.ndarray, has_returned: np.ndarray, within: int) -> float:
    """The share back within some days; nan where too few are at risk by then."""
    if (days >= within).sum() < LEAST_CUSTOMERS:
        return float("nan")
    still_away = 1.0
    for day in np.unique(days[has_returned]):
        if day <= within:
            at_risk = (days >= day).sum()
            still_away *= 1 - (has_returned & (days == day)).sum() / at_risk
    return 1 - still_away


def test_times_to_the_next_order_are_kaplan_and_meiers(
    demo_warehouse: Path, orders: pd.DataFrame, today: pd.Timestamp
) -> None:
    report = read_frame(demo_warehouse, "select * from rpt_repeat_purchase").set_index(
        "order_number"
    )
    numbered = orders.dropna(subset=["customer_order_number"]).set_index(
        ["customer_key", "customer_order_number"]
    )["date"]

    assert list(report.index) == [1, 2, 3, 4, 5]
    for number, row in report.iterrows():
        bought = numbered.xs(number, level=1)
        next_bought = numbered.xs(number + 1, level=1).reindex(bought.index)
        has_returned = next_bought.notna().to_numpy()
        days = (next_bought.fillna(today) - bought).dt.days.to_numpy()
        assert (row.customers, row.customers_returned) == (
            len(days),
            has_returned.sum(),
        )
        assert row.share_returned == pytest.approx(has_returned.mean())
        assert row.median_days == np.median(days[has_returned])
        for within in MILESTONES:
            assert row[f"returned_within_{within}_days"] == pytest.approx(
                kaplan_meier(days, has_returned, within), rel=1e-9, nan_ok=True
            )
            assert row[f"customers_at_risk_{within}_days"] == (days >= within).sum()
    # More come back than those already seen to: others are still waited for.
    assert (report.returned_within_365_days > report.share_returned).any()


def test_cohort_values_are_those_of_customers_old_enough(
    demo_warehouse: Path, orders: pd.DataFrame, today: pd.Timestamp
) -> None:
    report = read_frame(demo_warehouse, "select * from rpt_cohort_values")
    first = orders[orders["customer_order_number"] == 1].set_index("customer_key")
    started = orders.join(first["date"].rename("first_date"), on="customer_key")
    started["age"] = (started["date"] - started["first_date"]).dt.days
    started = started[started["age"] >= 0]

    origins = pd.DataFrame(index=first.index)
    customers = read_frame(demo_warehouse, "select * from DimCustomer")
    origins["country"] = customers.set_index("customer_key")["country"]
    categories = read_frame(
        demo_warehouse,
        "select order_id, category, gross_sales from FactOrderCategories"
        " where has_sale order by order_id, gross_sales desc, category",
    ).drop_duplicates("order_id")
    origins["first_category"] = first["order_id"].map(
        categories.set_index("order_id")["category"]
    )
    lines = read_frame(
        demo_warehouse,
        "select customer_key, product_key, order_id, order_item_id, line_type, date,"
        " category from FactSales join DimTime using (time_key)"
        " join DimProduct using (product_key) where customer_key != -1",
    )
    lines["date"] = pd.to_datetime(lines["date"])
    begun = lines[
        (lines["line_type"] == "sale") & lines["order_id"].isin(first["order_id"])
    ].copy()
    begun["length"] = begun["order_item_id"].str.len()
    begun = begun.sort_values(["length", "order_item_id"])
    origins["first_product_category"] = begun.drop_duplicates("customer_key").set_index(
        "customer_key"
    )["category"]
    back = lines[lines["line_type"] == "return"].merge(
        begun[["customer_key", "product_key"]].drop_duplicates()
    )
    days = (back["date"] - back["customer_key"].map(first["date"])).dt.days
    returned = back.loc[days.between(0, 30), "customer_key"]
    origins["first_order_outcome"] = np.where(
        origins.index.isin(returned), "returned", "kept"
    )
    origins["first_order_month"] = first["date"].dt.strftime("%Y-%m")

    expected = []
    for kind in origins.columns:
        for within in MILESTONES:
            old_enough = first.index[(today - first["date"]).dt.days >= within]
            spent = started[
                started["customer_key"].isin(old_enough) & (started["age"] <= within)
            ]
            name = spent["customer_key"].map(origins[kind].fillna("(unknown)"))
            for origin, rows in spent.groupby(name):
                count = rows.groupby("customer_key")["customer_order_number"].count()
                expected.append(
                    {
                        "origin_kind": kind,
                        "origin": origin,
                        "days_since_first_order": within,
                        "customers": len(count),
                        "orders": int(count.sum()),
                        "returning_customers": int((count > 1).sum()),
                        "net_sales": round(rows["net_sales"].sum(), 4),
                        "value_per_customer": rows["net_sales"].sum() / len(count)
                        if len(count) >= LEAST_CUSTOMERS
                        else float("nan"),
                    }
                )
    keys = ["origin_kind", "origin", "days_since_first_order"]
    wanted = pd.DataFrame(expected).sort_values(keys, ignore_index=True)
    found = report[wanted.columns].sort_values(keys, ignore_index=True)

    assert set(
        wanted.loc[wanted["origin_kind"] == "first_order_outcome", "origin"]
    ) == {
        "kept",
        "returned",
    }
    pd.testing.assert_frame_equal(found, wanted, rtol=1e-9, check_dtype=False)
