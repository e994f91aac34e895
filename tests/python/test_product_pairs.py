"""The evidence of pairs, computed again from their counts with scipy."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.python.warehouses import read_frame, read_rows


@pytest.fixture(scope="module")
def pairs(demo_warehouse: Path) -> pd.DataFrame:
    """The listed pairs of the demo shop, with their z scores."""
    return read_frame(
        demo_warehouse,
        "select * from rpt_product_co_purchases"
        " join int_product_pair_excesses"
        " using (product1_key, product2_key, expected_co_purchases)",
    )


def test_z_scores_have_the_chances_of_poisson_variables(pairs: pd.DataFrame) -> None:
    counts, means = pairs["co_purchase_count"], pairs["expected_co_purchases"]

    by_normal = stats.norm.sf(pairs["z_score"])
    by_poisson = stats.poisson.sf(counts - 1, means)

    assert len(pairs) > 100
    # Down to where the chance decides nothing any more.
    np.testing.assert_allclose(
        by_normal[by_poisson > 1e-30], by_poisson[by_poisson > 1e-30], rtol=0.05
    )


def test_q_values_are_benjamini_and_hochbergs(
    demo_warehouse: Path, pairs: pd.DataFrame
) -> None:
    [(products,)] = read_rows(
        demo_warehouse, "select count(*) from int_basket_products"
    )
    p_values = stats.norm.sf(pairs["z_score"])
    unlisted = np.ones(products * (products - 1) // 2 - len(pairs))

    expected = stats.false_discovery_control(np.concatenate([p_values, unlisted]))

    np.testing.assert_allclose(
        pairs["q_value"], expected[: len(pairs)], rtol=1e-3, atol=1e-120
    )
    assert (pairs["is_significant"] == (pairs["q_value"] <= 0.05)).all()
    assert 0 < pairs["is_significant"].sum() < len(pairs)
