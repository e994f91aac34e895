"""`shop_dwh.toml`: what it says, what goes before it, and what is refused."""

import os
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.commands.imports import with_platform
from pipeline.dbt.project import find_project
from pipeline.errors import PipelineError
from pipeline.installation import typed
from pipeline.settings import SETTINGS, SETTINGS_FILE, read_settings
from pipeline.warehouse.location import Location
from tests.python.conftest import rights_of_nobody
from tests.python.warehouses import ROOT, without_variables


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with no DWH_ variable set."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("DWH_", "PG"))]:
        monkeypatch.delenv(name)
    return tmp_path


def write(text: str) -> None:
    Path(SETTINGS_FILE).write_text(text, encoding="utf-8")


def location(target: str | None = None, database: str | None = None) -> Location:
    """Where the warehouse is for a command with these arguments."""
    with read_settings().in_force():
        return Location.resolve(target, database)


def test_arguments_go_before_the_environment_and_that_before_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert location() == Location("sqlite", "ecommerce_dwh.db")
    write('target = "duckdb"\ndatabase = "file.duckdb"\n')
    assert location() == Location("duckdb", "file.duckdb")
    monkeypatch.setenv("DWH_DATABASE", "environment.duckdb")
    assert location() == Location("duckdb", "environment.duckdb")
    assert location(database="argument.duckdb").database == "argument.duckdb"
    assert "DWH_TARGET" not in os.environ


def test_variables_are_taken_one_by_one_from_the_nearest_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(
        '[vars]\ncurrency = "EUR"\nas_of_date = 2024-12-31\nleast_customers = 9\n'
        "max_rejected_share = 0.00001\n"
    )
    monkeypatch.setenv("DWH_VARS", "{currency: SEK, least_customers: 7}")

    given = find_project("{least_customers: 5}").given

    assert given == {
        "currency": "SEK",
        "as_of_date": "2024-12-31",
        "least_customers": 5,
        "max_rejected_share": 0.00001,
    }


def test_a_database_on_a_server_is_a_schema() -> None:
    write('target = "postgres"\ndatabase = "shop"\n[postgres]\nport = 6543\n')

    assert read_settings().environment == {
        "DWH_TARGET": "postgres",
        "DWH_SCHEMA": "shop",
        "PGPORT": "6543",
    }


def test_a_home_folder_is_put_in_as_a_shell_would(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    write('database = "~/shop.db"\n')

    assert location().database == "/home/ann/shop.db"


def test_a_platform_need_not_be_named_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PipelineError, match="no platform is named"):
        with_platform([])
    write('platform = "shopify"\n')
    with read_settings().in_force():
        assert with_platform(["exports"]) == ["shopify", "exports"]
        assert with_platform(["etsy", "exports"]) == ["etsy", "exports"]
        assert with_platform(["mine.sql", "exports"]) == ["mine.sql", "exports"]
        assert with_platform([]) == ["shopify"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("target = ", "is not TOML: Invalid value (at end of document)"),
        ("databse = 'a.db'", "there is no setting databse; choose among database, "),
        ("[postgres]\nprot = 1", "there is no setting postgres.prot; choose among "),
        ("[mysql]\nport = 1", "there is no setting mysql; choose among "),
        ("database = 1", "database is '1'; write a text like \"ecommerce_dwh.db\""),
        ('database = "a\\u0000b"', "database is 'a\\x00b'; write a text like "),
        ("show_pii = 1", "show_pii is '1'; write true or false like false"),
        ("[postgres]\nport = true", "postgres.port is 'True'; write a whole number "),
        ("postgres = 5432", "there is no setting postgres; choose among "),
        ('target = "oracle"', "there is no target oracle; choose one of sqlite, "),
        ("vars = 1", "vars is a table; write [vars]"),
        ("[vars]\ncurrency = true", "var currency is 'True'; write a text, a number "),
        ("[vars]\ncurency = 'EUR'", "there is no variable curency; choose among "),
        ("[vars]\nkeep_versions = 10", "var keep_versions is '10'; write a whole "),
    ],
)
def test_what_is_wrong_with_it_is_said_in_one_line(
    text: str, said: str, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    write(text)

    assert main(["build", "--database", "shop.db"]) == 1

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"build failed: {SETTINGS_FILE}")
    assert said in lines[0]
    assert [path.name for path in folder.iterdir()] == [SETTINGS_FILE]


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.write_bytes(b"\xff")])
def test_a_file_that_is_no_text_is_refused(
    make: Callable[[Path], object], capsys: pytest.CaptureFixture[str]
) -> None:
    make(Path(SETTINGS_FILE))

    assert main(["history"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"history failed: {SETTINGS_FILE} ")


def test_init_writes_every_setting_and_every_variable_and_all_of_it_is_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["init", "--database", "my shop.db"]) == 0
    assert "then run: python -m pipeline build" in capsys.readouterr().err
    assert read_settings().environment == {"DWH_DATABASE": "my shop.db"}

    text = Path(SETTINGS_FILE).read_text(encoding="utf-8")
    write(re.sub(r"^#(?! )", "", text, flags=re.MULTILINE))
    project = find_project(None)
    assert dict(project.given) == project.variables
    with without_variables():
        Path(SETTINGS_FILE).rename("elsewhere.toml")
        assert find_project(None).variables == project.variables
    written = tomllib.loads(Path("elsewhere.toml").read_text(encoding="utf-8"))
    tables = {"duckdb", "postgres", "spark", "vars"}
    keys = {
        f"{name}.{key}" if name in tables else name
        for name, value in written.items()
        for key in (value if name in tables else [name])
        if name != "vars"
    }
    assert keys == {setting.key for setting in SETTINGS}


def test_init_writes_over_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    write("# mine")

    assert main(["init"]) == 1
    assert Path(SETTINGS_FILE).read_text(encoding="utf-8") == "# mine"
    assert capsys.readouterr().err == (
        "init failed: there is a shop_dwh.toml already; edit it, or move it away\n"
    )


def test_init_where_nobody_may_write(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with rights_of_nobody(folder):
        assert main(["init"]) == 1

    assert capsys.readouterr().err == (
        f"init failed: {folder / SETTINGS_FILE} cannot be written: Permission denied\n"
    )


def test_init_in_a_clone_says_that_make_would_not_read_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)

    assert main(["init"]) == 1
    assert "this folder is a clone of the project" in capsys.readouterr().err
    assert not (ROOT / SETTINGS_FILE).exists()


def test_what_to_type_is_the_command_that_was_typed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert typed("build") == "python -m pipeline build"
    monkeypatch.setattr("sys.argv", ["/usr/local/bin/shop-dwh", "history"])
    assert typed("build") == "shop-dwh build"
