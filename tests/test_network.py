"""Network: bad tables are refused by name, order and units do not matter, derived numbers follow from theory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.roads import chain, merge, network, road
from twin.errors import BadTable
from twin.network import Network


def test_wave_speed_follows_from_the_triangle():
    """w = s / (k_jam - s / u) = .8 / (.2 - .04) = 5 m/s (theory.md)."""
    assert chain({}).wave_speed == pytest.approx([5.0])


def test_order_of_rows_does_not_matter():
    one = merge((1, 2))
    turned = Network(one.nodes[::-1], one.links[::-1], lane_groups=one.lane_groups[::-1], turns=one.turns[::-1])
    assert one.fingerprint == turned.fingerprint
    assert one.links.equals(turned.links)


@pytest.mark.parametrize(
    ("column", "value"),
    [("length", 999.0), ("lanes", 2), ("free_speed", 19.0), ("capacity", 0.7), ("jam_density", 0.19)],
)
def test_fingerprint_knows_every_number(column, value):
    one = chain({}, {})
    links = one.links.copy()
    links.loc[0, column] = value
    assert one.with_links(links).fingerprint != one.fingerprint
    assert one.with_links(links).shape_fingerprint == one.shape_fingerprint


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("length", 0.0, "must be above 0"),
        ("lanes", -1, "must be above 0"),
        ("free_speed", np.nan, "is not a finite number"),
        ("capacity", np.inf, "is not a finite number"),
        ("capacity", 4.1, "must be below jam_density x free_speed"),
        ("to_node", "nowhere", "is not in table nodes"),
    ],
)
def test_an_impossible_value_is_named(column, value, words):
    one = chain({}, {})
    links = one.links.astype({"lanes": float})
    links.loc[1, column] = value
    with pytest.raises(BadTable, match=words) as told:
        one.with_links(links)
    assert "table links, link_id '2'" in str(told.value)
    assert f"{column} = " in str(told.value)


def test_a_missing_column_is_named():
    one = chain({})
    with pytest.raises(BadTable, match=r"table links lacks column 'lanes'"):
        one.with_links(one.links.drop(columns="lanes"))


def test_an_id_may_occur_once():
    with pytest.raises(BadTable, match="occurs twice"):
        network([road("a", "A", "B"), road("a", "A", "B")])


@pytest.mark.parametrize(
    ("turn", "words"),
    [
        ({"in_link": "a", "out_link": "x"}, "is not in table links"),
        ({"in_link": "a", "out_link": "b"}, "does not begin where in_link ends"),
        ({"in_link": "a", "out_link": "c", "lane_group": 3}, "is not a lane group"),
        ({"in_link": "a", "out_link": "c", "weight": 0}, "must be above 0"),
    ],
)
def test_an_impossible_turn_is_named(turn, words):
    one = merge()
    with pytest.raises(BadTable, match=words):
        Network(one.nodes, one.links, turns=pd.DataFrame([turn]))


def test_turning_back_is_kept_for_dead_ends():
    both = network([road("ab", "A", "B"), road("ba", "B", "A"), road("bc", "B", "C"), road("cb", "C", "B")])
    turns = set(zip(both.turns["in_link"], both.turns["out_link"], strict=True))
    assert turns == {("ab", "bc"), ("cb", "ba"), ("bc", "cb"), ("ba", "ab")}
