"""Read raw Parquet files: whatever the type of a column, its values as plain text."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import RawFileError
from pipeline.raw_files.header import match_header
from pipeline.raw_files.limits import Limits
from pipeline.raw_files.raw_file import BATCH_ROWS, Advance, RawFile

# The text of one batch, and the rows of one where a value's length cannot be told from
# the size of its page.
_BATCH_BYTES = 256 << 20
_FEW_ROWS = 1_000
_ARROW_ERRORS = (pa.ArrowException, OSError, ValueError, TypeError)


class ParquetFile(RawFile):
    """A `.parquet` file of one raw table."""

    _dictionaries: tuple[str, ...] = ()
    _batch_rows = BATCH_ROWS

    def _check(self, advance: Advance) -> None:
        """Check the columns and their types, then read every value once."""
        name = self.path.name
        if not self.size:
            raise RawFileError(f"{name} is empty; expected a Parquet file")
        limits = Limits.from_environment()
        with self._open() as file:
            schema = file.schema_arrow
            limits.check_columns(name, len(schema.names))
            self.header = match_header(schema.names, self.table, name)
            for position in self.header.positions:
                field = schema.field(position)
                if not _is_plain(field.type):
                    raise RawFileError(
                        f"{name}: the column {field.name} has the type "
                        f"{field.type}; expected text, numbers or dates"
                    )
            self.row_count = file.metadata.num_rows
            self._plan_reading(file, limits)
        # A damaged page or a NUL shows only when the values are read.
        rows = unpacked = 0
        for batch in self.batches(advance):
            for column in batch.select(self.header.columns):
                lengths = pc.binary_length(column)
                if (pc.max(lengths).as_py() or 0) > limits.field_bytes:
                    raise limits.field_too_large(f"{name}, after row {rows:,}")
                # Nothing, too, costs a byte, as it does in a CSV file.
                unpacked += (pc.sum(lengths).as_py() or 0) + len(column)
            limits.check_unpacked(name, unpacked, self.size)
            rows += len(batch)
        if rows != self.row_count:
            raise RawFileError(
                f"{name} holds {rows:,} rows and its footer says {self.row_count:,}; "
                "make or copy it again"
            )

    def _batches(self, advance: Advance) -> Iterator[pa.RecordBatch]:
        header = self.header
        nothing = pa.scalar(None, pa.string())
        with self._open() as file:
            names = file.schema_arrow.names
            wanted = [names[position] for position in header.positions]
            step = self.size / max(self.row_count, 1)
            row = 0
            for batch in file.iter_batches(self._batch_rows, columns=wanted):
                found = [batch.column(name) for name in wanted]
                for columns in _slices_of_bounded_size(found):
                    rows = len(columns[0])
                    texts = dict.fromkeys(
                        self.table.columns, pa.nulls(rows, pa.string())
                    )
                    for name, column in zip(header.columns, columns, strict=True):
                        text = as_text(column)
                        text.validate(full=True)
                        self._refuse_nul(text, name, row)
                        texts[name] = pc.if_else(pc.equal(text, ""), nothing, text)
                    row += rows
                    yield pa.RecordBatch.from_pydict(texts)
                advance(int(step * len(batch)))

    def _plan_reading(self, file: pq.ParquetFile, limits: Limits) -> None:
        """Read in a way that takes memory by what the file holds, not by what it says.

        A value that is packed once and repeated a million times is read as it is
        packed, a dictionary and indexes into it.
        """
        schema, metadata = file.schema_arrow, file.metadata
        fields = [schema.field(position) for position in self.header.positions]
        encodings: dict[str, set[str]] = {field.name: set() for field in fields}
        paths = [file.schema.column(n).path for n in range(metadata.num_columns)]
        path_of = {n: path for n, path in enumerate(paths) if path in encodings}
        unpacked = 0
        for number in range(metadata.num_row_groups):
            # Where what is known of a column is damaged, reading a row says so; to ask
            # for it would end the process (of C++, which lets nobody catch that).
            next(file.iter_batches(1, row_groups=[number], columns=list(encodings)), 0)
            for n, path in path_of.items():
                column = metadata.row_group(number).column(n)
                encodings[path] |= set(column.encodings)
                unpacked += column.total_uncompressed_size
        limits.check_unpacked(self.path.name, unpacked, self.size)
        self._dictionaries = tuple(
            field.name
            for field in fields
            if _is_text(field.type)
            and "RLE_DICTIONARY" in encodings[field.name]
            # Arrow cannot make dictionaries of the others.
            and encodings[field.name]
            <= {"RLE_DICTIONARY", "PLAIN_DICTIONARY", "PLAIN", "RLE"}
        )
        widths = [
            field.type.byte_width
            for field in fields
            if pa.types.is_fixed_size_binary(field.type)
        ]
        self._batch_rows = min(
            [BATCH_ROWS, *(max(1, _BATCH_BYTES // max(width, 1)) for width in widths)]
        )
        if any("DELTA_BYTE_ARRAY" in found for found in encodings.values()):
            self._batch_rows = min(self._batch_rows, _FEW_ROWS)

    def _reading_error(self, error: Exception) -> RawFileError | None:
        """What Arrow says."""
        # Arrow's own "I/O" errors, such as a damaged page, carry no errno.
        is_arrows = not isinstance(error, OSError) or error.errno is None
        if is_arrows and isinstance(error, _ARROW_ERRORS):
            what = (str(error).splitlines() or ["unknown format"])[0].rstrip(".")
            return RawFileError(
                f"{self.path.name} is no Parquet file that can be read ({what}); "
                "make or copy it again"
            )
        return super()._reading_error(error)

    def _open(self) -> pq.ParquetFile:
        # Opened in its own right each time; the path is one that no engine globs.
        return pq.ParquetFile(
            self.held.path,
            read_dictionary=self._dictionaries,
            page_checksum_verification=True,
        )

    def _refuse_nul(self, text: pa.Array, name: str, row: int) -> None:
        at = pc.index(pc.match_substring(text, "\0"), True).as_py()
        if at >= 0:
            raise RawFileError(
                f"{self.path.name}, row {row + at + 1}: a NUL byte in the column "
                f"{name}; expected text"
            )


def _slices_of_bounded_size(columns: Sequence[pa.Array]) -> Iterator[list[pa.Array]]:
    """The rows in slices whose dictionaries may be written out."""
    rows = len(columns[0])
    written_out = sum(
        pc.sum(pc.binary_length(column.dictionary).take(column.indices)).as_py() or 0
        for column in columns
        if pa.types.is_dictionary(column.type) and _is_text(column.type.value_type)
    )
    step = rows
    if written_out > _BATCH_BYTES:
        step = max(1, rows * _BATCH_BYTES // written_out)
    for start in range(0, rows, max(step, 1)):
        yield [column.slice(start, step) for column in columns]


def _is_text(kind: pa.DataType) -> bool:
    return kind in (pa.string(), pa.large_string(), pa.binary(), pa.large_binary())


def _is_plain(kind: pa.DataType) -> bool:
    if isinstance(kind, pa.BaseExtensionType):
        return _is_plain(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    return not (
        pa.types.is_nested(kind)
        or pa.types.is_duration(kind)
        or pa.types.is_interval(kind)
    )


def as_text(values: pa.Array) -> pa.Array:
    """A column's values as plain text, in an Arrow array of type string.

    Whole numbers have no point (17850, also where the column is a float), others no
    exponent and no zeros at the end; dates read `YYYY-MM-DD`, times of a day
    `YYYY-MM-DD HH:MM:SS` on the wall clock of their zone; NaN is null.

    Raises:
        pyarrow.ArrowException: Bytes that are not UTF-8.
    """
    kind = values.type
    if isinstance(kind, pa.UuidType):
        return pa.array([None if v is None else str(v) for v in values.to_pylist()])
    if isinstance(kind, pa.BaseExtensionType):
        return as_text(values.storage)
    if pa.types.is_dictionary(kind):
        return as_text(values.dictionary).take(values.indices)
    if pa.types.is_string(kind):
        return values
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        # Formatting costs; prices and quantities repeat.
        distinct = values.dictionary_encode()
        texts = [_plain_number(value) for value in _numbers(distinct.dictionary)]
        return pa.array(texts, pa.string()).take(distinct.indices)
    if pa.types.is_timestamp(kind):
        if kind.tz is not None:
            values = pc.local_timestamp(values)
        text = pc.cast(values, pa.string())
        text = pc.replace_substring_regex(text, r"(\.\d*?)0+$", r"\1")
        return pc.replace_substring_regex(text, r"\.$", "")
    return pc.cast(values, pa.string())


def _numbers(values: pa.Array) -> list[Decimal | None]:
    """Each number exactly as its shortest text reads; null for NaN."""
    if pa.types.is_decimal(values.type):
        return [
            None if value is None else Decimal(value) for value in values.to_pylist()
        ]
    # In its own width, so that a 32-bit 0.1 stays 0.1.
    floats = values.to_numpy(zero_copy_only=False)
    return [None if np.isnan(value) else Decimal(str(value)) for value in floats]


def _plain_number(value: Decimal | None) -> str | None:
    if value is None:
        return None
    if not value.is_finite():
        return str(value)
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
