"""Graphs and GraphML files that are spoilt are refused in our own words, and nothing outside of them is read."""

import random
import zipfile

import networkx as nx
import osmnx
import pytest
import shapely

from tests.osm.graphs import chain, graph_of
from twin.errors import BadSource, TownError
from twin.osm import read

# Graphs


def spoilt(change):
    graph = chain()
    change(graph)
    return graph


def set_edge(**attributes):
    return lambda graph: graph.edges[1, 2, 0].update(attributes)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda graph: graph.clear(), "has no nodes"),
        (lambda graph: graph.clear_edges(), "has no roads for cars"),
        (lambda graph: graph.graph.pop("crs"), "has no crs: .*graph.graph"),
        (lambda graph: graph.graph.update(crs="epsg:99999"), "crs = 'epsg:99999'"),
        (lambda graph: graph.graph.update(crs=object()), "crs = <object"),
        (lambda graph: graph.nodes[2].pop("x"), "node 2 has no x"),
        (lambda graph: graph.nodes[1].update(y="north"), "node 1 has y = 'north'"),
        (lambda graph: graph.nodes[1].update(y=None), "node 1 has y = None"),
        (lambda graph: graph.nodes[1].update(y=float("nan")), "node 1 is nowhere on the globe"),
        (lambda graph: graph.nodes[2].update(x=2_776_000.0), r"node 2 is nowhere on the globe \(x = 2776000.0"),
        (lambda graph: graph.add_edge(1, 99, osmid=5, highway="residential"), "node 99 has no x"),
        (lambda graph: graph.add_node("Plaza", x=25.0, y=60.0), "node 'Plaza' is not numbered"),
        (lambda graph: graph.add_node(2**80, x=25.0, y=60.0), "node 1208925819614629174706176 is not numbered"),
        (lambda graph: graph.edges[1, 2, 0].pop("osmid"), r"edge \(1, 2, 0\) has no osmid"),
        (set_edge(osmid=[]), r"edge \(1, 2, 0\) has no osmid"),
        (set_edge(osmid="Elm"), r"edge \(1, 2, 0\), osmid 'Elm' is not numbered"),
        (set_edge(osmid=[7, None]), r"edge \(1, 2, 0\), osmid None"),
        (set_edge(geometry="LINESTRING (1 2"), r"edge \(1, 2, 0\) has geometry = 'LINESTRING"),
        (set_edge(geometry=shapely.Point(25, 60)), r"edge \(1, 2, 0\) has geometry = <POINT"),
        (set_edge(geometry=7), r"edge \(1, 2, 0\) has geometry = 7"),
        (set_edge(geometry=shapely.LineString()), r"edge \(1, 2, 0\) has a geometry that does not lead from node 1"),
        (set_edge(geometry=shapely.LineString([(25.0, 60.0), (25.02, 60.0)])), "does not lead from node 1 to node 2"),
        (set_edge(geometry=shapely.LineString([(25.0, 60.0), (1e9, 0), (25.01, 60.0)])), "does not lead from"),
    ],
)
def test_what_is_wrong_with_a_graph_is_said(change, why):
    with pytest.raises(BadSource, match=f"the graph.*{why}.*") as said:
        read(spoilt(change))
    assert len(str(said.value)) < 400


@pytest.mark.parametrize("kind", [nx.Graph, nx.DiGraph, nx.MultiGraph])
def test_a_graph_without_directions_or_parallel_edges(kind):
    with pytest.raises(BadSource, match=f"the graph is a {kind.__name__}, not the networkx.MultiDiGraph"):
        read(kind(chain()))


def test_the_same_edge_twice_is_noted():
    graph = chain()
    graph.add_edge(1, 2, 5, **graph.edges[1, 2, 0])
    network = read(graph).network
    assert len(network.links) == 2
    assert ["drawn twice", "way:7", "edge (1, 2, 5) was left out"] in network.notes.to_numpy().tolist()


# Files

HEAD = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
DEEP = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("<!DOCTYPE html><html><body>429</body></html>", "DOCTYPE html"),
        ("<html><body>429</body></html>", "begins with <html>"),
        ("<osm version='0.6'/>", "begins with <osm>"),
        ("429 Too many requests", "syntax error"),
        ("\0" * 9, "not well-formed"),
        (f'<!DOCTYPE g [<!ENTITY e0 "aaaaaaaaaa">{DEEP}]>{HEAD}&e9;</graphml>', "DOCTYPE g"),
        (f'<!DOCTYPE g [<!ENTITY o SYSTEM "outside.txt">]>{HEAD}&o;</graphml>', "DOCTYPE g"),
        (f'<!DOCTYPE graphml SYSTEM "outside.txt">{HEAD}</graphml>', "DOCTYPE graphml"),
        (f"<!--{'x' * 200_000}--><!DOCTYPE g>{HEAD}</graphml>", "DOCTYPE g"),
        (f"{HEAD}&o;</graphml>", "undefined entity"),
        (f"{HEAD}</graphml>", "not successfully read"),
        (
            f'{HEAD}<graph edgedefault="directed"><node id="1"><data key="d0">1</data></node></graph></graphml>',
            "no key",
        ),
        (f'{HEAD}<graph edgedefault="undirected"/></graphml>', "is a MultiGraph"),
        (f'{HEAD}<graph edgedefault="directed"/></graphml>', "has no nodes"),
        (HEAD + '<graph edgedefault="directed">' * 2 + "<a>" * 100_000, "ParseError"),
    ],
)
def test_a_file_that_is_no_graph(tmp_path, content, why):
    (tmp_path / "outside.txt").write_text("a secret")
    path = tmp_path / "area.graphml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadSource, match=rf"area\.graphml'.*({why}).*: .") as said:
        read(path)
    assert "a secret" not in str(said.value)


def test_a_zip_and_a_folder_are_no_graph(tmp_path):
    with zipfile.ZipFile(tmp_path / "area.graphml", "w") as archive:
        archive.writestr("area.graphml", HEAD)
    with pytest.raises(BadSource, match=r"area\.graphml' cannot be read as GraphML.*osmnx\.save_graphml"):
        read(tmp_path / "area.graphml")
    (tmp_path / "folder.graphml").mkdir()
    with pytest.raises(BadSource, match=r"folder\.graphml' is a folder"):
        read(tmp_path / "folder.graphml")
    with pytest.raises(BadSource, match=r"no such file: 'nowhere\.graphml'"):
        read("nowhere.graphml")


VALUES = (
    "-3;two", "none", "1e999", "", "9" * 5000, "NaN", "-1", "[1, 2]", "['a', 'b']", "[" * 3000 + "]" * 3000, "{1: 2}",
    "[True, False]", "LINESTRING (0 0, 1 1)", "LINESTRING EMPTY", "LINESTRING (0 0", "epsg:4978", "\u202e漢", "None",
)  # fmt: skip


def spoil(chance, text):
    """Return a GraphML file with some values replaced, lines lost, doubled or swapped, bits turned, or its end lost."""
    lines = text.split("\n")
    for _ in range(chance.choice([1, 3, 30])):
        row, kind = chance.randrange(len(lines)), chance.choice(["value", "value", "lost", "twice", "swapped"])
        if kind == "value" and "</data>" in lines[row]:
            lines[row] = lines[row].split(">")[0] + f">{chance.choice(VALUES)}</data>"
        elif kind == "lost":
            del lines[row]
        elif kind == "twice":
            lines.insert(row, lines[row])
        elif kind == "swapped":
            other = chance.randrange(len(lines))
            lines[row], lines[other] = lines[other], lines[row]
    content = bytearray("\n".join(lines).encode())
    if chance.random() < 0.2:
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return bytes(content[: chance.randrange(len(content))] if chance.random() < 0.1 else content)


@pytest.mark.parametrize("first", [0, *(pytest.param(n, marks=pytest.mark.prove) for n in range(100, 2000, 100))])
def test_spoilt_files_are_read_or_refused(village, tmp_path, first):
    osmnx.save_graphml(graph_of(village), tmp_path / "whole.graphml")
    text = (tmp_path / "whole.graphml").read_text(encoding="utf-8")
    path = tmp_path / "spoilt.graphml"
    outcomes = []
    for number in range(first, first + 100):
        path.write_bytes(spoil(random.Random(number), text))  # noqa: S311 - the same files every time
        try:
            read(path)
            outcomes.append("")
        except TownError as error:
            outcomes.append(str(error))
    refused = [said for said in outcomes if said]
    assert all("spoilt.graphml" in said and len(said) < 1000 for said in refused)
    assert 10 < len(refused) < len(outcomes) - 10
