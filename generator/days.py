"""A shop's files as they come night by night: everything first, then what changed.

A run's full files are cut into what was there before its last days, and a folder a day
of what is new or has changed since: orders of the day and late ones, orders that were
sent or arrived, orders that lost a line, customers and products. One folder comes
twice, and one is broken and mended in the next. Who loads the first folder and after it
every other one that is whole holds what the full files hold.
"""

import json
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from generator.configuration import ConfigurationError, FileFormat, GeneratorConfig
from generator.counter_hash import Stream, below, draw, entity_keys, happens
from generator.raw_tables import (
    CUSTOMERS,
    ORDER_ITEMS,
    ORDERS,
    PRODUCTS,
    RAW_TABLES,
    RawTable,
)
from generator.simulation import (
    PROCESSING_DAYS,
    SHIPPING_DAYS,
    OutputError,
    Progress,
    generate,
)
from generator.writers import open_writer

FULL, FIRST, LIST = "full", "first", "days.json"

_LATE = 0.03  # of orders: known some days after they were placed
_LATE_BY = 6  # days at most
_LOSES_A_LINE = 0.03  # of orders: one line less when they are sent
_EMAIL_LATER = 0.01  # of customers: the address is known later
_NEW_PRODUCT = 0.04  # of products
_STOCK_TAKING = 7  # days from one to the next
_STOCK_MOVES = 20  # pieces at most
_BEFORE = -1  # the day of what is in the first folder

_STEPS = ((0, "processing"), (PROCESSING_DAYS, "shipped"), (SHIPPING_DAYS, "completed"))

# What of a row may be another value at first.
_CHANGING = {
    CUSTOMERS: "email",
    PRODUCTS: "stock_quantity",
    ORDERS: "status",
    ORDER_ITEMS: "order_item_id",
}

# The tables of one folder.
Tables = dict[RawTable, pa.Table]


class _Final(Enum):
    """In the place of a value: the one of the full files."""

    VALUE = 0


_Value = str | None | Literal[_Final.VALUE]


class _Draw(IntEnum):
    """What is drawn for an order, a customer or a product of a list."""

    IS_LATE = 0
    LATE_BY = 1
    LOSES_A_LINE = 2
    CHANGES = 3
    CHANGES_ON = 4
    STOCK = 8  # and those after it, one a stock-taking


@dataclass(frozen=True)
class Folder:
    """One folder of a run.

    Attributes:
        name: Its name; they sort in the order in which they come.
        kind: `first`, `day`, `again` (the last one once more), `broken` (to be
            refused) or `mended` (what the broken one should have been).
    """

    name: str
    kind: str


def generate_days(
    config: GeneratorConfig,
    days: int,
    out: Path,
    file_format: FileFormat = FileFormat.CSV,
    progress: Progress = lambda done, total: None,
) -> dict[str, Any]:
    """Write the full files, the first folder and one a day, and return the truth.

    Args:
        config: What to simulate.
        days: How many of its last days come one by one.
        out: A folder that is empty, or made.
        file_format: CSV or Parquet.
        progress: Called with (orders done, orders in all).

    Raises:
        ConfigurationError: So many days are not in the period.
        OSError: The folder cannot be written, or the disk is full.
    """
    if not 1 <= days < config.days:
        raise ConfigurationError(
            f"--days must be from 1 to {config.days - 1}, the days of the period less "
            "the first"
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out} is there and not empty; name a new folder with --out")
    out.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=".generator-", dir=out))
    try:
        truth = generate(config, building / FULL, file_format, progress)
        shop = _Shop(config, days, building / FULL, file_format)
        folders = []
        for folder, rows in shop.folders():
            _write(building / folder.name, rows, file_format)
            folders.append({"folder": folder.name, "kind": folder.kind})
        (building / LIST).write_text(json.dumps(folders, indent=2) + "\n")
        for path in sorted(building.iterdir(), key=lambda path: path.name == LIST):
            path.rename(out / path.name)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return truth


class _Shop:
    """A run's full files, and when each row of them came, and as what."""

    def __init__(
        self, config: GeneratorConfig, days: int, full: Path, file_format: FileFormat
    ) -> None:
        self._seed = config.seed
        self._days = days
        self._first_day = config.end - timedelta(days=days - 1)
        self._full = {table: _read(full, table, file_format) for table in RAW_TABLES}
        # By table and day, rows of the full file and the value they have that day.
        self._news: dict[RawTable, dict[int, list[tuple[int, _Value]]]] = {
            table: defaultdict(list) for table in RAW_TABLES
        }
        self._plan_orders()
        self._plan_customers()
        self._plan_products()

    def folders(self) -> Iterator[tuple[Folder, Tables]]:
        """Each folder and its tables, in the order in which they come."""
        yield Folder(FIRST, "first"), self._first()
        is_broken = False
        for day in range(self._days):
            name = (self._first_day + timedelta(days=day)).isoformat()
            tables = self._day(day)
            orders = tables[ORDERS]
            if not is_broken and day * 3 >= self._days * 2 and len(orders) > 1:
                is_broken = True
                half = {**tables, ORDERS: orders.slice(0, len(orders) // 2)}
                yield Folder(name, "broken"), half
                yield Folder(f"{name}-mended", "mended"), tables
                continue
            yield Folder(name, "day"), tables
            if day == self._days // 3:
                yield Folder(f"{name}-again", "again"), tables

    def _first(self) -> Tables:
        """All rows that nothing happens to, and the others as they were before."""
        tables = {}
        for table, full in self._full.items():
            is_still = np.ones(len(full), np.bool_)
            for news in self._news[table].values():
                is_still[[row for row, _ in news]] = False
            still = full.filter(pa.array(is_still))
            tables[table] = pa.concat_tables([still, self._rows(table, _BEFORE)])
        return tables

    def _day(self, day: int) -> Tables:
        """Orders and lines always; customers and products where there are any."""
        return {
            table: self._rows(table, day)
            for table in RAW_TABLES
            if table in (ORDERS, ORDER_ITEMS) or self._news[table].get(day)
        }

    def _rows(self, table: RawTable, day: int) -> pa.Table:
        news = self._news[table].get(day, [])
        rows = self._full[table].take(pa.array([row for row, _ in news], pa.int64()))
        position = table.columns.index(_CHANGING[table])
        values = [
            final if value is _Final.VALUE else value
            for final, (_, value) in zip(
                rows.column(position).to_pylist(), news, strict=True
            )
        ]
        field = table.schema.field(position)
        return rows.set_column(position, field, pa.array(values, pa.string()))

    def _day_of(self, texts: pa.ChunkedArray, before: int) -> NDArray[np.int64]:
        """The day of each date, from so many before the first on; else far before."""
        days = range(-before, self._days)
        names = [(self._first_day + timedelta(days=day)).isoformat() for day in days]
        found = pc.index_in(pc.utf8_slice_codeunits(texts, 0, 10), pa.array(names))
        positions = pc.fill_null(found, -self._days - 2 * before - 1).to_numpy()
        return np.asarray(positions, np.int64) - before

    def _has_own_key(self, table: RawTable, rows: NDArray[np.int64]) -> list[bool]:
        """Whether no other row of the table has the row's key."""
        keys = pc.utf8_trim(self._full[table].column(0), " ")
        chosen = keys.take(pa.array(rows))
        counts = Counter(keys.filter(pc.is_in(keys, chosen)).to_pylist())
        return [bool(key) and counts[key] == 1 for key in chosen.to_pylist()]

    def _plan_orders(self) -> None:
        orders = self._full[ORDERS]
        days = self._day_of(orders["order_date"], SHIPPING_DAYS)
        rows = np.flatnonzero(days >= -SHIPPING_DAYS)
        rows = rows[self._has_own_key(ORDERS, rows)]
        lines = self._lines(rows)
        keys = entity_keys(self._seed, Stream.ORDER_NEWS, rows)
        is_late = happens(draw(keys, _Draw.IS_LATE), _LATE)
        late_by = 1 + below(draw(keys, _Draw.LATE_BY), _LATE_BY)
        loses = happens(draw(keys, _Draw.LOSES_A_LINE), _LOSES_A_LINE)
        ids = orders["order_id"].take(pa.array(rows)).to_pylist()
        statuses = orders["status"].take(pa.array(rows)).to_pylist()
        for number, row in enumerate(rows.tolist()):
            its_lines = lines.get(ids[number].strip(" "))
            if its_lines is None:
                continue
            day = int(days[row])
            delay = int(late_by[number]) if is_late[number] and day >= 0 else 0
            versions = self._versions(day, delay, statuses[number])
            for day, status in versions.items():
                value = _Final.VALUE if status == statuses[number] else status
                self._news[ORDERS][day].append((row, value))
                self._news[ORDER_ITEMS][day] += [
                    (line, _Final.VALUE) for line in its_lines
                ]
            if loses[number] and len(versions) > 1:
                item = self._full[ORDER_ITEMS]["order_item_id"][its_lines[-1]].as_py()
                more = (its_lines[-1], f"{item}-1")
                self._news[ORDER_ITEMS][min(versions)].append(more)

    def _versions(self, day: int, delay: int, final: str | None) -> dict[int, _Value]:
        """The status of an order on each day on which it is sent or changes."""
        names = [status for _, status in _STEPS]
        steps: Sequence[tuple[int, str | None]] = [(0, final)]
        if final in names:
            steps = _STEPS[: names.index(final) + 1]
        if day + steps[-1][0] >= self._days:
            steps = [(0, final)]
        if day + delay >= self._days:
            delay = 0
        return {max(day + max(age, delay), _BEFORE): status for age, status in steps}

    def _lines(self, rows: NDArray[np.int64]) -> dict[str, list[int]]:
        """The rows of the lines of some orders, by the order's id."""
        ids = pc.utf8_trim(self._full[ORDERS]["order_id"].take(pa.array(rows)), " ")
        of_lines = pc.utf8_trim(self._full[ORDER_ITEMS]["order_id"], " ")
        found = np.flatnonzero(pc.is_in(of_lines, ids).to_numpy())
        lines: dict[str, list[int]] = defaultdict(list)
        chosen = of_lines.take(pa.array(found)).to_pylist()
        for key, line in zip(chosen, found.tolist(), strict=True):
            lines[key].append(line)
        return lines

    def _plan_customers(self) -> None:
        customers = self._full[CUSTOMERS]
        days = self._day_of(customers["registration_date"], 0)
        numbers = np.arange(len(customers))
        keys = entity_keys(self._seed, Stream.CUSTOMER_NEWS, numbers)
        changes = happens(draw(keys, _Draw.CHANGES), _EMAIL_LATER) & (days < 0)
        changes_on = below(draw(keys, _Draw.CHANGES_ON), self._days)
        rows = np.flatnonzero((days >= 0) | changes)
        news = self._news[CUSTOMERS]
        for row in rows[self._has_own_key(CUSTOMERS, rows)].tolist():
            if changes[row]:
                news[_BEFORE].append((row, None))
            day = changes_on[row] if changes[row] else days[row]
            news[int(day)].append((row, _Final.VALUE))

    def _plan_products(self) -> None:
        products = self._full[PRODUCTS]
        numbers = np.arange(len(products))
        keys = entity_keys(self._seed, Stream.PRODUCT_NEWS, numbers)
        is_new = happens(draw(keys, _Draw.CHANGES), _NEW_PRODUCT)
        is_new_on = below(draw(keys, _Draw.CHANGES_ON), self._days)
        takings = range(_STOCK_TAKING - 1, self._days, _STOCK_TAKING)
        moves = [
            below(draw(keys, _Draw.STOCK + number), _STOCK_MOVES)
            for number in range(len(takings) + 1)
        ]
        stocks = products["stock_quantity"].to_pylist()
        for row in numbers[self._has_own_key(PRODUCTS, numbers)].tolist():
            comes = int(is_new_on[row]) if is_new[row] else _BEFORE
            days = [comes, *(day for day in takings if day > comes)]
            stock = stocks[row] or ""
            for day in days:
                value: _Value = _Final.VALUE
                if day != days[-1] and stock.isdigit():
                    number = 0 if day == comes else 1 + takings.index(day)
                    value = str(int(stock) + int(moves[number][row]))
                self._news[PRODUCTS][day].append((row, value))


def _read(folder: Path, table: RawTable, file_format: FileFormat) -> pa.Table:
    path = folder / f"{table.name}.{file_format.value}"
    if file_format is FileFormat.PARQUET:
        return pq.read_table(path)
    return pa.csv.read_csv(
        path,
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            column_types=table.schema, null_values=[""], strings_can_be_null=True
        ),
    )


def _write(
    folder: Path, rows: Mapping[RawTable, pa.Table], file_format: FileFormat
) -> None:
    folder.mkdir()
    for table, found in rows.items():
        path = folder / f"{table.name}.{file_format.value}"
        with closing(open_writer(path, table, file_format)) as writer:
            for batch in found.combine_chunks().to_batches():
                writer.write(batch)
