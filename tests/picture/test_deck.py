"""Deck: bytes of the map against values worked out by hand."""

from __future__ import annotations

from tests.roads import network, road
from tests.test_measures import queue_of_three
from twin.picture.deck import frames, road_columns


def test_colour_and_flow_by_hand():
    """Pace 176.25 / 150 = 1.175 is row .175 / .4 x 85 = 37; three that leave within 50 s are 216 an hour."""
    assert frames(queue_of_three(), 100.0).colour.tolist() == [[37]]
    assert frames(queue_of_three(), 50.0).flow.tolist() == [[0], [216]]


def test_sides_and_limits():
    roads = road_columns(network([road("ab", "A", "B"), road("ba", "B", "A"), road("bc", "B", "C")]))
    assert list(roads.sides) == [1, 1, 0]
    assert list(roads.limits) == [72, 72, 72]
