"""Files that hold people's data: their owner's alone, unless the owner says otherwise.

tests/engines/test_duckdb.py asks the same of DuckDB's files.
"""

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.build import BuildRequest, build
from pipeline.dbt.project import Project
from pipeline.terminal.progress import LogReporter
from pipeline.warehouse.sqlite.engine import SqliteEngine
from tests.file_modes import watched
from tests.small_shop import WriteShop

PRIVATE = {0o600}


@pytest.fixture(autouse=True)
def _open_handed() -> Iterator[None]:
    """A user whose new files everybody may read and write."""
    before = os.umask(0)
    yield
    assert os.umask(before) == 0, "the user's umask was not given back"


@pytest.fixture
def database(small_project: Path, tmp_path: Path) -> Path:
    del small_project
    return tmp_path / "shop.db"


def run_build(database: Path, project: Path, raw: Path | None = None) -> None:
    build(
        SqliteEngine(str(database)),
        Project(project, "1", {"currency": "EUR"}, {"failing": "no"}),
        BuildRequest(None if raw is None else str(raw)),
        LogReporter(sys.stderr),
    )


def test_a_build_is_private_from_its_first_byte(
    small_project: Path, database: Path, write_shop: WriteShop
) -> None:
    raw = write_shop()
    with watched(database.parent) as modes:
        run_build(database, small_project, raw)
        run_build(database, small_project)

    made = {name: seen for name, seen in modes.items() if name.startswith("shop.db")}
    assert {"shop.db", "shop.db.building", "shop.db.previous"} <= set(made)
    assert {name: seen for name, seen in made.items() if seen != PRIVATE} == {}


def test_a_loaded_file_is_private(database: Path, write_shop: WriteShop) -> None:
    raw = write_shop()
    with watched(database.parent) as modes:
        assert main(["load", str(raw), "--database", str(database)]) == 0

    made = {name: seen for name, seen in modes.items() if name.startswith("shop.db")}
    assert "shop.db" in made
    assert {name: seen for name, seen in made.items() if seen != PRIVATE} == {}


@pytest.mark.parametrize("kind", ["sqlite", "parquet"])
def test_an_export_is_private_until_its_owner_opens_it(
    demo_warehouse: Path, tmp_path: Path, kind: str
) -> None:
    out = tmp_path / "export"

    def export() -> None:
        place = ["--target", "sqlite", "--database", str(demo_warehouse)]
        assert main(["export", *place, "--format", kind, "--out", str(out)]) == 0

    with watched(tmp_path) as modes:
        export()
    assert modes
    assert set.union(*modes.values()) == PRIVATE
    assert out.stat().st_mode & 0o077 == 0

    out.chmod(out.stat().st_mode | 0o055 if kind == "parquet" else 0o644)
    export()
    files = list(out.iterdir()) if kind == "parquet" else [out]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o644}


def test_what_a_killed_export_left_goes_with_the_next(tmp_path: Path) -> None:
    database, out = tmp_path / "shop.db", tmp_path / "export"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("create table DimCustomer (name text)")
    left = tmp_path / "export.replaced"
    left.mkdir()
    (left / "DimCustomer.parquet").touch()

    place = ["--target", "sqlite", "--database", str(database)]
    assert main(["export", *place, "--format", "parquet", "--out", str(out)]) == 0

    assert {path.name for path in tmp_path.iterdir()} == {"shop.db", "export"}
