"""Platforms: one SQL file each, and what it declares."""

import codecs
import fnmatch
import re
import shlex
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import duckdb

from pipeline.errors import PipelineError

FOLDER = Path(__file__).parent
_SHARED = FOLDER / "shared" / "macros.sql"
# The end of a name of a column that gathers all columns line_item_1, line_item_2, ...
_EACH = "*"
# A statement that makes a view, whatever is remarked before it.
_VIEW = re.compile(
    r"(--[^\n]*\n|/\*.*?\*/|\s)*create\s+(or\s+replace\s+)?(temp(orary)?\s+)?view\s+"
    r'(?P<name>\w+|"([^"]|"")+")',
    re.IGNORECASE | re.DOTALL,
)
_Value = TypeVar("_Value")

DELIMITERS = {"comma": ",", "tab": "\t", "semicolon": ";"}


@dataclass(frozen=True)
class ExportTable:
    """One file, or several alike, of a platform's export.

    Its SQL is a `create table` with the columns that are read, and a comment: the
    pattern of the files' names, and after it what is not as usual.

    Attributes:
        name: Of the table in the SQL.
        columns: The columns that are read, as the export writes them.
        optional_columns: Those of `columns` with a default: a file may lack them.
        patterns: Of file names, without regard to case.
        sources: Of names of tables, for a shop that keeps its orders in a database:
            `table=*wc_orders`.
        delimiter: Between fields: `delimiter=tab` or `delimiter=semicolon`.
        quoting: Whether quotes have a meaning: `quoting=none`.
        encoding: Of files that are not UTF-8: `encoding=cp1252`.
        part: What it is of the export; of several tables with the same `part=orders`
            one is enough, as the layouts of a file over the years are.
        is_optional: Whether the export may lack it: `optional`.
        key: The columns whose values, found in two files, must be the same rows in
            both: `key=Name`, or several.
    """

    name: str
    columns: tuple[str, ...]
    optional_columns: frozenset[str]
    patterns: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    delimiter: str = ","
    quoting: bool = True
    encoding: str = "utf-8"
    part: str = ""
    is_optional: bool = False
    key: tuple[str, ...] = ()

    def is_named_like(self, file_name: str) -> bool:
        """Whether a file has the name of this table's."""
        return any(
            fnmatch.fnmatchcase(file_name.lower(), pattern.lower())
            for pattern in self.patterns
        )

    @property
    def is_named_by_its_kind_alone(self) -> bool:
        """Whether any `*.csv` may be meant, so that only columns tell."""
        return any(pattern.startswith("*.") for pattern in self.patterns)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that a file must have."""
        return tuple(name for name in self.columns if name not in self.optional_columns)

    def gathered(self, column: str) -> str | None:
        """The beginning of the names that a column gathers, such as `line_item_`."""
        return column.removesuffix(_EACH) if column.endswith(_EACH) else None


@dataclass(frozen=True)
class Platform:
    """A platform, and how its export becomes raw tables.

    Attributes:
        name: As the command line takes it.
        path: Of its SQL.
    """

    name: str
    path: Path

    @cached_property
    def sql(self) -> str:
        """Its SQL."""
        try:
            return self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise PipelineError(f"{self.path} cannot be read: {error}") from None

    @cached_property
    def title(self) -> str:
        """The first line of its SQL: what it reads, and where a shop finds it."""
        return self.sql.partition("\n")[0].removeprefix("--").strip()

    @cached_property
    def reads_a_database(self) -> bool:
        """Whether it reads tables of a database instead of files."""
        with duckdb.connect() as connection:
            return any(table.sources for table in self.declare(connection))

    def declare(self, connection: duckdb.DuckDBPyConnection) -> list[ExportTable]:
        """Make its tables, empty, and its macros.

        Its views are for when the tables are filled: making one costs as much as
        planning it, and with it all that it reads.

        Returns:
            The tables to fill.

        Raises:
            PipelineError: The SQL is wrong.
        """
        try:
            connection.execute(_SHARED.read_text(encoding="utf-8"))
            for statement in self._statements:
                if not _VIEW.match(statement):
                    connection.execute(statement)
        except duckdb.Error as error:
            raise PipelineError(f"{self.path}: {one_line(error)}") from None
        tables = connection.execute(
            "select table_name, comment from duckdb_tables() "
            "where not internal and comment is not null order by table_oid"
        ).fetchall()
        if not tables:
            raise PipelineError(
                f"{self.path}: no table has a comment; expected the pattern of the "
                "files that it is read from"
            )
        return [self._declared(connection, *table) for table in tables]

    def views(self) -> list[tuple[str, str]]:
        """The name of each of its views, and the SQL that makes it, in their order."""
        found = ((_VIEW.match(statement), statement) for statement in self._statements)
        return [(view["name"], sql) for view, sql in found if view]

    @cached_property
    def _statements(self) -> list[str]:
        return [
            statement.query.strip() for statement in duckdb.extract_statements(self.sql)
        ]

    def _declared(
        self, connection: duckdb.DuckDBPyConnection, name: str, comment: str
    ) -> ExportTable:
        columns = connection.execute(
            "select column_name, column_default is not null from duckdb_columns() "
            "where table_name = ? order by column_index",
            [name],
        ).fetchall()
        table = _Comment(f"{self.path}: comment of {name}", comment)
        return ExportTable(
            name=name,
            columns=tuple(column for column, _ in columns),
            optional_columns=frozenset(
                column for column, default in columns if default
            ),
            patterns=tuple(table.patterns),
            sources=tuple(table.sources),
            delimiter=table.chosen("delimiter", DELIMITERS, ","),
            quoting=table.chosen("quoting", {"none": False}, True),
            encoding=table.encoding,
            part=table.options.get("part", name),
            is_optional=table.is_optional,
            key=tuple(table.key),
        )


@dataclass
class _Comment:
    """What a table's comment says: file patterns, `optional`, and name=value."""

    where: str
    text: str
    patterns: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    key: list[str] = field(default_factory=list)
    is_optional: bool = False

    def __post_init__(self) -> None:
        try:
            words = shlex.split(self.text)
        except ValueError:
            raise PipelineError(f"{self.where}: a quote is not closed") from None
        for word in words:
            name, sign, value = word.partition("=")
            if sign and name == "table":
                self.sources.append(value)
            elif sign and name == "key":
                self.key.append(value)
            elif sign and name in ("delimiter", "quoting", "encoding", "part"):
                self.options[name] = value
            elif word == "optional":
                self.is_optional = True
            elif "." in word:
                self.patterns.append(word)
            else:
                raise PipelineError(f"{self.where}: {word} is not known")

    @property
    def encoding(self) -> str:
        name = self.options.get("encoding", "utf-8")
        try:
            return codecs.lookup(name).name
        except LookupError:
            raise PipelineError(
                f"{self.where}: encoding={name} is not known; write one such as cp1252"
            ) from None

    def chosen(self, option: str, values: dict[str, _Value], default: _Value) -> _Value:
        value = self.options.get(option)
        if value is None:
            return default
        if value not in values:
            raise PipelineError(
                f"{self.where}: {option}={value}; expected one of {', '.join(values)}"
            )
        return values[value]


def platforms() -> list[Platform]:
    """All that come with the program, by name."""
    return [Platform(path.stem, path) for path in sorted(FOLDER.glob("*.sql"))]


def is_platform(name: str) -> bool:
    """Whether it is a platform's name, or may be that of a user's own SQL file."""
    return name.lower().endswith(".sql") or name in {p.name for p in platforms()}


def find_platform(name: str) -> Platform:
    """The platform of that name, or a user's own SQL file.

    Raises:
        PipelineError: There is none.
    """
    if name.lower().endswith(".sql"):
        path = Path(name)
        if not path.is_file():
            raise PipelineError(f"{name}: there is no such file")
        return Platform(path.stem, path)
    known = {platform.name: platform for platform in platforms()}
    if name not in known:
        raise PipelineError(
            f"the platform {name!r} is not known; expected one of {', '.join(known)}, "
            "or the path of your own .sql file"
        )
    return known[name]


def one_line(error: duckdb.Error) -> str:
    """What DuckDB says, without its drawing of the place."""
    return " ".join(str(error).partition("\n\n")[0].split())
