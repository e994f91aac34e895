"""Readers of a warehouse close what they open, and say in one line what is wrong."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.errors import PipelineError
from pipeline.warehouse import reader_for
from pipeline.warehouse.location import Location
from tests.open_files import assert_keeps_none_open

PAGE = 4096


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A warehouse of one table, of many pages."""
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"pragma page_size = {PAGE}")
        connection.execute("create table DimCustomer (customer_key integer, name text)")
        connection.executemany(
            "insert into DimCustomer values (?, ?)",
            ((number, "name" * 50) for number in range(2_000)),
        )
    return path


def test_readers_that_could_not_be_opened_keep_no_file_open(shop: Path) -> None:
    shop.write_bytes(shop.read_bytes()[:100])
    kept = []

    def fail() -> None:
        for _ in range(15):
            with pytest.raises(PipelineError) as found:
                reader_for(str(shop))
            # With its traceback, and so with all that was open on the way.
            kept.append(found.value)

    assert_keeps_none_open(fail)


@pytest.mark.parametrize("command", ["compare", "export"])
def test_damage_that_shows_while_rows_are_read_is_one_line(
    command: str, shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = tmp_path / "whole.db"
    whole.write_bytes(shop.read_bytes())
    with shop.open("r+b") as file:
        file.seek(20 * PAGE)
        file.write(b"\xff" * PAGE)
    out = tmp_path / "out.db"
    arguments = {
        "compare": [str(whole), str(shop)],
        "export": ["--database", str(shop), "--format", "sqlite", "--out", str(out)],
    }

    assert main([command, *arguments[command]]) == 1

    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(f"{command} failed: {shop} is damaged (")
    assert not out.exists()


def test_a_location_is_written_as_it_is_read(shop: Path) -> None:
    assert Location.parse("postgres:my-shop") == Location("postgres", "my-shop")
    assert Location.parse(str(shop)) == Location("sqlite", str(shop))
    for location in (Location("spark", "shop"), Location("sqlite", str(shop))):
        assert Location.parse(str(location)) == location


def test_what_is_not_said_is_in_the_environment() -> None:
    named = {"DWH_TARGET": "postgres", "DWH_DATABASE": "a.db", "DWH_SCHEMA": "shop"}
    resolve = Location.resolve
    assert resolve(environment=named) == Location("postgres", "shop")
    assert resolve("duckdb", environment=named) == Location("duckdb", "a.db")
    assert resolve("sqlite", "b.db", named) == Location("sqlite", "b.db")
    with pytest.raises(PipelineError, match="there is no target oracle"):
        resolve("oracle")
