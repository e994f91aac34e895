"""Rows as Arrow batches, as every engine takes them."""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

# Name and type of each column: text, integer or real.
ColumnTypes = Sequence[tuple[str, str]]

_TYPES = {"text": pa.string(), "integer": pa.int64(), "real": pa.float64()}


def schema_of(columns: ColumnTypes) -> pa.Schema:
    """The Arrow schema of a table that is to be written."""
    return pa.schema([(name, _TYPES[kind]) for name, kind in columns])


def batch_of(columns: ColumnTypes, rows: Iterable[Sequence[object]]) -> pa.RecordBatch:
    """A few rows as a batch."""
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    schema = schema_of(columns)
    arrays = map(pa.array, values, schema.types)
    return pa.record_batch(list(arrays), schema=schema)


def rows_of(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[object, ...]]:
    """The rows of batches as Python values."""
    for batch in batches:
        yield from zip(*(column.to_pylist() for column in batch), strict=True)
