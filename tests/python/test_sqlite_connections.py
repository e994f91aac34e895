"""dbt's connections to a SQLite build: tests read beside the model that writes."""

import multiprocessing
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from dbt.adapters.sqlite.connections import SQLiteCredentials

from pipeline.dbt.sqlite_connections import BuildConnections, build_connections

Run = Callable[..., list[tuple[object, ...]]]


@pytest.fixture
def building(tmp_path: Path) -> Path:
    return tmp_path / "shop.db.building"


@pytest.fixture
def run(building: Path) -> Iterator[Run]:
    """A function that runs SQL as a node does, in one transaction of its own."""
    credentials = SQLiteCredentials(
        database="database",
        schema="main",
        schemas_and_paths={"main": str(building)},
        schema_directory=str(building.parent),
    )
    profile = SimpleNamespace(credentials=credentials)
    manager = BuildConnections(profile, multiprocessing.get_context("spawn"))

    def run(
        node: str, *statements: str, meanwhile: Callable[[], object] = lambda: None
    ) -> list[tuple[object, ...]]:
        manager.set_connection_name(node)
        try:
            manager.begin()
            for sql in statements:
                _, cursor = manager.add_query(sql, auto_begin=False)
            meanwhile()
            rows: list[tuple[object, ...]] = cursor.fetchall()
            manager.commit()
            return rows
        finally:
            manager.release()

    yield run
    manager.cleanup_all()


def test_a_test_reads_while_a_model_writes(run: Run) -> None:
    run("model.first", "create table first as select 1 as a")
    seen: list[object] = []

    with ThreadPoolExecutor(1) as other:

        def a_test_runs() -> None:
            test = other.submit(run, "test.first", "select count(*) from first")
            seen.extend(test.result(timeout=30))

        run(
            "model.second",
            "insert into first values (2)",
            "create table second as select * from first",
            meanwhile=a_test_runs,
        )

    assert seen == [(1,)]
    assert run("test.second", "select count(*) from second") == [(2,)]


def test_a_model_that_has_read_waits_for_the_one_that_writes(run: Run) -> None:
    run("model.first", "create table first as select 1 as a")
    waiting = []

    with ThreadPoolExecutor(1) as other:

        def another_begins() -> None:
            read_and_write = ("select * from first", "insert into first values (3)")
            waiting.append(other.submit(run, "model.third", *read_and_write))
            with pytest.raises(NotYetError):
                waiting[0].result(timeout=0.2)

        run("model.second", "insert into first values (2)", meanwhile=another_begins)
        waiting[0].result(timeout=30)

    assert run("test.first", "select sum(a) from first") == [(6,)]


def test_a_build_file_is_one_file_again_when_nobody_has_it_open(
    run: Run, building: Path
) -> None:
    run("model.first", "create table first as select 1 as a")

    assert [path.name for path in building.parent.iterdir()] == [building.name]
    with closing(sqlite3.connect(building)) as connection:
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)


def test_dbt_without_the_pipeline_keeps_its_own_connections() -> None:
    from dbt.adapters.sqlite import SQLiteAdapter

    stock = SQLiteAdapter.ConnectionManager
    with build_connections():
        assert SQLiteAdapter.ConnectionManager is BuildConnections
    assert SQLiteAdapter.ConnectionManager is stock is not BuildConnections
