"""One product: how it sells, how long it lasts, who buys it, and with what."""

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import cache, controls, frame, ui
from dashboard.charts.bars import ranked
from dashboard.charts.baskets import companion_bars
from dashboard.charts.product import price_history
from dashboard.charts.series import over_time
from dashboard.charts.theme import records
from dashboard.filters import SalesFilter
from dashboard.formatting import exact
from dashboard.metrics import metric
from dashboard.parts import part
from dashboard.periods import default_grain
from dashboard.queries import baskets, product, products

_FIGURES = ("net_sales", "units", "orders")
_LISTED = 10


def main() -> None:
    """Draw the page."""
    chosen = SalesFilter(controls.days(), controls.countries())
    known = cache.ask(product.every_product)
    if known.empty:
        ui.title("Product", "There is none.")
        return
    with frame.bar():
        key = controls.product(known, width=380)
    about = cache.ask(product.description, key)
    ui.title(
        "Product",
        ui.plain(str(about["product_name"])),
        f"{_known_of(about)} \N{MIDDLE DOT} {controls.describe(chosen)}",
    )
    if chosen.days.is_reversed:
        ui.period_turned_round()
        return
    grain = default_grain(chosen.days)
    sold = cache.ask(products.product_by_period, key, chosen, grain)
    ui.key_figures(product.totals(sold))
    left, right = st.columns([3, 2])
    with left:
        _trend(key, chosen, about)
    with right:
        _stock(about)
    left, right = st.columns([3, 2])
    with left:
        _prices(key, chosen)
    with right:
        _loss(key, chosen)
    left, right = st.columns(2)
    with left:
        _buyers(key, chosen)
    with right:
        _companions(key)


def _known_of(about: pd.Series) -> str:
    """What is known of the product, beside its name, in a line."""
    price = exact(about["price"], metric("list_price"), cache.currency())
    said = [about["product_id"], about["category"], f"price today {price}"]
    if pd.notna(about["unit_cost"]):
        cost = exact(about["unit_cost"], metric("list_price"), cache.currency())
        said.append(f"cost today {cost}")
    if about["is_service"]:
        said.append("a service: in the money, and in no ranking, pair or stock")
    return " \N{MIDDLE DOT} ".join(map(str, said))


@part
def _trend(key: int, chosen: SalesFilter, about: pd.Series) -> None:
    with ui.card("How does it sell?"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            known = () if pd.isna(about["unit_cost"]) else ("margin",)
            shown = controls.picked_metric("Show", (*_FIGURES, *known), "product_show")
            grain = controls.grain(chosen.days)
        periods = cache.ask(products.product_by_period, key, chosen, grain)
        ui.chart(
            over_time(periods, shown, grain, chosen.days, ui.theme(), height=260),
            f"Line of {shown.name.lower()} of {about['product_name']} per "
            f"{grain.value.lower()}.",
            "trend",
        )


def _stock(about: pd.Series) -> None:
    lead_time = cache.whole_variable("lead_time_days")
    cover = cache.whole_variable("cover_days")
    with ui.card(
        "How long does it last?",
        "Stock of today, at the pace of the last four weeks in all countries.",
    ):
        status = about["stock_status"]
        if pd.isna(status):
            what = "A service has no stock." if about["is_service"] else "Not known."
            ui.note(what, "inbox")
            return
        st.markdown(f"**{str(status).capitalize()}**")
        figures = {
            key: None if pd.isna(about[key]) else float(about[key])
            for key in (
                "stock_quantity",
                "units_per_day",
                "days_left",
                "reorder_quantity",
            )
        }
        ui.key_figures(figures, most=2)
        ui.caption(
            f"To order: an order of today arrives in {lead_time} days and should last "
            f"for {cover}."
        )


def _prices(key: int, chosen: SalesFilter) -> None:
    with ui.card(
        "What was paid for a piece?",
        "The mean of the pieces sold in each period, before and after discounts.",
    ):
        grain = default_grain(chosen.days)
        prices = cache.ask(product.prices, key, chosen, grain)
        if prices["list_price"].isna().all():
            ui.note("**It did not sell in this choice.**", "search")
            return
        ui.chart(
            price_history(prices, grain, chosen.days, ui.theme()),
            f"Lines of the list price and the price paid per {grain.value.lower()}.",
            "prices",
        )


def _loss(key: int, chosen: SalesFilter) -> None:
    with ui.card(
        "What would baskets lose without it?",
        "Between its own lines and all that was bought with it.",
        "What people would have done without it no sales data say: some would have "
        "bought something else, some nothing at all. So here are the two ends: "
        f"{metric('own_sales').formula} {metric('basket_sales').formula}",
    ):
        found = cache.ask(product.baskets_with, key, chosen)
        if not found["baskets"]:
            ui.note("**It is in no basket of this choice.**", "search")
            return
        keys = ("own_sales", "basket_sales", "baskets", "baskets_alone")
        ui.key_figures({key: found[key] for key in keys}, most=2)
        rest = exact(
            found["companion_sales"], metric("companion_sales"), cache.currency()
        )
        ui.caption(ui.plain(f"Between them: {rest} of everything else in its baskets."))


def _buyers(key: int, chosen: SalesFilter) -> None:
    with ui.card(
        "Who buys it?",
        "By segment of today, and by country. Click a country to look at it alone; "
        "again, at all.",
    ):
        for what, query, name, choose in (
            ("Segments", product.by_segment, "segment_name", None),
            ("Countries", product.by_country, "country", partial(ui.choose, "country")),
        ):
            rows = cache.ask(query, key, chosen)
            if rows.empty:
                ui.note("**Nobody in this choice.**", "search")
                return
            st.subheader(what, anchor=False)
            best = rows.head(_LISTED)
            ui.chart(
                ranked(
                    best[name],
                    best["net_sales"],
                    metric("net_sales"),
                    ui.theme(),
                    details=[f"{row.buyers:,} buyers" for row in records(best)],
                ),
                f"Bars of its net sales by {what.lower()}: "
                + ", ".join(map(str, best[name].head(3))),
                f"bought_by_{name}",
                choose,
            )
            if len(rows) > _LISTED:
                ui.caption(f"The first {_LISTED} of {len(rows):,}.")


def _companions(key: int) -> None:
    with ui.card(
        "What is bought with it?",
        "Of the baskets of all days with it, the share that also holds the other. "
        "Click a bar to look at that one.",
        metric("confidence").formula,
    ):
        found = cache.ask(baskets.companions, key, 0, (), _LISTED)
        if found.empty:
            ui.note("**No product is with it often enough to be listed.**", "search")
            return

        def open_product(companion: int) -> None:
            controls.choose_product(companion)

        ui.chart(
            companion_bars(found, ui.theme()),
            "Bars of the products most often bought with it: "
            + ", ".join(map(str, found["product_name"].head(3))),
            "bought_with_it",
            open_product,
        )


main()
