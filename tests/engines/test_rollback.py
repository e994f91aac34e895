"""Going back to an earlier version on the other engines.

tests/python/test_rollback.py asks more of it of SQLite, and tests/torture kills it.
"""

import threading
from contextlib import closing, suppress
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.dbt.profile import target_settings
from pipeline.errors import PipelineError
from pipeline.warehouse import engine_for, open_reader
from pipeline.warehouse.engine import Engine
from tests.versions import all_versions, publish_version, version_of

TARGETS = ("duckdb", "postgres", "spark")


@pytest.fixture(params=TARGETS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    if request.param == "duckdb":
        return engine_for("duckdb", str(tmp_path / "shop.duckdb"))
    request.getfixturevalue(request.param)
    return engine_for(request.param, f"back_{request.param}")


def rollback(engine: Engine, *arguments: str) -> int:
    place = ("--target", engine.target, "--database", engine.published.database)
    return main(["rollback", *arguments, *place])


def test_versions_stay_and_can_be_gone_back_to_and_forward_again(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rollback(engine) == 1
    assert "no version before the published one" in capsys.readouterr().err
    for number in (1, 2, 3, 4):
        publish_version(engine, number, keep_versions=2)
    assert all_versions(engine) == [4, 3, 2]

    assert rollback(engine, "2") == 0
    assert all_versions(engine) == [2, 4, 3]
    assert rollback(engine) == 0
    assert all_versions(engine) == [4, 2, 3]
    assert rollback(engine, "3") == 1
    assert "there is no version 3" in capsys.readouterr().err

    assert rollback(engine, "--list") == 0
    listed = capsys.readouterr().out.splitlines()[2:]
    assert [line.split()[:3] for line in listed] == [
        *(["published", "day", "4"], ["1", "day", "2"], ["2", "day", "3"]),
    ]

    publish_version(engine, 5, keep_versions=1)
    assert all_versions(engine) == [5, 4]


@pytest.fixture
def postgres_engine(postgres: None) -> Engine:
    del postgres
    engine = engine_for("postgres", "back_and_forth")
    for number in (1, 2, 3, 4):
        publish_version(engine, number)
    return engine


def test_readers_of_postgres_see_one_version_whole_while_it_goes_back(
    postgres_engine: Engine,
) -> None:
    done = threading.Event()
    seen: list[int] = []
    faults: list[str] = []

    def read() -> None:
        while not done.is_set():
            try:
                seen.append(version_of(postgres_engine.published))
            except (AssertionError, PipelineError) as fault:
                faults.append(str(fault))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for number in (1, 2, 3, 2, 1, 3):
            assert rollback(postgres_engine, str(number)) == 0
    finally:
        done.set()
        for reader in readers:
            reader.join()

    assert faults == []
    assert len(set(seen)) > 1
    assert sorted(all_versions(postgres_engine)) == [1, 2, 3, 4]


def test_a_version_on_postgres_without_its_tables_is_refused(
    postgres_engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    import psycopg2

    from pipeline.warehouse.postgres.connection import connect

    with closing(connect(target_settings("postgres"))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor, suppress(psycopg2.Error):
            cursor.execute("drop table back_and_forth_previous.raw_loads")

    assert rollback(postgres_engine) == 1

    assert "version 1 is damaged" in capsys.readouterr().err
    assert version_of(postgres_engine.published) == 4


@pytest.fixture
def duckdb_engine(tmp_path: Path) -> Engine:
    engine = engine_for("duckdb", str(tmp_path / "shop.duckdb"))
    for number in (1, 2):
        publish_version(engine, number)
    return engine


def test_a_reader_of_duckdb_keeps_its_version_while_another_is_published(
    duckdb_engine: Engine,
) -> None:
    query = "select distinct n from fct_orders"
    with open_reader(duckdb_engine.published) as reader:
        assert reader.fetch(query) == [(2,)]

        assert rollback(duckdb_engine) == 0

        assert reader.fetch(query) == [(2,)]
    assert all_versions(duckdb_engine) == [1, 2]


def test_a_damaged_published_file_of_duckdb_is_gone_back_from(
    duckdb_engine: Engine,
) -> None:
    published = duckdb_engine.published.path
    pages = published.read_bytes()
    published.write_bytes(pages[: 3 * 4096] + bytes(len(pages) - 3 * 4096))

    assert rollback(duckdb_engine) == 0

    assert version_of(duckdb_engine.published) == 1


def test_a_damaged_version_on_duckdb_is_refused(
    duckdb_engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    (kept,) = duckdb_engine.kept_versions()
    pages = bytearray(kept.path.read_bytes())
    for byte in range(3 * 4096, len(pages), 512):
        pages[byte] ^= 0xFF
    kept.path.write_bytes(pages)

    assert rollback(duckdb_engine) == 1

    assert "version 1 is damaged" in capsys.readouterr().err
    assert version_of(duckdb_engine.published) == 2
