"""Made: towns of any size to measure the engine on - grids, and networks among points strewn at random."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from twin.demand import Demand
from twin.draws import below
from twin.network import Network, all_turns
from twin.ragged import is_first, starts
from twin.result import Result
from twin.scenario import Scenario
from twin.signals import Signals
from twin.turning import with_turning
from twin.units import HOUR, MS

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

BLOCK, SPEED, JAM, CAPACITY = 200.0, 13.89, 0.14, 0.5
"""Metres between crossings, m/s, vehicles/m and vehicles/s of a lane."""

CYCLE, GREEN, AMBER, LOSS = 60.0, 27.0, 3.0, 2.0
"""Seconds of every plan: two phases of a green and an amber, and what starting up takes of a green."""

HEAVY = (("truck", 5), ("bus", 2))
"""How many of a hundred vehicles are of which class; the others are cars."""

NOT_YET = -1
"""The time in a Result of what has not happened."""

_APART = 45.0  # degrees: a turn of less goes through; who comes against is within as much of the opposite
_ARMS = 3  # crossings of so many approaches have signals
_STREWN = 120.0  # metres: the root of the area that one strewn point has to itself
_OFFSETS = 60  # seconds among which the offsets of strewn plans are drawn
_STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))  # east, north, west, south


def grid(side: int, trips: int, *, reach: int | None = None, plain: bool = False, seed: int = 1) -> Result:
    """Return a grid town and the routes of its trips: one lane a direction, signals wherever three roads meet.

    Parameters
    ----------
    side : int
        Crossings along each side.
    trips : int
        Their ends are drawn evenly, their departures fill an hour; each drives straight on but for one turn.
    reach : int, optional
        Most blocks that a trip goes east or west, and north or south; default: any.
    plain : bool
        Leave out starting up, yielding left turns and other vehicles than cars.
    seed : int

    Returns
    -------
    Result
        Routes alone: nobody has departed yet.
    """
    east, north = np.divmod(np.arange(side * side), side)
    begins, ends = zip(*(_neighbours(east, north, step, side) for step in _STEPS), strict=True)
    places = np.stack([east, north], axis=1) * BLOCK
    network = _network(places, np.concatenate(begins), np.concatenate(ends), plain=plain)
    origin, destination = _ends(side, trips, side if reach is None else reach, seed)
    demand = _demand(network, origin, destination, plain=plain)
    scenario = Scenario(network, demand, _plans(network, 1, plain=plain), name=f"grid {side} x {side}")
    steps = _walks(origin, destination, side, seed)
    return _routed(scenario, *steps)


def strewn(points: int, trips: int, *, plain: bool = False, seed: int = 1) -> Scenario:
    """Return a town whose streets join near points of a plane: lengths, angles and offsets of every size.

    Two points are joined, in both directions, if no third is within the circle that has them as its diameter [1]_.

    References
    ----------
    .. [1] Gabriel, K. R., Sokal, R. R. (1969). A new statistical approach to geographic variation analysis.
       Systematic Zoology 18(3), 259-278.
    """
    width = round(_STREWN * points**0.5 * 1000)
    places = below(seed, np.arange(2 * points), purpose="place", limit=width).reshape(-1, 2) / 1000
    pairs = _gabriel(places)
    network = _network(places, *np.concatenate([pairs, pairs[:, ::-1]]).T, plain=plain)
    origin, destination = below(seed, np.arange(2 * trips), purpose="ends", limit=points).reshape(2, -1)
    apart = origin != destination
    demand = _demand(network, origin[apart], destination[apart], plain=plain)
    return Scenario(network, demand, _plans(network, _OFFSETS, plain=plain), name=f"strewn {points}")


def _neighbours(east: Longs, north: Longs, step: tuple[int, int], side: int) -> tuple[Longs, Longs]:
    """Return the rows of all crossings that have a neighbour in one direction, and of that neighbour."""
    x, y = east + step[0], north + step[1]
    inside = (x >= 0) & (x < side) & (y >= 0) & (y < side)
    return np.flatnonzero(inside), (x * side + y)[inside]


def _gabriel(places: Floats) -> Longs:
    """Return the pairs of points that have no third point between them : array, shape (n, 2)."""
    from scipy.spatial import Delaunay, cKDTree  # noqa: PLC0415 - import twin must stay quick

    corners = Delaunay(places).simplices
    pairs = np.unique(np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])), axis=0)
    ends = places[pairs]
    half = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1) / 2
    nearest, _ = cKDTree(places).query(ends.mean(axis=1))
    chosen: Longs = pairs[(nearest >= half * (1 - 1e-9)) & (half > 1)].astype(np.int64)
    return chosen


def _network(places: Floats, begins: Longs, ends: Longs, *, plain: bool) -> Network:
    name = np.array([f"{row:06d}" for row in range(len(places))])
    nodes = gpd.GeoDataFrame({"node_id": name}, geometry=shapely.points(places))
    lines = shapely.linestrings(np.stack([places[begins], places[ends]], axis=1))
    links = gpd.GeoDataFrame(
        {
            "link_id": np.char.add(np.char.add(name[begins], "-"), name[ends]),
            "from_node": name[begins],
            "to_node": name[ends],
            "length": shapely.length(lines),
            "lanes": 1,
            "free_speed": SPEED,
            "capacity": CAPACITY,
            "jam_density": JAM,
        },
        geometry=lines,
    )
    turns = all_turns(links)
    turns["kind"] = turn_kinds(links, turns)
    network = Network(nodes, links, turns=turns, yields=None if plain else left_turn_yields(links, turns))
    return network if plain else with_turning(network)


def headings(links: gpd.GeoDataFrame) -> pd.Series:
    """Return in which direction each link runs, by link_id [degrees, anticlockwise from east]; links are straight."""
    ends = shapely.get_coordinates(shapely.get_point(links.geometry.to_numpy(), -1))
    way = ends - shapely.get_coordinates(shapely.get_point(links.geometry.to_numpy(), 0))
    return pd.Series(np.degrees(np.arctan2(way[:, 1], way[:, 0])), index=links["link_id"])


def turn_kinds(links: gpd.GeoDataFrame, turns: pd.DataFrame) -> npt.NDArray[np.str_]:
    """Return whether each turn goes through, left, right or back : array, shape (n_turn,)."""
    heading = headings(links)
    bend = _bend(heading.loc[turns["in_link"]].to_numpy(), heading.loc[turns["out_link"]].to_numpy())
    kinds = np.where(np.abs(bend) <= _APART, "through", np.where(bend > 0, "left", "right"))
    return np.where(turns["kind"] == "uturn", "uturn", kinds)


def _bend(before: Floats, after: Floats) -> Floats:
    """Return by how much one turns left from a heading to another [degrees, -180 to 180]."""
    return (after - before + 180.0) % 360.0 - 180.0


def left_turn_yields(links: gpd.GeoDataFrame, turns: pd.DataFrame) -> pd.DataFrame:
    """Return who yields at every crossing: left turns, to all that comes against them and does not turn left."""
    at = links.set_index("link_id")["to_node"]
    table = turns[["in_link", "out_link", "kind"]].assign(
        node=at.loc[turns["in_link"]].to_numpy(), heading=headings(links).loc[turns["in_link"]].to_numpy()
    )
    lefts = table[table["kind"] == "left"]
    majors = table[table["kind"].isin(["through", "right"])].rename(
        columns={"in_link": "major_in", "out_link": "major_out"}
    )
    pairs = lefts.merge(majors, on="node")
    against = np.abs(_bend(pairs["heading_x"].to_numpy() + 180.0, pairs["heading_y"].to_numpy())) <= _APART
    return pairs.loc[against, ["in_link", "out_link", "major_in", "major_out"]].reset_index(drop=True)


def _plans(network: Network, offsets: int, *, plain: bool) -> Signals:
    """Return two phases for every crossing of three roads or more: whoever runs more north than east, then the rest."""
    links, turns = network.links, network.turns
    arms = links.groupby("to_node")["link_id"].transform("size").set_axis(links["link_id"])
    held = turns[arms.loc[turns["in_link"]].to_numpy() >= _ARMS]
    node = links.set_index("link_id")["to_node"].loc[held["in_link"]].to_numpy()
    radians = np.radians(headings(links).loc[held["in_link"]].to_numpy())
    east_west = np.abs(np.cos(radians)) >= np.abs(np.sin(radians))
    greens = pd.DataFrame({"signal_id": node, "in_link": held["in_link"], "out_link": held["out_link"]})
    greens["start"] = np.where(east_west, GREEN + AMBER, 0.0)
    greens["length"] = GREEN
    greens["permitted"] = (held["kind"] == "left") & (not plain)
    signal_id = np.unique(node)
    offset = below(1, np.arange(len(signal_id)), purpose="offset", limit=offsets).astype(float)
    plans = pd.DataFrame({"signal_id": signal_id, "cycle": CYCLE, "offset": offset})
    return Signals(plans if plain else plans.assign(amber=AMBER, startup_loss=LOSS), greens)


def _ends(side: int, trips: int, reach: int, seed: int) -> tuple[Longs, Longs]:
    """Draw two crossings for each trip, and leave out trips that end where they begin."""
    ids = np.arange(2 * trips)
    origin = below(seed, ids, purpose="origin", limit=side).reshape(2, -1)
    if reach >= side:
        destination = below(seed, ids, purpose="destination", limit=side).reshape(2, -1)
    else:
        way = below(seed, ids, purpose="destination", limit=2 * reach + 1).reshape(2, -1) - reach
        destination = np.clip(origin + way, 0, side - 1)
    apart = (origin != destination).any(axis=0)
    numbers = [xy[0, apart] * side + xy[1, apart] for xy in (origin, destination)]
    return numbers[0], numbers[1]


def _demand(network: Network, origin: Longs, destination: Longs, *, plain: bool) -> Demand:
    name = network.nodes["node_id"].to_numpy()
    table = pd.DataFrame({"trip_id": np.arange(len(origin)), "origin": name[origin], "destination": name[destination]})
    table["departure"] = np.arange(len(origin)) * (HOUR / len(origin))
    if not plain:
        lot = below(1, np.arange(len(origin)), purpose="class", limit=100)
        table["vehicle_class"] = np.repeat([*(name for name, _ in HEAVY), "car"], [*(n for _, n in HEAVY), 100])[lot]
    return Demand(table)


def _walks(origin: Longs, destination: Longs, side: int, seed: int) -> tuple[Longs, Longs, Longs]:
    """Return where the route of each trip begins, and the crossings where each of its links begins and ends.

    Half of the trips go east or west first and then north or south, the other half the other way round.
    """
    (x, y), (far_x, far_y) = np.divmod(origin, side), np.divmod(destination, side)
    along, across = np.abs(far_x - x), np.abs(far_y - y)
    start = starts(along + across)
    trip = np.repeat(np.arange(len(origin)), along + across)
    done = np.arange(start[-1]) - start[trip]
    along, across = along[trip], across[trip]
    x, y, step_x, step_y = x[trip], y[trip], np.sign(far_x - x)[trip], np.sign(far_y - y)[trip]
    north_first = below(seed, np.arange(len(origin)), purpose="first way", limit=2)[trip] == 1

    def crossing(blocks: Longs) -> Longs:
        gone_x = np.where(north_first, np.maximum(blocks - across, 0), np.minimum(blocks, along))
        row: Longs = (x + step_x * gone_x) * side + y + step_y * (blocks - gone_x)
        return row

    return start, crossing(done), crossing(done + 1)


def _routed(scenario: Scenario, start: Longs, before: Longs, after: Longs) -> Result:
    """Return the routes that lead from crossing to crossing; ids of links and turns sort like the rows of nodes."""
    network = scenario.network
    links, n_node = network.links, len(network.nodes)
    key = network.node_rows(links["from_node"]) * n_node + network.node_rows(links["to_node"])
    link = np.searchsorted(key, before * n_node + after)
    turn_key = network.link_rows(network.turns["in_link"]) * len(links) + network.link_rows(network.turns["out_link"])
    turn = np.searchsorted(turn_key, np.append(0, link[:-1]) * len(links) + link)
    departure = (scenario.demand.trips["departure"] * MS).round().to_numpy(np.int32)
    route = np.where(is_first(start), link, turn).astype(np.int32)
    times = np.full(len(route) + len(departure), NOT_YET, np.int32)
    return Result(scenario, 0, departure, start, route, times, end=0.0)
