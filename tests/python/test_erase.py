"""Forgetting: nothing of a customer is left, all money is, and no load undoes it."""

import io
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from pipeline.__main__ import main
from pipeline.compare import compare_warehouses
from pipeline.dbt.project import find_project
from pipeline.erasures import Erasures
from pipeline.errors import PipelineError
from pipeline.runs import runs
from pipeline.warehouse import engine_for, reader_for
from pipeline.warehouse.engine import Engine
from tests.erasing_shop import (
    ANN,
    BO,
    CUSTOMERS,
    ITEMS,
    OF_ZOE,
    ORDERS,
    ZOE,
    all_text,
    check_erased,
    keys,
    orders_of,
    replace_models,
    traces,
    write_shop,
)

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = int(os.environ.get("DWH_KILLS", "2"))
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A warehouse with two versions before the published one, without dbt's models."""
    replace_models(monkeypatch.setattr)
    engine = engine_for("sqlite", str(tmp_path / "shop.db"))
    for _ in range(3):
        assert run(engine, "build", "--raw", write_shop(tmp_path / "shop")) == 0
    return engine


def run(engine: Engine, command: str, *arguments: object) -> int:
    database = ("--target", engine.target, "--database", engine.published.database)
    return main([command, *map(str, arguments), *database])


def last_line(capsys: Capture) -> str:
    return capsys.readouterr().err.splitlines()[-1]


def files_with_traces(folder: Path) -> list[str]:
    """The files below a folder in whose bytes she is, but for the shop's own."""
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and "shop" not in path.parent.name
        if any(text.encode() in path.read_bytes() for text in OF_ZOE)
    ]


def test_nothing_of_her_is_left_in_any_file_and_all_else_is(
    engine: Engine, tmp_path: Path, capsys: Capture
) -> None:
    key = keys(engine)[ZOE]
    building_file = tmp_path / "shop.db.building"
    building_file.write_text(f"of a build that failed: {ZOE}")
    log = find_project(None).target_path(engine.build_location) / "dbt.log"
    log.write_text(f"duplicate key, such as customer_id {ZOE}")
    assert len(files_with_traces(tmp_path)) == 4

    assert run(engine, "erase", f" {ZOE} ") == 0

    said = capsys.readouterr()
    assert "erased 1 customers" in said.err.splitlines()[-1]
    assert traces(said.out + said.err) == []
    assert engine.kept_versions() == []
    assert files_with_traces(tmp_path) == []
    assert not log.exists()
    check_erased(engine, key)
    assert [(r.command, r.outcome) for r in runs(engine)[-1:]] == [
        ("erase", "published")
    ]
    assert engine.journal("erased").path.stat().st_mode & 0o077 == 0  # type: ignore[attr-defined]


def test_no_load_no_batch_and_no_rollback_brings_her_back(
    engine: Engine, tmp_path: Path, capsys: Capture
) -> None:
    key = keys(engine)[ZOE]
    assert run(engine, "erase", ZOE) == 0
    erased_id = check_erased(engine, key)

    assert run(engine, "build", "--raw", tmp_path / "shop") == 0
    assert "left out 2 rows of customers who were erased" in capsys.readouterr().err
    assert check_erased(engine, key) == erased_id
    assert run(engine, "rollback") == 0
    assert check_erased(engine, key) == erased_id
    assert run(engine, "build", "--append", tmp_path / "shop") == 0
    assert check_erased(engine, key) == erased_id
    assert run(engine, "load", tmp_path / "shop") == 0
    assert run(engine, "build") == 0
    assert check_erased(engine, key) == erased_id
    assert files_with_traces(tmp_path) == []

    # All of a file may be those who were erased.
    only = write_shop(tmp_path / "shop", raw_customers=CUSTOMERS[1:3])
    assert run(engine, "build", "--append", only) == 0
    assert check_erased(engine, key) == erased_id


def test_exports_are_made_anew_where_they_are_still_ours(
    engine: Engine, tmp_path: Path, capsys: Capture
) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    for kind in ("duckdb", "parquet"):
        assert run(engine, "export", "--format", kind, "--out", folder / kind) == 0
    gone, others, torn = folder / "gone", folder / "others", folder / "torn"
    for out in (gone, others, torn):
        assert run(engine, "export", "--format", "duckdb", "--out", out) == 0
    gone.unlink()
    with duckdb.connect(str(others)) as connection:
        connection.execute("update build_info set built_at = 'of another warehouse'")
    theirs = others.read_bytes()
    torn.write_bytes(torn.read_bytes()[:5000])

    assert run(engine, "erase", ZOE) == 1

    said = capsys.readouterr().err
    assert f"{torn} could not be exported anew" in said
    assert "finish: python -m pipeline erase" in said.splitlines()[-1]
    with reader_for(str(folder / "duckdb")) as reader:
        assert traces(all_text(reader.location)) == []
        assert reader.count("dimcustomer") == 3
    held = pq.read_table(folder / "parquet" / "DimCustomer.parquet").to_pylist()
    assert {row["name"] for row in held} == {"Ann", "Bo", "Nobody"}
    assert not gone.exists()
    assert others.read_bytes() == theirs

    torn.unlink()
    assert run(engine, "erase") == 0
    assert not Erasures.of(engine).pending


def test_ids_may_come_from_a_file_or_from_standard_input(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    ids = tmp_path / "ids"
    ids.write_bytes(b"\xef\xbb\xbf" + f"{ZOE}\r\n\r\nnobody\n {ZOE}\n".encode())
    assert run(engine, "erase", "--ids-from", ids) == 0
    said = capsys.readouterr().err
    assert "1 of 3 ids are of no customer" in said
    assert "number 2 of those given" in said
    assert "nobody" not in said

    stdin = io.TextIOWrapper(io.BytesIO(f"{ANN}\n".encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert run(engine, "erase", ZOE, "--ids-from", "-") == 0
    held = orders_of(engine)
    assert ANN not in held
    assert sorted(held.values()) == [1, 1, 1, 3]

    assert run(engine, "erase", ZOE, ANN) == 0
    assert "nothing to do: 2 customers were erased before" in last_line(capsys)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("nobody", "no one"), "2 of 2 ids are of no customer in"),
        (("  ",), "id 1 names nobody"),
        ((ZOE, "(unknown)"), "id 2 names nobody"),
        ((ZOE, "\udcff"), "id 2 names nobody"),
        ((), "no customer's id was given"),
        (("--ids-from", "/nowhere"), "/nowhere cannot be read: No such file"),
        (("--ids-from", os.devnull), "no customer's id was given"),
        (("--ids-from", sys.executable), "is not UTF-8"),
    ],
)
def test_what_names_nobody_changes_nothing(
    engine: Engine, arguments: Sequence[str], expected: str, capsys: Capture
) -> None:
    whole = engine.published.path.read_bytes()

    assert run(engine, "erase", *arguments) == 1

    assert expected in last_line(capsys)
    assert engine.published.path.read_bytes() == whole
    assert len(engine.kept_versions()) == 2
    assert not Erasures.of(engine).customers


def test_a_customer_whom_only_a_version_before_holds_is_found(
    engine: Engine, tmp_path: Path
) -> None:
    without = write_shop(
        tmp_path / "shop",
        raw_customers=CUSTOMERS[:1],
        raw_orders=ORDERS[2:3],
        raw_order_items=ITEMS[2:3],
    )
    assert run(engine, "build", "--raw", without, "--full-refresh") == 0
    assert len(files_with_traces(tmp_path)) == 3
    assert traces(all_text(engine.published)) == []

    assert run(engine, "erase", ZOE) == 0

    assert files_with_traces(tmp_path) == []


def fail(*_: object) -> None:
    raise PipelineError("the disk is full")


@pytest.mark.parametrize(
    "where", ["pipeline.build._run_models", "pipeline.erase.renew_exports"]
)
@pytest.mark.parametrize("again", [("erase",), ("erase", ZOE), ("build",)])
def test_what_fails_half_way_is_finished_by_the_next_build(
    engine: Engine,
    tmp_path: Path,
    where: str,
    again: Sequence[str],
    capsys: Capture,
) -> None:
    key = keys(engine)[ZOE]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, fail)
        assert run(engine, "erase", ZOE) == 1
    assert "the disk is full" in capsys.readouterr().err

    for command in (("rollback",), ("load", str(tmp_path / "shop"))):
        assert run(engine, *command) == 1
        assert "finish it: python -m pipeline erase" in last_line(capsys)
    assert run(engine, *again) == 0

    check_erased(engine, key)
    assert engine.kept_versions() == []
    assert files_with_traces(tmp_path) == []
    assert not Erasures.of(engine).pending


ERASER = """
import sys
from pipeline.__main__ import main
from tests.erasing_shop import replace_models
replace_models()
sys.exit(main(["erase", *sys.argv[1:]]))
"""


def test_killed_at_any_moment_it_is_done_again(engine: Engine, tmp_path: Path) -> None:
    key = keys(engine)[ZOE]
    versions = {
        path: path.read_bytes()
        for path in [
            engine.published.path,
            *(version.path for version in engine.kept_versions()),
        ]
    }
    moments = random.Random(14)  # noqa: S311
    command = [sys.executable, "-c", ERASER, ZOE, "--database", engine.location]
    started = time.monotonic()
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    seconds = time.monotonic() - started
    for _ in range(ROUNDS):
        for path in tmp_path.glob("shop.db*"):
            path.unlink()
        for path, data in versions.items():
            path.write_bytes(data)
        with subprocess.Popen(command, cwd=ROOT) as eraser:
            time.sleep(moments.uniform(seconds * 0.6, seconds))
            eraser.kill()
        assert eraser.returncode in (0, -signal.SIGKILL)

        assert run(engine, "erase", ZOE) == 0

        check_erased(engine, key)
        assert engine.kept_versions() == []
        assert files_with_traces(tmp_path) == []


def test_another_build_at_work_stops_it(engine: Engine, capsys: Capture) -> None:
    with engine.lock():
        assert run(engine, "erase", ZOE) == 1

    assert "another build or load" in last_line(capsys)
    assert not Erasures.of(engine).customers


def _cut(text: str) -> str:
    return text[:-20]


@pytest.mark.parametrize("damage", [_cut, json.dumps, lambda _: '{"erased_id": 1}'])
def test_a_damaged_ledger_stops_every_load(
    engine: Engine, tmp_path: Path, damage: Callable[[str], str], capsys: Capture
) -> None:
    assert run(engine, "erase", ZOE) == 0
    ledger = tmp_path / "shop.db.erased"
    ledger.write_text(damage(ledger.read_text()))
    whole = engine.published.path.read_bytes()

    for command in ("build", "load"):
        folder = ["--raw"] if command == "build" else []
        assert run(engine, command, *folder, tmp_path / "shop") == 1
        assert f"{ledger} is" in last_line(capsys)
    assert engine.published.path.read_bytes() == whole


def test_a_lost_ledger_is_noticed(
    engine: Engine, tmp_path: Path, capsys: Capture
) -> None:
    assert run(engine, "erase", ZOE) == 0
    ledger = tmp_path / "shop.db.erased"
    kept = ledger.rename(tmp_path / "elsewhere")

    for command in (
        ("build", "--raw", tmp_path / "shop"),
        ("load", tmp_path / "shop"),
        ("erase", BO),
    ):
        assert run(engine, *map(str, command)) == 1
        assert f"and {ledger} does not know them" in last_line(capsys)
    kept.rename(ledger)
    assert run(engine, "build", "--raw", tmp_path / "shop") == 0
    ledger.unlink()
    assert run(engine, "build", "--raw", tmp_path / "shop", "--full-refresh") == 0


def test_changed_raw_rows_stop_it_unless_they_are_accepted(
    engine: Engine, capsys: Capture
) -> None:
    with closing(sqlite3.connect(engine.published.path)) as connection, connection:
        connection.execute("update raw_orders set status = 'shipped'")

    assert run(engine, "erase", ZOE) == 1
    assert "raw_orders" in last_line(capsys)

    assert run(engine, "erase", ZOE, "--accept-changed-raw") == 0


def test_the_demo_shop_forgets_too_and_every_fact_stays(
    demo_warehouse: Path, tmp_path: Path
) -> None:
    """With all of dbt's models and tests."""
    database, before = tmp_path / "demo.db", tmp_path / "before.db"
    for path in (database, before):
        shutil.copyfile(demo_warehouse, path)
    engine = engine_for("sqlite", str(database))
    with closing(sqlite3.connect(database)) as connection:
        people = connection.execute(
            "select customer_id, email, address from DimCustomer "
            "where customer_key in (select customer_key from FactOrders) "
            "and email is not null and address is not null limit 3"
        ).fetchall()

    assert run(engine, "erase", *(person[0] for person in people)) == 0

    data = database.read_bytes()
    assert not [text for person in people for text in person if text.encode() in data]
    with reader_for(str(before)) as was, reader_for(str(database)) as now:
        differing = {
            table.table for table in compare_warehouses(was, now) if table.differences
        }
        by_day = (
            "select date, round(sum(net_sales), 4), sum(orders) from rpt_sales_daily "
            "where is_all_categories group by date order by date"
        )
        by_product = (
            "select month, product_key, round(sum(net_sales), 4), sum(units) "
            "from rpt_product_sales_monthly group by 1, 2 order by 1, 2"
        )
        for query in (by_product, by_day):
            assert was.fetch(query) == now.fetch(query)
        scores = "select customer_key, {} from {} order by 1"
        for table, columns in (
            ("rpt_customer_rfm", "monetary_value, frequency, rfm_segment"),
            ("rpt_customer_lifetime_value", "total_spending, total_orders"),
        ):
            query = scores.format(columns, table)
            assert was.fetch(query) == now.fetch(query)
        inferred = now.fetch(
            "select name, email, address, city, country, registration_date, "
            "is_inferred from DimCustomer where customer_id like 'erased-%'"
        )
    assert inferred == [(None,) * 6 + (1,)] * 3
    # What a customer's id, country or day of registration stands in, and nothing else.
    assert differing <= {
        *("dimcustomer", "factordercategories", "rpt_data_quality"),
        *("rpt_cohort_values", "rpt_customer_cohorts", "rpt_sales_daily"),
        "rpt_customer_cohorts_by_grain",
        *("rpt_customer_lifetime_value", "rpt_customer_rfm", "rpt_due_buyers"),
        "rpt_product_sales_monthly",
    }
    # The seeds, which have these people in them, are not loaded over it.
    assert engine.published_source() == "load"
