"""What the published schema holds: views of a build's Parquet tables, or Iceberg's."""

import os
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.warehouse.spark.server import chosen_server

FORMAT, JARS = "DWH_SPARK_FORMAT", "DWH_SPARK_JARS"
PARQUET, ICEBERG = "parquet", "iceberg"

# The catalogue of Iceberg's tables, whose folder is beside Spark's own.
CATALOG = "iceberg"
_ENTRY = f"spark.sql.catalog.{CATALOG}"


def chosen_format() -> str:
    """The format that the environment names.

    Raises:
        PipelineError: It cannot be had.
    """
    chosen = os.environ.get(FORMAT) or PARQUET
    if chosen not in (PARQUET, ICEBERG):
        raise PipelineError(f"{FORMAT} is {chosen!r}; write {PARQUET} or {ICEBERG}")
    if chosen == ICEBERG and (server := chosen_server()):
        raise PipelineError(
            f"{FORMAT}={ICEBERG} is for a session of this process, not for {server}; "
            "unset one of them"
        )
    return chosen


def format_parameters(folder: Path) -> dict[str, str]:
    """What a session takes beside the profile's.

    Args:
        folder: Where the tables are.

    Raises:
        PipelineError: A jar is not there.
    """
    parameters = {}
    if jars := os.environ.get(JARS):
        for jar in jars.split(","):
            if not Path(jar).is_file():
                raise PipelineError(f"{JARS} names {jar}, and there is no such file")
        parameters["spark.jars"] = jars
    if chosen_format() == ICEBERG:
        parameters |= {
            "spark.sql.extensions": (
                "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
            ),
            _ENTRY: "org.apache.iceberg.spark.SparkCatalog",
            f"{_ENTRY}.type": "hadoop",
            f"{_ENTRY}.warehouse": (folder / CATALOG).absolute().as_uri(),
            # A published version is seen at once.
            f"{_ENTRY}.cache-enabled": "false",
        }
    return parameters
