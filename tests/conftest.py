"""Fixtures that the tests of the default engine and of the others share."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.small_project import write_small_project
from tests.small_shop import SMALL_SHOP, WriteShop, write_csv


@pytest.fixture
def write_shop(tmp_path: Path) -> WriteShop:
    """A function that writes a folder of raw files: the small shop, or changed."""

    def write(
        name: str = "shop", **tables: Sequence[Sequence[str]] | bytes | None
    ) -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for table, rows in {**SMALL_SHOP, **tables}.items():
            path = folder / f"{table}.csv"
            if rows is None:
                continue
            if isinstance(rows, bytes):
                path.write_bytes(rows)
            else:
                write_csv(path, rows)
        return folder

    return write


@pytest.fixture(scope="session")
def small_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a dbt project of a few models."""
    root = tmp_path_factory.mktemp("small_project")
    write_small_project(root)
    return root
