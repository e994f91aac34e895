"""Dagster: every model an asset, every test of it a check, and the fit between them.

`dagster dev -f warehouse_assets.py`, in an environment with `requirements.txt`. It
builds by bare dbt, in place: see the README for what that lacks.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetSpec,
    Definitions,
    MaterializeResult,
    ScheduleDefinition,
    define_asset_job,
    multi_asset,
)
from dagster_dbt import DbtCliResource, DbtProject, dbt_assets

# The clone, in which `make` has run. Tables are made where DWH_DATABASE says.
ROOT = Path(os.environ.get("DWH_PROJECT", Path(__file__).parents[2])).expanduser()
# What needs the predictions, which no SQL can make.
AFTER_THE_FIT = "source:predictions+"
_CUSTOMERS, _SALES = "int_clv_purchase_summaries", "rpt_sales_daily"
# The tables of the fit, and what each is made of.
PREDICTIONS = {
    "clv_parameters": _CUSTOMERS,
    "clv_scores": _CUSTOMERS,
    "clv_backtest": _CUSTOMERS,
    "clv_backtest_deciles": _CUSTOMERS,
    "sales_forecasts": _SALES,
    "sales_forecast_backtest": _SALES,
}

project = DbtProject(project_dir=ROOT, profiles_dir=ROOT)
project.prepare_if_dev()


@dbt_assets(manifest=project.manifest_path, exclude=AFTER_THE_FIT)
def star_and_reports(
    context: AssetExecutionContext, dbt: DbtCliResource
) -> Iterator[Any]:
    """The models that need no prediction."""
    yield from dbt.cli(["build"], context=context).stream()


@multi_asset(
    specs=[
        AssetSpec(["predictions", table], deps=[model])
        for table, model in PREDICTIONS.items()
    ]
)
def predictions() -> Iterator[MaterializeResult]:
    """Lifetime values and sales, fitted by the pipeline in its own environment."""
    python = ROOT / ".venv" / "bin" / "python"
    subprocess.run([str(python), "-m", "pipeline", "fit"], cwd=ROOT, check=True)
    for table in PREDICTIONS:
        yield MaterializeResult(["predictions", table])


@dbt_assets(manifest=project.manifest_path, select=AFTER_THE_FIT)
def predicted_reports(
    context: AssetExecutionContext, dbt: DbtCliResource
) -> Iterator[Any]:
    """The models that need the predictions."""
    yield from dbt.cli(["build"], context=context).stream()


everything = define_asset_job("everything")
definitions = Definitions(
    assets=[star_and_reports, predictions, predicted_reports],
    resources={"dbt": DbtCliResource(project_dir=project)},
    jobs=[everything],
    schedules=[ScheduleDefinition(job=everything, cron_schedule="15 3 * * *")],
)
