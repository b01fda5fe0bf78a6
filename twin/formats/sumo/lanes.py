"""Lanes: which lane of a link leads over which turn onto which lane, from lane groups and turns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from twin.formats.sumo.files import each

if TYPE_CHECKING:
    import pandas as pd

    from twin.network import Network

ORDER = ("uturn", "left", "through", "right")
"""Kinds of turns from the leftmost lane to the rightmost."""


@dataclass(frozen=True)
class Way:
    """A way from a lane onto a lane; lanes count from the right, as SUMO's do."""

    turn: int
    into: str
    out: str
    into_lane: int
    out_lane: int


def lane_counts(network: Network) -> pd.Series:
    """Return how many lanes SUMO's edges have, by link_id: those of the link, or of its lane groups if more.

    SUMO could widen an edge before its end only by cutting it in two; so a pocket is as long as its link.
    """
    groups = network.lane_groups.groupby("link_id")["lanes"].sum()
    own = network.links.set_index("link_id")["lanes"]
    lanes: pd.Series[int] = own.combine(groups.reindex(own.index), max)
    return lanes


def ways(network: Network) -> list[Way]:
    """Return the ways over all junctions.

    Notes
    -----
    Lane groups lie side by side from the left; lanes that are left over on the right belong to the last one. Within a
    group, through traffic may use all lanes, other turns those at their side, as many as the next link has lanes; where
    all turn, they share the lanes. Left turns end on the lanes at the left, others on those at the right. Lanes for
    which the next link has none lead nowhere: SUMO's drivers who merge inside a junction give way to each other, until
    a full town stands still (README, fidelity). They keep to the lanes that go on.
    """
    count = lane_counts(network)
    found = []
    turns = network.turns.assign(row=range(len(network.turns)), rank=network.turns["kind"].map(_rank))
    of_link: dict[Any, pd.DataFrame] = dict(iter(network.lane_groups.groupby("link_id")))
    by_link: dict[Any, pd.DataFrame] = dict(iter(turns.groupby("in_link")))
    for link_id, leaving in by_link.items():
        lanes_of_group = _lanes_of_groups(of_link[link_id], int(count[link_id]))
        by_group: dict[Any, pd.DataFrame] = dict(iter(leaving.groupby("lane_group")))
        for group, members in by_group.items():
            rows = members.sort_values(["rank", "out_link"])
            room = [int(count[out]) for out in rows["out_link"]]
            shares = _thinned(_shared(list(rows["kind"]), lanes_of_group[group]), room)
            for turn, own, targets in zip(each(rows), shares, room, strict=True):
                ends = Way(turn.row, link_id, turn.out_link, 0, 0)
                found += _onto(ends, turn.kind, own, targets)
    return found


def _rank(kind: str) -> int:
    return ORDER.index(kind) if kind in ORDER else ORDER.index("through")


def _lanes_of_groups(groups: pd.DataFrame, count: int) -> dict[int, list[int]]:
    """Return the lanes of each group, from left to right."""
    lanes = {}
    left = count - 1
    for row in each(groups.sort_values("lane_group")):
        lanes[int(row.lane_group)] = list(range(left, left - int(row.lanes), -1))
        left -= int(row.lanes)
    last = max(lanes)
    lanes[last] += list(range(left, -1, -1))
    return lanes


def _shared(kinds: list[str], lanes: list[int]) -> list[list[int]]:
    """Return the lanes of each turn of a group; turns and lanes go from left to right."""
    n_turn, n_lane = len(kinds), len(lanes)
    straight = [place for place, kind in enumerate(kinds) if kind == "through"]
    if straight:
        first, last = straight[0], straight[-1]
        return [[lanes[0]] if place < first else [lanes[-1]] if place > last else lanes for place in range(n_turn)]
    if n_turn >= n_lane:
        return [[lanes[place * n_lane // n_turn]] for place in range(n_turn)]
    ends = [round((place + 1) * n_lane / n_turn) for place in range(n_turn)]
    return [lanes[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


def _thinned(shares: list[list[int]], room: list[int]) -> list[list[int]]:
    """Take lanes from turns onto links with fewer lanes, as far as another turn is made from them.

    Examples
    --------
    >>> _thinned([[1, 0], [0]], [1, 1])
    [[1], [0]]
    """
    thinned = [list(lanes) for lanes in shares]
    for turn, lanes in enumerate(thinned):
        for lane in reversed(list(lanes)):
            used = any(lane in other for place, other in enumerate(thinned) if place != turn)
            if len(lanes) > room[turn] and used:
                lanes.remove(lane)
    return thinned


def _onto(ends: Way, kind: str, lanes: list[int], count: int) -> list[Way]:
    """Return the ways of one turn: lanes from left to right onto the next link's lanes."""
    at_left = kind in {"left", "uturn"}
    targets = range(count - 1, -1, -1) if at_left else range(count)
    return [
        replace(ends, into_lane=lane, out_lane=target)
        for lane, target in zip(lanes if at_left else reversed(lanes), targets, strict=False)
    ]
