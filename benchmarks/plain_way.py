"""The plain way: what somebody would write with Faker, pandas and the four queries.

Rows one by one from Faker, a star in pandas, ``to_sql`` with ``if_exists='replace'``,
and the requirement's own queries as they are written. Nothing here is made slow on
purpose, and nothing is tuned.
"""

import argparse
import json
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from faker import Faker

QUERY_FOLDER = Path(__file__).parent / "requirement_queries"
QUERIES = ("cohorts", "co_purchases", "rfm", "lifetime_value")
CUT_OFF_SECONDS = 60.0
# The query's machine instructions between two looks at the clock.
INSTRUCTIONS_A_LOOK = 100_000
LINES_AN_ORDER = 2.7
LINES_A_CUSTOMER = 17
FIRST_DAY = date(2023, 1, 1)
DAYS = 1096
CATEGORIES = (
    *("Books", "Toys", "Garden", "Kitchen", "Sports"),
    *("Beauty", "Music", "Office", "Pets", "Shoes"),
)
FACT_COLUMNS = (
    *("sales_key", "order_item_id", "order_id", "customer_key", "product_key"),
    *("time_key", "quantity_sold", "price_per_item", "line_item_total"),
)

Frames = dict[str, pd.DataFrame]


def simulate(lines: int, products: int, seed: int = 42) -> Frames:
    """Return the four raw tables of a uniformly random shop."""
    Faker.seed(seed)
    draw = random.Random(seed)  # noqa: S311 no secret
    faker = Faker()
    days = [FIRST_DAY + timedelta(days=n) for n in range(DAYS)]
    customers = [
        {
            "customer_id": f"C{number}",
            "name": faker.name(),
            "email": faker.email(),
            "address": faker.street_address(),
            "city": faker.city(),
            "country": faker.country(),
            "registration_date": draw.choice(days),
        }
        for number in range(max(lines // LINES_A_CUSTOMER, 1))
    ]
    stock = [
        {
            "product_id": f"P{number}",
            "product_name": f"{faker.word()} {faker.word()} {number}",
            "category": draw.choice(CATEGORIES),
            "price": round(draw.uniform(2, 300), 2),
            "stock_quantity": draw.randrange(500),
        }
        for number in range(products)
    ]
    orders: list[dict[str, Any]] = []
    items: list[dict[str, Any]] = []
    while len(items) < lines:
        order_id = f"O{len(orders)}"
        orders.append(
            {
                "order_id": order_id,
                "customer_id": draw.choice(customers)["customer_id"],
                "order_date": draw.choice(days),
                "status": draw.choice(["completed", "shipped", "pending"]),
            }
        )
        for _ in range(draw.randint(1, round(LINES_AN_ORDER * 2 - 1))):
            product = draw.choice(stock)
            items.append(
                {
                    "order_item_id": len(items) + 1,
                    "order_id": order_id,
                    "product_id": product["product_id"],
                    "quantity": draw.randint(1, 5),
                    "price_per_item": product["price"],
                }
            )
    return {
        "customers": pd.DataFrame(customers),
        "products": pd.DataFrame(stock),
        "orders": pd.DataFrame(orders),
        "order_items": pd.DataFrame(items),
    }


def transform(raw: Frames) -> Frames:
    """Return the requirement's star: three dimensions and FactSales."""
    dim_customer = raw["customers"].copy()
    dim_customer.insert(0, "customer_key", range(1, len(dim_customer) + 1))
    dim_product = raw["products"].copy()
    dim_product.insert(0, "product_key", range(1, len(dim_product) + 1))
    days = pd.Series(
        pd.date_range(raw["orders"].order_date.min(), raw["orders"].order_date.max())
    )
    dim_time = pd.DataFrame(
        {
            "time_key": days.dt.strftime("%Y%m%d").astype(int),
            "date": days.dt.strftime("%Y-%m-%d"),
            "day": days.dt.day,
            "month": days.dt.month,
            "year": days.dt.year,
            "day_of_week": days.dt.day_name(),
            "week_of_year": days.dt.isocalendar().week,
            "quarter": days.dt.quarter,
            "is_weekend": days.dt.day_of_week >= 5,
        }
    )
    fact = (
        raw["order_items"]
        .merge(raw["orders"], on="order_id")
        .merge(dim_customer[["customer_key", "customer_id"]], on="customer_id")
        .merge(dim_product[["product_key", "product_id"]], on="product_id")
    )
    fact["time_key"] = pd.to_datetime(fact.order_date).dt.strftime("%Y%m%d").astype(int)
    fact["line_item_total"] = fact.quantity * fact.price_per_item
    fact["sales_key"] = range(1, len(fact) + 1)
    fact = fact.rename(columns={"quantity": "quantity_sold"})
    return {
        "DimCustomer": dim_customer,
        "DimProduct": dim_product,
        "DimTime": dim_time,
        "FactSales": fact[list(FACT_COLUMNS)],
    }


def load(star: Frames, connection: sqlite3.Connection) -> None:
    """Write the star as the requirement does, replacing what is there."""
    for table, frame in star.items():
        frame.to_sql(table, connection, if_exists="replace", index=False)


def run_query(connection: sqlite3.Connection, name: str) -> float | None:
    """Return the seconds a query of the requirement took; none if it was cut off."""
    started = time.perf_counter()
    connection.set_progress_handler(
        lambda: time.perf_counter() - started > CUT_OFF_SECONDS, INSTRUCTIONS_A_LOOK
    )
    try:
        connection.execute((QUERY_FOLDER / f"{name}.sql").read_text()).fetchall()
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
        return None
    finally:
        connection.set_progress_handler(None, 0)
    return time.perf_counter() - started


@contextmanager
def timed(stage: str, seconds: dict[str, float | None]) -> Iterator[None]:
    """Note the wall seconds of the block under ``stage``."""
    started = time.perf_counter()
    yield
    seconds[stage] = round(time.perf_counter() - started, 3)


def main() -> None:
    """Run the plain way once and print seconds per stage as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plain_way")
    parser.add_argument("--lines", type=int, required=True, metavar="N")
    parser.add_argument("--products", type=int, default=1000, metavar="N")
    parser.add_argument("--database", type=Path, required=True, metavar="FILE")
    arguments = parser.parse_args()
    arguments.database.unlink(missing_ok=True)
    seconds: dict[str, float | None] = {}
    with timed("generate", seconds):
        raw = simulate(arguments.lines, arguments.products)
    with timed("transform", seconds):
        star = transform(raw)
    del raw
    with sqlite3.connect(arguments.database) as connection:
        with timed("to_sql", seconds):
            load(star, connection)
            connection.commit()
        del star
        for name in QUERIES:
            took = run_query(connection, name)
            seconds[name] = None if took is None else round(took, 3)
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main()
