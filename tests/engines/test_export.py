"""One file from a warehouse of any engine, which the dashboard reads."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from dashboard import schema
from dashboard.warehouse import Warehouse
from pipeline.__main__ import main
from pipeline.compare import compare_warehouses
from pipeline.warehouse import reader_for
from pipeline.warehouse.location import TARGETS, Location

BuildOnce = Callable[[str, str], str]


def export_arguments(place: str, target: str, kind: str, out: Path) -> list[str]:
    database = place.removeprefix(f"{target}:")
    return [
        *("export", "--target", target, "--database", database),
        *("--format", kind, "--out", str(out)),
    ]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_an_exported_file_equals_the_warehouse_and_serves_the_dashboard(
    target: str, kind: str, warehouse: BuildOnce, tmp_path: Path
) -> None:
    place = warehouse("default", target)
    out = tmp_path / "export"

    assert main(export_arguments(place, target, kind, out)) == 0

    with reader_for(str(out)) as exported, reader_for(place) as original:
        compared = list(compare_warehouses(original, exported))
        assert [table for table in compared if table.differences] == []
        for table in ("build_info", "raw_loads", "raw_batches"):
            assert exported.count(table) == original.count(table) > 0
    shown = Warehouse(Location(kind, str(out)))
    try:
        schema.check(shown)
        span = schema.span(shown)
    finally:
        shown.close()
    assert (span.first.isoformat(), span.as_of.isoformat()) == (
        "2023-01-01",
        "2025-12-31",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


@pytest.mark.parametrize("target", TARGETS)
def test_exported_parquet_files_have_the_rows_and_types_of_the_tables(
    target: str, warehouse: BuildOnce, tmp_path: Path
) -> None:
    place = warehouse("default", target)
    out = tmp_path / "export"

    # Twice: an export replaces an earlier one.
    for _ in range(2):
        assert main(export_arguments(place, target, "parquet", out)) == 0

    with reader_for(place) as reader:
        for path in out.iterdir():
            rows = pq.ParquetFile(path).metadata.num_rows
            assert rows == reader.count(path.stem.lower()), path.name
    types = {
        field.name: field.type for field in pq.read_schema(out / "DimTime.parquet")
    }
    assert str(types["date"]) == "date32[day]"
    assert str(types["is_weekend"]) == "bool"
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "parquet"])
def test_a_full_disk_leaves_the_earlier_export_and_no_half_file(
    kind: str, warehouse: BuildOnce, tmp_path: Path
) -> None:
    place = warehouse("default", "sqlite")
    out = tmp_path / "export"
    arguments = export_arguments(place, "sqlite", kind, out)
    assert main(arguments) == 0
    before = snapshot(tmp_path)

    # Files may not grow past this size, as on a full disk.
    limited = subprocess.run(
        [
            *(sys.executable, "-c"),
            "import resource, sys\n"
            "from pipeline.__main__ import main\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))\n"
            "sys.exit(main(sys.argv[1:]))",
            *arguments,
        ],
        capture_output=True,
        text=True,
    )

    assert limited.returncode == 1
    last = limited.stderr.splitlines()[-1]
    assert last.startswith("export failed: ")
    assert "free some disk space" in last
    assert snapshot(tmp_path) == before


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_an_export_replaces_nothing_but_an_export(
    warehouse: BuildOnce, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = warehouse("default", "sqlite")
    letters = tmp_path / "letters"
    letters.mkdir()
    (letters / "dear.txt").write_text("Dear")
    letters_as_parquet = tmp_path / "letters_as_parquet"
    letters_as_parquet.mkdir()
    (letters_as_parquet / "dear.parquet").write_text("Dear")
    own = tmp_path / "shop.db"
    shutil.copy(place, own)
    accounts = tmp_path / "accounts.duckdb"
    with duckdb.connect(str(accounts)) as connection:
        connection.execute("create table accounts (owner text)")
    before = snapshot(tmp_path)
    for kind, out, expected in [
        ("parquet", letters, "holds dear.txt, which is no export"),
        ("parquet", letters_as_parquet, "holds dear.parquet, which is no export"),
        ("sqlite", own, "shop.db holds clv_backtest, which is no export"),
        ("duckdb", accounts, "accounts.duckdb holds accounts, which is no export"),
        ("sqlite", accounts, "accounts.duckdb holds accounts, which is no export"),
        ("sqlite", letters, "is a folder; name a file for sqlite"),
        ("sqlite", letters / "dear.txt", "is no SQLite or DuckDB file"),
        ("parquet", letters / "dear.txt", "is a file; name a folder for parquet"),
        ("sqlite", tmp_path / "no" / "shop.db", "does not exist; make it first"),
    ]:
        capsys.readouterr()
        assert main(export_arguments(place, "sqlite", kind, out)) == 1
        assert expected in capsys.readouterr().err.splitlines()[-1]
    assert snapshot(tmp_path) == before


def test_there_must_be_a_warehouse_to_export(
    warehouse: BuildOnce, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = warehouse("default", "sqlite")
    shutil.copy(place, tmp_path / "shop.db")
    arguments = export_arguments(
        *(str(tmp_path / "none.db"), "sqlite", "sqlite", tmp_path / "export")
    )

    assert main(arguments) == 1

    said = capsys.readouterr().err.splitlines()[-1]
    assert "none.db cannot be opened (there is no such file)" in said
    assert [path.name for path in tmp_path.iterdir()] == ["shop.db"]
