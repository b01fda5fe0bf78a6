"""Roads: carriageways, rings, slip roads and lanes as lines that meet, or pass over each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from data.stylised.lines import (
    METRE,
    Point,
    apart,
    beside,
    between,
    crossing,
    in_cm,
    inside,
    length,
    rounded,
    split,
)
from data.stylised.noding import noded, trimmed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from data.stylised.lanes import Lane
    from data.stylised.plan import Plan, Rail, Ring, Slip, Spots, Street, Water

Tags = dict[str, str]
Interval = tuple[int, int, Tags]

STUB, LANE_STUB = 75 * METRE, 45 * METRE
"""Ends of streets and lanes shorter than this [cm] behind their last crossing are cut off."""

APART = 42 * METRE
"""Crossings of streets so near [cm] to each other are one junction."""

ROUND = (
    (1000, 0), (924, 383), (707, 707), (383, 924), (0, 1000), (-383, 924), (-707, 707), (-924, 383),
    (-1000, 0), (-924, -383), (-707, -707), (-383, -924), (0, -1000), (383, -924), (707, -707), (924, -383),
)  # fmt: skip
"""Thousandths of the radius of a circle, counter-clockwise: the way one drives around it on the right."""

BRIDGE, TUNNEL = {"bridge": "yes", "layer": "1"}, {"tunnel": "yes", "layer": "-1"}
RAMP, DIVE = 45 * METRE, 30 * METRE
"""How far bridges over roads, and underpasses below rails, reach to either side [cm]."""

SLIP = 62 * METRE
"""How far before and behind a crossing slip roads leave and join [cm]."""


@dataclass
class Road:
    """A line to drive on: a whole street, one side of a divided one (``one_way``), a ring, a slip road or a lane."""

    points: list[Point]
    kind: str
    street: Street | None = None
    lane: Lane | None = None
    one_way: bool = False
    ring: Ring | None = None
    pieces: list[list[Point]] = field(default_factory=list)

    @property
    def main(self) -> bool:
        """Whether it is no lane inside a block."""
        return self.lane is None

    @property
    def called(self) -> str:
        """Its Chinese name, "" if it has none."""
        named = self.street or self.ring or self.lane
        return named.name.zh if named is not None and named.name is not None else ""


def centre_line(street: Street) -> list[Point]:
    """Return the middle of a street."""
    return rounded(in_cm(street.line), street.corner * METRE)


def carriageways(street: Street) -> list[Road]:
    """Return a street as one road, or as two one-way roads if it is divided."""
    line = centre_line(street)
    if not street.median:
        return [Road(line, street.kind, street, one_way=street.one_way)]
    half = street.median * METRE // 2
    return [Road(beside(way, half), street.kind, street, one_way=True) for way in (line, line[::-1])]


def around(ring: Ring) -> Road:
    """Return a roundabout; its line ends where it begins."""
    x, y = in_cm([ring.at])[0]
    points = [(x + i * ring.radius * METRE // 1000, y + j * ring.radius * METRE // 1000) for i, j in ROUND]
    return Road([*points, points[0]], ring.kind, one_way=True, ring=ring)


def slip(wish: Slip, roads: Sequence[Road]) -> Road:
    """Return the slip road that a plan wishes for, between the two carriageways that cross nearest to its spot."""
    spot = in_cm([wish.at])[0]
    starts, stops = ([road for road in roads if road.called == name] for name in (wish.start, wish.stop))
    _, _, a, b, at = min(
        (apart(spot, found[2]), (i, j), a, b, found[2])
        for i, a in enumerate(road.points for road in starts)
        for j, b in enumerate(road.points for road in stops)
        for p, q in pairwise(a)
        for r, s in pairwise(b)
        if (found := crossing(p, q, r, s)) is not None
    )
    leave, join = _along(a, at, -SLIP), _along(b, at, SLIP)
    bend = between(between(leave, join, 0.5), at, 0.35)
    line = [between(leave, bend, -0.1), *rounded([leave, bend, join], 25 * METRE)[1:-1], between(join, bend, -0.1)]
    return Road(line, f"{starts[0].kind}_link", one_way=True)


def _along(points: Sequence[Point], at: Point, far: int) -> Point:
    """Return the point of a line so far [cm] behind the one nearest to a spot on it."""
    gone, best = 0, (10**12, 0)
    for a, b in pairwise(points):
        size = apart(a, b)
        off = apart(a, at) + apart(at, b) - size
        best = min(best, (off, gone + apart(a, at)))
        gone += size
    wanted, gone = best[1] + far, 0
    for a, b in pairwise(points):
        size = apart(a, b)
        if gone <= wanted <= gone + size:
            return between(a, b, (wanted - gone) / max(size, 1))
        gone += size
    return points[-1]


def joined(plan: Plan, roads: list[Road], rails: list[list[Point]]) -> tuple[dict[Point, set[int]], list[list[Point]]]:
    """Node roads and rails where they meet, trim them, and open roundabouts; return the nodes, with rows of roads."""
    lines = [road.points for road in roads] + rails

    def meets(i: int, j: int) -> bool:
        low, high = sorted((i, j))
        if low >= len(roads):
            return False
        if high >= len(roads):
            return roads[low].called in plan.rails[high - len(roads)].level
        a, b = roads[low], roads[high]
        over = [one.street.over for one in (a, b) if one.street is not None]
        return not any(name in names for names in over for name in (a.called, b.called) if name)

    parts, nodes = noded(lines, meets)
    own = {point: {row for row in rows if row < len(roads)} for point, rows in nodes.items()}
    half = tuple(side * METRE for side in plan.half)
    for road, part in zip(roads, parts, strict=False):
        line = part if road.ring else trimmed(part, own, STUB if road.main else LANE_STUB, lambda p: _outside(p, half))
        road.pieces = [line] if road.ring else _opened(line, plan.rings)
    return own, parts[len(roads) :]


def _outside(point: Point, half: tuple[int, ...]) -> bool:
    return abs(point[0]) >= half[0] or abs(point[1]) >= half[1]


def _opened(line: list[Point], rings: Sequence[Ring]) -> list[list[Point]]:
    """Return what of a line lies outside all roundabouts."""
    pieces: list[list[Point]] = [line[:1]]
    circles = [around(ring).points[:-1] for ring in rings]
    for a, b in pairwise(line):
        if any(inside(between(a, b, 0.5), circle) for circle in circles):
            pieces.append([b])
        else:
            pieces[-1].append(b)
    return [piece for piece in pieces if len(piece) > 1]


def water_bridges(line: Sequence[Point], outlines: Sequence[Sequence[Point]]) -> list[Interval]:
    """Return where a road runs over water, as distances [cm] along it."""
    found = []
    for outline in outlines:
        cuts = sorted(_cuts(line, [*outline, outline[0]]))
        found += [(max(a - 400, 0), b + 400, dict(BRIDGE)) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    return found


def passes(
    road: Road, line: Sequence[Point], roads: Sequence[Road], rails: Sequence[tuple[Rail, list[Point]]]
) -> list[Interval]:
    """Return where a road runs over others, and over or below rails, as distances [cm] along it."""
    over = road.street.over if road.street is not None else ()
    found = [
        (cut - RAMP, cut + RAMP, dict(BRIDGE))
        for other in roads
        if other.called and other.called in over
        for cut in _cuts(line, other.points)
    ]
    for rail, track in rails:
        if road.called not in rail.level:
            reach, tags = (RAMP, BRIDGE) if road.called in rail.over else (DIVE, TUNNEL)
            found += [(cut - reach, cut + reach, dict(tags)) for cut in _cuts(line, track)]
    return found


def _cuts(line: Sequence[Point], other: Sequence[Point]) -> Iterator[int]:
    west, east = min(p[0] for p in line), max(p[0] for p in line)
    south, north = min(p[1] for p in line), max(p[1] for p in line)
    near = [
        (c, d)
        for c, d in pairwise(other)
        if max(c[0], d[0]) >= west and min(c[0], d[0]) <= east and max(c[1], d[1]) >= south and min(c[1], d[1]) <= north
    ]
    gone = 0
    for a, b in pairwise(line):
        for c, d in near:
            found = crossing(a, b, c, d)
            if found is not None:
                yield gone + apart(a, found[2])
        gone += apart(a, b)


def with_marks(line: Sequence[Point], marks: Sequence[Interval]) -> list[tuple[Point, Point, Tags]]:
    """Return the stretches of a line, cut where marks begin and end, each with the tags of the marks on it."""
    ends = [end for low, high, _ in marks for end in (low, high)]
    gone, found = 0, []
    for a, b in pairwise(split(line, [end for end in ends if 0 < end < length(line)])):
        size = apart(a, b)
        tags: Tags = {}
        for low, high, own in marks:
            if low <= gone + size // 2 < high:
                tags |= own
        found.append((a, b, tags))
        gone += size
    return found


def outline(water: Water) -> list[Point]:
    """Return the outline of a river, lake or canal."""
    if not water.wide:
        return soft(water.line)
    line = rounded(in_cm(water.line), 150 * METRE)
    half = water.wide * METRE // 2
    return [*beside(line, half), *beside(line, -half)[::-1]]


def soft(spots: Spots) -> list[Point]:
    """Return the outline of an area [cm] with its corners rounded."""
    x, y = (spots[0][axis] + spots[-1][axis] for axis in (0, 1))
    return rounded(in_cm([(x // 2, y // 2), *spots, (x // 2, y // 2)]), 140 * METRE)[:-1]
