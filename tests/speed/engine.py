"""Engine: traversals a second on grid towns and Helsinki, beside what one dependent random read costs here and now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import numba
import numpy as np

from tests.speed.grid import grid_town
from twin.kernels.loading import advance, begin
from twin.scenario import Scenario
from twin.simulate import columns_of, simulate
from twin.towns import town

ROUNDS = 3
LATE = 2**30


class Case(NamedTuple):
    """One measured case; times are the least of some rounds, in CPU seconds of one thread."""

    name: str
    links: int
    trips: int
    traversals: int
    cpu: float
    read: float  # nanoseconds of one dependent random read over as many bytes as the run works on

    @property
    def rate(self) -> float:
        """Traversals a second, in millions."""
        return self.traversals / self.cpu / 1e6


def cases() -> Iterator[Case]:
    """Measure all cases, small to large."""
    for scenario in (town("helsinki"), grid_town(28, 20_000), grid_town(36, 40_000), grid_town(50, 100_000)):
        yield measured(scenario)


def measured(scenario: Scenario) -> Case:
    """Drive a scenario some times and return the least CPU time of the event loop alone."""
    result = simulate(scenario)
    columns = columns_of(result)
    seconds = []
    for _ in range(ROUNDS):
        state = begin(columns)
        began = time.process_time()
        advance(state, columns, LATE)
        seconds.append(time.process_time() - began)
    assert (state.times == result.times).all()
    size = sum(array.nbytes for array in (*columns, *state))
    links, trips = len(scenario.network.links), len(scenario.demand.trips)
    return Case(scenario.name, links, trips, len(result.route), min(seconds), random_read(size))


def random_read(size: int) -> float:
    """Return the nanoseconds of one read whose place the read before it told, over this many bytes."""
    n = size // 4
    order = np.random.default_rng(0).permutation(n).astype(np.int32)
    following = np.empty(n, np.int32)
    following[order] = np.roll(order, -1)
    steps = 2_000_000
    _chase(following, 10)
    began = time.process_time()
    _chase(following, steps)
    return (time.process_time() - began) / steps * 1e9


@numba.njit
def _chase(following, steps):
    place = 0
    for _ in range(steps):
        place = following[place]
    return place
