"""The raw contract: file names and columns, every one of them text."""

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class RawTable:
    """One raw file."""

    name: str
    columns: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        """Every column as nullable text."""
        return pa.schema([(column, pa.string()) for column in self.columns])


CUSTOMERS = RawTable(
    "raw_customers",
    (
        "customer_id",
        "name",
        "email",
        "address",
        "city",
        "country",
        "registration_date",
    ),
)
PRODUCTS = RawTable(
    "raw_products",
    ("product_id", "product_name", "category", "price", "stock_quantity"),
)
ORDERS = RawTable(
    "raw_orders",
    (
        "order_id",
        "customer_id",
        "order_date",
        "status",
        "currency",
        "shipping",
        "tax",
    ),
)
ORDER_ITEMS = RawTable(
    "raw_order_items",
    (
        "order_item_id",
        "order_id",
        "product_id",
        "quantity",
        "price_per_item",
        "line_total",
    ),
)
RAW_TABLES = (CUSTOMERS, PRODUCTS, ORDERS, ORDER_ITEMS)
