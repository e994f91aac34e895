"""Predict lifetime values where bare dbt works: in place, without a build."""

from pipeline.clv.warehouse import MODELS, Prediction, predict
from pipeline.errors import PipelineError
from pipeline.warehouse.engine import Engine


def fit(engine: Engine) -> list[Prediction]:
    """Fit the purchases of a warehouse, and replace its predictions.

    Returns:
        The prediction of the backtest's calibration, and the one from all data.

    Raises:
        PipelineError: The target is no warehouse, or the models that the fit reads are
            not there; the target is as it was.
    """
    engine.check_requirements()
    engine.check_published()
    with engine.exclusive_use():
        warehouse = engine.in_place()
        for model in MODELS:
            if not warehouse.has_table(model):
                raise PipelineError(
                    f"{engine.location} has no {model}; run the models first: dbt build"
                )
        return predict(warehouse)
