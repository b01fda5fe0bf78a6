"""Lanes: the small streets inside blocks - across them, or winding through villages."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from math import sqrt
from typing import TYPE_CHECKING

from data.stylised.lines import METRE, Point, apart, between, length, rounded, steps
from data.stylised.mask import FREE, ROAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data.stylised.blocks import Block, Way
    from data.stylised.chance import Chance
    from data.stylised.mask import Mask
    from data.stylised.plan import Name

OVER = 3 * METRE
"""How far lanes overshoot the street at which they end [cm]."""

BACK = 28 * METRE
"""How far lanes stay away from rivers and rails [cm]."""

SHORTEST = 110 * METRE
"""Shorter lanes are not built [cm]."""

FROM_CORNER, FROM_LANE = 75 * METRE, 55 * METRE
"""Least distances [cm] of a lane's mouth from a crossing of streets, and from another lane's mouth."""

LOOSE = 35
"""Of a hundred lanes that would end in no street at either end, so many are not built."""

CELLS = {
    "homes": 130, "old": 108, "works": 225, "offices": 165, "campus": 210, "shops": 190, "empty": 330, "hospital": 240,
}  # fmt: skip
"""How far apart lanes are [m], by use; no lanes elsewhere."""


@dataclass(frozen=True)
class Lane:
    """A small street."""

    points: tuple[Point, ...]
    use: str
    name: Name | None = None


@dataclass
class Mouths:
    """Where lanes meet streets: not at their corners, and opposite each other rather than a few metres off."""

    corners: list[Point]
    taken: dict[Point, int] = field(default_factory=dict)

    def place(self, point: Point, block: int) -> Point | None:
        """Return where the lane of a block shall meet the street that it reaches at a point; None = not here."""
        if any(apart(point, corner) < FROM_CORNER for corner in self.corners):
            return None
        near = min(self.taken, key=lambda other: (apart(point, other), other), default=None)
        if near is not None and apart(point, near) < FROM_LANE:
            return None if self.taken[near] == block else near
        return point


@dataclass(frozen=True)
class Cut:
    """A block (with its number) that lanes cross in one direction, side by side in another, and what it is used for."""

    block: Block
    number: int
    way: Way
    step: Way
    use: str


@dataclass(frozen=True)
class Builder:
    """What lanes must look at while they are drawn."""

    mask: Mask
    mouths: Mouths
    chance: Chance
    streets: frozenset[int]
    names: tuple[Name, ...]

    def across(self, block: Block, number: int, use: str, cell: int) -> list[Lane]:
        """Return lanes from side to side of a block, in both directions, about so far [cm] apart."""
        u = block.axis
        v = (-u[1], u[0])
        found: list[Lane] = []
        for way, step in ((v, u), (u, v)):
            low, high = block.reach(step)
            count = round((high - low) / cell) - 1
            for row in range(count):
                at = low + (high - low) * (row + 1) / (count + 1)
                lane = self._lane(Cut(block, number, way, step, use), at, (row, way is u))
                if lane is not None:
                    found.append(lane)
        return found

    def _lane(self, cut: Cut, at: float, about: object) -> Lane | None:
        """Return the lane that crosses a block so far [cm] from its middle, or near there where it finds its mouths."""
        x, y = cut.block.middle
        sway = self.chance.between(-14, 14, "sway", (x, y), about) * METRE
        for shift in (0, 30, -30, 55, -55):
            off = at + shift * METRE + sway
            start = (round(x + cut.step[0] * off), round(y + cut.step[1] * off))
            spans = cut.block.spans(start, cut.way)
            if not spans:
                continue
            near, far, left, right = max(spans, key=lambda span: span[1] - span[0])
            a, from_street = self._end(cut, start, near, left, -1)
            b, to_street = self._end(cut, start, far, right, 1)
            if from_street is None and to_street is None and self.chance.happens(LOOSE, "loose", (x, y), about):
                return None
            if a is not None and b is not None and apart(a, b) >= SHORTEST:
                lane = self._built(cut, a, b, about)
                for mouth, end in ((from_street, a), (to_street, b)):
                    if lane is not None and mouth is not None and end in lane.points:
                        self.mouths.taken[mouth] = cut.number
                return lane
        return None

    def _end(self, cut: Cut, start: Point, along: float, side: int, sign: int) -> tuple[Point | None, Point | None]:
        """Return where a lane ends, and where it meets a street; before a river it meets none."""
        if side not in self.streets:
            return _on(start, cut.way, along - sign * BACK), None
        mouth = self.mouths.place(_on(start, cut.way, along), cut.number)
        return (None if mouth is None else _on(mouth, cut.way, sign * OVER)), mouth

    def _built(self, cut: Cut, a: Point, b: Point, about: object) -> Lane | None:
        middle = cut.block.middle
        x, y = b[0] - a[0], b[1] - a[1]
        size = sqrt(x * x + y * y)
        bow = self.chance.between(-9, 9, "bow", middle, about) * METRE
        line = [a]
        for part in (0.25, 0.5, 0.75):
            off = bow * (1 - (2 * part - 1) * (2 * part - 1))
            p = between(a, b, part)
            line.append((round(p[0] - y / size * off), round(p[1] + x / size * off)))
        line.append(b)
        if self.chance.happens(34, "stops", middle, about):  # at a lane that it meets, not across the block
            line = line[:4] if self.chance.happens(50, "side", middle, about) else line[1:]
        kept = self.open_part(line)
        if length(kept) < SHORTEST:
            return None
        return Lane(tuple(kept), cut.use, self.named(middle, about))

    def open_part(self, line: Sequence[Point]) -> list[Point]:
        """Return the longest part of a line on open ground."""
        best: list[Point] = []
        run: list[Point] = []
        for point in steps(line, 8 * METRE):
            run = [*run, point] if self.mask.at(point) in {FREE, ROAD} else []
            best = run if len(run) > len(best) else best
        return best[:: max(len(best) // 8, 1)] + best[-1:] if best else []

    def named(self, *about: object) -> Name | None:
        """Return a name for a lane; many have none."""
        return self.chance.pick(self.names, "name", *about) if self.chance.happens(62, "named", *about) else None

    def through(self, block: Block, number: int) -> list[Lane]:
        """Return the lanes of a village in a block: its main one runs along the block's longest side."""
        v = block.axis
        u = (-v[1], v[0])
        main = self._lane(Cut(block, number, v, u, "village"), 0.0, "main")
        return [] if main is None else self.village(main.points, "village", main.name)

    def village(self, spine: Sequence[Point], use: str, name: Name | None) -> list[Lane]:
        """Return a lane that winds along a line, the lanes that leave it to both sides, and some behind the houses."""
        main = Lane(tuple(self.open_part(rounded(spine, 60 * METRE))), use, name)
        found = [main]
        spots = steps(main.points, 46 * METRE)[1:-1] if len(main.points) > 1 else []
        tips: dict[int, tuple[Point, ...]] = {}
        for row, (a, b) in enumerate(pairwise(spots)):
            side = 1 if row % 2 else -1
            lane = self._branch(a, b, side, use)
            if lane is not None:
                found.append(lane)
                last = tips.get(side)
                if last is not None and self.chance.happens(60, "behind", a):
                    found.append(self._behind(last, lane.points, use))
                tips[side] = lane.points
        return found

    def _branch(self, a: Point, b: Point, side: int, use: str) -> Lane | None:
        x, y = b[0] - a[0], b[1] - a[1]
        size = max(sqrt(x * x + y * y), 1.0)
        far = self.chance.between(65, 190, "far", a) * METRE
        lean = self.chance.between(-35, 35, "lean", a) / 100
        way = (-y / size * side + x / size * lean, x / size * side + y / size * lean)
        bend = self.chance.between(-25, 25, "bend", a) / 100
        half = _on(a, way, far / 2)
        tip = _on(half, (way[0] + x / size * bend, way[1] + y / size * bend), far / 2)
        start = _on(a, way, -OVER)
        part = self.open_part(rounded([start, half, tip], 40 * METRE))
        if not part or part[0] != start or length(part) < 40 * METRE:
            return None
        return Lane(tuple(part), use, self.named(a))

    def _behind(self, one: Sequence[Point], other: Sequence[Point], use: str) -> Lane:
        """Return a lane between two branches, at about two thirds of the shorter one."""
        a, b = (points[len(points) * 2 // 3] for points in (one, other))
        return Lane((between(a, b, -0.06), between(a, b, 0.5), between(a, b, 1.06)), use)


def _on(start: Point, way: Way, far: float) -> Point:
    return round(start[0] + way[0] * far), round(start[1] + way[1] * far)
