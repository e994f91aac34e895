"""Buyers by country."""

import pandas as pd

from dashboard.filters import SalesFilter
from dashboard.queries.sales import order_source
from dashboard.warehouse import Warehouse


def buyers_by_country(warehouse: Warehouse, chosen: SalesFilter) -> pd.DataFrame:
    """One row per country with a buyer: country, buyers, new_buyers.

    A customer has one country, so these add up over countries.
    """
    source, parameters = order_source(chosen)
    return warehouse.query(
        f"""
        select coalesce(customers.country, '(unknown)') as country,
            count(*) as buyers,
            count(case when firsts.first_order_date
                between :start_date and :end_date then 1 end) as new_buyers
        from (
            select distinct source.customer_key {source}
            and source.customer_key <> -1
        ) as found
        inner join DimCustomer as customers
            on found.customer_key = customers.customer_key
        inner join rpt_customer_lifetime_value as firsts
            on found.customer_key = firsts.customer_key
        group by coalesce(customers.country, '(unknown)')
        """,
        parameters,
    )
