"""Spark with Iceberg, for the one process in which these tests run."""

import importlib.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyspark
import pytest

from pipeline.raw_files.contract import RAW_LOADS, RAW_LOADS_COLUMNS
from pipeline.warehouse import engine_for
from pipeline.warehouse.engine import Engine
from pipeline.warehouse.spark.session import spark_session

JAR = "DWH_TEST_ICEBERG_JAR"
# A package of `make test-iceberg`, in which one lies.
PACKAGE = "snowpark_connect_deps_iceberg"

Publish = Callable[..., Engine]


def jar() -> Path | None:
    """The runtime for the Spark that is installed; None where none was given."""
    if given := os.environ.get(JAR):
        return Path(given)
    package = importlib.util.find_spec(PACKAGE)
    version = ".".join(pyspark.__version__.split(".")[:2])
    folders = (package and package.submodule_search_locations) or []
    return next(
        (
            path
            for folder in folders
            for path in Path(folder).rglob(f"iceberg-spark-runtime-{version}_2.12*.jar")
        ),
        None,
    )


@pytest.fixture(scope="session", autouse=True)
def iceberg(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of tables and catalogues."""
    runtime = jar()
    if runtime is None:
        pytest.skip(
            f"no Iceberg runtime for Spark {pyspark.__version__}: name one in {JAR}, "
            "or run: make test-iceberg"
        )
    folder = tmp_path_factory.mktemp("iceberg") / "made"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DWH_SPARK_DIR", str(folder))
        patch.setenv("DWH_SPARK_FORMAT", "iceberg")
        patch.setenv("DWH_SPARK_JARS", str(runtime))
        # Their rows are few.
        patch.setenv("DWH_SPARK_PARTITIONS", "4")
        yield folder


@pytest.fixture
def publish() -> Publish:
    """A function that publishes tables of a row each, by name, and `raw_loads`."""

    def publish(schema: str, keep_versions: int = 3, **tables: int | str) -> Engine:
        engine = built(schema, **tables)
        engine.publish(keep_versions)
        return engine

    return publish


def built(schema: str, **tables: int | str) -> Engine:
    """A build that is not published."""
    engine = engine_for("spark", schema)
    engine.undo_unfinished()
    engine.check_published()
    engine.begin_build()
    engine.write_table(RAW_LOADS, RAW_LOADS_COLUMNS, [])
    for name, value in tables.items():
        kind = "text" if isinstance(value, str) else "integer"
        engine.write_table(name, [("value", kind)], [(value,)])
    return engine


def read(sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    return [tuple(row) for row in spark_session().sql(sql).collect()]
