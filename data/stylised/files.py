"""Files: a drawn town as an OpenStreetMap file, whose every object says that it is none of OpenStreetMap's.

Ids are below 0: OpenStreetMap's own are above, and its editors number what was never uploaded in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import osmium
from osmium.osm.mutable import Node as NewNode
from osmium.osm.mutable import Relation as NewRelation
from osmium.osm.mutable import Way as NewWay

from data.stylised.lines import Point
from twin.osm.source import STAND_IN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Tags = dict[str, str]
Member = tuple[str, int, str]

DEGREE = 10**7
"""Steps of a coordinate in a degree."""

METRES = 111_195
"""Metres in a degree of latitude, on a sphere of the Earth's mean radius."""


@dataclass
class Sheet:
    """Everything that was drawn, in whole centimetres around the centre; ids count down from -1.

    Parameters
    ----------
    centre : (float, float)
        Latitude and longitude [degrees].
    cosine : int
        A million times the cosine of the latitude.
    half : (int, int)
        Half the width and half the height of the map [cm].
    """

    centre: tuple[float, float]
    cosine: int
    half: Point
    nodes: dict[Point, int] = field(default_factory=dict)
    tags: dict[Point, Tags] = field(default_factory=dict)
    ways: list[tuple[list[int], Tags]] = field(default_factory=list)
    relations: list[tuple[list[Member], Tags]] = field(default_factory=list)

    def node(self, point: Point, tags: Tags | None = None) -> int:
        """Return the id of the node at a point, with tags added."""
        if tags:
            self.tags.setdefault(point, {}).update(tags)
        return self.nodes.setdefault(point, -len(self.nodes) - 1)

    def way(self, points: Sequence[Point], tags: Tags, *, closed: bool = False) -> int:
        """Draw a line or the ring of an area and return its id."""
        refs = [self.node(point) for point in points]
        self.ways.append((refs + refs[:1] if closed else refs, {**tags, "source": STAND_IN}))
        return -len(self.ways)

    def relation(self, members: list[Member], tags: Tags) -> None:
        """Relate things to each other."""
        self.relations.append((members, {**tags, "source": STAND_IN}))

    def degrees(self, point: Point) -> tuple[int, int]:
        """Return longitude and latitude of a point [1e-7 degrees]."""
        latitude, longitude = (round(value * DEGREE) for value in self.centre)
        step = METRES * 100
        return longitude + point[0] * DEGREE * 10**6 // (step * self.cosine), latitude + point[1] * DEGREE // step

    def write(self, path: Path, about: str) -> None:
        """Write the file; the same drawing gives the same bytes."""
        # Not compressed, so that the bytes do not depend on the version of a compression library.
        file = osmium.io.File(str(path), "pbf,add_metadata=false,pbf_compression=none")
        with osmium.SimpleWriter(file, header=self._header(about), overwrite=True) as writer:
            for point, number in self.nodes.items():
                lon, lat = self.degrees(point)
                tags = self.tags.get(point, {})
                place = osmium.osm.Location(lon / DEGREE, lat / DEGREE)
                writer.add_node(NewNode(id=number, location=place, tags=_sorted(tags)))
            for row, (refs, tags) in enumerate(self.ways, start=1):
                writer.add_way(NewWay(id=-row, nodes=refs, tags=_sorted(tags)))
            for row, (members, tags) in enumerate(self.relations, start=1):
                writer.add_relation(NewRelation(id=-row, members=members, tags=_sorted(tags)))

    def _header(self, about: str) -> osmium.io.Header:
        header = osmium.io.Header()
        header.set("generator", f"{STAND_IN}: {about}")
        header.set("sorting", "Type_then_ID")
        east, north = self.half
        west, south = self.degrees((-east, -north))
        right, top = self.degrees((east, north))
        header.add_box(osmium.osm.Box(west / DEGREE, south / DEGREE, right / DEGREE, top / DEGREE))
        return header


def _sorted(tags: Tags) -> Tags:
    return {key: tags[key] for key in sorted(tags)}
