"""The committed name pools are what the pinned Faker draws, and fit to be used."""

import json
from typing import Any

import pytest

from generator.build_pools import COUNTRIES, POOLS, Country, build, one_list_a_line


def committed(country: Country) -> dict[str, Any]:
    pool: dict[str, Any] = json.loads(
        (POOLS / f"{country.file}.json").read_text(encoding="utf-8")
    )
    return pool


def test_every_country_has_one_pool_and_no_pool_is_left_over() -> None:
    assert {path.stem for path in POOLS.glob("*.json")} == {c.file for c in COUNTRIES}
    assert len(COUNTRIES) >= 12


@pytest.mark.parametrize("country", COUNTRIES, ids=lambda country: country.file)
def test_pool_is_what_faker_draws(country: Country) -> None:
    text = (POOLS / f"{country.file}.json").read_text(encoding="utf-8")
    assert one_list_a_line(build(country)) + "\n" == text


@pytest.mark.parametrize("country", COUNTRIES, ids=lambda country: country.file)
def test_pool_is_large_enough_and_each_name_has_a_slug(country: Country) -> None:
    pool = committed(country)
    assert len(set(pool["streets"])) == len(pool["streets"]) >= 20
    assert len(set(pool["cities"])) == len(pool["cities"]) >= 20
    for gender in ("female", "male"):
        for part in ("given", "family"):
            names = pool["names"][gender][part]
            assert len(names["text"]) == len(names["slug"]) >= 15
            assert all(slug.isascii() and slug.isalpha() for slug in names["slug"])
