"""Batches on the other engines: the same rule, and one build equal to a full load."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.warehouse import engine_for
from tests.batch_shop import (
    FIRST,
    MANY_KINDS,
    Shop,
    batches,
    check_nights,
)

SERVERS = ("postgres", "spark")
SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


def check_in(target: str, nights: Sequence[Shop]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        # On a server the first shop replaces the one of the example before.
        place = f"{folder}/shop" if target == "duckdb" else "batches"
        check_nights(engine_for(target, place), Path(folder), [FIRST, *nights])


@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
@given(nights=st.lists(batches(), min_size=1, max_size=3))
def test_any_batches_leave_what_the_rule_says_on_duckdb(nights: list[Shop]) -> None:
    check_in("duckdb", nights)


@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
@given(nights=st.lists(batches(), min_size=1, max_size=3))
def test_any_batches_leave_what_the_rule_says_on_postgres(
    nights: list[Shop], postgres: None
) -> None:
    check_in("postgres", nights)


def test_batches_of_many_kinds_leave_what_the_rule_says_on_spark(spark: None) -> None:
    check_in("spark", MANY_KINDS)
