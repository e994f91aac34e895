"""The default warehouse, built once, and ways to look at it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dashboard_support import APP, PAGES, ROOT
from streamlit.testing.v1 import AppTest

from dashboard.schema import Span, span
from dashboard.warehouse import Location, Warehouse


@pytest.fixture(scope="session")
def demo_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse of the default seeds, built and published by the pipeline.

    `DWH_TEST_WAREHOUSE` names one built before, to be copied instead: quicker while
    working on a page.
    """
    database = tmp_path_factory.mktemp("warehouse") / "demo.db"
    built = os.environ.get("DWH_TEST_WAREHOUSE")
    if built:
        shutil.copy(built, database)
        return database
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DWH_")}
    result = subprocess.run(
        [sys.executable, "-m", "pipeline", "build", "--database", str(database)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    return database


@pytest.fixture(scope="session")
def warehouse(demo_warehouse: Path) -> Iterator[Warehouse]:
    """The default warehouse, open for reading."""
    opened = Warehouse(Location("sqlite", str(demo_warehouse)))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def known(warehouse: Warehouse) -> Span:
    """The days of the default warehouse."""
    return span(warehouse)


@pytest.fixture
def own_warehouse(demo_warehouse: Path, tmp_path: Path) -> Path:
    """A copy of the default warehouse that a test may spoil."""
    copy = tmp_path / "own.db"
    shutil.copy(demo_warehouse, copy)
    return copy


Show = Callable[..., AppTest]


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Show:
    """A function that draws a page on a database, and gives back what is on it."""

    def draw(database: Path, page: str = "Overview", **query: str) -> AppTest:
        monkeypatch.setenv("DWH_DATABASE", str(database))
        monkeypatch.delenv("DWH_TARGET", raising=False)
        app = AppTest.from_file(str(APP), default_timeout=60)
        if page != "Overview":
            app.switch_page(PAGES[page])
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return draw
