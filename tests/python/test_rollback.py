"""Going back to an earlier version: which ones stay, and that none is ever lost.

tests/torture kills a rollback, and lets it fail, at each of its file operations.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.warehouse import kept_files
from tests.versions import all_versions, publish_version, publish_versions, version_of

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = int(os.environ.get("DWH_KILLS", "4"))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


def rollback(database: Path, *arguments: str) -> int:
    place = ("--target", "sqlite", "--database", str(database))
    return main(["rollback", *arguments, *place])


def beside(database: Path) -> set[str]:
    found = database.parent.glob(f"{database.name}*")
    return {path.name.removeprefix(database.name) for path in found}


def test_as_many_versions_stay_as_are_asked_for(database: Path) -> None:
    engine = publish_versions("sqlite", database, 1, 2, 3, 4, 5)
    assert all_versions(engine) == [5, 4, 3, 2]
    assert beside(database) == {
        *("", ".lock", ".previous", ".previous.2", ".previous.3"),
    }

    publish_version(engine, 6, keep_versions=1)
    assert all_versions(engine) == [6, 5]

    for number in range(7, 20):
        publish_version(engine, number, keep_versions=9)
    assert all_versions(engine) == list(range(19, 9, -1))

    publish_version(engine, 20, keep_versions=0)
    assert beside(database) == {"", ".lock"}


def test_going_back_and_forward_again_loses_no_version(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = publish_versions("sqlite", database, 1, 2, 3, 4)

    assert rollback(database, "2") == 0
    assert all_versions(engine) == [2, 4, 3, 1]
    assert "published the version built at day 2 again" in capsys.readouterr().err

    assert rollback(database) == 0
    assert all_versions(engine) == [4, 2, 3, 1]
    assert rollback(database, "3") == 0
    assert all_versions(engine) == [1, 4, 2, 3]

    publish_version(engine, 5)
    assert all_versions(engine) == [5, 1, 4, 2]


def test_the_list_tells_each_version(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish_versions("sqlite", database, 1, 2, 3)
    database.with_name("shop.db.previous").write_bytes(b"no database at all" * 99)

    assert rollback(database, "--list") == 0

    listed = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    assert [line[:1] for line in listed] == [["published"], ["1"], ["2"]]
    assert listed[0][1:5] == ["day", "3", "shop", "3"]
    assert "no SQLite database" in " ".join(listed[1])
    assert float(listed[2][-1]) == pytest.approx(
        database.stat().st_size / 1e6, abs=0.06
    )


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err.splitlines()[-1]


def test_what_cannot_be_gone_back_to_is_said_in_one_line(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rollback(database) == 1
    assert last_line(capsys).startswith(
        f"rollback failed: no version before the published one is kept of {database}"
    )
    engine = publish_versions("sqlite", database, 1, 2, 3)
    whole = database.read_bytes()

    for number in ("3", "0", "-1"):
        assert rollback(database, number) == 1
        assert f"there is no version {number} of {database}" in last_line(capsys)

    kept = database.with_name("shop.db.previous")
    pages = kept.read_bytes()
    kept.write_bytes(pages[:8192] + os.urandom(4096) + pages[12288:])
    assert rollback(database) == 1
    assert "version 1 is damaged" in last_line(capsys)

    kept.write_bytes(b"")
    assert rollback(database) == 1
    assert "version 1 is damaged" in last_line(capsys)

    assert database.read_bytes() == whole
    assert rollback(database, "2") == 0
    newest, damaged = engine.kept_versions()
    assert [version_of(engine.published), version_of(newest)] == [1, 3]
    assert damaged.path.read_bytes() == b""


def test_another_builds_lock_stops_it(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = publish_versions("sqlite", database, 1, 2)

    with engine.lock():
        assert rollback(database) == 1

    assert "another build or load" in last_line(capsys)
    assert all_versions(engine) == [2, 1]


def test_readers_keep_the_version_they_opened(database: Path) -> None:
    engine = publish_versions("sqlite", database, 1, 2)
    query = "select distinct n from fct_orders"
    with closing(sqlite3.connect(database)) as reader:
        reader.execute("begin")
        assert reader.execute(query).fetchall() == [(2,)]

        assert rollback(database) == 0

        assert reader.execute(query).fetchall() == [(2,)]
    assert all_versions(engine) == [1, 2]


@pytest.mark.parametrize("damage", [b"SQLite format 3\0 and then nothing", b"", None])
def test_a_damaged_published_file_can_be_left_behind(
    database: Path, damage: bytes | None
) -> None:
    engine = publish_versions("sqlite", database, 1, 2)
    if damage is None:
        database.unlink()
    else:
        database.write_bytes(damage)

    assert rollback(database) == 0

    assert version_of(engine.published) == 1
    publish_version(engine, 3)
    assert version_of(engine.published) == 3


@pytest.mark.parametrize("damage", [b"\xc3nteger", b") \x86\x87\x88\x89\x8a"])
def test_a_published_file_whose_schema_is_no_text_can_be_left_behind(
    database: Path, damage: bytes
) -> None:
    engine = publish_versions("sqlite", database, 1, 2)
    whole = database.read_bytes()
    assert b"integer" in whole
    database.write_bytes(whole.replace(b"integer", damage))

    assert rollback(database) == 0

    assert version_of(engine.published) == 1


KILLED_WRITER = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute(f"pragma journal_mode = {sys.argv[2]}")
connection.execute("pragma cache_size = 1")
connection.execute("begin immediate")
connection.execute("update fct_orders set n = 99, t = hex(randomblob(500))")
if sys.argv[2] == "wal":
    connection.execute("commit")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_what_a_killed_writer_left_beside_a_version_meets_no_other(
    database: Path, mode: str
) -> None:
    """It is brought into its own file, whichever name that file goes by next."""
    engine = publish_versions("sqlite", database, 1, 2, 3)
    kept = database.with_name("shop.db.previous")
    for path in (database, kept):
        run = subprocess.run(
            [sys.executable, "-c", KILLED_WRITER, path, mode], check=False
        )
        assert run.returncode == -signal.SIGKILL
    suffix = "-wal" if mode == "wal" else "-journal"
    assert {suffix, f".previous{suffix}"} <= beside(database)

    assert rollback(database, "2") == 0

    assert not any(name.endswith(suffix) for name in beside(database))
    if mode == "delete":
        assert all_versions(engine) == [1, 3, 2]
    query = "select distinct n from fct_orders"
    for path, number in ((database, 1), (kept, 99 if mode == "wal" else 3)):
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("pragma journal_mode").fetchone() == ("delete",)
            assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
            assert connection.execute(query).fetchall() == [(number,)]


def test_a_file_system_without_links_keeps_copies(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(kept_files.os, "link", refuse)
    engine = publish_versions("sqlite", database, 1, 2, 3, 4, 5)
    assert all_versions(engine) == [5, 4, 3, 2]

    assert rollback(database, "3") == 0

    assert all_versions(engine) == [2, 5, 4, 3]


def test_kept_versions_are_as_private_as_the_published_one(database: Path) -> None:
    publish_versions("sqlite", database, 1, 2)
    database.chmod(0o640)

    assert rollback(database) == 0

    assert database.stat().st_mode & 0o777 == 0o640
    kept = database.with_name("shop.db.previous")
    assert kept.stat().st_mode & 0o777 == 0o640


WANDERER = """
import random, sys
from pipeline.rollback import rollback
from pipeline.terminal.progress import Reporter
from pipeline.warehouse.sqlite.engine import SqliteEngine

engine = SqliteEngine(sys.argv[1])
chance = random.Random(int(sys.argv[2]))
while True:
    rollback(engine, chance.randint(1, 3), Reporter())
    print("done", flush=True)
"""


def test_a_rollback_killed_at_any_moment_loses_no_version(database: Path) -> None:
    engine = publish_versions("sqlite", database, 1, 2, 3, 4)
    moments = random.Random(14)  # noqa: S311
    for round_ in range(ROUNDS * 3):
        wanderer = subprocess.Popen(
            [sys.executable, "-c", WANDERER, str(database), str(round_)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert wanderer.stdout is not None
        assert wanderer.stdout.readline() == "done\n"
        time.sleep(moments.uniform(0, 0.1))
        wanderer.kill()
        wanderer.communicate()

        # Readers see a whole version at once, without anybody's help.
        assert all_versions(engine)[0] in (1, 2, 3, 4)
        with engine.exclusive_use():
            pass
        assert sorted(all_versions(engine)) == [1, 2, 3, 4]
