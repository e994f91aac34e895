"""The project as a package of another dbt project, which has tables of its own."""

import csv
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import psycopg2
import pytest
from dbt.cli.main import dbtRunner

from benchmarks.untested_build import UntestedSession
from pipeline.__main__ import main
from pipeline.build import BuildRequest, build
from pipeline.compare import compare_warehouses
from pipeline.dbt.project import find_project
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import engine_for, open_reader
from pipeline.warehouse.location import SERVERS, Location
from tests.engines.conftest import forget_parsed

ROOT = Path(__file__).resolve().parents[2]
HOST = ROOT / "integration_tests"
# What a repository has to have for dbt to take it as a package.
PACKAGE = ("dbt_project.yml", "macros", "models", "seeds", "tests/dbt")
DATABASE = "shop_host"
# Of each of its tables: the raw table that it stands for, and its columns there.
RAW = {
    "clients": (
        "raw_customers",
        "customer_id name email address city country registration_date",
    ),
    "articles": (
        "raw_products",
        "product_id product_name category price stock_quantity unit_cost",
    ),
    "orders_v2": (
        "raw_orders",
        "order_id customer_id order_date status currency shipping tax",
    ),
    "order_positions": (
        "raw_order_items",
        "order_item_id order_id product_id quantity price_per_item line_total",
    ),
}
OWN_MODELS = {"raw_orders", "raw_order_items", "stg_orders", "best_customers"}
PREDICTIONS = {
    *("clv_parameters", "clv_scores", "clv_backtest", "clv_backtest_deciles"),
    *("sales_forecasts", "sales_forecast_backtest"),
}
# By this dbt finds the repairs of its adapter that the package has.
DISPATCH = """
dispatch:
  - macro_namespace: dbt
    search_order: [shop_analytics, ecommerce_dwh, dbt]
"""
# With which dbt-sqlite takes two arguments.
REF = """
{% macro ref() %}
    {{ return(builtins.ref(*varargs, **kwargs).include(database=false)) }}
{% endmacro %}
"""
# What is built on Spark: of the package, and one of its own that has a contract.
OF_STAGING = (
    *("+stg_customers", "+stg_products", "+stg_order_items", "stg_rejected_rows"),
    "shop_analytics.stg_orders",
)
Capture = pytest.CaptureFixture[str]


@dataclass(frozen=True)
class Host:
    """A copy of the other project, and where its target's database is."""

    folder: Path
    target: str
    database: str

    def dbt(self, *arguments: str) -> Sequence[str]:
        """Run a command there; what was not well."""
        before = Path.cwd()
        try:
            outcome = dbtRunner().invoke(
                [
                    *(*arguments, "--target", self.target, "--log-level", "none"),
                    *("--project-dir", str(self.folder)),
                    *("--profiles-dir", str(self.folder)),
                ]
            )
        finally:
            os.chdir(before)
            engine_for(self.target, self.database).end_dbt()
        if outcome.exception is not None:
            return [str(outcome.exception)]
        return [
            f"{result.node.name}: {result.message}"
            for result in getattr(outcome.result, "results", None) or ()
            if str(result.status) not in ("success", "pass", "no-op")
        ]

    def tables(self) -> dict[str, set[str]]:
        """The tables and views of each schema."""
        found: dict[str, set[str]] = {}
        with open_reader(Location(self.target, self.database)) as reader:
            for schema, table in reader.fetch(
                "select table_schema, table_name from information_schema.tables "
                "where table_schema not in ('pg_catalog', 'information_schema')"
            ):
                found.setdefault(schema, set()).add(table)
        return found

    def package(self) -> Location:
        """Where the package's tables are."""
        if self.target in SERVERS:
            return Location(self.target, "shop_dwh")
        schema = "shop_dwh" if self.target == "duckdb" else ""
        return Location(self.target, self.database, schema)

    def change(self, name: str, old: str, new: str) -> None:
        """Change a text that a file of it has."""
        path = self.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def own_build(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The warehouse that the pipeline itself builds of the same shop."""
    folder = tmp_path_factory.mktemp("same_shop")
    for table, (raw, columns) in RAW.items():
        with (HOST / "seeds" / f"{table}.csv").open(newline="", encoding="utf-8") as of:
            rows = list(csv.reader(of))[1:]
        with (folder / f"{raw}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([columns.split(), *rows])
    engine = engine_for("sqlite", str(folder / "same.db"))
    project = find_project("{co_purchase_min_orders: 2}")
    build(engine, project, BuildRequest(str(folder)), Reporter(), UntestedSession)
    forget_parsed(engine)
    return str(folder / "same.db")


@pytest.fixture(scope="module")
def make_host(
    tmp_path_factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch
) -> Callable[[str, str], Host]:
    """A function that makes a copy of the project, with a package from somewhere."""

    def make(target: str, package: str) -> Host:
        folder = tmp_path_factory.mktemp(f"host_{target}")
        shutil.copytree(HOST, folder, dirs_exist_ok=True)
        (folder / "packages.yml").write_text(f"packages:\n  - {package}\n")
        if target in SERVERS:
            return Host(folder, target, "dbt")
        database = str(folder / f"shop.{target}")
        patch.setenv(f"SHOP_{target.upper()}", database)
        return Host(folder, target, database)

    return make


@pytest.fixture
def host_postgres(postgres: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database of its own on the server."""
    del postgres
    with closing(psycopg2.connect("")) as server:
        server.autocommit = True
        server.cursor().execute(f"create database {DATABASE}")
        with monkeypatch.context() as of_host:
            of_host.setenv("PGDATABASE", DATABASE)
            yield
        server.cursor().execute(f"drop database {DATABASE} with (force)")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a git repository of what is here now."""
    folder = tmp_path_factory.mktemp("repository")
    for name in PACKAGE:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, folder / name)
        else:
            shutil.copy(path, folder / name)
    as_somebody = ("-c", "user.name=shop", "-c", "user.email=shop@example.org")
    for arguments in (
        ("init", "--quiet", "--initial-branch", "main"),
        ("add", "."),
        (*as_somebody, "commit", "--quiet", "--message", "The package"),
    ):
        subprocess.run(["git", "-C", str(folder), *arguments], check=True)
    return folder.as_uri()


@pytest.fixture(scope="module")
def duckdb_host(make_host: Callable[[str, str], Host]) -> Host:
    host = make_host("duckdb", f"local: {ROOT}")
    assert build_host(host) == []
    return host


def build_host(host: Host) -> list[str]:
    """Do all that the document tells, and say what was not well."""
    unwell: list[str] = []
    for command in (("deps",), ("seed",), ("run",)):
        unwell += host.dbt(*command)
    fits = ("fit", "--project-dir", str(host.folder), "--target", host.target)
    if main(fits) != 0:
        unwell.append("fit")
    unwell += host.dbt("run", "--select", "source:predictions+")
    return unwell


def assert_has_the_numbers(host: Host, own_build: str) -> None:
    own = Location("sqlite", own_build)
    with open_reader(own) as first, open_reader(host.package()) as second:
        compared = list(compare_warehouses(first, second))
        used = second.fetch("select count(*) from clv_parameters where is_used = 1")
        least = second.fetch(
            "select min(co_purchase_count) from rpt_product_co_purchases"
        )
    assert len(compared) > 20
    assert [each for each in compared if each.differences] == []
    assert used != [(0,)]
    assert least == [(2,)]  # by the variable that the project sets


def assert_has_its_schemas(host: Host) -> None:
    tables = host.tables()
    assert tables.pop("shop_app") == set(RAW)
    assert tables.pop("analytics") == OWN_MODELS
    packages = tables.pop("shop_dwh")
    assert packages >= {*PREDICTIONS, "input_customers", "input_products"}
    assert not packages & {"raw_loads", "raw_customers", "raw_orders"}
    assert tables == {}


def test_on_duckdb_its_numbers_are_those_of_the_pipeline(
    duckdb_host: Host, own_build: str
) -> None:
    assert_has_the_numbers(duckdb_host, own_build)
    assert_has_its_schemas(duckdb_host)
    assert duckdb_host.dbt("test") == []


def test_on_sqlite_in_one_schema_by_the_hosts_dispatch(
    make_host: Callable[[str, str], Host], own_build: str, capsys: Capture
) -> None:
    host = make_host("sqlite", f"local: {ROOT}")
    host.change("dbt_project.yml", "\nmodels:", f"\n{DISPATCH}\nmodels:")
    # Another schema would be another file: all is in one, where no two models have one
    # name.
    settings = host.folder / "dbt_project.yml"
    kept = [line for line in settings.read_text().split("\n") if "schema: " not in line]
    settings.write_text("\n".join(kept))
    host.change("models/_models.yml", "schema: shop_app", "schema: main")
    (host.folder / "models" / "stg_orders.sql").rename(
        host.folder / "models" / "own_orders.sql"
    )
    host.change("models/_models.yml", "stg_orders", "own_orders")
    (host.folder / "macros" / "ref.sql").write_text(REF)

    assert build_host(host) == []

    assert_has_the_numbers(host, own_build)
    with open_reader(host.package()) as reader:
        ((made,),) = reader.fetch(
            "select sql from sqlite_schema where name = 'DimCustomer'"
        )
    assert "customer_key integer not null primary key" in made

    host.change("profiles.yml", "schema: main", "schema: other")
    fit = ("fit", "--project-dir", str(host.folder), "--target", "sqlite")
    assert main(fit) == 1
    assert "in schema other, which is a file of its own" in capsys.readouterr().err


@pytest.fixture
def spark_host(spark: None, make_host: Callable[[str, str], Host]) -> Host:
    """The project as Spark takes it, with so few rows that its statements cost all."""
    from pipeline.warehouse.spark.session import spark_session

    del spark
    # dbt joins the session that is there, and with it the tests' own folder.
    spark_session()
    host = make_host("spark", f"local: {ROOT}")
    host.change("dbt_project.yml", "\nmodels:", f"\n{DISPATCH}\nmodels:")
    host.change("models/raw_orders.sql", " as text)", " as string)")
    # The prices of the lines are text, and one has more decimals than an amount may.
    host.change("seeds/_seeds.yml", '"decimal(10,2)", amount:', "text, amount:")
    host.change("seeds/order_positions.csv", ",16.99,16.99", ",16.98765,16.99")
    host.change("seeds/_seeds.yml", " text", " string")
    host.change("seeds/_seeds.yml", " double precision", " double")
    for seed in (host.folder / "seeds").glob("*.csv"):
        # The adapter does not load an apostrophe.
        rows = seed.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [row for row in rows if "'" not in row][:40]
        seed.write_text("".join(kept), encoding="utf-8")
    return host


def test_on_spark_its_staging_reads_typed_tables_by_the_hosts_dispatch(
    spark_host: Host,
) -> None:
    with (spark_host.folder / "seeds" / "order_positions.csv").open(newline="") as file:
        amounts = [Decimal(row["amount"]) for row in csv.DictReader(file)]

    for command in (
        ("deps",),
        ("seed", "--select", "package:shop_analytics"),
        ("build", "--indirect-selection", "cautious", "--select", *OF_STAGING),
    ):
        assert spark_host.dbt(*command) == []

    with open_reader(spark_host.package()) as reader:
        rejected = reader.fetch("select raw_table, reason from stg_rejected_rows")
        accepted = reader.fetch(
            "select count(*), sum(line_item_total) from stg_order_items"
        )
        (counted,) = reader.fetch(
            "select (select count(*) from stg_orders), "
            "(select count(registration_date) from stg_customers), "
            "(select count(price) from stg_products)"
        )
    # A text is judged as it is, and not rounded first.
    assert rejected == [("raw_order_items", "bad number")]
    assert accepted == [(len(amounts) - 1, sum(amounts) - Decimal("16.99"))]
    assert counted == (39, 39, 39)


def test_on_postgres_from_a_repository_too(
    host_postgres: None,
    repository: str,
    make_host: Callable[[str, str], Host],
    own_build: str,
) -> None:
    del host_postgres
    host = make_host("postgres", f"{{git: '{repository}', revision: main}}")

    assert build_host(host) == []

    assert_has_the_numbers(host, own_build)
    assert_has_its_schemas(host)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("'raw_orders', source('shop_app', 'orders_v2'), {}", "has no column order_id"),
        (
            "'raw_orders', source('shop_app', 'orders_v2'), "
            "{'order_id': 'id', 'order_date': 'placed'}",
            "has no column placed, which raw_orders needs as its order_date; name",
        ),
        ("'raw_orders', none, {'colour': 'x'}", "raw_orders has no column colour"),
        ("'orders', none", "there is no raw table orders; choose among raw_customers"),
    ],
)
def test_a_table_that_cannot_stand_for_a_raw_one_is_refused(
    duckdb_host: Host, arguments: str, said: str
) -> None:
    inline = f"{{{{ ecommerce_dwh.as_raw_table({arguments}) }}}}"

    (refusal,) = duckdb_host.dbt("compile", "--inline", inline)

    assert said in refusal


def test_what_would_take_a_models_place_is_refused_before_anything_is_built(
    make_host: Callable[[str, str], Host], capsys: Capture
) -> None:
    host = make_host("duckdb", f"local: {ROOT}")
    host.change("dbt_project.yml", "_before_root: true", "_before_root: false")
    host.change("dbt_project.yml", "predictions_schema: shop_dwh", "odd_day_score: 4")
    assert host.dbt("deps") == []

    (refusal,) = host.dbt("run", "--select", "stg_products")

    assert "would read stg_orders of shop_analytics for its own" in refusal
    assert host.tables() == {} or not set.union(*host.tables().values())

    # ... and a fit says what else is wrong with it.
    assert main(["fit", "--project-dir", str(host.folder)]) == 1
    assert (
        capsys.readouterr()
        .err.splitlines()[-1]
        .endswith("predictions would be in dbt; set var predictions_schema to shop_dwh")
    )


def test_a_fit_where_there_is_nothing_to_fit_says_so(
    small_project: Path, tmp_path: Path, capsys: Capture
) -> None:
    def refusal(*arguments: str) -> str:
        assert main(["fit", *arguments]) == 1
        return capsys.readouterr().err.splitlines()[-1]

    assert "there is no dbt project in" in refusal("--project-dir", str(tmp_path))
    assert "does not have ecommerce_dwh as a package" in refusal(
        "--project-dir", str(small_project)
    )
    assert "exclude each other" in refusal("--project-dir", ".", "--database", "x.db")
    assert "go with --project-dir only" in refusal("--vars", "{a: b}")
