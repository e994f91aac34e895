"""Logarithm, exponential and normal quantile that give the same bits everywhere.

IEEE 754 fixes the result of ``+ - * /`` and the square root, but not of ``log`` and
``exp``: a C library or a SIMD build of numpy may differ in the last bit, and one
such bit can move a purchase to another day. These versions use only the former, as
separate numpy operations, so that no compiler can fuse two of them.

Arguments and results are ``float64`` arrays; the relative error is a few 1e-16.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
_EXPONENT_ONE = 0x3FF0000000000000

# Wichura (1988), Algorithm AS 241, PPND16: coefficients of rising powers.
_AS_241 = np.genfromtxt(
    Path(__file__).with_name("as_241.csv"), delimiter=",", names=True
)


def _polynomial(coefficients: Sequence[float] | Floats, x: Floats) -> Floats:
    result = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        result *= x
        result += coefficient
    return result


def _ratio(region: str, x: Floats) -> Floats:
    top = _polynomial(_AS_241[f"{region}_numerator"], x)
    return top / _polynomial(_AS_241[f"{region}_denominator"], x)


def log(x: Floats) -> Floats:
    """Return the natural logarithm of positive, normal numbers."""
    bits = x.view(np.int64)
    # x = m * 2**k with m between sqrt(1/2) and sqrt(2).
    shifted = bits - _SQRT_HALF_BITS
    k = shifted >> 52
    m = (bits - (k << 52)).view(np.float64)
    s = (m - 1.0) / (m + 1.0)
    # log m = 2 artanh s; |s| < 0.1716, so s**21 / 21 is below 1e-17.
    series = _polynomial(tuple(2.0 / (2 * i + 1) for i in range(1, 10)), s * s)
    powers = k.astype(np.float64)
    small = s * s * s * series + powers * _LN2_LOW
    return (small + 2.0 * s) + powers * _LN2_HIGH


def exp(x: Floats) -> Floats:
    """Return e to the ``x``, for x between -700 and 700."""
    halves = np.where(x < 0.0, -0.5, 0.5)
    k = (x * 1.4426950408889634 + halves).astype(np.int64)
    powers = k.astype(np.float64)
    r = (x - powers * _LN2_HIGH) - powers * _LN2_LOW
    coefficients = [1.0]
    for i in range(1, 15):
        coefficients.append(coefficients[-1] / i)
    scale = ((k << 52) + _EXPONENT_ONE).view(np.float64)
    return _polynomial(tuple(coefficients), r) * scale


def normal_quantile(u: Floats) -> Floats:
    """Return the standard normal quantile of ``u`` in (0, 1).

    Wichura (1988), "Algorithm AS 241: The percentage points of the normal
    distribution", Applied Statistics 37, 477-484; accurate to about 1e-16.
    """
    centred = u - 0.5
    square = 0.180625 - centred * centred
    result = centred * _ratio("centre", square)
    outside = np.flatnonzero(square < 0.0)
    if outside.size:
        sides = centred[outside]
        tails = np.where(sides < 0.0, u[outside], 1.0 - u[outside])
        root = np.sqrt(-log(tails))
        values = np.where(
            root <= 5.0, _ratio("near_tail", root - 1.6), _ratio("far_tail", root - 5.0)
        )
        result[outside] = np.where(sides < 0.0, -values, values)
    return result
