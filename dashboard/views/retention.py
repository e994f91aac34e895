"""Retention: do they come back?"""

import pandas as pd
import streamlit as st

from dashboard import cache, controls, exports, ui
from dashboard.charts.retention import (
    cohort_curves,
    cohort_heat_map,
    repeat_curves,
    sales_by_type,
)
from dashboard.charts.theme import message
from dashboard.metrics import Unit, metric
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
    with st.container(horizontal=True, vertical_alignment="bottom"):
        basis = _BASES[controls.picked("Cohort by", list(_BASES), "cohort")]
        names = {metric(key).name: key for key in _MEASURES}
        shown = metric(names[controls.picked("Show", list(names), "cohort_show")])
    cells = cache.ask(retention.cohorts, basis)
    months = sorted(cells["cohort_month"].unique())
    if not months:
        st.info(
            "**There are no cohorts.** "
            + (
                "No customer has a registration date; choose “First order”."
                if basis == "registration"
                else "No known customer has placed an order yet."
            ),
            icon=":material/search:",
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
    least_customers = cache.whole_variable("least_customers")
    average = retention.average(cells, shown.key, least_customers)
    sizes = cells.groupby("cohort_month")["cohort_size"].max()
    open_cells = cells[~cells["is_complete"]]
    incomplete = set(
        zip(open_cells["cohort_month"], open_cells["month_index"], strict=True)
    )
    _headline(cells, least_customers)
    with ui.card(
        "How much of each cohort is still there?"
        if shown.key == "retention_rate"
        else f"{shown.name}, cohort by cohort",
        f"{'In %. ' if shown.unit is Unit.SHARE else ''}A row is the customers of one "
        "month, with their number; blank is the future (above: known of fewer than "
        "half of them), * a month that is not over.",
        shown.formula,
    ):
        ui.chart(
            cohort_heat_map(matrix, average, sizes, incomplete, shown, ui.theme()),
            f"Heat map of {shown.name.lower()} by cohort and months since the start.",
            "cohort_map",
        )
    with ui.card(
        "Do newer cohorts do better?"
        if shown.key != "retention_rate"
        else "How fast do they leave?",
        "Grey: single cohorts. Blue: all of them, weighted by size, while at least "
        f"half of their customers, and {least_customers}, have been seen for so long. "
        "Complete months only.",
    ):
        theme = ui.theme()
        if average.empty:
            ui.chart(message(theme, "No month is complete yet"), "Empty.", "curves")
        else:
            ui.chart(
                cohort_curves(matrix, average, incomplete, shown, theme),
                f"Lines of {shown.name.lower()} by months since the start.",
                "curves",
            )
    ui.download_csv(lambda: exports.of_frame(cells), f"cohorts_{basis}", "cohort_csv")
    _repeats(least_customers)
    _money_by_type()


def _repeats(least_customers: int) -> None:
    """When customers order again."""
    repeats = cache.ask(retention.repeat_purchases)
    with ui.card(
        "When do they order again?",
        "By the days since the first to fifth order. A line ends where fewer than "
        f"{least_customers} are still waited for.",
        metric("share_back").formula,
    ):
        if repeats is None:
            ui.note(
                "**This warehouse does not say.** It was built without "
                "`rpt_repeat_purchase`: build it again."
            )
            return
        if repeats.empty:
            ui.note("**No known customer has placed an order yet.**")
            return
        left, right = st.columns([3, 2])
        with left:
            ui.chart(
                repeat_curves(repeats, ui.theme()),
                "Lines of the share that ordered again, by days and number of orders.",
                "repeat_curves",
            )
        with right:
            money = cache.currency()
            ui.table(
                repeats,
                {
                    "order_number": st.column_config.NumberColumn("After order"),
                    "customers": ui.column_format("buyers", money, "Customers"),
                    "share_returned": ui.column_format("share_returned", money),
                    "median_days": ui.column_format("median_days", money),
                    "returned_within_365_days": ui.column_format(
                        "share_back", money, "Within a year"
                    ),
                },
                "Customers, shares and days by number of orders.",
                "repeat_table",
            )


def _money_by_type() -> None:
    """Whose money it is: that of new, returning or reactivated customers."""
    rows = cache.ask(retention.sales_by_type)
    with ui.card(
        "Whose money is it?",
        "Net sales a month of known customers. Hatched: a month that is not over.",
        "New: in the month of the first order. Won back: ordered again after more than "
        f"{cache.whole_variable('reactivation_days')} days (the var "
        "`reactivation_days`). Returning: all others who ordered before, and returns "
        "without an order.",
    ):
        if rows is None:
            ui.note(
                "**This warehouse does not say.** It was built without "
                "`rpt_sales_by_customer_type`: build it again."
            )
            return
        ui.chart(
            sales_by_type(rows, ui.theme()),
            "Bars of net sales by month and type of customer.",
            "sales_by_type",
        )


def _headline(cells: pd.DataFrame, least_customers: int) -> None:
    rates = retention.average(cells, "retention_rate", least_customers)
    spent = retention.average(
        cells, "cumulative_spending_per_customer", least_customers
    )
    sizes = cells.groupby("cohort_month")["cohort_size"].max()
    figures: list[tuple[str, float | None]] = [("cohort_customers", float(sizes.sum()))]
    notes = {}
    for key, means, month in (
        ("retention_month_1", rates, 1),
        ("retention_month_3", rates, 3),
        ("retention_month_12", rates, 12),
        ("spending_month_12", spent, 12),
    ):
        figures.append((key, _at(means["value"], month)))
        if (old_enough := _at(means["customers_at_risk"], month)) is not None:
            notes[key] = f"Old enough: {old_enough:,.0f} customers."
    ui.key_figures(figures, notes=notes)


def _at(values: pd.Series, month: int) -> float | None:
    return float(values.loc[month]) if month in values.index else None


main()
