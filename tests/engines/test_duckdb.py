"""The DuckDB engine loads, builds and publishes what the SQLite engine does."""

import gzip
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.__main__ import main
from pipeline.build import BuildRequest, build
from pipeline.build_record import BuildSummary
from pipeline.dbt.project import Project
from pipeline.errors import PipelineError
from pipeline.raw_files.contract import RAW_TABLES
from pipeline.terminal.progress import LogReporter
from pipeline.warehouse import open_reader
from pipeline.warehouse.duckdb.engine import DuckdbEngine
from pipeline.warehouse.errors import UnreadableError
from pipeline.warehouse.location import Location
from tests.file_modes import watched
from tests.small_project import ROOT
from tests.small_shop import SMALL_SHOP, WriteShop, all_columns, as_loaded
from tests.versions import all_versions, publish_version

Rows = list[tuple[object, ...]]


def read(database: Path, sql: str) -> Rows:
    connection = duckdb.connect(str(database), read_only=True)
    try:
        return list(connection.execute(sql).fetchall())
    finally:
        connection.close()


def load(folder: Path, database: Path) -> int:
    return main(
        ["load", str(folder), "--database", str(database), "--target", "duckdb"]
    )


def test_every_field_is_loaded_as_text_and_empty_fields_as_null(
    write_shop: WriteShop, tmp_path: Path
) -> None:
    database = tmp_path / "dwh.duckdb"

    assert load(write_shop(), database) == 0

    for table in RAW_TABLES:
        assert read(database, all_columns(table.name)) == as_loaded(table.name)
        types = read(
            database,
            "select column_name, data_type from information_schema.columns "
            f"where table_name = '{table.name}' order by ordinal_position",
        )
        text = [(column, "VARCHAR") for column in table.columns]
        assert types == [*text, ("batch_id", "BIGINT")]
    loads = read(database, "select raw_table, source, row_count from raw_loads")
    assert loads == [
        (table, "load", len(rows) - 1) for table, rows in SMALL_SHOP.items()
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"Status , ORDER_DATE,x,order_id\r\npaid,2024-01-01,y,O1\r\n,2024-01-02,,O2",
        b"order_id,order_date\nO1,2024-01-01\r\nO2,2024-01-02\n",
        b"order_id,order_date\nO1,2024-01-01\nO2,2024-01-02\n\n\r\n\n",
        b'\xef\xbb\xbforder_id,order_date\n"O""1\r\n,","2024-01-01"\n"",null\n',
        b"order_id,order_date\nO1," + b"x" * 3_000_000 + b"\nO2,2024-01-02\n",
        b'"order_id","order_date"\nO1, a b \nO2,#x\n',
        "order_id,order_date\nÖ1,😀\nO2,\u2028\x85\x0b\n".encode(),
    ],
)
@pytest.mark.parametrize("compressed", [False, True])
def test_duckdb_reads_a_file_as_sqlite_reads_it(
    write_shop: WriteShop, tmp_path: Path, data: bytes, *, compressed: bool
) -> None:
    folder = write_shop(raw_orders=None)
    if compressed:
        (folder / "raw_orders.csv.gz").write_bytes(gzip.compress(data))
    else:
        (folder / "raw_orders.csv").write_bytes(data)
    database, other = tmp_path / "dwh.duckdb", tmp_path / "dwh.db"

    assert load(folder, database) == 0
    assert main(["load", str(folder), "--database", str(other)]) == 0

    with closing(sqlite3.connect(other)) as connection:
        expected = connection.execute(all_columns("raw_orders")).fetchall()
    assert read(database, all_columns("raw_orders")) == expected
    assert len(expected) == 2


def test_parquet_loads_like_csv(write_shop: WriteShop, tmp_path: Path) -> None:
    folder = write_shop(raw_orders=None)
    header, *rows = SMALL_SHOP["raw_orders"]
    columns = dict(zip(header, zip(*rows, strict=True), strict=True))
    pq.write_table(pa.table(columns), folder / "raw_orders.parquet")
    database = tmp_path / "dwh.duckdb"

    assert load(folder, database) == 0

    assert read(database, all_columns("raw_orders")) == as_loaded("raw_orders")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"order_id,order_date\nO1\n", "line 2: 1 field; expected 2 fields"),
        (b'order_id,order_date\nO1,a"b\n', "line 2: a quote inside a field"),
        (b"order_id,order_date\nO1,a\x00b\n", "line 2: a NUL byte"),
    ],
)
def test_what_is_refused_is_refused_on_duckdb_too(
    write_shop: WriteShop,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    data: bytes,
    message: str,
) -> None:
    database = tmp_path / "dwh.duckdb"
    assert load(write_shop("good"), database) == 0
    before = database.read_bytes()

    assert load(write_shop("bad", raw_orders=data), database) == 1

    assert message in capsys.readouterr().err.splitlines()[-1]
    assert database.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\x00" + b"x" * 5000])
def test_a_target_that_is_no_duckdb_file_is_refused(
    write_shop: WriteShop,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: bytes,
) -> None:
    database = tmp_path / "dwh.duckdb"
    database.write_bytes(content)

    assert load(write_shop(), database) == 1

    assert "is no DuckDB database" in capsys.readouterr().err.splitlines()[-1]
    assert database.read_bytes() == content


@pytest.mark.parametrize("folder", ["disk 1", "read-only"])
def test_a_damaged_file_is_damaged_whatever_its_folder_is_called(
    tmp_path: Path, folder: str
) -> None:
    database = tmp_path / folder / "dwh.duckdb"
    database.parent.mkdir()
    with closing(duckdb.connect(str(database))) as connection:
        connection.execute("create table raw_loads as select 1 as n")
    with database.open("r+b") as file:
        file.truncate(6_000)

    with pytest.raises(UnreadableError):
        open_reader(Location("duckdb", str(database)))

    database.unlink()
    with pytest.raises(UnreadableError, match="there is no such file"):
        open_reader(Location("duckdb", str(database)))


@pytest.mark.parametrize("name", ["back\\slash", os.fsdecode(b"caf\xe9")])
def test_a_path_that_duckdb_would_read_otherwise_is_refused(
    write_shop: WriteShop,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    folder = tmp_path / "databases"
    folder.mkdir()

    assert load(write_shop(), folder / name) == 1

    assert "cannot be a DuckDB database" in capsys.readouterr().err.splitlines()[-1]
    assert list(folder.iterdir()) == []


def test_a_database_of_another_program_is_refused(
    write_shop: WriteShop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "dwh.duckdb"
    connection = duckdb.connect(str(database))
    connection.execute("create table accounts (id integer)")
    connection.close()
    before = database.read_bytes()

    assert load(write_shop(), database) == 1

    assert (
        "is a database of another program (it holds accounts"
        in (capsys.readouterr().err.splitlines()[-1])
    )
    assert database.read_bytes() == before


@pytest.fixture
def database(small_project: Path) -> Path:
    for path in small_project.glob("shop.duckdb*"):
        path.unlink()
    return small_project / "shop.duckdb"


@pytest.fixture
def run_build(small_project: Path, database: Path) -> Callable[..., BuildSummary]:
    def run(raw: Path | None = None, failing: str = "no") -> BuildSummary:
        return build(
            DuckdbEngine(str(database)),
            Project(small_project, "1", {}, {"failing": failing}),
            BuildRequest(None if raw is None else str(raw)),
            LogReporter(sys.stderr),
        )

    return run


def orders(database: Path) -> list[object]:
    return [
        row[0] for row in read(database, "select order_id from FactOrders order by 1")
    ]


def test_a_build_is_published_with_one_rename_while_readers_stay(
    run_build: Callable[..., BuildSummary], database: Path, write_shop: WriteShop
) -> None:
    run_build()
    first = database.read_bytes()
    assert orders(database) == ["D1"]
    reader = subprocess.Popen(
        [
            *(sys.executable, "-c"),
            "import duckdb, sys\n"
            "connection = duckdb.connect(sys.argv[1], read_only=True)\n"
            "for line in sys.stdin:\n"
            "    print(*connection.execute('select order_id from FactOrders')"
            ".fetchall(), flush=True)",
            str(database),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdin is not None
    assert reader.stdout is not None

    def ask() -> str:
        assert reader.stdin is not None
        assert reader.stdout is not None
        reader.stdin.write("\n")
        reader.stdin.flush()
        return reader.stdout.readline()

    assert ask() == "('D1',)\n"
    run_build(write_shop())
    assert ask() == "('D1',)\n"
    reader.communicate()

    assert orders(database) == ["O1", "O2", "O3"]
    assert database.with_name("shop.duckdb.previous").read_bytes() == first
    assert {path.name for path in database.parent.glob("shop.duckdb*")} == {
        *("shop.duckdb", "shop.duckdb.lock", "shop.duckdb.previous"),
        "shop.duckdb.runs",
    }
    assert read(database, "select count(*) from build_tests") == [(2,)]
    keys = read(database, "select * from int_customer_keys order by 1")

    run_build()

    assert orders(database) == ["O1", "O2", "O3"]
    assert read(database, "select * from int_customer_keys order by 1") == keys


def test_a_build_is_private_from_its_first_byte(
    run_build: Callable[..., BuildSummary], database: Path, write_shop: WriteShop
) -> None:
    before = os.umask(0)
    try:
        with watched(database.parent) as modes:
            run_build(write_shop())
    finally:
        os.umask(before)

    made = {
        name: seen for name, seen in modes.items() if name.startswith(database.name)
    }
    assert {database.name, f"{database.name}.building"} <= set(made)
    assert {name: seen for name, seen in made.items() if seen != {0o600}} == {}


def test_a_failed_test_publishes_nothing(
    run_build: Callable[..., BuildSummary], database: Path, write_shop: WriteShop
) -> None:
    run_build()
    before = database.read_bytes()

    with pytest.raises(PipelineError, match="test orders_are_as_wanted failed"):
        run_build(write_shop(), failing="yes")

    assert database.read_bytes() == before


@pytest.mark.parametrize(
    ("bytes_left", "committed"), [(None, ["D1", "half"]), (60, ["D1"])]
)
def test_a_killed_writers_log_does_not_reach_the_new_file(
    run_build: Callable[..., BuildSummary],
    database: Path,
    bytes_left: int | None,
    committed: list[str],
) -> None:
    run_build()
    script = (
        "import duckdb, os, signal, sys\n"
        "connection = duckdb.connect(sys.argv[1])\n"
        "connection.execute(\"insert into FactOrders (order_id) values ('half')\")\n"
        "connection.execute('begin')\n"
        "connection.execute('delete from FactOrders')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    run = subprocess.run([sys.executable, "-c", script, database], check=False)
    assert run.returncode == -signal.SIGKILL
    log = database.with_name("shop.duckdb.wal")
    assert log.stat().st_size > 60
    if bytes_left is not None:
        os.truncate(log, bytes_left)

    # Without the lock it is only looked at.
    before = database.read_bytes(), log.read_bytes()
    DuckdbEngine(str(database)).check_published()
    assert (database.read_bytes(), log.read_bytes()) == before

    run_build()

    assert orders(database) == ["D1"]
    assert not log.exists()
    assert orders(database.with_name("shop.duckdb.previous")) == committed


def test_what_killed_processes_had_spilled_is_in_nobodys_way(tmp_path: Path) -> None:
    engine = DuckdbEngine(str(tmp_path / "dwh.duckdb"))

    def spill(suffix: str) -> None:
        folder = tmp_path / f"dwh.duckdb{suffix}.tmp"
        folder.mkdir()
        (folder / "duckdb_temp_1_0_storage_DEFAULT-0.tmp").touch()

    spill(".building")
    spill("")
    publish_version(engine, 1)
    publish_version(engine, 2)
    spill(".previous")
    publish_version(engine, 3)

    assert all_versions(engine) == [3, 2, 1]
    assert list(tmp_path.glob("*.tmp")) == []


def test_an_interrupt_while_a_load_is_published_comes_too_late(
    write_shop: WriteShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "dwh.duckdb"
    rename = Path.replace

    def interrupted(path: Path, target: Path) -> Path:
        renamed = rename(path, target)
        if target == database:
            os.kill(os.getpid(), signal.SIGINT)
        return renamed

    monkeypatch.setattr(Path, "replace", interrupted)

    assert load(write_shop(), database) == 0

    assert len(read(database, "select * from raw_loads")) == len(SMALL_SHOP)


def test_a_writer_in_another_process_stops_the_build(
    run_build: Callable[..., BuildSummary], database: Path
) -> None:
    run_build()
    before = database.read_bytes()
    writer = subprocess.Popen(
        [
            *(sys.executable, "-c"),
            "import duckdb, sys\nconnection = duckdb.connect(sys.argv[1])\n"
            "print('open', flush=True)\nsys.stdin.read()",
            str(database),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "open\n"
    try:
        with pytest.raises(PipelineError, match="is open in another program"):
            run_build()
    finally:
        writer.communicate()

    assert database.read_bytes() == before
