"""Simulate: from a Scenario to a Result - who departs, which way they go, and what the engine makes of it."""

from __future__ import annotations

import operator
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.draws import below
from twin.errors import BadTable
from twin.kernels.columns import NO_SIGNAL, NOT_YET, Columns, Ints, Longs
from twin.kernels.loading import advance, begin
from twin.network import MICRO, MILLI, Network, in_steps
from twin.ragged import is_first, rows, starts
from twin.result import Result
from twin.routing import Routes, fastest, keep_habits, ways
from twin.scenario import Scenario
from twin.signals import Signals
from twin.units import HOUR, MS

Progress = Callable[[float], None]

SEEDS = 2**32
"""Seeds run from 0 to one less than this."""

LATEST = 12 * 86_400.0
"""Seconds after the first midnight that a run may last: the kernel counts half-milliseconds in 32 bits."""

_HEAVIEST = 1_000_000  # merge cost of the heaviest turn of a gate

_CHUNK = 60 * MS  # progress and cancel are looked at once in a simulated minute
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
        Draws how much earlier or later than planned each trip departs today. Runs with one seed differ by the scenario
        alone.
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
    network = scenario.network
    seed = _seed(seed)
    departure = _departures_today(scenario, seed)
    routes = _routes(scenario, habits)
    columns = _columns(network, scenario.signals, departure, routes)
    last = int(departure.max()) if len(departure) else 0
    stop = last + round(_OPEN_END * MS) if until is None else _until(until)
    times, end = _drive(columns, int(departure.min()) if len(departure) else 0, stop, progress)
    return Result(scenario, seed, departure, routes.start, routes.steps, times, end / MS)


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
    """Return the kernel's columns of a run that was made, to drive it again as it was."""
    scenario = result.scenario
    return _columns(scenario.network, scenario.signals, result.departure, Routes(result.route_start, result.route))


def _drive(columns: Columns, start: int, stop: int, progress: Progress | None) -> tuple[Ints, int]:
    """Advance minute by minute until all have arrived or the time is up; return the times and when it ended."""
    state = begin(columns)
    drives = np.diff(columns.vehicle_route) > 0
    exits = (columns.vehicle_route[1:] + np.arange(len(drives)))[drives]
    now = start
    while now < stop:
        now = min(now + _CHUNK, stop)
        advance(state, columns, now)
        arrived = state.times[exits]
        done = not (arrived == NOT_YET).any()
        if progress is not None:
            progress(1.0 if done else (now - start) / (stop - start))
        if done:
            return state.times, int(arrived.max(initial=start - 1)) + 1
    return state.times, stop


def _departures_today(scenario: Scenario, seed: int) -> Ints:
    """Return when each trip wishes to depart today : array, shape (n_trip,) [ms]."""
    trips = scenario.demand.trips
    planned = (trips["departure"] * MS).round().to_numpy(np.int64)
    spread = round(scenario.departure_jitter * MS)
    shift = below(seed, trips["trip_id"].to_numpy(np.int64), purpose="departure jitter", limit=2 * spread + 1) - spread
    return np.maximum(planned + shift, 0).astype(np.int32)


def _routes(scenario: Scenario, habits: Result | None) -> Routes:
    on = ways(scenario.network, scenario.signals)
    if habits is None:
        return fastest(on, scenario.trip_ends)[0]
    return keep_habits(on, _habitual(habits, scenario), pairs=scenario.trip_ends)


def _habitual(habits: Result, scenario: Scenario) -> Routes:
    """Return the habitual route of each trip in today's rows; a turn that is no longer there is -1."""
    old, new = habits.scenario, scenario
    if old.network.shape_fingerprint != new.network.shape_fingerprint:
        raise BadTable(
            f"habits come from another network ({old.name!r}) than scenario {new.name!r}: "
            "simulate both on the same town, or leave habits out"
        )
    past, now = old.demand.trips, new.demand.trips
    trip = pd.Index(past["trip_id"]).get_indexer(now["trip_id"])
    ends = ["origin", "destination"]  # a trip that goes elsewhere now has no habit
    same = (past.set_index("trip_id")[ends].reindex(now["trip_id"]).to_numpy() == now[ends].to_numpy()).all(axis=1)
    n_step = np.where(same, np.append(habits.n_links, 0)[trip], 0)
    start = starts(n_step)
    steps = habits.route[rows(habits.route_start[trip], n_step)]
    is_turn = ~is_first(start)
    turn_row = new.network.turn_index.get_indexer(old.network.turn_index)
    steps[is_turn] = turn_row[steps[is_turn]]
    return Routes(start, steps)


def _columns(network: Network, signals: Signals, departure: Ints, routes: Routes) -> Columns:
    """Translate tables into the kernel's columns."""
    links, groups, turns = network.links, network.lane_groups, network.turns
    lanes = links["lanes"].to_numpy(np.int64)
    capacity = in_steps(links["capacity"], MICRO).to_numpy() * lanes
    jam = in_steps(links["jam_density"], MICRO).to_numpy() * lanes
    length = in_steps(links["length"], MILLI).to_numpy()
    storage = np.maximum(_up(jam * length, MICRO * MILLI), 1)
    free_time = network.free_time.astype(np.int64)

    group_link = network.link_rows(groups["link_id"])
    gate, gate_headway = _gates(network)
    turn_in = network.link_rows(turns["in_link"])
    weight = np.where(turns["weight"].isna(), capacity[turn_in], in_steps(turns["weight"], MICRO).to_numpy())
    turn_out = network.link_rows(turns["out_link"])
    source_cost, turn_cost = _merge_costs(gate, gate[turn_out], source=capacity // lanes, turn=weight)
    signal = _signal_columns(network, signals)
    return Columns(
        link_free_time=_ints(free_time),
        # Entries are rounded up to the millisecond and exits down, so that a head that follows another at saturation is
        # ready when the gate of an equally wide link opens again, never one millisecond late.
        link_headway=_ints(_up(MS * MICRO, capacity)),
        link_storage=_ints(storage),
        link_wave_time=_ints(np.maximum(_up(storage * MS * MICRO, capacity) - free_time, 1)),
        link_gate=_ints(gate),
        link_arrival_group=_ints(np.searchsorted(group_link, np.arange(len(links)), side="right") - 1),
        source_cost=_ints(source_cost),
        group_headway=_ints(np.maximum(MS * MICRO // network.group_capacity, 1)),
        group_link=_ints(group_link),
        turn_link=_ints(turn_out),
        turn_group=_ints(network.group_of_turn),
        turn_cost=_ints(turn_cost),
        gate_headway=_ints(gate_headway),
        vehicle_departure=departure,
        vehicle_route=routes.start,
        route=routes.steps,
        **signal,
    )


def _ints(values: npt.NDArray[np.integer]) -> Ints:
    """Return values as the kernel's integers; the doors of the tables keep them in range."""
    if len(values) and not (values.min() >= -1 and values.max() < 2**31):
        raise BadTable(
            "a link holds, lets out or takes more than the engine can count: check lengths, lanes and capacities"
        )
    return np.ascontiguousarray(values, dtype=np.int32)


def _up(dividend: npt.NDArray[np.int64] | int, divisor: npt.NDArray[np.int64] | int) -> Longs:
    """Divide whole numbers and round up."""
    return np.asarray(-(-dividend // divisor), np.int64)


def _merge_costs(source_gate: Longs, turn_gate: Longs, *, source: Longs, turn: Longs) -> tuple[Longs, Longs]:
    """Return what one vehicle of each source and of each turn costs at its gate, inverse to its weight.

    The heaviest turn of a gate costs _HEAVIEST; whoever has less than 1/2000 of its weight costs as if it had that.
    """
    heaviest = np.zeros(source_gate.max() + 1, np.int64)
    np.maximum.at(heaviest, turn_gate, turn)
    of_source = np.where(heaviest[source_gate] > 0, heaviest[source_gate], source)
    shares = ((of_source, source), (heaviest[turn_gate], turn))
    source_cost, turn_cost = (np.clip(_HEAVIEST * top // weight, 1, 2000 * _HEAVIEST) for top, weight in shares)
    return source_cost, turn_cost


def _gates(network: Network) -> tuple[Longs, Longs]:
    """Return the gate of each link and the headway of each gate: links that leave a limited node share one."""
    node = network.node_rows(network.links["from_node"])
    limit = network.nodes["capacity"].to_numpy(np.float64)
    own = np.isnan(limit[node])
    key = np.where(own, np.arange(len(node)), len(node) + node)
    keys, gate = np.unique(key, return_inverse=True)
    capacity = in_steps(network.nodes["capacity"], MICRO).to_numpy()
    shared = keys >= len(node)
    headway = np.zeros(len(keys), np.int64)
    headway[shared] = _up(MS * MICRO, capacity[keys[shared] - len(node)])
    return gate.astype(np.int64), headway


def _signal_columns(network: Network, signals: Signals) -> dict[str, Ints]:
    """Return the signal part of the columns: one row a turn that is ever held."""
    plan = signals.plans.set_index("signal_id").loc[signals.greens["signal_id"]]
    greens = signals.greens.assign(
        turn=network.turn_index.get_indexer(pd.MultiIndex.from_frame(signals.greens[["in_link", "out_link"]])),
        cycle_ms=(plan["cycle"].to_numpy() * MS).round().astype(np.int64),
        offset_ms=(plan["offset"].to_numpy() * MS).round().astype(np.int64),
        start_ms=(signals.greens["start"] * MS).round().astype(np.int64),
        length_ms=(signals.greens["length"] * MS).round().astype(np.int64),
    )
    greens = greens[greens["length_ms"] < greens["cycle_ms"]].sort_values(["turn", "start_ms"])
    turn, first = np.unique(greens["turn"].to_numpy(np.int64), return_index=True)
    of_turn = np.full(len(network.turns), NO_SIGNAL, np.int64)
    of_turn[turn] = np.arange(len(turn))
    return {
        "turn_signal": _ints(of_turn),
        "signal_cycle": _ints(greens["cycle_ms"].to_numpy(np.int64)[first]),
        "signal_offset": _ints((greens["offset_ms"] % greens["cycle_ms"]).to_numpy(np.int64)[first]),
        "signal_windows": _ints(np.append(first, len(greens))),
        "window_start": _ints(greens["start_ms"].to_numpy(np.int64)),
        "window_length": _ints(greens["length_ms"].to_numpy(np.int64)),
    }
