"""Reading a DuckDB file."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from pipeline.warehouse.duckdb.errors import explained
from pipeline.warehouse.location import Location
from pipeline.warehouse.reader import Reader, Value
from pipeline.warehouse.sql import quoted

if TYPE_CHECKING:
    import pandas as pd

# Nothing may be fetched from the network behind the user's back.
OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


class DuckdbReader(Reader):
    """A DuckDB file, in the version that it was opened on.

    It is attached to an instance of its own in memory: one that is opened by its path
    is shared within the process, and goes on serving the old file after a new one took
    its name.
    """

    is_shared = True  # it hands out cursors, which may be used side by side
    _parameter = r"$\1"
    _is_own = "table_catalog = current_database()"

    def __init__(
        self, location: Location, *, page_seconds: float | None = None
    ) -> None:
        super().__init__(location, page_seconds=page_seconds)
        path = os.fspath(location.path).replace("'", "''")
        self._place = "warehouse"
        if location.schema:
            self._place += f".{quoted(location.schema)}"
            self._is_own += " and table_schema = current_schema()"
        with self._errors():
            self._connection = duckdb.connect(":memory:", config=OFFLINE)
            try:
                self._connection.execute(f"set temp_directory = '{path}.tmp'")
                self._connection.execute(f"attach '{path}' as warehouse (read_only)")
                self._connection.execute("set enable_external_access = false")
                self._connection.execute("set lock_configuration = true")
            except duckdb.Error:
                self._connection.close()
                raise

    def _errors(self) -> AbstractContextManager[None]:
        return explained(self.location.path)

    def _cursor(self, *, is_whole: bool) -> duckdb.DuckDBPyConnection:
        del is_whole  # DuckDB makes rows when they are asked for
        cursor = self._connection.cursor()
        cursor.execute(f"use {self._place}")  # which holds for one cursor only
        return cursor

    def _interrupter(self, cursor: duckdb.DuckDBPyConnection) -> Callable[[], None]:
        # Its own query only: cursors are connections.
        interrupt: Callable[[], None] = cursor.interrupt
        return interrupt

    def frame(
        self, sql: str, parameters: Mapping[str, Value] | None = None
    ) -> "pd.DataFrame":
        """The same by DuckDB's own and much faster way into pandas."""
        with self._answer(sql, parameters, is_whole=True) as cursor:
            frame: pd.DataFrame = cursor.df()
            return frame

    def numbers(self, sql: str) -> NDArray[np.float64]:
        """The same by DuckDB's own way into numpy."""
        with self._answer(sql, None, is_whole=True) as cursor:
            columns = cursor.fetchnumpy().values()
        return np.array(
            [np.ma.filled(np.ma.asarray(each, np.float64), np.nan) for each in columns]
        )

    def table_hash(self, table: str, columns: Sequence[str] | None = None) -> str:
        """The sum of DuckDB's own hashes of the rows: they keep no order."""
        with self._errors():
            return table_hash(self._cursor(is_whole=True), table, columns)


def table_hash(
    connection: Any, table: str, columns: Sequence[str] | None = None
) -> str:
    """What `DuckdbReader.table_hash` gives, on an open connection."""
    listed = ", ".join(map(quoted, columns)) if columns else "*columns(*)"
    ((total,),) = connection.execute(
        f"select sum(hash({listed})::hugeint) from {quoted(table)}"  # noqa: S608
    ).fetchall()
    # Its hashes are its own affair: another version may make others.
    return f"sum of hashes of DuckDB {duckdb.__version__}: {total}"
