"""Scenario and simulate: changes make new scenarios, one seed is one day, a run can be watched and stopped."""

from __future__ import annotations

import numpy as np
import pytest

from tests.roads import chain, network, road, steady, trips
from tests.speed.grid import grid_town
from twin.demand import Demand
from twin.errors import BadTable, Cancelled, UnknownName
from twin.scenario import Close, Scenario, SpeedLimit
from twin.simulate import simulate
from twin.towns import town


def street(**values):
    named = chain({}, {})
    links = named.links.assign(name=["High Street", "Mill Lane"], road_class=["primary", "residential"],
                               osm_ways=[(7, 8), (9,)])  # fmt: skip
    return Scenario(named.with_links(links), Demand(trips("0", "2", steady((0.2, 100)))), **values)


def test_a_change_makes_a_new_scenario_and_leaves_the_old():
    today = street(name="today")
    print_before = today.fingerprint
    closed = today.change(Close("Mill Lane"), name="closed")
    assert today.fingerprint == print_before != closed.fingerprint
    assert not today.network.links["closed"].any()
    assert closed.changes == (Close("Mill Lane"),)
    assert closed.sentence() == "Close Mill Lane"


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("Mill Lane", "Mill Lane"),
        ("primary", "primary roads"),
        ("2", "a block of Mill Lane"),
        (8, "way 8 (High Street)"),
    ],
)
def test_a_change_speaks_of_streets(what, words):
    assert street().change(Close(what)).name == f"Close {words}"
    assert street().change(SpeedLimit(what, kmh=30)).name == f"30 km/h on {words}"


@pytest.mark.parametrize(("what", "rows"), [("Mill Lane", [1]), ("primary", [0]), ("2", [1]), (8, [0])])
def test_streets_are_found_by_name_class_link_and_way(what, rows):
    links = street().change(Close(what)).network.links
    assert np.flatnonzero(links["closed"]).tolist() == rows


@pytest.mark.parametrize("what", ["Mil Lane", 10])
def test_an_unknown_street_is_named_and_the_nearest_offered(what):
    with pytest.raises(UnknownName) as told:
        street().change(Close(what))
    assert repr(what) in str(told.value)
    assert "Mill Lane" in str(told.value) or "links['name']" in str(told.value)


def test_a_change_without_a_street_is_refused():
    with pytest.raises(BadTable, match="names no street"):
        Close()


@pytest.mark.parametrize("kmh", [0, -30, float("nan"), float("inf")])
def test_an_impossible_speed_is_refused(kmh):
    with pytest.raises(ValueError, match="not possible"):
        SpeedLimit("primary", kmh=kmh)


def test_a_speed_limit_keeps_the_wave_and_what_capacity_the_triangle_allows():
    """u 20 -> 5 m/s with w = 5 m/s and jam density .2: s = u w k / (u + w) = 5 x 5 x .2 / 10 = .5."""
    slow = street().change(SpeedLimit("primary", kmh=18)).network
    assert slow.links["capacity"].tolist() == pytest.approx([0.5, 0.8])
    assert slow.wave_speed == pytest.approx([5, 5])


def test_a_closed_street_lets_nobody_in():
    result = simulate(street().change(Close("Mill Lane")))
    assert result.fate_counts()["refused"] == 20
    assert result.passages().empty


def test_trips_of_unknown_nodes_are_refused():
    with pytest.raises(BadTable, match="destination 'moon' is not a node"):
        Scenario(chain({}), Demand(trips("0", "moon", [0.0])))


def test_jitter_is_drawn_by_trip_and_seed_and_keeps_its_bounds():
    today = street(departure_jitter=30.0)
    one, again, other = (simulate(today, seed=seed) for seed in (1, 1, 2))
    planned = today.demand.trips["departure"].to_numpy() * 1000
    shift = one.departure - planned
    assert one.fingerprint == again.fingerprint != other.fingerprint
    assert (np.abs(shift[planned > 30_000]) <= 30_000).all()
    assert len(np.unique(shift)) > 10


def test_two_scenarios_with_one_seed_differ_by_the_change_alone():
    today = street(departure_jitter=30.0)
    slow = today.change(SpeedLimit("primary", kmh=40))
    assert (simulate(today, seed=3).departure == simulate(slow, seed=3).departure).all()


def test_who_watches_sees_it_grow_and_can_stop_it():
    seen = []
    today = grid_town(5, 500)
    simulate(today, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) > 10

    def stop(share):
        if share > 0.3:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        simulate(today, progress=stop)


def test_watching_changes_nothing():
    today = grid_town(5, 500)
    assert simulate(today, progress=lambda _: None).fingerprint == simulate(today).fingerprint


def test_a_run_ends_when_told():
    today = grid_town(5, 500)
    cut = simulate(today, until=1800.0)
    counts = cut.fate_counts()
    assert cut.end == 1800.0
    assert counts["waiting"] > 0
    assert sum(counts.values()) == len(today.demand.trips)
    assert cut.times.max() < 1_800_000


def test_a_town_without_trips_runs():
    empty = Scenario(chain({}), Demand(trips("0", "1", [])))
    result = simulate(empty)
    assert sum(result.fate_counts().values()) == 0
    assert result.links()["vehicles"].sum() == 0


def test_a_loop_back_to_the_same_node_can_be_driven():
    """A drive that starts and ends at one crossing, as a crescent does: out by it, home by the main road."""
    town_ = network([road("ab", "A", "B"), road("loop", "B", "B"), road("bc", "B", "C")])
    assert simulate(Scenario(town_, Demand(trips("A", "C", [0.0])))).fate_counts()["arrived"] == 1


def test_helsinki_says_what_is_invented():
    labels = town("helsinki").labels
    assert set(labels) == {"synthetic_demand", "inferred_signals"}


def test_intervals_add_up():
    """Every entry and exit is counted once, and vehicle seconds add up to the time between entry and exit."""
    result = simulate(grid_town(5, 500))
    for every in (60.0, 300.0, 1000.0):
        tally = result.intervals(every)
        passages = result.passages()
        assert tally.entered.sum() == tally.left.sum() == len(passages)
        assert tally.present.sum() * every == pytest.approx((passages["left"] - passages["entered"]).sum())
        assert (tally.pace >= 1).all()
        assert (tally.speed <= result.scenario.network.links["free_speed"].to_numpy() + 1e-6).all()


def test_a_higher_speed_does_not_raise_capacity():
    """u 20 -> 30: u w k / (u + w) = .857 would be allowed, .8 stays."""
    fast = street().change(SpeedLimit("primary", kmh=108)).network
    assert fast.links["capacity"].tolist() == pytest.approx([0.8, 0.8])
    assert fast.links["free_speed"].tolist() == [30, 20]


def test_several_streets_and_several_changes():
    both = street().change(Close("High Street", "Mill Lane"))
    assert both.network.links["closed"].all()
    twice = street().change(Close("Mill Lane")).change(SpeedLimit("primary", kmh=30))
    assert twice.changes == (Close("Mill Lane"), SpeedLimit("primary", kmh=30))
    assert twice.sentence() == "Close Mill Lane; 30 km/h on primary roads"
