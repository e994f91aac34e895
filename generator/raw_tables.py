"""The raw files: named and with the columns of the contract, every one of them text."""

from dataclasses import dataclass

import pyarrow as pa

from pipeline.raw_files import contract


@dataclass(frozen=True)
class RawTable:
    """One raw file."""

    name: str
    columns: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        """Every column as nullable text."""
        return pa.schema([(column, pa.string()) for column in self.columns])


RAW_TABLES = tuple(RawTable(table.name, table.columns) for table in contract.RAW_TABLES)
CUSTOMERS, PRODUCTS, ORDERS, ORDER_ITEMS = RAW_TABLES
