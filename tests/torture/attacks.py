"""All attacks there are."""

from tests.torture import (
    changes,
    clocks,
    csv_fuzz,
    damage,
    file_faults,
    names,
    outputs,
    readers,
    small_disks,
    strangers,
)
from tests.torture.attack import Attack

ATTACKS: tuple[Attack, ...] = (
    *csv_fuzz.ATTACKS,
    *changes.ATTACKS,
    *damage.ATTACKS,
    *file_faults.ATTACKS,
    *outputs.ATTACKS,
    *clocks.ATTACKS,
    *small_disks.ATTACKS,
    *names.ATTACKS,
    *readers.ATTACKS,
    *strangers.ATTACKS,
)

# What does not hold yet: `make torture` shows it, `make test` does not stop at it.
NOT_YET = (
    "a file operation of a build fails",
    "a file operation of a load fails",
    "a load is killed at a file operation",
    "outputs are full, closed or broken",
)
