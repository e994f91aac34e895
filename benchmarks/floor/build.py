"""Build the floor: raw CSV files to every table of the star and the reports."""

import csv
import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from string import Template
from typing import Any

import duckdb

from pipeline.raw_files.contract import RAW_TABLES, RawTable

FLOOR = Path(__file__).parent
SEEDS = Path(__file__).parents[2] / "seeds"
LOOKUPS = ("order_status_map", "rfm_segment_map", "service_patterns")
# What the SQL says for SQLite alone: keys, which on DuckDB cost an index that nothing
# reads, and how its planner is kept from repeating a subquery.
SQLITE_ONLY = re.compile(
    r",\s+primary key \(.*?\)| primary key| unique| without rowid|\blimit -1\b"
)
DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ](?:[01]\d|2[0-3]):[0-5]\d.*)?", re.ASCII | re.DOTALL
)
NUMBER = re.compile(r" *([+-]?[0-9]{1,12}(\.[0-9]{1,4}0*)?) *")
WHOLE = re.compile(r" *([+-]?[0-9]{1,12})(\.0+)? *")


@dataclass(frozen=True)
class Settings:
    """The dbt project's variables, with the same defaults."""

    earliest_date: str = "1990-01-01"
    latest_date: str = "2099-12-31"
    as_of_date: str | None = None
    max_basket_items: int = 1000
    co_purchase_min_orders: int = 5
    co_purchase_min_support: float = 0.001


SETTINGS_TABLE = """
    create table settings (
        earliest_date day_text,
        latest_date day_text,
        as_of_date day_text,
        max_basket_items integer,
        co_purchase_min_orders integer,
        co_purchase_min_support double
    )
"""


@dataclass
class StageTimes:
    """Seconds of wall clock and of CPU for each stage, in the order they ran."""

    wall: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)

    def measure(self, stage: str, work: Callable[[], object]) -> None:
        """Do a stage's work and note its time."""
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        self.wall[stage] = round(time.perf_counter() - wall, 3)
        self.cpu[stage] = round(time.process_time() - cpu, 3)


def stage_scripts(engine: str) -> Iterator[tuple[str, str]]:
    """Yield each stage's name and its SQL, in the order they run.

    A stage is a folder. A file whose name ends in ``.sqlite.sql`` or ``.duckdb.sql``
    is for that engine alone, any other for both.
    """
    for folder in sorted(FLOOR.glob("[0-9]_*")):
        script = "\n".join(
            path.read_text(encoding="utf-8")
            for path in sorted(folder.glob("*.sql"))
            if path.suffixes[0] in (".sql", f".{engine}")
        )
        for table in RAW_TABLES:
            script = script.replace(f"-- rejects of {table.name}", _rejects(table))
        yield folder.name[2:], script


def _rejects(table: RawTable) -> str:
    key, *others = table.columns
    return Template((FLOOR / "rejects.sql").read_text(encoding="utf-8")).substitute(
        things=table.name.removeprefix("raw_"),
        key=key,
        contents=", ".join(f"raw.{column}" for column in others),
        texts=", ".join(f"coalesce({column}, '')" for column in table.columns),
        fields=", ".join(f"'{column}', raw.{column}" for column in table.columns),
        amount="checked.line_total" if "line_total" in table.columns else "null",
    )


def header_of(path: Path) -> tuple[str, ...]:
    """Return the names of a CSV file's columns: not always all of the contract's."""
    with path.open(newline="", encoding="utf-8-sig") as lines:
        return tuple(name.strip().lower() for name in next(csv.reader(lines)))


def _create_table(table: str, columns: Iterable[str]) -> str:
    """The statement that makes a table of texts, each column once."""
    names = ", ".join(f'"{column}" text' for column in dict.fromkeys(columns))
    return f"create table {table} ({names})"


def day_of(text: str | None) -> str | None:
    """Return the day that a date, or a date and a time, begins with."""
    if text is None or not DATE.fullmatch(text):
        return None
    day = text[:10]
    try:
        date.fromisoformat(day)
    except ValueError:
        return None
    return day


def number_of(text: str | None) -> float | None:
    """Return a number of the raw contract."""
    match = NUMBER.fullmatch(text or "")
    return None if match is None else float(match[1])


def whole_of(text: str | None) -> int | None:
    """Return a whole number of the raw contract that fits 32 bits."""
    match = WHOLE.fullmatch(text or "")
    number = None if match is None else int(match[1])
    return number if number is not None and -(2**31) <= number < 2**31 else None


class SqliteFloor:
    """A new SQLite file: a scratch file, since a crash only means to start again."""

    def __init__(self, database: Path) -> None:
        self._connection = sqlite3.connect(database, isolation_level=None)
        self._connection.executescript(
            "pragma journal_mode = off; pragma synchronous = off;"
            "pragma cache_size = -65536; pragma page_size = 4096;"
        )
        for function in (day_of, number_of, whole_of):
            self._connection.create_function(
                function.__name__, 1, function, deterministic=True
            )
        self.execute = self._connection.execute
        self.close = self._connection.close

    def load(self, table: str, columns: tuple[str, ...], path: Path) -> None:
        """Load a file as text with ``executemany``, empty fields as null."""
        header = header_of(path)
        self.execute(_create_table(table, (*columns, *header)))
        names = ", ".join(f'"{column}"' for column in header)
        values = ", ".join(["nullif(?, '')"] * len(header))
        statement = f"insert into {table} ({names}) values ({values})"  # noqa: S608
        with path.open(newline="", encoding="utf-8-sig") as lines:
            rows = csv.reader(lines, strict=True)
            next(rows)
            self._connection.executemany(statement, rows)

    def run(self, script: str) -> None:
        """Run some statements."""
        self._connection.executescript(script)


class DuckdbFloor:
    """A new DuckDB file."""

    def __init__(self, database: Path) -> None:
        self._connection = duckdb.connect(str(database))
        self.execute = self._connection.execute
        self.close = self._connection.close
        self.execute((FLOOR / "duckdb.sql").read_text(encoding="utf-8"))

    def load(self, table: str, columns: tuple[str, ...], path: Path) -> None:
        """Load a file as text with ``read_csv``, empty fields as null."""
        header = header_of(path)
        self.execute(_create_table(table, (*columns, *header)))
        types = ", ".join(f"'{column}': 'varchar'" for column in header)
        self.execute(
            f"insert into {table} by name select * from read_csv(?,"  # noqa: S608
            f" auto_detect = false, header = true, delim = ',', quote = '\"',"
            f" escape = '\"', columns = {{{types}}})",
            [str(path)],
        )

    def run(self, script: str) -> None:
        """Run some statements."""
        self.execute(SQLITE_ONLY.sub("", script))


FLOORS: dict[str, Callable[[Path], Any]] = {
    "sqlite": SqliteFloor,
    "duckdb": DuckdbFloor,
}


def build(
    engine: str,
    raw: Path,
    database: Path,
    settings: Settings | None = None,
    load_only: bool = False,
) -> StageTimes:
    """Build the floor in a new file and return the seconds of each stage.

    Args:
        engine: ``sqlite`` or ``duckdb``.
        raw: Folder of the four CSV files.
        database: The file to write; an old one is removed first.
        settings: The variables; the project's defaults if none.
        load_only: Stop after the raw tables.
    """
    if engine not in FLOORS:
        raise ValueError(f"no floor for engine {engine!r}: choose sqlite or duckdb")
    database.unlink(missing_ok=True)
    times = StageTimes()
    with closing(FLOORS[engine](database)) as floor:

        def load() -> None:
            floor.execute("begin")
            for table in RAW_TABLES:
                floor.load(table.name, table.columns, raw / f"{table.name}.csv")
            floor.execute("commit")

        times.measure("load", load)
        if load_only:
            return times
        for name in LOOKUPS:
            floor.load(name, (), SEEDS / f"{name}.csv")
        floor.execute(SETTINGS_TABLE)
        values = list(asdict(settings or Settings()).values())
        floor.execute("insert into settings values (?, ?, ?, ?, ?, ?)", values)
        for stage, script in stage_scripts(engine):
            times.measure(stage, partial(floor.run, f"begin;\n{script}\ncommit;"))
    return times
