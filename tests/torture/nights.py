"""A night is killed at each of its file operations, or each fails; another follows."""

import os
import shutil
import signal
from collections.abc import Iterator

from pipeline.raw_files.contract import RAW_TABLES
from tests.torture.attack import FILE_ENGINES, Arena, Attack, CannotAttackError
from tests.torture.children import FOR_EVER, KILL, Outcome, Strike
from tests.torture.file_faults import CHANGING, ERRORS
from tests.torture.generations import write_folder
from tests.torture.raw_tables import Target

# Batches in their order, and the orders in each; the last one is half a batch.
_BATCHES = {"1": ("held", "late"), "2": ("late", "new"), "3": ("half",)}
_BROKEN = "3"
_GOOD = ("1", "2")
(_ITEMS,) = (table for table in RAW_TABLES if table.name == "raw_order_items")
_PLACES = (".", "done", "refused")


class _Inbox:
    """An inbox with three batches, and a warehouse with a shop, in one folder."""

    def __init__(self, arena: Arena) -> None:
        if arena.children.shim is None:
            raise CannotAttackError("there is no C compiler for the shim")
        self._arena = arena
        self.folder = arena.folder / "struck"
        self.inbox = self.folder / "inbox"
        self._database = self.folder / "shop.db"
        self._raw = write_folder(arena.folder / "raw", 1)

    def start(self) -> None:
        """Begin anew, whatever was left."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.inbox.mkdir(parents=True)
        made = self._run("build", "--raw", str(self._raw))
        assert made.exit_code == 0, made.stderr
        for name, orders in _BATCHES.items():
            batch = self.inbox / name
            batch.mkdir()
            lines = [f"{order}-1,{order},P1,{name},1\n" for order in orders]
            (batch / "raw_order_items.csv").write_text(
                "order_item_id,order_id,product_id,quantity,price_per_item\n"
                + "".join(lines)
            )
            if name != _BROKEN:
                headers = [f"{order},C1,2024-05-01\n" for order in orders]
                (batch / "raw_orders.csv").write_text(
                    "order_id,customer_id,order_date\n" + "".join(headers)
                )

    def night(self, strike: Strike | None = None) -> Outcome:
        """Run the command."""
        return self._run("night", str(self.inbox), "--settle", "0", strike=strike)

    def _run(self, *command: str, strike: Strike | None = None) -> Outcome:
        return self._arena.children.run(
            *(*command, "--target", self._arena.target),
            *("--database", str(self._database)),
            strike=strike,
            task="without_dbt",
        )

    def held(self) -> dict[str, str]:
        """The batch that each order of the batches was last changed by."""
        rows = Target(self._arena.target, self._database).rows(_ITEMS)
        ours = {order for orders in _BATCHES.values() for order in orders}
        return {str(row[1]): str(row[3]) for row in rows if row[1] in ours}

    def places(self) -> dict[str, list[str]]:
        """Where each batch is."""
        return {
            name: [place for place in _PLACES if (self.inbox / place / name).is_dir()]
            for name in _BATCHES
        }


_ALL = {"held": "1", "late": "2", "new": "2"}
_AT_LAST = {"1": ["done"], "2": ["done"], "3": ["refused"]}


def _attack(arena: Arena, errors: tuple[int, ...]) -> Iterator[str | None]:
    inbox = _Inbox(arena)
    inbox.start()
    passed = inbox.night(Strike(str(inbox.folder), 1, FOR_EVER, 0))
    assert (inbox.held(), inbox.places()) == (_ALL, _AT_LAST), passed.stderr
    cases = [
        (number, error)
        for number, operation in enumerate(passed.operations, start=1)
        for error in errors
        if error != KILL or operation.startswith(CHANGING)
    ]
    arena.random.shuffle(cases)
    # First where batches are moved.
    cases.sort(key=lambda case: "/inbox/" not in passed.operations[case[0] - 1])
    for number, error in cases:
        inbox.start()
        last = number if error == KILL else FOR_EVER
        outcome = inbox.night(Strike(str(inbox.folder), number, last, error))
        fault = _fault(inbox, outcome)
        if fault is not None:
            how = "killed" if error == KILL else os.strerror(error)
            struck = (outcome.operations or ("?",))[0]
            fault = f"operation {number} ({struck}): {how}: {fault}"
        yield fault


def _fault(inbox: _Inbox, outcome: Outcome) -> str | None:
    held, places = inbox.held(), inbox.places()
    if outcome.exit_code != -signal.SIGKILL and (untidy := outcome.untidy()):
        return untidy
    if any(len(found) != 1 for found in places.values()):
        return f"a batch is lost, or there twice: {places}"
    in_done = [name for name in _GOOD if places[name] == ["done"]]
    if any(order not in held for name in in_done for order in _BATCHES[name]):
        return f"{in_done} are done, and only {held} is held"
    # One that could not be read was refused: it comes again, and is the last then.
    refused = [name for name in _GOOD if places[name] == ["refused"]]
    if not refused and held not in ({}, _ALL):
        return f"neither the old version nor the new one: {held}"
    for name in refused:
        (inbox.inbox / "refused" / name).rename(inbox.inbox / name)
    again = inbox.night()
    held, places = inbox.held(), inbox.places()
    if places != _AT_LAST or again.exit_code not in (0, 3):
        return f"the next night leaves {places}: {again.last_line}"
    if held != _ALL and not (refused and held.keys() == _ALL.keys()):
        return f"the next night leaves {held}"
    return None


def fail_nights(arena: Arena) -> Iterator[str | None]:
    """From some file operation of a night on, each fails."""
    return _attack(arena, ERRORS)


def kill_nights(arena: Arena) -> Iterator[str | None]:
    """A night is killed at each file operation."""
    return _attack(arena, (KILL,))


ATTACKS = (
    Attack("a file operation of a night fails", fail_nights, FILE_ENGINES, 15),
    Attack("a night is killed at a file operation", kill_nights, FILE_ENGINES, 15),
)
