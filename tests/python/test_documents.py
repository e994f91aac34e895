"""What the documents list is what there is."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from generator.configuration import Profile
from pipeline.__main__ import main
from pipeline.raw_files.contract import RAW_TABLES
from pipeline.raw_files.limits import Limits
from tests.python.warehouses import ROOT

DOCUMENTS = sorted(
    path.relative_to(ROOT)
    for pattern in ("*.md", "*/README.md", "docs/*.md")
    for path in ROOT.glob(pattern)
)
COMMANDS = (
    "init",
    "load",
    "build",
    "night",
    "import",
    "fit",
    "export",
    "compare",
    "dashboard",
    "docs",
)


def read(name: str | Path) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(document: str, title: str) -> str:
    """A document's section, down to the next title of its rank or above."""
    rank, _, _ = title.partition(" ")
    _, found, rest = read(document).partition(f"\n{title}\n")
    assert found, f"{document} has no section {title}"
    return re.split(rf"\n#{{1,{len(rank)}}} ", rest)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of a text's tables, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    heads = [n for n, row in enumerate(cells) if set("".join(row)) <= set("-:")]
    return [row for n, row in enumerate(cells) if n not in heads and n + 1 not in heads]


def code(text: str) -> list[str]:
    """What a text writes as code."""
    return re.findall(r"`([^`\n]+)`", text)


def sources() -> Iterator[str]:
    """The text of whatever reads environment variables."""
    for folder in ("pipeline", "dashboard", "generator", "benchmarks", "orchestration"):
        for path in ROOT.glob(f"{folder}/**/*.py"):
            yield read(path)
    yield from map(read, ("profiles.yml", "Makefile"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_and_pictures_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", read(document))
    here = ROOT / document.parent

    assert [
        link
        for link in links
        if not link.startswith("https://") and not (here / link).exists()
    ] == []


def test_the_rooms_of_the_readme_are_the_folders() -> None:
    rooms: list[str] = []
    for line in section("README.md", "## The rooms").splitlines():
        folders = re.findall(r"(?:^|(?<= ))[a-z_/]+/(?=\s|$)", line)
        if folders and not line.startswith(" "):
            top = folders.pop(0)
            rooms.append(top)
        rooms += [top + folder for folder in folders]
    not_ours = {*read(".gitignore").splitlines(), "venv/"}
    there = {
        f"{path.name}/"
        for path in ROOT.iterdir()
        if path.is_dir() and not path.name.startswith((".", "__"))
    }

    assert there - not_ours == {room for room in rooms if room.count("/") == 1}
    assert [room for room in rooms if not (ROOT / room).is_dir()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_goals_of_make_are_those_of_the_makefile(document: Path) -> None:
    goals = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    named = [
        goal
        for command in code(read(document))
        if command.startswith("make ")
        for goal in re.findall(r" ([a-z-]+)", command)
    ]

    assert set(named) <= goals


@pytest.mark.parametrize("package", ["pipeline", "dashboard"])
def test_the_readme_says_what_each_module_is_for(package: str) -> None:
    table = [
        row[0] for row in rows(section(f"{package}/README.md", "## How it is made"))
    ]
    named = {Path(name).stem for cell in table for name in code(cell)}
    modules = {
        path.stem
        for folder in (ROOT / package, ROOT / package / "engines")
        for path in folder.glob("*.py")
        if not path.stem.startswith("__")
    }
    folders = {path.parent.name for path in ROOT.glob(f"{package}/*/__init__.py")}

    assert modules - named == set()
    assert folders - named - {"engines"} == set()
    assert named - modules - folders == set()


def test_the_readme_lists_the_star_and_every_report() -> None:
    named = {
        name
        for cell, *_ in rows(section("README.md", "## What you get"))
        for name in code(cell)
    }
    star = {
        f"{'Dim' if kind == 'dim' else 'Fact'}{''.join(w.title() for w in words)}"
        for path in ROOT.glob("models/marts/core/*.sql")
        for kind, *words in [path.stem.split("_")]
    }
    reports = {path.stem for path in ROOT.glob("models/marts/*/rpt_*.sql")}

    assert named == star | reports


def test_the_readme_lists_the_raw_contract() -> None:
    assert rows(section("README.md", "## Your own shop")) == [
        [
            f"`{table.name}`",
            ", ".join(
                f"{column}{'*' if column in table.required else ''}"
                for column in table.columns
            ),
        ]
        for table in RAW_TABLES
    ]


def test_the_macro_of_the_raw_contract_has_its_columns() -> None:
    text = read("macros/raw_data/raw_contract.sql")
    said = text.partition("return(")[2].partition(") }}")[0]

    assert ast.literal_eval(said) == {
        table.name: " ".join(
            f"{column}{'*' if column in table.required else ''}"
            for column in table.columns
        )
        for table in RAW_TABLES
    }


def test_the_seeds_are_described_as_the_raw_contract_has_them() -> None:
    seeds = yaml.safe_load(read("seeds/_seeds.yml"))["seeds"]

    described = {
        seed["name"]: (
            tuple(column["name"] for column in seed["columns"]),
            tuple(seed["config"]["column_types"]),
            tuple(read(f"seeds/{seed['name']}.csv").partition("\n")[0].split(",")),
        )
        for seed in seeds
        if seed["name"].startswith("raw_")
    }
    assert described == {table.name: (table.columns,) * 3 for table in RAW_TABLES}


def test_the_readme_lists_the_reasons_to_reject_a_row() -> None:
    listed = re.search(r"with a reason: (.+?)\. A value", read("README.md"), re.DOTALL)
    assert listed is not None
    names = re.sub(r"\(.*?\)", "", " ".join(listed.group(1).split()))
    test = "rejected_rows_have_a_reason_of_their_table"
    rule = read(f"tests/dbt/singular/quality/{test}.sql")

    assert {name.strip() for name in names.split(",")} == set(
        re.findall(r"'([a-z ]+)'", rule)
    )


def test_every_setting_of_the_environment_is_described() -> None:
    name = r"\bDWH_[A-Z_]+\b"
    described = {n for path in DOCUMENTS for n in re.findall(name, read(path))}

    assert described == {n for text in sources() for n in re.findall(name, text)}


def test_the_readme_lists_the_limits_of_raw_files() -> None:
    listed = {
        code(variable)[0]: int(limit)
        for variable, limit, _ in rows(
            section("pipeline/README.md", "## The raw files")
        )
    }
    limits = Limits()

    assert listed == {
        "DWH_MAX_FIELD_BYTES": limits.field_bytes,
        "DWH_MAX_HEADER_BYTES": limits.header_bytes,
        "DWH_MAX_COLUMNS": limits.columns,
        "DWH_MAX_UNPACKED_RATIO": limits.unpacked_ratio,
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_names_every_option_of_a_command(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = read("pipeline/README.md")
    with pytest.raises(SystemExit):
        main([command, "--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}

    assert f"python -m pipeline {command} " in readme
    assert [option for option in sorted(options) if option not in readme] == []


def test_the_generators_readme_lists_its_profiles() -> None:
    table = rows(section("generator/README.md", "## What is simulated"))

    assert {profile.value for profile in Profile} == {
        name for row in table for name in code(row[0])
    }


def test_decisions_say_why_each_dependency_is_there() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    extras = project["optional-dependencies"].values()
    required = [name for names in (project["dependencies"], *extras) for name in names]
    table = " ".join(row[0] for row in rows(section("DECISIONS.md", "## Dependencies")))
    named = set(re.findall(r"[a-z][a-z0-9-]+", table.lower()))

    names = {re.split(r"[\[=>]", name)[0].lower() for name in required}
    assert names - named == set()


def test_the_page_of_other_warehouses_lists_what_each_macro_needs() -> None:
    table = rows(section("docs/other_warehouses.md", "## What each macro needs"))
    variants = macro_variants()

    assert [row[0] for row in table] == [f"`{name}`" for name in sorted(variants)]
    for name, snowflake, _, databricks in table:
        written = variants[code(name)[0]]
        assert (snowflake == "default") == ("snowflake" not in written)
        assert (databricks == "default") == ("spark" not in written)


def test_the_plan_for_a_billion_lines_is_reckoned_right() -> None:
    table = rows(section("docs/spark_at_scale.md", "## The arithmetic"))
    assert table

    for _, reckoned, comes_to in table:
        expected = 1.0
        for sign, number in re.findall(r"([*/]?) ?([\d.,]*\d)", reckoned):
            value = float(number.replace(",", ""))
            expected *= 1 / value if sign == "/" else value
        (told,) = re.findall(r"[\d.,]*\d", comes_to)
        assert float(told.replace(",", "")) == pytest.approx(expected, rel=0.02)


def test_every_default_of_a_macro_is_run_by_an_engine_that_is_tested() -> None:
    engines = {"sqlite", "duckdb", "postgres", "spark", "snowflake"}
    # A variant may call the default.
    macros = "".join(read(path) for path in (ROOT / "macros").rglob("*.sql"))

    assert [
        name
        for name, written in macro_variants().items()
        if "default" not in written
        or (engines <= written and f"ecommerce_dwh.default__{name}(" not in macros)
    ] == []


def macro_variants() -> dict[str, set[str]]:
    """What variants the project has of each macro that dbt dispatches."""
    texts = [read(path) for path in (ROOT / "macros").rglob("*.sql")]
    return {
        name: {
            engine
            for text in texts
            for engine in re.findall(rf"macro ([a-z]+)__{name}\(", text)
        }
        for text in texts
        for name in re.findall(r"adapter\.dispatch\('(\w+)'", text)
    }
