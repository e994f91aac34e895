"""Odd and broken CSV files, read by the pipeline and by a reader of our own.

Both must refuse a file, or both must find the same rows in it, field by field: in the
checker and the streaming reader many thousand times, and in the raw tables of each
engine for a share of them.
"""

import random
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.raw_files.contract import RAW_TABLES, RawTable
from pipeline.raw_files.csv_files import CsvFile
from pipeline.warehouse.arrow import rows_of
from tests.small_shop import SMALL_SHOP, write_csv
from tests.torture import contract_reader
from tests.torture.attack import ALL_ENGINES, Arena, Attack
from tests.torture.contract_reader import RefusedError, Row
from tests.torture.raw_tables import Target

# Tables whose file may be empty or hold a header alone.
MAY_BE_EMPTY = frozenset(table.name for table in RAW_TABLES if table.is_optional)

_LETTERS = ["a", "0", "-", " ", ",", '"', "\n", "\r", "\r\n", "\t", ";", "'", "\\"]
_LETTERS += [
    "é",
    "ß",
    "\u2028",
    "\x85",
    "\x0b",
    "\x1c",
    "\u00a0",
    "\ufeff",
    "😀",
    "\\N",
]
_WHOLE = ["", "null", "NULL", "\\N", "\\.", '""', "00042", " x ", "1e5", "#", "--", "'"]
_PIECES = [b'"', b",", b"\n", b"\r", b"\r\n", b'""', b'","', b"\0", b"\xef\xbb\xbf"]
_PIECES += [b" ", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf0\x9f", b"\n\n", b'"\n', b";"]


def odd_file(chance: random.Random, table: RawTable) -> bytes:
    """A file that mostly holds to the contract, or one a few bytes away from it."""
    data = _whole_file(chance, table)
    for _ in range(chance.choice([0, 0, 1, 1, 2, 4])):
        data = _damaged(chance, data)
    return data


def _whole_file(chance: random.Random, table: RawTable) -> bytes:
    columns = [
        name
        for name in table.columns
        if name in table.required or chance.random() < 0.8
    ]
    columns += chance.choice([[], [], ["extra"], ["", "é"]])
    if chance.random() < 0.5:
        chance.shuffle(columns)
    ends = chance.choice([["\n"], ["\n"], ["\r\n"], ["\n", "\r\n"]])
    rows = [[_heading(chance, name) for name in columns]]
    for _ in range(chance.choice([0, 1, 2, 3, 20])):
        rows.append([_text(chance) for _ in columns])
    text = "".join(_line(chance, row) + chance.choice(ends) for row in rows)
    text += chance.choice(["", "", "", "\n", "\r\n\n"])
    if chance.random() < 0.2:
        text = text.removesuffix("\n").removesuffix("\r")
    return text.encode("utf-8-sig" if chance.random() < 0.1 else "utf-8")


def _heading(chance: random.Random, name: str) -> str:
    if chance.random() < 0.1:
        name = chance.choice([name.upper(), name.title(), f" {name}", f"{name}\t "])
    if chance.random() < 0.02:
        name = chance.choice([f"{name}\u00a0", f"{name}\x1c", f"\n{name}"])
    return name


def _text(chance: random.Random) -> str:
    if chance.random() < 0.3:
        return chance.choice(_WHOLE)
    return "".join(chance.choices(_LETTERS, k=chance.choice([0, 1, 1, 2, 3, 8])))


def _line(chance: random.Random, fields: list[str]) -> str:
    always = chance.random() < 0.2
    return ",".join(
        '"' + field.replace('"', '""') + '"'
        if always or set(field) & set('",\n\r') or chance.random() < 0.1
        else field
        for field in fields
    )


def _damaged(chance: random.Random, data: bytes) -> bytes:
    start = chance.randrange(len(data) + 1)
    end = min(len(data), start + chance.choice([0, 0, 1, 1, 2, 10]))
    piece = chance.choice(
        [b"", *_PIECES, bytes([chance.randrange(256)]), data[start:end] * 2]
    )
    return data[:start] + piece + data[end:]


def _expected(data: bytes, table: RawTable) -> list[Row] | str:
    try:
        return contract_reader.read(
            data,
            table.columns,
            table.required,
            may_be_empty=table.name in MAY_BE_EMPTY,
        )
    except RefusedError as error:
        return f"refused: {error}"


def _streamed(path: Path, table: RawTable) -> list[Row] | str:
    """What the checker and the streaming reader make of a file."""
    file = CsvFile(table, path)
    try:
        file.check(lambda _: None)
        return list(rows_of(file.batches(lambda _: None)))
    except PipelineError as error:
        return f"refused: {error}"


def differs(expected: list[Row] | str, found: list[Row] | str) -> str | None:
    """How two readings of a file differ, order and the wording of a refusal aside."""
    if isinstance(expected, str) and isinstance(found, str):
        return None if "\n" not in found else f"not one line: {found!r}"
    if isinstance(expected, str) or isinstance(found, str):
        return f"expected {expected!r}, found {found!r}"
    if _sorted(expected) != _sorted(found):
        return f"expected {expected!r}, found {found!r}"
    return None


def _sorted(rows: list[Row]) -> list[tuple[str, ...]]:
    return sorted(tuple("\0" if v is None else v for v in row) for row in rows)


def fuzz_checker(arena: Arena) -> Iterator[str | None]:
    """The checker and the streaming reader, in this process."""
    while True:
        table = arena.random.choice(RAW_TABLES)
        data = odd_file(arena.random, table)
        path = arena.folder / f"{table.name}.csv"
        path.write_bytes(data)
        fault = differs(_expected(data, table), _streamed(path, table))
        yield fault and f"{table.name} {data!r}: {fault}"


def fuzz_loads(arena: Arena) -> Iterator[str | None]:
    """Whole loads of four files, one of them odd, and what then stands in raw_*."""
    for table in RAW_TABLES:
        write_csv(arena.folder / f"{table.name}.csv", SMALL_SHOP[table.name])
    target = Target(arena.target, arena.folder / "shop.db")
    while True:
        table = arena.random.choice(RAW_TABLES)
        path = arena.folder / f"{table.name}.csv"
        whole, data = path.read_bytes(), odd_file(arena.random, table)
        path.write_bytes(data)
        expected = _expected(data, table)
        before = target.rows(table)
        try:
            target.load(arena.folder)
            found: list[Row] | str = target.rows(table)
        except PipelineError as error:
            found = f"refused: {error}"
        fault = differs(expected, found)
        if isinstance(found, str) and target.rows(table) != before:
            fault = "it was refused, and the rows before it are gone"
        path.write_bytes(whole)
        yield fault and f"{table.name} {data!r}: {fault}"


ATTACKS = (
    Attack("odd CSV, checked and streamed", fuzz_checker, ("sqlite",), 3000),
    Attack("odd CSV, loaded", fuzz_loads, ALL_ENGINES, 60),
)
