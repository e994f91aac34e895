"""Servers of Spark: builds by Connect and by Thrift, and what is said without one."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.errors import PipelineError
from pipeline.warehouse.arrow import batch_of
from pipeline.warehouse.errors import UnreachableError
from pipeline.warehouse.spark.client import in_chunks, spark_client
from pipeline.warehouse.spark.journal import SparkJournal
from pipeline.warehouse.spark.server import Server, chosen_server
from tests.engines.awkward_shop import write_awkward_shop
from tests.engines.conftest import ROOT, running
from tests.small_project import write_small_project

VARIABLES = {
    "connect": ("SPARK_REMOTE",),
    "thrift": ("DWH_SPARK_THRIFT_HOST", "DWH_SPARK_THRIFT_PORT"),
}

# Of a small project without a demo.
SETTINGS = """
name: small
version: "1.0.0"
profile: ecommerce_dwh
flags: {send_anonymous_usage_stats: false}
vars: {failing: "no", currency: EUR}
seeds: {small: {+tags: demo, +column_types: {order_date: string}}}
models: {small: {+materialized: table}}
"""

# `python -m pipeline`, on a project of a few models.
COMMAND = """
import sys
from pathlib import Path
from pipeline.__main__ import main
from pipeline.commands import build
from pipeline.dbt.project import Project
root, failing, *arguments = sys.argv[1:]
build.find_project = lambda given: Project(Path(root), "1", {}, {"failing": failing})
sys.exit(main(arguments))
"""


@dataclass(frozen=True)
class Shop:
    """A shop, its project, and a server for its warehouse.

    Attributes:
        folder: Where both are, and the server's data.
        kind: What the server speaks.
        environment: The variables that name it.
        process: Its process.
    """

    folder: Path
    kind: str
    environment: dict[str, str]
    process: int

    def start(self, *arguments: object, failing: str = "no") -> subprocess.Popen[str]:
        """Begin a command."""
        project = self.folder / "project"
        return subprocess.Popen(
            [sys.executable, "-c", COMMAND, project, failing, *map(str, arguments)],
            cwd=ROOT,
            env={
                **os.environ,
                "DWH_SPARK_DIR": str(self.folder / "client"),
                **self.environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: object, code: int = 0, failing: str = "no") -> list[str]:
        """What a command says."""
        with self.start(*arguments, failing=failing) as process:
            said, _ = process.communicate()
        assert process.returncode == code, said
        assert "Traceback" not in said
        return said.splitlines()

    def build(self, target: str = "spark", **expected: object) -> list[str]:
        place = "shop" if target == "spark" else self.folder / "shop.db"
        place_of = ("--target", target, "--database", place)
        return self.run("build", *place_of, "--raw", self.folder / "raw", **expected)

    def assert_published(self) -> None:
        """Whether the server holds what SQLite does, and so its first version."""
        self.run("compare", self.folder / "shop.db", "spark:shop")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, spark: None) -> Path:
    """The shop's files, and a project that Spark understands."""
    folder = tmp_path_factory.mktemp("servers")
    (folder / "raw").mkdir()
    write_awkward_shop(folder / "raw")
    project = folder / "project"
    write_small_project(project)
    (project / "dbt_project.yml").write_text(SETTINGS, encoding="utf-8")
    return folder


@pytest.fixture(scope="module", params=VARIABLES)
def shop(request: pytest.FixtureRequest, folder: Path) -> Iterator[Shop]:
    """A shop that is published on a server, and on SQLite."""
    kind = request.param
    with started(kind, folder / kind) as (process, environment):
        shop = Shop(folder, kind, environment, process)
        if not (folder / "shop.db").exists():
            shop.build("sqlite")
        shop.build()
        yield shop


@contextmanager
def started(kind: str, data: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """A server on data that may be there: its process, and the variables for it."""
    script = [ROOT / "scripts" / "with_spark_server.sh", kind]
    names = ["SPARK_SERVER_PID", *VARIABLES[kind]]
    given = {"SPARK_SERVER_DIR": str(data), "PYTHON": sys.executable}
    with running(script, names, given) as variables:
        yield int(variables.pop("SPARK_SERVER_PID")), variables


def test_a_server_holds_what_sqlite_does(shop: Shop) -> None:
    shop.assert_published()

    said = shop.run("history", "--target", "spark", "--database", "shop")
    assert sum("published" in line for line in said) == 1


def test_a_build_whose_tests_fail_is_not_published_on_a_server(shop: Shop) -> None:
    said = shop.build(code=1, failing="yes")

    assert said[-1].startswith("build failed: test orders_are_as_wanted failed")
    shop.assert_published()


# Of Connect, whose client would go on asking; Thrift's has a connection to lose.
@pytest.mark.parametrize("shop", ["connect"], indirect=True)
def test_a_server_that_dies_ends_a_build_and_has_the_published_version(
    shop: Shop,
) -> None:
    with shop.start(
        *("build", "--target", "spark", "--database", "shop"),
    ) as build:
        assert build.stdout is not None
        for line in build.stdout:
            if "building and testing" in line:
                break
        os.kill(shop.process, signal.SIGKILL)
        killed = time.monotonic()
        *_, last = build.stdout
        waited = time.monotonic() - killed

    assert build.returncode == 1
    assert last.startswith("build failed: ")
    assert waited < 120
    with started(shop.kind, shop.folder / shop.kind) as (_, environment):
        replace(shop, environment=environment).assert_published()


@pytest.mark.parametrize("kind", VARIABLES)
def test_a_server_that_does_not_answer_is_one_line_in_time(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Server, "ANSWER_SECONDS", 1)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        values = {"connect": [f"sc://127.0.0.1:{port}"], "thrift": ["127.0.0.1", port]}
        for name, value in zip(VARIABLES[kind], values[kind], strict=True):
            monkeypatch.setenv(name, str(value))
        began = time.monotonic()
        with pytest.raises(UnreachableError, match="does not answer") as told:
            spark_client.__wrapped__().run("select 1")

    assert time.monotonic() - began < 5
    assert VARIABLES[kind][0] in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"SPARK_REMOTE": "local[*]"}, "SPARK_REMOTE is no address"),
        (
            {"SPARK_REMOTE": "sc://host:port/;token=secret"},
            "SPARK_REMOTE is no address",
        ),
        (
            {"SPARK_REMOTE": "sc://host", "DWH_SPARK_THRIFT_HOST": "host"},
            "SPARK_REMOTE and DWH_SPARK_THRIFT_HOST name a server each; unset one",
        ),
        (
            {"DWH_SPARK_THRIFT_HOST": "host", "DWH_SPARK_THRIFT_PORT": "http"},
            "DWH_SPARK_THRIFT_PORT is 'http'; write a port",
        ),
    ],
)
def test_what_names_no_server_is_refused(
    environment: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(PipelineError, match=re.escape(said)) as told:
        chosen_server()
    assert "secret" not in str(told.value)


def test_a_server_is_named_without_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_REMOTE", "sc://host/;use_ssl=true;token=secret")

    assert str(chosen_server()) == "the Spark Connect server host:15002"


def test_rows_are_sent_in_chunks_of_some_bytes_and_all_of_them() -> None:
    batches = [
        batch_of(
            [("text", "text")], [(f"{number:04}",) for number in range(start, end)]
        )
        for start, end in ((0, 0), (0, 1), (1, 1000), (1000, 1003))
    ]

    chunks = list(in_chunks(batches, 1000))

    assert pa.concat_tables(chunks).column("text").to_pylist() == [
        f"{number:04}" for number in range(1003)
    ]
    assert len(chunks) > 5
    assert max(len(chunk) for chunk in chunks) < 300


@pytest.mark.usefixtures("spark")
def test_a_journal_on_a_server_outlives_what_a_kill_leaves() -> None:
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
