"""Read raw CSV files, plain or gzipped: checked first, then streamed as text."""

import csv
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.csv

from pipeline.errors import RawFileError
from pipeline.raw_files.contract import RawTable
from pipeline.raw_files.csv_structure import CsvStructure
from pipeline.raw_files.header import Header, match_header
from pipeline.raw_files.limits import Limits
from pipeline.raw_files.raw_file import Advance, RawFile

_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_CHUNK_BYTES = 1 << 20
_WHOLE_GZIP = "expected a whole gzip file; make or copy it again"

# A field may be longer than the 128 KiB that the csv module allows by default.
csv.field_size_limit(sys.maxsize)


class CsvFile(RawFile):
    """A `.csv` or `.csv.gz` file of one raw table."""

    def __init__(self, table: RawTable, path: Path) -> None:
        super().__init__(table, path)
        self.compressed = path.suffix.lower() == ".gz"

    def _check(self, advance: Advance) -> None:
        """Check encoding, structure and header, a chunk at a time."""
        limits = Limits.from_environment()
        with self._stream() as (stream, raw):
            # Enough to see a whole header.
            chunk = stream.read(max(_CHUNK_BYTES, limits.header_bytes))
            if not chunk and self.table.is_optional:
                return
            self._check_start(chunk)
            chunk = chunk.removeprefix(_BOM)
            self.header = self._read_header(chunk, limits)
            structure = CsvStructure(self.path.name, self.header.width, limits)
            done = unpacked = 0
            while chunk:
                unpacked += len(chunk)
                if self.compressed:
                    limits.check_unpacked(self.path.name, unpacked, self.size)
                structure.feed(chunk)
                advance(raw.tell() - done)
                done = raw.tell()
                chunk = stream.read(_CHUNK_BYTES)
            structure.finish()
        self.row_count = structure.records - 1
        self._longest_record = structure.longest_record

    def _batches(self, advance: Advance) -> Iterator[pa.RecordBatch]:
        """Arrow's own reader, on blocks that each hold the longest record."""
        columns, header = self.table.columns, self.header
        names = [f"unknown {position}" for position in range(header.width)]
        for name, position in zip(header.columns, header.positions, strict=True):
            names[position] = name
        longest = self._longest_record + len(_BOM + b"\r\n")
        options = (
            pyarrow.csv.ReadOptions(
                use_threads=False,
                block_size=max(_CHUNK_BYTES, longest),
                column_names=names,
                skip_rows_after_names=1,
            ),
            pyarrow.csv.ParseOptions(newlines_in_values=True),
            pyarrow.csv.ConvertOptions(
                include_columns=columns,
                include_missing_columns=True,
                column_types=dict.fromkeys(columns, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
        with (
            self._stream() as (stream, raw),
            pyarrow.csv.open_csv(stream, *options) as reader,
        ):
            done = 0
            for batch in reader:
                yield batch
                position = raw.tell()
                advance(position - done)
                done = position

    def _check_start(self, first: bytes) -> None:
        name = self.path.name
        if not first:
            raise RawFileError(
                f"{name} is empty; expected a header line: "
                f"{','.join(self.table.columns)}"
            )
        if first.startswith(_UTF_16):
            raise RawFileError(f"{name}, line 1: the file is UTF-16; save it as UTF-8")
        if first.startswith((b"PK\x03\x04", b"\x1f\x8b", b"PAR1")):
            raise RawFileError(
                f"{name}, line 1: this is a zip, Excel, gzip or Parquet file; expected "
                f"CSV text (a gzipped CSV is named {self.table.name}.csv.gz)"
            )

    def _read_header(self, first: bytes, limits: Limits) -> Header:
        where = f"{self.path.name}, line 1"
        end = _end_of_record(first)
        if (end or len(first)) >= limits.header_bytes:
            raise RawFileError(
                f"{where}: no end in the first {limits.header_bytes:,} bytes; expected "
                f"the column names {', '.join(self.table.columns)}"
            )
        line = first[:end]
        # For its encoding and its quotes; the width is not known yet.
        structure = CsvStructure(self.path.name, line.count(b",") + 1, limits)
        if b'"' not in line:
            structure.feed(line)
        try:
            names = next(csv.reader([line.decode()], strict=True), [])
        except (UnicodeDecodeError, csv.Error):
            structure.feed(line)
            structure.finish()
            raise RawFileError(f"{where}: cannot be read as CSV") from None
        limits.check_columns(where, len(names))
        return match_header(names, self.table, where)

    def _reading_error(self, error: Exception) -> RawFileError | None:
        """What gzip and Arrow say."""
        name = self.path.name
        if isinstance(error, EOFError):
            return RawFileError(f"{name} is cut off; {_WHOLE_GZIP}")
        if isinstance(error, gzip.BadGzipFile | zlib.error):
            return RawFileError(f"{name} is corrupt ({error}); {_WHOLE_GZIP}")
        if isinstance(error, pa.ArrowInvalid):
            # The check found no such thing, so these are other bytes.
            return self._changed()
        return super()._reading_error(error)

    @contextmanager
    def _stream(self) -> Iterator[tuple[BinaryIO, BinaryIO]]:
        """The file's bytes, unpacked, and the file itself, for its position."""
        with self.held.path.open("rb") as raw:
            raw.seek(0)  # where the file opened again is the same open file
            if not self.compressed:
                yield raw, raw
                return
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield cast(BinaryIO, io.BufferedReader(unpacked, _CHUNK_BYTES)), raw


def _end_of_record(data: bytes) -> int | None:
    """Where the first record ends, or None where it has no end in these bytes."""
    start = quotes = 0
    while (end := data.find(b"\n", start)) >= 0:
        quotes += data.count(b'"', start, end)
        start = end + 1
        if quotes % 2 == 0:
            return start
    return None
