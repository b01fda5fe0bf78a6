"""Routing: which way each trip takes - the fastest, or its habit as far as that is still allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from twin.kernels import paths
from twin.kernels.columns import Ints, Longs
from twin.kernels.paths import tree, walk
from twin.network import Network, Rows
from twin.ragged import is_first, rows, starts
from twin.signals import Signals, mean_waits
from twin.storage import Stretches
from twin.units import MS

FAR = paths.FAR
"""Time to what cannot be reached."""

AT_ORIGIN = -1
"""Where a trip is that has not yet chosen the link on which it enters."""


class Routes(NamedTuple):
    """Routes of trips.

    Parameters
    ----------
    start : array, shape (n_trip + 1,)
        Route of trip t is rows start[t] to start[t + 1] of steps; an empty route: there is no way.
    steps : array, shape (n_step,)
        First the row of the link where the trip enters, then rows of turns.
    """

    start: Longs
    steps: Ints


@dataclass(frozen=True)
class Ways:
    """What the search for ways needs of a network: times in ms, and who leads to whom in rows.

    Parameters
    ----------
    link_time : array, shape (n_link,) [ms]
        FAR where the link is closed.
    turn_time : array, shape (n_turn,) [ms]
        What turning costs, and the mean wait for green; FAR where a closed link makes the turn impossible.
    turn_from, turn_link : array, shape (n_turn,)
    into_start, into_turns : array, shape (n_link + 1,), (n_turn,)
        Turns that lead into each link.
    link_begin, link_end : array, shape (n_link,)
        Rows of nodes.
    n_node : int
    """

    link_time: Ints
    turn_time: Ints
    turn_from: Ints
    turn_link: Ints
    into_start: Longs
    into_turns: Ints
    link_begin: Rows
    link_end: Rows
    n_node: int


def ways(network: Network, signals: Signals | None = None, *, vehicle_class: str = "car") -> Ways:
    """Return the ways of a network for a class of vehicles, with the mean wait for green at signals if given."""
    links, turns = network.links, network.turns
    turn_from = network.link_rows(turns["in_link"]).astype(np.int32)
    turn_link = network.link_rows(turns["out_link"]).astype(np.int32)
    closed = links["closed"].to_numpy(bool) | np.array(
        [bool(o) and vehicle_class not in o for o in links["only"]], bool
    )
    wait = np.zeros(len(turns)) if signals is None else mean_waits(signals, network)
    turning = Stretches(network).turn_time + np.rint(wait * MS).astype(np.int64)
    turn_time = np.where(closed[turn_from] | closed[turn_link], FAR, turning).astype(np.int32)
    order = np.argsort(turn_link, kind="stable").astype(np.int32)
    into_start = np.searchsorted(turn_link[order], np.arange(len(links) + 1)).astype(np.int64)
    return Ways(
        link_time=np.where(closed, FAR, network.free_time).astype(np.int32),
        turn_time=turn_time,
        turn_from=turn_from,
        turn_link=turn_link,
        into_start=into_start,
        into_turns=order,
        link_begin=network.node_rows(links["from_node"]),
        link_end=network.node_rows(links["to_node"]),
        n_node=len(network.nodes),
    )


def fastest(ways: Ways, pairs: Rows) -> tuple[Routes, Ints]:
    """Return the fastest way of each trip, and its time.

    Parameters
    ----------
    ways : Ways
    pairs : array, shape (n_trip, 2)
        Rows of the nodes of origin and destination. A trip enters by any link that leaves its origin and ends by any
        that reaches its destination.

    Returns
    -------
    routes : Routes
    times : array, shape (n_trip,) [ms]
        FAR where there is no way (also where a trip ends where it begins).
    """
    return finish(ways, pairs, here=np.full(len(pairs), AT_ORIGIN))


def times_between(ways: Ways, nodes: Rows) -> Ints:
    """Return the fastest times from each node to each other : array, shape (n_node, n_node) [ms].

    FAR where there is no way, and from a node to itself.

    Parameters
    ----------
    ways : Ways
    nodes : array, shape (n_node,)
        Rows of nodes.
    """
    times = np.full((len(nodes), len(nodes)), FAR, np.int32)
    leaving = _Leaving(ways)
    for column, node in enumerate(nodes):
        ends = np.flatnonzero(ways.link_end == node).astype(np.int32)
        cost, _ = tree(ends, ways.link_time, ways.turn_time, ways.into_start, ways.into_turns, ways.turn_from)
        link = leaving.best(cost)[nodes]
        times[:, column] = np.where((link >= 0) & (nodes != node), cost[link], FAR)
    return times


def keep_habits(ways: Ways, habits: Routes, *, pairs: Rows) -> Routes:
    """Return the routes of trips that keep to their habits while every turn of them is allowed.

    Parameters
    ----------
    ways : Ways
    habits : Routes
        One route a trip (empty = no habit); a step of -1 is one that is no longer there.
    pairs : array, shape (n_trip, 2)
        Rows of the nodes of origin and destination.

    Returns
    -------
    Routes
        From the first turn that is gone, the fastest way on from there; if there is none, from the origin.
    """
    kept = _steps_kept(ways, habits)
    broken = np.flatnonzero((kept < np.diff(habits.start)) | (kept == 0))
    here = _links_reached(ways, habits, kept)
    rest, times = finish(ways, pairs[broken], here=here[broken])
    stuck = broken[(times == FAR) & (here[broken] != AT_ORIGIN)]
    if len(stuck):
        kept[stuck] = 0
        here[stuck] = AT_ORIGIN
        rest, _ = finish(ways, pairs[broken], here=here[broken])
    return _splice(habits, kept, broken, rest)


def _steps_kept(ways: Ways, habits: Routes) -> Longs:
    """Return how many steps of each route are still allowed, from its beginning on."""
    first = is_first(habits.start)
    gone = habits.steps < 0
    for here, time in ((first, ways.link_time), (~first, ways.turn_time)):
        known = here & ~gone
        gone[known] = time[habits.steps[known]] == FAR
    gone_at = np.append(np.flatnonzero(gone), len(gone))
    next_gone = gone_at[np.searchsorted(gone_at, habits.start[:-1])]
    kept: Longs = np.minimum(next_gone, habits.start[1:]) - habits.start[:-1]
    return kept


def _links_reached(ways: Ways, habits: Routes, kept: Longs) -> Longs:
    """Return the link that the kept part of each route ends on."""
    here = np.full(len(kept), AT_ORIGIN, np.int64)
    one = np.flatnonzero(kept == 1)
    more = np.flatnonzero(kept > 1)
    here[one] = habits.steps[habits.start[one]]
    here[more] = ways.turn_link[habits.steps[habits.start[more] + kept[more] - 1]]
    return here


def _splice(habits: Routes, kept: Longs, changed: Rows, rest: Routes) -> Routes:
    """Put the new ends behind the kept beginnings."""
    n_new = np.zeros(len(kept), np.int64)
    n_new[changed] = np.diff(rest.start)
    start = starts(kept + n_new)
    steps = np.empty(start[-1], np.int32)
    steps[rows(start[:-1], kept)] = habits.steps[rows(habits.start[:-1], kept)]
    steps[rows(start[:-1] + kept, n_new)] = rest.steps
    return Routes(start, steps)


def finish(ways: Ways, pairs: Rows, *, here: Longs) -> tuple[Routes, Ints]:
    """Return the fastest way on for trips that are at their origin or on a link, one tree a destination.

    Parameters
    ----------
    ways : Ways
    pairs : array, shape (n_trip, 2)
        Rows of the nodes of origin (not looked at where a trip is on a link) and destination.
    here : array, shape (n_trip,)
        Link on which the trip is, or AT_ORIGIN.

    Returns
    -------
    routes : Routes
        For a trip on a link the turns alone.
    times : array, shape (n_trip,) [ms]
        FAR where there is no way, or where the trip is at its destination.
    """
    origins, destinations = pairs[:, 0], pairs[:, 1]
    times = np.full(len(pairs), FAR, np.int32)
    n_step = np.zeros(len(pairs), np.int64)
    order = np.argsort(destinations, kind="stable")
    served, pieces = [order[:0]], [np.empty(0, np.int32)]
    leaving = _Leaving(ways)
    for trips in np.split(order, np.flatnonzero(np.diff(destinations[order])) + 1):
        if not len(trips):
            continue
        ends = np.flatnonzero(ways.link_end == destinations[trips[0]]).astype(np.int32)
        cost, next_turn = tree(ends, ways.link_time, ways.turn_time, ways.into_start, ways.into_turns, ways.turn_from)
        at_origin = here[trips] == AT_ORIGIN
        links = np.where(at_origin, leaving.best(cost)[origins[trips]], here[trips])
        reached = (links >= 0) & (cost[links] != FAR) & (origins[trips] != destinations[trips])
        begin, steps = walk(links[reached].astype(np.int32), at_origin[reached], next_turn, ways.turn_link)
        trips = trips[reached]  # noqa: PLW2901 - the others have no way
        times[trips], n_step[trips] = cost[links[reached]], np.diff(begin)
        served.append(trips)
        pieces.append(steps)
    start = starts(n_step)
    steps = np.empty(start[-1], np.int32)
    trips = np.concatenate(served)
    steps[rows(start[trips], n_step[trips])] = np.concatenate(pieces)
    return Routes(start, steps), times


class _Leaving:
    """The links that leave each node, to choose the best of them by."""

    def __init__(self, ways: Ways) -> None:
        self.order = np.argsort(ways.link_begin, kind="stable")
        self.nodes, self.starts = np.unique(ways.link_begin[self.order], return_index=True)
        self.n_node = ways.n_node

    def best(self, cost: Ints) -> Longs:
        """Return for each node the link to leave by : array, shape (n_node,); -1 where none leaves.

        Of equal links the one with the smaller row is taken.
        """
        best = np.full(self.n_node, -1, np.int64)
        ranked = (cost.astype(np.int64)[self.order] << 32) | self.order
        best[self.nodes] = np.minimum.reduceat(ranked, self.starts) & 0xFFFFFFFF
        return best
