"""Blocks: the areas between streets, rivers and rails, found by walking around them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cmp_to_key
from itertools import pairwise
from math import sqrt
from typing import TYPE_CHECKING

from data.stylised.lines import METRE, Point, double_area, middle
from data.stylised.noding import noded

if TYPE_CHECKING:
    from collections.abc import Sequence

SMALLEST = 2 * 4_000 * METRE**2
"""Twice the area [cm2] of the smallest block."""

Way = tuple[float, float]


@dataclass(frozen=True)
class Block:
    """An area: its ring, counter-clockwise, the row of the line along each side, and its corners (rows of points)."""

    ring: tuple[Point, ...]
    sides: tuple[int, ...]
    corners: tuple[int, ...]

    @property
    def middle(self) -> Point:
        """The centre of its area."""
        return middle(self.ring)

    @property
    def axis(self) -> Way:
        """The direction of its longest straight side, of length 1."""
        ends = [self.ring[corner] for corner in self.corners] or list(self.ring)
        hops = [(b[0] - a[0], b[1] - a[1]) for a, b in zip(ends, [*ends[1:], ends[0]], strict=True)]
        x, y = max(hops, key=lambda hop: hop[0] ** 2 + hop[1] ** 2)
        size = sqrt(x * x + y * y)
        return x / size, y / size

    def spans(self, start: Point, way: Way) -> list[tuple[float, float, int, int]]:
        """Return the parts of a line through a point that lie inside: (from, to [cm], lines along the two ends)."""
        cuts = []
        for row, (a, b) in enumerate(zip(self.ring, [*self.ring[1:], self.ring[0]], strict=True)):
            left, right = (way[0] * (p[1] - start[1]) - way[1] * (p[0] - start[0]) for p in (a, b))
            if (left > 0) != (right > 0):
                part = left / (left - right)
                x, y = a[0] + (b[0] - a[0]) * part - start[0], a[1] + (b[1] - a[1]) * part - start[1]
                cuts.append((x * way[0] + y * way[1], self.sides[row]))
        cuts.sort()
        return [(a, b, near, far) for (a, near), (b, far) in zip(cuts[::2], cuts[1::2], strict=False)]

    def reach(self, way: Way) -> tuple[float, float]:
        """Return how far the block reaches from its middle, backward and forward in a direction [cm]."""
        x, y = self.middle
        along = [(p[0] - x) * way[0] + (p[1] - y) * way[1] for p in self.ring]
        return min(along), max(along)


def blocks(lines: Sequence[Sequence[Point]]) -> list[Block]:
    """Return the blocks between lines, from south-west to north-east."""
    parts, _ = noded(lines, lambda i, j: i != j)
    around: dict[Point, dict[Point, int]] = defaultdict(dict)
    for row, line in enumerate(parts):
        for a, b in pairwise(line):
            around[a][b] = around[b][a] = row
    _prune(around)
    turns = {point: sorted(others, key=cmp_to_key(_by_angle(point))) for point, others in around.items()}
    seen: set[tuple[Point, Point]] = set()
    found = []
    for a in sorted(around):
        for b in turns[a]:
            if (a, b) not in seen:
                ring = _walk(a, b, turns, seen)
                if double_area(ring) >= SMALLEST:
                    found.append(_block(ring, around))
    return found


def _prune(around: dict[Point, dict[Point, int]]) -> None:
    """Leave out what hangs loose."""
    loose = [point for point, others in around.items() if len(others) == 1]
    while loose:
        point = loose.pop()
        for other in around.pop(point, {}):
            del around[other][point]
            if len(around[other]) == 1:
                loose.append(other)


def _walk(a: Point, b: Point, turns: dict[Point, list[Point]], seen: set[tuple[Point, Point]]) -> list[Point]:
    ring = []
    while (a, b) not in seen:
        seen.add((a, b))
        ring.append(a)
        others = turns[b]
        a, b = b, others[others.index(a) - 1]
    return ring


def _block(ring: list[Point], around: dict[Point, dict[Point, int]]) -> Block:
    sides = [around[a][b] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)]
    corners = [row for row in range(len(ring)) if sides[row] != sides[row - 1]]
    return Block(tuple(ring), tuple(sides), tuple(corners))


def _by_angle(centre: Point):  # noqa: ANN202 - a comparison of two points
    """Return a comparison of points by their direction from a centre, counter-clockwise from east, without rounding."""

    def compare(p: Point, q: Point) -> int:
        px, py, qx, qy = p[0] - centre[0], p[1] - centre[1], q[0] - centre[0], q[1] - centre[1]
        lower_p, lower_q = ((y, x) < (0, 0) if y == 0 else y < 0 for x, y in ((px, py), (qx, qy)))
        if lower_p != lower_q:
            return 1 if lower_p else -1
        cross = px * qy - py * qx
        return -1 if cross > 0 else 1 if cross < 0 else 0

    return compare
