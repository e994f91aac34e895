"""Batches: what changed takes the place of what is held of it, and all else stays."""

import datetime as dt
import os
import resource
import shutil
import signal
import sqlite3
import tempfile
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.__main__ import main
from pipeline.build import BuildRequest
from pipeline.dbt.project import find_project
from pipeline.errors import PipelineError
from pipeline.raw_files.contract import RAW_TABLES
from pipeline.warehouse import engine_for
from pipeline.warehouse.append import Area
from pipeline.warehouse.sqlite.engine import SqliteEngine
from pipeline.warehouse.sqlite.reader import SqliteReader
from tests.batch_shop import (
    FIRST,
    MANY_KINDS,
    RawNights,
    Shop,
    after,
    batches,
    check_nights,
    check_whole_builds,
    write_batch,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(nights=st.lists(batches(), min_size=1, max_size=4))
def test_any_batches_leave_what_the_rule_says(nights: list[Shop]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = engine_for("sqlite", f"{folder}/shop.db")
        check_nights(engine, Path(folder), [FIRST, *nights, nights[-1]])


NO_LINES: Shop = {
    **FIRST,
    "raw_orders": [("O1", "C1", "2024-03-01", "paid", "", "", "")],
    "raw_order_items": [],
}


@pytest.fixture
def raw(tmp_path: Path) -> RawNights:
    """Raw tables with the first shop in them."""
    nights = RawNights(engine_for("sqlite", str(tmp_path / "shop.db")))
    nights.build(write_batch(tmp_path / "first", FIRST), is_batch=False)
    return nights


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err.splitlines()[-1]


def build(database: Path, *arguments: object) -> int:
    return main(["build", "--database", str(database), *map(str, arguments)])


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        (
            {"raw_order_items": FIRST["raw_order_items"]},
            "half a batch: 0 rows in raw_orders and 5 in raw_order_items",
        ),
        (
            {"raw_orders": FIRST["raw_orders"]},
            "half a batch: 6 rows in raw_orders and 0 in raw_order_items",
        ),
        (NO_LINES, "half a batch: 1 rows in raw_orders and 0 in raw_order_items"),
        (
            FIRST,
            "half a batch: raw_order_items has lines of order 'O9' that raw_orders",
        ),
        (
            {**FIRST, "raw_orders": FIRST["raw_orders"][3:]},
            "raw_order_items has lines of 3 orders, from 'O1' to 'O9', that raw_orders",
        ),
    ],
)
def test_half_a_batch_is_refused_and_changes_nothing(
    raw: RawNights,
    tmp_path: Path,
    batch: Shop,
    expected: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    database = Path(raw.engine.location)
    before = database.read_bytes()
    folder = write_batch(tmp_path / "batch", batch)

    assert build(database, "--append", folder) == 1

    assert expected in last_line(capsys)
    assert database.read_bytes() == before
    assert not database.with_name("shop.db.building").exists()


@pytest.mark.parametrize("holds_demo", [False, True])
def test_a_batch_needs_a_shop_of_ones_own_to_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, holds_demo: bool
) -> None:
    database = tmp_path / "shop.db"
    if holds_demo:
        with closing(sqlite3.connect(database)) as connection:
            connection.execute(
                "create table raw_loads as select 'raw_orders' as raw_table, "
                "'demo' as source, 'seeds' as origin, 1 as row_count, '' as loaded_at"
            )
    folder = write_batch(tmp_path / "batch", MANY_KINDS[0])

    assert build(database, "--append", folder) == 1

    line = last_line(capsys)
    assert ("holds the demo shop" if holds_demo else "holds no shop yet") in line
    assert line.endswith("begin with everything: build --raw DIR")
    assert database.exists() == holds_demo


def test_a_folder_without_raw_files_is_no_batch_and_one_without_rows_is(
    raw: RawNights, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "nothing").mkdir()

    assert build(Path(raw.engine.location), "--append", tmp_path / "nothing") == 1

    assert "has no raw file; expected one of raw_customers" in last_line(capsys)
    # A shop may sell nothing on a day.
    quiet: Shop = {"raw_orders": [], "raw_order_items": []}
    raw.build(write_batch(tmp_path / "quiet", quiet), is_batch=True)
    assert raw.reporter.lines[-1] == "batch 2: no rows"


def test_which_folder_a_batch_is_must_be_clear(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "shop.db"

    assert build(database, "--append") == 1
    assert "--append needs a folder, or --from" in last_line(capsys)
    assert build(database, "--append", "a", "--raw", "b") == 1
    assert "--raw replaces everything" in last_line(capsys)
    assert build(database, "--append", "a", "--from", "shopify", "b") == 1
    assert "expected one folder with its export" in last_line(capsys)


@pytest.mark.parametrize(
    "arguments", [("--append", "{}", "--from", "shopify"), ("--append", "--from")]
)
def test_an_export_of_a_platform_can_be_a_batch(
    raw: RawNights, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    folder = Path(__file__).parents[1] / "exports" / "shopify"
    given = [argument.format(folder) for argument in arguments]
    if given[-1] == "--from":
        given += ["shopify", str(folder)]

    def build_raw(_: object, __: object, request: BuildRequest, ___: object) -> None:
        raw.run(request)
        raise PipelineError("the models are left out")  # after the rename: a warning

    monkeypatch.setattr("pipeline.commands.build.build", build_raw)
    assert build(Path(raw.engine.location), *given) == 0

    batch = raw.engine.published_batches()[-4:]
    assert {(each.batch_id, each.platform) for each in batch} == {(2, "shopify")}
    assert all(str(folder) in each.origin for each in batch)
    loads = {load.raw_table: load for load in raw.engine.published_loads()}
    for each in batch:
        first = len(FIRST[each.raw_table])
        assert each.row_count == each.new_rows > 0
        assert loads[each.raw_table].row_count == first + each.row_count


def test_a_late_a_repeated_and_an_emptying_batch_are_said_to_be(
    raw: RawNights, tmp_path: Path
) -> None:
    late: Shop = {
        "raw_orders": [
            ("O1", "C1", "2024-01-30", "paid", "", "", ""),
            ("O7", "C1", "2024-01-31", "paid", "", "", ""),
        ],
        "raw_order_items": [("I7", "O7", "P1", "1", "2.50", "")],
    }
    raw.build(write_batch(tmp_path / "late", late), is_batch=True)
    raw.build(tmp_path / "late", is_batch=True)

    said = "\n".join(raw.reporter.lines)
    assert (
        "batch 2: raw_orders 1 new of 2 rows, in the place of 1; raw_order_items 1 new "
        "of 1 rows, in the place of 2"
    ) in said
    assert "orders of the batch that had lines have none any more: O1" in said
    assert (
        "a late batch: its latest order is of 2024-01-31, and the warehouse has orders "
        "until 2024-02-01"
    ) in said
    assert said.count("these are the files of batch 2 once more") == 1
    assert "batch 3: raw_orders 0 new of 2 rows, in the place of 2" in said


def test_numbers_of_batches_do_not_hang_on_the_clock(
    raw: RawNights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Past(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> "Past":
            return cls(1999, 1, 1, tzinfo=tz)

    monkeypatch.setattr("pipeline.batches.datetime", Past)
    raw.build(write_batch(tmp_path / "one", MANY_KINDS[0]), is_batch=True)
    raw.build(write_batch(tmp_path / "two", MANY_KINDS[2]), is_batch=True)

    batches = raw.engine.published_batches()
    assert [each.batch_id for each in batches[::4]] == [1, 2, 3]
    assert batches[-1].loaded_at == "1999-01-01T00:00:00+00:00"


def test_a_warehouse_from_before_batches_takes_them(
    raw: RawNights, tmp_path: Path
) -> None:
    """It has no ledger, and lacks columns that the contract has by now."""
    with closing(sqlite3.connect(raw.engine.location)) as connection:
        connection.execute("drop table raw_batches")
        for table in RAW_TABLES:
            connection.execute(f"alter table {table.name} drop column batch_id")
        connection.execute("alter table raw_orders drop column tax")
        connection.execute("alter table raw_orders drop column shipping")
        reader = SqliteReader(raw.engine.published)
        connection.execute(
            "update raw_loads set table_hash = ? where raw_table = 'raw_orders'",
            (reader.table_hash("raw_orders"),),
        )
        reader.close()
        connection.commit()

    raw.build(write_batch(tmp_path / "batch", MANY_KINDS[0]), is_batch=True)

    expected = after(FIRST, MANY_KINDS[0])
    for table in RAW_TABLES:
        rows = Counter(
            tuple(value or None for value in row) for row in expected[table.name]
        )
        assert raw.rows(table.name) == rows
    assert raw.read(
        "select batch_id, count(*) from raw_orders group by 1 order by 1"
    ) == [(1, len(expected["raw_orders"]) - 4), (2, 4)]
    ledger = raw.engine.published_batches()
    assert [each.kind for each in ledger] == ["full"] * 4 + ["append"] * 4


def test_a_batch_is_appended_to_rows_that_are_as_they_were_loaded(
    raw: RawNights, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(raw.engine.location)) as connection:
        connection.execute("update raw_orders set status = 'x' where order_id = 'O2'")
        connection.commit()

    with pytest.raises(PipelineError, match=r"raw_orders in .* changed since loaded"):
        raw.build(write_batch(tmp_path / "batch", MANY_KINDS[0]), is_batch=True)


def test_a_file_that_changes_while_it_is_read_changes_nothing(
    raw: RawNights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_batch(tmp_path / "batch", MANY_KINDS[0])
    take_over = raw.engine.carry_over

    def changed_meanwhile(*what: Any) -> dict[str, int]:
        path = folder / "raw_orders.csv"
        path.write_text(path.read_text().replace("EUR", "USD"))
        return take_over(*what)

    monkeypatch.setattr(raw.engine, "carry_over", changed_meanwhile)
    before = Path(raw.engine.location).read_bytes()
    with pytest.raises(PipelineError, match=r"raw_orders\.csv changed while it was"):
        raw.build(folder, is_batch=True)

    assert Path(raw.engine.location).read_bytes() == before


@pytest.mark.parametrize(
    ("owner", "moment"),
    [(Area, "delete"), (SqliteEngine, "write_table"), (SqliteEngine, "publish")],
)
def test_a_batch_that_is_killed_leaves_nothing_and_can_come_again(
    raw: RawNights, tmp_path: Path, owner: type, moment: str
) -> None:
    folder = write_batch(tmp_path / "batch", MANY_KINDS[0])
    before = Path(raw.engine.location).read_bytes()
    child = os.fork()
    if child == 0:
        setattr(owner, moment, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
        with suppress(BaseException):
            raw.build(folder, is_batch=True)
        os._exit(1)
    _, status = os.waitpid(child, 0)

    assert os.WIFSIGNALED(status)
    assert Path(raw.engine.location).read_bytes() == before
    raw.build(folder, is_batch=True)
    assert [each.batch_id for each in raw.engine.published_batches()[::4]] == [1, 2]
    rows = after(FIRST, MANY_KINDS[0])["raw_order_items"]
    assert sum(raw.rows("raw_order_items").values()) == len(rows)


def test_a_disk_that_is_full_leaves_nothing_of_a_batch(
    raw: RawNights, tmp_path: Path
) -> None:
    many = [(f"C{n}", "Ann" * 30, "", "", "", "", "") for n in range(2_000)]
    folder = write_batch(tmp_path / "batch", {"raw_customers": many})
    database = Path(raw.engine.location)
    before = database.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 50_000, limits[1]))
    try:
        with pytest.raises(PipelineError, match="free some disk space"):
            raw.build(folder, is_batch=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert database.read_bytes() == before
    assert not database.with_name("shop.db.building").exists()
    raw.build(folder, is_batch=True)
    assert sum(raw.rows("raw_customers").values()) == 2_000


def test_two_batches_do_not_come_at_once(raw: RawNights, tmp_path: Path) -> None:
    folder = write_batch(tmp_path / "batch", MANY_KINDS[0])

    with (
        SqliteEngine(raw.engine.location).lock(),
        pytest.raises(PipelineError, match="another build or load of"),
    ):
        raw.build(folder, is_batch=True)


def test_a_warehouse_that_grew_by_batches_equals_a_full_load(tmp_path: Path) -> None:
    engine = engine_for("sqlite", str(tmp_path / "shop.db"))

    check_whole_builds(engine, tmp_path)

    shutil.rmtree(find_project(None).target_path(engine.build_location))
