"""Gamma, beta and exponential variates from counter hashes, bit for bit portable.

Each function takes the entities' keys and the number of the first draw it may use,
and returns one ``float64`` an entity.
"""

import numpy as np

from generator.counter_hash import Hashes, draw, unit
from generator.portable_math import Floats, exp, log, normal_quantile

# Draws one gamma variate may use: two an attempt, and one for shapes below 1. An
# attempt fails with probability below 0.05, so 16 in a row do with 2e-21.
GAMMA_DRAWS = 33


def exponential(keys: Hashes, number: int) -> Floats:
    """Return exponential variates of mean 1, by inversion; uses one draw."""
    return -log(unit(draw(keys, number)))


def gamma(keys: Hashes, first_draw: int, shape: float) -> Floats:
    """Return gamma variates of ``shape`` and rate 1; uses ``GAMMA_DRAWS`` draws.

    Marsaglia and Tsang (2000), "A simple method for generating gamma variables",
    ACM Transactions on Mathematical Software 26, 363-372: rejection of a cubed
    normal; shapes below 1 come from shape + 1 times u ** (1 / shape).
    """
    boosted = shape + 1.0 if shape < 1.0 else shape
    d = boosted - 1.0 / 3.0
    c = 1.0 / float(np.sqrt(9.0 * d))
    result = np.full(keys.shape, d)
    waiting = np.arange(keys.size)
    for attempt in range((GAMMA_DRAWS - 1) // 2):
        if not waiting.size:
            break
        some = keys[waiting]
        x = normal_quantile(unit(draw(some, first_draw + 1 + 2 * attempt)))
        log_u = log(unit(draw(some, first_draw + 2 + 2 * attempt)))
        v = 1.0 + c * x
        positive = v > 0.0
        v = np.where(positive, v * v * v, 1.0)
        accepted = positive & (log_u < 0.5 * x * x + d - d * v + d * log(v))
        result[waiting[accepted]] = d * v[accepted]
        waiting = waiting[~accepted]
    if shape < 1.0:
        result *= exp(log(unit(draw(keys, first_draw))) / shape)
    return result


def beta(keys: Hashes, first_draw: int, a: float, b: float) -> Floats:
    """Return beta variates, a ratio of gammas; uses 2 * ``GAMMA_DRAWS`` draws."""
    left = gamma(keys, first_draw, a)
    right = gamma(keys, first_draw + GAMMA_DRAWS, b)
    return left / (left + right)
