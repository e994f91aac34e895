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
        replaced_by: The column whose value says which held rows a batch replaces.
    """

    name: str
    columns: tuple[str, ...]
    required: frozenset[str]
    is_optional: bool
    replaced_by: str

    @property
    def column_types(self) -> tuple[tuple[str, str], ...]:
        """Name and type of each column."""
        return tuple((name, "text") for name in self.columns)


def _table(
    name: str, columns: str, replaced_by: str, *, is_optional: bool = False
) -> RawTable:
    """A table by the names of its columns; those that are required end in a star."""
    names = columns.split()
    return RawTable(
        name,
        tuple(column.rstrip("*") for column in names),
        frozenset(column.rstrip("*") for column in names if column.endswith("*")),
        is_optional,
        replaced_by,
    )


RAW_TABLES = (
    _table(
        "raw_customers",
        "customer_id* name email address city country registration_date",
        "customer_id",
        is_optional=True,
    ),
    _table(
        "raw_products",
        "product_id* product_name category price stock_quantity unit_cost",
        "product_id",
        is_optional=True,
    ),
    _table(
        "raw_orders",
        "order_id* customer_id order_date* status currency shipping tax",
        "order_id",
    ),
    _table(
        "raw_order_items",
        "order_item_id* order_id* product_id* quantity* price_per_item* line_total",
        "order_id",
    ),
)

RAW_TABLE_NAMES = tuple(table.name for table in RAW_TABLES)
RAW_COLUMNS = {table.name: table.columns for table in RAW_TABLES}

# Who filled each raw table, and when: one row per raw table.
RAW_LOADS = "raw_loads"


@dataclass(frozen=True)
class RawLoad:
    """A row of `raw_loads`.

    Attributes:
        source: `load` for files, `demo` for the project's own seeds.
        origin: The folder or file, as it was given; the last, if batches followed.
        loaded_at: UTC, ISO 8601.
        file_hash: SHA-256 of the file's bytes; None where there was no file, or more
            than one.
        table_hash: What the engine makes of the table's rows, by `Reader.table_hash`
            of the contract's columns; None where it was not the pipeline that filled
            it.
    """

    raw_table: str
    source: str
    origin: str
    row_count: int
    loaded_at: str
    file_hash: str | None = None
    table_hash: str | None = None


RAW_LOADS_COLUMNS = columns_of(RawLoad)

# The batch that brought a raw row: a column beside those of the contract.
BATCH_ID = "batch_id"

# What each batch, and each full load, brought and replaced: a row a batch and table.
RAW_BATCHES = "raw_batches"


@dataclass(frozen=True)
class RawBatch:
    """A row of `raw_batches`.

    Attributes:
        batch_id: Counted from 1, whatever the clock says; every raw row has one.
        kind: `append` for a batch, `full` for a load that replaced everything.
        loaded_at: UTC, ISO 8601.
        origin: The folder or file, as it was given.
        platform: The platform whose export it was; None for raw files.
        file_hash: SHA-256 of the file's bytes; None where there was no file.
        row_count: Rows of the batch.
        new_rows: Those of them whose order, customer or product was not held before.
        replaced_rows: Held rows in whose place they stand.
    """

    batch_id: int
    raw_table: str
    kind: str
    loaded_at: str
    origin: str
    platform: str | None
    file_hash: str | None
    row_count: int
    new_rows: int
    replaced_rows: int


RAW_BATCHES_COLUMNS = columns_of(RawBatch)

# The surrogate keys once given; a build takes them over from the published warehouse.
KEY_MAPS = ("int_customer_keys", "int_product_keys")

SUFFIXES = (".csv", ".csv.gz", ".parquet")
