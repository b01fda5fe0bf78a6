"""Place: what is asked for where there is no file - a name or an area - and whether there can be such a thing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyproj
import shapely

from twin.errors import BadSource

Area = shapely.Polygon | shapely.MultiPolygon

MOST_AREA = 2500.0
"""No larger area [km2] is asked for: Overpass would not answer within any patience (Greater London has 1,570 km2)."""

LONGEST = 200
"""No name of a place has more characters."""

DIGITS = 7
"""Decimal places of coordinates, as OpenStreetMap has them."""

_BOX = re.compile(r"\s*[+-]?[0-9.]+(\s*,\s*[+-]?[0-9.]+){3}\s*")
_ORDER = "west, south, east, north in degrees (WGS-84), such as (120.06, 30.11, 120.10, 30.14)"
_EARTH = pyproj.Geod(ellps="WGS84")


@dataclass(frozen=True, eq=False)
class Place:
    """A part of the world.

    Parameters
    ----------
    name : str
        As it was asked for; of an area without a name: its box.
    area : Polygon or MultiPolygon, optional
        Longitude and latitude (WGS-84), checked; None = where the name is, has yet to be found.
    """

    name: str
    area: Area | None = None

    @property
    def key(self) -> str:
        """What tells this request from another: the name but for case and spaces, or the outline in steps of 1e-7."""
        if self.area is None:
            return " ".join(unicodedata.normalize("NFC", self.name).casefold().split())
        steps = shapely.transform(self.area, lambda points: np.round(points, DIGITS) + 0.0)
        return str(shapely.to_wkb(shapely.normalize(steps), hex=True, byte_order=1))


def is_box(text: str) -> bool:
    """Return whether a text is four numbers with commas between them, as a box on the command line is."""
    return _BOX.fullmatch(text) is not None


def named(name: str) -> Place:
    """Return the place of a name.

    Raises
    ------
    BadSource
        If no place has such a name.
    """
    if len(name) > LONGEST or not name.isprintable():
        raise BadSource(f"{name[:40]!r}... is not the name of a place: it has more than {LONGEST} characters, or signs")
    return Place(name.strip())


def boxed(box: str | Sequence[float]) -> Place:
    """Return the place inside a box.

    Parameters
    ----------
    box : str or sequence of four floats [degrees]
        West, south, east, north.

    Raises
    ------
    BadSource
        If there is no such box, or it is too large.

    Examples
    --------
    >>> boxed("120.06, 30.11, 120.10, 30.14").area.bounds
    (120.06, 30.11, 120.1, 30.14)
    """
    try:
        west, south, east, north = (float(each) for each in (box.split(",") if isinstance(box, str) else box))
    except (TypeError, ValueError, OverflowError):
        raise BadSource(f"the box {box!r:.200} is not four numbers: {_ORDER}") from None
    said = f"the box {west:.7g},{south:.7g},{east:.7g},{north:.7g}"
    if not (abs(west) <= 180 and abs(east) <= 180 and abs(south) <= 90 and abs(north) <= 90):  # noqa: PLR2004
        raise BadSource(f"{said} is not on this earth: {_ORDER}")
    if not (west < east and south < north):
        raise BadSource(f"{said} has no inside, west must be below east and south below north: {_ORDER}")
    return outlined(shapely.box(west, south, east, north), said)


def outlined(area: Area, said: str = "the polygon") -> Place:
    """Return the place inside an outline.

    Parameters
    ----------
    area : Polygon or MultiPolygon
        Longitude and latitude (WGS-84).
    said : str
        What errors call it.

    Raises
    ------
    BadSource
        If the outline is empty, crosses itself, is not on this earth or holds more than MOST_AREA.
    """
    flat = shapely.force_2d(area)
    if flat.is_empty:
        raise BadSource(f"{said} is empty: take one with an area")
    west, south, east, north = flat.bounds
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):  # noqa: PLR2004
        raise BadSource(
            f"{said} reaches from {west:.7g},{south:.7g} to {east:.7g},{north:.7g}, which is not longitude and "
            'latitude: give it in WGS-84 (a GeoDataFrame\'s to_crs("EPSG:4326"))'
        )
    if not flat.is_valid:
        raise BadSource(f"{said} is not valid ({shapely.is_valid_reason(flat)}): mend it with shapely.make_valid")
    if not flat.area > 0:
        raise BadSource(f"{said} has no inside: take one with an area")
    if (size := square_km(flat)) > MOST_AREA:
        raise BadSource(
            f"{said} holds {size:,.0f} km2, and more than {MOST_AREA:,.0f} km2 are not fetched: take a smaller one, "
            "or a file (.osm.pbf)"
        )
    return Place(",".join(f"{each:.{DIGITS}f}".rstrip("0").rstrip(".") for each in flat.bounds), flat)


def square_km(area: Area) -> float:
    """Return the size of an area on the ellipsoid [km2]."""
    return abs(float(_EARTH.geometry_area_perimeter(shapely.orient_polygons(area))[0])) / 1e6
