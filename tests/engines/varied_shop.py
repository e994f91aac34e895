"""A shop of every kind of line, customer and product, drawn at random from one seed."""

import datetime as dt
import random
from collections.abc import Sequence
from pathlib import Path

from tests.small_shop import write_csv

FIRST_DAY, DAYS = dt.date(2023, 11, 20), 220
COUNTRIES = ("Germany", "Côte d'Ivoire", "United States", "")
CATEGORIES = ("Home", "Office", "Women's", "")
_AMOUNTS = ("quantity", "price_per_item", "line_total")
STATUSES = ("completed", "shipped", "paid", "completed", "cancelled", "lost in space")


def write_varied_shop(folder: Path, orders: int = 600) -> None:
    """Write the four files into a folder that is there."""
    chance = random.Random(18)  # noqa: S311
    write_csv(folder / "raw_customers.csv", _customers(chance))
    write_csv(folder / "raw_products.csv", _products(chance))
    order_rows: list[Sequence[str]] = [
        ("order_id", "customer_id", "order_date", "status", "shipping", "tax")
    ]
    item_rows: list[Sequence[str]] = [
        ("order_item_id", "order_id", "product_id", *_AMOUNTS),
    ]
    for number in range(orders):
        order, day = f"O{number}", FIRST_DAY + dt.timedelta(chance.randrange(DAYS))
        # one in ten has no customer, and one customer in six is in no file
        customer = "" if chance.random() < 0.1 else f"C{chance.randrange(120)}"
        charges = (chance.choice(("4.95", "0", "")), chance.choice(("1.2345", "")))
        order_rows.append(
            (order, customer, str(day), chance.choice(STATUSES), *charges)
        )
        only_returns = chance.random() < 0.05
        for line in range(chance.randint(1, 4)):
            product = "" if chance.random() < 0.05 else f"P{chance.randrange(16)}"
            amounts = _line(chance, only_returns)
            item_rows.append((f"I{number}-{line}", order, product, *amounts))
    write_csv(folder / "raw_orders.csv", order_rows)
    write_csv(folder / "raw_order_items.csv", item_rows)


def _customers(chance: random.Random) -> list[Sequence[str]]:
    days = [FIRST_DAY - dt.timedelta(chance.randrange(400)) for _ in range(100)]
    return [
        ("customer_id", "name", "country", "registration_date"),
        *(
            (f"C{n}", f"Customer {n}", chance.choice(COUNTRIES), str(day))
            for n, day in enumerate(days)
        ),
    ]


def _products(chance: random.Random) -> list[Sequence[str]]:
    return [
        ("product_id", "product_name", "category", "price", "unit_cost"),
        *(
            (f"P{n}", f"Product {n}", chance.choice(CATEGORIES), "9", cost)
            for n, cost in enumerate(["3.3333", "", "120.5", "0"] * 3 + ["", "7"])
        ),
    ]


def _line(chance: random.Random, is_return: bool) -> tuple[str, str, str]:
    """Quantity, price and total of a sale, a return, a gift or a refund."""
    price, quantity = chance.randrange(1, 90_000) / 100, chance.randint(1, 5)
    kind = 0.9 if is_return else chance.random()
    if kind < 0.45:
        return str(quantity), f"{price:.2f}", ""
    if kind < 0.85:
        paid = quantity * price * chance.choice((0.5, 0.85, 0.9999))
        return str(quantity), f"{price:.2f}", f"{paid:.4f}"
    if kind < 0.93:
        return str(-quantity), f"{price:.2f}", ""
    if kind < 0.97:
        return str(quantity), "0", ""
    return "0", f"{price:.2f}", f"{-price:.2f}"
