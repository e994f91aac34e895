"""Outputs that are full, closed, or that nobody reads: what is published is said so.

The exit code is decided by what is published, and where errors can still be told, what
cannot be printed is no failure.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.torture.attack import FILE_ENGINES, Arena, Attack
from tests.torture.children import Outcome
from tests.torture.generations import generation_of, write_folder

OUTPUTS = ("/dev/full", "closed", "broken", "")
ENCODINGS = ("utf-8", "ascii")


def spoil_outputs(arena: Arena) -> Iterator[str | None]:
    """Builds and loads, good and refused, with each pair of spoilt outputs."""
    database = arena.folder / "shöp.db"
    good = {n: write_folder(arena.folder / f"räw{n}", n) for n in (1, 2)}
    bad = write_folder(arena.folder / "bäd", 3)
    (bad / "raw_orders.csv").write_bytes(b"order_id,order_date\n\xff\n")
    place = ("--target", arena.target, "--database", str(database))

    def run(command: str, folder: Path, **settings: Any) -> Outcome:
        source = ["--raw", str(folder)] if command == "build" else [str(folder)]
        return arena.children.run(
            *(command, *source, *place), task="without_dbt", **settings
        )

    assert run("build", good[1]).exit_code == 0
    old = 1
    cases = list(
        itertools.product(OUTPUTS, OUTPUTS, ENCODINGS, ("build", "load"), (True, False))
    )
    arena.random.shuffle(cases)
    for stdout, stderr, encoding, command, is_good in cases:
        spoilt = {k: v for k, v in (("stdout", stdout), ("stderr", stderr)) if v}
        folder = good[3 - old] if is_good else bad
        outcome = run(command, folder, encoding=encoding, **spoilt)
        found = generation_of(arena.target, database, command)
        expected = 3 - old if is_good and outcome.exit_code == 0 else old
        fault = None
        if found != expected:
            fault = f"exit code {outcome.exit_code}, but {found} and not {expected}"
        elif not is_good and outcome.exit_code == 0:
            fault = "the bad file was not refused"
        elif not stderr:
            fault = outcome.untidy()
            if is_good and outcome.exit_code != 0:
                fault = fault or f"a good shop was refused: {outcome.last_line}"
        if isinstance(found, int):
            old = found
        if command == "load":  # so that all tables are of one generation again
            run("build", good[old])
        yield fault and f"{command} of {folder.name}, {encoding}, {spoilt}: {fault}"


ATTACKS = (
    Attack("outputs are full, closed or broken", spoil_outputs, FILE_ENGINES, 30),
)
