"""Warehouses that say which version they are, in every table.

Each raw file, and each table made of one, names its generation in every row, so that
half of one version and half of another is seen at once.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from pipeline import build
from pipeline.contract import RAW_TABLES
from pipeline.dbt_run import DbtBuild, Node
from pipeline.engines.base import Engine
from pipeline.progress import Reporter
from pipeline.project import Project

ROWS = 60
MADE = "FactOrders"


def write_folder(folder: Path, generation: int) -> Path:
    """The raw files of one generation."""
    folder.mkdir(exist_ok=True)
    for table in RAW_TABLES:
        header = ",".join(table.columns)
        row = ",".join(["2024-05-01"] * (len(table.columns) - 1))
        lines = [f"{generation}-{number},{row}\n" for number in range(ROWS)]
        (folder / f"{table.name}.csv").write_text(f"{header}\n{''.join(lines)}")
    return folder


def replace_models() -> None:
    """Put a few tables in place of dbt's models, in this process."""
    build._run_models = _run_models


def _run_models(engine: Engine, project: Project, reporter: Reporter) -> DbtBuild:
    del project, reporter
    orders = engine.query("select order_id from raw_orders")
    text = [("order_id", "text")]
    engine.write_table(MADE, text, orders)
    engine.write_table("int_customer_keys", text, orders)
    engine.write_table("int_as_of_date", [("as_of_date", "text")], [("2024-05-01",)])
    rejects = [("raw_table", "text"), ("reason", "text")]
    engine.write_table("stg_rejected_rows", rejects, [])
    tables = (MADE, "int_as_of_date", "stg_rejected_rows")
    return DbtBuild(tuple(_node(table) for table in tables), Path("no log"))


def _node(table: str) -> Node:
    return Node(
        unique_id=f"model.{table}",
        name=table,
        kind="model",
        layer="core" if table == MADE else "staging",
        table=table,
        relation=table,
        status="success",
        message="",
        failures=None,
        seconds=0.0,
        description=None,
        test=None,
    )


def generation_of(target: str, database: Path, *, made: bool = True) -> int | str:
    """The generation that a warehouse holds, or what is wrong with it.

    Args:
        target: Its engine.
        database: Its file.
        made: Whether to look at what a build makes as well, not at raw tables only.
    """
    keys = {table.name: table.columns[0] for table in RAW_TABLES}
    if made:
        keys |= {MADE: "order_id", "int_customer_keys": "order_id"}
    try:
        counts = _READERS[target](database, keys)
    except Exception as error:  # whatever a reader raises is what is told
        return f"{type(error).__name__}: {error}"
    found = set().union(*counts.values())
    if len(found) != 1:
        return f"several generations: {counts}"
    short = [table for table, n in counts.items() if sum(n.values()) != ROWS]
    if short:
        return f"rows are missing: {counts}"
    return int(found.pop())


_Counts = dict[str, dict[str, int]]
_PREFIX = "substr({0}, 1, {1}({0}, '-') - 1)"


def _counts(
    execute: Callable[[str], Any], keys: dict[str, str], position: str
) -> _Counts:
    counts: _Counts = {}
    for table, key in keys.items():
        prefix = _PREFIX.format(key, position)
        rows = execute(f"select {prefix}, count(*) from {table} group by 1")
        counts[table] = dict(rows.fetchall())
    return counts


def _read_sqlite(database: Path, keys: dict[str, str]) -> _Counts:
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as reader:
        ((whole,),) = reader.execute("pragma integrity_check").fetchall()
        if whole != "ok":
            raise ValueError(whole)
        return _counts(reader.execute, keys, "instr")


def _read_duckdb(database: Path, keys: dict[str, str]) -> _Counts:
    import duckdb

    with duckdb.connect(str(database), read_only=True) as reader:
        return _counts(reader.execute, keys, "instr")


_READERS: dict[str, Callable[[Path, dict[str, str]], _Counts]] = {
    "sqlite": _read_sqlite,
    "duckdb": _read_duckdb,
}
