"""What may be asked for: files, names, boxes, outlines - and what is refused before anybody is asked."""

import numpy as np
import pytest
import shapely

from twin.errors import BadSource
from twin.osm import Place, find
from twin.osm.place import square_km

BOX = (120.06, 30.11, 120.10, 30.14)
SQUARE = shapely.box(*BOX)


@pytest.mark.parametrize("name", ["Yunqi Town, Hangzhou", "helsinki", "St. Gallen", "云栖小镇", "A, B, C, D"])
def test_a_text_that_is_no_file_is_the_name_of_a_place(name):
    found = find(name)
    assert isinstance(found, Place)
    assert (found.name, found.area) == (name, None)


def test_a_file_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("Kamppi", "1,2,3,4"):
        (tmp_path / name).write_text("x", encoding="utf-8")
        assert find(name).read_text(encoding="utf-8") == "x"


@pytest.mark.parametrize(
    "box", [BOX, list(BOX), np.array(BOX), "120.06,30.11,120.10,30.14", " 120.06, 30.11 ,120.1,30.14"]
)
def test_four_numbers_are_a_box_and_a_rectangle_is_the_same(box):
    found = find(box)
    assert found.area.equals(SQUARE)
    assert found.name == "120.06,30.11,120.1,30.14"
    assert found.key == find(SQUARE).key


def test_boxes_in_the_west_and_south_have_signs():
    assert find("-0.13,51.5,-.1,51.52").area.bounds == (-0.13, 51.5, -0.1, 51.52)
    assert find("-58.4,-34.62,-58.37,-34.6").area.bounds == (-58.4, -34.62, -58.37, -34.6)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ((120.1, 30.11, 120.06, 30.14), "west must be below east"),
        ((120.06, 30.14, 120.1, 30.11), "west must be below east"),
        ((120.06, 30.11, 120.06, 30.14), "no inside"),
        ((30.11, 120.06, 30.14, 120.1), "not on this earth: west, south, east, north"),
        ((1, 2, 3), "not four numbers"),
        ((1, 2, 3, "x"), "not four numbers"),
        ((10**400, 2, 3, 4), "not four numbers"),
        ((float("nan"), 2, 3, 4), "not on this earth"),
        ((0, 0, float("inf"), 1), "not on this earth"),
        ("118,28,122,31", "km2, and more than 2,500 km2 are not fetched"),
        ("1..2,2,3,4", "not four numbers"),
        (shapely.Polygon(), "empty"),
        (shapely.Polygon([(0, 0), (1, 1), (0, 0)]), "not valid"),
        (shapely.Polygon([(0, 0), (0.1, 0.1), (0.1, 0), (0, 0.1)]), "Self-intersection.*make_valid"),
        (shapely.box(500_000, 4_000_000, 501_000, 4_001_000), "not longitude and latitude.*EPSG:4326"),
        (shapely.Point(0, 0), "Point is nothing that a town can be made of"),
        (42, "int is nothing that a town can be made of"),
        (None, "NoneType is nothing"),
        ("x" * 300, "not the name of a place"),
        ("nul\0", "not the name of a place"),
        ("./" + "x" * 300 + ".osm", "cannot be opened"),
    ],
)
def test_what_cannot_be_is_refused_by_name(source, words):
    with pytest.raises(BadSource, match=words):
        find(source)


def test_requests_that_mean_the_same_have_one_key():
    turned = shapely.Polygon([(120.1, 30.14), (120.06, 30.14), (120.06, 30.11), (120.1, 30.11)])
    nearly = shapely.transform(SQUARE, lambda points: points + 1e-9)
    deep = shapely.force_3d(SQUARE, 7.0)
    assert {find(each).key for each in (turned, nearly, deep, BOX)} == {find(SQUARE).key}
    assert find((120.06, 30.11, 120.1001, 30.14)).key != find(SQUARE).key
    assert find("  Yunqi  TOWN ").key == find("yunqi town").key != find("yunqi").key
    assert find("Zürich").key == find("Zu\u0308rich").key
    assert find((0, 0, 0.1, 0.1)).key == find((-0.0, -0.0, 0.1, 0.1)).key


def test_areas_are_those_of_the_ellipsoid():
    """A degree by a degree at the equator: 12,309 km2; at 60 degrees a little more than half of it."""
    assert square_km(shapely.box(10, 0, 11, 1)) == pytest.approx(12_309, rel=1e-3)
    assert square_km(shapely.box(10, 60, 11, 61)) == pytest.approx(12_309 * np.cos(np.radians(60.5)), rel=2e-2)
    both_ways = shapely.box(10, 0, 11, 1, ccw=True), shapely.box(10, 0, 11, 1, ccw=False)
    assert square_km(both_ways[0]) == square_km(both_ways[1])
