"""Reading: an osmnx graph becomes the same Scan as a file does, so that all that follows is the same for both."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from twin.errors import BadSource
from twin.osm import tags as meaning
from twin.osm.graphs.streets import roads_of
from twin.osm.graphs.values import PARTLY, SEVERAL, listed, text
from twin.osm.scan import SIGNS, Scan, Way, is_light
from twin.osm.source import licensed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import networkx as nx

    from twin.osm.graphs.streets import Direction, Place, Street
    from twin.osm.pieces import Note
    from twin.osm.scan import Tags
    from twin.osm.tags import Notes, Road, Side

NAME = "osmnx graph"
"""What a graph is called that has no name of its own."""

_LACKS = (
    "turn restrictions: all turns are allowed that the streets allow",
    "buildings: trips begin and end at all junctions alike, and where roads leave the map",
    "water and green: the map shows streets alone",
)
_LACKS_ARROWS = "turn:lanes: which lanes serve which turns is guessed"
_LACKS_LIGHTS = "signals and signs between junctions: osmnx drops them when it simplifies"

_BAND = 2**31  # more than there are steps of 1e-7 degrees from pole to pole
_BACK = {"-1", "reverse"}
_LIGHT = "traffic_signals"
_POST_KEYS = ("highway", "crossing", "direction", "traffic_signals:direction", "stop")


def is_graph(source: object) -> bool:
    """Return whether something is a graph of networkx, of whatever kind."""
    networkx = sys.modules.get("networkx")  # whoever has a graph has imported it
    return networkx is not None and isinstance(source, networkx.Graph)


def scan_graph(graph: nx.MultiDiGraph, called: str = "the graph") -> Scan:
    """Return what a town needs of an osmnx graph.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        As osmnx makes it: simplified or not, projected or not. Its edges say where one may drive.
    called : str
        What errors call it.

    Raises
    ------
    BadSource
        If it is not a MultiDiGraph, or has a node or an edge that cannot be used: the text names it.

    Notes
    -----
    A street of several ways is cut into as many stretches, in the order of the ways where it is known, since each
    stretch of a Scan belongs to one way. Edges that were links of ours (``to_osmnx``) stay links.
    """
    if not (graph.is_directed() and graph.is_multigraph()):
        raise BadSource(
            f"{called} is a {type(graph).__name__}, not the networkx.MultiDiGraph that osmnx makes: without directions "
            "or parallel edges it does not say where one may drive"
        )
    found = roads_of(graph, called)
    coords = dict(found.places)
    tagged = any(street.first.oneway for street in found.streets)
    held = {node for street in found.streets if street.first.is_link for node in (street.start, street.stop)}
    runs: list[tuple[Way, Road]] = []
    notes = list(found.notes)
    for street in found.streets:
        road = _road(street, tagged=tagged)
        if road is None:
            notes += [(kind, f"way:{street.first.ways[0]}", why) for kind, why in street.first.notes if kind == PARTLY]
        else:
            runs += _runs(street, road, coords)
    roads = _joined(runs, held)
    notes += _lacking(graph, roads)
    lights, signs = _posts(graph, {ref for way, _ in roads for ref in way.refs})
    return Scan(
        roads=roads, areas=[], coasts=[], shapes=[], parts={}, restrictions=[], lines=[], coords=coords, lights=lights,
        signs=signs, points=[], box=None, timestamp="", held=held, notes=list(dict.fromkeys(notes)),
    )  # fmt: skip


def graph_described(graph: nx.MultiDiGraph, data: Scan) -> dict[str, str]:
    """Return where a graph comes from, as ``twin.osm.source.described`` does for a file."""
    content = (
        sorted(data.coords.items()),
        [(way.way_id, way.refs, sorted(way.tags.items()), _plain(road)) for way, road in data.roads],
        sorted((node, sorted(tags.items())) for node, tags in {**data.lights, **data.signs}.items()),
    )
    return {
        "file": text(graph.graph.get("name")) or NAME,
        "sha256": hashlib.sha256(repr(content).encode()).hexdigest(),
        **licensed("", data.sources),
        **made_by(graph),
    }


def made_by(graph: nx.MultiDiGraph) -> dict[str, str]:
    """Return who made a graph and when, and that a graph has less than a file."""
    made = " ".join(text(graph.graph.get(key)) for key in ("created_with", "created_date")).strip()
    return {"graph": made or NAME, "lacks": "; ".join(said.split(":")[0] for said in (*_LACKS, _LACKS_LIGHTS))}


def _runs(street: Street, road: Road, coords: dict[int, Place]) -> list[tuple[Way, Road]]:
    """Return the ways along a street, with what their tags mean; adds the places of its points."""
    ways = _ways(street)
    refs = (street.start, *_numbered(street, coords), street.stop)
    cuts = [*range(min(len(ways), len(refs) - 1)), len(refs) - 1]
    stretches = [refs[begin : end + 1] for begin, end in pairwise(cuts)]
    lost = [
        (SEVERAL, f"osmid = {way}: the line has no point at which it could begin") for way in ways[len(stretches) :]
    ]
    return [
        (Way(way, stretch, street.first.tags), _with_notes(road, street, way, lost))
        for way, stretch in zip(ways, stretches, strict=False)
    ]


def _ways(street: Street) -> tuple[int, ...]:
    """Return the ways along a street; one that comes again at its end, after another, is there twice."""
    if not street.ahead:
        return street.first.ways[::-1]
    again = street.back and street.back.is_link and street.back.ways[0] != street.ahead.ways[-1]
    return (*street.ahead.ways, street.back.ways[0]) if street.back and again else street.ahead.ways


def _road(street: Street, *, tagged: bool) -> Road | None:
    """Return what the tags of a street mean; each direction by the tags of its own edge."""
    sides = [one for one in (street.ahead, street.back) if one]
    if all(one.tags == sides[0].tags for one in sides):
        return _meant(street, sides[0], tagged=tagged)
    found = [_meant(street, one, tagged=tagged) for one in sides]
    first = found[0] or found[1]
    if first is None:
        return None
    return replace(
        first,
        forward=found[0].forward if found[0] else None,
        backward=found[1].backward if found[1] else None,
        notes=tuple(dict.fromkeys(note for one in found if one for note in one.notes)),
    )


def _meant(street: Street, one: Direction, *, tagged: bool) -> Road | None:
    """Return what the tags of an edge mean, where edges say which way one may drive."""
    if street.ahead and street.back:
        oneway = {"oneway": "no"}
    elif tagged:  # made with osmnx.settings.all_oneway: edges run along their ways, the tag is OpenStreetMap's
        oneway = {"oneway": "yes" if one.oneway in _BACK else one.oneway} if one.oneway else {}
    else:
        oneway = {"oneway": "yes" if street.ahead else "-1"}
    return meaning.road({**one.tags, **oneway})


def _with_notes(road: Road, street: Street, way: int, lost: Notes) -> Road:
    """Add notes on ways that were lost, on values that were chosen, and on guesses of which the graph says so."""
    sides = [one for one in (street.ahead, street.back) if one]
    notes = [*lost, *(note for one in sides for note in one.notes)]
    if len(street.first.ways) > 1 and not street.first.is_link:
        ways = ", ".join(str(one) for one in street.first.ways)
        notes.append((SEVERAL, f"osmid = {ways}: in this order, which the graph does not tell"))
    notes += [
        (kind, "so says the graph") for kind in sides[0].guessed if any(str(way) in one.guessed[kind] for one in sides)
    ]
    return replace(road, notes=tuple(dict.fromkeys((*road.notes, *notes))))


def _numbered(street: Street, coords: dict[int, Place]) -> list[int]:
    """Give the points of a street numbers, add their places, and return them.

    A number is made of the place (longitude and latitude in steps of 1e-7 degrees), so that it stays when something
    else in the graph changes; it is far above those of OpenStreetMap. A link of ours may tell that of its first point.
    """
    firsts = ((0, street.ahead), (len(street.points) - 1, street.back))
    known = {at: one.via for at, one in firsts if one and one.via is not None}
    refs = []
    for at, (lon, lat) in enumerate(street.points):
        number = known.get(at)
        if number is None or number in coords:
            number = round((lon + 180) * 1e7) * _BAND + round((lat + 90) * 1e7)
        while number in coords:  # streets above each other do not meet where they cross
            number += 1
        coords[number] = (lon, lat)
        refs.append(number)
    return refs


def _joined(runs: Iterable[tuple[Way, Road]], held: set[int]) -> list[tuple[Way, Road]]:
    """Return runs of one way and one meaning joined end to end, as they are in a file; sorted."""
    groups: dict[tuple[int, tuple[tuple[str, str], ...], Road], list[tuple[int, ...]]] = defaultdict(list)
    for way, road in runs:
        groups[way.way_id, tuple(sorted(way.tags.items())), road].append(way.refs)
    made = [
        (Way(way, refs, dict(tags)), road)
        for (way, tags, road), parts in groups.items()
        for refs in _end_to_end(parts, held)
    ]
    return sorted(made, key=lambda one: (one[0].way_id, one[0].refs))


def _end_to_end(parts: Sequence[tuple[int, ...]], held: set[int]) -> list[tuple[int, ...]]:
    starts, stops = Counter(part[0] for part in parts), Counter(part[-1] for part in parts)
    passed = {node for node in starts if starts[node] == stops[node] == 1 and node not in held}
    after = {part[0]: part for part in parts if part[0] in passed}
    done: set[tuple[int, ...]] = set()
    lines = []
    for part in [*(part for part in parts if part[0] not in passed), *parts]:  # rings come last
        nodes: list[int] = [part[0]]
        ahead: tuple[int, ...] | None = part
        while ahead and ahead not in done:
            done.add(ahead)
            nodes += ahead[1:]
            ahead = after.get(nodes[-1])
        if len(nodes) > 1:
            lines.append(tuple(nodes))
    return lines


def _posts(graph: nx.MultiDiGraph, wanted: set[int]) -> tuple[dict[int, Tags], dict[int, Tags]]:
    """Return the tags of the nodes that are traffic signals, and of those that are signs."""
    lights: dict[int, Tags] = {}
    signs: dict[int, Tags] = {}
    for node, data in graph.nodes(data=True):
        kinds = {text(kind) for kind in listed(data.get("highway"))}
        tags = {key: said for key in _POST_KEYS if (said := text(data.get(key)))}
        tags["highway"] = next((kind for kind in (_LIGHT, *sorted(SIGNS, reverse=True)) if kind in kinds), "")
        if int(node) in wanted and is_light(tags):
            lights[int(node)] = tags
        elif int(node) in wanted and tags["highway"] in SIGNS:
            signs[int(node)] = tags
    return lights, signs


def _lacking(graph: nx.MultiDiGraph, roads: Sequence[tuple[Way, Road]]) -> list[Note]:
    """Return notes on what the graph does not tell."""
    arrows = any(side.arrows for _, road in roads for side in (road.forward, road.backward) if side)
    said = [*_LACKS, *([] if arrows else [_LACKS_ARROWS])]
    if "True" in {str(graph.graph.get(key)) for key in ("simplified", "consolidated")}:
        said.append(_LACKS_LIGHTS)
    return [("not in the graph", "network", one) for one in said]


def _plain(road: Road) -> tuple[object, ...]:
    """Return what a road is in an order that is the same in every process."""

    def side(one: Side | None) -> object:
        return one and (one.lanes, one.speed, [sorted(lane) for lane in one.arrows])

    return road.road_class, road.name, side(road.forward), side(road.backward), road.ring, road.priority
