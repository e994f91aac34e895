"""dbt parses a project once for all builds, and again only what has changed."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from pipeline.build import BuildRequest, build
from pipeline.dbt.project import Project
from pipeline.terminal.progress import LogReporter
from pipeline.warehouse.sqlite.engine import SqliteEngine
from tests.small_project import write_small_project


def built_ids(project: Path, database: Path, **given: str) -> list[str]:
    build(
        SqliteEngine(str(database)),
        Project(project, "1", {"currency": "EUR"}, given),
        BuildRequest(),
        LogReporter(sys.stderr),
    )
    with closing(sqlite3.connect(database)) as connection:
        return [order for (order,) in connection.execute("select * from int_ids")]


def test_another_database_or_variable_begins_with_what_was_parsed(
    tmp_path: Path,
) -> None:
    project = tmp_path / "project"
    write_small_project(project)
    model = project / "models/intermediate/int_ids.sql"
    model.write_text(
        "select order_id || '{{ var('failing') }}' from {{ ref('stg_orders') }}"
    )

    assert built_ids(project, tmp_path / "first.db") == ["D1no"]
    parsed = project / "target/build/parsed.msgpack"
    before = parsed.stat()
    assert built_ids(project, tmp_path / "second.db") == ["D1no"]
    assert built_ids(project, tmp_path / "third.db", failing="never") == ["D1never"]
    after = parsed.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    model.write_text("select 'X' || order_id as order_id from {{ ref('stg_orders') }}")
    assert built_ids(project, tmp_path / "third.db") == ["XD1"]
    assert built_ids(project, tmp_path / "first.db") == ["XD1"]
