"""Lines: geometry in whole centimetres, made of +, -, x, / and roots alone, so that it is the same on every machine."""

from __future__ import annotations

from itertools import pairwise
from math import isqrt, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Point = tuple[int, int]

METRE = 100
"""Centimetres in a metre."""

_BEND = 5  # points of the curve that takes the place of a corner


def in_cm(points: Iterable[tuple[int, int]]) -> list[Point]:
    """Return points given in metres."""
    return [(x * METRE, y * METRE) for x, y in points]


def apart(a: Point, b: Point) -> int:
    """Return the distance of two points [cm]."""
    return isqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2)


def length(points: Sequence[Point]) -> int:
    """Return the length of a line [cm]."""
    return sum(apart(a, b) for a, b in pairwise(points))


def between(a: Point, b: Point, part: float) -> Point:
    """Return the point that lies so far from a on the way to b (0 to 1)."""
    return round(a[0] + (b[0] - a[0]) * part), round(a[1] + (b[1] - a[1]) * part)


def rounded(points: Sequence[Point], reach: int) -> list[Point]:
    """Return a line whose corners are curves that begin at most so far [cm] before them."""
    line = [points[0]]
    for a, corner, b in zip(points, points[1:], points[2:], strict=False):
        start = between(corner, a, min(reach / max(apart(corner, a), 1), 0.45))
        stop = between(corner, b, min(reach / max(apart(corner, b), 1), 0.45))
        for step in range(_BEND + 1):
            part = step / _BEND
            line.append(between(between(start, corner, part), between(corner, stop, part), part))
    line.append(points[-1])
    return [point for row, point in enumerate(line) if row == 0 or point != line[row - 1]]


def beside(points: Sequence[Point], right: int) -> list[Point]:
    """Return the line that runs so far [cm] to the right of another."""
    line = []
    for row, point in enumerate(points):
        before, behind = points[max(row - 1, 0)], points[min(row + 1, len(points) - 1)]
        sides = [_right(a, b) for a, b in ((before, point), (point, behind)) if a != b]
        x, y = sum(side[0] for side in sides), sum(side[1] for side in sides)
        # The two sides' normals add up to 2 cos(half the bend); divided by its square the distance stays the same.
        size = max((x * x + y * y) / len(sides), 0.5)
        line.append((round(point[0] + right * x / size), round(point[1] + right * y / size)))
    return line


def _right(a: Point, b: Point) -> tuple[float, float]:
    x, y = b[0] - a[0], b[1] - a[1]
    size = sqrt(x * x + y * y)
    return y / size, -x / size


def crossing(a: Point, b: Point, c: Point, d: Point) -> tuple[float, float, Point] | None:
    """Return where two stretches a-b and c-d cross: the parts of both at which they do, and the point."""
    rx, ry, sx, sy = b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]
    turn = rx * sy - ry * sx
    if turn == 0:
        return None
    x, y = c[0] - a[0], c[1] - a[1]
    here, there = (x * sy - y * sx) / turn, (x * ry - y * rx) / turn
    return (here, there, between(a, b, here)) if 0 <= here <= 1 and 0 <= there <= 1 else None


def inside(point: Point, ring: Sequence[Point]) -> bool:
    """Return whether a point lies inside a ring (whose last point is not its first)."""
    x, y = point
    within = False
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (ay > y) != (by > y):
            cross = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
            within ^= (cross > 0) == (by > ay)
    return within


def middle(ring: Sequence[Point]) -> Point:
    """Return the centre of the area of a ring."""
    area = x = y = 0
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
        cross = ax * by - bx * ay
        area, x, y = area + cross, x + (ax + bx) * cross, y + (ay + by) * cross
    return (x // (3 * area), y // (3 * area)) if area else ring[0]


def double_area(ring: Sequence[Point]) -> int:
    """Return twice the area of a ring [cm2], above 0 if it runs counter-clockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))


def split(points: Sequence[Point], at: Sequence[int]) -> list[Point]:
    """Return a line with points set in at distances [cm] from its beginning, unless one is there within a metre."""
    line, gone, wanted = [points[0]], 0, sorted(at)
    for a, b in pairwise(points):
        size = apart(a, b)
        while wanted and wanted[0] < gone + size:
            first = wanted.pop(0)
            spot = between(a, b, max(first - gone, 0) / size)
            if min(apart(spot, line[-1]), apart(spot, b)) > METRE:
                line.append(spot)
        line.append(b)
        gone += size
    return line


def steps(points: Sequence[Point], every: int) -> list[Point]:
    """Return points along a line at even distances of about so many centimetres, its two ends among them."""
    line = []
    for a, b in pairwise(points):
        count = max(apart(a, b) // every, 1)
        line += [between(a, b, step / count) for step in range(count)]
    return [*line, points[-1]]
