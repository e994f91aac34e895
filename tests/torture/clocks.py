"""Clocks that are wrong, jump, or go backwards while a build runs."""

from collections.abc import Iterator
from datetime import UTC, datetime

from tests.torture.attack import FILE_ENGINES, Arena, Attack, CannotAttackError
from tests.torture.children import Outcome
from tests.torture.generations import generation_of, write_folder

YEAR = 366 * 86_400
OFF = (0, -1, 1, -3600, 86_400, -25 * YEAR, 15 * YEAR, 80 * YEAR, 900 * YEAR)
STEPS = (0, 0, -1, -3600, -86_400, 7, YEAR)


def wrong_clocks(arena: Arena) -> Iterator[str | None]:
    """Builds and loads at any time, and with a clock that moves at each look."""
    if arena.children.shim is None:
        raise CannotAttackError("there is no C compiler for the shim")
    database = arena.folder / "shop.db"
    raw = {n: write_folder(arena.folder / f"raw{n}", n) for n in (1, 2)}
    place = ("--target", arena.target, "--database", str(database))

    def run(command: str, *source: str, clock: tuple[int, int]) -> Outcome:
        return arena.children.run(
            *(command, *source, *place), task="without_dbt", clock=clock
        )

    generation = 1
    while True:
        clock = (arena.random.choice(OFF), arena.random.choice(STEPS))
        generation = 3 - generation
        folder = str(raw[generation])
        outcomes = [run("build", "--raw", folder, clock=clock)]
        if arena.random.random() < 0.5:
            outcomes.append(run("load", folder, clock=clock))
            outcomes.append(run("build", clock=clock))
        bad = [outcome for outcome in outcomes if outcome.exit_code != 0]
        fault = next((f for o in outcomes if (f := o.untidy())), None)
        found = generation_of(arena.target, database)
        if bad:
            fault = fault or bad[0].last_line
        elif found != generation:
            fault = fault or f"published {found}"
        yield fault and f"{_told(clock)}: {fault}"


def _told(clock: tuple[int, int]) -> str:
    off, step = clock
    year = datetime.now(UTC).year + round(off / YEAR)
    return f"a clock in {year} ({off} s off) that goes {step} s on at each look"


ATTACKS = (Attack("clocks are wrong or go back", wrong_clocks, FILE_ENGINES, 15),)
