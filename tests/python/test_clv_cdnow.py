"""The published sample of CDNOW's customers through the whole warehouse.

The numbers are those of a warehouse, not of the papers: a line at price 0 is a gift and
no purchase, so that 8 customers and a few days are fewer. They were computed apart from
the project, with scipy. test_clv_purchases.py and test_clv_fit.py have the papers' own.
"""

from pathlib import Path

import pandas as pd
import pytest

from tests.python.clv_worlds import CDNOW
from tests.python.test_clv_scores import expected_orders
from tests.python.warehouses import build_warehouse, read_frame

# Fader, Hardie and Lee's customer 0001: last bought in week 30.43, known for 38.86.
FIRST_CUSTOMER = "frequency = 2 and recency_days = 213 and age_days = 272"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Calibrated on 39 weeks, as in the papers."""
    if not CDNOW.is_dir():
        pytest.skip(f"the real data are not there: {CDNOW}")
    folder = tmp_path_factory.mktemp("cdnow")
    return build_warehouse(
        folder / "cdnow.db", CDNOW, variables="clv_holdout_weeks: 39", tests=False
    )


@pytest.fixture(scope="module")
def calibration(warehouse: Path) -> pd.DataFrame:
    """The models of the calibration, by name."""
    return read_frame(
        warehouse, "select * from rpt_clv_models where fit_name = 'calibration'"
    ).set_index("model_name")


def test_the_calibration_is_the_one_computed_elsewhere(
    calibration: pd.DataFrame,
) -> None:
    fit, spend = calibration.loc["bg_nbd"], calibration.loc["gamma_gamma"]

    assert set(calibration.model_status) == {"fitted"}
    assert fit.observed_through == "1997-09-30"
    assert [round(fit[name], 4) for name in ("r", "alpha", "a", "b")] == (
        [0.2439, 4.4224, 0.7925, 2.4229]
    )
    assert round(fit.log_likelihood, 2) == -9578.20
    assert [round(spend[name], 2) for name in ("p", "q", "gamma")] == (
        [6.25, 3.74, 15.44]
    )


def test_the_model_with_the_higher_likelihood_predicts(
    warehouse: Path, calibration: pd.DataFrame
) -> None:
    # -9577.98 against -9578.20: a one-time buyer may have left at once
    assert calibration.log_likelihood["mbg_nbd"] > calibration.log_likelihood["bg_nbd"]
    backtest = read_frame(warehouse, "select * from rpt_clv_backtest").set_index(
        "forecast_method"
    )
    assert list(backtest.index[backtest.is_used == 1]) == ["mbg_nbd"]
    assert (calibration.leaving_p_value[["bg_nbd", "mbg_nbd"]] < 1e-50).all()
    # without leaving far too much is expected
    assert backtest.relative_error["mbg_nbd"] == pytest.approx(-0.163, abs=1e-3)
    assert backtest.relative_error["nbd"] > 0.5
    once = read_frame(
        warehouse,
        "select p_alive from int_clv_purchase_summaries"
        " join clv_scores using (fit_name, customer_key)"
        " where fit_name = 'calibration' and frequency = 0",
    )
    assert once.p_alive.between(0.3, 0.7).all()


def test_the_papers_first_customer_is_expected_to_buy_as_often(
    warehouse: Path, calibration: pd.DataFrame
) -> None:
    alike = read_frame(
        warehouse,
        "select distinct frequency, recency_days, age_days, expected_orders"
        " from int_clv_purchase_summaries"
        " join clv_scores using (fit_name, customer_key)"
        f" where fit_name = 'calibration' and {FIRST_CUSTOMER}",
    ).assign(horizon_weeks=39.0)
    alike["recency_weeks"] = alike.recency_days / 7
    alike["age_weeks"] = alike.age_days / 7

    by_bg_nbd = expected_orders(calibration.loc["bg_nbd"], alike)

    assert list(by_bg_nbd) == pytest.approx([1.226], abs=2e-3)
    # the model that was chosen differs by little
    assert list(alike.expected_orders) == pytest.approx([1.226], abs=0.05)
