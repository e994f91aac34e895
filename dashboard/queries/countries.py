"""Sales and buyers by country."""

import pandas as pd

from dashboard.filters import SalesFilter, country_of
from dashboard.metrics import ratio, shares
from dashboard.queries.sales import NEW_BUYERS, RATIOS, buyers_of, by_country
from dashboard.warehouse import Warehouse


def figures_by_country(warehouse: Warehouse, chosen: SalesFilter) -> pd.DataFrame:
    """One row per country with any line, best net sales first.

    Returns:
        country, `sales.MEASURES`, buyers, new_buyers, `sales.RATIOS`, sales_share (of
        the net sales of all rows).
    """
    rows = by_country(warehouse, chosen).merge(
        buyers_by_country(warehouse, chosen), on="country", how="left"
    )
    rows[["buyers", "new_buyers"]] = rows[["buyers", "new_buyers"]].fillna(0)
    for key in RATIOS:
        rows[key] = ratio(rows, key)
    rows["sales_share"] = shares(rows["net_sales"])
    return rows


def has_enough(rows: pd.DataFrame, least_customers: int) -> pd.Series:
    """Whether a ratio of each row of `figures_by_country` says something.

    It is of so many buyers; or of as many orders where no buyer is known.
    """
    counted = rows["buyers"].where(rows["buyers"] > 0, rows["orders"])
    return counted >= least_customers


def without_ratios_of_few(rows: pd.DataFrame, least_customers: int) -> pd.DataFrame:
    """Rows of `figures_by_country`; ratios that say little are missing."""
    enough = has_enough(rows, least_customers)
    return rows.assign(**{key: rows[key].where(enough) for key in RATIOS})


def buyers_by_country(warehouse: Warehouse, chosen: SalesFilter) -> pd.DataFrame:
    """One row per country with a buyer: country, buyers, new_buyers.

    A customer has one country, so these add up over countries.
    """
    country = country_of("customers")
    return warehouse.query(
        f"""
        select {country} as country, count(*) as buyers, {NEW_BUYERS}
        {buyers_of(chosen)}
        inner join DimCustomer as customers
            on found.customer_key = customers.customer_key
        group by {country}
        """,
        chosen.parameters,
    )
