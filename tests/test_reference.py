"""The fast kernel moves every vehicle exactly as the slow, readable reference does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba.core import config
from reference import drive
from roads import CARS, EFFORTS, FEATURES, by_hand, scaled, streets

from twin.kernels.columns import NO_SIGNAL, NO_YIELD, NOT_YET, NOWHERE, STORAGE, UNITY
from twin.kernels.loading import advance
from twin.kernels.state import begin


def times_of(columns, until):
    """Return the time of each step of all routes as the kernel finds it."""
    state = begin(columns)
    advance(state, columns, until)
    return state.log[:, 1]


def agree(columns, until):
    """Compare kernel and reference vehicle by vehicle, step by step, tick by tick."""
    times = times_of(columns, until)
    assert times.dtype == np.int32
    np.testing.assert_array_equal(times, drive(columns, until))


ROAD = (10, 1, 20, 5)


def one_road(*trips, road=ROAD, headway=4, turns=(), **others):
    """Return a road (turn 0 leads onto it, turn 1 away) and what lies behind its one lane group."""
    return by_hand([road], [(headway, 0), (1, NOWHERE)], [(0, 1), *(turns or [(NOWHERE, 0)])], trips, **others)


def dock(storage, *trips, gives_up=False, wave_time=1):
    """Return a road (turn 0 onto it, turn 1 away from it) to a dock with one bay (turn 2 into it, turn 3 away)."""
    turns = [(0, 1), (NOWHERE, 0), (1, 0, NO_SIGNAL, NO_YIELD, gives_up), (NOWHERE, 2)]
    return by_hand([ROAD, (1, 1, storage, wave_time)], [(4, 0), (1, NOWHERE), (1, 1)], turns, trips, bays=[1])


def give_way(gap, follow_up, *, permitted=None):
    """Return a main road with vehicles at its exit at 40, 60 and 80, and two vehicles that yield, there at 38 and 39.

    Who yields has green from 0 to 70 of 100, permitted or not, or no signal.
    """
    main, side, on = (40, 1, 20, 5), (38, 1, 20, 5), (5, 1, 20, 1)
    groups = [(1, 0), (1, 1), (1, 2), (1, NOWHERE), (1, NOWHERE)]
    turns = [(2, 0), (2, 1, NO_SIGNAL if permitted is None else 0, 0), (0, 3), (1, 4), (NOWHERE, 2)]
    trips = [(departure, 0, [2, 0, 4]) for departure in (0, 20, 40)] + [(0, 0, [3, 1, 4])] * 2
    windows = [(0, 70, 0, permitted)] if permitted is not None else ()
    return by_hand([main, side, on], groups, turns, trips, yields=[(gap, follow_up, [0])], windows=windows, cycle=100)


STANDING = [(0, 0, [0, 1])] * 7
TRUCK, AMBULANCE = (3, 2 * UNITY, 3 * UNITY, False), (1, UNITY, UNITY, True)
CASES = {
    "road": (one_road(*STANDING[:3]), [0, 10, 1, 14, 2, 18]),
    # Each leaves 300 after the one before, who makes room; a dock without a yard is entered a wave later.
    "dock and yard": (dock(3, *[(0, 0, [0, 2, -301, 3])] * 3), [0, 10, 10, 310, 1, 14, 310, 610, 2, 18, 610, 910]),
    "dock": (dock(1, *[(0, 0, [0, 2, -301, 3])] * 3), [0, 10, 10, 310, 1, 311, 311, 611, 2, 612, 612, 912]),
    # The second one is ready at 14, gives the dock up at the end of that millisecond and goes in the next.
    "full dock given up": (
        dock(1, *[(0, 0, [0, 2, -301, 3, 1])] * 2, gives_up=True),
        [0, 10, 10, 310, NOT_YET, 1, NOT_YET, NOT_YET, NOT_YET, 15],
    ),
    # The dock is free again when the second one comes, though the room has not yet come back to the entry.
    "free dock not given up": (
        dock(1, (0, 0, [0, 2, -3, 3, 1]), (0, 0, [0, 2, -301, 3, 1]), gives_up=True, wave_time=5),
        [0, 10, 10, 12, NOT_YET, 1, 17, 17, 317, NOT_YET],
    ),
    # A road that leads onto itself, where who enters again goes ahead of a slower one.
    "round and round": (
        one_road(
            (0, 0, [0, 2, 2, 1]), (0, 1, [0, 2, 1]), turns=[(NOWHERE, 0), (0, 0)], overtakes=[0], headway=1,
            classes=[CARS, (1, UNITY, 3 * UNITY // 2, False)],
        ),
        [0, 10, 20, 30, 1, 16, 31],
    ),
    # Seven units of time are left of ten: 7 / 4 vehicles a cycle on average, the rest of a headway is carried over.
    "start-up loss": (
        one_road(*STANDING, turns=[(NOWHERE, 0, 0)], windows=[(10, 10, 3, False)], cycle=20),
        [0, 10, 1, 14, 2, 18, 3, 35, 4, 39, 5, 56, 6, 73],
    ),
    "start-up at once": (
        one_road(*STANDING, road=(2, 1, 20, 5), turns=[(NOWHERE, 0, 0)], windows=[(10, 10, 3, False)], cycle=20),
        [0, 13, 1, 17, 2, 34, 3, 38, 4, 55, 5, 59, 6, 76],
    ),
    # Sizes: a truck of three units finds no room beside another on a road of five.
    "trucks": (
        one_road(*[(0, 0, [0, 1])] * 2, road=(10, 1, 5, 5), classes=[TRUCK]),
        [0, 30, 35, 65],
    ),
    "overtaking": (
        one_road((0, 0, [0, 1]), (0, 1, [0, 1]), classes=[TRUCK, CARS], overtakes=[0]),
        [0, 30, 2, 12],
    ),
    "no overtaking": (one_road((0, 0, [0, 1]), (0, 1, [0, 1]), classes=[TRUCK, CARS]), [0, 30, 2, 38]),
    # The first gap after 38 is between 40 and 60; the follow-up time lets the second one see the next vehicle.
    "short gap": (give_way(15, 7), [0, 40, 45, 20, 60, 65, 40, 80, 85, 0, 41, 46, 1, 61, 66]),
    "long gap": (give_way(25, 7), [0, 40, 45, 20, 60, 65, 40, 80, 85, 0, 81, 86, 1, 88, 93]),
    "permitted": (
        give_way(25, 7, permitted=True), [0, 40, 45, 20, 60, 65, 40, 80, 85, 0, 100, 105, 1, 107, 112]
    ),
    "protected": (give_way(25, 7, permitted=False), [0, 40, 45, 20, 60, 65, 40, 80, 85, 0, 38, 43, 1, 39, 44]),
    # In red, behind two others; a second ambulance finds the road too full for others to pull over and looks again.
    "passing": (
        one_road(
            (0, 0, [0, 1]), (0, 0, [0, 1]), (3, 1, [0, 1]), turns=[(NOWHERE, 0, 0)], classes=[CARS, AMBULANCE],
            windows=[(90, 10, 0, False)], cycle=100,
        ),
        [0, 90, 1, 94, 3, 13],
    ),
    "no room to pull over": (
        one_road(
            (0, 0, [0, 1]), (0, 0, [0, 1]), (3, 1, [0, 1]), turns=[(NOWHERE, 0, 0)], classes=[CARS, AMBULANCE],
            road=(10, 1, 3, 5), windows=[(90, 10, 0, False)], cycle=100,
        ),
        [0, 90, 1, 94, 3, 1013],
    ),
    "opened later": (
        one_road(*STANDING[:2], changes=[(0, STORAGE, 0, 0), (100, STORAGE, 0, 1)]),
        [100, 110, 115, 125],
    ),
}  # fmt: skip
"""Towns small enough to know by hand when everything happens."""


@pytest.mark.parametrize("case", CASES)
def test_known_by_hand(case):
    """The reference and the kernel find the times that follow from the rules by hand."""
    columns, times = CASES[case]
    assert drive(columns, 1200).tolist() == times
    assert times_of(columns, 1200).tolist() == times


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


def crowded(features=(), *, lit=False):
    """Draw towns in which many start together and everybody gets through."""
    return streets(max_links=4, min_vehicles=20, last_departure=60, loops=False, lit=lit, features=features)


@EFFORTS
def test_crowded_signals(effort):
    """Queues at every signal, with short greens: headways cut off by red are carried over."""
    effort(given(crowded(lit=True), st.just(2000))(agree))()


@pytest.mark.parametrize(
    "features",
    [
        ("classes",),
        ("classes", "overtaking"),
        ("yielding",),
        ("yielding", "permitted"),
        ("losses",),
        ("losses", "yielding", "permitted", "classes"),
        ("places",),
        ("places", "classes", "yielding"),
        ("places", "alternatives"),
        ("places", "alternatives", "yielding"),
        ("passing",),
        ("passing", "places"),
        ("timetable",),
        ("timetable", "places", "yielding", "permitted", "losses"),
    ],
    ids=" and ".join,
)
@EFFORTS
def test_town_with(features, effort):
    """Each feature in crowded towns: with loops and without, with signals everywhere and with some."""
    towns = st.one_of(crowded(features), crowded(features, lit=True), streets(features=features, min_vehicles=10))
    effort(given(towns, st.just(1500))(agree))()


@EFFORTS
def test_town_with_everything(effort):
    """All features together, and any choice of them."""
    some = st.sets(st.sampled_from(FEATURES))
    towns = st.one_of(crowded(FEATURES), crowded(some), streets(features=FEATURES), streets(features=some))
    effort(given(towns, st.integers(0, 2500))(agree))()


@EFFORTS
def test_finer_clock(effort):
    """Hours of milliseconds, too many to look at each: on a finer clock all happens at as many times the time."""

    def agree_scaled(columns, factor):
        columns = columns._replace(window_loss=np.minimum(columns.window_loss, columns.window_length - 1))
        coarse = drive(columns, 2000)
        fine = times_of(scaled(columns, factor), 2000 * factor)
        np.testing.assert_array_equal(fine, np.where(coarse == NOT_YET, NOT_YET, coarse * factor))

    finer = st.integers(1, 20)
    if not config.DISABLE_JIT:  # hours of milliseconds take hours there
        finer = st.one_of(finer, st.integers(100, 20_000))
    whole = st.sampled_from([UNITY, 2 * UNITY, 3 * UNITY])
    exact = st.sets(st.sampled_from(("classes", "overtaking", "losses", "places", "timetable")))
    towns = streets(loops=False, min_vehicles=10, features=exact, factors=whole)
    short = towns.map(lambda columns: columns._replace(class_size=np.ones_like(columns.class_size)))
    effort(given(streets(), finer)(agree_scaled))()
    effort(given(streets(loops=False, min_vehicles=10, lit=True), finer)(agree_scaled))()
    effort(given(short, finer)(agree_scaled))()
    turning = streets(min_vehicles=10, features={"turning"}, factors=whole)  # the time of a turn has 15 bits
    effort(given(turning, st.integers(1, 20 if config.DISABLE_JIT else 1_000))(agree_scaled))()
