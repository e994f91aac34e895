"""Fixtures that several test files of the default engine share."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from warehouses import build_warehouse

from tests.conftest import MakeOnce


@pytest.fixture(scope="session")
def demo_warehouse(make_once: MakeOnce) -> Path:
    """The warehouse of the demo seeds, built and published once; not to be changed."""
    return make_once("demo.db", build_warehouse)


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
