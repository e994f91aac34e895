"""Publishing: the old warehouse is whole until the new one is, whatever happens.

A dbt project of a few models stands in for the real one here, since nothing of this
depends on the models; test_build.py builds the real one.
"""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from pipeline.build import BuildRequest, build
from pipeline.build_record import BuildSummary, RowsByReason
from pipeline.dbt.project import Project
from pipeline.dbt.run import DbtSession
from pipeline.errors import PipelineError
from pipeline.load import load
from pipeline.terminal.progress import LogReporter
from pipeline.warehouse.sqlite import engine as sqlite
from pipeline.warehouse.sqlite.engine import SqliteEngine
from tests.python.conftest import rights_of_nobody
from tests.small_project import ROOT
from tests.small_shop import SMALL_SHOP, WriteShop

ROUNDS = int(os.environ.get("DWH_KILLS", "4"))

Build = Callable[..., BuildSummary]


@pytest.fixture
def database(small_project: Path) -> Path:
    """One path for all tests: with another one dbt would parse everything again."""
    for path in small_project.glob("shop.db*"):
        path.unlink()
    return small_project / "shop.db"


def build_into(
    database: Path,
    small_project: Path,
    raw: Path | None = None,
    failing: str = "no",
    **request: bool,
) -> BuildSummary:
    return build(
        SqliteEngine(str(database)),
        Project(small_project, "1", {"currency": "EUR"}, {"failing": failing}),
        BuildRequest(None if raw is None else str(raw), **request),
        LogReporter(sys.stderr),
    )


@pytest.fixture
def run_build(small_project: Path, database: Path) -> Build:
    return partial(build_into, database, small_project)


@pytest.fixture(scope="module")
def demo(small_project: Path) -> Path:
    """What a build without any data publishes, built once."""
    path = small_project / "demo.db"
    build_into(path, small_project)
    return path


@pytest.fixture
def published(demo: Path, database: Path) -> None:
    """It is there already."""
    for ending in ("", ".lock"):
        shutil.copy(f"{demo}{ending}", f"{database}{ending}")


def read(database: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchall()


def orders(database: Path) -> list[object]:
    return [
        row[0] for row in read(database, "select order_id from FactOrders order by 1")
    ]


CUSTOMERS = "select customer_id from FactOrders order by customer_id is null, 1"


def beside(database: Path) -> set[str]:
    return {
        path.name.removeprefix(database.name)
        for path in database.parent.glob(f"{database.name}*")
    }


def test_a_build_without_any_data_is_the_demo_shops(
    run_build: Build, database: Path
) -> None:
    summary = run_build()

    assert orders(database) == ["D1"]
    assert (summary.info.source, summary.info.origin) == ("demo", "seeds")
    assert summary.tables["FactOrders"] == 1
    assert summary.tests == {"pass": 2}
    assert beside(database) == {"", ".lock", ".runs"}


def test_a_build_of_raw_files_holds_them_and_says_so(
    run_build: Build, database: Path, write_shop: WriteShop
) -> None:
    folder = write_shop()

    summary = run_build(folder)

    assert orders(database) == ["O1", "O2", "O3"]
    assert (summary.info.source, summary.info.origin) == ("load", str(folder))
    assert summary.rejected_rows == (RowsByReason("raw_orders", "bad date", 1),)
    assert summary.tables["raw_order_items"] == 7
    (info,) = read(
        database,
        "select as_of_date, source, origin, currency, target, engine_version, "
        "duration_seconds > 0, datetime(built_at) is not null from build_info",
    )
    version = f"SQLite {sqlite3.sqlite_version}"
    assert info == (
        *("2024-03-01", "load", str(folder), "EUR", "sqlite", version),
        *(1, 1),
    )
    assert read(
        database,
        "select name, model_name, table_name, column_name, severity, "
        "status, failures, description from build_tests order by name",
    ) == [
        (
            *("not_null_fct_orders_order_id", "fct_orders", "FactOrders"),
            *("order_id", "error", "pass", 0, "Every order has its id."),
        ),
        (
            *("orders_are_as_wanted", "fct_orders", "FactOrders"),
            *(None, "error", "pass", 0, None),
        ),
    ]


@pytest.mark.usefixtures("published")
def test_a_published_file_is_one_file_and_the_last_version_stays(
    run_build: Build, database: Path, write_shop: WriteShop
) -> None:
    first = database.read_bytes()

    run_build(write_shop())

    assert beside(database) == {"", ".lock", ".previous", ".runs"}
    assert database.with_name("shop.db.previous").read_bytes() == first
    assert read(database, "pragma journal_mode") == [("delete",)]
    assert read(database, "pragma integrity_check") == [("ok",)]


def test_raw_tables_and_keys_are_taken_over_and_nothing_else(
    run_build: Build, database: Path, write_shop: WriteShop
) -> None:
    run_build(write_shop())
    keys = read(database, "select * from int_customer_keys order by 1")
    raw = read(database, "select * from raw_customers")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("create table FactOld (id integer)")

    run_build()

    assert orders(database) == ["O1", "O2", "O3"]
    assert read(database, "select * from int_customer_keys order by 1") == keys
    assert read(database, "select * from raw_customers") == raw
    assert not read(database, "select 1 from sqlite_master where name = 'FactOld'")


def test_keys_stay_when_other_data_come_and_full_refresh_renumbers(
    run_build: Build, database: Path, write_shop: WriteShop
) -> None:
    run_build(write_shop())
    header, *rows = SMALL_SHOP["raw_orders"]
    more = [header, ("O0", "A0", "2024-01-01", "paid"), *rows]
    keys = "select customer_id, customer_key from int_customer_keys order by 2"

    run_build(write_shop(raw_orders=more))
    assert read(database, keys) == [("00042", 1), ("C1", 2), ("A0", 101)]

    run_build(full_refresh=True)
    assert read(database, keys) == [("00042", 1), ("A0", 2), ("C1", 3)]


def test_a_shop_that_follows_the_demo_begins_with_keys_of_its_own(
    run_build: Build, database: Path, write_shop: WriteShop
) -> None:
    keys = "select customer_id, customer_key from int_customer_keys order by 2"
    run_build()
    assert read(database, keys) == [("C9", 1)]

    run_build(write_shop())

    assert read(database, keys) == [("00042", 1), ("C1", 2)]


@pytest.mark.usefixtures("published")
def test_demo_rows_are_not_kept_when_the_seeds_can_be_loaded_again(
    run_build: Build, database: Path
) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("update raw_orders set order_id = 'changed'")

    run_build()

    assert orders(database) == ["D1"]


@pytest.mark.usefixtures("published")
def test_a_load_in_place_then_a_build_keeps_the_loaded_rows(
    run_build: Build, database: Path, write_shop: WriteShop
) -> None:
    load(SqliteEngine(str(database)), str(write_shop()), LogReporter(sys.stderr))
    assert orders(database) == ["D1"]

    run_build()

    assert orders(database) == ["O1", "O2", "O3"]


def test_raw_rows_that_changed_since_loaded_are_not_published_again(
    run_build: Build, database: Path, write_shop: WriteShop
) -> None:
    run_build(write_shop())
    # As a disk does it, which SQLite does not see.
    whole = database.read_bytes()
    assert b"00042" + b"2024-02-02" in whole
    database.write_bytes(whole.replace(b"000422024-02-02", b"000432024-02-02"))

    with pytest.raises(
        PipelineError,
        match=r"^raw_orders in .* changed since loaded.*load the raw files",
    ):
        run_build()

    # Who has changed them says so, once.
    run_build(accept_changed_raw=True)
    run_build()

    assert read(database, CUSTOMERS) == [("00043",), ("C1",), (None,)]


@pytest.mark.usefixtures("published")
def test_a_failed_test_publishes_nothing(
    run_build: Build, database: Path, write_shop: WriteShop
) -> None:
    before = database.read_bytes()

    with pytest.raises(PipelineError) as error:
        run_build(write_shop(), failing="yes")

    assert database.read_bytes() == before
    message = str(error.value)
    assert "test orders_are_as_wanted failed: Got 3 results" in message
    assert "nothing was published" in message
    # What failed can be looked at, and is in nobody's way.
    assert orders(database.with_name("shop.db.building")) == ["O1", "O2", "O3"]
    run_build()
    assert beside(database) == {"", ".lock", ".previous", ".runs"}


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DBT_EXCLUDE_RESOURCE_TYPES", "test"),
        ("DBT_ENGINE_EXCLUDE_RESOURCE_TYPES", "test"),
        ("DBT_FULL_REFRESH", "1"),
        ("DBT_EMPTY", "1"),
        ("DBT_INDIRECT_SELECTION", "empty"),
    ],
)
def test_dbts_variables_change_nothing_of_a_build(
    run_build: Build,
    database: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("update int_customer_keys set customer_key = 7")
        connection.commit()
    monkeypatch.setenv(name, value)

    summary = run_build()

    assert summary.tests == {"pass": 2}
    assert orders(database) == ["D1"]
    assert read(database, "select customer_key from int_customer_keys") == [(7,)]
    assert os.environ[name] == value


@pytest.mark.usefixtures("published")
def test_a_build_whose_tests_did_not_all_run_publishes_nothing(
    run_build: Build, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = database.read_bytes()
    found = DbtSession.data_tests
    monkeypatch.setattr(
        DbtSession, "data_tests", lambda self: {**found(self), "test.x": "a_lost_test"}
    )

    with pytest.raises(PipelineError, match=r"1 of 3 tests did not run, a_lost_test"):
        run_build()

    assert database.read_bytes() == before


@pytest.mark.usefixtures("published")
def test_a_model_that_cannot_be_built_publishes_nothing(
    run_build: Build, database: Path, small_project: Path
) -> None:
    before = database.read_bytes()
    broken = small_project / "models/marts/core/broken.sql"
    broken.write_text("select no_such_column from {{ ref('stg_orders') }}")
    try:
        with pytest.raises(PipelineError, match="no such column: no_such_column"):
            run_build()
        broken.write_text("select {{ no_such_macro() }}")
        with pytest.raises(PipelineError, match="'no_such_macro' is undefined"):
            run_build()
    finally:
        broken.unlink()

    assert database.read_bytes() == before


@pytest.mark.usefixtures("published")
def test_bad_raw_files_publish_nothing(
    run_build: Build, database: Path, write_shop: WriteShop
) -> None:
    before = database.read_bytes()

    with pytest.raises(PipelineError, match=r"raw_orders\.csv, line 2: 1 field"):
        run_build(write_shop(raw_orders=b"order_id,order_date\nO1\n"))

    assert database.read_bytes() == before
    assert ".building" not in beside(database)


def test_what_a_killed_build_left_is_thrown_away(
    run_build: Build, database: Path
) -> None:
    database.with_name("shop.db.building").write_bytes(b"half a database")
    database.with_name("shop.db.building-journal").write_bytes(b"half a journal")

    run_build()

    assert orders(database) == ["D1"]
    assert beside(database) == {"", ".lock", ".runs"}


KILLED_WRITER = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("pragma cache_size = 1")
connection.execute("begin immediate")
connection.execute("create table half_done as "
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000) "
    "select i, hex(randomblob(50)) as noise from n")
connection.execute("update raw_orders set order_id = 'half done'")
connection.execute("delete from FactOrders")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_writers_journal_does_not_reach_the_new_file(
    run_build: Build, database: Path, write_shop: WriteShop
) -> None:
    run_build(write_shop())
    run = subprocess.run([sys.executable, "-c", KILLED_WRITER, database], check=False)
    assert run.returncode == -signal.SIGKILL
    journal = database.with_name("shop.db-journal")
    assert journal.stat().st_size > 0, "the writer was to be killed half-way"

    # Without the lock it is only looked at: its writer may be alive.
    before = database.read_bytes(), journal.read_bytes()
    SqliteEngine(str(database)).check_published()
    assert (database.read_bytes(), journal.read_bytes()) == before

    run_build()

    assert beside(database) == {"", ".lock", ".previous", ".runs"}
    assert read(database, "pragma integrity_check") == [("ok",)]
    assert orders(database) == ["O1", "O2", "O3"]
    assert not read(database, "select 1 from sqlite_master where name = 'half_done'")
    previous = database.with_name("shop.db.previous")
    assert read(previous, "pragma integrity_check") == [("ok",)]
    assert orders(previous) == ["O1", "O2", "O3"]


@pytest.mark.usefixtures("published")
def test_a_file_in_wal_mode_leaves_no_wal_to_the_new_file(
    run_build: Build, database: Path
) -> None:
    script = (
        "import os, signal, sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('pragma journal_mode = wal')\n"
        "connection.execute('delete from FactOrders')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script, database], check=False)
    assert database.with_name("shop.db-wal").stat().st_size > 0

    run_build()

    assert beside(database) == {"", ".lock", ".previous", ".runs"}
    assert read(database, "pragma journal_mode") == [("delete",)]
    assert orders(database) == ["D1"]


def test_a_wal_that_a_reader_holds_open_stops_the_build(
    run_build: Build, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS_TO_PUBLISH", 0.1)
    run_build()
    with closing(sqlite3.connect(database)) as reader:
        reader.execute("pragma journal_mode = wal")
        reader.execute("select * from FactOrders").fetchall()

        with pytest.raises(
            PipelineError, match=r"shop\.db is (in WAL mode|being writt)"
        ):
            run_build()

        assert reader.execute("select order_id from FactOrders").fetchall() == [("D1",)]


@pytest.mark.usefixtures("published")
def test_readers_keep_the_version_they_opened(
    run_build: Build, database: Path, write_shop: WriteShop
) -> None:
    with closing(sqlite3.connect(database)) as reader:
        reader.execute("begin")
        query = "select order_id from FactOrders"
        assert reader.execute(query).fetchall() == [("D1",)]

        run_build(write_shop())

        assert reader.execute(query).fetchall() == [("D1",)]
    assert orders(database) == ["O1", "O2", "O3"]


@pytest.mark.usefixtures("published")
def test_a_second_build_says_so_and_stops(run_build: Build, database: Path) -> None:
    before = database.read_bytes()
    engine = SqliteEngine(str(database))
    holder = subprocess.Popen(
        [
            *(sys.executable, "-c"),
            "import sys\nfrom pipeline.warehouse.sqlite.engine import SqliteEngine\n"
            "with SqliteEngine(sys.argv[1]).lock():\n"
            "    print('locked', flush=True)\n    sys.stdin.read()",
            str(database),
        ],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "locked\n"
    try:
        with pytest.raises(
            PipelineError, match=r"another build or load of .* is running"
        ):
            run_build()
    finally:
        holder.kill()
        holder.communicate()

    assert database.read_bytes() == before
    with engine.lock():  # the lock died with its process
        pass


def test_a_writer_at_work_stops_the_build(
    run_build: Build, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    run_build()
    with closing(sqlite3.connect(database)) as writer:
        writer.execute("begin immediate")

        with pytest.raises(PipelineError, match="is being written by another program"):
            run_build()


def test_a_link_is_followed_and_stays_a_link(run_build: Build, database: Path) -> None:
    real = database.with_name("shop.db.real")
    database.symlink_to(real.name)

    run_build()
    run_build()

    assert database.is_symlink()
    assert orders(database) == ["D1"]
    assert real.is_file()


@pytest.mark.usefixtures("published")
def test_the_new_file_is_readable_by_whoever_could_read_the_old_one(
    run_build: Build, database: Path
) -> None:
    database.chmod(0o640)

    run_build()

    for path in (database, database.with_name(f"{database.name}.previous")):
        assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("folder_exists", [False, True])
def test_a_folder_that_cannot_be_written_to_is_refused(
    run_build: Build,
    database: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    folder_exists: bool,
) -> None:
    before = database.read_bytes()
    engine = SqliteEngine(str(database))
    database.with_name("shop.db.lock").unlink()
    if folder_exists:
        with (
            rights_of_nobody(database.parent),
            pytest.raises(PipelineError, match="cannot be written to"),
            engine.lock(),
        ):
            pass
    else:
        nowhere = SqliteEngine(str(database.parent / "nowhere" / "shop.db"))
        with pytest.raises(PipelineError, match="nowhere does not exist"):
            nowhere.check_published()

    assert database.read_bytes() == before


LIMITED = """
import resource, sys
from pathlib import Path
from pipeline.build import BuildRequest, build
from pipeline.terminal.outcome import run
from pipeline.warehouse.sqlite.engine import SqliteEngine
from pipeline.terminal.progress import LogReporter
from pipeline.dbt.project import Project

limit, root, database, raw = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
project = Project(Path(root), "1", {}, {"failing": "no"})
sys.exit(run("build", lambda: build(
    SqliteEngine(database), project, BuildRequest(raw), LogReporter(sys.stderr))))
"""


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("limit", "where"),
    [(30_000, "shop.db.building cannot be written"), (4_000_000, "model ")],
)
def test_a_disk_that_fills_up_publishes_nothing(
    run_build: Build,
    database: Path,
    small_project: Path,
    write_shop: WriteShop,
    limit: int,
    where: str,
) -> None:
    before = database.read_bytes()
    header, *_ = SMALL_SHOP["raw_orders"]
    days = ("2024-02-01", "paid")
    many = [header, *((f"O{n}", f"C{n}", *days) for n in range(80_000))]

    result = subprocess.run(
        [
            *(sys.executable, "-c", LIMITED, str(limit)),
            *(str(small_project), str(database), str(write_shop(raw_orders=many))),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith("build failed: ")
    assert where in last
    assert "free some disk space" in last
    assert database.read_bytes() == before
    run_build()
    assert orders(database) == ["D1"]


PUBLISHER = """
import sys
from pipeline.warehouse.sqlite.engine import SqliteEngine

engine = SqliteEngine(sys.argv[1])
generation = int(sys.argv[2])
with engine.lock():
    while True:
        generation += 1
        engine.begin_build()
        for table in ("one", "two", "raw_loads"):
            rows = [(generation, "x" * 100)] * 500
            engine.write_table(table, [("n", "integer"), ("t", "text")], rows)
        engine.publish()
        print(generation, flush=True)
"""


def test_a_publisher_killed_at_any_moment_leaves_one_whole_version(
    tmp_path: Path,
) -> None:
    database = tmp_path / "shop.db"
    moments = random.Random(20)  # noqa: S311
    generation = 0
    for _ in range(ROUNDS * 3):
        publisher = subprocess.Popen(
            [sys.executable, "-c", PUBLISHER, str(database), str(generation)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert publisher.stdout is not None
        first = publisher.stdout.readline()
        time.sleep(moments.uniform(0, 0.1))
        publisher.kill()
        said = [int(line) for line in (first + publisher.stdout.read()).split()]
        publisher.wait()

        assert read(database, "pragma integrity_check") == [("ok",)]
        versions = read(
            database,
            "select n, count(*) from (select n from one union all select n from two) "
            "group by n",
        )
        assert len(versions) == 1, "half of one version and half of another"
        ((published, rows),) = versions
        assert rows == 1000
        # Published, and killed before it could say so, is the most there may be.
        assert published in (said[-1], said[-1] + 1)
        generation = int(str(published))


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("number", "seconds_later"),
    [(signal.SIGINT, 0.0), (signal.SIGINT, 1.0), (signal.SIGTERM, 1.0)],
)
def test_an_interrupt_stops_the_build_and_publishes_nothing(
    run_build: Build,
    database: Path,
    small_project: Path,
    write_shop: WriteShop,
    number: signal.Signals,
    seconds_later: float,
) -> None:
    before = database.read_bytes()
    endless = small_project / "models/marts/core/endless.sql"
    endless.write_text(
        "with recursive n(i) as (select 1 union all select i + 1 from n) "
        "select count(*) as n from n "
        "where i not in (select order_id from {{ ref('stg_orders') }})"
    )
    stopped = subprocess.Popen(
        [
            *(sys.executable, "-c", LIMITED, str(1 << 40)),
            *(str(small_project), str(database), str(write_shop())),
        ],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert stopped.stderr is not None
        while "building and testing" not in stopped.stderr.readline():
            assert stopped.poll() is None, "the build ended too early"
        time.sleep(seconds_later)
        stopped.send_signal(number)
        _, rest = stopped.communicate(timeout=120)
    finally:
        stopped.kill()
        endless.unlink()

    assert stopped.returncode == 130
    assert rest.splitlines()[-1] == (
        "build was interrupted; the published warehouse is as it was"
    )
    assert database.read_bytes() == before
    run_build()
    assert orders(database) == ["D1"]
