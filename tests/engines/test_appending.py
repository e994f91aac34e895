"""Batches on the other engines: the same rule, and one build equal to a full load."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.warehouse import engine_for
from pipeline.warehouse.engine import Engine
from pipeline.warehouse.location import Location
from tests.batch_shop import (
    FIRST,
    MANY_KINDS,
    Shop,
    batches,
    build_untested,
    check_nights,
    check_one_build,
    write_nights,
)
from tests.conftest import MakeOnce

SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


def check_in(target: str, nights: Sequence[Shop]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        # On a server the first shop replaces the one of the example before.
        place = f"{folder}/shop" if target == "duckdb" else "batches"
        check_nights(engine_for(target, place), Path(folder), [FIRST, *nights])


@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
@given(nights=st.lists(batches(), min_size=1, max_size=3))
def test_any_batches_leave_what_the_rule_says_on_duckdb(nights: list[Shop]) -> None:
    check_in("duckdb", [*nights, nights[-1]])


@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
@given(nights=st.lists(batches(), min_size=1, max_size=3))
def test_any_batches_leave_what_the_rule_says_on_postgres(
    nights: list[Shop], postgres: None
) -> None:
    check_in("postgres", [*nights, nights[-1]])


def test_a_batch_of_many_kinds_leaves_what_the_rule_says_on_spark(spark: None) -> None:
    check_in("spark", MANY_KINDS[:1])


@pytest.fixture(scope="session")
def full(make_once: MakeOnce) -> Location:
    """The full files of the last night, loaded at once."""

    def make(path: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            write_nights(Path(folder) / "nights", 1)
            engine = engine_for("sqlite", str(path))
            build_untested(engine, Path(folder) / "nights" / "full")

    return Location("sqlite", str(make_once("full_nights.db", make)))


@pytest.mark.parametrize("target", ["duckdb", "postgres"])
def test_a_warehouse_that_grew_by_batches_equals_a_full_load(
    target: str, request: pytest.FixtureRequest, tmp_path: Path, full: Location
) -> None:
    engine: Engine = request.getfixturevalue(f"{target}_shop")

    check_one_build(engine, tmp_path, 3, full)
