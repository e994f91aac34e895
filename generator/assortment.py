"""What the shop sells: categories, kinds of product, and what goes together.

Popularity is not set here: every product draws its own rank.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Kind:
    """One kind of product, such as "Espresso Beans 1 kg"; prices of a plain one."""

    name: str
    low: int  # cents
    high: int  # cents


@dataclass(frozen=True)
class Mission:
    """Why a customer comes: the kinds such an order draws from.

    ``months`` holds twelve relative weights, January first.
    """

    name: str
    months: tuple[int, ...]
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Companions:
    """Two kinds bought together: ``second`` follows ``first`` into the basket."""

    first: str
    second: str
    probability: float


_DATA = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
CATEGORIES: dict[str, tuple[Kind, ...]] = {
    category: tuple(Kind(*kind) for kind in kinds)
    for category, kinds in _DATA["categories"].items()
}
# What a piece costs the shop, in per cent of its list price: from, to.
COSTS: dict[str, tuple[int, int]] = {
    category: tuple(shares) for category, shares in _DATA["costs"].items()
}
BRANDS: tuple[str, ...] = tuple(_DATA["brands"])
# Each edition multiplies the price by its percentage.
EDITIONS: tuple[tuple[str, int], ...] = tuple(map(tuple, _DATA["editions"]))
MISSIONS = tuple(
    Mission(mission["name"], tuple(mission["months"]), tuple(mission["kinds"]))
    for mission in _DATA["missions"]
)
COMPANIONS = tuple(Companions(*companions) for companions in _DATA["companions"])
