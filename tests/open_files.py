"""Files that a process has open, of which a failed attempt must keep none."""

import gc
from collections.abc import Callable
from pathlib import Path

import pytest


def assert_keeps_none_open(fail: Callable[[], object]) -> None:
    """Fail twenty times, and have no more files open than after the first time."""
    descriptors = Path("/proc/self/fd")
    if not descriptors.exists():
        pytest.skip("only Linux lists the open files of a process")
    fail()  # what is read once, and kept
    gc.collect()
    before = len(list(descriptors.iterdir()))
    for _ in range(20):
        fail()
    gc.collect()
    kept = len(list(descriptors.iterdir())) - before
    assert kept <= 0, f"{kept} files are still open"
