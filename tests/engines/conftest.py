"""The servers, and one warehouse for each data set and engine, built when asked for."""

import lzma
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import pytest

from benchmarks.untested_build import UntestedSession
from pipeline.build import BuildRequest, build
from pipeline.dbt.project import find_project
from pipeline.dbt.run import DbtSession
from pipeline.errors import PipelineError
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import engine_for
from tests.conftest import MakeOnce
from tests.engines.awkward_shop import write_awkward_shop

ROOT = Path(__file__).resolve().parents[2]
REAL_DATA = ROOT.parent / "shared" / "data"
# The names by which libpq finds the server.
SERVER_VARIABLES = ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE")


def missing(reason: str) -> NoReturn:
    """Skip what this machine cannot run; in continuous integration it must."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With two processes, one has Spark and its Java, the other everything else.

    By the tests' names: the groups of pytest-xdist 3.8 have no effect on pytest 9.2.
    """
    from xdist.scheduler import LoadScopeScheduling

    class SparkApart(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "spark" if "spark" in nodeid else "others"

    return SparkApart(config, log)


@pytest.fixture(scope="session")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="session")
def postgres(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """A private server, for as long as the tests run."""
    say = " && ".join(f'echo "${name}"' for name in SERVER_VARIABLES)
    # The command ends, and the server with it, when its input does.
    server = subprocess.Popen(
        [ROOT / "scripts" / "with_postgres.sh", "sh", "-c", f"{say} && exec cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    assert server.stderr is not None
    values = [server.stdout.readline().strip() for _ in SERVER_VARIABLES]
    if not all(values):
        missing(f"no PostgreSQL: {server.stderr.read().strip()}")
    for name, value in zip(SERVER_VARIABLES, values, strict=True):
        patch.setenv(name, value)
    yield
    server.stdin.close()
    server.wait()


@pytest.fixture(scope="session")
def spark(patch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A folder for the session of this process, if there is a Java for it."""
    from pipeline.warehouse.spark.session import check_java

    try:
        check_java()
    except PipelineError as error:
        missing(str(error))
    patch.setenv("DWH_SPARK_DIR", str(tmp_path_factory.mktemp("spark") / "made"))


@pytest.fixture(scope="session")
def raw_folder(make_once: MakeOnce) -> Callable[[str], Path]:
    """A function that makes the folder of raw files of a data set, once."""

    def write(folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        _RAW[folder.name](folder)

    return lambda data: make_once(data, write)


def _default(folder: Path) -> None:
    for path in (ROOT / "seeds").glob("raw_*.csv"):
        shutil.copy(path, folder)


def _messy(folder: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "generator", "--profile", "messy", "--out", folder],
        check=True,
        cwd=ROOT,
        capture_output=True,
    )


def _online_retail(folder: Path) -> None:
    for path in _real("online_retail").glob("raw_*.csv.xz"):
        with lzma.open(path) as packed, (folder / path.stem).open("wb") as file:
            shutil.copyfileobj(packed, file)


def _cdnow(folder: Path) -> None:
    for path in _real("cdnow_sample").glob("raw_*.csv"):
        shutil.copy(path, folder)


def _real(name: str) -> Path:
    folder = REAL_DATA / name
    if not folder.is_dir():
        pytest.skip(f"the real data are not at {folder}")
    return folder


_RAW: dict[str, Callable[[Path], None]] = {
    "default": _default,
    "messy": _messy,
    "online_retail": _online_retail,
    "cdnow": _cdnow,
    "awkward": write_awkward_shop,
}


@pytest.fixture(scope="session")
def warehouse(
    request: pytest.FixtureRequest,
    raw_folder: Callable[[str], Path],
    make_once: MakeOnce,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str, str], str]:
    """A function that builds a data set on an engine, once, and tells its place.

    dbt's tests run on the default data set only: on the others the comparison of every
    row proves more, and on Spark they take longest.
    """
    folder = tmp_path_factory.mktemp("warehouses")
    built: dict[tuple[str, str], str] = {}

    def build_at(data: str, target: str, database: object) -> str:
        engine = engine_for(target, str(database))
        # The messy shops are so on purpose.
        project = find_project("{max_rejected_share: 1}")
        dbt_files = project.target_path(engine.build_location)
        asked = BuildRequest(str(raw_folder(data)))
        session = DbtSession if data == "default" else UntestedSession
        build(engine, project, asked, Reporter(), session)
        shutil.rmtree(dbt_files)
        return str(engine.published)

    def build_once(data: str, target: str) -> str:
        name = f"{data}_{target}"
        if target == "sqlite":  # both processes compare with it
            return str(make_once(name, partial(build_at, data, target)))
        if (data, target) not in built:
            if target != "duckdb":
                request.getfixturevalue(target)
            database = folder / name if target == "duckdb" else name
            built[data, target] = build_at(data, target, database)
        return built[data, target]

    return build_once
