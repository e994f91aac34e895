"""The sample exports in tests/exports: their files, read, changed and written."""

import csv
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline.platforms.definition import platforms
from pipeline.platforms.importer import Import, LeftOut, import_export, read_export
from pipeline.raw_files.contract import RAW_TABLE_NAMES
from pipeline.terminal.progress import Reporter

EXPORTS = Path(__file__).resolve().parents[1] / "exports"
SAMPLES = sorted(folder.name for folder in EXPORTS.iterdir())
PLATFORMS = {platform.name: platform for platform in platforms()}

Row = dict[str, str | None]


def platform_of(sample: str) -> str:
    """The platform whose export a sample is: its name's beginning."""
    return max((name for name in PLATFORMS if sample.startswith(name)), key=len)


def imported(sample: str, out: Path) -> tuple[str, list[LeftOut]]:
    """Import a sample into a folder."""
    return import_folder(sample, EXPORTS / sample, out)


def import_folder(sample: str, folder: Path, out: Path) -> tuple[str, list[LeftOut]]:
    """Import a folder as the platform of a sample."""
    return import_export(PLATFORMS[platform_of(sample)], str(folder), out, Reporter())


@contextmanager
def opened(sample: str, folder: Path) -> Iterator[Import]:
    """A folder read and checked as the platform of a sample, without writing."""
    with read_export(PLATFORMS[platform_of(sample)], str(folder), Reporter()) as read:
        yield read


def what_comes_out(sample: str, folder: Path) -> tuple[list[Any], ...]:
    """All raw rows and what is left out."""
    with opened(sample, folder) as export:
        return (
            *(export.rows(f"from {table}") for table in RAW_TABLE_NAMES),
            export.left_out(),
        )


def rows_of(folder: Path, table: str) -> list[Row]:
    """The rows of a raw file."""
    rows: list[Row] = pq.read_table(folder / f"{table}.parquet").to_pylist()
    return rows


@dataclass
class Sheet:
    """A file of an export.

    Attributes:
        path: Where it was.
        delimiter: Between fields.
        encoding: Of its bytes.
        notes: The lines before the header, as they are.
        header: The names of the columns.
        rows: The fields.
    """

    path: Path
    delimiter: str
    encoding: str
    notes: str
    header: list[str]
    rows: list[list[str]]

    @classmethod
    def read(cls, path: Path) -> "Sheet":
        """Read a sample's file; its header is the first line of many fields."""
        data = path.read_bytes()
        try:
            text, encoding = data.decode("utf-8-sig"), "utf-8"
        except UnicodeDecodeError:
            text, encoding = data.decode("cp1252"), "cp1252"
        if path.suffix == ".txt":
            records = [line.split("\t") for line in text.splitlines()]
            return cls(path, "\t", encoding, "", records[0], records[1:])
        delimiter = ";" if ";" in text.partition("\n")[0] else ","
        lines = io.StringIO(text, newline="")
        notes = ""
        reader = csv.reader(lines, delimiter=delimiter)
        for record in reader:
            if len(record) > 1 and record != ["sep=", ""]:
                return cls(path, delimiter, encoding, notes, record, list(reader))
            notes += f"{csv_text([record], delimiter)}"
        raise AssertionError(f"{path} has no header")

    def text(self) -> str:
        """The file's text."""
        records = [self.header, *self.rows]
        if self.path.suffix == ".txt":
            return "".join("\t".join(record) + "\n" for record in records)
        return self.notes + csv_text(records, self.delimiter)

    def write(self, folder: Path) -> None:
        """Write it into another folder, under its name."""
        (folder / self.path.name).write_bytes(self.text().encode(self.encoding))


def csv_text(records: list[list[str]], delimiter: str = ",") -> str:
    """Records as CSV."""
    lines = io.StringIO(newline="")
    csv.writer(lines, delimiter=delimiter, lineterminator="\n").writerows(records)
    return lines.getvalue()


def copied(sample: str, folder: Path) -> Path:
    """A copy of a sample, to be changed."""
    return Path(shutil.copytree(EXPORTS / sample, folder / "export"))
