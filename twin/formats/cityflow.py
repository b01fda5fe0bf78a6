"""CityFlow: a roadnet and a flow of the CityFlow simulator, as a Scenario and the routes that its vehicles drive."""

from __future__ import annotations

import math
from collections import defaultdict
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, Point

from twin.demand import Demand
from twin.errors import BadSource
from twin.formats.files import Part, described, json_of, reading
from twin.formats.junctions import green_windows, joined_lanes
from twin.formats.routes import habits_from_links
from twin.network import Network, notes_table
from twin.ragged import starts
from twin.result import Result
from twin.scenario import Scenario
from twin.signals import Signals
from twin.units import MS

KINDS = {"go_straight": "through", "turn_left": "left", "turn_right": "right"}
"""Kinds of turns by the words of CityFlow."""

EXIT = ":exit"
"""What stands behind the id of a virtual junction where vehicles leave the network."""

CRS = "+proj=aeqd +lat_0=0 +lon_0=0 +datum=WGS84 +units=m"
"""Metres east and north of a point without a place: CityFlow's coordinates belong nowhere on the globe."""

_ROADNET = "a roadnet of CityFlow (.json)"
_FLOW = "a flow of CityFlow (.json)"
_FOR_EVER = -1.0

Notes = list[tuple[str, str, str]]


class CityFlow(NamedTuple):
    """What CityFlow's two files say.

    Parameters
    ----------
    scenario : Scenario
    habits : Result
        Every vehicle's route as the flow gives it: ``simulate(scenario, habits=habits)``.
    phases : DataFrame
        The phases of each signal, before they were turned into green windows: one row for each turn that is green in a
        phase, with the columns of ``Green``.
    """

    scenario: Scenario
    habits: Result
    phases: pd.DataFrame


class Green(NamedTuple):
    """One turn that is green in one phase of a signal.

    Parameters
    ----------
    signal_id : str
    cycle : float [s]
    phase : int
        Row of the file's lightphases.
    start, length : float [s]
    in_link, out_link : str
    """

    signal_id: str
    cycle: float
    phase: int
    start: float
    length: float
    in_link: str
    out_link: str


class Turn(NamedTuple):
    """One roadLink, with the lanes of its first road that lead to it."""

    in_link: str
    out_link: str
    kind: str
    lanes: frozenset[int]


class Vehicle(NamedTuple):
    """The mean vehicle of a flow.

    Parameters
    ----------
    spacing : float [m]
        Length and least gap.
    headway : float [s]
    speed : float [m/s]
        The fastest that it drives.
    """

    spacing: float
    headway: float
    speed: float


def read_cityflow(
    roadnet: str | PathLike[str],
    flow: str | PathLike[str],
    *,
    name: str | None = None,
    capacity: float | None = None,
    synthetic: bool = True,
) -> CityFlow:
    """Read a road network and its vehicles from the files of CityFlow [1]_.

    Parameters
    ----------
    roadnet, flow : str or path
        The two JSON files.
    name : str, optional
        What to call the scenario; default: the name of the flow's file.
    capacity : float, optional [PCU/s a lane]
        What one lane carries at the most. Default: 1 / headwayTime, 0.5 for the usual 2 s, so that headwayTime counts
        from front to front. CityFlow's law of following keeps it as a gap behind the vehicle in front, so that a
        steady stream at speed u carries u / (length + u headwayTime), 0.41 for the usual vehicle at 11.11 m/s: give
        that to compare queues with CityFlow's own.
    synthetic : bool
        False if the vehicles of the flow were counted on a real road and not made by a model.

    Returns
    -------
    CityFlow

    Raises
    ------
    BadSource
        If a file cannot be read, or something in it cannot be: the text names file, place, value and remedy.

    Notes
    -----
    *Roads* become links with the same ids; their length is that of the line of their points. Jam density a lane is
    1 / (length + minGap), the free speed is the mean of the lanes' maxSpeed and at most the vehicle's; vehicles that
    differ count by their mean. A capacity at which a queue would grow backwards faster than one drives (more than
    jam density x free speed / 2) is lowered to that.

    *Turns* are the roadLinks. Lanes that serve one turn together are one lane group; lanes without a turn are a group
    of their own. CityFlow has no turn that is free by its kind: right turns are, because the files list them in every
    phase. So a turn without a lane, or in no phase at all, is left out.

    *Signals* follow the lightphases in the order and with the times of the file, from the first phase at midnight on;
    a turn that is green in all of them is never held. Greens are taken as effective: CityFlow has no amber, and the
    time that a queue needs to start is not taken off.

    *Virtual* intersections are where vehicles come and go. Each becomes two nodes, its own where they enter and one
    with ``EXIT`` where they leave, since vehicles may come back to where they started.

    *Vehicles* of a flow depart at startTime, startTime + interval ... up to endTime, in seconds after midnight; trip
    ids count them in the order of the file. Routes must name every road: CityFlow would fill in what is left out.

    References
    ----------
    .. [1] Zhang, H., et al. (2019). CityFlow: a multi-agent reinforcement learning environment for large scale city
       traffic scenario. WWW '19.
    """
    if capacity is not None and not 0 < capacity < math.inf:
        raise BadSource(f"capacity = {capacity} must be above 0: vehicles a second that one lane carries at the most")
    net, flows = json_of(roadnet, what=_ROADNET), json_of(flow, what=_FLOW).members()
    if not flows:
        raise BadSource(f"the file {str(flow)!r} has no vehicles: give {_FLOW}")
    notes: Notes = [("place", "network", "coordinates are metres around no known place: drawn around 0° N, 0° E")]
    junctions, roads = (_by_id(net, key) for key in ("intersections", "roads"))
    counts = [_count(one) for one in flows]
    vehicle = _mean_vehicle(flows, counts, notes)
    with reading(roadnet):
        nodes, links = _nodes(junctions), _links(roads, junctions, vehicle, capacity, notes)
        turns, greens = _usable(_turns(junctions, roads), _greens(junctions), notes)
        lane_groups, turn_table = _lane_groups(links, turns, notes)
        network = Network(nodes, links, lane_groups=lane_groups, turns=turn_table, notes=notes_table(notes))
        signals = _signals(greens)
    with reading(flow):
        trips, routes = _trips(flows, counts, links)
        scenario = Scenario(
            network,
            Demand(trips, synthetic=synthetic),
            signals,
            name=Path(flow).stem if name is None else name,
            provenance=described([roadnet, flow]),
        )
        return CityFlow(scenario, habits_from_links(scenario, routes), pd.DataFrame(greens, columns=Green._fields))


def _by_id(net: Part, key: str) -> dict[str, Part]:
    found: dict[str, Part] = {}
    for part in net.parts(key):
        if part.text("id") in found:
            raise part.wrong("id", "occurs twice")
        found[part.text("id")] = part
    return found


def _count(flow: Part) -> int:
    """Return how many vehicles a flow sends."""
    start, interval = flow.number("startTime", least=0.0), flow.number("interval", above=0.0)
    end = flow.number("endTime")
    if end == _FOR_EVER:
        raise flow.wrong("endTime", "means for ever: write when the last vehicle departs")
    if end < start:
        raise flow.wrong("endTime", f"is before startTime = {start:g}")
    return math.floor((end - start) / interval) + 1


def _mean_vehicle(flows: list[Part], counts: list[int], notes: Notes) -> Vehicle:
    vehicles = [flow.part("vehicle") for flow in flows]
    table = pd.DataFrame(
        {
            "spacing": [one.number("length", above=0.0) + one.number("minGap", least=0.0) for one in vehicles],
            "headway": [one.number("headwayTime", above=0.0) for one in vehicles],
            "speed": [one.number("maxSpeed", above=0.0) for one in vehicles],
        }
    )
    if len(table.drop_duplicates()) > 1:
        notes.append(("mean vehicle", "flow", "vehicles differ in length, gap, headway or speed: their mean is used"))
        return Vehicle(*(float(np.average(table[column], weights=counts)) for column in Vehicle._fields))
    return Vehicle(*(float(value) for value in table.iloc[0]))


def _nodes(junctions: dict[str, Part]) -> gpd.GeoDataFrame:
    places = {name: _point(junction.part("point")) for name, junction in junctions.items()}
    places |= {name + EXIT: places[name] for name, junction in junctions.items() if junction.truth("virtual")}
    return gpd.GeoDataFrame({"node_id": list(places)}, geometry=[Point(place) for place in places.values()], crs=CRS)


def _point(point: Part) -> tuple[float, float]:
    return point.number("x"), point.number("y")


def _links(
    roads: dict[str, Part], junctions: dict[str, Part], vehicle: Vehicle, capacity: float | None, notes: Notes
) -> gpd.GeoDataFrame:
    lines = [_line(road) for road in roads.values()]
    speeds = [_speed(road, vehicle, notes) for road in roads.values()]
    wanted = 1.0 / vehicle.headway if capacity is None else capacity
    most = [speed / vehicle.spacing / 2 for speed in speeds]
    notes += [
        ("lowered capacity", f"link:{road}", f"{wanted:g} veh/s a lane is too much for {speed:g} m/s: {limit:g}")
        for road, speed, limit in zip(roads, speeds, most, strict=True)
        if wanted > limit
    ]
    table = {
        "link_id": list(roads),
        "from_node": [_junction(road, "startIntersection", junctions, "") for road in roads.values()],
        "to_node": [_junction(road, "endIntersection", junctions, EXIT) for road in roads.values()],
        "length": [line.length for line in lines],
        "lanes": [len(road.parts("lanes")) for road in roads.values()],
        "free_speed": speeds,
        "capacity": np.minimum(wanted, most),
        "jam_density": 1.0 / vehicle.spacing,
    }
    return gpd.GeoDataFrame(table, geometry=lines, crs=CRS)


def _line(road: Part) -> LineString:
    points = [_point(point) for point in road.parts("points")]
    if len(points) < 2:  # noqa: PLR2004 - a line has two ends
        raise road.wrong("points", "has fewer than two points")
    return LineString(points)


def _speed(road: Part, vehicle: Vehicle, notes: Notes) -> float:
    speeds = [lane.number("maxSpeed", above=0.0) for lane in road.parts("lanes")]
    if not speeds:
        raise road.wrong("lanes", "is empty: a road needs at least one lane")
    if min(speeds) < max(speeds):
        notes.append(("mean speed", f"link:{road.text('id')}", "lanes have different speeds: their mean is used"))
    return min(sum(speeds) / len(speeds), vehicle.speed)


def _junction(road: Part, key: str, junctions: dict[str, Part], suffix: str) -> str:
    """Return the node at an end of a road; the suffix counts at virtual junctions alone."""
    name = road.text(key)
    if name not in junctions:
        raise road.wrong(key, "is not the id of an intersection")
    return name + (suffix if junctions[name].truth("virtual") else "")


def _turns(junctions: dict[str, Part], roads: dict[str, Part]) -> list[Turn]:
    turns = []
    for junction in _lit(junctions).values():
        for link in junction.parts("roadLinks"):
            into, out = (_road(link, key, roads) for key in ("startRoad", "endRoad"))
            n_lane = len(roads[into].parts("lanes"))
            lanes = frozenset(lane.row("startLaneIndex", n_lane) for lane in link.parts("laneLinks"))
            if link.text("type") not in KINDS:
                raise link.wrong("type", f"is not one of {', '.join(KINDS)}")
            turns.append(Turn(into, out, KINDS[link.text("type")], lanes))
    return turns


def _lit(junctions: dict[str, Part]) -> dict[str, Part]:
    """Return the junctions that are not virtual: of the others CityFlow reads neither turns nor signals."""
    return {name: junction for name, junction in junctions.items() if not junction.truth("virtual")}


def _road(part: Part, key: str, roads: dict[str, Part]) -> str:
    if part.text(key) not in roads:
        raise part.wrong(key, "is not the id of a road")
    return part.text(key)


def _greens(junctions: dict[str, Part]) -> list[Green]:
    greens = []
    for name, junction in _lit(junctions).items():
        links = [(link.text("startRoad"), link.text("endRoad")) for link in junction.parts("roadLinks")]
        light = junction.part("trafficLight")
        phases = light.parts("lightphases")
        lengths = [round(phase.number("time", least=0.0) * MS) for phase in phases]
        if not any(lengths):
            raise light.wrong("lightphases", "takes no time: a signal needs a phase (if it is always green, that one)")
        begins = starts(np.array(lengths)).tolist()
        for number, phase in enumerate(phases):
            times = (begins[-1] / MS, number, begins[number] / MS, lengths[number] / MS)
            lit = phase.rows("availableRoadLinks", len(links)) if lengths[number] else []
            greens += [Green(name, *times, *links[turn]) for turn in sorted(set(lit))]
    return greens


def _usable(turns: list[Turn], greens: list[Green], notes: Notes) -> tuple[list[Turn], list[Green]]:
    """Return the turns that have a lane and are green at some time, and their greens."""
    lit = {(green.in_link, green.out_link) for green in greens}
    usable = {turn[:2] for turn in turns if turn.lanes and turn[:2] in lit}
    for turn in turns:
        if turn[:2] not in usable:
            why = "it is green in no phase" if turn.lanes else "no lane leads to it"
            notes.append(("left out turn", f"link:{turn.in_link}", f"to link {turn.out_link}: {why}"))
    return (
        [turn for turn in turns if turn[:2] in usable],
        [green for green in greens if (green.in_link, green.out_link) in usable],
    )


def _lane_groups(links: gpd.GeoDataFrame, turns: list[Turn], notes: Notes) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables of lane groups and of turns."""
    lanes_of: dict[str, list[frozenset[int]]] = defaultdict(list)
    for turn in turns:
        lanes_of[turn.in_link].append(turn.lanes)
    rows, group_of = [], {}
    for link, n_lane in zip(links["link_id"], links["lanes"], strict=True):
        groups = joined_lanes(lanes_of[link], n_lane)
        if any(lanes not in groups for lanes in lanes_of[link]):
            notes.append(("joined lanes", f"link:{link}", "turns share some of their lanes: one lane group"))
        rows += [(link, number, len(group)) for number, group in enumerate(groups)]
        group_of.update({(link, lane): number for number, group in enumerate(groups) for lane in group})
    table = pd.DataFrame(turns, columns=Turn._fields)
    table["lane_group"] = [group_of[turn.in_link, min(turn.lanes)] for turn in turns]
    return pd.DataFrame(rows, columns=["link_id", "lane_group", "lanes"]), table


def _signals(greens: list[Green]) -> Signals:
    """Return the plans of all signals that ever hold a turn."""
    phases_of: dict[tuple[str, float, str, str], list[tuple[float, float]]] = defaultdict(list)
    for green in greens:
        turn = (green.signal_id, green.cycle, green.in_link, green.out_link)
        phases_of[turn].append((green.start, green.length))
    rows = [
        (*turn, start, length)
        for turn, phases in phases_of.items()
        for start, length in green_windows(phases, cycle=turn[1])
        if length < turn[1]
    ]
    table = pd.DataFrame(rows, columns=["signal_id", "cycle", "in_link", "out_link", "start", "length"])
    return Signals(table[["signal_id", "cycle"]].drop_duplicates().assign(offset=0.0), table)


def _trips(flows: list[Part], counts: list[int], links: gpd.GeoDataFrame) -> tuple[pd.DataFrame, dict[int, list[str]]]:
    """Return the table of trips, and the route of each: one trip a vehicle, numbered in the order of the file."""
    ends = links.set_index("link_id")[["from_node", "to_node"]]
    first, last = (ends[side].to_dict() for side in ("from_node", "to_node"))
    rows: list[tuple[int, str, str, float]] = []
    routes: dict[int, list[str]] = {}
    for flow, count in zip(flows, counts, strict=True):
        route = flow.texts("route")
        unknown = [road for road in route if road not in first]
        if unknown or not route:
            raise flow.wrong(
                "route", f"names {unknown[0]!r}, which is no road of the roadnet" if unknown else "is empty"
            )
        for number in range(count):
            departure = flow.number("startTime") + number * flow.number("interval")
            routes[len(rows)] = route
            rows.append((len(rows), first[route[0]], last[route[-1]], departure))
    return pd.DataFrame(rows, columns=["trip_id", "origin", "destination", "departure"]), routes
