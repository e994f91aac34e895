"""Any shop is published on DuckDB too."""

from pathlib import Path

import pytest

from pipeline.build import BuildRequest, build
from pipeline.dbt.project import find_project
from pipeline.terminal.progress import Reporter
from pipeline.warehouse.engine import Engine
from tests.any_shop import ANY_SHOPS, assert_says_what_it_can


@pytest.mark.parametrize("name", ANY_SHOPS)
def test_any_shop_is_published_and_says_what_it_can(
    name: str, duckdb_shop: Engine, tmp_path: Path
) -> None:
    ANY_SHOPS[name].write(tmp_path)

    build(duckdb_shop, find_project(None), BuildRequest(str(tmp_path)), Reporter())

    assert_says_what_it_can(duckdb_shop, ANY_SHOPS[name])
