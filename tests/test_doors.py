"""Doors: what cannot be true is refused where it comes in, by name, and never turned into something else in silence."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from tests.roads import chain, merge, network, road, steady, trips
from tests.speed.grid import grid_town
from twin.demand import Demand, gravity, whole_trips
from twin.errors import BadTable
from twin.measures import delay_index, mean_travel_time
from twin.network import Network
from twin.scenario import Close, Scenario, SpeedLimit
from twin.signals import Signals
from twin.simulate import simulate


def one_car(town=None, **values):
    return Scenario(town or chain({}, {}), Demand(trips("0", "2", [0.0])), **values)


def plan(windows=((0.0, 20.0),), *, cycle=60.0, offset=0.0, signal_id="x"):
    greens = pd.DataFrame(
        [{"signal_id": signal_id, "in_link": "1", "out_link": "2", "start": a, "length": b} for a, b in windows]
    )
    return SimpleNamespace(
        plans=pd.DataFrame({"signal_id": [signal_id], "cycle": [cycle], "offset": [offset]}), greens=greens
    )


@pytest.mark.parametrize(
    "given",
    [
        plan([(0, 10), (55, 0.0004)]), plan(cycle=0.0004), plan(cycle=np.inf), plan(cycle=np.nan), plan(offset=np.nan),
        plan(offset=1e18), plan([(np.nan, 5)]), plan(signal_id=None),
    ],
)  # fmt: skip
def test_signals_that_no_clock_can_keep(given):
    with pytest.raises(BadTable):
        Signals(given.plans, given.greens)


def test_a_turn_obeys_one_plan():
    x, y = plan(), plan(signal_id="y", cycle=90.0)
    with pytest.raises(BadTable, match="more than one plan"):
        Signals(pd.concat([x.plans, y.plans]), pd.concat([x.greens, y.greens]))


def test_offsets_come_round():
    first, later = (Signals(given.plans, given.greens) for given in (plan(offset=5.0), plan(offset=65.0)))
    assert first.fingerprint == later.fingerprint


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("closed", np.nan, "neither True nor False"),
        ("closed", "False", "neither True nor False"),
        ("lanes", 1.9, "not a whole number"),
        ("osm_ways", "123", "not a list"),
        ("osm_ways", None, "not a list"),
        ("link_id", None, "is missing"),
        ("from_node", np.nan, "is missing"),
        ("length", 1e12, "too large"),
        ("length", 5e8, "more than a day"),
        ("geometry", None, "is missing"),
    ],
)
def test_links_that_cannot_be(column, value, words):
    links = chain({}, {}).links.astype({"closed": object, "lanes": float, "osm_ways": object})
    links[column] = [links[column].iloc[0], value]
    with pytest.raises(BadTable, match=words):
        chain({}, {}).with_links(links)


@pytest.mark.parametrize("table", ["exits", "nodes", "weights"])
def test_a_limit_below_a_millionth_is_no_limit_and_refused(table):
    with pytest.raises(BadTable, match="must be above 0"):
        {
            "exits": lambda: chain({}, exits={"1": 4e-7}),
            "nodes": lambda: chain({}, {}, node_capacity={"1": 4e-7}),
            "weights": lambda: merge((4e-7, 1)),
        }[table]()


def test_a_network_needs_a_link():
    with pytest.raises(BadTable, match="at least one link"):
        chain({}).with_links(chain({}).links.iloc[:0])


def test_tables_without_shape_are_refused_and_others_brought_to_the_globe():
    town = chain({})
    with pytest.raises(BadTable, match="no geometry"):
        Network(pd.DataFrame(town.nodes), town.links)
    finnish = Network(town.nodes.to_crs("EPSG:3067"), town.links.to_crs("EPSG:3067"))
    assert np.abs(finnish.links.total_bounds - town.links.total_bounds).max() < 1e-6


def test_missing_names_are_no_names():
    town = chain({}, {})
    named = town.with_links(town.links.assign(name=["High Street", None]))
    assert named.links["name"].tolist() == ["High Street", ""]


@pytest.mark.parametrize("weights", [(1e-4, 2e-4), (1e5, 2e5), (1.0, 2.0)])
def test_merge_weights_count_by_their_ratio_alone(weights):
    """Shares of .8 at 1 : 2 are .267 and .533, whatever the unit of the weights (theory.md)."""
    table = pd.concat([trips("A", "C", steady((0.8, 900))), trips("B", "C", steady((0.8, 900)))], ignore_index=True)
    demand = Demand(table.assign(trip_id=range(len(table))))
    passages = simulate(Scenario(merge(weights), demand), until=900.0).passages()
    through = passages[passages["left"].between(300, 900)]
    a, b = ((through["link_id"] == name).sum() for name in "ab")
    assert a / (a + b) == pytest.approx(1 / 3, abs=0.01)


def test_the_last_speed_limit_decides():
    town = one_car()
    direct, detour = town.change(SpeedLimit("1", kmh=72)), town.change(SpeedLimit("1", kmh=10), SpeedLimit("1", kmh=72))
    assert detour.network.links["capacity"].tolist() == direct.network.links["capacity"].tolist() == [0.8, 0.8]


@pytest.mark.parametrize("what", [("",), (["1", "2"],), (("1",),), (True,), (1.5,), (None,), (np.array(["1"]),)])
def test_a_street_is_a_text_or_a_number(what):
    with pytest.raises(BadTable, match=r"Close\("):
        Close(*what)


def test_a_number_may_come_from_numpy():
    assert Close(np.int64(8)) == Close(8)


@pytest.mark.parametrize("kmh", ["30", True, 0.004, None])
def test_a_speed_is_a_number(kmh):
    with pytest.raises(ValueError, match="not possible"):
        SpeedLimit("1", kmh=kmh)


def test_what_is_not_a_change_is_refused():
    with pytest.raises(BadTable, match="is not a change"):
        one_car().change("1")


def test_no_change_keeps_the_name():
    assert one_car(name="today").change().name == "today"


@pytest.mark.parametrize(
    "values", [{"seed": -1}, {"seed": 2**32}, {"until": float("nan")}, {"until": -5}, {"until": 1e9}]
)
def test_runs_that_cannot_be(values):
    with pytest.raises(BadTable):
        simulate(one_car(), **values)


def test_a_seed_from_numpy_is_a_seed():
    assert simulate(one_car(), seed=np.uint8(3)).fingerprint == simulate(one_car(), seed=3).fingerprint


@pytest.mark.parametrize("jitter", [-1.0, 3e6, float("nan")])
def test_jitter_has_bounds(jitter):
    with pytest.raises(BadTable, match="departure_jitter"):
        one_car(departure_jitter=jitter)


@pytest.mark.parametrize("trip_id", [1e20, 2**63, "x", None, -1])
def test_trip_ids_that_cannot_be(trip_id):
    with pytest.raises(BadTable, match="not a whole number"):
        Demand(trips("0", "1", [0.0]).assign(trip_id=pd.Series([trip_id], dtype=object)))


@pytest.mark.parametrize(
    "values",
    [{"every": 0}, {"every": float("inf")}, {"every": 0.0004}, {"start": 100, "end": 50}, {"start": float("nan")},
     {"every": 0.002, "end": 1e6}],
)  # fmt: skip
def test_intervals_that_cannot_be(values):
    with pytest.raises(BadTable, match="intervals of"):
        simulate(one_car()).intervals(**values)


def test_odd_intervals_lose_nothing():
    result = simulate(grid_town(4, 200))
    assert result.intervals(1 / 3).left.sum() == len(result.passages())
    with pytest.raises(BadTable):
        result.links(start=200, end=100)


def test_trips_that_were_not_yet_to_depart_do_not_count():
    """Ten at once where one goes every 10 s, ninety much later: at 500 s only the ten have a travel time."""
    town = chain({}, exits={"1": 0.1})
    few = simulate(Scenario(town, Demand(trips("0", "1", [0.0] * 10))), until=500.0)
    many = simulate(Scenario(town, Demand(trips("0", "1", [0.0] * 10 + [5000.0] * 90))), until=500.0)
    assert delay_index(many) == delay_index(few)
    assert mean_travel_time(many) == pytest.approx(50 + 45)


def test_when_a_run_ends_is_a_part_of_its_fingerprint():
    red = Signals(plan([(0.0, 1.0)], cycle=2000.0, offset=10.0).plans, plan([(0.0, 1.0)]).greens)
    short, long = (simulate(one_car(signals=red), until=until) for until in (200.0, 1900.0))
    assert (short.times == long.times).all()
    assert short.fingerprint != long.fingerprint


def test_names_that_run_together_are_told_apart():
    town = network([road("1", "ab", "c"), road("2", "a", "bc"), road("3", "c", "a"), road("4", "bc", "ab")])
    one, other = (Scenario(town, Demand(trips(a, b, [0.0]))) for a, b in (("ab", "c"), ("a", "bc")))
    assert one.fingerprint != other.fingerprint


def test_results_and_provenance_cannot_be_written_to():
    result = simulate(one_car(provenance={"file": "x"}))
    with pytest.raises(ValueError, match="read-only"):
        result.times[:] = 0
    with pytest.raises(TypeError):
        result.scenario.provenance["file"] = "y"


def test_habits_where_nothing_can_be_turned():
    alone = Scenario(chain({}), Demand(trips("0", "1", [0.0])))
    before = simulate(alone)
    assert simulate(alone, habits=before).fingerprint == before.fingerprint
    nobody = simulate(Scenario(chain({}), Demand(trips("0", "1", []))))
    assert simulate(alone, habits=nobody).fate_counts()["arrived"] == 1


def test_a_node_without_streets_is_a_dead_place_not_a_crash():
    town = chain({})
    lonely = gpd.GeoDataFrame(pd.concat([town.nodes, town.nodes.iloc[:1].assign(node_id="z")]), crs=town.nodes.crs)
    result = simulate(Scenario(Network(lonely, town.links), Demand(trips("z", "1", [0.0]))))
    assert result.trips()["reason"][0] == "no open way from node z to node 1"


def test_models_without_anything_to_model():
    with pytest.raises(BadTable, match="no trip is possible"):
        whole_trips(np.zeros((2, 2)), np.arange(500), seed=0)
    with pytest.raises(BadTable, match="none end"):
        gravity(np.ones(2), np.zeros(2), times=np.ones((2, 2)), decay=60.0)
