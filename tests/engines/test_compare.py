"""`python -m pipeline compare` tells any two warehouses apart, and says how."""

import functools
import operator
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.__main__ import main

BuildOnce = Callable[[str, str], str]
Capture = pytest.CaptureFixture[str]

# Where the header of a DuckDB file holds the version of its format.
VERSION = slice(12, 20)


def test_equal_warehouses_are_listed_table_by_table(
    warehouse: BuildOnce, capsys: Capture
) -> None:
    places = [warehouse("default", target) for target in ("sqlite", "duckdb")]

    assert main(["compare", *places]) == 0

    said = capsys.readouterr()
    rows = {line.split()[0]: line.split()[1:] for line in said.out.splitlines()[1:]}
    assert rows["factsales"] == ["38,645", "38,645", "0"]
    assert rows["dimcustomer"] == ["2,001", "2,001", "0"]
    assert "tables are equal" in said.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            "update FactSales set line_item_total = line_item_total + 0.0001 "
            "where sales_key = (select min(sales_key) from FactSales)",
            "tables differ: factsales",
        ),
        (
            "delete from rpt_customer_rfm where customer_key = "
            "(select max(customer_key) from rpt_customer_rfm)",
            "tables differ: rpt_customer_rfm",
        ),
        ("drop table rpt_sales_daily", "tables differ: rpt_sales_daily"),
        (
            "alter table DimProduct rename column category to kind",
            "tables differ: dimproduct",
        ),
        (
            "update rpt_customer_cohorts set retention_rate = retention_rate * 1.00001",
            "tables differ: rpt_customer_cohorts",
        ),
    ],
)
def test_any_difference_is_found(
    change: str, expected: str, warehouse: BuildOnce, tmp_path: Path, capsys: Capture
) -> None:
    original = warehouse("default", "sqlite")
    changed = str(tmp_path / "changed.db")
    shutil.copy(original, changed)
    with closing(sqlite3.connect(changed)) as connection, connection:
        connection.execute(change)

    assert main(["compare", warehouse("default", "duckdb"), changed]) == 1

    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("compare failed: 1 of ")
    assert expected in last
    assert "different raw rows" not in last


def test_different_raw_rows_are_said_to_be_why(
    warehouse: BuildOnce, tmp_path: Path, capsys: Capture
) -> None:
    original = warehouse("default", "sqlite")
    changed = str(tmp_path / "changed.db")
    shutil.copy(original, changed)
    with closing(sqlite3.connect(changed)) as connection, connection:
        connection.execute("delete from raw_orders where order_id = 'no such order'")
        connection.execute("insert into raw_customers (customer_id) values ('new')")
        connection.execute("delete from FactOrders")

    assert main(["compare", original, changed]) == 1

    said = capsys.readouterr().err
    assert "different raw rows: raw_customers (2,000 and 2,001 rows)" in said
    assert said.splitlines()[-1].endswith("were built from different raw rows")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("none.db", None, "No such file or directory; name a SQLite or DuckDB file"),
        ("text.db", b"Dear customer", "is neither a SQLite nor a DuckDB file"),
        ("cut_off.db", b"SQLite format 3\0" + bytes(84), "is no SQLite database"),
    ],
)
def test_a_file_that_is_no_warehouse_is_named(
    name: str, content: bytes | None, expected: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    assert main(["compare", str(path), str(path)]) == 1

    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(f"compare failed: {path}")
    assert expected in last


def test_a_duckdb_file_of_a_newer_version_is_named(
    warehouse: BuildOnce, tmp_path: Path, capsys: Capture
) -> None:
    newer = tmp_path / "newer.duckdb"
    content = bytearray(Path(warehouse("default", "duckdb")).read_bytes())
    content[VERSION] = (9999).to_bytes(8, "little")
    content[:8] = checksum(content[8:4096]).to_bytes(8, "little")
    newer.write_bytes(content)

    for command in (
        ["compare", str(newer), str(newer)],
        ["build", "--target", "duckdb", "--database", str(newer)],
    ):
        assert main(command) == 1
        last = capsys.readouterr().err.splitlines()[-1]
        assert f"{newer} was made by a newer version of DuckDB" in last
    assert newer.read_bytes() == content


def checksum(block: bytes) -> int:
    """DuckDB's checksum of a block, without which no other version is believed."""
    words = [block[start : start + 8] for start in range(0, len(block), 8)]
    products = (int.from_bytes(word, "little") * 0xBF58476D1CE4E5B9 for word in words)
    return functools.reduce(operator.xor, (p % 2**64 for p in products), 5381)
