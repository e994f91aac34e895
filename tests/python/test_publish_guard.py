"""When a build refuses to publish: most rows of a raw table cannot be used."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.__main__ import main
from tests.python.warehouses import read_rows
from tests.small_shop import write_csv

ORDERS = ("order_id", "customer_id", "order_date", "status")
ITEMS = ("order_item_id", "order_id", "product_id", "quantity", "price_per_item")
Rows = list[tuple[str, ...]]


def orders(count: int, date: str = "2024-02-01") -> Rows:
    return [(f"O{n}", f"C{n % 7}", date, "completed") for n in range(count)]


def items(count: int, price: str = "12.50") -> Rows:
    return [(f"I{n}", f"O{n // 2}", f"P{n % 3}", "2", price) for n in range(count)]


def write_guests(folder: Path, orders: Rows, items: Rows) -> Path:
    """A shop that keeps no customers and no products."""
    folder.mkdir()
    write_csv(folder / "raw_orders.csv", [ORDERS, *orders])
    write_csv(folder / "raw_order_items.csv", [ITEMS, *items])
    return folder


def build(raw: Path, database: Path) -> int:
    return main(
        ["build", "--raw", str(raw), "--target", "sqlite", "--database", str(database)]
    )


@pytest.fixture(scope="module")
def guests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse of a shop without customers and products."""
    folder = tmp_path_factory.mktemp("guests")
    database = folder / "shop.db"
    assert build(write_guests(folder / "shop", orders(40), items(80)), database) == 0
    return database


def test_a_shop_without_customers_and_products_is_built(guests: Path) -> None:
    assert read_rows(
        guests, "select count(*), sum(line_item_total) from FactSales"
    ) == [(80, 2000)]
    assert read_rows(
        guests, "select raw_table, row_count from raw_loads order by raw_table"
    ) == [
        ("raw_customers", 0),
        ("raw_order_items", 80),
        ("raw_orders", 40),
        ("raw_products", 0),
    ]
    # Whom the orders name is known by its id.
    assert read_rows(guests, "select count(*), sum(is_inferred) from DimCustomer") == [
        (8, 7)
    ]


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (
            (orders(40, "13-01-2015"), items(80)),
            "40 of 40 orders rejected: bad date, such as '13-01-2015'; "
            "dates are YYYY-MM-DD; mend raw_orders; nothing was published",
        ),
        (
            (orders(40), [*items(60), *items(80, "12,50\x1b[2J")[60:]]),
            "20 of 80 order items rejected: bad number, such as '12,50\\x1b[2J' in "
            "price_per_item; amounts are like 1234.50; mend raw_order_items, or set "
            "var max_rejected_share (0.05) higher if it is meant",
        ),
    ],
)
def test_a_build_of_rows_that_cannot_be_used_is_refused(
    guests: Path,
    tmp_path: Path,
    rows: Sequence[Rows],
    line: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = guests.read_bytes()

    assert build(write_guests(tmp_path / "shop", *rows), guests) == 1

    last = capsys.readouterr().err.splitlines()[-1]
    assert line in last
    assert guests.read_bytes() == before
