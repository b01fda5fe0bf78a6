"""Datum: our conversions against an independent package, all over China and at the three towns."""

from __future__ import annotations

import numpy as np
import prcoords
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.datum import BOX, DATUMS, from_wgs84, to_wgs84
from twin.units import metres_per_degree

TOWNS = {"yunqi": (120.083, 30.129), "xuelang": (120.300, 31.470), "qiyun": (104.112, 35.844)}
"""The three towns, WGS-84."""

JUDGES = {"GCJ-02": prcoords.wgs_gcj, "BD-09": prcoords.wgs_bd}
CENTIMETRE = 0.01
WEST, SOUTH, EAST, NORTH = BOX

inside = st.tuples(st.floats(WEST + 0.02, EAST - 0.02), st.floats(SOUTH + 0.02, NORTH - 0.02))


def metres(there, here):
    """Return how far points are apart [m]."""
    return np.hypot(*((there - here) * metres_per_degree(here[:, 1])).T)


def judged(points, datum):
    found = [JUDGES[datum]((lat, lon)) for lon, lat in points.tolist()]
    return np.array([(one.lon, one.lat) for one in found])


@pytest.mark.parametrize("datum", list(JUDGES))
def test_all_over_china_we_agree(datum):
    """A grid of 40 x 40 points over the box, and 2,000 strewn ones: within a centimetre, there and back."""
    lon, lat = np.meshgrid(np.linspace(WEST, EAST, 42)[1:-1], np.linspace(SOUTH, NORTH, 42)[1:-1])
    strewn = np.random.default_rng(0).uniform((WEST, SOUTH), (EAST, NORTH), (2000, 2))
    points = np.concatenate([np.column_stack([lon.ravel(), lat.ravel()]), strewn])
    there = from_wgs84(points, datum)
    assert metres(there, judged(points, datum)).max() < CENTIMETRE
    stays = np.all((there > (WEST, SOUTH)) & (there < (EAST, NORTH)), axis=1)  # else it left the box on the way
    assert stays.mean() > 0.99
    assert metres(to_wgs84(there[stays], datum), points[stays]).max() < CENTIMETRE


@pytest.mark.parametrize("name", list(TOWNS))
def test_the_towns_lie_as_far_off_as_is_known(name):
    here = np.array([TOWNS[name]])
    assert 250 < metres(from_wgs84(here, "GCJ-02"), here)[0] < 530
    assert 900 < metres(from_wgs84(here, "BD-09"), here)[0] < 1300
    for datum in JUDGES:
        assert metres(from_wgs84(here, datum), judged(here, datum))[0] < CENTIMETRE


@given(point=inside, datum=st.sampled_from(DATUMS))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_there_and_back_is_here(point, datum):
    here = np.array([point])
    assert metres(to_wgs84(from_wgs84(here, datum), datum), here)[0] < 0.001


@given(lon=st.floats(-180, 180), lat=st.floats(-85, 85), datum=st.sampled_from(list(JUDGES)))
@settings(derandomize=True, deadline=None, max_examples=200)
@pytest.mark.filterwarnings("ignore:Non-Chinese coords")
def test_outside_china_all_datums_are_one(lon, lat, datum):
    """As the judge has it for GCJ-02; it goes on to shift BD-09 there, by what Baidu adds inside China."""
    here = np.array([(lon, lat)])
    outside = not (WEST <= lon <= EAST and SOUTH <= lat <= NORTH)
    if outside:
        assert (from_wgs84(here, datum) == here).all()
        assert (to_wgs84(here, datum) == here).all()
    if datum == "GCJ-02":
        assert metres(from_wgs84(here, datum), judged(here, datum))[0] < CENTIMETRE


def test_coordinates_are_not_changed_in_place():
    here = np.array([TOWNS["yunqi"]])
    kept = here.copy()
    from_wgs84(here, "BD-09")
    to_wgs84(here, "BD-09")
    assert (here == kept).all()
    assert from_wgs84(here[:0], "BD-09").shape == (0, 2)
