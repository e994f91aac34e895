"""`verify`: each fault of a published warehouse is a line, and nothing is written."""

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.__main__ import main


@pytest.fixture
def warehouse(demo_warehouse: Path, tmp_path: Path) -> Path:
    """A copy of the demo's warehouse, to be spoilt."""
    return shutil.copy(demo_warehouse, tmp_path / "shop.db")


def verify(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[int, Sequence[str], str]:
    """The exit code, the faults, and the last line of the log."""
    before = database.read_bytes() if database.is_file() else None
    names = set(database.parent.iterdir())
    capsys.readouterr()
    code = main(["verify", "--target", "sqlite", "--database", str(database)])
    assert set(database.parent.iterdir()) == names
    assert before is None or database.read_bytes() == before
    said = capsys.readouterr()
    return code, said.out.splitlines(), said.err.splitlines()[-1]


def test_each_fault_of_a_warehouse_is_a_line_and_nothing_is_written(
    warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, faults, last = verify(warehouse, capsys)
    assert (code, faults) == (0, [])
    assert "is whole" in last

    with closing(sqlite3.connect(warehouse)) as connection, connection:
        connection.execute(
            "update FactSales set line_item_total = line_item_total + 1 "
            "where sales_key = (select min(sales_key) from FactSales)"
        )
        connection.execute(
            "delete from raw_orders where rowid = (select max(rowid) from raw_orders)"
        )
    code, faults, last = verify(warehouse, capsys)
    assert code == 1
    assert any(fault.startswith("raw_orders has ") for fault in faults)
    assert any("order" in fault and "rows fail" in fault for fault in faults)
    assert last.startswith(f"verify failed: {len(faults)} faults in {warehouse}")

    with closing(sqlite3.connect(warehouse)) as connection, connection:
        connection.execute("drop table rpt_sales_daily")
        connection.execute("alter table DimProduct rename column price to cost")
    code, faults, _ = verify(warehouse, capsys)
    assert code == 1
    assert "there is no table rpt_sales_daily" in faults
    assert "DimProduct lacks the columns price" in faults


def test_a_damaged_file_is_a_fault_and_no_file_is_one_too(
    warehouse: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = bytearray(warehouse.read_bytes())
    middle = len(pages) // 2 // 4096 * 4096
    pages[middle : middle + 8192] = b"\x55" * 8192
    warehouse.write_bytes(pages)
    code, faults, _ = verify(warehouse, capsys)
    assert code == 1
    assert any("is damaged" in fault for fault in faults)

    code, _, last = verify(tmp_path / "nothing.db", capsys)
    assert code == 1
    assert last.startswith("verify failed: ")


@pytest.mark.parametrize("rows", [[], ["no JSON"], ['{"currency": "{{ 7 }}"}']])
def test_variables_that_no_build_wrote_are_a_fault(
    rows: Sequence[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, connection:
        connection.execute("create table raw_loads (raw_table text)")
        connection.execute("create table build_info (variables text)")
        marks = [(row,) for row in rows]
        connection.executemany("insert into build_info values (?)", marks)

    code, _, last = verify(tmp_path / "shop.db", capsys)

    assert code == 1
    assert "build_info of" in last
    assert "is not as a build writes it" in last
