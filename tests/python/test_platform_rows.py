"""Every row of an export is in a raw table or left out, one by one."""

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import PipelineError
from tests.python.sample_exports import (
    EXPORTS,
    SAMPLES,
    Sheet,
    copied,
    opened,
    what_comes_out,
)


@dataclass(frozen=True)
class Mark:
    """The column that can carry a mark of its own in each row of an export's files.

    Attributes:
        files: The files, as a pattern.
        column: Of the files.
        raw: The raw table and column that it comes out in.
    """

    files: str
    column: str
    raw: tuple[str, str] = ("raw_order_items", "product_id")


ORDER = ("raw_orders", "order_id")
MARKS = {
    "amazon": Mark("orders*", "sku"),
    "amazon_transactions": Mark("*", "sku"),
    "amazon_transactions_canada": Mark("*", "sku"),
    "etsy": Mark("*", "SKU"),
    "olist": Mark("*items*", "product_id"),
    "online_retail": Mark("*", "StockCode"),
    "online_retail_excel": Mark("*", "StockCode"),
    "shopify": Mark("orders*", "Lineitem sku"),
    "shopify_2013": Mark("orders*", "Lineitem sku"),
    "shopify_pos": Mark("orders*", "Lineitem sku"),
    "square": Mark("*", "SKU"),
    "square_2026_07": Mark("*", "SKU"),
    "square_uk": Mark("*", "SKU"),
    "woocommerce_lines": Mark("orders*", "SKU"),
    "woocommerce_report": Mark("*", "Produit(s)"),
    "woocommerce_suite": Mark("orders*", "order_number", ORDER),
}
# Reasons why something of a row, or a row of another file, is left out.
NOT_OF_MARKED_ROWS = ("tips", "settlement", "orders without", "fees, which")
# Without a mark, the row is taken away.
UNMARKED = ["jaffle_shop", "jaffle_shop_second", "olist", "shopify_pos", "amazon"]
# Files of names and prices: what they say more than once is said once.
OF_PEOPLE_AND_GOODS = ("customers", "product", "categor")


def is_of_sales(path: Path) -> bool:
    return not any(word in path.name for word in OF_PEOPLE_AND_GOODS)


def marked(mark: Mark, folder: Path) -> set[str]:
    """Write a mark into each row; rows that are alike in two files have the same."""
    marks: dict[tuple[tuple[str, ...], int], str] = {}
    for path in sorted(folder.glob(mark.files)):
        sheet = Sheet.read(path)
        if mark.column not in sheet.header:
            continue
        place = sheet.header.index(mark.column)
        seen: Counter[tuple[str, ...]] = Counter()
        for row in sheet.rows:
            alike = tuple(row)
            seen[alike] += 1
            # Shopify's tip is one by having no SKU.
            if "Lineitem name" not in sheet.header or "Tip" not in row:
                name = f"row-{len(marks) + 1}"
                row[place] = marks.setdefault((alike, seen[alike]), name)
        sheet.write(folder)
    return set(marks.values())


def rows_unaccounted_for(sample: str, folder: Path) -> tuple[set[str], int]:
    """The marks that no raw row has, and how many rows the export says it left out."""
    mark = MARKS[sample]
    marks = marked(mark, folder)
    table, column = mark.raw
    with opened(sample, folder) as export:
        found = {
            str(value) for (value,) in export.rows(f"select {column} from {table}")
        }
        left_out = sum(
            row.rows
            for row in export.left_out()
            if not row.reason.startswith(NOT_OF_MARKED_ROWS)
        )
    return marks - found, left_out


@pytest.mark.parametrize("sample", MARKS)
def test_each_row_comes_out_or_is_left_out(sample: str, tmp_path: Path) -> None:
    missing, left_out = rows_unaccounted_for(sample, copied(sample, tmp_path))
    assert len(missing) == left_out


@pytest.mark.parametrize(
    "sample",
    UNMARKED,
)
def test_without_a_row_something_else_comes_out(sample: str, tmp_path: Path) -> None:
    folder = copied(sample, tmp_path)
    whole = what_comes_out(sample, folder)
    for path in filter(is_of_sales, sorted(folder.iterdir())):
        sheet = Sheet.read(path)
        for number, row in enumerate(list(sheet.rows)):
            del sheet.rows[number]
            sheet.write(folder)
            try:
                assert what_comes_out(sample, folder) != whole, (path.name, row)
            except PipelineError as error:
                assert "\n" not in str(error)  # noqa: PT017 - one line is what is asked
            sheet.rows.insert(number, row)
        sheet.write(folder)


@cache
def out_of_the_sample(sample: str) -> tuple[list[Any], ...]:
    return what_comes_out(sample, EXPORTS / sample)


def as_another_program_saves_it(sheet: Sheet) -> bytes:
    """Other order of columns, capitals, one more column, a byte order mark, CRLF."""
    changed = Sheet(
        sheet.path,
        sheet.delimiter,
        "utf-8",
        sheet.notes,
        ["Extra", *(name.upper() for name in reversed(sheet.header))],
        [["é", *reversed(row)] for row in sheet.rows],
    )
    return changed.text().replace("\n", "\r\n").encode("utf-8-sig")


def as_excel_saves_it(sheet: Sheet) -> bytes:
    """UTF-16 with tabs."""
    return replace(sheet, delimiter="\t").text().encode("utf-16")


@pytest.mark.parametrize("save", [as_another_program_saves_it, as_excel_saves_it])
@pytest.mark.parametrize("sample", SAMPLES)
def test_the_same_comes_out_of_a_file_that_was_saved_again(
    sample: str, save: Callable[[Sheet], bytes], tmp_path: Path
) -> None:
    folder = copied(sample, tmp_path)
    for path in folder.iterdir():
        path.write_bytes(save(Sheet.read(path)))
    assert what_comes_out(sample, folder) == out_of_the_sample(sample)


# What is done to a row: it is lost, comes twice, or a field of it says something else.
CHANGES = st.tuples(
    st.sampled_from(["drop", "duplicate", "blank", "refund", "void"]),
    st.integers(0, 30),
    st.integers(0, 80),
)
REFUNDED = {
    "Financial Status": "refunded",
    "Order Status": "Refunded",
    "Event Type": "Refund",
    "order-status": "Cancelled",
    "order_status": "canceled",
    "status": "refunded",
}
VOIDED = dict.fromkeys(REFUNDED, "voided") | {"Qty": "0", "quantity": "0"}


def change(sheet: Sheet, kind: str, row_number: int, column: int) -> None:
    if not sheet.rows:
        return
    number = row_number % len(sheet.rows)
    row = sheet.rows[number]
    if kind == "drop":
        del sheet.rows[number]
    elif kind == "duplicate":
        sheet.rows.insert(number, list(row))
    elif kind == "blank":
        row[column % len(row)] = ""
    else:
        for name, value in (REFUNDED if kind == "refund" else VOIDED).items():
            if name in sheet.header:
                row[sheet.header.index(name)] = value


@pytest.mark.parametrize(
    "sample", ["shopify_pos", "square", "amazon", "woocommerce_lines"]
)
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes=st.lists(CHANGES, min_size=1, max_size=3))
def test_each_row_of_a_changed_export_comes_out_or_is_left_out_or_refused(
    sample: str, changes: list[tuple[str, int, int]]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = copied(sample, Path(name))
        for path in sorted(folder.glob(MARKS[sample].files)):
            sheet = Sheet.read(path)
            for kind, row, column in changes:
                change(sheet, kind, row, column)
            sheet.write(folder)
        try:
            missing, left_out = rows_unaccounted_for(sample, folder)
        except PipelineError as error:
            assert "\n" not in str(error)  # noqa: PT017 - one line is what is asked
        else:
            assert len(missing) == left_out, missing
