"""Junctions: which turns cross or merge, who gives way to whom, and how long a gap they need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from twin.network import FOLLOW_UP, GAP, MICRO, YIELD_COLUMNS, Network, Rows, notes_table
from twin.ragged import rows, starts

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

CLASSES = ("motorway", "trunk", "primary", "secondary", "tertiary", "_link", "unclassified", "residential")
"""Classes of roads by their right of way; slip roads ("_link") give way to all through roads, others come last."""

SIGNED = ("ring", "priority", "", "give way", "stop")
"""Signs by their right of way: whoever is in a roundabout first, whoever stands at a stop sign last."""

SHARED = ("motorway", "trunk")
"""Classes onto which one merges by zip, not in gaps: with flows near capacity there are no gaps of some seconds."""

LEFT_FROM_MAJOR = 4.1, 2.2
FROM_MINOR = {"right": (6.2, 3.3), "through": (6.5, 4.0), "left": (7.1, 3.5), "uturn": (7.1, 3.5)}
RIGHT_ONTO_LANES = 6.9, 3.3
"""Critical gap and follow-up time [s] at signs: Highway Capacity Manual 2010, ch. 19 (two lanes; 6.9 s onto four)."""

INTO_RING = 4.98, 2.61
"""The same at roundabouts: Highway Capacity Manual, 6th edition, ch. 22 (one lane)."""

FIRST_AT_STOP = 3.9
"""Seconds between two vehicles of one approach where everybody stops and nobody else is there: HCM 2010, ch. 20."""

AT_STOP = {1: 3.9, 2: 4.7, 3: 7.0, 4: 9.6}
"""The same where that many approaches are busy (the most conflicting case of each): HCM 2010, ch. 20."""

AROUND = 2
"""How many times as far from the middle of a wide junction as its farthest road begins one looks who is beside whom."""

REACH = 15.0
"""Metres from the junction over which roads are looked at to tell who comes from the opposite side."""

_LEAST_SHARE = 1e-6
_METRE = 90  # units of 1e-7 degrees of latitude in a metre
_CIRCLE = 2**40  # more than any place on the circle around a node


def with_right_of_way(
    network: Network,
    signs: Mapping[str, str] | None = None,
    *,
    signal_of_node: Mapping[str, str] | None = None,
    left_hand: bool = False,
) -> Network:
    """Return a network whose turns give way to each other as the rules of the road say.

    Parameters
    ----------
    network : Network
    signs : mapping of link_id to {"stop", "give way", "priority", "ring"}, optional
        What holds at the end of a link; nothing said = its class decides.
    signal_of_node : mapping of node_id to signal_id, optional
        Nodes with the same signal_id are one junction with signals.
    left_hand : bool
        True where one drives on the left; all that is said of left and right is mirrored then.

    Returns
    -------
    Network
        With new ``yields``, gaps of turns, capacities where everybody stops, and one note.

    Notes
    -----
    Each conflict of two turns at a node (their paths cross, or lead into one link) is decided by the first rule that
    tells them apart: (1) signs; (2) class of road, see CLASSES (capacity where no class is known); (3) who turns left
    gives way to the opposite side; (4) priority to the right. Where these go round in a circle (four streets alike),
    that road goes first, left turns last, of which an approach has most capacity, then the first id. At signals the
    rows count while a turn is permitted only; who is inside a junction of several nodes has no signal and gives way to
    those who enter. Nobody gives way where all stop (the node has a capacity then), where lanes that come together all
    go on, or in merging onto motorways and trunk roads, which share by weight. Each node is looked at by itself.
    """
    town = _Town(network, signs or {}, signal_of_node or {}, left_hand=left_hand)
    minor, major = town.yields
    turns = network.turns[["in_link", "out_link"]].to_numpy()
    table = pd.DataFrame(np.concatenate([turns[minor], turns[major]], axis=1), columns=list(YIELD_COLUMNS))
    return Network(
        _nodes(town), network.links, lane_groups=_lane_groups(town), turns=_with_gaps(town), yields=table,
        notes=pd.concat([network.notes, _note(town)]),
    )  # fmt: skip


def gap_shares(network: Network, against: Floats) -> Floats:
    """Return which share of its green each turn can use for the gaps in the streams to which it yields.

    Parameters
    ----------
    network : Network
    against : array, shape (n_turn,) [PCU/s]
        Flow to which each turn yields.

    Returns
    -------
    array, shape (n_turn,)
        Capacity / saturation flow of the lane group: q e^(-q c) / (1 - e^(-q f)) vehicles can go in a second, q being
        the flow that has the right of way, c and f the critical gap and the follow-up time [1]_.

    References
    ----------
    .. [1] Harders, J. (1968), as in the Highway Capacity Manual 2010, ch. 19 (potential capacity).
    """
    turns, flow = network.turns, np.maximum(against, 1e-9)
    gap, follow_up = turns["critical_gap"].fillna(GAP).to_numpy(), turns["follow_up"].fillna(FOLLOW_UP).to_numpy()
    most = flow * np.exp(-flow * gap) / -np.expm1(-flow * follow_up)
    shares = np.clip(most * MICRO / network.group_capacity[network.group_of_turn], _LEAST_SHARE, 1.0)
    return np.where(against > 0, shares, 1.0)


@dataclass(frozen=True)
class _Town:
    """What is known of the junctions of a network; arrays have a row a link or a turn."""

    network: Network
    signs: Mapping[str, str]
    signal_of_node: Mapping[str, str]
    left_hand: bool

    @cached_property
    def turn_in(self) -> Rows:
        return self.network.link_rows(self.network.turns["in_link"])

    @cached_property
    def turn_out(self) -> Rows:
        return self.network.link_rows(self.network.turns["out_link"])

    @cached_property
    def to_node(self) -> Rows:
        return self.network.node_rows(self.network.links["to_node"])

    @cached_property
    def turn_node(self) -> Rows:
        """Node of each turn."""
        return self.to_node[self.turn_in]

    @cached_property
    def sign(self) -> pd.Series:
        """Sign at the end of each link, "" = none."""
        return pd.Series([self.signs.get(link_id, "") for link_id in self.network.links["link_id"]], dtype=str)

    @cached_property
    def signal(self) -> pd.Series:
        """Signal at the end of each link; missing = none."""
        return pd.Series([self.signal_of_node.get(node) for node in self.network.links["to_node"]], dtype=object)

    @cached_property
    def inside(self) -> Bools:
        """Links between two nodes of one junction with signals."""
        begins = self.network.links["from_node"].map(self.signal_of_node)
        inside: Bools = (self.signal.notna() & (self.signal == begins)).to_numpy(np.bool_)
        return inside

    @cached_property
    def all_stop(self) -> Bools:
        """Nodes where everybody stops : array, shape (n_node,)."""
        n_node = len(self.network.nodes)
        stops = (self.sign == "stop").to_numpy() & self.signal.isna().to_numpy()
        all_stop: Bools = (self.approaches > 1) & (
            np.bincount(self.to_node[stops], minlength=n_node) == self.approaches
        )
        return all_stop

    @cached_property
    def approaches(self) -> Longs:
        """Links that lead to each node."""
        return np.bincount(self.to_node, minlength=len(self.network.nodes)).astype(np.int64)

    @cached_property
    def rank(self) -> Longs:
        """Right of way of each link at its end: the less, the more; inside a junction with signals last."""
        kind = self.network.links["road_class"]
        order = {name: number for number, name in enumerate(CLASSES)}
        named = kind.where(~kind.str.endswith("_link"), "_link").map(order).fillna(len(CLASSES)).to_numpy(np.int64)
        signed = self.sign.map({name: number for number, name in enumerate(SIGNED)}).fillna(SIGNED.index(""))
        by_size = np.where(kind == "", 10**12 - self.network.link_capacity, 0)
        first = self.inside * 1_000 + np.where(self.signal.isna(), signed, 0) * 100 + named
        ranks: Longs = first.astype(np.int64) * 10**13 + by_size
        return ranks

    @cached_property
    def ends(self) -> tuple[Longs, Longs]:
        """Directions away from the junction in which links leave it and come to it : arrays, shape (n_link, 2)."""
        return _directions(self.network, REACH)

    @cached_property
    def across(self) -> Longs:
        """How far each turn cuts across opposite traffic: 2 back, 1 left, 0 not at all."""
        side = "right" if self.left_hand else "left"
        return np.asarray(self.network.turns["kind"].map({"uturn": 2, side: 1}).fillna(0), np.int64)

    @cached_property
    def conflicts(self) -> tuple[Rows, Rows]:
        """All pairs of turns of one node, each once, whose paths cross or that lead into one link."""
        every, with_each = _pairs(self.turn_node)
        apart = (every < with_each) & (self.turn_in[every] != self.turn_in[with_each])
        one, other = every[apart], with_each[apart]
        place_in, place_out = _around(self.network, left_hand=self.left_hand)
        begin, end = place_in[self.turn_in], place_out[self.turn_out]
        merge = self.turn_out[one] == self.turn_out[other]
        inner_in = _between(begin[other], begin[one], end[one])
        inner_out = _between(end[other], begin[one], end[one])
        met = np.where(merge, ~self._goes_on(one), inner_in != inner_out) & ~self.all_stop[self.turn_node[one]]
        return one[met], other[met]

    def _goes_on(self, turn: Rows) -> Bools:
        """Return for merging turns whether nobody has to give way: by zip, or with a lane for each that comes."""
        links, n_node = self.network.links, len(self.network.nodes)
        lanes = links["lanes"].to_numpy(np.int64)
        leaving = np.bincount(self.network.node_rows(links["from_node"]), minlength=n_node)
        coming = np.bincount(self.to_node, lanes, n_node)[self.turn_node[turn]]
        node, out = self.turn_node[turn], self.turn_out[turn]
        zipped = links["road_class"].isin(SHARED).to_numpy()[out]
        goes_on: Bools = zipped | ((leaving[node] == 1) & (coming <= lanes[out]))
        return goes_on

    @cached_property
    def opposite(self) -> Bools:
        """Conflicts of turns that come from opposite sides."""
        return _facing(self, *self.conflicts)

    @cached_property
    def axis(self) -> Longs:
        """Which road goes first where nothing else decides: approaches by capacity and id, with those opposite."""
        place = _places(np.lexsort((np.arange(len(self.network.link_capacity)), -self.network.link_capacity)))
        one, other = (self.turn_in[side[self.opposite]] for side in self.conflicts)
        axis = place.copy()
        np.minimum.at(axis, one, place[other])
        np.minimum.at(axis, other, place[one])
        return axis

    @cached_property
    def first_gives_way(self) -> tuple[Bools, Bools]:
        """Whether the first turn of each conflict gives way, and whether it was the right hand that decided."""
        one, other = self.conflicts
        into, across = (self.rank[self.turn_in[one]], self.rank[self.turn_in[other]]), self.across
        side = _cross(self.ends[1][self.turn_in[one]], self.ends[1][self.turn_in[other]])
        side = -side if self.left_hand else side
        by_side = np.where(side == 0, self.turn_in[one] > self.turn_in[other], side > 0)
        cuts = self.opposite & (across[one] != across[other])
        alike = into[0] == into[1]
        gives = np.where(alike, np.where(cuts, across[one] > across[other], by_side), into[0] > into[1])
        return gives.astype(np.bool_), alike & ~cuts

    @cached_property
    def yields(self) -> tuple[Rows, Rows]:
        """Turns that give way and to which; no circles."""
        one, other = self.conflicts
        order = _places(np.lexsort((np.arange(len(self.turn_in)), self.across, self.axis[self.turn_in])))
        alike = self.rank[self.turn_in[one]] == self.rank[self.turn_in[other]]
        round_ = alike & np.isin(self.turn_node[one], self.circles)
        gives = np.where(round_, order[one] > order[other], self.first_gives_way[0])
        return np.where(gives, one, other), np.where(gives, other, one)

    @cached_property
    def circles(self) -> Rows:
        """Nodes where by rules (1) to (4) turns would wait for each other."""
        one, other = self.conflicts
        gives, _ = self.first_gives_way
        minor, major = np.where(gives, one, other), np.where(gives, other, one)
        graph = coo_array((np.ones(len(minor), np.int8), (minor, major)), shape=(len(self.turn_in),) * 2)
        part = connected_components(graph, connection="strong")[1] if len(minor) else minor
        circle: Rows = np.unique(self.turn_node[minor[part[minor] == part[major]]])
        return circle


def _with_gaps(town: _Town) -> pd.DataFrame:
    """Return the turns with the gaps of those that yield; at signals the network's own hold."""
    links, turns = town.network.links, town.network.turns.copy()
    minor, major = town.yields
    n_turn = len(turns)
    level = town.rank[town.turn_in]
    mirror = {"left": "right", "right": "left"} if town.left_hand else {}
    kinds = [mirror.get(kind, kind) for kind in turns["kind"]]
    gaps = np.array([FROM_MINOR.get(kind, FROM_MINOR["through"]) for kind in kinds]).reshape(-1, 2)
    beyond = np.ones(n_turn, np.bool_)  # all that it yields to come from the opposite side of its own road
    beyond[minor[~_facing(town, minor, major) | (level[minor] != level[major])]] = False
    gaps[beyond] = LEFT_FROM_MAJOR
    merges = np.ones(n_turn, np.bool_)  # all that it yields to go into the same link: a gap on one lane is enough
    merges[minor[town.turn_out[minor] != town.turn_out[major]]] = False
    lanes = links["lanes"].to_numpy(np.int64)[town.turn_out]
    wide = np.stack([RIGHT_ONTO_LANES[0] / lanes, np.full(n_turn, RIGHT_ONTO_LANES[1])], axis=1)
    gaps = np.where((merges & ~beyond)[:, None], np.where((lanes > 1)[:, None], wide, FROM_MINOR["right"]), gaps)
    ring = (town.sign == "ring").to_numpy()
    gaps[minor[ring[town.turn_in[major]] & ~ring[town.turn_in[minor]]]] = INTO_RING
    counts = np.isin(np.arange(n_turn), minor) & town.signal.isna().to_numpy()[town.turn_in]
    turns[["critical_gap", "follow_up"]] = np.where(counts[:, None], gaps, np.nan)
    return turns


def _facing(town: _Town, one: Rows, other: Rows) -> Bools:
    """Return which pairs of turns come from opposite sides, within 45 degrees."""
    first, second = (town.ends[1][town.turn_in[side]] for side in (one, other))
    dot = (first * second).sum(axis=1)
    facing: Bools = (dot < 0) & (np.abs(_cross(first, second)) <= -dot)
    return facing


def _nodes(town: _Town) -> gpd.GeoDataFrame:
    """Return the nodes; where everybody stops each approach moves up in turn."""
    nodes: gpd.GeoDataFrame = town.network.nodes.copy()
    busy = town.approaches[town.all_stop]
    nodes.loc[town.all_stop, "capacity"] = [n / AT_STOP[min(n, max(AT_STOP))] for n in busy]
    return nodes


def _lane_groups(town: _Town) -> pd.DataFrame:
    """Return the lane groups; those that end where everybody stops let out a vehicle a lane each 3.9 s at the most."""
    groups = town.network.lane_groups.copy()
    stops = town.all_stop[town.to_node[town.network.link_rows(groups["link_id"])]]
    groups.loc[stops, "exit_capacity"] = groups["lanes"][stops] / FIRST_AT_STOP
    return groups


def _note(town: _Town) -> pd.DataFrame:
    """Return one note that says how many junctions have which rules."""
    one, _ = town.conflicts
    if not len(one) and not town.all_stop.any():
        return notes_table([])
    lit = town.signal.notna().to_numpy()[town.turn_in[one]]
    node = town.turn_node[one]
    _, by_side = town.first_gives_way
    every, right = set(node[~lit]), set(node[~lit & by_side])
    turned = right & set(town.circles)
    text = (
        f"{len(every)} junctions without signals where ways cross: {len(every) - len(right)} by signs and class of road"
        f" alone, at {len(right)} also priority to the {'left' if town.left_hand else 'right'}, {len(turned)} of them "
        f"with a circle in which the wider road goes first; at {int(town.all_stop.sum())} more everybody stops"
    )
    return notes_table([("guessed right of way", "network", text)])


def _places(order: Rows) -> Longs:
    """Return the place of each row in an order."""
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return place


def _pairs(group: Rows) -> tuple[Rows, Rows]:
    """Return all ordered pairs of rows of one group, each with itself too."""
    order = np.argsort(group, kind="stable")
    first = np.searchsorted(group[order], group)
    count = np.searchsorted(group[order], group, side="right") - first
    return np.repeat(np.arange(len(group)), count), order[rows(first.astype(np.int64), count.astype(np.int64))]


def _around(network: Network, *, left_hand: bool) -> tuple[Longs, Longs]:
    """Return where on a circle around its node each link comes in and goes out, counted counter-clockwise.

    Looking along a road away from the junction, who drives on the right goes out on the right and comes in on the left.
    """
    leaving, coming = _at_rims(network, *_directions(network, 0.0))
    direction = np.concatenate([coming, leaving])
    node = np.concatenate([network.node_rows(network.links[end]) for end in ("to_node", "from_node")])
    one, other = _pairs(node)
    half = (direction[:, 1] < 0) | ((direction[:, 1] == 0) & (direction[:, 0] < 0))
    turned = _cross(direction[other], direction[one]) > 0
    before = np.where(half[one] == half[other], turned, half[one])
    place = 2 * np.bincount(one, before, minlength=len(node)).astype(np.int64)
    n_link = len(network.links)
    return place[:n_link] + (not left_hand), place[n_link:] + left_hand


def _between(place: Longs, begin: Longs, end: Longs) -> Bools:
    """Return which places lie behind begin and before end, counter-clockwise."""
    away = (place - begin) % _CIRCLE
    inner: Bools = (away > 0) & (away < (end - begin) % _CIRCLE)
    return inner


def _directions(network: Network, reach: float) -> tuple[Longs, Longs]:
    """Return in whole numbers where links go from their first node and, backwards, from their last : shape (n_link, 2).

    To the first point that is not on the node and at least ``reach`` metres away, else to the farthest point.
    """
    whole, link = _whole(network, network.links.geometry.to_numpy())
    near = int(reach * _metre(network))
    start = starts(np.bincount(link, minlength=len(network.links)))
    return _seen(whole, link, start[:-1], near, last=False), _seen(whole, link, start[1:] - 1, near, last=True)


def _whole(network: Network, shapes: npt.NDArray[np.object_]) -> tuple[Longs, Rows]:
    """Return the points of shapes in whole numbers, as far apart east to west as north to south, and whose they are."""
    points, shape = shapely.get_coordinates(shapes, return_index=True)
    if not network.links.crs:
        return np.rint(points * 1e2).astype(np.int64), shape
    # Degrees of longitude are shorter; whole degrees and parts of 100 are alike everywhere.
    squeeze = round(100 * np.cos(np.radians(np.rint(network.links.geometry.get_coordinates()["y"].mean()))))
    return np.rint(points * 1e7).astype(np.int64) * [squeeze, 100], shape


def _metre(network: Network) -> int:
    """Return how many of these whole numbers are a metre."""
    return _METRE * 100 if network.links.crs else 100


def _at_rims(network: Network, leaving: Longs, coming: Longs) -> tuple[Longs, Longs]:
    """Return the directions of links at both ends, seen from the middle of a wide junction where they end at one.

    Links do not touch their node there. Where they cross a square around all of it the two sides of a divided road are
    seen in their order.
    """
    points, link = _whole(network, network.links.geometry.to_numpy())
    middles, _ = _whole(network, network.nodes.geometry.to_numpy())
    start = starts(np.bincount(link, minlength=len(network.links)))
    nodes = [network.node_rows(network.links[side]) for side in ("from_node", "to_node")]
    rim = np.zeros(len(middles), np.int64)
    for at, node in zip((start[:-1], start[1:] - 1), nodes, strict=True):
        np.maximum.at(rim, node, np.abs(points[at] - middles[node]).max(axis=1))
    seen = leaving.copy(), coming.copy()
    for node, own, away in zip(nodes, seen, (1, -1), strict=True):
        for row in np.flatnonzero(rim[node] > _metre(network)):
            line = points[start[row] : start[row + 1]] - middles[node[row]]
            own[row] = _crossing(line[::away], AROUND * int(rim[node[row]]))
    return seen


def _crossing(line: Longs, reach: int) -> Longs:
    """Return where a line that leads away from a junction, or its straight continuation, crosses a square around it."""
    far = np.abs(line).max(axis=1)
    outside = np.flatnonzero(far >= reach)
    end = int(outside[0]) if len(outside) else len(line) - 1
    before, after = line[max(end - 1, 0)], line[end]
    hop = after - before
    edges = np.where(hop == 0, np.inf, (np.where(hop > 0, reach, -reach) - before) / np.where(hop == 0, 1, hop))
    point: Longs = np.rint(before + hop * min(edges.min(), float(reach))).astype(np.int64)
    return point


def _seen(points: Longs, link: Rows, node: Longs, near: int, *, last: bool) -> Longs:
    """Return the vectors from the nodes (rows of points) to the points of their links that tell their directions."""
    gone = points - points[node][link]
    far = np.abs(gone).max(axis=1)
    most = np.zeros(len(node), np.int64)
    np.maximum.at(most, link, far)
    enough = np.flatnonzero((far > 0) & (far >= np.minimum(near, most[link])))
    enough = enough[::-1] if last else enough
    own, first = np.unique(link[enough], return_index=True)
    seen = np.zeros((len(node), 2), np.int64)
    seen[own] = gone[enough[first]]
    return seen


def _cross(a: Longs, b: Longs) -> Longs:
    crossed: Longs = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return crossed
