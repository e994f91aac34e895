"""One module an engine; `engine_for` picks one by the target's name."""

import importlib.util
import os

from pipeline.errors import PipelineError
from pipeline.warehouse.engine import Engine

TARGETS = ("sqlite", "duckdb", "postgres", "spark")

# The modules that an engine needs beyond the standard install, and the extra with them.
_NEEDS = {
    "duckdb": ("duckdb", "dbt.adapters.duckdb"),
    "postgres": ("psycopg2", "dbt.adapters.postgres"),
    "spark": ("pyspark", "dbt.adapters.spark"),
}


def engine_for(target: str | None, database: str | None) -> Engine:
    """The engine of a target, for one database.

    Args:
        target: A name of `TARGETS`; by default `DWH_TARGET`, or sqlite.
        database: A file's path, by default `DWH_DATABASE` or the engine's default
            name in the current folder; or a server's schema, by default `DWH_SCHEMA`.

    Raises:
        PipelineError: There is no such target, or its packages are not installed.
    """
    target = target or os.environ.get("DWH_TARGET") or "sqlite"
    if target not in TARGETS:
        raise PipelineError(
            f"there is no target {target}; choose one of {', '.join(TARGETS)}"
        )
    for module in _NEEDS.get(target, ()):
        if not _installed(module):
            raise PipelineError(
                f"the target {target} needs packages that are not installed; "
                f"run: pip install '.[{target}]'"
            )
    if target == "postgres":
        from pipeline.warehouse.postgres.engine import PostgresEngine

        return PostgresEngine(database)
    if target == "spark":
        from pipeline.warehouse.spark.engine import SparkEngine

        return SparkEngine(database)
    # A server's schema has a variable of its own: DWH_SCHEMA, in the profile.
    database = database or os.environ.get("DWH_DATABASE") or None
    if target == "sqlite":
        from pipeline.warehouse.sqlite.engine import SqliteEngine

        return SqliteEngine(database)
    from pipeline.warehouse.duckdb.engine import DuckdbEngine

    return DuckdbEngine(database)


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
