"""Airflow itself runs the DAG: `make test-airflow` makes it an environment."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.dbt.project import find_project
from pipeline.warehouse.sqlite.engine import SqliteEngine
from tests.small_project import ROOT
from tests.small_shop import SMALL_SHOP, WriteShop
from tests.unattended_nights import failures_told

AIRFLOW = ROOT / ".make" / "airflow"
DAGS = ROOT / "orchestration" / "airflow"
# Runs the DAG, and says what came of each task.
RUN = """
import json
from warehouse_night import warehouse_night
run = warehouse_night().test()
states = {task.task_id: task.state for task in run.get_task_instances()}
print("CAME OF IT", json.dumps([run.state, states]))
"""

pytestmark = pytest.mark.skipif(
    not AIRFLOW.exists() and "CI" not in os.environ,
    reason="Airflow is not installed: make test-airflow",
)


@pytest.fixture(scope="module")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with Airflow's own database, made once."""
    home = tmp_path_factory.mktemp("airflow")
    run_airflow(home, "-m", "airflow", "db", "migrate")
    return home


def run_airflow(home: Path, *arguments: str, **environment: str) -> str:
    """Run Airflow's Python; what it printed."""
    done = subprocess.run(
        [str(AIRFLOW / "bin" / "python"), *arguments],
        cwd=DAGS,
        env={
            **{k: v for k, v in os.environ.items() if k[:4] != "DWH_"},
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_airflow_loads_a_good_night_and_tells_of_a_bad_one(
    airflow_home: Path, tmp_path: Path, write_shop: WriteShop
) -> None:
    project, inbox = tmp_path / "project", tmp_path / "inbox"
    project.mkdir()
    (project / "pipeline").symlink_to(ROOT / "pipeline")
    (project / ".venv").symlink_to(sys.prefix)
    database = project / "ecommerce_dwh.db"
    # The rows of the small shop that nothing is wrong with.
    orders, items = (SMALL_SHOP[n] for n in ("raw_orders", "raw_order_items"))
    good = write_shop("good", raw_orders=orders[:4], raw_order_items=items[:4])
    bad = write_shop("bad", raw_orders=orders[:1], raw_order_items=items[:4])
    assert main(["build", "--raw", str(good), "--database", str(database)]) == 0

    def night(name: str, folder: Path) -> tuple[str, dict[str, str]]:
        shutil.copytree(folder, inbox / name)
        (inbox / name / "_SUCCESS").touch()
        said = run_airflow(
            airflow_home,
            *("-c", RUN),
            **{"DWH_PROJECT": str(project), "DWH_INBOX": str(inbox)},
            DWH_NOTIFY=url,
        )
        (line,) = [line for line in said.splitlines() if "CAME OF IT" in line]
        state, states = json.loads(line.partition("CAME OF IT")[2])
        return str(state), states

    with failures_told() as (url, failures):
        assert night("1", good) == (
            "success",
            {"wait_for_a_batch": "success", "load_and_build": "success"},
        )
        assert failures == []
        assert night("2", bad) == (
            "failed",
            {"wait_for_a_batch": "success", "load_and_build": "failed"},
        )
        assert failures == ["ecommerce_dwh.db: the night failed", "the schedule"]

    there = {path.relative_to(inbox).as_posix() for path in inbox.glob("*/*")}
    assert there == {"done/1", "refused/2"}
    engine = SqliteEngine(str(database))
    assert [batch.batch_id for batch in engine.published_batches()][-1] == 2
    parsed = find_project(None).target_path(engine.build_location)
    shutil.rmtree(parsed, ignore_errors=True)
