"""`python -m pipeline fit` on the other engines."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.warehouse import engine_for

QUERIES = (
    "select * from clv_parameters order by fit_name, model_name",
    "select * from clv_scores order by fit_name, customer_key",
    "select * from clv_backtest order by forecast_method",
    "select * from clv_backtest_deciles order by forecast_method, decile",
    "select * from sales_forecasts order by 2, 1, 3, 4",
    "select * from sales_forecast_backtest order by 2, 1, 3",
)


@pytest.mark.parametrize("target", ["duckdb", "postgres"])
def test_a_fit_in_place_gives_what_the_build_gave(
    target: str, warehouse: Callable[[str, str], str], tmp_path: Path
) -> None:
    database = warehouse("default", target).removeprefix(f"{target}:")
    if target == "duckdb":  # which another process of the tests may be reading
        database = str(shutil.copy(database, tmp_path))
    published = engine_for(target, database).in_place()
    built = [published.query(query) for query in QUERIES]
    assert all(built)

    assert main(["fit", "--target", target, "--database", database]) == 0

    assert [published.query(query) for query in QUERIES] == built


def test_a_published_spark_schema_changes_by_a_build_only(
    warehouse: Callable[[str, str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    database = warehouse("default", "spark").removeprefix("spark:")

    assert main(["fit", "--target", "spark", "--database", database]) == 1

    last = capsys.readouterr().err.splitlines()[-1]
    assert "was published by a build, and changes by one only" in last
