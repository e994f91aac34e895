"""Fit the lifetime value models where bare dbt works: in place, without a build."""

from pipeline.clv.fit import ClvFit, fit_warehouse
from pipeline.engines.base import Engine
from pipeline.errors import PipelineError
from pipeline.progress import Reporter

SUMMARIES = "int_clv_purchase_summaries"
FITS = "int_clv_fits"


def fit(engine: Engine, reporter: Reporter) -> list[ClvFit]:
    """Fit the purchase summaries of a warehouse, and replace its `clv_parameters`.

    Returns:
        One fit on all data, and one for the backtest's calibration.

    Raises:
        PipelineError: The target is no warehouse, or the models that the fit reads are
            not there; the target is as it was.
    """
    engine.check_requirements()
    engine.check_published()
    with engine.exclusive_use(), reporter.stage("fit"):
        warehouse = engine.in_place()
        for model in (SUMMARIES, FITS):
            if not warehouse.has_table(model):
                raise PipelineError(
                    f"{engine.location} has no {model}; run the models first: dbt build"
                )
        return fit_warehouse(warehouse, summaries=SUMMARIES, fits=FITS)
