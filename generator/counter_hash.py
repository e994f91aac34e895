"""Random numbers as a pure function of (seed, stream, entity, draw).

Every number the simulation uses is an output of SplitMix64 (Steele, Lea and Flood,
"Fast splittable pseudorandom number generators", OOPSLA 2014) addressed by its
position instead of taken in turn. So a customer's fate depends neither on chunk
size nor on how many other customers there are, and nothing depends on numpy's own
generators, whose streams may change between versions.

Arrays are ``uint64``, one element an entity; their arithmetic wraps modulo 2**64.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

_MASK = (1 << 64) - 1
_GAMMA = 0x9E3779B97F4A7C15
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


class Stream(IntEnum):
    """Independent families of entities; the numbers are part of the output."""

    CUSTOMER = 1
    GUEST = 2
    PRODUCT = 3
    BRAND = 4
    ORDER_NEWS = 5
    CUSTOMER_NEWS = 6
    PRODUCT_NEWS = 7
    UNIT_COST = 8


def _mix(values: Hashes) -> Hashes:
    values ^= values >> np.uint64(30)
    values *= _MIX_1
    values ^= values >> np.uint64(27)
    values *= _MIX_2
    values ^= values >> np.uint64(31)
    return values


def stream_key(seed: int, stream: Stream) -> Hashes:
    """Return the state from which a stream's entities are numbered, shape (1,)."""
    key = _mix(np.array([(seed + _GAMMA) & _MASK], np.uint64))
    key += np.uint64((_GAMMA * stream) & _MASK)
    return _mix(key)


def entity_keys(seed: int, stream: Stream, entities: NDArray[np.int64]) -> Hashes:
    """Return the key of each entity number, shape as ``entities``."""
    numbers = entities.astype(np.uint64)
    numbers += np.uint64(1)
    numbers *= np.uint64(_GAMMA)
    numbers += stream_key(seed, stream)
    return _mix(numbers)


def child_keys(keys: Hashes, children: NDArray[np.int64]) -> Hashes:
    """Return keys for the ``children``-th dependant of each entity (its orders)."""
    numbers = children.astype(np.uint64)
    # Far from the small draw numbers, so that no child key equals a draw.
    numbers += np.uint64(1 << 32)
    numbers *= np.uint64(_GAMMA)
    numbers += keys
    return _mix(numbers)


def draw(keys: Hashes, number: int) -> Hashes:
    """Return draw ``number`` (0, 1, 2, ...) of each entity: 64 uniform bits."""
    return _mix(keys + np.uint64((_GAMMA * (number + 1)) & _MASK))


def unit(hashes: Hashes) -> NDArray[np.float64]:
    """Return floats uniform on the open interval (0, 1), from the top 52 bits."""
    result: NDArray[np.float64] = (hashes >> np.uint64(12)).astype(np.float64)
    result += 0.5
    result *= 2.0**-52
    return result


def below(hashes: Hashes, bounds: NDArray[np.int64] | int) -> NDArray[np.int64]:
    """Return integers uniform on 0 .. bound - 1 from the top 32 bits.

    Args:
        hashes: Random bits, shape (n,).
        bounds: One bound for all or one an element, each from 1 to 2**32.
    """
    if isinstance(bounds, int):
        scaled = (hashes >> np.uint64(32)) * np.uint64(bounds)
    else:
        scaled = (hashes >> np.uint64(32)) * bounds.astype(np.uint64)
    return (scaled >> np.uint64(32)).astype(np.int64)


def happens(hashes: Hashes, probability: float) -> NDArray[np.bool_]:
    """Return True with ``probability``, decided by the low 32 bits."""
    threshold = np.uint64(int(probability * 2.0**32))
    result: NDArray[np.bool_] = (hashes & np.uint64(0xFFFFFFFF)) < threshold
    return result
