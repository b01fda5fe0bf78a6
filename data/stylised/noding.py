"""Noding: where lines cross they get a common point, and what sticks out behind the last crossing is cut off."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from data.stylised.lines import METRE, Point, apart, crossing, length

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Stretch = tuple[int, int]

_CELL = 100 * METRE
_SAME = 4 * METRE
"""Crossings so near [cm] to each other are one."""


def noded(
    lines: Sequence[Sequence[Point]], meets: Callable[[int, int], bool]
) -> tuple[list[list[Point]], dict[Point, set[int]]]:
    """Return lines with a point wherever they cross another one, and the rows of the lines through each such point.

    Parameters
    ----------
    lines : sequence of lines
    meets : function of two rows
        Whether two lines meet where they cross.
    """
    events: dict[Stretch, list[tuple[float, Point]]] = defaultdict(list)
    shared: dict[Point, set[int]] = defaultdict(set)
    taken: dict[Point, list[Point]] = defaultdict(list)
    for one, other in _near(lines):
        (i, a), (j, b) = one, other
        found = crossing(lines[i][a], lines[i][a + 1], lines[j][b], lines[j][b + 1]) if meets(i, j) else None
        if found is not None:
            here, there, exact = found
            point = _snapped(exact, taken)
            events[one].append((here, point))
            events[other].append((there, point))
            shared[point] |= {i, j}
    return [_with_events(line, row, events) for row, line in enumerate(lines)], shared


def trimmed(line: list[Point], nodes: dict[Point, set[int]], stub: int, keep: Callable[[Point], bool]) -> list[Point]:
    """Return a line without ends shorter than so much [cm] behind its first and last crossing; some ends are kept."""
    at = [row for row, point in enumerate(line) if point in nodes]
    if not at:
        return line
    first = at[0] if length(line[: at[0] + 1]) < stub and not keep(line[0]) else 0
    last = at[-1] if length(line[at[-1] :]) < stub and not keep(line[-1]) else len(line) - 1
    return line[first : last + 1]


def _near(lines: Sequence[Sequence[Point]]) -> Iterator[tuple[Stretch, Stretch]]:
    """Yield the pairs of stretches of different lines that lie in one cell of a grid, each once, in a fixed order."""
    cells: dict[Point, list[Stretch]] = defaultdict(list)
    seen: set[tuple[Stretch, Stretch]] = set()
    for row, line in enumerate(lines):
        for number, ((ax, ay), (bx, by)) in enumerate(pairwise(line)):
            for x in range(min(ax, bx) // _CELL, max(ax, bx) // _CELL + 1):
                for y in range(min(ay, by) // _CELL, max(ay, by) // _CELL + 1):
                    for other in cells[x, y]:
                        if other[0] != row and (other, (row, number)) not in seen:
                            seen.add((other, (row, number)))
                            yield other, (row, number)
                    cells[x, y].append((row, number))


def _snapped(point: Point, taken: dict[Point, list[Point]]) -> Point:
    """Return the crossing that is here already, or else the point itself from now on."""
    x, y = point[0] // _SAME, point[1] // _SAME
    for near in ((x + i, y + j) for i in (0, -1, 1) for j in (0, -1, 1)):
        for other in taken[near]:
            if apart(point, other) <= _SAME:
                return other
    taken[x, y].append(point)
    return point


def _with_events(line: Sequence[Point], row: int, events: dict[Stretch, list[tuple[float, Point]]]) -> list[Point]:
    points: list[Point] = []
    for number, point in enumerate(line):
        points.append(point)
        points += [spot for _, spot in sorted(events[row, number])]
    met = {spot for number in range(len(line)) for _, spot in events[row, number]}
    # A corner of the line so near to a crossing that it would only make a kink is left out.
    kept = [p for p in points if p in met or not any(apart(p, spot) < _SAME for spot in _about(points, p, met))]
    return [point for place, point in enumerate(kept) if place == 0 or point != kept[place - 1]]


def _about(points: list[Point], point: Point, met: set[Point]) -> list[Point]:
    place = points.index(point)
    return [near for near in points[max(place - 2, 0) : place + 3] if near in met]
