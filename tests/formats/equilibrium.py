"""Static user equilibrium of a TNTP network, to judge by: conjugate Frank-Wolfe on BPR times.

References
----------
Beckmann, M., McGuire, C. B., Winsten, C. B. (1956). Studies in the economics of transportation.
Mitradjieva, M., Lindberg, P. O. (2013). The stiff is moving - conjugate direction Frank-Wolfe methods with applications
to traffic assignment. Transportation Science 47(2).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra


class Roads(NamedTuple):
    """Links of a network whose nodes are all through nodes: rows of their ends, and BPR's t0 (1 + b (x / c) ** p)."""

    tail: np.ndarray
    head: np.ndarray
    capacity: np.ndarray
    free: np.ndarray
    b: np.ndarray
    power: np.ndarray

    def time(self, flow):
        return self.free * (1 + self.b * (flow / self.capacity) ** self.power)

    def slope(self, flow):
        scale = self.free * self.b * self.power / self.capacity
        return scale * (flow / self.capacity) ** (self.power - 1)

    def objective(self, flow):
        """Return Beckmann's: the sum over links of the integral of time over flow."""
        over = self.power + 1
        return float((self.free * (flow + self.b * self.capacity * (flow / self.capacity) ** over / over)).sum())


class Equilibrium(NamedTuple):
    """Flows on each link of those from each origin, shape (n_zone, n_link), and the relative gap."""

    by_origin: np.ndarray
    gap: float

    @property
    def flow(self):
        return self.by_origin.sum(axis=0)


def roads_of(links):
    """Return the roads of a table that read_net gave."""
    ends = [links[end].to_numpy() - 1 for end in ("init_node", "term_node")]
    return Roads(*ends, *(links[column].to_numpy() for column in ("capacity", "free_flow_time", "b", "power")))


def static_equilibrium(roads, demand, *, gap=1e-4, most=2000):
    """Return the user equilibrium; demand is an array of trips, shape (n_zone, n_zone), zone z being node row z."""
    by_origin = all_or_nothing(roads, demand, roads.free)
    aim = None
    for _ in range(most):
        flow = by_origin.sum(axis=0)
        cost = roads.time(flow)
        best = all_or_nothing(roads, demand, cost)
        reached = 1.0 - (cost @ best.sum(axis=0)) / (cost @ flow)
        if reached <= gap:
            return Equilibrium(by_origin, reached)
        aim = best if aim is None else conjugate(roads, by_origin, best, aim)
        step = line_search(roads, flow, aim.sum(axis=0) - flow)
        by_origin = by_origin + step * (aim - by_origin)
        aim = aim if step < 1.0 else None  # where the aim is reached there is no direction left
    raise AssertionError((most, reached))


def all_or_nothing(roads, demand, cost):
    """Return the flows of those from each origin if everybody takes the fastest way, shape (n_zone, n_link)."""
    n_node, zones = max(roads.tail.max(), roads.head.max()) + 1, np.arange(len(demand))
    link_of = np.full((n_node, n_node), -1)
    link_of[roads.tail, roads.head] = np.arange(len(cost))
    graph = csr_array((cost, (roads.tail, roads.head)), shape=(n_node, n_node))
    far, before = dijkstra(graph, indices=zones, return_predecessors=True)
    load = np.zeros((len(zones), n_node))
    load[:, : len(zones)] = demand
    flows = np.zeros((len(zones), len(cost)))
    for node in np.argsort(-far, axis=1).T:  # for each origin its farthest node first
        last = before[zones, node]
        on = zones[last >= 0]  # the origin itself has none before it
        flows[on, link_of[last[on], node[on]]] += load[on, node[on]]
        load[on, last[on]] += load[on, node[on]]
    return flows


def conjugate(roads, now, best, aim):
    """Return a point to aim at whose direction is conjugate to that of the last one."""
    slope = roads.slope(now.sum(axis=0))
    old, new = (aim - now).sum(axis=0), (best - now).sum(axis=0)
    top, bottom = old @ (slope * new), old @ (slope * (new - old))
    share = min(max(top / bottom, 0.0), 0.99) if bottom != 0 else 0.0
    return share * aim + (1 - share) * best


def line_search(roads, flow, direction):
    """Return the step from 0 to 1 at which the objective is least, by halving."""
    low, high = 0.0, 1.0
    if roads.time(flow + direction) @ direction <= 0:
        return 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if roads.time(flow + middle * direction) @ direction > 0 else (middle, high)
    return low


def routes(roads, by_origin, trips, names, draws):
    """Return for each trip the links of a way that equilibrium uses, drawn by its flows from the destination back.

    ``trips`` are rows of (origin, destination), ``draws`` even numbers from 0 to 1, shape (n_trip, n_link).
    """
    into = [np.flatnonzero(roads.head == node) for node in range(roads.head.max() + 1)]
    found = []
    for (origin, node), drawn in zip(trips, draws, strict=True):
        way = []
        while node != origin:
            ladder = np.cumsum(by_origin[origin, into[node]])
            link = into[node][np.searchsorted(ladder, drawn[len(way)] * ladder[-1], side="right")]
            way.append(names[link])
            node = roads.tail[link]  # noqa: PLW2901 - one step back
        found.append(way[::-1])
    return found
