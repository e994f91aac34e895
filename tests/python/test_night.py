"""A night loads what can be loaded, and whatever happens nothing is lost.

A few tables stand in for dbt's models: nothing here is about them.
"""

import os
import shutil
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from generator.command_line import main as generate
from pipeline import build as builds
from pipeline import night as nights
from pipeline import notify
from pipeline.__main__ import main
from pipeline.dbt.run import DbtBuild
from pipeline.runs import runs
from pipeline.warehouse.engine import Engine, file_lock
from pipeline.warehouse.sqlite.engine import SqliteEngine
from tests.batch_shop import Shop as Rows
from tests.batch_shop import write_batch
from tests.python.sample_exports import EXPORTS
from tests.torture import generations
from tests.unattended_nights import Shop

# `python -m pipeline`, with a few tables in the place of the models.
WITHOUT_MODELS = (
    *(sys.executable, "-c"),
    "import sys; from pipeline.__main__ import main; "
    "from tests.torture.generations import replace_models; "
    "replace_models(); sys.exit(main())",
)
# Of this customer's orders the models make nothing.
POISON = "nobody"


def order(number: str, customer: str = "C1", quantity: str = "1") -> Rows:
    """An order of one line."""
    return {
        "raw_orders": [(number, customer, "2024-02-01", "paid", "", "", "")],
        "raw_order_items": [(f"{number}-1", number, "P1", quantity, "2.50", "")],
    }


HALF: Rows = {"raw_orders": order("O9")["raw_orders"]}


class Folder:
    """An inbox and a warehouse beside it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "inbox"
        self.path.mkdir()
        self.engine = SqliteEngine(str(folder / "shop.db"))

    def drop(self, name: str, batch: Rows) -> Path:
        """Put a complete batch into it."""
        folder = write_batch(self.path / name, batch)
        (folder / nights.COMPLETE).touch()
        return folder

    def night(self, *options: str) -> int:
        """Run the command."""
        database = ("--target", "sqlite", "--database", str(self.engine.path))
        return main(["night", str(self.path), *database, *options])

    def quantities(self) -> dict[str, str]:
        """What is published: of each order the quantity of its line."""
        with closing(sqlite3.connect(self.engine.path)) as connection:
            return dict(
                connection.execute("select order_id, quantity from raw_order_items")
            )

    def there(self, *parts: str) -> list[str]:
        """The names in one of its folders, without those that are hidden."""
        folder = self.path.joinpath(*parts)
        paths = folder.iterdir() if folder.exists() else ()
        return sorted(path.name for path in paths if not path.name.startswith("."))


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """An inbox, and nothing published yet."""
    generations.replace_models(monkeypatch.setattr)
    few_tables = builds._run_models

    def run_models(engine: Engine, *rest: object) -> DbtBuild:
        found = few_tables(engine, *rest)  # type: ignore[arg-type]
        if engine.query(f"select 1 from raw_orders where customer_id = '{POISON}'"):
            raise builds.BuildFailedError("test t failed: it is", kind="test t failed")
        return found

    monkeypatch.setattr(builds, "_run_models", run_models)
    return Folder(tmp_path)


@pytest.fixture
def inbox(empty: Folder, tmp_path: Path) -> Folder:
    """An inbox, and a shop of one order."""
    raw = write_batch(tmp_path / "first", order("O1"))
    assert main(["build", "--raw", str(raw), "--database", str(empty.engine.path)]) == 0
    return empty


def test_all_batches_are_loaded_in_the_order_of_their_names_in_one_build(
    inbox: Folder,
) -> None:
    inbox.drop("2024-02-03", order("O2", quantity="3"))
    inbox.drop("2024-02-02", order("O2", quantity="2"))
    inbox.drop("2024-02-02-again", order("O3"))

    assert inbox.night() == 0

    assert inbox.quantities() == {"O1": "1", "O2": "3", "O3": "1"}
    assert inbox.there() == ["done"]
    assert inbox.there("done") == ["2024-02-02", "2024-02-02-again", "2024-02-03"]
    assert [run.outcome for run in runs(inbox.engine)] == ["published", "published"]
    ledger = inbox.engine.published_batches()
    origins = {each.batch_id: Path(each.origin).name for each in ledger}
    assert list(origins.items()) == [
        *((1, "first"), (2, "2024-02-02")),
        *((3, "2024-02-02-again"), (4, "2024-02-03")),
    ]


def test_a_broken_batch_is_refused_with_its_reason_and_the_others_are_loaded(
    inbox: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    inbox.drop("1", order("O2"))
    inbox.drop("2", HALF)
    (inbox.drop("3", order("O4")) / "raw_orders.csv").write_text("order_id\nO4\n")
    inbox.drop("4", order("O5"))

    assert inbox.night() == 3

    assert list(inbox.quantities()) == ["O1", "O2", "O5"]
    assert (inbox.there("done"), inbox.there("refused")) == (["1", "4"], ["2", "3"])
    reason = inbox.path / "refused" / "2" / nights.REASON
    assert "half a batch: 1 rows in raw_orders" in reason.read_text()
    assert reason.stat().st_mode & 0o777 == 0o600
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("night failed: 2 of 4 batches refused: ")
    assert f"2, 3; they are in {inbox.path / 'refused'}, each with" in last


@pytest.mark.parametrize("others", [0, 1, 4])
def test_a_batch_that_the_models_fail_with_is_refused(
    inbox: Folder, others: int
) -> None:
    inbox.drop("b", order("O9", POISON))
    for number in range(others):
        inbox.drop(f"{'ac'[number % 2]}{number}", order(f"O{number}", quantity="2"))

    assert inbox.night() == 3

    assert inbox.there("refused") == ["b"]
    assert len(inbox.there("done")) == others
    assert "O9" not in inbox.quantities()
    assert len(inbox.quantities()) == max(others, 1) + (others == 1)
    assert inbox.night() == 0


def test_what_no_batch_is_to_blame_for_lets_all_of_them_wait(
    inbox: Folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = inbox.engine.path.read_bytes()
    for name in ("1", "2", "3"):
        inbox.drop(name, order(f"O{name}", quantity="2"))

    def fail(*_: object) -> DbtBuild:
        raise builds.BuildFailedError("model m failed: no space", kind="model m failed")

    with monkeypatch.context() as broken:
        broken.setattr(builds, "_run_models", fail)
        assert inbox.night() == 1

    assert inbox.there() == ["1", "2", "3"]
    assert inbox.engine.path.read_bytes() == before
    assert "night failed: model m failed" in capsys.readouterr().err.splitlines()[-1]
    assert inbox.night() == 0
    assert inbox.there("done") == ["1", "2", "3"]


def test_a_batch_that_is_still_written_waits_and_so_do_those_after_it(
    inbox: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    inbox.drop("1", order("O2"))
    write_batch(inbox.path / "2", order("O3"))
    inbox.drop("3", order("O3", quantity="3"))

    assert inbox.night("--list") == 0
    assert capsys.readouterr().out == "1\n"
    assert inbox.night() == 0
    assert inbox.there() == ["2", "3", "done"]
    assert f"{inbox.path / '2'} may still be written" in capsys.readouterr().err
    # An old time of modification, as a copy may have, does not say that it is complete.
    for path in (inbox.path / "2").iterdir():
        os.utime(path, (0, 0))
    assert inbox.night() == 0
    assert inbox.there() == ["2", "3", "done"]

    assert inbox.night("--settle", "0") == 0
    assert inbox.quantities()["O3"] == "3"
    assert inbox.there() == ["done"]


@pytest.mark.parametrize(("later", "waits"), [(599, True), (601, False), (-601, False)])
def test_a_batch_is_complete_when_it_was_left_alone_for_ten_minutes(
    inbox: Folder, later: int, waits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_batch(inbox.path / "1", order("O2"))
    now = time.time()
    monkeypatch.setattr(nights.time, "time", lambda: now + later)

    assert inbox.night() == 0

    assert inbox.there() == (["1"] if waits else ["done"])


def test_nights_that_nobody_attends_end_as_a_full_load(tmp_path: Path) -> None:
    days = tmp_path / "days"
    few = ("--customers", "60", "--products", "20", "--start", "2025-06-01")
    assert generate([*few, "--days", "4", "--out", str(days)]) == 0
    shop = Shop(tmp_path, days, "sqlite", WITHOUT_MODELS)

    nights = list(shop.nights(kills={2: "took over"}))

    assert [(night.kind, night.exit_code) for night in nights] == [
        *(("day", 0), ("day", -signal.SIGKILL), ("again", 0), ("day", 0)),
        *(("broken", 3), ("mended", 0)),
    ]
    assert [night for night in nights if not night.is_as_it_should] == []
    left = {place: len(batches) for place, batches in shop.left().items()}
    assert left == {".": 0, "done": 5, "refused": 1}
    assert "tables are equal" in shop.compare_with_a_full_load()


def test_people_are_told_once_a_night(
    inbox: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[notify.Message] = []
    monkeypatch.setattr(notify, "tell", lambda message, *_: messages.append(message))
    inbox.drop("1", HALF)
    inbox.drop("2", order("O8", POISON))
    inbox.drop("3", order("O3"))

    assert inbox.night() == 3

    (message,) = messages
    assert (message.kind, message.title) == ("failure", "shop.db: the night failed")
    assert "Why: 2 of 3 batches refused." in message.body
    assert "All else is published." in message.body
    assert inbox.night() == 0
    assert len(messages) == 1
    inbox.drop("4", HALF)
    assert inbox.night() == 3
    assert "Nothing was published" in messages[1].body


def test_an_empty_inbox_is_built_with_what_is_held(inbox: Folder) -> None:
    assert inbox.night() == 0

    assert [run.command for run in runs(inbox.engine)] == ["build", "build"]
    assert inbox.quantities() == {"O1": "1"}


def test_a_first_shop_is_not_a_batch(
    empty: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    empty.drop("1", order("O2"))

    assert empty.night() == 1

    assert "begin with everything: build --raw DIR" in capsys.readouterr().err
    assert empty.there() == ["1"]
    assert not empty.engine.path.exists()


def test_of_two_nights_at_once_one_stops(
    inbox: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    inbox.drop("1", order("O2"))

    with file_lock(inbox.path / ".lock", "the inbox"):
        assert inbox.night() == 1
    assert "another build or load" in capsys.readouterr().err
    with inbox.engine.lock():
        assert inbox.night() == 1
    assert inbox.there() == ["1"]


def test_a_name_that_comes_again_replaces_no_batch(inbox: Folder) -> None:
    for quantity in ("2", "3"):
        inbox.drop("1", order("O2", quantity=quantity))
        assert inbox.night() == 0
        inbox.drop("2", HALF)
        assert inbox.night() == 3

    assert inbox.there("done") == ["1", "1.2"]
    assert inbox.there("refused") == ["2", "2.2"]
    assert inbox.quantities()["O2"] == "3"


def test_what_cannot_be_moved_is_said_and_loaded_again(
    inbox: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    inbox.drop("1", order("O2"))
    (inbox.path / "done").touch()

    assert inbox.night() == 1
    assert "cannot be moved to" in capsys.readouterr().err.splitlines()[-1]
    assert inbox.quantities() == {"O1": "1", "O2": "1"}
    (inbox.path / "done").unlink()
    assert inbox.night() == 0
    assert inbox.there("done") == ["1"]


def test_what_is_no_batch_is_said_and_stays(
    inbox: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    (inbox.path / "raw_orders.csv").touch()
    (inbox.path / ".upload").mkdir()

    assert inbox.night() == 0
    assert "raw_orders.csv is in no batch's folder" in capsys.readouterr().err
    inbox.path = inbox.path / "raw_orders.csv"
    assert inbox.night() == 1
    assert "is no folder" in capsys.readouterr().err


def test_batches_may_be_exports_of_a_platform(
    inbox: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(EXPORTS / "shopify", inbox.path / "1")
    (inbox.path / "2").mkdir()
    (inbox.path / "2" / "orders_export.csv").write_text("what is this\n")

    assert inbox.night("--from", "nothing", "--settle", "0") == 1
    assert inbox.there() == ["1", "2"]
    assert inbox.night("--from", "shopify", "--settle", "0") == 3

    assert inbox.there("done") == ["1"]
    assert inbox.there("refused") == ["2"]
    assert len(inbox.quantities()) > 1
