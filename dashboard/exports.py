"""Files to take away: CSV that no spreadsheet can be tricked with, and Parquet."""

import csv
import datetime as dt
import io
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

# However many ask: a second file is begun when the first is written.
_ONE_AT_A_TIME = threading.Lock()

# What starts like this is a formula to a spreadsheet (OWASP, CSV injection), whatever
# blanks are before it. Where the comma is the decimal sign, a cell ends at a semicolon,
# and quotes within it hold nothing together: a formula may follow each of these.
_BLANKS = r"[\s\0\u200b\u2060\ufeff]*"
_SIGNS = r"[=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]"  # full-width, small
_FORMULA = re.compile(rf"(\A|[;\t\r\n])({_BLANKS})(?={_SIGNS})")
_BREAKS = ("\t", "\r", "\n")


def safe_cell(value: object) -> object:
    """The value, with a quote before text that a spreadsheet would run.

    Numbers stay numbers, so an amount below 0 is left alone.
    """
    if not isinstance(value, str):
        return value
    safe = _FORMULA.sub(r"\1'\2", value)
    return f"'{safe}" if safe.startswith(_BREAKS) else safe


@dataclass(frozen=True)
class Export:
    """Rows to take away.

    Attributes:
        types: The column's names, and what Arrow calls their types.
        batches: The rows, some at a time; fetched while the file is written.
    """

    types: dict[str, pa.DataType]
    batches: Iterable[Iterable[tuple[Any, ...]]]


def of_frame(frame: pd.DataFrame) -> Export:
    """The rows of a frame, missing values as None."""
    rows = frame.astype(object).where(frame.notna(), None)
    return Export(
        dict.fromkeys(map(str, frame.columns), pa.string()),
        [rows.itertuples(index=False, name=None)],
    )


def to_csv(export: Export) -> bytes:
    """CSV in UTF-8 with a byte order mark, by which spreadsheets know the encoding."""
    flags = [pa.types.is_boolean(kind) for kind in export.types.values()]
    with _ONE_AT_A_TIME, io.BytesIO() as file:
        text = io.TextIOWrapper(file, "utf-8-sig", newline="")
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow([safe_cell(name) for name in export.types])
        for batch in export.batches:
            writer.writerows(
                [
                    safe_cell(bool(value) if flag and value is not None else value)
                    for flag, value in zip(flags, row, strict=True)
                ]
                for row in batch
            )
        text.flush()
        return file.getvalue()


def to_parquet(export: Export) -> bytes:
    """A Parquet file of the rows."""
    schema = pa.schema(list(export.types.items()))
    with _ONE_AT_A_TIME, io.BytesIO() as file:
        with pq.ParquetWriter(file, schema) as writer:
            for batch in export.batches:
                columns = zip(*batch, strict=True)
                arrays = [
                    pa.array([_fitting(value, kind) for value in column], kind)
                    for column, kind in zip(columns, schema.types, strict=True)
                ]
                writer.write_table(pa.table(arrays, schema))
        return file.getvalue()


def _fitting(value: Any, kind: pa.DataType) -> Any:
    """The value as Arrow takes it: SQLite has neither days nor yes and no."""
    if value is None:
        return None
    if pa.types.is_date(kind):
        return dt.date.fromisoformat(str(value)[:10])
    if pa.types.is_boolean(kind):
        return bool(value)
    return value
