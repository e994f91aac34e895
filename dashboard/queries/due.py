"""Due: buyers who have waited longer than they usually do, and what they may bring."""

import pandas as pd
import pyarrow as pa

from dashboard import privacy
from dashboard.exports import Export
from dashboard.filters import Parameters, country_of, customers_in, one_of, values_of
from dashboard.warehouse import Warehouse

# What the page calls them, and what rpt_due_buyers does.
STATUSES = {"Due": ("due",), "Overdue": ("overdue",), "Both": ("due", "overdue")}

# Where expected values are from, in words, by rpt_due_buyers' name for it.
VALUE_BASES = {
    "model": "as the model on the page Lifetime value predicts",
    "own average": "the orders that the model predicts, at each buyer's own average",
    "own rhythm": "as if each went on at the usual gap and average; no model fits",
}

_PERSONAL = ("name", "email", "address")
_TYPES = {
    "customer_key": pa.int64(),
    "customer_id": pa.string(),
    **dict.fromkeys(_PERSONAL, pa.string()),
    "city": pa.string(),
    "country": pa.string(),
    "segment_name": pa.string(),
    "due_status": pa.string(),
    "last_order_date": pa.date32(),
    "usual_gap_days": pa.float64(),
    "recency_days": pa.int64(),
    "gaps_waited": pa.float64(),
    "p_alive": pa.float64(),
    "expected_orders": pa.float64(),
    "expected_value": pa.float64(),
    "value_basis": pa.string(),
}


def by_segment(
    warehouse: Warehouse, statuses: tuple[str, ...], countries: tuple[str, ...]
) -> pd.DataFrame:
    """The due buyers by segment, the highest expected value first.

    Returns:
        segment_name, due_buyers, expected_orders, expected_value, and value_basis: a
        key of `VALUE_BASES`, the same for all.
    """
    join, condition = customers_in("due", countries)
    return warehouse.query(
        "select due.segment_name, count(*) as due_buyers, "
        "sum(due.expected_orders) as expected_orders, "
        "sum(due.expected_value) as expected_value, "
        "min(due.value_basis) as value_basis "
        f"from rpt_due_buyers as due {join} "
        f"where {one_of('due.due_status', statuses, 'status')} and {condition} "
        "group by due.segment_name "
        "order by sum(due.expected_value) desc, due.segment_name",
        values_of("status", statuses) | values_of("country", countries),
    ).astype({"expected_orders": float, "expected_value": float})


def totals(segments: pd.DataFrame) -> dict[str, float]:
    """The headline figures of rows of `by_segment`, by metric."""
    columns = ("due_buyers", "expected_value", "expected_orders")
    return {key: float(segments[key].sum()) for key in columns}


def buyers(
    warehouse: Warehouse,
    statuses: tuple[str, ...],
    segments: tuple[str, ...],
    countries: tuple[str, ...],
    limit: int,
) -> pd.DataFrame:
    """The first of them, the highest expected value first: `_TYPES`."""
    sql, parameters = _buyers(list(_TYPES), statuses, segments, countries)
    amounts = [name for name, kind in _TYPES.items() if kind == pa.float64()]
    return warehouse.query(
        f"{sql} limit :row_limit", parameters | {"row_limit": limit}
    ).astype(dict.fromkeys(amounts, float))


def export(
    warehouse: Warehouse,
    statuses: tuple[str, ...],
    segments: tuple[str, ...],
    countries: tuple[str, ...],
    *,
    show_pii: bool,
) -> Export:
    """All of them to take away: with names and addresses, or by their keys only."""
    types = {
        name: kind
        for name, kind in _TYPES.items()
        if show_pii or name not in (*_PERSONAL, "city")
    }
    batches = warehouse.batches(*_buyers(list(types), statuses, segments, countries))
    masked = batches if show_pii else privacy.mask_batches(batches, list(types))
    return Export(types, masked)


def _buyers(
    columns: list[str],
    statuses: tuple[str, ...],
    segments: tuple[str, ...],
    countries: tuple[str, ...],
) -> tuple[str, Parameters]:
    country = country_of("customers")
    of_customers = {*_PERSONAL, "city"}
    selected = ", ".join(
        f"{country} as country"
        if name == "country"
        else f"{'customers' if name in of_customers else 'due'}.{name}"
        for name in columns
    )
    sql = (
        f"select {selected} from rpt_due_buyers as due "
        "inner join DimCustomer as customers "
        "on due.customer_key = customers.customer_key "
        f"where {one_of('due.due_status', statuses, 'status')} "
        f"and {one_of('due.segment_name', segments, 'segment')} "
        f"and {one_of(country, countries, 'country')} "
        "order by due.expected_value desc, due.customer_key"
    )
    chosen = values_of("status", statuses) | values_of("segment", segments)
    return sql, chosen | values_of("country", countries)
