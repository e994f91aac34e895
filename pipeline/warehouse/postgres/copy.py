"""Rows as the bytes of CSV that PostgreSQL's COPY reads."""

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.csv

_OPTIONS = pyarrow.csv.WriteOptions(include_header=False, quoting_style="all_valid")


class CopyStream:
    """Arrow's batches as CSV, null as nothing between the commas."""

    def __init__(self, batches: Iterable[pa.RecordBatch]) -> None:
        self._chunks = _chunks(batches)
        self._rest = memoryview(b"")

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes; none at the end."""
        if not self._rest:
            self._rest = memoryview(next(self._chunks, b""))
        taken = self._rest if size < 0 else self._rest[:size]
        self._rest = self._rest[len(taken) :]
        return bytes(taken)


def _chunks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Buffer]:
    for batch in batches:
        sink = pa.BufferOutputStream()
        pyarrow.csv.write_csv(batch, sink, _OPTIONS)
        yield sink.getvalue()
