"""Baskets: what is bought together?"""

import pandas as pd
import streamlit as st

from dashboard import cache, controls, ui
from dashboard.charts.baskets import category_heat_map, companion_bars, ranked_pairs
from dashboard.formatting import exact, percent
from dashboard.metrics import metric
from dashboard.parts import part
from dashboard.queries import baskets

_BEYOND_CHANCE, _ALL_LISTED = "Beyond chance", "All listed"


def main() -> None:
    """Draw the page."""
    low, high = cache.ask(baskets.largest_count)
    ui.title(
        "Baskets",
        "What is bought together, more often than chance would have it?",
        "All orders",
    )
    if high == 0:
        ui.note(
            "**No pair of products is bought together often enough to be listed.** The "
            "vars `co_purchase_min_orders` and `co_purchase_min_support` in "
            "`dbt_project.yml` set how often that is.",
            icon="search",
        )
        return
    if with_service := cache.ask(baskets.pairs_with_services):
        ui.caption(
            f"{with_service:,} more pairs are with a service, such as postage, and are "
            "not shown: a service is no product."
        )
    categories = controls.categories()
    minimum = low
    if high > low:
        minimum = controls.number(
            "Bought together at least", low, max(low + 1, high // 2), low, "minimum"
        )
    listed = cache.ask(baskets.pair_count, minimum, categories)
    if not listed:
        ui.note(
            "**No pair matches.** Lower “Bought together at least”, or take away a "
            "category.",
            icon="search",
        )
        return
    significant = cache.ask(
        baskets.pair_count, minimum, categories, only_significant=True
    )
    ui.key_figures({"pairs": listed, "significant_pairs": significant})
    _pairs(minimum, categories, significant)
    left, right = st.columns(2)
    with left:
        _companions(minimum, categories)
    with right:
        _categories(minimum, categories)


@part
def _pairs(minimum: int, categories: tuple[str, ...], significant: int) -> None:
    with ui.card(
        "Which pairs go together?",
        "Click a bar to see what goes with its first product.",
        help_text=f"{metric('lift').formula} {metric('lift_lower_95').formula} "
        f"{metric('support').formula}",
    ):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            evidence = controls.picked(
                "Show", [_BEYOND_CHANCE, _ALL_LISTED], "evidence"
            )
            shown = controls.picked_metric("Rank by", baskets.RANKINGS, "rank")
            with st.container(width=220):
                top = controls.slider("Pairs shown", 5, 50, 10, "pairs", 5)
        only_significant = evidence == _BEYOND_CHANCE
        share = cache.ask(baskets.chance_share)
        if share is not None:
            ui.caption(
                f"Of all pairs called beyond chance, {percent(share)} may be chance "
                "all the same."
            )
        if only_significant and not significant:
            ui.note(
                "**None of these pairs is more than chance.** Choose “All listed”, or "
                "take away a category."
            )
            return
        pairs = cache.ask(
            baskets.pairs,
            minimum,
            categories,
            shown.key,
            top,
            only_significant=only_significant,
        )
        ui.chart(
            ranked_pairs(pairs, shown, ui.theme()),
            f"Bars of product pairs by {shown.name.lower()}.",
            "pairs_chart",
            controls.click_product,
            "companions_card",
        )
        chance = metric("q_value")
        columns = {
            "product1": st.column_config.TextColumn("First product"),
            "product2": st.column_config.TextColumn("Second product"),
            **ui.metric_columns("co_purchase_count", "expected_co_purchases"),
            **ui.metric_columns("lift_lower_95", "lift", "support"),
            "confidence_1_to_2": ui.metric_column("confidence", "First → second"),
            "confidence_2_to_1": ui.metric_column("confidence", "Second → first"),
            "q_value": ui.number_column(chance.name, "%.2g", chance.formula),
        }
        with st.expander("The same pairs as a table"):
            ui.product_table(
                pairs,
                columns,
                "Pairs with their figures.",
                "pair_table",
                {"product1": "product1_key", "product2": "product2_key"},
            )
            ui.download(pairs[list(columns)], "pairs")


@part
def _companions(minimum: int, categories: tuple[str, ...]) -> None:
    products = cache.ask(baskets.paired_products, minimum, categories)
    with ui.card(
        "What goes with one product?",
        "Of the baskets with it, the share that also holds the other. Click a bar to "
        "see what goes with that one.",
        metric("confidence").formula,
        key="companions_card",
    ):
        key = controls.product(products)
        found = cache.ask(baskets.companions, key, minimum, categories, 12)
        ui.chart(
            companion_bars(found, ui.theme()),
            "Bars of the products most often bought with it: "
            + ", ".join(map(str, found["product_name"].head(3))),
            "companions",
            controls.click_product,
            "companions_card",
        )
        _recommendations(key, minimum, categories)
        ui.link("views/product.py", "All about this product", product=str(key))


def _recommendations(
    product_key: int, minimum: int, categories: tuple[str, ...]
) -> None:
    rows = cache.ask(baskets.recommendations, product_key, minimum, categories)
    st.subheader(
        "What to offer with it",
        anchor=False,
        help="Up to ten products that are bought with it more often than by chance "
        "and are in stock, those with the surest lift first.",
    )
    if rows.empty:
        ui.caption(
            "Nothing: no product in stock is bought with it more often than by chance."
        )
        return
    ui.product_table(
        rows,
        {
            "recommendation_rank": st.column_config.NumberColumn("#", width=40),
            "product_name": st.column_config.TextColumn("Product"),
            "lift_lower_95": ui.metric_column("lift_lower_95"),
            "price": ui.money_column("Price"),
            "stock_quantity": ui.number_column("In stock", "%,d"),
        },
        "Products to offer with this one.",
        "recommendations",
    )


@part
def _categories(minimum: int, categories: tuple[str, ...]) -> None:
    affinity = cache.ask(baskets.category_affinity, categories)
    with ui.card(
        "Which categories attract each other?",
        "Click a cell to look at its two categories alone; the filter above takes them "
        "away again.",
        metric("lift").formula,
    ):
        whole, listed = "Whole orders", "Listed pairs"
        counted = listed
        if not affinity.empty:
            counted = controls.picked("Count", [whole, listed], "attraction")
        if counted == whole:
            rows = affinity
            ui.caption(
                "How many times more often an order holds both than by chance, "
                "whatever the minimum. Small orders of one category keep most of "
                "them below 1."
            )
        else:
            rows = cache.ask(baskets.category_pairs, minimum, categories)
            ui.caption(
                "Mean lift of the pairs of products; blank where no pair is listed."
            )
        if len(rows) < 2:
            _one_attraction(rows)
            return
        ui.chart(
            category_heat_map(rows, ui.theme()),
            "Heat map of lift between categories.",
            "category_map",
            lambda names: ui.choose("category", *names),
        )


def _one_attraction(rows: pd.DataFrame) -> None:
    """What one pair of categories, or none, says without a picture."""
    if rows.empty:
        ui.note("**No two categories are bought together.**")
        return
    row = rows.iloc[0]
    both = ui.plain(" + ".join(dict.fromkeys((row["category1"], row["category2"]))))
    times = exact(float(row["lift"]), metric("lift"), cache.currency())
    count = f"{row['co_purchase_count']:,.0f}"
    st.markdown(f"**{both}**: lift {times}, bought together {count} times.")


main()
