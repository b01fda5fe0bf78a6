"""TNTP: a network written by hand, files that cannot be, and Sioux Falls against its published equilibrium."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq

from tests.formats.equilibrium import roads_of, routes, static_equilibrium
from tests.reference_data import reference
from twin.draws import below
from twin.errors import BadSource
from twin.formats import tntp
from twin.formats.routes import habits_from_links
from twin.formats.tntp import read_net, read_tntp, read_trips
from twin.measures import delay_index, mean_travel_time
from twin.osm import graph
from twin.routing import fastest, ways
from twin.simulate import simulate

NET = """<NUMBER OF ZONES> 2
<NUMBER OF NODES> 4
<FIRST THRU NODE> 3
<NUMBER OF LINKS> 5
<END OF METADATA>

~ init term capacity length time b power speed toll type ;
 1 3 999999 0 0 0 4 0 0 9 ;
 3 1 999999 0 0 0 4 0 0 9 ;
 3 4 3600 2 4 0.15 4 0 0 1 ;
 3 4 900 3 2 0.15 4 0 0 1 ;
 4 2 1800 1 0 0.15 4 0 0 2 ;
"""

TRIPS = """<NUMBER OF ZONES> 2
<TOTAL OD FLOW> 17.0
<END OF METADATA>

Origin  1
    1 :    5.0;     2 :   10.5;
Origin  2
    1 :    1.5;
"""

NODES = "Node X Y ;\n1 24.9 60.1 ;\n2 25.0 60.1 ;\n3 24.92 60.1 ;\n4 24.98 60.1 ;\n"

SHORT = NET.replace("<FIRST THRU NODE> 3", "<FIRST THRU NODE> 1")


@pytest.fixture
def written(tmp_path):
    """Return a function that writes the three files and returns their paths."""

    def write(net=NET, trips=TRIPS, nodes=NODES):
        paths = tmp_path / "town_net.tntp", tmp_path / "town_trips.tntp", tmp_path / "town_node.tntp"
        for path, text in zip(paths, (net, trips, nodes), strict=True):
            path.write_text(text, encoding="utf-8")
        return paths

    return write


def read(paths, **more):
    return read_tntp(*paths, **{"length_unit": 1000.0, "time_unit": 60.0, **more})


def test_capacities_become_lanes_that_carry_as_much(written):
    links = read(written()).network.links.set_index("link_id")
    assert links.index.tolist() == ["1-3", "3-1", "3-4", "3-4-2", "4-2"]
    slow = tntp.WAVE_SPEED * tntp.JAM_DENSITY * (2000 / 240) / (2000 / 240 + tntp.WAVE_SPEED)  # .469 < .5
    assert links["lanes"].to_dict() == {"1-3": 556, "3-1": 556, "3-4": np.ceil(1 / slow), "3-4-2": 1, "4-2": 1}
    assert (links["lanes"] * links["capacity"]).loc["3-4":].to_numpy() == pytest.approx([1.0, 0.25, 0.5], abs=1e-5)
    assert set(links["jam_density"]) == {tntp.JAM_DENSITY}
    assert links["road_class"].to_dict() == {"1-3": "9", "3-1": "9", "3-4": "1", "3-4-2": "1", "4-2": "2"}


def test_a_lane_is_that_of_the_streets_from_openstreetmap():
    assert (tntp.JAM_DENSITY, tntp.WAVE_SPEED, tntp.SATURATION) == (
        graph.JAM_DENSITY, graph.WAVE_SPEED, graph.SATURATION
    )  # fmt: skip


def test_lengths_and_times_have_the_units_that_are_said(written):
    links = read(written(), length_unit=0.3048, time_unit=3.0).network.links.set_index("link_id")
    assert links["length"].to_dict() == pytest.approx(
        {"1-3": tntp.SHORTEST, "3-1": tntp.SHORTEST, "3-4": 0.61, "3-4-2": 0.914, "4-2": 0.305}
    )
    assert links["free_speed"].to_dict() == pytest.approx(
        {"1-3": 13.889, "3-1": 13.889, "3-4": 0.051, "3-4-2": 0.152, "4-2": 13.889}
    )


def test_a_link_without_length_gets_it_from_its_time(written):
    network = read(written(NET.replace("1 3 999999 0 0", "1 3 999999 0 1"))).network
    assert network.links["length"].iloc[0] == pytest.approx(60 * tntp.CONNECTOR_SPEED, abs=1e-3)
    assert network.notes["subject"].tolist() == ["link:1-3", "link:3-1", "link:4-2"]


def test_a_longer_period_means_less_capacity_and_later_departures(written):
    hour, day = (read(written(), period=period, start=100.0) for period in (3600.0, 36000.0))
    flow = [scenario.network.links.eval("lanes * capacity").loc[2:].to_numpy() for scenario in (hour, day)]
    assert flow[0] == pytest.approx(10 * flow[1], rel=1e-4)
    last = [scenario.demand.trips["departure"].max() - 100.0 for scenario in (hour, day)]
    assert last[1] == pytest.approx(10 * last[0], abs=0.02)
    assert hour.demand.trips["departure"].min() >= 100.0


def test_nobody_passes_through_a_centroid(written):
    """From 3 one may turn to 1 only to end there; where all nodes are through nodes, 1 is a place to turn round."""
    assert set(read(written()).network.turns["in_link"]) == {"1-3", "3-4", "3-4-2"}
    assert ("3-1", "1-3") in read(written(SHORT)).network.turn_index


def test_nodes_lie_where_they_are_said_to_be_or_on_a_circle(written):
    paths = written()
    there = read(paths).network
    assert there.nodes.geometry.x.tolist() == [24.9, 25.0, 24.92, 24.98]
    assert there.links.geometry.iloc[2].coords[:] == [(24.92, 60.1), (24.98, 60.1)]
    bare = read(paths[:2]).network
    assert set(bare.notes["kind"]) == {"place", "guessed length"}
    assert np.hypot(bare.nodes.geometry.x, bare.nodes.geometry.y).to_numpy() == pytest.approx(0.01)


def test_trips_are_whole_and_evenly_spread(written):
    trips = read(written(), scale=10.0).demand.trips
    assert trips.groupby(["origin", "destination"]).size().to_dict() == {("1", "2"): 105, ("2", "1"): 15}
    assert trips["departure"].is_monotonic_increasing
    for _, pair in trips.groupby("origin"):
        gaps = pair["departure"].diff().dropna()
        assert gaps.to_numpy() == pytest.approx(3600 / len(pair), abs=0.0011)
    assert trips["departure"].between(0, 3600, inclusive="left").all()


def test_trips_are_rounded_up_as_often_as_they_must(written):
    """10.5 and 1.5 trips make 12; the half goes to either pair, by the seed."""
    table = read_trips(written()[1])
    drawn = [tntp._departing(table, 1.0, period=3600.0, start=0.0, seed=seed) for seed in range(400)]
    counts = [trips.groupby("origin").size().tolist() for trips in drawn]
    assert {tuple(count) for count in counts} == {(10, 2), (11, 1)}
    assert np.mean([first for first, _ in counts]) == pytest.approx(10.5, abs=4 * 0.5 / 20)


def test_a_scenario_says_where_it_comes_from(written):
    scenario = read(written())
    assert (scenario.name, scenario.labels) == ("town", ("synthetic_demand",))
    assert scenario.provenance["file"] == "town_net.tntp, town_trips.tntp, town_node.tntp"
    assert read(written(), name="x").name == "x"


def test_who_has_no_way_is_refused(written):
    assert simulate(read(written())).fate_counts()["refused"] in (1, 2)  # 2 to 1: one way only


# Files that cannot be


@pytest.mark.parametrize(
    ("net", "told"),
    [
        ("", r"town_net\.tntp' is empty: download it again, or give a network in TNTP format"),
        ("<NUMBER OF LINKS> 5\n", r"has no line <END OF METADATA>: give a network"),
        (NET[: NET.index(" 1 3")], r"town_net\.tntp' has no links"),
        (NET.replace("LINKS> 5", "LINKS> 6"), r"has 5 links, but NUMBER OF LINKS = 6: it may be cut short"),
        (NET.replace("LINKS> 5", "LINKS> many"), r"<NUMBER OF LINKS> many is not a number"),
        (NET.replace("3600 2", "3600 two"), r"line 10: '3 4 3600 two .*' does not begin with 10 numbers: correct"),
        (NET.replace("3600 2 4 0.15 4 0 0 1", "3600 2 4"), r"line 10: .* does not begin with 10 numbers"),
        (NET.replace("3 4 3600", "3 4.5 3600"), r"link 3 to 4\.5: term_node = 4\.5 is not a whole number"),
        (NET.replace("3 4 3600", "3 4 -3600"), r"link 3 to 4: capacity = -3600 must be 0 or more"),
        (NET.replace("3 4 3600", "3 4 0"), r"_net\.tntp': table links, link_id '3-4': capacity = 0.0 must be above 0"),
    ],
)  # fmt: skip
def test_networks_that_cannot_be(written, net, told):
    with pytest.raises(BadSource, match=told):
        read(written(net))


@pytest.mark.parametrize(
    ("trips", "told"),
    [
        (TRIPS.replace("2 :", "7 :"), r"town_trips\.tntp': table trips, trip_id \d+: destination '7' is not a node"),
        (TRIPS.replace("10.5", "-10.5"), r"line 6: '2 :   -10\.5' is not 'destination : trips' below a line 'Origin"),
        (TRIPS.replace("10.5", "many"), r"line 6: '2 :   many' is not 'destination : trips'"),
        (TRIPS.replace("2 :", "two :"), r"line 6: 'two' is not the number of a zone"),
        (TRIPS.replace("Origin  1", "Origin  one"), r"line 5: 'one' is not the number of a zone"),
        (TRIPS.replace("Origin  1", ""), r"line 6: '1 :    5\.0' is not 'destination : trips' below a line"),
        (TRIPS[: TRIPS.index("Origin  2")], None),
        (TRIPS[: TRIPS.index("    1 :")], r"has 0 trips, but TOTAL OD FLOW = 17: it may be cut short"),
    ],
)
def test_trip_tables_that_cannot_be(written, trips, told):
    with pytest.raises(BadSource, match=told or "has 15.5 trips, but TOTAL OD FLOW = 17"):
        read(written(trips=trips))


@pytest.mark.parametrize(
    ("nodes", "told"),
    [
        (NODES.replace("\n3 ", "\n5 "), r"town_node\.tntp' has no node 3: add it, or leave the node file out"),
        (NODES.replace("60.1 ;\n3", "60100 ;\n3"), r"node 2 at 25, 60100 is not in degrees .* \(crs=\"EPSG:\.\.\.\"\)"),
        (NODES.replace("25.0", "east"), r"line 3: '2 east .*' does not begin with 3 numbers"),
    ],
)
def test_nodes_that_cannot_be(written, nodes, told):
    with pytest.raises(BadSource, match=told):
        read(written(nodes=nodes))


@pytest.mark.parametrize("number", ["length_unit", "time_unit", "scale", "period"])
def test_factors_are_above_0(written, number):
    with pytest.raises(BadSource, match=f"{number} = 0 must be above 0"):
        read(written(), **{number: 0})


# The networks of the reference data


def files(folder, name, *, nodes=True):
    return tuple(folder / f"{name}_{part}.tntp" for part in ("net", "trips", "node")[: 2 + nodes])


def test_anaheim_drives_as_fast_as_its_file_says():
    paths = files(reference("tntp") / "Anaheim", "Anaheim", nodes=False)
    scenario = read_tntp(*paths, length_unit=0.3048, time_unit=60.0)
    assert (len(scenario.network.links), len(scenario.network.nodes)) == (914, 416)
    assert len(scenario.demand.trips) in (104_694, 104_695)
    table = read_net(paths[0]).links
    row = scenario.network.link_rows(table["init_node"].astype(str) + "-" + table["term_node"].astype(str))
    assert scenario.network.free_time[row] == pytest.approx(table["free_flow_time"] * 60_000, rel=1e-4, abs=1)
    per_hour = scenario.network.links.eval("lanes * capacity * 3600").to_numpy()[row]
    assert per_hour == pytest.approx(table["capacity"].to_numpy(), rel=1e-5)
    _, time = fastest(ways(scenario.network), scenario.trip_ends)
    assert time.max() < 3_600_000  # every pair of zones has a way that passes through no other zone


def test_berlin_has_connectors_and_everybody_arrives():
    paths = files(reference("tntp") / "Berlin-Mitte-Center", "berlin-mitte-center")
    scenario = read_tntp(*paths, length_unit=1.0, time_unit=1.0)
    assert (len(scenario.network.links), len(scenario.demand.trips)) == (871, 11_482)
    assert (scenario.network.notes["kind"] == "guessed length").sum() == 288
    assert simulate(scenario).fate_counts()["arrived"] == 11_482


@pytest.fixture(scope="module")
def sioux_falls():
    """Return the paths, roads and trips [veh/h], shape (24, 24), of Sioux Falls."""
    paths = files(reference("tntp") / "SiouxFalls", "SiouxFalls")
    table = read_trips(paths[1])
    demand = np.zeros((24, 24))
    demand[table["origin"] - 1, table["destination"] - 1] = table["trips"]
    return paths, roads_of(read_net(paths[0]).links), demand


def test_the_judge_finds_the_published_equilibrium(sioux_falls):
    paths, roads, demand = sioux_falls
    known = pd.read_csv(Path(paths[0]).with_name("SiouxFalls_flow.tntp"), sep=r"\s+").set_index(["From", "To"])[
        "Volume"
    ]
    found = static_equilibrium(roads, demand)
    assert found.gap <= 1e-4
    assert roads.objective(found.flow) == pytest.approx(42.31335287107440e5, rel=1e-3)
    assert found.flow == pytest.approx(known.loc[list(zip(roads.tail + 1, roads.head + 1, strict=True))], rel=0.01)


def test_sioux_falls_runs_end_to_end(sioux_falls):
    """The busiest link of the static equilibrium is filled to .9, so on its routes hardly anybody waits.

    Flows are those of the static equilibrium but for drawing whole vehicles; a mean delay stays below a fiftieth.
    """
    paths, roads, demand = sioux_falls

    def fullest(scale):
        return (static_equilibrium(roads, demand * scale).flow / roads.capacity).max()

    scale = brentq(lambda scale: fullest(scale) - 0.9, 0.1, 0.3, xtol=1e-4)
    wanted = static_equilibrium(roads, demand * scale)
    scenario = read_tntp(*paths, length_unit=1000.0, time_unit=60.0, scale=scale)
    trips = scenario.demand.trips
    draws = below(0, np.arange(len(trips) * 24), purpose="way", limit=2**30).reshape(-1, 24) / 2**30
    names = [f"{tail + 1}-{head + 1}" for tail, head in zip(roads.tail, roads.head, strict=True)]
    ends = trips[["origin", "destination"]].astype(int).to_numpy() - 1
    driven = routes(roads, wanted.by_origin, ends, names, draws)
    habits = habits_from_links(scenario, dict(zip(trips["trip_id"].tolist(), driven, strict=True)))
    result = simulate(scenario, habits=habits)
    assert result.fate_counts()["arrived"] == len(trips) == pytest.approx(demand.sum() * scale, abs=1)
    vehicles = result.links().set_index("link_id")["vehicles"].loc[names].to_numpy()
    assert np.abs(vehicles - wanted.flow).sum() < 0.01 * wanted.flow.sum()
    assert (vehicles / roads.capacity).max() == pytest.approx(0.9, abs=0.01)
    assert 1.0 <= delay_index(result) < 1.02
    free = (roads.free @ wanted.flow) * 60 / (demand.sum() * scale)
    assert mean_travel_time(result) == pytest.approx(free, rel=0.02)


def test_sioux_falls_on_the_fastest_ways_arrives_too(sioux_falls):
    """Nobody avoids a queue here: the busiest link is fuller than at equilibrium, but not over its capacity."""
    paths, _, demand = sioux_falls
    result = simulate(read_tntp(*paths, length_unit=1000.0, time_unit=60.0, scale=0.159))
    assert result.fate_counts()["arrived"] == pytest.approx(demand.sum() * 0.159, abs=1)
    assert 1.0 < delay_index(result) < 1.1
