"""The small shop with texts in it that an engine's bulk loader may trip over."""

from pathlib import Path

from tests.small_shop import SMALL_SHOP, write_csv

AWKWARD_SHOP = {
    **SMALL_SHOP,
    "raw_customers": (
        ("customer_id", "name", "address", "country", "registration_date"),
        ("C1", "Zoë O'Brien", "1 Main St, Apt 2", "", "2024-01-05"),
        ("00042", "null", 'The "Old" Mill\nUpper Floor', "Germany", ""),
        ("C3", "'; drop table raw_orders; --", "\\N", "\\.", "2024-02-30"),
        ("C4", "tab\there", "back\\slash \\n", " blanks ", "$1 {} %s ${env:HOME}"),
    ),
    "raw_products": (
        ("product_id", "product_name", "category", "price", "stock_quantity"),
        ("P1", "Lamp", "Home", "12.50", "3"),
        ("P2", "Cup 🍵", "Home", "4", "100"),
        ("P3", "Pen", "Office", "1,234.50", ""),
    ),
}


def write_awkward_shop(folder: Path) -> None:
    """Write the four files into a folder that is there."""
    for table, rows in AWKWARD_SHOP.items():
        write_csv(folder / f"{table}.csv", rows)
