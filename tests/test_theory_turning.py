"""Turning with known answers: the time that it costs, and the flow.

As in ``test_theory`` a road has one lane of 1 km, u = 20 m/s (50 s), s = 0.8 veh/s (1.25 s apart) and jam density 0.2
veh/m unless a test says otherwise.

References
----------
Highway Capacity Manual 2010 (HCM), ch. 18: where a share P of a lane group turns and a turning car counts as E cars
that drive on, its saturation flow is s / (1 + P (E - 1)).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pytest import approx  # noqa: PT013 - it is written in every second line
from roads import network, road, steady, trips
from theory import classes, drive, fixed_time, on

from twin.bench.made import grid
from twin.measures import delay_index, travel_times
from twin.scenario import Scenario, SpeedLimit
from twin.turning import ACCELERATION, BRAKING, SATURATION, TIGHT, WIDE, slow_down, with_turning


def corner(*, time=0.0, share=1.0, lanes=1, behind=None):
    """Return a road "a" from which one drives on to "b" or turns into "c"."""
    rows = [road("a", "A", "J", lanes=lanes), road("b", "J", "B", lanes=lanes), road("c", "J", "C", **(behind or {}))]
    turns = [
        {"in_link": "a", "out_link": "b"},
        {"in_link": "a", "out_link": "c", "turn_time": time, "saturation": share},
    ]
    return network(rows, turns=[{"turn_time": 0.0, "saturation": 1.0, **turn} for turn in turns])


def to(destination, departures, first=0):
    """Return trips from A."""
    return trips("A", destination, departures, ids=range(first, first + len(departures)))


@pytest.mark.parametrize("time", [0.0, 1.5, 7.25])
def test_turning_costs_its_time(time):
    """Alone on the road: 50 + 50 s straight on, and as much more as turning costs; that is no delay."""
    result = drive(corner(time=time), to("B", [0.0]), to("C", [100.0], first=1))
    assert result.trips()["travel_time"].to_numpy() == approx([100.0, 100.0 + time])
    assert result.links()["delay"].to_numpy() == approx(0.0, abs=1e-9)
    assert delay_index(result) == approx(1.0)
    assert result.intervals(1000.0).pace == approx(1.0)
    assert result.trajectory(1)["time"].iloc[-1] == approx(200.0 + time)


def test_who_is_not_there_yet_is_given_the_time_of_turning_too():
    """Stopped after 30 of 50 + 50 + 7.25 s, and after 60: whatever is left is driven freely."""
    for until in (30.0, 60.0):
        result = drive(corner(time=7.25), to("C", [0.0]), until=until)
        assert travel_times(result) == approx([107.25])


@pytest.mark.parametrize("share", [1.0, 0.85, 0.5])
def test_a_queue_that_turns_flows_less(share):
    """Saturated, all turn: s x share."""
    result = drive(corner(share=share), to("C", steady((1.0, 2000))), until=2000)
    assert on(result, "a")["left"].between(500, 2000).sum() == approx(0.8 * share * 1500, rel=0.01, abs=1)


@pytest.mark.parametrize(("every", "share"), [(2, 0.85), (4, 0.7), (5, 0.95)])
@pytest.mark.parametrize("lanes", [1, 2])
def test_a_shared_lane(every, share, lanes):
    """One in so many turns: s / (1 + P (E - 1)) with P = 1 / every, E = 1 / share (HCM 2010 ch. 18)."""
    departures = steady((1.0 * lanes, 2000))
    turning = np.arange(len(departures)) % every == 0
    roads = corner(share=share, lanes=lanes, behind={"lanes": lanes})
    straight = np.flatnonzero(~turning)
    tables = [
        to("C", [departures[row] for row in np.flatnonzero(turning)], first=10_000),
        to("B", [departures[row] for row in straight]),
    ]
    result = drive(roads, *tables, until=2000)
    flow = 0.8 * lanes / (1 + (1 / share - 1) / every)
    assert on(result, "a")["left"].between(500, 2000).sum() == approx(flow * 1500, rel=0.01, abs=1)


def test_a_signal_whose_queue_turns():
    """s x share x g / C."""
    signals = fixed_time(("a", "c", 0.0, 24.0), cycle=60.0)
    result = drive(corner(share=0.8), to("C", steady((1.0, 3000))), signals=signals, until=3000)
    assert on(result, "a")["left"].between(600, 3000, inclusive="left").sum() == approx(0.8 * 0.8 * 24 * 40, rel=0.01)


@pytest.mark.parametrize("length", [2.0, 6.0, 20.0])
@pytest.mark.parametrize("share", [1.0, 0.9])
def test_a_short_road_behind_a_turn_lets_all_through(length, share):
    """Who turns onto a road for one or two cars is on it 2 s longer, if that leaves room: s x share pass all the same.

    (On 2 m, for one car, as much longer as it may be.)
    """
    rows = [road("a", "A", "J"), road("c", "J", "D", length=length), road("d", "D", "E")]
    turns = [
        {"in_link": "a", "out_link": "c", "turn_time": 2.0, "saturation": share},
        {"in_link": "c", "out_link": "d", "turn_time": 0.0, "saturation": 1.0},
    ]
    departures = steady((1.0, 2000))
    result = drive(network(rows, turns=turns), trips("A", "E", departures), until=2000)
    assert on(result, "c")["left"].between(500, 2000).sum() == approx(0.8 * share * 1500, rel=0.01, abs=1)


@pytest.mark.parametrize("length", [2.0, 6.0, 25.0, 100.0])
@pytest.mark.parametrize(("time", "share"), [(1.3, 1 / 1.18), (2.0, 0.5), (2.0, 1.0)])
def test_two_roads_that_turn_into_one_fill_it(length, time, share):
    """From both sides people turn onto a road: each queue flows less, both together as the road takes them, s."""
    rows = [road("a", "A", "J"), road("b", "B", "J"), road("c", "J", "D", length=length), road("d", "D", "E")]
    turns = [{"in_link": name, "out_link": "c", "turn_time": time, "saturation": share} for name in "ab"]
    turns.append({"in_link": "c", "out_link": "d", "turn_time": 0.0, "saturation": 1.0})
    departures = steady((1.0, 2000))
    tables = [trips(name, "E", departures, ids=range(first, first + 2000)) for name, first in (("A", 0), ("B", 5000))]
    result = drive(network(rows, turns=turns), *tables, until=2000)
    assert on(result, "c")["left"].between(500, 2000).sum() == approx(0.8 * 1500, rel=0.01, abs=1)


def test_delay_where_one_turns_is_what_is_beyond_turning():
    """Two come at once and turn at half the flow, 2.5 s apart, for 2 s more: the second one waits 2.5 s."""
    result = drive(corner(time=2.0, share=0.5), to("C", [0.0, 0.0]))
    links = result.links().set_index("link_id")
    assert result.trips()["travel_time"].to_numpy() == approx([102.0, 104.5], abs=0.01)
    assert links.loc["c", "delay"] == approx(0.0, abs=1e-3)
    assert links.loc["a", "delay"] == approx(0.625, abs=0.01)  # 1.25 s of the wait are at the origin


def test_what_turning_costs_is_a_part_of_the_fingerprint():
    prints = {corner(time=time, share=share).fingerprint for time in (0.0, 1.0) for share in (1.0, 0.9)}
    assert len(prints) == 4


def test_braking_is_before_the_corner_and_speeding_up_behind_it():
    """Right from a road of 20 m/s into one of 10: (20 - u)^2 / 40 / b + (10 - u)^2 / 20 / a."""
    town = corner(behind={"speed": 10.0, "capacity": 0.4})
    kinds = np.where(town.turns["out_link"] == "c", "right", "through")
    town = town.with_links(town.links, town.turns.assign(kind=kinds))
    cost = with_turning(town).turns.set_index("out_link")["turn_time"]
    assert cost["b"] == 0
    assert cost["c"] == approx((20 - TIGHT) ** 2 / 40 / BRAKING + (10 - TIGHT) ** 2 / 20 / ACCELERATION, abs=0.001)


def test_nobody_overtakes_in_turning():
    """On two lanes a car turns in and is 5 s late; one that comes straight on behind it stays behind it.

    Cars go ahead of a truck at .8 u that is 62.5 s on the road, here of one that came before both.
    """
    rows = [road("a", "A", "J"), road("s", "S", "J"), road("c", "J", "C", lanes=2)]
    turns = [
        {"in_link": "a", "out_link": "c", "turn_time": 5.0, "saturation": 1.0},
        {"in_link": "s", "out_link": "c", "turn_time": 0.0, "saturation": 1.0},
    ]
    truck = trips("S", "C", [0.0], ids=[2]).assign(vehicle_class="truck")
    cars = trips("A", "C", [15.0]), trips("S", "C", [16.0], ids=[1])
    result = drive(network(rows, turns=turns), *cars, truck, classes=classes(truck={"speed": 0.8}))
    assert result.trips()["arrived"].to_numpy() == approx([120.0, 120.625, 125.0], abs=0.01)


@pytest.mark.parametrize(("speed", "slow", "rate"), [(13.9, 6.1, 3.0), (11.1, 7.6, 1.7), (8.3, 6.1, 2.0)])
def test_time_lost_in_slowing_down(speed, slow, rate):
    """Braking takes (v - u) / b, over (v^2 - u^2) / (2 b) metres: at v that takes less, by (v - u)^2 / (2 v b)."""
    lost = (speed - slow) / rate - (speed**2 - slow**2) / (2 * rate) / speed
    assert slow_down(np.array([speed]), slow, rate) == approx([lost])


@pytest.mark.parametrize("left_hand", [False, True])
def test_kinds_of_turns_have_their_cost(left_hand):
    town = with_turning(grid(4, 10, plain=True).scenario.network, left_hand=left_hand)
    speed = town.links["free_speed"].iloc[0]
    costs = {
        "through": (0.0, 1.0),
        "tight": (slow_down(speed, TIGHT, BRAKING) + slow_down(speed, TIGHT, ACCELERATION), SATURATION["tight"]),
        "wide": (slow_down(speed, WIDE, BRAKING) + slow_down(speed, WIDE, ACCELERATION), SATURATION["wide"]),
    }
    near, far = ("left", "right") if left_hand else ("right", "left")
    for kind, cost in {"through": "through", near: "tight", far: "wide", "uturn": "tight"}.items():
        own = town.turns[town.turns["kind"] == kind]
        assert len(own) or kind == "uturn"
        assert np.abs(own[["turn_time", "saturation"]].to_numpy() - costs[cost]).max(initial=0.0) < 1e-3


def test_a_speed_limit_makes_turning_cheaper():
    """At 30 km/h (8.33 m/s) a tight turn costs (8.33 - 6.1)^2 / 16.67 (1 / 3 + 1 / 1.7) s, and at 20 km/h nothing."""
    plain = grid(4, 10, plain=True).scenario
    town = Scenario(with_turning(plain.network), plain.demand, plain.signals)
    streets = town.network.links["link_id"].tolist()
    for kmh, cost in ((30, (30 / 3.6 - TIGHT) ** 2 / (60 / 3.6) * (1 / BRAKING + 1 / ACCELERATION)), (20, 0.0)):
        turns = town.change(SpeedLimit(*streets, kmh=kmh)).network.turns
        assert turns.loc[turns["kind"] == "right", "turn_time"].to_numpy() == approx(cost, abs=0.002)
    as_built = town.network.links["free_speed"].iloc[0] * 3.6
    back = town.change(SpeedLimit(*streets, kmh=20), SpeedLimit(*streets, kmh=as_built))
    assert back.network.fingerprint == town.network.fingerprint


def test_an_incident_takes_its_share_of_a_queue_that_turns():
    """Half the capacity, all turn at .5 of the flow: .8 x .5 x .5."""
    table = pd.DataFrame({"time": [0.0], "kind": ["capacity"], "link_id": ["a"], "value": [0.5], "out_link": [""]})
    result = drive(corner(share=0.5), to("C", steady((1.0, 2000))), until=2000, events=table)
    assert on(result, "a")["left"].between(500, 2000).sum() == approx(0.2 * 1500, rel=0.01, abs=1)
