"""The warehouse as the pages ask it: one published version, open for reading.

A `Warehouse` is one published version. Its `identity` names that version, so whatever
is cached under it can never be mixed with another build's figures: a file is known by
its device, inode, time and size, a PostgreSQL schema by the ids of its tables. How an
engine is read, `pipeline.warehouse` knows.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pipeline.errors import PipelineError
from pipeline.warehouse import open_reader
from pipeline.warehouse.errors import (
    BusyError,
    MissingPackagesError,
    MissingRelationError,
    UnreachableError,
    UnreadableError,
)
from pipeline.warehouse.location import Location
from pipeline.warehouse.reader import Batches, Reader, Value

if TYPE_CHECKING:
    import pandas as pd

TARGETS = ("sqlite", "duckdb", "postgres")


class Trouble(StrEnum):
    """Why the warehouse cannot be shown."""

    SETTING = "setting"
    MISSING = "missing"
    NOT_A_DATABASE = "not a database"
    UNREACHABLE = "unreachable"
    BUSY = "busy"
    REPLACED = "replaced"
    EMPTY = "empty"
    NO_MARTS = "no marts"
    OLD_SCHEMA = "old schema"
    NO_SALES = "no sales"


class WarehouseError(Exception):
    """The warehouse cannot be read; both texts are meant for the user.

    Attributes:
        trouble: The kind.
        what: What is wrong, without paths.
        remedy: What to do about it, as Markdown.
    """

    def __init__(self, trouble: Trouble, what: str, remedy: str) -> None:
        super().__init__(what)
        self.trouble = trouble
        self.what = what
        self.remedy = remedy


_TEXTS = {
    Trouble.MISSING: (
        "There is no warehouse yet.",
        "Run `make` for the demo shop, or load your own files with "
        "`python -m pipeline build --raw DIR`. If the warehouse has another name, "
        "set `DWH_DATABASE` to it before starting the dashboard.",
    ),
    Trouble.BUSY: (
        "The warehouse is being written right now.",
        "Wait until the build has finished; this page then shows up by itself. If none "
        "is running, one was broken off: run `python -m pipeline build`, which also "
        "publishes without this pause.",
    ),
    Trouble.REPLACED: (
        "Another build was published while this page was drawn.",
        "Look again: the page then shows the new figures.",
    ),
    Trouble.UNREACHABLE: (
        "The PostgreSQL server does not answer, or refuses the login.",
        "Check `PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD` and `PGDATABASE`, and that "
        "the server is running.",
    ),
    Trouble.NOT_A_DATABASE: (
        "The warehouse file cannot be read as a database of the chosen engine.",
        "Check that `DWH_TARGET` and `DWH_DATABASE` belong together, or build the "
        "warehouse again: `python -m pipeline build`.",
    ),
}

_TROUBLES: dict[type[PipelineError], Trouble] = {
    BusyError: Trouble.BUSY,
    UnreachableError: Trouble.UNREACHABLE,
    UnreadableError: Trouble.NOT_A_DATABASE,
}


def _error(trouble: Trouble) -> WarehouseError:
    return WarehouseError(trouble, *_TEXTS[trouble])


def old_schema(missing: Iterable[str]) -> WarehouseError:
    """The error for a warehouse that an older version of the project built."""
    return WarehouseError(
        Trouble.OLD_SCHEMA,
        "This warehouse was built by another version of the project. It lacks: "
        + ", ".join(missing)
        + ".",
        "Build it again with this version: `python -m pipeline build`, or `make` for "
        "the demo shop.",
    )


@contextmanager
def _for_the_user(target: str) -> Iterator[None]:
    """Say what a reader's error means on a page; a mistake in our SQL stays one."""
    try:
        yield
    except MissingRelationError as error:
        raise old_schema([error.relation]) from error
    except MissingPackagesError:
        raise WarehouseError(
            Trouble.SETTING,
            f"The packages that read {target} are not installed.",
            f"Run `pip install '.[{target}]'`, then start the dashboard again.",
        ) from None
    except PipelineError as error:
        for cause, trouble in _TROUBLES.items():
            if isinstance(error, cause):
                raise _error(trouble) from None
        raise


def location_from_environment(environment: Mapping[str, str]) -> Location:
    """The warehouse that `DWH_TARGET` and `DWH_DATABASE` name, as dbt reads them.

    Raises:
        WarehouseError: There is no reader for the target.
    """
    target = environment.get("DWH_TARGET") or "sqlite"
    if target not in TARGETS:
        raise WarehouseError(
            Trouble.SETTING,
            f"The dashboard cannot read the target “{target}”.",
            "Set `DWH_TARGET` to `sqlite`, `duckdb` or `postgres`. Marts built on "
            "Spark can be read after copying them to one of these.",
        )
    return Location.resolve(target, environment=environment)


def identity(location: Location) -> str:
    """What names the version that is published right now.

    Raises:
        WarehouseError: There is none.
    """
    if not location.is_file:
        with _for_the_user(location.target), _open(location) as reader:
            return reader.identity()
    try:
        status = location.path.stat()
    except OSError:
        raise _error(Trouble.MISSING) from None
    return f"{status.st_dev}-{status.st_ino}-{status.st_mtime_ns}-{status.st_size}"


def _open(location: Location) -> Reader:
    return open_reader(location, for_pages=True)


class Warehouse:
    """One published version of the warehouse, open for reading.

    Several threads may query it at the same time. A file is read on in the version that
    it was opened on, also after another one has been published under the same name; a
    PostgreSQL schema then gives no answer, for its tables are others.

    Attributes:
        location: Where it is.
        identity: What names this version.
        columns: Type by column of each table, by the table's name in lower case.
    """

    def __init__(self, location: Location) -> None:
        self.location = location
        self._lock = threading.Condition()
        # A rename between the two looks would give one version another's name.
        for _ in range(5):
            self.identity = identity(location)
            with _for_the_user(location.target):
                reader = self._open_current()
            if reader is not None:
                break
        else:
            raise _error(Trouble.BUSY)
        self._idle = [reader]
        try:
            with _for_the_user(location.target):
                self.columns = reader.tables
        except BaseException:
            reader.close()
            raise

    @property
    def target(self) -> str:
        """The engine's name."""
        return self.location.target

    def has(self, table: str, *columns: str) -> bool:
        """Whether there is such a table, with all these columns."""
        return set(columns) <= set(self.columns.get(table.lower(), ())) and (
            table.lower() in self.columns
        )

    def query(
        self, sql: str, parameters: Mapping[str, Value] | None = None
    ) -> "pd.DataFrame":
        """The rows of a query.

        Args:
            sql: A select, with `:name` for every value.
            parameters: The values; more than the query names are ignored.

        Raises:
            WarehouseError: The warehouse is busy, lacks a table, or was replaced.
        """
        with self._reader() as reader:
            frame = reader.frame(sql, parameters or {})
            if not self.location.is_file and reader.identity() != self.identity:
                raise _error(Trouble.REPLACED)
            return frame

    def batches(
        self, sql: str, parameters: Mapping[str, Value] | None = None
    ) -> Batches:
        """The rows of a query, some at a time, amounts as plain numbers.

        Args:
            sql: A select, with `:name` for every value.
            parameters: The values.
        """
        with self._reader() as reader:
            for rows in reader.batches(sql, parameters or {}):
                if self.target != "sqlite":  # which has no decimals
                    rows = [tuple(map(_plain_number, row)) for row in rows]
                yield rows

    @contextmanager
    def _reader(self) -> Iterator[Reader]:
        """A reader of this version that no other thread uses meanwhile."""
        with _for_the_user(self.target):
            reader = self._take()
            try:
                yield reader
            finally:
                self._give_back(reader)

    def _take(self) -> Reader:
        with self._lock:
            if self._idle:
                shared = self._idle[-1].is_shared
                return self._idle[-1] if shared else self._idle.pop()
        if (reader := self._open_current()) is not None:
            return reader
        if not self.location.is_file:
            raise _error(Trouble.REPLACED)
        # Only the connections already open still see this version: wait for one.
        with self._lock:
            while not self._idle:
                self._lock.wait()
            return self._idle.pop()

    def _open_current(self) -> Reader | None:
        """Another reader of this version; None where it is not the published one."""
        if not self._is_current():
            return None
        reader = _open(self.location)
        if self._is_current():
            return reader
        reader.close()
        return None

    def _is_current(self) -> bool:
        try:
            return identity(self.location) == self.identity
        except WarehouseError:
            return False

    def _give_back(self, reader: Reader) -> None:
        if reader.is_shared:
            return
        if reader.is_broken:
            reader.close()
            return
        with self._lock:
            self._idle.append(reader)
            self._lock.notify()

    def close(self) -> None:
        """Close all connections that are not in use."""
        with self._lock:
            for reader in self._idle:
                reader.close()
            self._idle.clear()


def _plain_number(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value
