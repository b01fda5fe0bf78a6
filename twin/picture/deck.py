"""Deck: the map as plain data, a deck.gl JSON description plus byte columns; no widget and no pydeck is needed.

The description speaks deck.gl's own JSON grammar, as pydeck does. Data does not stand in it: a layer names its data
(``"@@#roads"``), and the columns travel beside it as bytes, so that a new result costs a few bytes a link. Names of
streets never enter the description, where ``@@`` would be evaluated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from twin.picture.colours import Theme, ground, pace_index, rgb
from twin.units import HOUR, to_kmh

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

    from twin.network import Network
    from twin.places import Places
    from twin.result import Result

WIDTH = {"least": 1.3, "most": 8.0, "full_flow": 1800.0}
"""Line width [pixels at the first view] without traffic and at full_flow [veh/h]; between them it grows as the root."""

LAYER_TYPES = (
    "ArcLayer", "BitmapLayer", "ColumnLayer", "ContourLayer", "GeoJsonLayer", "GeohashLayer",
    "GreatCircleLayer", "GridCellLayer", "GridLayer", "HeatmapLayer", "HexagonLayer", "IconLayer", "LineLayer",
    "PathLayer", "PointCloudLayer", "PolygonLayer", "QuadkeyLayer", "S2Layer", "ScatterplotLayer", "ScreenGridLayer",
    "SolidPolygonLayer", "TextLayer", "TripsLayer",
)  # fmt: skip
"""Layers that the front end carries: all of deck.gl's that need no tiles, no network and no large library."""

BACKGROUND = ("green", "water", "building")
"""Grounds behind the roads, in drawing order."""

_SMALLEST_BUILDING = 5e-9
"""Buildings below this [square degrees, about 30 m2] are left out: they are less than a pixel."""

_GRID = 1e-6
"""Background coordinates are kept to this part of a degree (0.1 m)."""


@dataclass(frozen=True)
class RoadColumns:
    """Roads as bytes: what stays the same in every frame.

    Parameters
    ----------
    centre : (float, float)
        Longitude and latitude that positions are relative to [degrees].
    bounds : (float, float, float, float)
        West, south, east, north [degrees].
    positions : bytes
        float32, shape (n_vertex, 2): longitude and latitude relative to the centre [degrees].
    starts : bytes
        uint32, shape (n_link + 1): first vertex of each link.
    sides : bytes
        uint8, shape (n_link): 1 where a link the other way runs between the same nodes, so each keeps to its side.
    lanes, limits, closed : bytes
        uint8, shape (n_link): lanes, free speed [km/h], 1 = closed.
    streets : bytes
        uint32, shape (n_link): row in names.
    names : list of str
        Street names, each once.
    """

    centre: tuple[float, float]
    bounds: tuple[float, float, float, float]
    positions: bytes
    starts: bytes
    sides: bytes
    lanes: bytes
    limits: bytes
    closed: bytes
    streets: bytes
    names: list[str]


@dataclass(frozen=True)
class Frames:
    """A result as bytes, one frame an interval.

    Parameters
    ----------
    starts : list of float
        Beginning of each frame and, last, the end of the last one : n_frame + 1 [s after midnight].
    colour : array of uint8, shape (n_frame, n_link)
        Row of the delay palette: travel time / free travel time.
    speed : array of uint8, shape (n_frame, n_link) [km/h]
    flow : array of uint16, shape (n_frame, n_link) [veh/h]
    """

    starts: list[float]
    colour: npt.NDArray[np.uint8]
    speed: npt.NDArray[np.uint8]
    flow: npt.NDArray[np.uint16]


def road_columns(network: Network) -> RoadColumns:
    """Return the columns of a network's roads."""
    links = network.links
    coordinates, of_link = shapely.get_coordinates(links.geometry.to_numpy(), return_index=True)
    west, south = coordinates.min(axis=0)
    east, north = coordinates.max(axis=0)
    centre = (round(float(west + east) / 2, 5), round(float(south + north) / 2, 5))
    starts = np.searchsorted(of_link, np.arange(len(links) + 1))
    streets, names = links["name"].fillna("").astype(str).factorize()
    return RoadColumns(
        centre=centre,
        bounds=(float(west), float(south), float(east), float(north)),
        positions=(coordinates - centre).astype("<f4").tobytes(),
        starts=starts.astype("<u4").tobytes(),
        sides=_two_way(network).astype(np.uint8).tobytes(),
        lanes=_byte(links["lanes"].to_numpy()).tobytes(),
        limits=_byte(to_kmh(1.0) * links["free_speed"].to_numpy()).tobytes(),
        closed=links["closed"].to_numpy().astype(np.uint8).tobytes(),
        streets=streets.astype("<u4").tobytes(),
        names=[str(name) for name in names],
    )


def frames(result: Result, every: float = 300.0) -> Frames:
    """Return the frames of a result, one for each interval of ``every`` seconds."""
    intervals = result.intervals(every)
    starts = [float(start) for start in intervals.start]
    # The last interval counts in full although the run ends within it: a car in its last second is no rush hour.
    flow = intervals.left * (HOUR / every)
    return Frames(
        starts=[*starts, starts[-1] + every],
        colour=pace_index(intervals.pace),
        speed=_byte(to_kmh(1.0) * intervals.speed),
        flow=np.clip(flow.round(), 0, 65535).astype("<u2"),
    )


def background(places: Places) -> dict[str, dict[str, Any]]:
    """Return GeoJSON of water, green and buildings, each as one feature of polygons."""
    grounds, sites = places.grounds, places.sites
    shapes = {kind: _polygons(grounds[grounds["kind"] == kind]) for kind in ("water", "green")}
    buildings = _polygons(sites)
    shapes["building"] = buildings[shapely.area(buildings) > _SMALLEST_BUILDING]
    return {kind: _feature(shapes[kind]) for kind in BACKGROUND if len(shapes[kind])}


def spec(roads: RoadColumns, grounds: Iterable[str] = BACKGROUND, theme: Theme = "dark") -> dict[str, Any]:
    """Return the deck.gl JSON description of a town: background, roads, and where the camera first stands.

    Parameters
    ----------
    roads : RoadColumns
    grounds : iterable of str
        The kinds of background that there are data for.
    theme : str
        ``"dark"`` or ``"light"``.
    """
    colours = ground(theme)
    fills = {kind: rgb(getattr(colours, kind)) for kind in grounds}
    return {
        "initialViewState": first_view(roads.bounds),
        "views": [{"@@type": "MapView", "controller": True}],
        "layers": [*(_ground_layer(kind, fills[kind]) for kind in BACKGROUND if kind in fills), _road_layer(roads)],
    }


def first_view(
    bounds: tuple[float, float, float, float], width: float = 900.0, height: float = 560.0
) -> dict[str, float]:
    """Return longitude, latitude and zoom that show the bounds in a picture of so many pixels (Web Mercator)."""
    west, south, east, north = bounds
    turn = [math.asinh(math.tan(math.radians(latitude))) / math.tau for latitude in (south, north)]
    wide = max((east - west) / 360.0, 1e-6)
    high = max(turn[1] - turn[0], 1e-6)
    zoom = math.log2(min(width / wide, height / high) / 512.0)
    latitude = math.degrees(math.atan(math.sinh(math.tau * sum(turn) / 2)))
    return {"longitude": (west + east) / 2, "latitude": latitude, "zoom": round(zoom, 3), "pitch": 0.0, "bearing": 0.0}


def width(flow: float) -> float:
    """Return the line width [pixels at the first view] of a flow [veh/h].

    Examples
    --------
    >>> width(0), width(450), width(1800)
    (1.3, 4.65, 8.0)
    """
    return WIDTH["least"] + (WIDTH["most"] - WIDTH["least"]) * math.sqrt(min(flow / WIDTH["full_flow"], 1.0))


def _road_layer(roads: RoadColumns) -> dict[str, Any]:
    return {
        "@@type": "PathLayer",
        "id": "roads",
        "data": "@@#roads",
        "coordinateSystem": "lnglat-offsets",
        "coordinateOrigin": list(roads.centre),
        "positionFormat": "XY",
        "_pathType": "open",
        "widthUnits": "pixels",
        "jointRounded": True,
        "capRounded": True,
        "pickable": True,
        "autoHighlight": True,
        "highlightColor": [255, 255, 255, 110],
        "extensions": [{"@@type": "PathStyleExtension", "offset": True}],
    }


def _ground_layer(kind: str, fill: list[int]) -> dict[str, Any]:
    return {
        "@@type": "GeoJsonLayer",
        "id": kind,
        "data": f"@@#{kind}",
        "filled": True,
        "stroked": False,
        "getFillColor": fill,
    }


def _two_way(network: Network) -> npt.NDArray[np.bool_]:
    """Return which links have one the other way between the same nodes."""
    ends = network.links[["from_node", "to_node"]]
    there = set(zip(ends["from_node"], ends["to_node"], strict=True))
    return np.array([(to, start) in there for start, to in zip(ends["from_node"], ends["to_node"], strict=True)])


def _polygons(table: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    """Return the single polygons of a table of places; points and lines have no ground to draw."""
    parts = shapely.get_parts(table.geometry.to_numpy())
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    parts = shapely.set_precision(parts, _GRID, mode="pointwise")
    kept: npt.NDArray[np.object_] = parts[~shapely.is_empty(parts)]
    return kept


def _feature(polygons: npt.NDArray[np.object_]) -> dict[str, Any]:
    return {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shapely.MultiPolygon(polygons))}


def _byte(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    return np.clip(np.round(values), 0, 255).astype(np.uint8)
