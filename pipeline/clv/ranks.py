"""Ranks of values, equal ones together."""

import numpy as np

from pipeline.clv.maximum import Array

# Values that are equal to nine decimals are equal, on every engine.
_DECIMALS = 9


class EqualGroups:
    """Entries with equal values, the highest first.

    Attributes:
        index: For each entry the index of its group.
        size: Entries in each group.
        before: Entries in all groups before it.
    """

    def __init__(self, values: Array) -> None:
        _, self.index, self.size = np.unique(
            -np.round(values, _DECIMALS), return_inverse=True, return_counts=True
        )
        self.before = np.cumsum(self.size) - self.size

    @property
    def rank(self) -> Array:
        """Each entry's rank; equals share the mean of theirs. About their mean."""
        middle = self.before + (self.size - len(self.index)) / 2
        return middle[self.index]


def rank_correlation(one: EqualGroups, other: EqualGroups) -> float | None:
    """Spearman's rank correlation; None where the values of either are all equal.

    scipy.stats has it too, and takes most of a second to import.
    """
    first, second = one.rank, other.rank
    variation = np.sqrt(np.sum(first**2) * np.sum(second**2))
    return float(np.sum(first * second) / variation) if variation > 0 else None
