"""The files of an export: which table each fills, and its rows read strictly."""

import codecs
import csv
import difflib
import io
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import duckdb

from pipeline.errors import PipelineError
from pipeline.platforms.definition import (
    DELIMITERS,
    ExportTable,
    Platform,
    one_line,
)
from pipeline.raw_files.csv_structure import CsvStructure
from pipeline.raw_files.header import listed
from pipeline.raw_files.held_file import HeldFile
from pipeline.raw_files.limits import Limits
from pipeline.raw_files.raw_file import Advance
from pipeline.warehouse.sql import quoted

_CHUNK_BYTES = 1 << 20
# Where the header of a file with notes before it may stand.
_LINES_OF_NOTES = 40
_NEAREST = 3
_UTF_8_BOM = codecs.BOM_UTF8
_UTF_16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UNFINISHED = (".crdownload", ".part", ".partial", ".download")
_PACKED = {b"PK\x03\x04": "a zip or Excel file", b"\x1f\x8b": "a gzip file"}


@dataclass(frozen=True)
class FoundHeader:
    """The line of column names in a file, and how the table's columns are in it.

    Attributes:
        names: Of the columns, as the file has them, without surrounding blanks.
        line: Where it stands, from 1; before it there are notes.
        offset: Where its first byte is.
        positions: For each column of the table that the file has, where; of a column
            that gathers several, all of them.
        missing: Required columns that the file lacks.
        delimiter: Between fields: what the table's files have, or else what Excel
            puts there.
    """

    names: tuple[str, ...]
    line: int
    offset: int
    positions: dict[str, tuple[int, ...]]
    missing: tuple[str, ...]
    delimiter: str


class ExportFile:
    """A file of an export, held open: what is checked is what is read.

    Attributes:
        path: Where it is.
        table: The table that it fills.
        header: Its column names.
    """

    def __init__(
        self, path: Path, table: ExportTable, original: HeldFile, opened: ExitStack
    ) -> None:
        """Read its header, of UTF-8 whatever it is in.

        Args:
            path: Where it is.
            table: The table that it may fill.
            original: The same file, open.
            opened: Closes what is opened for it.

        Raises:
            PipelineError: It cannot be read, or is in another encoding.
        """
        self.path = path
        self.table = table
        self._original = original
        self._opened = opened
        self._bytes_path = original.path
        self._recode()
        self.header = self._find_header()

    @property
    def size(self) -> int:
        """Its bytes."""
        return self._original.size

    @property
    def sha256(self) -> str:
        """Their hash."""
        return self._original.sha256

    def check(self, advance: Advance) -> int:
        """Check its encoding and the structure of every line.

        Returns:
            The number of its rows.

        Raises:
            PipelineError: The line, and what was expected.
        """
        structure = CsvStructure(
            self.path.name,
            len(self.header.names),
            Limits.from_environment(),
            delimiter=self.header.delimiter,
            quoting=self.table.quoting,
            first_line=self.header.line,
        )
        with self._bytes_path.open("rb") as stream:
            stream.seek(self.header.offset)
            while chunk := stream.read(_CHUNK_BYTES):
                structure.feed(chunk)
                advance(len(chunk))
        structure.finish()
        return structure.records - 1

    def insert(self, connection: duckdb.DuckDBPyConnection) -> int:
        """Add its rows to the table, in their order.

        Returns:
            How many.

        Raises:
            PipelineError: It changed meanwhile, or the disk is full.
        """
        taken = self.header.positions
        values = [
            f"list_filter([{', '.join(f'c{place}' for place in places)}], "
            "lambda value: value is not null)"
            if self.table.gathered(column) is not None
            else f"c{places[0]}"
            for column, places in taken.items()
        ]
        names = {f"c{place}": "VARCHAR" for place in range(len(self.header.names))}
        try:
            (count,) = connection.execute(
                f"insert into {quoted(self.table.name)} "  # noqa: S608
                f"({', '.join(map(quoted, taken))}) select {', '.join(values)} "
                "from read_csv(?, columns = ?, auto_detect = false, header = true, "
                "delim = ?, quote = ?, escape = ?, nullstr = '', "
                "strict_mode = true, null_padding = false, max_line_size = ?)",
                [
                    str(self._without_notes()),
                    names,
                    self.header.delimiter,
                    *(('"', '"') if self.table.quoting else ("", "")),
                    max(Limits.from_environment().field_bytes, 2_000_000),
                ],
            ).fetchone() or (0,)
        except duckdb.Error as error:
            raise PipelineError(f"{self.path.name}: {one_line(error)}") from None
        if self._original.has_changed():
            raise PipelineError(
                f"{self.path.name} changed while it was read; "
                "import it when it is complete"
            )
        return int(count)

    def _without_notes(self) -> Path:
        """What DuckDB reads: it counts the lines of a note in quotes in its own way."""
        if self.header.line == 1:
            return self._bytes_path
        copy = self._opened.enter_context(TemporaryFile())  # noqa: SIM115
        with self._bytes_path.open("rb") as stream:
            stream.seek(self.header.offset)
            shutil.copyfileobj(stream, copy)
        copy.flush()
        return Path(f"/dev/fd/{copy.fileno()}")

    def line_of(self, row: int) -> int:
        """The line on which a row begins; 0 is the first after the header."""
        with self._bytes_path.open("rb") as stream:
            stream.seek(self.header.offset)
            text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
            reader = csv.reader(
                text,
                delimiter=self.header.delimiter,
                quoting=csv.QUOTE_MINIMAL if self.table.quoting else csv.QUOTE_NONE,
            )
            for _ in range(row + 1):
                next(reader, None)
            return self.header.line + reader.line_num

    def _recode(self) -> None:
        """Write UTF-8 beside a file that is something else."""
        with self._original.path.open("rb") as stream:
            stream.seek(0)
            first = stream.read(4)
            for mark, kind in _PACKED.items():
                if first.startswith(mark):
                    raise PipelineError(
                        f"{self.path.name} is {kind}; unpack it, or save it as CSV"
                    )
            if first.startswith(_UTF_16_BOMS):
                encoding = "utf-16"
            elif self.table.encoding == "utf-8" or self._is_utf_8(first):
                return
            else:
                encoding = self.table.encoding
            stream.seek(0)
            recoded = self._opened.enter_context(TemporaryFile())  # noqa: SIM115
            reader = codecs.getreader(encoding)(stream)
            try:
                while text := reader.read(_CHUNK_BYTES):
                    recoded.write(text.encode())
            except UnicodeDecodeError as error:
                raise PipelineError(
                    f"{self.path.name} is neither UTF-8 nor {encoding} "
                    f"({error.reason}); export it again"
                ) from None
            recoded.flush()
            self._bytes_path = Path(f"/dev/fd/{recoded.fileno()}")

    def _is_utf_8(self, first: bytes) -> bool:
        if first.startswith(_UTF_8_BOM):
            return True
        decoder = codecs.getincrementaldecoder("utf-8")()
        with self._original.path.open("rb") as stream:
            stream.seek(0)
            try:
                while chunk := stream.read(_CHUNK_BYTES):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                return False
        return True

    def _find_header(self) -> FoundHeader:
        """The first line with all required columns, or else with most of them."""
        with self._bytes_path.open("rb") as stream:
            stream.seek(0)
            start = stream.read(Limits.from_environment().header_bytes)
        mark = len(_UTF_8_BOM) if start.startswith(_UTF_8_BOM) else 0
        best: FoundHeader | None = None
        line, offset = 1, mark
        delimiters = dict.fromkeys((self.table.delimiter, *DELIMITERS.values()))
        records = _records(start[mark:], quoting=self.table.quoting)
        for number, record in enumerate(records, start=1):
            for delimiter in delimiters:
                header = self._as_header(record, line, offset, delimiter)
                if not header.missing:
                    return header
                if best is None or len(header.missing) < len(best.missing):
                    best = header
            line += record.count(b"\n")
            offset += len(record)
            if number >= _LINES_OF_NOTES:
                break
        if best is None:
            raise PipelineError(f"{self.path.name} is empty; export it again")
        return best

    def _as_header(
        self, record: bytes, line: int, offset: int, delimiter: str
    ) -> FoundHeader:
        text = record.decode("utf-8", errors="replace")
        names = tuple(
            name.strip()
            for name in next(
                csv.reader(
                    text.splitlines(keepends=True),
                    delimiter=delimiter,
                    quoting=csv.QUOTE_MINIMAL if self.table.quoting else csv.QUOTE_NONE,
                ),
                [],
            )
        )
        place_of: dict[str, int] = {}
        for place, name in enumerate(names):
            place_of.setdefault(name.casefold(), place)
        positions = {}
        for column in self.table.columns:
            prefix = self.table.gathered(column)
            if prefix is None:
                places = [place_of[n] for n in [column.casefold()] if n in place_of]
            else:
                place_at = {
                    int(name[len(prefix) :]): place
                    for place, name in enumerate(names)
                    if name.casefold().startswith(prefix.casefold())
                    and name[len(prefix) :].isdecimal()
                }
                places = [place_at[number] for number in sorted(place_at)]
            if places:
                positions[column] = tuple(places)
        missing = tuple(name for name in self.table.required if name not in positions)
        return FoundHeader(names, line, offset, positions, missing, delimiter)


def _records(data: bytes, *, quoting: bool) -> Iterator[bytes]:
    """Lines, or several where a quoted name spans them."""
    record = b""
    for line in data.splitlines(keepends=True):
        record += line
        if not quoting or record.count(b'"') % 2 == 0:
            yield record
            record = b""
    if record:
        yield record


def what_is_missing(file: ExportFile) -> str:
    """The columns that a file lacks, each with the nearest names that it has."""
    said = []
    for column in file.header.missing:
        nearest = difflib.get_close_matches(column, file.header.names, _NEAREST, 0.5)
        like = f" (nearest: {', '.join(nearest)})" if nearest else ""
        said.append(f"{column}{like}")
    plural = "s" if len(said) > 1 else ""
    return (
        f"{file.path.name}, line {file.header.line}: missing column{plural} "
        f"{listed(said)}; found {listed(file.header.names)}"
    )


def find_files(
    folder: Path, tables: Sequence[ExportTable], advice: str, opened: ExitStack
) -> tuple[list[ExportFile], list[str]]:
    """The files of an export, each with the table that it fills.

    A file belongs to the table whose columns it has, of those whose pattern its name
    fits; where several tables fit, to the one of which it has most.

    Args:
        folder: Where they are.
        tables: What is looked for.
        advice: Where in the platform such an export is made.
        opened: Closes the files.

    Returns:
        The files in the order of the tables and of their names; and warnings.

    Raises:
        PipelineError: A file or a column is missing.
    """
    found: list[ExportFile] = []
    strangers: list[ExportFile] = []
    faults: list[str] = []
    best: dict[Path, ExportFile] = {}
    for file in files_with_tables(folder, tables, opened):
        if file.path not in best or _fit(file) > _fit(best[file.path]):
            best[file.path] = file
    for path in _entries(folder):
        if path.name.lower().endswith(_UNFINISHED):
            faults.append(f"{path.name} is a download that was never finished")
    for file in best.values():
        if not file.header.missing:
            found.append(file)
        elif file.table.is_named_by_its_kind_alone or _is_another_thing(file):
            strangers.append(file)
        else:
            faults.append(what_is_missing(file))
    if not faults:
        faults = _absent_parts(folder, tables, found, strangers, advice)
    if faults:
        raise PipelineError("; ".join(faults))
    others = [file.path.name for file in strangers if _is_another_thing(file)]
    warnings = [
        f"not read: {what_is_missing(file)}"
        for file in strangers
        if file.path.name not in others
    ]
    if others:
        warnings.append(f"not read, since they are something else: {listed(others)}")
    found = _without_copies(found, warnings)
    order = {table.name: number for number, table in enumerate(tables)}
    found.sort(key=lambda file: (order[file.table.name], file.path.name))
    return found, warnings


def holds_export_of(platform: Platform, folder: Path) -> bool:
    """Whether the files of a platform's export are in a folder."""
    with ExitStack() as opened, duckdb.connect() as connection:
        try:
            find_files(folder, platform.declare(connection), "", opened)
        except PipelineError:
            return False
        return True


def _absent_parts(
    folder: Path,
    tables: Sequence[ExportTable],
    found: Sequence[ExportFile],
    strangers: Sequence[ExportFile],
    advice: str,
) -> list[str]:
    faults = []
    filled = {file.table.part for file in found}
    needed = dict.fromkeys(table.part for table in tables if not table.is_optional)
    for part in needed:
        if part in filled:
            continue
        near = [file for file in strangers if file.table.part == part]
        if near:
            nearest = min(near, key=lambda file: len(file.header.missing))
            faults.append(f"{what_is_missing(nearest)}; {advice}")
            continue
        patterns = [
            pattern
            for table in tables
            if table.part == part
            for pattern in table.patterns
        ]
        there = [entry.name for entry in _entries(folder)]
        faults.append(
            f"{folder}: no file {' or '.join(dict.fromkeys(patterns))}; found "
            f"{listed(there) if there else 'nothing'}; {advice}"
        )
    return faults


def _entries(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise PipelineError(
            f"the folder {folder} does not exist; expected one with an export"
        )
    try:
        return sorted(
            path
            for path in folder.iterdir()
            if path.is_file() and not path.name.startswith(".")
        )
    except OSError as error:
        raise PipelineError(
            f"the folder {folder} cannot be read: {error.strerror}"
        ) from None


def files_with_tables(
    folder: Path, tables: Sequence[ExportTable], opened: ExitStack
) -> Iterator[ExportFile]:
    """Each file, with every table that its name fits."""
    for path in _entries(folder):
        candidates = [table for table in tables if table.is_named_like(path.name)]
        if not candidates:
            continue
        original = HeldFile(path)
        opened.callback(original.close)
        for table in candidates:
            yield ExportFile(path, table, original, opened)


def _is_another_thing(file: ExportFile) -> bool:
    """Whether it lacks most of the columns, so that its name alone is the export's."""
    return 2 * len(file.header.missing) > len(file.table.required)


def _fit(file: ExportFile) -> tuple[bool, int, int]:
    header = file.header
    return not header.missing, len(header.positions), -len(header.missing)


def _without_copies(files: list[ExportFile], warnings: list[str]) -> list[ExportFile]:
    """Without files of the same bytes as another, such as `orders_export (1).csv`."""
    kept: dict[str, ExportFile] = {}
    for file in sorted(files, key=lambda file: (len(file.path.name), file.path.name)):
        first = kept.setdefault(file.sha256, file)
        if first is not file:
            warnings.append(
                f"{file.path.name} is the same file as {first.path.name}; read once"
            )
    return list(kept.values())
