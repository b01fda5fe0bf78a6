"""A network as a graph: osmnx takes it, and read again it is the same network."""

from collections import Counter
from itertools import pairwise

import geopandas as gpd
import networkx as nx
import osmnx
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

import twin
from tests.osm.conftest import STREET
from tests.osm.graphs import SMALL, graph_of, same_roads
from tests.reference_data import reference
from twin.errors import BadTable
from twin.network import Network
from twin.osm import read, to_osmnx

LARGE = ["baltimore.osm.pbf", "campo-grande.osm.gz"]


@pytest.fixture(scope="module")
def helsinki():
    return read(reference("osm") / "Helsinki.osm.pbf").network


@pytest.mark.parametrize("name", [*SMALL, *(pytest.param(name, marks=pytest.mark.prove) for name in LARGE)])
def test_a_network_comes_back_as_it_was(name, tmp_path):
    there = read(reference("osm") / name).network
    graph = twin.to_osmnx(there)
    here = read(graph).network
    same_roads(there, here)
    # The capacity follows from a speed that was rounded to the mm/s in between.
    capacity = [network.links.set_index("link_id")["capacity"] for network in (there, here)]
    both = capacity[0].index.intersection(capacity[1].index)
    assert len(both) > 0.9 * len(capacity[0])
    assert capacity[1][both].to_numpy() == pytest.approx(capacity[0][both].to_numpy(), abs=5e-5)
    what = ["names", "lanes", "speeds"]
    known = [network.quality().coverage.set_index("what")["known"].loc[what].tolist() for network in (there, here)]
    # Where junctions were joined some ways get other numbers.
    assert known[0] == pytest.approx(known[1], abs=0.006)  # what was guessed is not taken for known
    osmnx.save_graphml(graph, tmp_path / "town.graphml")
    again = read(tmp_path / "town.graphml").network
    assert again.fingerprint == here.fingerprint
    pd.testing.assert_frame_equal(again.notes, here.notes)


def test_ways_that_come_twice_and_points_that_tell_links_apart_come_back(draw, crossing):
    nodes, ways = crossing
    nodes |= {6: (-150, 50), 7: (-200, 0), 8: (-150, -50), 9: (150, 40), 10: (150, -40), 11: (200, 0), 12: (300, 0)}
    ways |= {
        # A loop at node 2 that begins and ends on one way: in both directions it has way 60 first.
        60: ([8, 2, 6], STREET), 61: ([6, 7], STREET), 62: ([7, 8], STREET),
        # Two streets from node 3 to node 11 that begin on one way: nodes 9 and 10 tell them apart.
        63: ([10, 3, 9], STREET), 64: ([9, 11], STREET), 65: ([11, 10], STREET), 66: ([11, 12], STREET),
    }  # fmt: skip
    there = read(draw(nodes, ways)).network
    assert {"60:2-6-2", "60:2-8-2", "63:3-9-11", "63:3-10-11"} <= set(there.links["link_id"])
    same_roads(there, read(to_osmnx(there)).network)


def test_osmnx_takes_the_graph(helsinki, tmp_path):
    graph = to_osmnx(helsinki)
    osmnx.convert.validate_graph(graph)  # strict: types and attributes as osmnx has them
    nodes, edges = osmnx.graph_to_gdfs(graph)
    assert len(nodes) == len(helsinki.nodes)
    assert len(edges) == len(helsinki.links)
    osmnx.convert.validate_graph(osmnx.graph_from_gdfs(nodes, edges))
    assert edges.to_crs(edges.estimate_utm_crs()).length.sum() == pytest.approx(edges["length"].sum(), rel=0.001)
    kinds = {"capacity": float, "free_speed": float, "jam_density": float}
    osmnx.save_graphml(graph, tmp_path / "town.graphml")
    loaded = osmnx.load_graphml(tmp_path / "town.graphml", edge_dtypes=kinds)
    assert nx.utils.graphs_equal(nx.MultiDiGraph(loaded.edges(keys=True)), nx.MultiDiGraph(graph.edges(keys=True)))
    for *edge, told in graph.edges(keys=True, data=True):
        assert loaded.edges[edge] == told
    fast = osmnx.add_edge_travel_times(osmnx.add_edge_speeds(graph))
    times = {data["link_id"]: data["travel_time"] for *_, data in fast.edges(data=True)}
    free = helsinki.links.set_index("link_id")
    assert pd.Series(times).loc[free.index].to_numpy() == pytest.approx(
        (free["length"] / free["free_speed"]).to_numpy(), rel=0.001
    )


def test_shortest_paths_of_osmnx_are_as_long_as_ours(helsinki):
    graph = to_osmnx(helsinki)
    row = pd.Index(helsinki.nodes["node_id"])
    links = helsinki.links.sort_values("length").drop_duplicates(["from_node", "to_node"])
    ends = row.get_indexer(links["from_node"]), row.get_indexer(links["to_node"])
    far = dijkstra(coo_array((links["length"].to_numpy(), ends), shape=(len(row), len(row))).tocsr(), indices=0)
    for target in range(1, len(row), 10):
        path = osmnx.shortest_path(graph, int(row[0]), int(row[target]), weight="length")
        hops = [min(graph.get_edge_data(u, v).values(), key=lambda data: data["length"]) for u, v in pairwise(path)]
        assert sum(data["length"] for data in hops) == pytest.approx(far[target], abs=1e-6)


def test_streets_are_counted_at_each_node(village):
    graph = graph_of(village)
    counts = osmnx.stats.count_streets_per_node(graph)
    ours = nx.get_node_attributes(to_osmnx(read(village).network), "street_count")
    not_for_cars = Counter([5, 3, 2, 5])  # the ends of a footway and of a private road: in osmnx's graph, not in ours
    assert ours == {node: counts[node] - not_for_cars[node] for node in ours}
    assert ours[1] == 4


def test_lanes_and_direction_are_said_as_openstreetmap_does(draw, crossing):
    nodes, ways = crossing
    ways[20] = ([2, 1], {**STREET, "lanes": "3", "lanes:forward": "2", "name": "Elm"})
    ways[30] = ([3, 1], {**STREET, "oneway": "yes", "lanes": "2"})
    ways[31] = ([1, 6, 3], {**STREET, "oneway": "yes"})
    ways[32] = ([3, 7], STREET)
    graph = to_osmnx(read(draw({**nodes, 6: (50, 30), 7: (200, 0)}, ways)).network)
    edges = {data["link_id"]: data for *_, data in graph.edges(data=True)}
    elm, back = edges["20:2-1"], edges["20:1-2"]
    assert [elm[key] for key in ("osmid", "lanes", "name", "oneway")] == [20, "3", "Elm", False]
    assert {elm["reversed"], back["reversed"]} == {True, False}
    for key, lanes in ((True, "lanes:backward"), (False, "lanes:forward")):
        assert (elm if elm["reversed"] is key else back)[lanes] == ("2" if elm["reversed"] is key else "1")
    assert [edges["30:3-1"][key] for key in ("lanes", "oneway", "reversed")] == ["2", True, False]
    assert elm["guessed_speed"] == [20]
    assert "guessed_lanes" not in elm
    assert edges["31:1-3"]["guessed_lanes"] == [31]


def test_a_closed_link_is_closed_to_osmnx_too(village):
    town = twin.read_osm(village, total=10)
    closed = town.change(twin.Close("102:1-4")).network
    edges = {data["link_id"]: data for *_, data in to_osmnx(closed).edges(data=True)}
    assert edges["102:1-4"]["access"] == "no"
    assert "access" not in edges["102:4-1"]
    assert "102:1-4" not in set(read(to_osmnx(closed)).network.links["link_id"])


def plain(crs, ids):
    """Return a network of two nodes, as other people's files have them."""
    points = gpd.GeoSeries([shapely.Point(25.0, 60.0), shapely.Point(25.01, 60.0)], crs=crs)
    lines = gpd.GeoSeries([shapely.LineString(points.tolist()), shapely.LineString(points.tolist()[::-1])], crs=crs)
    common = {"length": 500.0, "lanes": 1, "free_speed": 10.0, "capacity": 0.5, "jam_density": 0.15}
    return Network(
        gpd.GeoDataFrame({"node_id": ids}, geometry=points),
        gpd.GeoDataFrame(
            {"link_id": ["a", "b"], "from_node": ids, "to_node": ids[::-1], **{k: [v, v] for k, v in common.items()}},
            geometry=lines,
        ),
    )


def test_a_network_of_other_origin():
    graph = to_osmnx(plain("EPSG:4326", ["north", "south"]))
    osmnx.convert.validate_graph(graph)
    assert dict(graph.nodes(data="node_id")) == {1: "north", 2: "south"}
    assert {data["osmid"] for *_, data in graph.edges(data=True)} == {-1, -2}
    assert "attribution" not in graph.graph
    with pytest.raises(BadTable, match=r"not on the globe: give .* a crs"):
        to_osmnx(plain(None, ["1", "2"]))
