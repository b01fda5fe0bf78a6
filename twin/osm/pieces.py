"""Pieces: roads cut where data end, split where they meet, and the part of them where one can drive from all to all."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyproj

from twin.osm import tags as meaning

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from twin.osm.scan import Scan
    from twin.osm.tags import Side

Note = tuple[str, str, str]

SHORTEST = 0.1
"""Length [m] given to a road between two junctions that were drawn on one spot."""

_EARTH = pyproj.Geod(ellps="WGS84")


@dataclass(frozen=True)
class Piece:
    """A part of one way between two nodes where roads meet or end; a side is None where one may not drive."""

    way_id: int
    refs: tuple[int, ...]
    length: float
    road_class: str
    name: str
    forward: Side | None
    backward: Side | None
    ring: bool = False
    priority: bool = False

    def side(self, start: int) -> Side | None:
        """Return the direction that sets out from this end (0 = first node, 1 = last node)."""
        return self.backward if start else self.forward

    def out(self, start: int) -> bool:
        """Return whether one may set out from this end."""
        return self.side(start) is not None

    def end(self, at: int) -> int:
        """Return the node at this end (0 = first, 1 = last)."""
        return self.refs[-1 if at else 0]


@dataclass(frozen=True)
class Edge:
    """Where roads were cut by the edge of the map.

    ``node`` is a junction of the network, ``stubs`` are the pieces that come in or go out there, each with the end of
    it that is farther out.
    """

    node: int
    stubs: tuple[tuple[int, int], ...]


def pieces(scan: Scan) -> tuple[list[Piece], set[int], list[Note]]:
    """Return the pieces of all roads, the nodes where the extract cut a road, and notes.

    Parameters
    ----------
    scan : Scan
        What was kept of the file.

    Returns
    -------
    pieces : list of Piece
        In the order of their ways; split at nodes that two ways (or one way twice) share, and nowhere else.
    cut : set of int
        Nodes next to a missing one, and ends of larger roads outside the box of the extract.
    notes : list of (kind, subject, detail)
        Ways that were cut.
    """
    runs, cut, notes = _runs(scan)
    uses = Counter(ref for _, refs in runs for ref in refs)
    shared = {ref for ref, count in uses.items() if count > 1}
    parts = [(row, part) for row, refs in runs for part in _split(refs, shared)]
    lengths = _lengths([part for _, part in parts], scan.coords)
    found = []
    for (row, part), length in zip(parts, lengths, strict=True):
        way, road = scan.roads[row]
        sides, right = (road.forward, road.backward), (road.ring, road.priority)
        found.append(Piece(way.way_id, part, length, road.road_class, road.name, *sides, *right))
        if length <= SHORTEST:
            notes.append(("no length", f"way:{way.way_id}", f"two junctions on one spot, {SHORTEST} m taken"))
    return found, cut | _rims(found, scan), notes


def strong(found: Sequence[Piece]) -> list[int]:
    """Return the rows of the pieces in the largest part (by length) where one can drive from every node to every node.

    At this step turning back is allowed everywhere; turns.py looks again with the turns that there are.
    """
    if not found:
        return []
    nodes = sorted({piece.end(at) for piece in found for at in (0, 1)})
    row = {node: number for number, node in enumerate(nodes)}
    hops = [(row[p.end(at)], row[p.end(1 - at)]) for p in found for at in (0, 1) if p.out(at)]
    part = components(len(nodes), hops)
    lengths: Counter[int] = Counter()
    inside = [part[row[piece.end(0)]] == part[row[piece.end(1)]] for piece in found]
    for piece, joined in zip(found, inside, strict=True):
        if joined:
            lengths[int(part[row[piece.end(0)]])] += round(piece.length * 1000)
    if not lengths:
        return []
    # Of two parts of one length, the one whose node has the smallest id (parts are numbered by their first node).
    first = {int(label): number for number, label in reversed(list(enumerate(part)))}
    best = max(lengths, key=lambda label: (lengths[label], -first[label]))
    return [number for number, piece in enumerate(found) if inside[number] and int(part[row[piece.end(0)]]) == best]


def components(count: int, hops: Iterable[tuple[int, int]]) -> npt.NDArray[np.int32]:
    """Return for each of ``count`` things the number of the part within which every thing reaches every other."""
    from scipy.sparse import coo_array, csgraph  # noqa: PLC0415 - takes 0.1 s, which no other import should pay

    pairs = np.array(sorted(hops), dtype=np.int64).reshape(-1, 2)
    matrix = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    labels: npt.NDArray[np.int32] = csgraph.connected_components(matrix.tocsr(), directed=True, connection="strong")[1]
    return labels


def edges(found: Sequence[Piece], kept: Sequence[int], cut: set[int]) -> list[Edge]:
    """Return where roads of the through classes were cut by the edge of the map.

    A two-way road keeps its cut end: that is the junction. A one-way road that only leads out of (or into) the map is
    not part of the network: there it is the junction where that road leaves it, found by driving back from the cut.
    """
    inside = {found[row].end(at) for row in kept for at in (0, 1)}
    members = set(kept)
    stubs: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for row, piece in enumerate(found):
        if row in members and piece.road_class in meaning.THROUGH:
            for at in (0, 1):
                if piece.end(at) in cut:
                    stubs[piece.end(at)].add((row, at))
    for node, stub in _led_out(found, members, inside, cut):
        stubs[node].add(stub)
    return [Edge(node, tuple(sorted(stubs[node]))) for node in sorted(stubs)]


def _led_out(
    found: Sequence[Piece], members: set[int], inside: set[int], cut: set[int]
) -> Iterable[tuple[int, tuple[int, int]]]:
    """Yield (junction, stub) for each road that was left out and leads from the network to a cut, or back from one."""
    at_node: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row, piece in enumerate(found):
        if row not in members and piece.road_class in meaning.THROUGH:
            for at in (0, 1):
                at_node[piece.end(at)].append((row, at))
    for start in sorted(cut - inside):
        for outward in (False, True):
            yield from _first_inside(found, at_node, inside, start, outward=outward)


def _first_inside(
    found: Sequence[Piece], at_node: dict[int, list[tuple[int, int]]], inside: set[int], start: int, *, outward: bool
) -> list[tuple[int, tuple[int, int]]]:
    """Walk from a cut over roads that were left out (against their direction if outward) to the network."""
    seen, queue = {start}, deque([start])
    while queue:
        node = queue.popleft()
        for row, at in at_node[node]:
            other = found[row].end(1 - at)
            if not found[row].out(1 - at if outward else at) or other in seen:
                continue
            if other in inside:
                return [(other, (row, at))]
            seen.add(other)
            queue.append(other)
    return []


def _runs(scan: Scan) -> tuple[list[tuple[int, list[int]]], set[int], list[Note]]:
    """Return the unbroken runs of nodes of each road as (row of the road, nodes)."""
    runs: list[tuple[int, list[int]]] = []
    cut: set[int] = set()
    notes: list[Note] = []
    for row, (way, _) in enumerate(scan.roads):
        missing = [ref for ref in way.refs if ref not in scan.coords]
        if missing:
            notes.append(
                ("cut way", f"way:{way.way_id}", f"{len(missing)} of {len(way.refs)} nodes are not in the file")
            )
        run: list[int] = []
        broken = False
        for ref in (*way.refs, None):
            if ref is not None and ref in scan.coords:
                if broken and not run:
                    cut.add(ref)
                if not run or ref != run[-1]:
                    run.append(ref)
                continue
            if ref is not None and run:
                cut.add(run[-1])
            broken = True
            if len(run) > 1:
                runs.append((row, run))
            run = []
    return runs, cut, notes


def _split(refs: list[int], shared: set[int]) -> list[tuple[int, ...]]:
    inner = [place for place in range(1, len(refs) - 1) if refs[place] in shared]
    return [tuple(refs[a : b + 1]) for a, b in pairwise([0, *inner, len(refs) - 1])]


def _lengths(runs: list[tuple[int, ...]], coords: dict[int, tuple[float, float]]) -> list[float]:
    """Return lengths [m] on the ellipsoid, at least SHORTEST."""
    if not runs:
        return []
    points = np.array([coords[ref] for refs in runs for ref in refs])
    starts = np.concatenate([[0], np.cumsum([len(refs) for refs in runs])])
    hops = _EARTH.inv(points[:-1, 0], points[:-1, 1], points[1:, 0], points[1:, 1])[2]
    hops[starts[1:-1] - 1] = 0.0  # from the end of one run to the start of the next
    lengths: list[float] = np.maximum(np.add.reduceat(hops, starts[:-1]), SHORTEST).tolist()
    return lengths


def _rims(found: Sequence[Piece], scan: Scan) -> set[int]:
    """Return the nodes where a road of the through classes ends because the map does.

    That is outside the box of the extract; where the file names no box, at every dead end of such a road.
    """
    through = Counter(piece.end(at) for piece in found if piece.road_class in meaning.THROUGH for at in (0, 1))
    every = Counter(piece.end(at) for piece in found for at in (0, 1))
    single = {node for node, count in through.items() if count == 1}
    if scan.box is None:
        return {node for node in single if every[node] == 1}
    west, south, east, north = scan.box
    return {
        node for node in single if not (west < scan.coords[node][0] < east and south < scan.coords[node][1] < north)
    }
