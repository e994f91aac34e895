"""Retention: do they come back?"""

import math
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import cache, controls, ui
from dashboard.charts import retention as charts
from dashboard.formatting import DASH, change, exact, percent
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
# Where a cost is known.
_MARGIN = "cumulative_margin_per_customer"
# By the length of a period, as `queries.retention` calls it.
_GRAINS = {"Month": "month", "Week": "week", "Quarter": "quarter"}
_DEFAULT_COHORTS = {"month": 13, "week": 26, "quarter": 12}


def main() -> None:
    """Draw the page."""
    ui.title(
        "Retention",
        "Do customers come back, and what do they spend as time goes on?",
        "All sales; cohorts are not cut by period, country or category",
    )
    least_customers = cache.whole_variable("least_customers")
    _cohorts(least_customers)
    _repeat_rate(least_customers)
    _repeats(least_customers)
    with ui.in_time():
        by_type = cache.ask(retention.sales_by_type)
        if not by_type.empty:
            _money_by_type(by_type)


@part
def _repeat_rate(least_customers: int) -> None:
    """How many new buyers order again, and whether that grows."""
    with ui.card(
        "Do more new buyers come back than before?",
        help_text=metric("repeat_rate").formula,
    ):
        spans = {f"{days} days": days for days in (90, 30, 60, 180, 365)}
        days = spans[controls.picked("Again within", list(spans), "again_within")]
        rates = cache.ask(retention.repeat_rates, days, cache.span().as_of)
        if rates["repeat_rate"].isna().all():
            ui.note("**Too few new buyers have been known for so long.**")
            return
        ui.caption(_in_words(rates, days, least_customers))
        ui.chart(
            charts.repeat_rate_line(rates, days, ui.theme()),
            f"Line of the repeat rate within {days} days by month of first order.",
            "repeat_rate",
        )


def _in_words(rates: pd.DataFrame, days: int, least_customers: int) -> str:
    """The newest repeat rate against the one before, and what is left out."""
    months = retention.TREND_MONTHS
    now, before = retention.repeat_trend(rates, least_customers)
    said = []
    if not math.isnan(now):
        moved = change(now, before, metric("repeat_rate"))
        against = f", {moved} against the {months} months before" if moved else ""
        said.append(
            f"**{ui.plain(percent(now))}** of those who bought first in the last "
            f"{months} months known for {days} days ordered again within them"
            f"{ui.plain(against)}."
        )
    if few := int(rates["repeat_rate"].isna().sum()):
        months_left_out = "One month" if few == 1 else f"{few} months"
        are = "is" if few == 1 else "are"
        said.append(
            f"{months_left_out} with fewer than {least_customers} such buyers {are} "
            "left out."
        )
    return " ".join(said)


@part
def _cohorts(least_customers: int) -> None:
    """The customers of each period, and what they did from then on."""
    figures = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        basis = _BASES[controls.picked("Cohort by", list(_BASES), "cohort")]
        grain = _GRAINS[controls.picked("Per", list(_GRAINS), "cohort_per")]
        cells = cache.ask(retention.cohorts, basis, grain)
        has_margin = bool(cells["cumulative_margin"].notna().any())
        measures = (*_MEASURES, _MARGIN) if has_margin else _MEASURES
        shown = controls.picked_metric("Show", measures, "cohort_show")
    names = sorted(cells["cohort"].unique())
    if not names:
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
    count = min(_DEFAULT_COHORTS[grain], len(names))
    usual = names[-count], names[-1]
    key = f"{basis}_{'' if grain == 'month' else f'{grain}_'}cohorts"
    if len(names) > 1:
        first, last = st.select_slider(
            "Cohorts",
            names,
            usual,
            key=key,
            bind="query-params",
            persist_state="session",
        )
        cells = cells[cells["cohort"].between(first, last)]
    matrix = retention.cohort_matrix(cells, shown.key, least_customers)
    matrix = matrix.dropna(how="all")
    average = retention.average(cells, shown.key, least_customers)
    incomplete = retention.incomplete_periods(cells)
    sizes = retention.cohort_sizes(cells)
    known = retention.first_periods(cells, grain, least_customers)
    averages = {key: value for key, (value, _) in known.items()}
    with figures:
        ui.key_figures(
            {"cohort_customers": float(sizes.sum())} | averages,
            notes={
                key: f"Old enough: {at_risk:,.0f} customers."
                for key, (_, at_risk) in known.items()
                if not math.isnan(at_risk)
            },
        )
    is_retention = shown.key == "retention_rate"
    few = retention.cohorts_of_few(cells, least_customers) if shown.ratio else 0
    unit = {Unit.SHARE: "In %. ", Unit.MONEY: f"In {cache.currency().code}. "}
    hidden = (
        f" {few} of fewer than {least_customers} customers are left out: their figures "
        "would say little."
        if few
        else ""
    )
    to_click = ""
    if len(names) > 1:
        to_click = " Click a cell to look at its cohort alone; again, at those before."
    with ui.card(
        "How much of each cohort is still there?"
        if is_retention
        else f"{shown.name}, cohort by cohort",
        f"{unit.get(shown.unit, '')}A row is the customers of one {grain}, with their "
        "number; blank is the future (above: known of fewer than half of them), * a "
        f"{grain} that is not over.{hidden}{to_click}",
        shown.formula,
        "cohorts_card",
    ):
        if matrix.count().sum() == 1:
            value = exact(float(matrix.max().max()), shown, cache.currency())
            st.markdown(f"**{ui.plain(value)}** in the only {grain} there is.")
        else:
            ui.chart(
                charts.cohort_heat_map(
                    matrix, average, sizes, incomplete, shown, ui.theme(), grain
                ),
                f"Heat map of {shown.name.lower()} by cohort and {grain}s since the "
                "start.",
                "cohort_map",
                partial(_look_at, key, usual) if len(names) > 1 else None,
                "cohorts_card",
            )
        if shown.key == _MARGIN:
            amounts = cells[["total_spending", "net_sales_with_cost"]].sum()
            of_all, known_of = amounts["total_spending"], amounts["net_sales_with_cost"]
            ui.margin_note(float(known_of), float(of_all))
    with ui.card(
        "How fast do they leave?" if is_retention else "Do newer cohorts do better?",
        "Grey: single cohorts. Blue: all of them, weighted by size, while at least "
        f"half of their customers, and {least_customers}, have been seen for so long. "
        f"Complete {grain}s only.",
    ):
        if average.empty:
            empty = ui.theme().message(f"No {grain} is complete yet")
            ui.chart(empty, "Empty.", "curves")
        else:
            ui.chart(
                charts.cohort_curves(
                    matrix, average, incomplete, shown, ui.theme(), grain
                ),
                f"Lines of {shown.name.lower()} by {grain}s since the start.",
                "curves",
            )
    ui.download(cells, f"cohorts_{basis}_{grain}")


def _look_at(key: str, usual: tuple[str, str], names: list[str]) -> None:
    """What a click on a cell does: look at its cohort alone; again, at those before.

    Args:
        key: That of the first and the last cohort shown.
        usual: Those that nobody chose.
        names: The one cohort.
    """
    shown, alone = st.session_state.get(key, usual), (names[0], names[0])
    before = f"{key}_before"
    if shown == alone:
        st.session_state[key] = st.session_state.pop(before, usual)
    else:
        st.session_state[key], st.session_state[before] = alone, shown


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
            if repeats[["share_returned", "median_days"]].isna().any(axis=None):
                ui.caption(
                    f"{DASH}: of fewer than {least_customers} customers, who would "
                    "say little."
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
