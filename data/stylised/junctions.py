"""Junctions: where streets cross - with lights, arrows on the lanes, and turns that are forbidden."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from data.stylised.lines import METRE, Point, apart, length
from data.stylised.roads import APART, Interval, Road

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data.stylised.chance import Chance
    from data.stylised.files import Sheet

RANK = {"trunk": 4, "primary": 3, "secondary": 2, "tertiary": 1}
"""How much a class of road counts where lights are put; ramps count as the road that they leave."""

POCKET, LINE = 85 * METRE, 14 * METRE
"""How far before a junction lanes for turns begin, and where the stop line is [cm]."""

UNTAGGED = 18
"""Of a hundred junctions that would have lights, so many have none in the data, as is usual in China; where two of the
largest roads cross they are always tagged."""

ARROWS = {2: "left;through|through;right", 3: "left|through|through;right", 4: "left|through|through|right",
          5: "left|left|through|through|right"}  # fmt: skip
"""What the lanes before a crossing of four arms are for, by their number."""

Arm = tuple[int, Point, bool]
"""A way that ends at a node: its id, the point before the node, and whether it is one-way."""


@dataclass
class Junction:
    """Nodes that are one crossing: the streets that meet there, whether it has four arms, and lights."""

    nodes: list[Point]
    streets: set[str] = field(default_factory=set)
    ranks: list[int] = field(default_factory=list)
    arms: int = 0
    lit: bool = False


def junctions(roads: Sequence[Road], nodes: dict[Point, set[int]], chance: Chance) -> list[Junction]:
    """Return the junctions of main streets."""
    main = sorted(point for point, rows in nodes.items() if sum(roads[row].main for row in rows) > 1)
    leader = {point: point for point in main}

    def first(point: Point) -> Point:
        while leader[point] != point:
            point = leader[point]
        return point

    for row, a in enumerate(main):
        for b in main[row + 1 :]:
            if b[0] - a[0] > APART:
                break
            if apart(a, b) <= APART and nodes[a] & nodes[b]:
                low, high = sorted((first(a), first(b)))
                leader[high] = low
    groups: dict[Point, list[Point]] = {}
    for point in main:
        groups.setdefault(first(point), []).append(point)
    return [_junction(points, roads, nodes, chance) for points in groups.values()]


def _junction(points: list[Point], roads: Sequence[Road], nodes: dict[Point, set[int]], chance: Chance) -> Junction:
    found = Junction(points)
    best: dict[str, int] = {}
    ring = False
    for row in sorted({row for point in points for row in nodes[point]}):
        road = roads[row]
        if not road.main:
            continue
        ring |= road.ring is not None
        found.streets.add(road.called)
        found.arms += _arms(road, points)
        best[road.called] = max(best.get(road.called, 0), RANK.get(road.kind.removesuffix("_link"), 0))
    found.ranks = sorted(best.values(), reverse=True)
    if len(found.ranks) > 1 and not ring:
        high, low = found.ranks[:2]
        usual = (low >= 2) or (high >= 2 and low == 1 and chance.happens(92, "lights", points[0]))  # noqa: PLR2004
        small = high == low == 1 and chance.happens(25, "lights", points[0])
        tagged = low > 2 or not chance.happens(UNTAGGED, "untagged", points[0])  # noqa: PLR2004
        found.lit = (usual or small) and tagged
    return found


def _arms(road: Road, points: list[Point]) -> int:
    """Return on how many sides a road leaves a junction: half an arm each for a side of a divided street."""
    line = max(road.pieces, key=length, default=[])
    at = [row for row, point in enumerate(line) if point in points]
    if not at:
        return 0
    ends = (length(line[: at[0] + 1]) > 30 * METRE) + (length(line[at[-1] :]) > 30 * METRE)
    return ends if road.one_way else 2 * ends


def approaches(
    road: Road, line: list[Point], found: Sequence[Junction], nodes: set[Point], chance: Chance
) -> list[Interval]:
    """Return where a road widens or has arrows before its junctions, as distances [cm] along it."""
    street = road.street
    if street is None or not street.lanes:
        return []
    marks: list[Interval] = []
    at, total = _distances(line), length(line)
    met = sorted(at[point] for point in line if point in nodes)
    for junction in found:
        spots = sorted(at[point] for point in junction.nodes if point in at)
        if not spots or not junction.lit or junction.arms < 7:  # noqa: PLR2004 - four arms, of two halves each
            continue
        known = chance.happens(72, "arrows", junction.nodes[0], street.name.zh)
        for spot, before, way in ((spots[0], -1, "forward"), (spots[-1], 1, "backward")):
            far = spot + before * POCKET
            free = not any(min(spot, far) < other < max(spot, far) for other in met) and 0 < far < total
            if free and known and (way == "forward" or not road.one_way):
                marks.append((min(spot, far), max(spot, far), _arrowed(road, way)))
    return marks


def _arrowed(road: Road, way: str) -> dict[str, str]:
    lanes = road.street.lanes if road.street is not None else 1
    if road.one_way:
        return {"lanes": str(lanes + 1), "turn:lanes": ARROWS[lanes + 1]} if lanes + 1 in ARROWS else {}
    return {f"turn:lanes:{way}": ARROWS[lanes]} if lanes in ARROWS else {}


def stop_lines(line: list[Point], found: Sequence[Junction], nodes: set[Point]) -> list[int]:
    """Return where a divided street has its stop lines, as distances [cm] along it."""
    at = _distances(line)
    met = sorted(at[point] for point in line if point in nodes)
    lines = []
    for junction in found:
        spots = sorted(at[point] for point in junction.nodes if point in at)
        if spots and junction.lit and at_stop_lines(junction) and spots[0] > 2 * LINE:
            where = spots[0] - LINE
            if not any(where < other < spots[0] for other in met):
                lines.append(where)
    return lines


def at_stop_lines(junction: Junction) -> bool:
    """Return whether the lights of a junction are drawn on the stop lines: where divided streets cross."""
    return len(junction.nodes) == 4  # noqa: PLR2004 - two carriageways cross two


def _distances(line: list[Point]) -> dict[Point, int]:
    at, gone = {line[0]: 0}, 0
    for a, b in pairwise(line):
        gone += apart(a, b)
        at.setdefault(b, gone)
    return at


def forbid(sheet: Sheet, junction: Junction, arms: dict[Point, list[Arm]], chance: Chance) -> None:
    """Forbid a turn of an undivided street at some crossings; ``arms`` are the ways that end at each node."""
    via = junction.nodes[0]
    around = arms.get(via, [])
    starts = [arm for arm in around if not arm[2] and arm[1] not in junction.nodes]
    single = len(junction.nodes) == 1
    if not starts or len(around) != 4 or not chance.happens(62, "restriction", via):  # noqa: PLR2004
        return
    kinds = ("no_left_turn", "no_left_turn", "only_straight_on", "no_u_turn", "no_u_turn")
    kind = chance.pick(kinds if single else kinds[2:4], "kind", via)
    way, start, _ = chance.pick(starts, "from", via)
    straight, left = _ahead(start, via, around)
    to = {"no_left_turn": left, "only_straight_on": straight, "no_u_turn": way}[kind]
    members = [("w", way, "from"), ("n", sheet.node(via), "via"), ("w", to, "to")]
    sheet.relation(members, {"type": "restriction", "restriction": kind})


def _left_of(start: Point, via: Point, point: Point) -> int:
    return (via[0] - start[0]) * (point[1] - via[1]) - (via[1] - start[1]) * (point[0] - via[0])


def _ahead(start: Point, via: Point, arms: list[Arm]) -> tuple[int, int]:
    """Return the ways that lead straight on and to the left."""
    x, y = via[0] - start[0], via[1] - start[1]
    others = [arm for arm in arms if arm[1] != start]
    straight = max(others, key=lambda arm: _cosine((x, y), (arm[1][0] - via[0], arm[1][1] - via[1])))
    left = max((arm for arm in others if arm is not straight), key=lambda arm: _left_of(start, via, arm[1]))
    return straight[0], left[0]


def _cosine(a: Point, b: Point) -> float:
    dot, sizes = a[0] * b[0] + a[1] * b[1], (a[0] ** 2 + a[1] ** 2) * (b[0] ** 2 + b[1] ** 2)
    return dot * abs(dot) / max(sizes, 1)
