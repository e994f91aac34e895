"""A Spark cluster on hosts of its own, and the session of this process on it."""

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyspark
import pytest

from pipeline.dbt.project import Project
from tests.engines.awkward_shop import write_awkward_shop
from tests.engines.conftest import ROOT, SPARK_SETTINGS, missing
from tests.small_project import write_spark_project

# Seconds without an executor: enough to start one.
WAIT = 40


@dataclass(frozen=True)
class SparkCluster:
    """A cluster of scripts/with_spark_cluster.sh, by its name."""

    name: str

    def processes(self, host: str) -> list[int]:
        """What runs on one of its hosts: `master`, `worker1` or `worker2`."""
        said = subprocess.run(
            ["ip", "netns", "pids", f"{self.name}-{host}"],
            capture_output=True,
            text=True,
            check=True,
        )
        return [int(pid) for pid in said.stdout.split()]

    def kill(self, host: str) -> int:
        """Kill all that runs there, as a power cut would; how many that were."""
        killed = self.processes(host)
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        return len(killed)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkCluster]:
    """A master and two workers, for as long as the tests run."""
    home = Path(pyspark.__file__).parent
    server = subprocess.Popen(
        [
            *(ROOT / "scripts" / "with_spark_cluster.sh", "sh", "-c"),
            'echo "$DWH_SPARK_MASTER $SPARK_CLUSTER" && exec cat',
        ],
        env={**os.environ, "SPARK_HOME": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    assert server.stderr is not None
    master, _, name = server.stdout.readline().strip().partition(" ")
    if not name:
        missing(f"no Spark cluster: {server.stderr.read().strip()}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DWH_SPARK_MASTER", master)
        patch.setenv("DWH_SPARK_WAIT", str(WAIT))
        patch.setenv("DWH_SPARK_MEMORY", "1g")
        patch.setenv("DWH_SPARK_PARTITIONS", "2")
        folder = tmp_path_factory.mktemp("spark")
        patch.setenv("DWH_SPARK_DIR", str(folder / "shared"))
        patch.setenv("SPARK_CONF_DIR", str(folder))
        (folder / "spark-defaults.conf").write_text(SPARK_SETTINGS, encoding="utf-8")
        yield SparkCluster(name)
    server.stdin.close()
    assert server.wait() == 0
    hosts = subprocess.run(["ip", "netns"], capture_output=True, text=True, check=True)
    assert name not in hosts.stdout


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Raw files of a shop of some rows."""
    folder = tmp_path_factory.mktemp("shop")
    write_awkward_shop(folder)
    return folder


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project of a few models."""
    folder = tmp_path_factory.mktemp("project")
    write_spark_project(folder)
    return Project(folder, "1", {}, {})
