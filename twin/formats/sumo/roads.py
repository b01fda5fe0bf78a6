"""Roads: the content of a .net.xml as plain records, internal lanes followed through their junctions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pyproj import Transformer

from twin.errors import BadSource
from twin.formats.sumo.driver import SUMO_CLASS
from twin.formats.sumo.files import from_id, parse

if TYPE_CHECKING:
    from pathlib import Path
    from xml.etree.ElementTree import Element

Points = list[tuple[float, float]]

ALL = frozenset(SUMO_CLASS)
"""All classes of vehicles that we know."""


@dataclass(frozen=True)
class Lane:
    """A lane of an edge: its speed limit [m/s], length [m] and who may drive on it."""

    speed: float
    length: float
    classes: frozenset[str]


@dataclass(frozen=True)
class Edge:
    """An edge between junctions; lanes from right to left."""

    edge_id: str
    from_node: str
    to_node: str
    name: str
    road_class: str
    shape: Points
    lanes: tuple[Lane, ...]

    @property
    def classes(self) -> frozenset[str]:
        """Who may drive on any of its lanes."""
        return frozenset().union(*(lane.classes for lane in self.lanes))

    @property
    def general(self) -> tuple[int, ...]:
        """The lanes for all: those for cars, or where there are none those for anybody."""
        for_cars = tuple(number for number, lane in enumerate(self.lanes) if "car" in lane.classes)
        return for_cars or tuple(number for number, lane in enumerate(self.lanes) if lane.classes)


@dataclass(frozen=True)
class Connection:
    """A way from a lane over a junction onto a lane.

    Parameters
    ----------
    direction, state : str
        SUMO's letters: s, l, r, t ...; M, m, O, o, ...
    signal, light : str, int
        The tlLogic and its letter that hold it; "" and -1 = none.
    inside : tuple of str
        The internal lanes that it drives over.
    path : list of (float [m], float [m/s])
        Lengths and speed limits of these.
    index : int
        Its place in the requests of its junction; -1 = none.
    """

    into: str
    out: str
    into_lane: int
    out_lane: int
    direction: str
    state: str
    signal: str
    light: int
    inside: tuple[str, ...]
    path: tuple[tuple[float, float], ...]
    index: int = -1


@dataclass(frozen=True)
class Junction:
    """A junction; responses[i] is a text of 0 and 1, its j-th letter from the right is 1 if i gives way to j."""

    node_id: str
    kind: str
    x: float
    y: float
    responses: tuple[str, ...]


@dataclass(frozen=True)
class Roads:
    """A road network of SUMO."""

    edges: dict[str, Edge]
    connections: list[Connection]
    junctions: dict[str, Junction]
    root: Element
    transformer: Transformer | None
    offset: tuple[float, float]

    def to_globe(self, points: Points) -> Points:
        """Return points in longitude and latitude; as they are where the file does not say where it lies."""
        if self.transformer is None:
            return points
        x, y = (np.array(points) - self.offset).T
        return list(zip(*self.transformer.transform(x, y), strict=True))


def read_roads(path: str | Path) -> Roads:
    """Return the roads of a .net.xml.

    Raises
    ------
    BadSource
        If it is not a network of SUMO.
    """
    root = parse(path)
    if root.tag != "net":
        raise BadSource(f"{path} holds <{root.tag}> and not <net>: give a .net.xml (netconvert makes it)")
    junctions = {
        from_id(element.attrib["id"]): _junction(element)
        for element in root.iter("junction")
        if element.get("type") != "internal"
    }
    edges = [_edge(element, junctions) for element in root.iter("edge") if not element.get("function")]
    used = {edge.edge_id: edge for edge in edges if edge.classes}
    return Roads(used, _connections(root, used), junctions, root, *_place(root))


def _place(root: Element) -> tuple[Transformer | None, tuple[float, float]]:
    location = root.find("location")
    projection = "!" if location is None else location.get("projParameter", "!")
    east, north = (0.0, 0.0) if location is None else map(float, location.get("netOffset", "0,0").split(","))
    if projection in {"!", "-", ""}:
        return None, (east, north)
    return Transformer.from_crs(projection, "EPSG:4326", always_xy=True), (east, north)


def _junction(element: Element) -> Junction:
    requests = sorted(element.iter("request"), key=lambda request: int(request.attrib["index"]))
    return Junction(
        from_id(element.attrib["id"]),
        element.get("type", ""),
        float(element.attrib["x"]),
        float(element.attrib["y"]),
        tuple(request.attrib["response"] for request in requests),
    )


def _edge(element: Element, junctions: dict[str, Junction]) -> Edge:
    ends = [junctions[from_id(element.attrib[side])] for side in ("from", "to")]
    lanes = sorted(element.iter("lane"), key=lambda lane: int(lane.attrib["index"]))
    shape = [(ends[0].x, ends[0].y), *_inner(element, lanes), (ends[1].x, ends[1].y)]
    return Edge(
        from_id(element.attrib["id"]),
        ends[0].node_id,
        ends[1].node_id,
        element.get("name", ""),
        element.get("type", "").removeprefix("highway."),
        shape,
        tuple(_lane(lane) for lane in lanes),
    )


def _inner(element: Element, lanes: list[Element]) -> Points:
    """Return the points of an edge between its junctions."""
    if "shape" in element.attrib:
        return _points(element.attrib["shape"])[1:-1]
    return _points(lanes[len(lanes) // 2].attrib["shape"])[1:-1]


def _points(shape: str) -> Points:
    return [(float(point.split(",")[0]), float(point.split(",")[1])) for point in shape.split()]


def _lane(element: Element) -> Lane:
    return Lane(float(element.attrib["speed"]), float(element.attrib["length"]), _classes(element))


def _classes(element: Element) -> frozenset[str]:
    """Return which of our classes may drive on a lane."""
    allow, disallow = element.get("allow"), (element.get("disallow") or "").split()
    if allow is not None:
        return frozenset(ours for ours, theirs in SUMO_CLASS.items() if {"all", theirs} & set(allow.split()))
    return frozenset(ours for ours, theirs in SUMO_CLASS.items() if not {"all", theirs} & set(disallow))


def _connections(root: Element, edges: dict[str, Edge]) -> list[Connection]:
    """Return the connections between edges, with their places in the requests of their junctions.

    Requests are numbered by the incoming lanes of the junction, and within a lane as the file lists its connections.
    """
    inside = {lane.attrib["id"]: lane for edge in root.iter("edge") if edge.get("function") for lane in edge}
    elements = list(root.iter("connection"))
    within = [element for element in elements if element.attrib["from"].startswith(":")]
    via = {f"{one.attrib['from']}_{one.attrib['fromLane']}": one.get("via", "") for one in within}
    at_lane: dict[str, list[Element]] = {}
    for element in elements:
        if not element.attrib["from"].startswith(":"):
            at_lane.setdefault(f"{element.attrib['from']}_{element.attrib['fromLane']}", []).append(element)
    made = []
    for junction in root.iter("junction"):
        place = 0
        for lane in junction.get("incLanes", "").split():
            for element in at_lane.get(lane, []):
                made.append(_connection(element, inside, via, place))
                place += 1
    return [one for one in made if one.into in edges and one.out in edges]


def _connection(element: Element, inside: dict[str, Element], via: dict[str, str], place: int) -> Connection:
    passed, lane = [], element.get("via", "")
    while lane in inside and lane not in passed:
        passed.append(lane)
        lane = via.get(lane, "")
    return Connection(
        into=from_id(element.attrib["from"]),
        out=from_id(element.attrib["to"]),
        into_lane=int(element.attrib["fromLane"]),
        out_lane=int(element.attrib["toLane"]),
        direction=element.get("dir", "s"),
        state=element.get("state", "M"),
        signal=element.get("tl", ""),
        light=int(element.get("linkIndex", "-1")),
        inside=tuple(passed),
        path=tuple((float(inside[name].attrib["length"]), float(inside[name].attrib["speed"])) for name in passed),
        index=place,
    )
