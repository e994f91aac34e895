"""Baskets: what is bought together?"""

import streamlit as st

from dashboard import controls, data, frame
from dashboard.charts.baskets import category_heat_map, companion_bars, ranked_pairs
from dashboard.metrics import metric
from dashboard.queries import baskets

_ORDERS = ("lift", "co_purchase_count", "support")


def main() -> None:
    """Draw the page."""
    low, high = data.ask(baskets.largest_count)
    frame.title(
        "Baskets",
        "What is bought together, more often than chance would have it?",
        "All orders; a pair must be in at least as many baskets as the slider says.",
    )
    if high == 0:
        st.info(
            "**No pair of products is bought together often enough to be listed.** The "
            "vars `co_purchase_min_orders` and `co_purchase_min_support` in "
            "`dbt_project.yml` set how often that is.",
            icon=":material/search:",
        )
        return
    categories = controls.categories()
    minimum = low
    if high > low:
        with st.sidebar:
            minimum = controls.slider(
                "Bought together at least", low, max(low + 1, high // 2), low, "minimum"
            )
    found = data.ask(baskets.pair_count, minimum, categories)
    if not found:
        st.info(
            "**No pair matches.** Lower “Bought together at least”, or take away a "
            "category.",
            icon=":material/search:",
        )
        return
    with frame.card(
        "Which pairs go together?",
        f"The strongest of {found:,} pairs. Lift alone is noise at small counts: raise "
        "the minimum to see what holds.",
        f"{metric('lift').formula} {metric('support').formula}",
    ):
        names = {metric(key).name: key for key in _ORDERS}
        with st.container(horizontal=True, vertical_alignment="bottom"):
            shown = metric(names[controls.picked("Rank by", list(names), "rank")])
            with st.container(width=220):
                top = controls.slider("Pairs shown", 5, 50, 15, "pairs", 5)
        pairs = data.ask(baskets.pairs, minimum, categories, shown.key, top)
        frame.chart(
            ranked_pairs(pairs, shown, frame.look()),
            f"Bars of product pairs by {shown.name.lower()}.",
            "pairs_chart",
        )
        columns = {
            "product1": st.column_config.TextColumn("First product"),
            "product2": st.column_config.TextColumn("Second product"),
            "co_purchase_count": frame.column_format(
                "co_purchase_count", data.currency()
            ),
            "lift": frame.column_format("lift", data.currency()),
            "support": frame.column_format("support", data.currency()),
            "confidence_1_to_2": frame.column_format(
                "confidence", data.currency(), "First → second"
            ),
            "confidence_2_to_1": frame.column_format(
                "confidence", data.currency(), "Second → first"
            ),
        }
        with st.expander("The same pairs as a table"):
            frame.table(pairs, columns, "Pairs with their figures.", "pair_table")
            frame.download_csv(lambda: pairs[list(columns)], "pairs", "pair_csv")
    left, right = st.columns(2)
    with left:
        _companions(minimum, categories)
    with right:
        _categories(minimum, categories)


def _companions(minimum: int, categories: tuple[str, ...]) -> None:
    products = data.ask(baskets.paired_products, minimum, categories)
    labels = {
        f"{name} · {key}": int(key)
        for name, key in zip(
            products["product_name"], products["product_key"], strict=True
        )
    }
    with frame.card(
        "What goes with one product?",
        "Of the baskets with it, the share that also holds the other.",
        metric("confidence").formula,
    ):
        label = st.selectbox(
            "Product",
            list(labels),
            key=controls.remembered("basket_product", next(iter(labels))),
            bind="query-params",
            persist_state="session",
        )
        found = data.ask(baskets.companions, labels[label], minimum, categories, 12)
        frame.chart(
            companion_bars(found, frame.look()),
            f"Bars of the products most often bought with {label}.",
            "companions",
        )


def _categories(minimum: int, categories: tuple[str, ...]) -> None:
    rows = data.ask(baskets.category_pairs, minimum, categories)
    with frame.card(
        "Which categories attract each other?",
        "Mean lift of the pairs above; blank where no pair is listed.",
        metric("lift").formula,
    ):
        frame.chart(
            category_heat_map(rows, frame.look()),
            "Heat map of mean lift between categories.",
            "category_map",
        )


main()
