"""Build the floor: raw CSV files to every table of the star and the reports."""

import csv
import resource
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.raw_files.contract import RAW_TABLES

if TYPE_CHECKING:
    import duckdb

RAW_COLUMNS = {table.name: table.columns for table in RAW_TABLES}
SQL_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Settings:
    """The dbt project's variables, with the same defaults."""

    earliest_date: str = "1990-01-01"
    latest_date: str = "2099-12-31"
    as_of_date: str | None = None
    max_basket_items: int = 1000
    co_purchase_min_orders: int = 5
    co_purchase_min_support: float = 0.001


@dataclass
class StageTimes:
    """Seconds of wall clock and of CPU for each stage, in the order they ran."""

    wall: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)

    def lap(self, stage: str, started: tuple[float, float]) -> None:
        """Note the time of a stage that began at ``started`` (see ``_now``)."""
        wall, cpu = _now()
        self.wall[stage] = round(wall - started[0], 3)
        self.cpu[stage] = round(cpu - started[1], 3)


def _now() -> tuple[float, float]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), usage.ru_utime + usage.ru_stime


def stage_files(engine: str) -> list[tuple[str, Path]]:
    """Return (stage name, SQL file) for an engine, in the order they run."""
    files = sorted((SQL_FOLDER / engine).glob("[0-9]_*.sql"))
    return [(path.stem[2:], path) for path in files]


def _names(header: list[str]) -> tuple[str, ...]:
    return tuple(name.strip().lower() for name in header)


def header_of(path: Path) -> tuple[str, ...]:
    """Return the names of a CSV file's columns: not always all of the contract's."""
    with path.open(newline="", encoding="utf-8-sig") as lines:
        return _names(next(csv.reader(lines, strict=True)))


def _rows(reader: Iterator[list[str]], columns: tuple[str, ...]) -> Iterator[list[str]]:
    """Return the reader itself where the header is the contract's, the usual case."""
    header = _names(next(reader))
    if header == columns:
        return reader
    places = [header.index(name) if name in header else -1 for name in columns]
    return (["" if place < 0 else row[place] for place in places] for row in reader)


def load_sqlite(connection: sqlite3.Connection, raw: Path) -> None:
    """Load the four files as text with ``executemany``, empty fields as null."""
    for table, columns in RAW_COLUMNS.items():
        names = ", ".join(f"{column} text" for column in columns)
        connection.execute(f"create table {table} ({names})")
        values = ", ".join(["nullif(?, '')"] * len(columns))
        statement = f"insert into {table} values ({values})"  # noqa: S608 our names
        with (raw / f"{table}.csv").open(newline="", encoding="utf-8-sig") as lines:
            connection.executemany(
                statement, _rows(csv.reader(lines, strict=True), columns)
            )


def build_sqlite(
    raw: Path, database: Path, settings: Settings, load_only: bool = False
) -> StageTimes:
    """Build the floor on SQLite in a new file and return the seconds per stage."""
    database.unlink(missing_ok=True)
    times = StageTimes()
    connection = sqlite3.connect(database, isolation_level=None)
    # A scratch file: no journal, since a crash only means to start again.
    connection.executescript(
        "pragma journal_mode = off; pragma synchronous = off;"
        "pragma cache_size = -65536; pragma page_size = 4096;"
    )
    started = _now()
    connection.execute("begin")
    load_sqlite(connection, raw)
    connection.execute("commit")
    times.lap("load", started)
    if load_only:
        return times
    columns = asdict(settings)
    connection.execute(f"create table settings ({', '.join(columns)})")
    connection.execute(
        "insert into settings values (?, ?, ?, ?, ?, ?)", list(columns.values())
    )
    for stage, path in stage_files("sqlite"):
        started = _now()
        connection.executescript(f"begin;\n{path.read_text()}\ncommit;")
        times.lap(stage, started)
    connection.close()
    return times


def load_duckdb(connection: "duckdb.DuckDBPyConnection", raw: Path) -> None:
    """Load the four files as text with ``read_csv``, empty fields as null."""
    for table, columns in RAW_COLUMNS.items():
        path = raw / f"{table}.csv"
        header = header_of(path)
        names = ", ".join(f"'{column}': 'varchar'" for column in header)
        values = ", ".join(
            column if column in header else f"cast(null as varchar) as {column}"
            for column in columns
        )
        connection.execute(
            f"create table {table} as select {values} from read_csv(?,"  # noqa: S608
            f" auto_detect = false, header = true, delim = ',', quote = '\"',"
            f" escape = '\"', columns = {{{names}}})",
            [str(path)],
        )


def build_duckdb(
    raw: Path, database: Path, settings: Settings, load_only: bool = False
) -> StageTimes:
    """Build the floor on DuckDB in a new file and return the seconds per stage."""
    # Not among the default requirements: only who asks for it needs it.
    import duckdb

    database.unlink(missing_ok=True)
    times = StageTimes()
    with duckdb.connect(str(database)) as connection:
        started = _now()
        load_duckdb(connection, raw)
        times.lap("load", started)
        if load_only:
            return times
        connection.execute(
            "create table settings (earliest_date date, latest_date date,"
            " as_of_date date, max_basket_items integer,"
            " co_purchase_min_orders integer, co_purchase_min_support double)"
        )
        connection.execute(
            "insert into settings values (?, ?, ?, ?, ?, ?)",
            list(asdict(settings).values()),
        )
        for stage, path in stage_files("duckdb"):
            started = _now()
            connection.execute(f"begin;\n{path.read_text()}\ncommit;")
            times.lap(stage, started)
    return times


def build(
    engine: str,
    raw: Path,
    database: Path,
    settings: Settings | None = None,
    load_only: bool = False,
) -> StageTimes:
    """Build the floor on ``engine`` (``sqlite`` or ``duckdb``) in a new file.

    Args:
        engine: Which SQL and which loader.
        raw: Folder of the four CSV files.
        database: The file to write; an old one is removed first.
        settings: The variables; the project's defaults if none.
        load_only: Stop after the raw tables.
    """
    builders = {"sqlite": build_sqlite, "duckdb": build_duckdb}
    if engine not in builders:
        raise ValueError(f"no floor for engine {engine!r}: choose sqlite or duckdb")
    return builders[engine](raw, database, settings or Settings(), load_only)
