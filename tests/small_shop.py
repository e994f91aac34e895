"""A shop of a few rows, one of each kind that a loader must carry through as it is."""

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipeline.raw_files.contract import RAW_COLUMNS

SMALL_SHOP: Mapping[str, Sequence[Sequence[str]]] = {
    "raw_customers": (
        (
            "customer_id",
            "name",
            "email",
            "address",
            "city",
            "country",
            "registration_date",
        ),
        (
            "C1",
            "Zoë Ó'Brien",
            "zoe@example.org",
            "1 Main St, Apt 2",
            "",
            "",
            "2024-01-05",
        ),
        ("00042", "null", "", 'The "Old" Mill\nUpper Floor', "Köln", "Germany", ""),
        (
            "C3",
            "'; drop table raw_orders; --",
            "=1+1",
            "@cmd",
            "-1",
            "+1",
            "2024-02-30",
        ),
    ),
    "raw_products": (
        ("product_id", "product_name", "category", "price", "stock_quantity"),
        ("P1", "Lamp", "Home", "12.50", "3"),
        ("P2", "Cup", "Home", "4", "100"),
        ("P3", "Pen", "Office", "1,234.50", ""),
    ),
    "raw_orders": (
        ("order_id", "customer_id", "order_date", "status"),
        ("O1", "C1", "2024-02-01", "completed"),
        ("O2", "00042", "2024-02-02T10:00:00", "shipped"),
        ("O3", "", "2024-03-01 09:30", "cancelled"),
        ("O4", "C3", "someday", "completed"),
    ),
    "raw_order_items": (
        ("order_item_id", "order_id", "product_id", "quantity", "price_per_item"),
        ("I1", "O1", "P1", "1", "12.50"),
        ("I2", "O1", "P2", "2", "4"),
        ("I3", "O2", "P2", "1", "4.00"),
        ("I4", "O2", "", "1.5", "1"),
        ("I5", "O3", "P3", "1", "1,234.50"),
        ("I6", "O9", "P1", "1", "12.50"),
        ("I6", "O9", "P1", "", "12.50"),
    ),
}

WriteShop = Callable[..., Path]


def as_loaded(table: str) -> list[tuple[object, ...]]:
    """Return the rows of the shop's table as `all_columns` of a load finds them."""
    width = len(RAW_COLUMNS[table])
    return [
        tuple(field or None for field in row) + (None,) * (width - len(row))
        for row in SMALL_SHOP[table][1:]
    ]


def all_columns(table: str) -> str:
    """Select what the files have of a raw table: null where they lack a column."""
    return f"select {', '.join(RAW_COLUMNS[table])} from {table}"


def write_csv(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Write rows as RFC 4180 CSV, in UTF-8."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
