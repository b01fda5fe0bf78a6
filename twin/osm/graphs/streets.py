"""Streets: the edges of an osmnx graph, checked, brought to WGS-84, and the two directions of a street joined."""

from __future__ import annotations

import math
import operator
import re
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely

from twin.errors import BadSource
from twin.osm.graph import CRS
from twin.osm.graphs.values import listed, tags_of, text, truth
from twin.osm.turns import METRES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import networkx as nx
    import numpy.typing as npt

    from twin.osm.pieces import Note
    from twin.osm.scan import Tags
    from twin.osm.tags import Notes

Place = tuple[float, float]
"""Longitude and latitude [degrees], whole steps of 1e-7, as OpenStreetMap has them."""

Run = tuple[int, tuple[Place, ...], int]
"""A node, points, a node."""

DIGITS = 7

FIT = 50.0
"""A line may begin and end this far [m] from the nodes of its edge, to which it is then drawn out: osmnx leaves the far
end of a loop where it was when it joins the junctions around it. Beyond, line and nodes do not belong together."""

GUESSED = {"guessed lanes": "guessed_lanes", "guessed speed": "guessed_speed"}
"""Attributes of edges that were links of ours: their ways of which lanes or speed limit were guessed, by our note."""

_LINK_ID = re.compile(r"(-?\d+):(-?\d+)-(?:(-?\d+)-)?(-?\d+)")
_MOST = 2**62  # no id of OpenStreetMap is near it


@dataclass(frozen=True)
class Direction:
    """One edge of the graph: its tags, notes on them, the ways whose lanes or speed limit were guessed.

    ``oneway`` is OpenStreetMap's tag where the edge has that in place of a truth value ("" = it has not), ``against``
    says whether the edge runs against its way (None = not told), ``is_link`` whether it is a link of ours.
    """

    edge: tuple[int, int, Any]
    ways: tuple[int, ...]
    tags: Tags
    notes: Notes
    oneway: str
    against: bool | None
    via: int | None
    is_link: bool
    guessed: Mapping[str, frozenset[str]]


@dataclass
class Street:
    """What lies between two junctions: the nodes at its ends, the points between, the edges along it and against it."""

    start: int
    stop: int
    points: tuple[Place, ...]
    ahead: Direction | None = None
    back: Direction | None = None

    @property
    def first(self) -> Direction:
        """The edge along the street, or the other where there is none."""
        return self.ahead or self.back  # type: ignore[return-value] # one of both is there

    def turned(self) -> Street:
        """Return the same street from its other end."""
        return Street(self.stop, self.start, self.points[::-1], self.back, self.ahead)


@dataclass
class Roads:
    """All streets of a graph, the places of its nodes, and notes on edges that were left out."""

    places: dict[int, Place]
    streets: list[Street] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def roads_of(graph: nx.MultiDiGraph, called: str) -> Roads:
    """Return the streets of a graph, sorted by their ways and ends, each in the direction of its way.

    Raises
    ------
    BadSource
        If the graph has no nodes, no crs, or a node or an edge that cannot be used: the text names it.
    """
    if not len(graph):
        raise BadSource(f"{called} has no nodes: make it again, for a place that has streets")
    transform = _to_globe(graph, called)
    places = _places(graph, called, transform)
    edges = [(_whole(u, called, "node"), _whole(v, called, "node"), key, data) for u, v, key, data in _edges(graph)]
    lines = _lines(edges, places, called, transform)
    found: dict[Any, Street] = {}
    made = Roads(places)
    for (u, v, key, data), points in zip(edges, lines, strict=True):
        one = _direction((u, v, key), data, called)
        _join(made, found, one, (u, points, v))
    made.streets = [_along_its_way(found[key]) for key in sorted(found)]
    return made


def _edges(graph: nx.MultiDiGraph) -> list[tuple[Any, Any, Any, dict[Any, Any]]]:
    """Return the edges in an order that does not depend on that in which they were added."""
    return sorted(graph.edges(keys=True, data=True), key=lambda edge: tuple(str(part) for part in edge[:3]))


def _join(made: Roads, found: dict[Any, Street], one: Direction, run: Run) -> None:
    """Add an edge to its street, which the edge of the other direction may have made already."""
    turned = (run[2], run[1][::-1], run[0])
    first = min(run, turned)
    street = found.setdefault((tuple(sorted(one.ways)), first), Street(first[0], first[2], first[1]))
    side = "ahead" if run == first and (street.ahead is None or run != turned) else "back"
    if getattr(street, side) is None:
        setattr(street, side, one)
    else:
        made.notes.append(("drawn twice", f"way:{one.ways[0]}", f"edge {one.edge} was left out"))


def _along_its_way(street: Street) -> Street:
    """Turn a street so that it runs along its way, if its edges say so; else along the edge that there is."""
    turn = 0
    if street.ahead and street.ahead.against is not None:
        turn += 1 if street.ahead.against else -1
    if street.back and street.back.against is not None:
        turn += -1 if street.back.against else 1
    return street.turned() if turn > 0 or (turn == 0 and street.ahead is None) else street


def _to_globe(graph: nx.MultiDiGraph, called: str) -> pyproj.Transformer | None:
    """Return what brings coordinates to WGS-84; None where they are."""
    said = graph.graph.get("crs")
    if said is None or said == "":
        raise BadSource(
            f"{called} has no crs: say what its x and y are, such as graph.graph['crs'] = 'epsg:4326' for degrees"
        )
    try:
        crs = pyproj.CRS.from_user_input(said)
        if crs.equals(pyproj.CRS.from_user_input(CRS), ignore_axis_order=True):
            return None
        return pyproj.Transformer.from_crs(crs, CRS, always_xy=True)
    except (pyproj.exceptions.ProjError, TypeError, ValueError) as error:
        raise BadSource(
            f"{called} has crs = {said!r:.60}, which is not known: give an EPSG code such as 'epsg:4326'"
        ) from error


def _places(graph: nx.MultiDiGraph, called: str, transform: pyproj.Transformer | None) -> dict[int, Place]:
    """Return the places of all nodes."""
    nodes = sorted(((_whole(node, called, "node"), data) for node, data in graph.nodes(data=True)), key=itemgetter(0))
    spots = np.array([[_number(data, axis, node, called) for axis in "xy"] for node, data in nodes])
    there = _moved(spots, transform)
    lost = np.flatnonzero(~_on_globe(there))
    if len(lost):
        node, data = nodes[lost[0]]
        raise BadSource(
            f"{called}: node {node} is nowhere on the globe (x = {data['x']!s:.20}, y = {data['y']!s:.20}, "
            f"crs = {graph.graph['crs']!s:.60}): correct it, or the crs"
        )
    return {node: (lon, lat) for (node, _), (lon, lat) in zip(nodes, there.tolist(), strict=True)}


def _moved(spots: npt.NDArray[np.float64], transform: pyproj.Transformer | None) -> npt.NDArray[np.float64]:
    """Return places [degrees] in whole steps, from x and y : array, shape (n, 2)."""
    if transform is not None and len(spots):
        spots = np.column_stack(transform.transform(spots[:, 0], spots[:, 1]))
    return np.round(spots, DIGITS) + 0.0  # no -0.0


def _on_globe(there: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    on: npt.NDArray[np.bool_] = (np.abs(there[:, 0]) <= 180.0) & (np.abs(there[:, 1]) <= 90.0)  # noqa: PLR2004
    return on


def _number(data: Mapping[Any, Any], axis: str, node: int, called: str) -> float:
    if axis not in data:
        raise BadSource(f"{called}: node {node} has no {axis}: give it one, or remove the node and its edges")
    try:
        return float(data[axis])
    except (TypeError, ValueError):
        raise BadSource(
            f"{called}: node {node} has {axis} = {data[axis]!r:.60}, which is no number: correct it"
        ) from None


def _whole(value: object, called: str, what: str) -> int:
    """Return an id as a whole number."""
    try:
        number = int(value) if isinstance(value, str) else operator.index(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = _MOST
    if abs(number) >= _MOST:
        raise BadSource(
            f"{called}: {what} {value!r:.60} is not numbered as in OpenStreetMap: give whole numbers, e.g. by "
            "networkx.convert_node_labels_to_integers(graph)"
        )
    return number


def _lines(
    edges: Sequence[tuple[int, int, Any, Mapping[Any, Any]]],
    places: Mapping[int, Place],
    called: str,
    transform: pyproj.Transformer | None,
) -> list[tuple[Place, ...]]:
    """Return for each edge the points between its two nodes, from the first to the second."""
    rows = [row for row, (*_, data) in enumerate(edges) if not _is_missing(data.get("geometry"))]
    shapes = [_line(edges[row], called) for row in rows]
    spots = _moved(shapely.get_coordinates(shapes), transform)
    starts = np.cumsum([0, *(shapely.get_num_coordinates(shape) for shape in shapes)])
    lines: list[tuple[Place, ...]] = [()] * len(edges)
    on_globe = _on_globe(spots)
    for row, begin, end in zip(rows, starts[:-1], starts[1:], strict=True):
        u, v, key, _ = edges[row]
        line = [(lon, lat) for lon, lat in spots[begin:end].tolist()]
        points = _between(line, places[u], places[v]) if on_globe[begin:end].all() else None
        if points is None:
            raise BadSource(
                f"{called}: edge {(u, v, key)} has a geometry that does not lead from node {u} to node {v}: "
                "correct it, or remove it for a straight line"
            )
        lines[row] = points
    return lines


def _between(line: list[Place], start: Place, stop: Place) -> tuple[Place, ...] | None:
    """Return the points of a line between two places, from the first to the second; None if it is not between them."""
    if len(line) < 2:  # noqa: PLR2004 - a line has two ends
        return None
    gap, run = min(
        ((max(_apart(run[0], start), _apart(run[-1], stop)), run) for run in (line, line[::-1])), key=itemgetter(0)
    )
    return tuple(run[run[0] == start : len(run) - (run[-1] == stop)]) if gap <= FIT else None


def _apart(a: Place, b: Place) -> float:
    """Return about how far [m] two places are apart."""
    return math.hypot((a[0] - b[0]) * math.cos(math.radians(a[1])), a[1] - b[1]) * METRES


def _line(edge: tuple[int, int, Any, Mapping[Any, Any]], called: str) -> shapely.LineString:
    """Return the geometry of an edge, which in a GraphML file is well-known text."""
    u, v, key, data = edge
    shape = data["geometry"]
    if isinstance(shape, str) and shape.startswith("LINESTRING"):  # nothing that has others inside
        with np.errstate(invalid="ignore"):  # "nan nan" is refused as lying nowhere
            shape = shapely.from_wkt(shape, on_invalid="ignore")
    if not isinstance(shape, shapely.LineString):
        raise BadSource(
            f"{called}: edge {(u, v, key)} has geometry = {data['geometry']!r:.60}, which is no line: correct it, or "
            "remove it for a straight line"
        )
    return shape


def _direction(edge: tuple[int, int, Any], data: Mapping[Any, Any], called: str) -> Direction:
    """Return what an edge says."""
    if not text(listed(data.get("osmid"))[0] if listed(data.get("osmid")) else None):
        raise BadSource(f"{called}: edge {edge} has no osmid: give it the number of its way in OpenStreetMap")
    ways = tuple(dict.fromkeys(_whole(way, called, f"edge {edge}, osmid") for way in listed(data["osmid"])))
    own = _LINK_ID.fullmatch(text(data.get("link_id")))
    is_link = own is not None and (int(own[1]), int(own[2]), int(own[4])) == (ways[0], edge[0], edge[1])
    tags, notes = tags_of(data)
    against, said = truth(data.get("reversed")), listed(data.get("oneway"))
    if against is None:  # the way's direction is not known
        tags = {key: value for key, value in tags.items() if not key.endswith((":forward", ":backward"))}
    return Direction(
        edge=edge,
        ways=ways if is_link else tuple(sorted(ways)),
        tags=tags,
        notes=notes,
        oneway=text(said[0]) if len(said) == 1 and truth(said[0]) is None else "",
        against=against,
        via=int(own[3]) if own and own[3] and is_link else None,
        is_link=is_link,
        guessed={
            kind: frozenset(text(way) for way in listed(data.get(column))) if is_link else frozenset()
            for kind, column in GUESSED.items()
        },
    )


def _is_missing(value: object) -> bool:
    return not isinstance(value, shapely.Geometry) and (value is None or not text(value))
