"""Overview: are we growing, and where does it come from?"""

import pandas as pd
import streamlit as st

from dashboard import cache, controls, ui
from dashboard.charts.bars import bridge, ranked
from dashboard.charts.series import over_time
from dashboard.filters import SalesFilter
from dashboard.formatting import day, day_range, exact
from dashboard.metrics import metric
from dashboard.periods import (
    Comparison,
    Grain,
    comparison_range,
    default_grain,
    is_partial,
)
from dashboard.queries import overview, sales

_FIGURES = (
    "net_sales",
    "orders",
    "average_order_value",
    "buyers",
    "new_buyer_share",
)
_LISTED = 10


def main() -> None:
    """Draw the page."""
    days = controls.days()
    against = controls.comparison()
    countries, categories = controls.countries(), controls.categories()
    chosen = SalesFilter(days, countries, categories)
    described = controls.describe(chosen)
    earlier = None
    if not days.is_reversed:
        earlier, compared = _earlier(chosen, against)
        described += compared
    ui.title("Overview", "Are we growing, and where does it come from?", described)
    if days.is_reversed:
        ui.reversed_range()
        return
    by_day = cache.ask(sales.by_day, chosen)
    if by_day.empty:
        ui.nothing_found()
        return
    _headline(chosen, by_day, earlier, against)
    _over_time(chosen, by_day, earlier, against)
    _bridge(chosen)
    # What all sales have in common says nothing about where they come from.
    breakdowns = [
        (column, question)
        for options, column, question in zip(
            cache.choices()[::-1],
            ("category", "country"),
            ("Which categories sell?", "Where do the buyers live?"),
            strict=True,
        )
        if len(options) > 1
    ]
    for place, (column, question) in zip(
        st.columns(len(breakdowns) or 1), breakdowns, strict=False
    ):
        with place:
            _breakdown(column, question, chosen, earlier)


def _earlier(
    chosen: SalesFilter, against: Comparison
) -> tuple[SalesFilter | None, str]:
    """The choice to compare with, and how to say so.

    There is none where the data do not reach back: a part would look like growth.
    """
    before = comparison_range(chosen.days, against)
    if before is None:
        return None, ""
    period = day_range(before.start, before.end)
    first = cache.span().first
    if before.start < first:
        return None, f" · no comparison: the data start on {day(first)}"
    return chosen.during(before), f" · compared with {period}"


def _headline(
    chosen: SalesFilter,
    by_day: pd.DataFrame,
    earlier: SalesFilter | None,
    against: Comparison,
) -> None:
    now = cache.totals(chosen)
    before = cache.totals(earlier) if earlier is not None else None
    ui.key_figures(
        [(key, getattr(now, key)) for key in _FIGURES],
        {key: getattr(before, key) for key in _FIGURES} if before else None,
        against.value.lower(),
        _sparks(chosen, by_day),
    )


def _sparks(chosen: SalesFilter, by_day: pd.DataFrame) -> dict[str, list[float]]:
    """Whole periods only: a part of a month would look like a fall."""
    grain = default_grain(chosen.days)
    periods = overview.by_period(by_day, chosen, grain)
    people = cache.ask(overview.buyers_by_period, chosen, grain)
    periods["buyers"] = people["buyers"]
    periods["new_buyer_share"] = people["new_buyers"] / people["buyers"].where(
        people["buyers"] > 0
    )
    whole = [
        not is_partial(start.date(), grain, chosen.days) for start in periods["start"]
    ]
    periods = periods[whole]
    return {key: periods[key].fillna(0).astype(float).tolist() for key in _FIGURES}


def _over_time(
    chosen: SalesFilter,
    by_day: pd.DataFrame,
    earlier: SalesFilter | None,
    against: Comparison,
) -> None:
    with ui.card("How do sales develop?"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            names = {metric(key).name: key for key in _FIGURES}
            key = names[controls.picked("Show", list(names), "show")]
            grain = controls.grain(chosen.days, default_grain(chosen.days))
        periods = _periods(chosen, by_day, grain)
        before = None
        if earlier is not None:
            before_days = cache.ask(sales.by_day, earlier)
            before = _periods(earlier, before_days, grain)[key]
        shown = metric(key)
        ui.chart(
            over_time(
                periods,
                shown,
                grain,
                chosen.days,
                ui.theme(),
                before,
                against.value,
            ),
            f"Line of {shown.name.lower()} per {grain.value.lower()}, "
            f"{day_range(chosen.days.start, chosen.days.end)}.",
            "over_time",
        )


def _bridge(chosen: SalesFilter) -> None:
    """What is left of gross sales, where anything is taken off."""
    now = cache.totals(chosen)
    amounts = {key: getattr(now, key) for key in sales.BRIDGE}
    taken = [key for key in sales.BRIDGE[1:-1] if amounts[key]]
    charged = cache.ask(overview.charges, chosen)
    if not taken and not charged:
        return
    shown = {key: amounts[key] for key in (sales.BRIDGE[0], *taken, sales.BRIDGE[-1])}
    money = cache.currency()
    beside = [
        f"{metric(key).name.lower()} {exact(value, metric(key), money)}"
        for key, value in charged.items()
    ]
    with ui.card(
        "What is left of gross sales?",
        ui.plain(f"Beside net sales: {' and '.join(beside)}.") if beside else "",
        metric("net_sales").formula,
    ):
        ui.chart(
            bridge(shown, ui.theme()),
            "Bars from gross to net sales: "
            + ", ".join(
                f"{metric(key).name.lower()} {exact(value, metric(key), money)}"
                for key, value in shown.items()
            )
            + ".",
            "bridge",
        )


def _periods(chosen: SalesFilter, by_day: pd.DataFrame, grain: Grain) -> pd.DataFrame:
    periods = overview.by_period(by_day, chosen, grain)
    people = cache.ask(overview.buyers_by_period, chosen, grain)
    periods["buyers"] = people["buyers"]
    periods["new_buyer_share"] = people["new_buyers"] / people["buyers"].where(
        people["buyers"] > 0
    )
    return periods


def _breakdown(
    column: str, question: str, chosen: SalesFilter, earlier: SalesFilter | None
) -> None:
    """Net sales by category or country; a click on a bar filters the page."""
    query = overview.by_category if column == "category" else sales.by_country
    rows = cache.ask(query, chosen)
    shown = rows.head(_LISTED)
    shares = rows["net_sales"] / rows["net_sales"].sum()
    before = None
    if earlier is not None:
        past = cache.ask(query, earlier).set_index(column)["net_sales"]
        before = shown[column].map(past).fillna(0)
    note = "Click a bar to look at it alone."
    if len(rows) > _LISTED:
        note += f" The best {_LISTED} of {len(rows)}."
    if before is not None:
        note += " Grey ticks: the period compared with."
    key = f"by_{column}_{hash((chosen.countries, chosen.categories))}"

    def choose() -> None:
        name = ui.clicked(key)
        if name is not None:
            st.session_state[column] = [name]

    with ui.card(question, note):
        ui.chart(
            ranked(
                list(shown[column]),
                shown["net_sales"],
                metric("net_sales"),
                ui.theme(),
                before=before,
                details=[
                    f"{share:.1%} of net sales, {orders:,} orders"
                    for share, orders in zip(shares, shown["orders"], strict=False)
                ],
            ),
            f"Bars of net sales by {column}, largest first: "
            + ", ".join(str(name) for name in shown[column].head(3))
            + ".",
            key,
            choose,
        )


main()
