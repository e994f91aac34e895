"""Overview: are we growing, and where does it come from?"""

from collections.abc import Mapping
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import cache, controls, ui
from dashboard.charts.bars import bridge, ranked
from dashboard.charts.forecast import forecast
from dashboard.charts.series import over_time
from dashboard.filters import SalesFilter
from dashboard.formatting import change, day_range, in_words, short
from dashboard.metrics import metric, shares
from dashboard.parts import part
from dashboard.periods import Comparison, Grain, default_grain, is_partial
from dashboard.queries import forecast as forecasts
from dashboard.queries import overview, sales

_FIGURES = ("net_sales", "orders", "average_order_value", "buyers", "new_buyer_share")
_LISTED = 10
_HOW_AHEAD = """\
Weeks are counted from the day after the warehouse's as-of date. Expected is what a \
smoothed level gives, with a yearly season from 65 weeks on; moving holidays are not \
known. The band is made of the errors of trials on weeks that are over: those of weeks \
for a week, those of 13 weeks for all."""


def main() -> None:
    """Draw the page."""
    days = controls.days()
    against = controls.comparison()
    chosen = SalesFilter(days, controls.countries(), controls.categories())
    earlier, compared = controls.earlier(chosen, against)
    ui.title(
        "Overview",
        "Are we growing, and where does it come from?",
        controls.describe(chosen) + compared,
    )
    if ui.rows_of(cache.by_day, chosen) is None:
        return
    _headline(chosen, earlier, against)
    _over_time(chosen, earlier, against)
    _ahead(chosen)
    _bridge(chosen)
    # What all sales have in common says nothing about where they come from.
    countries, categories = cache.choices()
    breakdowns = []
    if len(categories) > 1:
        breakdowns.append(("category", "Which categories sell?"))
    if len(countries) > 1:
        breakdowns.append(("country", "Where do the buyers live?"))
    columns = st.columns(len(breakdowns) or 1)
    for place, (column, question) in zip(columns, breakdowns, strict=False):
        with place:
            _breakdown(column, question, chosen, earlier)


@ui.in_time()
def _headline(
    chosen: SalesFilter, earlier: SalesFilter | None, against: Comparison
) -> None:
    now = _totals(chosen)
    ui.key_figures(
        {key: now[key] for key in _FIGURES},
        _totals(earlier) if earlier is not None else None,
        against.value.lower(),
        _sparks(chosen),
    )


def _totals(chosen: SalesFilter) -> dict[str, float | None]:
    days, buyers = cache.by_day(chosen), cache.ask(sales.buyers, chosen)
    return sales.totals_of(days, buyers)


def _sparks(chosen: SalesFilter) -> dict[str, list[float]]:
    """Whole periods only: a part of a month would look like a fall."""
    grain = default_grain(chosen.days)
    periods = _periods(chosen, grain)
    starts = periods["start"].dt.date
    periods = periods[[not is_partial(day, grain, chosen.days) for day in starts]]
    return {key: periods[key].fillna(0).astype(float).tolist() for key in _FIGURES}


def _periods(chosen: SalesFilter, grain: Grain) -> pd.DataFrame:
    days = cache.by_day(chosen)
    buyers = cache.ask(overview.buyers_by_period, chosen, grain)
    return overview.by_period(days, buyers, chosen, grain)


@part
def _over_time(
    chosen: SalesFilter, earlier: SalesFilter | None, against: Comparison
) -> None:
    with ui.card("How do sales develop?"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            shown = controls.picked_metric("Show", _FIGURES, "show")
            grain = controls.grain(chosen.days)
        ui.chart(
            over_time(
                _periods(chosen, grain),
                shown,
                grain,
                chosen.days,
                ui.theme(),
                _periods(earlier, grain)[shown.key] if earlier is not None else None,
                against.value,
            ),
            f"Line of {shown.name.lower()} per {grain.value.lower()}, "
            f"{day_range(chosen.days.start, chosen.days.end)}.",
            "over_time",
        )


def _ahead(chosen: SalesFilter) -> None:
    """The next 13 weeks of the shop, or of the one category that is chosen."""
    with ui.card("What do the next 13 weeks bring?", help_text=_HOW_AHEAD):
        if chosen.countries or len(chosen.categories) > 1:
            ui.caption(
                "Forecast for the shop and for single categories: choose all countries "
                "and at most one category."
            )
            return
        category = chosen.categories[0] if chosen.categories else None
        coming = cache.ask(forecasts.forecast_weeks, category)
        if coming.empty or not coming["expected_net_sales"].notna().any():
            ui.caption(ui.plain(forecasts.why_none(coming)))
            return
        first = coming["first_day"].iloc[0].date()
        before = cache.ask(forecasts.sales_before, category, first)
        outlook = forecasts.outlook(coming, before, cache.span().first)
        ui.caption(ui.plain(_outlook_in_words(outlook)))
        past, year_before = forecasts.weeks_around(before, outlook, cache.span().first)
        ui.chart(
            forecast(past, coming[coming["period"] == "week"], year_before, ui.theme()),
            "Line of net sales per week, then of those expected, in their band: "
            f"{_outlook_in_words(outlook)}",
            "ahead",
        )
        trials = cache.ask(forecasts.forecast_trials, category)
        ui.caption(ui.plain(forecasts.trials_in_words(trials)))


def _outlook_in_words(outlook: forecasts.Outlook) -> str:
    sales_metric, money = metric("net_sales"), cache.currency()

    def said(value: float | None) -> str:
        return short(value, sales_metric, money)

    words = (
        f"{day_range(outlook.first, outlook.last)}: {said(outlook.expected)} expected, "
        f"{said(outlook.lower)} to {said(outlook.upper)} in 80 of 100 cases"
    )
    moved = change(outlook.expected, outlook.year_before, sales_metric)
    if moved is not None:
        words += (
            f"; {moved} on the same weeks a year before ({said(outlook.year_before)})"
        )
    return f"{words}. Whatever days are chosen."


@ui.in_time()
def _bridge(chosen: SalesFilter) -> None:
    """What is left of gross sales, where anything is taken off."""
    now, money = _totals(chosen), cache.currency()
    first, *between, last = sales.BRIDGE
    taken = [key for key in between if now[key]]
    charged = cache.ask(overview.charges, chosen)
    if not taken and not charged and "margin" not in now:
        return
    amounts = {key: now[key] or 0.0 for key in (first, *taken, last)}
    margin = {key: now[key] for key in ("margin", "margin_rate") if key in now}

    def named(figures: Mapping[str, float | None]) -> list[str]:
        return [
            f"{metric(key).name.lower()} {in_words(value, metric(key), money)}"
            for key, value in figures.items()
        ]

    beside = f"Beside net sales: {' and '.join(named(charged))}."
    with ui.card(
        "What is left of gross sales?",
        ui.plain(beside) if charged else "",
        metric("net_sales").formula,
    ):
        ui.chart(
            bridge(amounts, ui.theme()),
            f"Bars from gross to net sales: {', '.join(named(amounts))}.",
            "bridge",
        )
        if margin:
            ui.margin_note(
                now["net_sales_with_cost"] or 0,
                now["net_sales"] or 0,
                f"{', '.join(named(margin)).capitalize()}. ",
            )


@ui.in_time()
def _breakdown(
    column: str, question: str, chosen: SalesFilter, earlier: SalesFilter | None
) -> None:
    """Net sales by category or country; a click on a bar filters the page."""
    query = overview.by_category if column == "category" else sales.by_country
    rows = cache.ask(query, chosen)
    shown = rows.head(_LISTED)
    before = None
    note = "Click a bar to look at it alone; again, at all."
    if len(rows) > _LISTED:
        note += f" The best {_LISTED} of {len(rows)}."
    if earlier is not None:
        past = cache.ask(query, earlier).set_index(column)["net_sales"]
        before = shown[column].map(past).fillna(0)
        note += " Grey ticks: the period compared with."

    best = ", ".join(map(str, shown[column].head(3)))
    with ui.card(question, note):
        ui.chart(
            ranked(
                shown[column],
                shown["net_sales"],
                metric("net_sales"),
                ui.theme(),
                before=before,
                details=[
                    f"{share:.1%} of net sales, {orders:,} orders"
                    for share, orders in zip(
                        shares(rows["net_sales"]), shown["orders"], strict=False
                    )
                ],
            ),
            f"Bars of net sales by {column}, largest first: {best}.",
            f"by_{column}",
            partial(ui.choose, column),
        )


main()
