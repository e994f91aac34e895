"""Runs dbt on an emulator of Snowflake: by the Python of .make/snowflake, not by ours.

`python snowflake_emulator.py FOLDER` makes the tables of the seeds, executes what
FOLDER/load.sql has for Snowflake, runs all models, the incremental ones twice, and then
the data tests. The emulator's databases stay in FOLDER/databases, as files of DuckDB;
`--unit-tests` runs all tests, which takes twice as long.
"""

import os
import re
import sys
import warnings
from pathlib import Path
from typing import Any

import fakesnow
import snowflake.connector
from dbt.cli.main import dbtRunner
from fakesnow.cursor import FakeSnowflakeCursor

# The messy shop is so on purpose.
VARS = ["--vars", "{max_rejected_share: 1}"]
# The larger seeds take the emulator a minute, and are replaced by what is loaded.
SEEDS = ["--exclude", "raw_customers", "raw_orders", "raw_order_items"]
INCREMENTAL = ["--select", "config.materialized:incremental"]
DATA_TESTS = ["--exclude", "test_type:unit"]

execute = FakeSnowflakeCursor.execute


def execute_without_temporary_tables(
    cursor: FakeSnowflakeCursor, command: str, *arguments: Any, **options: Any
) -> FakeSnowflakeCursor:
    """A temporary table has a schema on Snowflake, and none on DuckDB."""
    command = re.sub(r"(?i)\btemporary (table|view)\b", r"\1", command)
    return execute(cursor, command, *arguments, **options)


def main(folder: Path, *options: str) -> int:
    """Exits with 1 after the first command that failed."""
    tests = [] if "--unit-tests" in options else DATA_TESTS
    statements = (folder / "load.sql").read_text("utf-8").split(";\n")
    FakeSnowflakeCursor.execute = execute_without_temporary_tables
    with fakesnow.patch(db_path=folder / "databases"):
        if not dbtRunner().invoke(["seed", *SEEDS, *VARS]).success:
            return 1
        with snowflake.connector.connect(
            database=os.environ["SNOWFLAKE_DATABASE"], schema="ecommerce_dwh"
        ) as connection:
            for statement in statements:
                connection.cursor().execute(statement)
        for command in (["run"], ["run", *INCREMENTAL], ["test", *tests]):
            if not dbtRunner().invoke([*command, *VARS]).success:
                return 1
    return 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
