"""Names, e-mail and street addresses are masked unless `DWH_SHOW_PII=1`.

So are customer ids that are e-mail addresses, as guests have them in some shops.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

_PERSONAL = {"name", "email", "address"}
ID = "customer_id"
_MASK = "•••"


def shows_pii(environment: Mapping[str, str]) -> bool:
    """Whether the one who started the dashboard asked to see personal data."""
    return environment.get("DWH_SHOW_PII") == "1"


def is_personal(table: str, column: str) -> bool:
    """Whether the column of a mart tells who a customer is."""
    return table.lower() == "dimcustomer" and column.lower() in _PERSONAL


def mask(frame: pd.DataFrame, table: str = "DimCustomer") -> pd.DataFrame:
    """The rows with every personal value masked; a missing value stays missing."""
    masked = frame.copy()
    for column in masked:
        if hide := _mask_of(table, str(column)):
            masked[column] = masked[column].map(hide)
    return masked


def mask_batches(
    batches: Iterable[Sequence[tuple[Any, ...]]],
    columns: Sequence[str],
    table: str = "DimCustomer",
) -> Iterator[list[tuple[Any, ...]]]:
    """The same for rows that come some at a time."""
    hides = [_mask_of(table, column) for column in columns]
    for batch in batches:
        yield [
            tuple(
                hide(value) if hide else value
                for hide, value in zip(hides, row, strict=True)
            )
            for row in batch
        ]


def _mask_of(table: str, column: str) -> Callable[[object], object] | None:
    if is_personal(table, column):
        return _masked
    return _masked_id if column.lower() == ID else None


def _masked(value: object) -> object:
    if value is None or value != value:  # NaN
        return None
    return _MASK if str(value).strip() else ""


def _masked_id(value: object) -> object:
    return _MASK if "@" in str(value) else value
