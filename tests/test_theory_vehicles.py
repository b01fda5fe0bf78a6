"""Classes of vehicles with known answers: long ones, slow ones, those that may not go everywhere, and ambulances.

As in ``test_theory`` a road has one lane of 1 km, u = 20 m/s (50 s), s = 0.8 veh/s (1.25 s apart), jam density 0.2
veh/m and w = 5 m/s unless a test says otherwise. A truck is 2.5 PCU long and takes E = 2 headways; its speed is said.

References
----------
Highway Capacity Manual 2010, ch. 18: a saturation flow with a share p of heavy vehicles is s / (1 + p (E - 1)), E = 2.
Newell, G. F. (1993). A simplified theory of kinematic waves in highway traffic. Transportation Research B 27.
Newell, G. F. (1998). A moving bottleneck. Transportation Research B 32: who cannot overtake follows the slow one.
"""

from __future__ import annotations

import numpy as np
import pytest
from pytest import approx  # noqa: PT013 - it is written in every second line
from roads import chain, network, road, steady, trips
from theory import classes, drive, entries, fixed_time, on

from twin.errors import BadTable

AS_FAST = classes(truck={"speed": 1.0}, bus={"speed": 1.0})
"""Trucks and buses as fast as cars, so that times are round."""

SLOW = classes(truck={"speed": 0.8})

LATE = fixed_time(("2", "3", 5000.0, 1000.0), cycle=10_000.0)
"""A signal at the end of road 2 that turns green long after the test."""


def vehicles(departures, *kinds, first=0, to="2"):
    """Return trips from node 0: classes are taken in turn."""
    table = trips("0", to, departures, ids=range(first, first + len(departures)))
    return table.assign(vehicle_class=[kinds[n % len(kinds)] for n in range(len(table))])


def mix(departures, every, *, to="2"):
    """Return trips of which every so many-th is a truck."""
    return vehicles(departures, *["car"] * (every - 1), "truck", to=to)


# Length and headway.


@pytest.mark.parametrize("kinds", [("truck", "car", "car"), ("car", "truck", "car"), ("truck", "truck", "truck")])
def test_a_truck_on_a_link_that_stores_one(kinds):
    """5 m of road, one car's room, red until 100 s; a truck takes all of it and enters when it is empty.

    The first leaves at 100 s; its room is back at the entry after 5 m / w = 1 s, so the second enters at 101 s. It may
    leave .25 s later, or one headway (E = 2: 2.5 s) behind the first; 1 s after that, or a headway after the second's
    entry, the third enters.
    """
    headway = {"car": 1.25, "truck": 2.5}
    signals = fixed_time(("2", "3", 100.0, 500.0), cycle=1000.0)
    roads = chain({}, {"length": 5.0}, {})
    result = drive(roads, vehicles([0.0, 10.0, 20.0], *kinds, to="3"), signals=signals, classes=AS_FAST)
    second_leaves = max(101.25, 100.0 + headway[kinds[0]])
    third_enters = max(second_leaves + 1.0, 101.0 + headway[kinds[1]])
    assert on(result, "2")["left"][:2].to_numpy() == approx([100.0, second_leaves])
    assert on(result, "2")["entered"].to_numpy() == approx([50.0, 101.0, third_enters])


@pytest.mark.parametrize("every", [1, 2, 4, 10])
@pytest.mark.parametrize(
    ("limit", "capacity"),
    [
        ({"signals": fixed_time(("1", "2", 0.0, 30.0), cycle=60.0)}, 0.4),
        ({"exits": {"1": 0.3}}, 0.3),
        ({"node_capacity": {"1": 0.3}}, 0.3),
    ],
    ids=["signal", "exit", "node"],
)
def test_saturated_mix(every, limit, capacity):
    """A share p = 1 / every of trucks: s g / C / (1 + p (E - 1)) at a signal, and so at any exit and at a node."""
    signals = {"signals": limit["signals"]} if "signals" in limit else {}
    roads = chain({}, {}, **{key: value for key, value in limit.items() if key != "signals"})
    result = drive(roads, mix(steady((0.8, 3000)), every), classes=AS_FAST, until=3000, **signals)
    assert entries(result, "2", 600, 3000) == approx(capacity / (1 + 1 / every), rel=0.01, abs=1 / 2400)


@pytest.mark.parametrize("every", [1, 2, 4, 10])
def test_saturated_mix_on_an_open_road(every):
    """No signal, no queue ahead: a road carries s / (1 + p (E - 1)) for as long as one likes."""
    result = drive(chain({}, {}), mix(steady((1.0, 3000)), every), classes=AS_FAST, until=3000)
    assert entries(result, "2", 1000, 3000) == approx(0.8 / (1 + 1 / every), rel=0.01)


@pytest.mark.parametrize(
    ("kinds", "on_second", "on_first"),
    [(("truck",), 32, 80), (("car",), 80, 200), (("truck", "car", "car", "car", "car", "car"), 64, 160)],
    ids=["trucks", "cars", "one in six"],
)
def test_a_standing_queue_of_trucks(kinds, on_second, on_first):
    """Red; 400 m x .2 = 80 PCU are 32 trucks of 2.5, or 80 cars, or 64 of 7.5 / 6 on average; 1 km 2.5 times as many.

    So the 33rd truck stands on the road before, and the 113th at the origin (spillback after n x 2.5 PCU).
    """
    result = drive(
        chain({}, {"length": 400.0}, {}), vehicles(steady((0.8, 500)), *kinds, to="3"),
        signals=LATE, classes=classes(truck={"length": 2.5, "speed": 1.0}), until=3000,
    )  # fmt: skip
    assert on(result, "2")["entered"].notna().sum() == approx(on_second, abs=1)
    assert on(result, "1")["entered"].notna().sum() == approx(on_second + on_first, abs=2)
    assert result.fate_counts()["waiting"] == approx(400 - on_second - on_first, abs=2)


@pytest.mark.parametrize("length", [3.0, 5.0, 7.0, 12.0, 25.0, 41.0])
def test_one_truck_somewhere_does_not_slow_the_cars(length):
    """Short links (20 in a row) carry s = .8 of cars, though room is counted in halves where there is a truck."""
    cars, truck = vehicles(steady((1.0, 600)), "car", to="20"), vehicles([5000.0], "truck", first=600, to="20")
    result = drive(chain(*[{"length": length}] * 20), cars, truck, classes=AS_FAST, until=1000)
    assert entries(result, "20", 200, 600) == approx(0.8, rel=0.01)


@pytest.mark.parametrize("length", [3.0, 5.0, 7.0, 12.0, 25.0, 41.0])
def test_short_links_do_not_throttle_trucks(length):
    """Every tenth a truck: s / 1.1 on any road, so too where it is cut into links of a few metres."""
    result = drive(chain(*[{"length": length}] * 20), mix(steady((1.0, 900)), 10, to="20"), classes=AS_FAST, until=900)
    assert entries(result, "20", 200, 900) == approx(0.8 / 1.1, rel=0.01)


@pytest.mark.parametrize("exits", [None, {"c": 0.4}], ids=["capacity", "queue"])
@pytest.mark.parametrize("kind", ["car", "bus", "truck"])
def test_long_vehicles_get_their_turn_at_a_merge(kind, exits):
    """Cars from one side and buses or trucks from the other, both saturated, weights alike: as many of each.

    One car and one long vehicle take 1 + E headways: s / (1 + E) each, .8 / 3 = .267 (.8 / 2 = .4 of cars alone), or
    half of that where c's exit takes .4 (fair queueing as in ``test_theory``; HCM 2010 ch. 18 for E).
    """
    rows = [road("a", "A", "J"), road("b", "B", "J"), road("c", "J", "C")]
    turns = [{"in_link": link, "out_link": "c"} for link in "ab"]
    d = steady((0.8, 3000))
    result = drive(
        network(rows, turns=turns, exits=exits), trips("A", "C", d),
        trips("B", "C", d, ids=range(10_000, 10_000 + len(d))).assign(vehicle_class=kind),
        classes=AS_FAST, until=3000,
    )  # fmt: skip
    share = (0.4 if exits else 0.8) / (2 if kind == "car" else 3)
    flows = [entries(result, "c", 1000, 3000, ids) for ids in (range(10_000), range(10_000, 20_000))]
    assert flows == approx([share, share], rel=0.01, abs=1 / 2000)


@pytest.mark.parametrize("kind", ["car", "bus", "truck"])
def test_a_long_vehicle_is_not_starved_by_a_stream_of_short_ones(kind):
    """One comes at 550 s to a merge with cars that take all of s since 50 s: it is the next or the next but one to go.

    It asks for 2 or 2.5 times a car's room, which comes back at w as fast as cars leave: at most 1.25 s for each of its
    PCU and one car ahead of it.
    """
    rows = [road("a", "A", "J"), road("b", "B", "J"), road("c", "J", "C")]
    late = trips("B", "C", [500.0], ids=[9999]).assign(vehicle_class=kind)
    turns = [{"in_link": link, "out_link": "c"} for link in "ab"]
    result = drive(network(rows, turns=turns), trips("A", "C", steady((0.8, 2000))), late, classes=AS_FAST)
    assert 550 <= on(result, "c").set_index("trip_id").loc[9999, "entered"] <= 550 + 1.25 * 3.5


# Speed.


def test_slow_class_on_one_lane():
    """Truck at .8 u: 62.5 s; the cars behind it follow: 2.5 s behind the truck, then 1.25 s (Newell 1998)."""
    table = vehicles([0.0, 2.5, 5.0, 7.5], "truck", "car", "car", "car", to="1")
    result = drive(chain({}), table, classes=SLOW)
    assert on(result, "1")["left"].to_numpy() == approx([62.5, 65.0, 66.25, 67.5])


def test_slow_class_on_two_lanes():
    """They go ahead: the cars take 50 s, and the truck 62.5 s."""
    table = vehicles([0.0, 2.5, 5.0, 7.5], "truck", "car", "car", "car", to="1")
    result = drive(chain({"lanes": 2}), table, classes=SLOW)
    assert on(result, "1")["left"].to_numpy() == approx([62.5, 52.5, 55.0, 57.5])


def test_behind_a_queue_all_go_in_order():
    """Two lanes, red until 200 s: who comes while a queue stands is placed last, fast or slow."""
    table = vehicles([0.0, 60.0, 61.0, 62.0, 63.0], "car", "truck", "car", "truck", "car")
    signals = fixed_time(("1", "2", 200.0, 100.0), cycle=1000.0)
    left = on(drive(chain({"lanes": 2}, {"lanes": 2}), table, classes=SLOW, signals=signals), "1")["left"]
    # headways of two lanes: .625 s behind a car, 1.25 s behind a truck
    assert left.to_numpy() == approx([200.0, 200.625, 201.875, 202.5, 203.75])


# Where a class may go.


def two_ways(**only):
    """Return A to B by a short road f or a long one s, some of which only some classes may use."""
    roads = network([road("f", "A", "B"), road("s", "A", "B", length=1500.0), road("on", "B", "C")])
    links = roads.links
    return roads.with_links(links.assign(only=[only.get(link_id, ()) for link_id in links["link_id"]]))


@pytest.mark.parametrize(
    ("only", "way"),
    [
        ({"f": ("car",)}, {"car": "f", "truck": "s", "bus": "s"}),
        ({"f": ("bus",)}, {"car": "s", "truck": "s", "bus": "f"}),
        ({"f": ("bus", "truck"), "s": ("car",)}, {"car": "s", "truck": "f", "bus": "f"}),
    ],
    ids=["cars only", "bus lane", "each its own"],
)
def test_who_may_not_use_a_link_goes_round(only, way):
    """The fastest of the ways that are allowed: f takes 50 s, s 75 s."""
    kinds = list(way)
    table = trips("A", "C", 60.0 * np.arange(3)).assign(vehicle_class=kinds)
    passages = drive(two_ways(**only), table).passages().groupby("trip_id")["link_id"].first()
    assert passages.to_list() == list(way.values())


def test_who_has_no_way_of_its_own_is_refused_by_name():
    table = trips("A", "C", [0.0, 60.0]).assign(vehicle_class=["car", "truck"])
    told = drive(two_ways(f=("car",), s=("car",)), table).trips()
    assert told["fate"].to_list() == ["arrived", "refused"]
    assert "node A" in told["reason"][1]


def test_an_unknown_class_is_refused_by_name():
    with pytest.raises(BadTable, match="trip_id 1: vehicle_class 'tram' is not in table classes"):
        drive(chain({}), vehicles([0.0, 1.0], "car", "tram", to="1"))


# Ambulances.


def behind_red(n_cars, *, second=None, length=1000.0, kinds=None, at=100.0, signals=None):
    """Drive cars to a red light (green from 300 s on) at the end of road 1, and an ambulance at 100 s through them."""
    cars = vehicles(2.5 * np.arange(n_cars), "car", to="3")
    ambulance = vehicles([at], "ambulance", first=1000, to="3")
    more = {} if kinds is None else {"classes": kinds}
    signals = signals or fixed_time(("1", "2", 300.0, 500.0), cycle=1000.0)
    return drive(chain({"length": length}, second or {}, {}), cars, ambulance, signals=signals, **more)


def ambulance_time(result):
    return result.trips().set_index("trip_id").loc[1000, "travel_time"]


def test_an_ambulance_passes_queue_and_red():
    """3 km at 20 m/s are 150 s, whatever stands there."""
    assert ambulance_time(behind_red(20)) == approx(150.0)


def test_an_ambulance_that_may_not_pass_waits_like_a_car():
    """20 cars leave from 300 s on, 1.25 s apart; the 21st goes at 325 s and takes 100 s more, 325 in all since 100."""
    kinds = classes(ambulance={"passes": False})
    result = behind_red(20, kinds=kinds)
    assert ambulance_time(result) == approx(300 + 25 + 100 - 100, abs=0.05)
    same = behind_red(20, kinds=classes(ambulance={"passes": False, "headway": 1.0, "length": 1.0, "speed": 1.0}))
    assert ambulance_time(same) == ambulance_time(result)


@pytest.mark.parametrize(("n_cars", "goes"), [(8, 102.5), (9, 300.0)])
def test_an_ambulance_waits_where_nobody_can_pull_over(n_cars, goes):
    """50 m hold 10: eight cars and the ambulance leave room for one to pull over, nine do not until the first leaves.

    It looks every second: 102.5 is when it has driven the 50 m, and 300 s when the first car goes at green (at most 1 s
    more).
    """
    result = behind_red(n_cars, length=50.0)
    left = on(result, "1").set_index("trip_id").loc[1000, "left"]
    assert goes <= left <= goes + (0 if goes < 300 else 1.0)


def test_an_ambulance_waits_for_room_on_the_next_link():
    """Road 2 (50 m) is full of ten cars at red until 300 s: the ambulance waits before it (a second more at most)."""
    signals = fixed_time(("2", "3", 300.0, 500.0), cycle=1000.0)
    result = behind_red(12, second={"length": 50.0}, signals=signals)
    assert on(result, "2").set_index("trip_id").loc[:999, "entered"].le(200).sum() == 10
    assert 300.0 <= on(result, "2").set_index("trip_id").loc[1000, "entered"] <= 301.0


def test_an_ambulance_in_red_takes_nothing_from_the_others():
    """It has passed before green: each car's times are those of a day without it."""
    alone = behind_red(20, at=900.0).trips().set_index("trip_id").loc[:999, "arrived"]
    assert behind_red(20).trips().set_index("trip_id").loc[:999, "arrived"].to_numpy() == approx(alone.to_numpy())


def test_an_ambulance_in_green_takes_one_headway():
    """It drives into the discharging queue at 310 s: those behind it are one headway later, 1.25 s, and no more."""
    alone = behind_red(20, at=900.0).trips().set_index("trip_id").loc[:999, "arrived"]
    late = behind_red(20, at=260.3).trips().set_index("trip_id").loc[:999, "arrived"] - alone
    assert late.between(0.0, 1.25 + 1e-6).all()
    assert late.iloc[-1] > 0
    assert late.iloc[0] == 0
