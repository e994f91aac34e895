"""Maximise a log-likelihood over positive parameters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, root

Array = NDArray[np.float64]

# How a search ended; whatever is no maximum says so.
FITTED = "fitted"
NOT_CONVERGED = "the fit did not converge"
ON_BOUND = "the fit ended on a bound"
# The status where there is nothing to search.
TOO_FEW = "too few customers"

# A maximum is flat: change of the mean log-likelihood per unit of log(parameter).
FLAT = 1e-6
# How near to a bound is on it, in logarithms.
NEAR = 1e-6


@dataclass(frozen=True)
class Parameter:
    """One positive parameter to be found.

    Attributes:
        unit: Its size in these data, so that bounds mean the same for weeks and money.
        lowest: The smallest value searched, in units.
        highest: The largest value searched, in units.
    """

    unit: float = 1.0
    lowest: float = 1e-3
    highest: float = 1e2


@dataclass(frozen=True)
class Maximum:
    """Where a log-likelihood is highest.

    Attributes:
        parameters: In the order of the function's arguments.
        log_likelihood: The sum over all customers, in natural units.
        status: `fitted`, or why it is no maximum: on a bound the likelihood rises
            towards a limit, and the data do not say how near to it they are.
    """

    parameters: tuple[float, ...]
    log_likelihood: float
    status: str


def maximise(
    log_likelihood: Callable[[Array], tuple[float, Array]],
    sought: Sequence[Parameter],
    starts: Sequence[Sequence[float]],
    customers: float,
) -> Maximum:
    """Search by L-BFGS-B in logarithms, from each start until one leads to a maximum.

    Args:
        log_likelihood: Gives the sum and its derivatives by the parameters.
        sought: What is known of each parameter beforehand.
        starts: Where to begin, in units.
        customers: How many the sum is over.
    """
    units = np.array([parameter.unit for parameter in sought])
    lowest = np.log([parameter.lowest for parameter in sought])
    highest = np.log([parameter.highest for parameter in sought])

    def negative_mean(logarithms: Array) -> tuple[float, Array]:
        parameters = np.exp(logarithms) * units
        value, slope = log_likelihood(parameters)
        return -value / customers, -slope * parameters / customers

    best: Maximum | None = None
    for start in starts:
        found = minimize(
            negative_mean,
            np.log(np.asarray(start, dtype=np.float64)),
            jac=True,
            method="L-BFGS-B",
            bounds=list(zip(lowest, highest, strict=True)),
            options={"maxiter": 1000, "ftol": 1e-13, "gtol": 1e-7},
        )
        end = _sharpened(negative_mean, found.x, lowest, highest)
        value, slope = negative_mean(end)
        at_bound = (end <= lowest + NEAR) | (end >= highest - NEAR)
        flat = np.abs(slope) < FLAT
        if not np.isfinite(value) or not np.all(at_bound | flat):
            status = NOT_CONVERGED
        elif np.any(at_bound):
            status = ON_BOUND
        else:
            status = FITTED
        ended = Maximum(
            tuple(float(value) for value in np.exp(end) * units),
            float(-value * customers),
            status,
        )
        if best is None or _rank(ended) > _rank(best):
            best = ended
        if status == FITTED:
            break
    if best is None:
        raise ValueError("there is nowhere to start")
    return best


def _rank(maximum: Maximum) -> tuple[int, float]:
    """What is found is better than a bound, a bound than nothing, then the higher."""
    order = (NOT_CONVERGED, ON_BOUND, FITTED)
    return order.index(maximum.status), maximum.log_likelihood


def _sharpened(
    function: Callable[[Array], tuple[float, Array]],
    point: Array,
    lowest: Array,
    highest: Array,
) -> Array:
    """From near a minimum to where the slope is 0, bounds left as they are.

    Where the search stops depends on the last digits of the data, which differ between
    engines; the minimum itself hardly does.
    """
    free = (point > lowest + NEAR) & (point < highest - NEAR)
    if not free.any():
        return point
    sharper = point.copy()

    def slope(parameters: Array) -> Array:
        sharper[free] = parameters
        return function(sharper)[1][free]

    sharper[free] = root(slope, point[free], tol=1e-10).x
    is_inside = np.all((sharper >= lowest) & (sharper <= highest))
    value = function(point)[0]
    is_lower = function(sharper)[0] <= value + 1e-12 * abs(value)
    return sharper if is_inside and is_lower else point
