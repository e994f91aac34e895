"""Shops that say little about their customers, and what a build must say of them."""

import csv
import lzma
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline.warehouse.engine import Engine
from tests.small_shop import write_csv

ONLINE_RETAIL = (
    Path(__file__).resolve().parents[1].parent / "shared" / "data" / "online_retail"
)
ORDERS = ("order_id", "customer_id", "order_date", "status")
ITEMS = ("order_item_id", "order_id", "product_id", "quantity", "price_per_item")
FIRST_DAY = date(2024, 1, 1)

TOO_FEW = dict.fromkeys(
    ("bg_nbd", "mbg_nbd", "nbd", "gamma_gamma"), "too few customers"
)


@dataclass(frozen=True)
class AnyShop:
    """A shop and what its warehouse must hold.

    Attributes:
        write: Writes its raw files into a folder.
        buyers: Customers with an order that counts.
        models: The status of each lifetime value model on all data.
        expects_orders: Whether purchases can be predicted.
    """

    write: Callable[[Path], None]
    buyers: int
    models: Mapping[str, str]
    expects_orders: bool = False


def assert_says_what_it_can(engine: Engine, shop: AnyShop) -> None:
    """The published warehouse has every model's status, and predicts no more."""
    published = engine.in_place()
    statuses = published.query(
        "select model_name, model_status from rpt_clv_models"
        " where fit_name = 'all_data'"
    )
    assert dict(statuses) == shop.models
    [(buyers, valued, alive, orders)] = published.query(
        "select count(*), count(total_spending), count(p_alive), count(expected_orders)"
        " from rpt_customer_lifetime_value"
    )
    assert buyers == valued == shop.buyers
    assert alive == 0
    assert orders == (buyers if shop.expects_orders else 0)
    [(ways, with_status)] = published.query(
        "select count(*), count(forecast_status) from rpt_clv_backtest"
    )
    assert ways == with_status == 7
    assert published.query(
        "select period, forecast_status, expected_net_sales from rpt_sales_forecast"
        " where is_all_categories"
    ) == [("all weeks", "too short a history", None)]


def _write(folder: Path, orders: Sequence[tuple[str, int, str]]) -> None:
    """Orders of one product, as customer, day and status."""
    rows = [
        (f"O{n}", customer, str(FIRST_DAY + timedelta(days=day)), status)
        for n, (customer, day, status) in enumerate(orders)
    ]
    items = [(f"I{n}", f"O{n}", "P1", "2", "4.50") for n in range(len(orders))]
    write_csv(folder / "raw_orders.csv", [ORDERS, *rows])
    write_csv(folder / "raw_order_items.csv", [ITEMS, *items])


def _one_customer(folder: Path) -> None:
    _write(folder, [("C1", 0, "paid")])


def _one_day(folder: Path) -> None:
    _write(folder, [(f"C{n % 3}", 0, "paid") for n in range(6)])


def _all_cancelled(folder: Path) -> None:
    _write(folder, [(f"C{n}", n, "cancelled") for n in range(6)])


def _guests_only(folder: Path) -> None:
    _write(folder, [("", n, "paid") for n in range(6)])
    # A file that is empty, and one with a header alone, are as good as none.
    (folder / "raw_customers.csv").touch()
    (folder / "raw_products.csv").write_text("product_id,price\n", encoding="utf-8")


def _one_time_buyers(folder: Path) -> None:
    _write(folder, [(f"C{n}", n % 300, "paid") for n in range(200)])


def _first_20_trading_days(folder: Path) -> None:
    orders = list(_unpacked("raw_orders"))
    days = sorted({row["order_date"][:10] for row in orders})[:20]
    kept = {row["order_id"] for row in orders if row["order_date"][:10] in days}
    for table in ("raw_orders", "raw_order_items"):
        rows = [row for row in _unpacked(table) if row["order_id"] in kept]
        write_csv(folder / f"{table}.csv", [list(rows[0]), *(r.values() for r in rows)])
    for table in ("raw_customers", "raw_products"):
        rows = list(_unpacked(table))
        write_csv(folder / f"{table}.csv", [list(rows[0]), *(r.values() for r in rows)])


def _unpacked(table: str) -> Iterator[dict[str, str]]:
    if not ONLINE_RETAIL.is_dir():
        pytest.skip(f"the real data are not there: {ONLINE_RETAIL}")
    path = ONLINE_RETAIL / f"{table}.csv.xz"
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


ANY_SHOPS = {
    "one customer": AnyShop(_one_customer, 1, TOO_FEW),
    "one day": AnyShop(_one_day, 3, TOO_FEW),
    "all cancelled": AnyShop(_all_cancelled, 0, TOO_FEW),
    "guests only": AnyShop(_guests_only, 0, TOO_FEW),
    "one-time buyers": AnyShop(_one_time_buyers, 200, TOO_FEW),
    "first 20 trading days of Online Retail": AnyShop(
        _first_20_trading_days,
        885,
        {
            "bg_nbd": "no sign of leaving",
            "mbg_nbd": "no sign of leaving",
            "nbd": "fitted",
            "gamma_gamma": "fitted",
        },
        expects_orders=True,
    ),
}
