"""The raw contract: which files, which columns, in which order.

Every column is text; typing is staging's work, so that nothing is lost or guessed
on the way in.
"""

from dataclasses import dataclass

from pipeline.records import columns_of


@dataclass(frozen=True)
class RawTable:
    """One raw table of the contract.

    Attributes:
        name: The table's name, and its file's name without the suffix.
        columns: All columns, in the order of the table.
        required: The columns that a file's header must have.
        is_optional: Whether the file may be absent, or without rows.
    """

    name: str
    columns: tuple[str, ...]
    required: frozenset[str]
    is_optional: bool = False

    @property
    def column_types(self) -> tuple[tuple[str, str], ...]:
        """Name and type of each column."""
        return tuple((name, "text") for name in self.columns)


def _table(name: str, columns: str, *, is_optional: bool = False) -> RawTable:
    """A table by the names of its columns; those that are required end in a star."""
    names = columns.split()
    return RawTable(
        name,
        tuple(column.rstrip("*") for column in names),
        frozenset(column.rstrip("*") for column in names if column.endswith("*")),
        is_optional,
    )


RAW_TABLES = (
    _table(
        "raw_customers",
        "customer_id* name email address city country registration_date",
        is_optional=True,
    ),
    _table(
        "raw_products",
        "product_id* product_name category price stock_quantity",
        is_optional=True,
    ),
    _table(
        "raw_orders", "order_id* customer_id order_date* status currency shipping tax"
    ),
    _table(
        "raw_order_items",
        "order_item_id* order_id* product_id* quantity* price_per_item* line_total",
    ),
)

RAW_TABLE_NAMES = tuple(table.name for table in RAW_TABLES)

# Who filled each raw table, and when: one row per raw table.
RAW_LOADS = "raw_loads"


@dataclass(frozen=True)
class RawLoad:
    """A row of `raw_loads`.

    Attributes:
        source: `load` for files, `demo` for the project's own seeds.
        origin: The folder or file, as it was given.
        loaded_at: UTC, ISO 8601.
        file_hash: SHA-256 of the file's bytes; None where there was no file.
        table_hash: What the engine makes of the table's rows, by `Reader.table_hash`;
            None where it was not the pipeline that filled it.
    """

    raw_table: str
    source: str
    origin: str
    row_count: int
    loaded_at: str
    file_hash: str | None = None
    table_hash: str | None = None


RAW_LOADS_COLUMNS = columns_of(RawLoad)

# The surrogate keys once given; a build takes them over from the published warehouse.
KEY_MAPS = ("int_customer_keys", "int_product_keys")

SUFFIXES = (".csv", ".csv.gz", ".parquet")
