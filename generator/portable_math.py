"""Logarithm, exponential and normal quantile that give the same bits everywhere.

IEEE 754 fixes the result of ``+ - * /`` and the square root, but not of ``log`` and
``exp``: a C library or a SIMD build of numpy may differ in the last bit, and one
such bit can move a purchase to another day. These versions use only the former, as
separate numpy operations, so that no compiler can fuse two of them.

Arguments and results are ``float64`` arrays; the relative error is a few 1e-16.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
_EXPONENT_ONE = 0x3FF0000000000000

# Wichura (1988), Algorithm AS 241, PPND16: numerators and denominators.
_CENTRE = (
    (
        3.3871328727963666080,
        1.3314166789178437745e2,
        1.9715909503065514427e3,
        1.3731693765509461125e4,
        4.5921953931549871457e4,
        6.7265770927008700853e4,
        3.3430575583588128105e4,
        2.5090809287301226727e3,
    ),
    (
        1.0,
        4.2313330701600911252e1,
        6.8718700749205790830e2,
        5.3941960214247511077e3,
        2.1213794301586595867e4,
        3.9307895800092710610e4,
        2.8729085735721942674e4,
        5.2264952788528545610e3,
    ),
)
_NEAR_TAIL = (
    (
        1.42343711074968357734,
        4.63033784615654529590,
        5.76949722146069140550,
        3.64784832476320460504,
        1.27045825245236838258,
        2.41780725177450611770e-1,
        2.27238449892691845833e-2,
        7.74545014278341407640e-4,
    ),
    (
        1.0,
        2.05319162663775882187,
        1.67638483018380384940,
        6.89767334985100004550e-1,
        1.48103976427480074590e-1,
        1.51986665636164571966e-2,
        5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    ),
)
_FAR_TAIL = (
    (
        6.65790464350110377720,
        5.46378491116411436990,
        1.78482653991729133580,
        2.96560571828504891230e-1,
        2.65321895265761230930e-2,
        1.24266094738807843860e-3,
        2.71155556874348757815e-5,
        2.01033439929228813265e-7,
    ),
    (
        1.0,
        5.99832206555887937690e-1,
        1.36929880922735805310e-1,
        1.48753612908506148525e-2,
        7.86869131145613259100e-4,
        1.84631831751005468180e-5,
        1.42151175831644588870e-7,
        2.04426310338993978564e-15,
    ),
)


def _polynomial(coefficients: tuple[float, ...], x: Floats) -> Floats:
    result = np.full_like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        result *= x
        result += coefficient
    return result


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
    result = centred * _polynomial(_CENTRE[0], square) / _polynomial(_CENTRE[1], square)
    outside = np.flatnonzero(square < 0.0)
    if outside.size:
        sides = centred[outside]
        tails = np.where(sides < 0.0, u[outside], 1.0 - u[outside])
        root = np.sqrt(-log(tails))
        near = root - 1.6
        far = root - 5.0
        values = np.where(
            root <= 5.0,
            _polynomial(_NEAR_TAIL[0], near) / _polynomial(_NEAR_TAIL[1], near),
            _polynomial(_FAR_TAIL[0], far) / _polynomial(_FAR_TAIL[1], far),
        )
        result[outside] = np.where(sides < 0.0, -values, values)
    return result
