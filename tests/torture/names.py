"""Hostile names of folders, files and databases.

A name is a name, and never a pattern, an option, a piece of SQL or of a URL. What an
engine cannot name is refused in one line.
"""

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from pipeline.raw_files.contract import RAW_TABLE_NAMES
from tests.torture.attack import FILE_ENGINES, Arena, Attack
from tests.torture.generations import generation_of, write_folder

# With a neighbour that the name would match if it were a pattern.
PATTERNS = {
    "shop[1]": "shop1",
    "shop*": "shop2",
    "shop?": "shop3",
    "{a,b}": "a",
    "**": "deep",
    "[!x]": "y",
    "shop%31": "shop1",
    "shop\\*": "shop*",
}
WHOLE = [
    "'; drop table raw_orders; --",
    '"',
    "''",
    "`",
    "$(touch x)",
    "%s",
    "%",
    "#",
    "a#b",
    "a?mode=ro",
    "file:x",
    ":memory:",
    "-x",
    "--help",
    " ",
    " a ",
    "a\nb",
    "\t",
    "\x1b[31m",
    "é",
    "e\u0301",
    "😀",
    "\u202eabc",
    "\ufeff",
    "CON",
    "md:x",
    "~",
    "$HOME",
    ".",
    "a;b",
    "a|b",
    "a&b",
    "null",
    "select",
    "x.csv",
    "x.parquet",
    "x.gz",
    "raw_orders.csv",
    os.fsdecode(b"\xff\xfe"),
    os.fsdecode(b"caf\xe9"),
    "a" * 200,
    "é" * 100,
    "a" * 255,
]
_LETTERS = "ab'\"[]*?{}%#&;:\\$`~|<>()!-. \n\té\x7f"
# A published file has neighbours of longer names.
LONGEST = 255 - len(".building-journal")


def _name(chance: random.Random) -> str:
    if chance.random() < 0.3:
        return chance.choice(list(PATTERNS))
    if chance.random() < 0.5:
        return chance.choice(WHOLE)
    return "".join(chance.choices(_LETTERS, k=chance.randint(1, 12)))


def hostile_names(arena: Arena) -> Iterator[str | None]:
    """Builds from a folder and into a database of such names."""
    here = arena.folder / "here"
    while True:
        shutil.rmtree(here, ignore_errors=True)
        here.mkdir()
        folder, database = f"raw {_name(arena.random)}", f"db {_name(arena.random)}"
        if arena.random.random() < 0.5:
            # Names that begin with what is hostile in them.
            folder, database = folder[4:], database[3:]
        if {folder, database} & {".", ".."} or folder == database:
            continue
        folder = os.fsdecode(os.fsencode(folder)[:255])
        neighbours = {PATTERNS[name] for name in (folder, database) if name in PATTERNS}
        for neighbour in neighbours - {folder, database}:
            write_folder(here / neighbour, 9)
        _write_raw(arena.random, here / folder)
        before = {path.name for path in here.iterdir()}
        source = (
            [f"--raw={folder}"]
            if (command := arena.random.choice(["build", "load"])) == "build"
            else ["--", folder]
        )
        outcome = arena.children.run(
            *(command, f"--target={arena.target}", f"--database={database}", *source),
            task="without_dbt",
            folder=str(here),
        )
        fault = outcome.untidy() or _fault(
            arena, outcome.exit_code, here, database, folder, command
        )
        after = {path.name for path in here.iterdir()}
        strange = after - before - {database, f"{database}.lock", f"{database}.runs"}
        if strange:
            fault = fault or f"made {strange}"
        said = outcome.last_line if outcome.exit_code else ""
        yield fault and f"{command} of {folder!r} into {database!r}: {fault} {said}"


def _write_raw(chance: random.Random, folder: Path) -> None:
    write_folder(folder, 1)
    for name in RAW_TABLE_NAMES:
        if chance.random() < 0.2:
            (folder / f"{name}.csv").rename(folder / f"{name.upper()}.CSV")


def _fault(
    arena: Arena, exit_code: int, here: Path, database: str, folder: str, command: str
) -> str | None:
    if exit_code == 0:
        found = generation_of(arena.target, here / database, command)
        return None if found == 1 else f"published {found}"
    if database in {path.name for path in here.iterdir()}:
        return "it was refused, and made"
    names = (os.fsencode(database), os.fsencode(folder))
    usual = len(names[0]) <= LONGEST and all(_is_text(name) for name in names)
    # DuckDB takes a backslash for a slash.
    usual &= arena.target != "duckdb" or "\\" not in database
    return "a name that can be used was refused:" if usual else None


def _is_text(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


ATTACKS = (
    Attack("hostile names of folders and databases", hostile_names, FILE_ENGINES, 40),
)
