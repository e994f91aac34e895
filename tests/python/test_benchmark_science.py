"""What the benchmark of evidence takes for planted, and what for chance."""

from pathlib import Path

from benchmarks.many_buyers import write_buyers
from benchmarks.science import (
    belong_together,
    planted_affinities,
    planted_kin,
    significant_pairs,
)
from pipeline.fit import fit
from pipeline.warehouse import engine_for, reader_for
from tests.python.warehouses import read_rows

TRUTH = {
    "affinities": [
        {"product_id": "tent", "followed_by_product_id": "stove"},
        {"product_id": "stove", "followed_by_product_id": "gas"},
        {"product_id": "gas", "followed_by_product_id": "stove"},
        {"product_id": "lamp", "followed_by_product_id": "bulb"},
    ],
    "missions": [{"mission": "camping", "product_ids": ["tent", "mat"]}],
}


def test_an_affinity_is_a_pair_without_a_direction() -> None:
    assert planted_affinities(TRUTH) == {
        frozenset(("tent", "stove")),
        frozenset(("gas", "stove")),
        frozenset(("lamp", "bulb")),
    }


def test_missions_and_all_that_follows_belong_together() -> None:
    kin = planted_kin(TRUTH)
    together = [("tent", "mat"), ("mat", "stove"), ("mat", "gas"), ("lamp", "bulb")]
    apart = [("tent", "lamp"), ("bulb", "mat"), ("gas", "bulb")]
    assert all(belong_together(frozenset(pair), kin) for pair in together)
    assert not any(belong_together(frozenset(pair), kin) for pair in apart)


def test_without_affinities_nothing_belongs_together() -> None:
    nothing = {"affinities": [], "missions": []}
    assert planted_affinities(nothing) == set()
    assert not belong_together(frozenset(("tent", "stove")), planted_kin(nothing))


def test_pairs_are_read_with_the_ids_of_their_products(demo_warehouse: Path) -> None:
    [(listed, significant)] = read_rows(
        demo_warehouse,
        "select count(*), sum(is_significant) from rpt_product_co_purchases",
    )
    with reader_for(str(demo_warehouse)) as reader:
        pairs = significant_pairs(reader)
    assert len(pairs) == listed
    assert sum(pairs.values()) == significant
    assert all(len(pair) == 2 for pair in pairs)


def test_simulated_buyers_are_all_that_predictions_need(tmp_path: Path) -> None:
    database = tmp_path / "buyers.db"
    write_buyers("sqlite", database, 300)

    (calibration, today), _ = fit(engine_for("sqlite", str(database)))

    assert len(calibration.customer_keys) == len(today.customer_keys) == 300
