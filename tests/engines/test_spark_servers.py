"""Servers of Spark: builds by Connect and by Thrift, and what is said without one."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.errors import PipelineError
from pipeline.warehouse.arrow import batch_of
from pipeline.warehouse.errors import UnreachableError
from pipeline.warehouse.spark.client import in_chunks, spark_client
from pipeline.warehouse.spark.server import Server, chosen_server
from tests.engines.awkward_shop import write_awkward_shop
from tests.engines.conftest import ROOT, running
from tests.small_project import write_spark_project

VARIABLES = {
    "connect": ("SPARK_REMOTE",),
    "thrift": ("DWH_SPARK_THRIFT_HOST", "DWH_SPARK_THRIFT_PORT"),
}

# `python -m pipeline`, on a project of a few models, with `--vars` for one of them: one
# command after the other, which spares all but the first what a start costs. `docs`
# prints the columns of each table, and serves nothing.
COMMANDS = """
import json
import sys
from pathlib import Path
from pipeline.__main__ import main
from pipeline.commands import build, docs
from pipeline.dbt.project import Project
root, *commands = sys.argv[1:]
build.find_project = lambda failing: Project(
    Path(root), "1", {}, {"failing": failing or "no"}
)
def show(folder, port):
    catalog = json.loads((folder / "catalog.json").read_text())
    for node in catalog["nodes"].values():
        print(node["metadata"]["name"], *node["columns"])
    raise KeyboardInterrupt
docs.find_project, docs.server = build.find_project, show
for command in commands:
    print("exit code", main(json.loads(command)), flush=True)
"""


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    lines: list[str]
    code: int


@dataclass(frozen=True)
class Shop:
    """A shop and its project, which is published on SQLite, and to be on servers.

    Attributes:
        folder: Where all of it is, and the data of the servers.
    """

    folder: Path

    def build(self, schema: str) -> Sequence[object]:
        """The command that publishes it."""
        return "build", *place(schema), "--raw", self.folder / "raw"

    def compare(self, schema: str) -> Sequence[object]:
        """The command that fails where a schema does not hold what SQLite does."""
        return "compare", self.folder / "shop.db", f"spark:{schema}"

    def start(
        self, environment: Mapping[str, str], *commands: Sequence[object]
    ) -> subprocess.Popen[str]:
        """Begin commands, for the server that some variables name."""
        lines = [json.dumps([*map(str, command)]) for command in commands]
        return subprocess.Popen(
            [sys.executable, "-u", "-c", COMMANDS, self.folder / "project", *lines],
            cwd=ROOT,
            env={
                **os.environ,
                "DWH_SPARK_DIR": str(self.folder / "client"),
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(
        self, environment: Mapping[str, str], **commands: Sequence[object]
    ) -> dict[str, Said]:
        """What each of some commands says."""
        with self.start(environment, *commands.values()) as process:
            output, _ = process.communicate()
        assert "Traceback" not in output
        *parts, rest = re.split(r"^exit code (\d+)\n", output, flags=re.MULTILINE)
        assert rest == "", output
        return {
            name: Said(text.splitlines(), int(code))
            for name, text, code in zip(commands, parts[::2], parts[1::2], strict=True)
        }

    def run_on_server(
        self, environment: Mapping[str, str], schema: str, **before: Sequence[object]
    ) -> dict[str, Said]:
        """What is said of builds there, a good one and one whose tests fail."""
        out = self.folder / f"{schema}.duckdb"
        return self.run(
            environment,
            **before,
            build=self.build(schema),
            compare=self.compare(schema),
            docs=("docs", *place(schema)),
            export=("export", *place(schema), "--format", "duckdb", "--out", out),
            compare_export=("compare", self.folder / "shop.db", out),
            failing=(*self.build(schema), "--vars", "yes"),
            compare_again=self.compare(schema),
            history=("history", *place(schema), "--json"),
        )


def place(schema: str) -> Sequence[object]:
    """The options that name it."""
    return "--target", "spark", "--database", schema


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, spark: None) -> Shop:
    """The shop's files, a project that Spark understands, and its tables on SQLite."""
    folder = tmp_path_factory.mktemp("servers")
    (folder / "raw").mkdir()
    write_awkward_shop(folder / "raw")
    write_spark_project(folder / "project")
    shop = Shop(folder)
    sqlite = ("--target", "sqlite", "--database", folder / "shop.db")
    said = shop.run({}, build=("build", *sqlite, "--raw", folder / "raw"))
    assert said["build"].code == 0, said
    return shop


@contextmanager
def started(kind: str, shop: Shop) -> Iterator[tuple[int, dict[str, str]]]:
    """A server on data that may be there: its process, and the variables for it."""
    script = [ROOT / "scripts" / "with_spark_server.sh", kind]
    names = ["SPARK_SERVER_PID", *VARIABLES[kind]]
    given = {"SPARK_SERVER_DIR": str(shop.folder / "data"), "PYTHON": sys.executable}
    with running(script, names, given) as variables:
        yield int(variables.pop("SPARK_SERVER_PID")), variables


@pytest.fixture(scope="module")
def connect(shop: Shop) -> dict[str, Said]:
    """What was said on a server, until it was killed in the middle of a build."""
    with started("connect", shop) as (server, environment):
        said = shop.run_on_server(environment, "connect")
        with shop.start(environment, shop.build("connect")) as build:
            assert build.stdout is not None
            for line in build.stdout:
                if "building and testing" in line:
                    break
            os.kill(server, signal.SIGKILL)
            killed = time.monotonic()
            *lines, code = build.stdout
            # Its client would go on asking; Thrift's has a connection to lose.
            assert time.monotonic() - killed < 120
    return {**said, "killed": Said(lines, int(code.removeprefix("exit code ")))}


@pytest.fixture(scope="module")
def thrift(shop: Shop, connect: dict[str, Said]) -> dict[str, Said]:
    """What was said on a server that came after, with the data that were there."""
    del connect
    with started("thrift", shop) as (_, environment):
        return shop.run_on_server(environment, "thrift", found=shop.compare("connect"))


@pytest.mark.parametrize("kind", VARIABLES)
def test_a_server_holds_what_sqlite_does(
    kind: str, request: pytest.FixtureRequest
) -> None:
    said = request.getfixturevalue(kind)

    assert said["build"].code == said["compare"].code == 0, said
    runs = json.loads("\n".join(said["history"].lines))
    assert [run["outcome"] for run in runs] == ["failed", "published"]


@pytest.mark.parametrize("kind", VARIABLES)
def test_a_build_whose_tests_fail_is_not_published_on_a_server(
    kind: str, request: pytest.FixtureRequest
) -> None:
    said = request.getfixturevalue(kind)

    failed = said["failing"]
    assert failed.code == 1
    assert failed.lines[-1].startswith("build failed: test orders_are_as_wanted failed")
    assert said["compare_again"].code == 0, said


@pytest.mark.parametrize("kind", VARIABLES)
def test_what_a_server_holds_is_documented_and_exported(
    kind: str, request: pytest.FixtureRequest
) -> None:
    said = request.getfixturevalue(kind)

    documented = "factorders order_id customer_id order_date status"
    assert any(line.startswith(documented) for line in said["docs"].lines), said
    assert said["export"].code == said["compare_export"].code == 0, said


def test_a_server_that_dies_ends_a_build_and_the_next_has_the_published_version(
    connect: dict[str, Said], thrift: dict[str, Said]
) -> None:
    killed = connect["killed"]
    assert killed.code == 1
    assert killed.lines[-1].startswith("build failed: ")
    assert thrift["found"].code == 0, thrift


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
