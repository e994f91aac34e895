"""Other versions of dbt build the same warehouse: `make test-beyond` installs them."""

import os
import subprocess
import sysconfig
from pathlib import Path

import duckdb
import pytest

from benchmarks.untested_build import UntestedSession
from pipeline.__main__ import main
from pipeline.build import BuildRequest, build
from pipeline.compare import compare_warehouses
from pipeline.dbt.project import find_project
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import engine_for, open_reader
from pipeline.warehouse.location import Location
from tests.small_project import ROOT

# dbt 2 takes its drivers from elsewhere, or from a folder of these.
DRIVER = """
manifest_version = 1
name = "DuckDB"
version = "{version}"
[Driver]
entrypoint = "duckdb_adbc_init"
shared = "{library}"
"""
PREDICTIONS = "source:predictions+"


@pytest.fixture(scope="module")
def pinned(tmp_path_factory: pytest.TempPathFactory) -> Location:
    """The demo shop's warehouse by the dbt that the project pins."""
    engine = engine_for("duckdb", str(tmp_path_factory.mktemp("pinned") / "pinned.db"))
    build(engine, find_project(None), BuildRequest(), Reporter(), UntestedSession)
    return engine.published


@pytest.fixture
def driver(tmp_path: Path) -> dict[str, str]:
    """The variables by which dbt 2 finds DuckDB's driver: the library of the package.

    It is one of Python's, whose own library has to be there before.
    """
    (library,) = Path(duckdb.__file__).parents[1].glob("_duckdb*.so")
    text = DRIVER.format(version=duckdb.__version__, library=library)
    (tmp_path / "duckdb.toml").write_text(text)
    config = sysconfig.get_config_vars()
    return {
        "ADBC_DRIVER_PATH": str(tmp_path),
        "LD_PRELOAD": f"{config['LIBDIR']}/{config['INSTSONAME']}",
    }


@pytest.mark.parametrize("version", ["dbt_1_12", "dbt_2"])
def test_another_dbt_builds_the_same_warehouse(
    version: str, pinned: Location, driver: dict[str, str], tmp_path: Path
) -> None:
    program = ROOT / ".make" / version / "bin" / "dbt"
    if not program.exists() and "CI" not in os.environ:
        pytest.skip(f"{program} is not installed: make test-beyond")
    database = str(tmp_path / "other.duckdb")

    def dbt(*arguments: str) -> None:
        done = subprocess.run(
            [
                *(str(program), *arguments, "--target", "duckdb"),
                *("--project-dir", str(ROOT), "--profiles-dir", str(ROOT)),
                *("--target-path", str(tmp_path / "target")),
                *("--log-path", str(tmp_path)),
                "--exclude-resource-type=unit_test",
            ],
            cwd=ROOT,
            env={**os.environ, "DWH_DATABASE": database}
            | (driver if version == "dbt_2" else {}),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]

    dbt("build", "--exclude", PREDICTIONS)
    assert main(["fit", "--target", "duckdb", "--database", database]) == 0
    dbt("build", "--select", PREDICTIONS)

    with open_reader(pinned) as first, open_reader(Location("duckdb", database)) as new:
        compared = list(compare_warehouses(first, new))
    assert len(compared) > 20
    assert [each for each in compared if each.differences] == []
