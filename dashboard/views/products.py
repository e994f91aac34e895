"""Products: what sells, what does not?"""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import cache, controls, ui
from dashboard.charts.bars import ranked
from dashboard.charts.products import pareto
from dashboard.charts.series import over_time
from dashboard.charts.theme import escaped
from dashboard.filters import SalesFilter
from dashboard.formatting import exact, percent, short
from dashboard.metrics import metric
from dashboard.parts import part
from dashboard.queries import product, products, sales

_RANKINGS = ("net_sales", "units", "orders")
_LISTED = 12


def main() -> None:
    """Draw the page."""
    days = controls.days()
    countries, categories = controls.countries(), controls.categories()
    chosen = SalesFilter(days, countries, categories)
    ui.title("Products", "What sells, and what does not?", controls.describe(chosen))
    sold = ui.rows_of(lambda one: cache.ask(products.by_product, one), chosen)
    if sold is None:
        return
    figures = products.totals(sold)
    ui.key_figures(figures)
    if "margin" in figures:
        sums = sales.summed(sold)
        ui.margin_note(sums["net_sales_with_cost"], sums["net_sales"])
    goods, services = products.goods_and_services(sold)
    _services(services)
    if len(goods):
        left, right = st.columns([3, 2])
        with left:
            _best(goods)
        with right:
            _pareto(goods)
        _one_product(chosen, goods)
    _reorder(categories)
    left, right = st.columns(2)
    with left:
        _returns(goods)
    with right:
        _unsold(goods, chosen)


def _services(services: pd.DataFrame) -> None:
    """What postage and the like brought, which nothing below shows."""
    if services.empty:
        return
    money = exact(
        float(services["net_sales"].sum()), metric("net_sales"), cache.currency()
    )
    named = ", ".join(services["product_name"].astype(str).head(3))
    more = ", ..." if len(services) > 3 else ""
    ui.caption(
        ui.plain(
            f"{money} of the net sales are those of {len(services):,} "
            f"{'service' if len(services) == 1 else 'services'} ({named}{more}): "
            "postage, fees, gift cards and corrections are money, and no products."
        )
    )


def _rankings(sold: pd.DataFrame) -> tuple[str, ...]:
    """What products can be ranked by: margin where a cost is known."""
    return (*_RANKINGS, "margin") if sold["margin"].notna().any() else _RANKINGS


@part
def _best(sold: pd.DataFrame) -> None:
    with ui.card(
        "Which products sell most?", "Click a bar to see the product over time."
    ):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            shown = controls.picked_metric("By", _rankings(sold), "by")
            with st.container(width=220):
                top = controls.slider("Top products", 5, 50, 10, "top", 5)
        order = [shown.key, "product_key"]
        known = sold.dropna(subset=shown.key)
        best = known.sort_values(order, ascending=[False, True]).head(top)
        ui.chart(
            ranked(
                best["product_name"],
                best[shown.key],
                shown,
                ui.theme(),
                keys=best["product_key"],
                details=[
                    f"{escaped(str(row.category))}, {row.sales_share:.1%} of net sales"
                    for row in best.itertuples()
                ],
            ),
            f"Bars of the {len(best)} best products by {shown.name.lower()}.",
            "best_products",
            controls.click_product,
            "one_product_card",
        )
        _table(best)


def _pareto(sold: pd.DataFrame) -> None:
    selling = int(sold["cumulative_share"].notna().sum())
    needed = products.products_for_share(sold, 0.8)
    note = f"{needed:,} of {selling:,} products with net sales make 80% of them."
    with ui.card(
        "How few products make most of the money?",
        note if selling else "",
        metric("cumulative_share").formula,
    ):
        theme = ui.theme()
        ui.chart(
            pareto(sold, theme) if selling else theme.message("Nothing but returns"),
            f"Pareto curve: {needed} of {selling} products make 80% of net sales.",
            "pareto",
        )


@part
def _one_product(chosen: SalesFilter, sold: pd.DataFrame) -> None:
    with ui.card("How does one product develop?", key="one_product_card"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            key = controls.product(sold, width=420)
            of_it = sold[sold["product_key"] == key]
            shown = controls.picked_metric("Show", _rankings(of_it), "product_show")
            grain = controls.grain(chosen.days)
        row = of_it.iloc[0]
        money = cache.currency()
        ui.caption(
            ui.plain(
                f"{row['category']} · price today "
                f"{exact(row['price'], metric('net_sales'), money)} · in stock "
                f"{exact(row['stock_quantity'], metric('units'), money)} · "
                "returns rate "
                f"{percent(row['returns_rate'])}"
            )
        )
        _loss(key, chosen)
        periods = cache.ask(products.product_by_period, key, chosen, grain)
        ui.chart(
            over_time(periods, shown, grain, chosen.days, ui.theme(), height=260),
            f"Line of {shown.name.lower()} of {row['product_name']} per "
            f"{grain.value.lower()}.",
            "one_product",
        )
        ui.link("views/product.py", "All about this product", product=str(key))


def _loss(key: int, chosen: SalesFilter) -> None:
    """What baskets would lose without a product, in a line."""
    found = cache.ask(product.baskets_with, key, chosen)
    if found["baskets"]:
        least, most = (
            exact(found[name], metric(name), cache.currency())
            for name in ("own_sales", "basket_sales")
        )
        ui.caption(
            ui.plain(
                f"Without it: {least} lost at least, {most} at most, in "
                f"{found['baskets']:,.0f} baskets with it"
            )
        )


def _table(best: pd.DataFrame) -> None:
    with st.expander(f"The best {len(best)} as a table, with price and stock"):
        ui.product_table(
            best,
            {
                "product_name": ui.name_column("Product"),
                "product_id": "Id",
                "category": "Category",
                **ui.bridge_columns(best),
                **ui.margin_columns(best),
                **ui.metric_columns("units", "orders", "returns_rate"),
                **_cost_column(best),
                "price": ui.money_column("Price today"),
                "stock_quantity": ui.number_column("In stock"),
            },
            "The best products with their sales, price and stock.",
            "best_table",
        )
        ui.download(best, "top_products")


def _cost_column(rows: pd.DataFrame) -> dict[str, Any]:
    known = rows["unit_cost"].notna().any()
    return {"unit_cost": ui.money_column("Cost today")} if known else {}


@part
def _reorder(categories: tuple[str, ...]) -> None:
    lead_time = cache.whole_variable("lead_time_days")
    cover = cache.whole_variable("cover_days")
    with ui.card(
        "What has to be ordered?",
        f"An order of today arrives in {lead_time} days and should last for {cover} "
        "(vars `lead_time_days` and `cover_days` of the build); by the pace of the "
        "last 28 days in all countries, whatever is chosen above.",
        f"{metric('units_per_day').formula} {metric('days_left').formula} "
        f"{metric('reorder_quantity').formula}",
    ):
        levels = cache.ask(products.stock_levels, categories)
        if levels.empty:
            ui.note("The products have no stock quantity in the source data.", "inbox")
            return
        counts = levels["stock_status"].value_counts()
        wanted = levels[levels["urgency_rank"].notna()]
        is_out = levels["stock_status"] == "sold out"
        unknown = int((is_out & levels["units_per_day"].isna()).sum())
        if wanted.empty:
            ui.all_well("Everything that sells lasts until the order after the next.")
        else:
            out = int((wanted["stock_status"] == "sold out").sum())
            st.markdown(
                f"**{out:,}** sold out, **{counts.get('order now', 0):,}** to order "
                f"now, **{counts.get('order soon', 0):,}** to order soon"
            )
            columns = {
                "product_name": ui.name_column("Product"),
                "stock_status": "Status",
                **ui.metric_columns("reorder_quantity", "days_left", "stock_quantity"),
                **ui.metric_columns("units_per_day"),
                "product_id": "Id",
            }
            ui.product_table(
                wanted, columns, "Products to order, the most urgent first.", "reorder"
            )
            ui.download(wanted[["category", *columns]], "reorder")
        if unknown:
            ui.caption(
                f"{unknown:,} more are sold out and have not sold for 28 "
                "days: what they would sell is not known."
            )


def _returns(sold: pd.DataFrame) -> None:
    with ui.card(
        "What comes back most?",
        "Products by the worth of their returns. Click a bar to see one over time.",
        metric("returns_rate").formula,
    ):
        back = sold[sold["returns"] < 0].sort_values("returns").head(_LISTED)
        if back.empty:
            ui.all_well("Nothing came back in this period.")
            return
        theme, rate = ui.theme(), metric("returns_rate")
        ui.chart(
            ranked(
                back["product_name"],
                -back["returns"],
                metric("returned"),
                theme,
                keys=back["product_key"],
                details=[theme.named(share, rate) for share in back["returns_rate"]],
            ),
            "Bars of the worth of returns by product.",
            "returns",
            controls.click_product,
            "one_product_card",
        )


@part
def _unsold(sold: pd.DataFrame, chosen: SalesFilter) -> None:
    stocked = cache.ask(products.stocked, chosen.categories)
    if stocked.empty:
        return
    selling = set(sold.loc[sold["orders"] > 0, "product_key"])
    unsold = stocked[~stocked["product_key"].isin(selling)]
    with ui.card(
        "What lies in stock and does not sell?",
        "In stock today, without a sale in this choice; by what the stock is worth at "
        "today's price.",
    ):
        if unsold.empty:
            ui.all_well("Every product in stock sold in this period.")
            return
        worth = float(unsold["stock_value"].sum())
        st.markdown(
            f"**{len(unsold):,}** of {len(stocked):,} stocked products, worth "
            + ui.plain(short(worth, metric("stock_value"), cache.currency()))
        )
        ui.product_table(
            unsold.head(200),
            {
                "product_name": ui.name_column("Product"),
                "category": "Category",
                "price": ui.money_column("Price today"),
                "stock_quantity": ui.number_column("In stock"),
                "stock_value": ui.metric_column("stock_value"),
            },
            "Products in stock without a sale.",
            "unsold_table",
        )
        ui.download(unsold, "unsold_products")


main()
