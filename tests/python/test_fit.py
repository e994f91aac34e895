"""`python -m pipeline fit`: predicted lifetime values and sales, in place."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.__main__ import main
from tests.python.warehouses import read_rows

TABLES = (
    *("clv_parameters", "clv_scores", "clv_backtest", "clv_backtest_deciles"),
    *("sales_forecasts", "sales_forecast_backtest"),
)


def predictions(database: Path) -> dict[str, list[tuple[object, ...]]]:
    return {
        table: read_rows(database, f"select * from {table} order by 1, 2, 3, 4")
        for table in TABLES
    }


def test_a_fit_in_place_gives_what_the_build_gave(
    demo_warehouse: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "dwh.db"
    shutil.copyfile(demo_warehouse, database)
    with closing(sqlite3.connect(database)) as connection, connection:
        for table in TABLES:
            connection.execute(f"delete from {table}")

    assert main(["fit", "--database", str(database)]) == 0

    assert all(predictions(database).values())
    assert predictions(database) == predictions(demo_warehouse)
    said = capsys.readouterr()
    assert "calibration" in said.out
    assert "forecast of 13 weeks" in said.out
    assert "dbt run --select source:predictions+" in said.err


def test_without_the_models_a_fit_says_what_to_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "none.db"

    assert main(["fit", "--database", str(database)]) == 1

    last = capsys.readouterr().err.splitlines()[-1]
    assert "has no int_clv_fits; run the models first" in last
    assert not database.exists()
