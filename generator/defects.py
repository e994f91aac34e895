"""The defects of the messy profile: rows that break each rule of the raw contract.

The catalogue ``defects.toml`` is written out row by row, with what must become of each
row beside it, so that ``truth.json`` does not repeat the warehouse's logic but
contradicts it where it is wrong. The whole catalogue is planted several times, each
copy with keys of its own.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from generator.configuration import GeneratorConfig
from generator.raw_tables import CUSTOMERS, ORDERS, PRODUCTS, RAW_TABLES, RawTable

CUSTOMERS_A_COPY = 100
DAYS_BETWEEN_COPIES = 37

NO_CUSTOMER = "order without a customer"
CREDIT_NOTE = "return by credit note"
# What the orders of one copy with a line in FactSales have on top.
SHIPPING = Decimal("4.95")
TAX = Decimal("1.20")


@dataclass(frozen=True)
class Planted:
    """One row and what must become of it.

    Attributes:
        table: The raw table.
        values: Its fields; None is an empty field.
        rejected: Why the row is rejected; None where it is accepted. Of rows that
            share a key, the accepted one is the first by all columns.
        nulled: "column: reason" of each value that becomes null.
        noted: What is noted about the accepted row.
        line_type: Line type of an accepted item.
        units: Pieces of an accepted item.
        amount: Money of an item; of a rejected one what can be read of it.
        discount: What was taken off an accepted sale, never positive.
    """

    table: RawTable
    values: tuple[str | None, ...]
    rejected: str | None
    nulled: tuple[str, ...]
    noted: tuple[str, ...]
    line_type: str | None
    units: int
    amount: Decimal | None
    discount: Decimal


def _planted(table: RawTable, row: dict[str, Any]) -> Planted:
    line_type = row.get("line_type")
    return Planted(
        table,
        tuple(row.get(column) or None for column in table.columns),
        rejected=row.get("rejected"),
        nulled=tuple(row.get("nulled", ())),
        noted=tuple(row.get("noted", ())),
        line_type=line_type,
        units=int(Decimal(row["quantity"])) if line_type else 0,
        amount=Decimal(row["amount"]) if "amount" in row else None,
        discount=Decimal(row.get("discount", 0)),
    )


def _read_catalogue() -> tuple[Planted, ...]:
    text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    return tuple(
        _planted(table, data["defaults"].get(table.name, {}) | row)
        for table in RAW_TABLES
        for row in data[table.name]
    )


CATALOGUE = _read_catalogue()


def copies(config: GeneratorConfig) -> int:
    """Return how often the catalogue is planted: once for every hundred customers."""
    return max(1, config.customers // CUSTOMERS_A_COPY)


def defect_batches(
    config: GeneratorConfig, numbers: range
) -> list[tuple[RawTable, pa.RecordBatch]]:
    """Return the planted rows of some copies of the catalogue, a batch a table."""
    rows: dict[RawTable, list[list[str | None]]] = {table: [] for table in RAW_TABLES}
    for number in numbers:
        day = config.start + timedelta(days=number * DAYS_BETWEEN_COPIES % config.days)
        names = {"k": f"{number:05}", "day": str(day), "first": str(config.start)}
        for planted in CATALOGUE:
            rows[planted.table].append(
                [value and value.format(**names) for value in planted.values]
            )
    return [
        (
            table,
            pa.record_batch(
                [pa.array(column, pa.string()) for column in zip(*found, strict=True)],
                schema=table.schema,
            ),
        )
        for table, found in rows.items()
        if found
    ]


def outcomes() -> Iterator[tuple[str, str, str, Decimal | None]]:
    """Yield (raw table, outcome, reason, amount) of one copy, accepted rows aside."""
    for planted in CATALOGUE:
        name = planted.table.name
        amount = planted.amount
        if planted.rejected:
            yield name, "rejected", planted.rejected, amount
        elif planted.line_type == "cancelled":
            yield name, "excluded from sales", "cancelled", amount
        elif planted.line_type == "adjustment":
            yield name, "excluded from sales", adjustment(amount or Decimal()), amount
        for value in planted.nulled:
            yield name, "value nulled", value, None
        for note in planted.noted:
            yield name, "noted", note, amount if note == CREDIT_NOTE else None
    # Accepted rows name one customer and one product that no file holds.
    for table in (CUSTOMERS, PRODUCTS):
        yield table.name, "noted", "inferred member", None


def adjustment(amount: Decimal) -> str:
    """Return the reason under which an adjustment of some amount is counted."""
    if not amount:
        return "adjustment: no money"
    return f"adjustment: money {'in' if amount > 0 else 'out'}"


def counting_orders() -> dict[str, str]:
    """Return the orders of one copy with a sale line, and their customers or ''."""
    sold = {
        (planted.values[1] or "").strip()
        for planted in CATALOGUE
        if planted.line_type == "sale"
    }
    return {
        key: (planted.values[1] or "").strip()
        for planted in CATALOGUE
        if planted.table is ORDERS and not planted.rejected
        if (key := (planted.values[0] or "").strip()) in sold
    }
