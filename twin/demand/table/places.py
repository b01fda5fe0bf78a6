"""Places: the junctions at which trips of a table begin and end - by id, by zone, or nearest to coordinates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from twin.datum import DATUMS, to_wgs84
from twin.demand.day import lures_of
from twin.demand.gravity import following, spread
from twin.demand.table.columns import Refusal
from twin.demand.table.values import numbers, texts
from twin.errors import BadTable
from twin.network import Network, Rows
from twin.units import metres_per_degree
from twin.zones import Zones

Longs = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]

NOWHERE = -1


class Place(NamedTuple):
    """Where the trips of each row begin, or where they end.

    Parameters
    ----------
    node : array, shape (n_row,)
        Rows of nodes, or of zones; NOWHERE where that was refused.
    zoned : bool
        Whether these are zones.
    away : array, shape (n_row,) [m]
        How far the junction is from the coordinates; NaN where there are none.
    refusals : list of Refusal
    remarks : dict of str to str
        How each meaning was understood.
    """

    node: Rows
    zoned: bool
    away: npt.NDArray[np.float64]
    refusals: list[Refusal]
    remarks: dict[str, str]


def place(
    end: str,
    cells: pd.DataFrame,
    found: dict[str, str],
    *,
    network: Network,
    zones: Zones | None,
    datum: str | None,
    farthest: float,
    decimal: str,
) -> Place:
    """Return where trips begin (end = "origin") or end ("destination").

    Raises
    ------
    BadTable
        If the table does not say it, or gives coordinates of no declared datum.
    """
    pair = f"{end}_lon", f"{end}_lat"
    if end in found:
        known = _by_id(end, cells[found[end]], found[end], network, zones)
        unused = {name: f"not used: {found[end]!r} says it" for name in pair if name in found}
        return known._replace(remarks=known.remarks | unused)
    if not all(name in found for name in pair):
        there = ", ".join(map(str, cells.columns))
        raise BadTable(
            f"the table does not say where trips have their {end}: it needs a column {end!r} (node or zone ids), or "
            f"{pair[0]!r} and {pair[1]!r}; it has {there}. Other names are told by columns={{'name': '{end}'}}"
        )
    if datum not in DATUMS:
        raise BadTable(
            f"datum = {datum!r}: say in which datum the coordinates are, {' or '.join(DATUMS)}; in China maps of AMap "
            "and Tencent have GCJ-02, Baidu's BD-09, satellite receivers WGS-84"
        )
    return _by_coordinates(pair, cells, found, network=network, datum=datum, farthest=farthest, decimal=decimal)


def _by_id(end: str, cells: pd.Series, column: str, network: Network, zones: Zones | None) -> Place:
    ids = texts(cells)
    if zones is None:
        at, what = network.node_rows(ids.fillna("")), "node"
    else:
        at, what = pd.Index(zones.table["zone_id"]).get_indexer(pd.Index(ids.fillna(""))), "zone"
    at = np.where(ids.isna(), NOWHERE, at)
    refusals = [
        Refusal(row, column, ids[row], "is missing" if ids[row] is None else f"is no {what} of this town")
        for row in np.flatnonzero(at == NOWHERE).tolist()
    ]
    if zones is not None:
        served = set(zones.junctions["zone_id"])
        for number, name in enumerate(zones.table["zone_id"]):
            if name not in served:
                empty = np.flatnonzero(at == number)
                refusals += [Refusal(int(row), column, name, "is a zone without junctions") for row in empty]
                at[empty] = NOWHERE
    return Place(at, zones is not None, np.full(len(at), np.nan), refusals, {end: f"{what} ids"})


def _by_coordinates(
    pair: tuple[str, str],
    cells: pd.DataFrame,
    found: dict[str, str],
    *,
    network: Network,
    datum: str,
    farthest: float,
    decimal: str,
) -> Place:
    refusals, points = [], []
    for meaning, most in zip(pair, (180.0, 90.0), strict=True):
        column = found[meaning]
        read = numbers(cells[column], decimal=decimal)
        refusals += [Refusal(row, column, cells[column].iloc[row], why) for row, why in read.wrong.items()]
        outside = np.abs(read.amounts) > most
        missing = np.isnan(read.amounts) & ~np.isin(np.arange(len(cells)), list(read.wrong))
        for rows, why in ((outside, f"is not between -{most:.0f} and {most:.0f} degrees"), (missing, "is missing")):
            refusals += [Refusal(int(row), column, cells[column].iloc[row], why) for row in np.flatnonzero(rows)]
        points.append(np.where(outside, np.nan, read.amounts))
    at = to_wgs84(np.column_stack(points), datum)
    good = np.flatnonzero(np.isfinite(at).all(axis=1))
    node, away = np.full(len(cells), NOWHERE), np.full(len(cells), np.nan)
    node[good], away[good] = nearest(network, at[good])
    far = np.flatnonzero(away > farthest)
    for row in far.tolist():
        name = network.nodes["node_id"].iloc[node[row]]
        why = f"lies farther than {farthest:.0f} m from every junction"
        refusals.append(Refusal(row, found[pair[0]], f"{away[row]:.0f} m from {name}", why))
    node[far] = NOWHERE
    kept = away[node != NOWHERE]
    reach = f", median {np.median(kept):.0f} m and at most {kept.max():.0f} m from its junction" if len(kept) else ""
    return Place(node, False, away, refusals, dict.fromkeys(pair, datum + reach))


class Choice:
    """The junctions from which trips that begin or end in zones choose.

    Parameters
    ----------
    network : Network
    zones : Zones, optional

    Raises
    ------
    BadTable
        If the zones are those of another network.
    """

    def __init__(self, network: Network, zones: Zones | None) -> None:
        if zones is None:
            return
        self.people = zones.junctions
        self.node = network.node_rows(zones.junctions["node_id"])
        self.group = pd.Index(zones.table["zone_id"]).get_indexer(pd.Index(zones.junctions["zone_id"]))
        if (self.node < 0).any():
            strange = zones.junctions["node_id"][self.node < 0].iloc[0]
            raise BadTable(f"zones have junction {strange!r}, which is no node of this network: make them from it")

    def only(self, one: Place) -> Rows:
        """Return the node of each row where there is no other to choose, as its row; NOWHERE elsewhere."""
        if not one.zoned:
            return one.node
        first, behind = (np.searchsorted(self.group, one.node, side=side) for side in ("left", "right"))
        alone = (one.node != NOWHERE) & (behind - first == 1)
        return np.where(alone, self.node[np.minimum(first, len(self.node) - 1)], NOWHERE)

    def drawn(
        self, places: tuple[Place, Place], row: Longs, trip_id: Longs, purposes: Texts, *, seed: int
    ) -> tuple[Rows, Rows]:
        """Return the nodes where each trip begins and ends.

        In a zone one is drawn by the people at its junctions; who would end where it begins moves on to the next one of
        the zone.

        Parameters
        ----------
        places : tuple of Place
            Where rows begin and end.
        row, trip_id : array, shape (n_trip,)
            Row of the table, and number, of each trip.
        purposes : array of str, shape (n_trip,)
            Purposes that ``twin.demand.day`` knows, or "".
        seed : int

        Returns
        -------
        origin, destination : array, shape (n_trip,)
            Rows of nodes.
        """
        members = [self._drawn(end, one, row, trip_id, purposes=purposes, seed=seed) for end, one in enumerate(places)]
        nodes = [self.node[own] if one.zoned else own for one, own in zip(places, members, strict=True)]
        same = np.flatnonzero(nodes[0] == nodes[1])
        end = 1 if places[1].zoned else 0
        if len(same):  # one end at least has a choice: rows without were refused
            nodes[end][same] = self.node[following(members[end][same], self.group)]
        return nodes[0], nodes[1]

    def _drawn(self, end: int, one: Place, row: Longs, trip_id: Longs, *, purposes: Texts, seed: int) -> Rows:
        """Return for each trip the node, or the member of the zone, at one of its ends."""
        at = one.node[row]
        if not one.zoned:
            return at
        member = np.empty(len(at), np.intp)
        for purpose in sorted(set(purposes)):
            own = np.flatnonzero(purposes == purpose)
            weights = _weights(self.people, self.group, lures_of(purpose)[end])
            name = ("origin in its zone", "destination in its zone")[end]
            member[own] = spread(weights, self.group, at[own], trip_id[own], seed=seed, purpose=name)
        return member


def _weights(people: pd.DataFrame, group: Longs, columns: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """Return how often each junction is chosen in its zone: by its people, or all alike where there are none."""
    weights = people[list(columns)].sum(axis=1).to_numpy(np.float64)
    return np.where(np.bincount(group, weights)[group] > 0, weights, 1.0)


def nearest(network: Network, points: npt.NDArray[np.float64]) -> tuple[Rows, npt.NDArray[np.float64]]:
    """Return the nearest junction of each point, and how far it is.

    Parameters
    ----------
    network : Network
    points : array, shape (n, 2) [degrees]
        Longitude and latitude, WGS-84.

    Returns
    -------
    node : array, shape (n,)
        Rows of nodes; of two at one distance the one whose id comes first.
    away : array, shape (n,) [m]
    """
    if not len(points):
        return np.empty(0, np.intp), np.empty(0)
    shapes = network.nodes.geometry.to_numpy()
    nodes = np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])
    scale = metres_per_degree(nodes[:, 1].mean(keepdims=True))
    tree = shapely.STRtree(np.asarray(shapely.points(nodes * scale), dtype=object))
    (point, node), away = tree.query_nearest(shapely.points(points * scale), return_distance=True)
    first = np.lexsort((node, point))
    first = first[np.unique(point[first], return_index=True)[1]]
    return node[first], away[first]
