"""What a server itself needs: its bulk load of the raw files, and the models' SQL.

``python -m benchmarks.bare_engine --target postgres --raw DIR`` loads the four files
as text by ``COPY`` (Spark: its CSV reader). With ``--artifacts`` it runs the SQL that
dbt compiled for each table of a finished build instead, one after the other, each
reading the published tables and writing a bare table: no tests, keys or indexes.
"""

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from benchmarks.artifacts import DbtArtifacts, node_name, read_artifacts
from benchmarks.floor.build import header_of
from pipeline.dbt.profile import target_settings
from pipeline.raw_files.contract import RAW_TABLES

SCHEMA = "bare_engine"


class BareEngine(Protocol):
    """A server in which a schema of our own is filled."""

    def run(self, sql: str) -> None:
        """Run one statement."""

    def load(self, table: str, columns: tuple[str, ...], path: Path) -> None:
        """Fill a new table of the schema with a CSV file, every column as text."""


class Postgres:
    """The server that libpq's variables name."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def run(self, sql: str) -> None:
        """Run one statement in a transaction of its own."""
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute(sql)

    def load(self, table: str, columns: tuple[str, ...], path: Path) -> None:
        """``COPY`` of the file as it is."""
        names = ", ".join(f"{column} text" for column in columns)
        with (
            self._connection,
            self._connection.cursor() as cursor,
            path.open("rb") as file,
        ):
            cursor.execute(f"create table {SCHEMA}.{table} ({names})")
            cursor.copy_expert(
                f"copy {SCHEMA}.{table} from stdin (format csv, header true)", file
            )


class Spark:
    """The session of the profile."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def run(self, sql: str) -> None:
        """Run one statement."""
        self._session.sql(sql).collect()

    def load(self, table: str, columns: tuple[str, ...], path: Path) -> None:
        """Spark's CSV reader, to a table of Parquet files."""
        rows = self._session.read.csv(
            path.absolute().as_uri(),
            schema=", ".join(f"{column} string" for column in columns),
            header=True,
            quote='"',
            escape='"',
            multiLine=True,
        )
        rows.write.format("parquet").saveAsTable(f"{SCHEMA}.{table}")


def load(engine: BareEngine, raw: Path) -> float:
    """Load the four files and return the seconds."""
    started = time.perf_counter()
    for table in RAW_TABLES:
        path = raw / f"{table.name}.csv"
        engine.load(table.name, header_of(path), path)
    return time.perf_counter() - started


def statements(built: DbtArtifacts, schema: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each table that a build made, and the SQL to make it bare.

    Args:
        built: What dbt noted of the build.
        schema: The published schema, to read what the build schema held.
    """
    for model in built.models:
        node = built.manifest[model["unique_id"]]
        if node["config"]["materialized"] == "view":
            continue
        sql = model["compiled_code"].replace(f'"{schema}_building"', f'"{schema}"')
        name = node_name(model)
        yield name, f"create table {SCHEMA}.{name} as {sql}"


def run_models(engine: BareEngine, built: DbtArtifacts, schema: str) -> float:
    """Run the compiled SQL of every table and return the seconds."""
    started = time.perf_counter()
    for _, statement in statements(built, schema):
        engine.run(statement)
    return time.perf_counter() - started


@contextmanager
def connected(target: str) -> Iterator[BareEngine]:
    """Connect to a server, with an empty schema."""
    engine: BareEngine
    if target == "spark":
        from pipeline.warehouse.spark.session import spark_session

        engine = Spark(spark_session())
    else:
        import psycopg2

        settings = target_settings(target)
        names = ("host", "port", "user", "dbname")
        connection = psycopg2.connect(**{name: settings[name] for name in names})
        engine = Postgres(connection)
    engine.run(f"drop schema if exists {SCHEMA} cascade")
    engine.run(f"create schema {SCHEMA}")
    try:
        yield engine
    finally:
        engine.run(f"drop schema if exists {SCHEMA} cascade")


def main() -> None:
    """Print the seconds as JSON: of the load, or of the models."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bare_engine")
    parser.add_argument("--target", choices=("postgres", "spark"), required=True)
    parser.add_argument("--raw", type=Path, metavar="DIR")
    parser.add_argument("--artifacts", type=Path, metavar="DIR")
    parser.add_argument("--schema", default="bench", metavar="NAME")
    options = parser.parse_args()
    seconds = {}
    with connected(options.target) as engine:
        if options.raw is not None:
            seconds["load"] = load(engine, options.raw)
        if options.artifacts is not None:
            built = read_artifacts(options.artifacts)
            seconds["models"] = run_models(engine, built, options.schema)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
