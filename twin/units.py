"""Units: the only place where a unit changes. Inside everything is SI; times of day are seconds after midnight."""

from __future__ import annotations

import datetime as dt
import math
from numbers import Real

import numpy as np
import numpy.typing as npt

EARTH_RADIUS = 6_371_008.8
"""Mean radius of the Earth [m] (IUGG)."""

KMH = 3.6
"""Kilometres an hour in one metre a second."""

MS = 1000
"""Milliseconds in a second: kernels count integer milliseconds, tables hold seconds."""

SLOWEST_KMH = 1.0
"""No street is slower than a stroll: below it, close the street."""

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
"""Seconds in a minute, an hour and a day."""


def from_kmh(kmh: float) -> float:
    """Return a speed in m/s from km/h.

    Raises
    ------
    ValueError
        If the speed is not a finite number of at least 1 km/h.

    Examples
    --------
    >>> from_kmh(36)
    10.0
    """
    number = isinstance(kmh, Real) and not isinstance(kmh, bool)
    if not (number and math.isfinite(kmh) and kmh >= SLOWEST_KMH):
        raise ValueError(f"a speed of {kmh!r} km/h is not possible: give a number of at least {SLOWEST_KMH:g}")
    return kmh / KMH


def to_kmh(speed: float) -> float:
    """Return a speed in km/h from m/s.

    Examples
    --------
    >>> to_kmh(10)
    36.0
    """
    return speed * KMH


def per_hour(flow: float) -> float:
    """Return a flow in vehicles an hour from vehicles a second.

    Examples
    --------
    >>> per_hour(0.5)
    1800.0
    """
    return flow * HOUR


def time_of_day(text: str) -> float:
    """Return seconds after midnight from a clock time such as ``"08:00"`` or ``"08:00:30"``.

    Raises
    ------
    ValueError
        If the text is not a clock time.

    Examples
    --------
    >>> time_of_day("08:00")
    28800.0
    """
    parts = text.split(":")
    if len(parts) not in (2, 3) or not all(part.isdecimal() for part in parts):
        raise ValueError(f'{text!r} is not a time of day: write hours and minutes, as in "08:00"')
    hours, minutes, seconds = (*(int(part) for part in parts), 0)[:3]
    if minutes > 59 or seconds > 59:  # noqa: PLR2004 - the sixty of the clock
        raise ValueError(f'{text!r} is not a time of day: write hours and minutes, as in "08:00"')
    return hours * HOUR + minutes * 60.0 + seconds


def since_midnight(moment: dt.datetime, midnight: dt.datetime) -> float:
    """Return seconds from midnight of one day to a moment, by the same clock.

    Examples
    --------
    >>> since_midnight(dt.datetime(2026, 5, 14, 0, 30), dt.datetime(2026, 5, 13))
    88200.0
    """
    return (moment - midnight).total_seconds()


def clock(seconds: float) -> str:
    """Return a clock time such as ``"08:05"`` from seconds after midnight.

    Examples
    --------
    >>> clock(29100)
    '08:05'
    """
    minutes = int(seconds // 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def metres_per_degree(latitude: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return metres in a degree of longitude and of latitude, on a sphere: within half a percent.

    Parameters
    ----------
    latitude : array, shape (n,) [degrees]

    Returns
    -------
    array, shape (n, 2) [m]

    Examples
    --------
    >>> metres_per_degree(np.array([60.0])).round().tolist()
    [[55598.0, 111195.0]]
    """
    degree = np.radians(EARTH_RADIUS)
    return np.stack([degree * np.cos(np.radians(latitude)), np.full_like(latitude, degree)], axis=-1)
