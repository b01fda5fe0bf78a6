"""TNTP: the networks and trip tables of the Transportation Networks for Research, made for static assignment."""

from __future__ import annotations

import math
import re
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from twin.demand import Demand
from twin.draws import below
from twin.errors import BadSource
from twin.formats.files import described, reading, text_of
from twin.network import Network, all_turns, notes_table
from twin.ragged import rows
from twin.scenario import Scenario
from twin.units import HOUR, MS

Floats = npt.NDArray[np.float64]

NET_COLUMNS = (
    "init_node", "term_node", "capacity", "length", "free_flow_time", "b", "power", "speed", "toll", "link_type",
)  # fmt: skip

SATURATION = 0.5
"""Ceiling of the capacity [PCU/s a lane], a headway of 2 s: as for streets from OpenStreetMap."""

JAM_DENSITY = 0.15
"""Vehicles [PCU/m a lane] standing in a queue: as for streets from OpenStreetMap."""

WAVE_SPEED = 5.0
"""Slowest speed [m/s] at which a queue grows backwards: as for streets from OpenStreetMap."""

CONNECTOR_SPEED = 50 / 3.6
"""Speed [m/s] on a link whose length or time is 0 in the file."""

SHORTEST = 1.0
"""Length [m] of a link whose length and time are 0 in the file."""

_NET = "a network in TNTP format (..._net.tntp)"
_TRIPS = "a trip table in TNTP format (..._trips.tntp)"
_NODES = "a node table in TNTP format (..._node.tntp)"

_TAG = re.compile(r"<([^>]*)>(.*)")
_END = "END OF METADATA"
_PART = 2**20  # trips are rounded to this part of one before they are added up
_PHASE = 2**10  # departures of a pair of zones begin at this part of the time between two of them
_DEGREES = "EPSG:4326"
_NORTH, _EAST = 90.0, 180.0


class Net(NamedTuple):
    """A network file as it is.

    Parameters
    ----------
    links : DataFrame
        The columns NET_COLUMNS, in the units of the file; node numbers are integers.
    first_thru_node : int
        Nodes with a smaller number are centroids of zones: trips begin and end there, but none passes through.
    """

    links: pd.DataFrame
    first_thru_node: int


class Units(NamedTuple):
    """What one of a file is: length [m], time [s], and the period [s] over which it counts vehicles."""

    length: float
    time: float
    period: float


def read_tntp(
    net_file: str | PathLike[str],
    trips_file: str | PathLike[str],
    node_file: str | PathLike[str] | None = None,
    *,
    length_unit: float,
    time_unit: float,
    scale: float = 1.0,
    period: float = HOUR,
    start: float = 0.0,
    seed: int = 0,
    name: str | None = None,
    crs: str = _DEGREES,
) -> Scenario:
    """Read a network and its trip table in TNTP format [1]_.

    Parameters
    ----------
    net_file, trips_file : str or path
    node_file : str or path, optional
        Coordinates of the nodes. Without them the nodes are drawn on a circle; lengths come from the network file.
    length_unit : float [m]
        Metres in one unit of length. The format has none of its own: Anaheim 0.3048 (feet), Chicago 1609.344 (miles),
        Berlin-Mitte-Center 1. Lengths of Sioux Falls are arbitrary (the times again): 1000 makes all speeds 60 km/h.
    time_unit : float [s]
        Seconds in one unit of free-flow time: 60 for most, such as Anaheim and, by custom, Sioux Falls.
    scale : float
        Factor on all trips.
    period : float [s]
        What capacities and trips are counted over: an hour for most. Departures are spread over it.
    start : float [s after midnight]
        When the period begins.
    seed : int
        Draws where trips are rounded up, and when the first trip of each pair of zones departs.
    name : str, optional
        What to call the scenario; default: the name of the network file.
    crs : str
        What the coordinates are; by default degrees east and north.

    Returns
    -------
    Scenario
        Without signals; the demand is marked as synthetic.

    Raises
    ------
    BadSource
        If a file cannot be read, or something in it cannot be: the text names file, line, value and remedy.

    Notes
    -----
    *Capacity.* A BPR capacity is a practical one: at it driving takes 1 + b times the free-flow time, and flows may
    exceed it. Here it is the most that passes. So a link whose static flow lies above capacity grows a queue here, and
    one below it loses no time: scale the trips until the static flows fit, and compare flows, not times. b, power and
    toll are not used; the speed is length / free-flow time, whatever the file's column says.

    *Lanes* are as few as keep the capacity of each within the ceiling min(SATURATION, u w k / (u + w)) of a triangular
    diagram with free speed u, w = WAVE_SPEED and k = JAM_DENSITY; together they carry exactly the file's capacity.

    *Zones.* No turn passes through a node below the first through node. A link whose length or time is 0 (a connector)
    gets the missing one by CONNECTOR_SPEED, or is SHORTEST long. Trips within a zone are left out.

    *Trips* are rounded to whole ones so that all sums of the table (in order of origin, destination) stay within one
    trip; those of one pair depart at equal intervals over the period, and are numbered by departure.

    References
    ----------
    .. [1] Transportation Networks for Research Core Team. Transportation Networks for Research.
       https://github.com/bstabler/TransportationNetworks
    """
    _check_above_0(length_unit=length_unit, time_unit=time_unit, scale=scale, period=period)
    net, table = read_net(net_file), read_trips(trips_file)
    notes: list[tuple[str, str, str]] = []
    nodes = _nodes(net.links, node_file, crs, notes)
    links = _links(net.links, nodes, Units(length_unit, time_unit, period), notes)
    turns = all_turns(links)
    centroids = set(links["to_node"][net.links["term_node"].to_numpy() < net.first_thru_node])
    through = turns["in_link"].map(links.set_index("link_id")["to_node"])
    with reading(net_file):
        network = Network(nodes, links, turns=turns[~through.isin(centroids)], notes=notes_table(notes))
    with reading(trips_file):
        return Scenario(
            network,
            Demand(_departing(table, scale, period=period, start=start, seed=seed), synthetic=True),
            name=Path(net_file).stem.removesuffix("_net") if name is None else name,
            provenance=described([net_file, trips_file, *([] if node_file is None else [node_file])]),
        )


def _check_above_0(**numbers: float) -> None:
    for name, number in numbers.items():
        if not 0 < number < math.inf:
            raise BadSource(f"{name} = {number} must be above 0")


def read_net(net_file: str | PathLike[str]) -> Net:
    """Read a network file as it is, in its own units.

    Raises
    ------
    BadSource
        If the file cannot be read, or a line in it cannot be.
    """
    tags, lines = _split(net_file, _NET)
    table = [_numbers(net_file, number, line, len(NET_COLUMNS)) for number, line in lines]
    if not table:
        raise BadSource(f"the file {str(net_file)!r} has no links: give {_NET}")
    links = pd.DataFrame(table, columns=list(NET_COLUMNS))
    expected = _tag(net_file, tags, "NUMBER OF LINKS", len(links))
    if expected != len(links):
        raise BadSource(
            f"the file {str(net_file)!r} has {len(links)} links, but NUMBER OF LINKS = {expected:g}: it may be cut "
            "short; download it again, or correct the number"
        )
    for column in ("init_node", "term_node", "link_type"):
        _check_whole(net_file, links, column)
        links[column] = links[column].astype(np.int64)
    for column in ("capacity", "length", "free_flow_time"):
        _check_least_0(net_file, links, column)
    return Net(links, int(_tag(net_file, tags, "FIRST THRU NODE", 1)))


def read_trips(trips_file: str | PathLike[str]) -> pd.DataFrame:
    """Read a trip table as it is: ``origin``, ``destination`` (integers) and ``trips`` above 0, in that order.

    Raises
    ------
    BadSource
        If the file cannot be read, or a line in it cannot be.
    """
    tags, lines = _split(trips_file, _TRIPS)
    origin = -1
    cells: list[tuple[int, int, float]] = []
    for number, line in lines:
        if line.casefold().startswith("origin"):
            origin = _zone(trips_file, number, line[len("origin") :])
            continue
        for cell in filter(str.strip, line.split(";")):
            destination, _, trips = cell.partition(":")
            amount = _number(trips)
            if origin < 0 or not 0 <= amount < math.inf:
                raise _bad_line(trips_file, number, cell, "is not 'destination : trips' below a line 'Origin number'")
            cells.append((origin, _zone(trips_file, number, destination), amount))
    table = pd.DataFrame(cells, columns=["origin", "destination", "trips"])
    total = table["trips"].sum()
    expected = _tag(trips_file, tags, "TOTAL OD FLOW", total)
    if abs(total - expected) > 1.0 + expected / 1000:
        raise BadSource(
            f"the file {str(trips_file)!r} has {total:g} trips, but TOTAL OD FLOW = {expected:g}: it may be cut short; "
            "download it again, or correct the number"
        )
    return table[table["trips"] > 0].sort_values(["origin", "destination"]).reset_index(drop=True)


def _split(path: str | PathLike[str], what: str) -> tuple[dict[str, str], list[tuple[int, str]]]:
    """Return the tags at the top of a file, and the (number, text) of each line below that says something."""
    tags: dict[str, str] = {}
    lines = []
    for number, text in enumerate(text_of(path, what=what).splitlines(), 1):
        line = text.strip()
        tag = _TAG.match(line)
        if tag:
            tags[tag[1].strip().upper()] = tag[2].strip()
        elif line and not line.startswith("~"):
            lines.append((number, line))
    if _END not in tags:
        raise BadSource(f"the file {str(path)!r} has no line <{_END}>: give {what}")
    return tags, lines


def _tag(path: str | PathLike[str], tags: dict[str, str], key: str, otherwise: float) -> float:
    number = _number(tags[key]) if key in tags else otherwise
    if not math.isfinite(number):
        raise BadSource(f"the file {str(path)!r}: <{key}> {tags[key]} is not a number: correct the file")
    return number


def _numbers(path: str | PathLike[str], number: int, line: str, count: int) -> list[float]:
    values = [_number(word) for word in line.rstrip(";").split()]
    if len(values) < count or not all(map(math.isfinite, values[:count])):
        raise _bad_line(path, number, line, f"does not begin with {count} numbers")
    return values[:count]


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return math.nan


def _zone(path: str | PathLike[str], number: int, word: str) -> int:
    if not word.strip().isdecimal():
        raise _bad_line(path, number, word, "is not the number of a zone")
    return int(word)


def _bad_line(path: str | PathLike[str], number: int, text: str, why: str) -> BadSource:
    return BadSource(f"the file {str(path)!r}, line {number}: {text.strip()!r} {why}: correct the file")


def _check_whole(path: str | PathLike[str], links: pd.DataFrame, column: str) -> None:
    _refuse(path, links[(links[column] % 1 != 0) | (links[column] < 0)], column, "is not a whole number of 0 or more")


def _check_least_0(path: str | PathLike[str], links: pd.DataFrame, column: str) -> None:
    _refuse(path, links[links[column] < 0], column, "must be 0 or more")


def _refuse(path: str | PathLike[str], links: pd.DataFrame, column: str, why: str) -> None:
    for link in links.to_dict("records")[:1]:
        raise BadSource(
            f"the file {str(path)!r}, link {link['init_node']:g} to {link['term_node']:g}: {column} = "
            f"{link[column]:g} {why}: correct the file"
        )


def _nodes(
    links: pd.DataFrame, node_file: str | PathLike[str] | None, crs: str, notes: list[tuple[str, str, str]]
) -> gpd.GeoDataFrame:
    """Return the nodes of the links, where the node file says or else on a circle."""
    names = np.unique(links[["init_node", "term_node"]].to_numpy())
    if node_file is None:
        notes.append(("place", "network", "no coordinates are known: nodes are drawn on a circle around 0° N, 0° E"))
        angle = 2 * np.pi * np.arange(len(names)) / len(names)
        points, crs = np.stack([np.cos(angle), np.sin(angle)], axis=1) / 100, _DEGREES
    else:
        points = _points(node_file, names, crs)
    return gpd.GeoDataFrame({"node_id": names.astype(str)}, geometry=shapely.points(points), crs=crs)


def _points(node_file: str | PathLike[str], names: npt.NDArray[np.int64], crs: str) -> Floats:
    lines = text_of(node_file, what=_NODES).splitlines()
    table = [
        _numbers(node_file, number, line, 3)
        for number, line in enumerate(lines, 1)
        if line.strip() and not (line.strip().startswith("~") or line.strip().casefold().startswith("node"))
    ]
    place = {int(node): (x, y) for node, x, y in table}
    for node in names:
        x, y = place.get(node, (math.nan, math.nan))
        if math.isnan(x):
            raise BadSource(f"the file {str(node_file)!r} has no node {node}: add it, or leave the node file out")
        if crs == _DEGREES and not (abs(x) <= _EAST and abs(y) <= _NORTH):
            raise BadSource(
                f"the file {str(node_file)!r}: node {node} at {x:g}, {y:g} is not in degrees east and north: say what "
                'the coordinates are (crs="EPSG:..."), or leave the node file out'
            )
    return np.array([place[node] for node in names])


def _links(
    table: pd.DataFrame, nodes: gpd.GeoDataFrame, units: Units, notes: list[tuple[str, str, str]]
) -> gpd.GeoDataFrame:
    ids = _link_ids(table)
    length, speed = _length_and_speed(table, units)
    bare = (table["length"] * table["free_flow_time"] == 0).to_numpy()
    notes += [("guessed length", f"link:{link}", "length or time is 0 in the file: a connector") for link in ids[bare]]
    flow = table["capacity"].to_numpy(np.float64) / units.period
    ceiling = np.minimum(SATURATION, speed * WAVE_SPEED * JAM_DENSITY / (speed + WAVE_SPEED))
    lanes = np.maximum(np.ceil(flow / ceiling - 1e-9), 1.0).astype(np.int64)
    ends = [table[end].astype(str).to_numpy() for end in ("init_node", "term_node")]
    points = nodes.set_index("node_id").geometry
    lines = shapely.linestrings(np.stack([shapely.get_coordinates(points.loc[end]) for end in ends], axis=1))
    columns = {
        "link_id": ids, "from_node": ends[0], "to_node": ends[1], "length": length, "lanes": lanes,
        "free_speed": speed, "capacity": flow / lanes, "jam_density": JAM_DENSITY,
        "road_class": table["link_type"].astype(str),
    }  # fmt: skip
    return gpd.GeoDataFrame(columns, geometry=lines, crs=nodes.crs)


def _link_ids(table: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Return "from-to" for each link, and "from-to-2" ... for further ones between the same nodes."""
    ends = table["init_node"].astype(str) + "-" + table["term_node"].astype(str)
    copy = ends.groupby(ends).cumcount() + 1
    return np.where(copy > 1, ends + "-" + copy.astype(str), ends)


def _length_and_speed(table: pd.DataFrame, units: Units) -> tuple[Floats, Floats]:
    """Return lengths [m] and speeds [m/s]; where the file has 0 for one of them, it follows from the other."""
    length = table["length"].to_numpy(np.float64) * units.length
    time = table["free_flow_time"].to_numpy(np.float64) * units.time
    length = np.where(length > 0, length, np.where(time > 0, time * CONNECTOR_SPEED, SHORTEST))
    speed = np.divide(length, time, out=np.full(len(length), CONNECTOR_SPEED), where=time > 0)
    return length, speed


def _departing(table: pd.DataFrame, scale: float, *, period: float, start: float, seed: int) -> pd.DataFrame:
    """Return the table of trips: whole ones, those of one pair of zones at equal intervals over the period."""
    table = table[table["origin"] != table["destination"]]
    ladder = np.cumsum(np.rint(table["trips"].to_numpy(np.float64) * (scale * _PART)).astype(np.int64))
    offset = below(seed, np.zeros(1, np.int64), purpose="rounding of trips", limit=_PART)[0]
    count = np.diff((ladder + offset) // _PART, prepend=0)
    pair = (table["origin"].to_numpy(np.int64) << 32) | table["destination"].to_numpy(np.int64)
    phase = np.repeat(below(seed, pair, purpose="first departure", limit=_PHASE), count)
    place = rows(np.zeros(len(count), np.int64), count)
    milliseconds = (place * _PHASE + phase) * round(period * MS) // (np.repeat(count, count) * _PHASE)
    trips = pd.DataFrame(
        {
            "origin": np.repeat(table["origin"].to_numpy(np.int64), count),
            "destination": np.repeat(table["destination"].to_numpy(np.int64), count),
            "departure": start + milliseconds / MS,
        }
    ).sort_values(["departure", "origin", "destination"], kind="stable")
    return trips.astype({"origin": str, "destination": str}).assign(trip_id=np.arange(len(trips)))
