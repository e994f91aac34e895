"""What runs say of themselves, and `verify`, on the other engines."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.runs import recorded, runs
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import engine_for, open_reader

TARGETS = ("duckdb", "postgres")
Warehouse = Callable[[str, str], str]


@pytest.mark.parametrize("target", TARGETS)
def test_a_published_warehouse_is_whole_and_knows_its_run(
    target: str, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    place = warehouse("default", target).removeprefix(f"{target}:")
    engine = engine_for(target, place)
    with open_reader(engine.published) as reader:
        ((outcome, rows),) = reader.fetch("select outcome, rows_in from pipeline_runs")
    assert outcome == "published"
    assert rows == sum(load.row_count for load in engine.published_loads())
    capsys.readouterr()

    assert main(["verify", "--target", target, "--database", place]) == 0

    assert capsys.readouterr().out == ""


def test_a_fault_of_a_duckdb_file_is_a_line(
    warehouse: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import duckdb

    database = shutil.copy(warehouse("default", "duckdb"), tmp_path / "shop.duckdb")
    with duckdb.connect(str(database)) as connection:
        connection.execute("update FactSales set line_item_total = line_item_total + 1")
        connection.execute("update raw_customers set name = 'somebody else'")
    before = Path(database).read_bytes()
    capsys.readouterr()

    assert main(["verify", "--target", "duckdb", "--database", str(database)]) == 1

    faults = capsys.readouterr().out.splitlines()
    assert Path(database).read_bytes() == before
    assert any("raw_customers is not as it was loaded" in fault for fault in faults)
    assert any(fault.endswith("rows fail") for fault in faults)


@pytest.mark.parametrize("target", ["postgres", "spark"])
def test_a_server_remembers_a_run_that_published_nothing(
    target: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(target)
    engine = engine_for(target, f"remembers_{target}")
    with (
        suppress(ValueError),
        recorded(engine, "build", Reporter()) as recorder,
        engine.exclusive_use(),
    ):
        recorder.begin()
        assert [run.outcome for run in runs(engine)] == ["running"]
        raise ValueError("a secret")

    assert [(r.outcome, r.reason) for r in runs(engine)] == [("failed", "ValueError")]

    journal = engine.journal()
    journal.replace([*journal.records()[:1]])
    with recorded(engine, "build", Reporter()) as recorder, engine.exclusive_use():
        recorder.begin()
    assert [run.outcome for run in runs(engine)] == ["died", "published"]
    assert engine.published_loads() == []


@pytest.mark.usefixtures("spark")
def test_a_journal_on_spark_outlives_what_a_kill_leaves() -> None:
    from pipeline.warehouse.spark.client import spark_client
    from pipeline.warehouse.spark.journal import SparkJournal

    run = spark_client().run
    journal = SparkJournal(run, "journal_of_runs", "runs")
    records = [{"text": "${env:HOME} 'quoted' \\n"}, {"number": 2}]
    assert journal.all_records() == []
    for record in records:
        journal.append(record)
    assert journal.all_records() == records

    journal.replace(reversed(records))
    assert journal.all_records() == records[::-1]

    # Between the two last statements of a `replace`.
    run("alter table journal_of_runs.runs rename to journal_of_runs.runs__new")
    assert journal.all_records() == records[::-1]
    journal.append({"number": 3})
    assert journal.all_records() == [*records[::-1], {"number": 3}]
