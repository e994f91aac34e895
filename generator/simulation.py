"""One run of the simulation: from a configuration to four raw files and the truth."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from generator import defects
from generator.baskets import OrderLines, fill_orders
from generator.charges import CURRENCY, HOME, shipping_cents, tax_cents
from generator.configuration import FileFormat, GeneratorConfig, Profile
from generator.counter_hash import Hashes, below, child_keys, draw
from generator.customers import (
    CustomerPools,
    customer_batch,
    customer_ids,
    home_countries,
    load_pools,
)
from generator.products import ProductTable, build_products
from generator.purchases import (
    DAY,
    PEOPLE_A_CHUNK,
    OrderDraw,
    OrderHeaders,
    OrderKind,
    all_orders,
    goods_kept,
    person_keys,
)
from generator.raw_tables import (
    CUSTOMERS,
    ORDER_ITEMS,
    ORDERS,
    PRODUCTS,
    RAW_TABLES,
    RawTable,
)
from generator.shop_clock import build_clock
from generator.text_columns import (
    Bytes,
    blank_where,
    cents_text,
    day_texts,
    fixed_width_text,
    integer_text,
    numbered_ids,
    second_texts,
)
from generator.truth import Tally, build_truth
from generator.writers import open_writer

COPIES_A_BATCH = 200
TRUTH_FILE = "truth.json"
SHIPPING_DAYS = 8
PROCESSING_DAYS = 2

Progress = Callable[[int, int], None]


class Status(IntEnum):
    """What an order's status may be; it is written in lower case."""

    COMPLETED = 0
    SHIPPED = 1
    PROCESSING = 2
    CANCELLED = 3
    FAILED = 4
    RETURNED = 5
    REFUNDED = 6


STATUS_TEXTS = pa.array([status.name.lower() for status in Status])


class OutputError(OSError):
    """The output folder cannot take the files; the message says what to do."""


@dataclass(frozen=True)
class TextTables:
    """Texts that every chunk looks up.

    Attributes:
        days: ISO text of each day of the period, shape (days, 10).
        seconds: HH:MM:SS of each second of a day, shape (86400, 8).
        product_ids: Id of each product.
        prices: Text of each row of the price table, and "0.00" after the last.
        quantities: Text of small quantities, from ``-largest`` to ``largest``.
        largest: The largest quantity in ``quantities``.
    """

    days: Bytes
    seconds: Bytes
    product_ids: pa.StringArray
    prices: pa.StringArray
    quantities: pa.StringArray
    largest: int


def _text_tables(config: GeneratorConfig, products: ProductTable) -> TextTables:
    largest = 100
    cents = np.append(products.prices.ravel(), 0)
    return TextTables(
        days=day_texts(config.start.isoformat(), config.days),
        seconds=second_texts(),
        product_ids=numbered_ids("P", 4, np.arange(1, config.products + 1)),
        prices=cents_text(cents),
        quantities=integer_text(np.arange(-largest, largest + 1)),
        largest=largest,
    )


def _product_batch(products: ProductTable, texts: TextTables) -> pa.RecordBatch:
    return pa.record_batch(
        [
            texts.product_ids,
            pa.array(products.names, pa.string()),
            pa.array(products.categories, pa.string()),
            cents_text(products.list_prices),
            integer_text(products.stock),
            blank_where(products.unit_costs < 0, cents_text(products.unit_costs)),
        ],
        schema=PRODUCTS.schema,
    )


def _statuses(
    config: GeneratorConfig, orders: OrderHeaders, purchases: Hashes
) -> NDArray[np.int64]:
    """Return each order's ``Status``.

    Sales of the last days are still on their way. A shop writes a return as an
    ordinary completed order or as a returned or refunded one; so do the returns here.
    Money back without goods is booked as completed.
    """
    age = config.days - 1 - orders.seconds // DAY
    statuses = np.where(age < SHIPPING_DAYS, Status.SHIPPED, Status.COMPLETED)
    statuses[age < PROCESSING_DAYS] = Status.PROCESSING
    others = np.flatnonzero(orders.kinds != OrderKind.PURCHASE)
    chance = below(draw(purchases[others], OrderDraw.STATUS), 100)
    cancelled = np.where(chance < 80, Status.CANCELLED, Status.FAILED)
    refunded = np.where(chance < 80, Status.RETURNED, Status.REFUNDED)
    kept = goods_kept(config, purchases[others])
    returned = np.where(kept | (chance < 50), Status.COMPLETED, refunded)
    statuses[others] = np.where(
        orders.kinds[others] == OrderKind.CANCELLED, cancelled, returned
    )
    return statuses


def _charges(
    pools: CustomerPools, people: Hashes, orders: int, lines: OrderLines
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the cents of shipping and of tax an order, by where its person lives."""
    countries = home_countries(pools, people)
    home = pools.country_names.index(HOME).as_py()
    # Sums of whole cents in double precision are exact far beyond an order.
    goods = np.bincount(lines.orders, lines.totals, orders).astype(np.int64)
    return (
        shipping_cents(countries == home, goods),
        tax_cents(pools.tax_per_mille[countries], goods),
    )


def _order_batch(
    config: GeneratorConfig,
    texts: TextTables,
    orders: OrderHeaders,
    order_ids: pa.StringArray,
    statuses: NDArray[np.int64],
    shipping: NDArray[np.int64],
    tax: NDArray[np.int64],
) -> pa.RecordBatch:
    guests = orders.people >= config.customers
    stamps = np.empty((len(orders), 19), np.uint8)
    stamps[:, :10] = texts.days[orders.seconds // DAY]
    stamps[:, 10] = ord(" ")
    stamps[:, 11:] = texts.seconds[orders.seconds % DAY]
    return pa.record_batch(
        [
            order_ids,
            blank_where(guests, customer_ids(orders.people.astype(np.int64))),
            fixed_width_text(stamps),
            STATUS_TEXTS.take(pa.array(statuses)),
            pa.repeat(CURRENCY, len(orders)),
            cents_text(shipping),
            cents_text(tax),
        ],
        schema=ORDERS.schema,
    )


def _item_batch(
    texts: TextTables, lines: OrderLines, order_ids: pa.StringArray, first_item: int
) -> pa.RecordBatch:
    numbers = np.arange(first_item, first_item + lines.orders.size)
    return pa.record_batch(
        [
            numbered_ids("I", 8, numbers),
            order_ids.take(pa.array(lines.orders)),
            texts.product_ids.take(pa.array(lines.products)),
            texts.quantities.take(pa.array(lines.quantities + texts.largest)),
            texts.prices.take(
                pa.array(
                    np.where(
                        lines.price_rows < 0, len(texts.prices) - 1, lines.price_rows
                    )
                )
            ),
            cents_text(lines.totals),
        ],
        schema=ORDER_ITEMS.schema,
    )


def raw_batches(
    config: GeneratorConfig, tally: Tally, progress: Progress
) -> Iterator[tuple[RawTable, pa.RecordBatch]]:
    """Yield the raw rows of a run, a batch of one table at a time, and count them.

    Args:
        config: What to simulate.
        tally: Counts what is yielded.
        progress: Called with (orders done, orders in all).
    """
    clock = build_clock(config)
    products = build_products(config)
    # One copy of the defects opens the files and the others close them, so that
    # neither a look at the first rows nor one at the last misses them.
    copies = defects.copies(config) if config.profile is Profile.MESSY else 0
    if copies:
        yield from defects.defect_batches(config, range(1))
        tally.count_defects(copies)
    texts = _text_tables(config, products)
    yield PRODUCTS, _product_batch(products, texts)
    pools = load_pools()
    for low in range(0, config.customers, PEOPLE_A_CHUNK):
        numbers = np.arange(low, min(low + PEOPLE_A_CHUNK, config.customers))
        yield CUSTOMERS, customer_batch(config, clock, pools, texts.days, numbers)

    headers = all_orders(config, clock)
    items = 0
    for low in range(0, len(headers), config.chunk_orders):
        high = min(low + config.chunk_orders, len(headers))
        orders = headers.select(slice(low, high))
        order_ids = numbered_ids("O", 7, np.arange(low + 1, high + 1))
        people = person_keys(config, orders.people)
        purchases = child_keys(people, orders.purchases.astype(np.int64))
        lines = fill_orders(config, clock, products, orders, people, purchases)
        statuses = _statuses(config, orders, purchases)
        shipping, tax = _charges(pools, people, len(orders), lines)
        yield (
            ORDERS,
            _order_batch(config, texts, orders, order_ids, statuses, shipping, tax),
        )
        yield ORDER_ITEMS, _item_batch(texts, lines, order_ids, items + 1)
        items += lines.orders.size
        tally.count_orders(config, orders, shipping, tax)
        by_credit_note = np.isin(statuses, (Status.RETURNED, Status.REFUNDED))
        tally.count_lines(
            orders.kinds[lines.orders], by_credit_note[lines.orders], lines
        )
        progress(high, len(headers))
    for low in range(1, copies, COPIES_A_BATCH):
        numbers_of_copies = range(low, min(low + COPIES_A_BATCH, copies))
        yield from defects.defect_batches(config, numbers_of_copies)


def _check_folder(out: Path, file_format: FileFormat) -> None:
    """Make the folder, and refuse one that would then hold a table twice."""
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file; name a folder with --out")
    out.mkdir(parents=True, exist_ok=True)
    for table in RAW_TABLES:
        for ending in ("csv", "csv.gz", "parquet"):
            other = out / f"{table.name}.{ending}"
            if ending != file_format.value and other.exists():
                raise OutputError(
                    f"{other} is there already and the table would be there twice; "
                    "remove it or choose another --out"
                )


def generate(
    config: GeneratorConfig,
    out: Path,
    file_format: FileFormat = FileFormat.CSV,
    progress: Progress = lambda done, total: None,
) -> dict[str, Any]:
    """Write the four raw files and ``truth.json``, and return the truth.

    Files are written beside their place and moved there when all are complete;
    ``truth.json`` goes first and comes last, so where it is, the set is whole.

    Args:
        config: What to simulate.
        out: Folder for the files, made if missing.
        file_format: CSV or Parquet; both hold the same text.
        progress: Called with (orders done, orders in all).

    Raises:
        OSError: The folder cannot be written, or the disk is full.
    """
    _check_folder(out, file_format)
    tally = Tally(rows={table.name: 0 for table in RAW_TABLES})
    building = Path(tempfile.mkdtemp(prefix=".generator-", dir=out))
    try:
        names = {table: f"{table.name}.{file_format.value}" for table in RAW_TABLES}
        with ExitStack() as stack:
            writers = {
                table: stack.enter_context(
                    closing(open_writer(building / name, table, file_format))
                )
                for table, name in names.items()
            }
            for table, batch in raw_batches(config, tally, progress):
                writers[table].write(batch)
                tally.count_rows(table.name, batch.num_rows)
        truth = build_truth(config, build_products(config), tally)
        text = json.dumps(truth, indent=2, ensure_ascii=False) + "\n"
        (building / TRUTH_FILE).write_text(text, encoding="utf-8")
        (out / TRUTH_FILE).unlink(missing_ok=True)
        for name in (*names.values(), TRUTH_FILE):
            (building / name).replace(out / name)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return truth
