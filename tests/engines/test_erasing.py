"""Forgetting on the other engines; tests/python/test_erase.py asks more of SQLite."""

from contextlib import closing
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.dbt.profile import target_settings
from pipeline.erasures import Erasures
from pipeline.warehouse import engine_for
from pipeline.warehouse.engine import Engine
from tests.erasing_shop import (
    OF_ZOE,
    ZOE,
    all_text,
    check_erased,
    keys,
    replace_models,
    traces,
    write_shop,
)


@pytest.fixture(params=["duckdb", "postgres", "spark"])
def engine(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Engine:
    replace_models(monkeypatch.setattr)
    if request.param == "duckdb":
        return engine_for("duckdb", str(tmp_path / "shop.duckdb"))
    request.getfixturevalue(request.param)
    return engine_for(request.param, f"erasing_{request.param}")


def run(engine: Engine, command: str, *arguments: object) -> int:
    place = ("--target", engine.target, "--database", engine.published.database)
    return main([command, *map(str, arguments), *place])


def test_nothing_of_her_is_left_and_no_load_brings_her_back(
    engine: Engine, tmp_path: Path
) -> None:
    shop = write_shop(tmp_path / "shop")
    is_slow = engine.target == "spark"
    for _ in range(1 if is_slow else 2):
        assert run(engine, "build", "--raw", shop) == 0
    key = keys(engine)[ZOE]
    for version in (*engine.kept_versions(), engine.published):
        assert traces(all_text(version)) == list(OF_ZOE)

    assert run(engine, "erase", "nobody", f"{ZOE} ") == 0

    assert engine.kept_versions() == []
    erased_id = check_erased(engine, key)
    assert not Erasures.of(engine).pending
    if engine.target == "postgres":
        assert _in_any_schema() == []
    else:
        assert _in_any_file(engine) == []

    if is_slow:  # what a load leaves out, it leaves out before an engine sees it
        return
    assert run(engine, "build", "--append", shop) == 0
    assert check_erased(engine, key) == erased_id


def _in_any_file(engine: Engine) -> list[str]:
    """Files of the engine in whose bytes she is."""
    folder = engine.published.path.parent
    if engine.target == "spark":
        from pipeline.warehouse.spark.session import spark_folder

        folder = spark_folder()
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name != "shop"
        if any(text.encode() in path.read_bytes() for text in OF_ZOE)
    ]


def _in_any_schema() -> list[str]:
    """Tables of the server with a row in which she is, of whatever schema."""
    import psycopg2

    settings = target_settings("postgres")
    names = ("host", "port", "user", "dbname")
    with (
        closing(psycopg2.connect(**{name: settings[name] for name in names})) as server,
        server.cursor() as cursor,
    ):
        cursor.execute(
            "select oid::regclass::text from pg_class where relkind in ('r', 'p', 'm')"
        )
        found = []
        for (table,) in cursor.fetchall():
            pattern = "|".join(OF_ZOE)
            cursor.execute(
                f"select count(*) from {table} held where held::text ~ %s", (pattern,)
            )
            ((rows,),) = cursor.fetchall()
            if rows:
                found.append(table)
    return found
