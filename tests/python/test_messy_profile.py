"""The generator's messy shop, built: every planted defect is accounted for."""

import csv
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from warehouses import MUCH_IS_WRONG, build_warehouse, read_rows, run_project

TABLES = ("raw_customers", "raw_products", "raw_orders", "raw_order_items")


@pytest.fixture(scope="module")
def raw_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("messy")
    result = run_project("generator", "--profile", "messy", "--out", folder)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture(scope="module")
def truth(raw_files: Path) -> dict[str, Any]:
    return dict(json.loads((raw_files / "truth.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def warehouse(raw_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Of 430 products 80 are defects.
    return build_warehouse(
        tmp_path_factory.mktemp("built") / "messy.db", raw_files, MUCH_IS_WRONG
    )


def money(amount: float | str | None) -> Decimal | None:
    """An amount to its fourth decimal, however it is written."""
    return None if amount is None else round(Decimal(str(amount)), 4)


def test_data_quality_is_what_was_planted(
    warehouse: Path, truth: dict[str, Any]
) -> None:
    found = {
        (table, outcome, reason): (rows, money(amount))
        for table, outcome, reason, rows, amount in read_rows(
            warehouse,
            "select raw_table, outcome, reason, row_count, amount"
            " from rpt_data_quality",
        )
    }
    planted = {
        (row["raw_table"], row["outcome"], row["reason"]): (
            row["row_count"],
            money(row["amount"]),
        )
        for row in truth["data_quality"]
    }

    assert found == planted
    # all five outcomes, and each reason that a row can be rejected for
    assert {outcome for _, outcome, _ in planted} == {
        "accepted",
        "rejected",
        "value nulled",
        "excluded from sales",
        "noted",
    }
    assert {reason for _, outcome, reason in planted if outcome == "rejected"} == {
        "missing key",
        "bad number",
        "bad date",
        "date out of range",
        "order not found",
        "order rejected",
        "duplicate key",
        "conflicting duplicate",
    }


def test_every_raw_row_is_accepted_or_rejected(
    warehouse: Path, raw_files: Path
) -> None:
    for table in TABLES:
        with (raw_files / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            in_file = sum(1 for _ in csv.reader(file)) - 1
        [(accounted,)] = read_rows(
            warehouse,
            "select sum(row_count) from rpt_data_quality"
            f" where raw_table = '{table}' and outcome in ('accepted', 'rejected')",
        )

        assert accounted == in_file


def test_a_rejected_row_is_kept_whole(warehouse: Path, raw_files: Path) -> None:
    for table in TABLES:
        with (raw_files / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            raw = Counter(
                tuple((column, value or None) for column, value in row.items())
                for row in csv.DictReader(file)
            )
        rejected = Counter(
            tuple(json.loads(row_json).items())
            for (row_json,) in read_rows(
                warehouse,
                f"select row_json from stg_rejected_rows where raw_table = '{table}'",
            )
        )

        assert rejected
        assert rejected <= raw


def test_the_defects_cost_no_sale(warehouse: Path, truth: dict[str, Any]) -> None:
    totals = truth["totals"]
    sums = [f"round(sum({column}), 4)" for column in totals]
    [found] = read_rows(warehouse, f"select {', '.join(sums)} from FactOrders")
    [(net_sales,)] = read_rows(
        warehouse, "select round(sum(line_item_total), 4) from FactSales"
    )

    assert dict(zip(totals, map(money, found), strict=True)) == {
        column: money(amount) for column, amount in totals.items()
    }
    assert money(net_sales) == money(totals["net_sales"])


def test_order_9_of_a_day_comes_before_order_10(warehouse: Path) -> None:
    copies = read_rows(
        warehouse,
        "select group_concat(customer_order_number, ' ') from ("
        "select * from FactOrders where order_id like '%-X9' or order_id like '%-X10'"
        " order by length(order_id), order_id) group by customer_key",
    )

    assert len(copies) == 20
    assert set(copies) == {("1 2",)}
