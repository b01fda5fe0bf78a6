"""Groups: lane groups from the lanes of SUMO's edges and the connections made from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twin.formats.sumo.lights import Turn, Window
    from twin.formats.sumo.roads import Connection, Edge, Roads


@dataclass(frozen=True)
class Group:
    """A lane group: its lanes (from the right), how many lanes' worth of traffic leaves it, and over which ways."""

    lanes: tuple[int, ...]
    share: float
    ways: tuple[Connection, ...]


def controls(connections: Sequence[Connection], held: Mapping[Turn, Sequence[Window]]) -> dict[Turn, Hashable]:
    """Return what holds each turn: its green windows, or whether it gives way; equal = they stop and go together."""
    found: dict[Turn, Hashable] = {}
    for one in connections:
        turn = one.into, one.out
        found[turn] = tuple(held[turn]) if turn in held else one.state in "mo" or bool(found.get(turn))
    return found


def lane_groups(
    roads: Roads, connections: Sequence[Connection], control: Mapping[Turn, Hashable]
) -> dict[str, list[Group]]:
    """Return the lane groups of each edge from left to right.

    A turn is made from one group. Turns that share a lane and that the same lights hold are made from the same group.
    Others share a lane by halves (thirds ...), so that neither holds up the other, if each has a lane of its own beside
    it; else they are together. A turn that is made from lanes for all and from others (bus lanes) is made from the
    former. Lanes without a turn are a group, on which those stand who have arrived.
    """
    out_of: dict[str, list[Connection]] = defaultdict(list)
    for one in connections:
        out_of[one.into].append(one)
    return {name: _parted(edge, out_of[name], control) for name, edge in roads.edges.items()}


def groups_of_turns(groups: Mapping[str, Sequence[Group]]) -> dict[Turn, tuple[str, int]]:
    """Return the lane group (link_id, number) from which each turn is made."""
    return {
        (one.into, one.out): (link, number)
        for link, parts in groups.items()
        for number, part in enumerate(parts)
        for one in part.ways
    }


def _parted(edge: Edge, ways: Sequence[Connection], control: Mapping[Turn, Hashable]) -> list[Group]:
    general = set(edge.general)
    for_all = {one.out for one in ways if one.into_lane in general}
    used = [one for one in ways if one.into_lane in general or one.out not in for_all]
    lanes: dict[str, set[int]] = defaultdict(set)
    for one in used:
        lanes[one.out].add(one.into_lane)
    clusters = _clusters(lanes, {out: control[edge.edge_id, out] for out in lanes})
    groups = []
    taken: set[int] = set()
    for outs in sorted(clusters, key=lambda outs: (-max(_over(outs, lanes)), sorted(outs))):
        own = _over(outs, lanes)
        users = {lane: sum(lane in _over(others, lanes) for others in clusters) for lane in own}
        mine = tuple(sorted(own - taken))
        taken |= own
        share = sum(1 / count for count in users.values())
        groups.append(Group(mine, share, tuple(one for one in used if one.out in outs)))
    rest = tuple(sorted(general - taken))
    return [*groups, Group(rest, len(rest), ())] if rest else groups


def _over(outs: frozenset[str], lanes: Mapping[str, set[int]]) -> set[int]:
    return set().union(*(lanes[out] for out in outs))


def _clusters(lanes: Mapping[str, set[int]], control: Mapping[str, Hashable]) -> list[frozenset[str]]:
    """Return which turns are made together."""
    clusters = [frozenset({out}) for out in sorted(lanes)]
    while True:
        pair = next(
            (
                (a, b)
                for place, a in enumerate(clusters)
                for b in clusters[place + 1 :]
                if _over(a, lanes) & _over(b, lanes) and not _apart(a, b, clusters, lanes, control)
            ),
            None,
        )
        if pair is None:
            return clusters
        clusters = [one for one in clusters if one not in pair] + [pair[0] | pair[1]]


def _apart(
    a: frozenset[str],
    b: frozenset[str],
    clusters: Sequence[frozenset[str]],
    lanes: Mapping[str, set[int]],
    control: Mapping[str, Hashable],
) -> bool:
    """Return whether two clusters that share a lane can be groups of their own."""
    if len({control[out] for out in a | b}) == 1:
        return False
    others = {one: set().union(*(_over(two, lanes) for two in clusters if two != one)) for one in (a, b)}
    return all(_over(one, lanes) - others[one] for one in (a, b))
