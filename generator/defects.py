"""The defects of the messy profile: rows that break each rule of the raw contract.

The catalogue is written out row by row, with what must become of each row beside
it, so that ``truth.json`` does not repeat the warehouse's logic but contradicts it
where it is wrong. The whole catalogue is planted several times, each copy with keys
of its own.

In the texts, ``{k}`` stands for the copy, ``{day}`` for its day, and ``{first}`` for
the first day of the period.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pyarrow as pa

from generator.configuration import GeneratorConfig
from generator.raw_tables import (
    CUSTOMERS,
    ORDER_ITEMS,
    ORDERS,
    PRODUCTS,
    RAW_TABLES,
    RawTable,
)

CUSTOMERS_A_COPY = 100
DAYS_BETWEEN_COPIES = 37

MISSING_KEY = "missing key"
BAD_NUMBER = "bad number"
BAD_DATE = "bad date"
OUT_OF_RANGE = "date out of range"
NO_ORDER = "order not found"
REJECTED_ORDER = "order rejected"
DUPLICATE = "duplicate key"
CONFLICT = "conflicting duplicate"


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
        line: Line type of an accepted item.
        units: Pieces of an accepted item.
        amount: Money of an item; of a rejected one what can be read of it.
        discount: What was taken off an accepted sale, never positive.
    """

    table: RawTable
    values: tuple[str | None, ...]
    rejected: str | None = None
    nulled: tuple[str, ...] = ()
    noted: tuple[str, ...] = ()
    line: str | None = None
    units: int = 0
    amount: Decimal | None = None
    discount: Decimal = Decimal(0)


def _filled(table: RawTable, values: tuple[str | None, ...]) -> tuple[str | None, ...]:
    """Return a whole row; fields not given are empty."""
    return values + (None,) * (len(table.columns) - len(values))


def _customer(
    *values: str | None, rejected: str | None = None, nulled: str | None = None
) -> Planted:
    filled = _filled(CUSTOMERS, values)
    return Planted(CUSTOMERS, filled, rejected, (nulled,) if nulled else ())


def _product(
    *values: str | None, rejected: str | None = None, nulled: tuple[str, ...] = ()
) -> Planted:
    return Planted(PRODUCTS, _filled(PRODUCTS, values), rejected, nulled)


def _order(
    order: str | None,
    customer: str | None = "X{k}A",
    date: str | None = "{day} 10:00:00",
    status: str | None = "completed",
    rejected: str | None = None,
    noted: tuple[str, ...] = (),
    currency: str | None = "USD",
    shipping: str | None = None,
    tax: str | None = None,
    nulled: tuple[str, ...] = (),
) -> Planted:
    values = (order, customer, date, status, currency, shipping, tax)
    return Planted(ORDERS, values, rejected, nulled, noted)


def _rejected_item(
    reason: str,
    item: str | None,
    order: str | None = "XO{k}-1",
    quantity: str | None = "1",
    price: str | None = "5.00",
    total: str | None = None,
    amount: str | None = None,
) -> Planted:
    """Return a rejected item; ``amount`` is what it would have been worth, by hand."""
    return Planted(
        ORDER_ITEMS,
        (item, order, "XP{k}A", quantity, price, total),
        reason,
        amount=Decimal(amount) if amount else None,
    )


def _item(
    line: str,
    item: str,
    order: str,
    quantity: str,
    price: str | None,
    amount: str,
    product: str | None = "XP{k}A",
    noted: tuple[str, ...] = (),
    total: str | None = None,
    discount: str = "0",
    nulled: tuple[str, ...] = (),
) -> Planted:
    """Return an accepted item; amount and discount are worked out by hand."""
    return Planted(
        ORDER_ITEMS,
        (item, order, product, quantity, price, total),
        nulled=nulled,
        noted=noted,
        line=line,
        units=int(Decimal(quantity)),
        amount=Decimal(amount),
        discount=Decimal(discount),
    )


NO_CUSTOMER = "order without a customer"
NO_LINE = "order without a line"
NO_PRODUCT = "line without a product"
CREDIT_NOTE = "return by credit note"
# What the orders of one copy with a line in FactSales have on top.
SHIPPING = Decimal("4.95")
TAX = Decimal("1.20")
# Customers and products that accepted rows of one copy name and no file holds.
INFERRED_CUSTOMERS = 1
INFERRED_PRODUCTS = 1

CATALOGUE: tuple[Planted, ...] = (
    # Customers: hostile and unusual text is stored as it stands.
    _customer(
        "X{k}A",
        "Zoë Ångström-Þórðardóttir 🦊",
        "zoe{k}@example.org",
        'Straße 1, "Hinterhof"\nAufgang B',
        "São Paulo",
        "Brazil",
        "{first}",
    ),
    _customer(
        "X{k}B",
        "Robert'); DROP TABLE DimCustomer;--",
        '=HYPERLINK("http://example.com","click")',
        "+1+1",
        "@SUM(A1:A9)",
        "-2+3",
        "{first}",
    ),
    _customer("X{k}C", "null", "NULL", "None", "nan", "N/A", "{first}"),
    _customer("X{k}D"),
    _customer("X{k}E", "שלום עולם", "מ{k}@example.org", "东京都, 1\r\n2 号", "Zürich"),
    # ... keys
    _customer(None, "No Key", rejected=MISSING_KEY),
    _customer("   ", "Blank Key", rejected=MISSING_KEY),
    _customer("X{k}SAME", "Told Twice", "same{k}@example.org"),
    _customer("X{k}SAME", "Told Twice", "same{k}@example.org", rejected=DUPLICATE),
    _customer("X{k}DIFF", "Ann Before"),
    _customer("X{k}DIFF", "Zed After", rejected=CONFLICT),
    _customer("x{k}case", "Lower Case"),
    _customer("X{k}CASE", "Upper Case"),
    _customer("000{k}7", "Three Zeros"),
    _customer("00{k}7", "Two Zeros"),
    _customer(" X{k}BLANK ", "Blanks Around The Key"),
    _customer("X{k}BLANK", "No Blanks", rejected=CONFLICT),
    # ... values that become null
    _customer(
        "X{k}F",
        "Not A Day",
        None,
        None,
        None,
        None,
        "2024-02-30",
        nulled="registration_date: bad date",
    ),
    _customer(
        "X{k}G",
        "Day First",
        None,
        None,
        None,
        None,
        "31/12/2023",
        nulled="registration_date: bad date",
    ),
    _customer(
        "X{k}H",
        "Long Ago",
        None,
        None,
        None,
        None,
        "1889-12-31",
        nulled="registration_date: date out of range",
    ),
    # Products.
    _product("XP{k}A", 'Café "Déjà vu", 2-Pack', "Coffee & Tea", "9.99", "5"),
    _product("XP{k}B", "=1+1", "'; DELETE FROM DimProduct;--", "+5.5", "2.0"),
    _product("XP{k}C", "null", "null", "-1.00", "0"),
    _product("XP{k}D"),
    _product("xp{k}d", "Same But For Case", "Home", "1", "1"),
    _product(None, "No Key", rejected=MISSING_KEY),
    _product(" ", "Blank Key", rejected=MISSING_KEY),
    _product("XP{k}SAME", "Told Twice", "Home", "3.00", "1"),
    _product("XP{k}SAME", "Told Twice", "Home", "3.00", "1", rejected=DUPLICATE),
    _product("XP{k}DIFF", "Told Twice", "Home", "3.00", "1"),
    _product("XP{k}DIFF", "Told Twice", "Home", "4.00", "1", rejected=CONFLICT),
    _product("XP{k}H", "Zeros And Blanks", "Home", " 8.22400 ", " 3.000000"),
    _product("XP{k}E", "Comma", "Home", "1,234.50", "1", nulled=("price: bad number",)),
    _product(
        "XP{k}F",
        "Five Decimals",
        "Home",
        "12.34567",
        "1.5",
        nulled=("price: bad number", "stock_quantity: bad number"),
    ),
    _product(
        "XP{k}G",
        "Powers",
        "Home",
        "1e3",
        "2147483648",
        nulled=("price: bad number", "stock_quantity: bad number"),
    ),
    # Orders that are fine, some of them barely.
    _order("XO{k}-1", status=" Completed ", shipping="4.9500000", tax=" 1.2 "),
    _order("XO{k}-2", date="{day}T23:30:00-08:00", status="SHIPPED", currency=" usd "),
    _order("XO{k}-3", date="{day}", status="cancelled"),
    _order("XO{k}-4", status=None, currency=None),
    _order("XO{k}-5", customer=None, noted=(NO_CUSTOMER,)),
    _order("XO{k}-6", customer="  ", noted=(NO_CUSTOMER,), currency="Usd"),
    _order(
        "XO{k}-7",
        customer="GHOST{k}",
        currency="U.S.$",
        shipping="free",
        tax="7 %",
        nulled=("currency: bad code", "shipping: bad number", "tax: bad number"),
    ),
    _order("XO{k}-8", customer="000{k}7"),
    _order(" XO{k}-9 ", customer=" x{k}case "),
    _order("XO{k}-10", status="teleported", noted=("unmapped status: teleported",)),
    _order("XO{k}-11", status="null", noted=("unmapped status: null",)),
    _order("XO{k}-15", noted=(NO_LINE,)),
    _order("XO{k}-16", status="refunded", shipping="0.00"),
    _order("XO{k}-17", status="refunded"),
    # ... of a day: a shop's order 9 comes before its order 10
    _order("{k}-X9", customer="X{k}B"),
    _order("{k}-X10", customer="X{k}B"),
    # ... keys told twice: a cancelled order comes before a completed one
    _order("XO{k}-12"),
    _order("XO{k}-12", rejected=DUPLICATE),
    _order("XO{k}-13", status="cancelled"),
    _order("XO{k}-13", status="completed", rejected=CONFLICT),
    _order("XO{k}-14", date="2023-02-29", rejected=BAD_DATE),
    _order("XO{k}-14"),
    # Orders that are rejected.
    _order(None, rejected=MISSING_KEY),
    _order("  ", rejected=MISSING_KEY),
    _order(None, date="2024-02-30", rejected=MISSING_KEY),
    _order("XO{k}-20", date="2024-02-30", rejected=BAD_DATE),
    _order("XO{k}-21", date=None, rejected=BAD_DATE),
    _order("XO{k}-22", date="12:00", rejected=BAD_DATE),
    _order("XO{k}-23", date="2451545", rejected=BAD_DATE),
    _order("XO{k}-24", date="05/06/2024", rejected=BAD_DATE),
    _order("XO{k}-25", date="2024-13-01", rejected=BAD_DATE),
    _order("XO{k}-26", date="2024-1-5", rejected=BAD_DATE),
    _order("XO{k}-27", date="2100-01-01", rejected=OUT_OF_RANGE),
    _order("XO{k}-28", date="1889-12-31 09:00:00", rejected=OUT_OF_RANGE),
    # Items of every line type.
    _item("sale", "XI{k}-1", "XO{k}-1", "2", "9.99", "19.98"),
    _item("sale", "XI{k}-2", "XO{k}-1", "2.0", "+3.5", "7.0"),
    _item("sale", "XI{k}-3", "XO{k}-2", "1", "3.1415", "3.1415"),
    _item("sale", "XI{k}-4", "XO{k}-4", "+3", "1", "3"),
    _item("sale", "XI{k}-5", "XO{k}-5", "1", "2.50", "2.50"),
    _item("sale", "XI{k}-6", "XO{k}-6", "1", "2.25", "2.25"),
    _item("sale", "XI{k}-7", "XO{k}-7", "1", "8.00", "8.00", product="GHOST-P{k}"),
    _item("sale", "XI{k}-8", "XO{k}-8", "1", "4.00", "4.00", product="xp{k}d"),
    _item("sale", "XI{k}-9", "XO{k}-9", "1", "4.40", "4.40", product=" XP{k}D "),
    _item(
        "sale",
        "XI{k}-10",
        "XO{k}-1",
        "1",
        "6.00",
        "6.00",
        product=None,
        noted=(NO_PRODUCT,),
    ),
    _item("sale", "XI{k}-11", "XO{k}-12", "1", "5.00", "5.00"),
    _item("sale", "XI{k}-12", "XO{k}-14", "1", "5.50", "5.50"),
    _item("gift", "XI{k}-13", "XO{k}-1", "1", "0", "0"),
    _item("return", "XI{k}-14", "XO{k}-1", "-1", "9.99", "-9.99"),
    # ... from a cancelled order with goods: it was never sold
    _item("adjustment", "XI{k}-15", "XO{k}-3", "-2", "5.00", "-10.00"),
    _item("cancelled", "XI{k}-16", "XO{k}-3", "1", "7.00", "7.00"),
    _item("cancelled", "XI{k}-17", "XO{k}-3", "1", "0.00", "0.00"),
    _item("cancelled", "XI{k}-18", "XO{k}-13", "1", "5.00", "5.00"),
    _item("adjustment", "XI{k}-19", "XO{k}-1", "0", "5.00", "0.00"),
    _item("adjustment", "XI{k}-20", "XO{k}-1", "-2", "0", "0"),
    _item("adjustment", "XI{k}-21", "XO{k}-1", "1", "-3.00", "-3.00"),
    _item("adjustment", "XI{k}-22", "XO{k}-10", "1", "4.00", "4.00"),
    _item("adjustment", "XI{k}-23", "XO{k}-11", "2", "4.00", "8.00"),
    # ... whose money is not quantity times price
    _item(
        "sale",
        "XI{k}-50",
        "XO{k}-1",
        "2",
        "10.00",
        "17.0005",
        total="17.0005000",
        discount="-2.9995",
    ),
    _item("sale", "XI{k}-51", "XO{k}-1", "1", "10.00", "11.50", total=" 11.50 "),
    _item("sale", "XI{k}-52", "XO{k}-1", "3", None, "10.00", total="10.00"),
    _item("sale", "XI{k}-53", "XO{k}-1", "2", "0.00", "8", total="8"),
    _item("sale", "XI{k}-54", "XO{k}-1", "1", "5", "0", total="0.00", discount="-5"),
    _item(
        "sale",
        "XI{k}-55",
        "XO{k}-1",
        "1",
        "5.00",
        "5.00",
        total="five",
        nulled=("line_total: bad number",),
    ),
    _item("gift", "XI{k}-56", "XO{k}-1", "1", "0", "0.00", total="0.00"),
    _item("return", "XI{k}-57", "XO{k}-1", "-1", "9.99", "-8.00", total="-8.00"),
    _item("refund", "XI{k}-58", "XO{k}-1", "0", "9.99", "-2.50", total="-2.50"),
    _item("refund", "XI{k}-59", "XO{k}-1", "0", None, "-1", total="-1"),
    _item("adjustment", "XI{k}-60", "XO{k}-1", "0", "9.99", "3", total="3"),
    _item("adjustment", "XI{k}-61", "XO{k}-1", "1", "5.00", "-5", total="-5"),
    _item("adjustment", "XI{k}-62", "XO{k}-1", "-1", "5.00", "5", total="5"),
    _item("cancelled", "XI{k}-63", "XO{k}-3", "1", "7.00", "6.30", total="6.30"),
    _item("adjustment", "XI{k}-64", "XO{k}-3", "0", "7.00", "-7", total="-7"),
    # ... a credit note; and an order sold and credited, which comes to nothing
    _item("return", "XI{k}-65", "XO{k}-16", "-1", "4", "-4", noted=(CREDIT_NOTE,)),
    _item("return", "XI{k}-66", "XO{k}-16", "-2", "1", "-2", noted=(CREDIT_NOTE,)),
    _item("cancelled", "XI{k}-67", "XO{k}-17", "1", "20.00", "20.00"),
    _item("adjustment", "XI{k}-68", "XO{k}-17", "-1", "20.00", "-20.00"),
    _item("sale", "XI{k}-70", "{k}-X9", "1", "6.00", "6.00", product="XP{k}H"),
    _item("sale", "XI{k}-71", "{k}-X10", "2.000000", " 6.5000000 ", "13"),
    # ... told twice
    _item("sale", "XI{k}-24", "XO{k}-1", "1", "5.00", "5.00"),
    _rejected_item(DUPLICATE, "XI{k}-24", amount="5"),
    _item("sale", "XI{k}-25", "XO{k}-1", "1", "5.00", "5.00"),
    _rejected_item(CONFLICT, "XI{k}-25", quantity="2", amount="10"),
    _item("sale", "XI{k}-26", "XO{k}-1", "1", "5.00", "5.00"),
    _rejected_item(BAD_NUMBER, "XI{k}-26", quantity="0.5"),
    _item("sale", "xi{k}-26", "XO{k}-1", "1", "1.00", "1.00"),
    # Items that are rejected.
    _rejected_item(MISSING_KEY, None, amount="5"),
    _rejected_item(MISSING_KEY, "  ", total="4.50", amount="4.50"),
    _rejected_item(MISSING_KEY, "XI{k}-30", order=None, amount="5"),
    _rejected_item(MISSING_KEY, "XI{k}-31", order=" ", amount="5"),
    _rejected_item(MISSING_KEY, None, quantity="1.5"),
    _rejected_item(BAD_NUMBER, "XI{k}-32", quantity="1.5"),
    _rejected_item(BAD_NUMBER, "XI{k}-33", quantity=None),
    _rejected_item(BAD_NUMBER, "XI{k}-34", quantity="two", total="9.00", amount="9.00"),
    _rejected_item(BAD_NUMBER, "XI{k}-35", quantity="1e2"),
    _rejected_item(BAD_NUMBER, "XI{k}-36", quantity="2147483648"),
    _rejected_item(BAD_NUMBER, "XI{k}-37", price="1,234.50"),
    _rejected_item(BAD_NUMBER, "XI{k}-38", price=None),
    _rejected_item(BAD_NUMBER, "XI{k}-39", price="$5", total="5", amount="5"),
    _rejected_item(BAD_NUMBER, "XI{k}-49", price=None, total="five"),
    _rejected_item(BAD_NUMBER, "XI{k}-40", price="12.34567"),
    _rejected_item(BAD_NUMBER, "XI{k}-41", price="1234567890123"),
    _rejected_item(BAD_NUMBER, "XI{k}-42", price="null"),
    _rejected_item(BAD_NUMBER, "XI{k}-43", order="XO{k}-20", price="5,00"),
    _rejected_item(REJECTED_ORDER, "XI{k}-44", order="XO{k}-20", amount="5"),
    _rejected_item(
        REJECTED_ORDER, "XI{k}-45", order=" XO{k}-27", total="4", amount="4"
    ),
    _rejected_item(NO_ORDER, "XI{k}-46", order="NOPE{k}", amount="5"),
    _rejected_item(NO_ORDER, "XI{k}-47", order="xo{k}-1", amount="5"),
    _rejected_item(NO_ORDER, "XI{k}-48", order="NOPE{k}", amount="5"),
    _rejected_item(NO_ORDER, "XI{k}-48", order="NOPE{k}", amount="5"),
)


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
        elif planted.line == "cancelled":
            yield name, "excluded from sales", "cancelled", amount
        elif planted.line == "adjustment":
            yield name, "excluded from sales", adjustment(amount or Decimal()), amount
        for value in planted.nulled:
            yield name, "value nulled", value, None
        for note in planted.noted:
            yield name, "noted", note, amount if note == CREDIT_NOTE else None
    for _ in range(INFERRED_CUSTOMERS):
        yield CUSTOMERS.name, "noted", "inferred member", None
    for _ in range(INFERRED_PRODUCTS):
        yield PRODUCTS.name, "noted", "inferred member", None


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
        if planted.line == "sale"
    }
    return {
        key: (planted.values[1] or "").strip()
        for planted in CATALOGUE
        if planted.table is ORDERS and not planted.rejected
        if (key := (planted.values[0] or "").strip()) in sold
    }
