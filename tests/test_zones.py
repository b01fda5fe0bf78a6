"""Zones: every junction is in one zone or told to be in none, with its people; polygons that cannot be are refused."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import twin
from twin.datum import from_wgs84
from twin.errors import BadSource, BadTable
from twin.places import PEOPLE
from twin.zones import MOST_OVERLAP, cells, hexagons, read_zones


@pytest.fixture(scope="module")
def town():
    return twin.town("helsinki")


@pytest.fixture(scope="module")
def bounds(town):
    return town.network.nodes.total_bounds


def polygons(*boxes, names=None, crs=4326):
    ids = names or [f"zone {number}" for number in range(len(boxes))]
    return gpd.GeoDataFrame({"zone_id": ids}, geometry=[shapely.box(*one) for one in boxes], crs=crs)


def halves(bounds, at=0.5, gap=0.0):
    """Return two boxes that part the town from west to east."""
    west, south, east, north = bounds
    middle = west + at * (east - west)
    one, other = (
        (west - 0.01, south - 0.01, middle - gap, north + 0.01),
        (middle + gap, south - 0.01, east + 0.01, north + 0.01),
    )
    return polygons(one, other, names=["west", "east"])


@pytest.mark.parametrize("resolution", [7, 9, 11])
def test_hexagons_hold_every_junction_and_everybody(town, resolution):
    zones = hexagons(town.network, town.places, resolution=resolution)
    assert sorted(zones.junctions["node_id"]) == sorted(town.network.nodes["node_id"])
    assert set(zones.table["zone_id"]) == set(zones.junctions["zone_id"])
    for column in PEOPLE:
        assert zones.junctions[column].sum() == town.places.sites[column].sum()
    shapes = zones.table.set_index("zone_id").geometry
    points = town.network.nodes.set_index("node_id").geometry
    inside = [
        shapes[z].contains(points[n])
        for z, n in zip(zones.junctions["zone_id"], zones.junctions["node_id"], strict=True)
    ]
    assert np.mean(inside) == 1
    assert zones.notes.empty


def test_hexagons_have_the_size_that_h3_publishes(town):
    """Mean area of resolution 9: 0.1053 km2 (h3geo.org); cells differ by up to a third over the globe."""
    area = hexagons(town.network).table.to_crs(3067).area
    assert area.between(0.6 * 105_333, 1.4 * 105_333).all()


def test_without_places_all_junctions_are_alike(town):
    people = hexagons(town.network).junctions[list(PEOPLE)]
    assert (people == 1).all(axis=None)


@pytest.mark.parametrize("resolution", [-1, 16, 9.0, "9", None])
def test_hexagons_of_no_size_are_refused(town, resolution):
    with pytest.raises(BadTable, match="whole number from 0 to 15"):
        hexagons(town.network, resolution=resolution)


def test_cells_are_those_of_their_coordinates():
    """H3's own example: 37.3615593, -122.0553238 lies in 85283473fffffff at resolution 5."""
    assert cells(np.array([shapely.Point(-122.0553238, 37.3615593)]), 5).tolist() == ["85283473fffffff"]


@pytest.mark.parametrize("ending", [".gpkg", ".geojson"])
def test_polygons_are_read_from_files(town, bounds, tmp_path, ending):
    path = tmp_path / f"zones{ending}"
    halves(bounds).to_file(path)
    zones = read_zones(path, town.network, town.places)
    assert zones.table["zone_id"].tolist() == ["east", "west"]
    assert len(zones.junctions) == len(town.network.nodes)
    at = town.network.nodes.set_index("node_id").geometry.x
    middle = (bounds[0] + bounds[2]) / 2
    assert (at[zones.junctions.query("zone_id == 'west'")["node_id"]] <= middle).all()
    assert (at[zones.junctions.query("zone_id == 'east'")["node_id"]] >= middle).all()


def test_other_coordinate_systems_and_columns(town, bounds):
    finnish = halves(bounds).to_crs(3067).rename(columns={"zone_id": "Nimi"})
    zones = read_zones(finnish, town.network, zone_id="Nimi")
    plain = read_zones(halves(bounds), town.network)
    pd.testing.assert_frame_equal(zones.junctions, plain.junctions)
    assert zones.table.crs == plain.table.crs == "EPSG:4326"


def test_polygons_of_a_chinese_map_are_brought_home(town):
    """Outside China nothing is shifted; over Hangzhou a box drawn on GCJ-02 comes back to where it is."""
    here = polygons((120.08, 30.12, 120.09, 30.13))
    drawn = here.set_geometry(
        shapely.transform(here.geometry.to_numpy(), lambda at: from_wgs84(at, "GCJ-02")), crs=4326
    )
    back = read_zones(drawn, town.network, datum="GCJ-02").table
    assert shapely.hausdorff_distance(back.geometry[0], here.geometry[0]) < 1e-7
    with pytest.raises(BadTable, match="datum = 'WGS84' must be one of WGS-84, GCJ-02, BD-09"):
        read_zones(drawn, town.network, datum="WGS84")


def test_what_lies_nowhere_is_told(town, bounds):
    zones = read_zones(
        pd.concat([halves(bounds).iloc[:1], polygons((0, 0, 1, 1), names=["atlantis"])]), town.network, town.places
    )
    notes = zones.notes.set_index("kind")
    assert notes.loc["zone without junctions", "subject"] == "atlantis"
    outside = len(town.network.nodes) - len(zones.junctions)
    assert outside > 10
    assert notes.loc["junctions in no zone", "subject"] == f"{outside} junctions"
    lost = town.places.sites["homes"].sum() - zones.junctions["homes"].sum()
    assert f"with {lost:.0f} homes" in notes.loc["junctions in no zone", "detail"]


def test_a_junction_on_the_border_is_in_the_first_zone(town):
    node = town.network.nodes.iloc[0]
    x, y = node.geometry.x, node.geometry.y
    zones = read_zones(polygons((x, y - 1, x + 1, y + 1), (x - 1, y - 1, x, y + 1), names=["b", "a"]), town.network)
    assert zones.junctions.set_index("node_id").loc[node["node_id"], "zone_id"] == "a"
    assert len(zones.junctions) == len(town.network.nodes)


def test_a_sliver_is_told_and_an_overlap_refused(town, bounds):
    width = bounds[2] - bounds[0] + 0.02
    notes = read_zones(halves(bounds, gap=-MOST_OVERLAP * width / 20), town.network).notes
    assert notes["kind"].tolist() == ["overlap"]
    with pytest.raises(BadTable, match=r"'east' and 'west' share 1\d% of the smaller one"):
        read_zones(halves(bounds, gap=-0.04 * width), town.network)


def test_a_bow_tie_is_mended(town, bounds):
    west, south, east, north = bounds
    tie = shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])
    table = gpd.GeoDataFrame({"zone_id": ["tie"]}, geometry=[tie], crs=4326)
    assert 0 < len(read_zones(table, town.network).junctions) < len(town.network.nodes)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda table: table.drop(columns="zone_id"), r"lacks column 'zone_id': name that of the ids.*geometry"),
        (lambda table: table.assign(zone_id=["a", "a"]), "'a' .row 2. occurs twice"),
        (lambda table: table.assign(zone_id=["a", None]), "row 2. has no id"),
        (lambda table: table.set_geometry(table.centroid), "is no polygon"),
        (lambda table: table.set_geometry([shapely.Polygon(), table.geometry[1]], crs=4326), "is empty"),
        (lambda table: table.set_geometry([None, table.geometry[1]], crs=4326), "is no polygon"),
        (lambda table: gpd.GeoDataFrame(table.drop(columns="geometry"), geometry=table.geometry.to_numpy()), "set_crs"),
        (pd.DataFrame, "must be a GeoDataFrame"),
        (lambda _: None, "must be a GeoDataFrame or a file of polygons, not NoneType"),
    ],
)
@pytest.mark.filterwarnings("ignore:Geometry is in a geographic CRS")
def test_polygons_that_cannot_be_are_refused(town, bounds, spoil, words):
    with pytest.raises(BadTable, match=words):
        read_zones(spoil(halves(bounds)), town.network)


@pytest.mark.parametrize(
    ("name", "content"),
    [("zones.gpkg", b""), ("zones.geojson", b"<html>"), ("zones.geojson", b"{}"), ("a.csv", b"a,b\n1,2\n")],
)
def test_files_that_hold_no_zones_are_refused(town, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadSource, match=r"give a GeoPackage or GeoJSON"):
        read_zones(tmp_path / name, town.network)
    for missing in (tmp_path, tmp_path / "nowhere.gpkg", ""):
        with pytest.raises(BadSource, match="there is no file of zones"):
            read_zones(missing, town.network)
