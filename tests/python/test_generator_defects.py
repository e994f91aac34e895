"""The messy profile's promises, against an independent reading of the raw contract."""

import re
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from generated_shop import read_rows

from generator import GeneratorConfig, Profile, generate
from generator.defects import CATALOGUE, copies
from generator.raw_tables import RAW_TABLES

STATUS_MAP = Path(__file__).parents[2] / "seeds" / "order_status_map.csv"
NUMBER = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,4})?", re.ASCII)
DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})([T ][0-9]{2}:[0-9]{2}.*)?", re.DOTALL)

Row = list[str]
Counts = Counter[tuple[str, str, str]]


def number(text: str) -> Decimal | None:
    return Decimal(text) if NUMBER.fullmatch(text) else None


def whole(text: str) -> int | None:
    value = number(text)
    if value is None or value != int(value) or not -(2**31) <= value < 2**31:
        return None
    return int(value)


def date_fault(text: str) -> str | None:
    match = DATE.fullmatch(text)
    if not match:
        return "bad date"
    try:
        day = date.fromisoformat(match[1])
    except ValueError:
        return "bad date"
    inside = date(1990, 1, 1) <= day <= date(2099, 12, 31)
    return None if inside else "date out of range"


def accepted(
    table: str, rows: list[Row], faults: list[str | None], counts: Counts
) -> list[Row]:
    """Count the rejected rows, and return the first valid row of each key."""
    valid = defaultdict(list)
    for row, fault in zip(rows, faults, strict=True):
        if fault:
            counts[table, "rejected", fault] += 1
        else:
            valid[row[0].strip(" ")].append(row)
    kept = [min(same, key=lambda r: [v.encode() for v in r]) for same in valid.values()]
    counts[table, "accepted", "valid"] = len(kept)
    counts[table, "rejected", "duplicate key"] += sum(map(len, valid.values())) - len(
        kept
    )
    return kept


def line_type(
    quantity: int, price: Decimal, total: Decimal, outcome: str | None
) -> str:
    if quantity > 0 and price > 0 and outcome == "sale":
        return "sale"
    if quantity < 0 and price > 0 and outcome in ("sale", "cancelled"):
        return "return"
    if quantity == 0 and total < 0 and outcome == "sale":
        return "refund"
    if quantity > 0 and price == 0 and outcome == "sale":
        return "gift"
    if quantity > 0 and price >= 0 and outcome == "cancelled":
        return "cancelled"
    return "adjustment"


def read_by_the_contract(out: Path) -> tuple[Counts, dict[str, list[Decimal]]]:
    """Return what becomes of every raw row, and the amounts by line type."""
    rows = {t.name: read_rows(out / f"{t.name}.csv") for t in RAW_TABLES}
    outcomes = {row[0]: row[1] for row in read_rows(STATUS_MAP)}
    counts: Counts = Counter()

    def missing(row: Row) -> str | None:
        return None if row[0].strip(" ") else "missing key"

    customers = accepted(
        "raw_customers",
        rows["raw_customers"],
        [missing(row) for row in rows["raw_customers"]],
        counts,
    )
    for row in customers:
        if row[6] and (fault := date_fault(row[6])):
            counts["raw_customers", "value nulled", f"registration_date: {fault}"] += 1
    products = accepted(
        "raw_products",
        rows["raw_products"],
        [missing(row) for row in rows["raw_products"]],
        counts,
    )
    for row in products:
        if row[3] and number(row[3]) is None:
            counts["raw_products", "value nulled", "price: bad number"] += 1
        if row[4] and whole(row[4]) is None:
            counts["raw_products", "value nulled", "stock_quantity: bad number"] += 1
    orders = accepted(
        "raw_orders",
        rows["raw_orders"],
        [missing(row) or date_fault(row[2]) for row in rows["raw_orders"]],
        counts,
    )
    statuses = {
        row[0].strip(" "): row[3].strip(" ").lower() or "(empty)" for row in orders
    }
    for status in statuses.values():
        if status not in outcomes:
            counts["raw_orders", "noted", f"unmapped status: {status}"] += 1

    def item_fault(row: Row) -> str | None:
        if not row[0].strip(" ") or not row[1].strip(" "):
            return "missing key"
        if whole(row[3]) is None or number(row[4]) is None:
            return "bad number"
        return None if row[1].strip(" ") in statuses else "order not found"

    items = accepted(
        "raw_order_items",
        rows["raw_order_items"],
        [item_fault(row) for row in rows["raw_order_items"]],
        counts,
    )
    amounts = defaultdict(list)
    for row in items:
        quantity, price = whole(row[3]), number(row[4])
        assert quantity is not None
        assert price is not None
        total = quantity * price if not row[5] else number(row[5])
        assert total is not None
        outcome = outcomes.get(statuses[row[1].strip(" ")])
        amounts[line_type(quantity, price, total, outcome)].append(total)
    for name in ("cancelled", "adjustment"):
        counts["raw_order_items", "excluded from sales", name] = len(amounts[name])

    for table, members, named, note in (
        (
            "raw_customers",
            customers,
            [r[1] for r in orders],
            "order without a customer",
        ),
        ("raw_products", products, [r[2] for r in items], "line without a product"),
    ):
        known = {row[0].strip(" ") for row in members}
        names = Counter(name.strip(" ") for name in named)
        holder = "raw_orders" if table == "raw_customers" else "raw_order_items"
        counts[holder, "noted", note] = names.pop("", 0)
        counts[table, "noted", "inferred member"] = len(set(names) - known)
    return Counter({place: n for place, n in counts.items() if n}), amounts


@pytest.mark.parametrize("profile", list(Profile))
@pytest.mark.parametrize("customers", [7, 450])
def test_truth_says_what_the_contract_makes_of_every_row(
    customers: int, profile: Profile, tmp_path: Path
) -> None:
    config = GeneratorConfig(customers=customers, products=160, profile=profile)
    truth = generate(config, tmp_path)
    counts, amounts = read_by_the_contract(tmp_path)
    promised: dict[tuple[str, str, str], dict[str, Any]] = {
        (row["raw_table"], row["outcome"], row["reason"]): row
        for row in truth["data_quality"]
    }
    assert {place: row["row_count"] for place, row in promised.items()} == counts
    for name, values in amounts.items():
        assert truth["lines"][name]["lines"] == len(values)
        assert Decimal(truth["lines"][name]["amount"]) == sum(values)
    valid = promised["raw_order_items", "accepted", "valid"]
    assert Decimal(valid["amount"]) == sum(map(sum, amounts.values()))


def test_every_reason_of_the_contract_is_planted() -> None:
    reasons: defaultdict[str, set[str]] = defaultdict(set)
    for planted in CATALOGUE:
        if planted.rejected:
            reasons[planted.table.name].add(planted.rejected)
    assert reasons == {
        "raw_customers": {"missing key", "duplicate key"},
        "raw_products": {"missing key", "duplicate key"},
        "raw_orders": {
            "missing key",
            "bad date",
            "date out of range",
            "duplicate key",
        },
        "raw_order_items": {
            "missing key",
            "bad number",
            "order not found",
            "duplicate key",
        },
    }
    lines = {planted.line for planted in CATALOGUE if planted.line}
    assert lines == {"sale", "return", "gift", "cancelled", "adjustment"}


def test_defects_stand_at_both_ends_of_the_files(tmp_path: Path) -> None:
    config = GeneratorConfig(customers=300, profile=Profile.MESSY)
    generate(config, tmp_path)
    assert copies(config) == 3
    for table in RAW_TABLES:
        rows = read_rows(tmp_path / f"{table.name}.csv")
        planted = sum(row.table == table for row in CATALOGUE)
        first, last = rows[:planted], rows[-2 * planted :]
        assert any("00000" in "".join(row) for row in first)
        assert any("00002" in "".join(row) for row in last)


def test_hostile_text_is_written_as_it_stands(tmp_path: Path) -> None:
    generate(GeneratorConfig(customers=5, profile=Profile.MESSY), tmp_path)
    customers = {row[0]: row for row in read_rows(tmp_path / "raw_customers.csv")}
    assert customers["X00000A"][3] == 'Straße 1, "Hinterhof"\nAufgang B'
    assert customers["X00000B"][1] == "Robert'); DROP TABLE DimCustomer;--"
    assert customers["X00000B"][2] == '=HYPERLINK("http://example.com","click")'
    assert customers["X00000C"][1:3] == ["null", "NULL"]
    assert customers["X00000E"][3] == "东京都, 1\r\n2 号"
    assert " X00000BLANK " in customers
    assert {"000000007", "00000007", "x00000case", "X00000CASE"} <= set(customers)
