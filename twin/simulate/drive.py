"""Drive: the run itself - minute by minute, so that it can be watched, stopped, and led while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from twin.kernels.columns import NOT_YET, Columns
from twin.kernels.loading import advance
from twin.kernels.state import State, begin
from twin.simulate.control import Control
from twin.simulate.patience import EVERY, Patience
from twin.units import MS

Progress = Callable[[float], None]

CHUNK = 60 * MS
"""Progress and cancel are looked at at whole multiples of so many simulated milliseconds."""


class Driven(NamedTuple):
    """A run that was driven: its columns with the ways that were really taken, its state, and when it ended [ms]."""

    columns: Columns
    state: State
    end: int


def drive(
    columns: Columns,
    span: tuple[int, int],
    *,
    progress: Progress | None,
    patience: Patience | None,
    control: Control | None,
) -> Driven:
    """Advance minute by minute until all have arrived or the time is up."""
    state = begin(columns)
    start, stop = span
    drives = np.diff(columns.vehicle_route) > 0
    now = start
    while now < stop:
        if patience is not None and now % EVERY == 0:
            columns, state = patience.look(columns, state, now)
        now = min((now // CHUNK + 1) * CHUNK, stop)
        (advance if control is None else control.advance)(state, columns, now)
        arrived = state.log[columns.vehicle_route[1:][drives] - 1, 1]
        done = not (arrived == NOT_YET).any()
        if progress is not None:
            progress(1.0 if done else (now - start) / (stop - start))
        if done:
            return Driven(columns, state, int(arrived.max(initial=start - 1)) + 1)
    return Driven(columns, state, stop)
