"""Day: profiles are those of their sources, and a part of a day is a part of it to the trip."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.demand.day import (
    BACK,
    CARS,
    HOURS,
    NAMED,
    PURPOSES,
    THROUGH,
    WHOLE,
    Timetable,
    Window,
    drawn_departures,
    drawn_flows,
    lures_of,
    peaks,
    rates,
    rates_of,
    thousandths,
    through_rates,
    total_for,
    window,
)  # fmt: skip
from twin.errors import BadTable
from twin.places import PEOPLE

NAMES = [purpose.name for purpose in PURPOSES]
TABLE = np.stack([*(flow for purpose in PURPOSES for flow in rates(purpose)), through_rates()])


@pytest.mark.parametrize("purpose", PURPOSES, ids=NAMES)
def test_a_profile_is_a_whole_day(purpose):
    there, back = rates(purpose)
    assert len(purpose.starts) == len(purpose.outward) == HOURS
    assert sum(purpose.starts) == WHOLE
    assert (there + back).sum() == purpose.share * WHOLE * WHOLE
    assert min(there.min(), back.min()) >= 0


def test_shares_are_a_whole():
    assert sum(purpose.share for purpose in PURPOSES) == WHOLE
    assert through_rates().sum() == THROUGH * WHOLE * WHOLE


@pytest.mark.parametrize(
    ("name", "hours", "percent"),
    [("work", (17,), 13.6), ("shopping", (11,), 13.0), ("school", (15,), 31.2), ("school", (8,), 36.0)],
)
def test_peaks_are_where_the_survey_has_them(name, hours, percent):
    """National Travel Survey of 2025, as quoted for single hours: our table of earlier years within 2 points."""
    purpose = next(one for one in PURPOSES if one.name == name)
    half = range(HOURS // 2) if hours[0] < HOURS // 2 else range(HOURS // 2, HOURS)
    if name == "shopping":
        half = range(HOURS)
    assert max(half, key=lambda hour: purpose.starts[hour]) in hours
    assert purpose.starts[hours[0]] / 10 == pytest.approx(percent, abs=2.0)


def test_all_purposes_together_drive_when_car_drivers_do():
    """The survey's count of car drivers on the road, from which no profile was taken: 5 % depart at other hours."""
    own = sum(there + back for there, back in map(rates, PURPOSES))
    apart = np.abs(own / own.sum() - np.array(CARS) / sum(CARS)).sum() / 2
    assert apart < 0.06


@pytest.mark.parametrize("purpose", PURPOSES, ids=NAMES)
def test_about_as_many_go_as_come_back(purpose):
    there, back = rates(purpose)
    assert there.sum() / (there + back).sum() == pytest.approx(0.5, abs=0.07)
    ahead = np.cumsum(there - back)  # nobody comes back who has not gone
    assert (ahead >= -0.1 * there.sum()).all()


def test_the_rush_hours_are_those_of_towns():
    assert peaks(TABLE) == (8, 17)


@pytest.mark.parametrize("name", NAMED)
def test_a_way_back_leads_from_where_the_way_there_led(name):
    start, end = lures_of(name)
    other = name.removeprefix(BACK) if name.startswith(BACK) else BACK + name
    assert lures_of(other) == (end, start)
    assert set(start) | set(end) <= set(PEOPLE)


def test_a_purpose_of_elsewhere_departs_as_cars_do():
    assert (rates_of("pilgrimage") == through_rates()).all()
    assert (rates_of("back from work") == rates(PURPOSES[0])[1]).all()


@given(total=st.integers(0, 20_000), begin=st.integers(0, 1439), long=st.integers(1, 1440), seed=st.integers(0, 9))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_a_part_of_a_day_is_a_part_of_it(total, begin, long, seed):
    part = Window(begin, min(begin + long, 1440))
    day = Timetable(TABLE, total)
    ids, departure, flow = day.trips(Window(0, 1440), seed=seed)
    assert len(ids) == total
    inside = (departure >= part.begin * 60_000) & (departure < part.end * 60_000)
    assert len(inside[inside]) == day.count(part)
    for whole, own in zip((ids, departure, flow), day.trips(part, seed=seed), strict=True):
        assert (whole[inside] == own).all()


@given(trips=st.integers(1, 50_000), begin=st.integers(0, 1435), long=st.integers(1, 600))
@settings(derandomize=True, deadline=None, max_examples=100)
def test_a_part_has_as_many_trips_as_wanted(trips, begin, long):
    part = Window(begin, min(begin + long, 1440))
    assert Timetable(TABLE, total_for(TABLE, trips, part)).count(part) == trips


def test_nobody_departs_when_nobody_does():
    closed = TABLE * (np.arange(HOURS) > 5)
    with pytest.raises(BadTable, match=r"nobody departs from 01:00 to 02:00"):
        total_for(closed, 5, Window(60, 120))


def test_each_minute_has_its_share_of_trips():
    """So many that have departed by each minute as the rates say, less than one apart."""
    day = Timetable(TABLE, 12_345)
    _, departure, _ = day.trips(Window(0, 1440), seed=3)
    per_minute = np.repeat(TABLE.sum(axis=0), 60) / (60 * TABLE.sum())
    so_far = np.cumsum(np.bincount(departure // 60_000, minlength=1440))
    assert np.abs(so_far - 12_345 * np.cumsum(per_minute)).max() <= 1


def test_flows_have_their_shares_of_each_hour():
    """Chi square of nine flows in the hour from 8:00, 100,000 draws: below 26.12 (8 degrees of freedom, 0.1 %)."""
    flow = drawn_flows(TABLE, np.arange(100_000), np.full(100_000, 8), seed=0)
    goal = TABLE[:, 8] / TABLE[:, 8].sum() * 100_000
    some = goal > 0
    assert (np.bincount(flow, minlength=len(TABLE))[~some] == 0).all()
    counts = np.bincount(flow, minlength=len(TABLE))[some]
    assert ((counts - goal[some]) ** 2 / goal[some]).sum() < 26.12


def test_departures_follow_the_hours_and_are_even_within():
    """A quarter of the trips in one hour and the rest in another; quarters of an hour alike."""
    hourly = np.zeros(HOURS, np.int64)
    hourly[7], hourly[9] = 1, 3
    drawn = drawn_departures(hourly, np.arange(40_000), seed=1) / 1000
    assert set((drawn // 3600).astype(int)) == {7, 9}
    assert (drawn < 8 * 3600).mean() == pytest.approx(0.25, abs=0.01)
    assert np.bincount((drawn % 3600 // 900).astype(int)) / 40_000 == pytest.approx([0.25] * 4, abs=0.01)


def test_thousandths_lose_nothing():
    assert sum(thousandths([0.1, 5.5, 3.3])) == WHOLE
    assert thousandths([2, 0, 2]) == (500, 0, 500)


def test_a_part_of_a_day_speaks_of_itself():
    assert str(window(("06:30", "09:30"))) == "06:30 to 09:30"
    assert window(("00:00", "24:00")) == Window(0, 1440)
