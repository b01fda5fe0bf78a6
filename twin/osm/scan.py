"""Scan: passes over a file of OpenStreetMap data that keep what a town needs, as plain Python values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import osmium

from twin.osm import tags as meaning
from twin.osm.source import Where, reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from osmium import BaseFilter

Tags = dict[str, str]
Kept = TypeVar("Kept")

GROUND_KEYS = {
    "water": {
        "natural": {"water"}, "waterway": {"riverbank", "dock"}, "landuse": {"basin", "reservoir"},
    },
    "green": {
        "leisure": {"park", "garden", "pitch", "playground", "golf_course", "nature_reserve", "common", "dog_park"},
        "landuse": {"grass", "forest", "meadow", "cemetery", "recreation_ground", "village_green", "allotments",
                    "orchard", "vineyard"},
        "natural": {"wood", "scrub", "heath", "grassland", "wetland"},
    },
}  # fmt: skip
"""Tags of water and green for the background of maps."""

ZONES = {
    "commercial": "work", "industrial": "industry", "railway": "industry", "retail": "shop", "residential": "home",
}  # fmt: skip
"""What buildings are used for that say nothing themselves, by the ``landuse`` around them."""

USE_KEYS = ("amenity", "shop", "office", "tourism", "healthcare")
"""Keys that say what a building is used for, on the building or on a point inside it."""

SIGNS = {"stop", "give_way"}
"""Values of ``highway`` on the nodes of signs."""

BUSES = {"bus", "trolleybus"}
"""Values of ``route`` on the relations of bus lines."""

_NEVER = 1970
"""The year of an object that does not tell when it was changed."""

AREA_KEYS = ("building", "natural", "waterway", "landuse", "leisure")


@dataclass(frozen=True)
class Way:
    """A way: its id, the ids of its nodes, its tags."""

    way_id: int
    refs: tuple[int, ...]
    tags: Tags


@dataclass(frozen=True)
class Relation:
    """A relation: its id, its members as (type, id, role), its tags."""

    relation_id: int
    members: tuple[tuple[str, int, str], ...]
    tags: Tags


@dataclass(frozen=True)
class Scan:
    """What was kept of a file; lists are sorted by id.

    ``roads`` are drivable; ``areas`` are closed ways that are buildings, grounds or zones; ``shapes`` are multipolygons
    of such, made of ``parts``; ``lines`` are bus lines; ``coords`` maps node ids to (longitude, latitude); ``lights``
    and ``signs`` map the nodes of traffic signals, and of signs that say stop or give way, to their tags; ``points``
    are (longitude, latitude, tags) of shops and the like; ``box`` is (west, south, east, north); ``held`` are nodes
    that stay junctions although only one street goes on there; ``notes`` are (kind, subject, detail).
    """

    roads: list[tuple[Way, meaning.Road]]
    areas: list[Way]
    coasts: list[Way]
    shapes: list[Relation]
    parts: dict[int, Way]
    restrictions: list[Relation]
    lines: list[Relation]
    coords: dict[int, tuple[float, float]]
    lights: dict[int, Tags]
    signs: dict[int, Tags]
    points: list[tuple[float, float, Tags]]
    box: tuple[float, float, float, float] | None
    timestamp: str
    held: set[int] = field(default_factory=set)
    notes: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def sources(self) -> set[str]:
        """The values of the tag ``source`` on the roads; "" = none."""
        return {way.tags.get("source", "") for way, _ in self.roads}


def scan(path: Path) -> Scan:
    """Return what a town needs of a file, in one pass each over relations, ways and nodes.

    Separate passes, because files need not be sorted (JOSM's are not), and because the first two say which few of the
    many nodes are wanted.

    Raises
    ------
    BadSource
        If osmium cannot read the file.
    """
    with reading(path) as where:
        file = _File(path, where)
        shapes, restrictions, lines = _relations(file)
        roads, areas, coasts, changed = _ways(file)
        parts = _parts(file, shapes, [*areas, *coasts])
        wanted = {ref for way, _ in roads for ref in way.refs}
        drawn = {ref for way in (*areas, *coasts, *parts.values()) for ref in way.refs}
        drawn |= {ref for line in lines for kind, ref, _ in line.members if kind == "n"}
        coords, lights, signs = _nodes(file, wanted, drawn - wanted)
        box, timestamp = _header(path)
        return Scan(
            roads=roads, areas=areas, coasts=coasts, shapes=shapes, parts=parts, restrictions=restrictions, lines=lines,
            coords=coords, lights=lights, signs=signs, points=_points(file), box=box, timestamp=timestamp or changed,
        )  # fmt: skip


def ground(tags: Tags) -> str:
    """Return what ground the tags of an area mean: water, green, or "" for neither."""
    for kind, keys in GROUND_KEYS.items():
        if any(tags.get(key) in values for key, values in keys.items()):
            return kind
    return ""


def is_building(tags: Tags) -> bool:
    """Return whether the tags are those of a building."""
    return tags.get("building", "no") != "no"


def is_light(tags: Tags) -> bool:
    """Return whether the tags of a node are those of a traffic signal, for cars or at a crossing on foot."""
    return tags.get("highway") == "traffic_signals" or tags.get("crossing") == "traffic_signals"


@dataclass(frozen=True)
class _File:
    """A file, and where in it we are."""

    path: Path
    where: Where

    def nodes(self, *filters: BaseFilter) -> Iterator[Any]:
        return self._objects("node", osmium.osm.NODE, filters)

    def ways(self, *filters: BaseFilter) -> Iterator[Any]:
        return self._objects("way", osmium.osm.WAY, filters)

    def relations(self, *filters: BaseFilter) -> Iterator[Any]:
        return self._objects("relation", osmium.osm.RELATION, filters)

    def _objects(
        self, kind: str, entities: osmium.osm.osm_entity_bits, filters: tuple[BaseFilter, ...]
    ) -> Iterator[Any]:
        """Yield the objects that pass all filters; deleted ones (JOSM keeps them) are left out."""
        processor = osmium.FileProcessor(str(self.path), entities)
        for each in filters:
            processor = processor.with_filter(each)
        things: Iterator[Any] = iter(processor)
        where = self.where
        where.kind = ""
        for thing in things:
            where.kind, where.number, where.inside = kind, thing.id, True
            if not thing.deleted:
                yield thing
            where.inside = False


def _relations(file: _File) -> tuple[list[Relation], list[Relation], list[Relation]]:
    """Return multipolygons, turn restrictions and bus lines."""
    shapes, restrictions, lines = {}, {}, {}
    for thing in file.relations(osmium.filter.KeyFilter("type")):
        kind = thing.tags["type"]
        if kind == "multipolygon" and _is_area(tags := dict(thing.tags)):
            shapes[thing.id] = _relation(thing, tags)
        elif kind == "restriction" or kind.startswith("restriction:"):
            restrictions[thing.id] = _relation(thing, dict(thing.tags))
        elif kind == "route" and thing.tags.get("route") in BUSES:
            lines[thing.id] = _relation(thing, dict(thing.tags))
    return _sorted(shapes), _sorted(restrictions), _sorted(lines)


def _ways(file: _File) -> tuple[list[tuple[Way, meaning.Road]], list[Way], list[Way], str]:
    """Return roads, areas, coasts, and when the latest of them was changed ("" = not told)."""
    roads, areas, coasts = {}, {}, {}
    changed = ""
    for thing in file.ways(osmium.filter.KeyFilter("highway", *AREA_KEYS)):
        tags = dict(thing.tags)
        road = meaning.road(tags)
        if road is not None:
            roads[thing.id] = (_way(thing, tags), road)
        elif tags.get("natural") == "coastline":
            coasts[thing.id] = _way(thing, tags)
        elif _is_area(tags) and thing.is_closed():
            areas[thing.id] = _way(thing, tags)
        else:
            continue
        if thing.timestamp.year > _NEVER:
            changed = max(changed, f"{thing.timestamp:%Y-%m-%dT%H:%M:%SZ}")
    return _sorted(roads), _sorted(areas), _sorted(coasts), changed


def _parts(file: _File, shapes: list[Relation], known: list[Way]) -> dict[int, Way]:
    """Return the ways that multipolygons are made of."""
    members = {ref for shape in shapes for kind, ref, _ in shape.members if kind == "w"}
    parts = {way.way_id: way for way in known if way.way_id in members}
    missing = members - parts.keys()
    if missing:
        for thing in file.ways():
            if thing.id in missing:
                parts[thing.id] = _way(thing, {})
    return parts


def _nodes(
    file: _File, wanted: set[int], drawn: set[int]
) -> tuple[dict[int, tuple[float, float]], dict[int, Tags], dict[int, Tags]]:
    """Return the coordinates of nodes, and the tags of those that are lights and signs."""
    coords: dict[int, tuple[float, float]] = {}
    lights: dict[int, Tags] = {}
    signs: dict[int, Tags] = {}
    needed = wanted | drawn
    for thing in file.nodes():
        # A set in Python, not osmium's IdFilter: that one takes 0.36 s to be made, ten times as long as the whole pass.
        if thing.id not in needed:
            continue
        location = thing.location
        if location.valid():
            coords[thing.id] = (location.lon, location.lat)
        if thing.tags and thing.id in wanted:
            if is_light(thing.tags):
                lights[thing.id] = dict(thing.tags)
            elif thing.tags.get("highway") in SIGNS:
                signs[thing.id] = dict(thing.tags)
    return coords, lights, signs


def _points(file: _File) -> list[tuple[float, float, Tags]]:
    points = {}
    for thing in file.nodes(osmium.filter.KeyFilter(*USE_KEYS)):
        if thing.location.valid():
            tags = {key: value for key, value in thing.tags if key in USE_KEYS}
            points[thing.id] = (thing.location.lon, thing.location.lat, tags)
    return _sorted(points)


def _header(path: Path) -> tuple[tuple[float, float, float, float] | None, str]:
    header = osmium.FileProcessor(str(path)).header
    box = header.box()
    corners = (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat) if box.valid() else None
    return corners, header.get("osmosis_replication_timestamp") or header.get("timestamp") or ""


def _is_area(tags: Tags) -> bool:
    return is_building(tags) or bool(ground(tags)) or tags.get("landuse") in ZONES


def _way(thing: osmium.osm.Way, tags: Tags) -> Way:
    return Way(thing.id, tuple(node.ref for node in thing.nodes), tags)


def _relation(thing: osmium.osm.Relation, tags: Tags) -> Relation:
    return Relation(thing.id, tuple((member.type, member.ref, member.role) for member in thing.members), tags)


def _sorted(found: dict[int, Kept]) -> list[Kept]:
    return [found[key] for key in sorted(found)]
