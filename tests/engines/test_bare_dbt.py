"""dbt without the pipeline, on the other engines."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from dbt.cli.main import dbtRunner

from pipeline.__main__ import main
from pipeline.warehouse import engine_for
from tests.small_shop import SMALL_SHOP, WriteShop

ROOT = Path(__file__).resolve().parents[2]
# Spark takes a second for each table: there the first ones say it.
SELECTED = {"spark": ("--select", "staging")}
WELL = {"success", "pass", "no-op"}


@pytest.mark.parametrize("target", ["duckdb", "postgres", "spark"])
def test_an_empty_run_and_the_age_of_the_raw_rows(
    target: str,
    request: pytest.FixtureRequest,
    write_shop: WriteShop,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if target != "duckdb":
        request.getfixturevalue(target)
    place = str(tmp_path / "bare") if target == "duckdb" else "bare_dbt"
    database = ("--target", target, "--database", place)
    assert main(["load", str(write_shop()), *database]) == 0
    engine = engine_for(target, place).in_place()
    for name, value in engine.dbt_environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(ROOT)  # dbt moves there; undone at the end

    def dbt(*arguments: str) -> Sequence[str]:
        outcome = dbtRunner().invoke(
            [
                *(*arguments, "--target", target, "--log-level", "none"),
                *("--target-path", str(tmp_path / "target")),
                *("--log-path", str(tmp_path)),
            ]
        )
        assert outcome.exception is None, str(outcome.exception)
        return [
            f"{result.node.name}: {result.message}"
            for result in outcome.result.results
            if str(result.status) not in WELL
        ]

    empty_run = ("run", "--empty", *SELECTED.get(target, ()))
    try:
        unwell = [
            said
            for command in (("seed",), empty_run, ("source", "freshness"))
            for said in dbt(*command)
        ]
    finally:
        engine.end_dbt()

    assert unwell == []
    assert engine.query("select count(*) from stg_order_items") == [(0,)]
    orders = len(SMALL_SHOP["raw_orders"]) - 1
    assert engine.query("select count(*) from raw_orders") == [(orders,)]
