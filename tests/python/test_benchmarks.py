"""The benchmarks: floor and models agree on the worst input, and the tools work."""

import argparse
import re
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
from generated_shop import make_shop, money
from messy_shop import write_messy_shop

from benchmarks import equality, plain_way
from benchmarks.__main__ import line_count, raw_folder
from benchmarks.artifacts import DbtArtifacts, busy_seconds, floor_models
from benchmarks.bare_engine import statements
from benchmarks.floor.build import Settings, build
from benchmarks.measure import measure
from benchmarks.report import Row, Section, markdown_table, render_growth
from benchmarks.shopify_export import write_export
from generator import GeneratorConfig
from pipeline.build import BuildRequest
from pipeline.build import build as build_models
from pipeline.dbt.project import find_project
from pipeline.platforms.definition import find_platform
from pipeline.platforms.importer import import_export
from pipeline.terminal.progress import LogReporter
from pipeline.warehouse import engine_for

REASONS = {
    "missing key",
    "bad number",
    "bad date",
    "date out of range",
    "order not found",
    "order rejected",
    "duplicate key",
    "conflicting duplicate",
}
# Small limits, so that a small shop has baskets over the cap and pairs over the least.
SETTINGS = Settings(max_basket_items=6, co_purchase_min_orders=3)
VARIABLES = "{max_basket_items: 6, co_purchase_min_orders: 3, max_rejected_share: 1}"


@pytest.fixture(scope="module")
def warehouses(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The messy shop twice: built by the models, and by hand."""
    folder = tmp_path_factory.mktemp("messy")
    write_messy_shop(folder / "raw", seed=0)
    models, floor = folder / "models.db", folder / "floor.db"
    engine, project = engine_for("sqlite", str(models)), find_project(VARIABLES)
    try:
        build_models(
            engine, project, BuildRequest(str(folder / "raw")), LogReporter(sys.stderr)
        )
    finally:
        shutil.rmtree(project.target_path(engine.build_location), ignore_errors=True)
    build("sqlite", folder / "raw", floor, SETTINGS)
    return models, floor


def rejects(database: Path) -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(database)) as connection:
        return sorted(
            connection.execute(
                "select raw_table, coalesce(row_key, ''), reason from stg_rejected_rows"
            ).fetchall()
        )


def test_models_equal_the_hand_written_floor_on_messy_data(
    warehouses: tuple[Path, Path],
) -> None:
    comparisons = list(equality.compare(*map(str, warehouses)))

    assert [c.table for c in comparisons] == list(equality.FLOOR_TABLES)
    assert [c for c in comparisons if c.differences] == []
    # The data reach every table, so that equality says something.
    assert [c.table for c in comparisons if not c.rows[0]] == []


def test_a_shop_exported_as_shopify_does_sells_the_same_when_it_is_imported(
    tmp_path: Path,
) -> None:
    shop = make_shop(GeneratorConfig(customers=100, products=20), tmp_path / "raw")
    write_export(tmp_path / "raw", tmp_path / "export")
    import_export(
        find_platform("shopify"),
        str(tmp_path / "export"),
        tmp_path / "imported",
        LogReporter(sys.stderr),
    )
    imported = duckdb.sql(
        "select count(*), sum(line_total::decimal(18, 2)) "
        f"from '{tmp_path}/imported/raw_order_items.parquet' "
        f"inner join '{tmp_path}/imported/raw_orders.parquet' using (order_id) "
        "where status = 'paid' and quantity::integer > 0"
    ).fetchall()
    lines = shop.lines[shop.lines["quantity"] > 0]
    sold = lines[~lines["status"].isin(["cancelled", "failed"])]
    assert imported == [(len(sold), money(sold["total"].sum()))]


def test_models_reject_the_same_rows_for_the_same_reasons(
    warehouses: tuple[Path, Path],
) -> None:
    models, floor = map(rejects, warehouses)

    assert models == floor
    assert {reason for _, _, reason in models} == REASONS


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (
            "FactSales",
            "update FactSales set line_item_total = 0.0001",
        ),
        ("FactOrders", "delete from FactOrders where customer_order_number = 1"),
        ("rpt_customer_rfm", "alter table rpt_customer_rfm add column extra text"),
        ("rpt_product_co_purchases", "drop table rpt_product_co_purchases"),
        ("rpt_customer_cohorts", "update rpt_customer_cohorts set retention_rate = 2"),
    ],
)
def test_comparison_names_the_table_that_was_changed(
    warehouses: tuple[Path, Path], tmp_path: Path, table: str, change: str
) -> None:
    changed = tmp_path / "changed.db"
    shutil.copy(warehouses[1], changed)
    with closing(sqlite3.connect(changed)) as connection:
        connection.execute(change)
        connection.commit()

    compared = equality.compare(str(warehouses[1]), str(changed))

    assert [c.table for c in compared if c.differences] == [table.lower()]


def test_plain_way_runs_the_requirements_queries(tmp_path: Path) -> None:
    star = plain_way.transform(plain_way.simulate(lines=300, products=20))
    with closing(sqlite3.connect(tmp_path / "plain.db")) as connection:
        plain_way.load(star, connection)
        (sales,) = connection.execute("select count(*) from FactSales").fetchone()
        seconds = [plain_way.run_query(connection, name) for name in plain_way.QUERIES]

    assert sales >= 300
    assert None not in seconds


def test_plain_query_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_way, "CUT_OFF_SECONDS", 0.0)
    monkeypatch.setattr(plain_way, "INSTRUCTIONS_A_LOOK", 10)
    star = plain_way.transform(plain_way.simulate(lines=300, products=20))
    with closing(sqlite3.connect(tmp_path / "plain.db")) as connection:
        plain_way.load(star, connection)

        assert plain_way.run_query(connection, "rfm") is None


def test_child_is_measured(tmp_path: Path) -> None:
    code = "x = bytearray(80_000_000); print(sum(range(2_000_000)))"
    result = measure(["-c", code], tmp_path)
    failed = measure(["-c", "raise SystemExit('no such folder')"], tmp_path)

    assert result.output.strip() == str(sum(range(2_000_000)))
    assert result.cpu > 0
    assert result.peak_megabytes > 80
    assert (failed.exit_code, failed.complaint) == (1, "no such folder")


def test_models_that_the_floor_lacks_are_told_apart() -> None:
    def model(name: str, *parents: str, alias: str = "") -> dict[str, Any]:
        nodes = [f"model.shop.{parent}" for parent in parents]
        return {
            "name": name,
            "alias": alias or name,
            "depends_on": {"nodes": [*nodes, "seed.shop.raw_orders"]},
        }

    models = [
        model("fct_sales", "stg_orders", alias="FactSales"),
        model("stg_orders"),
        model("rpt_customer_lifetime_value", "fct_sales", "int_clv_current_fits"),
        model("int_clv_current_fits", "int_purchase_days"),
        model("int_purchase_days"),
        model("rpt_segment_migration", "fct_sales"),
    ]

    assert floor_models({f"model.shop.{m['name']}": m for m in models}) == {
        "model.shop.fct_sales",
        "model.shop.stg_orders",
        "model.shop.rpt_customer_lifetime_value",
    }


def test_growth_is_told_of_stages_and_slowest_models() -> None:
    small = Section("s", [Row("load", 1.0)], lines=1000, seconds={"a": 2.0, "b": 1.0})
    large = Section("l", [Row("load", 5.0)], lines=4000, seconds={"a": 9.0, "b": 8.0})

    text = render_growth(small, large, models=1)

    assert "4.0 times the lines" in text
    assert re.findall(r"\| (\w+) .* ([\d.]+ x) \|", text) == [
        ("load", "5.0 x"),
        ("a", "4.5 x"),
    ]


def test_bare_models_read_what_was_published_and_write_no_views() -> None:
    def result(name: str, sql: str) -> dict[str, Any]:
        return {"unique_id": f"model.shop.{name}", "compiled_code": sql}

    built = DbtArtifacts(
        [
            result("stg_orders", "select 1"),
            result("fct_sales", 'select * from "dwh"."shop_building"."stg_orders"'),
            {"unique_id": "test.shop.unique", "compiled_code": "select 2"},
        ],
        {
            "model.shop.stg_orders": {"config": {"materialized": "view"}},
            "model.shop.fct_sales": {"config": {"materialized": "table"}},
        },
    )

    assert list(statements(built, "shop")) == [
        (
            "fct_sales",
            "create table bare_engine.fct_sales as "
            'select * from "dwh"."shop"."stg_orders"',
        )
    ]


def test_time_side_by_side_is_counted_once() -> None:
    def node(start: int, stop: int) -> dict[str, list[dict[str, str]]]:
        return {
            "timing": [
                {
                    "started_at": f"2024-01-01T00:00:{start:02}Z",
                    "completed_at": f"2024-01-01T00:00:{stop:02}Z",
                }
            ]
        }

    assert busy_seconds([node(0, 10), node(5, 7), node(8, 12), node(20, 21)]) == 13
    assert busy_seconds([{"timing": []}]) == 0


@pytest.mark.parametrize(
    ("text", "lines"), [("250000", 250_000), ("100k", 100_000), ("1.5M", 1_500_000)]
)
def test_line_counts_are_read(text: str, lines: int) -> None:
    assert line_count(text) == lines


@pytest.mark.parametrize("text", ["", "many", "0", "-5k"])
def test_wrong_line_counts_are_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="lines"):
        line_count(text)


def test_a_folder_that_lacks_a_raw_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "raw_customers.csv").touch()
    with pytest.raises(argparse.ArgumentTypeError, match=r"lacks raw_products\.csv"):
        raw_folder(str(tmp_path))
    with pytest.raises(argparse.ArgumentTypeError, match="there is no folder"):
        raw_folder(str(tmp_path / "other"))


def test_a_childs_peak_memory_is_not_that_of_what_its_parent_imports() -> None:
    heavy = "{'duckdb', 'numpy', 'pandas', 'pyarrow', 'scipy'}"
    result = measure(
        ["-c", f"import sys, benchmarks.__main__; print({heavy} & {{*sys.modules}})"],
        Path(__file__).parents[2],
    )
    assert result.output == "set()\n"


def test_table_is_aligned_markdown() -> None:
    assert markdown_table(["a", "count"], [["long name", "7"]]) == (
        "| a         | count |\n|-----------|------:|\n| long name |     7 |"
    )


def test_unknown_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="choose sqlite or duckdb"):
        build("oracle", tmp_path, tmp_path / "floor.db")
