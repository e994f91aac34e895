"""The warehouse on its engines: one folder an engine, imported when it is asked for."""

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

from pipeline.installation import install
from pipeline.warehouse.errors import MissingPackagesError
from pipeline.warehouse.location import Location

if TYPE_CHECKING:
    from pipeline.warehouse.engine import Engine
    from pipeline.warehouse.reader import Reader


def engine_for(target: str | None, database: str | None) -> "Engine":
    """The engine that writes the warehouse of `Location.resolve`.

    Raises:
        PipelineError: There is no such target, or its packages are not installed.
    """
    location = Location.resolve(target, database)
    engine: Engine = _part("Engine", location)(location.database)
    return engine


def open_reader(location: Location, *, page_seconds: float | None = None) -> "Reader":
    """A connection that reads a warehouse.

    Args:
        location: The warehouse.
        page_seconds: For many short queries over a long time, each of which is
            interrupted after so many seconds; PostgreSQL can publish meanwhile. Without
            it, a query takes as long as it takes, and PostgreSQL's tables stay as they
            are until the reader is closed.

    Raises:
        PipelineError: There is no such warehouse, or its packages are not installed.
    """
    reader: Reader = _part("Reader", location)(location, page_seconds=page_seconds)
    return reader


def reader_for(text: str) -> "Reader":
    """A reader of the warehouse that a person names, as `Location.parse` takes it."""
    return open_reader(Location.parse(text))


def _part(part: str, location: Location) -> Any:
    """A class of an engine's folder, such as `PostgresReader`."""
    target = location.target
    try:
        module = importlib.import_module(f"pipeline.warehouse.{target}.{part.lower()}")
        if part == "Engine" and not importlib.util.find_spec(f"dbt.adapters.{target}"):
            raise ImportError(f"no dbt-{target}")
    except ImportError as error:
        raise MissingPackagesError(
            f"{location} needs packages that are not installed; run: {install(target)}"
        ) from error
    return getattr(module, f"{target.capitalize()}{part}")
