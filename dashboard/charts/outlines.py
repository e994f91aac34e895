"""Where countries lie on the map, from the outlines that the browser draws it with."""

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from pathlib import Path
from typing import Any

from dashboard.country_codes import small_places

_FILE = Path(__file__).parents[1] / "static" / "world_110m.json"
# An island within half a country's width of it is near; French Guiana is not.
_NEAR = 0.5

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """Some degrees of longitude and latitude."""

    west: float
    south: float
    east: float
    north: float

    @property
    def width(self) -> float:
        """Degrees of longitude."""
        return self.east - self.west

    @property
    def height(self) -> float:
        """Degrees of latitude."""
        return self.north - self.south

    @property
    def middle(self) -> Point:
        """Longitude and latitude of the middle."""
        return (self.west + self.east) / 2, (self.south + self.north) / 2

    def holds(self, point: Point) -> bool:
        """Whether a longitude and latitude lie in it."""
        longitude, latitude = point
        return (
            self.west <= longitude <= self.east and self.south <= latitude <= self.north
        )

    def joined(self, other: "Box") -> "Box":
        """The smallest one around both."""
        return Box(
            min(self.west, other.west),
            min(self.south, other.south),
            max(self.east, other.east),
            max(self.north, other.north),
        )

    def grown(self, share: float, degrees: float = 0.0) -> "Box":
        """The same with so much of itself more, and so many degrees, on each side."""
        wider = share * self.width + degrees
        higher = share * self.height + degrees
        return Box(
            max(self.west - wider, -180.0),
            max(self.south - higher, -85.0),
            min(self.east + wider, 180.0),
            min(self.north + higher, 85.0),
        )


def around(boxes: Iterable[Box]) -> Box:
    """The smallest one around all of them."""
    return reduce(Box.joined, boxes)


@cache
def country_boxes() -> dict[str, Box]:
    """Each country's main land and what is near, by code; a point for a small one."""
    drawn: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
    arcs = _arcs(drawn)
    found = {
        code: Box(longitude, latitude, longitude, latitude)
        for code, (latitude, longitude) in small_places().items()
    }
    for country in drawn["objects"]["countries"]["geometries"]:
        shapes = country.get("arcs", [])
        if country["type"] == "Polygon":
            shapes = [shapes]
        outer = [_box_of(arcs, shape[0]) for shape in shapes if shape]
        if outer and "id" in country:  # Kosovo, Northern Cyprus, Somaliland have none
            found[str(country["id"])] = _main(outer)
    return found


def _arcs(drawn: dict[str, Any]) -> list[list[Point]]:
    """The lines of a TopoJSON file, whose points are written as steps."""
    (x_scale, y_scale), (x_start, y_start) = (
        drawn["transform"][name] for name in ("scale", "translate")
    )
    lines = []
    for steps in drawn["arcs"]:
        xs, ys = (itertools.accumulate(axis) for axis in zip(*steps, strict=True))
        lines.append(
            [
                (x * x_scale + x_start, y * y_scale + y_start)
                for x, y in zip(xs, ys, strict=True)
            ]
        )
    return lines


def _box_of(arcs: Sequence[Sequence[Point]], ring: Iterable[int]) -> Box:
    # An arc that is walked the other way is ~index.
    points = [
        point for index in ring for point in arcs[index if index >= 0 else ~index]
    ]
    longitudes, latitudes = zip(*points, strict=True)
    return Box(min(longitudes), min(latitudes), max(longitudes), max(latitudes))


def _main(shapes: Sequence[Box]) -> Box:
    """The largest shape, and those near to it."""
    largest = max(shapes, key=lambda each: each.width * each.height)
    near = largest.grown(_NEAR)
    return around(each for each in shapes if near.holds(each.middle))
