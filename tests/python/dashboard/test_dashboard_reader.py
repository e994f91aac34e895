"""The reader: it only reads, knows versions apart, and says what is wrong."""

import datetime as dt
import shutil
import sqlite3
import threading
from pathlib import Path

import pytest
from dashboard_support import change

from dashboard.schema import REQUIRED, check, span
from dashboard.warehouse import (
    QUERY_SECONDS,
    Trouble,
    Warehouse,
    WarehouseError,
    identity,
    location_from_environment,
    query_seconds_from_environment,
)
from pipeline.errors import PipelineError
from pipeline.warehouse.location import Location
from tests.open_files import assert_keeps_none_open

WRITES = [
    "attach database '{folder}/new.db' as other",
    "create table other (i integer)",
    "create temp table other (i integer)",
    "insert into FactOrders select * from FactOrders",
    "update DimProduct set price = 0",
    "delete from FactOrders",
    "drop table FactOrders",
    "pragma journal_mode = wal",
    "pragma writable_schema = 1",
    "select load_extension('x')",
    "vacuum into '{folder}/new.db'",
    "begin immediate",
]


@pytest.mark.parametrize("statement", WRITES)
def test_sqlite_refuses_everything_but_reading(
    own_warehouse: Path, tmp_path: Path, statement: str
) -> None:
    before = own_warehouse.read_bytes()
    reader = Warehouse(Location("sqlite", str(own_warehouse)))
    with pytest.raises(PipelineError):
        reader.query(statement.format(folder=tmp_path))
    reader.close()
    assert own_warehouse.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["own.db"]


def test_a_file_with_odd_signs_in_its_name_is_read(
    demo_warehouse: Path, tmp_path: Path
) -> None:
    odd = tmp_path / "a?b#c %41'd.db"
    shutil.copy(demo_warehouse, odd)
    reader = Warehouse(Location("sqlite", str(odd)))
    assert not reader.query("select 1 as one from FactOrders limit 1").empty


def test_values_are_bound_and_casts_left_alone(warehouse: Warehouse) -> None:
    found = warehouse.query(
        "select :text as text, :day as day, '::x' as colons, :none as none",
        {"text": "'; drop table x; --", "day": dt.date(2024, 2, 29), "none": None},
    )
    assert found.iloc[0].tolist()[:3] == ["'; drop table x; --", "2024-02-29", "::x"]


def test_an_open_reader_keeps_its_version_when_another_is_published(
    own_warehouse: Path, tmp_path: Path
) -> None:
    old = Warehouse(Location("sqlite", str(own_warehouse)))
    count = int(old.query("select count(*) as n from FactOrders")["n"].iloc[0])
    building = tmp_path / "own.db.building"
    shutil.copy(own_warehouse, building)
    change(building, "delete from FactOrders where customer_order_number = 1")
    building.replace(own_warehouse)
    new = Warehouse(Location("sqlite", str(own_warehouse)))
    assert new.identity != old.identity
    again = old.query("select count(*) as n from FactOrders")["n"].iloc[0]
    fewer = new.query("select count(*) as n from FactOrders")["n"].iloc[0]
    assert int(again) == count
    assert int(fewer) < count


def test_threads_of_an_old_version_never_see_the_new_one(
    own_warehouse: Path, tmp_path: Path
) -> None:
    old = Warehouse(Location("sqlite", str(own_warehouse)))
    building = tmp_path / "own.db.building"
    shutil.copy(own_warehouse, building)
    change(building, "delete from FactOrders")
    building.replace(own_warehouse)
    counts: list[int] = []

    def count() -> None:
        rows = old.query("select count(*) as n from FactOrders as a")
        counts.append(int(rows["n"].iloc[0]))

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(counts) == 8
    assert len(set(counts)) == 1
    assert counts[0] > 0


def test_the_identity_changes_with_every_publication(
    own_warehouse: Path, tmp_path: Path
) -> None:
    location = Location("sqlite", str(own_warehouse))
    seen = {identity(location)}
    for number in range(3):
        building = tmp_path / f"next{number}"
        shutil.copy(own_warehouse, building)
        building.replace(own_warehouse)
        seen.add(identity(location))
    assert len(seen) == 4


def open_error(path: Path) -> WarehouseError:
    with pytest.raises(WarehouseError) as caught:
        check(Warehouse(Location("sqlite", str(path))))
    assert str(path) not in caught.value.what + caught.value.remedy
    return caught.value


def test_a_missing_file_is_said_to_be_missing_and_not_made(tmp_path: Path) -> None:
    assert open_error(tmp_path / "none.db").trouble is Trouble.MISSING
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_named_so(tmp_path: Path) -> None:
    path = tmp_path / "text.db"
    path.write_text("This is a text, and a long one at that. " * 50)
    assert open_error(path).trouble is Trouble.NOT_A_DATABASE
    assert open_error(tmp_path).trouble is Trouble.NOT_A_DATABASE


def test_failed_attempts_keep_no_file_open(tmp_path: Path) -> None:
    text = tmp_path / "text.db"
    text.write_bytes(b"no database, but long enough to be looked into" * 100)
    assert_keeps_none_open(lambda: open_error(text))
    empty = tmp_path / "empty.db"
    empty.touch()
    assert_keeps_none_open(lambda: open_error(empty))
    assert_keeps_none_open(lambda: open_error(tmp_path / "none.db"))


def test_an_empty_file_and_one_without_marts_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    assert open_error(path).trouble is Trouble.EMPTY
    change(path, "create table raw_orders (order_id text)")
    assert open_error(path).trouble is Trouble.NO_MARTS


@pytest.mark.parametrize("table", list(REQUIRED))
def test_a_warehouse_without_a_table_of_the_pages_is_refused(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    others = {k: v for k, v in warehouse.columns.items() if k != table.lower()}
    monkeypatch.setattr(warehouse, "columns", others)
    with pytest.raises(WarehouseError, match=f"It lacks: {table}") as caught:
        check(warehouse)
    assert caught.value.trouble is Trouble.OLD_SCHEMA


def test_an_older_schema_is_named_by_what_it_lacks(own_warehouse: Path) -> None:
    change(
        own_warehouse,
        "drop table rpt_sales_daily",
        "alter table rpt_customer_rfm drop column is_one_time_buyer",
    )
    error = open_error(own_warehouse)
    assert error.trouble is Trouble.OLD_SCHEMA
    assert "rpt_sales_daily" in error.what
    assert "rpt_customer_rfm.is_one_time_buyer" in error.what


def test_a_warehouse_without_sales_says_so(own_warehouse: Path) -> None:
    change(own_warehouse, "delete from rpt_sales_daily")
    reader = Warehouse(Location("sqlite", str(own_warehouse)))
    check(reader)
    with pytest.raises(WarehouseError) as caught:
        span(reader)
    assert caught.value.trouble is Trouble.NO_SALES


def test_a_locked_warehouse_is_busy(own_warehouse: Path) -> None:
    writer = sqlite3.connect(own_warehouse, isolation_level=None)
    writer.execute("begin exclusive")
    try:
        assert open_error(own_warehouse).trouble is Trouble.BUSY
    finally:
        writer.rollback()
        writer.close()


def test_the_environment_names_the_warehouse_as_dbt_reads_it() -> None:
    assert location_from_environment({}) == Location("sqlite", "ecommerce_dwh.db")
    assert location_from_environment(
        {"DWH_TARGET": "duckdb", "DWH_DATABASE": ""}
    ) == Location("duckdb", "ecommerce_dwh.duckdb")
    assert location_from_environment(
        {"DWH_TARGET": "postgres", "DWH_SCHEMA": "shop"}
    ) == Location("postgres", "shop")
    with pytest.raises(WarehouseError, match="spark"):
        location_from_environment({"DWH_TARGET": "spark"})


@pytest.mark.parametrize("written", ["ten", "0", "-1", "nan", "inf", "86401", "1s"])
def test_a_time_limit_that_is_none_is_said_to_be_none(written: str) -> None:
    with pytest.raises(WarehouseError) as caught:
        query_seconds_from_environment({"DWH_QUERY_SECONDS": written})
    assert caught.value.trouble is Trouble.SECONDS
    assert f"“{written}”" in caught.value.what


def test_the_time_limit_is_read_from_the_environment() -> None:
    assert query_seconds_from_environment({"DWH_QUERY_SECONDS": " 2.5 "}) == 2.5
    for written in ({}, {"DWH_QUERY_SECONDS": ""}):
        assert query_seconds_from_environment(written) == QUERY_SECONDS
