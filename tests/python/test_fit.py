"""`python -m pipeline fit`: the lifetime value parameters, in place."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.__main__ import main
from tests.python.warehouses import read_rows

PARAMETERS = "select * from clv_parameters order by fit_name"


def test_a_fit_in_place_gives_what_the_build_gave(
    demo_warehouse: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "dwh.db"
    shutil.copyfile(demo_warehouse, database)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("delete from clv_parameters")

    assert main(["fit", "--database", str(database)]) == 0

    fitted = read_rows(database, PARAMETERS)
    assert len(fitted) == 2
    assert fitted == read_rows(demo_warehouse, PARAMETERS)
    said = capsys.readouterr()
    assert "calibration" in said.out
    assert "dbt run --select int_clv_parameters+" in said.err


def test_without_the_models_a_fit_says_what_to_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "none.db"

    assert main(["fit", "--database", str(database)]) == 1

    last = capsys.readouterr().err.splitlines()[-1]
    assert "has no int_clv_purchase_summaries; run the models first" in last
    assert not database.exists()
