"""The record of a build inside the warehouse: `build_info` and `build_tests`."""

import importlib.metadata
import platform
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields

from pipeline.dbt.run import Node
from pipeline.warehouse.engine import Engine

_SQL_TYPES = {str: "text", int: "integer", float: "real"}


@dataclass(frozen=True)
class BuildInfo:
    """The one row of `build_info`.

    Attributes:
        built_at: When the build began, UTC, ISO 8601.
        as_of_date: "Today" for every report, YYYY-MM-DD.
        source: `demo` for the project's own shop, `load` for loaded files.
        origin: The folder or file that the raw rows came from.
        currency: The currency of every amount.
        variables: The project's variables as this build had them, a JSON object.
        target: The target of `profiles.yml`.
        project_version: Version of this project.
        dbt_version: Version of dbt-core.
        adapter_version: Version of dbt's adapter for the engine.
        python_version: Version of Python.
        engine_version: The engine's name and version.
        duration_seconds: From the start to just before publishing.
    """

    built_at: str
    as_of_date: str
    source: str
    origin: str
    currency: str
    variables: str
    target: str
    project_version: str
    dbt_version: str
    adapter_version: str
    python_version: str
    engine_version: str
    duration_seconds: float


# One row per test of the build. Statuses are pass, warn, fail, error and skipped.
BUILD_TESTS_COLUMNS: tuple[tuple[str, str], ...] = (
    ("unique_id", "text"),
    ("name", "text"),
    ("test_type", "text"),
    ("model_name", "text"),
    ("table_name", "text"),
    ("column_name", "text"),
    ("severity", "text"),
    ("status", "text"),
    ("failures", "integer"),
    ("execution_seconds", "real"),
    ("description", "text"),
)


def versions(target: str) -> tuple[str, str, str]:
    """The versions of dbt-core, of the target's adapter, and of Python."""
    return (
        importlib.metadata.version("dbt-core"),
        importlib.metadata.version(f"dbt-{target}"),
        platform.python_version(),
    )


def write_build_info(engine: Engine, info: BuildInfo) -> None:
    """Write `build_info` into the build area."""
    columns = [
        (field.name, _SQL_TYPES[type(value)])
        for field, value in zip(fields(info), astuple(info), strict=True)
    ]
    engine.write_table("build_info", columns, [astuple(info)])


def write_build_tests(engine: Engine, nodes: Iterable[Node]) -> None:
    """Write `build_tests` into the build area."""
    rows = [
        (
            node.unique_id,
            node.name,
            node.test.kind,
            node.test.model,
            node.test.table,
            node.test.column,
            node.test.severity,
            node.status,
            node.failures,
            round(node.seconds, 3),
            node.description,
        )
        for node in nodes
        if node.test is not None
    ]
    engine.write_table("build_tests", BUILD_TESTS_COLUMNS, sorted(rows))
