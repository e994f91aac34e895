"""Batches of a small shop, what they do to its raw tables, and how to load them."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import strategies as st

from benchmarks.untested_build import UntestedSession
from generator.command_line import main as generate
from pipeline.build import (
    Batch,
    BuildRequest,
    build,
    checked_folders,
    fill_raw_tables,
)
from pipeline.build_record import Stages
from pipeline.compare import compare_warehouses
from pipeline.dbt.project import find_project
from pipeline.erasures import Erasures
from pipeline.errors import PipelineError
from pipeline.export import export
from pipeline.raw_files.contract import RAW_COLUMNS, RAW_TABLES
from pipeline.raw_files.raw_folder import CheckedFolder
from pipeline.terminal.progress import Reporter
from pipeline.warehouse import open_reader
from pipeline.warehouse.engine import Engine
from pipeline.warehouse.location import Location
from pipeline.warehouse.reader import Row
from tests.small_shop import all_columns, write_csv

# The rows of each raw table, with all of the contract's columns; "" is an empty field.
Shop = Mapping[str, Sequence[tuple[str, ...]]]

_IDS = [f"{n}" for n in range(1, 6)]
_DAYS = ["2024-01-31", "2024-02-01", "2024-02-29 23:59:59", "2024-03-01", "someday"]
# What is no key at all, and what is the same key as another text.
_NOTHING = ("", " ", "(unknown)", " (unknown) ")


FIRST: Shop = {
    "raw_customers": [("C1", "Ann", "", "", "Köln", "Peru", "2024-01-31")],
    "raw_products": [("P1", "Cup", "A", "2.50", "1", "1.25")],
    "raw_orders": [
        (" O1", "C1", "2024-01-31", "paid", "", "", ""),
        ("O2", "C2", "2024-02-01", "paid", "", "", ""),
        ("O2 ", "C3", "2024-02-01", "paid", "", "", ""),
        ("", "C1", "2024-02-01", "", "", "", ""),
        ("", "C1", "2024-02-01", "", "", "", ""),
        ("O8", "C4", "2024-01-15", "paid", "", "", ""),
    ],
    "raw_order_items": [
        ("I1", "O1", "P1", "1", "2.50", ""),
        ("I2", "O1", "P1", "2", "2.50", ""),
        ("I3", "O2", "P1", "1", "2.50", ""),
        ("I4", "O9", "P1", "1", "2.50", ""),
        ("I5", "(unknown)", "P1", "1", "2.50", ""),
    ],
}

# What hypothesis may find in many tries, for an engine that has time for a few.
MANY_KINDS: Sequence[Shop] = (
    {
        "raw_customers": [("C1 ", "Ann", "a@example.org", "", "", "", "")],
        "raw_orders": [
            ("O1", "C2", "2023-12-31", "paid", "EUR", "1", "2"),
            ("O2", "C1", "2024-02-01", "cancelled", "", "", ""),
            ("O3", "C1", "someday", "paid", "", "", ""),
            ("", "C1", "2024-02-01", "", "", "", ""),
        ],
        "raw_order_items": [
            ("I1", " O1", "P1", "5", "2.50", "12"),
            ("I9", "O3", "P2", "1", "1", ""),
            ("I5", " (unknown)", "P1", "1", "2.50", ""),
            ("I5", "(unknown)", "P1", "1", "2.50", ""),
        ],
    },
    {"raw_order_items": [("I1", "O1", "P1", "5", "2.50", "12")]},
    {"raw_products": [("P1", "Cup", "A", "3", "", ""), ("", "Nothing", *[""] * 4)]},
)


def clean_key(text: str) -> str:
    """The contract's key: blanks around it do not count; "" where there is none."""
    key = text.strip(" ")
    return "" if key == "(unknown)" else key


def after(held: Shop, batch: Shop) -> dict[str, list[tuple[str, ...]]]:
    """The raw tables after a batch: the rule, in a few lines of Python."""
    keys = {
        table.name: {clean_key(row[0]) for row in batch.get(table.name, ())} - {""}
        for table in RAW_TABLES
    }
    keys["raw_order_items"] = keys["raw_orders"]
    result = {}
    for table in RAW_TABLES:
        position = table.columns.index(table.replaced_by)
        rows = batch.get(table.name, ())
        # A row that names nothing is known by all that it says.
        nameless = {row for row in rows if not clean_key(row[position])}
        stay = [
            row
            for row in held.get(table.name, ())
            if clean_key(row[position]) not in keys[table.name] and row not in nameless
        ]
        result[table.name] = [*stay, *rows]
    return result


def is_whole(batch: Shop) -> bool:
    """Whether every line has its header, and there are lines if there are headers."""
    headers, lines = batch.get("raw_orders", ()), batch.get("raw_order_items", ())
    named = {clean_key(row[0]) for row in headers}
    return bool(headers) == bool(lines) and all(
        clean_key(row[1]) in named | {""} for row in lines
    )


def _some_of(*values: str) -> st.SearchStrategy[str]:
    return st.sampled_from(values)


def _keys(letter: str) -> st.SearchStrategy[str]:
    """Ids, now and then with blanks around them, or none."""
    ids = [letter + number for number in _IDS]
    return _some_of(*ids, *ids, f" {ids[0]}", f"{ids[1]}  ", *_NOTHING)


def _rows(
    *columns: st.SearchStrategy[str], most: int
) -> st.SearchStrategy[list[tuple[str, ...]]]:
    return st.lists(st.tuples(*columns), max_size=most)


_few = _some_of("", "1", "2.50", "-1", "x")
_customers = _rows(
    *(_keys("C"), _some_of("Ann", "Bo"), *[_some_of("", "x")] * 2),
    *(_some_of("Köln", ""), _some_of("Peru", ""), _some_of("", *_DAYS)),
    most=4,
)
_products = _rows(
    _keys("P"), _some_of("Cup", "Pen"), _some_of("A", ""), _few, _few, _few, most=4
)
_headers = st.tuples(
    *(_keys("O"), _keys("C"), _some_of(*_DAYS)),
    *(_some_of("paid", "cancelled", ""), _some_of("", "EUR"), _few, _few),
)


@st.composite
def batches(draw: st.DrawFn) -> dict[str, list[tuple[str, ...]]]:
    """New, changed, late, repeated, emptied and doubtful orders; or half a batch."""
    orders = draw(st.lists(_headers, max_size=4))
    ids = [row[0] for row in orders] or ["O1"]
    lines = draw(
        _rows(
            _some_of("I1", "I2", "I3", "I4", ""),
            _some_of(*ids, *ids, *ids, "", "O5"),
            *(_keys("P"), _few, _few, _few),
            most=6,
        )
    )
    tables = {
        "raw_customers": draw(_customers),
        "raw_products": draw(_products),
        "raw_orders": orders,
        "raw_order_items": lines if orders or draw(st.booleans()) else [],
    }
    # A file without rows is as good as none, but a folder without files is no batch.
    absent = draw(st.sets(st.sampled_from(sorted(tables)), max_size=3))
    return {name: rows for name, rows in tables.items() if rows or name not in absent}


def write_batch(folder: Path, shop: Shop) -> Path:
    """Write the raw files that a shop or a batch has."""
    folder.mkdir()
    for name, rows in shop.items():
        write_csv(folder / f"{name}.csv", [RAW_COLUMNS[name], *rows])
    return folder


class RawNights:
    """Raw tables that are loaded and published night by night, without models.

    Attributes:
        engine: Where.
        reporter: What was said.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.reporter = Said()

    def build(self, folder: Path, *, is_batch: bool) -> None:
        """Load what changed, or everything; raises what a build raises."""
        self.run(request_of(folder, is_batch=is_batch))

    def run(self, request: BuildRequest) -> None:
        """Do what is asked of a build, but for the models."""
        with ExitStack() as held:
            checked = list(checked_folders(request, self.reporter))
            for folder in checked:
                held.callback(folder.close)
            held.enter_context(self.engine.exclusive_use())
            self.engine.begin_build()
            try:
                self.fill(request, checked)
            except BaseException:
                self.engine.discard_build()
                raise
            self.engine.publish()

    def fill(self, request: BuildRequest, checked: list[CheckedFolder]) -> None:
        """Fill the raw tables of the build area."""
        engine, erasures = self.engine, Erasures.of(self.engine)
        fill_raw_tables(engine, request, checked, erasures, self.reporter, Stages())

    def rows(self, table: str) -> Counter[Row]:
        """The published rows of a raw table, by the contract's columns."""
        return Counter(self.read(all_columns(table)))

    def read(self, sql: str) -> list[Row]:
        """Read from what is published."""
        with open_reader(self.engine.published) as reader:
            return reader.fetch(sql)


class Said(Reporter):
    """Keeps what was said."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


def check_nights(engine: Engine, folder: Path, nights: Sequence[Shop]) -> None:
    """Load a first shop and batches after it, and look at the raw tables each night.

    Args:
        engine: With nothing published, or some shop.
        folder: An empty one.
        nights: The first shop, and the batches.
    """
    raw = RawNights(engine)
    held: Shop = {}
    for night, batch in enumerate(nights):
        files = write_batch(folder / str(night), batch)
        if night and not is_whole(batch):
            with pytest.raises(PipelineError, match="half a batch"):
                raw.build(files, is_batch=True)
        else:
            raw.build(files, is_batch=night > 0)
            held = after(held, batch) if night else batch
            _check_ledger(raw, held, batch, is_first=night == 0)
        with open_reader(engine.published) as reader:
            for table in RAW_TABLES:
                found = Counter(reader.fetch(all_columns(table.name)))
                expected = Counter(map(_as_loaded, held.get(table.name, ())))
                assert found == expected, table.name


def _as_loaded(row: Row) -> Row:
    return tuple(value or None for value in row)


def _check_ledger(raw: RawNights, held: Shop, batch: Shop, *, is_first: bool) -> None:
    """The records are true of the tables, and each row carries its batch."""
    batches = raw.engine.published_batches()
    last = {each.raw_table: each for each in batches[-len(RAW_TABLES) :]}
    before = Counter[str]()
    for each in batches:
        if each.kind == "full":
            before[each.raw_table] = 0
        before[each.raw_table] += each.row_count
        if each.kind == "append":
            before[each.raw_table] -= each.replaced_rows
    loads = raw.engine.published_loads()
    with open_reader(raw.engine.published) as reader:
        for load in loads:
            name = load.raw_table
            entry, rows = last[name], len(held.get(name, ()))
            assert entry.kind == ("full" if is_first else "append")
            assert entry.row_count == len(batch.get(name, ()))
            assert entry.new_rows <= entry.row_count
            assert load.row_count == rows == before[name]
            assert load.table_hash == reader.table_hash(name, RAW_COLUMNS[name])
            newest = f"select count(*) from {name} where batch_id = {entry.batch_id}"
            assert reader.fetch(newest) == [(entry.row_count,)]


def check_whole_builds(engine: Engine, folder: Path) -> None:
    """A warehouse that grew night by night equals a full load of the last rows.

    Key maps stay, so that a customer has the same key in both.

    Args:
        engine: With nothing published.
        folder: An empty one.
    """
    first, *nights, last = write_nights(folder / "nights", 32)
    build_untested(engine, first)
    _build_raw(engine, nights)
    build_untested(engine, last, is_batch=True)
    grown = folder / "grown.duckdb"
    with open_reader(engine.published) as reader:
        export(reader, "duckdb", grown, Reporter())
    build_untested(engine, folder / "nights" / "full")
    assert_equal_warehouses(Location("duckdb", str(grown)), engine.published)


def check_one_build(engine: Engine, folder: Path, days: int, full: Location) -> None:
    """Raw tables that grew night by night, built once, equal a full load.

    Args:
        engine: With nothing published.
        folder: An empty one.
        days: How many come one by one.
        full: The warehouse of the full files.
    """
    *nights, last = write_nights(folder / "nights", days)
    _build_raw(engine, nights)
    build_untested(engine, last, is_batch=True)
    assert_equal_warehouses(engine.published, full)


def write_nights(out: Path, days: int) -> list[Path]:
    """Generate a shop night by night; its folders, in their order."""
    shop = ("--customers", "150", "--products", "30", "--start", "2025-01-01")
    assert generate([*shop, "--days", str(days), "--out", str(out)]) == 0
    listed = json.loads((out / "days.json").read_text(encoding="utf-8"))
    return [out / each["folder"] for each in listed]


def build_untested(engine: Engine, folder: Path, *, is_batch: bool = False) -> None:
    """Build everything, or what changed, without dbt's tests."""
    request = request_of(folder, is_batch=is_batch)
    build(engine, find_project(None), request, Reporter(), UntestedSession)


def request_of(folder: Path, *, is_batch: bool) -> BuildRequest:
    """To load what changed, or everything."""
    if is_batch:
        return BuildRequest(batches=[Batch(str(folder))])
    return BuildRequest(raw_folder=str(folder))


def assert_equal_warehouses(one: Location, other: Location) -> None:
    """Every table of star and reports has the same rows in both."""
    with open_reader(one) as first, open_reader(other) as second:
        tables = list(compare_warehouses(first, second))
    assert len(tables) > 20
    assert [table for table in tables if table.differences] == []


def _build_raw(engine: Engine, folders: Sequence[Path]) -> None:
    raw = RawNights(engine)
    for folder in folders:
        if folder.with_name(f"{folder.name}-mended").exists():
            with pytest.raises(PipelineError, match="half a batch"):
                raw.build(folder, is_batch=True)
        else:
            raw.build(folder, is_batch=folder.name != "first")
