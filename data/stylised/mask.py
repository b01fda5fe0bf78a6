"""Mask: a town in squares of four metres, and what stands in each, so that nothing is built on roads or in rivers."""

from __future__ import annotations

from itertools import pairwise
from math import isqrt
from typing import TYPE_CHECKING

from data.stylised.lines import METRE, Point, steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SQUARE = 4 * METRE
"""Side of a square [cm]."""

FREE, ROAD, WATER, WOOD, BUILT = range(5)
"""What may stand in a square."""


class Mask:
    """Squares over a box around the origin.

    Parameters
    ----------
    half : (int, int)
        Half the width and half the height of the box [cm].
    """

    def __init__(self, half: Point) -> None:
        self._east, self._north = half
        self._wide, self._high = 2 * half[0] // SQUARE + 1, 2 * half[1] // SQUARE + 1
        self._squares = bytearray(self._wide * self._high)

    def at(self, point: Point) -> int:
        """Return what stands at a point; beyond the rim everything is built."""
        column, row = (point[0] + self._east) // SQUARE, (point[1] + self._north) // SQUARE
        within = 0 <= column < self._wide and 0 <= row < self._high
        return self._squares[row * self._wide + column] if within else BUILT

    def paint(self, points: Iterable[Point], what: int) -> None:
        """Let something stand at some points."""
        for x, y in points:
            self._row((y + self._north) // SQUARE, (x + self._east) // SQUARE, (x + self._east) // SQUARE, what)

    def paint_line(self, points: Sequence[Point], half_width: int, what: int) -> None:
        """Let something stand along a line, so far [cm] to either side."""
        reach = max(half_width // SQUARE, 0)
        for x, y in steps(points, SQUARE // 2):
            column, row = (x + self._east) // SQUARE, (y + self._north) // SQUARE
            for off in range(-reach, reach + 1):
                wide = isqrt(reach * reach - off * off + reach)
                self._row(row + off, column - wide, column + wide, what)

    def paint_area(self, ring: Sequence[Point], what: int) -> None:
        """Let something stand all over an area."""
        closed = [*ring, ring[0]]
        low, high = min(y for _, y in ring), max(y for _, y in ring)
        first, last = max((low + self._north) // SQUARE, 0), min((high + self._north) // SQUARE, self._high - 1)
        for row in range(first, last + 1):
            y = row * SQUARE + SQUARE // 2 - self._north
            crossed = ((a, b) for a, b in pairwise(closed) if (a[1] > y) != (b[1] > y))
            cuts = sorted(ax + (bx - ax) * (y - ay) // (by - ay) for (ax, ay), (bx, by) in crossed)
            for left, right in zip(cuts[::2], cuts[1::2], strict=True):
                self._row(row, (left + self._east) // SQUARE, (right + self._east) // SQUARE, what)

    def _row(self, row: int, first: int, last: int, what: int) -> None:
        first, last = max(first, 0), min(last, self._wide - 1)
        if 0 <= row < self._high and first <= last:
            start = row * self._wide
            self._squares[start + first : start + last + 1] = bytes([what]) * (last - first + 1)
