"""Simulate: what tables become in the engine - roundings, storage, gates, weights, jitter and the end of a run."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.roads import chain, network, road, steady, trips
from twin.demand import Demand
from twin.scenario import Scenario
from twin.simulate import simulate


def run(roads, *tables, **more):
    return simulate(Scenario(roads, Demand(pd.concat(tables, ignore_index=True))), **more)


def test_entries_are_rounded_up_and_exits_down():
    """1 / .7 veh/s = 1428.57 ms: entries 1.429 s apart, exits 1.428 s."""
    table = run(chain({"capacity": 0.7}), trips("0", "1", [0.0] * 3)).trips()
    assert table["entered"].tolist() == [0, 1.429, 2.858]
    table = run(chain({}, exits={"1": 0.7}), trips("0", "1", [0.0] * 3)).trips()
    assert table["arrived"].tolist() == [50, 51.428, 52.856]


def test_a_short_road_holds_the_vehicles_that_fit_on_it():
    """12 m x .2 = 2.4, so two, or one would stand in the junction: one is through at .6 s, the exit takes 100 s."""
    counts = run(chain({"length": 12.0}, exits={"1": 0.01}), trips("0", "1", [0.0] * 5), until=50.0).fate_counts()
    assert counts == {"arrived": 1, "on road": 2, "waiting": 2, "refused": 0}


def test_each_limited_node_has_its_own_gate():
    """Two crossings of .5 veh/s, each asked for .4: nobody waits."""
    roads = network(
        [road("a", "A", "J"), road("b", "J", "B"), road("c", "C", "K"), road("d", "K", "D")],
        node_capacity={"J": 0.5, "K": 0.5},
    )
    d = steady((0.4, 600))
    table = run(roads, trips("A", "B", d), trips("C", "D", d, ids=range(1000, 1000 + len(d)))).trips()
    assert table["travel_time"].to_numpy() == pytest.approx(100.0)


def test_who_arrives_does_not_stand_in_the_queue_of_the_left_lane():
    roads = [road("in", "A", "J", lanes=2), road("held", "J", "H", capacity=0.2), road("free", "J", "F")]
    groups = pd.DataFrame({"link_id": ["in", "in", "held", "free"], "lane_group": [0, 1, 0, 0], "lanes": 1})
    turns = [
        {"in_link": "in", "out_link": "held", "lane_group": 0},
        {"in_link": "in", "out_link": "free", "lane_group": 1},
    ]
    table = (
        run(
            network(roads, lane_groups=groups, turns=turns),
            trips("A", "H", steady((0.3, 600))),
            trips("A", "J", steady((0.2, 600)), ids=range(1000, 1120)),
        )
        .trips()
        .set_index("trip_id")
    )
    assert table.loc[1000:, "travel_time"].to_numpy() == pytest.approx(50.0, abs=2.5)


def test_jitter_is_both_ways_alike():
    """2,000 draws even in +-30 s: mean 0 within three times 60 / sqrt(12 x 2000) = .39 s."""
    today = Scenario(chain({}), Demand(trips("0", "1", np.full(2000, 100.0))), departure_jitter=30.0)
    shift = simulate(today, until=1.0).departure / 1000 - 100
    assert abs(shift.mean()) < 1.2
    assert shift.min() < -29
    assert shift.max() > 29


def test_a_run_ends_two_hours_after_the_last_departure():
    """One every 10,000 s may leave: the second of two is on the road at the end."""
    result = run(chain({}, exits={"1": 1e-4}), trips("0", "1", [0.0, 60.0]))
    assert result.end == 60 + 7200
    assert result.fate_counts()["on road"] == 1


def test_a_source_has_the_weight_of_one_lane():
    """Two saturated lanes (1.6) meet trips that begin beyond the node: shares of 1.6 are 2 : 1, 1.067 and .533."""
    d = steady((2.0, 1000))
    result = run(
        chain({"lanes": 2}, {"lanes": 2}),
        trips("0", "2", d),
        trips("1", "2", d, ids=range(5000, 5000 + len(d))),
        until=1000.0,
    )
    p = result.passages()
    p = p[(p["link_id"] == "2") & p["entered"].between(200, 1000, inclusive="left")]
    assert (p["trip_id"] < 5000).sum() / 800 == pytest.approx(1.0667, rel=0.01)
    assert (p["trip_id"] >= 5000).sum() / 800 == pytest.approx(0.5333, rel=0.01)
