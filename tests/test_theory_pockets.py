"""Pockets with known answers: short lanes before a junction, and what happens when one is full.

As in ``test_theory`` a road has one lane of 1 km, u = 20 m/s (50 s), s = 0.8 veh/s (1.25 s apart) and jam density 0.2
veh/m (a car takes 5 m). A pocket is a lane of its own over the last metres; before it all share the road.

References
----------
Highway Capacity Manual 2010, ch. 31: a turn bay that spills over blocks the lanes beside it.
Newell, G. F. (1993). A simplified theory of kinematic waves in highway traffic. Transportation Research B 27.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pytest import approx  # noqa: PT013 - it is written in every second line
from roads import network, road, steady, trips
from theory import drive, entries, fixed_time, on

NO_LEFT = fixed_time(("in", "left", 50_000.0, 1000.0), cycle=80_000.0)
"""The left turn is red for longer than any test."""


def junction(pocket, *, lanes=1, through_lanes=1, length=1000.0, speed=20.0):
    """Return a road "in" (A to J) that goes left (to L) from group 0 and straight on (to T) from group 1.

    The left lane is a pocket of so many metres, or as long as the road where there is none (None).
    """
    roads = [
        road("in", "A", "J", length=length, lanes=lanes, speed=speed), road("left", "J", "L"),
        road("through", "J", "T", lanes=2),
    ]  # fmt: skip
    groups = pd.DataFrame(
        {"link_id": ["in", "in", "left", "through"], "lane_group": [0, 1, 0, 0], "lanes": [1, through_lanes, 1, 2],
         "pocket": [np.nan if pocket is None else pocket, np.nan, np.nan, np.nan]}
    )  # fmt: skip
    turns = [
        {"in_link": "in", "out_link": "left", "lane_group": 0},
        {"in_link": "in", "out_link": "through", "lane_group": 1},
    ]
    return network(roads, lane_groups=groups, turns=turns)


def stream(departures, pattern):
    """Return trips from A that go left (L) or through (T) as the letters of a pattern say, in turn."""
    table = trips("A", "T", departures)
    return table.assign(destination=[pattern[n % len(pattern)] for n in range(len(table))])


@pytest.mark.parametrize(("pocket", "holds"), [(10.0, 2), (40.0, 8), (80.0, 16)])
@pytest.mark.parametrize("pattern", ["LT", "LTTT", "TTTL"])
def test_a_full_pocket_blocks_those_behind(pocket, holds, pattern):
    """The left turn is red, the pocket has room for n = length x .2 cars.

    All go through who are ahead of left-turner n + 1; he stands before the pocket and nobody gets by.
    """
    result = drive(junction(pocket), stream(steady((0.4, 1000)), pattern), signals=NO_LEFT, until=3000)
    blocker = np.flatnonzero([pattern[n % len(pattern)] == "L" for n in range(400)])[holds]
    through = on(result, "through")
    assert through["entered"].notna().sum() == blocker - holds
    assert through.loc[through["entered"].notna(), "trip_id"].max() < blocker


def test_a_full_length_lane_blocks_nobody():
    """The left lane is as long as the road: 100 cars of its 200 stand there, and the other lane flows."""
    result = drive(junction(None, lanes=2), stream(steady((0.4, 500)), "LT"), signals=NO_LEFT, until=3000)
    through = on(result, "through")
    assert (through["entered"] - through["trip_id"] * 2.5).to_numpy() == approx(50.0, abs=0.01)
    assert len(through) == 100


@pytest.mark.parametrize(("length", "pocket", "speed"), [
    (1000.0, 40.0, 20.0), (137.3, 41.7, 13.9), (333.333, 7.7, 8.333), (61.0, 60.9, 27.8), (20.0, 19.999, 16.667),
])  # fmt: skip
def test_free_time_is_that_of_the_road(length, pocket, speed):
    """Nobody about: a pocket takes no time and gives none, to the millisecond."""
    times = []
    for short in (pocket, None):
        table = stream([0.0, 100.0], "LT")
        passages = on(drive(junction(short, length=length, speed=speed), table), "in")
        times.append((passages["left"] - passages["entered"]).to_numpy())
    assert times[0] == approx(times[1], abs=0.001 + 1e-9)
    assert times[0] == approx(length / speed, abs=0.002)


@pytest.mark.parametrize("pattern", ["T", "LT", "LLT"])
@pytest.mark.parametrize("pocket", [10.0, 40.0, 200.0])
def test_the_shared_part_carries_its_own_capacity(pattern, pocket):
    """No signal: one lane brings s = .8 into pocket and lane beside it, whatever the turns; both take it at once."""
    result = drive(junction(pocket), stream(steady((1.0, 1500)), pattern), until=1500)
    flow = entries(result, "left", 300, 1500) + entries(result, "through", 300, 1500)
    assert flow == approx(0.8, rel=0.01)


@pytest.mark.parametrize(("green", "pocket"), [(30.0, 200.0), (20.0, 120.0)])
def test_a_pocket_adds_a_lane_at_the_stop_line(green, pocket):
    """Left and through are green together, half the cars each, and the pocket holds a cycle's left-turners, g s.

    So two lanes discharge, 2 s g / C, but never more than the one lane brings: min(.8, 1.6 g / 60) = .8 or .533.
    """
    signals = fixed_time(("in", "left", 0.0, green), ("in", "through", 0.0, green), cycle=60.0)
    result = drive(junction(pocket), stream(steady((1.0, 3000)), "LT"), signals=signals, until=3000)
    flow = entries(result, "left", 600, 3000) + entries(result, "through", 600, 3000)
    assert flow == approx(min(0.8, 1.6 * green / 60), rel=0.01)


@pytest.mark.parametrize(("pocket", "holds"), [(10.0, 2), (20.0, 4), (30.0, 6), (200.0, 40)])
def test_a_short_pocket_loses_what_it_does_not_hold(pocket, holds):
    """Left and through are green in turn, 30 s each of 60; cars alternate; each lane holds n behind the fork.

    At the end of the left phase n through cars stand in their lane and one blocks the fork. In the through phase these
    n + 1 go, and n others, with the n left-turners that fill their lane, until one more blocks the fork:
    2 n + 1 in each phase, 2 (2 n + 1) / C in all, unless the one lane before the fork brings less: s. There is time for
    it: 5 n / w until room is back, 2.5 s for each that is let in, 5 n / u to the line, n (1 + 2.5 + .25) < 30 s.
    """
    signals = fixed_time(("in", "left", 0.0, 30.0), ("in", "through", 30.0, 30.0), cycle=60.0)
    result = drive(junction(pocket), stream(steady((1.0, 3000)), "LT"), signals=signals, until=3000)
    flow = entries(result, "left", 600, 3000) + entries(result, "through", 600, 3000)
    assert flow == approx(min(0.8, 2 * (2 * holds + 1) / 60), rel=0.01)
