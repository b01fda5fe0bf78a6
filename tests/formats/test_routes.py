"""Routes as lists of links: driven as given, and refused by name where they cannot be."""

from __future__ import annotations

import pytest

from tests.roads import network, road, trips
from twin.demand import Demand
from twin.errors import BadTable
from twin.formats.routes import habits_from_links
from twin.scenario import Scenario
from twin.simulate import simulate


@pytest.fixture
def two_ways():
    """Return a fast way and a slow way from A to D, and three trips that all would take the fast one."""
    roads = network(
        [road("in", "A", "B"), road("fast", "B", "C"), road("slow", "B", "C", speed=10.0), road("out", "C", "D")]
    )
    return Scenario(roads, Demand(trips("A", "D", [0.0, 60.0, 120.0], ids=[7, 5, 6])))


def driven(result, trip_id):
    passages = result.passages()
    return passages.loc[passages["trip_id"] == trip_id, "link_id"].tolist()


def test_routes_are_driven_as_given(two_ways):
    habits = habits_from_links(two_ways, {5: ["in", "slow", "out"], 6: [], 7: ["in", "fast", "out"]})
    assert habits.fate_counts() == {"arrived": 0, "on road": 0, "waiting": 2, "refused": 1}
    result = simulate(two_ways, habits=habits)
    assert driven(result, 5) == ["in", "slow", "out"]
    assert driven(result, 6) == driven(result, 7) == ["in", "fast", "out"]
    assert result.fate_counts()["arrived"] == 3


def test_a_way_that_comes_back_to_where_it_began_is_driven():
    loop = network([road("out", "A", "B"), road("back", "B", "A")])
    scenario = Scenario(loop, Demand(trips("A", "A", [0.0])))
    assert driven(simulate(scenario, habits=habits_from_links(scenario, {0: ["out", "back"]})), 0) == ["out", "back"]


def test_nobody_has_a_habit(two_ways):
    assert habits_from_links(two_ways, {}).fate_counts()["refused"] == 3
    nobody = Scenario(two_ways.network, Demand(trips("A", "D", [])))
    assert len(habits_from_links(nobody, {}).route) == 0


@pytest.mark.parametrize(
    ("routes", "told"),
    [
        ({5: ["in", "fast", "out"], 8: ["in"]}, "trip_id 8, which is not in table trips"),
        ({6: ["in", "fastest", "out"]}, "trip_id 6 uses link 'fastest', which is not in table links"),
        ({5: ["in", "fast", "out"], 6: ["in", "out"]}, "trip_id 6 turns from link 'in' to 'out', which is not in"),
        ({7: ["fast", "out"]}, "trip_id 7 has its origin at node 'B', but table trips has 'A'"),
        ({7: ["in", "fast"]}, "trip_id 7 has its destination at node 'C', but table trips has 'D'"),
    ],
)
def test_a_route_that_cannot_be_is_refused_by_name(two_ways, routes, told):
    with pytest.raises(BadTable, match=told):
        habits_from_links(two_ways, routes)
