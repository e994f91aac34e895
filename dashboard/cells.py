"""The cells of a table: changes in their colours, and the minus that stands elsewhere.

Streamlit's number formats write a hyphen, and it takes what a Styler writes only in a
column without a format.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from dashboard.formatting import DASH, MINUS

# Streamlit's own formats as Python's, beside those of C.
_NAMED = {"percent": "{:.1%}", "dollar": "${:,.2f}", "euro": "€{:,.2f}"}
_C = re.compile(r"%(\+?)(,?)(?:\.(\d))?[df](%%)?")


def written(
    rows: pd.DataFrame,
    columns: Mapping[str, Any],
    changes: Sequence[str] = (),
    colour: Callable[[float], str] | None = None,
) -> tuple[Any, dict[str, Any]]:
    """The rows and columns as `st.dataframe` takes them.

    Args:
        rows: What the table shows.
        columns: How each column is written.
        changes: Columns of shares, shown in percent.
        colour: That of a change.
    """
    rows = rows.assign(**{name: rows[name] * 100 for name in changes})
    below_zero: dict[Any, str | Callable[[object], str] | None] = {
        name: partial(number, number_format=number_format)
        for name, number_format in _formats(columns)
        if (rows[name] < 0).any()
    }
    shown = dict(columns)
    if not below_zero and not changes:
        return rows, shown
    for name in below_zero:
        kind = {**columns[name]["type_config"], "format": None}
        shown[name] = {**columns[name], "type_config": kind}
    styled = rows.reset_index(drop=True).style.format(below_zero, na_rep=DASH)
    if changes and colour is not None:
        styled = styled.map(
            lambda value: f"color: {colour(value)}", subset=list(changes)
        )
    return styled, shown


def number(value: float, number_format: str) -> str:
    """A number as Streamlit's column of that format writes it, with a true minus.

    Raises:
        ValueError: The format is not one of those that the pages use.
    """
    if math.isnan(value):
        return DASH
    pattern, sign = _NAMED.get(number_format), MINUS if value < 0 else ""
    if pattern is None:
        found = _C.fullmatch(number_format)
        if found is None:
            raise ValueError(f"no format of numbers: {number_format}")
        plus, comma, decimals, percent = found.groups()
        pattern = f"{{:{comma}.{decimals or 0}f}}{'%' if percent else ''}"
        sign = sign or plus
    return sign + pattern.format(abs(value))


def _formats(columns: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The columns of numbers and their formats."""
    kinds = {
        name: column.get("type_config") or {}
        for name, column in columns.items()
        if isinstance(column, dict)
    }
    return [
        (name, kind["format"])
        for name, kind in kinds.items()
        if kind.get("type") == "number" and kind.get("format")
    ]
