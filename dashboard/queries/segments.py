"""RFM segments: who is in which, and who moved."""

import pandas as pd
import pyarrow as pa

from dashboard import privacy
from dashboard.exports import Export
from dashboard.filters import Parameters, country_of, customers_in, one_of, values_of
from dashboard.metrics import ratio, shares
from dashboard.warehouse import Warehouse

# Segments by what to do about them, from the best to the worst; the names are those of
# the seed rfm_segment_map.
SEGMENT_GROUPS = {
    "Keep": ("Champions", "Loyal"),
    "Grow": ("Potential Loyalists", "New Customers", "Promising"),
    "Hold": ("Need Attention", "About To Sleep"),
    "Win back": ("At Risk", "Cannot Lose Them"),
    "Let go": ("Hibernating", "Lost"),
}
GROUP_OF = {name: group for group, names in SEGMENT_GROUPS.items() for name in names}
NEW_BUYERS = "(new)"


def rfm_cells(warehouse: Warehouse, countries: tuple[str, ...]) -> pd.DataFrame:
    """Buyers by segment and score; their values, orders and days of recency summed."""
    join, condition = customers_in("rfm", countries)
    return warehouse.query(
        "select rfm.segment_name, rfm.r_score, rfm.f_score, rfm.m_score, "
        "count(*) as customers, "
        "count(case when rfm.is_one_time_buyer then 1 end) as one_time_buyers, "
        "round(sum(rfm.monetary_value), 4) as monetary_value, "
        "sum(rfm.frequency) as frequency, sum(rfm.recency_days) as recency_days "
        f"from rpt_customer_rfm as rfm {join} where {condition} "
        "group by rfm.segment_name, rfm.r_score, rfm.f_score, rfm.m_score",
        values_of("country", countries),
    ).astype({"monetary_value": float, "frequency": float, "recency_days": float})


def segments(cells: pd.DataFrame) -> pd.DataFrame:
    """Rows of `rfm_cells` as one row per segment, best first.

    r_mean and fm_mean, the mean scores, are the place on the map.
    """
    summed = (
        cells.assign(
            r_sum=cells["r_score"] * cells["customers"],
            fm_sum=(cells["f_score"] + cells["m_score"]) / 2 * cells["customers"],
        )
        .drop(columns=["r_score", "f_score", "m_score"])
        .groupby("segment_name")
        .sum()
    )
    known = [name for name in GROUP_OF if name in summed.index]
    summed = summed.loc[known + sorted(set(summed.index) - set(known))]
    size = summed["customers"]
    return pd.DataFrame(
        {
            "customers": size,
            "customer_share": shares(size),
            "monetary_value": summed["monetary_value"],
            "money_share": shares(summed["monetary_value"]),
            "mean_value": ratio(summed, "mean_value"),
            "mean_orders": ratio(summed, "mean_orders"),
            "mean_recency": summed["recency_days"] / size,
            "one_time_share": ratio(summed, "one_time_share"),
            "r_mean": summed["r_sum"] / size,
            "fm_mean": summed["fm_sum"] / size,
        }
    ).reset_index(names="segment_name")


def totals(cells: pd.DataFrame) -> dict[str, float | None]:
    """The headline figures of rows of `rfm_cells`, by metric."""
    columns = ["customers", "monetary_value", "frequency", "one_time_buyers"]
    summed = {key: float(cells[key].sum()) for key in columns}
    ratios = ("mean_value", "mean_orders", "one_time_share")
    return {"buyers": summed["customers"]} | {key: ratio(summed, key) for key in ratios}


def prospects(warehouse: Warehouse, countries: tuple[str, ...]) -> int:
    """Customers of the file who never placed a counting order."""
    counted = warehouse.query(
        "select count(*) as prospects from DimCustomer as customers "
        "left join rpt_customer_rfm as rfm "
        "on customers.customer_key = rfm.customer_key "
        "where rfm.customer_key is null and customers.customer_key <> -1 "
        f"and {one_of(country_of('customers'), countries, 'country')}",
        values_of("country", countries),
    )
    return int(counted["prospects"].iloc[0])


_MEMBER_TYPES = {
    "customer_id": pa.string(),
    "name": pa.string(),
    "email": pa.string(),
    "country": pa.string(),
    "segment_name": pa.string(),
    "last_order_date": pa.date32(),
    "recency_days": pa.int64(),
    "frequency": pa.int64(),
    "monetary_value": pa.float64(),
    "rfm_segment": pa.string(),
}


def segment_customers(
    warehouse: Warehouse,
    segment_names: tuple[str, ...],
    countries: tuple[str, ...],
    limit: int,
) -> pd.DataFrame:
    """The first buyers of some segments, largest value first: `_MEMBER_TYPES`."""
    sql, parameters = _members(segment_names, countries)
    return warehouse.query(
        f"{sql} limit :row_limit", parameters | {"row_limit": limit}
    ).astype({"monetary_value": float})


def segment_export(
    warehouse: Warehouse,
    segment_names: tuple[str, ...],
    countries: tuple[str, ...],
    *,
    show_pii: bool,
) -> Export:
    """All of them to take away, fetched some at a time."""
    batches = warehouse.batches(*_members(segment_names, countries))
    masked = batches if show_pii else privacy.mask_batches(batches, list(_MEMBER_TYPES))
    return Export(_MEMBER_TYPES, masked)


def _members(
    segment_names: tuple[str, ...], countries: tuple[str, ...]
) -> tuple[str, Parameters]:
    country = country_of("customers")
    sql = (
        "select rfm.customer_id, customers.name, customers.email, "
        f"{country} as country, rfm.segment_name, "
        "rfm.last_order_date, rfm.recency_days, rfm.frequency, rfm.monetary_value, "
        "rfm.rfm_segment "
        "from rpt_customer_rfm as rfm "
        "inner join DimCustomer as customers "
        "on rfm.customer_key = customers.customer_key "
        f"where {one_of('rfm.segment_name', segment_names, 'segment')} "
        f"and {one_of(country, countries, 'country')} "
        "order by rfm.monetary_value desc, rfm.customer_key"
    )
    return sql, values_of("segment", segment_names) | values_of("country", countries)


def segment_moves(warehouse: Warehouse) -> pd.DataFrame:
    """Rows of rpt_segment_migration: who moved from which segment to which, by month.

    Buyers of the month come from `NEW_BUYERS`.
    """
    return warehouse.query(
        "select month, from_segment, to_segment, customers, monetary_value, "
        "monetary_value_change from rpt_segment_migration "
        "order by month, from_segment, to_segment"
    ).astype(
        {"customers": float, "monetary_value": float, "monetary_value_change": float}
    )


def segment_history(moves: pd.DataFrame) -> pd.DataFrame:
    """Rows of `segment_moves` as buyers at each month's end.

    Returns:
        A row a month, a column a group of segments; 0 where a group was empty.
    """
    return (
        moves.assign(
            group=moves["to_segment"].map(lambda name: GROUP_OF.get(name, name))
        )
        .pivot_table(index="month", columns="group", values="customers", aggfunc="sum")
        .reindex(columns=list(SEGMENT_GROUPS))
        .fillna(0.0)
    )


def moves_of_month(moves: pd.DataFrame, month: str) -> pd.DataFrame:
    """Rows of `segment_moves` from one segment to another in a month; most first."""
    moved = moves[
        (moves["month"] == month)
        & (moves["from_segment"] != NEW_BUYERS)
        & (moves["from_segment"] != moves["to_segment"])
    ]
    return moved.sort_values(
        ["customers", "from_segment", "to_segment"], ascending=[False, True, True]
    )


def month_figures(moves: pd.DataFrame, month: str) -> dict[str, float]:
    """Buyers of a month by what became of them: moved, stayed, and new ones.

    Returns:
        customers_moved, segment_stayed (a share of those who were there before; nan
        without any), month_new_buyers.
    """
    rows = moves[moves["month"] == month]
    new = rows["from_segment"] == NEW_BUYERS
    stayed = rows["from_segment"] == rows["to_segment"]
    before = float(rows.loc[~new, "customers"].sum())
    kept = float(rows.loc[stayed, "customers"].sum())
    return {
        "customers_moved": before - kept,
        "segment_stayed": kept / before if before else float("nan"),
        "month_new_buyers": float(rows.loc[new, "customers"].sum()),
    }
