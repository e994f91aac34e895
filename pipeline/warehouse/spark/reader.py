"""Reading a schema of the Spark catalogue that the profile names."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.warehouse.location import Location
from pipeline.warehouse.reader import Reader, Row, Value
from pipeline.warehouse.spark.session import Session, explained, spark_session


class SparkReader(Reader):
    """A schema, in the version that is published when it is asked."""

    _quote = "`"

    def __init__(
        self, location: Location, *, page_seconds: float | None = None
    ) -> None:
        del page_seconds  # no page reads Spark: nothing is interrupted
        super().__init__(location)
        self._session = spark_session()

    def close(self) -> None:
        """The process keeps its one session."""

    def _errors(self) -> AbstractContextManager[None]:
        return explained()

    def _cursor(self, *, is_whole: bool) -> "_SparkCursor":
        del is_whole  # what is done is decided when it is fetched
        return _SparkCursor(self._session, self.location.database)

    def _bound(
        self, sql: str, parameters: Mapping[str, Value]
    ) -> tuple[str, dict[str, Any]]:
        return sql, dict(parameters)

    def _columns(self) -> Iterator[tuple[str, str, str]]:
        schema = self.location.database
        if not self._session.catalog.databaseExists(schema):
            return
        tables = self._session.sql(f"show tables in {self.quoted(schema)}")
        for (table,) in tables.where("not isTemporary").select("tableName").collect():
            relation = f"{self.quoted(schema)}.{self.quoted(table)}"
            for field in self._session.table(relation).schema.fields:
                yield table, field.name, field.dataType.simpleString()

    def numbers(self, sql: str) -> NDArray[np.float64]:
        """The same through Arrow."""
        with self._answer(sql, None, is_whole=True) as cursor:
            table = cursor.data.toArrow()
        return np.array(
            [column.cast(pa.float64()).to_numpy() for column in table.columns]
        )

    def table_hash(self, table: str, columns: Sequence[str] | None = None) -> str:
        """The sum of Spark's own hashes of the rows: they keep no order."""
        # xxhash64 passes nulls over, and would not see a value in the next column.
        values = ", ".join(
            f"coalesce(cast({self.quoted(column)} as string), char(0))"
            for column in columns or self._columns_of(table)
        )
        ((total,),) = self.fetch(
            f"select sum(cast(xxhash64({values}) as decimal(20))) "  # noqa: S608
            f"from {self.quoted(table)}"
        )
        return f"sum of xxhash64: {total}"

    def _columns_of(self, table: str) -> Sequence[str]:
        """The same without opening every other table."""
        query = f"select * from {self.quoted(table)}"  # noqa: S608
        with self._answer(query, None, is_whole=True) as cursor:
            columns: Sequence[str] = cursor.data.columns
            return columns


class _SparkCursor:
    """As much of a cursor as a reader needs.

    Attributes:
        data: The answer, as Spark's data frame.
    """

    def __init__(self, session: Session, schema: str) -> None:
        self._session = session
        self._schema = schema

    def execute(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        catalog = self._session.catalog
        catalog.setCurrentDatabase(self._schema)
        try:
            self.data = self._session.sql(sql, args=parameters)
        finally:
            catalog.setCurrentDatabase("default")
        self._rows = self._read()

    def _read(self) -> Iterator[Row]:
        # A partition at a time: the rest waits where it is.
        for row in self.data.toLocalIterator():
            yield tuple(row)

    @property
    def description(self) -> list[tuple[str]]:
        return [(name,) for name in self.data.columns]

    def fetchmany(self, size: int) -> list[Row]:
        return list(islice(self._rows, size))

    def fetchall(self) -> list[Row]:
        return [tuple(row) for row in self.data.collect()]

    def close(self) -> None:
        """The answer goes with its data frame."""
