"""Reading a schema of the Spark catalogue that the profile names."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.warehouse.location import Location
from pipeline.warehouse.reader import Reader
from pipeline.warehouse.spark.client import Cursor, spark_client
from pipeline.warehouse.spark.literals import name_of, sum_of_hashes
from pipeline.warehouse.spark.session import explained


class SparkReader(Reader):
    """A schema, in the version that is published when it is asked."""

    _quote = "`"

    def __init__(
        self, location: Location, *, page_seconds: float | None = None
    ) -> None:
        del page_seconds  # no page reads Spark: nothing is interrupted
        super().__init__(location)
        self._client = spark_client()
        self._connection = self._client.reading(location.database)

    def _errors(self) -> AbstractContextManager[None]:
        return explained()

    def _cursor(self, *, is_whole: bool) -> Cursor:
        del is_whole  # what is done is decided when it is fetched
        cursor: Cursor = self._connection.cursor()
        return cursor

    def _columns(self) -> Iterator[tuple[str, str, str]]:
        schema = self.location.database
        if not self._client.has_schema(schema):
            return
        for _, table, is_temporary in self._client.run(
            f"show tables in {name_of(schema)}"
        ):
            if not is_temporary:
                columns = self._client.columns(name_of(schema, table))
                yield from ((table, column, kind) for column, kind in columns.items())

    def numbers(self, sql: str) -> NDArray[np.float64]:
        """The same through Arrow, where that is to be had."""
        if not self._client.has_arrow:
            return super().numbers(sql)
        with self._answer(sql, None, is_whole=True) as cursor:
            table = cursor.arrow()
        return np.array(
            [column.cast(pa.float64()).to_numpy() for column in table.columns]
        )

    def table_hash(self, table: str, columns: Sequence[str] | None = None) -> str:
        """`sum_of_hashes` of its rows."""
        total_of = sum_of_hashes(columns or self._columns_of(table))
        ((total,),) = self.fetch(f"select {total_of} from {self.quoted(table)}")  # noqa: S608
        return f"sum of xxhash64: {total}"

    def _columns_of(self, table: str) -> Sequence[str]:
        """The same without opening every other table."""
        query = f"select * from {self.quoted(table)} limit 0"  # noqa: S608
        with self._answer(query, None, is_whole=True) as cursor:
            return [name for name, *_ in cursor.description]
