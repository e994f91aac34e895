"""Countries: where?"""

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import cache, controls, ui
from dashboard.charts.bars import ranked
from dashboard.charts.countries import frame, unplaced, world
from dashboard.country_codes import code_of
from dashboard.filters import SalesFilter
from dashboard.metrics import Metric
from dashboard.parts import part
from dashboard.periods import Comparison
from dashboard.queries import sales
from dashboard.queries.countries import (
    figures_by_country,
    has_enough,
    without_ratios_of_few,
)

_SHOWN = ("net_sales", "orders", "buyers", "average_order_value", "returns_rate")
_LISTED = 15
_OUTSIDE = 6


def main() -> None:
    """Draw the page."""
    days = controls.days()
    against = controls.comparison()
    chosen = SalesFilter(days, controls.countries(), controls.categories())
    earlier, compared = controls.earlier(chosen, against)
    ui.title(
        "Countries",
        "Where do the buyers live, and what do they bring?",
        controls.describe(chosen) + compared,
    )
    rows = ui.rows_of(lambda one: cache.ask(figures_by_country, one), chosen)
    if rows is None:
        return
    least_customers = cache.whole_variable("least_customers")
    past = None
    if earlier is not None:
        past = cache.ask(figures_by_country, earlier)
    ui.key_figures(
        _totals(rows),
        _totals(past) if past is not None else None,
        against.value.lower(),
    )
    before = None
    if past is not None:
        before = without_ratios_of_few(past.set_index("country"), least_customers)
    if few := int((~has_enough(rows, least_customers)).sum()):
        ui.caption(
            f"{few} countries with fewer than {least_customers} buyers have no rates "
            "and averages: they would say little."
        )
    rows = without_ratios_of_few(rows, least_customers)
    _pictures(rows, before)
    _table(rows, before, against)


def _totals(rows: pd.DataFrame) -> dict[str, float | None]:
    """The figures of all rows together; a customer has one country."""
    totals = sales.totals_of(
        rows, (int(rows["buyers"].sum()), int(rows["new_buyers"].sum()))
    )
    return {key: totals[key] for key in _SHOWN}


@part
def _pictures(rows: pd.DataFrame, before: pd.DataFrame | None) -> None:
    shown = controls.picked_metric("Show", _SHOWN, "country_show")
    if rows[shown.key].isna().all():
        ui.note("**Too few buyers in every country.** Choose a longer period.")
        return
    left, right = st.columns([2, 3])
    with left:
        _bars(rows, shown, before)
    with right:
        _map(rows, shown)


def _bars(rows: pd.DataFrame, shown: Metric, before: pd.DataFrame | None) -> None:
    known = rows[rows[shown.key].notna()]
    order = [shown.key, "country"]
    best = known.sort_values(order, ascending=[False, True]).head(_LISTED)
    note = "Click a bar to look at it alone; again, at all."
    if len(rows) > len(best):
        note += f" The first {len(best)} of {len(rows)}."
    past = None
    if before is not None:
        past = best["country"].map(before[shown.key])
        note += " Grey ticks: the period compared with."
    question = f"{shown.name}: which countries lead?"
    with ui.card(question, note, shown.formula):
        ui.chart(
            ranked(best["country"], best[shown.key], shown, ui.theme(), before=past),
            f"Bars of {shown.name.lower()} by country.",
            "country_bars",
            partial(ui.choose, "country"),
        )


def _map(rows: pd.DataFrame, shown: Metric) -> None:
    note = "Colours grow with the square root, so that smaller countries show."
    if lost := unplaced(rows["country"]):
        note += f" Not on the map: {', '.join(lost)}."
    framed = frame(rows)
    if outside := framed.outside:
        more = len(outside) - _OUTSIDE
        named = ", ".join(outside[:_OUTSIDE]) + (f" and {more} more" * (more > 0))
        note += f" Beyond its edge, with 5% of the orders at most: {named}."

    def choose(code: str) -> None:
        ui.choose("country", *(one for one in rows["country"] if code_of(one) == code))

    with ui.card(f"{shown.name} on the map", ui.plain(note)):
        ui.chart(
            world(rows, shown, ui.theme(), framed),
            f"Map coloured by {shown.name.lower()}; the table below has the "
            "same figures.",
            "country_map" if framed.is_near else "world_map",
            choose,
        )


def _table(
    rows: pd.DataFrame, before: pd.DataFrame | None, against: Comparison
) -> None:
    columns = {
        "country": ui.name_column("Country"),
        **ui.bridge_columns(rows),
        **ui.metric_columns("sales_share", "orders", "average_order_value", "buyers"),
        **ui.metric_columns("new_buyer_share", "returns_rate"),
    }
    changes: list[str] = []
    if before is not None:
        past = rows["country"].map(before["net_sales"])
        change = rows["net_sales"] / past.where(past > 0) - 1
        rows = rows.assign(net_sales_growth=change)
        columns["net_sales_growth"] = ui.change_column(
            "Change", f"Net sales against: {against.value.lower()}"
        )
        changes.append("net_sales_growth")
    with ui.card("All countries in figures"):
        ui.table(
            rows,
            columns,
            "Sales figures by country.",
            "country_table",
            changes=changes,
            on_click=lambda row: ui.choose("country", row["country"]),
        )
        ui.download(rows[list(columns)], "countries")


main()
