"""Shops that keep their orders in a database: its tables read instead of files.

Read-only, in one transaction (what is read belongs together), and in batches, so that
memory does not grow with the shop.
"""

import fnmatch
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from pipeline.errors import PipelineError
from pipeline.platforms.definition import ExportTable
from pipeline.raw_files.header import listed
from pipeline.terminal.progress import Reporter
from pipeline.warehouse.sql import quoted

PASSWORD = "DWH_SOURCE_PASSWORD"  # noqa: S105 - the name of the variable
_BATCH_ROWS = 50_000
# The driver of each kind of database.
_DRIVERS = {"mysql": "mysql+pymysql", "postgresql": "postgresql+psycopg2"}


class SourceDatabase:
    """A shop's database, open.

    Attributes:
        name: How it is called in messages: its address, without a password.
    """

    def __init__(self, name: str, connection: sa.Connection) -> None:
        self.name = name
        self._connection = connection

    def table_for(self, table: ExportTable) -> str | None:
        """The name of the one table or view that fits a table of the SQL.

        Raises:
            PipelineError: There are several; or none, and it is not optional.
        """
        inspector = sa.inspect(self._connection)
        names = [*inspector.get_table_names(), *inspector.get_view_names()]
        found = [
            name
            for name in names
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in table.sources)
        ]
        if len(found) > 1:
            raise PipelineError(
                f"{self.name}: {listed(sorted(found))} fit "
                f"{' or '.join(table.sources)}; name one of them in your own copy of "
                "the SQL"
            )
        if not found and not table.is_optional:
            raise PipelineError(
                f"{self.name}: there is no table {' or '.join(table.sources)}; found "
                f"{listed(sorted(names)) if names else 'nothing'}"
            )
        return found[0] if found else None

    def insert(
        self,
        table: ExportTable,
        name: str,
        target: duckdb.DuckDBPyConnection,
    ) -> None:
        """Copy the columns that a table of the SQL asks for, as text.

        Raises:
            PipelineError: A column is missing.
        """
        has = {
            column["name"] for column in sa.inspect(self._connection).get_columns(name)
        }
        missing = [column for column in table.required if column not in has]
        if missing:
            raise PipelineError(
                f"{self.name}, table {name}: missing {', '.join(missing)}; "
                f"found {listed(sorted(has))}"
            )
        columns = [column for column in table.columns if column in has]
        query = sa.select(*map(sa.column, columns)).select_from(sa.table(name))
        into = f"{quoted(table.name)} ({', '.join(map(quoted, columns))})"
        result = self._connection.execute(
            query, execution_options={"stream_results": True}
        )
        for batch in result.partitions(_BATCH_ROWS):
            texts = pa.table(
                [
                    pa.array([_text(value) for value in values], pa.string())
                    for values in zip(*batch, strict=True)
                ],
                names=columns,
            )
            target.register("batch", texts)
            target.execute(f"insert into {into} select * from batch")  # noqa: S608
            target.unregister("batch")


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, bool):
        return str(int(value))
    return str(value)


@contextmanager
def open_source(url: str) -> Iterator[SourceDatabase]:
    """Open a shop's database for reading.

    Args:
        url: `mysql://user@host/database` or `postgresql://user@host/database`; the
            password is that of DWH_SOURCE_PASSWORD.

    Raises:
        PipelineError: It is no such address, or the database cannot be read.
    """
    try:
        address = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):  # the second of a port
        raise PipelineError(
            "--source is no address of a database; expected "
            "mysql://user@host/database or postgresql://user@host/database"
        ) from None
    driver = _DRIVERS.get(address.drivername)
    if driver is None:
        raise PipelineError(
            f"--source {address.drivername}: expected one of {', '.join(_DRIVERS)}"
        )
    name = address.render_as_string(hide_password=True)
    if password := os.environ.get(PASSWORD):
        address = address.set(password=password)
    engine = sa.create_engine(
        address.set(drivername=driver), isolation_level="REPEATABLE READ"
    )
    try:
        with engine.connect() as connection:
            # The first statement begins the transaction that all others are part of.
            connection.execute(sa.text("set transaction read only"))
            yield SourceDatabase(name, connection)
    except sa.exc.SQLAlchemyError as error:
        said = " ".join(str(getattr(error, "orig", None) or error).split())
        raise PipelineError(f"{name}: {said}") from None
    finally:
        engine.dispose()


def read_tables(
    source: SourceDatabase,
    tables: Sequence[ExportTable],
    target: duckdb.DuckDBPyConnection,
    reporter: Reporter,
) -> list[str]:
    """Fill the tables of the SQL from a database.

    Returns:
        The names of the tables that were read.
    """
    read = []
    with reporter.task("reading the database", len(tables), steps=True) as task:
        for table in tables:
            name = source.table_for(table)
            if name is not None:
                task.doing(name)
                source.insert(table, name, target)
                read.append(name)
            task.advance(1)
    return read
