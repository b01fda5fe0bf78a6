"""Result: trajectories against kinematic waves, and how little memory a run takes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.roads import QUICK, chain, network, road, steady, trips
from tests.speed.grid import grid_town
from twin.demand import Demand
from twin.errors import UnknownName
from twin.scenario import Scenario
from twin.signals import Signals
from twin.simulate import simulate


def run(roads, *tables, **more):
    until = more.pop("until", None)
    return simulate(Scenario(roads, Demand(pd.concat(tables, ignore_index=True)), **more), until=until)


def red_until(moment, *, cycle=1000.0):
    """Return signals that hold the turn from link "1" to link "2" until a moment."""
    plans = pd.DataFrame({"signal_id": ["s"], "cycle": [cycle], "offset": [0.0]})
    greens = pd.DataFrame(
        {"signal_id": ["s"], "in_link": ["1"], "out_link": ["2"], "start": [moment], "length": [cycle - moment]}
    )
    return Signals(plans, greens)


def at(trajectory, time):
    """Return where a trip is at a time [m]."""
    return np.interp(time, trajectory["time"], trajectory["distance"])


def points(trajectory):
    return list(trajectory[["time", "distance"]].itertuples(index=False, name=None))


def test_free_flow_is_a_straight_line_on_each_link():
    """1 km at 20 m/s, then 500 m at 10 m/s."""
    result = run(chain({}, {"length": 500.0, "speed": 10.0, "capacity": 0.5}), trips("0", "2", [7.0]))
    table = result.trajectory(0)
    assert points(table) == [(7.0, 0.0), (57.0, 1000.0), (57.0, 1000.0), (107.0, 1500.0)]
    assert table["link_id"].tolist() == ["1", "1", "2", "2"]
    assert table["position"].tolist() == [0.0, 1000.0, 0.0, 500.0]


@pytest.mark.parametrize("place", [0, 1, 2, 9])
def test_at_a_red_light_each_stands_a_jam_space_behind_the_one_ahead(place):
    """Jam density .2: 5 m a vehicle, w = 5 m/s: the wave of starting vehicles passes one a second.

    The n-th (departs at 2 n s) reaches L - 5 n m at 2 n + (1000 - 5 n) / 20 s, sets out at 100 + n s and is over the
    line 5 n / 20 s later, at 100 + 1.25 n s: the saturation headway 1 / .8 s.
    """
    result = run(chain({}, {}), trips("0", "2", [2.0 * n for n in range(10)]), signals=red_until(100.0))
    table = result.trajectory(place)
    table = table[table["link_id"] == "1"]
    space = 1000 - 5.0 * place
    expected = [(2.0 * place, 0), (2.0 * place + space / 20, space), (100.0 + place, space), (100 + 1.25 * place, 1000)]
    assert np.array(points(table)).ravel() == pytest.approx(np.array(list(dict.fromkeys(expected))).ravel(), abs=0.01)


def test_in_a_queue_the_speed_is_that_of_the_diagram():
    """Exit .4 veh/s: in the queue k = .2 - .4 / 5 = .12 and v = q / k = 3.33 m/s, at 20 m/s before it."""
    result = run(chain({}, exits={"1": 0.4}), trips("0", "1", steady((0.8, 400))), until=2000.0)
    late = result.trajectory(250)
    queue = (at(late, late["time"].iloc[-1] - 10) - at(late, late["time"].iloc[-1] - 110)) / 100
    assert queue == pytest.approx(10 / 3, rel=0.02)
    first = at(result.trajectory(20), 25.0 + 10) - at(result.trajectory(20), 25.0)
    assert first == pytest.approx(200, rel=0.01)


def test_a_truck_keeps_more_road():
    """Behind a truck as long as n cars the next stands 5 n m before the line, the one behind that 5 m further back."""
    table = trips("0", "2", [0.0, 3.0, 6.0]).assign(vehicle_class=["truck", "car", "car"])
    result = run(chain({}, {}), table, signals=red_until(100.0))
    truck = 5 * result.scenario.demand.classes.set_index("vehicle_class")["length"]["truck"]
    places = [at(result.trajectory(n), 90.0) for n in range(3)]
    assert truck > 5
    assert places == pytest.approx([1000, 1000 - truck, 995 - truck])


def test_each_lane_group_is_a_line_of_its_own():
    """Ten wait for red in the left lane; who goes on in the right one drives past them."""
    rows = [road("1", "A", "J", lanes=2), road("2", "J", "B"), road("3", "J", "C")]
    groups = pd.DataFrame({"link_id": ["1", "1", "2", "3"], "lane_group": [0, 1, 0, 0], "lanes": 1})
    turns = [
        {"in_link": "1", "out_link": "2", "lane_group": 0}, {"in_link": "1", "out_link": "3", "lane_group": 1}
    ]  # fmt: skip
    result = run(
        network(rows, lane_groups=groups, turns=turns), trips("A", "B", [2.0 * n for n in range(10)]),
        trips("A", "C", [30.0], ids=[99]), signals=red_until(100.0),
    )  # fmt: skip
    assert points(result.trajectory(99))[:2] == [(30.0, 0.0), (80.0, 1000.0)]
    assert at(result.trajectory(9), 90.0) == pytest.approx(955.0)


def test_who_is_under_way_is_drawn_until_the_run_ends():
    result = run(chain({}, {}), trips("0", "2", [0.0, 2.0, 30.0]), signals=red_until(100.0), until=60.0)
    assert points(result.trajectory(1)) == [(2.0, 0.0), (51.75, 995.0), (60.0, 995.0)]
    assert points(result.trajectory(2)) == [(30.0, 0.0), (60.0, 600.0)]


def test_who_has_not_set_out_has_no_corners_and_who_is_unknown_is_named():
    result = run(chain({}), trips("0", "1", [0.0, 50.0]), until=10.0)
    assert result.trajectory(1).empty
    assert result.trajectory(1).columns.tolist() == ["time", "distance", "link_id", "position"]
    with pytest.raises(UnknownName, match="no trip 7"):
        result.trajectory(7)


@st.composite
def streets(draw, *, most_lanes=2, classes=("car", "truck")):
    """Draw two or three roads, one after another, a signal behind the first, and who drives them."""
    lengths = draw(st.lists(st.sampled_from([20.0, 60.0, 150.0, 1000.0]), min_size=2, max_size=3))
    lanes = draw(st.integers(1, most_lanes))
    out = draw(st.sampled_from([0.05, 0.3, 1.6]))
    roads = chain(*[{"length": length, "lanes": lanes} for length in lengths], exits={str(len(lengths)): out})
    departures = sorted(draw(st.lists(st.integers(0, 120), min_size=1, max_size=15)))
    table = trips("0", str(len(lengths)), departures)
    table["vehicle_class"] = draw(st.lists(st.sampled_from(classes), min_size=len(table), max_size=len(table)))
    until = draw(st.sampled_from([40.0, 150.0, 5000.0]))
    return run(roads, table, signals=red_until(draw(st.sampled_from([1.0, 60.0]))), until=until)


@settings(QUICK, max_examples=40)
@given(streets())
def test_a_trajectory_keeps_entries_and_exits_and_never_goes_back(result):
    passages = result.passages()
    free = result.scenario.network.links.set_index("link_id")["free_speed"]
    for trip_id in result.scenario.demand.trips["trip_id"]:
        table = result.trajectory(trip_id)
        own = passages[(passages["trip_id"] == trip_id) & passages["entered"].notna()].set_index("link_id")
        assert list(dict.fromkeys(table["link_id"])) == own.index.tolist()
        for link_id, part in table.groupby("link_id"):
            assert part["time"].iloc[0] == own["entered"][link_id]
            assert part["position"].iloc[0] == 0
            ends = own["left"][link_id]
            assert part["time"].iloc[-1] == (result.end if np.isnan(ends) else ends)
            steps = part[["time", "position"]].diff().dropna()
            assert (steps["time"] >= 0).all()
            assert (steps["position"] >= 0).all()
            assert (steps["position"] <= free[link_id] * steps["time"] + 0.02).all()
        assert table["distance"].is_monotonic_increasing


@settings(QUICK, max_examples=30)
@given(streets(most_lanes=1, classes=["car"]))
def test_in_one_lane_nobody_drives_through_the_one_ahead(result):
    tables = [result.trajectory(trip_id) for trip_id in result.trips().sort_values("entered")["trip_id"]]
    tables = [table for table in tables if len(table)]
    for ahead, behind in pairwise(tables):
        moments = np.linspace(behind["time"].iloc[0], min(ahead["time"].iloc[-1], behind["time"].iloc[-1]), 200)
        assert (at(behind, moments) <= at(ahead, moments) + 0.1).all()


def test_a_result_takes_eight_bytes_a_traversal_and_forty_a_vehicle():
    result = simulate(grid_town(12, 5000))
    size = sum(array.nbytes for array in (result.route, result.times, result.route_start, result.departure))
    assert size <= 8 * len(result.route) + 40 * len(result.departure)
