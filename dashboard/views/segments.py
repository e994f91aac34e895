"""Segments: who are they?"""

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import cache, controls, privacy, ui
from dashboard.charts import segments as charts
from dashboard.parts import part
from dashboard.queries import segments

_LISTED = 500
_MOVES = 12


def main() -> None:
    """Draw the page."""
    countries = controls.countries()
    ui.title(
        "Segments",
        "Who are the buyers, and who moved?",
        controls.describe_countries(countries),
    )
    cells = cache.ask(segments.rfm_cells, countries)
    if cells.empty:
        ui.note("**No buyer lives there.** Choose another country.", "search")
        return
    rows = segments.segments(cells)
    with ui.in_time():
        prospects = float(cache.ask(segments.prospects, countries))
        ui.key_figures(segments.totals(cells) | {"prospects": prospects})
    left, right = st.columns([3, 2])
    with left:
        _map(rows)
    with (
        right,
        ui.card(
            "How many buyers have which scores?",
            "Recency against frequency. Click a cell to list the buyers of its "
            "segments.",
        ),
    ):
        _scores(cells)
    _table(rows)
    with ui.in_time():
        moves = cache.ask(segments.segment_moves)
        _history(moves, countries)
        if not (moves.empty or countries):
            _moves(moves)
    _members(rows, countries)


def _scores(cells: pd.DataFrame) -> None:
    pairs = cells.groupby(["r_score", "f_score"], as_index=False)["customers"].sum()
    if len(pairs) == 1:
        one = pairs.iloc[0]
        st.markdown(
            f"**{one['customers']:,}** buyers, all with recency {one['r_score']} and "
            f"frequency {one['f_score']}."
        )
        return
    ui.chart(
        charts.score_grid(cells, ui.theme()),
        "Grid of buyers by recency and frequency score.",
        "score_grid",
        lambda names: ui.choose("segment", *names),
        opens="members",
    )


def _map(rows: pd.DataFrame) -> None:
    with ui.card(
        "Where does each segment stand?",
        "The size of a mark is its number of buyers. Click one to list them.",
        "Scores from 1 to 5 (best) cut the buyers into five groups by recency, "
        "frequency and monetary value; equal buyers get equal scores. The 11 names "
        "come from the seed rfm_segment_map. Scores are those of the whole shop.",
    ):
        ui.chart(
            charts.segment_map(rows, ui.theme()),
            "Map of the segments by recency, and by frequency and money.",
            "segment_map",
            partial(ui.choose, "segment"),
            opens="members",
        )


def _table(rows: pd.DataFrame) -> None:
    def share_column(name: str) -> object:
        return st.column_config.ProgressColumn(
            name, format="percent", min_value=0, max_value=1, step=ui.PERCENT_STEP
        )

    columns = {
        "segment_name": ui.name_column("Segment"),
        "customers": ui.metric_column("buyers"),
        "customer_share": share_column("Share of buyers"),
        "monetary_value": ui.metric_column("net_sales"),
        "money_share": share_column("Share of money"),
        **ui.metric_columns("mean_value", "mean_orders"),
        "mean_recency": ui.number_column("Mean days since the last order", "%,.1f"),
        "one_time_share": ui.metric_column("one_time_share"),
    }
    with ui.card("What is each segment worth?", "Click a row to list its buyers."):
        ui.table(
            rows,
            columns,
            "Segments with their figures.",
            "segment_table",
            425,
            on_click=lambda row: ui.choose("segment", row["segment_name"]),
            opens="members",
        )


@part
def _history(moves: pd.DataFrame, countries: tuple[str, ...]) -> None:
    """How the segments grew."""
    question = "How have the segments changed?"
    if moves.empty or countries:
        with ui.card(question):
            if moves.empty:
                ui.note("**No month with a buyer is over yet.**")
            else:
                ui.known_of_all("The history is kept")
        return
    groups = "; ".join(
        f"{group}: {', '.join(names)}"
        for group, names in segments.SEGMENT_GROUPS.items()
    )
    with ui.card(
        question,
        "Buyers at the end of each month, by what to do about them.",
        f"{groups}. Each month's end is scored with what was known on that day.",
    ):
        shown = controls.picked_metric(
            "Show", ("buyer_share", "buyers"), "history_show"
        )
        ui.chart(
            charts.segment_history(segments.segment_history(moves), shown, ui.theme()),
            f"Areas of {shown.name.lower()} by group of segments and month.",
            "segment_history",
        )


@part
def _moves(moves: pd.DataFrame) -> None:
    with ui.card(
        "Who moved?",
        "From one month's end to the next, most buyers first, in the colour of where "
        "they went. A buyer may also sink because others bought. Click a bar to list "
        "who is there today.",
    ):
        months = list(dict.fromkeys(moves["month"]))
        month = months[-1]
        if len(months) > 1:
            month = st.select_slider(
                "Month", months, month, **controls.kept("moved_in", month)
            )
        ui.key_figures(segments.month_figures(moves, month))
        moved = segments.moves_of_month(moves, month)
        if moved.empty:
            ui.chart(ui.theme().message("Nobody moved"), "Empty.", "moves")
            return
        ui.chart(
            charts.move_bars(moved.head(_MOVES), ui.theme()),
            f"Bars of the largest moves between segments in {month}.",
            "moves",
            partial(ui.choose, "segment"),
            opens="members",
        )


@part
def _members(rows: pd.DataFrame, countries: tuple[str, ...]) -> None:
    with ui.card("Who is in a segment?", key="members"):
        names = list(rows["segment_name"])
        chosen = tuple(
            st.multiselect(
                "Segment",
                names,
                default=names[:1],
                placeholder="Choose one or more",
                **controls.kept("segment", names[:1]),
            )
        )
        if not chosen:
            ui.note("Choose a segment to see its customers.", "touch_app")
            return
        size = int(rows.loc[rows["segment_name"].isin(chosen), "customers"].sum())
        found = cache.ask(segments.segment_customers, chosen, countries, _LISTED)
        show_pii = cache.show_pii()
        listed = f"{size:,} buyers, largest value first"
        if size > _LISTED:
            listed += f"; the first {_LISTED} are listed"
        if not show_pii:
            listed += ". Names and e-mail are masked; `DWH_SHOW_PII=1` shows them"
        ui.caption(f"{listed}.")
        ui.table(
            found if show_pii else privacy.mask(found),
            {
                "customer_id": ui.name_column("Customer"),
                "name": "Name",
                "email": "E-mail",
                "country": "Country",
                "segment_name": "Segment",
                "last_order_date": st.column_config.DateColumn(
                    "Last order", format="YYYY-MM-DD"
                ),
                **ui.metric_columns("recency_days", "frequency", "monetary_value"),
            },
            "Customers of the segment.",
            "member_table",
            height=360,
        )
        warehouse = cache.current()
        export = partial(segments.segment_export, warehouse, chosen, countries)
        ui.download(partial(export, show_pii=show_pii), "segment_customers")


main()
