"""Routing against an independent shortest path (scipy), and habits by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from tests.roads import chain, network, road, trips
from tests.speed.grid import grid_town
from twin.demand import Demand
from twin.errors import BadTable
from twin.routing import FAR, fastest, times_between, ways
from twin.scenario import Close, Scenario, SpeedLimit
from twin.simulate import simulate


def two_ways():
    """A -> B by a fast road f and a slow one s, then on to C; there is also a way back."""
    return network([road("f", "A", "B"), road("s", "A", "B", length=1500), road("bc", "B", "C"), road("ca", "C", "A")])


def scenario(town, *pairs):
    table = pd.concat([trips(origin, destination, [0.0, 60.0]) for origin, destination in pairs], ignore_index=True)
    return Scenario(town, Demand(table.assign(trip_id=range(len(table)))))


def test_times_agree_with_scipy_on_the_graph_of_links():
    town = grid_town(7, 10)
    on = ways(town.network, town.signals)
    n_link = len(on.link_time)
    onward = on.turn_time + on.link_time[on.turn_link]
    graph = coo_array((onward, (on.turn_from, on.turn_link)), shape=(n_link, n_link)).tocsr()
    by_link = dijkstra(graph) + on.link_time[:, None]
    nodes = np.arange(len(town.network.nodes))
    times = times_between(on, nodes)
    for origin in nodes[::5]:
        leaving = np.flatnonzero(on.link_begin == origin)
        for destination in nodes[::3]:
            if origin != destination:
                arriving = np.flatnonzero(on.link_end == destination)
                assert times[origin, destination] == by_link[np.ix_(leaving, arriving)].min()


def test_a_route_takes_the_time_that_it_says():
    town = grid_town(6, 200)
    on = ways(town.network, town.signals)
    rows = town.network.node_rows
    table = town.demand.trips
    pairs = np.stack([rows(table["origin"]), rows(table["destination"])], axis=1)
    routes, times = fastest(on, pairs)
    for trip, (origin, destination) in enumerate(pairs):
        link, *turns = routes.steps[routes.start[trip] : routes.start[trip + 1]]
        assert on.link_begin[link] == origin
        cost = on.link_time[link]
        for turn in turns:
            assert on.turn_from[turn] == link
            link = on.turn_link[turn]
            cost += on.turn_time[turn] + on.link_time[link]
        assert on.link_end[link] == destination
        assert cost == times[trip]


def test_no_way_is_far():
    town = chain({}, {})
    _, times = fastest(ways(town), np.array([[2, 0], [0, 2], [1, 1]]))
    assert times.tolist() == [FAR, 100_000, FAR]


def test_habits_without_a_change_give_the_same_bits():
    today = scenario(two_ways(), ("A", "C"), ("C", "B"))
    before = simulate(today)
    assert simulate(today, habits=before).fingerprint == before.fingerprint


def test_a_habit_is_kept_though_another_way_is_faster_now():
    today = scenario(two_ways(), ("A", "C"))
    before = simulate(today)
    slow = today.change(SpeedLimit("f", kmh=18))
    links = simulate(slow, habits=before).passages()["link_id"]
    assert set(links) == {"f", "bc"}
    assert set(simulate(slow).passages()["link_id"]) == {"s", "bc"}


def test_from_the_first_turn_that_is_gone_the_fastest_way_is_taken():
    today = scenario(two_ways(), ("C", "B"))
    before = simulate(today)
    closed = today.change(Close("f"))
    after = simulate(closed, habits=before)
    assert after.passages()["link_id"].tolist()[:2] == ["ca", "s"]
    assert after.fate_counts()["arrived"] == 2


def test_who_has_no_way_left_is_refused_by_name():
    today = scenario(two_ways(), ("A", "C"), ("A", "B"))
    after = simulate(today.change(Close("bc")), habits=simulate(today))
    table = after.trips()
    assert table["fate"].tolist() == ["refused", "refused", "arrived", "arrived"]
    assert table["reason"][0] == "no open way from node A to node C"


def test_habits_of_another_network_are_refused():
    before = simulate(scenario(two_ways(), ("A", "C")))
    with pytest.raises(BadTable, match="another network"):
        simulate(Scenario(chain({}), Demand(trips("0", "1", [0.0]))), habits=before)


def test_a_trip_that_goes_elsewhere_now_has_no_habit():
    town = two_ways()
    before = simulate(Scenario(town, Demand(trips("A", "C", [0.0]))))
    after = simulate(Scenario(town, Demand(trips("C", "B", [0.0]))), habits=before)
    assert after.passages()["link_id"].tolist() == ["ca", "f"]


def test_a_new_trip_has_no_habit_and_takes_the_fastest_way():
    town = two_ways()
    before = simulate(Scenario(town, Demand(trips("A", "C", [0.0]))))
    after = simulate(Scenario(town, Demand(trips("A", "C", [0.0, 30.0]))), habits=before)
    assert after.fate_counts()["arrived"] == 2


def two(rows, origin, destination):
    return Scenario(network(rows), Demand(trips(origin, destination, [0.0])))


def test_a_closed_first_link_is_left_at_the_origin():
    today = two([road("f", "A", "B"), road("s", "A", "B", length=1500), road("bc", "B", "C")], "A", "B")
    after = simulate(today.change(Close("f")), habits=simulate(today))
    assert after.passages()["link_id"].tolist() == ["s"]


def test_who_would_be_stuck_goes_another_way_from_the_origin():
    today = two(
        [road("ab", "A", "B"), road("bc", "B", "C"), road("ad", "A", "D"), road("dc", "D", "C", length=1500)], "A", "C"
    )
    after = simulate(today.change(Close("bc")), habits=simulate(today))
    assert after.passages()["link_id"].tolist() == ["ad", "dc"]


def test_a_long_beginning_is_kept():
    today = two(
        [
            road("ab", "A", "B"),
            road("bc", "B", "C"),
            road("cd", "C", "D"),
            road("f", "D", "E"),
            road("s", "D", "E", length=1500),
        ],
        "A",
        "E",
    )
    after = simulate(today.change(Close("f")), habits=simulate(today))
    assert after.passages()["link_id"].tolist() == ["ab", "bc", "cd", "s"]
    assert after.fate_counts()["arrived"] == 1


def test_of_equal_ways_the_first_by_id_is_taken():
    today = two(
        [
            road("in", "O", "A"),
            road("ab", "A", "B"),
            road("ac", "A", "C"),
            road("bd", "B", "D"),
            road("cd", "C", "D"),
            road("out", "D", "E"),
        ],
        "O",
        "E",
    )
    assert simulate(today).passages()["link_id"].tolist() == ["in", "ab", "bd", "out"]
