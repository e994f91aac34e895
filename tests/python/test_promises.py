"""Promises of the READMEs that no test of one part keeps."""

import io
import itertools
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

import benchmarks.__main__ as benchmark
from benchmarks.report import Row, Section
from dashboard.navigation import WATCH_SECONDS
from pipeline.__main__ import main
from pipeline.dbt.profile import target_settings
from pipeline.raw_files.contract import RAW_TABLE_NAMES
from pipeline.terminal import progress
from scripts import screenshots
from tests.python.warehouses import ROOT

README, OF_PIPELINE, OF_DASHBOARD = (
    (ROOT / folder / "README.md").read_text(encoding="utf-8")
    for folder in (".", "pipeline", "dashboard")
)


@pytest.mark.parametrize(
    ("target", "variable", "setting"),
    [
        ("duckdb", "DWH_DUCKDB_MEMORY", "memory_limit"),
        ("spark", "DWH_SPARK_MASTER", "spark.master"),
        ("spark", "DWH_SPARK_MEMORY", "spark.driver.memory"),
        ("spark", "DWH_SPARK_PARTITIONS", "spark.sql.shuffle.partitions"),
        ("spark", "DWH_SPARK_DIR", "spark.sql.warehouse.dir"),
    ],
)
def test_a_setting_of_an_engine_has_the_default_that_the_readme_tells(
    target: str, variable: str, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def setting_now() -> str:
        output = target_settings(target)
        settings = output.get("settings") or output["server_side_parameters"]
        return str(settings[setting]).removesuffix("/tables")

    told = re.search(rf"`{variable}`\s\(`?([^`)]+)`?\)", OF_PIPELINE)
    assert told is not None
    monkeypatch.delenv(variable, raising=False)
    assert setting_now() == told.group(1)
    monkeypatch.setenv(variable, "another")
    assert setting_now() == "another"


@pytest.mark.parametrize(
    ("column", "by", "is_equal"),
    [
        ("retention_rate", 1e-10, True),
        ("retention_rate", 1e-8, False),
        ("predicted_value", 1e-7, True),
        ("predicted_value", 1e-5, False),
    ],
)
def test_numbers_are_compared_as_closely_as_the_readme_tells(
    column: str, by: float, is_equal: bool, tmp_path: Path
) -> None:
    sides = []
    for name, factor in (("one.db", 1.0), ("other.db", 1.0 + by)):
        sides.append(str(tmp_path / name))
        with closing(sqlite3.connect(sides[-1])) as connection, connection:
            connection.execute(f"create table rpt_shop (id text, {column} real)")
            row = ("a", 0.123456789 * factor)
            connection.execute("insert into rpt_shop values (?, ?)", row)

    assert main(["compare", *sides]) == (0 if is_equal else 1)


def test_a_log_has_a_line_every_half_minute_about_what_takes_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seconds = itertools.count()
    clock = SimpleNamespace(monotonic=lambda: next(seconds))
    monkeypatch.setattr(progress, "time", clock)
    log = io.StringIO()
    with progress.LogReporter(log).task("loading", 100) as task:
        for _ in range(100):
            task.advance(1)

    lines = [line.split(" ", 2)[2] for line in log.getvalue().splitlines()]
    assert lines == ["loading", "loading: 30 %", "loading: 60 %", "loading: 90 %"]


@pytest.mark.parametrize(
    ("failures", "code"), [([], 0), (["rpt_sales_daily differs"], 1)]
)
def test_benchmarks_fail_by_what_went_wrong_and_not_by_a_budget(
    failures: list[str],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    over = Row("pipeline load", wall=9.0, budget="<= 2 x", is_within=False)
    section = Section("a shop", [over], failures=failures)
    for table in RAW_TABLE_NAMES:
        (tmp_path / f"{table}.csv").touch()
    monkeypatch.setattr(benchmark, "measure_data_set", lambda *_, **__: section)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--raw", str(tmp_path)])

    assert benchmark.main() == code
    printed = capsys.readouterr().out
    assert "OVER" in printed
    assert [line for line in failures if line not in printed] == []


def test_pictures_of_the_readme_can_be_taken_again() -> None:
    shown = {Path(link).stem for link in re.findall(r"\((docs/[^)]+\.png)\)", README)}

    assert shown
    assert shown <= {*screenshots.PAGES, "overview_phone"}


def test_a_new_build_is_looked_for_as_often_as_the_readme_tells() -> None:
    assert f"shows up by\nitself within {WATCH_SECONDS} seconds" in OF_DASHBOARD


def test_git_ignores_the_secrets_of_the_login() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    ignored = subprocess.run(
        ["git", "check-ignore", "dashboard/.streamlit/secrets.toml"],
        cwd=ROOT,
        check=False,
    )
    assert ignored.returncode == 0


def test_the_generator_computes_nothing_that_differs_between_machines() -> None:
    """Libraries and versions of numpy differ in the last bit of a logarithm."""
    unportable = r"\b(?:np|numpy|math)\.(?:log|exp|pow|sin|cos|random)\w*"
    modules = list((ROOT / "generator").glob("**/*.py"))

    assert modules
    for module in modules:
        assert not re.findall(unportable, module.read_text(encoding="utf-8")), module
