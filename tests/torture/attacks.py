"""All attacks there are."""

from tests.torture import csv_fuzz, damage, file_faults
from tests.torture.attack import Attack

ATTACKS: tuple[Attack, ...] = (
    *csv_fuzz.ATTACKS,
    *damage.ATTACKS,
    *file_faults.ATTACKS,
)
