"""dbt's connections to PostgreSQL while the pipeline builds.

The server compiles a query that it takes for a long one before it runs it. A build's
queries look longer than they are, and a million lines took 115 s of the server's CPU
with it, 98 s without.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from dbt.adapters.contracts.connection import Connection
from dbt.adapters.postgres.connections import PostgresConnectionManager
from dbt.adapters.postgres.impl import PostgresAdapter


class BuildConnections(PostgresConnectionManager):  # type: ignore[misc]
    """Connections whose queries are run as they are."""

    @classmethod
    def open(cls, connection: Connection) -> Connection:
        """Connect, and ask for no compilation.

        By a statement: a pooler may refuse what it does not know among the options of
        a connection.
        """
        if connection.state != "open":
            super().open(connection)
            connection.handle.cursor().execute("set jit = off")
            # A rollback would undo it.
            connection.handle.commit()
        return connection


@contextmanager
def build_connections() -> Iterator[None]:
    """Let dbt use them for a while: without the pipeline it keeps its own."""
    stock = PostgresAdapter.ConnectionManager
    PostgresAdapter.ConnectionManager = BuildConnections
    try:
        yield
    finally:
        PostgresAdapter.ConnectionManager = stock
