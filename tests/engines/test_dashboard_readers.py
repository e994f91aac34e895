"""The dashboard on DuckDB and PostgreSQL: the same figures as on SQLite, only read."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import duckdb
import psycopg2
import pytest

from dashboard.exports import to_csv
from dashboard.queries import explore
from dashboard.schema import check, span
from dashboard.warehouse import Trouble, Warehouse, WarehouseError, identity
from pipeline.dbt.profile import target_settings
from pipeline.errors import PipelineError
from pipeline.warehouse import reader
from pipeline.warehouse.location import Location
from tests.open_files import assert_keeps_none_open
from tests.python.dashboard.page_queries import answers, assert_same

BuildOnce = Callable[[str, str], str]

TARGETS = ("duckdb", "postgres")


def location_of(place: str, target: str) -> Location:
    """Where the dashboard finds what the pipeline built."""
    return Location(target, place.removeprefix(f"{target}:"))


@pytest.fixture
def opened(
    request: pytest.FixtureRequest, warehouse: BuildOnce
) -> Iterator[Callable[[str], Warehouse]]:
    """A function that opens the default warehouse of an engine."""
    open_ones: list[Warehouse] = []

    def open_one(target: str) -> Warehouse:
        found = Warehouse(location_of(warehouse("default", target), target))
        open_ones.append(found)
        return found

    yield open_one
    for one in open_ones:
        one.close()


@pytest.mark.parametrize("target", TARGETS)
def test_every_page_query_is_answered_as_on_sqlite(
    target: str, opened: Callable[[str], Warehouse]
) -> None:
    sqlite, other = opened("sqlite"), opened(target)
    check(other)
    assert span(other) == span(sqlite)
    expected, found = answers(sqlite), answers(other)
    assert expected.keys() == found.keys()
    for name in expected:
        assert_same(name, expected[name], found[name])


@pytest.mark.parametrize("target", TARGETS)
def test_a_file_taken_away_is_the_same_as_from_sqlite(
    target: str, opened: Callable[[str], Warehouse], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BATCH_ROWS", 100)
    for table, key in (
        ("DimTime", "time_key"),
        ("DimProduct", "product_key"),
        ("rpt_customer_rfm", "customer_key"),
    ):
        files = [
            to_csv(
                explore.export(
                    opened(engine), explore.Search(table, sort_by=key), 10_000
                )
            )
            for engine in ("sqlite", target)
        ]
        assert len(files[0].splitlines()) > 100
        assert files[0] == files[1]


# More rows than any engine could count in a year.
ENDLESS = (
    "select count(*) as n from FactSales as a, FactSales as b, FactSales as c, "
    "FactSales as d where a.line_item_total + b.line_item_total <> "
    "c.line_item_total - d.line_item_total"
)


@pytest.mark.parametrize("target", ["sqlite", *TARGETS])
def test_a_query_that_takes_too_long_is_interrupted_and_no_other(
    target: str, warehouse: BuildOnce
) -> None:
    location = location_of(warehouse("default", target), target)
    with closing(Warehouse(location, seconds=0.5)) as shop:
        with ThreadPoolExecutor(1) as pool:
            started = time.monotonic()
            endless = pool.submit(shop.query, ENDLESS)
            quick = 0
            while not endless.done():
                assert shop.query("select 1 as one")["one"][0] == 1
                quick += 1
            took = time.monotonic() - started
        assert quick
        assert 0.5 <= took < 20
        with pytest.raises(WarehouseError, match=r"longer than 0\.5 s") as caught:
            endless.result()
        assert caught.value.trouble is Trouble.SLOW
        # What gave the connection back is as good as before.
        assert shop.query("select count(*) as n from FactOrders")["n"][0] > 0
        with pytest.raises(WarehouseError) as caught:
            list(shop.batches(ENDLESS))
        assert caught.value.trouble is Trouble.SLOW


@pytest.mark.parametrize("target", ["sqlite", *TARGETS])
def test_a_file_may_take_longer_to_write_than_a_query(
    target: str, warehouse: BuildOnce, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BATCH_ROWS", 100)
    location = location_of(warehouse("default", target), target)
    with closing(Warehouse(location, seconds=0.5)) as shop:
        rows = shop.batches("select order_id from FactOrders limit 300")
        found = 0
        for batch in rows:
            found += len(batch)
            time.sleep(0.3)
        assert found == 300


DUCKDB_WRITES = [
    "attach '{folder}/new.duckdb' as other",
    "create table other (i integer)",
    "insert into FactOrders select * from FactOrders",
    "copy FactOrders to '{folder}/new.csv'",
    "select * from read_csv('/etc/hostname')",
    "select * from '/etc/hostname'",
    "install httpfs",
    "load httpfs",
    "set enable_external_access = true",
    "set lock_configuration = false",
]


@pytest.mark.parametrize("statement", DUCKDB_WRITES)
def test_duckdb_refuses_everything_but_reading(
    opened: Callable[[str], Warehouse], tmp_path: Path, statement: str
) -> None:
    with pytest.raises((PipelineError, WarehouseError)):
        opened("duckdb").query(statement.format(folder=tmp_path))
    assert list(tmp_path.iterdir()) == []


POSTGRES_WRITES = [
    "create table other (i integer)",
    "create temp table other as select 1 as one",
    "delete from FactOrders",
    "update DimProduct set price = 0",
    "drop table FactOrders",
    "copy FactOrders to '{folder}/new.csv'",
]


@pytest.mark.parametrize("statement", POSTGRES_WRITES)
def test_postgres_refuses_everything_but_reading(
    opened: Callable[[str], Warehouse], tmp_path: Path, statement: str
) -> None:
    shop = opened("postgres")
    before = len(shop.query("select order_id from FactOrders"))
    with pytest.raises((PipelineError, WarehouseError)):
        shop.query(statement.format(folder=tmp_path))
    assert len(shop.query("select order_id from FactOrders")) == before > 0
    assert list(tmp_path.iterdir()) == []


def duckdb_copy(warehouse: BuildOnce, path: Path) -> Path:
    """A copy of the default DuckDB warehouse that a test may spoil."""
    shutil.copy(warehouse("default", "duckdb"), path)
    return path


def open_error(location: Location) -> WarehouseError:
    with pytest.raises(WarehouseError) as caught:
        check(Warehouse(location))
    assert str(location.path) not in caught.value.what + caught.value.remedy
    return caught.value


def test_duckdb_serves_the_new_file_beside_a_reader_of_the_old_one(
    warehouse: BuildOnce, tmp_path: Path
) -> None:
    path = duckdb_copy(warehouse, tmp_path / "own.duckdb")
    old = Warehouse(Location("duckdb", str(path)))
    building = duckdb_copy(warehouse, tmp_path / "own.duckdb.building")
    with duckdb.connect(str(building)) as writer:
        writer.execute("delete from FactOrders")
    building.replace(path)
    new = Warehouse(Location("duckdb", str(path)))
    assert new.identity != old.identity
    assert new.query("select count(*) as n from FactOrders")["n"].iloc[0] == 0
    assert old.query("select count(*) as n from FactOrders")["n"].iloc[0] > 0
    old.close()
    new.close()


def test_a_duckdb_file_held_by_a_writer_is_busy(
    warehouse: BuildOnce, tmp_path: Path
) -> None:
    path = duckdb_copy(warehouse, tmp_path / "own.duckdb")
    code = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); "
        "print('open', flush=True); sys.stdin.read()"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"open\n"
        found = open_error(Location("duckdb", str(path)))
        assert found.trouble is Trouble.BUSY
    finally:
        writer.communicate(b"")


def test_duckdb_files_that_cannot_be_shown_are_told_apart(
    warehouse: BuildOnce, tmp_path: Path
) -> None:
    text = tmp_path / "text.duckdb"
    text.write_text("no database " * 500)
    empty = tmp_path / "empty.duckdb"
    duckdb.connect(str(empty)).close()
    raw_only = tmp_path / "raw.duckdb"
    with duckdb.connect(str(raw_only)) as writer:
        writer.execute("create table raw_orders (order_id varchar)")
    older = duckdb_copy(warehouse, tmp_path / "older.duckdb")
    with duckdb.connect(str(older)) as writer:
        writer.execute("drop table rpt_sales_daily")
    for path, trouble in (
        (tmp_path / "none.duckdb", Trouble.MISSING),
        (text, Trouble.NOT_A_DATABASE),
        (empty, Trouble.EMPTY),
        (raw_only, Trouble.NO_MARTS),
        (older, Trouble.OLD_SCHEMA),
    ):
        assert open_error(Location("duckdb", str(path))).trouble is trouble
    assert_keeps_none_open(lambda: open_error(Location("duckdb", str(raw_only))))


def postgres_schema(name: str, *statements: str) -> Location:
    """Run statements on PostgreSQL; the place of one of its schemas."""
    settings = target_settings("postgres")
    keys = ("host", "port", "user", "dbname")
    with closing(psycopg2.connect(**{key: settings[key] for key in keys})) as writer:
        writer.autocommit = True
        with writer.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    return Location("postgres", name)


@pytest.mark.usefixtures("postgres")
def test_postgres_schemas_that_cannot_be_shown_are_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing = Location("postgres", "no_such_shop")
    assert open_error(missing).trouble is Trouble.EMPTY
    raw_only = postgres_schema(
        "raw_shop",
        "create schema raw_shop",
        "create table raw_shop.raw_orders (order_id text)",
    )
    assert open_error(raw_only).trouble is Trouble.NO_MARTS
    older = postgres_schema(
        "raw_shop", "create table raw_shop.rpt_sales_daily (net_sales numeric)"
    )
    assert open_error(older).trouble is Trouble.OLD_SCHEMA
    assert_keeps_none_open(lambda: open_error(older))
    postgres_schema("raw_shop", "drop schema raw_shop cascade")
    monkeypatch.setenv("PGHOST", "/nowhere")
    assert open_error(missing).trouble is Trouble.UNREACHABLE


def test_who_may_only_select_can_open_the_dashboard_on_postgres(
    warehouse: BuildOnce, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = location_of(warehouse("default", "postgres"), "postgres")
    name = location.database
    postgres_schema(
        name,
        "create role onlooker login",
        f"grant usage on schema {name} to onlooker",
        f"grant select on all tables in schema {name} to onlooker",
    )
    try:
        monkeypatch.setenv("PGUSER", "onlooker")
        with closing(Warehouse(location)) as reader:
            check(reader)
            assert span(reader).first < span(reader).last
    finally:
        monkeypatch.undo()
        postgres_schema(name, "drop owned by onlooker", "drop role onlooker")


@pytest.mark.usefixtures("postgres")
def test_postgres_never_answers_for_a_version_that_was_replaced() -> None:
    make = "create table {0}.rpt_sales_daily as select {1} as net_sales"
    location = postgres_schema(
        "one_shop", "create schema one_shop", make.format("one_shop", 1)
    )
    shop = Warehouse(location)
    assert shop.query("select net_sales from rpt_sales_daily")["net_sales"][0] == 1
    postgres_schema(
        "one_shop",
        "create schema one_shop_building",
        make.format("one_shop_building", 2),
        "alter schema one_shop rename to one_shop_previous",
        "alter schema one_shop_building rename to one_shop",
    )
    assert identity(location) != shop.identity
    with pytest.raises(WarehouseError) as caught:
        shop.query("select net_sales from rpt_sales_daily")
    assert caught.value.trouble is Trouble.REPLACED
    again = Warehouse(location)
    assert again.query("select net_sales from rpt_sales_daily")["net_sales"][0] == 2
    again.close()
    shop.close()
    postgres_schema(
        "one_shop",
        "drop schema one_shop cascade",
        "drop schema one_shop_previous cascade",
    )
