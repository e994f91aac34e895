"""Raw files as the bytes that PostgreSQL's COPY reads."""

import gzip
from collections.abc import Generator, Iterable, Sequence
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.csv

from pipeline.raw_files.csv_files import CsvFile
from pipeline.raw_files.raw_file import Advance, RawFile

Chunks = Generator[bytes, None, None]


class CopyStream:
    """Bytes of CSV, read as COPY reads them.

    Attributes:
        columns: The columns in the order of the bytes.
        has_header: Whether the first record is the header.
        error: What went wrong while reading: psycopg2 makes a text of it.
    """

    def __init__(
        self, columns: Sequence[str], chunks: Chunks, *, has_header: bool
    ) -> None:
        self.columns = tuple(columns)
        self.has_header = has_header
        self.error: BaseException | None = None
        self._chunks = chunks
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes; none at the end."""
        if not self._rest:
            try:
                self._rest = next(self._chunks, b"")
            except BaseException as error:
                self.error = error
                raise
        taken = self._rest if size < 0 else self._rest[:size]
        self._rest = self._rest[len(taken) :]
        return taken

    def close(self) -> None:
        """Close the file underneath."""
        self._chunks.close()


def csv_file(file: RawFile, advance: Advance) -> CopyStream | None:
    """A CSV file's own bytes, or None where COPY could not tell its columns apart."""
    if not isinstance(file, CsvFile) or file.header.unknown:
        return None
    columns = [""] * file.header.width
    for name, position in zip(file.header.columns, file.header.positions, strict=True):
        columns[position] = name
    return CopyStream(columns, _bytes_of(file, advance), has_header=True)


def _bytes_of(file: CsvFile, advance: Advance) -> Chunks:
    with file.held.path.open("rb") as raw:
        raw.seek(0)
        stream = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if file.compressed else raw
        done = 0
        while chunk := stream.read(1 << 20):
            yield chunk
            advance(raw.tell() - done)
            done = raw.tell()


def batches_as_csv(
    columns: Sequence[str], batches: Iterable[pa.RecordBatch]
) -> CopyStream:
    """Arrow's batches as CSV, null as nothing between the commas."""
    return CopyStream(columns, _batch_chunks(batches), has_header=False)


def _batch_chunks(batches: Iterable[pa.RecordBatch]) -> Chunks:
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="all_valid")
    for batch in batches:
        sink = pa.BufferOutputStream()
        pyarrow.csv.write_csv(batch, sink, options)
        yield sink.getvalue().to_pybytes()
