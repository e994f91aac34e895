"""The servers, and one warehouse for each data set and engine, built when asked for."""

import json
import lzma
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import psycopg2
import pytest

from benchmarks.untested_build import UntestedSession
from generator.command_line import main as generate
from pipeline.build import BuildRequest, build
from pipeline.dbt.project import find_project
from pipeline.dbt.run import DbtSession
from pipeline.errors import PipelineError
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import engine_for
from pipeline.warehouse.engine import Engine
from tests.conftest import MakeOnce
from tests.engines.awkward_shop import write_awkward_shop
from tests.engines.varied_shop import write_varied_shop

ROOT = Path(__file__).resolve().parents[2]
REAL_DATA = ROOT.parent / "shared" / "data"
# A file of each data set, in a folder of its own: dbt names everything after the file.
DUCKDB_FILE = "shop.duckdb"
# A schema that is given another name once it is built.
POSTGRES_SCHEMA = "whole_shop"
# The names by which libpq finds the server.
SERVER_VARIABLES = ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE")

# For a Java that lives for minutes and computes little: half of what it did was to
# compile, itself and each query, for a speed that came too late.
SPARK_SETTINGS = """
spark.driver.defaultJavaOptions -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -XX:ReservedCodeCacheSize=240m
spark.executor.defaultJavaOptions -XX:+UseSerialGC -XX:TieredStopAtLevel=1
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
"""


def missing(reason: str) -> NoReturn:
    """Skip what this machine cannot run; in continuous integration it must."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _share(nodeid: str) -> str:
    """What one process takes at once: Spark and its Java, a server, or a file."""
    # Spark's servers have a Java of their own.
    for server in ("spark_servers", "spark", "postgres"):
        if server in nodeid:
            return server
    return nodeid.partition("::")[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spark takes longest, and begins; then the other servers."""
    first = {"spark": 0, "postgres": 1, "spark_servers": 2}
    items.sort(key=lambda item: first.get(_share(item.nodeid), len(first)))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Two processes begin with a server each, and who has done takes the next file.

    By the tests' names: the groups of pytest-xdist 3.8 have no effect on pytest 9.2.
    """
    from xdist.scheduler import LoadScopeScheduling

    class InShares(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _share(nodeid)

    return InShares(config, log)


@pytest.fixture(scope="session")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="session")
def postgres(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """A private server, for as long as the tests run."""
    script = ROOT / "scripts" / "with_postgres.sh"
    with running([script], SERVER_VARIABLES) as variables:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield
        forget_parsed(engine_for("postgres", POSTGRES_SCHEMA))


@contextmanager
def running(
    script: Sequence[object],
    names: Sequence[str],
    given: Mapping[str, str] | None = None,
) -> Iterator[dict[str, str]]:
    """Run a script that runs a command with a server, and tell its variables."""
    say = " && ".join(f'echo "${name}"' for name in names)
    # The command ends, and the server with it, when its input does.
    server = subprocess.Popen(
        [*map(str, script), "sh", "-c", f"{say} && exec cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **(given or {})},
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    assert server.stderr is not None
    values = [server.stdout.readline().strip() for _ in names]
    if not all(values):
        missing(f"no server: {server.stderr.read().strip()}")
    try:
        yield dict(zip(names, values, strict=True))
    finally:
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
    # Of so few rows, 1024 parts of each shuffle would only have to be joined again.
    patch.setenv("DWH_SPARK_PARTITIONS", "4")
    folder = tmp_path_factory.mktemp("spark")
    patch.setenv("DWH_SPARK_DIR", str(folder / "made"))
    patch.setenv("SPARK_CONF_DIR", str(folder))
    (folder / "spark-defaults.conf").write_text(SPARK_SETTINGS, encoding="utf-8")


@pytest.fixture(scope="session")
def duckdb_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the one DuckDB file that whole warehouses are built at.

    At another path dbt would parse the project again.
    """
    folder = tmp_path_factory.mktemp("duckdb")
    yield folder
    forget_parsed(engine_for("duckdb", str(folder / DUCKDB_FILE)))


@pytest.fixture
def duckdb_shop(duckdb_folder: Path) -> Iterator[Engine]:
    """That file, which is not there before and after a test."""
    yield engine_for("duckdb", str(duckdb_folder / DUCKDB_FILE))
    for path in duckdb_folder.iterdir():
        path.unlink()


def forget_parsed(engine: Engine) -> None:
    """Remove what dbt has parsed for the builds of one place."""
    parsed = find_project(None).target_path(engine.build_location)
    shutil.rmtree(parsed, ignore_errors=True)


def compiled_models(parsed: Path) -> dict[str, str]:
    """The SQL of each model, by its name, of the last build with files of dbt there."""
    results = json.loads((parsed / "run_results.json").read_text(encoding="utf-8"))
    return {
        node["unique_id"].rpartition(".")[2]: node["compiled_code"]
        for node in results["results"]
        if node["unique_id"].startswith("model.")
    }


@pytest.fixture
def postgres_shop(postgres: None) -> Iterator[Engine]:
    """The one schema that whole warehouses are built at, for the same reason."""
    del postgres
    yield engine_for("postgres", POSTGRES_SCHEMA)
    change_shop("drop schema {0} cascade")


def change_shop(statement: str) -> None:
    """Do something to the schemas of that warehouse, such as `alter schema {0} ...`."""
    with closing(psycopg2.connect("")) as server, server, server.cursor() as cursor:
        cursor.execute(
            "select nspname from pg_namespace where starts_with(nspname, %s)",
            (POSTGRES_SCHEMA,),
        )
        for (schema,) in cursor.fetchall():
            suffix = schema.removeprefix(POSTGRES_SCHEMA)
            cursor.execute(statement.format(schema, suffix))


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
    assert generate(["--profile", "messy", "--out", str(folder)]) == 0


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
    "varied": write_varied_shop,
}


@pytest.fixture(scope="session")
def compiled() -> dict[str, dict[str, str]]:
    """The SQL of each model of the data sets that this process has built on Spark."""
    return {}


@pytest.fixture(scope="session")
def warehouse(
    request: pytest.FixtureRequest,
    raw_folder: Callable[[str], Path],
    make_once: MakeOnce,
    compiled: dict[str, dict[str, str]],
) -> Callable[[str, str], str]:
    """A function that builds a data set on an engine, once, and tells its place.

    dbt's tests run on the default data set only: on the others the comparison of every
    row proves more, and on Spark they take longest.
    """
    built: dict[str, str] = {}

    def build_at(data: str, engine: Engine) -> None:
        # The messy shops are so on purpose.
        project = find_project("{max_rejected_share: 1}")
        asked = BuildRequest(str(raw_folder(data)))
        session = DbtSession if data == "default" else UntestedSession
        build(engine, project, asked, Reporter(), session)

    def build_sqlite(data: str, path: Path) -> None:
        engine = engine_for("sqlite", str(path))
        build_at(data, engine)
        forget_parsed(engine)

    def build_duckdb(data: str, path: Path) -> None:
        path.mkdir(exist_ok=True)
        folder = request.getfixturevalue("duckdb_folder")
        build_at(data, engine_for("duckdb", str(folder / DUCKDB_FILE)))
        for file in folder.iterdir():
            file.rename(path / file.name)

    def build_postgres(data: str, name: str) -> str:
        build_at(data, engine_for("postgres", POSTGRES_SCHEMA))
        change_shop(f"alter schema {{0}} rename to {name}{{1}}")
        return str(engine_for("postgres", name).published)

    def build_spark(data: str, name: str) -> str:
        engine = engine_for("spark", name)
        # Once this one is published, the next build has another place.
        parsed = find_project(None).target_path(engine.build_location)
        build_at(data, engine)
        compiled[data] = compiled_models(parsed)
        shutil.rmtree(parsed, ignore_errors=True)
        return str(engine.published)

    def build_once(data: str, target: str) -> str:
        name = f"{data}_{target}"
        if target == "sqlite":
            return str(make_once(name, partial(build_sqlite, data)))
        if target == "duckdb":
            return str(make_once(name, partial(build_duckdb, data)) / DUCKDB_FILE)
        if name not in built:
            request.getfixturevalue(target)
            make = build_postgres if target == "postgres" else build_spark
            built[name] = make(data, name)
        return built[name]

    return build_once
