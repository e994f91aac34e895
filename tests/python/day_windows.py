"""What the Today page compares, held against the lines of FactSales."""

import sqlite3
from pathlib import Path

import pytest

from dashboard.filters import SalesFilter
from dashboard.periods import DateRange
from dashboard.queries import overview, products, sales, today
from dashboard.schema import span
from dashboard.warehouse import Warehouse
from pipeline.warehouse.location import Location


def from_lines(database: Path, days: DateRange, by: str) -> dict[object, float]:
    """Net sales of the lines of some days, by a column of a dimension."""
    with sqlite3.connect(database) as connection:
        found = connection.execute(
            f"""
            select {by}, round(sum(s.line_item_total), 2)
            from FactSales as s
            join DimTime as t on t.time_key = s.time_key
            join DimCustomer as c on c.customer_key = s.customer_key
            join DimProduct as p on p.product_key = s.product_key
            where t.date between ? and ? group by 1
            """,
            (days.start.isoformat(), days.end.isoformat()),
        ).fetchall()
    connection.close()
    return dict(found)


def assert_windows_are_those_of_the_lines(database: Path) -> None:
    """Every window, and what moved it, is what the lines say."""
    warehouse = Warehouse(Location("sqlite", str(database)))
    known = span(warehouse)
    chosen = SalesFilter(DateRange(known.first, known.as_of))
    by_day = sales.by_day(warehouse, chosen)
    last, _ = today.last_whole_day(today.last_orders(warehouse), known.as_of)
    for window in today.windows(last, known.first):
        for against in filter(None, (window.before, window.last_year)):
            now, then = SalesFilter(window.days), SalesFilter(against)
            for query, key, name, by in (
                (sales.by_country, "country", "country", "c.country"),
                (overview.by_category, "category", "category", "p.category"),
                (products.by_product, "product_key", "product_name", "p.product_key"),
            ):
                sides = query(warehouse, now), query(warehouse, then)
                moved = today.movers(*sides, key, name, 5)
                new = from_lines(database, window.days, by)
                old = from_lines(database, against, by)
                whole = sum(new.values()) - sum(old.values())
                assert moved["net_sales_change"].sum() == pytest.approx(whole, abs=0.01)
                figures = today.figures(by_day, window.days)
                assert figures["net_sales"] == pytest.approx(sum(new.values()))
                changes = {
                    one: new.get(one, 0) - old.get(one, 0) for one in new.keys() | old
                }
                largest = sorted(map(abs, changes.values()), reverse=True)[:5]
                shown = moved[~moved["name"].astype(str).str.startswith("All others")]
                for amount, expected in zip(
                    shown["net_sales_change"].abs(), largest, strict=False
                ):
                    assert amount == pytest.approx(expected, abs=0.01)
    warehouse.close()
