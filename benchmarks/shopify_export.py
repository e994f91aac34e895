"""``python -m benchmarks.shopify_export RAW OUT``: raw CSV files as Shopify exports."""

import sys
from pathlib import Path

import duckdb

from pipeline.raw_files.contract import RAW_TABLE_NAMES

_SQL = Path(__file__).with_suffix(".sql")


def write_export(raw: Path, folder: Path) -> None:
    """Write `orders_export.csv` of a generated shop.

    Args:
        raw: The folder of its raw CSV files.
        folder: Where to write.
    """
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / ".scratch.duckdb"
    with duckdb.connect(scratch) as connection:
        connection.execute("set memory_limit = '2GB'")
        for table in RAW_TABLE_NAMES:
            connection.execute(
                f"create view {table} as from "
                f"read_csv('{raw}/{table}.csv', all_varchar = true)"
            )
        connection.execute(_SQL.read_text(encoding="utf-8"))
        connection.execute(f"copy orders_export to '{folder}/orders_export.csv'")
    scratch.unlink()


if __name__ == "__main__":
    write_export(Path(sys.argv[1]), Path(sys.argv[2]))
