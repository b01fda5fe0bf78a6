"""Whole files: bad ones, central Helsinki against what is known of it, and the towns of the reference data."""

import bz2
import gzip
import zipfile
from pathlib import Path

import numpy as np
import osmium
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tests.reference_data import reference
from twin.errors import BadSource
from twin.osm import joined, read
from twin.osm.blame import blame
from twin.osm.scan import scan

HELSINKI = Path(__file__).parents[2] / "data" / "helsinki" / "helsinki.osm.pbf"
STREET = {"highway": "residential"}
NAMES = (
    "Helsinki.osm.pbf", "baltimore.osm.pbf", "campo-grande.osm.gz", "finnish-suburb.osm.pbf", "krems.osm.gz",
    "monaco.osm.gz", "statecollege.osm",
)  # fmt: skip


@pytest.fixture(scope="module")
def helsinki():
    return read(HELSINKI)


def tables(extract):
    network, places = extract.network, extract.places
    return [
        network.nodes, network.links, network.lane_groups, network.turns, network.notes, places.sites, places.grounds,
        extract.signal_hints, extract.edges,
    ]  # fmt: skip


def assert_drivable(network):
    """Every link can be driven to from every link, turn by turn."""
    row = pd.Index(network.links["link_id"])
    pairs = row.get_indexer(network.turns["in_link"]), row.get_indexer(network.turns["out_link"])
    matrix = coo_array((np.ones(len(network.turns)), pairs), shape=(len(row), len(row)))
    assert connected_components(matrix, directed=True, connection="strong")[0] == 1


# Bad input


def test_no_such_file(tmp_path):
    with pytest.raises(BadSource, match=r"no such file: .*nowhere\.osm\.pbf.*give an extract"):
        read(tmp_path / "nowhere.osm.pbf")
    with pytest.raises(BadSource, match="no such file"):
        read("nowhere.osm")


def test_a_folder(tmp_path):
    named_as_a_file = tmp_path / "x.osm"
    named_as_a_file.mkdir()
    for folder in (tmp_path, named_as_a_file):
        with pytest.raises(BadSource, match=r"is a folder.*give an extract"):
            read(folder)


def test_the_folder_of_a_town_is_for_read_town(tmp_path):
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BadSource, match=r"keeps a town.*twin\.read_town\("):
        read(tmp_path)


def test_an_empty_file(tmp_path):
    (tmp_path / "town.osm").touch()
    with pytest.raises(BadSource, match="is empty"):
        read(tmp_path / "town.osm")


def test_nothing_at_all():
    with pytest.raises(BadSource, match="is empty"):
        read("")


@pytest.mark.parametrize("name", ["page.osm", "page.osm.pbf", "page.html", "page.osm.gz", "page"])
def test_a_web_page_is_no_town(tmp_path, name):
    page = tmp_path / name
    page.write_text("<!DOCTYPE html><html><body><p>429 Too many requests</p></body></html>", encoding="utf-8")
    with pytest.raises(BadSource, match=f"{page.name}.*cannot be read as OpenStreetMap data"):
        read(page)


def test_a_zip_is_no_town(tmp_path):
    with zipfile.ZipFile(tmp_path / "town.zip", "w") as archive:
        archive.writestr("town.osm", "<osm version='0.6'/>")
    with pytest.raises(BadSource, match="cannot be read"):
        read(tmp_path / "town.zip")


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_short(tmp_path, share):
    content = HELSINKI.read_bytes()
    (tmp_path / "half.osm.pbf").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(BadSource, match=r"half\.osm\.pbf"):
        read(tmp_path / "half.osm.pbf")


def test_a_packed_file_cut_short(tmp_path, draw):
    whole = gzip.compress(draw({1: (0, 0), 2: (100, 0)}, {7: ([1, 2], STREET)}).read_bytes())
    (tmp_path / "half.osm.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadSource, match=r"half\.osm\.gz.*cannot be read"):
        read(tmp_path / "half.osm.gz")


@pytest.mark.parametrize(
    ("slip", "where"),
    [
        (("lat='60.0", "lat='6o.0"), "in node:1"),
        (("id='2'", "id='two'"), "in node:two"),
        (("ref='2'", "ref='two'"), "in way:7"),
        (("ref='2'", "ref='99999999999999999999'"), "in way:7"),
        (("</way>", ""), "in way:7"),
        (("<way id='8'", "<way idd='8' <"), "after way:7"),
        (("</osm>", ""), "after way:8"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_a_slip_in_the_text_is_found(draw, tmp_path, slip, where, pack):
    text = draw({1: (0, 0), 2: (100, 0)}, {7: ([1, 2], STREET), 8: ([2, 1], STREET)}).read_text(encoding="utf-8")
    path = tmp_path / {bytes: "slip.osm", gzip.compress: "slip.osm.gz", bz2.compress: "slip.osm.bz2"}[pack]
    path.write_bytes(pack(text.replace(*slip, 1).encode()))
    with pytest.raises(BadSource, match=rf"slip\.osm.*cannot be read.*, {where}\): .*download it again"):
        read(path)


@pytest.mark.parametrize(
    ("word", "where"), [("Main", "in way:7"), ("school", "in node:3"), ("no_u_turn", "in relation:1")]
)
def test_a_text_that_is_none_is_found_in_a_pbf(draw, tmp_path, word, where):
    whole = tmp_path / "slip.osm.pbf"
    rule = (
        [("way", 7, "from"), ("node", 2, "via"), ("way", 7, "to")],
        {"type": "restriction", "restriction": "no_u_turn"},
    )
    nodes = {1: (0, 0), 2: (100, 0), 3: (50, 9, {"amenity": "school"})}
    path = draw(nodes, {7: ([1, 2], {**STREET, "name": "Main"})}, [rule])
    with osmium.SimpleWriter(osmium.io.File(str(whole), "pbf,pbf_compression=none")) as writer:
        osmium.apply(str(path), writer)
    whole.write_bytes(whole.read_bytes().replace(word.encode(), b"\xff" + word[1:].encode()))
    with pytest.raises(BadSource, match=rf"slip\.osm\.pbf.*utf-8.*, {where}\)"):
        read(whole)


def test_a_node_on_the_other_side_of_the_earth_is_named(draw):
    path = draw({1: (0, 0), 2: (-9_000_000, 0)}, {7: ([1, 2], STREET)})
    with pytest.raises(BadSource, match=r"town\.osm' makes no town: .*'7:1-2'.*mend it"):
        read(path)


def test_entities_are_not_looked_into(tmp_path):
    deep = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    path = tmp_path / "deep.osm"
    path.write_text(f'<!DOCTYPE osm [<!ENTITY e0 "aaaaaaaaaa">{deep}]><osm version="0.6"><node id="&e11;"/></osm>')
    assert blame(path) == ""
    with pytest.raises(BadSource, match=r"deep\.osm.*cannot be read"):
        read(path)


@pytest.mark.parametrize(
    ("ways", "why"),
    [
        ({}, "no roads for cars"),
        ({7: ([1, 2], {"highway": "footway"})}, "no roads for cars"),
        ({7: ([8, 9], STREET)}, "no roads on which one can drive there and back"),
        ({7: ([1], STREET)}, "no roads on which"),
        ({7: ([], STREET)}, "no roads on which"),
        ({7: ([1, 2], {**STREET, "oneway": "yes"})}, "no roads on which"),
    ],
)
def test_no_roads(draw, ways, why):
    with pytest.raises(BadSource, match=rf"town\.osm.*{why}.*take an extract"):
        read(draw({1: (0, 0), 2: (100, 0)}, ways))


def test_a_node_on_the_other_side_of_the_globe(draw):
    nodes = {1: (0, 0), 2: (1_500_000, 0)}
    with pytest.raises(BadSource, match=r"town\.osm' makes no town: .*7:1-2.*more than a day"):
        read(draw(nodes, {7: ([1, 2], {**STREET, "maxspeed": "20"})}))


# Buildings and grounds


def square(x, y, size):
    return [(x, y), (x + size, y), (x + size, y + size), (x, y + size)]


def test_buildings_hold_people_by_floor_space(draw):
    nodes = {1: (0, 0), 2: (200, 0)}
    nodes |= dict(enumerate(square(0, 20, 20), start=10)) | dict(enumerate(square(150, 20, 30), start=20))
    ways = {
        7: ([1, 2], STREET),
        8: ([10, 11, 12, 13, 10], {"building": "apartments", "building:levels": "4", "name": "Home"}),
        9: ([20, 21, 22, 23, 20], {"building": "office", "building:levels": "junk", "name:zh": "办公楼"}),
    }
    sites = read(draw(nodes, ways)).places.sites.set_index("place_id")
    assert sites["kind"].to_dict() == {"way:8": "home", "way:9": "work"}
    assert sites["node_id"].to_dict() == {"way:8": "1", "way:9": "2"}
    assert sites.loc["way:8", "homes"] == pytest.approx(400 * 4 * 0.95 / 40, abs=1)
    assert sites.loc["way:9", "jobs"] == pytest.approx(900 * 4 / 30, abs=1)
    assert sites["name"].to_dict() == {"way:8": "Home", "way:9": "办公楼"}


def test_a_courtyard_is_no_floor_and_a_point_tells_the_use(draw):
    nodes = {1: (0, 0), 2: (200, 0), 40: (3, 3, {"amenity": "school"})}
    nodes |= dict(enumerate(square(0, 0, 40), start=10)) | dict(enumerate(square(10, 10, 20), start=20))
    ways = {7: ([1, 2], STREET), 8: ([10, 11, 12], {}), 9: ([12, 13, 10], {}), 6: ([20, 21, 22, 23, 20], {})}
    members = [("way", 8, "outer"), ("way", 9, "outer"), ("way", 6, "inner")]
    sites = read(draw(nodes, ways, [(members, {"type": "multipolygon", "building": "yes"})])).places.sites
    assert sites["kind"].tolist() == ["school"]
    assert sites["jobs"].tolist() == pytest.approx([(1600 - 400) * 2 / 60], abs=1)


def test_water_green_and_the_sea_are_cut_to_the_box(draw):
    nodes = {1: (0, 0), 2: (100, 0), 30: (-300, -50), 31: (300, -50)}
    nodes |= dict(enumerate(square(50, 50, 100), start=10)) | dict(enumerate(square(-80, 60, 20), start=20))
    ways = {
        7: ([1, 2], STREET),
        8: ([10, 11, 12, 13, 10], {"leisure": "park"}),
        9: ([20, 21, 22, 23, 20], {"natural": "water"}),
        6: ([30, 31], {"natural": "coastline"}),  # eastward: the sea lies to the south
    }
    grounds = read(draw(nodes, ways, bounds=(-100, -100, 100, 100))).places.grounds
    metres = 111_320.0 * np.cos(np.radians(60.0)) * 111_412.0
    size = pd.Series(shapely.area(grounds.geometry.to_numpy()) * metres, index=grounds["kind"])
    assert size["green"] == pytest.approx(2500, rel=0.02)
    assert sorted(size["water"].round(-2)) == [400, 10_000]
    assert grounds.geometry.is_valid.all()


def test_a_coast_that_ends_nowhere_floods_nothing(draw):
    nodes = {1: (0, 0), 2: (100, 0), 30: (-300, -500), 31: (0, -500)}
    ways = {7: ([1, 2], STREET), 6: ([30, 31], {"natural": "coastline"})}
    assert read(draw(nodes, ways, bounds=(-1000, -1000, 1000, 1000))).places.grounds.empty


# Central Helsinki


def test_helsinki_agrees_with_what_others_count(helsinki):
    # osmnx 2.1.1 finds 135 nodes and 283 directed edges in its drive network after simplification. Ours differ by a
    # few: we look at turns (nothing that a restriction makes unreachable), and keep junctions at the edge of the map.
    network = helsinki.network
    assert len(network.nodes) == pytest.approx(135, rel=0.05)
    assert len(network.links) == pytest.approx(283, rel=0.05)
    data = scan(HELSINKI)
    assert len(data.restrictions) == 45
    # The extract has 135 nodes highway=traffic_signals; six of them lie on service roads alone, which we leave out.
    assert sum(tags.get("highway") == "traffic_signals" for tags in data.lights.values()) == 135 - 6


def test_helsinki_is_a_town(helsinki):
    network, sites = helsinki.network, helsinki.places.sites
    assert_drivable(network)
    assert network.links["length"].sum() == pytest.approx(27_000, rel=0.05)
    assert network.links["free_speed"].between(30 / 3.6 - 0.01, 50 / 3.6 + 0.01).all()
    assert {"Mannerheimintie", "Pohjoisesplanadi", "Kaivokatu"} <= set(network.links["name"])
    assert 30 <= helsinki.signal_hints["signal_id"].nunique() <= 50
    assert set(helsinki.signal_hints["node_id"]) <= set(network.nodes["node_id"])
    assert set(helsinki.edges["node_id"]) <= set(network.nodes["node_id"])
    assert (helsinki.edges[["lanes_in", "lanes_out"]].sum() > 10).all()
    assert set(sites["node_id"]) <= set(network.nodes["node_id"])
    assert sites["jobs"].sum() > sites["homes"].sum() > 5_000


def test_helsinki_says_where_it_comes_from(helsinki):
    assert helsinki.source["file"] == "helsinki.osm.pbf"
    assert helsinki.source["licence"] == "ODbL 1.0"
    assert helsinki.source["attribution"] == "© OpenStreetMap contributors"
    assert helsinki.source["timestamp"] == "2019-04-21T09:50:14Z"
    assert helsinki.source["sha256"] in (HELSINKI.parent / "README.md").read_text(encoding="utf-8")


def test_helsinki_names_nobody():
    assert b"uid" not in HELSINKI.read_bytes()
    assert HELSINKI.stat().st_size < 500_000


def test_two_readings_are_the_same_bit_by_bit(helsinki):
    again = read(HELSINKI)
    for there, here in zip(tables(helsinki), tables(again), strict=True):
        pd.testing.assert_frame_equal(there, here)
    assert again.network.fingerprint == helsinki.network.fingerprint


# Reference data


@pytest.mark.parametrize("name", NAMES)
def test_reference_towns(name):
    extract = read(reference("osm") / name)
    network = extract.network
    assert_drivable(network)
    assert (network.links["length"] > 0).all()
    assert (network.links["capacity"] < network.links["jam_density"] * network.links["free_speed"]).all()
    served = set(zip(network.turns["in_link"], network.turns["lane_group"], strict=True))
    assert served == set(zip(network.lane_groups["link_id"], network.lane_groups["lane_group"], strict=True))
    assert extract.places.grounds.geometry.is_valid.all()
    assert set(extract.signal_hints["signal_id"]) <= set(extract.signal_hints["node_id"])


@pytest.mark.parametrize(
    ("name", "nodes", "links"),
    [
        ("finnish-suburb.osm.pbf", 220, 472),
        ("baltimore.osm.pbf", 2_100, 5_394),
        ("krems.osm.gz", 275, 580),
        ("statecollege.osm", 56, 130),
        ("campo-grande.osm.gz", 7_567, 22_976),
        ("monaco.osm.gz", 310, 619),
    ],
)
def test_reference_towns_are_as_large_as_osmnx_finds_them(name, nodes, links, monkeypatch):
    monkeypatch.setattr(joined, "CAR", 0.0)  # osmnx joins no junctions
    network = read(reference("osm") / name).network
    # Within 3 %, or 5 in the smallest, where the junctions that we keep at the edge of the map are many.
    assert len(network.nodes) == pytest.approx(nodes, rel=0.03, abs=5)
    assert len(network.links) == pytest.approx(links, rel=0.03, abs=5)


def test_the_embedded_helsinki_is_the_whole_one(helsinki):
    whole = read(reference("osm") / "Helsinki.osm.pbf")
    for there, here in zip(tables(whole), tables(helsinki), strict=True):
        pd.testing.assert_frame_equal(there, here)
