"""Read raw Parquet files: whatever the type of a column, its values as plain text."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import PipelineError
from pipeline.header import NO_HEADER, match_header
from pipeline.raw_file import BATCH_ROWS, Advance, RawFile


class ParquetFile(RawFile):
    """A `.parquet` file of one raw table."""

    def check(self, advance: Advance) -> None:
        """Check the columns and their types, then read every value once."""
        with self.readable():
            if self.size == 0 and self.table.is_optional:
                self.header, self.row_count = NO_HEADER, 0
                return
            if self.size == 0:
                raise PipelineError(
                    f"{self.path.name} is empty; expected a Parquet file"
                )
            with self._open() as file:
                schema = file.schema_arrow
                self.header = match_header(schema.names, self.table, self.path.name)
                for position in self.header.positions:
                    field = schema.field(position)
                    if not _is_plain(field.type):
                        raise PipelineError(
                            f"{self.path.name}: the column {field.name} has the type "
                            f"{field.type}; expected text, numbers or dates"
                        )
                self.row_count = file.metadata.num_rows
                self.require_rows()
        # A damaged page or a NUL shows only when the values are read.
        for _ in self.text_batches(advance):
            pass

    def batches(self, advance: Advance) -> Iterator[Iterable[Sequence[str | None]]]:
        """The rows of `text_batches` as Python values."""
        for batch in self.text_batches(advance):
            yield zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def text_batches(self, advance: Advance) -> Iterator[pa.RecordBatch]:
        """The rows as Arrow batches: contract columns, every one of type string."""
        header = self.header
        with self.readable(), self._open() as file:
            names = file.schema_arrow.names
            wanted = [names[position] for position in header.positions]
            step = self.size / max(self.row_count, 1)
            row = 0
            for batch in file.iter_batches(BATCH_ROWS, columns=wanted):
                columns = []
                for name, source in zip(header.columns, wanted, strict=True):
                    column = batch.column(batch.schema.get_field_index(source))
                    text = as_text(column)
                    text.validate(full=True)
                    self._refuse_nul(text, name, row)
                    columns.append(text)
                row += len(batch)
                advance(int(step * len(batch)))
                yield pa.RecordBatch.from_arrays(columns, names=list(header.columns))

    @contextmanager
    def readable(self) -> Iterator[None]:
        """Word what Arrow says."""
        with super().readable():
            try:
                yield
            except (pa.ArrowException, OSError) as error:
                # Arrow's own "I/O" errors, such as a damaged page, carry no errno.
                if isinstance(error, OSError) and error.errno is not None:
                    raise
                what = (str(error).splitlines() or ["unknown format"])[0].rstrip(".")
                raise PipelineError(
                    f"{self.path.name} is no Parquet file that can be read ({what}); "
                    "make or copy it again"
                ) from None

    @contextmanager
    def _open(self) -> Iterator[pq.ParquetFile]:
        with pq.ParquetFile(self.path) as file:
            yield file

    def _refuse_nul(self, text: pa.Array, name: str, row: int) -> None:
        if pc.any(pc.match_substring(text, "\0")).as_py():
            at = pc.index(pc.match_substring(text, "\0"), True).as_py()
            raise PipelineError(
                f"{self.path.name}, row {row + at + 1}: a NUL byte in the column "
                f"{name}; expected text"
            )


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
