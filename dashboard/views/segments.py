"""Segments: who are they?"""

import pandas as pd
import streamlit as st

from dashboard import cache, controls, exports, privacy, ui
from dashboard.charts.segments import (
    move_bars,
    score_grid,
    segment_history,
    segment_map,
)
from dashboard.charts.theme import message
from dashboard.formatting import day
from dashboard.metrics import metric
from dashboard.queries import segments

_LISTED = 500
_MOVES = 12


def main() -> None:
    """Draw the page."""
    countries = controls.countries()
    ui.title(
        "Segments",
        "Who are the buyers, and whom should we write to?",
        f"All orders until {day(cache.span().as_of)} · "
        + (", ".join(countries) if countries else "all countries"),
    )
    cells = cache.ask(segments.rfm_cells, countries)
    if cells.empty:
        st.info(
            "**No buyer lives there.** Choose another country.",
            icon=":material/search:",
        )
        return
    rows = segments.segments(cells)
    _headline(cells, countries)
    left, right = st.columns([3, 2])
    with (
        left,
        ui.card(
            "Where does each segment stand?",
            "The size of a mark is its number of buyers. Click one to list them below.",
            "Scores from 1 to 5 (best) cut the buyers into five groups by recency, "
            "frequency and monetary value; equal buyers get equal scores. The 11 names "
            "come from the seed rfm_segment_map. Scores are those of the whole shop.",
        ),
    ):

        def choose() -> None:
            name = ui.clicked("segment_map")
            if name is not None:
                st.session_state["segment"] = [name]

        ui.chart(
            segment_map(rows, ui.theme()),
            "Map of the segments by recency, and by frequency and money.",
            "segment_map",
            choose,
        )
    with (
        right,
        ui.card("How many buyers have which scores?", "Recency against frequency."),
    ):
        ui.chart(
            score_grid(cells, ui.theme()),
            "Grid of buyers by recency and frequency score.",
            "score_grid",
        )
    _table(rows)
    _history(countries)
    _members(rows, countries)


def _headline(cells: pd.DataFrame, countries: tuple[str, ...]) -> None:
    buyers = float(cells["customers"].sum())
    ui.key_figures(
        [
            ("buyers", buyers),
            ("mean_value", float(cells["monetary_value"].sum()) / buyers),
            ("mean_orders", float(cells["frequency"].sum()) / buyers),
            ("one_time_share", float(cells["one_time_buyers"].sum()) / buyers),
            ("prospects", float(cache.ask(segments.prospects, countries))),
        ]
    )


def _table(rows: pd.DataFrame) -> None:
    money = cache.currency()
    columns = {
        "segment_name": st.column_config.TextColumn("Segment", pinned=True),
        "customers": ui.column_format("buyers", money),
        "customer_share": st.column_config.ProgressColumn(
            "Share of buyers", format="percent", min_value=0, max_value=1
        ),
        "monetary_value": ui.column_format("net_sales", money),
        "money_share": st.column_config.ProgressColumn(
            "Share of money", format="percent", min_value=0, max_value=1
        ),
        "average_value": ui.column_format("mean_value", money),
        "average_orders": ui.column_format("mean_orders", money),
        "average_recency": st.column_config.NumberColumn(
            "Mean days since the last order", format="%,.0f"
        ),
        "one_time_share": ui.column_format("one_time_share", money),
    }
    with ui.card("What is each segment worth?"):
        ui.table(rows, columns, "Segments with their figures.", "segment_table", 425)


def _history(countries: tuple[str, ...]) -> None:
    """How the segments grew, and who moved between them."""
    moves = cache.ask(segments.segment_moves)
    if moves is None:
        with ui.card("How have the segments changed?"):
            ui.note(
                "**There is no history in this warehouse.** It was built without "
                "`rpt_segment_migration`: build it again."
            )
        return
    if moves.empty:
        with ui.card("How have the segments changed?"):
            ui.note("**No month with a buyer is over yet.**")
        return
    if countries:
        with ui.card("How have the segments changed?"):
            ui.note(
                "The history is kept for all countries together. Take the country away "
                "to see it."
            )
        return
    groups = "; ".join(
        f"{group}: {', '.join(names)}"
        for group, names in segments.SEGMENT_GROUPS.items()
    )
    with ui.card(
        "How have the segments changed?",
        "Buyers at the end of each month, by what to do about them.",
        f"{groups}. Each month's end is scored with what was known on that day.",
    ):
        names = {metric(key).name: key for key in ("buyer_share", "buyers")}
        shown = metric(names[controls.picked("Show", list(names), "history_show")])
        ui.chart(
            segment_history(segments.segment_history(moves), shown, ui.theme()),
            f"Areas of {shown.name.lower()} by group of segments and month.",
            "segment_history",
        )
    _moves(moves)


def _moves(moves: pd.DataFrame) -> None:
    with ui.card(
        "Who moved?",
        "From one month's end to the next, most buyers first, in the colour of where "
        "they went. A buyer may also sink because others bought.",
    ):
        months = list(dict.fromkeys(moves["month"]))
        month = months[-1]
        if len(months) > 1:
            month = st.select_slider(
                "Month",
                months,
                month,
                key=controls.remembered("moved_in", month),
                bind="query-params",
                persist_state="session",
            )
        ui.key_figures(list(segments.month_figures(moves, month).items()))
        moved = segments.moves_of_month(moves, month)
        if moved.empty:
            ui.chart(message(ui.theme(), "Nobody moved"), "Empty.", "moves")
            return
        ui.chart(
            move_bars(moved.head(_MOVES), ui.theme()),
            f"Bars of the largest moves between segments in {month}.",
            "moves",
        )


def _members(rows: pd.DataFrame, countries: tuple[str, ...]) -> None:
    with ui.card("Who is in a segment?"):
        names = list(rows["segment_name"])
        chosen = tuple(
            st.multiselect(
                "Segment",
                names,
                default=names[:1],
                key=controls.remembered("segment", names[:1]),
                bind="query-params",
                persist_state="session",
                placeholder="Choose one or more",
            )
        )
        if not chosen:
            st.info(
                "Choose a segment to see its customers.", icon=":material/touch_app:"
            )
            return
        size = int(rows.loc[rows["segment_name"].isin(chosen), "customers"].sum())
        found = cache.ask(segments.segment_customers, chosen, countries, _LISTED)
        masked = not cache.show_pii()
        ui.caption(
            f"{size:,} buyers, largest value first"
            + (f"; the first {_LISTED} are listed" if size > _LISTED else "")
            + (
                ". Names and e-mail are masked; `DWH_SHOW_PII=1` shows them."
                if masked
                else "."
            )
        )
        money = cache.currency()
        ui.table(
            privacy.mask(found) if masked else found,
            {
                "customer_id": st.column_config.TextColumn("Customer", pinned=True),
                "name": "Name",
                "email": "E-mail",
                "country": "Country",
                "segment_name": "Segment",
                "last_order_date": st.column_config.DateColumn("Last order"),
                "recency_days": ui.column_format("recency_days", money),
                "frequency": ui.column_format("frequency", money),
                "monetary_value": ui.column_format("monetary_value", money),
            },
            "Customers of the segment.",
            "member_table",
            height=360,
        )

        def members() -> exports.Export:
            return segments.segment_export(
                warehouse, chosen, countries, show_pii=not masked
            )

        warehouse = cache.current()
        ui.download_csv(members, "segment_customers", "member_csv")


main()
