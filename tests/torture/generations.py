"""Warehouses that say which version they are, in every table.

Each raw file, and each table made of one, names its generation in every row, so that
half of one version and half of another is seen at once.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path

from pipeline import build
from pipeline.dbt.nodes import Node
from pipeline.dbt.profile import target_settings
from pipeline.dbt.run import DbtBuild
from pipeline.raw_files.contract import RAW_TABLES
from pipeline.warehouse.engine import Engine

ROWS = 60
# Lower case, which every engine writes and finds again as it is.
MADE = "factorders"

_RAW = {table.name: table.columns[0] for table in RAW_TABLES}
_BUILT = {MADE: "order_id", "int_customer_keys": "order_id"}
_QUALITY = ("stg_rejected_rows", "rpt_data_quality")
# The tables that a command makes, and the column of each that names the generation.
KEYS: Mapping[str, Mapping[str, str]] = {
    "load": _RAW,
    "build": {**_RAW, **_BUILT},
}


def write_folder(folder: Path, generation: int) -> Path:
    """The raw files of one generation."""
    folder.mkdir(exist_ok=True)
    for table in RAW_TABLES:
        header = ",".join(table.columns)
        row = ",".join(["2024-05-01"] * (len(table.columns) - 1))
        lines = [f"{generation}-{number},{row}\n" for number in range(ROWS)]
        (folder / f"{table.name}.csv").write_text(f"{header}\n{''.join(lines)}")
    return folder


def replace_models(put: Callable[[object, str, object], None] = setattr) -> None:
    """Put a few tables in place of dbt's models, in this process.

    None of them has sales, so nothing is doubted.

    Args:
        put: What sets an attribute; pytest's takes it back after a test.
    """
    put(build, "_run_models", _run_models)
    put(build, "find_doubts", lambda *_: [])


def _run_models(engine: Engine, *_: object) -> DbtBuild:
    orders = engine.query("select order_id from raw_orders")
    text = [("order_id", "text")]
    engine.write_table(MADE, text, orders)
    engine.write_table("int_customer_keys", text, orders)
    engine.write_table("int_as_of_date", [("as_of_date", "text")], [("2024-05-01",)])
    engine.write_table("int_currency", [("currency", "text")], [("EUR",)])
    rejects = [("raw_table", "text"), ("reason", "text")]
    engine.write_table("stg_rejected_rows", rejects, [])
    quality = [*rejects, ("outcome", "text"), ("row_count", "integer")]
    engine.write_table("rpt_data_quality", quality, [])
    tables = (MADE, *("int_as_of_date", "int_currency"), *_QUALITY)
    return DbtBuild(tuple(_node(table) for table in tables), Path("no log"))


def _node(table: str) -> Node:
    return Node(
        unique_id=f"model.{table}",
        name=table,
        kind="model",
        layer="core" if table == MADE else "staging",
        table=table,
        status="success",
        message="",
        seconds=0.0,
    )


def generation_of(
    target: str, database: Path | str, command: str = "build"
) -> int | str:
    """The generation that a warehouse holds, or what is wrong with it.

    Args:
        target: Its engine.
        database: Its file, or its schema.
        command: What has made it, of `KEYS`.
    """
    try:
        texts = _READERS[target](str(database), KEYS[command])
    except Exception as error:  # whatever a reader raises is what is told
        return f"{type(error).__name__}: {error}"
    return generation_in(texts)


def generation_in(texts: Mapping[str, Iterable[str]]) -> int | str:
    """The same of what was read: the column that names the generation, by table."""
    counts = {
        table: Counter(str(text).partition("-")[0] for text in column)
        for table, column in texts.items()
    }
    found = set().union(*counts.values())
    if len(found) != 1:
        return f"several generations: {counts}"
    short = [table for table, count in counts.items() if count.total() != ROWS]
    if short:
        return f"rows are missing: {counts}"
    return int(found.pop())


_Texts = dict[str, list[str]]


def _texts(rows: Iterable[tuple[str, str]], keys: Mapping[str, str]) -> _Texts:
    texts: _Texts = {table: [] for table in keys}
    for table, text in rows:
        texts[table].append(text)
    return texts


def _at_once(keys: Mapping[str, str]) -> str:
    """One query of all tables."""
    return " union all ".join(
        f"select '{table}', {key} from {table}" for table, key in keys.items()
    )


def _read_sqlite(database: str, keys: Mapping[str, str]) -> _Texts:
    uri = f"{Path(database).as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as reader:
        ((whole,),) = reader.execute("pragma integrity_check").fetchall()
        if whole != "ok":
            raise ValueError(whole)
        return _texts(reader.execute(_at_once(keys)), keys)


def _read_duckdb(database: str, keys: Mapping[str, str]) -> _Texts:
    import duckdb

    with duckdb.connect(database, read_only=True) as reader:
        return _texts(reader.execute(_at_once(keys)).fetchall(), keys)


def _read_postgres(schema: str, keys: Mapping[str, str]) -> _Texts:
    import psycopg2

    settings = target_settings("postgres")
    names = ("host", "port", "user", "dbname")
    with (
        closing(psycopg2.connect(**{name: settings[name] for name in names})) as reader,
        reader.cursor() as cursor,
    ):
        cursor.execute("select set_config('search_path', %s, false)", (schema,))
        cursor.execute(_at_once(keys))
        return _texts(cursor.fetchall(), keys)


_READERS: dict[str, Callable[[str, Mapping[str, str]], _Texts]] = {
    "sqlite": _read_sqlite,
    "duckdb": _read_duckdb,
    "postgres": _read_postgres,
}
