"""Reading a SQLite file."""

import datetime as dt
import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from pipeline.warehouse.errors import UnreadableError
from pipeline.warehouse.location import Location
from pipeline.warehouse.reader import Reader, Value
from pipeline.warehouse.sql import quoted
from pipeline.warehouse.sqlite.errors import explained

# How long to wait for a writer's last moment, in seconds.
BUSY_SECONDS = 2.0

# Rows whose hash is taken at once.
_HASHED_ROWS = 10_000

_ALLOWED_ACTIONS = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
    }
)


class SqliteReader(Reader):
    """A SQLite file, in the version that it was opened on."""

    is_hash_ordered = True
    _connection: sqlite3.Connection

    def __init__(
        self, location: Location, *, page_seconds: float | None = None
    ) -> None:
        super().__init__(location, page_seconds=page_seconds)
        with self._errors():
            self._connection = sqlite3.connect(
                f"{location.path.as_uri()}?mode=ro",
                uri=True,
                timeout=BUSY_SECONDS,
                check_same_thread=False,
            )
            try:
                self._connection.execute("pragma cache_size = -65536")
                # While more is allowed than reading, which takes the file's first page.
                self.tables  # noqa: B018 kept from here on
            except BaseException:
                self._connection.close()
                raise
        self._connection.set_authorizer(_authorize)

    def _errors(self) -> AbstractContextManager[None]:
        return explained(self.location.path)

    def _cursor(self, *, is_whole: bool) -> sqlite3.Cursor:
        del is_whole  # SQLite makes each row when it is asked for
        return self._connection.cursor()

    def _interrupter(self, cursor: sqlite3.Cursor) -> Callable[[], None]:
        return cursor.connection.interrupt

    def _columns(self) -> Iterable[tuple[str, str, str]]:
        return self._connection.execute(
            "select relations.name, columns.name, columns.type "
            "from sqlite_schema as relations "
            "join pragma_table_info(relations.name) as columns "
            "where relations.type in ('table', 'view') "
            "and relations.name not like 'sqlite\\_%' escape '\\' "
            "order by relations.name, columns.cid"
        )

    def _bound(
        self, sql: str, parameters: Mapping[str, Value]
    ) -> tuple[str, dict[str, Any]]:
        query, bound = super()._bound(sql, parameters)
        for name, value in bound.items():
            if isinstance(value, dt.date):
                bound[name] = value.isoformat()
        return query, bound

    def table_hash(self, table: str, columns: Sequence[str] | None = None) -> str:
        """SHA-256 of the rows in their order, as SQLite writes them in JSON."""
        with self._errors():
            columns = columns or list(self.tables[table])
            return table_hash(self._connection, table, columns)

    def damage(self) -> Iterator[str]:
        """What SQLite itself finds wrong with the file."""
        self._connection.set_authorizer(None)
        try:
            with self._errors():
                found = self._connection.execute("pragma integrity_check").fetchall()
        except UnreadableError as error:
            yield str(error)
            return
        finally:
            self._connection.set_authorizer(_authorize)
        for (text,) in found:
            if text != "ok":
                yield f"{self.location.path} is damaged: {text}"


def _authorize(action: int, *_: str | None) -> int:
    """Only reading: `mode=ro` alone would still let ATTACH make files."""
    return sqlite3.SQLITE_OK if action in _ALLOWED_ACTIONS else sqlite3.SQLITE_DENY


def table_hash(
    connection: sqlite3.Connection, table: str, columns: Sequence[str]
) -> str:
    """What `SqliteReader.table_hash` gives, on an open connection.

    Of many rows at a time: a call of Python for each would take twice as long.
    """
    name = quoted(table)
    listed = ", ".join(map(quoted, columns))
    digest = hashlib.sha256()
    step = _HASHED_ROWS
    (last,) = connection.execute(f"select min(rowid) - 1 from {name}").fetchone()  # noqa: S608
    while last is not None:
        (end,) = connection.execute(
            f"select max(rowid) from (select rowid from {name} "  # noqa: S608
            "where rowid > ? order by rowid limit ?)",
            (last, step),
        ).fetchone()
        if end is None:
            break
        try:
            # As bytes: damaged text may be no UTF-8.
            ((rows,),) = connection.execute(
                f"select cast(json_group_array(json_array({listed})) as blob) "  # noqa: S608
                f"from {name} where rowid > ? and rowid <= ?",
                (last, end),
            )
        except sqlite3.DataError:  # more than a text can hold
            if step == 1:
                raise
            step = max(1, step // 100)
            continue
        digest.update(rows)
        last = end
    return f"SHA-256 of {_HASHED_ROWS} rows of JSON: {digest.hexdigest()}"
