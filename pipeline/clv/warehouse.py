"""Predictions of a warehouse: read its purchases, fit, score, test, write.

`MODELS` hold what is read. What is written, `TABLES`, are the sources of the models
that show it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.clv import backtest
from pipeline.clv.backtest import Customers
from pipeline.clv.fit import ModelFit, WindowFit, average_values, choose, fit_window
from pipeline.clv.maximum import Array
from pipeline.clv.scores import Horizon, Scores, nothing_known
from pipeline.records import columns_of, rows_of
from pipeline.warehouse.engine import Engine

CALIBRATION, ALL_DATA = "calibration", "all_data"

Row = tuple[object, ...]

_PARAMETERS = ("r", "alpha", "a", "b", "p", "q", "gamma")
_EVIDENCE = (
    *("log_likelihood", "likelihood_ratio", "leaving_p_value"),
    "frequency_value_correlation",
)
TABLES = {
    "clv_parameters": (
        ("fit_name", "text"),
        ("model_name", "text"),
        ("observed_through", "text"),
        ("horizon_weeks", "integer"),
        ("yearly_discount_rate", "real"),
        ("buyers", "integer"),
        ("repeat_buyers", "integer"),
        ("repeat_purchases", "integer"),
        ("fitted_customers", "integer"),
        ("status", "text"),
        ("is_used", "integer"),
        *((name, "real") for name in (*_PARAMETERS, *_EVIDENCE)),
    ),
    # Null where nothing can be said.
    "clv_scores": (
        ("fit_name", "text"),
        ("customer_key", "integer"),
        ("p_alive", "real"),
        ("expected_orders", "real"),
        ("expected_average_value", "real"),
        ("predicted_value", "real"),
    ),
    "clv_backtest": columns_of(backtest.Accuracy),
    "clv_backtest_deciles": columns_of(backtest.Tenth),
}
# What each window is and how far is predicted, its customers, and what those of the
# calibration did after it.
MODELS = ("int_clv_fits", "int_clv_purchase_summaries", "int_clv_holdouts")
# Customers written at a time.
_BATCH = 100_000


@dataclass(frozen=True)
class Prediction:
    """One window: what was fitted, what scores it, and what it expects.

    Attributes:
        fit_name: `calibration` or `all_data`.
        observed_through: The last day of what was fitted, YYYY-MM-DD.
        horizon: What is predicted.
        fits: All models.
        used: The purchase model that scores; None where none fits.
        customer_keys: One entry a customer, as the next two.
        kind_index: The kind of customers that each is of.
        average_value: Expected value of a purchase; nan where it cannot be told.
    """

    fit_name: str
    observed_through: str | None
    horizon: Horizon
    fits: WindowFit
    used: ModelFit | None
    customer_keys: Array
    kind_index: NDArray[np.intp]
    average_value: Array

    @property
    def models(self) -> list[ModelFit]:
        """The fits of all models, those of purchases first."""
        return [*self.fits.purchases.values(), self.fits.spend]

    @property
    def summary(self) -> str:
        """What was found, in one line."""
        found = ", ".join(
            f"{model.model_name} {model.status}{' (used)' * self.is_used(model)}"
            for model in self.models
        )
        return f"{self.fit_name} of {self.fits.customers:,} customers: {found}"

    def is_used(self, model: ModelFit) -> bool:
        """Whether the scores are by this model."""
        return model is self.used or (model is self.fits.spend and model.is_fitted)

    def scores(self, model: ModelFit | None) -> Scores:
        """What a model expects of each customer."""
        if model is None or model.scores is None:
            return nothing_known(len(self.customer_keys))
        return model.scores.of(self.kind_index)

    def forecast(self, model: ModelFit) -> backtest.Forecast:
        """The same as a forecast."""
        orders = self.scores(model).expected_orders
        return backtest.Forecast(
            model.model_name,
            orders,
            orders * self.average_value,
            model.status,
            self.fits.spend.status,
            int(self.is_used(model)),
        )


def predict(warehouse: Engine) -> list[Prediction]:
    """Fit, score and test both windows, and replace the four tables."""
    windows = {
        str(fit_name): (through and str(through), Horizon(int(weeks), float(rate)))
        for fit_name, through, weeks, rate in warehouse.query(
            "select fit_name, observed_through, horizon_weeks, yearly_discount_rate "
            "from int_clv_fits"
        )
    }
    through, horizon = windows[CALIBRATION]
    customers = _read_customers(warehouse, CALIBRATION)
    calibration = _predict(CALIBRATION, through, horizon, customers, None)
    holdout = _read_holdout(warehouse, customers, horizon.weeks)
    forecasts = [
        *(calibration.forecast(model) for model in calibration.fits.purchases.values()),
        *backtest.plain_forecasts(holdout),
    ]
    measured = [backtest.measure(forecast, holdout) for forecast in forecasts]
    through, horizon = windows[ALL_DATA]
    customers = _read_customers(warehouse, ALL_DATA)
    today = _predict(ALL_DATA, through, horizon, customers, calibration.fits)
    predictions = [calibration, today]
    scores = (batch for each in predictions for batch in _score_batches(each))
    warehouse.write_batches("clv_scores", TABLES["clv_scores"], scores)
    # The parameters last: by them the models tell that the others are of these data.
    for table, rows in (
        ("clv_backtest", rows_of(accuracy for accuracy, _ in measured)),
        ("clv_backtest_deciles", rows_of(t for _, tenths in measured for t in tenths)),
        ("clv_parameters", [row for each in predictions for row in _parameters(each)]),
    ):
        warehouse.write_table(table, TABLES[table], rows)
    return predictions


def _read_customers(warehouse: Engine, fit_name: str) -> Customers:
    keys, frequency, recency, age, value, orders, sales = warehouse.read_numbers(
        "select customer_key, frequency, recency_days, age_days, mean_repeat_value, "  # noqa: S608
        "orders, net_sales from int_clv_purchase_summaries "
        f"where fit_name = '{fit_name}'"
    )
    return Customers(frequency, recency, age, value, keys, orders, sales)


def _predict(
    fit_name: str,
    observed_through: str | None,
    horizon: Horizon,
    customers: Customers,
    calibration: WindowFit | None,
) -> Prediction:
    """Fit and score one window; the calibration's evidence chooses the model."""
    kinds, kind_index = customers.kinds()
    fits = fit_window(customers, kinds, horizon)
    used = choose(fits, calibration or fits)
    return Prediction(
        fit_name,
        observed_through,
        horizon,
        fits,
        used,
        customers.keys,
        kind_index,
        average_values(fits.spend, customers),
    )


def _read_holdout(
    warehouse: Engine, customers: Customers, weeks: int
) -> backtest.Holdout:
    """What the customers of the calibration did after it."""
    later_keys, *later = warehouse.read_numbers(
        "select customer_key, actual_orders, actual_sales from int_clv_holdouts"
    )
    _, here, there = np.intersect1d(
        customers.keys, later_keys, assume_unique=True, return_indices=True
    )
    actual = np.zeros((2, len(customers.keys)))
    actual[:, here] = np.array(later)[:, there]
    return backtest.Holdout(customers, actual[0], actual[1], weeks)


def _parameters(prediction: Prediction) -> list[Row]:
    fits = prediction.fits
    return [
        (
            prediction.fit_name,
            model.model_name,
            prediction.observed_through,
            prediction.horizon.weeks,
            prediction.horizon.yearly_discount_rate,
            fits.customers,
            fits.repeat_customers,
            fits.repeat_purchases,
            model.customers,
            model.status,
            int(prediction.is_used(model)),
            *(model.parameters.get(name) for name in _PARAMETERS),
            *(getattr(model, name) for name in _EVIDENCE),
        )
        for model in prediction.models
    ]


def _score_batches(prediction: Prediction) -> Iterator[pa.RecordBatch]:
    scores, value = prediction.scores(prediction.used), prediction.average_value
    columns = (
        scores.p_alive,
        scores.expected_orders,
        value,
        scores.discounted_orders * value,
    )
    for first in range(0, len(value), _BATCH):
        part = slice(first, first + _BATCH)
        keys = pa.array(prediction.customer_keys[part].astype(np.int64))
        yield pa.RecordBatch.from_arrays(
            [
                pa.repeat(prediction.fit_name, len(keys)),
                keys,
                # What is no number is null.
                *(pa.array(column[part], from_pandas=True) for column in columns),
            ],
            names=[name for name, _ in TABLES["clv_scores"]],
        )
