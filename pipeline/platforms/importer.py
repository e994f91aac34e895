"""Run a platform's SQL over the files of an export: read, check, write raw files."""

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from pipeline.errors import PipelineError
from pipeline.installation import install
from pipeline.platforms.definition import (
    ExportTable,
    Platform,
    one_line,
    platforms,
)
from pipeline.platforms.export_files import ExportFile, find_files, holds_export_of
from pipeline.private_files import private_files
from pipeline.raw_files.contract import RAW_TABLES, RawTable
from pipeline.terminal.progress import Reporter
from pipeline.warehouse.sql import quoted

# Of the memory that a machine with 4 GB can spare.
_MEMORY = "2GB"
_EXAMPLES = 3
_CHECK = "check_"
_WARNING = "warn_"
_RESULTS = re.compile("raw_|check_|warn_|left_out$")
_ROW = "_row"


@dataclass(frozen=True)
class LeftOut:
    """What an export holds that is no sale.

    Attributes:
        reason: What it is.
        rows: Of the export.
        amount: Their money, as text; None where there is none.
    """

    reason: str
    rows: int
    amount: str | None


@dataclass(frozen=True)
class Placed:
    """The rows of one file in their table: those from `first` on, by rowid."""

    file: ExportFile
    first: int
    count: int


class Import:
    """An export that was read and holds to its platform's checks.

    Attributes:
        platform: What it is an export of.
        names: Of the files or tables that were read.
        place: The folder, or the database, that they are in.
        connection: To the database with the views of the platform's SQL.
    """

    def __init__(
        self,
        platform: Platform,
        names: Sequence[str],
        place: str,
        connection: duckdb.DuckDBPyConnection,
        placed: Sequence[Placed] = (),
    ) -> None:
        self.platform = platform
        self.names = names
        self.place = place
        self.connection = connection
        self._placed = placed

    @property
    def origin(self) -> str:
        """Where the raw rows come from, for `raw_loads`."""
        return f"{self.platform.name}: {', '.join(self.names)} in {self.place}"

    def left_out(self) -> list[LeftOut]:
        """What is no sale, by reason."""
        if not self._has("left_out"):
            return []
        return [
            LeftOut(str(reason), int(rows), None if amount is None else str(amount))
            for reason, rows, amount in self.rows(
                "select reason, rows, cast(amount as decimal(18, 2)) from left_out "
                "where rows > 0 order by all"
            )
        ]

    def rows_of(self, table: RawTable) -> int:
        """How many rows a raw table has."""
        return int(self.rows(f"select count(*) from {table.name}")[0][0])  # noqa: S608

    def write(self, out: Path, reporter: Reporter) -> None:
        """Write the raw tables as Parquet files, the same bytes on every run.

        Raises:
            PipelineError: There is no sale, or a view lacks a column.
        """
        with private_files(), reporter.task("writing raw files", len(RAW_TABLES)) as t:
            out.mkdir(parents=True, exist_ok=True)
            for table in RAW_TABLES:
                t.doing(table.name)
                target = out / f"{table.name}.parquet"
                unfinished = out / f".{table.name}.parquet.unfinished"
                self._execute(
                    f"copy ({self._contract_query(table)}) to ? "
                    "(format parquet, compression zstd)",
                    [str(unfinished)],
                )
                unfinished.replace(target)
                t.advance(1)

    def _contract_query(self, table: RawTable) -> str:
        has = self._columns(table.name)
        missing = sorted(table.required - has)
        if missing:
            raise PipelineError(
                f"{self.platform.path}: the view {table.name} lacks "
                f"{', '.join(missing)}; the raw contract needs it"
            )
        columns = ", ".join(
            f"cast({quoted(name) if name in has else 'null'} as varchar) as {name}"
            for name in table.columns
        )
        return f"select {columns} from {table.name}"  # noqa: S608

    def make_views(self) -> None:
        """Make the platform's views, and work out each step on the way once.

        Several of those that follow read it, and on ten million lines it costs. Steps
        are temporary: DuckDB spends more on compressing a table than on working it out.
        """
        for name, sql in self.platform.views():
            self._execute(sql)
            if not _RESULTS.match(name):
                self._execute(f"create temp table step as from {name}")
                self._execute(f"drop view {name}")
                self._execute(f"alter table step rename to {name}")

    def check(self, reporter: Reporter) -> None:
        """Require that no check gives a row, and that something was sold.

        Raises:
            PipelineError: The first rows that a check gives, and where they stand.
        """
        for name in self._views(_CHECK):
            if found := self._examples(name):
                raise PipelineError(f"{_words(name, _CHECK)}: {found}")
        for name in self._views(_WARNING):
            if found := self._examples(name):
                reporter.warn(f"{_words(name, _WARNING)}: {found}")
        if not self.rows("select 1 from raw_order_items limit 1"):
            raise PipelineError(
                f"there is no sale in {', '.join(self.names)}; "
                "choose a period with orders when exporting"
            )

    def _views(self, prefix: str) -> list[str]:
        names = self.rows(
            "select view_name from duckdb_views() "
            "where not internal and starts_with(view_name, ?) order by view_oid",
            [prefix],
        )
        return [name for (name,) in names]

    def _examples(self, view: str) -> str:
        """The first rows of a view, in words; empty where it has none."""
        found = self._execute(f"select * from {quoted(view)}")  # noqa: S608
        columns = [column[0] for column in found.description or ()]
        rows = found.fetchmany(_EXAMPLES + 1)
        examples = [self._example(columns, row) for row in rows[:_EXAMPLES]]
        return "; ".join([*examples, *["and more"] * (len(rows) > _EXAMPLES)])

    def _example(self, columns: Sequence[str], row: Sequence[Any]) -> str:
        said, where = [], ""
        for column, value in zip(columns, row, strict=True):
            if column.endswith(_ROW):
                if value is not None:
                    where = self._where(column.removesuffix(_ROW), int(value))
            else:
                said.append(f"{column} {'is empty' if value is None else value}")
        return f"{where}{', '.join(said)}"

    def _where(self, table: str, rowid: int) -> str:
        for placed in self._placed:
            if (
                placed.file.table.name == table
                and placed.first <= rowid < placed.first + placed.count
            ):
                line = placed.file.line_of(rowid - placed.first)
                return f"{placed.file.path.name}, line {line}: "
        return ""

    def drop_overlaps(self, reporter: Reporter) -> None:
        """Keep what two files both hold once.

        Raises:
            PipelineError: Two files hold it differently.
        """
        for table in dict.fromkeys(placed.file.table for placed in self._placed):
            places = [placed for placed in self._placed if placed.file.table is table]
            if table.key and len(places) > 1:
                self._drop_overlap(table, places, reporter)

    def _drop_overlap(
        self,
        table: ExportTable,
        places: Sequence[Placed],
        reporter: Reporter,
    ) -> None:
        starts = [placed.first for placed in places]
        columns = ", ".join(map(quoted, table.columns))
        name = quoted(table.name)
        key = f"concat_ws(', ', {', '.join(map(quoted, table.key))})"
        called = " and ".join(table.key)
        self._execute(
            "create or replace temp table overlap as "  # noqa: S608
            "with by_file as ("
            f"  select key,"
            "     len(list_filter(?, lambda start: start <= r)) as file,"
            "     list(hash(row) order by hash(row)) as rows"
            f"  from (select rowid as r, {key} as key, row({columns}) as row"
            f"   from {name})"
            "  group by all"
            ") "
            "select key, list(file order by file) as files,"
            "  count(distinct rows) = 1 as is_same "
            "from by_file where key <> '' group by key having count(*) > 1",
            [starts],
        )
        for key_value, files in self.rows(
            "select key, files from overlap where not is_same order by key limit 1"
        ):
            names = " and ".join(places[file - 1].file.path.name for file in files)
            raise PipelineError(
                f"{called} {key_value} is in {names}, and differs; keep the file that "
                "was exported last, or export periods that do not overlap"
            )
        ((kept_once,),) = self.rows("select count(*) from overlap")
        if kept_once:
            self._execute(
                f"delete from {name} using overlap "  # noqa: S608
                f"where {key} = overlap.key and "
                f"len(list_filter(?, lambda start: start <= {name}.rowid)) "
                "<> overlap.files[1]",
                [starts],
            )
            reporter.warn(
                f"{kept_once:,} values of {called} are in two files, alike; read once"
            )

    def has_column(self, view: str, column: str) -> bool:
        """Whether a view has a column."""
        return column in self._columns(view)

    def _columns(self, view: str) -> set[str]:
        names = self.rows(
            "select column_name from duckdb_columns() where table_name = ?", [view]
        )
        return {name for (name,) in names}

    def _has(self, view: str) -> bool:
        return bool(
            self.rows("select 1 from duckdb_views() where view_name = ?", [view])
        )

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What a query of the platform's views gives.

        Raises:
            PipelineError: The platform's SQL is wrong, or the disk is full.
        """
        rows: list[tuple[Any, ...]] = self._execute(sql, values).fetchall()
        return rows

    def _execute(
        self, sql: str, values: Sequence[Any] = ()
    ) -> duckdb.DuckDBPyConnection:
        try:
            return self.connection.execute(sql, list(values))
        except duckdb.IOException as error:
            raise PipelineError(f"the import cannot go on: {one_line(error)}") from None
        except duckdb.Error as error:
            raise PipelineError(f"{self.platform.path}: {one_line(error)}") from None


def _words(view: str, prefix: str) -> str:
    return view.removeprefix(prefix).replace("_", " ")


@contextmanager
def read_export(platform: Platform, place: str, reporter: Reporter) -> Iterator[Import]:
    """Read an export, whole and strictly, and check it.

    What is read lies on disk meanwhile, where Python keeps temporary files (TMPDIR):
    somewhat less than the export's own size.

    Args:
        platform: What it is an export of.
        place: The folder of its files; or the address of a database, for a platform
            that reads tables.
        reporter: Told of progress.

    Raises:
        PipelineError: A file, a line or a value is not as it must be.
    """
    with ExitStack() as opened:
        with private_files():
            work = opened.enter_context(TemporaryDirectory(prefix="import-"))
            connection = opened.enter_context(
                duckdb.connect(Path(work) / "export.duckdb")
            )
        connection.execute(f"set memory_limit = '{_MEMORY}'")
        connection.execute("set preserve_insertion_order = true")
        tables = platform.declare(connection)
        if any(table.sources for table in tables):
            export = _from_database(platform, place, tables, connection, reporter)
        else:
            files, warnings = _files_of(platform, Path(place), tables, opened)
            for text in warnings:
                reporter.warn(text)
            placed = _read(files, connection, reporter)
            names = [file.path.name for file in files]
            export = Import(platform, names, place, connection, placed)
            export.drop_overlaps(reporter)
        export.make_views()
        export.check(reporter)
        yield export


def _files_of(
    platform: Platform, folder: Path, tables: Sequence[ExportTable], opened: ExitStack
) -> tuple[list[ExportFile], list[str]]:
    """The files of an export; or the platform that it is of, where it is another's."""
    try:
        return find_files(folder, tables, platform.title, opened)
    except PipelineError as error:
        for other in platforms():
            if other.name != platform.name and holds_export_of(other, folder):
                raise PipelineError(
                    f"{error}; the folder holds an export of {other.name}, so try: "
                    f"--from {other.name}"
                ) from None
        raise


def _from_database(
    platform: Platform,
    url: str,
    tables: Sequence[ExportTable],
    connection: duckdb.DuckDBPyConnection,
    reporter: Reporter,
) -> Import:
    try:
        from pipeline.platforms.databases import open_source, read_tables
    except ModuleNotFoundError:
        raise PipelineError(
            f"{platform.name} reads a database, and needs packages that are not "
            f"installed; run: {install('databases')}"
        ) from None
    with open_source(url) as source:
        names = read_tables(source, tables, connection, reporter)
        return Import(platform, names, source.name, connection)


def _read(
    files: Sequence[ExportFile],
    connection: duckdb.DuckDBPyConnection,
    reporter: Reporter,
) -> list[Placed]:
    placed: list[Placed] = []
    with reporter.task("reading the export", sum(file.size for file in files)) as task:
        for file in files:
            task.doing(file.path.name)
            first = sum(p.count for p in placed if p.file.table is file.table)
            # Each keeps one core busy that the other leaves idle.
            with ThreadPoolExecutor(1) as beside:
                inserted = beside.submit(file.insert, connection)
                try:
                    rows = file.check(task.advance)
                except BaseException:
                    connection.interrupt()
                    raise
            count = inserted.result()
            if count != rows:
                raise PipelineError(
                    f"{file.path.name}: {count:,} rows were read of {rows:,}; "
                    "import it when it is complete"
                )
            placed.append(Placed(file, first, count))
    return placed


def import_export(
    platform: Platform, place: str, out: Path, reporter: Reporter
) -> tuple[str, list[LeftOut]]:
    """Write the raw files of an export into a folder.

    Args:
        platform: What it is an export of.
        place: The folder of its files, or the address of its database.
        out: The folder to write.
        reporter: Told of progress.

    Returns:
        Where the rows come from, for `raw_loads`; and what was left out.

    Raises:
        PipelineError: A file, a line or a value is not as it must be.
    """
    with read_export(platform, place, reporter) as export:
        export.write(out, reporter)
        return export.origin, export.left_out()
