"""Drive: the run itself - minute by minute, so that it can be watched, stopped, and led while it goes on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from twin.kernels.columns import NOT_YET, Columns
from twin.kernels.loading import advance
from twin.kernels.state import State, begin
from twin.units import MS

Progress = Callable[[float], None]

CHUNK = 60 * MS
"""Progress and cancel are looked at once in so many simulated milliseconds."""


def drive(columns: Columns, start: int, stop: int, progress: Progress | None) -> tuple[State, int]:
    """Advance minute by minute until all have arrived or the time is up; return the state and when it ended [ms]."""
    state = begin(columns)
    last = columns.vehicle_route[1:][np.diff(columns.vehicle_route) > 0] - 1
    now = start
    while now < stop:
        now = min(now + CHUNK, stop)
        advance(state, columns, now)
        arrived = state.log[last, 1]
        done = not (arrived == NOT_YET).any()
        if progress is not None:
            progress(1.0 if done else (now - start) / (stop - start))
        if done:
            return state, int(arrived.max(initial=start - 1)) + 1
    return state, stop
