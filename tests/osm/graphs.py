"""Graphs: what osmnx makes of files, and how networks are compared with what came of them."""

from __future__ import annotations

import networkx as nx
import osmium
import osmnx
import pandas as pd
import shapely

from twin.osm.scan import scan

SMALL = ["Helsinki.osm.pbf", "finnish-suburb.osm.pbf", "krems.osm.gz", "statecollege.osm", "monaco.osm.gz"]
KEPT = ["link_id", "from_node", "to_node", "length", "lanes", "free_speed", "road_class", "name", "osm_ways"]
"""Columns of links that come back through a graph as they were."""


def graph_of(path, **options):
    return osmnx.graph_from_xml(path, **{"retain_all": True, **options})


def same_roads(there, here, columns=KEPT):
    """Assert that two networks have the same nodes and links, lengths to the mm.

    At junctions that were joined, where a link does not reach its node, it is one between the same nodes.
    """
    notes = there.notes[there.notes["kind"] == "joined junction"]
    wide = set(notes["subject"].str.removeprefix("node:"))
    tables = [
        network.links[~network.links[["from_node", "to_node"]].isin(wide).any(axis=1)] for network in (there, here)
    ]
    for table in tables:
        assert (table["length"] * 1000 % 1).round(3).isin([0.0, 1.0]).all()
    own, other = (pd.DataFrame(table[columns]).reset_index(drop=True) for table in tables)
    pd.testing.assert_frame_equal(own, other)
    assert tables[0].geometry.to_wkb().tolist() == tables[1].geometry.to_wkb().tolist()
    ends = [sorted(network.links[["from_node", "to_node"]].to_numpy().tolist()) for network in (there, here)]
    assert ends[0] == ends[1]
    assert there.nodes.geometry.to_wkb().equals(here.nodes.geometry.to_wkb())
    assert there.nodes["node_id"].tolist() == here.nodes["node_id"].tolist()


def same_town(there, here):
    """Assert that two extracts have the same tables, bit by bit."""
    assert there.network.fingerprint == here.network.fingerprint
    pd.testing.assert_frame_equal(there.network.links, here.network.links)
    pd.testing.assert_frame_equal(there.network.notes, here.network.notes)
    pd.testing.assert_frame_equal(there.signal_hints, here.signal_hints)
    pd.testing.assert_frame_equal(there.signs, here.signs)


def streets_of(path, folder):
    """Write the drivable ways of a file, cut where their nodes end, as XML that osmnx can read."""
    data = scan(path)
    posts = {**data.lights, **data.signs}
    target = folder / "streets.osm"
    with osmium.SimpleWriter(str(target)) as writer:
        for node in sorted({ref for way, _ in data.roads for ref in way.refs if ref in data.coords}):
            tags = posts.get(node, {})
            writer.add_node(osmium.osm.mutable.Node(id=node, location=data.coords[node], tags=tags, version=1))
        for way, _ in data.roads:
            refs = [ref for ref in way.refs if ref in data.coords]
            writer.add_way(osmium.osm.mutable.Way(id=way.way_id, nodes=refs, tags=way.tags, version=1))
    return target


def chain(**tags):
    """Return a graph of one street from 1 to 2 and back, whose edges have these attributes."""
    graph = nx.MultiDiGraph(crs="epsg:4326", simplified=True)
    graph.add_node(1, x=25.0, y=60.0)
    graph.add_node(2, x=25.01, y=60.0)
    line = shapely.LineString([(25.0, 60.0), (25.005, 60.001), (25.01, 60.0)])
    common = {"osmid": 7, "highway": "residential", "oneway": False, "length": 1.0, **tags}
    graph.add_edge(1, 2, reversed=False, geometry=line, **common)
    graph.add_edge(2, 1, reversed=True, geometry=line.reverse(), **common)
    return graph
