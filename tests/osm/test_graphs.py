"""Graphs of osmnx are read as the file is from which osmnx made them; of several values one is taken, and said."""

import json
import random

import networkx as nx
import numpy as np
import osmnx
import pandas as pd
import pytest
import shapely

import twin
from tests.osm.conftest import STREET
from tests.osm.graphs import KEPT, SMALL, chain, graph_of, same_roads, same_town, streets_of
from tests.reference_data import reference
from twin.__main__ import main
from twin.errors import BadSource
from twin.osm import read

# What osmnx makes


def test_a_graph_has_the_roads_signals_and_signs_of_its_file(village):
    there, here = read(village), read(graph_of(village, simplify=False))
    same_roads(there.network, here.network, [*KEPT, "capacity"])
    assert there.network.fingerprint == here.network.fingerprint
    pd.testing.assert_frame_equal(there.signal_hints, here.signal_hints)
    pd.testing.assert_frame_equal(there.signs, here.signs)
    assert len(there.signal_hints) == 1
    assert {"ring", "stop"} <= set(there.signs["sign"])
    lacking = here.network.notes["kind"] == "not in the graph"
    assert lacking.sum() == 4  # turn restrictions, buildings, water and green, turn:lanes
    pd.testing.assert_frame_equal(here.network.notes[~lacking].reset_index(drop=True), there.network.notes)


def test_a_simplified_graph_has_the_roads_of_its_file_but_not_the_lights_between_junctions(village):
    there, here = read(village).network, read(graph_of(village)).network
    assert here.nodes["node_id"].tolist() == there.nodes["node_id"].tolist()
    assert here.shape_fingerprint == there.shape_fingerprint
    assert here.links["length"].tolist() == there.links["length"].tolist()
    assert here.links["geometry"].to_wkb().equals(there.links["geometry"].to_wkb())
    assert any("signals and signs between junctions" in said for said in here.notes["detail"])


@pytest.mark.parametrize("crs", [None, "epsg:3067", "epsg:3857", "epsg:4258"])
@pytest.mark.parametrize("simplify", [False, True])
def test_a_projected_graph_is_the_same_town(village, simplify, crs):
    graph = graph_of(village, simplify=simplify)
    moved = osmnx.project_graph(graph, to_crs=crs)
    same_town(read(graph), read(moved))
    assert read(graph).source == read(moved).source


@pytest.mark.parametrize("simplify", [False, True])
def test_a_graphml_file_is_the_same_town(village, tmp_path, simplify):
    graph = osmnx.project_graph(graph_of(village, simplify=simplify))
    osmnx.save_graphml(graph, tmp_path / "village.graphml")
    there, here = read(graph), read(tmp_path / "village.graphml")
    same_town(there, here)
    assert here.source["file"] == "village.graphml"
    assert here.source["graph"] == there.source["graph"]
    same_town(there, read(osmnx.load_graphml(tmp_path / "village.graphml")))
    same_town(there, read(nx.read_graphml(tmp_path / "village.graphml", force_multigraph=True)))


def test_a_graph_says_where_it_comes_from(village):
    source = read(graph_of(village)).source
    assert source["file"] == "osmnx graph"
    assert source["graph"].startswith(f"OSMnx {osmnx.__version__} 20")
    assert source["attribution"] == "© OpenStreetMap contributors"
    assert "turn restrictions; buildings; " in source["lacks"]
    assert len(source["sha256"]) == 64
    graph = graph_of(village)
    before = read(graph).source["sha256"]
    graph.edges[1, 4, 0]["maxspeed"] = "20"
    assert read(graph).source["sha256"] != before


def test_the_order_of_nodes_and_edges_does_not_matter(village):
    graph = graph_of(village)
    turned = nx.MultiDiGraph(**graph.graph)
    nodes, edges = list(graph.nodes(data=True)), list(graph.edges(keys=True, data=True))
    random.Random(1).shuffle(nodes)  # noqa: S311 - the same order every time
    random.Random(2).shuffle(edges)  # noqa: S311
    turned.add_nodes_from(nodes)
    turned.add_edges_from(edges)
    same_town(read(graph), read(turned))
    assert read(graph).source["sha256"] == read(turned).source["sha256"]


def test_reading_leaves_the_graph_as_it_is(village):
    graph = graph_of(village)
    before = nx.MultiDiGraph(graph)
    read(graph)
    assert nx.utils.graphs_equal(graph, before)


def test_a_graph_of_one_way_edges_keeps_the_tags_of_its_ways(village, monkeypatch):
    monkeypatch.setattr(osmnx.settings, "all_oneway", True)
    same_roads(read(village).network, read(graph_of(village, simplify=False)).network)


def test_more_tags_are_read_where_osmnx_was_told_to_keep_them(draw, crossing, monkeypatch):
    nodes, ways = crossing
    ways[20] = ([2, 1], {**STREET, "lanes": "3", "lanes:forward": "2", "turn:lanes:forward": "left|through;right"})
    ways[50] = ([1, 5], {**STREET, "lanes": "3", "lanes:backward": "2", "turn:lanes:backward": "left;through|right"})
    path = draw(nodes, ways)
    without = read(graph_of(path)).network
    keys = ["lanes:forward", "lanes:backward", "turn:lanes:forward", "turn:lanes:backward"]
    monkeypatch.setattr(osmnx.settings, "useful_tags_way", [*osmnx.settings.useful_tags_way, *keys])
    there = read(path).network
    for simplify in (False, True):
        here = read(graph_of(path, simplify=simplify)).network
        assert here.fingerprint == there.fingerprint
        assert not here.notes["detail"].str.startswith("turn:lanes").any()
    assert len(without.lane_groups) < len(there.lane_groups)
    assert without.notes["detail"].str.startswith("turn:lanes").any()


def test_an_edge_that_was_removed_cannot_be_driven(village):
    graph = graph_of(village, simplify=False)
    graph.remove_edge(3, 7)
    graph.remove_edge(7, 6)
    links = set(read(graph).network.links["link_id"])
    assert "106:6-3" in links
    assert "106:3-6" not in links


def test_each_direction_has_the_tags_of_its_own_edge(village):
    graph = graph_of(village)
    graph.edges[1, 4, 0].update(maxspeed="20", lanes="4")
    for *edge, way in graph.edges(keys=True, data="osmid"):
        if way == 106 and edge[0] == 6:
            graph.edges[edge]["access"] = "no"
    links = read(graph).network.links.set_index("link_id")
    assert links["free_speed"].loc[["102:1-4", "102:4-1"]].tolist() == [5.556, 8.333]
    assert links["lanes"].loc[["102:1-4", "102:4-1"]].tolist() == [2, 1]
    assert "106:3-6" in links.index
    assert "106:6-3" not in links.index


@pytest.mark.parametrize("simplify", [False, True])
def test_one_drives_on_the_side_on_which_roundabouts_turn(village, simplify):
    assert not read(graph_of(village, simplify=simplify)).left_hand
    ring = "<nd ref='21'/><nd ref='22'/><nd ref='23'/>"
    turned = village.read_text(encoding="utf-8").replace(ring, "<nd ref='23'/><nd ref='22'/><nd ref='21'/>")
    village.write_text(turned, encoding="utf-8")
    assert read(graph_of(village, simplify=simplify)).left_hand


def test_junctions_that_osmnx_joined_are_read(village):
    graph = osmnx.consolidate_intersections(osmnx.project_graph(graph_of(village)), tolerance=30, dead_ends=True)
    network = read(graph).network
    numbers = {str(node) for node in graph.nodes}
    assert set(network.nodes["node_id"]) <= numbers
    assert len(network.links) > 10


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in {SMALL[1], SMALL[3]} else pytest.mark.prove) for name in SMALL]
)
def test_towns_are_as_long_as_their_graphs(name, tmp_path):
    path = streets_of(reference("osm") / name, tmp_path)
    there = read(path).network
    for simplify in (False, True):
        here = read(graph_of(path, simplify=simplify)).network
        # To the mm: osmnx's own lengths, on a sphere, are not used.
        assert here.links["length"].sum() == pytest.approx(there.links["length"].sum(), abs=0.001)
        assert here.nodes["node_id"].tolist() == there.nodes["node_id"].tolist()
        assert len(here.links) == len(there.links)
        # Ids differ where a simplified edge has several ways, since osmnx does not tell which comes first, and where
        # they name a node between that is gone.
        sure = there.links["osm_ways"].map(len).eq(1) & there.links["link_id"].str.count("-").eq(1)
        ours = there.links["link_id"][sure] if simplify else there.links["link_id"]
        assert set(ours) <= set(here.links["link_id"])


@pytest.mark.prove
@pytest.mark.parametrize("simplify", [False, True])
def test_a_whole_file_is_as_long_as_its_graph(simplify):
    # statecollege.osm is whole, so that osmnx reads it as it is: footways, service roads and outlines of buildings too.
    path = reference("osm") / "statecollege.osm"
    there, here = read(path).network, read(graph_of(path, simplify=simplify)).network
    # The file has a box, so that it has three more junctions where that cuts roads; lengths are rounded at each.
    assert len(there.nodes) - len(here.nodes) == 3
    assert here.links["length"].sum() == pytest.approx(there.links["length"].sum(), abs=0.003)


# What several values mean


@pytest.mark.parametrize(
    ("tags", "column", "value"),
    [
        ({"highway": ["residential", "tertiary"]}, "road_class", "tertiary"),
        ({"lanes": ["10", "4", "junk"]}, "lanes", 2),
        ({"maxspeed": ["50", "20 mph", "none"]}, "free_speed", 8.941),
        ({"name": ["B", "A"]}, "name", "A"),
        ({"name": "['B', 'A']"}, "name", "A"),  # as GraphML has lists
        ({"name": "[Not a list"}, "name", "[Not a list"),
        ({"lanes": 4}, "lanes", 2),
        ({"lanes": 4.0}, "lanes", 2),
        ({"lanes": np.float64("nan")}, "lanes", 1),
        ({"lanes": -3}, "lanes", 1),
        ({"maxspeed": None, "tunnel": ["yes", "no"], "our_column": object()}, "free_speed", 8.333),
    ],
)
def test_of_several_values_the_narrowest_is_taken(tags, column, value):
    network = read(chain(**tags)).network
    assert network.links[column].tolist() == [value, value]
    said = network.notes.loc[network.notes["kind"] == "several values", "detail"].tolist()
    lists = [key for key in tags if isinstance(tags[key], list) or str(tags[key]).endswith("]")]
    assert [text.split(" =")[0] for text in said] == [
        key for key in lists if key in {"highway", "lanes", "maxspeed", "name"}
    ]


def test_a_number_of_lanes_that_cannot_be_is_noted_as_in_a_file():
    notes = read(chain(lanes="-3")).network.notes
    assert ["not understood", "way:7", "lanes=-3 is not a number of lanes"] in notes.to_numpy().tolist()


@pytest.mark.parametrize("tags", [{"highway": ["residential", "footway"]}, {"access": ["yes", "private"]}])
def test_where_a_part_carries_no_cars_nothing_drives_through(tags):
    with pytest.raises(BadSource, match="the graph has no roads for cars"):
        read(chain(**tags))
    graph = chain(**tags)
    graph.add_edge(1, 2, osmid=8, highway="primary")
    graph.add_edge(2, 1, osmid=8, highway="primary")
    notes = read(graph).network.notes
    assert notes.loc[notes["kind"] == "left out", "subject"].tolist() == ["way:7"]


def test_a_street_of_several_ways_has_them_all():
    network = read(chain(osmid=[9, 7])).network
    assert network.links["link_id"].tolist() == ["7:1-2", "9:2-1"]
    assert network.links["osm_ways"].tolist() == [(7, 9), (9, 7)]
    assert "osmid = 7, 9" in " ".join(network.notes["detail"])


def test_streets_above_each_other_do_not_meet():
    graph = chain()
    graph.add_node(3, x=25.005, y=60.002)
    graph.add_node(4, x=25.005, y=60.0)
    line = shapely.LineString([(25.005, 60.002), (25.005, 60.001), (25.005, 60.0)])
    for ends, shape, against in (((3, 4), line, False), ((4, 3), line.reverse(), True)):
        graph.add_edge(*ends, osmid=8, highway="residential", geometry=shape, reversed=against)
    for ends, against in (((1, 4), False), ((4, 1), True)):
        graph.add_edge(*ends, osmid=9, highway="residential", reversed=against)
    network = read(graph).network
    assert network.nodes["node_id"].tolist() == ["2", "3"]  # one street: 2, 1, 4, 3
    assert len(network.links) == 2


def test_a_line_that_runs_the_other_way_is_turned():
    graph = chain()
    line = graph.edges[1, 2, 0]["geometry"]
    graph.edges[1, 2, 0]["geometry"] = line.reverse()
    same_town(read(chain()), read(graph))


# The front doors


def test_a_graph_becomes_a_living_town(village, tmp_path, capsys):
    graph = graph_of(village, simplify=False)
    town = twin.read_osm(graph, total=50)
    assert town.name == "osmnx graph"
    assert town.provenance["lacks"].startswith("turn restrictions")
    assert twin.simulate(town).fate_counts()["arrived"] == 50
    osmnx.save_graphml(graph, tmp_path / "area.graphml")
    assert (
        main(["import", str(tmp_path / "area.graphml"), "--out", str(tmp_path / "town"), "--trips", "50", "--json"])
        == 0
    )
    kept = json.loads(capsys.readouterr().out)
    assert kept["name"] == "area"
    assert kept["provenance"]["file"] == "area.graphml"
    assert twin.read_town(tmp_path / "town").network.fingerprint == town.network.fingerprint
