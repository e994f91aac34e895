"""PostgreSQL: what is loaded, who may read it, and what readers see of a publish."""

import gzip
import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest
from dbt.adapters.postgres.connections import PostgresCredentials

from pipeline.__main__ import main
from pipeline.compare import raw_differences
from pipeline.dbt.postgres_connections import BuildConnections
from pipeline.dbt.profile import target_settings
from pipeline.errors import PipelineError
from pipeline.raw_files.contract import RAW_LOADS, RAW_LOADS_COLUMNS
from pipeline.warehouse import reader_for
from pipeline.warehouse.engine import KEEP_VERSIONS
from pipeline.warehouse.postgres import engine as postgres_engine
from pipeline.warehouse.postgres.engine import PostgresEngine
from tests.engines.awkward_shop import write_awkward_shop
from tests.engines.conftest import ROOT

# Fifty in a full run.
PUBLISHES = int(os.environ.get("DWH_PUBLISHES", "12"))
TABLES = [f"table_{number}" for number in range(8)]

pytestmark = pytest.mark.usefixtures("postgres")


def connection(user: str | None = None) -> Any:
    settings = target_settings("postgres")
    opened = psycopg2.connect(
        host=settings["host"],
        port=settings["port"],
        user=user or settings["user"],
        dbname=settings["dbname"],
    )
    opened.autocommit = True
    return opened


def run(statement: str, user: str | None = None) -> list[tuple[Any, ...]]:
    with closing(connection(user)) as opened, opened.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def schema(request: pytest.FixtureRequest) -> Iterator[str]:
    """A schema's name, and no schema of that name before and after."""
    name = f"shop_{abs(hash(request.node.name)) % 10**8}"
    yield name
    kept = [f"_previous_{number}" for number in range(2, 10)]
    for suffix in ("", "_building", "_previous", *kept, "_older"):
        run(f"drop schema if exists {name}{suffix} cascade")


def publish_version(engine: PostgresEngine, version: int) -> None:
    """Publish tables, and a view, that all hold one number."""
    engine.begin_build()
    engine.write_table(RAW_LOADS, RAW_LOADS_COLUMNS, [])
    for table in TABLES:
        engine.write_table(table, [("version", "integer")], [(version,)])
    run(
        f"create view {engine.building}.a_view as "
        f"select * from {engine.building}.{TABLES[0]}"
    )
    engine.publish()


def test_the_queries_of_a_build_are_not_compiled_even_after_one_failed() -> None:
    settings = target_settings("postgres")
    names = ("host", "port", "user", "password", "schema")
    credentials = PostgresCredentials(
        database=settings["dbname"], **{name: settings[name] for name in names}
    )
    manager = BuildConnections(
        SimpleNamespace(credentials=credentials),  # type: ignore[arg-type]
        multiprocessing.get_context("spawn"),  # type: ignore[arg-type]
    )
    manager.set_connection_name("model.first")
    try:
        manager.begin()
        cursor = manager.get_thread_connection().handle.cursor()
        with pytest.raises(psycopg2.errors.DivisionByZero):
            cursor.execute("select 1 / 0")
        cursor.execute("rollback")
        cursor.execute("show jit")

        assert cursor.fetchone() == ("off",)
    finally:
        manager.cleanup_all()


def test_a_schema_whose_name_must_be_quoted_is_compared_and_exported(
    schema: str, tmp_path: Path
) -> None:
    name = f"{schema}-of-mine"
    out = tmp_path / "shop.duckdb"
    engine = PostgresEngine(name)
    engine.begin_build()
    engine.write_table("dimcustomer", [("name", "text")], [("Ann",), (None,)])
    try:
        engine.publish()

        export = ["export", "--target", "postgres", "--database", name]
        assert main([*export, "--format", "duckdb", "--out", str(out)]) == 0
        assert main(["compare", f"postgres:{name}", str(out)]) == 0
    finally:
        run(f'drop schema "{name}" cascade')


class Reader(threading.Thread):
    """Reads the published tables again and again, until told to stop."""

    def __init__(self, read: Callable[[Any], set[int]]) -> None:
        super().__init__()
        self._read = read
        self._stop_now = threading.Event()
        self.errors: list[str] = []
        self.seen: list[int] = []

    def run(self) -> None:
        with closing(connection()) as opened, opened.cursor() as cursor:
            # A pause, or the readers' threads leave this process no time to publish.
            while not self._stop_now.wait(0.005):
                try:
                    versions = self._read(cursor)
                except psycopg2.Error as error:
                    self.errors.append(str(error))
                    return
                if len(versions) != 1:
                    self.errors.append(f"half-built: {versions}")
                self.seen += versions

    def stop(self) -> None:
        self._stop_now.set()
        self.join()


def test_readers_see_one_version_whole_during_publishes(schema: str) -> None:
    engine = PostgresEngine(schema)
    publish_version(engine, 0)
    tables = [*TABLES, "a_view"]
    at_once = " union all ".join(
        f"select version from {schema}.{table}" for table in tables
    )

    def in_one_query(cursor: Any) -> set[int]:
        cursor.execute(at_once)
        return {version for (version,) in cursor}

    def in_one_transaction(cursor: Any) -> set[int]:
        versions = set()
        cursor.execute("begin")
        for table in tables:
            cursor.execute(f"select version from {schema}.{table}")
            versions |= {version for (version,) in cursor}
        cursor.execute("commit")
        return versions

    readers = [Reader(in_one_query), Reader(in_one_query), Reader(in_one_transaction)]
    for reader in readers:
        reader.start()
    try:
        for version in range(1, PUBLISHES + 1):
            publish_version(engine, version)
    finally:
        for reader in readers:
            reader.stop()

    for reader in readers:
        assert reader.errors == []
        assert reader.seen == sorted(reader.seen)
        assert len(set(reader.seen)) > PUBLISHES / 3
    assert run(f"select version from {schema}_previous.a_view") == [(PUBLISHES - 1,)]
    assert run(f"select to_regnamespace('{schema}_older')") == [(None,)]


def test_who_could_read_the_old_version_can_read_the_new_one(schema: str) -> None:
    engine = PostgresEngine(schema)
    publish_version(engine, 1)
    run(f"create role analyst_{schema} login")
    try:
        run(f"grant usage on schema {schema} to analyst_{schema}")
        run(f"grant select on {schema}.{TABLES[0]} to analyst_{schema}")
        run(f"grant select on {schema}.a_view to public")

        publish_version(engine, 2)

        for table in (TABLES[0], "a_view"):
            read = run(f"select version from {schema}.{table}", f"analyst_{schema}")
            assert read == [(2,)]
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            run(f"select version from {schema}.{TABLES[1]}", f"analyst_{schema}")
    finally:
        run(f"drop owned by analyst_{schema}")
        run(f"drop role analyst_{schema}")


def test_a_view_made_elsewhere_stays_with_the_old_version_and_goes_with_it(
    schema: str,
) -> None:
    engine = PostgresEngine(schema)
    publish_version(engine, 1)
    view = f"{schema}_elsewhere.a_view"
    run(f"create schema {schema}_elsewhere")
    try:
        run(f"create view {view} as select version from {schema}.{TABLES[0]}")

        for version in range(2, KEEP_VERSIONS + 2):
            publish_version(engine, version)
            assert run(f"select version from {view}") == [(1,)]

        publish_version(engine, KEEP_VERSIONS + 2)
        assert run(f"select to_regclass('{view}')") == [(None,)]
    finally:
        run(f"drop schema {schema}_elsewhere cascade")


def test_a_transaction_that_does_not_end_is_named_and_nothing_is_published(
    schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = PostgresEngine(schema)
    publish_version(engine, 1)
    monkeypatch.setattr(postgres_engine, "PUBLISH_SECONDS", 1.0)
    with closing(connection()) as reader, reader.cursor() as cursor:
        cursor.execute(f"begin; select version from {schema}.{TABLES[0]}")

        with pytest.raises(PipelineError, match=r"in use .*process") as error:
            publish_version(engine, 2)

        assert str(reader.info.backend_pid) in str(error.value)
        cursor.execute(f"select version from {schema}.{TABLES[1]}")
        assert cursor.fetchall() == [(1,)]
    engine.publish()
    assert run(f"select version from {schema}.{TABLES[0]}") == [(2,)]


def test_a_lock_waits_for_a_build_that_is_going(schema: str) -> None:
    first, second = PostgresEngine(schema), PostgresEngine(schema)
    with first.lock():
        holder = first._locked
        timer = threading.Timer(0.5, holder.close)
        timer.start()
        with second.lock():
            assert holder.closed
    timer.join()


def test_a_lock_keeps_others_out_until_its_connection_ends(schema: str) -> None:
    first, second = PostgresEngine(schema), PostgresEngine(schema)
    with (
        first.lock(),
        pytest.raises(PipelineError, match="another build"),
        second.lock(),
    ):
        pass
    with second.lock():
        pass


def test_files_that_only_python_can_read_are_loaded_the_same(
    schema: str, tmp_path: Path
) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    write_awkward_shop(folder)
    # One column only, a line that COPY takes for the end, and one that is quoted.
    (folder / "raw_customers.csv").write_bytes(
        b'\xef\xbb\xbf customer_id \nC1\n\\.\n"C""3"\n00042\n\n\n'
    )
    # Ends of both kinds, columns in another order, and one that is unknown.
    (folder / "raw_products.csv").write_bytes(
        b'price,Product_ID,extra,category\r\n4,P1,x,""\n12.50,P2,"a\r\nb",null\r\n'
    )
    orders = (folder / "raw_orders.csv").read_bytes()
    (folder / "raw_orders.csv").unlink()
    (folder / "raw_orders.csv.gz").write_bytes(gzip.compress(orders))
    database = str(tmp_path / "shop.db")

    for target, place in (("sqlite", database), ("postgres", schema)):
        arguments = ["--target", target, "--database", place]
        assert main(["load", str(folder), *arguments]) == 0

    with (
        reader_for(database) as sqlite,
        reader_for(f"postgres:{schema}") as postgres,
    ):
        assert raw_differences(sqlite, postgres) == []
        assert postgres.count("raw_customers") == 4
    assert run(f"select category from {schema}.raw_products order by price") == [
        ("null",),
        (None,),
    ]


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The last line of a command that must fail."""
    capsys.readouterr()
    assert main([*arguments, "--target", "postgres"]) == 1
    return capsys.readouterr().err.splitlines()[-1]


def test_a_schema_of_another_program_is_refused(
    schema: str, raw_folder: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    run(f"create schema {schema}")
    run(f"create table {schema}.invoices (id integer)")

    for command in (["load"], ["build", "--raw"]):
        line = refused(
            capsys, *command, str(raw_folder("awkward")), "--database", schema
        )
        assert "another program's (it holds invoices" in line
    assert run(f"select count(*) from {schema}.invoices") == [(0,)]


def test_a_build_schema_of_another_program_is_refused(
    schema: str, raw_folder: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    run(f"create schema {schema}_building")
    run(f"create table {schema}_building.invoices (id integer)")

    line = refused(
        *(capsys, "build", "--raw", str(raw_folder("awkward")), "--database", schema)
    )

    assert f"{schema}_building is another program's" in line


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("PGHOST", "/nowhere", "cannot be used as postgres"),
        ("PGDATABASE", "no_such_shop", "has no database no_such_shop; make it with"),
        ("PGUSER", "nobody_here", "has no user nobody_here; set PGUSER"),
    ],
)
def test_a_server_that_cannot_be_used_is_named_in_one_line(
    variable: str,
    value: str,
    expected: str,
    schema: str,
    raw_folder: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(variable, value)

    line = refused(
        *(capsys, "build", "--raw", str(raw_folder("awkward")), "--database", schema)
    )

    assert line.startswith("build failed: PostgreSQL on ")
    assert expected in line
    monkeypatch.undo()
    assert run(f"select to_regnamespace('{schema}')") == [(None,)]


def test_a_wrong_password_is_told(
    schema: str,
    raw_folder: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rules = Path(os.environ["PGHOST"]) / "data" / "pg_hba.conf"
    before = rules.read_text()
    run("create role with_password login password 'right'")
    try:
        rules.write_text(f"local all with_password scram-sha-256\n{before}")
        run("select pg_reload_conf()")
        monkeypatch.setenv("PGUSER", "with_password")
        monkeypatch.setenv("PGPASSWORD", "wrong")

        line = refused(
            *(capsys, "load", str(raw_folder("awkward")), "--database", schema)
        )

        assert "refuses the password of with_password; set PGUSER" in line
        assert "wrong" not in line
    finally:
        monkeypatch.undo()
        rules.write_text(before)
        run("select pg_reload_conf()")
        run("drop role with_password")


def test_missing_rights_are_named(
    schema: str,
    raw_folder: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    publish_version(PostgresEngine(schema), 1)
    run("create role guest login")
    try:
        monkeypatch.setenv("PGUSER", "guest")
        load = ("load", str(raw_folder("awkward")), "--database")

        may_not_create = refused(capsys, *load, f"{schema}_of_guest")
        others = refused(capsys, *load, schema)
    finally:
        monkeypatch.undo()
        run("drop role guest")

    assert "grant create on database ecommerce_dwh to guest" in may_not_create
    assert f"the schema {schema} belongs to postgres and not to guest" in others
    assert run(f"select version from {schema}.a_view") == [(1,)]


def test_a_database_in_another_encoding_is_refused(
    raw_folder: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(
        "create database latin template template0 encoding 'LATIN1' locale_provider "
        "libc locale 'C'"
    )
    try:
        monkeypatch.setenv("PGDATABASE", "latin")
        line = refused(capsys, "load", str(raw_folder("awkward")))
    finally:
        monkeypatch.undo()
        run("drop database latin")

    assert "latin is encoded in LATIN1; expected UTF8" in line


def test_a_model_that_keeps_its_table_is_indexed_once(
    schema: str, raw_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    arguments = ["--target", "postgres", "--database", schema]
    assert main(["load", str(raw_folder("awkward")), *arguments]) == 0
    command = [sys.executable, "-m", "dbt.cli.main", "--quiet", "build"]
    models = ["--select", "+int_customer_keys", "--exclude", "tag:demo"]
    options = ["--exclude-resource-type", "test", "--target-path", tmp_path]
    options += ["--vars", "{max_rejected_share: 1}"]

    for _ in range(2):
        subprocess.run(
            [*command, *models, *options],
            check=True,
            cwd=ROOT,
            env={**os.environ, "DWH_TARGET": "postgres", "DWH_SCHEMA": schema},
        )

    assert run(
        "select count(*) from pg_indexes "
        f"where schemaname = '{schema}' and indexdef like '%int_customer_keys %'"
    ) == [(1,)]
