"""Due: whom should we write to?"""

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import cache, controls, frame, privacy, ui
from dashboard.charts.due import value_by_segment
from dashboard.queries import due
from dashboard.queries.segments import GROUP_OF

_LISTED = 500
_SEGMENT = "due_segment"


def main() -> None:
    """Draw the page."""
    countries = controls.countries()
    ui.title(
        "Due",
        "Whom should we write to, and what may they bring?",
        controls.describe_countries(countries),
    )
    with frame.bar():
        waiting = controls.picked("Waiting", list(due.STATUSES), "due_status")
        names = st.multiselect(
            "Segment",
            list(GROUP_OF),
            placeholder="All segments",
            wrap=False,
            width=270,
            **controls.kept(_SEGMENT, []),
        )
    status, chosen = due.STATUSES[waiting], tuple(names)
    found = cache.ask(due.by_segment, status, countries)
    shown = found[found["segment_name"].isin(chosen)] if chosen else found
    if shown.empty:
        ui.all_well(
            "Nobody here has waited that long. Only who bought on three days or more "
            "has a rhythm of one's own."
        )
        return
    totals = due.totals(shown)
    ui.key_figures(totals)
    left, right = st.columns([2, 3])
    with left:
        _segments(found)
    with right:
        _buyers(status, chosen, countries, int(totals["due_buyers"]))


def _segments(found: pd.DataFrame) -> None:
    """What each segment may bring; a click on a bar lists it alone."""
    basis = due.VALUE_BASES[found["value_basis"].iloc[0]]
    weeks = cache.whole_variable("clv_horizon_weeks")
    with ui.card(
        "What may they bring?",
        f"In {weeks} weeks, {basis}. Click a bar to list it alone; again, all.",
    ):
        best = ", ".join(found["segment_name"].head(3))
        ui.chart(
            value_by_segment(found, ui.theme()),
            f"Bars of expected value by segment, largest first: {best}.",
            "value_by_segment",
            partial(ui.choose, _SEGMENT),
        )


def _buyers(
    status: tuple[str, ...],
    chosen: tuple[str, ...],
    countries: tuple[str, ...],
    size: int,
) -> None:
    show_pii = cache.show_pii()
    listed = f"{size:,} buyers, the highest expected value first"
    if size > _LISTED:
        listed += f"; the first {_LISTED} are listed, the file has all"
    permitted = (
        "The file has names and addresses: `DWH_SHOW_PII=1` is set on the server."
        if show_pii
        else "Names and addresses are neither here nor in the file, which has keys: "
        "`DWH_SHOW_PII=1` on the server permits them."
    )
    with ui.card(
        "Who is due?",
        f"{listed}. {permitted}",
        "Due: waiting for longer than the usual gap, the median one between the days "
        "with an order, of which there are three or more. Overdue: for twice as long.",
    ):
        found = cache.ask(due.buyers, status, chosen, countries, _LISTED)
        personal = {"name": "Name", "email": "E-mail"} if show_pii else {}
        known = found["p_alive"].notna().any()
        columns = {
            "customer_id": ui.name_column("Customer"),
            **personal,
            "segment_name": "Segment",
            "expected_value": ui.metric_column("expected_value"),
            # medians of whole days end in .0 or .5
            "usual_gap_days": ui.metric_column("usual_gap_days", number_format="%,.1f"),
            "recency_days": ui.metric_column("recency_days", "Waited"),
            "gaps_waited": ui.metric_column("gaps_waited"),
            **(ui.metric_columns("p_alive") if known else {}),
            "last_order_date": st.column_config.DateColumn(
                "Last order", format="YYYY-MM-DD"
            ),
            "country": "Country",
        }
        ui.table(
            found if show_pii else privacy.mask(found),
            columns,
            "Due buyers, the highest expected value first.",
            "due_table",
            height=420,
        )
        export = partial(due.export, cache.current(), status, chosen, countries)
        ui.download(partial(export, show_pii=show_pii), "due_buyers")


main()
