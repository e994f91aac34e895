"""A shop whose customers' ids are e-mail addresses, and one who is to be forgotten."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from pipeline import build
from pipeline.dbt.nodes import Node
from pipeline.dbt.run import DbtBuild
from pipeline.doubts import Doubt
from pipeline.raw_files.contract import RAW_COLUMNS, RAW_TABLE_NAMES
from pipeline.warehouse import open_reader
from pipeline.warehouse.engine import Engine
from pipeline.warehouse.location import Location
from tests.small_shop import write_csv

ZOE, ANN, BO = "zoelyn.obrien@example.org", "ann@example.org", "bo@example.org"
# What must be found nowhere: her id, her name, where she lives.
OF_ZOE = (ZOE, "Zoëlyn", "Rosenquergasse", "Heilbrunnstadt")

CUSTOMERS = [
    (ANN, "Ann", "", "1 Main St", "Leeds", "United Kingdom", "2024-01-01"),
    (
        ZOE,
        "Zoëlyn Ó'Brien",
        "zoe@example.org",
        "Rosenquergasse 2",
        "Heilbrunnstadt",
        "Germany",
        "",
    ),
    (
        f" {ZOE} ",
        "Zoëlyn",
        "",
        "Rosenquergasse 3",
        "Heilbrunnstadt",
        "Germany",
        "2024-01-02",
    ),
    (BO, "Bo", "", "", "", "", ""),
    ("", "Nobody", "", "", "", "", ""),
]
ORDERS = [
    ("O1", ZOE, "2024-02-01", "paid", "", "", ""),
    ("O2", f"{ZOE}  ", "2024-02-02", "paid", "", "", ""),
    ("O3", ANN, "2024-02-03", "paid", "", "", ""),
    ("O4", "", "2024-02-04", "paid", "", "", ""),
    ("O5", ZOE, "someday", "paid", "", "", ""),
    ("O6", BO, "2024-02-06", "paid", "", "", ""),
]
ITEMS = [(f"I{n}", f"O{n}", "P1", "1", "2.50", "") for n in range(1, 7)]


def write_shop(folder: Path, **tables: list[tuple[str, ...]]) -> Path:
    """Write the shop's raw files, or others."""
    rows = {"raw_customers": CUSTOMERS, "raw_orders": ORDERS, "raw_order_items": ITEMS}
    folder.mkdir(exist_ok=True)
    for name, held in {**rows, **tables}.items():
        write_csv(folder / f"{name}.csv", [RAW_COLUMNS[name], *held])
    return folder


def run_a_few_models(engine: Engine, *_: object) -> DbtBuild:
    """Make, of the raw rows, a key map that grows, a dimension and the rejects."""
    ids = "nullif(nullif(trim(customer_id), ''), '(unknown)')"
    wanted = engine.query(
        f"select distinct {ids} from raw_customers where {ids} is not null "
        f"union select distinct {ids} from raw_orders where {ids} is not null"
    )
    known = {}
    if engine.has_table("int_customer_keys"):
        query = "select customer_id, customer_key from int_customer_keys"
        known = {str(text): int(key) for text, key in engine.query(query)}
    for text in sorted(str(text) for (text,) in wanted):
        known.setdefault(text, len(known) + 1)
    text_columns = [(name, "text") for name in RAW_COLUMNS["raw_customers"]]
    rows = engine.query(f"select {', '.join(dict(text_columns))} from raw_customers")
    engine.write_table("dimcustomer", text_columns, rows)
    engine.write_table(
        "int_customer_keys",
        [("customer_key", "integer"), ("customer_id", "text")],
        [(key, text) for text, key in known.items()],
    )
    bad = engine.query("select * from raw_orders where order_date = 'someday'")
    rejects = [(name, "text") for name in ("raw_table", "reason", "row_json")]
    engine.write_table(
        "stg_rejected_rows",
        rejects,
        [("raw_orders", "bad date", str(row)) for row in bad],
    )
    quality = [*rejects[:2], ("outcome", "text"), ("row_count", "integer")]
    engine.write_table("rpt_data_quality", quality, [])
    engine.write_table("int_as_of_date", [("as_of_date", "text")], [("2024-02-29",)])
    engine.write_table("int_currency", [("currency", "text")], [("EUR",)])
    node = Node(
        unique_id="model.dim_customer",
        name="dim_customer",
        kind="model",
        layer="core",
        table="dimcustomer",
        status="success",
        message="",
        seconds=0.0,
    )
    return DbtBuild((node,), Path("no log"))


def all_text(version: Location) -> str:
    """Everything that stands in any table of a version."""
    with open_reader(version) as reader:
        return "\n".join(
            f"{table}: {row}"
            for table in reader.tables
            for rows in reader.scan(table)
            for row in rows
        )


def traces(text: str) -> list[str]:
    """What of her is in a text."""
    return [each for each in OF_ZOE if each in text]


def keys(engine: Engine) -> dict[str, int]:
    """The surrogate key of each customer."""
    with open_reader(engine.published) as reader:
        rows = reader.fetch("select customer_id, customer_key from int_customer_keys")
    return {str(text): int(key) for text, key in rows}


def orders_of(engine: Engine) -> Counter[str | None]:
    """How many orders each customer has, by the id as it is spelled."""
    with open_reader(engine.published) as reader:
        return Counter(
            text for (text,) in reader.fetch("select customer_id from raw_orders")
        )


def check_erased(engine: Engine, key: int) -> str:
    """She is gone from the published version, her orders are not, nor are others.

    Returns:
        What stands in the place of her id.
    """
    assert traces(all_text(engine.published)) == []
    (erased_id,) = [text for text in keys(engine) if text.startswith("erased-")]
    assert keys(engine)[erased_id] == key
    assert orders_of(engine) == {erased_id: 3, ANN: 1, BO: 1, None: 1}
    with open_reader(engine.published) as reader:
        held = {str(name) for (name,) in reader.fetch("select name from raw_customers")}
        loads = {load.raw_table: load for load in engine.published_loads()}
        for name in RAW_TABLE_NAMES:
            assert loads[name].row_count == reader.count(name), name
            columns = RAW_COLUMNS[name]
            assert loads[name].table_hash == reader.table_hash(name, columns), name
    assert held == {"Ann", "Bo", "Nobody"}
    return erased_id


def no_doubts(*_: object) -> list[Doubt]:
    """Nothing is odd about models that are not there."""
    return []


def replace_models(put: Callable[[object, str, object], None] = setattr) -> None:
    """Put a few tables in place of dbt's models, in this process.

    Args:
        put: What sets an attribute; pytest's takes it back after a test.
    """
    put(build, "_run_models", run_a_few_models)
    put(build, "find_doubts", no_doubts)
