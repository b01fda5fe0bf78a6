"""Grid: a small signalised grid town, for tests that want any town."""

from __future__ import annotations

from twin.bench.made import grid
from twin.scenario import Scenario


def grid_town(side: int, trips: int, *, seed: int = 1) -> Scenario:
    """Return a town of side x side crossings, one lane a direction, trips between crossings drawn evenly in an hour."""
    return grid(side, trips, plain=True, seed=seed).scenario
