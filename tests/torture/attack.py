"""What an attack is, and how one is run and counted."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.torture.children import Children, quick_folder

FILE_ENGINES = ("sqlite", "duckdb")
ALL_ENGINES = (*FILE_ENGINES, "postgres", "spark")


class CannotAttackError(Exception):
    """This machine lacks what an attack needs; the text says what."""


@dataclass
class Arena:
    """What an attack may use.

    Attributes:
        target: The engine that is attacked.
        folder: An empty folder of its own.
        random: The source of all chance, seeded.
        children: Runs commands of the pipeline in processes of their own.
    """

    target: str
    folder: Path
    random: random.Random
    children: Children


@dataclass(frozen=True)
class Attack:
    """A way to hurt the warehouse, tried many times.

    Attributes:
        name: What the table of counts calls it.
        run: Yields once for each case: None where the promise held, or else what was
            seen, with what it takes to see it again. Ends when there is nothing more
            to try; the cases come in an order by chance.
        targets: The engines that it applies to.
        few: How many cases `make test` tries.
    """

    name: str
    run: Callable[[Arena], Iterator[str | None]]
    targets: tuple[str, ...]
    few: int


@dataclass
class Tally:
    """How often something was tried, and what did not hold."""

    tried: int = 0
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def held(self) -> int:
        """How often the promise held."""
        return self.tried - len(self.faults)


def run_attack(
    attack: Attack,
    arena: Arena,
    *,
    cases: int | None = None,
    seconds: float | None = None,
) -> Tally:
    """Run an attack until it ends, or until so many cases or seconds."""
    tally = Tally()
    start = time.monotonic()
    outcomes = attack.run(arena)
    for fault in outcomes:
        tally.tried += 1
        if fault is not None:
            tally.faults.append(fault)
        tally.seconds = time.monotonic() - start
        if cases is not None and tally.tried >= cases:
            break
        if seconds is not None and tally.seconds >= seconds:
            break
    outcomes.close()
    return tally


@contextmanager
def battlefield(
    target: str, name: str, seed: int, children: Children
) -> Iterator[Arena]:
    """A place for one attack, with chance of its own, removed afterwards."""
    chance = random.Random(f"{seed} {target} {name}")  # noqa: S311
    with quick_folder() as folder:
        yield Arena(target, folder, chance, children)
