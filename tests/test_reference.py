"""The fast kernel moves every vehicle exactly as the slow, readable reference does."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from reference import drive
from roads import EFFORTS, scaled, streets

from twin.kernels.columns import NOT_YET
from twin.kernels.loading import advance, begin


def agree(columns, until):
    """Compare kernel and reference vehicle by vehicle, link by link, tick by tick."""
    state = begin(columns)
    advance(state, columns, until)
    assert state.times.dtype == np.int32
    np.testing.assert_array_equal(state.times, drive(columns, until))


@EFFORTS
def test_any_town(effort):
    """Loops, shared gates, signals, merges, storage of one: everything at once, cut at any moment."""
    effort(given(streets(), st.integers(0, 2500))(agree))()


@EFFORTS
def test_town_without_loops(effort):
    """Nothing locks up, so that whole routes are driven in traffic."""
    effort(given(streets(loops=False, min_vehicles=10), st.just(2000))(agree))()


@EFFORTS
def test_one_crowded_junction(effort):
    """Few links and everybody at once: merges, waves and full links decide nearly every move."""
    effort(given(streets(max_links=3, last_departure=40), st.just(1000))(agree))()


@EFFORTS
def test_crowded_signals(effort):
    """Queues at every signal, with short greens: headways cut off by red are carried over."""
    town = streets(max_links=4, min_vehicles=20, last_departure=60, loops=False, lit=True)
    effort(given(town, st.just(2000))(agree))()


@EFFORTS
def test_finer_clock(effort):
    """Hours of milliseconds, too many to look at each: on a finer clock all happens at as many times the time."""

    def agree_scaled(columns, factor):
        coarse, fine = drive(columns, 2000), scaled(columns, factor)
        state = begin(fine)
        advance(state, fine, 2000 * factor)
        np.testing.assert_array_equal(state.times, np.where(coarse == NOT_YET, NOT_YET, coarse * factor))

    factors = st.one_of(st.integers(1, 20), st.integers(100, 20_000))
    effort(given(streets(), factors)(agree_scaled))()
    effort(given(streets(loops=False, min_vehicles=10, lit=True), factors)(agree_scaled))()
