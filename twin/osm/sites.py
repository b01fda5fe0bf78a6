"""Sites: buildings as places where people live and work, with a guess of how many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from twin.osm.areas import outlines
from twin.osm.graph import CRS
from twin.osm.scan import USE_KEYS, ZONES, is_building
from twin.osm.tags import called
from twin.osm.turns import METRES
from twin.places import PEOPLE, SITE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from twin.osm.graph import Link
    from twin.osm.scan import Scan, Tags

HOME_SPACE = 40.0
"""Floor space [m2] a person lives on: about what Statistics Finland gives for dwellings (40-41 m2 in 2019)."""

SPACE = {
    "home": 40.0, "work": 30.0, "industry": 80.0, "shop": 50.0, "school": 60.0, "hospital": 50.0, "other": 200.0,
}  # fmt: skip
"""Floor space [m2] a job or a visitor's place takes, by use: guesses, gross of stairs and stores. Industry is a use of
its own in this room, because its halls are large and low; the table says "work"."""

PUPIL_SPACE = 10.0
"""Floor space [m2] a pupil or student takes, corridors and halls included: a guess. England's guidelines for school
buildings (Building Bulletin 103) ask for 5 to 9 m2 in schools of 500."""

VISITS = 0.2
"""Visitors a square metre of shop has on a working day: half of the 37 trips by car that 1,000 square feet of a
shopping centre generate (Institute of Transportation Engineers, Trip Generation Manual, 11th edition, land use 820)."""

POINT_SPACE = 100.0
"""Floor space [m2] of a shop or place of leisure that is mapped as a point inside a building (a guess)."""

LIVED = {"home": 0.95, "shop": 0.1}
"""Share of the floor space that is lived in, by kind (none in the others): guesses."""

LIVED_BLOCK, LIVED_BUSY = 0.6, 0.3
"""The same for town blocks that say no more than ``building=yes``: without and with shops or offices mapped inside."""

LEVELS = {"home": 2.0, "work": 3.0, "industry": 1.0, "shop": 1.0, "school": 2.0, "hospital": 3.0, "other": 1.0}
"""Levels of a building where none are tagged, by kind: guesses."""

TOWN_BLOCK, TOWN_LEVELS = 300.0, 4.0
"""A home or office of this footprint [m2] and without tagged levels is taken for a block of so many levels (guess)."""

SMALL, MOST_LEVELS = 25.0, 60.0
"""Buildings of a smaller footprint [m2] are sheds: nobody lives there. More levels are taken for a slip of the pen."""

FARTHEST = 1000.0
"""A building farther [m] from every junction has no road access."""

KINDS = {
    "home": {"yes", "apartments", "residential", "house", "detached", "terrace", "semidetached_house", "dormitory",
             "bungalow", "block", "farm", "hut", "cabin", "static_caravan", "semi"},
    "work": {"office", "commercial", "public", "government", "civic", "hotel", "train_station", "fire_station",
             "museum", "Mixed_use"},
    "industry": {"industrial", "warehouse", "manufacture", "utility", "hangar"},
    "shop": {"retail", "supermarket", "kiosk", "shop", "mall"},
    "school": {"school", "university", "kindergarten", "college"},
    "hospital": {"hospital", "clinic"},
}  # fmt: skip
"""Kinds by the value of ``building``; every other value is "other" (garage, roof, church, ruins ...)."""

SCHOOLS = {"school", "university", "kindergarten", "college"}
HOSPITALS = {"hospital", "clinic"}
OFFICES = {
    "townhall",
    "courthouse",
    "police",
    "fire_station",
    "bank",
    "embassy",
    "public_building",
    "library",
    "theatre",
}

LEISURE = {"restaurant", "cafe", "fast_food", "food_court", "bar", "pub", "cinema", "theatre", "nightclub",
           "marketplace", "community_centre", "arts_centre"}  # fmt: skip
"""Values of ``amenity`` where people spend their leisure: they have visitors as shops have."""


def sites(scan: Scan, links: Sequence[Link], node_of: Mapping[int, int]) -> gpd.GeoDataFrame:
    """Return the table of buildings that a Places is made of.

    Parameters
    ----------
    scan : Scan
        What was kept of the file.
    links : sequence of Link
        The links in use: a building's cars come and go at the nearest junction, by air, of a street where houses can
        stand (not of a motorway).
    node_of : mapping
        Nodes that became another, and that other.

    Returns
    -------
    GeoDataFrame
        ``place_id``, ``kind``, ``name``, ``node_id``, ``homes``, ``jobs``, ``pupils``, ``visitors`` (a day),
        ``geometry``; people are guesses from footprint x levels and the constants of this room.
    """
    names, tags, shapes = outlines(scan, is_building)
    if not names:
        return gpd.GeoDataFrame({column: [] for column in SITE_COLUMNS}, geometry="geometry", crs=CRS)
    found = gpd.GeoDataFrame({"place_id": names}, geometry=shapes, crs=CRS)
    footprint = _areas(shapes).tolist()
    around, inside = _zones(scan, shapes), _inside(scan, shapes)
    uses = [_judged(*each) for each in zip(tags, footprint, around, inside, strict=True)]
    people = [_people(*each) for each in zip(uses, tags, footprint, inside, strict=True)]
    found["kind"] = ["work" if use == "industry" else use for use, _ in uses]
    found["name"] = [called(own) for own in tags]
    found["node_id"] = _nearest(shapes, links, scan, node_of)
    found[list(PEOPLE)] = np.array(people, np.float64)
    return found[list(SITE_COLUMNS)]


def _judged(tags: Tags, footprint: float, around: str, inside: list[Tags]) -> tuple[str, float]:
    """Return what a building is used for and the share of it that is lived in.

    What the building says counts first, then a school or hospital mapped as a point inside, then the zone around it.
    """
    if footprint < SMALL:
        return "other", 0.0
    plain = tags["building"] == "yes" and not any(key in tags for key in USE_KEYS)
    points = [use for own in inside if (use := _use(own)) in {"school", "hospital"}] if plain else []
    kind = next((kind for kind, values in KINDS.items() if tags["building"] in values), "other")
    kind = _use(tags) or next(iter(points), "") or (around if plain and around else kind)
    lived = LIVED.get(kind, 0.0)
    if plain and not around and kind == "home" and footprint >= TOWN_BLOCK:
        lived = LIVED_BUSY if inside else LIVED_BLOCK
        kind = "work" if inside else "home"
    return kind, lived


def _use(tags: Tags) -> str:
    """Return the kind that a use means; "" if it means none."""
    amenity = tags.get("amenity", "")
    if amenity in SCHOOLS:
        return "school"
    if amenity in HOSPITALS or tags.get("healthcare") in HOSPITALS:
        return "hospital"
    if amenity in OFFICES or "office" in tags or tags.get("tourism") in {"hotel", "museum"}:
        return "work"
    return "shop" if "shop" in tags else ""


def _zones(scan: Scan, shapes: npt.NDArray[np.object_]) -> list[str]:
    """Return what the land use around each building says of it ("" = nothing); of two zones the smaller one counts."""
    _, tags, zones = outlines(scan, lambda own: own.get("landuse") in ZONES and not is_building(own))
    around = [""] * len(shapes)
    pairs = shapely.STRtree(zones).query(shapely.centroid(shapes), predicate="within").T.tolist()
    size = shapely.area(zones).tolist()
    for house, zone in sorted(pairs, key=lambda pair: (-size[pair[1]], pair)):
        around[house] = ZONES[tags[zone]["landuse"]]
    return around


def _inside(scan: Scan, shapes: npt.NDArray[np.object_]) -> list[list[Tags]]:
    """Return the tags of the points of use inside each building."""
    inside: list[list[Tags]] = [[] for _ in shapes]
    spots = shapely.points(np.array([point[:2] for point in scan.points]).reshape(-1, 2))
    for point, house in sorted(shapely.STRtree(shapes).query(spots, predicate="within").T.tolist()):
        inside[house].append(scan.points[point][2])
    return inside


def _people(use: tuple[str, float], tags: Tags, footprint: float, inside: list[Tags]) -> tuple[int, int, int, int]:
    """Return (people who live here, jobs and visitors' places, pupils, visitors a day), rounded."""
    if footprint < SMALL:
        return 0, 0, 0, 0
    kind, lived = use
    floor = footprint * _levels(kind, tags, footprint)
    busy = floor * (1.0 - lived)
    points = POINT_SPACE * sum(map(_has_visitors, inside))
    sold = busy if kind == "shop" or _has_visitors(tags) else min(points, floor)
    return (
        round(floor * lived / HOME_SPACE),
        round(busy / SPACE[kind]),
        round(busy / PUPIL_SPACE) if kind == "school" else 0,
        round(sold * VISITS),
    )


def _has_visitors(tags: Tags) -> bool:
    return "shop" in tags or tags.get("amenity") in LEISURE


def _levels(kind: str, tags: Tags, footprint: float) -> float:
    text = tags.get("building:levels", "")
    if text.replace(".", "", 1).isdecimal() and 1.0 <= float(text) <= MOST_LEVELS:
        return float(text)
    return TOWN_LEVELS if footprint >= TOWN_BLOCK and kind in {"home", "work"} else LEVELS[kind]


def _areas(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """Return areas [m2], with the scale of each outline's own latitude."""
    latitude = np.radians(shapely.get_y(shapely.centroid(shapes)))
    return np.asarray(shapely.area(shapes) * METRES**2 * np.cos(latitude)).round(1)


def _nearest(
    shapes: npt.NDArray[np.object_], links: Sequence[Link], scan: Scan, node_of: Mapping[int, int]
) -> list[str]:
    streets = [link for link in links if not link.road_class.startswith(("motorway", "trunk"))]
    nodes = sorted({node for link in streets for node in (link.start, link.stop)})
    if not nodes:
        return [""] * len(shapes)
    at = np.array([scan.coords[node] for node in nodes])
    scale = np.array([np.cos(np.radians(at[:, 1].mean())), 1.0]) * METRES
    spots = shapely.points(shapely.get_coordinates(shapely.centroid(shapes)) * scale)
    # The nodes are sorted by id, and of two at one distance the first is taken.
    tree = shapely.STRtree(np.asarray(shapely.points(at * scale), dtype=object))
    (house, node), away = tree.query_nearest(spots, return_distance=True)
    nearest = [""] * len(shapes)
    for h, n, metres in sorted(zip(house.tolist(), node.tolist(), away.tolist(), strict=True), reverse=True):
        nearest[h] = str(node_of.get(nodes[n], nodes[n])) if metres <= FARTHEST else ""
    return nearest
