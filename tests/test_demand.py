"""Demand: the gravity model keeps its sums, whole trips lose nothing, draws are even."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.demand import Demand, gravity, whole_trips
from twin.demand.gravity import spread
from twin.draws import below, draw
from twin.errors import BadTable

ZONES = st.integers(2, 8)


def trip(**values):
    return pd.DataFrame([{"trip_id": 1, "origin": "A", "destination": "B", "departure": 0.0, **values}])


@given(n=ZONES, seed=st.integers(0, 1000), decay=st.floats(60, 3000))
@settings(derandomize=True, deadline=None, max_examples=100)
def test_gravity_keeps_its_row_and_column_sums(n, seed, decay):
    """Doubly constrained (Wilson 1967): rows sum to origins, columns to destinations scaled to the same total.

    No zone has more than half of all ends: else trips within the zone, which are left out, would be needed.
    """
    numbers = np.random.default_rng(seed)
    origins, destinations = numbers.uniform(1, 1 + 1 / n, (2, n + 2)) * 100
    times = numbers.uniform(10, 1000, (n + 2, n + 2))
    expected = gravity(origins, destinations, times=times, decay=decay)
    assert expected.sum(axis=1) == pytest.approx(origins, rel=1e-3)
    assert expected.sum(axis=0) == pytest.approx(destinations * origins.sum() / destinations.sum(), rel=1e-3)
    assert (np.diag(expected) == 0).all()


def test_gravity_prefers_what_is_near():
    """Zone 0 has two equal goals, one at 300 s and one at 900 s: near : far = exp(-300/d) : exp(-900/d), d = 600 s.

    Origins other than zone 0 have no trips, so only its row counts, and the goals are free to take what they get.
    """
    times = np.array([[0.0, 300, 900], [300, 0, 300], [900, 300, 0]])
    raw = np.exp(-times / 600)
    near, far = gravity(np.array([1.0, 0, 0]), raw[0] * [0, 1, 1], times=times, decay=600)[0, 1:]
    assert near / far == pytest.approx(np.exp(1))


def test_gravity_goes_nowhere_where_there_is_no_way():
    times = np.array([[0, np.inf, 60], [60, 0, 60], [60, 60, 0]])
    expected = gravity(np.ones(3), np.ones(3), times=times, decay=600)
    assert expected[0, 1] == 0
    assert expected[0, 2] > 0


def test_the_way_back_is_the_transpose():
    """On roads that take as long in both directions: exchanged sums of rows and columns give the exchanged table."""
    numbers = np.random.default_rng(7)
    origins, destinations = numbers.uniform(1, 2, (2, 9))
    destinations *= origins.sum() / destinations.sum()
    times = numbers.uniform(10, 1000, (9, 9))
    there = gravity(origins, destinations, times=times + times.T, decay=500)
    back = gravity(destinations, origins, times=times + times.T, decay=500)
    assert back == pytest.approx(there.T, rel=1e-4)


def test_without_decay_near_and_far_are_alike():
    """Three equal zones, one far away: every pair has a sixth."""
    times = np.array([[0.0, 10, 9000], [10, 0, 9000], [9000, 9000, 0]])
    expected = gravity(np.ones(3), np.ones(3), times=times, decay=np.inf)
    assert expected == pytest.approx((1 - np.eye(3)) / 2)


@pytest.mark.parametrize("heavy", [2.0, 1e6])
def test_sums_that_cannot_be_met_end(heavy):
    """Nine tenths and more of all trips begin and end in one zone, and none within it: what can go still goes."""
    times = np.array([[0.0, 60, 60], [60, 0, 60], [60, 60, 0]])
    expected = gravity(np.array([heavy, 0.1, 0.1]), np.array([heavy, 0.1, 0.1]), times=times, decay=600)
    assert np.isfinite(expected).all()
    assert expected.sum(axis=0)[1:] == pytest.approx([0.1, 0.1], rel=0.6)
    assert expected[0, 1] > 0


@given(total=st.integers(0, 3000), n=ZONES, seed=st.integers(0, 99))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_every_trip_is_drawn_and_none_where_none_is_expected(total, n, seed):
    expected = np.random.default_rng(seed).uniform(0, 1, (n, n)) + 0.01
    np.fill_diagonal(expected, 0)
    pairs = whole_trips(expected, np.arange(total), seed=seed)
    assert pairs.shape == (total, 2)
    assert (pairs[:, 0] != pairs[:, 1]).all()
    assert ((pairs >= 0) & (pairs < n)).all()


def test_draws_follow_the_expected_table():
    """100,000 draws over 4 cells: chi square with 3 degrees of freedom stays below 16.27 (0.1 %)."""
    expected = np.array([[0.0, 4, 1], [2, 0, 3]])
    pairs = whole_trips(expected, np.arange(100_000), seed=5)
    counts = np.zeros((2, 3))
    np.add.at(counts, tuple(pairs.T), 1)
    some = expected > 0
    goal = expected[some] / expected.sum() * 100_000
    assert ((counts[some] - goal) ** 2 / goal).sum() < 16.27


def test_a_trip_goes_where_it_goes_whoever_else_is_drawn():
    expected = np.random.default_rng(3).uniform(0, 1, (8, 8))
    ids = np.arange(1000, 5000)
    assert (whole_trips(expected, ids[::3], seed=2) == whole_trips(expected, ids, seed=2)[::3]).all()


def test_trips_spread_over_the_members_of_their_group():
    """Weights 1 : 3 in group 0 and 1 : 0 : 1 in group 1, 20,000 draws: within three standard deviations, .01."""
    group, weights = np.array([0, 0, 1, 1, 1]), np.array([1.0, 3, 5e-9, 0, 5e-9])
    wanted = np.repeat([0, 1], 20_000)
    member = spread(weights, group, wanted, np.arange(40_000), seed=1, purpose="here")
    assert (group[member] == wanted).all()
    assert np.bincount(member[:20_000], minlength=5) / 20_000 == pytest.approx([0.25, 0.75, 0, 0, 0], abs=0.01)
    assert np.bincount(member[20_000:], minlength=5) / 20_000 == pytest.approx([0, 0, 0.5, 0, 0.5], abs=0.011)


def test_draws_differ_by_seed_and_purpose_and_are_even():
    ids = np.arange(10_000)
    one = draw(0, ids, purpose="a")
    assert len(np.unique(one)) == len(ids)
    assert (one == draw(0, ids, purpose="a")).all()
    assert (one != draw(1, ids, purpose="a")).all()
    assert (one != draw(0, ids, purpose="b")).all()
    assert np.bincount(below(0, ids, purpose="a", limit=10)).std() < 4 * np.sqrt(900)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"departure": -1.0}, "departure = -1.0"),
        ({"departure": np.nan}, "departure = nan"),
        ({"trip_id": 1.5}, "not a whole number"),
        ({"trip_id": -3}, "not a whole number"),
    ],
)
def test_an_impossible_trip_is_named(row, words):
    with pytest.raises(BadTable, match=words):
        Demand(trip(**row))


def test_a_trip_may_occur_once():
    with pytest.raises(BadTable, match="trip_id 1 occurs twice"):
        Demand(pd.concat([trip(), trip()]))


def test_a_missing_column_is_named():
    with pytest.raises(BadTable, match="lacks column 'origin'"):
        Demand(trip().drop(columns="origin"))
