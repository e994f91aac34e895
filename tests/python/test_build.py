"""`python -m pipeline build` of the whole project, on a shop small enough to read."""

import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.__main__ import main
from pipeline.dbt.project import find_project
from pipeline.warehouse.sqlite.engine import SqliteEngine
from tests.python.warehouses import MUCH_IS_WRONG
from tests.small_shop import SMALL_SHOP, write_csv

ROOT = Path(__file__).resolve().parents[2]
# Twenty in a full run; each costs about as long as a build.
KILLS = int(os.environ.get("DWH_KILLS", "4"))

VARIABLES = ("--vars", f"{{{MUCH_IS_WRONG}}}")

# The small shop, a day later: ids that sort before the others, and one order more.
GROWN_SHOP = {
    "raw_customers": [
        *SMALL_SHOP["raw_customers"],
        ("00001", "New", "", "", "Paris", "France", "2024-03-01"),
    ],
    "raw_products": [*SMALL_SHOP["raw_products"], ("A0", "Ink", "Office", "2", "9")],
    "raw_orders": [*SMALL_SHOP["raw_orders"], ("O0", "00001", "2024-03-02", "paid")],
    "raw_order_items": [
        *SMALL_SHOP["raw_order_items"],
        ("I0", "O0", "A0", "3", "2"),
    ],
}

Table = list[tuple[Any, ...]]


# What says when it was built, and how that went.
OF_THE_BUILD = (
    "build_doubts",
    "build_info",
    "build_tests",
    "pipeline_runs",
    "raw_batches",
    "raw_loads",
)


def read(database: Path, sql: str) -> Table:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchall()


def contents(database: Path) -> dict[str, Table]:
    """Every table and view, without what says when it was built, and sales_key."""
    tables: dict[str, Table] = {}
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        for (name,) in connection.execute(
            "select name from sqlite_master where type in ('table', 'view') "
            "and name not like 'sqlite_%'"
        ).fetchall():
            if name in OF_THE_BUILD:
                continue
            columns = [
                f'"{column}"'
                for (column,) in connection.execute(
                    "select name from pragma_table_info(?)", (name,)
                )
                if column != "sales_key"
            ]
            rows = connection.execute(f'select {", ".join(columns)} from "{name}"')
            tables[name] = sorted(rows.fetchall(), key=repr)
    return tables


@dataclass(frozen=True)
class Warehouse:
    """One path, and the shop and the grown shop built there one after the other."""

    path: Path
    shop: Path
    grown_shop: Path
    built: Path
    grown: Path
    output: str
    seconds: float
    dbt_files: Path

    def reset(self) -> Path:
        """The path again, as the small shop was published there."""
        for leftover in self.path.parent.glob(f"{self.path.name}*"):
            leftover.unlink()
        shutil.copyfile(self.built, self.path)
        return self.path


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp("build")
    path = folder / "dwh.db"
    for name, tables in (("shop", SMALL_SHOP), ("grown", GROWN_SHOP)):
        (folder / name).mkdir()
        for table, rows in tables.items():
            write_csv(folder / name / f"{table}.csv", rows)
    parsed = find_project(None).target_path(str(SqliteEngine(str(path)).building))
    first = command(path, "build", "--raw", folder / "shop", *VARIABLES)
    assert first.returncode == 0, first.stderr
    shutil.copyfile(path, folder / "built.db")
    # The first may have parsed the project, which none after it does.
    start = time.monotonic()
    again = command(path, "build", "--raw", folder / "grown", *VARIABLES)
    seconds = time.monotonic() - start
    assert again.returncode == 0, again.stderr
    shutil.copyfile(path, folder / "grown.db")
    yield Warehouse(
        path=path,
        shop=folder / "shop",
        grown_shop=folder / "grown",
        built=folder / "built.db",
        grown=folder / "grown.db",
        output=first.stdout + first.stderr,
        seconds=seconds,
        dbt_files=parsed,
    )
    shutil.rmtree(parsed, ignore_errors=True)


def command(path: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the pipeline as a user does, from a folder that is not the project's."""
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *map(str, arguments)],
        cwd=path.parent,
        env={**os.environ, "DWH_DATABASE": path.name, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_dbts_artifact_holds_what_ran_before_the_fit_and_after(
    warehouse: Warehouse,
) -> None:
    text = (warehouse.dbt_files / "run_results.json").read_text(encoding="utf-8")
    built = [result["unique_id"] for result in json.loads(text)["results"]]
    models = [name for name in built if name.startswith("model.")]

    assert len(models) == len(set(models))
    assert {
        "model.ecommerce_dwh.fct_sales",
        "model.ecommerce_dwh.rpt_customer_lifetime_value",
    } <= set(models)


def test_every_raw_row_is_accepted_or_rejected_with_a_reason(
    warehouse: Warehouse,
) -> None:
    rejected = read(
        warehouse.built,
        "select raw_table, row_key, reason from stg_rejected_rows order by 1, 2, 3",
    )

    assert rejected == [
        ("raw_order_items", "I4", "bad number"),
        ("raw_order_items", "I5", "bad number"),
        ("raw_order_items", "I6", "bad number"),
        ("raw_order_items", "I6", "order not found"),
        ("raw_orders", "O4", "bad date"),
    ]
    # A bad value in an optional column is nulled, the row stays, and both are told.
    assert re.search(
        r"values nulled.*raw_customers +registration_date: bad date",
        warehouse.output,
        re.S,
    )
    assert read(
        warehouse.built,
        "select customer_id, registration_date from DimCustomer "
        "where customer_key > 0 order by customer_id",
    ) == [("00042", None), ("C1", "2024-01-05"), ("C3", None)]


def test_sql_and_formulas_in_a_field_are_stored_as_text(warehouse: Warehouse) -> None:
    assert read(
        warehouse.built,
        "select name, email, address, city, country from DimCustomer "
        "where customer_id = 'C3'",
    ) == [("'; drop table raw_orders; --", "=1+1", "@cmd", "-1", "+1")]


def test_the_command_ends_with_what_it_published(warehouse: Warehouse) -> None:
    lines = [line.split() for line in warehouse.output.splitlines()]

    for table, rows in SMALL_SHOP.items():
        assert [table, str(len(rows) - 1)] in lines
    assert ["FactSales", "3"] in lines
    assert ["raw_order_items", "bad", "number", "3"] in lines
    for stage in ("staging", "intermediate", "core", "sales", "tests", "publish"):
        assert [stage] in [line[:1] for line in lines]
    last = warehouse.output.splitlines()[-1]
    assert f"published {warehouse.path} in" in last
    assert "fail" not in last


def test_the_build_is_recorded_in_the_warehouse(warehouse: Warehouse) -> None:
    ((as_of_date, source, origin, currency),) = read(
        warehouse.built, "select as_of_date, source, origin, currency from build_info"
    )
    tests = read(
        warehouse.built,
        "select count(*), sum(status = 'pass'), sum(table_name = 'DimCustomer') > 0, "
        "sum(status not in ('pass', 'warn')) from build_tests",
    )

    assert (as_of_date, currency) == ("2024-03-01", "USD")
    assert (source, origin) == ("load", str(warehouse.shop))
    ((total, passed, has_customers, bad),) = tests
    assert isinstance(total, int)
    assert isinstance(passed, int)
    assert total >= passed > 100
    assert has_customers
    assert bad == 0


def test_tests_of_the_code_are_left_out(warehouse: Warehouse) -> None:
    recorded = {
        name for (name,) in read(warehouse.built, "select name from build_tests")
    }
    of_macros = {path.stem for path in (ROOT / "tests/dbt/macros").glob("*.sql")}
    of_tables = {path.stem for path in (ROOT / "tests/dbt/singular").rglob("*.sql")}

    assert of_macros
    assert not of_macros & recorded
    assert of_tables
    assert of_tables <= recorded


def test_built_twice_from_the_same_rows_every_table_is_equal(
    warehouse: Warehouse,
) -> None:
    path = warehouse.reset()

    assert main(["build", "--database", str(path), *VARIABLES]) == 0

    assert contents(path) == contents(warehouse.built)
    assert len(contents(path)) > 25


def test_variables_given_for_a_build_hold_in_it(warehouse: Warehouse) -> None:
    path = warehouse.reset()
    variables = "as_of_date: 2024-05-15, currency: EUR, max_basket_items: 1"
    given = ["--vars", f"{{{variables}, {MUCH_IS_WRONG}}}"]

    assert main(["build", "--database", str(path), *given]) == 0

    ((as_of_date, currency, known),) = read(
        path, "select as_of_date, currency, variables from build_info"
    )
    assert (as_of_date, currency) == ("2024-05-15", "EUR")
    assert json.loads(known) == find_project(given[1]).variables
    months = "select max(month_index) from rpt_customer_cohorts"
    assert read(path, months)[0] > read(warehouse.built, months)[0]


def test_more_customers_and_products_change_no_key(warehouse: Warehouse) -> None:
    for table, key, name in (
        ("DimCustomer", "customer_key", "customer_id"),
        ("DimProduct", "product_key", "product_id"),
    ):
        query = f"select {name}, {key} from {table}"
        before: dict[str, int] = dict(read(warehouse.built, query))
        after: dict[str, int] = dict(read(warehouse.grown, query))
        assert before.items() < after.items()
        assert len(set(after.values())) == len(after)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--vars", f"{{as_of_date: 2024-02-01, {MUCH_IS_WRONG}}}"],
            "var as_of_date (2024-02-01) is before the latest order (2024-03-01)",
        ),
        (["--vars", "{as_of_dat: 2025-01-01}"], "there is no variable as_of_dat"),
        (["--vars", "just text"], "no YAML mapping; write it like"),
        (["--vars", "{as_of_date: 2024-99-99}"], "is '2024-99-99'; write a day as"),
        (["--vars", "{currency: 12}"], "currency is '12'; write a text like EUR"),
        (
            ["--vars", "{as_of_date: \"{{ run_query('drop table raw_orders') }}\"}"],
            "write a day as YYYY-MM-DD from 1900-01-01 to 2199-12-31, or nothing",
        ),
        (["--vars", "{max_basket_items: -1}"], "a whole number from 1 to 100000"),
        (["--vars", "{clv_horizon_weeks: 1000000}"], "a whole number from 1 to 520"),
        (["--target", "oracle"], "there is no target oracle"),
        (["--raw", "nowhere"], "the folder nowhere does not exist"),
    ],
)
def test_a_request_that_makes_no_sense_gets_one_line(
    warehouse: Warehouse,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    path = warehouse.reset()
    before = path.read_bytes()

    assert main(["build", "--database", str(path), *arguments]) == 1

    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("build failed: ")
    assert message in last
    assert path.read_bytes() == before


@pytest.fixture(scope="module")
def bare_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where dbt without the pipeline keeps its files, and what it has parsed."""
    return tmp_path_factory.mktemp("bare")


def test_dbt_does_not_put_the_demo_in_the_place_of_loaded_rows(
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    bare_files: Path,
) -> None:
    from dbt.cli.main import dbtRunner

    path = warehouse.reset()
    before = contents(path)
    folder = Path.cwd()
    monkeypatch.setenv("DWH_DATABASE", str(path))
    arguments = [
        *("--project-dir", str(ROOT), "--profiles-dir", str(ROOT)),
        *("--target-path", str(bare_files), "--log-path", str(bare_files)),
        "--no-use-colors",
    ]
    some = ["--select", "resource_type:seed", "stg_orders_validated"]
    try:
        for command in (["seed"], ["build", *some]):
            assert dbtRunner().invoke([*command, *arguments]).success
            assert (
                f"rows loaded from {warehouse.shop}: the demo's seeds are left out"
                in capfd.readouterr().out
            )
            assert contents(path) == before

        meant = dbtRunner().invoke(["seed", "--full-refresh", *arguments])
        assert meant.success
    finally:
        os.chdir(folder)
    assert read(path, "select distinct source from raw_loads") == [("demo",)]


def test_a_bare_run_killed_half_way_leaves_nothing_to_the_next_build(
    warehouse: Warehouse, bare_files: Path
) -> None:
    path = warehouse.reset()
    assert main(["load", str(warehouse.grown_shop), "--database", str(path)]) == 0
    bare = subprocess.Popen(
        [
            *(sys.executable, "-m", "dbt.cli.main", "run", "--no-use-colors"),
            *VARIABLES,
            *("--project-dir", str(ROOT), "--profiles-dir", str(ROOT)),
            *("--target-path", str(bare_files), "--log-path", str(bare_files)),
        ],
        env={**os.environ, "DWH_DATABASE": str(path), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert bare.stdout is not None
    wait_for(bare.stdout, "START sql table model main.FactOrders")
    bare.send_signal(signal.SIGKILL)
    bare.communicate()
    half_way = contents(path)
    assert half_way["FactSales"] == contents(warehouse.grown)["FactSales"]
    assert half_way["FactOrders"] == contents(warehouse.built)["FactOrders"]

    assert main(["build", "--database", str(path), *VARIABLES]) == 0

    assert contents(path) == contents(warehouse.grown)


def wait_for(lines: Iterable[str], text: str) -> None:
    for line in lines:
        if text in line:
            return
    pytest.fail(f"{text!r} was never said")


def test_a_build_killed_at_any_moment_leaves_the_old_warehouse_whole(
    warehouse: Warehouse,
) -> None:
    path = warehouse.reset()
    old, new = contents(warehouse.built), contents(warehouse.grown)
    moments = random.Random(2)  # noqa: S311
    for round_ in range(KILLS):
        building = subprocess.Popen(
            [
                *(sys.executable, "-m", "pipeline", "build"),
                *("--raw", str(warehouse.grown_shop), "--database", str(path)),
                *VARIABLES,
            ],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        # Spread over the whole build, at random within each part of it.
        part = (round_ + moments.random()) / KILLS
        try:
            building.wait(part * warehouse.seconds)
        except subprocess.TimeoutExpired:
            building.kill()
        code = building.wait()

        found = contents(path)
        assert found == (new if code == 0 else old) or found == new
        if found == new:
            shutil.copyfile(warehouse.built, path)

    assert (
        main(
            [
                *("build", "--raw", str(warehouse.grown_shop)),
                *("--database", str(path), *VARIABLES),
            ]
        )
        == 0
    )
    assert contents(path) == new
