"""An export that cannot be imported is one line that says what, where and what next."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from pipeline.__main__ import main
from pipeline.errors import PipelineError
from pipeline.platforms.definition import find_platform
from tests.python.sample_exports import (
    PLATFORMS,
    Sheet,
    copied,
    import_folder,
    platform_of,
    rows_of,
    what_comes_out,
)

# Of each layout the file of sales.
SALES = {
    "amazon": "orders.txt",
    "amazon_transactions": "2026SepMonthlyTransaction.csv",
    "etsy": "EtsySoldOrderItems2026-1.csv",
    "jaffle_shop": "raw_orders.csv",
    "jaffle_shop_second": "raw_orders.csv",
    "olist": "olist_orders_dataset.csv",
    "online_retail": "online_retail.csv",
    "shopify_pos": "orders_export.csv",
    "square": "items-2026-01-01-2026-02-01.csv",
    "woocommerce_lines": "orders-2026.csv",
    "woocommerce_report": "wc-orders-report.csv",
    "woocommerce_suite": "orders.csv",
}
OF_FILES = sorted({platform_of(sample) for sample in SALES})


def sales_of(sample: str, folder: Path) -> Sheet:
    return Sheet.read(copied(sample, folder) / SALES[sample])


def refused(sample: str, folder: Path) -> str:
    """The one line that an import ends with; nothing was written."""
    with pytest.raises(PipelineError) as caught:
        import_folder(sample, folder, folder.parent / "out")
    assert not (folder.parent / "out").exists()
    said = str(caught.value)
    assert "\n" not in said
    return said


@pytest.mark.parametrize("platform", OF_FILES)
def test_without_a_file_it_says_what_is_there_and_where_to_export(
    platform: str, tmp_path: Path
) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "letter.doc").write_text("Dear customer", encoding="utf-8")
    said = refused(platform, folder)
    assert re.search(r": no file \S+\.(csv|txt)", said)
    assert said.endswith(f"; found letter.doc; {PLATFORMS[platform].title}")


@pytest.mark.parametrize("sample", SALES)
def test_a_missing_column_is_named_with_what_is_like_it(
    sample: str, tmp_path: Path
) -> None:
    sheet = sales_of(sample, tmp_path)
    column = DATES[sample][0]
    sheet.header[sheet.header.index(column)] = f"{column}s"
    sheet.write(tmp_path / "export")
    said = refused(sample, tmp_path / "export")
    assert f"missing column {column} (nearest: {column}s" in said
    assert sheet.path.name in said


@pytest.mark.parametrize(
    ("sample", "asked"), [("etsy", "shopify"), ("shopify_pos", "woocommerce_lines")]
)
def test_the_export_of_another_platform_is_told(
    sample: str, asked: str, tmp_path: Path
) -> None:
    said = refused(asked, copied(sample, tmp_path))
    platform = platform_of(sample)
    assert said.endswith(f"holds an export of {platform}, so try: --from {platform}")


@pytest.mark.parametrize(
    ("sample", "column"),
    [
        ("amazon", "currency"),
        ("etsy", "Currency"),
        ("shopify_pos", "Currency"),
        ("woocommerce_suite", "order_currency"),
    ],
)
def test_two_currencies_are_refused(sample: str, column: str, tmp_path: Path) -> None:
    sheet = sales_of(sample, tmp_path)
    sheet.rows[0][sheet.header.index(column)] = "JPY"
    sheet.write(tmp_path / "export")
    said = refused(sample, tmp_path / "export")
    assert said.startswith("one currency: ")
    assert "JPY" in said


# Of each layout a date's column and an amount's, and the first row that has them.
DATES = {
    "amazon": ("purchase-date", "item-price"),
    "amazon_transactions": ("date/time", "product sales"),
    "etsy": ("Sale Date", "Price"),
    "jaffle_shop": ("order_date", None),
    "jaffle_shop_second": ("ordered_at", "subtotal"),
    "olist": ("order_purchase_timestamp", None),
    "online_retail": ("InvoiceDate", "UnitPrice"),
    "shopify_pos": ("Created at", "Lineitem price"),
    "square": ("Date", "Net Sales"),
    "woocommerce_lines": ("Order Date", "Item Cost"),
    "woocommerce_report": ("Date", "Ventes nettes"),
    "woocommerce_suite": ("order_date", None),
}


@pytest.mark.parametrize(
    ("sample", "column"),
    [(sample, name) for sample, names in DATES.items() for name in names if name],
)
def test_a_value_that_cannot_be_read_is_named_with_its_file_and_line(
    sample: str, column: str, tmp_path: Path
) -> None:
    sheet = sales_of(sample, tmp_path)
    sheet.rows[0][sheet.header.index(column)] = "soon"
    sheet.write(tmp_path / "export")
    said = refused(sample, tmp_path / "export")
    line = sheet.notes.count("\n") + 2
    assert f" can be read: {sheet.path.name}, line {line}: " in said
    assert "soon" in said


def test_many_faults_are_told_by_their_first(tmp_path: Path) -> None:
    sheet = sales_of("square", tmp_path)
    for row in sheet.rows:
        row[sheet.header.index("Date")] = "soon"
    sheet.write(tmp_path / "export")
    said = refused("square", tmp_path / "export")
    assert said.count("Date soon") == 3
    assert said.endswith("; and more")


Bytes = Callable[[bytes], bytes]
ROW = b"Ren\xc3\xa9"
# What is done to a file's bytes, and what must be said of it.
DAMAGES: dict[str, tuple[Bytes, str]] = {
    "Latin-1": (
        lambda data: data.decode().encode("cp1252", errors="replace"),
        "orders_export.csv, line 5: the byte 0xEB is not UTF-8; save the file as",
    ),
    "UTF-16 without its mark": (
        lambda data: data.decode().encode("utf-16-le"),
        "orders_export.csv, line 1: ",
    ),
    "cut in the middle of a line": (
        lambda data: data[: data.index(b"Breakfast")],
        "expected 23 fields, as in the header",
    ),
    "cut within quotes": (
        lambda data: data[: data.index(b"then wait")],
        "a quote is opened here and never closed",
    ),
    "empty": (lambda _: b"", "orders_export.csv is empty; export it again"),
    "blank": (lambda _: b"\n\n", "missing columns Name, Created at"),
    "the header alone": (
        lambda data: data.partition(b"\n")[0],
        "there is no sale in orders_export.csv",
    ),
    "packed": (
        lambda data: b"PK\x03\x04" + data,
        "orders_export.csv is a zip or Excel file; unpack it, or save it as CSV",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused(damage: str, tmp_path: Path) -> None:
    do, said = DAMAGES[damage]
    folder = copied("shopify_pos", tmp_path)
    path = folder / "orders_export.csv"
    path.write_bytes(do(path.read_bytes()))
    (folder / "products_export.csv").unlink()
    assert said in refused("shopify_pos", folder)


@pytest.mark.parametrize("suffix", [".crdownload", ".part", ".CRDOWNLOAD"])
def test_a_download_that_was_never_finished_is_told(
    suffix: str, tmp_path: Path
) -> None:
    folder = copied("etsy", tmp_path)
    (folder / f"EtsySoldOrderItems2026-2.csv{suffix}").write_text("Sale Da")
    said = refused("etsy", folder)
    assert said.endswith(f"2026-2.csv{suffix} is a download that was never finished")


@pytest.mark.parametrize("sample", SALES)
def test_an_export_without_a_sale_is_refused(sample: str, tmp_path: Path) -> None:
    folder = copied(sample, tmp_path)
    for path in folder.iterdir():
        sheet = Sheet.read(path)
        sheet.rows.clear()
        sheet.write(folder)
    assert "there is no sale in " in refused(sample, folder)


# Of layouts whose files may overlap, the column that tells an order, and one that a
# later export may change.
OVERLAPS = {
    "amazon": ("amazon-order-id", "order-status"),
    "amazon_transactions": ("order id", "order city"),
    "etsy": ("Order ID", "Ship City"),
    "jaffle_shop": ("id", "status"),
    "olist": ("order_id", "order_status"),
    "online_retail": ("InvoiceNo", "Country"),
    "shopify_pos": ("Name", "Vendor"),
    "square": ("Transaction ID", "Category"),
    "woocommerce_lines": ("Order Number", "City (Billing)"),
    "woocommerce_report": ("Commande n°", "Client"),
    "woocommerce_suite": ("order_id", "billing_city"),
}


def sorted_rows(sample: str, folder: Path) -> list[list[str]]:
    """What comes out in any order: which file is read first depends on its name."""
    return [sorted(map(str, rows)) for rows in what_comes_out(sample, folder)]


@pytest.mark.parametrize("sample", OVERLAPS)
def test_an_order_in_two_files_counts_once_and_must_be_the_same(
    sample: str, tmp_path: Path
) -> None:
    sheet = sales_of(sample, tmp_path)
    folder = tmp_path / "export"
    before = sorted_rows(sample, folder)
    key, column = (sheet.header.index(name) for name in OVERLAPS[sample])
    sheet.rows = [row for row in sheet.rows if row[key] == sheet.rows[0][key]]
    sheet.path = sheet.path.with_stem(f"{sheet.path.stem} (1)")
    sheet.write(folder)
    assert sorted_rows(sample, folder) == before
    sheet.rows[0][column] = "otherwise"
    sheet.write(folder)
    said = refused(sample, folder)
    assert (
        f" is in {sheet.path.name} and {SALES[sample]}, and differs; keep the" in said
    )


# A row of the sample, and how it reads a year later.
NEXT_YEAR = {
    "amazon": ("2026-01-05", "2027-01-05"),
    "etsy": ("01/05/26", "01/05/27"),
    "jaffle_shop": ("2026-01-05", "2027-01-05"),
    "jaffle_shop_second": ("2026-01-05", "2027-01-05"),
    "olist": ("2018-01-05", "2019-01-05"),
    "online_retail": ("12/1/2010", "12/1/2011"),
    "square": ("2026-01-05", "2027-01-05"),
    "woocommerce_lines": ("2026-01-05", "2027-01-05"),
    "woocommerce_report": ("2026-01-05", "2027-01-05"),
    "woocommerce_suite": ("01/05/2026", "01/05/2027"),
}


def write_next_year(sample: str, sheet: Sheet, old: str, new: str) -> None:
    """Add the first row once more, a year later."""
    sheet.rows.append([field.replace(old, new) for field in sheet.rows[0]])
    sheet.write(sheet.path.parent)


@pytest.mark.parametrize("sample", NEXT_YEAR)
def test_order_numbers_that_start_anew_each_year_are_refused(
    sample: str, tmp_path: Path
) -> None:
    write_next_year(sample, sales_of(sample, tmp_path), *NEXT_YEAR[sample])
    said = refused(sample, tmp_path / "export")
    assert said.startswith(
        ("order numbers are those of one year: ", "an order has one row: ")
    )


def test_order_numbers_of_shopify_that_start_anew_are_told_apart(
    tmp_path: Path,
) -> None:
    sheet = sales_of("shopify_pos", tmp_path)
    sheet.rows = sheet.rows[2:3]
    write_next_year("shopify_pos", sheet, "2026-05-02", "2027-05-02")
    import_folder("shopify_pos", tmp_path / "export", tmp_path / "out")
    orders = [row["order_id"] for row in rows_of(tmp_path / "out", "raw_orders")]
    assert orders == ["#1002 (2026)", "#1002 (2027)"]


@pytest.mark.parametrize("damage", ["cut within quotes", "the header alone", "empty"])
def test_a_build_of_it_fails_and_leaves_the_published_warehouse_alone(
    damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    do, said = DAMAGES[damage]
    folder = copied("shopify_pos", tmp_path)
    path = folder / "orders_export.csv"
    path.write_bytes(do(path.read_bytes()))
    published = tmp_path / "shop.db"
    with closing(sqlite3.connect(published)) as connection:
        connection.execute("create table raw_loads as select 1 as what_readers_see")
    before = published.read_bytes()
    database = ["--database", str(published)]
    assert main(["build", "--from", "shopify", str(folder), *database]) == 1
    assert said in capsys.readouterr().err.splitlines()[-1]
    assert published.read_bytes() == before


@pytest.mark.parametrize(
    ("comment", "fault"),
    [
        ('sales_".csv', "a quote is not closed"),
        ("sales.csv encoding=latin-99", "encoding=latin-99 is not known; write one su"),
        ("sales.csv delimiter=pipe", "delimiter=pipe; expected one of comma, tab"),
        ("sales.csv often", "often is not known"),
    ],
)
def test_a_comment_that_cannot_be_read_is_told(
    comment: str, fault: str, tmp_path: Path
) -> None:
    path = tmp_path / "my_shop.sql"
    path.write_text(
        "-- My shop.\ncreate table sales (receipt text);\n"
        f"comment on table sales is '{comment}';\n",
        encoding="utf-8",
    )
    with duckdb.connect() as connection, pytest.raises(PipelineError) as caught:
        find_platform(str(path)).declare(connection)
    assert str(caught.value).startswith(f"{path}: comment of sales: {fault}")


def test_views_are_made_when_the_tables_are_filled(tmp_path: Path) -> None:
    path = tmp_path / "my_shop.sql"
    path.write_text(
        "-- My shop.\ncreate table sales (receipt text);\n"
        "comment on table sales is 'sales.csv';\n"
        "-- A remark, and; another\n/* of two\nlines */ create view goods as\n"
        "from sales;\n"
        "create macro half(amount) as amount / 2;\n"
        'Create Or Replace View "raw ""orders""" as select 1 as create_view;\n',
        encoding="utf-8",
    )
    platform = find_platform(str(path))
    with duckdb.connect() as connection:
        assert [table.name for table in platform.declare(connection)] == ["sales"]
        made = connection.execute("from duckdb_views() where not internal").fetchall()
        assert made == []
        for _, sql in platform.views():
            connection.execute(sql)
        assert connection.execute('from "raw ""orders"""').fetchall() == [(1,)]
    assert [name for name, _ in platform.views()] == ["goods", '"raw ""orders"""']
