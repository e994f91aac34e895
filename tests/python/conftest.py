"""Fixtures that several test files of the default engine share."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from warehouses import (
    SHARED_DATA,
    RealWarehouse,
    build_real_shop,
    build_warehouse,
)

from tests.conftest import MakeOnce

# The files that take longest, which begin: the processes of `make test` end at once
# where what is left at the end is short. The first builds the demo shop, and meanwhile
# the second and third need nothing of what dbt parses for it.
LONGEST = (
    "test_dashboard_browser.py",
    "test_torture.py",
    "test_publish.py",
    "test_dashboard_ten_questions.py",
    "test_bare_dbt.py",
    "test_build.py",
    "test_installed.py",
    "test_dashboard_pages.py",
    "test_real_data.py",
    "test_outcomes.py",
    "test_any_shop.py",
    "test_planted_faults.py",
    "test_batches.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put them first; the tests of a file stay together and in their order."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


@pytest.fixture(scope="session")
def demo_warehouse(make_once: MakeOnce) -> Path:
    """The warehouse of the demo seeds, built and published once; not to be changed."""
    return make_once("demo.db", build_warehouse)


@pytest.fixture(scope="session")
def real_warehouse(make_once: MakeOnce) -> RealWarehouse:
    """A function that gives a real shop's warehouse, built once; not to be changed.

    Tests of one whose data are not there are skipped.
    """

    def real_warehouse(name: str) -> Path:
        if not (SHARED_DATA / name).is_dir():
            pytest.skip(f"the real data are not there: {SHARED_DATA / name}")
        return make_once(f"{name}.db", partial(build_real_shop, name))

    return real_warehouse


@contextmanager
def rights_of_nobody(folder: Path) -> Iterator[None]:
    """Let everybody read a folder and nobody write it; lay root's powers aside."""
    changed: dict[Path, int] = {}
    for path in [folder, *folder.parents]:
        mode = path.stat().st_mode & 0o7777
        wanted = 0o555 if path == folder else mode | 0o055
        if path.stat().st_uid == os.getuid() and (path == folder or not mode & 0o001):
            changed[path] = mode
            path.chmod(wanted)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        for path, mode in changed.items():
            path.chmod(mode)
