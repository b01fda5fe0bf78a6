"""Graph: pieces of road chained between true junctions, and the links that they become, one for each direction."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from twin.osm.pieces import Note, Piece
    from twin.osm.tags import Side

JAM_DENSITY = 0.15
"""Vehicles [PCU/m a lane] standing in a queue: 6.7 m each."""

WAVE_SPEED = 5.0
"""Speed [m/s] at which a queue grows backwards where the capacity is not at its ceiling."""

SATURATION, SATURATION_FAST = 0.5, 0.55
"""Ceilings of the capacity [PCU/s a lane]: a headway of 2 s in streets, 1.8 s on motorways and trunk roads."""

CRS = "EPSG:4326"

Step = tuple[int, int]
"""A piece (its row) and the end from which it is entered: 0 = along the way, 1 = against it."""


@dataclass(frozen=True)
class Link:
    """One direction of a chain of pieces.

    ``along`` says at each node whether it runs along the way that brought it; ``exit``, ``ring`` and ``priority`` are
    those of the last piece; ``widened`` is the length [m] of the pieces at its end that have more lanes than the link.
    """

    link_id: str
    refs: tuple[int, ...]
    along: tuple[bool, ...]
    ways: tuple[int, ...]
    length: float
    lanes: int
    speed: float
    road_class: str
    name: str
    exit: Side
    ring: bool
    priority: bool
    widened: float

    @property
    def start(self) -> int:
        """The node where the link begins."""
        return self.refs[0]

    @property
    def stop(self) -> int:
        """The node where the link ends."""
        return self.refs[-1]


def links(found: Sequence[Piece], kept: Sequence[int], hold: set[int]) -> tuple[list[Link], list[Note]]:
    """Return the links of the kept pieces, sorted by id, and notes.

    Parameters
    ----------
    found : sequence of Piece
        All pieces.
    kept : sequence of int
        Rows of the pieces to use.
    hold : set of int
        Nodes that stay junctions although only two pieces meet there (edges of the map).

    Returns
    -------
    links : list of Link
        A chain's length is the sum, its speed that of driving through it, its lanes the fewest (the narrowest place
        decides what comes through; the lanes at its end are those of the last piece), its class and name those of the
        longest share.
    notes : list of (kind, subject, detail)
        Roads drawn twice.
    """
    built = [
        _link(found, steps) for chain in chains(found, kept, hold) for steps in _both(chain) if _drivable(found, steps)
    ]
    return _named(built)


def chains(found: Sequence[Piece], kept: Sequence[int], hold: set[int]) -> list[list[Step]]:
    """Return the pieces chained between true junctions, each chain once, in one of its two directions.

    A node where two pieces meet is no true junction where both can be driven on the same way; where a one-way street
    begins, it is one.
    """
    at_node: dict[int, list[Step]] = defaultdict(list)
    for row in kept:
        for at in (0, 1):
            at_node[found[row].end(at)].append((row, at))
    passed = {node for node, ends in at_node.items() if node not in hold and _passes(found, ends)}
    done: set[int] = set()
    result = []
    # Rings without any junction come last: they begin at the first node of their first piece.
    for inner in (False, True):
        for row in kept:
            for at in (0, 1):
                if row not in done and (inner or found[row].end(at) not in passed):
                    chain = _follow(found, at_node, passed, (row, at))
                    done.update(step[0] for step in chain)
                    result.append(chain)
    return result


def capacity(speed: float, road_class: str) -> float:
    """Return the capacity [PCU/s a lane] of a triangular diagram with our jam density and wave speed, to a ceiling.

    Examples
    --------
    >>> capacity(50 / 3.6, "primary"), round(capacity(10 / 3.6, "living_street"), 3)
    (0.5, 0.268)
    """
    ceiling = SATURATION_FAST if road_class.startswith(("motorway", "trunk")) else SATURATION
    return min(ceiling, speed * WAVE_SPEED * JAM_DENSITY / (speed + WAVE_SPEED))


def link_table(
    built: Sequence[Link], coords: Mapping[int, tuple[float, float]], node_of: Mapping[int, int]
) -> gpd.GeoDataFrame:
    """Return the table of links that a Network is made of; some of their nodes have become others."""
    counts = [len(link.refs) for link in built]
    points = np.array([coords[ref] for link in built for ref in link.refs]).reshape(-1, 2)
    columns = {
        "link_id": [link.link_id for link in built],
        "from_node": [str(node_of.get(link.start, link.start)) for link in built],
        "to_node": [str(node_of.get(link.stop, link.stop)) for link in built],
        "length": [link.length for link in built],
        "lanes": [link.lanes for link in built],
        "free_speed": [link.speed for link in built],
        "capacity": [capacity(link.speed, link.road_class) for link in built],
        "jam_density": JAM_DENSITY,
        "road_class": [link.road_class for link in built],
        "name": [link.name for link in built],
        "osm_ways": [link.ways for link in built],
    }
    lines = shapely.linestrings(points, indices=np.repeat(np.arange(len(built)), counts))
    return gpd.GeoDataFrame(columns, geometry=lines, crs=CRS)


def node_table(
    built: Sequence[Link], coords: Mapping[int, tuple[float, float]], node_of: Mapping[int, int]
) -> gpd.GeoDataFrame:
    """Return the table of the nodes where links begin and end; one that others became lies in the middle of them."""
    parts: dict[int, set[int]] = defaultdict(set)
    for node in {node for link in built for node in (link.start, link.stop)}:
        parts[node_of.get(node, node)].add(node)
    nodes = sorted(parts)
    places = [np.array([coords[part] for part in sorted(parts[node])]).mean(axis=0) for node in nodes]
    points = shapely.points(np.array(places).reshape(-1, 2))
    return gpd.GeoDataFrame({"node_id": [str(node) for node in nodes]}, geometry=points, crs=CRS)


def _passes(found: Sequence[Piece], ends: list[Step]) -> bool:
    """Return whether two different pieces meet here, and both let one in and out in the same way."""
    if len(ends) != 2 or ends[0][0] == ends[1][0]:  # noqa: PLR2004 - two is the point
        return False
    (a, at_a), (b, at_b) = ends
    there = found[a].out(1 - at_a) == found[b].out(at_b)
    return there and found[b].out(1 - at_b) == found[a].out(at_a)


def _follow(found: Sequence[Piece], at_node: dict[int, list[Step]], passed: set[int], first: Step) -> list[Step]:
    chain = [first]
    start = found[first[0]].end(first[1])
    while True:
        row, at = chain[-1]
        node = found[row].end(1 - at)
        if node not in passed or node == start:
            return chain
        chain.append(next(end for end in at_node[node] if end != (row, 1 - at)))


def _both(chain: list[Step]) -> tuple[list[Step], list[Step]]:
    return chain, [(row, 1 - at) for row, at in reversed(chain)]


def _drivable(found: Sequence[Piece], steps: list[Step]) -> bool:
    return all(found[row].out(at) for row, at in steps)


def _link(found: Sequence[Piece], steps: list[Step]) -> Link:
    refs: list[int] = []
    along: list[bool] = []
    sides: list[Side] = []
    for row, at in steps:
        piece = found[row]
        own = piece.refs[::-1] if at else piece.refs
        refs += own[1:] if refs else own
        along += [at == 0] * (len(refs) - len(along))
        side = piece.backward if at else piece.forward
        if side is not None:
            sides.append(side)
    run = [found[row] for row, _ in steps]
    length = sum(piece.length for piece in run)
    lanes = min(side.lanes for side in sides)
    wide = list(takewhile(lambda end: end[1].lanes > lanes, zip(reversed(run), reversed(sides), strict=True)))
    return Link(
        link_id=f"{run[0].way_id}:{refs[0]}-{refs[-1]}",
        refs=tuple(refs),
        along=tuple(along),
        ways=tuple(dict.fromkeys(piece.way_id for piece in run)),
        length=length,
        lanes=lanes,
        speed=length / sum(piece.length / side.speed for piece, side in zip(run, sides, strict=True)),
        road_class=_longest((piece.road_class, piece.length) for piece in run),
        name=_longest((piece.name, piece.length) for piece in run),
        exit=sides[-1],
        ring=run[-1].ring,
        priority=run[-1].priority,
        widened=sum(piece.length for piece, _ in wide),
    )


def _longest(shares: Iterable[tuple[str, float]]) -> str:
    """Return the word with the longest share of the length; of equals the first in the alphabet."""
    total: Counter[str] = Counter()
    for word, length in shares:
        total[word] += round(length * 1000)
    return min(total, key=lambda word: (-total[word], word))


def _named(built: list[Link]) -> tuple[list[Link], list[Note]]:
    """Give "way:from-via-to" to links whose id occurs twice (loops do); leave out what even so is drawn twice."""
    count = Counter(link.link_id for link in built)
    notes: list[Note] = []
    named: dict[str, Link] = {}
    for link in sorted(built, key=lambda link: (link.link_id, link.refs)):
        own = link
        if count[link.link_id] > 1 and len(link.refs) > 2:  # noqa: PLR2004 - a node between the ends
            via = f"{link.ways[0]}:{link.start}-{link.refs[1]}-{link.stop}"
            own = Link(**{**vars(link), "link_id": via})
        if own.link_id in named:
            notes.append(("drawn twice", own.link_id, "a second road with the same id was left out"))
        else:
            named[own.link_id] = own
    return [named[link_id] for link_id in sorted(named)], notes
