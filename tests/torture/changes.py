"""Raw files that change while they are loaded.

The command is stopped at one of its operations on the raw files, the files are changed
by somebody else, and the command goes on. What is loaded then is a file as it was, or
as it became: never columns of one under the names of the other, nor half of each.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from pipeline.raw_files.contract import RAW_TABLES, RawTable
from tests.small_shop import write_csv
from tests.torture import contract_reader
from tests.torture.attack import FILE_ENGINES, Arena, Attack, CannotAttackError
from tests.torture.children import STOP, Strike
from tests.torture.contract_reader import RefusedError, Row
from tests.torture.raw_tables import Target

_ROWS = 3000


def _swap_columns(path: Path) -> None:
    lines = path.read_text().splitlines()
    swapped = [",".join(line.split(",")[::-1]) for line in lines]
    path.write_text("\n".join(swapped) + "\n")


def _change_a_field(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data.replace(b"key17,", b"kex17,"))


def _grow(path: Path) -> None:
    header = path.read_text().partition("\n")[0]
    with path.open("a") as file:
        file.writelines(f"more{n}" + "," * header.count(",") + "\n" for n in range(9))


def _shrink(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _empty(path: Path) -> None:
    os.truncate(path, 0)


def _replace(path: Path) -> None:
    new = path.with_name("new")
    shutil.copy(path, new)
    _swap_columns(new)
    new.replace(path)


def _move_away(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))


def _keeping_its_time(change: Callable[[Path], None]) -> Callable[[Path], None]:
    """The change, made by a program that sets the old time again."""

    def changed(path: Path) -> None:
        status = path.stat()
        change(path)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    return changed


CHANGES: tuple[Callable[[Path], None], ...] = (
    _swap_columns,
    _change_a_field,
    _grow,
    _shrink,
    _empty,
    _replace,
    _move_away,
    _keeping_its_time(_swap_columns),
    _keeping_its_time(_change_a_field),
    _keeping_its_time(_replace),
)


def change_during_load(arena: Arena) -> Iterator[str | None]:
    """One file is changed at any one of the operations on the raw files."""
    if arena.children.shim is None:
        raise CannotAttackError("there is no C compiler for the shim")
    folder = arena.folder / "raw"
    target = Target(arena.target, arena.folder / "shop.db")
    command = ("load", str(folder), "--target", arena.target, "--database", target.name)
    _write(folder)
    counted = arena.children.run(*command, strike=Strike(str(folder)))
    assert counted.exit_code == 0, counted.stderr
    moments = len(counted.operations)
    assert moments > 0, "the shim met no operation on the raw files"
    while True:
        _write(folder)
        table = arena.random.choice(RAW_TABLES)
        change = arena.random.choice(CHANGES)
        path = folder / f"{table.name}.csv"
        moment = arena.random.randint(1, moments)
        may_be = [_rows(path.read_bytes(), table)]
        before = {table: target.rows(table) for table in RAW_TABLES}

        outcome = arena.children.run(
            *command,
            strike=Strike(str(folder), moment, moment, STOP),
            when_stopped=partial(change, path),
        )
        if path.exists():
            may_be.append(_rows(path.read_bytes(), table))
        fault = outcome.untidy()
        found = target.rows(table)
        if outcome.exit_code != 0:
            changed = [t.name for t in RAW_TABLES if target.rows(t) != before[t]]
            fault = fault or (f"refused, and {changed} changed" if changed else None)
        elif sorted(found, key=repr) not in may_be:
            fault = fault or f"loaded {len(found)} rows such as {found[:2]}"
        yield fault and f"{table.name}, {change.__qualname__} at {moment}: {fault}"


def _write(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for table in RAW_TABLES:
        rows = [
            (f"key{n}", *(f"{column} {n}" for column in table.columns[1:]))
            for n in range(_ROWS if table.name == "raw_orders" else 30)
        ]
        write_csv(folder / f"{table.name}.csv", [table.columns, *rows])


def _rows(data: bytes, table: RawTable) -> list[Row] | None:
    """The rows of a file in an order that can be compared; None if it is refused."""
    try:
        rows = contract_reader.read(
            data, table.columns, table.required, may_be_empty=table.is_optional
        )
    except RefusedError:
        return None
    return sorted(rows, key=repr)


ATTACKS = (
    Attack("a raw file changes during a load", change_during_load, FILE_ENGINES, 30),
)
