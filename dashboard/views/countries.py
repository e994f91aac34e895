"""Countries: where?"""

import pandas as pd
import streamlit as st

from dashboard import cache, controls, exports, ui
from dashboard.charts.bars import ranked
from dashboard.charts.countries import unplaced, world
from dashboard.filters import SalesFilter
from dashboard.metrics import metric
from dashboard.periods import Comparison, comparison_range
from dashboard.queries import countries, sales

_SHOWN = ("net_sales", "orders", "buyers", "average_order_value", "returns_rate")
_LISTED = 15


def main() -> None:
    """Draw the page."""
    days = controls.days()
    against = controls.comparison()
    categories = controls.categories()
    chosen = SalesFilter(days, (), categories)
    ui.title(
        "Countries",
        "Where do the buyers live, and what do they bring?",
        controls.describe(chosen, by_country=False),
    )
    if days.is_reversed:
        ui.reversed_range()
        return
    rows = _rows(chosen)
    if rows.empty:
        ui.nothing_found()
        return
    earlier = comparison_range(chosen.days, against)
    before = None
    if earlier is not None and earlier.start >= cache.span().first:
        before = _rows(chosen.during(earlier)).set_index("country")
    names = {metric(key).name: key for key in _SHOWN}
    key = names[controls.picked("Show", list(names), "country_show")]
    left, right = st.columns([2, 3])
    with left:
        _bars(rows, key, before)
    with right:
        _map(rows, key)
    _table(rows, before, against)


def _rows(chosen: SalesFilter) -> pd.DataFrame:
    rows = cache.ask(sales.by_country, chosen).merge(
        cache.ask(countries.buyers_by_country, chosen), on="country", how="left"
    )
    rows[["buyers", "new_buyers"]] = rows[["buyers", "new_buyers"]].fillna(0)
    rows["average_order_value"] = rows["net_sales"] / rows["orders"].where(
        rows["orders"] > 0
    )
    rows["new_buyer_share"] = rows["new_buyers"] / rows["buyers"].where(
        rows["buyers"] > 0
    )
    rows["returns_rate"] = -rows["returns"] / rows["gross_sales"].where(
        rows["gross_sales"] > 0
    )
    total = rows["net_sales"].sum()
    rows["sales_share"] = rows["net_sales"] / total if total > 0 else float("nan")
    return rows


def _bars(rows: pd.DataFrame, key: str, before: pd.DataFrame | None) -> None:
    shown = metric(key)
    best = (
        rows[rows[key].notna()]
        .sort_values([key, "country"], ascending=[False, True])
        .head(_LISTED)
    )
    note = f"The first {len(best)} of {len(rows)}." if len(rows) > len(best) else ""
    past = None
    if before is not None:
        past = best["country"].map(before[key])
        note += " Grey ticks: the period compared with."
    with ui.card(f"{shown.name}: which countries lead?", note.strip(), shown.formula):
        ui.chart(
            ranked(list(best["country"]), best[key], shown, ui.theme(), before=past),
            f"Bars of {shown.name.lower()} by country.",
            "country_bars",
        )


def _map(rows: pd.DataFrame, key: str) -> None:
    shown = metric(key)
    lost = unplaced(rows["country"])
    note = "Colours grow with the square root, so that smaller countries show."
    if lost:
        note += " Not on the map: " + ", ".join(lost) + "."
    with ui.card(f"{shown.name} on the map", ui.plain(note)):
        ui.chart(
            world(rows, shown, ui.theme()),
            f"World map coloured by {shown.name.lower()}; the table below has the "
            "same figures.",
            "country_map",
        )


def _table(
    rows: pd.DataFrame, before: pd.DataFrame | None, against: Comparison
) -> None:
    money = cache.currency()
    columns = {
        "country": st.column_config.TextColumn("Country", pinned=True),
        **ui.bridge_formats(rows, money),
        "sales_share": ui.column_format("sales_share", money),
        "orders": ui.column_format("orders", money),
        "average_order_value": ui.column_format("average_order_value", money),
        "buyers": ui.column_format("buyers", money),
        "new_buyer_share": ui.column_format("new_buyer_share", money),
        "returns_rate": ui.column_format("returns_rate", money),
    }
    if before is not None:
        past = rows["country"].map(before["net_sales"])
        rows = rows.assign(
            net_sales_change=rows["net_sales"] / past.where(past > 0) - 1
        )
        columns["net_sales_change"] = st.column_config.NumberColumn(
            "Change",
            format="percent",
            help=f"Net sales against: {against.value.lower()}",
        )
    with ui.card("All countries in figures"):
        ui.table(rows, columns, "Sales figures by country.", "country_table")
        ui.download_csv(
            lambda: exports.of_frame(rows[list(columns)]), "countries", "country_csv"
        )


main()
