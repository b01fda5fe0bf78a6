"""Roads for tests: small networks and demands by hand, and random columns for hypothesis.

Times are in seconds and lengths in metres as everywhere in the twin; only the random columns count ticks.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from shapely import LineString, Point

from twin.kernels.columns import NO_SIGNAL, Columns
from twin.network import Network

CALM = settings(deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck))
QUICK = settings(CALM, max_examples=150, derandomize=True)
LONG = settings(CALM, max_examples=3000)
EFFORTS = pytest.mark.parametrize("effort", [QUICK, pytest.param(LONG, marks=pytest.mark.prove)], ids=["quick", "long"])
"""A test of a property runs twice: quickly and always the same, and long (make prove) with new towns each time."""


def road(link_id, from_node, to_node, *, length=1000.0, lanes=1, speed=20.0, capacity=0.8, jam_density=0.2):
    """Return a row of links; what is not said is the default of theory.md (so w = 5 m/s)."""
    return {
        "link_id": link_id, "from_node": from_node, "to_node": to_node, "length": length, "lanes": lanes,
        "free_speed": speed, "capacity": capacity, "jam_density": jam_density,
    }  # fmt: skip


def network(roads, *, node_capacity=None, exits=None, lane_groups=None, turns=None):
    """Return a network of these roads; ``exits`` are the exit capacities of links that have one lane group."""
    names = sorted({road[end] for road in roads for end in ("from_node", "to_node")})
    points = {name: Point(row * 0.01, (row % 3) * 0.01) for row, name in enumerate(names)}
    capacity = [(node_capacity or {}).get(name, np.nan) for name in names]
    nodes = gpd.GeoDataFrame({"node_id": names, "capacity": capacity}, geometry=list(points.values()), crs="EPSG:4326")
    lines = [LineString([points[road["from_node"]], points[road["to_node"]]]) for road in roads]
    links = gpd.GeoDataFrame(pd.DataFrame(roads), geometry=lines, crs="EPSG:4326")
    if exits:
        groups = links[["link_id", "lanes"]].assign(lane_group=0, exit_capacity=links["link_id"].map(exits))
        lane_groups = pd.DataFrame(groups)
    return Network(nodes, links, lane_groups=lane_groups, turns=None if turns is None else pd.DataFrame(turns))


def chain(*roads, node_capacity=None, exits=None):
    """Return a network of roads "1", "2", ... one after another, from node "0" to node "1" to node "2" ..."""
    rows = [road(str(n), str(n - 1), str(n), **values) for n, values in enumerate(roads, 1)]
    return network(rows, node_capacity=node_capacity, exits=exits)


def merge(weights=None, *, first=None, second=None, down=None):
    """Return a network where roads "a" (from "A") and "b" (from "B") come together in "c" (to "C")."""
    rows = [
        road("a", "A", "J", **(first or {})), road("b", "B", "J", **(second or {})), road("c", "J", "C", **(down or {}))
    ]  # fmt: skip
    turns = [{"in_link": "a", "out_link": "c"}, {"in_link": "b", "out_link": "c"}]
    if weights:
        turns = [{**turn, "weight": weight} for turn, weight in zip(turns, weights, strict=True)]
    return network(rows, turns=turns)


def steady(*stretches, begin=0.0):
    """Return departures [s], evenly spaced, for stretches of (rate [veh/s], seconds)."""
    departures = []
    for rate, seconds in stretches:
        departures += [begin + n / rate for n in range(round(rate * seconds))]
        begin += seconds
    return departures


def trips(origin, destination, departures, *, ids=None):
    """Return a table of trips between two nodes."""
    ids = range(len(departures)) if ids is None else ids
    return pd.DataFrame(
        {"trip_id": list(ids), "origin": origin, "destination": destination, "departure": np.asarray(departures, float)}
    )


def ints(values):
    """Return values as the kernel's integers."""
    return np.array(values, np.int32).reshape(-1)


@st.composite
def green_windows(draw):
    """Draw one signal: cycle, offset and one to three green windows apart, the last perhaps over the cycle's end."""
    count = draw(st.integers(1, 3))
    always = count == 1 and draw(st.booleans())
    lengths = draw(st.lists(st.integers(1, 20), min_size=count, max_size=count))
    reds = [0] if always else draw(st.lists(st.integers(1, 20), min_size=count, max_size=count))
    cycle = sum(lengths) + sum(reds)
    turned = draw(st.integers(0, cycle - 1))
    begins = np.cumsum([0, *[length + red for length, red in zip(lengths, reds, strict=True)][:-1]])
    windows = sorted(((int(begin) + turned) % cycle, length) for begin, length in zip(begins, lengths, strict=True))
    return cycle, draw(st.integers(0, 2 * cycle)), windows


@st.composite
def streets(draw, *, max_links=8, min_vehicles=0, max_vehicles=40, last_departure=300, loops=True, lit=False):
    """Draw a small town in ticks: everything that columns can say, crowded enough that queues and rules matter.

    With loops it may lock up for good, as towns of one-car streets do; without, everybody arrives. Lit: every turn has
    a signal and there is room behind it, so that the lane groups' own headways count. Gates that links share have a
    headway, as nodes with a capacity do.
    """

    def some(least, most, count):
        return draw(st.lists(st.integers(least, most), min_size=count, max_size=count))

    most, storages = (2, (20, 40)) if lit else (12, (1, 6))
    n_link = draw(st.integers(1, max_links))
    groups_of = some(1, 3, n_link)
    group_link = np.repeat(np.arange(n_link), groups_of)
    first_group = np.cumsum([0, *groups_of])
    n_gate = draw(st.integers(1, n_link))
    n_turn = draw(st.integers(n_link, 3 * n_link))
    signals = draw(st.lists(green_windows(), min_size=int(lit), max_size=4))
    turn_group = some(0, len(group_link) - 1, n_turn)
    turn_link = some(0, n_link - 1, n_turn)
    if not loops:
        onwards = [turn for turn in range(n_turn) if turn_link[turn] > group_link[turn_group[turn]]]
        turn_group, turn_link = ([column[turn] for turn in onwards] for column in (turn_group, turn_link))
        n_turn = len(onwards)
    turns_of = [[turn for turn in range(n_turn) if group_link[turn_group[turn]] == link] for link in range(n_link)]
    steps, ends = [], [0]
    n_vehicle = draw(st.integers(min_vehicles, max_vehicles))
    for _ in range(n_vehicle):
        choices = some(0, 59, draw(st.integers(0, 6)))  # none: a trip that does not drive
        for step, choice in enumerate(choices):
            if step == 0:
                link = choice % n_link
                steps.append(link)
            elif turns_of[link]:
                steps.append(turns_of[link][choice % len(turns_of[link])])
                link = turn_link[steps[-1]]
        ends.append(len(steps))
    link_gate = some(0, n_gate - 1, n_link)
    gate_headway = some(0, most, n_gate)
    for gate in range(n_gate):
        if link_gate.count(gate) > 1:
            gate_headway[gate] = max(1, gate_headway[gate])
    return Columns(
        link_free_time=ints(some(1, 60, n_link)),
        link_headway=ints(some(1, most, n_link)),
        link_storage=ints(some(*storages, n_link)),
        link_wave_time=ints(some(1, 60, n_link)),
        link_gate=ints(link_gate),
        link_arrival_group=ints([first_group[n] + pick % groups_of[n] for n, pick in enumerate(some(0, 5, n_link))]),
        source_cost=ints(some(1, 20, n_link)),
        group_headway=ints(some(1, 12, len(group_link))),
        group_link=ints(group_link),
        turn_link=ints(turn_link),
        turn_group=ints(turn_group),
        turn_signal=ints(some(0 if lit else NO_SIGNAL, len(signals) - 1, n_turn)),
        turn_cost=ints(some(1, 20, n_turn)),
        gate_headway=ints(gate_headway),
        signal_cycle=ints([cycle for cycle, _, _ in signals]),
        signal_offset=ints([offset for _, offset, _ in signals]),
        signal_windows=ints(np.cumsum([0, *[len(windows) for _, _, windows in signals]])),
        window_start=ints([start for _, _, windows in signals for start, _ in windows]),
        window_length=ints([length for _, _, windows in signals for _, length in windows]),
        vehicle_departure=ints(some(0, last_departure, n_vehicle)),
        vehicle_route=np.array(ends, np.int64),
        route=ints(steps),
    )


def scaled(columns, factor):
    """Return the same town on a finer clock, each tick cut into so many: the same moves at so many times the times.

    (Sources have a headway of one tick on any clock, but the headway of their link always holds them back longer.)
    """
    times = (
        "link_free_time", "link_headway", "link_wave_time", "group_headway", "gate_headway", "signal_cycle",
        "signal_offset", "window_start", "window_length", "vehicle_departure",
    )  # fmt: skip
    return columns._replace(**{name: getattr(columns, name) * np.int32(factor) for name in times})
