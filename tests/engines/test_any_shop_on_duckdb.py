"""Any shop is published on DuckDB too."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.build import BuildRequest, build
from pipeline.dbt.project import find_project
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import engine_for
from pipeline.warehouse.engine import Engine
from tests.any_shop import ANY_SHOPS, assert_says_what_it_can


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One database for all shops, so that dbt parses the project once."""
    engine = engine_for("duckdb", str(tmp_path_factory.mktemp("any") / "shop.duckdb"))
    yield engine
    shutil.rmtree(find_project(None).target_path(engine.build_location))


@pytest.mark.parametrize("name", ANY_SHOPS)
def test_any_shop_is_published_and_says_what_it_can(
    name: str, engine: Engine, tmp_path: Path
) -> None:
    ANY_SHOPS[name].write(tmp_path)
    Path(engine.location).unlink(missing_ok=True)

    build(engine, find_project(None), BuildRequest(str(tmp_path)), Reporter())

    assert_says_what_it_can(engine, ANY_SHOPS[name])
