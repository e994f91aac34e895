"""The committed name pools are what the pinned Faker draws, and fit to be used."""

import json
from pathlib import Path
from typing import Any

import pytest

from generator.build_pools import POOLS, one_list_a_line, redraw

FILES = sorted(POOLS.glob("*.json"))
each_pool = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def read(file: Path) -> dict[str, Any]:
    pool: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return pool


def test_a_country_has_one_pool() -> None:
    countries = {read(file)["country"] for file in FILES}
    assert len(countries) == len(FILES) >= 12


@each_pool
def test_pool_is_what_faker_draws(file: Path) -> None:
    assert one_list_a_line(redraw(read(file))) + "\n" == file.read_text("utf-8")


@each_pool
def test_pool_is_large_enough_and_each_name_has_a_slug(file: Path) -> None:
    pool = read(file)
    assert len(set(pool["streets"])) == len(pool["streets"]) >= 20
    assert len(set(pool["cities"])) == len(pool["cities"]) >= 20
    for gender in ("female", "male"):
        for part in ("given", "family"):
            names = pool["names"][gender][part]
            assert len(names["text"]) == len(names["slug"]) >= 15
            assert all(slug.isascii() and slug.isalpha() for slug in names["slug"])
