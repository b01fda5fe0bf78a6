"""Measures against values worked out by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.roads import chain, network, road, trips
from twin.demand import Demand
from twin.measures import (
    KPIS,
    delay_index,
    free_flow_times,
    mean_travel_time,
    travel_times,
    unfinished,
    vehicle_hours,
    vehicle_kilometres,
)
from twin.picture.cards import kpis
from twin.scenario import Scenario
from twin.simulate import simulate
from twin.towns import town


def queue_of_three(until=None):
    """Three trips at once on 1 km at 20 m/s that lets one out every 10 s: they take 50, 60 and 70 s."""
    return simulate(Scenario(chain({}, exits={"1": 0.1}), Demand(trips("0", "1", [0.0, 0.0, 0.0]))), until=until)


def test_travel_times_are_from_wished_departure():
    assert travel_times(queue_of_three()).tolist() == pytest.approx([50, 60, 70])


def test_delay_index_is_the_mean_of_ratios():
    assert free_flow_times(queue_of_three()).tolist() == [50, 50, 50]
    assert delay_index(queue_of_three()) == pytest.approx((1 + 1.2 + 1.4) / 3)


def test_distance_and_time_driven():
    result = queue_of_three()
    assert vehicle_kilometres(result) == pytest.approx(3.0)
    assert vehicle_hours(result) == pytest.approx(180 / 3600)


def test_who_is_not_there_yet_counts_time_so_far_and_the_free_way_left():
    """At 20 s all three have entered (at 0, 1.25, 2.5 s) and need until 50, 51.25, 52.5 s if nobody is in the way."""
    stopped = queue_of_three(until=20.0)
    assert stopped.fate_counts() == {"arrived": 0, "on road": 3, "waiting": 0, "refused": 0}
    assert travel_times(stopped).tolist() == pytest.approx([50, 51.25, 52.5])


def test_who_still_waits_counts_too():
    """At 1 s only the first has entered; the others have waited 1 s and have 50 s before them."""
    assert travel_times(queue_of_three(until=1.0)).tolist() == pytest.approx([50, 51, 51])


def test_stopping_early_never_flatters():
    full = mean_travel_time(queue_of_three())
    assert all(mean_travel_time(queue_of_three(until=t)) <= full + 1e-9 for t in (1, 10, 55, 65))


def test_the_table_has_every_kpi_and_every_result():
    table = kpis(queue_of_three(), queue_of_three())
    assert table["key"].tolist() == [kpi.key for kpi in KPIS]
    assert table.columns.tolist() == ["key", "unit", "better", "unnamed", "unnamed'"]
    assert table.index[0] == "Delay index"


def test_the_table_says_what_it_does_not_know():
    assert kpis(queue_of_three()).index.name == "One day, no band yet"
    assert "Synthetic demand" in kpis(simulate(town("helsinki", load=0.2))).index.name


def test_speed_and_pace_by_hand():
    """On the road 50, 58.75 and 67.5 s: v = 3 km / 176.25 s, pace 176.25 / 150; every passage is covered once."""
    whole = queue_of_three().intervals(100.0)
    assert whole.speed[0, 0] == pytest.approx(3000 / 176.25)
    assert whole.pace[0, 0] == pytest.approx(176.25 / 150)
    parts = queue_of_three().intervals(7.0)
    assert (parts.speed * parts.present).sum() * 7.0 / 1000 == pytest.approx(3.0)


def test_who_is_under_way_at_the_end_drives_at_free_speed():
    """Stopped after 20 s of 50: nobody was in the way yet."""
    cut = queue_of_three(until=20.0).intervals(60.0)
    assert cut.speed[0, 0] == pytest.approx(20.0)
    assert cut.pace[0, 0] == pytest.approx(1.0)


def test_what_is_not_done_is_not_counted_as_done():
    """At 55 s one of three has left the kilometre, and two have not arrived; at 1 s nobody has."""
    stopped = queue_of_three(until=55.0)
    assert vehicle_kilometres(stopped) == pytest.approx(1.0)
    assert unfinished(stopped) == 2
    assert unfinished(queue_of_three(until=1.0)) == 3


def test_a_refused_trip_has_no_hours():
    town_ = network([road("1", "A", "B"), road("2", "C", "B")])
    table = pd.concat([trips("A", "B", [0.0]), trips("A", "C", [0.0], ids=[7])])
    assert vehicle_hours(simulate(Scenario(town_, Demand(table)))) == pytest.approx(50 / 3600)
