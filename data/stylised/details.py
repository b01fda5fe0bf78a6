"""Details: what stands beside streets and in houses - shops, banks, police, gates, service roads."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt
from typing import TYPE_CHECKING

from data.stylised.lines import METRE, Point

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data.stylised.chance import Chance
    from data.stylised.files import Sheet, Tags
    from data.stylised.houses import House
    from data.stylised.roads import Road

INSIDE = {
    "apartments": (({"shop": "convenience"}, 9), ({"shop": "supermarket"}, 2), ({"amenity": "kindergarten"}, 1)),
    "residential": (({"shop": "convenience"}, 12),),
    "retail": (({"shop": "mall"}, 12), ({"shop": "supermarket"}, 25), ({"amenity": "bank"}, 12)),
    "office": (({"office": "company"}, 40), ({"amenity": "bank"}, 6), ({"amenity": "police"}, 2)),
    "house": (({"shop": "convenience"}, 2), ({"tourism": "guest_house"}, 4)),
}  # fmt: skip
"""What is inside of houses of a kind, and in how many of a hundred."""

DRIVE = 38
"""How long service roads are [m]."""


def details(sheet: Sheet, chance: Chance, roads: Sequence[Road], houses: Sequence[House], nodes: set[Point]) -> None:
    """Draw shops and the like inside houses, and service roads into the yards beside lanes."""
    for house in houses:
        for tags, percent in INSIDE.get(house.tags.get("building", ""), ()):
            if chance.happens(percent, "inside", house.ring[0], *tags.items()):
                x, y = (sum(p[axis] for p in house.ring) // len(house.ring) for axis in (0, 1))
                sheet.node((x, y), dict(tags))
                break
    for road in roads:
        if road.lane is not None and road.lane.use in {"homes", "old", "works", "offices"}:
            for line in road.pieces:
                _drive(sheet, chance, line, road.lane.use, nodes)


def _drive(sheet: Sheet, chance: Chance, line: Sequence[Point], use: str, nodes: set[Point]) -> None:
    for a, b in pairwise(line[1:]):
        if a in nodes or not chance.happens(30, "drive", a):
            continue
        x, y = b[0] - a[0], b[1] - a[1]
        size = sqrt(x * x + y * y)
        side = 1 if chance.happens(50, "side", a) else -1
        end = (round(a[0] - side * y / size * DRIVE * METRE), round(a[1] + side * x / size * DRIVE * METRE))
        tags: Tags = {"highway": "service"}
        if use == "homes":
            tags |= {"access": "private", "service": "driveway"}
            gate = (a[0] + (end[0] - a[0]) // 4, a[1] + (end[1] - a[1]) // 4)
            sheet.node(gate, {"barrier": "lift_gate"})
            sheet.way([a, gate, end], tags)
        else:
            sheet.way([a, end], tags)
