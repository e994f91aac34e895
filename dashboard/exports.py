"""Files to take away: CSV that no spreadsheet can be tricked with, and Parquet."""

import io
import re

import pandas as pd

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


def to_csv(frame: pd.DataFrame) -> bytes:
    """CSV in UTF-8 with a byte order mark, by which spreadsheets know the encoding."""
    safe = frame.copy()
    safe.columns = [safe_cell(str(name)) for name in safe.columns]
    for position in range(safe.shape[1]):
        column = safe.iloc[:, position]
        if not pd.api.types.is_numeric_dtype(column):
            safe.isetitem(position, column.map(safe_cell).to_numpy())
    return safe.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def to_parquet(frame: pd.DataFrame) -> bytes:
    """A Parquet file of the rows."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()
