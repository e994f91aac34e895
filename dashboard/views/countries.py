"""Countries: where?"""

import pandas as pd
import streamlit as st

from dashboard import cache, controls, exports, ui
from dashboard.charts.bars import ranked
from dashboard.charts.countries import unplaced, world
from dashboard.filters import SalesFilter
from dashboard.metrics import Metric
from dashboard.periods import Comparison, comparison_range
from dashboard.queries.countries import figures_by_country

_SHOWN = ("net_sales", "orders", "buyers", "average_order_value", "returns_rate")
_LISTED = 15


def main() -> None:
    """Draw the page."""
    days = controls.days()
    against = controls.comparison()
    chosen = SalesFilter(days, (), controls.categories())
    ui.title(
        "Countries",
        "Where do the buyers live, and what do they bring?",
        controls.describe(chosen, by_country=False),
    )
    if days.is_reversed:
        ui.reversed_range()
        return
    rows = cache.ask(figures_by_country, chosen)
    if rows.empty:
        ui.nothing_found()
        return
    earlier = comparison_range(chosen.days, against)
    before = None
    if earlier is not None and earlier.start >= cache.span().first:
        past = cache.ask(figures_by_country, chosen.during(earlier))
        before = past.set_index("country")
    shown = controls.picked_metric("Show", _SHOWN, "country_show")
    left, right = st.columns([2, 3])
    with left:
        _bars(rows, shown, before)
    with right:
        _map(rows, shown)
    _table(rows, before, against)


def _bars(rows: pd.DataFrame, shown: Metric, before: pd.DataFrame | None) -> None:
    best = (
        rows[rows[shown.key].notna()]
        .sort_values([shown.key, "country"], ascending=[False, True])
        .head(_LISTED)
    )
    note = f"The first {len(best)} of {len(rows)}." if len(rows) > len(best) else ""
    past = None
    if before is not None:
        past = best["country"].map(before[shown.key])
        note += " Grey ticks: the period compared with."
    with ui.card(f"{shown.name}: which countries lead?", note.strip(), shown.formula):
        ui.chart(
            ranked(
                list(best["country"]), best[shown.key], shown, ui.theme(), before=past
            ),
            f"Bars of {shown.name.lower()} by country.",
            "country_bars",
        )


def _map(rows: pd.DataFrame, shown: Metric) -> None:
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
    columns = {
        "country": ui.name_column("Country"),
        **ui.bridge_columns(rows),
        **ui.metric_columns(
            "sales_share",
            "orders",
            "average_order_value",
            "buyers",
            "new_buyer_share",
            "returns_rate",
        ),
    }
    if before is not None:
        past = rows["country"].map(before["net_sales"])
        change = rows["net_sales"] / past.where(past > 0) - 1
        rows = rows.assign(net_sales_change=change)
        columns["net_sales_change"] = ui.number_column(
            "Change", "percent", f"Net sales against: {against.value.lower()}"
        )
    with ui.card("All countries in figures"):
        ui.table(rows, columns, "Sales figures by country.", "country_table")
        ui.download_csv(
            lambda: exports.of_frame(rows[list(columns)]), "countries", "country_csv"
        )


main()
