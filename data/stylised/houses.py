"""Houses: buildings set beside streets and in blocks, in the manner of what a block is used for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import TYPE_CHECKING

from data.stylised.lines import METRE, Point, double_area, inside, length, steps
from data.stylised.mask import BUILT, FREE, SQUARE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data.stylised.blocks import Block, Way
    from data.stylised.chance import Chance
    from data.stylised.mask import Mask

Tags = dict[str, str]


@dataclass(frozen=True)
class Manner:
    """How a block is built up: houses in rows.

    ``long`` and ``deep`` are the least and the most [m] of a house, ``gap`` what is free between two in a row, ``row``
    what is free between rows, ``levels`` from which is drawn, ``chance`` how many of a hundred are built, ``kinds`` of
    OpenStreetMap; ``south`` says that all rows run as flats do, from east to west, else along the block; ``room`` is
    twice what must be free around a house [m].
    """

    kinds: tuple[str, ...]
    long: tuple[int, int]
    deep: tuple[int, int]
    gap: int
    row: int
    levels: tuple[int, ...]
    chance: int = 100
    south: bool = False
    room: int = 8


MANNERS = {
    "homes": Manner(("apartments",), (34, 62), (12, 14), 14, 26, (6, 6, 7, 11, 18), 86, south=True),
    "old": Manner(("apartments", "apartments", "residential", "yes"), (24, 46), (10, 12), 9, 13, (3, 4, 5, 6), 84,
                  south=True),
    "works": Manner(("industrial", "industrial", "industrial", "warehouse"), (60, 120), (34, 60), 22, 24, (1, 1, 2),
                    92),
    "offices": Manner(("office", "office", "commercial"), (30, 52), (24, 34), 30, 32, (5, 8, 12, 18), 72),
    "campus": Manner(("university", "university", "dormitory"), (50, 84), (16, 22), 30, 34, (4, 5, 6), 82),
    "shops": Manner(("retail", "retail", "commercial"), (40, 70), (26, 40), 20, 26, (2, 3, 4), 80),
    "empty": Manner(("construction", "apartments"), (34, 60), (13, 15), 22, 42, (11, 18), 16, south=True),
    "hospital": Manner(("hospital",), (50, 80), (20, 28), 26, 30, (4, 8, 12), 82),
    "school": Manner(("school",), (40, 56), (12, 14), 12, 22, (4, 4, 5), 82),
}  # fmt: skip
"""By use; blocks of any other use stay empty."""

PARKING = {"works": 8, "offices": 14, "campus": 10, "shops": 16, "hospital": 14, "homes": 4}
"""Of a hundred houses of a block, so many are a car park instead."""

CAR = 26
"""Square metres of a car park for each car."""

HOUSE = Manner(("house", "house", "yes"), (9, 13), (9, 12), 5, 0, (2, 3, 3, 4), room=1)
"""Houses of villages, along their lanes."""


@dataclass(frozen=True)
class Plot:
    """A rectangle of ground: its middle, the direction of its long side, its long and its short side [cm]."""

    spot: Point
    way: Way
    long: int
    deep: int

    @property
    def corners(self) -> tuple[Point, ...]:
        """Its corners, counter-clockwise."""
        return tuple(
            self._at(i * self.long / 2, j * self.deep / 2) for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))
        )  # fmt: skip

    def squares(self, room: int = 0) -> list[Point]:
        """Return points all over it, and so far [cm] beyond it, at the distance of squares of the mask."""
        long, deep = self.long + room, self.deep + room
        wide, high = long // SQUARE + 1, deep // SQUARE + 1
        return [
            self._at(long * (i / wide - 0.5), deep * (j / high - 0.5)) for i in range(wide + 1) for j in range(high + 1)
        ]

    def _at(self, x: float, y: float) -> Point:
        return _at(self.spot, self.way, (-self.way[1], self.way[0]), x, y)


@dataclass(frozen=True)
class House:
    """A building: its corners and tags."""

    ring: tuple[Point, ...]
    tags: Tags


@dataclass(frozen=True)
class Mason:
    """Sets houses where the ground is free, and takes that ground."""

    mask: Mask
    chance: Chance
    tilt: Way

    def block(self, block: Block, use: str) -> list[House]:
        """Return the houses of a block."""
        manner = MANNERS.get(use)
        if manner is None:
            return []
        houses = self._rows(block.ring, block.axis, block.middle, manner)
        return [self._or_parking(house, use) for house in houses]

    def site(self, ring: Sequence[Point], way: Way, use: str) -> list[House]:
        """Return the houses of a compound."""
        x, y = (sum(p[axis] for p in ring) // len(ring) for axis in (0, 1))
        return self._rows(ring, way, (x, y), MANNERS[use]) if use in MANNERS else []

    def _or_parking(self, house: House, use: str) -> House:
        if not self.chance.happens(PARKING.get(use, 0), "parking", house.ring[0]):
            return house
        cars = double_area(house.ring) // (2 * CAR * METRE**2)
        return House(house.ring, {"amenity": "parking", "capacity": str(cars)})

    def _rows(self, ring: Sequence[Point], way: Way, middle: Point, manner: Manner) -> list[House]:
        u = self.tilt if manner.south else way
        v = (-u[1], u[0])
        along, across = (
            [(p[0] - middle[0]) * w[0] + (p[1] - middle[1]) * w[1] for p in ring] for w in (u, v)
        )  # fmt: skip
        found = []
        y = min(across) + 14 * METRE
        while y < max(across):
            levels = self.chance.pick(manner.levels, "levels", middle, int(y) // (150 * METRE))
            deep = self.chance.between(*manner.deep, "deep", middle, int(y)) * METRE
            x = min(along) + self.chance.between(4, 24, "first", middle, int(y)) * METRE
            while x < max(along):
                long = self.chance.between(*manner.long, "long", middle, int(x), int(y)) * METRE
                plot = Plot(_at(middle, u, v, x + long / 2, y + deep / 2), u, long, deep)
                wanted = self.chance.happens(manner.chance, "built", plot.spot)
                if wanted and self._free(plot, manner.room) and all(inside(corner, ring) for corner in plot.corners):
                    found.append(self._built(plot, manner, levels))
                x += long + manner.gap * METRE
            y += deep + manner.row * METRE + (levels * METRE if manner.south else 0)
        return found

    def lane(self, points: Sequence[Point]) -> list[House]:
        """Return houses along both sides of a village lane."""
        found = []
        spots = steps(points, 19 * METRE) if length(points) > 30 * METRE else []
        for a, b in pairwise(spots):
            x, y = b[0] - a[0], b[1] - a[1]
            size = max(sqrt(x * x + y * y), 1.0)
            u, v = (x / size, y / size), (-y / size, x / size)
            for side in (-1, 1):
                long = self.chance.between(*HOUSE.long, "long", a, side) * METRE
                deep = self.chance.between(*HOUSE.deep, "deep", a, side) * METRE
                plot = Plot(_at(a, u, v, size / 2, side * (12 * METRE + deep / 2)), u, long, deep)
                if self.chance.happens(84, "house", a, side) and self._free(plot, HOUSE.room):
                    found.append(self._built(plot, HOUSE, self.chance.pick(HOUSE.levels, "levels", a, side)))
        return found

    def _free(self, plot: Plot, room: int) -> bool:
        return all(self.mask.at(point) == FREE for point in plot.squares(room * METRE))

    def _built(self, plot: Plot, manner: Manner, levels: int) -> House:
        self.mask.paint(plot.squares(), BUILT)
        tags = {"building": self.chance.pick(manner.kinds, "kind", plot.spot)}
        if self.chance.happens(72, "levels known", plot.spot):
            tags["building:levels"] = str(levels)
        return House(plot.corners, tags)


def _at(start: Point, u: Way, v: Way, x: float, y: float) -> Point:
    return round(start[0] + u[0] * x + v[0] * y), round(start[1] + u[1] * x + v[1] * y)
