"""Fixtures that the tests of the default engine and of the others share."""

import gc
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from filelock import FileLock

from tests.small_project import write_small_project
from tests.small_shop import SMALL_SHOP, WriteShop, write_csv

MakeOnce = Callable[[str, Callable[[Path], object]], Path]


def pytest_collection_finish() -> None:
    """Let Python's collector come by less often.

    Walking again and again what a thousand tests import took a twentieth of their time.
    """
    gc.set_threshold(100_000, 50, 100)


@pytest.fixture(scope="session")
def make_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> MakeOnce:
    """A function that makes what all processes of a test run share, once.

    Of its name and a function that makes it at a path, which is returned; it is not to
    be changed.
    """
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "shared"
    shared.mkdir(exist_ok=True)

    def make_once(name: str, make: Callable[[Path], object]) -> Path:
        path, is_made = shared / name, shared / f"{name}.made"
        with FileLock(shared / f"{name}.making"):
            if not is_made.exists():
                make(path)
                is_made.touch()
        return path

    return make_once


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
