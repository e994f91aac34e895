"""Builds on a cluster whose hosts reach each other over a network only.

The tests stand in the order of what befalls the cluster: it works, it loses a worker,
and then the other.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

from benchmarks.untested_build import UntestedSession
from pipeline.build import BuildRequest, build
from pipeline.compare import compare_warehouses
from pipeline.dbt.project import find_project
from pipeline.errors import PipelineError
from pipeline.raw_files.contract import RAW_LOADS, RAW_LOADS_COLUMNS
from pipeline.terminal.progress import Reporter, Task
from pipeline.warehouse import engine_for, reader_for
from pipeline.warehouse.engine import Engine
from pipeline.warehouse.spark.session import spark_session
from tests.cluster.conftest import WAIT, SparkCluster
from tests.engines.conftest import ROOT

SCHEMA = "clustered"
WORKERS = ("worker1", "worker2")
# Models that rank or number rows without groups, which Spark does in a single task; and
# of what there is a row there, however many lines a shop has.
STAYS_SMALL = {
    "int_calendar_periods": "a day",
    "int_customer_keys": "a stretch of the order of ids",
    "int_product_keys": "a stretch of the order of ids",
    "rpt_product_co_purchases": "a pair of products",
    "rpt_reorder": "a product, and a day of the week",
}


class Midway(Reporter, Task):
    """Does something once the build has come as far as a model."""

    def __init__(self, model: str, do: Callable[[], object]) -> None:
        super().__init__()
        self._model, self._do = model, do
        self.is_done = False

    @contextmanager
    def task(self, name: str, total: int, *, steps: bool = False) -> Iterator[Task]:
        del name, total, steps
        yield self

    def advance(self, amount: int) -> None:
        """Nothing to show."""

    def expect(self, total: int, name: str) -> None:
        """Nothing to show."""

    def doing(self, what: str) -> None:
        """Wait for the model."""
        if what == self._model and not self.is_done:
            self.is_done = True
            self._do()


def build_shop(raw: Path, engine: Engine, reporter: Reporter) -> None:
    request = BuildRequest(str(raw))
    build(engine, find_project(None), request, reporter, UntestedSession)


def published() -> list[tuple[Any, ...]]:
    with reader_for(f"spark:{SCHEMA}") as reader:
        return reader.fetch("select * from FactSales")


def published_files() -> list[str]:
    """What the published view of the sales reads, told without any executor."""
    return sorted(spark_session().table(f"{SCHEMA}.FactSales").inputFiles())


@pytest.fixture(scope="module")
def built(cluster: SparkCluster, shop: Path) -> Path:
    """A shop that is built while a worker is lost; and where dbt says what it ran."""
    engine = engine_for("spark", SCHEMA)
    engine.begin_build()
    engine.write_table(RAW_LOADS, RAW_LOADS_COLUMNS, [])
    engine.write_table("FactSales", [("version", "integer")], [(1,)])
    engine.publish()
    # An executor is a worker's process.
    assert all(len(cluster.processes(host)) > 1 for host in WORKERS)
    seen = []

    def lose_a_worker() -> None:
        assert cluster.kill(WORKERS[0]) > 1
        seen.append(published())

    results = find_project(None).target_path(engine.build_location)
    build_shop(shop, engine, Midway("fct_sales", lose_a_worker))
    assert seen == [[(1,)]]
    return results / "run_results.json"


@pytest.mark.usefixtures("built")
def test_a_build_that_loses_a_worker_has_the_numbers_of_sqlite(
    shop: Path, tmp_path: Path
) -> None:
    assert spark_session().sparkContext.master.startswith("spark://198.18.")
    sqlite = engine_for("sqlite", str(tmp_path / "shop.db"))
    build_shop(shop, sqlite, Reporter())

    with reader_for(sqlite.location) as one, reader_for(f"spark:{SCHEMA}") as other:
        compared = list(compare_warehouses(one, other))

    assert len(compared) > 25
    assert [table.table for table in compared if table.differences] == []


def windows(plan: Any) -> Iterator[Any]:
    """The windows of one of Spark's plans."""
    if plan.nodeName() == "Window":
        yield plan
    children = plan.children()
    for position in range(children.size()):
        yield from windows(children.apply(position))


def test_no_single_task_has_what_grows_with_the_shop(built: Path) -> None:
    nodes = json.loads(built.read_text(encoding="utf-8"))["results"]
    models = {
        node["unique_id"].rpartition(".")[2]: node["compiled_code"]
        for node in nodes
        if node["unique_id"].startswith("model.")
    }
    in_one_task = set()
    for model, code in models.items():
        plan = spark_session().sql(code)._jdf.queryExecution().optimizedPlan()
        if any(window.partitionSpec().isEmpty() for window in windows(plan)):
            in_one_task.add(model)

    assert len(models) > 50
    assert in_one_task == set(STAYS_SMALL)


@pytest.mark.usefixtures("built")
def test_once_every_worker_is_lost_work_ends_and_what_is_published_stays(
    cluster: SparkCluster,
) -> None:
    files = published_files()
    assert files
    for host in WORKERS:
        cluster.kill(host)

    with pytest.raises(PipelineError, match=f"no executor of spark.* for {WAIT} s"):
        published()

    assert published_files() == files
    assert all(Path(url2pathname(urlsplit(file).path)).exists() for file in files)


def test_without_any_worker_a_build_says_why_it_ends(
    cluster: SparkCluster,
    shop: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for host in WORKERS:
        cluster.kill(host)
    monkeypatch.setenv("DWH_SPARK_DIR", str(tmp_path))
    monkeypatch.setenv("DWH_SPARK_WAIT", "2")

    build = subprocess.run(
        [
            *(sys.executable, "-m", "pipeline", "build", "--target", "spark"),
            *("--raw", str(shop)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert build.returncode == 1
    master = os.environ["DWH_SPARK_MASTER"]
    last = build.stderr.splitlines()[-1]
    assert last.startswith(f"build failed: no executor of {master} for 2 s (DWH_SPARK")
    assert (
        f"driver at {master[8:].rpartition('.')[0]}.1 (DWH_SPARK_DRIVER_HOST)" in last
    )
    assert processes_with(f"DWH_SPARK_DIR={tmp_path}") == []


def processes_with(variable: str) -> list[str]:
    """The commands that have a variable so."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if variable.encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_text())
    return found
