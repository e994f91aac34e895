"""Names, e-mail and street addresses are masked unless `DWH_SHOW_PII=1`.

So are customer ids that are e-mail addresses, as guests have them in some shops.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

_PERSONAL = {"dimcustomer": frozenset({"name", "email", "address"})}
ID = "customer_id"
_MASK = "•••"


def shows_pii(environment: Mapping[str, str]) -> bool:
    """Whether the one who started the dashboard asked to see personal data."""
    return environment.get("DWH_SHOW_PII") == "1"


def is_personal(table: str, column: str) -> bool:
    """Whether the column of a mart tells who a customer is."""
    return column.lower() in _PERSONAL.get(table.lower(), frozenset())


def mask(frame: pd.DataFrame, table: str = "DimCustomer") -> pd.DataFrame:
    """The rows with every personal value masked; a missing value stays missing."""
    masked = frame.copy()
    for column, hide in _masks(list(map(str, masked.columns)), table).items():
        masked[column] = masked[column].map(hide)
    return masked


def mask_batches(
    batches: Iterable[Sequence[tuple[Any, ...]]],
    columns: Sequence[str],
    table: str = "DimCustomer",
) -> Iterator[list[tuple[Any, ...]]]:
    """The same for rows that come some at a time."""
    masks = _masks(columns, table)
    hides = [masks.get(column) for column in columns]
    for batch in batches:
        yield [
            tuple(
                hide(value) if hide else value
                for hide, value in zip(hides, row, strict=True)
            )
            for row in batch
        ]


def _masks(columns: Sequence[str], table: str) -> dict[str, Callable[[object], object]]:
    masks: dict[str, Callable[[object], object]] = {}
    for column in columns:
        if is_personal(table, column):
            masks[column] = _masked
        elif column.lower() == ID:
            masks[column] = _masked_id
    return masks


def _masked(value: object) -> object:
    if value is None or value != value:  # NaN
        return None
    return _MASK if str(value).strip() else ""


def _masked_id(value: object) -> object:
    return _MASK if "@" in str(value) else value
