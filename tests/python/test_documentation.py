"""The pages of `docs`: made by dbt, and served to this machine."""

import json
import sqlite3
import threading
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.dbt.project import Project
from pipeline.documentation import generate, server
from pipeline.errors import PipelineError
from pipeline.warehouse.sqlite.engine import SqliteEngine


def test_the_pages_are_of_the_project_and_of_its_warehouse(
    small_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dbt").mkdir()
    (tmp_path / "dbt" / "__init__.py").write_text("1 / 0", encoding="utf-8")
    monkeypatch.chdir(tmp_path)  # where its modules are not dbt's
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "elsewhere"))
    project = Project(small_project, "1", {"currency": "EUR"}, {"currency": "SEK"})
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("create table FactOrders (order_id text)")

    folder = generate(SqliteEngine(str(tmp_path / "shop.db")), project)

    with server(folder, 0) as pages:
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{pages.server_port}/"
        with urllib.request.urlopen(f"{address}manifest.json") as found:  # noqa: S310
            nodes = json.load(found)["nodes"]
        with urllib.request.urlopen(f"{address}catalog.json") as found:  # noqa: S310
            tables = json.load(found)["nodes"]
        with urllib.request.urlopen(address) as found:
            assert b"<html" in found.read()
        with pytest.raises(PipelineError, match="cannot be had: Address already in"):
            server(folder, pages.server_port)
        pages.shutdown()
    assert "model.small.fct_orders" in nodes
    assert list(tables["model.small.fct_orders"]["columns"]) == ["order_id"]
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("port", [-1, 70_000])
def test_what_is_no_port_is_refused_in_one_line(port: int, tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="it is no port; choose another"):
        server(tmp_path, port)


def test_where_dbt_sees_no_table_there_is_nothing_to_show(
    small_project: Path, tmp_path: Path
) -> None:
    project = Project(small_project, "1", {}, {})

    with pytest.raises(PipelineError, match="dbt saw no table of the project in"):
        generate(SqliteEngine(str(tmp_path / "shop.db")), project)


def test_what_dbt_says_is_the_error(small_project: Path, tmp_path: Path) -> None:
    project = Project(small_project / "models", "1", {}, {})

    with pytest.raises(PipelineError, match=r"dbt made no documentation: .+"):
        generate(SqliteEngine(str(tmp_path / "shop.db")), project)
