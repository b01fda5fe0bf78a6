"""Events of the day with known answers: closures, incidents, speeds, tidal lanes and signals that are overruled.

As in ``test_theory`` a road has one lane of 1 km, u = 20 m/s (50 s), s = 0.8 veh/s (1.25 s apart), jam density 0.2
veh/m and w = 5 m/s. Queues and delays follow from cumulative curves (Newell 1993), V the wished arrivals and D the
departures.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pytest import approx  # noqa: PT013 - it is written in every second line
from roads import chain, steady, trips
from theory import drive, entries, fixed_time, on, state

from twin.errors import BadTable
from twin.events import GREEN, PLAN, RED


def events(*rows):
    """Return a table of events: rows are (time, kind, link_id, value) or with an out_link behind."""
    columns = ["time", "kind", "link_id", "value", "out_link"]
    return pd.DataFrame([(*row, "")[:5] for row in rows], columns=columns)


# Closures.


def test_closure():
    """Road 2 of three is closed from 200 to 400 s; .4 veh/s come.

    Nobody enters between, those on it drive out in their 50 s, and 80 wait. From 400 s on they go at .8: gone after
    80 / (.8 - .4) = 200 s. Delay = 80 x (200 + 200) / 2 = 16,000 s.
    """
    result = drive(
        chain({}, {}, {}), trips("0", "3", steady((0.4, 1500))),
        events=events((200.0, "closed", "2", 1), (400.0, "closed", "2", 0)),
    )  # fmt: skip
    passages = on(result, "2")
    entered, left = passages["entered"], passages["left"]
    assert not entered.between(200, 400, inclusive="left").any()
    assert entered[entered >= 200].min() == approx(400.0)
    assert (left - entered).to_numpy() == approx(50.0, abs=0.01)
    delay = result.trips()["travel_time"] - 150.0
    assert delay.sum() == approx(16_000, rel=0.01)
    assert result.trips()["arrived"][delay > 0.1].max() == approx(600 + 100, abs=2.5)
    assert entries(result, "2", 400, 600) == approx(0.8, rel=0.01)


def test_closure_of_the_first_road():
    """Trips that begin there wait at their origin, as long as it is closed."""
    result = drive(
        chain({}), trips("0", "1", [0.0, 100.0, 200.0]),
        events=events((50.0, "closed", "1", 1), (150.0, "closed", "1", 0)),
    )  # fmt: skip
    assert result.trips()["entered"].to_list() == [0.0, 150.0, 200.0]


def test_closed_twice_and_never_opened():
    """A second closure changes nothing; who has not entered by then never does, and stays in the count."""
    closed = events((100.0, "closed", "2", 1), (150.0, "closed", "2", 1))
    counts = drive(chain({}, {}), trips("0", "2", steady((0.1, 200))), events=closed, until=3000).fate_counts()
    assert counts == {"arrived": 5, "on road": 15, "waiting": 0, "refused": 0}  # at the closure at 0, 10 ... 40 + 50 s


# Incidents.


@pytest.mark.parametrize(("share", "queue", "delay"), [(0.5, 60, 18_000), (0.25, 120, 54_000), (0.7, 12, 2_160)])
def test_incident(share, queue, delay):
    """20 m of road have a share of s = .8 from 300 to 600 s; .6 veh/s come. Queue at 600 s: (.6 - .8 share) x 300.

    Gone at .8 - .6 = .2 a second; delay = queue x (300 + queue / .2) / 2: 60 x 600 / 2 = 18,000 s for a half.
    """
    result = drive(
        chain({}, {"length": 20.0}, {}), trips("0", "3", steady((0.6, 2500))),
        events=events((300.0, "capacity", "2", share), (600.0, "capacity", "2", 1.0)),
    )  # fmt: skip
    table = result.trips()
    wished, entered = table["departure"] + 50.0, on(result, "2")["entered"]
    assert entries(result, "2", 320, 600) == approx(0.8 * share, rel=0.01, abs=1 / 280)
    assert (wished < 600).sum() - (entered < 600).sum() == approx(queue, abs=1)
    free = 50 + 1 + 50
    assert (table["travel_time"] - free).sum() == approx(delay, rel=0.02, abs=60)
    assert entered[entered > wished + 0.1].max() == approx(600 + queue / 0.2, rel=0.01)


def test_incident_on_a_long_road():
    """1 km at half its capacity, entry and exit: ten more queue at its exit, which take their part of the delay.

    At the exit V - D grows at .2 from 300 to 600 s (60). Then .8 leave until the ten of 300 to 350 s are gone (25 s:
    55), .4 until the first of 600 s are through (650 s: 60), then .8: gone at 950 s. Area 9,000 + 25 (57.5 + 57.5) +
    60 x 300 / 2 = 20,875 s.
    """
    result = drive(
        chain({}, {}, {}), trips("0", "3", steady((0.6, 2500))),
        events=events((300.0, "capacity", "2", 0.5), (600.0, "capacity", "2", 1.0)),
    )  # fmt: skip
    delay = result.trips()["travel_time"] - 150.0
    assert delay.sum() == approx(20_875, rel=0.01)
    left = on(result, "2")["left"]
    assert left[delay > 1.0].max() == approx(950, rel=0.01)


# Speeds.


def test_speed():
    """20 to 10 m/s at 500 s and back at 1000 s: who enters by then takes 50, 100, 50 s; those on it keep their speed.

    One lane: at 1000 s those of 10 m/s are ahead, and the first behind them follow until 1100 s.
    """
    result = drive(
        chain({}), trips("0", "1", 5.0 * np.arange(400)),
        events=events((500.0, "speed", "1", 10.0), (1000.0, "speed", "1", 20.0)),
    )  # fmt: skip
    passages = on(result, "1")
    entered, left = passages["entered"].to_numpy(), passages["left"].to_numpy()
    time = left - entered
    assert time[entered < 500] == approx(50.0)
    assert time[(entered >= 500) & (entered < 1000)] == approx(100.0)
    assert time[entered >= 1100] == approx(50.0)
    after = (entered >= 1000) & (entered < 1100)
    free = np.maximum(entered[after] + 50, 1095 + 1.25 * (1 + np.arange(after.sum())))
    assert left[after] == approx(free, abs=0.01)


# Tidal lanes.


@pytest.mark.parametrize(
    ("before", "after", "settled"), [(1, 2, 1050.0), (1, 2, 1400.0), (2, 1, 1400.0), (3, 2, 1400.0)]
)
def test_tidal_lanes(before, after, settled):
    """At 1000 s a saturated road changes from n lanes to m: its exit serves n s before and m s after, and goes on.

    More lanes are filled after 50 s. Of a lane that is taken away the room is missed at once: for a wave's time, 125 s
    at the most here, nobody may enter, and what follows from that has left after 400 s.
    """
    result = drive(
        chain({"lanes": before}), trips("0", "1", steady((3.0, 2200))), events=events((1000.0, "lanes", "1", after)),
        until=2200,
    )  # fmt: skip
    assert state(result, "1", 300, 1000)[0] == approx(0.8 * before, rel=0.01)
    assert state(result, "1", settled, 2200)[0] == approx(0.8 * after, rel=0.01)


@pytest.mark.parametrize(("lanes", "after"), [(2, 1), (1, 2), (3, 1)])
@pytest.mark.parametrize("moment", [500.0, 500.5, 801.3])
def test_lanes_change_under_a_queue(lanes, after, moment):
    """Road 2 (600 m, .2 veh/m a lane) is full when its lanes change: nobody is lost, nobody enters beyond its storage.

    Its exit (.2 veh/s) goes on as before, and in the end all have arrived.
    """
    roads = chain({"lanes": 3}, {"length": 600.0, "lanes": lanes}, {"capacity": 0.2})
    result = drive(roads, trips("0", "3", steady((2.0, 400))), events=events((moment, "lanes", "2", after)), until=9000)
    passages = on(result, "2")
    assert (result.trips()["fate"] == "arrived").all()
    assert on(result, "3")["entered"].between(600, 3600, inclusive="left").sum() == approx(600, abs=1)
    entered, left = np.sort(passages["entered"]), np.sort(passages["left"])
    for time in np.arange(moment, 3000, 7.3):
        present = (entered < time).sum() - (left < time).sum()
        assert present <= 120 * max(after, lanes)
        if present > 120 * after:
            assert not ((entered >= moment + 0.001) & (entered < time)).any()
    later = np.arange(2500, 3500, 7.3)
    present = [(entered < time).sum() - (left < time).sum() for time in later]
    if passages["entered"].max() > 3500:  # a queue of .2 veh/s in n lanes: k = .2 n - .2 / 5
        assert np.mean(present) == approx(600 * (0.2 * after - 0.2 / 5), rel=0.01)


def test_more_lanes_shorten_a_queue():
    """The same at an exit: 1 lane to 2 at 600 s; 1.2 veh/s until 1000 s, .2 after.

    V - D = (1.2 - .8) x 600 = 240 at 600 s, 240 - .4 x 400 = 80 at 1000 s, gone at 80 / 1.4 = 57 s later. All of it
    waits at the origin: delay = 240 x 600 / 2 + (240 + 80) x 400 / 2 + 80 x 57.1 / 2 = 138,286 s.
    """
    result = drive(
        chain({}, {"lanes": 2}), trips("0", "2", steady((1.2, 1000), (0.2, 1000))),
        events=events((600.0, "lanes", "1", 2)),
    )  # fmt: skip
    delay = result.trips()["travel_time"] - 100.0
    assert delay.sum() == approx(138_286, rel=0.01)


# Signals.


def test_pre_emption():
    """Green from 0 to 30 of 60 s; red from 300 to 420 s, green from 600 to 720 s, else as planned; cars 11 s apart.

    A car at the line at x leaves at x in green, else at the next begin of green.
    """
    signals = fixed_time(("1", "2", 0.0, 30.0), cycle=60.0)
    overruled = events(
        (300.0, "signal", "1", RED, "2"), (420.0, "signal", "1", PLAN, "2"),
        (600.0, "signal", "1", GREEN, "2"), (720.0, "signal", "1", PLAN, "2"),
    )  # fmt: skip
    result = drive(chain({}, {}), trips("0", "2", 11.0 * np.arange(90)), signals=signals, events=overruled)
    there = 11.0 * np.arange(90) + 50.0
    red = (there >= 300) & (there < 420)
    green = (there >= 600) & (there < 720)
    planned = np.where(there % 60 < 30, there, np.ceil(there / 60) * 60)
    could = np.where(red, 420.0, np.where(green, there, planned))
    could = np.where(~red & (could >= 300) & (could < 420), 420.0, could)
    could = np.where(~green & (there < 600) & (could >= 600), 600.0, could)
    left = could.copy()
    for n in range(1, len(left)):
        left[n] = max(could[n], left[n - 1] + 1.25)
    waited = left[left != could]
    assert ((waited % 60 < 30) | (waited >= 600) & (waited < 720)).all()  # no queue is cut by the end of green
    assert on(result, "1")["left"].to_numpy() == approx(left, abs=0.01)


def test_held_in_green_and_let_go_at_once():
    """A queue that discharges is held at 310 s and goes on at 333.3 s, when the plan is back in force and green."""
    signals = fixed_time(("1", "2", 0.0, 50.0), cycle=60.0)
    result = drive(
        chain({}, {}), trips("0", "2", steady((0.8, 600))), signals=signals,
        events=events((310.0, "signal", "1", RED, "2"), (333.3, "signal", "1", PLAN, "2")),
    )  # fmt: skip
    left = on(result, "1")["left"]
    assert not left.between(310.0, 333.3, inclusive="left").any()
    assert left[left >= 310].min() == approx(333.3)
    assert left.between(333.3, 350, inclusive="left").sum() == approx(16.7 * 0.8, abs=1)


def test_turn_without_a_signal_can_be_held():
    """It has no plan, so as planned means free."""
    result = drive(
        chain({}, {}), trips("0", "2", 10.0 * np.arange(20)),
        events=events((100.0, "signal", "1", RED, "2"), (150.0, "signal", "1", PLAN, "2")),
    )  # fmt: skip
    left = on(result, "1")["left"].to_numpy()
    assert left[:5] == approx([50.0, 60.0, 70.0, 80.0, 90.0])
    assert left[5:10] == approx(150 + 1.25 * np.arange(5), abs=0.01)
    assert left[15:] == approx(50 + 10.0 * np.arange(15, 20), abs=0.01)


# What cannot be.


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ((0.0, "closed", "nowhere", 1), "is not a link of the network"),
        ((0.0, "flooded", "1", 1), "must be one of"),
        ((0.0, "closed", "1", 2), "must be 1"),
        ((0.0, "lanes", "1", 1.5), "must be its number of lanes"),
        ((-1.0, "closed", "1", 1), "is not a time"),
        ((0.0, "capacity", "1", 0.0), "must be the share"),
        ((0.0, "signal", "1", 0, "3"), "is not reached by a turn"),
    ],
)
def test_events_that_cannot_be_are_refused_by_name(row, text):
    with pytest.raises(BadTable, match=text):
        drive(chain({}, {}), trips("0", "2", [0.0]), events=events(row))


def test_an_event_of_the_first_moment_is_there_from_the_beginning():
    """At 0 s half the capacity: as if it had been built so."""
    halved = drive(chain({}), trips("0", "1", steady((1.0, 500))), events=events((0.0, "capacity", "1", 0.5)))
    assert state(halved, "1", 100, 500) == approx((0.4, 0.02, 20.0), rel=0.01)


@pytest.mark.parametrize(
    ("kind", "value", "built"), [("speed", 10.0, {"speed": 10.0, "capacity": 2 / 3}), ("lanes", 2, {"lanes": 2})]
)
def test_a_road_changed_from_the_beginning_is_as_if_built_so(kind, value, built):
    """w and jam density stay, so at 10 m/s s = u w k / (u + w) = .667 (as ``SpeedLimit`` says); two lanes take 1.6."""
    table = trips("0", "2", steady((2.0, 600)))
    changed = drive(chain({"lanes": 3}, {}), table, events=events((0.0, kind, "2", value)), until=600)
    as_built = drive(chain({"lanes": 3}, built), table, until=600)
    for link in ("1", "2"):
        assert on(changed, link)["left"].to_numpy() == approx(
            on(as_built, link)["left"].to_numpy(), nan_ok=True, abs=0.5
        )
