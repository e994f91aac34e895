"""Batches on the other engines: the same rule, and one build equal to a full load."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.dbt.project import find_project
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
            engine = engine_for("duckdb", str(path))
            build_untested(engine, Path(folder) / "nights" / "full")
            forget_parsed(engine)

    return Location("duckdb", str(make_once("full_nights.duckdb", make)))


def forget_parsed(engine: Engine) -> None:
    shutil.rmtree(find_project(None).target_path(engine.build_location))


@pytest.mark.parametrize(("target", "days"), [("duckdb", 3), ("postgres", 3)])
def test_a_warehouse_that_grew_by_batches_equals_a_full_load(
    target: str,
    days: int,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    full: Location,
) -> None:
    place = str(tmp_path / "shop.duckdb")
    if target != "duckdb":
        request.getfixturevalue(target)
        place = "grown_by_batches"
    engine = engine_for(target, place)

    check_one_build(engine, tmp_path, days, full)

    forget_parsed(engine)
