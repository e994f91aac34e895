"""Today: what happened, why, and what needs doing?"""

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import cache, controls, privacy, ui
from dashboard.charts.theme import records
from dashboard.charts.today import day_bars, mover_bars
from dashboard.filters import SalesFilter
from dashboard.formatting import change, day_range, exact, short, weekday
from dashboard.metrics import metric
from dashboard.parts import part
from dashboard.periods import Comparison, DateRange, Preset
from dashboard.queries import (
    due,
    overview,
    products,
    retention,
    sales,
    today,
    verdict,
)
from dashboard.queries.today import Window
from dashboard.schema import Span

_LISTED = 5
_AGAIN_WITHIN = 90
_BEFORE, _LAST_YEAR = "The weeks before", "A year before"


def main() -> None:
    """Draw the page."""
    known = cache.span()
    by_day = cache.every_day()
    orders = cache.ask(today.last_orders)
    last, cut_short = today.last_whole_day(orders, known.as_of)
    all_windows = today.windows(last, known.first)
    described = f"Until {weekday(last)}, the last whole day"
    if cut_short:
        described += (
            f"; {weekday(known.as_of)} ends early in the data, at "
            f"{orders['last_order'].iloc[0]:%H:%M}, and is left out"
        )
    ui.title("Today", "What happened, why, and what needs doing?", described)
    with st.container(key="verdict"):
        st.markdown(f"**{ui.plain(_verdict(by_day, all_windows, known.first))}**")
    _windows(by_day, all_windows)
    _days(by_day, last, known.first)
    _buyers(last, known)
    _explain(all_windows)
    _lists(last)


def _verdict(by_day: pd.DataFrame, all_windows: list[Window], first: dt.date) -> str:
    """The day among its like, and the week against others, in a sentence."""
    one_day, week, _ = all_windows
    money = metric("net_sales")

    def amount(days: DateRange | None) -> float | None:
        return today.figures(by_day, days)["net_sales"] if days else None

    brought = amount(one_day.days) or 0.0
    name = weekday(one_day.days.start)
    others = today.usual(by_day, one_day.days, first)
    if not today.figures(by_day, one_day.days)["orders"]:
        said = f"No orders came on {name}"
        if others and not any(others):
            said += f", as on the {len(others)} {one_day.days.start:%A}s before"
    else:
        said = f"{name} brought {exact(brought, money, cache.currency())}"
        if place := today.place_among(brought, others, f"{one_day.days.start:%A}s"):
            said += f", {place}"
    moved = [
        f"{today.more_or_less(amount(week.days), amount(against))} than {what}"
        for against, what in (
            (week.before, "in the 7 days before"),
            (week.last_year, "a year before"),
        )
        if today.more_or_less(amount(week.days), amount(against))
    ]
    if moved:
        return f"{said}; the last 7 days brought {' and '.join(moved)}."
    return f"{said}. The data do not reach back far enough to compare the week."


def _windows(by_day: pd.DataFrame, all_windows: list[Window]) -> None:
    money, unit = metric("net_sales"), cache.currency()
    with st.grid(columns=len(all_windows), min_column_width=260, gap="small"):
        for window in all_windows:
            now = today.figures(by_day, window.days)
            with st.container(border=True, height="stretch", gap="xsmall"):
                st.metric(
                    _label(window),
                    ui.plain(short(now["net_sales"], money, unit)),
                    help=f"{money.formula}\n\n"
                    f"**{ui.plain(exact(now['net_sales'], money, unit))}**",
                )
                average = exact(
                    now["average_order_value"], metric("average_order_value"), unit
                )
                ui.caption(
                    ui.plain(f"{now['orders']:,.0f} orders, {average} on average")
                )
                _against(by_day, now["net_sales"], window)
                _link_to(window.days)


def _label(window: Window) -> str:
    if window.days.days == 1:
        return weekday(window.days.start)
    return f"{window.name}: {day_range(window.days.start, window.days.end)}"


def _against(by_day: pd.DataFrame, now: float | None, window: Window) -> None:
    """How the window stands against both of those before it."""
    money = metric("net_sales")
    for days in (window.before, window.last_year):
        if days is None:
            continue
        then = today.figures(by_day, days)["net_sales"]
        moved = change(now, then, money)
        colour = "gray"
        if moved is not None and now is not None and then is not None:
            colour = "green" if now >= then else "red"
        whole = ui.plain(exact(then, money, cache.currency()))
        st.markdown(
            f":{colour}-badge[{ui.plain(moved or 'new')}] :small[:gray[on "
            f"{ui.plain(day_range(days.start, days.end))}: {whole}]]"
        )
    if window.last_year is None:
        ui.caption("The data do not reach back a year.")


def _link_to(days: DateRange) -> None:
    st.page_link(
        "views/overview.py",
        label="See these days",
        icon=":material/arrow_forward:",
        query_params={
            "period": Preset.CUSTOM.value,
            "from": days.start.isoformat(),
            "to": days.end.isoformat(),
            "compare": Comparison.PREVIOUS_PERIOD.value,
        },
    )


def _days(by_day: pd.DataFrame, last: dt.date, first: dt.date) -> None:
    with ui.card(
        "How did the days go?",
        f"Net sales of {today.RECENT_DAYS} days; the last 7 stand out.",
    ):
        days = today.recent_days(by_day, last, first)
        best = days.nlargest(1, "net_sales")["date"].iloc[0]
        ui.chart(
            day_bars(days, last - dt.timedelta(days=6), ui.theme()),
            f"Bars of net sales a day until {weekday(last)}; the best was "
            f"{weekday(best.date())}.",
            "days",
        )


@ui.in_time()
def _buyers(last: dt.date, known: Span) -> None:
    """New buyers of the month to date, and how many of them come back."""
    left, right = st.columns(2)
    with left, ui.card("Do new buyers come?"):
        month, before = today.month_to_date(last, known.first)
        _, new = cache.ask(sales.buyers, SalesFilter(month))
        then = cache.ask(sales.buyers, SalesFilter(before))[1] if before else None
        shown = metric("new_buyers")
        st.metric(
            f"New buyers, {day_range(month.start, month.end)}",
            short(new, shown, cache.currency()),
            help=shown.formula,
            **ui.moved(new, then, shown),
        )
        if before is None:
            ui.caption("The data do not reach back to the month before.")
        else:
            ui.caption(
                ui.plain(f"{day_range(before.start, before.end)}: {then:,} new buyers")
            )
        _link_to(month)
    with right, ui.card("Do they come back?"):
        rates = cache.ask(retention.repeat_rates, _AGAIN_WITHIN, known.as_of)
        least = cache.whole_variable("least_customers")
        months = retention.TREND_MONTHS
        now, then_rate = retention.repeat_trend(rates, least)
        shown = metric("repeat_rate")
        st.metric(
            f"Repeat rate within {_AGAIN_WITHIN} days",
            short(now, shown, cache.currency()),
            help=shown.formula,
            **ui.moved(now, then_rate, shown),
        )
        ui.caption(
            f"First orders of the last {months} months known for so long, against the "
            f"{months} before."
        )
        ui.link("views/retention.py", "Month by month")


@part
def _explain(all_windows: list[Window]) -> None:
    """The countries, categories and products that moved net sales."""
    names = {window.name: window for window in all_windows}
    first_name = all_windows[1].name
    order = [first_name, *(name for name in names if name != first_name)]
    with ui.card(
        "What moved net sales?",
        "Click a country or a category to look at it alone; again, at all. A click on "
        "a product opens its page.",
    ):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            window = names[controls.picked("Of", order, "moved_over")]
            against = controls.picked("Against", [_BEFORE, _LAST_YEAR], "moved_against")
            places = controls.countries_and_categories("moved")
        days = window.before if against == _BEFORE else window.last_year
        if days is None:
            ui.note("**The data do not reach back so far.** Choose another comparison.")
            return
        now, then = SalesFilter(window.days, *places), SalesFilter(days, *places)
        tables = _moved(now, then)
        whole = round(
            float(cache.by_day(now)["net_sales"].sum())
            - float(cache.by_day(then)["net_sales"].sum()),
            4,
        )
        if not any(len(moved) for _, moved, _ in tables):
            ui.note("**Nothing moved**: every part sold what it sold before.")
            return
        unit = metric("net_sales_change")
        ui.caption(
            ui.plain(
                f"{day_range(window.days.start, window.days.end)} against "
                f"{day_range(days.start, days.end)}: "
                f"{exact(whole, unit, cache.currency())}. Each picture adds up to it."
            )
        )
        for column, (what, moved, choose) in zip(
            st.columns(len(tables)), tables, strict=True
        ):
            with column:
                st.subheader(what, anchor=False)
                ui.chart(
                    mover_bars(moved, ui.theme()),
                    f"Bars of the change by {what.lower()}: "
                    + ", ".join(map(str, moved["name"].head(3))),
                    f"moved_{what}",
                    choose,
                )


def _moved(
    now: SalesFilter, then: SalesFilter
) -> list[tuple[str, pd.DataFrame, Callable[[Any], None]]]:
    """What moved, by country, category and product, and what a click on it does.

    What all sales share has none.
    """
    countries, categories = cache.choices()
    kinds = []
    if len(countries) > 1:
        kinds.append(("Countries", sales.by_country, "country"))
    if len(categories) > 1:
        kinds.append(("Categories", overview.by_category, "category"))

    def moved(query: Callable[..., pd.DataFrame], key: str, name: str) -> pd.DataFrame:
        rows = cache.ask(query, now), cache.ask(query, then)
        return today.movers(*rows, key, name, _LISTED)

    by_product = moved(products.with_services_as_one, "product_key", "product_name")
    return [
        *(
            (what, moved(query, key, key), partial(ui.choose, f"moved_{key}"))
            for what, query, key in kinds
        ),
        ("Products", by_product, _open_product),
    ]


def _open_product(key: int) -> None:
    if key:  # 0 are all services
        ui.open_product(key)


def _lists(last: dt.date) -> None:
    """What needs doing: four lists, each with a way to the page behind it."""
    left, right = st.columns(2)
    with left:
        _running_out()
        _returns(last)
    with right:
        _due()
        _trust()


def _running_out() -> None:
    lead_time = cache.whole_variable("lead_time_days")
    with ui.card(
        "What is sold out or running out?",
        f"At the pace of {today.RECENT_DAYS} days; an order of today arrives in "
        f"{lead_time} days.",
    ):
        levels = cache.ask(products.stock_levels, ())
        if levels.empty:
            ui.note("The products have no stock quantity in the source data.", "inbox")
            return
        short_of = products.running_out(levels)
        if short_of.empty:
            ui.all_well("Nothing that sells is short.")
            return
        out = int((short_of["stock_status"] == "sold out").sum())
        st.markdown(f"**{out:,}** sold out, **{len(short_of) - out:,}** running out")
        ui.product_lines(
            (
                (row.product_key, row.product_name, _stock_in_words(row))
                for row in records(short_of.head(_LISTED))
            ),
            "short_of",
        )
        ui.link("views/products.py", "All to order")


def _stock_in_words(row: Any) -> str:
    """How long a row of `stock_levels` lasts, and what to order."""
    lasts = "sold out" if pd.isna(row.days_left) else f"{row.days_left:,.0f} days left"
    return (
        f"{lasts} · {row.units_per_day:,.1f} sold a day · "
        f"order {row.reorder_quantity:,.0f}"
    )


def _due() -> None:
    with ui.card(
        "Which buyers are due?",
        "They have waited longer than they usually do, and not yet twice as long.",
        "Buyers of three days or more with an order; their usual gap is the median. "
        f"The highest expected value first. {metric('expected_value').formula}",
    ):
        status = due.STATUSES["Due"]
        segments = cache.ask(due.by_segment, status, ())
        if segments.empty:
            ui.all_well("Nobody with three orders or more is late.")
            return
        found = cache.ask(due.buyers, status, (), (), _LISTED)
        shown = found if cache.show_pii() else privacy.mask(found)
        st.markdown(f"**{int(segments['due_buyers'].sum()):,}** buyers")
        value = metric("expected_value")
        ui.short_table(
            ("Customer", "Usual gap", "Waited", "Expected value"),
            [
                (
                    str(row.customer_id),
                    f"{row.usual_gap_days:,.1f} d",
                    f"{row.recency_days:,} d",
                    exact(row.expected_value, value, cache.currency()),
                )
                for row in records(shown)
            ],
        )
        ui.link("views/due.py", "All who are due, and a file of them")


def _returns(last: dt.date) -> None:
    with ui.card(
        "Which returns jumped?",
        f"At least twice as much came back in {today.RECENT_DAYS} days as in the "
        f"{today.RECENT_DAYS} before.",
    ):
        jumped = today.returns_that_jumped(*cache.ask(today.recent_products, last))
        if jumped.empty:
            ui.all_well("No product came back twice as much as before.")
            return
        st.markdown(f"**{len(jumped):,}** products")
        returned, unit = metric("returned"), cache.currency()
        ui.product_lines(
            (
                (
                    row.product_key,
                    row.product_name,
                    f"{exact(row.returned_before, returned, unit)} before, "
                    f"{exact(row.returned, returned, unit)} now",
                )
                for row in records(jumped.head(_LISTED))
            ),
            "returned",
        )
        ui.link("views/products.py", "All returns", period=Preset.LAST_30_DAYS.value)


def _trust() -> None:
    with ui.card(
        "Are the data fresh and complete?", ui.plain(cache.freshness(in_full=True))
    ):
        answers = cache.verdicts()
        troubles = [line for answer in answers for line in answer.troubles]
        said = ui.plain(verdict.in_a_sentence(answers))
        if not troubles:
            ui.all_well(said)
        else:
            st.markdown(f"**{said}**")
        ui.bullets(troubles, _LISTED)
        ui.link("views/data_health.py", "All about the data")


main()
