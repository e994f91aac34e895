"""One product: its prices, its buyers, and the baskets that hold it."""

import pandas as pd

from dashboard.filters import SalesFilter, country_of, customers_in, name_of
from dashboard.metrics import ratio
from dashboard.periods import Grain, period_starts
from dashboard.queries.sales import costed, days_of_keys, summed
from dashboard.warehouse import Warehouse

# Who has no segment, in place of one.
NO_CUSTOMER, NO_ORDER = "No customer named", "No order that counts"

_FIGURES_OF_TODAY = (
    *("price", "stock_quantity", "unit_cost", "pace_days", "units_per_day"),
    *("days_left", "reorder_quantity"),
)


def every_product(warehouse: Warehouse) -> pd.DataFrame:
    """All products, the best selling first and services last.

    Returns:
        product_key, product_id, product_name.
    """
    return warehouse.query(
        f"""
        select products.product_key, products.product_id,
            {name_of("products")} as product_name
        from DimProduct as products
        inner join rpt_product_sales as sold
            on products.product_key = sold.product_key
        where products.product_key <> -1
        order by products.is_service, sold.net_sales desc, products.product_key
        """
    )


def description(warehouse: Warehouse, product_key: int) -> pd.Series:
    """What is known of a product today, apart from its sales.

    Returns:
        product_id, product_name, category, price, stock_quantity, unit_cost,
        is_service; as in rpt_reorder, and missing where the stock is not known,
        stock_status, pace_days, units_per_day, days_left, reorder_quantity; and
        first_sale_date and last_sale_date.
    """
    rows = warehouse.query(
        f"""
        select products.product_id, {name_of("products")} as product_name,
            sold.category, products.price, products.stock_quantity, products.unit_cost,
            products.is_service,
            reorder.stock_status, reorder.pace_days, reorder.units_per_day,
            reorder.days_left, reorder.reorder_quantity,
            sold.first_sale_date, sold.last_sale_date
        from DimProduct as products
        inner join rpt_product_sales as sold
            on products.product_key = sold.product_key
        left join rpt_reorder as reorder
            on products.product_key = reorder.product_key
        where products.product_key = :product_key
        """,
        {"product_key": product_key},
    ).astype({"is_service": bool} | dict.fromkeys(_FIGURES_OF_TODAY, float))
    found: pd.Series = rows.iloc[0]
    return found


def totals(periods: pd.DataFrame) -> dict[str, float | None]:
    """The headline figures of rows of `products.product_by_period`, by metric."""
    sums = summed(periods)
    ratios = ["discount_rate"] if periods["discounts"].any() else []
    figures = {key: sums[key] for key in ("net_sales", "units", "orders")}
    rates = {key: ratio(sums, key) for key in [*ratios, "returns_rate"]}
    return figures | rates | costed(sums)


def prices(
    warehouse: Warehouse, product_key: int, chosen: SalesFilter, grain: Grain
) -> pd.DataFrame:
    """What a piece cost in each period.

    Returns:
        start, list_price (before discounts) and price_paid (after them), the mean of
        the pieces sold; lowest_price and highest_price, of a line, before discounts.
        All are missing where nothing was sold.
    """
    join, in_countries = customers_in("sales", chosen.countries)
    days = warehouse.query(
        f"""
        select sales.time_key, sum(sales.quantity_sold) as pieces,
            sum(sales.quantity_sold * sales.price_per_item) as listed,
            sum(sales.line_item_total) as paid,
            min(sales.price_per_item) as lowest_price,
            max(sales.price_per_item) as highest_price
        from FactSales as sales {join}
        where sales.product_key = :product_key and sales.line_type = 'sale'
            and sales.time_key between :start_key and :end_key and {in_countries}
        group by sales.time_key
        """,
        chosen.parameters | {"product_key": product_key},
    ).astype(float)
    dates = pd.Series(days_of_keys(days.pop("time_key").astype(int)))
    by_period = days.groupby(dates.dt.to_period(grain.frequency).dt.start_time)
    starts = pd.to_datetime(pd.Series(period_starts(chosen.days, grain)))
    summed = by_period[["pieces", "listed", "paid"]].sum().reindex(starts)
    return (
        pd.DataFrame(
            {
                "list_price": summed["listed"] / summed["pieces"],
                "price_paid": summed["paid"] / summed["pieces"],
                "lowest_price": by_period["lowest_price"].min().reindex(starts),
                "highest_price": by_period["highest_price"].max().reindex(starts),
            }
        )
        .rename_axis("start")
        .reset_index()
    )


def by_segment(
    warehouse: Warehouse, product_key: int, chosen: SalesFilter
) -> pd.DataFrame:
    """Who buys a product, by their segment of today.

    Returns:
        segment_name, buyers (customers with a sale line of it), net_sales; they add up
        to the product's.
    """
    segment = (
        f"case when sales.customer_key = -1 then '{NO_CUSTOMER}' "
        f"else coalesce(rfm.segment_name, '{NO_ORDER}') end"
    )
    return _by(
        warehouse,
        product_key,
        chosen,
        segment,
        "segment_name",
        "left join rpt_customer_rfm as rfm on sales.customer_key = rfm.customer_key",
    )


def by_country(
    warehouse: Warehouse, product_key: int, chosen: SalesFilter
) -> pd.DataFrame:
    """The same by country: country, buyers, net_sales."""
    return _by(
        warehouse,
        product_key,
        chosen,
        country_of("places"),
        "country",
        "inner join DimCustomer as places on sales.customer_key = places.customer_key",
    )


def _by(
    warehouse: Warehouse,
    product_key: int,
    chosen: SalesFilter,
    group: str,
    name: str,
    group_join: str,
) -> pd.DataFrame:
    join, in_countries = customers_in("sales", chosen.countries)
    return warehouse.query(
        f"""
        select {group} as {name},
            count(distinct case
                when sales.line_type = 'sale' and sales.customer_key <> -1
                    then sales.customer_key
            end) as buyers,
            round(sum(sales.line_item_total), 4) as net_sales
        from FactSales as sales {join} {group_join}
        where sales.product_key = :product_key
            and sales.time_key between :start_key and :end_key and {in_countries}
        group by {group}
        order by net_sales desc, {name}
        """,
        chosen.parameters | {"product_key": product_key},
    ).astype({"net_sales": float, "buyers": "int64"})


def baskets_with(
    warehouse: Warehouse, product_key: int, chosen: SalesFilter
) -> dict[str, float]:
    """What the orders with a sale line of a product brought.

    Returns:
        baskets (orders), baskets_alone (those in which nothing else was paid for), and
        their net sales: basket_sales (all), own_sales (the product's lines in them),
        companion_sales (everything else in them, services too).
    """
    join, in_countries = customers_in("sales", chosen.countries)
    row = warehouse.query(
        f"""
        select count(*) as baskets,
            count(case
                when round(orders.net_sales - own.own_sales, 4) = 0 then 1
            end) as baskets_alone,
            round(coalesce(sum(orders.net_sales), 0), 4) as basket_sales,
            round(coalesce(sum(own.own_sales), 0), 4) as own_sales
        from (
            select sales.order_id, sum(sales.line_item_total) as own_sales
            from FactSales as sales {join}
            where sales.product_key = :product_key
                and sales.time_key between :start_key and :end_key and {in_countries}
            group by sales.order_id
            having count(case when sales.line_type = 'sale' then 1 end) > 0
        ) as own
        inner join FactOrders as orders on own.order_id = orders.order_id
        """,
        chosen.parameters | {"product_key": product_key},
    ).iloc[0]
    found = {str(name): float(value) for name, value in row.items()}
    rest = round(found["basket_sales"] - found["own_sales"], 4)
    return found | {"companion_sales": rest}
