"""The record of runs: what came of each is known afterwards, and it stops none.

Builds of the small project stand in for whole ones: nothing here is about the models.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.build import BuildRequest, build
from pipeline.dbt.project import Project
from pipeline.doubts import Doubt
from pipeline.errors import BuildFailedError, PipelineError, RawFileError
from pipeline.rollback import rollback
from pipeline.runs import MOST_RUNS, Run, recorded, runs
from pipeline.terminal.progress import LogReporter, Reporter
from pipeline.warehouse.location import Location
from pipeline.warehouse.sqlite.engine import SqliteEngine
from tests.small_project import ROOT
from tests.small_shop import WriteShop
from tests.versions import publish_versions

RunBuild = Callable[..., None]


@pytest.fixture
def database(small_project: Path) -> Path:
    """One path for all tests: with another one dbt would parse everything again."""
    for path in small_project.glob("shop.db*"):
        path.rmdir() if path.is_dir() else path.unlink()
    return small_project / "shop.db"


@pytest.fixture
def engine(database: Path) -> SqliteEngine:
    return SqliteEngine(str(database))


@pytest.fixture
def run_build(small_project: Path, engine: SqliteEngine) -> RunBuild:
    def run(raw: Path | None = None, failing: str = "no") -> None:
        project = Project(small_project, "1", {"currency": "EUR"}, {"failing": failing})
        request = BuildRequest(None if raw is None else str(raw))
        build(engine, project, request, LogReporter(sys.stderr))

    return run


def table(database: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("select * from pipeline_runs").fetchall()


def journal(database: Path) -> Path:
    return database.with_name("shop.db.runs")


def test_a_published_build_says_what_it_did(
    run_build: RunBuild, engine: SqliteEngine, database: Path, write_shop: WriteShop
) -> None:
    run_build(write_shop())

    (run,) = runs(engine)
    assert (run.command, run.outcome, run.reason) == ("build", "published", None)
    assert (run.source, run.batch) == ("load", 1)
    # One order has a bad date.
    assert (run.rows_in, run.rows_accepted, run.rows_rejected) == (17, 16, 1)
    assert (run.tests_passed, run.tests_warned, run.tests_failed) == (2, 0, 0)
    assert run.ended_at is not None
    assert run.seconds is not None
    stages = json.loads(run.stage_seconds or "")
    assert {"check raw files", "load raw files", "staging", "publish"} <= set(stages)
    assert 0 < sum(stages.values()) <= run.seconds + 0.1
    ((version,),) = [
        tuple(row)
        for row in sqlite3.connect(database).execute("select built_at from build_info")
    ]
    assert run.version == version
    ((run_id, *_, outcome),) = [row[:5] for row in table(database)]
    assert (run_id, outcome) == (run.run_id, "published")


def test_what_published_nothing_is_in_the_next_version(
    run_build: RunBuild, engine: SqliteEngine, database: Path, write_shop: WriteShop
) -> None:
    run_build()
    before = database.read_bytes()
    with pytest.raises(PipelineError):
        run_build(write_shop(), failing="yes")
    with pytest.raises(PipelineError):
        run_build(write_shop(raw_orders=b"order_id,order_date\nO1,Ann Smith\nO2\n"))
    with engine.lock(), pytest.raises(PipelineError):
        run_build()
    assert database.read_bytes() == before

    run_build()
    rollback(engine, 1, Reporter())

    known = runs(engine)
    assert [(run.command, run.outcome, run.reason) for run in known] == [
        ("build", "published", None),
        ("build", "failed", "test orders_are_as_wanted failed"),
        ("build", "failed", "the raw files do not hold to the contract"),
        ("build", "failed", "in use by somebody else"),
        ("build", "published", None),
        ("rollback", "published", None),
    ]
    assert known[1].tests_failed == 1
    assert known[-1].version == known[0].version
    # A version knows what was before it, and what made it.
    assert len(table(database)) == 1
    assert len(table(database.with_name("shop.db.previous"))) == 5
    run_build()
    assert len(table(database)) == 7
    # The journal alone tells the same, and so does the warehouse.
    everything = runs(engine)
    journal(database).unlink()
    assert [asdict(run) for run in runs(engine)] == [
        asdict(run) for run in everything[:-1]
    ] + [asdict(runs(engine)[-1])]


def test_what_is_odd_is_published_or_stops_the_build(
    run_build: RunBuild,
    database: Path,
    write_shop: WriteShop,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def find(severity: str) -> None:
        def found(_: object, __: object, built_at: str, ___: object) -> list[Doubt]:
            return [Doubt("country_gone", "Chile", "", severity, "no order", built_at)]

        monkeypatch.setattr("pipeline.build.find_doubts", found)

    find("warn")
    run_build(write_shop())
    assert "warning: country gone: Chile: no order" in capsys.readouterr().err
    before = database.read_bytes()
    with closing(sqlite3.connect(database)) as connection:
        (row,) = connection.execute("select * from build_doubts").fetchall()
    assert row[:5] == ("country_gone", "Chile", "", "warn", "no order")

    find("stop")
    with pytest.raises(BuildFailedError, match="Chile: no order; nothing was") as error:
        run_build()
    assert error.value.kind == "country gone"
    assert database.read_bytes() == before


def test_no_value_of_a_row_is_written_down(
    run_build: RunBuild, engine: SqliteEngine, database: Path, write_shop: WriteShop
) -> None:
    secret = b"Ann Smith 4711"
    header = b"order_id,customer_id,order_date,status\n"
    rows = b"".join(b"O%d,%s,%s,paid\n" % (n, secret, secret) for n in range(9))
    with pytest.raises(PipelineError):
        run_build(write_shop(raw_orders=header + rows), failing="yes")
    for error in (PipelineError, RawFileError, ValueError):
        with suppress(error), recorded(engine, "build", Reporter()) as recorder:
            recorder.may_write()
            raise error(f"line 7: {secret.decode()}")

    written = journal(database).read_bytes()
    reasons = [run.reason for run in runs(engine)][1:]
    assert reasons == [PipelineError.kind, RawFileError.kind, "ValueError"]
    assert b"Ann" not in written
    assert journal(database).stat().st_mode & 0o777 == 0o600


KILLED = """
import os, signal, sys
from pipeline.runs import recorded
from pipeline.terminal.progress import Reporter
from pipeline.warehouse.sqlite.engine import SqliteEngine

engine = SqliteEngine(sys.argv[1])
with recorded(engine, "build", Reporter()) as recorder, engine.exclusive_use():
    recorder.begin()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_build_is_seen_to_have_died(
    run_build: RunBuild,
    engine: SqliteEngine,
    database: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(database)], cwd=ROOT, check=False
    )
    assert died.returncode == -signal.SIGKILL
    assert [run.outcome for run in runs(engine)] == ["running"]

    run_build()

    assert [run.outcome for run in runs(engine)] == ["died", "published"]
    assert [row[4] for row in table(database)] == ["died", "published"]
    assert "warning: died run: " in capsys.readouterr().err
    place = ["--target", "sqlite", "--database", str(database)]
    capsys.readouterr()
    assert main(["history", "--json", "--limit", "1", *place]) == 0
    (last,) = json.loads(capsys.readouterr().out)
    assert last["outcome"] == "published"
    assert main(["history", *place]) == 0
    lines = capsys.readouterr().out.splitlines()[2:]
    assert len(lines) == 2
    assert lines[0].endswith("published")
    assert lines[1].endswith("died: killed, or the machine stopped")


def test_killed_between_the_rename_and_the_end_it_was_published_all_the_same(
    run_build: RunBuild, engine: SqliteEngine, database: Path
) -> None:
    run_build()
    run_build()
    *before, start, _ = journal(database).read_text().splitlines()
    journal(database).write_text("\n".join([*before, start, ""]))
    assert [run.outcome for run in runs(engine)] == ["published", "published"]

    # The version that is published then knows nothing of that run.
    rollback(engine, 1, Reporter())
    run_build()

    assert [(run.command, run.outcome, run.reason) for run in runs(engine)] == [
        ("build", "published", None),
        ("build", "published", "killed, or the machine stopped, as it ended"),
        ("rollback", "published", None),
        ("build", "published", None),
    ]


@pytest.mark.parametrize("is_done", [False, True])
def test_a_killed_rollback_died_unless_its_version_is_published(
    is_done: bool,
    database: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = publish_versions("sqlite", database, 1, 2)
    restore = engine.restore

    class Killed(BaseException):
        """Nobody expects it."""

    def die(version: Location) -> Sequence[str]:
        if is_done:
            restore(version)
        raise Killed

    monkeypatch.setattr(engine, "restore", die)
    with pytest.raises(Killed):
        rollback(engine, 1, Reporter())
    # What a kill would not have let it say.
    *before, _ = journal(database).read_text().splitlines()
    journal(database).write_text("\n".join([*before, ""]))
    assert [run.outcome for run in runs(engine)] == ["running"]

    with engine.exclusive_use(), recorded(engine, "build", Reporter()) as recorder:
        recorder.begin()

    run, _ = runs(engine)
    assert (run.outcome, run.version) == (
        ("published", "day 1") if is_done else ("died", None)
    )
    assert recorder.died == ([] if is_done else [run.started_at])


def _is_a_folder(path: Path) -> None:
    path.mkdir()


def _is_a_pipe(path: Path) -> None:
    os.mkfifo(path)


def _is_damaged(path: Path) -> None:
    odd = asdict(Run("x", "build", "now"))
    lines = [
        *(b"\xff\xfe\0", b'{"run_id": 1}', b"[]", b"7", b'"text"', b"{" * 2000),
        *(json.dumps({**odd, "seconds": "long"}).encode(), b'{"run_id": "half a li'),
    ]
    path.write_bytes(b"\n".join(lines))


@pytest.mark.parametrize("spoil", [_is_a_folder, _is_a_pipe, _is_damaged])
def test_a_journal_that_cannot_be_used_stops_nothing(
    run_build: RunBuild,
    engine: SqliteEngine,
    database: Path,
    spoil: Callable[[Path], None],
) -> None:
    spoil(journal(database))

    run_build()
    run_build()

    assert [run.outcome for run in runs(engine)] == ["published", "published"]
    assert len(table(database)) == 2


def test_a_journal_ends_somewhere(
    run_build: RunBuild, engine: SqliteEngine, database: Path
) -> None:
    many = (
        json.dumps(asdict(Run(f"{n:06}", "build", "then", outcome="failed")))
        for n in range(4 * MOST_RUNS)
    )
    journal(database).write_text("\n".join(many) + "\n")

    run_build()

    assert len(runs(engine)) == MOST_RUNS
    assert len(table(database)) == MOST_RUNS
    assert len(journal(database).read_text().splitlines()) == MOST_RUNS + 2
    assert journal(database).stat().st_mode & 0o777 == 0o600
