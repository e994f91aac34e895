"""The warehouse as the pages ask it: one published version, open for reading.

A `Warehouse` is one published version. Its `identity` names that version, so whatever
is cached under it can never be mixed with another build's figures: a file is known by
its device, inode, time and size, a PostgreSQL schema by the ids of its tables. How an
engine is read, `pipeline.warehouse` knows.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

from pipeline.installation import IS_INSTALLED, install, typed
from pipeline.warehouse import open_reader
from pipeline.warehouse.errors import (
    BusyError,
    MissingPackagesError,
    MissingRelationError,
    TimeLimitError,
    UnreachableError,
    UnreadableError,
)
from pipeline.warehouse.location import Location
from pipeline.warehouse.reader import Batches, Reader, Value

if TYPE_CHECKING:
    import pandas as pd

TARGETS = ("sqlite", "duckdb", "postgres")
# How long a query may take, where `DWH_QUERY_SECONDS` says nothing else.
QUERY_SECONDS = 30.0
_MOST_SECONDS = 86_400.0

_BUILD = typed("build")
_MAKE, _BARE_DBT = "make", ", or `dbt build` in the activated `.venv`."
if IS_INSTALLED:
    _MAKE, _BARE_DBT = _BUILD, "."


class Trouble(Enum):
    """Why the warehouse cannot be shown: what is wrong, and what to do about it.

    Both are meant for the user and name no path; the second is Markdown.
    """

    TARGET = (
        "The dashboard cannot read the target “{}”.",
        "Set `DWH_TARGET` to `sqlite`, `duckdb` or `postgres`. Marts built on "
        "Spark can be read after copying them to one of these.",
    )
    PACKAGES = (
        "The packages that read {} are not installed.",
        f"Run `{install('{}')}`, then start the dashboard again.",
    )
    MISSING = (
        "There is no warehouse yet.",
        f"Run `{_MAKE}` for the demo shop, or load your own files with "
        f"`{_BUILD} --raw DIR`. If the warehouse has another name, "
        "set `DWH_DATABASE` to it before starting the dashboard.",
    )
    NOT_A_DATABASE = (
        "The warehouse file cannot be read as a database of the chosen engine.",
        "Check that `DWH_TARGET` and `DWH_DATABASE` belong together, or build the "
        f"warehouse again: `{_BUILD}`.",
    )
    UNREACHABLE = (
        "The PostgreSQL server does not answer, or refuses the login.",
        "Check `PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD` and `PGDATABASE`, and that "
        "the server is running.",
    )
    SLOW = (
        "This took longer than {} s, and was stopped.",
        "Choose less, or set `DWH_QUERY_SECONDS` higher.",
    )
    SECONDS = (
        "“{}” is no number of seconds that a query may take.",
        "Set `DWH_QUERY_SECONDS` to a number above 0, at most 86400, or leave it out.",
    )
    BUSY = (
        "The warehouse is being written right now.",
        "Wait until the build has finished; this page then shows up by itself. If none "
        f"is running, one was broken off: run `{_BUILD}`, which also "
        "publishes without this pause.",
    )
    REPLACED = (
        "Another build was published while this page was drawn.",
        "Look again: the page then shows the new figures.",
    )
    EMPTY = (
        "The warehouse is empty: it has no table.",
        f"Run `{_MAKE}` for the demo shop, or load your own files with "
        f"`{_BUILD} --raw DIR`.",
    )
    NO_MARTS = (
        "The warehouse has data, but no marts yet: the models have not been built.",
        f"Run `{_BUILD}`" + _BARE_DBT,
    )
    OLD_SCHEMA = (
        "This warehouse was built by another version of the project. It lacks: {}.",
        f"Build it again with this version: `{_BUILD}`, or `{_MAKE}` for the demo "
        "shop.",
    )
    NO_SALES = (
        "The warehouse has no sales yet.",
        f"Load orders with `{_BUILD} --raw DIR`, or see on the Data "
        "health page why none of them was accepted.",
    )


class WarehouseError(Exception):
    """The warehouse cannot be read.

    Attributes:
        trouble: The kind.
        what: What is wrong.
        remedy: What to do about it.
    """

    def __init__(self, trouble: Trouble, detail: str = "") -> None:
        self.trouble = trouble
        self.what, self.remedy = (text.format(detail) for text in trouble.value)
        super().__init__(self.what)


@contextmanager
def _for_the_user(location: Location, seconds: float = QUERY_SECONDS) -> Iterator[None]:
    """Say what a reader's error means on a page; a mistake in our SQL stays one."""
    try:
        yield
    except MissingRelationError as error:
        raise WarehouseError(Trouble.OLD_SCHEMA, error.relation) from error
    except MissingPackagesError:
        raise WarehouseError(Trouble.PACKAGES, location.target) from None
    except TimeLimitError:
        raise WarehouseError(Trouble.SLOW, f"{seconds:g}") from None
    except BusyError:
        raise WarehouseError(Trouble.BUSY) from None
    except UnreachableError:
        raise WarehouseError(Trouble.UNREACHABLE) from None
    except UnreadableError:
        raise WarehouseError(Trouble.NOT_A_DATABASE) from None


def location_from_environment(environment: Mapping[str, str]) -> Location:
    """The warehouse that `DWH_TARGET` and `DWH_DATABASE` name, as dbt reads them.

    Raises:
        WarehouseError: There is no reader for the target.
    """
    target = environment.get("DWH_TARGET") or "sqlite"
    if target not in TARGETS:
        raise WarehouseError(Trouble.TARGET, target)
    return Location.resolve(target, environment=environment)


def query_seconds_from_environment(environment: Mapping[str, str]) -> float:
    """How long a query may take, as `DWH_QUERY_SECONDS` says.

    Raises:
        WarehouseError: It says something else than a number of seconds.
    """
    written = environment.get("DWH_QUERY_SECONDS", "").strip()
    if not written:
        return QUERY_SECONDS
    with suppress(ValueError):
        if 0 < (seconds := float(written)) <= _MOST_SECONDS:
            return seconds
    raise WarehouseError(Trouble.SECONDS, written)


def identity(location: Location) -> str:
    """What names the version that is published right now.

    Raises:
        WarehouseError: There is none.
    """
    if not location.is_file:
        with (
            _for_the_user(location),
            open_reader(location, page_seconds=QUERY_SECONDS) as reader,
        ):
            return reader.identity()
    try:
        status = location.path.stat()
    except OSError:
        raise WarehouseError(Trouble.MISSING) from None
    return f"{status.st_dev}-{status.st_ino}-{status.st_mtime_ns}-{status.st_size}"


class Warehouse:
    """One published version of the warehouse, open for reading.

    Several threads may query it at the same time. A file is read on in the version that
    it was opened on, also after another one has been published under the same name; a
    PostgreSQL schema then gives no answer, for its tables are others.

    Attributes:
        location: Where it is.
        seconds: How long a query may take; then it is interrupted.
        identity: What names this version.
        columns: Type by column of each table, by the table's name in lower case.
    """

    def __init__(self, location: Location, seconds: float = QUERY_SECONDS) -> None:
        self.location = location
        self.seconds = seconds
        self._lock = threading.Condition()
        with _for_the_user(location):
            # A rename between the two looks would give one version another's name.
            for _ in range(5):
                self.identity = identity(location)
                if (reader := self._open_current()) is not None:
                    break
            else:
                raise WarehouseError(Trouble.BUSY)
            try:
                self.columns = reader.tables
            except BaseException:
                reader.close()
                raise
        self._idle = [reader]

    def has(self, table: str, *columns: str) -> bool:
        """Whether there is such a table, with all these columns."""
        known = self.columns.get(table.lower())
        return known is not None and set(columns) <= known.keys()

    def query(
        self, sql: str, parameters: Mapping[str, Value] | None = None
    ) -> "pd.DataFrame":
        """The rows of a query.

        Args:
            sql: A select, with `:name` for every value.
            parameters: The values; more than the query names are ignored.

        Raises:
            WarehouseError: The warehouse is busy, lacks a table, or was replaced, or
                the query takes too long.
        """
        with self._reader() as reader:
            frame = reader.frame(sql, parameters or {})
            if not self.location.is_file and reader.identity() != self.identity:
                raise WarehouseError(Trouble.REPLACED)
            return frame

    def batches(
        self, sql: str, parameters: Mapping[str, Value] | None = None
    ) -> Batches:
        """The rows that `query` gives, some at a time, amounts as plain numbers.

        A long answer may take its time; only some of it must not take too long.
        """
        with self._reader() as reader:
            for rows in reader.batches(sql, parameters or {}):
                if self.location.target != "sqlite":  # which has no decimals
                    rows = [tuple(map(_plain_number, row)) for row in rows]
                yield rows

    @contextmanager
    def _reader(self) -> Iterator[Reader]:
        """A reader of this version that no other thread uses meanwhile."""
        with _for_the_user(self.location, self.seconds):
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
            raise WarehouseError(Trouble.REPLACED)
        # Only the connections already open still see this version: wait for one.
        with self._lock:
            while not self._idle:
                self._lock.wait()
            return self._idle.pop()

    def _open_current(self) -> Reader | None:
        """Another reader of this version; None where it is not the published one."""
        if not self._is_current():
            return None
        reader = open_reader(self.location, page_seconds=self.seconds)
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
