"""The default warehouse, built once, and ways to look at it."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browsing import missing
from dashboard_support import APP, PAGES
from playwright.sync_api import Browser, sync_playwright
from streamlit.testing.v1 import AppTest

from benchmarks.dashboard_server import chromium
from dashboard.schema import Span, span
from dashboard.warehouse import Warehouse
from pipeline.warehouse.location import Location


@pytest.fixture(scope="session")
def demo_warehouse(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The warehouse of the default seeds, as all tests share it.

    `DWH_TEST_WAREHOUSE` names one built before, to be copied instead: quicker while
    working on a page.
    """
    built = os.environ.get("DWH_TEST_WAREHOUSE")
    if not built:
        shared: Path = request.getfixturevalue("demo_warehouse")
        return shared
    return Path(shutil.copy(built, tmp_path_factory.mktemp("warehouse") / "demo.db"))


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
        if page != "Today":
            app.switch_page(PAGES[page])
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return draw


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A chromium; without one its tests are skipped, except in CI."""
    reason = missing()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox"]
        )
        yield opened
        opened.close()
