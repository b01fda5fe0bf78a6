"""Outcome: from what the kernels noted to the arrays of a Result."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.kernels.columns import NOT_YET, Ints, Longs
from twin.kernels.records import STEP
from twin.kernels.state import State
from twin.ragged import starts
from twin.result import STAY_COLUMNS
from twin.simulate.journeys import Steps


class Outcome(NamedTuple):
    """Routes that were really driven, and when; see ``twin.result.Result``."""

    route_start: Longs
    route: Ints
    times: Ints
    stays: pd.DataFrame


def outcome(steps: Steps, state: State) -> Outcome:
    """Return what became of all trips."""
    roads, codes, moments = steps.roads, state.log[:, 0], state.log[:, 1]
    n_trip = len(steps.start) - 1
    trip = np.repeat(np.arange(n_trip), np.diff(steps.start))
    driven = _driven(steps, state, trip)
    enters = (codes >= roads.entry_turn) & (codes < roads.leave_turn)
    leaves = (codes >= roads.leave_turn) & (codes < roads.place_turn)
    on_road = driven & (((codes >= 0) & (codes < len(roads.network.turns))) | enters)
    count = np.bincount(trip[on_road], minlength=n_trip)
    route_start = starts(count)
    route = np.where(enters, codes - roads.entry_turn, codes)[on_road].astype(np.int32)
    times = np.full(len(route) + n_trip, NOT_YET, np.int32)
    kept = on_road | (driven & leaves)
    order = np.cumsum(kept) - 1  # refused trips have a time of their own that never comes
    refused_before = np.cumsum(np.append(0, count == 0))[:-1]
    times[(order + refused_before[trip])[kept]] = moments[kept]
    return Outcome(route_start, route, times, _stays(steps, state, trip, driven, on_road))


def _driven(steps: Steps, state: State, trip: Longs) -> npt.NDArray[np.bool_]:
    """Return which steps belong to what each trip did or will do, and not to what it would have done instead."""
    roads, codes, moments = steps.roads, state.log[:, 0], state.log[:, 1]
    leaves = (codes >= roads.leave_turn) & (codes < roads.place_turn)
    driven = np.ones(len(codes), np.bool_)
    several = np.flatnonzero(np.bincount(trip[leaves], minlength=len(steps.start) - 1) > 1)
    at = state.vehicle.reshape(-1, 8)[:, STEP]
    for vehicle in several:
        ends = np.flatnonzero(leaves[steps.start[vehicle] : steps.start[vehicle + 1]]) + steps.start[vehicle]
        here = int(np.searchsorted(ends, at[vehicle]))
        own = np.arange(steps.start[vehicle], steps.start[vehicle + 1])
        given_up = (own <= (ends[here - 1] if here else -1)) & (moments[own] == NOT_YET)
        driven[own[given_up | (own > ends[here])]] = False
    return driven


def _stays(
    steps: Steps, state: State, trip: Longs, driven: npt.NDArray[np.bool_], on_road: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    """Return one row for each stay that was or will be made."""
    roads, codes, moments = steps.roads, state.log[:, 0], state.log[:, 1]
    into = np.flatnonzero(driven & (codes >= roads.place_turn))
    n_into = max(len(roads.into_place), 1)
    place = roads.into_place[(codes[into] - roads.place_turn) % n_into, 0] if len(into) else np.empty(0, np.int64)
    table = pd.DataFrame(
        {
            "trip": trip[into],
            "place_id": roads.places.bays["place_id"].to_numpy()[place],
            "step": np.cumsum(on_road)[into],
            "arrived": moments[into],
            "served": moments[into + 1] if len(into) else moments[into],
            "left": moments[into + 2] if len(into) else moments[into],
        }
    )
    return table[list(STAY_COLUMNS)]
