"""Measures: every figure of merit has its formula here, once; map, cards and reports all read the list KPIS.

Every measure of time is over all trips that wished to depart, from their wished departure on. Who has not arrived when
the run ends counts with the time so far plus the free-flow time of the way left, so that nothing looks better for
leaving people stuck; how many those are stands beside it. A refused trip has no time: it is counted apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from twin.result import FATES, Result
from twin.routing import fastest, ways
from twin.units import HOUR, MS

Floats = npt.NDArray[np.float64]

METRES_IN_KM = 1000.0


class Kpi(NamedTuple):
    """One figure of merit.

    Parameters
    ----------
    key : str
        Key of its label in the table of words.
    measure : callable
        From a Result to the figure.
    unit : str
    better : {"low", "high", "neither"}
    """

    key: str
    measure: Callable[[Result], float]
    unit: str
    better: Literal["low", "high", "neither"]


def counted(result: Result) -> npt.NDArray[np.bool_]:
    """Return which trips have a travel time : array, shape (n_trip,).

    Those that are not refused and wished to depart before the run ended.
    """
    return (result.n_links > 0) & (result.departure < round(result.end * MS))


def travel_times(result: Result) -> Floats:
    """Return the travel time of each trip that counts : array, shape (n_counted,) [s]."""
    arrived = result.fate == FATES.index("arrived")
    until = np.where(arrived, result.arrived, round(result.end * MS)) - result.departure
    left = np.where(arrived, 0, _free_time_left(result))
    return ((until + left) / MS)[counted(result)]


def _free_time_left(result: Result) -> npt.NDArray[np.int64]:
    """Return the free-flow time of the links that each trip has not left yet, of the one it is on in full part [ms].

    A vehicle on a link counts what it would still need if it had driven freely since it entered.
    """
    came, went = result.passing
    free = result.free_time_of_step.astype(np.int64)
    end = round(result.end * MS)
    on_it = (came >= 0) & (went < 0)
    left = np.where(went >= 0, 0, np.where(on_it, np.maximum(free - (end - came), 0), free))
    return np.bincount(result.trip_of_step, weights=left, minlength=len(result.n_links)).astype(np.int64)


def free_flow_times(result: Result) -> Floats:
    """Return the free-flow time of each trip that counts : array, shape (n_counted,) [s].

    By the fastest way through the scenario's own network, without signals and queues.
    """
    scenario = result.scenario
    return fastest(ways(scenario.network), scenario.trip_ends[counted(result)])[1] / MS


def mean_travel_time(result: Result) -> float:
    """Mean time from wished departure to arrival [s]."""
    return _mean(travel_times(result))


def delay_index(result: Result) -> float:
    """Mean over trips of travel time / free-flow time.

    The definition of the KDD Cup 2021 City Brain Challenge. Where streets are closed or speeds changed, free-flow times
    change too: then compare mean travel times.
    """
    return _mean(travel_times(result) / free_flow_times(result))


def mean_delay(result: Result) -> float:
    """Mean time beyond the free-flow time of the fastest way [s]."""
    return _mean(travel_times(result) - free_flow_times(result))


def vehicle_kilometres(result: Result) -> float:
    """Distance driven on links that were left by the end of the run, by all vehicles together [km]."""
    _, went = result.passing
    length = result.scenario.network.links["length"].to_numpy()[result.link_of_step]
    return float(length[went >= 0].sum()) / METRES_IN_KM


def vehicle_hours(result: Result) -> float:
    """Time from wished departure until arrival or the end of the run, of all trips together [h]."""
    until = np.where(result.arrived >= 0, result.arrived, round(result.end * MS))
    return float((until - result.departure)[counted(result)].sum()) / MS / HOUR


def arrived(result: Result) -> float:
    """Trips that arrived by the end of the run."""
    return float(result.fate_counts()["arrived"])


def unfinished(result: Result) -> float:
    """Trips that were on the road or still waiting at their origin when the run ended."""
    counts = result.fate_counts()
    return float(counts["on road"] + counts["waiting"])


def refused(result: Result) -> float:
    """Trips that have no open way."""
    return float(result.fate_counts()["refused"])


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")


KPIS = (
    Kpi("delay_index", delay_index, "", "low"),
    Kpi("travel_time", mean_travel_time, "s", "low"),
    Kpi("delay", mean_delay, "s", "low"),
    Kpi("vkt", vehicle_kilometres, "veh·km", "neither"),
    Kpi("vht", vehicle_hours, "veh·h", "low"),
    Kpi("arrived", arrived, "trips", "high"),
    Kpi("unfinished", unfinished, "trips", "low"),
    Kpi("refused", refused, "trips", "low"),
)
"""All figures of merit, in the order in which they are shown."""
