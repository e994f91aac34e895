"""A shop of a dozen orders, as exports write them, against figures added up by hand."""

import csv
import datetime as dt
from pathlib import Path

import pytest
from warehouses import ROOT, read_rows, run_project

from tests.small_shop import write_csv

TO_COME = str(dt.datetime.now(dt.UTC).date() + dt.timedelta(days=100))
ORDERS = (
    ("order_id", "customer_id", "order_date", "status", "currency", "shipping", "tax"),
    # one moment: order 9 is the customer's first, 10 the second
    ("10", "Ann", "2024-03-01 09:00", "paid", "EUR", "4.90", "1.52"),
    ("9", "Ann", "2024-03-01 09:00", "paid", " eur ", "", ""),
    # refunded: what was bought and what came back were never sold
    ("11", "Bob", "2024-03-02", "refunded", "EUR", "", ""),
    # a credit note: nothing was bought, and something came back
    ("12", "Ann", "2024-03-03", "cancelled", "EUR", "", ""),
    ("13", "Bob", "2024-03-04", "wc-on-hold", "EUR", "free", ""),
    ("14", "Bob", "2024-03-05", "pending payment", "Euro", "", ""),
    # dated wrongly, so that its line is rejected with it
    ("15", "Bob", "05.03.2024", "paid", "EUR", "", ""),
    ("16", "Bob", "2024-03-06", "paid", "EUR", "", ""),
    ("16", "Eve", "2024-03-06", "paid", "EUR", "", ""),
    ("17", "Bob", TO_COME, "paid", "EUR", "", ""),
)
LINES = (
    (
        *("order_item_id", "order_id", "product_id"),
        *("quantity", "price_per_item", "line_total"),
    ),
    # three at 2.99, half a euro less; one at 10 as an empty total says
    ("a", "10", "P1", "3", "2.99000", "8.47"),
    ("b", "10", "P2", " 1 ", " 10.00 ", ""),
    # nothing but a total: 10 / 4 = 2.5 each; and a surcharge of 1
    ("c", "9", "P1", "4", "", "10"),
    ("d", "9", "P2", "1", "5", "6"),
    ("e", "11", "P1", "1", "20", ""),
    ("f", "11", "P1", "-1", "20", ""),
    ("g", "12", "P1", "-1", "2.99", "-2.50"),
    # money back without goods; the same key twice, and once more with another price
    ("h", "13", "", "0", "", "-4.00"),
    ("i", "13", "P2", "2", "8", ""),
    ("i", "13", "P2", "2", "8", ""),
    ("i", "13", "P2", "2", "9", ""),
    ("j", "14", "P2", "1", "7", ""),
    ("k", "15", "P2", "1", "3", ""),
    # money one way, goods the other
    ("l", "16", "P2", "1", "3", "-3"),
    ("m", "16", "P2", "-1", "3", "3.5"),
)


# Statuses that real exports hold, beside those of WooCommerce.
STATUSES = (
    *("placed", "new", "open", "created", "closed", "draft", "unavailable"),
    *("unfulfilled", "return_pending", "pending payment"),
    *("awaiting fulfillment", "awaiting shipment"),
)
WOOCOMMERCE = (
    *("pending", "processing", "on-hold", "completed", "cancelled", "refunded"),
    *("failed", "checkout-draft", "trash"),
)


def write_shop(folder: Path, orders: tuple[tuple[str, ...], ...]) -> Path:
    """Write orders and their lines; there are no customers and products."""
    folder.mkdir()
    write_csv(folder / "raw_orders.csv", orders)
    write_csv(folder / "raw_order_items.csv", LINES)
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The warehouse, and what its build said."""
    folder = tmp_path_factory.mktemp("money")
    database = folder / "shop.db"
    meant = "{max_rejected_share: 1, currency: CHF}"
    result = run_project(
        *("pipeline", "build", "--database", database, "--vars", meant),
        *("--raw", write_shop(folder / "raw", ORDERS)),
    )
    said = result.stdout + result.stderr
    assert result.returncode == 0, said[-3000:]
    return database, said


def test_sales_are_what_the_lines_cost(built: tuple[Path, str]) -> None:
    lines = read_rows(
        built[0],
        "select order_item_id, line_type, quantity_sold, price_per_item,"
        " line_item_total, discount_amount from FactSales order by 1",
    )

    assert lines == [
        ("a", "sale", 3, 2.99, 8.47, -0.5),
        ("b", "sale", 1, 10.0, 10.0, 0.0),
        ("c", "sale", 4, 2.5, 10.0, 0.0),
        ("d", "sale", 1, 5.0, 6.0, 0.0),
        ("g", "return", -1, 2.99, -2.5, 0.0),
        ("h", "refund", 0, 0.0, -4.0, 0.0),
        ("i", "sale", 2, 8.0, 16.0, 0.0),
    ]


def test_orders_are_numbered_9_before_10(built: tuple[Path, str]) -> None:
    orders = read_rows(
        built[0],
        "select order_id, gross_sales, discounts, returns, net_sales, shipping, tax,"
        " lines, customer_order_number from FactOrders order by length(order_id), 1",
    )

    assert orders == [
        ("9", 16.0, 0.0, 0.0, 16.0, None, None, 2, 1),
        ("10", 18.97, -0.5, 0.0, 18.47, 4.9, 1.52, 2, 2),
        ("12", 0.0, 0.0, -2.5, -2.5, None, None, 1, None),
        ("13", 16.0, 0.0, -4.0, 12.0, None, None, 2, 1),
    ]
    [daily] = read_rows(
        built[0],
        "select round(sum(gross_sales), 4), round(sum(discounts), 4),"
        " round(sum(returns), 4), round(sum(net_sales), 4)"
        " from rpt_sales_daily where is_all_categories",
    )
    assert daily == (50.97, -0.5, -6.5, 43.97)


def test_nothing_is_lost_in_silence(built: tuple[Path, str]) -> None:
    quality = read_rows(
        built[0],
        "select raw_table, outcome, reason, row_count, amount from rpt_data_quality"
        " where raw_table in ('raw_orders', 'raw_order_items')",
    )

    lines, orders = "raw_order_items", "raw_orders"
    assert set(quality) == {
        (lines, "accepted", "valid", 12, 51.47),
        (lines, "rejected", "duplicate key", 1, 16.0),
        (lines, "rejected", "conflicting duplicate", 1, 18.0),
        (lines, "rejected", "order rejected", 1, 3.0),
        (lines, "excluded from sales", "cancelled", 2, 27.0),
        (lines, "excluded from sales", "adjustment: money in", 1, 3.5),
        (lines, "excluded from sales", "adjustment: money out", 2, -23.0),
        (lines, "noted", "return by credit note", 1, -2.5),
        (lines, "noted", "line without a product", 1, None),
        (orders, "accepted", "valid", 8, None),
        (orders, "rejected", "bad date", 1, None),
        (orders, "rejected", "conflicting duplicate", 1, None),
        (orders, "value nulled", "currency: bad code", 1, None),
        (orders, "value nulled", "shipping: bad number", 1, None),
        (orders, "noted", "order without a line", 1, None),
    }


def test_what_may_be_wrong_is_said(built: tuple[Path, str]) -> None:
    database, said = built

    assert f"Order '17' is dated {TO_COME}, which is yet to come" in said
    assert f"Order '17' is dated {TO_COME}, more than a year after the one" in said
    assert "The orders are in EUR, and var currency calls them CHF" in said
    assert read_rows(database, "select currency from build_info") == [("CHF",)]


def test_statuses_of_real_exports_are_mapped() -> None:
    with (ROOT / "seeds" / "order_status_map.csv").open(encoding="utf-8") as file:
        outcomes = {row["status"]: row["order_outcome"] for row in csv.DictReader(file)}

    assert {*STATUSES, *WOOCOMMERCE} <= outcomes.keys()
    # Its export and its database say the same. Alone, "pending" is any shop's word.
    assert [
        status for status in WOOCOMMERCE if outcomes[f"wc-{status}"] != outcomes[status]
    ] == ["pending"]


def test_two_currencies_are_never_added_up(tmp_path: Path) -> None:
    dollars = [(*order[:4], "USD", *order[5:]) for order in ORDERS[1:3]]
    orders = (ORDERS[0], *dollars, *ORDERS[3:6])

    result = run_project(
        *("pipeline", "build", "--database", tmp_path / "shop.db"),
        *("--raw", write_shop(tmp_path / "raw", orders)),
        *("--vars", "{max_rejected_share: 1}"),
    )

    assert result.returncode != 0
    assert (
        "raw_orders is in 2 currencies, EUR (3 orders), USD (2 orders): convert them to"
        " one, or build a warehouse for each"
    ) in result.stderr.splitlines()[-1]
    assert not (tmp_path / "shop.db").exists()
