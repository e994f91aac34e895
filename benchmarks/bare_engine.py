"""What a server itself needs: its bulk load of the raw files, and the models' SQL.

``python -m benchmarks.bare_engine --target postgres --raw DIR`` loads the four files
as text by ``COPY`` (Spark: its CSV reader). With ``--artifacts`` it runs the SQL that
dbt compiled for each table of a finished build instead, one after the other, each
reading the published tables and writing a bare table: no tests, keys or indexes.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.artifacts import DbtArtifacts, node_name, read_artifacts
from benchmarks.floor.build import header_of
from pipeline.dbt.profile import target_settings
from pipeline.raw_files.contract import RAW_TABLES

SCHEMA = "bare_engine"


class Postgres:
    """The server that libpq's variables name."""

    def __init__(self) -> None:
        from pipeline.warehouse.postgres.connection import connect

        self._connection = connect(target_settings("postgres"))

    def run(self, sql: str) -> None:
        """Run one statement in a transaction of its own."""
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute(sql)

    def load(self, table: str, columns: tuple[str, ...], path: Path) -> None:
        """``COPY`` a file as it is into a new table of texts."""
        names = ", ".join(f"{column} text" for column in columns)
        self.run(f"create table {SCHEMA}.{table} ({names})")
        copy = f"copy {SCHEMA}.{table} from stdin (format csv, header true)"
        with (
            self._connection,
            self._connection.cursor() as cursor,
            path.open("rb") as file,
        ):
            cursor.copy_expert(copy, file)


class Spark:
    """The session of the profile."""

    def __init__(self) -> None:
        from pipeline.warehouse.spark.session import spark_session

        self._session = spark_session()

    def run(self, sql: str) -> None:
        """Run one statement."""
        self._session.sql(sql).collect()

    def load(self, table: str, columns: tuple[str, ...], path: Path) -> None:
        """Read a file by Spark's CSV reader into a new table of texts, as Parquet."""
        rows = self._session.read.csv(
            path.absolute().as_uri(),
            schema=", ".join(f"{column} string" for column in columns),
            header=True,
            quote='"',
            escape='"',
            multiLine=True,
        )
        rows.write.format("parquet").saveAsTable(f"{SCHEMA}.{table}")


SERVERS: dict[str, type[Postgres | Spark]] = {"postgres": Postgres, "spark": Spark}


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


def main() -> None:
    """Print the seconds of the load, or of the models."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bare_engine")
    parser.add_argument("--target", choices=SERVERS, required=True)
    work = parser.add_mutually_exclusive_group(required=True)
    work.add_argument("--raw", type=Path, metavar="DIR")
    work.add_argument("--artifacts", type=Path, metavar="DIR")
    parser.add_argument("--schema", default="bench", metavar="NAME")
    options = parser.parse_args()
    engine = SERVERS[options.target]()
    engine.run(f"drop schema if exists {SCHEMA} cascade")
    engine.run(f"create schema {SCHEMA}")
    built = options.artifacts and read_artifacts(options.artifacts)
    started = time.perf_counter()
    if built:
        for _, statement in statements(built, options.schema):
            engine.run(statement)
    else:
        for table in RAW_TABLES:
            path = options.raw / f"{table.name}.csv"
            engine.load(table.name, header_of(path), path)
    print(time.perf_counter() - started)
    engine.run(f"drop schema {SCHEMA} cascade")


if __name__ == "__main__":
    main()
