"""Overview: are we growing, and where does it come from?"""

import pandas as pd
import streamlit as st

from dashboard import controls, data, frame
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
from dashboard.queries import sales

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
    frame.title("Overview", "Are we growing, and where does it come from?", described)
    if days.is_reversed:
        frame.reversed_range()
        return
    by_day = data.ask(sales.by_day, chosen)
    if by_day.empty:
        frame.nothing_found()
        return
    _headline(chosen, by_day, earlier, against)
    _over_time(chosen, by_day, earlier, against)
    _bridge(chosen)
    # What all sales have in common says nothing about where they come from.
    breakdowns = [
        (column, question)
        for options, column, question in zip(
            data.choices()[::-1],
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
    first = data.span().first
    if before.start < first:
        return None, f" · no comparison: the data start on {day(first)}"
    return chosen.during(before), f" · compared with {period}"


def _headline(
    chosen: SalesFilter,
    by_day: pd.DataFrame,
    earlier: SalesFilter | None,
    against: Comparison,
) -> None:
    now = data.totals(chosen)
    before = data.totals(earlier) if earlier is not None else None
    frame.key_figures(
        [(key, getattr(now, key)) for key in _FIGURES],
        {key: getattr(before, key) for key in _FIGURES} if before else None,
        against.value.lower(),
        _sparks(chosen, by_day),
    )


def _sparks(chosen: SalesFilter, by_day: pd.DataFrame) -> dict[str, list[float]]:
    """Whole periods only: a part of a month would look like a fall."""
    grain = default_grain(chosen.days)
    periods = sales.by_period(by_day, chosen, grain)
    people = data.ask(sales.buyers_by_period, chosen, grain)
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
    with frame.card("How do sales develop?"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            names = {metric(key).name: key for key in _FIGURES}
            key = names[controls.picked("Show", list(names), "show")]
            grain = controls.grain(chosen.days, default_grain(chosen.days))
        periods = _periods(chosen, by_day, grain)
        before = None
        if earlier is not None:
            before_days = data.ask(sales.by_day, earlier)
            before = _periods(earlier, before_days, grain)[key]
        shown = metric(key)
        frame.chart(
            over_time(
                periods,
                shown,
                grain,
                chosen.days,
                frame.look(),
                before,
                against.value,
            ),
            f"Line of {shown.name.lower()} per {grain.value.lower()}, "
            f"{day_range(chosen.days.start, chosen.days.end)}.",
            "over_time",
        )


def _bridge(chosen: SalesFilter) -> None:
    """What is left of gross sales, where anything is taken off."""
    now = data.totals(chosen)
    amounts = {key: getattr(now, key) for key in sales.BRIDGE}
    taken = [key for key in sales.BRIDGE[1:-1] if amounts[key]]
    charged = data.ask(sales.charges, chosen)
    if not taken and not charged:
        return
    shown = {key: amounts[key] for key in (sales.BRIDGE[0], *taken, sales.BRIDGE[-1])}
    money = data.currency()
    beside = [
        f"{metric(key).name.lower()} {exact(value, metric(key), money)}"
        for key, value in charged.items()
    ]
    with frame.card(
        "What is left of gross sales?",
        frame.plain(f"Beside net sales: {' and '.join(beside)}.") if beside else "",
        metric("net_sales").formula,
    ):
        frame.chart(
            bridge(shown, frame.look()),
            "Bars from gross to net sales: "
            + ", ".join(
                f"{metric(key).name.lower()} {exact(value, metric(key), money)}"
                for key, value in shown.items()
            )
            + ".",
            "bridge",
        )


def _periods(chosen: SalesFilter, by_day: pd.DataFrame, grain: Grain) -> pd.DataFrame:
    periods = sales.by_period(by_day, chosen, grain)
    people = data.ask(sales.buyers_by_period, chosen, grain)
    periods["buyers"] = people["buyers"]
    periods["new_buyer_share"] = people["new_buyers"] / people["buyers"].where(
        people["buyers"] > 0
    )
    return periods


def _breakdown(
    column: str, question: str, chosen: SalesFilter, earlier: SalesFilter | None
) -> None:
    """Net sales by category or country; a click on a bar filters the page."""
    query = sales.by_category if column == "category" else sales.by_country
    rows = data.ask(query, chosen)
    shown = rows.head(_LISTED)
    shares = rows["net_sales"] / rows["net_sales"].sum()
    before = None
    if earlier is not None:
        past = data.ask(query, earlier).set_index(column)["net_sales"]
        before = shown[column].map(past).fillna(0)
    note = "Click a bar to look at it alone."
    if len(rows) > _LISTED:
        note += f" The best {_LISTED} of {len(rows)}."
    if before is not None:
        note += " Grey ticks: the period compared with."
    key = f"by_{column}_{hash((chosen.countries, chosen.categories))}"

    def choose() -> None:
        name = frame.clicked(key)
        if name is not None:
            st.session_state[column] = [name]

    with frame.card(question, note):
        frame.chart(
            ranked(
                list(shown[column]),
                shown["net_sales"],
                metric("net_sales"),
                frame.look(),
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
