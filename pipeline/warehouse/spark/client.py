"""How statements and rows come to Spark, and answers back."""

import functools
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame

from pipeline.warehouse.arrow import ColumnTypes, schema_of
from pipeline.warehouse.spark.literals import TYPES, name_of
from pipeline.warehouse.spark.server import chosen_server
from pipeline.warehouse.spark.session import Session, made_spark_folder, spark_session
from pipeline.warehouse.sql import quoted

Row = tuple[Any, ...]

# Of rows that are sent to a server at once.
_MOST_BYTES = 8_000_000


class Cursor(Protocol):
    """As much of DB-API as a reader needs."""

    @property
    def description(self) -> Sequence[Sequence[Any]]:
        """The columns of the answer, each with its name at the beginning."""

    def execute(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Ask."""

    def fetchmany(self, size: int) -> list[Row]:
        """Some of the rows that are left."""

    def fetchall(self) -> list[Row]:
        """All of them."""

    def close(self) -> None:
        """Forget the answer."""


class Connection(Protocol):
    """A reader's own, in which a schema is the current one."""

    def cursor(self) -> Cursor:
        """A cursor."""

    def close(self) -> None:
        """Give it back."""


class SparkClient(ABC):
    """The one connection of this process to Spark.

    Attributes:
        has_arrow: Whether its cursors have the whole answer as Arrow.
    """

    has_arrow: ClassVar[bool] = True

    @property
    @abstractmethod
    def version(self) -> str:
        """The version of Spark."""

    @abstractmethod
    def run(self, sql: str) -> list[Row]:
        """Run a statement."""

    def has_schema(self, schema: str) -> bool:
        """Whether the catalogue has a schema, whose name it keeps in lower case."""
        return schema.lower() in {name for (name,) in self.run("show databases")}

    def described(self, schema: str) -> dict[str, str]:
        """What the catalogue says of a schema; nothing where it is not there."""
        if not self.has_schema(schema):
            return {}
        return dict(self.run(f"describe database extended {name_of(schema)}"))

    def columns(self, relation: str) -> dict[str, str]:
        """The type of each column of a table or view."""
        return columns_of(self.run(f"describe table {relation}"))

    @abstractmethod
    def reading(self, schema: str) -> Connection:
        """What a reader of a schema asks."""

    @abstractmethod
    def write(
        self,
        schema: str,
        name: str,
        columns: ColumnTypes,
        batches: Iterable[pa.RecordBatch],
        partition: str | None = None,
    ) -> int:
        """Replace a table, once all rows are there, and say how many there are.

        Args:
            schema: Its schema.
            name: Its name.
            columns: Its columns.
            batches: Its rows.
            partition: The column by which it is partitioned.
        """

    @abstractmethod
    def note(self, view: str, columns: ColumnTypes, rows: Sequence[Row]) -> None:
        """Make a view of a few rows, which nobody else sees."""


class SessionClient(SparkClient):
    """A session of this process, or one of Connect, which has the same methods."""

    # From Spark 4 on.
    has_arrow = hasattr(DataFrame, "toArrow")

    @property
    def version(self) -> str:
        """The version of the session."""
        return str(spark_session().version)

    def run(self, sql: str) -> list[Row]:
        """Run a statement."""
        return [tuple(row) for row in spark_session().sql(sql).collect()]

    def reading(self, schema: str) -> Connection:
        """The process's one session, which is made when something is asked."""
        return _SessionConnection(schema)

    def note(self, view: str, columns: ColumnTypes, rows: Sequence[Row]) -> None:
        """Make a temporary view of the session."""
        types = ", ".join(f"{name} {TYPES[kind]}" for name, kind in columns)
        frame = spark_session().createDataFrame(list(rows), types)
        frame.createOrReplaceTempView(view)

    def write(
        self,
        schema: str,
        name: str,
        columns: ColumnTypes,
        batches: Iterable[pa.RecordBatch],
        partition: str | None = None,
    ) -> int:
        """Hand rows to Spark as a Parquet file, and make a table of it."""
        count = 0
        with _staged(f"{name}.parquet") as path:
            with pq.ParquetWriter(path, schema_of(columns)) as file:
                for batch in batches:
                    file.write_batch(batch)
                    count += len(batch)
            self.run(f"drop table if exists {name_of(schema, name)}")
            rows = spark_session().read.parquet(path.absolute().as_uri())
            table = rows.write.format("parquet")
            if partition:
                table = table.partitionBy(partition)
            table.saveAsTable(name_of(schema, name))
        return count


class SendingClient(SparkClient):
    """A client of a server that may not see our files: rows are sent to it."""

    def write(
        self,
        schema: str,
        name: str,
        columns: ColumnTypes,
        batches: Iterable[pa.RecordBatch],
        partition: str | None = None,
    ) -> int:
        """Fill a table beside, some rows at a time."""
        table, new = name_of(schema, name), name_of(schema, f"{name}__new")
        listed = ", ".join(
            f"{quoted(name, '`')} {TYPES[kind]}" for name, kind in columns
        )
        parts = f" partitioned by ({quoted(partition, '`')})" if partition else ""
        self.run(f"drop table if exists {new}")
        self.run(f"create table {new} ({listed}) using parquet{parts}")
        # A table has the column of its partitions at its end.
        columns = sorted(columns, key=lambda column: column[0] == partition)
        names = [name for name, _ in columns]
        count = 0
        for rows in in_chunks(batches):
            self._insert(new, columns, rows.select(names))
            count += len(rows)
        self.run(f"drop table if exists {table}")
        self.run(f"alter table {new} rename to {table}")
        return count

    @abstractmethod
    def _insert(self, relation: str, columns: ColumnTypes, rows: pa.Table) -> None:
        """Add rows to a table that has just these columns."""


class ConnectClient(SendingClient, SessionClient):
    """A session on a server of Spark Connect.

    Raises:
        PipelineError: The server does not answer.
    """

    def __init__(self) -> None:
        spark_session()

    def _insert(self, relation: str, columns: ColumnTypes, rows: pa.Table) -> None:
        del columns  # the rows say
        spark_session().createDataFrame(rows).write.insertInto(relation)


def columns_of(described: Iterable[Row]) -> dict[str, str]:
    """The type of each column in what `describe table` says."""
    # What follows them is about partitions.
    own = takewhile(lambda row: row[0] and not row[0].startswith("#"), described)
    return {name: kind for name, kind, *_ in own}


def in_chunks(
    batches: Iterable[pa.RecordBatch], most_bytes: int = _MOST_BYTES
) -> Iterator[pa.Table]:
    """The rows of batches in tables of about as many bytes."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        step = max(1, len(batch) * most_bytes // max(1, batch.nbytes))
        for start in range(0, len(batch), step):
            held.append(batch.slice(start, step))
            if sum(part.nbytes for part in held) >= most_bytes:
                yield pa.Table.from_batches(held)
                held = []
    if held:
        yield pa.Table.from_batches(held)


class _SessionConnection:
    """The session, in which a schema is the current one while it is asked."""

    def __init__(self, schema: str) -> None:
        self._schema = schema

    def cursor(self) -> "_SessionCursor":
        return _SessionCursor(spark_session(), self._schema)

    def close(self) -> None:
        """The process keeps its one session."""


class _SessionCursor:
    """A query of a session.

    Connect looks at a query again whenever its rows or columns are asked for, so that
    the schema has to be the current one then, too.
    """

    def __init__(self, session: Session, schema: str) -> None:
        self._session = session
        self._schema = schema

    @contextmanager
    def _in_schema(self) -> Iterator[None]:
        catalog = self._session.catalog
        catalog.setCurrentDatabase(self._schema)
        try:
            yield
        finally:
            catalog.setCurrentDatabase("default")

    def execute(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        with self._in_schema():
            self._data = self._session.sql(sql, args=parameters)
        self._rows = self._read()

    def _read(self) -> Iterator[Row]:
        # A partition at a time: the rest waits where it is.
        for row in self._data.toLocalIterator():
            yield tuple(row)

    @property
    def description(self) -> list[tuple[str]]:
        with self._in_schema():
            return [(name,) for name in self._data.columns]

    def fetchmany(self, size: int) -> list[Row]:
        with self._in_schema():
            return list(islice(self._rows, size))

    def fetchall(self) -> list[Row]:
        with self._in_schema():
            return [tuple(row) for row in self._data.collect()]

    def arrow(self) -> pa.Table:
        """The whole answer."""
        with self._in_schema():
            return self._data.toArrow()

    def close(self) -> None:
        """The answer goes with its data frame."""


@contextmanager
def _staged(name: str) -> Iterator[Path]:
    """A file beside the catalogue, for as long as Spark reads it."""
    folder = made_spark_folder()
    with tempfile.TemporaryDirectory(dir=folder, prefix="loading-") as staged:
        yield Path(staged) / name


@functools.cache
def spark_client() -> SparkClient:
    """The connection, made on the first call.

    Raises:
        PipelineError: Spark cannot be had.
    """
    server = chosen_server()
    if server is None:
        return SessionClient()
    server.check_packages()
    if server.profile == "spark_connect":
        return ConnectClient()
    from pipeline.warehouse.spark.thrift import ThriftClient

    return ThriftClient(server)
