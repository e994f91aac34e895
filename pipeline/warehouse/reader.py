"""Reading a warehouse of any engine: for comparing, copying, pages and the build.

SQL is written once for all engines, with `:name` for every value: values are bound by
the driver and never become part of the text.
"""

import datetime as dt
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pipeline.errors import PipelineError
from pipeline.warehouse.location import Location
from pipeline.warehouse.sql import quoted

if TYPE_CHECKING:  # a dashboard on SQLite starts without them
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

Value = str | int | float | bool | dt.date | None
Row = tuple[Any, ...]
# The columns of a table: name and type, both in lower case.
Columns = dict[str, str]
Batches = Generator[list[Row], None, None]

# Rows that are in memory at a time, where all of a long answer need not be.
BATCH_ROWS = 20_000

# A colon that is not part of a cast, followed by a name.
PLACEHOLDER = re.compile(r"(?<!:):([a-z_][a-z0-9_]*)")


class Reader(ABC):
    """One connection to one warehouse that can only read.

    Every method raises `PipelineError`, of the class that names the cause. With a time
    limit, `batches` keeps it whenever it asks for rows, and the others for the query.

    Attributes:
        location: The warehouse.
        is_shared: Whether threads may use one reader at the same time.
        is_hash_ordered: Whether `table_hash` is another one for the same rows in
            another order.
    """

    is_shared: ClassVar[bool] = False
    is_hash_ordered: ClassVar[bool] = False
    # How the driver writes a placeholder, and the engine a quoted name.
    _parameter: ClassVar[str] = r":\1"
    _quote: ClassVar[str] = '"'
    # What is so of the warehouse's tables in information_schema, where there is one.
    _is_own: str
    # The driver's own.
    _connection: Any

    def __init__(
        self, location: Location, *, page_seconds: float | None = None
    ) -> None:
        self.location = location
        self._page_seconds = page_seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    @property
    def is_broken(self) -> bool:
        """Whether nothing can be asked any more."""
        return False

    def identity(self) -> str:
        """What changes when tables are replaced under an open reader.

        Nothing does where a file is read: it stays in the version that was opened.
        """
        return ""

    @abstractmethod
    def _errors(self) -> AbstractContextManager[None]:
        """Word the engine's errors, with what to do."""

    @abstractmethod
    def _cursor(self, *, is_whole: bool) -> Any:
        """A cursor of DB-API, for an answer that is fetched whole or bit by bit."""

    def _interrupter(self, cursor: Any) -> Callable[[], None] | None:
        """What ends a cursor's query from another thread; None where nothing has to."""
        del cursor
        return None

    @contextmanager
    def _in_time(self, cursor: Any) -> Iterator[None]:
        """Interrupt what the cursor is asked in here, once it takes too long."""
        interrupt = self._interrupter(cursor)
        if self._page_seconds is None or interrupt is None:
            yield
            return
        lock, is_over = threading.Lock(), False

        def end() -> None:
            with lock:
                # The connection may be at the next query by now.
                if not is_over:
                    interrupt()

        timer = threading.Timer(self._page_seconds, end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            with lock:
                is_over = True

    def _columns(self) -> Iterable[tuple[str, str, str]]:
        """Table, column and type of all tables and views, in the columns' order."""
        return self.fetch(
            "select table_name, column_name, data_type "  # noqa: S608
            f"from information_schema.columns where {self._is_own} "
            "order by table_name, ordinal_position"
        )

    def _is_text(self, kind: str) -> bool:
        return kind.startswith(("text", "varchar", "char", "string"))

    def _in_byte_order(self, column: str) -> str:
        """SQL to order a text column by."""
        return column

    @abstractmethod
    def table_hash(self, table: str, columns: Sequence[str] | None = None) -> str:
        """A checksum of a table's rows, in all columns or in some.

        It begins with how it was made and a colon: hashes made in one way differ if
        the rows do. It is there to find damage and changes, as quickly as the engine
        can, and not to withstand a forger.
        """

    @cached_property
    def tables(self) -> dict[str, Columns]:
        """The columns of each table and view, by its name in lower case."""
        found: dict[str, Columns] = {}
        with self._errors():
            for table, column, kind in self._columns():
                found.setdefault(table.lower(), {})[column.lower()] = kind.lower()
        return found

    def damage(self) -> Iterator[str]:
        """What of the warehouse cannot be read, by reading all of it."""
        for table in self.tables:
            try:
                self.table_hash(table)
            except PipelineError as error:
                yield str(error)

    def batches(
        self, sql: str, parameters: Mapping[str, Value] | None = None
    ) -> Batches:
        """The rows of a query, some at a time; values it does not name are ignored."""
        with self._answer(sql, parameters, is_whole=False) as cursor:
            while True:
                with self._in_time(cursor):
                    rows: list[Row] = cursor.fetchmany(BATCH_ROWS)
                if not rows:
                    return
                yield rows

    def fetch(
        self, sql: str, parameters: Mapping[str, Value] | None = None
    ) -> list[Row]:
        """All rows of a short answer."""
        with self._answer(sql, parameters, is_whole=True) as cursor:
            rows: list[Row] = cursor.fetchall()
            return rows

    def frame(
        self, sql: str, parameters: Mapping[str, Value] | None = None
    ) -> "pd.DataFrame":
        """The whole answer to a query, amounts as floating point numbers."""
        import pandas as pd

        with self._answer(sql, parameters, is_whole=True) as cursor:
            rows = cursor.fetchall()
            names = [column[0] for column in cursor.description]
        return pd.DataFrame.from_records(rows, columns=names, coerce_float=True)

    def numbers(self, sql: str) -> "NDArray[np.float64]":
        """The columns of a query of numbers, however many rows there are.

        Returns:
            A row a column, in the order of the query; nan for null.
        """
        import numpy as np

        with self._answer(sql, None, is_whole=False) as cursor:
            columns = []
            while rows := cursor.fetchmany(BATCH_ROWS):
                columns.append(np.array(rows, dtype=np.float64).T)
            width = len(cursor.description)
        return np.concatenate([np.empty((width, 0)), *columns], axis=1)

    def count(self, table: str) -> int:
        """The number of rows in a table."""
        ((rows,),) = self.fetch(f"select count(*) from {self.quoted(table)}")  # noqa: S608
        return int(rows)

    def scan(self, table: str) -> Batches:
        """The rows of a table with all its columns, in no order."""
        columns = ", ".join(map(self.quoted, self.tables[table]))
        return self.batches(f"select {columns} from {self.quoted(table)}")  # noqa: S608

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[Row]:
        """Some columns of a table, its rows in the order of these columns.

        Nulls come before everything, and text is ordered by its bytes.
        """
        kinds = self.tables[table]
        order = []
        for column in columns:
            name = self.quoted(column)
            order += [
                f"case when {name} is null then 0 else 1 end",
                self._in_byte_order(name) if self._is_text(kinds[column]) else name,
            ]
        for batch in self.batches(
            f"select {', '.join(map(self.quoted, columns))} "  # noqa: S608
            f"from {self.quoted(table)} order by {', '.join(order)}"
        ):
            yield from batch

    def quoted(self, name: str) -> str:
        """A name as the engine quotes it."""
        return quoted(name, self._quote)

    @contextmanager
    def _answer(
        self, sql: str, parameters: Mapping[str, Value] | None, *, is_whole: bool
    ) -> Iterator[Any]:
        """The cursor of a query."""
        with self._errors():
            cursor = self._cursor(is_whole=is_whole)
            try:
                with self._in_time(cursor):
                    if parameters is None:
                        cursor.execute(sql)
                    else:
                        cursor.execute(*self._bound(sql, parameters))
                    if is_whole:
                        yield cursor
                if not is_whole:
                    yield cursor
            finally:
                # An answer that was left half read may outlive its connection.
                with suppress(Exception):
                    cursor.close()

    def _bound(
        self, sql: str, parameters: Mapping[str, Value]
    ) -> tuple[str, dict[str, Any]]:
        """The query as the driver takes it, and those of the values that it names."""
        named = set(PLACEHOLDER.findall(sql))
        bound = {name: value for name, value in parameters.items() if name in named}
        return PLACEHOLDER.sub(self._parameter, sql), bound
