"""A Spark Thrift server, which speaks the protocol of HiveServer2."""

import datetime as dt
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import pyarrow as pa
from pyhive import hive
from pyhive.exc import Error
from pyhive.sasl_compat import PureSASLClient
from thrift.Thrift import TException
from thrift.transport.TSocket import TSocket
from thrift_sasl import TSaslClientTransport

from pipeline.dbt.profile import target_settings
from pipeline.errors import PipelineError
from pipeline.warehouse.arrow import ColumnTypes, rows_of
from pipeline.warehouse.reader import BATCH_ROWS, PLACEHOLDER
from pipeline.warehouse.spark.client import Row, SendingClient
from pipeline.warehouse.spark.literals import name_of, query_of, value_of
from pipeline.warehouse.spark.server import Server

# It would say in another line that the server is not there.
logging.getLogger("thrift.transport.TSocket").disabled = True

# How the driver names the type of a day.
_DAY = "DATE_TYPE"


class ThriftClient(SendingClient):
    """One connection, in which statements follow each other.

    Raises:
        PipelineError: The server does not answer.
    """

    has_arrow = False

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection = self._connect()

    @property
    def version(self) -> str:
        """The version of Spark, without that of its source."""
        ((version,),) = self.run("select version()")
        return str(version).partition(" ")[0]

    def run(self, sql: str) -> list[Row]:
        """Run a statement."""
        with explained(self._server), self._connection.cursor() as cursor:
            cursor.execute(sql)
            # Only what has columns has an answer.
            rows: list[Row] = cursor.fetchall() if cursor.description else []
            return rows

    def reading(self, schema: str) -> "_ThriftConnection":
        """A connection of its own."""
        return _ThriftConnection(self._connect(), schema, self._server)

    def note(self, view: str, columns: ColumnTypes, rows: Sequence[Row]) -> None:
        """Make a temporary view of this connection."""
        self.run(
            f"create or replace temporary view {view} as {query_of(columns, rows)}"
        )

    def _insert(self, relation: str, columns: ColumnTypes, rows: pa.Table) -> None:
        query = query_of(columns, rows_of(rows.to_batches()))
        self.run(f"insert into {relation} {query}")

    def _connect(self) -> Any:
        settings = target_settings(self._server.profile)
        user = str(settings["user"])
        socket = TSocket(self._server.host, self._server.port)
        socket.setTimeout(1000 * self._server.ANSWER_SECONDS)

        def client() -> PureSASLClient:
            # A server that asks for no password wants one all the same.
            said = {"username": user, "password": "none"}
            return PureSASLClient(self._server.host, **said)

        try:
            connection = hive.connect(
                thrift_transport=TSaslClientTransport(client, "PLAIN", socket),
                configuration=settings["server_side_parameters"],
            )
        except (Error, TException, OSError, EOFError) as error:
            raise self._server.is_silent(_said(error)) from None
        # A query takes as long as it takes.
        socket.setTimeout(None)
        return connection


class _ThriftConnection:
    """A reader's connection."""

    def __init__(self, connection: Any, schema: str, server: Server) -> None:
        self._connection = connection
        self._schema, self._server = schema, server

    def cursor(self) -> "_ThriftCursor":
        return _ThriftCursor(self._connection, self._schema, self._server)

    def close(self) -> None:
        with suppress(Exception):  # the server may be gone
            self._connection.close()


class _ThriftCursor:
    """A query, with days as Python has them."""

    def __init__(self, connection: Any, schema: str, server: Server) -> None:
        self._cursor = connection.cursor(arraysize=BATCH_ROWS)
        self._schema, self._server = schema, server

    @property
    def description(self) -> Sequence[Sequence[Any]]:
        columns: Sequence[Sequence[Any]] = self._cursor.description
        return columns

    def execute(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        values = {name: value_of(value) for name, value in (parameters or {}).items()}
        sql = PLACEHOLDER.sub(lambda found: values[found[1]], sql) if values else sql
        with explained(self._server):
            self._cursor.execute(f"use {name_of(self._schema)}")
            self._cursor.execute(sql)

    def fetchmany(self, size: int) -> list[Row]:
        with explained(self._server):
            return self._with_days(self._cursor.fetchmany(size))

    def fetchall(self) -> list[Row]:
        with explained(self._server):
            return self._with_days(self._cursor.fetchall())

    def close(self) -> None:
        with suppress(Exception):  # the server may be gone
            self._cursor.close()

    def _with_days(self, rows: list[Row]) -> list[Row]:
        """The driver leaves days as they were sent, as texts."""
        days = {at for at, (_, kind, *_) in enumerate(self.description) if kind == _DAY}
        if not days:
            return rows
        return [
            tuple(
                dt.date.fromisoformat(value) if at in days and value else value
                for at, value in enumerate(row)
            )
            for row in rows
        ]


@contextmanager
def explained(server: Server) -> Iterator[None]:
    """Raise the driver's errors as `PipelineError`s, with what to do."""
    try:
        yield
    except (TException, OSError, EOFError) as error:
        raise server.is_silent(_said(error)) from None
    except Error as error:
        raise PipelineError(f"Spark: {_said(error)}") from None


def _said(error: Exception) -> str:
    """What an error says, in one line."""
    # Thrift's own errors have what the system said in them.
    error = getattr(error, "inner", None) or error
    response = error.args[0] if error.args else None
    status = getattr(response, "status", None)
    text = str(getattr(status, "errorMessage", None) or error or type(error).__name__)
    # What Java was at stands before it, and where it was in lines below.
    first = text.strip().partition("\n")[0]
    return first.rpartition("Exception: ")[2][:300]
