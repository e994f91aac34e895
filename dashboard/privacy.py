"""Names, e-mail and street addresses are masked unless `DWH_SHOW_PII=1`.

So are customer ids that are e-mail addresses, as guests have them in some shops.
"""

from collections.abc import Mapping

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
    for column in masked.columns:
        if is_personal(table, str(column)):
            masked[column] = masked[column].map(_masked)
        elif str(column).lower() == ID:
            masked[column] = masked[column].map(_masked_id)
    return masked


def _masked(value: object) -> object:
    if value is None or value != value:  # NaN
        return None
    return _MASK if str(value).strip() else ""


def _masked_id(value: object) -> object:
    return _MASK if "@" in str(value) else value
