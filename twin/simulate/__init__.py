"""Simulate: from a Scenario to a Result - who departs, which way they go, and what the engine makes of it."""

from __future__ import annotations

import operator
from dataclasses import replace

import numpy as np
import pandas as pd

from twin.draws import below
from twin.errors import BadTable
from twin.kernels.columns import Columns, Ints
from twin.result import Result, in_unity, slow_factors
from twin.scenario import Scenario
from twin.simulate.columns import Table, columns_table, road_columns, signal_columns
from twin.simulate.control import control_of, controlled_columns, greens_until
from twin.simulate.drive import Progress, drive
from twin.simulate.journeys import Steps, legs_of, routes_of, steps_of
from twin.simulate.outcome import outcome
from twin.simulate.patience import patience_of
from twin.simulate.timetable import timetable_columns
from twin.storage import units_of
from twin.units import HOUR, MS

SEEDS = 2**32
"""Seeds run from 0 to one less than this."""

LATEST = 12 * 86_400.0
"""Seconds after the first midnight that a run may last: the kernel keeps room in its 32 bits."""

_OPEN_END = 2 * HOUR  # how long a run goes on after the last departure


def simulate(
    scenario: Scenario,
    *,
    habits: Result | None = None,
    until: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Result:
    """Drive one morning.

    Parameters
    ----------
    scenario : Scenario
    habits : Result, optional
        A trip that drove in this result, between the same nodes, keeps its route while every turn of it is allowed;
        from the first turn that is gone it takes the fastest way. Any other trip, and every trip without habits, takes
        the fastest way from its origin. "Fastest" is by free-flow times and the mean wait for green at signals; queues
        of the earlier day are not yet looked at.
    until : float, optional [s after midnight]
        When the run ends at the latest; default: two hours after the last departure. It ends earlier if all arrived.
    seed : int
        Draws how much earlier or later than planned each trip departs today, and how long it waits before a full link
        until it takes another way. Runs with one seed differ by the scenario alone.
    progress : callable, optional
        Called once in a simulated minute with the share of the run that is done (0 to 1); whatever it raises stops the
        run (``twin.errors.Cancelled`` by custom).

    Returns
    -------
    Result

    Raises
    ------
    BadTable
        If habits come from another network, or until or seed cannot be.

    References
    ----------
    The engine's rules and their sources stand in ``twin.kernels.columns``.
    """
    seed = _seed(seed)
    departure = _departures_today(scenario, seed)
    legs = legs_of(scenario)
    steps = steps_of(scenario, legs, routes_of(scenario, legs, habits))
    columns = _columns(scenario, departure, steps)
    last = int(departure.max()) if len(departure) else 0
    stop = last + round(_OPEN_END * MS) if until is None else _until(until)
    patience = patience_of(scenario, steps.roads, seed)
    start = int(departure.min()) if len(departure) else 0
    control = control_of(scenario, steps.roads, columns, start)
    run = drive(columns, (start, stop), progress=progress, patience=patience, control=control)
    came = outcome(replace(steps, start=run.columns.vehicle_route, route=run.columns.route), run.state)
    greens = greens_until(run.end, control)
    return Result(scenario, seed, departure, came.route_start, came.route, came.times, run.end / MS, came.stays, greens)


def _seed(seed: int) -> int:
    number = operator.index(seed)
    if not 0 <= number < SEEDS:
        raise BadTable(f"seed = {number} must be a whole number from 0 to {SEEDS - 1}")
    return number


def _until(until: float) -> int:
    if not 0 <= until <= LATEST:
        raise BadTable(f"until = {until} must be seconds after midnight, from 0 to {LATEST:.0f} (12 days)")
    return round(until * MS)


def columns_of(result: Result) -> Columns:
    """Return the kernel's columns of a run that was made, to drive it again as it was.

    Who lost patience takes its other way from the beginning: only without such trips the times are the same again.
    """
    scenario = result.scenario
    legs = legs_of(scenario)
    return _columns(scenario, result.departure, steps_of(scenario, legs, routes_of(scenario, legs, result)))


def _departures_today(scenario: Scenario, seed: int) -> Ints:
    """Return when each trip wishes to depart today : array, shape (n_trip,) [ms]."""
    trips = scenario.demand.trips
    planned = (trips["departure"] * MS).round().to_numpy(np.int64)
    spread = round(scenario.departure_jitter * MS)
    shift = below(seed, trips["trip_id"].to_numpy(np.int64), purpose="departure jitter", limit=2 * spread + 1) - spread
    return np.maximum(planned + shift, 0).astype(np.int32)


def _columns(scenario: Scenario, departure: Ints, steps: Steps) -> Columns:
    """Translate tables into the kernel's columns."""
    roads = steps.roads
    table = road_columns(roads)
    table |= signal_columns(scenario.network, scenario.signals.fixed, len(table["turn_link"]))
    always_red = len(table["signal_cycle"]) - 1
    table |= controlled_columns(scenario, table)
    table |= timetable_columns(scenario.events, roads, table["turn_signal"].astype(np.int64), always_red)
    table |= _vehicles(scenario, roads.unit)
    return Columns(**columns_table(table), vehicle_departure=departure, vehicle_route=steps.start, route=steps.route)


def _vehicles(scenario: Scenario, unit: float) -> Table:
    """Return the classes of vehicles and whose each trip is."""
    classes = scenario.demand.classes
    return {
        "class_size": units_of(classes, unit),
        "class_headway": in_unity(classes["headway"].to_numpy(np.float64)),
        "class_slow": slow_factors(classes),
        "class_passes": classes["passes"].to_numpy(np.bool_),
        "vehicle_class": pd.Index(classes["vehicle_class"]).get_indexer(scenario.demand.trips["vehicle_class"]),
    }
