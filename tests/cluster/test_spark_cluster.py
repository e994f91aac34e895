"""Builds on a cluster whose hosts reach each other over a network only.

The tests stand in the order of what befalls the cluster: it works, it loses a worker,
and then the other.
"""

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

from pipeline.build import BuildRequest, build
from pipeline.compare import compare_warehouses, raw_differences
from pipeline.dbt.project import Project
from pipeline.errors import PipelineError
from pipeline.raw_files.contract import RAW_LOADS, RAW_LOADS_COLUMNS
from pipeline.terminal.progress import Reporter, Task
from pipeline.warehouse import engine_for, reader_for
from pipeline.warehouse.spark.session import spark_session
from tests.cluster.conftest import WAIT, SparkCluster
from tests.engines.conftest import ROOT

SCHEMA = "clustered"
TABLES = {"factorders", "rpt_data_quality", "rpt_sales_daily"}
WORKERS = ("worker1", "worker2")


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


def published() -> list[tuple[Any, ...]]:
    with reader_for(f"spark:{SCHEMA}") as reader:
        return reader.fetch("select * from FactOrders")


def published_files() -> list[str]:
    """What the published view of the orders reads, told without any executor."""
    return sorted(spark_session().table(f"{SCHEMA}.FactOrders").inputFiles())


@pytest.fixture(scope="module")
def built(cluster: SparkCluster, shop: Path, project: Project) -> None:
    """A shop that is built, tested and published while a worker is lost."""
    engine = engine_for("spark", SCHEMA)
    engine.begin_build()
    engine.write_table(RAW_LOADS, RAW_LOADS_COLUMNS, [])
    engine.write_table("FactOrders", [("version", "integer")], [(1,)])
    engine.publish()
    # An executor is a worker's process.
    assert all(len(cluster.processes(host)) > 1 for host in WORKERS)
    seen: list[Any] = []

    def lose_a_worker() -> None:
        assert cluster.kill(WORKERS[0]) > 1
        made = [engine.has_table(name) for name in ("int_customer_keys", "factorders")]
        seen.extend([published(), made])

    midway = Midway("fct_orders", lose_a_worker)
    build(engine, project, BuildRequest(str(shop)), midway)
    assert seen == [[(1,)], [True, False]]


@pytest.mark.usefixtures("built")
def test_a_build_that_loses_a_worker_has_the_numbers_of_sqlite(
    shop: Path, project: Project, tmp_path: Path
) -> None:
    assert spark_session().sparkContext.master.startswith("spark://198.18.")
    sqlite = engine_for("sqlite", str(tmp_path / "shop.db"))
    build(sqlite, project, BuildRequest(str(shop)), Reporter())

    with reader_for(sqlite.location) as one, reader_for(f"spark:{SCHEMA}") as other:
        assert raw_differences(one, other) == []
        compared = list(compare_warehouses(one, other))

    assert {table.table for table in compared if table.rows[0]} >= TABLES
    assert [table.table for table in compared if table.differences] == []


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
