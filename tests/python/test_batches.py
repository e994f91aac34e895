"""Batches: what changed takes the place of what is held of it, and all else stays."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.warehouse import engine_for
from tests.batch_shop import FIRST, Shop, batches, check_nights


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(nights=st.lists(batches(), min_size=1, max_size=4))
def test_any_batches_leave_what_the_rule_says(nights: list[Shop]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = engine_for("sqlite", f"{folder}/shop.db")
        check_nights(engine, Path(folder), [FIRST, *nights])
