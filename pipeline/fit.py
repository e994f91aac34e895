"""Predict lifetime values and sales where bare dbt works: in place, not by a build."""

from pipeline.clv import warehouse as clv
from pipeline.errors import PipelineError
from pipeline.forecast import warehouse as sales
from pipeline.warehouse.engine import Engine

Predictions = tuple[list[clv.Prediction], list[sales.SalesForecast]]


def fit(engine: Engine) -> Predictions:
    """Fit the purchases and the sales of a warehouse, and replace its predictions.

    Returns:
        What `fit_in_place` does.

    Raises:
        PipelineError: The target is no warehouse, or the models that the fit reads are
            not there; the target is as it was.
    """
    engine.check_requirements()
    engine.check_published()
    with engine.exclusive_use():
        return fit_in_place(engine.in_place())


def fit_in_place(warehouse: Engine) -> Predictions:
    """The same for what `Engine.in_place` gives, whoever else writes there.

    Returns:
        The prediction of lifetime values of the backtest's calibration, and the one
        from all data; and the forecast of sales of the shop and each category.

    Raises:
        PipelineError: The models that the fit reads are not there.
    """
    for model in (*clv.MODELS, *sales.MODELS):
        if not warehouse.has_table(model):
            raise PipelineError(
                f"{warehouse.build_location} has no {model}; run the models first: "
                "dbt build"
            )
    return clv.predict(warehouse), sales.forecast_sales(warehouse)
