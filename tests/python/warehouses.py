"""Warehouses for tests to look into, built and read as users build and read them."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
# Real data that lives beside the project, where somebody has put it.
SHARED_DATA = ROOT.parent / "shared" / "data"


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


def build_warehouse(
    database: Path,
    raw: Path | None = None,
    variables: str | None = None,
    *,
    tests: bool = True,
) -> Path:
    """Build, test and publish a SQLite warehouse; fail with its output.

    Args:
        database: Where to publish it.
        raw: Folder of the four raw files; the demo seeds if there is none.
        variables: The project's variables as YAML, where they are not its own.
        tests: Whether dbt's tests run.

    Returns:
        The database's path.
    """
    source: list[object] = [] if raw is None else ["--raw", raw]
    if variables is not None:
        source += ["--vars", f"{{{variables}}}"]
    command = ["pipeline", "build"] if tests else ["benchmarks.untested_build"]
    result = run_project(*command, "--database", database, *source)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    return database


def read_rows(database: Path, sql: str) -> list[tuple[Any, ...]]:
    """All rows that a query returns."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchall()


def read_frame(database: Path, sql: str) -> pd.DataFrame:
    """A query's rows as a data frame."""
    with closing(sqlite3.connect(database)) as connection:
        return pd.read_sql_query(sql, connection)
