"""The messy profile's promises, against an independent reading of the raw contract."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from generated_shop import read_rows

from generator import GeneratorConfig, Profile, generate
from generator.defects import CATALOGUE, copies
from generator.raw_tables import RAW_TABLES
from generator.truth import LINE_TYPES

STATUS_MAP = Path(__file__).parents[2] / "seeds" / "order_status_map.csv"
NUMBER = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,4}0*)?", re.ASCII)
DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})([T ][0-9]{2}:[0-9]{2}.*)?", re.DOTALL)
CURRENCY = re.compile(r"[A-Za-z]{3}", re.ASCII)
# The optional columns whose bad values become null, by table and place.
OPTIONAL = {
    "raw_customers": {6: "registration_date"},
    "raw_products": {3: "price", 4: "stock_quantity", 5: "unit_cost"},
    "raw_orders": {4: "currency", 5: "shipping", 6: "tax"},
    "raw_order_items": {5: "line_total"},
}

Row = list[str]
Place = tuple[str, str, str]


def number(text: str) -> Decimal | None:
    return Decimal(text.strip(" ")) if NUMBER.fullmatch(text.strip(" ")) else None


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


def value_fault(column: str, text: str) -> str | None:
    if column == "registration_date":
        return date_fault(text)
    if column == "currency":
        return None if CURRENCY.fullmatch(text.strip(" ")) else "bad code"
    value = whole(text) if column == "stock_quantity" else number(text)
    return "bad number" if value is None else None


@dataclass
class Reading:
    """What becomes of every raw row: counts and money, and lines by type."""

    counts: Counter[Place] = field(default_factory=Counter)
    amounts: dict[Place, Decimal] = field(default_factory=dict)
    lines: defaultdict[str, list[Decimal]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def count(
        self, table: str, outcome: str, reason: str, amount: Decimal | None = None
    ) -> None:
        place = table, outcome, reason
        self.counts[place] += 1
        if amount is not None:
            self.amounts[place] = self.amounts.get(place, Decimal()) + amount

    def accepted(
        self,
        table: str,
        rows: list[Row],
        fault: Callable[[Row], str | None],
        amount: Callable[[Row], Decimal | None] = lambda row: None,
    ) -> list[Row]:
        """Count a table's rows, and return the first valid row of each key."""
        valid = defaultdict(list)
        for row in rows:
            if reason := fault(row):
                self.count(table, "rejected", reason, amount(row))
            else:
                valid[row[0].strip(" ")].append(row)
        kept = []
        for same in valid.values():
            first, *others = sorted(same, key=lambda r: [v.encode() for v in r])
            kept.append(first)
            for row in others:
                is_same = row[1:] == first[1:]
                reason = "duplicate key" if is_same else "conflicting duplicate"
                self.count(table, "rejected", reason, amount(row))
        for row in kept:
            self.count(table, "accepted", "valid", amount(row))
            for place, column in OPTIONAL[table].items():
                if row[place] and (reason := value_fault(column, row[place])):
                    self.count(table, "value nulled", f"{column}: {reason}")
        return kept


def price_of(row: Row) -> Decimal | None:
    """Return a line's price: its own, or where it names none, its total's."""
    quantity, price, total = whole(row[3]), number(row[4]), number(row[5])
    if price or total is None or (price is None and row[4].strip(" ")):
        return price
    if not quantity:
        return None if quantity is None else Decimal(0)
    return (total / quantity).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def total_of(row: Row) -> Decimal | None:
    """Return a line's money: its total, or where it names none, its price's."""
    quantity, price, total = whole(row[3]), price_of(row), number(row[5])
    if total is not None:
        return total
    return None if quantity is None or price is None else quantity * price


def line_type(row: Row, outcome: str | None, has_goods: bool) -> str:
    """Return an accepted line's type.

    Args:
        row: The line.
        outcome: What its order's status stands for.
        has_goods: Whether a line of its order has a quantity above 0.
    """
    quantity, price, total = whole(row[3]), price_of(row), total_of(row)
    assert quantity is not None
    assert price is not None
    assert total is not None
    if outcome == "sale":
        if quantity > 0 and price > 0 and total >= 0:
            return "sale"
        if quantity < 0 and price > 0 and total <= 0:
            return "return"
        if quantity == 0 and total < 0:
            return "refund"
        if quantity > 0 and price == 0 and total == 0:
            return "gift"
    if outcome == "cancelled":
        if quantity > 0 and price >= 0 and total >= 0:
            return "cancelled"
        if quantity < 0 and price > 0 and total <= 0 and not has_goods:
            return "return"
    return "adjustment"


def read_by_the_contract(out: Path) -> Reading:
    """Return what becomes of every raw row."""
    rows = {t.name: read_rows(out / f"{t.name}.csv") for t in RAW_TABLES}
    outcomes = {row[0]: row[1] for row in read_rows(STATUS_MAP)}
    reading = Reading()

    def missing(row: Row) -> str | None:
        return None if row[0].strip(" ") else "missing key"

    customers = reading.accepted("raw_customers", rows["raw_customers"], missing)
    products = reading.accepted("raw_products", rows["raw_products"], missing)
    orders = reading.accepted(
        "raw_orders", rows["raw_orders"], lambda row: missing(row) or date_fault(row[2])
    )
    statuses = {
        row[0].strip(" "): row[3].strip(" ").lower() or "(empty)" for row in orders
    }
    for status in statuses.values():
        if status not in outcomes:
            reading.count("raw_orders", "noted", f"unmapped status: {status}")
    rejected = {row[0].strip(" ") for row in rows["raw_orders"]} - set(statuses)

    def item_fault(row: Row) -> str | None:
        order = row[1].strip(" ")
        if not row[0].strip(" ") or not order:
            return "missing key"
        if whole(row[3]) is None or price_of(row) is None:
            return "bad number"
        if order in rejected:
            return "order rejected"
        return None if order in statuses else "order not found"

    items = reading.accepted(
        "raw_order_items", rows["raw_order_items"], item_fault, total_of
    )
    with_goods = {
        row[1].strip(" ") for row in rows["raw_order_items"] if (whole(row[3]) or 0) > 0
    }
    for row in items:
        order, total = row[1].strip(" "), total_of(row)
        assert total is not None
        outcome = outcomes.get(statuses[order])
        kind = line_type(row, outcome, order in with_goods)
        reading.lines[kind].append(total)
        if kind == "cancelled":
            reading.count("raw_order_items", "excluded from sales", kind, total)
        elif kind == "adjustment":
            money = "in" if total > 0 else "out"
            reason = f"money {money}" if total else "no money"
            reading.count(
                "raw_order_items", "excluded from sales", f"{kind}: {reason}", total
            )
        elif kind == "return" and outcome == "cancelled":
            reading.count("raw_order_items", "noted", "return by credit note", total)
    for _ in set(statuses) - {row[1].strip(" ") for row in items}:
        reading.count("raw_orders", "noted", "order without a line")

    for table, members, named, holder, note in (
        (
            "raw_customers",
            customers,
            [row[1] for row in orders],
            "raw_orders",
            "order without a customer",
        ),
        (
            "raw_products",
            products,
            [row[2] for row in items],
            "raw_order_items",
            "line without a product",
        ),
    ):
        names = [name.strip(" ") for name in named]
        for _ in range(names.count("")):
            reading.count(holder, "noted", note)
        known = {row[0].strip(" ") for row in members}
        for _ in set(names) - known - {""}:
            reading.count(table, "noted", "inferred member")
    return reading


@pytest.mark.parametrize("profile", list(Profile))
@pytest.mark.parametrize("customers", [7, 450])
def test_truth_says_what_the_contract_makes_of_every_row(
    customers: int, profile: Profile, tmp_path: Path
) -> None:
    config = GeneratorConfig(customers=customers, products=160, profile=profile)
    truth = generate(config, tmp_path)
    reading = read_by_the_contract(tmp_path)
    promised: dict[Place, dict[str, Any]] = {
        (row["raw_table"], row["outcome"], row["reason"]): row
        for row in truth["data_quality"]
    }
    assert {place: row["row_count"] for place, row in promised.items()} == (
        reading.counts
    )
    assert {
        place: Decimal(row["amount"])
        for place, row in promised.items()
        if row["amount"] is not None
    } == reading.amounts
    for name, line in truth["lines"].items():
        assert line["lines"] == len(reading.lines[name])
        assert Decimal(line["amount"]) == sum(reading.lines[name])


def test_every_reason_of_the_contract_is_planted() -> None:
    reasons: defaultdict[str, set[str]] = defaultdict(set)
    for planted in CATALOGUE:
        if planted.rejected:
            reasons[planted.table.name].add(planted.rejected)
    assert reasons == {
        "raw_customers": {"missing key", "duplicate key", "conflicting duplicate"},
        "raw_products": {"missing key", "duplicate key", "conflicting duplicate"},
        "raw_orders": {
            "missing key",
            "bad date",
            "date out of range",
            "duplicate key",
            "conflicting duplicate",
        },
        "raw_order_items": {
            "missing key",
            "bad number",
            "order not found",
            "order rejected",
            "duplicate key",
            "conflicting duplicate",
        },
    }
    lines = {planted.line_type for planted in CATALOGUE if planted.line_type}
    assert lines == set(LINE_TYPES)
    nulled = {
        (planted.table.name, value.partition(":")[0])
        for planted in CATALOGUE
        for value in planted.nulled
    }
    assert nulled == {
        (table, column)
        for table, columns in OPTIONAL.items()
        for column in columns.values()
    }


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
