"""Sales by period and category, and what is charged beside them."""

import pandas as pd

from dashboard.filters import SalesFilter, customers_in, one_of
from dashboard.metrics import ratio
from dashboard.periods import Grain, period_starts
from dashboard.queries.sales import RATIOS, SUMS, in_periods, order_source
from dashboard.warehouse import Warehouse

# The number that stands for a day's period, 20111209, 201149 or 201112: in SQL, and as
# Python writes it.
_PERIOD_KEYS = {
    Grain.DAY: ("calendar.time_key", "%Y%m%d"),
    Grain.WEEK: ("calendar.iso_year * 100 + calendar.week_of_year", "%G%V"),
    Grain.MONTH: ("calendar.year * 100 + calendar.month", "%Y%m"),
}


def buyers_by_period(
    warehouse: Warehouse, chosen: SalesFilter, grain: Grain
) -> pd.DataFrame:
    """One row per period that the days touch: start, buyers, new_buyers.

    A buyer is new in the period that holds the first order ever; of a period that the
    days cut, only the days of the choice count.
    """
    source = order_source(chosen)
    period, key_format = _PERIOD_KEYS[grain]
    if chosen.categories:
        sql = f"""
            select visits.period, count(*) as buyers,
                count(case when {period} = visits.period
                    and firsts.first_order_date between :start_date and :end_date
                    then 1 end) as new_buyers
            from (
                select distinct {period} as period, visit.customer_key
                from (
                    select distinct source.time_key, source.customer_key {source}
                    and source.customer_key <> -1
                ) as visit
                inner join DimTime as calendar
                    on +visit.time_key = calendar.time_key
            ) as visits
            inner join rpt_customer_lifetime_value as firsts
                on visits.customer_key = firsts.customer_key
            inner join DimTime as calendar
                on firsts.first_order_date = calendar.date
            group by visits.period
        """
    else:
        sql = f"""
            select {period} as period,
                count(distinct visit.customer_key) as buyers,
                sum(visit.is_first) as new_buyers
            from (
                select source.time_key, source.customer_key,
                    case when source.customer_order_number = 1 then 1 else 0 end
                        as is_first
                {source}
            ) as visit
            inner join DimTime as calendar
                on +visit.time_key = calendar.time_key
            group by {period}
        """
    found = warehouse.query(sql, chosen.parameters).set_index("period")
    starts = period_starts(chosen.days, grain)
    keys = [int(start.strftime(key_format)) for start in starts]
    periods = found.reindex(keys).fillna(0).astype("int64").reset_index(drop=True)
    periods.insert(0, "start", pd.to_datetime(pd.Series(starts)))
    return periods


def by_period(
    days: pd.DataFrame, buyers: pd.DataFrame, chosen: SalesFilter, grain: Grain
) -> pd.DataFrame:
    """The headline figures by period, empty periods included.

    They come from rows of `sales.by_day` and of `buyers_by_period`. A ratio is missing
    where it has nothing to divide by.
    """
    periods = in_periods(days, days["date"], chosen, grain)
    periods[["buyers", "new_buyers"]] = buyers[["buyers", "new_buyers"]]
    for key in RATIOS:
        periods[key] = ratio(periods, key)
    return periods


def by_category(warehouse: Warehouse, chosen: SalesFilter) -> pd.DataFrame:
    """One row per category with any line: category, then `MEASURES`; best first.

    An order over several categories counts in each of them.
    """
    return warehouse.query(
        f"select category, {SUMS} from rpt_sales_daily "
        "where date between :start_date and :end_date and not is_all_categories "
        f"and {one_of('category', chosen.categories, 'category')} "
        f"and {one_of('country', chosen.countries, 'country')} "
        "group by category order by net_sales desc, category",
        chosen.parameters,
    )


def charges(warehouse: Warehouse, chosen: SalesFilter) -> dict[str, float]:
    """Shipping and tax of the orders with a line in the choice, where files have them.

    They belong to an order and not to its lines, so a choice of categories has none.
    """
    if chosen.categories:
        return {}
    join, in_countries = customers_in("orders", chosen.countries)
    row = warehouse.query(
        "select round(sum(orders.shipping), 4) as shipping, "
        f"round(sum(orders.tax), 4) as tax from FactOrders as orders {join} "
        "where +orders.time_key between :start_key and :end_key "
        f"and {in_countries}",
        chosen.parameters,
    ).iloc[0]
    return {str(name): float(value) for name, value in row.items() if pd.notna(value)}
