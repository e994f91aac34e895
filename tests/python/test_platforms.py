"""Each platform's sample exports, imported, equal figures that were worked out by hand.

The samples in tests/exports have the columns and the quirks of real exports.
"""

import shutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.errors import PipelineError
from pipeline.platforms.definition import find_platform
from pipeline.platforms.importer import import_export
from pipeline.raw_files.contract import RAW_TABLE_NAMES
from pipeline.terminal.progress import Reporter
from tests.python.sample_exports import (
    EXPORTS,
    SAMPLES,
    copied,
    import_folder,
    imported,
    rows_of,
)
from tests.python.warehouses import SHARED_DATA

SALES = {
    "approved",
    "completed",
    "delivered",
    "paid",
    "partially_refunded",
    "pending",
    "placed",
    "processing",
    "shipped",
    "wc-completed",
    "wc-processing",
}


@dataclass(frozen=True)
class Figures:
    """What a shop sold, by the definitions of the warehouse."""

    gross: str
    discounts: str
    returns: str
    tax: str
    shipping: str
    orders: int
    buyers: int
    top_product: str


# Worked out by hand from the files.
BY_HAND = {
    # 2 mugs and a cap less 10 %, a mug paid back, a mug of which 4.00 came back, three
    # teas less 1.00, and a cap of 11.90 with 19 % of tax in its price; a voided order
    # and a gift card do not count, and two orders are in both files.
    "shopify": Figures("95", "-4.50", "-14", "12.20", "10", 5, 3, "MUG-B"),
    "shopify_2013": Figures("35", "-3.50", "0", "6.30", "5", 1, 1, "MUG-B"),
    # Sales at a till: two tips, a voucher and a payment's row do not count. An order is
    # free, one cancelled before it was paid, one cancelled and paid back, two in part.
    "shopify_pos": Figures("115", "-18", "-25", "5.90", "9.98", 6, 2, "MUG"),
    # A mug of three came back, a whole order was paid back, another was cancelled.
    "woocommerce_lines": Figures("70", "-3", "-20", "6.70", "10", 3, 2, "MUG"),
    "woocommerce_suite": Figures("40", "-3", "-10", "1", "5", 2, 2, "Cap"),
    "woocommerce_report": Figures("39.50", "0", "-10", "0", "0", 2, 2, "Mug"),
    # Coffee by the pound is one piece; the gift card is left out.
    "square": Figures("1050.50", "-2", "-9", "81.56", "0", 3, 1, "Cap (Large)"),
    "square_2026_07": Figures("20", "-2", "0", "1.44", "0", 1, 1, "MUG"),
    # The first day tells that the day stands first.
    "square_uk": Figures("20", "-2", "-9", "1.50", "0", 1, 1, "MUG"),
    "etsy": Figures("45", "-2", "0", "1.50", "8", 2, 2, "MUG"),
    "amazon": Figures("65", "-2", "-15", "5.20", "4.99", 3, 0, "CAP"),
    "amazon_transactions": Figures("20", "-2", "-9", "0.80", "4.99", 1, 0, "MUG"),
    # A refund without pieces.
    "amazon_transactions_canada": Figures(
        "20", "-2", "-4", "1.60", "4.99", 1, 0, "MUG"
    ),
    "olist": Figures("127.80", "0", "0", "0", "31.58", 2, 1, "p1"),
    "online_retail": Figures("53.64", "0", "-2.55", "0", "0", 2, 1, "71053"),
    "online_retail_excel": Figures("1270.14", "0", "-2.55", "0", "0", 2, 1, "DOT"),
    "jaffle_shop": Figures("32.49", "0", "0", "0", "0", 2, 1, "None"),
    "jaffle_shop_second": Figures("20", "0", "0", "1.20", "0", 1, 1, "JAF-1"),
}


def figures_of(folder: Path) -> Figures:
    """The figures of raw files, added up row by row."""
    orders = {row["order_id"]: row for row in rows_of(folder, "raw_orders")}
    sold: dict[str, Decimal] = defaultdict(Decimal)
    gross = discounts = returns = Decimal(0)
    counting: set[str | None] = set()
    in_fact: set[str | None] = set()
    for row in rows_of(folder, "raw_order_items"):
        order = orders[row["order_id"]]
        pieces = Decimal(row["quantity"] or 0)
        listed = pieces * Decimal(row["price_per_item"] or 0)
        total = Decimal(row["line_total"]) if row["line_total"] else listed
        if row["price_per_item"] is None:
            listed = total
        is_sale = (order["status"] or "completed") in SALES
        # A cancelled order that has no goods is a credit note.
        is_credit = order["status"] == "cancelled" and pieces < 0
        if not is_sale and not is_credit:
            continue
        in_fact.add(row["order_id"])
        if pieces > 0:
            gross += listed
            discounts += total - listed
            counting.add(row["order_id"])
        else:
            returns += total
        if row["product_id"] is not None:
            sold[row["product_id"]] += total

    def added(column: str) -> Decimal:
        return sum(
            (Decimal(orders[order][column] or 0) for order in in_fact), Decimal(0)
        )

    return Figures(
        *(
            str(amount.normalize() + 0)
            for amount in (gross, discounts, returns, added("tax"), added("shipping"))
        ),
        len(counting),
        len({orders[order]["customer_id"] for order in counting} - {None}),
        max(sold, key=lambda product: sold[product], default="None"),
    )


def normal(figures: Figures) -> Figures:
    """The same with amounts written one way."""
    amounts = [
        str(Decimal(getattr(figures, name)).normalize() + 0)
        for name in ("gross", "discounts", "returns", "tax", "shipping")
    ]
    return Figures(*amounts, figures.orders, figures.buyers, figures.top_product)


@pytest.mark.parametrize("sample", BY_HAND)
def test_a_sample_equals_the_figures_worked_out_by_hand(
    sample: str, tmp_path: Path
) -> None:
    imported(sample, tmp_path)
    assert figures_of(tmp_path) == normal(BY_HAND[sample])


@pytest.mark.parametrize("sample", BY_HAND)
def test_an_import_writes_the_same_bytes_again(sample: str, tmp_path: Path) -> None:
    for out in ("first", "second"):
        imported(sample, tmp_path / out)
    for table in RAW_TABLE_NAMES:
        first, second = (
            (tmp_path / out / f"{table}.parquet").read_bytes()
            for out in ("first", "second")
        )
        assert first == second, table


def test_every_sample_is_tried() -> None:
    assert sorted(BY_HAND) == SAMPLES


@pytest.mark.parametrize(
    ("sample", "costs"),
    [
        # A variant's own; a product of the orders alone has none.
        ("shopify", {"MUG-B": "3.90", "MUG-R": None, "CAP": "4.2501", "TEA": None}),
        ("shopify_pos", {"MUG": "4.10"}),
    ],
)
def test_a_cost_per_item_is_the_products_unit_cost(
    sample: str, costs: dict[str, str | None], tmp_path: Path
) -> None:
    imported(sample, tmp_path)
    rows = rows_of(tmp_path, "raw_products")
    found = {row["product_id"]: row["unit_cost"] for row in rows}
    assert {name: found.get(name) for name in costs} == costs
    assert [cost for name, cost in found.items() if name not in costs and cost] == []


def test_what_is_no_sale_is_said(tmp_path: Path) -> None:
    _, left_out = imported("amazon_transactions", tmp_path)
    assert [(row.reason, row.rows, row.amount) for row in left_out] == [
        ("transactions of the type Service Fee", 1, "-39.99"),
        ("transactions of the type Transfer", 1, "-1000.00"),
    ]


def test_one_day_over_12_tells_of_all_days_that_they_stand_first(
    tmp_path: Path,
) -> None:
    imported("square_uk", tmp_path / "square")
    assert [
        row["order_date"] for row in rows_of(tmp_path / "square", "raw_orders")
    ] == [
        "2026-12-25 10:15:00",
        "2027-01-05 13:00:00",
    ]
    folder = copied("woocommerce_lines", tmp_path)
    orders = folder / "orders-2026.csv"
    text = orders.read_text(encoding="utf-8").replace("2026-01-05", "25/01/2026")
    for day in (6, 7, 8):
        text = text.replace(f"2026-01-0{day}", f"0{day}/02/2026")
    orders.write_text(text, encoding="utf-8")
    import_folder("woocommerce_lines", folder, tmp_path / "woo")
    assert [row["order_date"] for row in rows_of(tmp_path / "woo", "raw_orders")] == [
        "2026-01-25 10:00:00",
        "2026-02-06 10:00:00",
        "2026-02-07 10:00:00",
        "2026-02-08 10:00:00",
    ]


Change = Callable[[str], str]


def changed_shopify(folder: Path, change: Change, name: str = "orders.csv") -> str:
    """A folder with one Shopify file, the sample's, changed."""
    text = (EXPORTS / "shopify" / "orders_export_1.csv").read_text(encoding="utf-8")
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(change(text), encoding="utf-8")
    return str(folder)


# What is done to the export, and what the one line must say.
FAULTS: dict[str, tuple[Change, str]] = {
    "a date of another kind": (
        lambda text: text.replace("2026-03-03 11:00:00 +0100", "03/03/2026 11:00"),
        "dates can be read: orders.csv, line 4: Created at 03/03/2026 11:00",
    ),
    "an amount that is none": (
        lambda text: text.replace(",31.50,", ",thirty,"),
        "amounts can be read: orders.csv, line 2: Subtotal thirty",
    ),
    "two currencies": (
        lambda text: text.replace("EUR,10.00,", "USD,10.00,"),
        "one currency: ",
    ),
    "a line that is not there": (
        lambda text: "".join(
            line
            for line in text.splitlines(keepends=True)
            if "MUG-B" not in line[:400] or not line.startswith("#1001")
        ),
        "lines belong to an order",
    ),
    "a column that is not there": (
        lambda text: text.replace("Lineitem price", "Lineitem cost", 1),
        "missing column Lineitem price (nearest: Lineitem ",
    ),
    "half a download": (
        lambda text: text[: len(text) // 2],
        "orders.csv, line ",
    ),
    "no order": (
        lambda text: text.partition("\n")[0] + "\n",
        "there is no sale in orders.csv; choose a period with orders when exporting",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_line_that_says_where(fault: str, tmp_path: Path) -> None:
    change, said = FAULTS[fault]
    folder = changed_shopify(tmp_path / "export", change)
    with pytest.raises(PipelineError) as caught:
        import_export(find_platform("shopify"), folder, tmp_path / "out", Reporter())
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_the_same_file_twice_is_read_once(tmp_path: Path) -> None:
    folder = changed_shopify(tmp_path / "export", str)
    changed_shopify(tmp_path / "export", str, "orders (1).csv")
    import_export(find_platform("shopify"), folder, tmp_path / "once", Reporter())
    assert len(rows_of(tmp_path / "once", "raw_orders")) == 4


def test_an_order_that_two_files_tell_differently_is_refused(tmp_path: Path) -> None:
    folder = changed_shopify(tmp_path / "export", str)
    changed_shopify(
        tmp_path / "export", lambda text: text.replace("voided", "paid"), "orders 2.csv"
    )
    with pytest.raises(PipelineError) as caught:
        import_export(find_platform("shopify"), folder, tmp_path / "out", Reporter())
    assert str(caught.value) == (
        "Name #1003 is in orders 2.csv and orders.csv, and differs; keep the file that "
        "was exported last, or export periods that do not overlap"
    )


def test_a_folder_without_an_export_says_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "letter.doc").write_text("Dear customer", encoding="utf-8")
    with pytest.raises(PipelineError) as caught:
        import_export(find_platform("etsy"), str(tmp_path), tmp_path / "o", Reporter())
    assert "no file EtsySoldOrderItems*.csv" in str(caught.value)
    assert "found letter.doc; Etsy: in Shop Manager" in str(caught.value)


def test_the_development_store_of_shopify(tmp_path: Path) -> None:
    folder = SHARED_DATA.parent / "exports" / "shopify_devstore"
    if not folder.is_dir():
        pytest.skip(f"the real export is not there: {folder}")
    import_export(find_platform("shopify"), str(folder), tmp_path, Reporter())
    assert figures_of(tmp_path) == Figures(
        "14089.04", "0", "0", "0", "0", 19, 3, "The Collection Snowboard: Oxygen"
    )


def test_the_example_of_the_documentation_works(tmp_path: Path) -> None:
    readme = (
        Path(__file__).resolve().parents[2] / "pipeline" / "platforms" / "README.md"
    ).read_text(encoding="utf-8")
    sql = readme.partition("```sql\n")[2].partition("```")[0]
    rows = [line.strip() for line in readme.splitlines() if ";" in line]
    export = tmp_path / "export"
    export.mkdir()
    (export / "sales_2026.csv").write_text(
        "\n".join(line for line in rows if line.count(";") == 4) + "\n",
        encoding="utf-8",
    )
    (tmp_path / "my_shop.sql").write_text(sql, encoding="utf-8")
    origin, left_out = import_export(
        find_platform(str(tmp_path / "my_shop.sql")),
        str(export),
        tmp_path / "out",
        Reporter(),
    )
    assert origin == f"my_shop: sales_2026.csv in {export}"
    assert [(row.reason, row.rows, row.amount) for row in left_out] == [
        ("vouchers", 1, "25.00")
    ]
    assert figures_of(tmp_path / "out") == Figures(
        "33", "0", "0", "0", "0", 1, 0, "Mug"
    )


def test_doctor_says_what_is_there_and_what_to_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", str(EXPORTS / "shopify")]) == 0
    printed = capsys.readouterr()
    for said in ("orders_export_1.csv", "2026-03-02 to 2026-03-31", "EUR", "gift card"):
        assert said in printed.out
    assert f"build --from shopify {EXPORTS / 'shopify'}" in printed.err
    (tmp_path / "orders.csv").write_text("Name,Created on,Subtotal\n", encoding="utf-8")
    assert main(["doctor", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert "orders.csv is most like shopify's orders_export" in printed.out
    assert "Created at (nearest: Created on" in printed.out
    assert printed.err.splitlines()[-1].startswith(f"doctor failed: {tmp_path}: no exp")


def test_doctor_finds_two_exports_among_other_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "My Downloads"
    for sample in ("shopify_pos", "woocommerce_lines"):
        shutil.copytree(EXPORTS / sample, folder, dirs_exist_ok=True)
    (folder / "bank.csv").write_text("Booked,Worth\n", encoding="utf-8")
    assert main(["doctor", str(folder)]) == 0
    printed = capsys.readouterr()
    for platform in ("shopify", "woocommerce"):
        assert f"an export of {platform}:" in printed.out
        assert f"build --from {platform} '{folder}'" in printed.err
    assert "not read, since they are something else: bank.csv, orders" in printed.err


def test_an_export_given_as_raw_files_leads_to_doctor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = ["--database", str(tmp_path / "shop.db")]
    assert main(["load", str(EXPORTS / "etsy"), *target]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.endswith(f"python -m pipeline doctor {EXPORTS / 'etsy'}")
