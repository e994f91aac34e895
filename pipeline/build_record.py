"""What came of a build: for the warehouse, and for whoever asked for it."""

import importlib.metadata
import json
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.dbt.project import Project, find_project
from pipeline.doubts import Doubt
from pipeline.errors import PipelineError
from pipeline.warehouse.errors import UnreadableError
from pipeline.warehouse.reader import Reader

BUILD_INFO = "build_info"


@dataclass(frozen=True)
class BuildInfo:
    """The one row of `build_info`.

    Attributes:
        built_at: When the build began, UTC, ISO 8601.
        as_of_date: "Today" for every report, YYYY-MM-DD.
        source: `demo` for the project's own shop, `load` for loaded files.
        origin: The folder or file that the raw rows came from.
        variables: The project's variables as this build had them, a JSON object.
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


def as_built(reader: Reader) -> Project:
    """The project, with the variables that the warehouse says it was built with."""
    project = find_project(None)
    if "variables" not in reader.tables.get(BUILD_INFO, {}):
        return project
    rows = reader.fetch(f"select variables from {BUILD_INFO}")  # noqa: S608
    try:
        ((text,),) = rows
        given = {
            name: value
            for name, value in dict(json.loads(text)).items()
            if name in project.variables and value != project.variables[name]
        }
        # They must keep their rules: whoever wrote the file, dbt runs a text as Jinja.
        return find_project(json.dumps(given))
    except (TypeError, ValueError, PipelineError):
        raise UnreadableError(
            f"{BUILD_INFO} of {reader.location} is not as a build writes it; go back "
            "to the version before (rollback), or build again"
        ) from None


def versions(target: str) -> dict[str, str]:
    """The versions in `build_info`, but for the engine's and the project's."""
    return {
        "dbt_version": importlib.metadata.version("dbt-core"),
        "adapter_version": importlib.metadata.version(f"dbt-{target}"),
        "python_version": platform.python_version(),
    }


@dataclass
class Stage:
    """One stage of a build.

    Attributes:
        name: What was done, or the layer of models that was built.
        seconds: How long it took; of models and tests, the sum of theirs.
        rows: The rows that were loaded, taken over or built; None where none were.
    """

    name: str
    seconds: float = 0.0
    rows: int | None = None


class Stages(dict[str, Stage]):
    """The stages of a build by their names, in the order in which they began."""

    def __missing__(self, name: str) -> Stage:
        return self.setdefault(name, Stage(name))

    @contextmanager
    def timed(self, name: str) -> Iterator[Stage]:
        """Time a stage, or a further part of it."""
        start = time.monotonic()
        try:
            yield self[name]
        finally:
            self[name].seconds += time.monotonic() - start


@dataclass(frozen=True)
class RowsByReason:
    """Rows of a raw table that something was wrong with."""

    raw_table: str
    reason: str
    rows: int


@dataclass(frozen=True)
class BuildSummary:
    """What was published.

    Attributes:
        tables: Rows of each raw table, star table and report.
        rejected_rows: Rows that no model uses, which stand in `stg_rejected_rows`.
        nulled_values: Optional values that could not be read.
        doubts: What is odd about it.
    """

    database: str
    info: BuildInfo
    seconds: float
    stages: tuple[Stage, ...]
    tables: dict[str, int]
    tests: dict[str, int]
    rejected_rows: tuple[RowsByReason, ...]
    nulled_values: tuple[RowsByReason, ...]
    doubts: tuple[Doubt, ...]
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The same for a program: what `build --json` prints."""
        summary = asdict(self)
        return {"published": True, "version": self.info.project_version, **summary}
