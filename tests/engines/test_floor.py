"""The hand-written floor gives the same tables on SQLite and on DuckDB."""

import shutil
from pathlib import Path

import duckdb
import pytest

from benchmarks.equality import FLOOR_TABLES, compare
from benchmarks.floor.build import Settings, build
from tests.python.messy_shop import write_messy_shop
from tests.small_shop import SMALL_SHOP, write_csv


@pytest.mark.parametrize("seed", range(3))
def test_both_floors_give_the_same_tables_on_messy_data(
    tmp_path: Path, seed: int
) -> None:
    write_messy_shop(tmp_path / "raw", seed)
    settings = Settings(max_basket_items=6, co_purchase_min_orders=3)
    databases = [tmp_path / f"floor.{engine}" for engine in ("sqlite", "duckdb")]
    for database in databases:
        build(database.suffix[1:], tmp_path / "raw", database, settings)

    comparisons = list(compare(*map(str, databases)))

    assert [c.table for c in comparisons] == list(FLOOR_TABLES)
    assert [c for c in comparisons if c.differences] == []
    # The data reach every table, so that equality says something.
    assert [c.table for c in comparisons if not c.rows[0]] == []


def test_a_column_of_one_duckdb_file_alone_is_named(tmp_path: Path) -> None:
    # The small shop's files lack the optional columns.
    for table, rows in SMALL_SHOP.items():
        write_csv(tmp_path / f"{table}.csv", rows)
    floor, changed = tmp_path / "floor.duckdb", tmp_path / "changed.duckdb"
    build("duckdb", tmp_path, floor)
    shutil.copy(floor, changed)
    with duckdb.connect(str(changed)) as connection:
        connection.execute("alter table FactOrders add column extra text")

    for pair in ((floor, changed), (changed, floor)):
        different = [c for c in compare(*map(str, pair)) if c.differences]

        assert [(c.table, c.examples) for c in different] == [
            ("factorders", [f"the column extra is missing in {floor}"])
        ]
