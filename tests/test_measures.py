"""Measures against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.roads import chain, network, road, trips
from tests.speed.grid import grid_town
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


def test_the_queue_by_hand():
    """They could leave at 50, 51.25 and 52.5 s and leave at 50, 60 and 70 s: 8.75 + 17.5 s in queue.

    Of the second its last 8.75 s lie in [50, 60): 8.75 s; of the third 7.5 s there and 10 s in [60, 70).
    """
    result = queue_of_three()
    assert result.intervals(100.0).queued[0, 0] * 100 == pytest.approx(8.75 + 17.5)
    tens = result.intervals(10.0, start=0.0, end=80.0).queued[:, 0] * 10
    assert tens.tolist() == pytest.approx([0, 0, 0, 0, 0, 8.75 + 7.5, 10, 0])


def test_a_truck_is_in_queue_only_beyond_its_own_free_time():
    """.9 of 20 m/s: 1138 / 1024 x 50 s = 55.566 s on an empty road, none of them in a queue."""
    table = trips("0", "1", [0.0]).assign(vehicle_class="truck")
    alone = simulate(Scenario(chain({}), Demand(table)))
    assert alone.trips()["travel_time"][0] == pytest.approx(55.566, abs=0.001)
    assert alone.intervals(100.0).queued.sum() == 0


def brute_queue(result, begin, end):
    """Return the vehicle seconds in queue on each link between two moments, passage by passage."""
    came, went = (times / 1000 for times in result.passing)
    slow = result.slow[result.class_of_trip[result.trip_of_step]] / 1024
    seconds = np.zeros(len(result.scenario.network.links))
    for step, link in enumerate(result.link_of_step):
        if came[step] >= 0:
            there = came[step] + round(result.scenario.network.free_time[link] * slow[step]) / 1000
            left = went[step] if went[step] >= 0 else result.end
            seconds[link] += max(0, min(left, end) - max(there, begin))
    return seconds


@pytest.mark.parametrize("until", [None, 1500.0])
def test_queues_are_exact_for_any_interval(until):
    result = simulate(grid_town(4, 400), until=until)
    for every, begin, end in ((300.0, 0.0, 6000.0), (77.7, 333.3, 2000.0), (5000.0, 100.0, 5100.0)):
        tally = result.intervals(every, start=begin, end=end)
        for row in range(0, len(tally.start), 7):
            expected = brute_queue(result, tally.start[row], tally.start[row] + every)
            assert tally.queued[row] * every == pytest.approx(expected, abs=1e-6)
        assert (tally.queued <= tally.present + 1e-9).all()


def test_finer_intervals_add_up_to_coarse_ones():
    result = simulate(grid_town(4, 400), until=1500.0)
    coarse, fine = (result.intervals(every, start=120.0, end=1920.0) for every in (600.0, 12.0))
    for name in ("entered", "left"):
        assert (getattr(fine, name).reshape(3, 50, -1).sum(axis=1) == getattr(coarse, name)).all()
    for name in ("present", "queued"):
        assert getattr(fine, name).reshape(3, 50, -1).mean(axis=1) == pytest.approx(getattr(coarse, name), abs=1e-9)
