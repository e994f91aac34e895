"""What is expected of customers, by a model of purchases that was fitted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.clv.maximum import Array
from pipeline.clv.purchases import CustomerKinds, PurchaseModel

DAYS_A_YEAR = 365.25
# Money is discounted from the middle of each such part of the horizon.
PARTS = 4


@dataclass(frozen=True)
class Horizon:
    """What is predicted.

    Attributes:
        weeks: From the end of what was observed.
        yearly_discount_rate: Of money of a year later: 0.1 is 10 %.
    """

    weeks: int
    yearly_discount_rate: float


@dataclass(frozen=True)
class Scores:
    """One entry a customer, or a kind of customers; nan where nothing can be said.

    Attributes:
        p_alive: Probability of not having left; nan where leaving cannot be told.
        expected_orders: Days with a purchase within the horizon.
        discounted_orders: The same, weighted by what their money is worth today.
    """

    p_alive: Array
    expected_orders: Array
    discounted_orders: Array

    def of(self, kind_index: NDArray[np.intp]) -> "Scores":
        """The scores of customers, from those of their kinds."""
        return Scores(
            self.p_alive[kind_index],
            self.expected_orders[kind_index],
            self.discounted_orders[kind_index],
        )


def score(
    model: PurchaseModel,
    parameters: Sequence[float],
    kinds: CustomerKinds,
    horizon: Horizon,
) -> Scores:
    """Score each kind of customers by one model."""
    ends = horizon.weeks * np.arange(1, PARTS + 1) / PARTS
    alive = model.p_alive(parameters, kinds)
    until = alive * model.orders_if_active(parameters, kinds, list(ends))
    years = (ends - horizon.weeks / PARTS / 2) * 7 / DAYS_A_YEAR
    worth = (1 + horizon.yearly_discount_rate) ** -years
    in_part = np.diff(until, axis=0, prepend=0.0)
    known = np.where(model.chances_to_leave(kinds) > 0, alive, np.nan)
    return Scores(known, until[-1], np.sum(worth[:, np.newaxis] * in_part, axis=0))


def nothing_known(customers: int) -> Scores:
    """The scores where no model fits."""
    unknown = np.full(customers, np.nan)
    return Scores(unknown, unknown, unknown)
