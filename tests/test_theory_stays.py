"""Stays with known answers: docks, bus stops and parking as queues with a known number of servers.

As in ``test_theory`` a road has one lane of 1 km, u = 20 m/s (50 s), s = 0.8 veh/s (1.25 s apart) and jam density 0.2
veh/m. Trucks are as fast as cars here and follow 2.5 s apart.

References
----------
Lindley, D. V. (1952). The theory of queues with a single server. Proc. Cambridge Phil. Soc. 48: service begins at the
later of arrival and the end of the service before.
Pollaczek, F. (1930); Khinchine, A. (1932): mean wait of M/D/1 is rho S / (2 (1 - rho)).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pytest import approx  # noqa: PT013 - it is written in every second line
from roads import chain, network, road, steady, trips
from theory import classes, drive, entries, fixed_time, on, places, poisson

from twin.demand import Demand
from twin.errors import BadTable
from twin.result import FATES
from twin.scenario import Scenario
from twin.simulate import simulate

AS_FAST = classes(truck={"speed": 1.0}, bus={"speed": 1.0})


def calls(trip_ids, place_id, service, *, order=0):
    """Return stays of these trips, all alike; a list of places is a choice."""
    rows = [{"trip_id": trip, "order": order, "place_id": place_id, "service": service} for trip in trip_ids]
    return pd.DataFrame(rows)


def trucks(departures, destination, *, origin="0", first=0, kind="truck"):
    """Return trips of one class."""
    ids = range(first, first + len(departures))
    return trips(origin, destination, departures, ids=ids).assign(vehicle_class=kind)


def moments(result):
    """Return the stays in seconds, by trip id."""
    table = result.stays.copy()
    table["trip_id"] = result.scenario.demand.trips["trip_id"].to_numpy()[table["trip"]]
    table[["arrived", "served", "left"]] = table[["arrived", "served", "left"]] / 1000.0
    return table.set_index("trip_id").sort_index()


# Docks.


def dock(n_trucks, *, storage, service=300.0, lanes=1, lane_groups=None, turns=None):
    """Let trucks come at once to a dock of one bay half-way, and a car that drives on, 20 s behind them."""
    rows = [road("1", "0", "1", lanes=lanes), road("2", "1", "2")]
    return drive(
        network(rows, lane_groups=lane_groups, turns=turns),
        trucks([0.0] * n_trucks, "2"), trucks([20.0], "2", first=100, kind="car"),
        stays=calls(range(n_trucks), "dock", service), places=places(("dock", "1", 1, storage)), classes=AS_FAST,
    )  # fmt: skip


@pytest.mark.parametrize("storage", [0, 1, 2])
def test_dock_with_one_bay(storage):
    """Three trucks, 300 s each: they leave 300, 600 and 900 s after the first has come, whoever waits where."""
    stays = moments(dock(3, storage=storage))
    assert stays["left"].to_numpy() == approx([350.0, 650.0, 950.0], abs=0.01)
    assert stays["served"].to_numpy() == approx([50.0, 350.0, 650.0], abs=0.01)


@pytest.mark.parametrize(("n_trucks", "storage", "until"), [
    (1, 0, 70.0), (2, 0, 350.0), (3, 0, 650.0), (2, 1, 70.0), (3, 1, 350.0), (4, 1, 650.0), (3, 2, 70.0), (4, 2, 350.0),
])  # fmt: skip
def test_who_finds_no_room_holds_the_lane(n_trucks, storage, until):
    """One bay and storage for b: truck n is off the lane when n - 1 - b have left: at 50 + 300 (n - 1 - b).

    The car behind has come at 70 s, and goes one headway of a truck (2.5 s) after the last of them if that is later.
    """
    left = on(dock(n_trucks, storage=storage), "1").set_index("trip_id").loc[100, "left"]
    assert left == approx(until if until == 70 else until + 2.5, abs=0.02)


def test_who_waits_for_a_dock_holds_its_own_lane_alone():
    """Two lane groups: trucks stand on the right one, and the car goes by on the left one."""
    groups = pd.DataFrame({"link_id": ["1", "1", "2"], "lane_group": [0, 1, 0], "lanes": 1})
    turns = [{"in_link": "1", "out_link": "2", "lane_group": 0}]
    result = dock(3, storage=0, lanes=2, lane_groups=groups, turns=turns)
    assert on(result, "1").set_index("trip_id").loc[100, "left"] == approx(70.0)
    assert moments(result)["left"].to_numpy() == approx([350.0, 650.0, 950.0], abs=0.01)


@pytest.mark.parametrize("bays", [1, 3, 5])
def test_saturated_docks(bays):
    """c bays, each S = 300 s: c / S trucks a second; 40 at once are gone after ceil(40 / c) S."""
    result = drive(
        chain({}, {}), trucks([0.0] * 40, "2"), stays=calls(range(40), "dock", 300.0),
        places=places(("dock", "1", bays, 40)), classes=AS_FAST, until=20_000,
    )  # fmt: skip
    stays = moments(result)
    assert stays["left"].max() == approx(50 + np.ceil(40 / bays) * 300, abs=2.5 * bays)
    counted = stays["left"].between(600, 2100, inclusive="left").sum()
    assert counted == approx(bays / 300 * 1500, abs=bays)


def test_random_arrivals_at_a_dock():
    """Poisson, rho = .6, S = 30 s: each is served at the later of arrival and the end before (Lindley).

    Mean wait rho S / (2 (1 - rho)) = 22.5 s (Pollaczek-Khinchine), within three standard errors of 30 batches.
    """
    count = 3_000
    result = drive(
        chain({}, {}), trucks(poisson(0.02, count, seed=5), "2", kind="car"), stays=calls(range(count), "dock", 30.0),
        places=places(("dock", "1", 1, 10_000)),
    )  # fmt: skip
    stays = moments(result)
    arrived, served, left = (stays[column].to_numpy() for column in ("arrived", "served", "left"))
    assert served[1:] == approx(np.maximum(arrived[1:], left[:-1]), abs=1e-6)
    assert left - served == approx(30.0, abs=1e-6)
    batches = (served - arrived).reshape(30, -1).mean(axis=1)
    assert batches.mean() == approx(22.5, abs=3 * batches.std(ddof=1) / np.sqrt(30))


# Bus stops, parking.


def test_bus_stop():
    """The bus stands 30 s off the road: a car 5 s behind passes it; 50 + 30 + 50 s for the bus, 100 s for the car."""
    result = drive(
        chain({}, {}), trucks([0.0], "2", kind="bus"), trucks([5.0], "2", first=1, kind="car"),
        stays=calls([0], "stop", 30.0), places=places(("stop", "1", 1, 0)), classes=AS_FAST,
    )  # fmt: skip
    assert result.trips()["travel_time"].to_numpy() == approx([130.0, 100.0], abs=0.01)
    assert result.passages().set_index(["trip_id", "link_id"])["entered"].to_dict() == approx(
        {(0, "1"): 0.0, (0, "2"): 80.0, (1, "1"): 5.0, (1, "2"): 55.0}, abs=0.01
    )
    assert moments(result).loc[0, ["arrived", "served", "left"]].to_list() == approx([50.0, 50.0, 80.0], abs=0.01)


def test_a_bus_line_stops_again_and_again():
    """Three stops of 20 s on four roads: 4 x 50 + 3 x 20 s; each stop is recorded in order."""
    stays = pd.concat([calls([0], f"stop {n}", 20.0, order=n) for n in range(3)], ignore_index=True)
    stops = places(*[(f"stop {n}", str(n + 1), 1, 0) for n in range(3)])
    result = drive(chain({}, {}, {}, {}), trucks([0.0], "4", kind="bus"), stays=stays, places=stops, classes=AS_FAST)
    assert result.trips()["travel_time"][0] == approx(260.0, abs=0.01)
    assert moments(result)["arrived"].to_list() == approx([50.0, 120.0, 190.0], abs=0.01)


def test_a_bus_that_leaves_its_stop_merges_with_the_road():
    """Saturated road: the bus comes back into a stream at s = .8 and costs it one headway of its own, 2.5 s."""
    cars = trucks(steady((1.0, 600)), "2", first=10, kind="car")
    roads, stops = chain({}, {}), places(("stop", "1", 1, 0))
    bus = trucks([0.0], "2", kind="bus")
    result = drive(roads, bus, cars, stays=calls([0], "stop", 300.0), places=stops, classes=AS_FAST, until=1500)
    assert moments(result).loc[0, "left"] == approx(350.0, abs=2.5)
    flow = entries(result, "2", 100, 500)
    assert flow * 400 == approx(0.8 * 400 - 1, abs=1)


def parked(n_cars, *, destination=None, bays=1, service=1000.0):
    """Drive cars, 20 s apart, to a choice of three car parks at nodes 1, 2 and 3 of a row of roads."""
    table = trips("0", destination, 20.0 * np.arange(n_cars))
    parks = places(*[(f"P{n}", str(n), bays, 0) for n in (1, 2, 3)])
    return drive(
        chain({}, {}, {}, {}), table, stays=calls(range(n_cars), ["P1", "P2", "P3"], service), places=parks, until=5000
    )


def test_parking_tries_the_next_place_of_its_list():
    """One bay each: the first car parks at 50 s, the second at 20 + 100, the third at 40 + 150 s.

    The fourth has come to P3 at 60 + 150 and waits on the lane until the third has stayed its 1000 s.
    """
    stays = moments(parked(4))
    assert stays["place_id"].to_list() == ["P1", "P2", "P3", "P3"]
    assert stays["served"].to_list() == approx([50.0, 120.0, 190.0, 1190.0], abs=0.01)
    assert stays["left"].to_list() == approx([1050.0, 1120.0, 1190.0, 2190.0], abs=0.01)


def test_parking_fills_in_order():
    """Two bays each, six cars: two a place, none waits; the seventh finds P1 free again if it comes after 1050 s."""
    assert moments(parked(6, bays=2))["place_id"].to_list() == ["P1", "P1", "P2", "P2", "P3", "P3"]
    stays = moments(parked(60, bays=1))  # 20 s apart: the cars at 1000 s and later find P1 empty
    assert stays["place_id"][51] == "P1"


def test_a_trip_may_end_at_a_place():
    """Without a destination the trip ends with its stay: it has driven one road and arrived there."""
    result = parked(1)
    assert result.trips()["fate"][0] == "arrived"
    assert result.passages()["link_id"].to_list() == ["1"]
    assert moments(result).loc[0, ["arrived", "served", "left"]].to_list() == approx([50.0, 50.0, 1050.0], abs=0.01)


def test_a_trip_goes_on_from_the_place_that_it_found():
    """To node 4: three cars leave P1, P2, P3 after 10 s and drive what is left: 4 x 50 + 10 s each."""
    result = parked(3, destination="4", service=10.0)
    assert moments(result)["place_id"].to_list() == ["P1", "P1", "P1"]
    result = parked(3, destination="4", service=100.0)
    assert moments(result)["place_id"].to_list() == ["P1", "P2", "P3"]
    assert result.trips()["travel_time"].to_numpy() == approx(300.0, abs=0.01)
    assert result.passages().groupby("trip_id")["link_id"].apply("".join).to_list() == ["1234"] * 3


def test_an_unknown_place_is_refused_by_name():
    with pytest.raises(BadTable, match="place_id 'barn' is not in table bays"):
        drive(chain({}, {}), trips("0", "2", [0.0]), stays=calls([0], "barn", 1.0))


# All together.


def morning():
    """Return a scenario with trucks, buses, an ambulance, a dock, a car park, a signal, events and a queue."""
    table = pd.concat(
        [
            trucks(steady((0.5, 600)), "4", kind="car"),
            trucks(steady((0.05, 600)), "4", first=1000),
            trucks([100.0, 200.0], "4", first=2000, kind="bus"),
            trucks([150.0], "4", first=3000, kind="ambulance"),
            trucks(steady((0.02, 600)), None, first=4000, kind="car"),
        ],
        ignore_index=True,
    )
    stays = pd.concat(
        [calls(range(1000, 1030, 3), "dock", 60.0), calls([2000, 2001], "stop", 20.0),
         calls(range(4000, 4012), ["P2", "P3"], 400.0)], ignore_index=True,
    )  # fmt: skip
    stops = places(("dock", "1", 1, 1), ("stop", "2", 1, 0), ("P2", "2", 2, 0), ("P3", "3", 2, 1))
    events = pd.DataFrame(
        [(200.0, "closed", "3", 1), (300.0, "closed", "3", 0), (350.0, "capacity", "4", 0.5), (400.0, "lanes", "2", 2),
         (500.0, "lanes", "2", 1), (450.0, "speed", "1", 10.0)], columns=["time", "kind", "link_id", "value"],
    )  # fmt: skip
    signals = fixed_time(("3", "4", 0.0, 40.0), cycle=60.0, amber=3.0, loss=2.0)
    roads = chain({}, {"length": 300.0}, {"length": 200.0}, {})
    return Scenario(roads, Demand(table, stays=stays), signals=signals, places=stops, events=events, name="morning")


@pytest.mark.parametrize("moment", [0.5, 60, 149.9, 205, 290, 333.3, 420, 505, 700, 1100, 2000])
def test_conservation_at_any_moment(moment):
    """Made = waiting + on road or at places + arrived + refused; what had happened by then is no different later."""
    scenario = morning()
    part, whole = simulate(scenario, until=moment), simulate(scenario, until=5000.0)
    assert sum(part.fate_counts().values()) == len(scenario.demand.trips)
    assert part.fate_counts()["refused"] == whole.fate_counts()["refused"] == 0
    assert (whole.fate == FATES.index("arrived")).all()
    then = round(moment * 1000)
    for fate, count in {
        "arrived": ((whole.arrived >= 0) & (whole.arrived < then)).sum(),
        "waiting": ((whole.entered < 0) | (whole.entered >= then)).sum(),
    }.items():
        assert part.fate_counts()[fate] == count
    keys = ["trip_id", "link_id"]
    known = part.passages().merge(whole.passages(), on=keys, suffixes=("", "_later"))
    for column in ("entered", "left"):
        happened = known[column].notna()
        assert (known.loc[happened, column] == known.loc[happened, f"{column}_later"]).all()
        later = known.loc[~happened, f"{column}_later"]
        assert (later.isna() | (later >= moment)).all()
