"""Trajectory: where a vehicle was inside its links, constructed from when vehicles entered and left them.

The engine knows when a vehicle enters and leaves a link, not where it is between. Newell's simplified car-following
[1]_ fills this in by the same kinematic wave that the engine moves by: a vehicle does what the one ahead did, tau later
and d further back, or drives freely. With d = 1 / jam density on the lanes of its group,
tau = d / wave speed and L the link's length, the j-th vehicle ahead in the same lane group that leaves at T holds it at
L - j d or before until T + j tau, and then it drives on at free speed: the position is the least of these and of free
flow from its entry. A longer vehicle counts as several.

That is a construction: lanes of one group count as one line, and the lanes of a link's other groups, shorter pockets
and speeds that a timetable sets are not looked at. In a queue that is longer than the link by the lanes of its group
alone a vehicle stands at the entry. A faster one drives freely past a slower one up to the queue; whom queues let pass,
is held by nobody. Times of entry and exit are always kept exactly: where the engine let somebody leave earlier than the
construction would (rounding; heavy vehicles, whose headway is less than their length), it sets out earlier.

References
----------
.. [1] Newell, G. F. (2002). A simplified car-following theory: a lower order model. Transportation Research B 36(3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.kernels.columns import NOT_YET
from twin.kernels.lights import scaled
from twin.units import MS

if TYPE_CHECKING:
    from twin.result import Result

Floats = npt.NDArray[np.float64]

_FOR_EVER = float("inf")


class Drive(NamedTuple):
    """How a vehicle passes a link.

    Parameters
    ----------
    length : float [m]
    speed : float [m/s]
        Its free speed.
    entered, left : float [s]
        Left is infinite where it never did.
    spaces : array, shape (n,) [m]
        How far before the exit it stands while each of those ahead has not left, the nearest first; below length.
    starts : array, shape (n,) [s]
        Until when they hold it there.
    """

    length: float
    speed: float
    entered: float
    left: float
    spaces: Floats
    starts: Floats


def corners(drive: Drive) -> list[tuple[float, float]]:
    """Return the corners (time, position) of a drive, from its entry to its exit or for ever.

    Examples
    --------
    On 100 m at 10 m/s, held 5 m before the exit until 30 s:

    >>> corners(Drive(100.0, 10.0, 0.0, 30.5, np.array([5.0]), np.array([30.0])))
    [(0.0, 0.0), (9.5, 95.0), (30.0, 95.0), (30.5, 100.0)]
    """
    points = [(drive.entered, 0.0)]
    setting_out = np.minimum(drive.starts, drive.left - drive.spaces / drive.speed)
    zero = drive.entered  # when who drives at free speed as it does now was at the entry
    for space, start in zip(drive.spaces[::-1], setting_out[::-1], strict=True):
        place = drive.length - space
        reached = zero + place / drive.speed
        if reached < start:
            points += [(reached, place), (float(start), place)]
            zero = float(start) - place / drive.speed
            if start == _FOR_EVER:
                return _tidy(points)
    return _tidy(
        [*points, (min(zero + drive.length / drive.speed, drive.left), drive.length), (drive.left, drive.length)]
    )


def _tidy(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return points to the microsecond, each once."""
    return list(dict.fromkeys((round(float(time), 6), float(position)) for time, position in points))


def polyline(result: Result, trip: int) -> pd.DataFrame:
    """Return the corners of a trip (row); see ``Result.trajectory``."""
    came, _ = result.passing
    links = result.scenario.network.links
    rows: list[tuple[float, float, str, float]] = []
    driven = 0.0
    for step in range(int(result.route_start[trip]), int(result.route_start[trip + 1])):
        if came[step] == NOT_YET:
            break
        link = int(result.link_of_step[step])
        length, link_id = float(links["length"].iloc[link]), str(links["link_id"].iloc[link])
        points = _until(corners(_drive(result, step)), max(result.end, came[step] / MS))
        rows += [(time, driven + position, link_id, position) for time, position in points]
        driven += length
    return pd.DataFrame(rows, columns=["time", "distance", "link_id", "position"])


def _until(points: list[tuple[float, float]], end: float) -> list[tuple[float, float]]:
    """Return the part of a polyline until a time."""
    time, position = (np.array(values) for values in zip(*points, strict=True))
    if time[-1] <= end:
        return points
    kept = [point for point in points if point[0] < end]
    after = len(kept)
    share = (end - time[after - 1]) / (time[after] - time[after - 1]) if after else 0.0
    before = position[max(after - 1, 0)]
    return [*kept, (float(end), float(before + share * (position[after] - before)))]


def _drive(result: Result, step: int) -> Drive:
    """Return how one step's link was passed."""
    came, went = result.passing
    network, classes = result.scenario.network, result.scenario.demand.classes
    link, group = int(result.link_of_step[step]), int(result.group_of_step[step])
    kind = int(result.class_of_trip[result.trip_of_step[step]])
    length = float(network.links["length"].iloc[link])
    free_time = scaled(int(result.free_time_of_step[step]), int(result.slow[kind]))
    ahead = np.empty(0, np.int64) if classes["passes"].iloc[kind] else _ahead(result, step)
    lanes = int(network.lane_groups["lanes"].iloc[group])
    sizes = classes["length"].to_numpy(np.float64)[result.class_of_trip[result.trip_of_step[ahead]]]
    spaces = np.cumsum(sizes) / (float(network.links["jam_density"].iloc[link]) * lanes)
    left = np.where(went[ahead] == NOT_YET, _FOR_EVER, went[ahead] / MS)
    on_it = spaces < length
    starts = left + spaces / network.wave_speed[link]
    end = _FOR_EVER if went[step] == NOT_YET else went[step] / MS
    return Drive(length, length / free_time * MS, came[step] / MS, end, spaces[on_it], starts[on_it])


def _ahead(result: Result, step: int) -> npt.NDArray[np.int64]:
    """Return the steps of those who left the lane group before, the last first, that could still hold this one."""
    came, went = result.passing
    order, begin = result.lines
    group, link = int(result.group_of_step[step]), int(result.link_of_step[step])
    line = order[begin[group] : begin[group + 1]]
    network = result.scenario.network
    wave = float(network.links["length"].iloc[link] / network.wave_speed[link])
    gone = np.where(went[line] == NOT_YET, np.iinfo(np.int32).max, went[line])
    first = int(np.searchsorted(gone, came[step] - wave * MS))
    own = int(np.flatnonzero(line == step)[0])
    before: npt.NDArray[np.int64] = line[min(first, own) : own][::-1]
    passes = result.scenario.demand.classes["passes"].to_numpy(np.bool_)
    held: npt.NDArray[np.int64] = before[~passes[result.class_of_trip[result.trip_of_step[before]]]]
    return held
