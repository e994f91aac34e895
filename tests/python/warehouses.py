"""Warehouses for tests to look into, built and read as users build and read them."""

import json
import lzma
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmarks.untested_build import UntestedSession
from pipeline.build import BuildRequest, build
from pipeline.dbt.project import find_project
from pipeline.dbt.run import DbtSession
from pipeline.terminal.progress import LogReporter
from pipeline.warehouse import engine_for

ROOT = Path(__file__).resolve().parents[2]
# Real data that lives beside the project, where somebody has put it.
SHARED_DATA = ROOT.parent / "shared" / "data"
RealWarehouse = Callable[[str], Path]
# Variables for shops that are so on purpose.
MUCH_IS_WRONG = "max_rejected_share: 1"


def run_project(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a module of the project from its root, untouched by DWH_ variables."""
    return subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if not k.startswith("DWH_")},
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def without_variables() -> Iterator[None]:
    """Set the DWH_ variables of whoever runs the tests aside, for a while."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("DWH_")]:
            patch.delenv(name)
        yield


def build_warehouse(
    database: Path,
    raw: Path | None = None,
    variables: str | None = None,
    *,
    tests: bool = True,
) -> Path:
    """Build, test and publish a SQLite warehouse, in this process.

    Args:
        database: Where to publish it.
        raw: Folder of the four raw files; the demo seeds if there is none.
        variables: The project's variables as YAML, where they are not its own.
        tests: Whether dbt's tests run.

    Returns:
        The database's path.
    """
    with without_variables():
        build(
            engine_for("sqlite", str(database)),
            find_project(None if variables is None else f"{{{variables}}}"),
            BuildRequest(None if raw is None else str(raw)),
            LogReporter(sys.stderr),
            DbtSession if tests else UntestedSession,
        )
    return database


def build_real_shop(name: str, database: Path) -> Path:
    """The same of a shop of `SHARED_DATA`, whose raw files may be packed."""
    raw = database.with_suffix(".raw")
    raw.mkdir()
    for path in (SHARED_DATA / name).glob("raw_*.csv*"):
        if path.suffix == ".xz":
            with lzma.open(path) as packed, (raw / path.stem).open("wb") as file:
                shutil.copyfileobj(packed, file)
        else:
            shutil.copyfile(path, raw / path.name)
    build_warehouse(database, raw)
    shutil.rmtree(raw)
    return database


def dbt_files(database: Path) -> Path:
    """Where dbt left its files when the pipeline built a warehouse."""
    location = engine_for("sqlite", str(database)).build_location
    return find_project(None).target_path(location)


def read_manifest(database: Path) -> dict[str, Any]:
    """The project of a warehouse, as dbt parses it; a build leaves no such file."""
    made = dbt_files(database)
    path = made / "manifest.json"
    if not path.exists():
        parsed = run_project(
            *("dbt.cli.main", "parse", "--target-path", made, "--log-path", made),
            *("--profiles-dir", ROOT),
        )
        assert parsed.returncode == 0, parsed.stdout
    return dict(json.loads(path.read_text(encoding="utf-8")))


def run_models(database: Path, select: str) -> None:
    """Run some models again on a built warehouse, as it is."""
    engine, project = engine_for("sqlite", str(database)), find_project(None)
    session = UntestedSession(
        project,
        engine.target,
        {"DWH_DATABASE": str(database)},
        project.target_path(str(database)),
        LogReporter(sys.stderr),
    )
    assert not session.build([select]).failed


def read_rows(database: Path, sql: str) -> list[tuple[Any, ...]]:
    """All rows that a query returns."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchall()


def read_frame(database: Path, sql: str) -> pd.DataFrame:
    """A query's rows as a data frame."""
    with closing(sqlite3.connect(database)) as connection:
        return pd.read_sql_query(sql, connection)
