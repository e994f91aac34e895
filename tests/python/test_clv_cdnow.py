"""The published sample of CDNOW's customers through the whole warehouse.

The numbers are those of a warehouse, not of the papers: a line at price 0 is a gift and
no purchase, so that 8 customers and a few days are fewer. They were computed apart from
the project, with scipy. test_clv_fit.py has the papers' own.
"""

from pathlib import Path

import pandas as pd
import pytest

from tests.python.test_clv_scores import expected_orders
from tests.python.warehouses import SHARED_DATA, build_warehouse, read_frame

CDNOW = SHARED_DATA / "cdnow_sample"
# Fader, Hardie and Lee (2005): the papers' estimates, and their customer 0001.
PUBLISHED = pd.Series({"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426})
FIRST_CUSTOMER = {
    "frequency": [2.0],
    "recency_weeks": [30.43],
    "age_weeks": [38.86],
    "horizon_weeks": [39.0],
}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Calibrated on 39 weeks, as in the papers."""
    if not CDNOW.is_dir():
        pytest.skip(f"the real data are not there: {CDNOW}")
    folder = tmp_path_factory.mktemp("cdnow")
    return build_warehouse(
        folder / "cdnow.db", CDNOW, variables="clv_holdout_weeks: 39", tests=False
    )


def test_the_published_expectation_is_that_of_the_reference() -> None:
    expected = expected_orders(PUBLISHED, pd.DataFrame(FIRST_CUSTOMER))

    assert round(float(expected.iloc[0]), 3) == 1.226


def test_the_calibration_is_the_one_computed_elsewhere(warehouse: Path) -> None:
    fits = read_frame(warehouse, "select * from clv_parameters").set_index("fit_name")
    fit = fits.loc["calibration"]

    assert [fit.purchase_status, fit.spend_status] == ["fitted", "fitted"]
    assert fit.observed_through == "1997-09-30"
    assert [round(fit[name], 4) for name in ("r", "alpha", "a", "b")] == (
        [0.2439, 4.4224, 0.7925, 2.4229]
    )
    assert round(fit.log_likelihood, 2) == -9578.20
    assert [round(fit[name], 2) for name in ("p", "q", "gamma")] == [6.25, 3.74, 15.44]


def test_the_papers_first_customer_is_expected_to_buy_as_often(warehouse: Path) -> None:
    alike = read_frame(
        warehouse,
        "select distinct expected_orders from int_clv_purchase_summaries"
        " join int_clv_scores using (fit_name, customer_key)"
        " where fit_name = 'calibration'"
        " and frequency = 2 and recency_days = 213 and age_days = 272",
    )

    assert list(alike.expected_orders) == pytest.approx([1.226], abs=2e-3)
