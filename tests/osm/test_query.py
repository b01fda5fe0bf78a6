"""The question to Overpass, put to a small Overpass of ours that answers from a file."""

import osmium
import pandas as pd
import pytest
import shapely

from tests.osm.overpass import Things, answer, chosen
from tests.reference_data import reference
from twin.osm import read
from twin.osm.place import boxed
from twin.osm.query import MOST_CORNERS, question
from twin.osm.scan import scan

BOX = (24.938, 60.166, 24.956, 60.175)
"""West, south, east, north: a part of central Helsinki."""


@pytest.fixture(scope="module")
def helsinki():
    """Return the whole extract, in which there are bus lines and footpaths too."""
    return reference("osm") / "Helsinki.osm.pbf"


@pytest.fixture(scope="module")
def things(helsinki):
    return Things(helsinki)


@pytest.fixture(scope="module")
def fetched(helsinki, tmp_path_factory):
    """Return what is read of the answer to our question."""
    folder = tmp_path_factory.mktemp("answer")
    answer(helsinki, question(shapely.box(*BOX), 60), folder / "answer.osm")
    return read(with_box(folder / "answer.osm", folder / "answer.osm.pbf"))


@pytest.fixture(scope="module")
def cut(helsinki, things, tmp_path_factory):
    """Return what is read of the whole file, of which the roads outside the box were taken away, and nothing else."""
    west, south, east, north = BOX
    read_of_it = scan(helsinki)
    roads = {way.way_id for way, _ in read_of_it.roads}
    shapes = [way for way in read_of_it.areas if things.meets("way", way.way_id, shapely.box(*BOX))]
    elsewhere = {ref for way in [*shapes, *read_of_it.coasts] for ref in way.refs}
    outside = {
        ref
        for road in roads
        for ref in things.refs[road]
        if ref in things.points and ref not in elsewhere
        if not (west <= things.points[ref][0] <= east and south <= things.points[ref][1] <= north)
    }
    empty = {road for road in roads if not set(things.refs[road]) & (things.points.keys() - outside)}

    def keep(thing):
        return not (thing.is_node() and thing.id in outside) and not (thing.is_way() and thing.id in empty)

    target = tmp_path_factory.mktemp("cut") / "cut.osm.pbf"
    return read(with_box(helsinki, target, keep=keep))


def with_box(source, target, *, keep=lambda _: True):
    header = osmium.io.Header()
    header.add_box(osmium.osm.Box(*BOX))
    with osmium.SimpleWriter(str(target), header=header, overwrite=True) as writer:
        for thing in osmium.FileProcessor(str(source)):
            if keep(thing):
                writer.add(thing)
    return target


def test_the_answer_gives_the_same_streets_as_the_file(fetched, cut):
    for name in ("nodes", "links", "lane_groups", "turns"):
        mine, whole = getattr(fetched.network, name), getattr(cut.network, name)
        pd.testing.assert_frame_equal(pd.DataFrame(mine), pd.DataFrame(whole))
    assert fetched.network.fingerprint == cut.network.fingerprint
    pd.testing.assert_frame_equal(fetched.signal_hints, cut.signal_hints)
    pd.testing.assert_frame_equal(fetched.signs, cut.signs)
    assert len(fetched.signal_hints) > 10
    assert (fetched.network.links["name"] == "Mannerheimintie").any()


def test_roads_are_cut_where_they_leave_the_place(fetched, cut):
    assert len(fetched.edges) > 5
    pd.testing.assert_frame_equal(fetched.edges, cut.edges)
    assert shapely.box(*BOX).buffer(1e-7).contains(shapely.union_all(fetched.network.nodes.geometry))


def test_the_answer_has_every_house_of_the_place_with_its_use(fetched, cut):
    mine, whole = (each.places.sites.set_index("place_id") for each in (fetched, cut))
    inside = whole[shapely.intersects(whole.geometry, shapely.box(*BOX))]
    assert len(inside) > 100
    assert set(inside.index) == set(mine.index)
    for column in ("kind", "name", "homes", "jobs"):
        pd.testing.assert_series_equal(mine.loc[inside.index, column], inside[column])


def test_the_answer_has_all_water_and_green_of_the_place(fetched, cut):
    mine, whole = (each.places.grounds.dissolve("kind").geometry for each in (fetched, cut))
    mine, whole = mine.apply(shapely.area), whole.apply(shapely.area)
    assert mine.to_dict() == pytest.approx(whole.to_dict(), rel=1e-9)
    assert set(mine.index) == {"green", "water"}


def test_the_answer_has_bus_lines_and_stops(things):
    kept = chosen(things, question(shapely.box(*BOX), 60))
    lines = [things.tags["relation"][n] for kind, n in kept if kind == "relation"]
    assert sum(tags["type"] == "route" for tags in lines) > 10
    assert {tags["route"] for tags in lines if tags["type"] == "route"} == {"bus"}
    assert any(things.tags["node"][n].get("highway") == "bus_stop" for kind, n in kept if kind == "node")
    footways = {n for kind, n in kept if kind == "way" if things.tags["way"][n].get("highway") == "footway"}
    parts = {ref for kind, n in kept if kind == "relation" for _, ref in things.members[n]}
    assert footways <= parts


def test_an_outline_is_followed_and_not_its_box(things):
    west, south, east, north = BOX
    corner = shapely.Polygon([(west, south), (east, south), (west, north)])
    other = shapely.Polygon([(east, north), (east, north - 0.003), (east - 0.003, north)])
    kept = chosen(things, question(shapely.MultiPolygon([corner, other]), 60))
    roads = {n for kind, n in kept if kind == "way" if "highway" in things.tags["way"][n]}
    houses = {n for kind, n in kept if kind == "way" if "building" in things.tags["way"][n]}
    assert len(roads) > 20
    assert all(things.meets("way", n, corner.union(other)) for n in roads | houses)
    assert any(things.meets("way", n, other) for n in roads | houses)


def test_an_outline_with_thousands_of_corners_is_smoothed_and_islands_without_number_become_one():
    round_town = shapely.Point(25, 60).buffer(0.05, quad_segs=2000)
    islands = shapely.MultiPolygon([shapely.Point(25 + x / 100, 60).buffer(0.004) for x in range(200)])
    for area in (round_town, islands):
        asked = question(area, 60)
        polygon = asked.partition('poly:"')[2].partition('"')[0].split()
        assert len(polygon) <= 2 * MOST_CORNERS
        assert len(asked) < 250_000
        numbers = [float(each) for each in polygon]
        hull = shapely.Polygon(list(zip(numbers[1::2], numbers[::2], strict=True)))
        assert hull.area == pytest.approx(area.convex_hull.area, rel=1e-3)


def test_the_server_is_told_how_long_we_wait():
    assert "[timeout:42]" in question(boxed("120.06,30.11,120.10,30.14").area, 42)
