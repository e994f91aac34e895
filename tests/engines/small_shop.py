"""A shop of a few rows, with texts that a bulk loader may trip over."""

import csv
from collections.abc import Sequence
from pathlib import Path

SMALL_SHOP: dict[str, Sequence[Sequence[str]]] = {
    "raw_customers": (
        ("customer_id", "name", "address", "country", "registration_date"),
        ("C1", "Zoë O'Brien", "1 Main St, Apt 2", "", "2024-01-05"),
        ("00042", "null", 'The "Old" Mill\nUpper Floor', "Germany", ""),
        ("C3", "'; drop table raw_orders; --", "\\N", "\\.", "2024-02-30"),
        ("C4", "tab\there", "back\\slash \\n", " blanks ", "$1 {} %s"),
    ),
    "raw_products": (
        ("product_id", "product_name", "category", "price", "stock_quantity"),
        ("P1", "Lamp", "Home", "12.50", "3"),
        ("P2", "Cup 🍵", "Home", "4", "100"),
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
        ("I6", "O9", "P1", "", "12.50"),
    ),
}


def write_small_shop(folder: Path) -> None:
    """Write the four files into a folder that is there."""
    for table, rows in SMALL_SHOP.items():
        with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
