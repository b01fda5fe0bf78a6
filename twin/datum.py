"""Datum: where a coordinate of a Chinese map lies - WGS-84 of satellites, GCJ-02 of maps, BD-09 of Baidu."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DATUMS = ("WGS-84", "GCJ-02", "BD-09")

BOX = 72.004, 0.8293, 137.8347, 55.8271
"""West, south, east, north of the box in which Chinese maps are shifted [degrees]; outside it the datums are one."""

_AXIS, _FLATNESS = 6_378_245.0, 0.00669342162296594323  # Krasovsky's ellipsoid of 1940: semi-major axis [m], e squared
_EAST, _NORTH = 105.0, 35.0  # the shift is counted from here
_BAIDU = np.pi * 3000.0 / 180.0
_CLOSE = 1e-10  # degrees: a hundredth of a millimetre
_ROUNDS = 50


def to_wgs84(points: Floats, datum: str) -> Floats:
    """Return coordinates of a datum in WGS-84.

    Parameters
    ----------
    points : array, shape (n, 2) [degrees]
        Longitude and latitude.
    datum : str
        One of DATUMS.

    Returns
    -------
    array, shape (n, 2) [degrees]
        Such that ``from_wgs84`` gives the points again, within a millimetre.
    """
    inside = _inside(points)
    found: Floats = np.array(points, np.float64)
    if datum == "BD-09":
        found[inside] = _undone(_baidu, found[inside])
    if datum != "WGS-84":
        found[inside] = _undone(_shifted, found[inside])
    return found


def from_wgs84(points: Floats, datum: str) -> Floats:
    """Return coordinates of WGS-84 in a datum.

    Parameters
    ----------
    points : array, shape (n, 2) [degrees]
        Longitude and latitude.
    datum : str
        One of DATUMS.

    References
    ----------
    .. [1] GCJ-02, the datum of the Chinese State Bureau of Surveying and Mapping of 2002, as publicly derived:
       https://en.wikipedia.org/wiki/Restrictions_on_geographic_data_in_China
    .. [2] BD-09, Baidu's shift on top of it, the same page.

    Examples
    --------
    >>> from_wgs84(np.array([[120.083, 30.129]]), "GCJ-02").round(6).tolist()
    [[120.087806, 30.126717]]
    """
    inside = _inside(points)
    found: Floats = np.array(points, np.float64)
    if datum != "WGS-84":
        found[inside] = _shifted(found[inside])
    if datum == "BD-09":
        found[inside] = _baidu(found[inside])
    return found


def _inside(points: Floats) -> npt.NDArray[np.bool_]:
    west, south, east, north = BOX
    lon, lat = points[:, 0], points[:, 1]
    inside: npt.NDArray[np.bool_] = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return inside


def _shifted(points: Floats) -> Floats:
    """Return points of WGS-84 in GCJ-02: a shift in metres, made of a slope and waves, on Krasovsky's ellipsoid."""
    x, y = points[:, 0] - _EAST, points[:, 1] - _NORTH
    ripple = _waves(x, (20.0, 6.0), (20.0, 2.0))
    root, product = np.sqrt(np.abs(x)), x * y
    east = 300.0 + x + 2.0 * y + 0.1 * x**2 + 0.1 * product + 0.1 * root
    east += ripple + _waves(x, (20.0, 1.0), (40.0, 1 / 3), (150.0, 1 / 12), (300.0, 1 / 30))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y**2 + 0.1 * product + 0.2 * root
    north += ripple + _waves(y, (20.0, 1.0), (40.0, 1 / 3), (160.0, 1 / 12), (320.0, 1 / 30))
    latitude = np.radians(points[:, 1])
    bend = 1.0 - _FLATNESS * np.sin(latitude) ** 2
    per_degree_east = np.radians(_AXIS / np.sqrt(bend) * np.cos(latitude))
    per_degree_north = np.radians(_AXIS * (1.0 - _FLATNESS) / bend**1.5)
    return points + np.column_stack([east / per_degree_east, north / per_degree_north])


def _waves(along: Floats, *waves: tuple[float, float]) -> Floats:
    """Return two thirds of the sum of waves, each of (metres, half periods a degree)."""
    size, pace = np.array(waves).T
    total: Floats = np.sin(np.pi * along[:, None] * pace) @ size * (2 / 3)
    return total


def _baidu(points: Floats) -> Floats:
    """Return points of GCJ-02 in BD-09: turned and stretched a little about the origin of coordinates, and moved."""
    x, y = points[:, 0], points[:, 1]
    far = np.hypot(x, y) + 0.00002 * np.sin(y * _BAIDU)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BAIDU)
    return np.column_stack([far * np.cos(angle) + 0.0065, far * np.sin(angle) + 0.006])


def _undone(shift: Callable[[Floats], Floats], there: Floats) -> Floats:
    """Return the points that a shift moves there: the shift of nearby points is nearly the same, so go back by it."""
    found = there.copy()
    for _ in range(_ROUNDS):
        missed = there - shift(found)
        found = found + missed
        if np.abs(missed).max(initial=0.0) < _CLOSE:
            break
    return found
