"""Areas: outlines of buildings, water and green from closed ways, multipolygons and the coast."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from twin.osm.graph import CRS
from twin.osm.scan import ground

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from twin.osm.scan import Relation, Scan, Tags, Way

SMOOTH = 1e-5
"""Outlines of grounds are simplified to this part of a degree: about 1 m."""

ASIDE = 1e-7
"""How far [degrees] beside the coast one looks for the sea."""

RIM = 1e-3
"""A coast that was cut within this part of a degree (about 100 m) of the rim of the box is drawn out to it."""

CLEARLY = 10
"""A part of the box is sea if the coast has it this many times as often on its right as on its left."""

_CORNERS = 4
"""Nodes that a closed ring has at least, the first counted twice."""


def outlines(scan: Scan, wanted: Callable[[Tags], bool]) -> tuple[list[str], list[Tags], npt.NDArray[np.object_]]:
    """Return ids, tags and polygons of the areas whose tags are wanted; those with missing nodes are left out.

    Parameters
    ----------
    scan : Scan
        What was kept of the file.
    wanted : function of tags
        Which areas to return.

    Returns
    -------
    names : list of str
        "way:id" or "relation:id".
    tags : list of dict
        The tags of each.
    shapes : array of polygons
        Valid and not empty.
    """
    names, tags, shapes = [], [], []
    rings = [way for way in scan.areas if wanted(way.tags) and _whole(way, scan)]
    for way, shape in zip(rings, _polygons(rings, scan), strict=True):
        names.append(f"way:{way.way_id}")
        tags.append(way.tags)
        shapes.append(shape)
    for relation in scan.shapes:
        if wanted(relation.tags):
            names.append(f"relation:{relation.relation_id}")
            tags.append(relation.tags)
            shapes.append(_assembled(relation, scan))
    outline = shapely.make_valid(np.array(shapes, dtype=object))
    full = np.flatnonzero(shapely.area(outline) > 0)
    return [names[row] for row in full], [tags[row] for row in full], outline[full]


def grounds(scan: Scan) -> gpd.GeoDataFrame:
    """Return the table of water and green, cut to the box of the extract."""
    _, tags, shapes = outlines(scan, lambda own: bool(ground(own)) and own.get("building", "no") == "no")
    kinds = [ground(own) for own in tags]
    box = shapely.box(*_box(scan))
    sea = _sea(scan, box)
    every = np.array([*shapes, *sea], dtype=object)
    cut = shapely.make_valid(shapely.intersection(shapely.simplify(every, SMOOTH), box))
    table = gpd.GeoDataFrame({"kind": [*kinds, *["water"] * len(sea)]}, geometry=cut, crs=CRS)
    table = table.explode(ignore_index=True)
    flat = shapely.area(table.geometry.to_numpy()) > 0
    return table[flat].reset_index(drop=True)


def _box(scan: Scan) -> tuple[float, float, float, float]:
    """Return the box of the extract, or that of its roads where the file names none."""
    if scan.box is not None:
        return scan.box
    spots = [scan.coords[ref] for way, _ in scan.roads for ref in way.refs if ref in scan.coords] or [(0.0, 0.0)]
    west, south = np.min(spots, axis=0).tolist()
    east, north = np.max(spots, axis=0).tolist()
    return west, south, east, north


def _whole(way: Way, scan: Scan) -> bool:
    return len(way.refs) >= _CORNERS and all(ref in scan.coords for ref in way.refs)


def _polygons(rings: Sequence[Way], scan: Scan) -> npt.NDArray[np.object_]:
    if not rings:
        return np.array([], dtype=object)
    points = np.array([scan.coords[ref] for way in rings for ref in way.refs])
    counts = [len(way.refs) for way in rings]
    lines = shapely.linearrings(points, indices=np.repeat(np.arange(len(rings)), counts))
    return np.asarray(shapely.polygons(lines), dtype=object)


def _assembled(relation: Relation, scan: Scan) -> shapely.Geometry:
    """Return the outer rings of a multipolygon less the inner ones; rings with missing parts are left out."""
    outer, inner = (
        shapely.union_all(_closed([ref for kind, ref, role in relation.members if kind == "w" and role in roles], scan))
        for roles in ({"outer", ""}, {"inner"})
    )
    return shapely.difference(outer, inner)


def _closed(ways: Sequence[int], scan: Scan) -> list[shapely.Geometry]:
    lines = [
        shapely.linestrings([scan.coords[ref] for ref in scan.parts[way].refs])
        for way in sorted(set(ways))
        if way in scan.parts and len(scan.parts[way].refs) > 1
        if all(ref in scan.coords for ref in scan.parts[way].refs)
    ]
    return [shapely.make_valid(shape) for shape in shapely.polygonize(lines).geoms]


def _sea(scan: Scan, box: shapely.Polygon) -> list[shapely.Geometry]:
    """Return the parts of the box on the right-hand side of the coast: there the sea is, by OpenStreetMap's rule.

    A part that has the coast on both sides (where the coast ends in the middle of nowhere) counts as land.
    """
    coast = [_reaching(line, box) for line in _coast(scan) if shapely.intersects(line, box)]
    if not coast:
        return []
    cuts = shapely.union_all([shapely.intersection(line, box) for line in coast] + [box.exterior])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(cuts)))
    right, left = (shapely.points(np.concatenate([_beside(line, side) for line in coast])) for side in (1, -1))
    shapely.prepare(faces)
    return [
        face
        for face in faces
        if np.count_nonzero(shapely.contains(face, right)) > CLEARLY * np.count_nonzero(shapely.contains(face, left))
    ]


def _coast(scan: Scan) -> list[shapely.LineString]:
    """Return the coast in as few lines as it gives, cut where nodes are missing."""
    lines = []
    for way in scan.coasts:
        known = [ref in scan.coords for ref in way.refs]
        starts = [place for place in range(len(known)) if known[place] and (place == 0 or not known[place - 1])]
        for start in starts:
            stop = next((place for place in range(start, len(known)) if not known[place]), len(known))
            if stop - start > 1:
                lines.append(shapely.LineString([scan.coords[ref] for ref in way.refs[start:stop]]))
    merged = shapely.line_merge(shapely.MultiLineString(lines), directed=True)
    return [line for line in shapely.get_parts(merged).tolist() if line.length > 0]


def _reaching(line: shapely.LineString, box: shapely.Polygon) -> shapely.LineString:
    """Return a line that was cut just inside the box drawn out to its rim."""
    points = shapely.get_coordinates(line).tolist()
    ends = [shapely.Point(points[0]), shapely.Point(points[-1])]
    rims = [shapely.shortest_line(end, box.exterior) for end in ends]
    ahead, behind = (
        shapely.get_coordinates(rim)[1:].tolist() if 0 < rim.length < RIM and shapely.contains(box, end) else []
        for rim, end in zip(rims, ends, strict=True)
    )
    return line if line.is_closed else shapely.LineString([*ahead, *points, *behind])


def _beside(line: shapely.LineString, side: int) -> npt.NDArray[np.float64]:
    """Return points just right (1) or left (-1) of the middle of each stretch of a line : array, shape (n, 2)."""
    points = shapely.get_coordinates(line)
    hop = np.diff(points, axis=0)
    size = np.hypot(hop[:, 0], hop[:, 1])
    right = np.column_stack([hop[:, 1], -hop[:, 0]]) / np.maximum(size, ASIDE)[:, None]
    middle: npt.NDArray[np.float64] = points[:-1] + hop / 2 + right * (side * ASIDE)
    return middle[size > 0]
