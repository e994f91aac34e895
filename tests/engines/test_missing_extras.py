"""What is said where an engine's packages are not installed, or there is no engine."""

import sys
from pathlib import Path

import pytest

from pipeline.__main__ import main
from tests.engines.conftest import ROOT

DRIVERS = {"duckdb": "duckdb", "postgres": "psycopg2", "spark": "pyspark"}


class HiddenPackage:
    """An import finder for which one package is not there."""

    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(self, name: str, *_: object) -> None:
        if name.partition(".")[0] == self._package:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.fixture(params=DRIVERS)
def target(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A target whose driver is not installed."""
    name: str = request.param
    monkeypatch.setattr(
        sys, "meta_path", [HiddenPackage(DRIVERS[name]), *sys.meta_path]
    )
    for module in list(sys.modules):
        if module.partition(".")[0] == DRIVERS[name] or module.startswith(
            (f"pipeline.warehouse.{name}.", f"dbt.adapters.{name}")
        ):
            monkeypatch.delitem(sys.modules, module)
    return name


def test_every_command_names_the_extra_to_install(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = str(tmp_path / "shop")
    (tmp_path / "shop.duckdb").write_bytes(bytes(8) + b"DUCK" + bytes(100))
    warehouse = str(tmp_path / "shop.duckdb") if target == "duckdb" else target
    options = ["--target", target, "--database", place]
    for command in (
        ["load", str(ROOT / "seeds"), *options],
        ["build", *options],
        ["export", "--format", "sqlite", "--out", str(tmp_path / "out"), *options],
        ["compare", warehouse, warehouse],
    ):
        assert main(command) == 1, command
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1
        assert lines[0].endswith(f"; run: pip install '.[{target}]'")
    assert [path.name for path in tmp_path.iterdir()] == ["shop.duckdb"]


def test_an_unknown_target_is_refused_with_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["build", "--target", "oracle"]) == 1

    assert capsys.readouterr().err == (
        "build failed: there is no target oracle; choose one of sqlite, duckdb, "
        "postgres, spark\n"
    )
