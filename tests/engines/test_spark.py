"""Spark: what is loaded and published, and what is said where it cannot run."""

import socket
import stat
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline import documentation
from pipeline.__main__ import main
from pipeline.compare import raw_differences
from pipeline.errors import PipelineError
from pipeline.journal import PIPELINE_RUNS
from pipeline.raw_files.contract import RAW_LOADS, RAW_LOADS_COLUMNS
from pipeline.records import columns_of, rows_of
from pipeline.runs import Recorder, Run, runs
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import reader_for
from pipeline.warehouse.spark import engine as spark
from pipeline.warehouse.spark.cluster import driver_environment, find_cluster
from pipeline.warehouse.spark.engine import SparkEngine
from pipeline.warehouse.spark.publication import IcebergTables, Views
from pipeline.warehouse.spark.session import java_version, spark_folder, spark_session
from tests.engines.conftest import ROOT

# Models that rank or number rows without groups, which Spark does in a single task; and
# of what there is a row there, however many lines a shop has.
STAYS_SMALL = {
    "int_calendar_periods": "a day",
    "int_customer_keys": "a stretch of the order of ids",
    "int_product_keys": "a stretch of the order of ids",
    "rpt_product_co_purchases": "a pair of products",
    "rpt_reorder": "a product, and a day of the week",
}

needs_spark = pytest.mark.usefixtures("spark")


def publish_version(engine: SparkEngine, version: int, table: str) -> None:
    engine.begin_build()
    engine.write_table(RAW_LOADS, RAW_LOADS_COLUMNS, [])
    engine.write_table(table, [("version", "integer")], [(version,)])
    engine.publish()


def read(sql: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in spark_session().sql(sql).collect()]


@needs_spark
def test_odd_texts_are_loaded_as_on_sqlite(
    raw_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    database = str(tmp_path / "shop.db")
    folder = str(raw_folder("awkward"))

    # Twice on Spark: a load replaces an earlier one.
    for target, place in [("sqlite", database), *[("spark", "odd_texts")] * 2]:
        assert main(["load", folder, "--target", target, "--database", place]) == 0

    with reader_for(database) as sqlite, reader_for("spark:odd_texts") as spark:
        assert raw_differences(sqlite, spark) == []
        assert list(spark.scan(RAW_LOADS))


@needs_spark
def test_the_folder_of_tables_and_catalogue_is_its_owners_alone() -> None:
    assert spark_session().catalog.databaseExists("default")
    assert stat.S_IMODE(spark_folder().stat().st_mode) == 0o700


@needs_spark
def test_rows_are_read_a_partition_at_a_time() -> None:
    spark_session().sql("create database early")
    rows, width = 200_000, 500
    spark_session().sql(
        "create view early.texts as "
        f"select repeat('x', {width}) as text from range(0, {rows}, 1, 20)"
    )
    read = 0
    with reader_for("spark:early") as reader:
        tracemalloc.start()
        try:
            for batch in reader.scan("texts"):
                read += len(batch)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert read == rows
    assert most < rows * width / 2


@needs_spark
def test_a_publish_replaces_tables_and_removes_what_is_gone() -> None:
    engine = SparkEngine("turns")
    publish_version(engine, 1, "first")
    publish_version(engine, 2, "second")
    assert read("select version from turns.second") == [(2,)]
    # A build leaves alone what the published views read.
    engine.begin_build()
    assert read("select version from turns.second") == [(2,)]
    assert not spark_session().catalog.tableExists("turns.first")

    publish_version(engine, 3, "second")

    assert read("select version from turns.second") == [(3,)]


@needs_spark
def test_a_publish_that_was_killed_is_finished_by_the_next_build() -> None:
    engine = SparkEngine("killed")
    publish_version(engine, 1, "shop")
    engine.begin_build()
    engine.write_table(RAW_LOADS, RAW_LOADS_COLUMNS, [])
    engine.write_table("shop", [("version", "integer")], [(2,)])
    # What a publish does first, before it points the views.
    spark_session().sql(
        "alter database killed set dbproperties "
        f"('warehouse.state' = 'publishing: {engine.building}')"
    )

    after = SparkEngine("killed")
    with after.exclusive_use() as finished:
        assert finished is not None
        assert finished.startswith("finished a publication of Spark schema killed in ")
    with after.exclusive_use() as finished:
        assert finished is None
    assert read("select version from killed.shop") == [(2,)]

    after.begin_build()
    assert read("select version from killed.shop") == [(2,)]
    after.discard_build()


@needs_spark
def test_a_run_killed_half_way_has_published_once_a_rollback_has_finished_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = SparkEngine("half_way")
    publish_version(engine, 1, "shop")
    recorder = Recorder(engine, "build", Reporter())
    recorder.begin()
    run = replace(recorder.run, outcome="published")
    engine.begin_build()
    engine.write_table(RAW_LOADS, RAW_LOADS_COLUMNS, [])
    engine.write_table("shop", [("version", "integer")], [(2,)])
    engine.write_table(PIPELINE_RUNS, columns_of(Run), rows_of([run]))
    point = Views._point

    def die(self: Views, table: str, relation: str) -> None:
        if table == PIPELINE_RUNS:
            raise KeyboardInterrupt
        point(self, table, relation)

    with monkeypatch.context() as patch:
        patch.setattr(Views, "_point", die)
        with pytest.raises(KeyboardInterrupt):
            engine.publish()
    # Every other table is the new one by then.
    assert read("select version from half_way.shop") == [(2,)]
    assert [run.outcome for run in runs(engine)] == ["running"]

    arguments = ["rollback", "--target", "spark", "--database", "half_way"]
    assert main(arguments) == 0

    assert "finished a publication of Spark schema half_way" in capsys.readouterr().err
    assert read("select version from half_way.shop") == [(1,)]
    assert [(run.command, run.outcome) for run in runs(engine)] == [
        ("build", "published"),
        ("rollback", "published"),
    ]


@needs_spark
def test_a_first_publish_that_was_killed_is_finished_by_the_next_build(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = SparkEngine("killed_first")
    point, pointed = Views._point, []

    def die(self: Views, table: str, relation: str) -> None:
        if pointed:
            raise KeyboardInterrupt
        pointed.append(table)
        point(self, table, relation)

    with monkeypatch.context() as patch:
        patch.setattr(Views, "_point", die)
        with pytest.raises(KeyboardInterrupt):
            publish_version(engine, 1, "a_table")
    assert pointed == ["a_table"]

    after = SparkEngine("killed_first")
    # As a build does before it has the lock.
    after.check_published()
    with after.exclusive_use():
        pass
    assert read("select version from killed_first.a_table") == [(1,)]
    assert read("select * from killed_first.raw_loads") == []


@needs_spark
def test_a_schema_of_another_program_is_refused(
    raw_folder: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    spark_session().sql("create database accounts")
    spark_session().sql("create table accounts.invoices using parquet as select 1 id")
    folder = str(raw_folder("awkward"))

    arguments = ["load", folder, "--target", "spark", "--database", "accounts"]
    assert main(arguments) == 1

    last = capsys.readouterr().err.splitlines()[-1]
    assert "accounts is another program's (it holds invoices" in last
    assert read("select id from accounts.invoices") == [(1,)]


@needs_spark
def test_a_shop_that_has_the_name_of_anothers_version_stays() -> None:
    publish_version(SparkEngine("shop_1"), 1, "sales")

    with pytest.raises(PipelineError, match="into shop need the schema shop_1, which"):
        SparkEngine("shop").check_published()
    assert read("select version from shop_1.sales") == [(1,)]
    SparkEngine("shop_1").check_published()
    with pytest.raises(PipelineError, match="shop_1_1 is a build of shop_1; choose"):
        SparkEngine("shop_1_1").check_published()


@needs_spark
def test_a_second_build_is_refused() -> None:
    first, second = SparkEngine("locked"), SparkEngine("locked")
    with (
        first.lock(),
        pytest.raises(PipelineError, match="another build"),
        second.lock(),
    ):
        pass


def windows(plan: Any) -> Iterator[Any]:
    """The windows of one of Spark's plans."""
    if plan.nodeName() == "Window":
        yield plan
    children = plan.children()
    for position in range(children.size()):
        yield from windows(children.apply(position))


def test_no_single_task_of_spark_has_what_grows_with_the_shop(
    warehouse: Callable[[str, str], str], compiled: Mapping[str, Mapping[str, str]]
) -> None:
    warehouse("default", "spark")
    models = compiled["default"]
    in_one_task = set()
    for model, code in models.items():
        plan = spark_session().sql(code)._jdf.queryExecution().optimizedPlan()
        if any(window.partitionSpec().isEmpty() for window in windows(plan)):
            in_one_task.add(model)

    assert len(models) > 50
    assert in_one_task == set(STAYS_SMALL)


def test_a_folder_that_spark_takes_for_a_pattern_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(spark, "check_java", lambda: None)
    monkeypatch.setenv("DWH_SPARK_DIR", "shop[1]")

    assert main(["load", "nowhere", "--target", "spark"]) == 1

    last = capsys.readouterr().err.splitlines()[-1]
    assert "/shop[1], for the '[' in its name; set DWH_SPARK_DIR to another" in last


def test_docs_leave_the_catalogue_and_the_published_schema_to_dbt(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[Mapping[str, str]] = []

    def run(*_: object, env: Mapping[str, str], **__: object) -> Any:
        asked.append(env)
        return subprocess.CompletedProcess([], 1, stdout="enough")

    monkeypatch.setattr(spark, "check_java", lambda: None)
    monkeypatch.setattr(documentation.subprocess, "run", run)
    monkeypatch.setenv("DWH_SPARK_DIR", "made")
    monkeypatch.chdir(tmp_path)

    assert main(["docs", "--target", "spark", "--database", "shop"]) == 1

    # dbt is another process, and one process has the catalogue.
    assert not (tmp_path / "made").exists()
    names = ("DWH_TARGET", "DWH_SCHEMA", "DWH_SPARK_DIR")
    assert [asked[0][name] for name in names] == ["spark", "shop", f"{tmp_path}/made"]


@pytest.fixture
def refusal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., list[str]]:
    """A function that gives the lines of a build refused for some DWH_SPARK_ settings.

    Nothing was made by then.
    """

    def refuse(**given: str) -> list[str]:
        monkeypatch.setattr(spark, "check_java", lambda: None)
        monkeypatch.setenv("DWH_SPARK_DIR", str(tmp_path / "made"))
        for name, value in given.items():
            monkeypatch.setenv(f"DWH_SPARK_{name}", value)
        assert main(["build", "--target", "spark", "--raw", "nowhere"]) == 1
        assert not (tmp_path / "made").exists()
        return capsys.readouterr().err.splitlines()

    return refuse


@pytest.fixture
def master(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Something that answers where a master might."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        master = f"spark://localhost:{server.getsockname()[1]}"
        monkeypatch.setenv("DWH_SPARK_MASTER", master)
        yield master


@pytest.mark.parametrize("local", ["local", "local[*]", "local[2]", "local[*, 3]"])
def test_a_local_session_asks_for_no_cluster(
    local: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DWH_SPARK_MASTER", local)
    assert find_cluster() is None
    assert driver_environment() == {}


def test_the_driver_is_where_its_way_to_the_master_begins(
    master: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DWH_SPARK_MASTER", f"spark://127.0.0.1:1,{master[8:]}")
    assert driver_environment() == {"DWH_SPARK_DRIVER_HOST": "127.0.0.1"}

    monkeypatch.setenv("DWH_SPARK_DRIVER_HOST", "localhost")
    monkeypatch.setenv("DWH_SPARK_WAIT", "2.5")
    found = find_cluster()
    assert found is not None
    assert (found.driver_host, found.wait) == ("localhost", 2.5)


@pytest.mark.usefixtures("master")
@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("MASTER", "spark://elsewhere", "no master of Spark's; write local[*], spark:"),
        ("MASTER", "elsewhere:7077", "no master of Spark's"),
        ("MASTER", "spark://elsewhere:70777", "no master of Spark's"),
        ("MASTER", "spark://a:1,http://b:2", "no master of Spark's"),
        ("MASTER", "", "DWH_SPARK_MASTER is '', which is no master of Spark's"),
        ("MASTER", "local[two]", "no master of Spark's"),
        (
            "MASTER",
            "spark://127.0.0.1:1",
            "no Spark master answers at spark://127.0.0.",
        ),
        ("MASTER", "spark://no.such.host.invalid:7077", "no Spark master answers at"),
        ("MASTER", "yarn", "cannot be told; set DWH_SPARK_DRIVER_HOST to its"),
        (
            "DRIVER_HOST",
            "203.0.113.9",
            "where this machine cannot listen (Cannot assign",
        ),
        ("DRIVER_HOST", "no.such.host.invalid", "where this machine cannot listen"),
        ("WAIT", "0", "DWH_SPARK_WAIT is '0'; write seconds, at least 1"),
        ("WAIT", "nan", "write seconds, at least 1"),
        ("WAIT", "a minute", "write seconds, at least 1"),
    ],
)
def test_a_cluster_that_cannot_be_is_refused_before_anything_else(
    variable: str, value: str, said: str, refusal: Callable[..., list[str]]
) -> None:
    last = refusal(**{variable: value})[-1]
    assert last.startswith("build failed: ")
    assert said in last


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"FORMAT": "delta"}, "DWH_SPARK_FORMAT is 'delta'; write parquet or iceberg"),
        ({"JARS": "/no/such.jar"}, "DWH_SPARK_JARS names /no/such.jar, and there is"),
        (
            {"FORMAT": "iceberg", "THRIFT_HOST": "elsewhere"},
            "is for a session of this process, not for the Spark Thrift server",
        ),
    ],
)
def test_a_format_that_cannot_be_is_refused_before_anything_else(
    given: dict[str, str], said: str, refusal: Callable[..., list[str]]
) -> None:
    (line,) = refusal(**given)
    assert said in line


class FakeIceberg:
    """Answers for a catalogue of tables with a column each, and keeps what is asked.

    Attributes:
        bounded: Tables whose manifests have bounds of columns.
        differing: Tables whose branch does not get the rows of the build.
        statements: What was asked for that changes something.
    """

    def __init__(self, *tables: str) -> None:
        self._tables = tables
        self.bounded: set[str] = set()
        self.differing: set[str] = set()
        self.statements: list[str] = []

    def run(self, sql: str) -> list[tuple[object, ...]]:
        if sql.startswith("show namespaces"):
            return [("shop",)]
        if sql.startswith("show tables"):
            return [("shop", table, False) for table in self._tables]
        if sql.startswith("describe table"):
            return [("value", "bigint", None)]
        if sql.startswith("show tblproperties"):
            is_bounded = sql.rpartition(".")[2].strip("`") in self.bounded
            return [] if is_bounded else [("write.metadata.metrics.default", "counts")]
        if sql.endswith(".refs"):
            tags = [("version_1", "TAG", 0), ("version_2", "TAG", 1)]
            theirs = ("version_of_the_audit", "TAG", 3)
            return [("main", "BRANCH", 1), ("build", "BRANCH", 2), *tags, theirs]
        if sql.endswith(".snapshots"):
            return [(snapshot,) for snapshot in range(4)]
        if sql == "set spark.sql.shuffle.partitions":
            return [("spark.sql.shuffle.partitions", "1024")]
        if sql.startswith("select count"):
            table = sql.rpartition("from ")[2].replace("`", "")
            is_branch = table.endswith(".branch_build")
            return [(1, is_branch and table.split(".")[2] in self.differing)]
        self.statements.append(sql.replace("`", ""))
        return []


def test_every_branch_is_written_and_audited_before_any_table_goes_forward() -> None:
    catalogue = FakeIceberg("first", RAW_LOADS, "second")
    tables = {"second": "table", RAW_LOADS: "table", "first": "table"}
    published = IcebergTables("shop", catalogue.run, lambda schema, name: "")

    published.stage("shop_1", tables)
    assert not [sql for sql in catalogue.statements if "main" in sql or "view" in sql]
    written = [sql for sql in catalogue.statements if sql.startswith("insert")]
    assert sorted(written) == [
        f"insert overwrite iceberg.shop.{table}.branch_build table shop_1.{table}"
        for table in ("first", RAW_LOADS, "second")
    ]

    catalogue.differing.add("first")
    with pytest.raises(PipelineError, match="not those of the build"):
        published.stage("shop_1", tables)


def test_a_table_whose_manifests_have_bounds_is_replaced() -> None:
    catalogue = FakeIceberg("first", RAW_LOADS)
    catalogue.bounded.add("first")
    published = IcebergTables("shop", catalogue.run, lambda schema, name: "")

    published.stage("shop_1", ["first", RAW_LOADS])
    published.show("shop_1", ["first", RAW_LOADS])

    replaced, forward = (
        [sql for sql in catalogue.statements if sql.startswith(start)]
        for start in ("create or replace table", "call iceberg.system.fast_forward")
    )
    assert len(replaced) == len(forward) == 1
    assert replaced[0].startswith("create or replace table iceberg.shop.first using")
    assert "'write.metadata.metrics.default' = 'counts'" in replaced[0]
    assert "'shop.raw_loads'" in forward[0]


def test_what_no_kept_version_needs_is_removed_and_nobody_elses() -> None:
    catalogue = FakeIceberg("shop", "gone")
    tags = {"shop_1": "version_1", "shop_2": "version_2"}
    published = IcebergTables("shop", catalogue.run, lambda schema, _: tags[schema])

    published.settle(["shop_2"], ["shop"])

    (expired,) = [sql for sql in catalogue.statements if sql.startswith("call")]
    assert expired.startswith("call iceberg.system.expire_snapshots('shop.shop', ")
    at = catalogue.statements.index(expired)
    setting = "set spark.sql.shuffle.partitions = "
    assert catalogue.statements[at - 1] == f"{setting}4"
    assert catalogue.statements[at + 1] == f"{setting}1024"
    assert sorted(sql for sql in catalogue.statements if " drop " in f" {sql}") == [
        "alter table iceberg.shop.shop drop BRANCH build",
        "alter table iceberg.shop.shop drop TAG version_1",
        "drop table iceberg.shop.gone purge",
    ]


def test_java_tells_its_version_in_two_ways() -> None:
    assert java_version('openjdk version "17.0.15" 2025-04-15') == 17
    assert java_version('java version "1.8.0_401"') == 8
    assert java_version('openjdk version "21" 2023-09-19') == 21
    assert java_version("no java here") is None


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        (None, "Spark needs Java, and there is none"),
        ('openjdk version "1.8.0_392"', "is Java 8; install Java 17"),
        ("no version", "does not tell its version; install Java 17"),
    ],
)
def test_a_missing_or_old_java_is_one_line(
    says: str | None, expected: str, tmp_path: Path
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    if says is not None:
        java = programs / "java"
        java.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
        java.chmod(0o755)

    # The seeds folder holds the four raw files, and more that is not looked at.
    failed = subprocess.run(
        [
            *(sys.executable, "-m", "pipeline", "load", "seeds"),
            *("--target", "spark", "--database", "no_java"),
        ],
        cwd=ROOT,
        env={"PATH": str(programs), "DWH_SPARK_DIR": str(tmp_path / "spark")},
        capture_output=True,
        text=True,
    )

    assert failed.returncode == 1
    lines = failed.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("load failed: ")
    assert expected in lines[0]
    assert not (tmp_path / "spark").exists()
