"""The Due page: whom to write to, by their own rhythm, and taken away as a file."""

import csv
import datetime as dt
import io
import itertools
import sqlite3
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest
from dashboard_support import change, texts
from streamlit.testing.v1 import AppTest

from dashboard.exports import to_csv
from dashboard.formatting import Currency, exact, short
from dashboard.metrics import metric
from dashboard.queries import due
from dashboard.schema import Span
from dashboard.warehouse import Warehouse

Show = Callable[..., AppTest]
EVERYBODY = ("due", "overdue")


def read(database: Path, query: str) -> list[tuple]:
    with sqlite3.connect(database) as connection:
        rows = connection.execute(query).fetchall()
    connection.close()
    return rows


def test_a_buyer_is_due_from_one_median_gap_on(
    warehouse: Warehouse, demo_warehouse: Path, known: Span
) -> None:
    visits = read(
        demo_warehouse,
        """
        select distinct o.customer_key, t.date from FactOrders as o
        join DimTime as t on t.time_key = o.time_key
        where o.customer_order_number is not null order by 1, 2
        """,
    )
    expected = {}
    for customer, rows in itertools.groupby(visits, key=lambda row: row[0]):
        days = [dt.date.fromisoformat(day) for _, day in rows]
        gaps = [(after - day).days for day, after in itertools.pairwise(days)]
        waited = (known.as_of - days[-1]).days
        if len(gaps) >= 2 and waited > (usual := statistics.median(gaps)):
            status = "due" if waited < 2 * usual else "overdue"
            expected[customer] = (status, usual, waited)
    found = due.buyers(warehouse, EVERYBODY, (), (), 10_000)
    assert {status for status, *_ in expected.values()} == set(EVERYBODY)
    columns = ["due_status", "usual_gap_days", "recency_days"]
    assert expected == {
        key: tuple(row)
        for key, row in zip(
            found["customer_key"], found[columns].to_numpy().tolist(), strict=True
        )
    }
    assert found["expected_value"].is_monotonic_decreasing


def test_segments_countries_and_status_divide_the_due(warehouse: Warehouse) -> None:
    every = due.buyers(warehouse, EVERYBODY, (), (), 10_000)
    for status in (("due",), ("overdue",), EVERYBODY):
        for countries in ((), tuple(every["country"].unique()[:2])):
            mine = every[every["due_status"].isin(status)]
            if countries:
                mine = mine[mine["country"].isin(countries)]
            found = due.by_segment(warehouse, status, countries)
            by_segment = mine.groupby("segment_name")["expected_value"]
            assert dict(
                zip(found["segment_name"], found["due_buyers"], strict=True)
            ) == (by_segment.size().to_dict())
            for name, value in zip(
                found["segment_name"], found["expected_value"], strict=True
            ):
                assert value == pytest.approx(by_segment.sum()[name])
            for name in found["segment_name"].head(2):
                listed = due.buyers(warehouse, status, (name,), countries, 10_000)
                assert list(listed["customer_key"]) == list(
                    mine.loc[mine["segment_name"] == name, "customer_key"]
                )


def exported(warehouse: Warehouse, *, show_pii: bool) -> list[dict[str, str]]:
    file = to_csv(due.export(warehouse, ("due",), (), (), show_pii=show_pii))
    return list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))


def test_the_file_has_addresses_only_where_the_owner_permits_them(
    warehouse: Warehouse, demo_warehouse: Path
) -> None:
    people = {
        str(key): row
        for key, *row in read(
            demo_warehouse,
            "select c.customer_key, c.name, c.email, c.address, c.city"
            " from rpt_due_buyers as d join DimCustomer as c using (customer_key)"
            " where d.due_status = 'due' order by d.expected_value desc, 1",
        )
    }
    permitted = exported(warehouse, show_pii=True)
    assert [row["customer_key"] for row in permitted] == list(people)
    for row in permitted:
        name, email, address, city = people[row["customer_key"]]
        assert (row["name"], row["email"]) == (name or "", email or "")
        assert (row["address"], row["city"]) == (address or "", city or "")
    keys_only = exported(warehouse, show_pii=False)
    assert [row["customer_key"] for row in keys_only] == list(people)
    assert not {"name", "email", "address", "city"} & set(keys_only[0])
    assert {row["value_basis"] for row in keys_only} == {"model"}


def test_the_page_says_who_is_due_and_what_they_may_bring(
    demo_warehouse: Path, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DWH_SHOW_PII", raising=False)
    app = show(demo_warehouse, "Due")
    [(buyers, value)] = read(
        demo_warehouse,
        "select count(*), sum(expected_value) from rpt_due_buyers"
        " where due_status = 'due'",
    )
    figures = {each.label: each.value.replace("\\", "") for each in app.metric}
    assert figures["Due buyers"] == short(buyers, metric("due_buyers"), Currency())
    assert figures["Expected value"] == (
        short(value, metric("expected_value"), Currency())
    )
    assert "Names and addresses are neither here nor in the file" in texts(app)
    table = app.dataframe[0].value
    assert set(table["name"]) <= {"•••", "", None}
    app.segmented_control(key="due_status").set_value("Both").run()
    app.multiselect(key="due_segment").set_value(["Champions"]).run()
    [(champions,)] = read(
        demo_warehouse,
        "select count(*) from rpt_due_buyers where segment_name = 'Champions'",
    )
    assert app.metric[0].value == f"{champions:,}"
    monkeypatch.setenv("DWH_SHOW_PII", "1")
    assert "The file has names and addresses" in texts(show(demo_warehouse, "Due"))


def test_today_names_the_first_of_them_and_leads_there(
    demo_warehouse: Path, show: Show
) -> None:
    rows = read(
        demo_warehouse,
        "select customer_id, expected_value from rpt_due_buyers"
        " where due_status = 'due' order by expected_value desc, customer_key limit 5",
    )
    said = texts(show(demo_warehouse, "Today")).replace("\\", "")
    for customer, value in rows:
        amount = exact(value, metric("expected_value"), Currency())
        assert any(customer in line and amount in line for line in said.splitlines())


def test_where_nobody_is_late_the_page_says_so(own_warehouse: Path, show: Show) -> None:
    change(own_warehouse, "delete from rpt_due_buyers")
    for page in ("Due", "Today"):
        app = show(own_warehouse, page)
        assert not app.exception
        assert any("Nobody" in str(each.value) for each in app.success)
