"""Files that were damaged on a disk or on the way: bytes flipped, cut off, blanked."""

import gzip
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.raw_files.contract import RAW_TABLES
from tests.torture.attack import FILE_ENGINES, Arena, Attack
from tests.torture.children import Outcome
from tests.torture.generations import ROWS, generation_of, write_folder
from tests.torture.raw_tables import Target

# A damaged length may ask for any amount of memory.
MEMORY = 3 << 30
# Not Spark: each of these commands would start a Java of its own.
ENGINES = (*FILE_ENGINES, "postgres")


def damaged(chance: random.Random, data: bytes) -> bytes:
    """One damage of the kinds that disks and copies do."""
    start = chance.randrange(len(data))
    end = min(len(data), start + chance.choice([1, 4, 100, 4096]))
    return chance.choice(_KINDS)(data, start, end, chance)


def _flip(data: bytes, start: int, end: int, chance: random.Random) -> bytes:
    del end
    flipped = data[start] ^ (1 << chance.randrange(8))
    return data[:start] + bytes([flipped]) + data[start + 1 :]


def _cut(data: bytes, start: int, end: int, chance: random.Random) -> bytes:
    del end, chance
    return data[:start]


def _blank(data: bytes, start: int, end: int, chance: random.Random) -> bytes:
    del chance
    return data[:start] + bytes(end - start) + data[end:]


def _noise(data: bytes, start: int, end: int, chance: random.Random) -> bytes:
    return data[:start] + chance.randbytes(end - start) + data[end:]


def _lose(data: bytes, start: int, end: int, chance: random.Random) -> bytes:
    del chance
    return data[:start] + data[end:]


_Damage = Callable[[bytes, int, int, random.Random], bytes]
_KINDS: tuple[_Damage, ...] = (_flip, _flip, _cut, _blank, _noise, _lose)


def _load_damaged(
    arena: Arena, suffix: str, pack: Callable[[bytes, Path], None]
) -> Iterator[str | None]:
    """Load a folder in which one file is damaged: refused, or as if it were whole."""
    target = Target(arena.target, arena.folder / "shop.db")
    folders = {n: write_folder(arena.folder / f"raw{n}", n) for n in (1, 2)}
    for folder in folders.values():
        for table in RAW_TABLES:
            plain = folder / f"{table.name}.csv"
            pack(plain.read_bytes(), folder / f"{table.name}{suffix}")
            plain.unlink()
    target.load(folders[1])
    published = 1
    while True:
        folder = folders[3 - published]
        table = arena.random.choice(RAW_TABLES)
        path = folder / f"{table.name}{suffix}"
        whole = path.read_bytes()
        data = damaged(arena.random, whole)
        path.write_bytes(data)
        outcome = arena.children.run(
            *("load", str(folder), "--target", arena.target),
            *("--database", target.name),
            memory=MEMORY,
        )
        path.write_bytes(whole)
        fault = outcome.untidy()
        if outcome.exit_code == 0:
            published = 3 - published
        expected = {f"{published}-{number}" for number in range(ROWS)}
        for table in RAW_TABLES:
            rows = target.rows(table)
            keys = {row[0] for row in rows}
            values = {value for row in rows for value in row[1:]}
            if "unknown column" in outcome.stderr:
                # The name of a column was damaged: it was told, and is ignored.
                values.discard(None)
            if len(rows) != ROWS or keys != expected or values != {"2024-05-01"}:
                fault = fault or (
                    f"exit code {outcome.exit_code}, {table.name} holds "
                    f"{len(rows)} rows such as {rows[:1]}"
                )
        yield fault and f"{suffix} {_difference(whole, data)}: {fault}"
        if fault or "unknown column" in outcome.stderr:
            target.load(folders[published])


def _difference(whole: bytes, data: bytes) -> str:
    start = next(
        (i for i, (a, b) in enumerate(zip(whole, data, strict=False)) if a != b),
        min(len(whole), len(data)),
    )
    return (
        f"{len(whole)} bytes became {len(data)}, from byte {start} on: "
        f"{whole[start : start + 12]!r} became {data[start : start + 12]!r}"
    )


def _pack_gzip(data: bytes, path: Path) -> None:
    path.write_bytes(gzip.compress(data, mtime=0))


def _pack_parquet(data: bytes, path: Path) -> None:
    header, *lines = data.decode().splitlines()
    columns = zip(*(line.split(",") for line in lines), strict=True)
    named = dict(zip(header.split(","), map(list, columns), strict=True))
    pq.write_table(pa.table(named), path, write_page_checksum=True)


def damage_gzip(arena: Arena) -> Iterator[str | None]:
    """Gzipped CSV, which carries a checksum of its own."""
    return _load_damaged(arena, ".csv.gz", _pack_gzip)


def damage_parquet(arena: Arena) -> Iterator[str | None]:
    """Parquet with checksums of its pages."""
    return _load_damaged(arena, ".parquet", _pack_parquet)


def damage_databases(arena: Arena) -> Iterator[str | None]:
    """A published file is damaged: builds and loads say so and leave it, or mend it.

    What is damaged may go unseen, for the file carries no checksum of its rows (SQLite)
    or is not read whole (DuckDB): then a build goes on, and what it makes is whole.
    Whatever is damaged, a rollback goes back from it.
    """
    database = arena.folder / "shop.db"
    raw = {n: write_folder(arena.folder / f"raw{n}", n) for n in (1, 2)}

    def run(*command: str) -> Outcome:
        return arena.children.run(
            *(*command, "--target", arena.target, "--database", str(database)),
            task="without_dbt",
            memory=MEMORY,
        )

    kept = database.with_name("shop.db.previous")
    for folder in raw.values():
        run("build", "--raw", str(folder))
    whole, before = database.read_bytes(), kept.read_bytes()
    while True:
        for path in arena.folder.glob("shop.db*"):
            path.unlink()
        data = damaged(arena.random, whole)
        database.write_bytes(data)
        kept.write_bytes(before)
        command = arena.random.choice(
            ["build", "load", "build without raw files", "rollback"]
        )
        source = {"load": [str(raw[1])], "build": ["--raw", str(raw[1])]}
        outcome = run(command.split()[0], *source.get(command, []))
        fault = outcome.untidy()
        left = database.read_bytes() if database.exists() else None
        if outcome.exit_code != 0 and left != data:
            fault = fault or "it was refused, and changed"
        if command == "rollback" and outcome.exit_code != 0:
            fault = fault or outcome.last_line
        if command in ("build", "rollback") and outcome.exit_code == 0:
            found = generation_of(arena.target, database)
            fault = fault or (None if found == 1 else f"published {found}")
        yield fault and f"{command}: {_difference(whole, data)}: {fault}"


ATTACKS = (
    Attack("damaged gzip, loaded", damage_gzip, ENGINES, 25),
    Attack("damaged Parquet, loaded", damage_parquet, ENGINES, 40),
    Attack(
        "damaged warehouse, built and loaded into", damage_databases, FILE_ENGINES, 30
    ),
)
