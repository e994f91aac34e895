"""What a command says it did is what it did, wherever its words go."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.dbt.project import Project
from pipeline.errors import PipelineError
from pipeline.terminal.interrupts import work_is_done
from pipeline.terminal.outcome import run
from tests.python.conftest import rights_of_nobody
from tests.small_project import ROOT
from tests.small_shop import WriteShop
from tests.torture.children import Children

# `python -m pipeline`, on a project of a few models.
COMMAND = """
import sys
from pathlib import Path
from pipeline.__main__ import main
from pipeline.commands import build
from pipeline.dbt.project import Project
build.find_project = lambda given: Project(Path(sys.argv[1]), "1", {}, {})
sys.exit(main(sys.argv[2:]))
"""


@pytest.fixture
def database(small_project: Path) -> Path:
    """One path for all tests: with another one dbt would parse everything again."""
    for path in small_project.glob("outcome.db*"):
        path.unlink()
    return small_project / "outcome.db"


def shell(
    ending: str, small_project: Path, *arguments: object, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a command of the pipeline in a shell, with some ending of the line."""
    return subprocess.run(
        [
            *("bash", "-o", "pipefail", "-c", f'"$@" {ending}', "bash"),
            *(sys.executable, "-c", COMMAND, small_project, *map(str, arguments)),
        ],
        cwd=ROOT,
        env={
            **{k: v for k, v in os.environ.items() if not k.startswith("DWH_")},
            **environment,
        },
        capture_output=True,
        check=False,
    )


def loaded(database: Path, table: str = "raw_orders") -> int:
    with closing(sqlite3.connect(database)) as connection:
        ((count,),) = connection.execute(f"select count(*) from {table}").fetchall()
    return int(count)


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    """Processes in which dbt is imported."""
    with Children("dbt.cli.main") as children:
        yield children


WRITTEN = {
    ">/dev/full": b"could be written: No space left on device",
    ">&-": b"could be written: it is closed",
    "| true": b"could be written: Broken pipe",
}
UNWRITTEN = ("2>/dev/full", "2>&-", ">&- 2>&- <&-", ">/dev/full 2>/dev/full")


def check_done(
    command: str, database: Path, exit_code: int, stderr: bytes, said: bytes
) -> None:
    """The work is done, and there is a word on what could not be said."""
    assert exit_code == 0, stderr
    assert loaded(database) == 4
    if command == "build":
        assert loaded(database, "FactOrders") == 3
    if said:
        last = stderr.splitlines()[-1]
        assert last.startswith(b"warning: %b is done" % command.encode())
        assert said in last


@pytest.mark.parametrize(
    ("command", "ending"),
    [
        *(("load", ending) for ending in (*WRITTEN, *UNWRITTEN)),
        # Before dbt is imported.
        *(("build", ending) for ending in ("2>&-", ">&- 2>&- <&-")),
    ],
)
def test_where_the_words_go_does_not_change_what_was_done(
    small_project: Path,
    database: Path,
    write_shop: WriteShop,
    command: str,
    ending: str,
) -> None:
    arguments = [*(["--raw"] if command == "build" else []), write_shop()]

    result = shell(ending, small_project, command, "--database", database, *arguments)

    said = WRITTEN.get(ending, b"")
    check_done(command, database, result.returncode, result.stderr, said)


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ({"stdout": "/dev/full"}, WRITTEN[">/dev/full"]),
        ({"stdout": "closed"}, WRITTEN[">&-"]),
        ({"stdout": "broken"}, WRITTEN["| true"]),
        ({"stderr": "/dev/full"}, b""),
        ({"stdout": "/dev/full", "stderr": "/dev/full"}, b""),
    ],
)
def test_nor_does_it_where_dbt_builds(
    small_project: Path,
    database: Path,
    write_shop: WriteShop,
    children: Children,
    outputs: dict[str, str],
    said: bytes,
) -> None:
    result = children.run(
        *(str(small_project), "build", "--database", str(database)),
        *("--raw", str(write_shop())),
        task="on_project",
        folder=str(ROOT),
        **outputs,
    )

    check_done("build", database, result.exit_code, result.stderr.encode(), said)


def test_a_failure_stays_one_where_nothing_can_be_said(
    small_project: Path, database: Path
) -> None:
    for ending in (">/dev/full 2>/dev/full", ">&- 2>&-", "2>&1 | true"):
        result = shell(ending, small_project, "load", "nowhere", "--database", database)
        assert result.returncode == 1
    assert not database.exists()


@pytest.fixture
def on_small_project(small_project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `main` build the small project."""
    project = Project(small_project, "1", {}, {})
    monkeypatch.setattr("pipeline.commands.build.find_project", lambda _: project)


@pytest.mark.usefixtures("on_small_project")
@pytest.mark.parametrize("command", ["load", "build"])
def test_a_folder_that_cannot_be_synced_after_the_rename_is_a_warning(
    database: Path,
    write_shop: WriteShop,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    sync = os.fsync

    def refuse_folders(descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112
            raise OSError(5, "Input/output error")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_folders)
    arguments = [*(["--raw"] if command == "build" else []), str(write_shop())]

    assert main([command, "--database", str(database), *arguments]) == 0

    assert loaded(database) == 4
    said = capsys.readouterr().err
    assert "warning: the folder" in said
    assert "could not be synced (Input/output error)" in said
    assert "failed" not in said


def fail_with(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PipelineError("two\nlines"), "two lines"),
        (MemoryError(), "there is not enough memory; end other programs"),
        (RecursionError("too deep"), "RecursionError: too deep; this is a fault"),
        (ValueError("two\nlines"), "ValueError: two lines; this is a fault"),
        (UnicodeEncodeError("utf-8", "\udcff", 0, 1, "no"), "UnicodeEncodeError: "),
        (BlockingIOError(11, "Resource temporarily unavailable"), "Resource temp"),
        (OSError(28, "No space left on device", "x.db"), "x.db: No space left on"),
        (AssertionError(), "AssertionError; this is a fault of the program"),
    ],
)
def test_every_failure_is_one_line(
    capsys: pytest.CaptureFixture[str], error: BaseException, said: str
) -> None:
    assert run("build", fail_with(error)) == 1

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"build failed: {said}")


def test_an_error_after_the_work_was_done_is_a_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def work() -> None:
        work_is_done()
        raise OSError(5, "Input/output error")

    assert run("build", work) == 0

    assert capsys.readouterr().err == (
        "warning: build is done, but then: Input/output error\n"
    )


def test_a_person_who_looks_for_the_fault_is_shown_where_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DWH_DEBUG", "1")

    assert run("build", fail_with(ValueError("odd"))) == 1

    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "in work" in said
    assert said.splitlines()[-1].startswith("build failed: ValueError: odd")


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["load", os.fsdecode(b"no \xff utf-8")], {}, b"no \\udcff utf-8"),
        (["load", "Ladengesch\u00e4ft"], {"PYTHONIOENCODING": "ascii"}, b"Ladengesch"),
        (["load", ".", "--database", "/"], {}, b"/ is a folder"),
        (["build", "--database", "/"], {}, b"/ is a folder"),
        (["build", "--database", "x" * 5000], {}, b"File name too long"),
        (["build", "--database", "a\x1bb/c"], {}, b"a\\x1bb does not exist"),
        (["compare", "/", "/"], {}, b"/"),
        (["export", "--format", "sqlite", "--out", "/"], {}, b""),
    ],
)
def test_odd_names_get_one_line(
    small_project: Path,
    arguments: list[str],
    environment: dict[str, str],
    said: bytes,
) -> None:
    result = shell("", small_project, *arguments, **environment)

    assert result.returncode == 1
    lines = result.stderr.splitlines()
    assert lines[-1].startswith(arguments[0].encode() + b" failed: ")
    assert said in lines[-1]
    assert b"Traceback" not in result.stderr
    assert b"fault of the program" not in result.stderr


def test_a_folder_with_an_odd_name_can_be_loaded(
    small_project: Path, database: Path, write_shop: WriteShop
) -> None:
    odd = write_shop()
    odd = odd.rename(odd.with_name(os.fsdecode(b"odd \xff \x1b[31m")))

    result = shell(
        *("", small_project, "build", "--raw", odd, "--database", database),
        PYTHONIOENCODING="ascii",
    )

    assert result.returncode == 0, result.stderr
    assert b"\x1b" not in result.stdout + result.stderr
    assert loaded(database, "FactOrders") == 3


def test_a_killed_load_leaves_a_file_that_can_be_read_without_the_right_to_write(
    tmp_path: Path, write_shop: WriteShop
) -> None:
    database = tmp_path / "folder" / "shop.db"
    database.parent.mkdir()
    assert main(["load", str(write_shop()), "--database", str(database)]) == 0
    database.chmod(0o644)
    many = [("order_id", "customer_id", "order_date", "status")]
    many += [(f"O{n}", f"C{n % 999}", "2024-05-01", "paid") for n in range(300_000)]
    large = write_shop("large", raw_orders=many)
    command = ["load", str(large), "--database", str(database)]
    started = time.monotonic()
    subprocess.run([sys.executable, "-m", "pipeline", *command], cwd=ROOT, check=True)
    seconds = time.monotonic() - started
    kills = 6
    for part in range(1, kills + 1):
        loading = subprocess.Popen(
            [sys.executable, "-m", "pipeline", *command],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            loading.wait(seconds * part / kills)
        except subprocess.TimeoutExpired:
            loading.send_signal(signal.SIGKILL)
        loading.wait()

        with rights_of_nobody(database.parent):
            connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
            with closing(connection):
                (count,) = connection.execute(
                    "select count(*) from raw_orders"
                ).fetchone()
        assert count == 300_000
        assert not database.with_name("shop.db-journal").exists()

    assert main(["load", str(write_shop()), "--database", str(database)]) == 0
    assert {path.name for path in database.parent.iterdir()} == {
        "shop.db",
        "shop.db.lock",
    }


def test_a_program_reads_what_the_readme_shows(
    small_project: Path, database: Path, write_shop: WriteShop
) -> None:
    readme = (ROOT / "pipeline" / "README.md").read_text(encoding="utf-8")
    shown = json.loads(readme.partition("```json\n")[2].partition("```")[0])
    folder = write_shop()

    arguments = ("build", "--json", "--database", database, "--raw", folder)
    built = shell("", small_project, *arguments)

    assert built.returncode == 0, built.stderr
    summary = json.loads(built.stdout)
    assert summary.keys() == shown.keys()
    assert summary["info"].keys() == shown["info"].keys()
    assert summary["published"] is True
    assert summary["database"] == str(database)
    assert summary["tables"]["raw_order_items"] == 7
    assert summary["tests"] == {"pass": 2}
    assert summary["rejected_rows"] == [shown["rejected_rows"][0] | {"rows": 1}]
    (loaded,) = (s for s in summary["stages"] if s["name"] == "load raw files")
    assert loaded.keys() == shown["stages"][0].keys()
    assert loaded["rows"] == sum(
        rows for table, rows in summary["tables"].items() if table.startswith("raw_")
    )
    assert 0 < sum(stage["seconds"] for stage in summary["stages"]) < summary["seconds"]


def test_a_build_that_was_not_published_prints_no_summary(
    small_project: Path, database: Path
) -> None:
    missing = database.parent / "nowhere"

    arguments = ("build", "--json", "--database", database, "--raw", missing)
    failed = shell("", small_project, *arguments)

    assert (failed.returncode, failed.stdout) == (1, b"")


@pytest.mark.usefixtures("on_small_project")
def test_warnings_are_in_the_summary_for_a_program(
    database: Path, write_shop: WriteShop, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_shop(
        raw_products=[("product_id", "colour"), ("P1", "red"), ("P2", "\x1b[31m")]
    )

    arguments = ["--database", str(database), "--raw", str(folder)]
    assert main(["build", "--json", *arguments]) == 0

    assert json.loads(capsys.readouterr().out)["warnings"] == [
        "raw_products.csv: unknown column ignored: colour"
    ]
