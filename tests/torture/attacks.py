"""All attacks there are."""

from tests.torture import (
    changes,
    clocks,
    csv_fuzz,
    damage,
    file_faults,
    names,
    nights,
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
    *nights.ATTACKS,
    *outputs.ATTACKS,
    *clocks.ATTACKS,
    *small_disks.ATTACKS,
    *names.ATTACKS,
    *readers.ATTACKS,
    *strangers.ATTACKS,
)
