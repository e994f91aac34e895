"""Predictions of a warehouse: read its purchases, fit, score, test, write.

The models `int_clv_*` hold what is read. What is written are the sources of the models
that show it: `clv_parameters`, `clv_scores`, `clv_backtest`, `clv_backtest_deciles`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.clv import backtest
from pipeline.clv.fit import (
    TOO_FEW,
    ModelFit,
    PurchaseSummaries,
    WindowFit,
    average_values,
    choose,
    fit_window,
)
from pipeline.clv.maximum import Array
from pipeline.clv.scores import Horizon, Scores, nothing_known

CALIBRATION, ALL_DATA = "calibration", "all_data"
NO_FIT_NEEDED = "no fit needed"

Columns = tuple[tuple[str, str], ...]
Row = tuple[object, ...]

PARAMETERS_TABLE, PARAMETERS_COLUMNS = (
    "clv_parameters",
    (
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
        ("r", "real"),
        ("alpha", "real"),
        ("a", "real"),
        ("b", "real"),
        ("p", "real"),
        ("q", "real"),
        ("gamma", "real"),
        ("log_likelihood", "real"),
        ("likelihood_ratio", "real"),
        ("leaving_p_value", "real"),
        ("frequency_value_correlation", "real"),
    ),
)
SCORES_TABLE, SCORES_COLUMNS = (
    "clv_scores",
    (
        ("fit_name", "text"),
        ("customer_key", "integer"),
        ("p_alive", "real"),
        ("expected_orders", "real"),
        ("expected_average_value", "real"),
        ("predicted_value", "real"),
    ),
)
BACKTEST_TABLE, BACKTEST_COLUMNS = (
    "clv_backtest",
    (
        ("forecast_method", "text"),
        ("customers", "integer"),
        ("actual_orders", "integer"),
        ("predicted_orders", "real"),
        ("actual_sales", "real"),
        ("predicted_sales", "real"),
        ("root_mean_squared_error", "real"),
        ("mean_absolute_error", "real"),
        ("rank_correlation", "real"),
        ("top_tenth_share", "real"),
        ("forecast_status", "text"),
        ("spend_status", "text"),
        ("is_used", "integer"),
    ),
)
DECILES_TABLE, DECILES_COLUMNS = (
    "clv_backtest_deciles",
    (
        ("forecast_method", "text"),
        ("decile", "integer"),
        ("customers", "integer"),
        ("predicted_orders", "real"),
        ("actual_orders", "integer"),
        ("predicted_sales", "real"),
        ("actual_sales", "real"),
    ),
)
TABLES: dict[str, Columns] = {
    PARAMETERS_TABLE: PARAMETERS_COLUMNS,
    SCORES_TABLE: SCORES_COLUMNS,
    BACKTEST_TABLE: BACKTEST_COLUMNS,
    DECILES_TABLE: DECILES_COLUMNS,
}
_PARAMETERS = ("r", "alpha", "a", "b", "p", "q", "gamma")
# Customers written at a time.
_BATCH = 100_000


class Warehouse(Protocol):
    """What is asked of an engine."""

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Read rows."""

    def read_numbers(self, sql: str) -> Array:
        """Read columns of numbers: a row a column, nan for null."""

    def write_table(
        self,
        name: str,
        columns: Sequence[tuple[str, str]],
        rows: Sequence[Sequence[object]],
    ) -> None:
        """Replace a small table."""

    def write_batches(
        self,
        name: str,
        columns: Sequence[tuple[str, str]],
        batches: Iterable[pa.RecordBatch],
    ) -> None:
        """Replace a table of many rows."""


@dataclass(frozen=True)
class Relations:
    """The models that are read, as they are written in SQL.

    Attributes:
        fits: `int_clv_fits`: what each window is, and how far is predicted.
        summaries: `int_clv_purchase_summaries`: its customers.
        holdouts: `int_clv_holdouts`: what they did after the calibration.
    """

    fits: str = "int_clv_fits"
    summaries: str = "int_clv_purchase_summaries"
    holdouts: str = "int_clv_holdouts"


@dataclass(frozen=True)
class Customers:
    """The customers of one window, one entry each.

    Attributes:
        keys: customer_key.
        summaries: What the models are fitted to.
        orders: Orders until the end of the window.
        net_sales: Net sales of the purchase days until then.
    """

    keys: Array
    summaries: PurchaseSummaries
    orders: Array
    net_sales: Array


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
        place: The kind of customers that each is of.
        average_value: Expected value of a purchase; nan where it cannot be told.
    """

    fit_name: str
    observed_through: str | None
    horizon: Horizon
    fits: WindowFit
    used: ModelFit | None
    customer_keys: Array
    place: NDArray[np.intp]
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
        return model.scores.of(self.place)

    def forecast(self, model: ModelFit) -> backtest.Forecast:
        """The same as a way to forecast."""
        orders = self.scores(model).expected_orders
        return backtest.Forecast(model.model_name, orders, orders * self.average_value)


def predict(warehouse: Warehouse, relations: Relations) -> list[Prediction]:
    """Fit, score and test both windows, and replace the four tables."""
    windows = {
        str(fit_name): (through and str(through), Horizon(int(weeks), float(rate)))
        for fit_name, through, weeks, rate in warehouse.query(
            "select fit_name, observed_through, horizon_weeks, yearly_discount_rate "  # noqa: S608
            f"from {relations.fits}"
        )
    }
    through, horizon = windows[CALIBRATION]
    customers = _read_customers(warehouse, relations, CALIBRATION)
    calibration = _predict(CALIBRATION, through, horizon, customers, None)
    holdout = _read_holdout(warehouse, relations, customers, horizon.weeks)
    accuracies, tenths = _backtest(calibration, holdout)
    through, horizon = windows[ALL_DATA]
    customers = _read_customers(warehouse, relations, ALL_DATA)
    today = _predict(ALL_DATA, through, horizon, customers, calibration.fits)
    predictions = [calibration, today]
    warehouse.write_batches(
        SCORES_TABLE,
        SCORES_COLUMNS,
        (batch for prediction in predictions for batch in _score_batches(prediction)),
    )
    warehouse.write_table(BACKTEST_TABLE, BACKTEST_COLUMNS, accuracies)
    warehouse.write_table(DECILES_TABLE, DECILES_COLUMNS, tenths)
    # Last: by it the models tell that the others are of these data.
    warehouse.write_table(
        PARAMETERS_TABLE,
        PARAMETERS_COLUMNS,
        [row for prediction in predictions for row in _parameter_rows(prediction)],
    )
    return predictions


def _read_customers(
    warehouse: Warehouse, relations: Relations, fit_name: str
) -> Customers:
    keys, frequency, recency, age, value, orders, sales = warehouse.read_numbers(
        "select customer_key, frequency, recency_days, age_days, mean_repeat_value, "  # noqa: S608
        f"orders, net_sales from {relations.summaries} where fit_name = '{fit_name}'"
    )
    return Customers(
        keys, PurchaseSummaries(frequency, recency, age, value), orders, sales
    )


def _predict(
    fit_name: str,
    observed_through: str | None,
    horizon: Horizon,
    customers: Customers,
    calibration: WindowFit | None,
) -> Prediction:
    """Fit and score one window; the calibration's evidence chooses the model."""
    kinds, place = customers.summaries.kinds()
    fits = fit_window(customers.summaries, kinds, horizon)
    used = choose(fits, calibration or fits)
    return Prediction(
        fit_name,
        observed_through,
        horizon,
        fits,
        used,
        customers.keys,
        place,
        average_values(fits.spend, customers.summaries),
    )


def _read_holdout(
    warehouse: Warehouse, relations: Relations, customers: Customers, weeks: int
) -> backtest.Holdout:
    """What the customers of the calibration did after it."""
    later_keys, *later = warehouse.read_numbers(
        f"select customer_key, actual_orders, actual_sales from {relations.holdouts}"  # noqa: S608
    )
    _, here, there = np.intersect1d(
        customers.keys, later_keys, assume_unique=True, return_indices=True
    )
    actual = np.zeros((2, len(customers.keys)))
    actual[:, here] = np.array(later)[:, there]
    summaries = customers.summaries
    return backtest.Holdout(
        frequency=summaries.frequency,
        orders=customers.orders,
        recency_weeks=summaries.recency_days / 7,
        age_weeks=summaries.age_days / 7,
        mean_value=customers.net_sales / (summaries.frequency + 1),
        actual_orders=actual[0],
        actual_sales=actual[1],
        weeks=weeks,
    )


def _backtest(
    calibration: Prediction, holdout: backtest.Holdout
) -> tuple[list[Row], list[Row]]:
    """The rows of `clv_backtest` and `clv_backtest_deciles`."""
    spend_status = calibration.fits.spend.status
    plain_status = NO_FIT_NEEDED if len(holdout.frequency) else TOO_FEW
    forecasts = [
        (
            calibration.forecast(model),
            (model.status, spend_status, int(calibration.is_used(model))),
        )
        for model in calibration.fits.purchases.values()
    ] + [
        (forecast, (plain_status, plain_status, 0))
        for forecast in backtest.plain_forecasts(holdout)
    ]
    accuracies: list[Row] = []
    tenths: list[Row] = []
    for forecast, status in forecasts:
        accuracy, parts = backtest.measure(forecast, holdout)
        accuracies.append((*astuple(accuracy), *status))
        tenths += map(astuple, parts)
    return accuracies, tenths


def _parameter_rows(prediction: Prediction) -> list[Row]:
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
            model.log_likelihood,
            model.likelihood_ratio,
            model.leaving_p_value,
            model.frequency_value_correlation,
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
            names=[name for name, _ in SCORES_COLUMNS],
        )
