"""Retention: do they come back?"""

import math

import pandas as pd
import streamlit as st

from dashboard import cache, controls, ui
from dashboard.charts import retention as charts
from dashboard.metrics import Unit, metric
from dashboard.parts import part
from dashboard.queries import retention

_BASES = {"First order": "first_order", "Registration": "registration"}
_MEASURES = (
    "retention_rate",
    "active_customers",
    "spending_per_customer",
    "cumulative_spending_per_customer",
)
_DEFAULT_COHORTS = 13


def main() -> None:
    """Draw the page."""
    ui.title(
        "Retention",
        "Do customers come back, and what do they spend as time goes on?",
        "All sales; cohorts are not cut by period, country or category.",
    )
    least_customers = cache.whole_variable("least_customers")
    _cohorts(least_customers)
    _repeats(least_customers)
    by_type = cache.ask(retention.sales_by_type)
    if not by_type.empty:
        _money_by_type(by_type)


@part
def _cohorts(least_customers: int) -> None:
    """The customers of each month, and what they did from then on."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        basis = _BASES[controls.picked("Cohort by", list(_BASES), "cohort")]
        shown = controls.picked_metric("Show", _MEASURES, "cohort_show")
    cells = cache.ask(retention.cohorts, basis)
    months = sorted(cells["cohort_month"].unique())
    if not months:
        ui.note(
            "**There are no cohorts.** "
            + (
                "No customer has a registration date; choose “First order”."
                if basis == "registration"
                else "No known customer has placed an order yet."
            ),
            icon="search",
        )
        return
    if len(months) > 1:
        first, last = st.select_slider(
            "Cohorts",
            months,
            (months[-min(_DEFAULT_COHORTS, len(months))], months[-1]),
            key=f"{basis}_cohorts",
            bind="query-params",
            persist_state="session",
        )
        cells = cells[cells["cohort_month"].between(first, last)]
    matrix = retention.cohort_matrix(cells, shown.key)
    average = retention.average(cells, shown.key, least_customers)
    incomplete = retention.incomplete_months(cells)
    sizes = retention.cohort_sizes(cells)
    known = retention.first_months(cells, least_customers)
    averages = {key: value for key, (value, _) in known.items()}
    ui.key_figures(
        {"cohort_customers": float(sizes.sum())} | averages,
        notes={
            key: f"Old enough: {at_risk:,.0f} customers."
            for key, (_, at_risk) in known.items()
            if not math.isnan(at_risk)
        },
    )
    is_retention = shown.key == "retention_rate"
    with ui.card(
        "How much of each cohort is still there?"
        if is_retention
        else f"{shown.name}, cohort by cohort",
        f"{'In %. ' if shown.unit is Unit.SHARE else ''}A row is the customers of one "
        "month, with their number; blank is the future (above: known of fewer than "
        "half of them), * a month that is not over.",
        shown.formula,
    ):
        ui.chart(
            charts.cohort_heat_map(
                matrix, average, sizes, incomplete, shown, ui.theme()
            ),
            f"Heat map of {shown.name.lower()} by cohort and months since the start.",
            "cohort_map",
        )
    with ui.card(
        "How fast do they leave?" if is_retention else "Do newer cohorts do better?",
        "Grey: single cohorts. Blue: all of them, weighted by size, while at least "
        f"half of their customers, and {least_customers}, have been seen for so long. "
        "Complete months only.",
    ):
        if average.empty:
            empty = ui.theme().message("No month is complete yet")
            ui.chart(empty, "Empty.", "curves")
        else:
            ui.chart(
                charts.cohort_curves(matrix, average, incomplete, shown, ui.theme()),
                f"Lines of {shown.name.lower()} by months since the start.",
                "curves",
            )
    ui.download(cells, f"cohorts_{basis}")


def _repeats(least_customers: int) -> None:
    """When customers order again."""
    repeats = cache.ask(retention.repeat_purchases)
    with ui.card(
        "When do they order again?",
        "By the days since the first to fifth order. A line ends where fewer than "
        f"{least_customers} are still waited for.",
        metric("share_back").formula,
    ):
        if repeats.empty:
            ui.note("**No known customer has placed an order yet.**")
            return
        left, right = st.columns([3, 2])
        with left:
            ui.chart(
                charts.repeat_curves(repeats, ui.theme()),
                "Lines of the share that ordered again, by days and number of orders.",
                "repeat_curves",
            )
        with right:
            ui.table(
                repeats,
                {
                    "order_number": st.column_config.NumberColumn("After order"),
                    "customers": ui.metric_column("buyers", "Customers"),
                    **ui.metric_columns("share_returned", "median_days"),
                    "returned_within_365_days": ui.metric_column(
                        "share_back", "Within a year"
                    ),
                },
                "Customers, shares and days by number of orders.",
                "repeat_table",
            )


def _money_by_type(rows: pd.DataFrame) -> None:
    """Whose money it is: that of new, returning or reactivated customers."""
    with ui.card(
        "Whose money is it?",
        "Net sales a month of known customers. Hatched: a month that is not over.",
        "New: in the month of the first order. Won back: ordered again after more than "
        f"{cache.whole_variable('reactivation_days')} days (the var "
        "`reactivation_days`). Returning: all others who ordered before, and returns "
        "without an order.",
    ):
        ui.chart(
            charts.sales_by_type(rows, ui.theme()),
            "Bars of net sales by month and type of customer.",
            "sales_by_type",
        )


main()
