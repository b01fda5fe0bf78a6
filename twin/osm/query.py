"""Query: one question to Overpass for all that is read of a place, in its language.

References
----------
.. [1] Overpass QL, https://wiki.openstreetmap.org/wiki/Overpass_API/Overpass_QL
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import shapely

from twin.osm.scan import GROUND_KEYS, USE_KEYS, ZONES
from twin.osm.tags import CLASSES

if TYPE_CHECKING:
    from twin.osm.place import Area

MOST_CORNERS = 300
"""An outline is sent with at most so many corners, since it stands in the question some twenty times."""

SMOOTH = 1e-5
"""An outline with too many corners is smoothed by this part of a degree (1 m), then by twice as much, and so on."""

STOPS = ('"highway"="bus_stop"', '"public_transport"')
"""Where buses stop, beside the lines that stop there."""


def question(area: Area, seconds: int) -> str:
    """Return the question for all that is read of an area.

    Roads are cut where they leave the area, for their nodes outside are not asked for: so it is seen where traffic
    comes in over the edge. Buildings, water and green that reach beyond it come whole; the coast comes for the whole
    box, because the sea is what lies beside it. Relations name members that do not come along.

    Parameters
    ----------
    area : Polygon or MultiPolygon
        Longitude and latitude; holes in it are filled.
    seconds : int
        After these the server gives up.

    Returns
    -------
    str
        In Overpass QL [1]_.
    """
    within = _within(area)
    kinds = [*_any_of({"building": set()}), *_any_of(_areas())]
    return "\n".join(
        [
            f"[out:xml][timeout:{seconds}];",
            _set("roads", _each("way", [_values("highway", CLASSES)], within)),
            _set("areas", [*_each("way", kinds, within), f'way["natural"="coastline"]{_box(area)};']),
            _set("shapes", _each('relation["type"="multipolygon"]', kinds, within)),
            _set("rules", ['relation(bw.roads)["type"~"^restriction"];']),
            _set("lines", ['relation(bw.roads)["type"="route"]["route"="bus"];']),
            _set("parts", ["way(r.shapes);"]),
            _set(
                "points",
                _each("node", [*_any_of({key: set() for key in USE_KEYS}), *(f"[{own}]" for own in STOPS)], within),
            ),
            _set("corners", [*(f"node(w.roads){each};" for each in within), "node(w.areas);", "node(w.parts);"]),
            "(.roads;.areas;.shapes;.rules;.lines;.parts;.points;.corners;);",
            "out body;",
        ]
    )


def _set(name: str, statements: Iterable[str]) -> str:
    return f"({' '.join(statements)})->.{name};"


def _each(kind: str, filters: Iterable[str], within: list[str]) -> list[str]:
    return [f"{kind}{each}{inside};" for each in filters for inside in within]


def _areas() -> dict[str, set[str]]:
    """Return the keys and values of water, green and zones."""
    found: dict[str, set[str]] = {"landuse": set(ZONES)}
    for keys in GROUND_KEYS.values():
        for key, values in keys.items():
            found[key] = found.get(key, set()) | values
    return found


def _any_of(keys: dict[str, set[str]]) -> list[str]:
    """Return filters for keys with any of these values; without values, with any at all."""
    return [_values(key, sorted(values)) if values else f'["{key}"]' for key, values in keys.items()]


def _values(key: str, values: Iterable[str]) -> str:
    return f'["{key}"~"^({"|".join(values)})$"]'


def _within(area: Area) -> list[str]:
    """Return a filter for each part of an area."""
    if area.equals(shapely.box(*area.bounds)):
        return [_box(area)]
    outline, smooth = _filled(area), SMOOTH
    while shapely.get_num_coordinates(outline) > MOST_CORNERS and smooth < 1:
        outline, smooth = _filled(shapely.simplify(area, smooth)), 2 * smooth
    if shapely.get_num_coordinates(outline) > MOST_CORNERS:  # hundreds of islands
        outline = area.convex_hull
    parts = shapely.get_parts(outline).tolist()
    corners = [" ".join(f"{y:.7f} {x:.7f}" for x, y in shapely.get_coordinates(part).tolist()) for part in parts]
    return [f'(poly:"{each}")' for each in corners]


def _filled(area: shapely.Geometry) -> shapely.Geometry:
    """Return an area without holes and without parts that have no inside."""
    parts = [shapely.Polygon(part.exterior) for part in shapely.get_parts(area).tolist() if part.area > 0]
    return shapely.MultiPolygon(parts)


def _box(area: Area) -> str:
    west, south, east, north = area.bounds
    return f"({south:.7f},{west:.7f},{north:.7f},{east:.7f})"
