"""Ahead: which lanes drivers take who look on to their next turn."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from twin.formats.sumo.lights import Turn
    from twin.formats.sumo.roads import Connection, Edge

LOOK = 200.0
"""Metres over which drivers of SUMO choose their lane for the turn to come: 10 s to the right and 20 s to the left."""


def driven_ways(
    connections: Sequence[Connection], edges: Mapping[str, Edge], routes: Iterable[tuple[str, ...]]
) -> list[Connection]:
    """Leave out ways into lanes of short edges from which nobody's route goes on.

    On a road of three lanes, two of which lead straight on, all queue in one of them if the other ends in a turn that
    nobody makes. Turns that no route makes keep all their ways, and so do those into edges longer than LOOK.

    Parameters
    ----------
    connections : sequence of Connection
    edges : mapping
        Edges by id.
    routes : iterable of tuple
        Edges of each route.
    """
    lanes: dict[Turn, set[int]] = defaultdict(set)
    into: dict[Turn, set[int]] = defaultdict(set)
    for one in connections:
        lanes[one.into, one.out].add(one.into_lane)
        into[one.into, one.out].add(one.out_lane)
    wanted: dict[Turn, set[int]] = defaultdict(set)
    for route in set(routes):
        turns = list(pairwise(route))
        for turn, following in zip_longest(turns, turns[1:]):
            ahead = lanes[following] & into[turn] if following and _short(edges[turn[1]]) else set()
            wanted[turn] |= ahead or into[turn]
    return [one for one in connections if one.out_lane in wanted.get((one.into, one.out), {one.out_lane})]


def _short(edge: Edge) -> bool:
    return max(lane.length for lane in edge.lanes) < LOOK
