"""Any shop is published, however little it says: no build fails because of a fit."""

import shutil
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.dbt.project import find_project
from pipeline.warehouse import engine_for
from tests.any_shop import ANY_SHOPS, assert_says_what_it_can


@pytest.mark.parametrize("name", ANY_SHOPS)
def test_any_shop_is_published_and_says_what_it_can(name: str, tmp_path: Path) -> None:
    shop, raw, database = ANY_SHOPS[name], tmp_path / "raw", str(tmp_path / "shop.db")
    raw.mkdir()
    shop.write(raw)
    engine = engine_for("sqlite", database)

    assert main(["build", "--raw", str(raw), "--database", database]) == 0

    shutil.rmtree(find_project(None).target_path(engine.build_location))
    assert_says_what_it_can(engine, shop)
