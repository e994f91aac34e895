"""Snowflake's SQL, on an emulator: `make test-beyond` makes it an environment.

The emulator translates Snowflake's SQL and runs it on DuckDB; it is no Snowflake.
"""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from benchmarks.untested_build import UntestedSession
from generator.command_line import main as generate
from pipeline.build import BuildRequest, build
from pipeline.compare import compare_warehouses, raw_differences
from pipeline.dbt.project import find_project
from pipeline.raw_files.contract import RAW_COLUMNS
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import engine_for, reader_for
from tests.small_project import ROOT

SNOWFLAKE = ROOT / ".make" / "snowflake"
PAGE = ROOT / "docs" / "other_warehouses.md"
# What hangs on predictions, which `pipeline fit` writes, and not to Snowflake.
PREDICTED = {
    "rpt_clv_backtest",
    "rpt_clv_backtest_deciles",
    "rpt_clv_models",
    "rpt_customer_lifetime_value",
    "rpt_due_buyers",
    "rpt_sales_forecast",
    "rpt_sales_forecast_backtest",
}
# What cannot hold on the emulator, and why.
EMULATORS_FAULTS = {
    # Snowflake's trim() takes blanks alone; it is DuckDB's that runs, which takes every
    # Unicode space, and so the no-break space that is part of an id.
    "keys_and_statuses_are_cleaned_of_blanks_and_capitals_only",
}

pytestmark = pytest.mark.skipif(
    not SNOWFLAKE.exists() and "CI" not in os.environ,
    reason="dbt-snowflake and its emulator are not installed: make test-beyond",
)


@dataclass(frozen=True)
class Built:
    """A shop on the emulator and on DuckDB.

    Attributes:
        results: What became of each test, by its name.
    """

    results: dict[str, str]
    emulator: str
    duckdb: str


def statements(raw: Path) -> list[str]:
    """What the page says to type for raw_orders, for all raw tables."""
    (block,) = re.findall(r"```sql\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    orders = ",\n    ".join(f"{name} text" for name in RAW_COLUMNS["raw_orders"])
    assert orders in block
    return [
        statement
        for table, columns in RAW_COLUMNS.items()
        for statement in block.replace(
            orders, ",\n    ".join(f"{name} text" for name in columns)
        )
        .replace("raw_orders", table)
        .replace("/path/to", str(raw))
        .strip()
        .removesuffix(";")
        .split(";\n")
    ]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The messy shop, small, built once on both sides."""
    folder = tmp_path_factory.mktemp("snowflake")
    raw, reference = folder / "raw", folder / "reference.duckdb"
    size = ("--customers", "300", "--products", "60", "--end", "2025-06-30")
    assert generate(["--profile", "messy", *size, "--out", str(raw)]) == 0
    build(
        engine_for("duckdb", str(reference)),
        find_project("{max_rejected_share: 1}"),
        BuildRequest(str(raw)),
        Reporter(),
        UntestedSession,
    )
    (folder / "load.sql").write_text(";\n".join(statements(raw)), encoding="utf-8")
    (folder / "databases").mkdir()
    run = subprocess.run(
        [
            SNOWFLAKE / "bin" / "python",
            Path(__file__).with_name("snowflake_emulator.py"),
            folder,
        ],
        cwd=ROOT,
        env={
            **{k: v for k, v in os.environ.items() if k[:4] not in ("DWH_", "DBT_")},
            "DWH_TARGET": "snowflake",
            "SNOWFLAKE_ACCOUNT": "emulator",
            "SNOWFLAKE_USER": "nobody",
            "SNOWFLAKE_DATABASE": "shop",
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "target"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    results = json.loads((folder / "target" / "run_results.json").read_text())
    assert results["args"]["which"] == "test", run.stdout[-3000:]
    return Built(
        {
            each["unique_id"].split(".")[2]: each["status"]
            for each in results["results"]
            if each["unique_id"].startswith("test.")  # and no hook
        },
        str(as_duckdb(folder)),
        str(reference),
    )


def as_duckdb(folder: Path) -> Path:
    """The emulator's tables as a warehouse of DuckDB, under the names that it has."""
    path = folder / "emulator.duckdb"
    with duckdb.connect(str(path)) as warehouse:
        (file,) = (folder / "databases").glob("SHOP*.db")
        warehouse.execute(f"attach '{file}' as shop (read_only)")
        for (name,) in warehouse.execute(
            "select table_name from duckdb_tables() where database_name = 'shop'"
            " and schema_name = 'ECOMMERCE_DWH'"
        ).fetchall():
            warehouse.execute(
                f"create table {name.lower()} as from shop.ecommerce_dwh.{name}"
            )
    return path


def test_the_data_tests_pass_but_those_that_the_emulator_gets_wrong(
    built: Built,
) -> None:
    failed = {name for name, status in built.results.items() if status != "pass"}

    assert len(built.results) > 150
    assert failed == EMULATORS_FAULTS


def test_every_table_equals_duckdbs_but_for_predictions(built: Built) -> None:
    with reader_for(built.duckdb) as ours, reader_for(built.emulator) as other:
        assert raw_differences(ours, other) == []
        compared = {t.table: t for t in compare_warehouses(ours, other)}

    equal = [table for name, table in compared.items() if name not in PREDICTED]
    assert compared.keys() > PREDICTED
    assert [(t.table, t.rows, t.examples) for t in equal if t.differences] == []
    assert all(table.rows[0] for table in equal)
    assert len(equal) >= 22
