"""Streaming writers of raw tables: RFC 4180 CSV, or Parquet with text columns."""

from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from generator.configuration import FileFormat
from generator.raw_tables import RawTable

ROW_GROUP = 262_144  # rows; fixed, so that chunks do not show in the file
_SPECIAL = (b'"', b",", b"\n", b"\r")


class TableWriter(Protocol):
    """Takes batches of one raw table and writes them in order."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Append rows."""

    def close(self) -> None:
        """Finish the file."""


def _values_bytes(column: pa.StringArray) -> memoryview:
    """Return the bytes of a string column's values, or somewhat more of them."""
    data = column.buffers()[2]
    return memoryview(data) if data is not None else memoryview(b"")


def quoted(column: pa.StringArray) -> pa.StringArray:
    """Return the column with those values quoted that RFC 4180 wants quoted."""
    values = bytes(_values_bytes(column))
    if not any(special in values for special in _SPECIAL):
        return column
    wrapped = pc.binary_join_element_wise(
        pa.scalar('"'), pc.replace_substring(column, '"', '""'), pa.scalar('"'), ""
    )
    return pc.if_else(pc.match_substring_regex(column, '[",\n\r]'), wrapped, column)


def csv_bytes(batch: pa.RecordBatch) -> memoryview:
    r"""Return the batch as CSV lines that end in ``\n``, nulls as empty fields."""
    columns = [quoted(column) for column in batch.columns]
    columns[-1] = pc.binary_join_element_wise(
        columns[-1],
        pa.scalar("\n"),
        "",
        null_handling="replace",
        null_replacement="",
    )
    lines = pc.binary_join_element_wise(
        *columns, ",", null_handling="replace", null_replacement=""
    )
    # The values of the joined column stand end to end: they are the file.
    return _values_bytes(lines)


class CsvWriter:
    """Writes one table as CSV."""

    def __init__(self, path: Path, table: RawTable) -> None:
        self._file = path.open("wb")
        self._file.write((",".join(table.columns) + "\n").encode())

    def write(self, batch: pa.RecordBatch) -> None:
        """Append rows."""
        self._file.write(csv_bytes(batch))

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class ParquetWriter:
    """Writes one table as Parquet, in row groups of a fixed size."""

    def __init__(self, path: Path, table: RawTable) -> None:
        self._writer = pq.ParquetWriter(path, table.schema, compression="zstd")
        self._schema = table.schema
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Append rows."""
        self._waiting.append(batch)
        self._rows += batch.num_rows
        while self._rows >= ROW_GROUP:
            self._flush(ROW_GROUP)

    def _flush(self, rows: int) -> None:
        table = pa.Table.from_batches(self._waiting, self._schema)
        self._writer.write_table(table.slice(0, rows), row_group_size=ROW_GROUP)
        self._waiting = table.slice(rows).to_batches()
        self._rows -= rows

    def close(self) -> None:
        """Write what is waiting and finish the file."""
        try:
            if self._rows:
                self._flush(self._rows)
        finally:
            self._writer.close()


def open_writer(path: Path, table: RawTable, file_format: FileFormat) -> TableWriter:
    """Return a writer that creates ``path``."""
    if file_format is FileFormat.CSV:
        return CsvWriter(path, table)
    return ParquetWriter(path, table)
