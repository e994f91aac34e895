"""Shops that lack a whole part are published, with every data test passed."""

from pathlib import Path

import pytest
from warehouses import build_warehouse, read_rows

from tests.small_shop import write_csv

ITEMS_HEADER = ("order_item_id", "order_id", "product_id", "quantity", "price_per_item")
# By what is special of the shop: its orders, and what it sold.
SHOPS = {
    "guests alone": (
        [("order_id", "order_date"), ("1", "2024-05-06")],
        5.0,
    ),
    "cancelled orders alone": (
        [
            ("order_id", "customer_id", "order_date", "status"),
            ("1", "C1", "2024-05-06", "cancelled"),
        ],
        None,
    ),
}


@pytest.mark.parametrize("kind", SHOPS)
def test_a_sparse_shop_is_published(kind: str, tmp_path: Path) -> None:
    orders, sold = SHOPS[kind]
    raw = tmp_path / "raw"
    raw.mkdir()
    write_csv(raw / "raw_orders.csv", orders)
    write_csv(raw / "raw_order_items.csv", [ITEMS_HEADER, ("1", "1", "P1", "1", "5")])

    warehouse = build_warehouse(tmp_path / "shop.db", raw)

    sales = "select sum(line_item_total) from FactSales"
    assert read_rows(warehouse, sales) == [(sold,)]
