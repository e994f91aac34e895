"""The Makefile, with stand-ins for what it runs: nothing is installed or built."""

import os
import re
import shutil
import subprocess
import time
import tomllib
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from warehouses import ROOT

# Notes its arguments, and makes the file that a build would make.
STAND_IN = """#!/bin/sh
for argument; do
    echo "$argument" >>said
    case $argument in --database=*) : >"${argument#--database=}" ;; esac
done
case "$*" in *"docs generate"*) : >target/index.html ;; esac
"""
SOURCES = ("models", "macros", "seeds", "pipeline", "tests/dbt", "target", ".make")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder that looks installed, and not yet built."""
    for name in (*SOURCES, ".venv/bin"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    for name in ("dbt_project.yml", "profiles.yml", "models/a.sql"):
        (tmp_path / name).touch()
    for name in ("python", "dbt", "ruff", "mypy", "yamllint", "sqlfluff"):
        program = tmp_path / ".venv" / "bin" / name
        program.write_text(STAND_IN, encoding="utf-8")
        program.chmod(0o755)
    (tmp_path / ".make" / "venv").touch()
    return tmp_path


def make(project: Path, *goals: str, database: str | None = None) -> list[str]:
    """Run make; tell what the stand-ins were told."""
    said = project / "said"
    said.unlink(missing_ok=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DWH_")}
    if database is not None:
        environment["DWH_DATABASE"] = database
    run = subprocess.run(
        ["make", *goals],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert database is None or goals or f"The warehouse is {database}. " in run.stdout
    return said.read_text(encoding="utf-8").splitlines() if said.exists() else []


@pytest.mark.parametrize(
    "name",
    [
        "two words.db",
        "a b;touch x.db",
        "$(touch x.db)",
        "$(shell touch x.db)",
        "`touch x.db`",
        'it\'s "quoted" %s.db',
        "-x: y=z #.db",
    ],
)
def test_any_name_of_a_database_is_a_name_and_runs_nothing(
    project: Path, name: str
) -> None:
    said = make(project, database=name)

    assert said[:4] == ["-m", "pipeline", "build", f"--database={name}"]
    assert (project / name).exists()
    assert not (project / "x.db").exists()
    # Nothing has changed: nothing is built.
    assert make(project, database=name) == []


def test_the_warehouse_is_built_anew_when_a_source_changed(project: Path) -> None:
    assert "--database=ecommerce_dwh.db" in make(project)
    now = time.time()
    for name, age in (
        ("models/a.sql", 50),
        (".make/sources", 100),
        ("ecommerce_dwh.db", 90),
    ):
        os.utime(project / name, (now - age, now - age))

    assert "--database=ecommerce_dwh.db" in make(project)
    # Another one is another.
    assert "--database=other.db" in make(project, database="other.db")


def test_what_only_developers_need_is_installed_for_tests_and_linters_only(
    project: Path,
) -> None:
    assert "pip" not in make(project)
    assert "requirements/dev.lock" in make(project, "lint")
    assert "pip" not in make(project, "lint")


def test_whatever_is_fetched_elsewhere_is_pinned_and_has_no_rights() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    actions = [step for step in steps if "uses" in step]

    assert workflow["permissions"] == {"contents": "read"}
    assert actions
    for step in actions:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])
        if step["uses"].startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert all("==" in name for name in project["build-system"]["requires"])
    axe = (ROOT / "scripts/install_chromium.sh").read_text("utf-8")
    assert re.search(r"^axe_sha512=[0-9a-f]{128}$", axe, re.MULTILINE)
    assert "sha512sum --check" in axe.partition("tar -x")[0]


def test_whatever_is_installed_has_its_hash() -> None:
    extras = {path.stem for path in (ROOT / "requirements").glob("*.lock")}

    assert extras == {
        "databases",
        "default",
        "dev",
        "duckdb",
        "login",
        "metrics",
        "notify",
        "postgres",
        "spark",
        "spark-connect",
        "spark-thrift",
    }
    locks = [*ROOT.glob("requirements/*.lock"), *ROOT.glob("orchestration/*/*.lock")]
    for path in sorted(locks):
        text = path.read_text(encoding="utf-8").replace("\\\n", "")
        packages = text.splitlines()
        assert packages
        assert all("==" in line and "--hash=sha256:" in line for line in packages)
        assert "://" not in text
