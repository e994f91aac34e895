"""Weighted choice in one step with integers only (Walker's alias method)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generator.counter_hash import Hashes

_LOW_32 = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True)
class AliasTables:
    """Several alias tables end to end, so that each row may use its own.

    Attributes:
        offsets: First slot of each table, shape (tables,).
        sizes: Slots of each table, shape (tables,).
        thresholds: A slot keeps its own value below this, of 2**32; shape (slots,).
        kept: The value of each slot, shape (slots,).
        aliases: The value taken at or above the threshold, shape (slots,).
    """

    offsets: NDArray[np.int64]
    sizes: NDArray[np.int64]
    thresholds: NDArray[np.uint64]
    kept: NDArray[np.int64]
    aliases: NDArray[np.int64]

    def pick(self, hashes: Hashes, tables: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return one value a row, drawn from the table named in ``tables``."""
        sizes = self.sizes[tables].astype(np.uint64)
        slots = (((hashes >> np.uint64(32)) * sizes) >> np.uint64(32)).astype(np.int64)
        slots += self.offsets[tables]
        keep = (hashes & _LOW_32) < self.thresholds[slots]
        return np.where(keep, self.kept[slots], self.aliases[slots])

    def pick_one_table(self, hashes: Hashes) -> NDArray[np.int64]:
        """Return one value a row from the first table."""
        return self.pick(hashes, np.zeros(hashes.shape, np.int64))


def _vose(weights: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return thresholds (of 2**32) and alias slots for integer weights."""
    count, total = len(weights), sum(weights)
    scaled = [weight * count for weight in weights]
    thresholds = [1 << 32] * count
    aliases = list(range(count))
    small = [i for i, weight in enumerate(scaled) if weight < total]
    large = [i for i, weight in enumerate(scaled) if weight >= total]
    while small and large:
        poor, rich = small.pop(), large[-1]
        thresholds[poor] = (scaled[poor] << 32) // total
        aliases[poor] = rich
        scaled[rich] -= total - scaled[poor]
        if scaled[rich] < total:
            small.append(large.pop())
    return thresholds, aliases


def build_alias_tables(
    tables: Sequence[tuple[Sequence[int], Sequence[int]]],
) -> AliasTables:
    """Return alias tables for a sequence of (values, positive integer weights)."""
    offsets, sizes = [], []
    thresholds: list[int] = []
    kept: list[int] = []
    aliases: list[int] = []
    for values, weights in tables:
        offsets.append(len(kept))
        sizes.append(len(values))
        own_thresholds, own_aliases = _vose(weights)
        thresholds += own_thresholds
        kept += values
        aliases += [values[i] for i in own_aliases]
    return AliasTables(
        offsets=np.array(offsets, np.int64),
        sizes=np.array(sizes, np.int64),
        thresholds=np.array(thresholds, np.uint64),
        kept=np.array(kept, np.int64),
        aliases=np.array(aliases, np.int64),
    )
