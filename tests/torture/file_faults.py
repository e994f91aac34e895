"""Every file operation of a build, a load and a rollback fails, or is the last one.

A command is run once to count its operations; then each of them fails in turn, with
each error, once or from there on, or the process is killed there. Where the warehouse
is on a server, it is the messages to the server that fail.
"""

import errno
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from pipeline.warehouse import engine_for
from pipeline.warehouse.engine import KEEP_VERSIONS
from tests.torture.attack import FILE_ENGINES, Arena, Attack, CannotAttackError
from tests.torture.children import FOR_EVER, KILL, Outcome, Strike
from tests.torture.generations import generation_of, write_folder
from tests.torture.raw_tables import SCHEMA, SERVERS

ERRORS = (errno.ENOSPC, errno.EIO, errno.EPERM, errno.EACCES, errno.EROFS)
LOST = (errno.ECONNRESET, errno.EPIPE, errno.ETIMEDOUT)
TARGETS = (*FILE_ENGINES, "postgres")
# As many versions as stay beside the published one.
_KEPT = KEEP_VERSIONS
CHANGING = (
    "open",
    "write",
    "send",
    "ftruncate",
    "rename",
    "link",
    "unlink",
    "mkdir",
    "sendfile",
    "rmdir",
    "chmod",
    "chown",
    "fchmod",
    "fchown",
)


class _Shop:
    """A database below a folder of its own, and the commands that change it."""

    def __init__(self, arena: Arena, command: str) -> None:
        if arena.children.shim is None:
            raise CannotAttackError("there is no C compiler for the shim")
        self._arena, self.command = arena, command
        self.folder = arena.folder / "struck"
        self.folder.mkdir()
        is_server = arena.target in SERVERS
        self.database = SCHEMA if is_server else str(self.folder / "shop.db")
        self._watched = "socket:" if is_server else str(self.folder)
        self.raw = {n: str(write_folder(arena.folder / f"raw{n}", n)) for n in (1, 2)}
        self.generation = 0
        self.start()

    def start(self) -> None:
        """Build so often that each command does what the one before it did."""
        for number in range(_KEPT + 1):
            made = self.build(1 + number % 2)
            assert made.exit_code == 0, made.stderr

    def build(self, generation: int) -> Outcome:
        """Publish one generation whole."""
        outcome = self._run("build", generation, None)
        if outcome.exit_code == 0:
            self.generation = generation
        return outcome

    def strike(self, first: int, last: int, error: int) -> Outcome:
        """Run the command for the other generation, with a fault."""
        strike = Strike(self._watched, first, last, error)
        return self._run(self.command, 3 - self.generation, strike)

    def _run(self, command: str, generation: int, strike: Strike | None) -> Outcome:
        raw = self.raw[generation]
        # Versions take turns, so the last one is of the other generation.
        wanted = {"build": ("--raw", raw), "load": (raw,), "rollback": ()}[command]
        return self._arena.children.run(
            *(command, *wanted, "--target", self._arena.target),
            *("--database", self.database),
            strike=strike,
            task="without_dbt",
        )

    def published(self) -> int | str:
        """The generation that readers see."""
        made_by = "load" if self.command == "load" else "build"
        return generation_of(self._arena.target, self.database, made_by)

    def kept(self) -> list[int | str]:
        """The generations of the versions before it, once what is undone is undone."""
        engine = engine_for(self._arena.target, self.database)
        with engine.exclusive_use():
            kept = engine.kept_versions()
        return [generation_of(v.target, v.database, "build") for v in kept]


def _attack(
    arena: Arena, command: str, errors: tuple[int, ...]
) -> Iterator[str | None]:
    shop = _Shop(arena, command)
    passed = shop.strike(1, FOR_EVER, 0)
    assert passed.operations, "the shim met no operation"
    for generation in (2, 1):
        shop.build(generation)
    cases = [
        (number, last, error)
        for number, operation in enumerate(passed.operations, start=1)
        for error in errors
        # To be killed before one that changes nothing is to be killed before the next.
        if error != KILL or operation.startswith(CHANGING)
        for last in ((number,) if error == KILL else (number, FOR_EVER))
    ]
    arena.random.shuffle(cases)
    # First where the published warehouse is at stake.
    cases.sort(key=lambda case: ".building" in passed.operations[case[0] - 1])
    for number, last, error in cases:
        outcome = shop.strike(number, last, error)
        fault = _fault(shop, outcome, killed=outcome.exit_code == -signal.SIGKILL)
        if not outcome.operations:
            continue  # it needed one operation less than the run that was counted
        if fault is not None:
            how = "killed" if error == KILL else os.strerror(error)
            lasting = " from there on" if last == FOR_EVER else ""
            struck = outcome.operations[0].replace(str(arena.folder), "")
            fault = f"operation {number} ({struck}): {how}{lasting}: {fault}"
        yield fault


def _fault(shop: _Shop, outcome: Outcome, *, killed: bool) -> str | None:
    old, new = shop.generation, 3 - shop.generation
    found = shop.published()
    fault = None
    if not killed:
        fault = outcome.untidy()
        expected = new if outcome.exit_code == 0 else old
        if fault is None and found != expected:
            fault = (
                f"exit code {outcome.exit_code} ({outcome.last_line}), "
                f"but generation {expected} is not there: {found}"
            )
    elif found not in (old, new):
        fault = f"neither the old version nor the new one: {found}"
    if isinstance(found, int):
        shop.generation = found
        # None is lost, and none is there twice; one too many goes with the next build.
        kept = shop.kept()
        is_more = shop.command == "build" and len(kept) == _KEPT + 1
        # A load in place changes the version that the next build keeps.
        is_replaced_kept = shop.command == "load" or kept[:1] == [3 - found]
        if not is_replaced_kept or not (len(kept) == _KEPT or is_more):
            fault = fault or f"generation {found} is published, and kept are {kept}"
    again = shop.build(3 - shop.generation)
    if again.exit_code != 0:
        fault = fault or f"the next build fails: {again.last_line}"
        _start_again(shop)
    elif shop.published() != shop.generation:
        fault = fault or f"the next build published {shop.published()}"
    return fault


def _start_again(shop: _Shop) -> None:
    for path in sorted(shop.folder.rglob("*"), reverse=True):
        _remove(path)
    shop.start()


def _remove(path: Path) -> None:
    path.rmdir() if path.is_dir() else path.unlink()


def _errors(arena: Arena) -> tuple[int, ...]:
    return LOST if arena.target in SERVERS else ERRORS


def fail_builds(arena: Arena) -> Iterator[str | None]:
    """Each file operation of a build fails."""
    return _attack(arena, "build", _errors(arena))


def kill_builds(arena: Arena) -> Iterator[str | None]:
    """A build is killed at each file operation."""
    return _attack(arena, "build", (KILL,))


def fail_loads(arena: Arena) -> Iterator[str | None]:
    """Each file operation of a load in place fails."""
    return _attack(arena, "load", _errors(arena))


def kill_loads(arena: Arena) -> Iterator[str | None]:
    """A load in place is killed at each file operation."""
    return _attack(arena, "load", (KILL,))


def fail_rollbacks(arena: Arena) -> Iterator[str | None]:
    """Each file operation of a rollback fails."""
    return _attack(arena, "rollback", _errors(arena))


def kill_rollbacks(arena: Arena) -> Iterator[str | None]:
    """A rollback is killed at each file operation."""
    return _attack(arena, "rollback", (KILL,))


ATTACKS = (
    Attack("a file operation of a build fails", fail_builds, TARGETS, 60),
    Attack("a build is killed at a file operation", kill_builds, TARGETS, 30),
    Attack("a file operation of a load fails", fail_loads, TARGETS, 40),
    Attack("a load is killed at a file operation", kill_loads, TARGETS, 20),
    Attack("a file operation of a rollback fails", fail_rollbacks, TARGETS, 40),
    Attack("a rollback is killed at a file operation", kill_rollbacks, TARGETS, 20),
)
