"""Build: a town from an extract is as full as asked for, and nothing in it is lost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.osm.conftest import osm
from tests.reference_data import reference
from tests.test_junctions import junction_of_three
from twin.build import FROM_OUTSIDE, JITTER, LOAD, MORNING, OUTLIER, TO_OUTSIDE, Supply, ends, read_osm
from twin.demand.day import BACK, PURPOSES, THROUGH, WHOLE
from twin.errors import BadSource, BadTable, Cancelled, UnknownName
from twin.network import Network
from twin.osm import read
from twin.routing import fastest, ways
from twin.signals import no_signals
from twin.simulate import simulate
from twin.towns import data_folder, names, town
from twin.units import time_of_day

RUSH = (("08:00", "09:00"), ("17:00", "18:00"))
DAY = ("00:00", "24:00")
HELSINKI = data_folder() / "helsinki" / "helsinki.osm.pbf"


@pytest.fixture(scope="module")
def whole_day():
    return read_osm(HELSINKI, hours=DAY)


def edge_nodes():
    return set(read(HELSINKI).edges["node_id"])


@pytest.mark.parametrize("load", [0.3, LOAD])
def test_the_busiest_lane_groups_are_as_full_as_asked_for(load):
    """Counted anew from the trips themselves: those of both rush hours on their fastest ways.

    In the fuller one either the busiest are as full as asked for, or one lane group is OUTLIER times as full. 20,000
    sampled trips tell the load of a lane group within some percent, and gaps close faster than flows grow: 15 % is what
    that allows.
    """
    today = read_osm(HELSINKI, load=load, hours=DAY)
    network, trips = today.network, today.demand.trips
    reached = []
    for rush in RUSH:
        then = trips[trips["departure"].between(*map(time_of_day, rush))]
        pairs = np.stack([network.node_rows(then["origin"]), network.node_rows(then["destination"])], axis=1)
        routes, _ = fastest(ways(network, today.signals), pairs)
        turns = np.delete(routes.steps, routes.start[:-1])
        full = np.sort(Supply(network, today.signals).fullness(np.bincount(turns, minlength=len(network.turns)) / 3600))
        busiest = full[-int(len(full) * 0.05) :]
        reached.append(max(busiest.mean() / load, busiest[-1] / (OUTLIER * load)))
    assert max(reached) == pytest.approx(1, rel=0.15)


def test_gaps_are_a_part_of_how_full_a_lane_is():
    """A minor road (.1 a second, right) meets .2 a second: q e^(-q c) / (1 - e^(-q f)) = .120, so it is .84 full."""
    town_of_three = junction_of_three()
    flows = town_of_three.turns["in_link"].map({"major": 0.2, "minor": 0.1}).to_numpy()
    full = dict(
        zip(town_of_three.lane_groups["link_id"], Supply(town_of_three, no_signals()).fullness(flows), strict=True)
    )
    most = 0.2 * np.exp(-0.2 * 6.2) / (1 - np.exp(-0.2 * 3.3))
    assert full["minor"] == pytest.approx(0.1 / most)
    assert full["major"] == pytest.approx(0.2 / 0.8)


@pytest.mark.parametrize(("saturation", "lanes"), [(0.85, 1), (1.0, 2)])
def test_who_waits_for_gaps_is_held_by_nothing_else(saturation, lanes):
    """The same minor road, turning more slowly, or with a second lane: as full as the gaps make it."""
    town_of_three = junction_of_three()
    links = town_of_three.links.copy()
    links.loc[links["link_id"] == "minor", "lanes"] = lanes
    groups = town_of_three.lane_groups.copy()
    groups.loc[groups["link_id"] == "minor", "lanes"] = lanes
    turns = town_of_three.turns.assign(saturation=saturation)
    other = Network(town_of_three.nodes, links, lane_groups=groups, turns=turns, yields=town_of_three.yields)
    flows = town_of_three.turns["in_link"].map({"major": 0.2, "minor": 0.1}).to_numpy()
    full = dict(zip(other.lane_groups["link_id"], Supply(other, no_signals()).fullness(flows), strict=True))
    most = 0.2 * np.exp(-0.2 * 6.2) / (1 - np.exp(-0.2 * 3.3))
    assert full["minor"] == pytest.approx(0.1 / most)


def test_more_load_means_more_trips():
    assert len(town("helsinki", load=0.3).demand.trips) < len(town("helsinki", load=0.5).demand.trips)


def test_trips_depart_in_the_morning_and_jitter_is_small():
    today = town("helsinki")
    departure = today.demand.trips["departure"]
    assert departure.min() >= time_of_day("06:30")
    assert departure.max() < time_of_day(MORNING[1])
    assert today.departure_jitter == JITTER


def test_a_morning_is_a_part_of_its_day(whole_day):
    """The same people: the same trips under the same numbers, behind the same signals."""
    morning = read_osm(HELSINKI)
    trips = whole_day.demand.trips
    inside = trips["departure"].between(*map(time_of_day, MORNING), inclusive="left")
    pd.testing.assert_frame_equal(trips[inside].reset_index(drop=True), morning.demand.trips)
    assert morning.signals.fingerprint == whole_day.signals.fingerprint
    evening = read_osm(HELSINKI, hours=("16:07", "18:00")).demand.trips
    inside = trips["departure"].between(time_of_day("16:07"), time_of_day("18:00"), inclusive="left")
    pd.testing.assert_frame_equal(trips[inside].reset_index(drop=True), evening)


def test_a_day_is_lived_to_its_end(whole_day):
    result = simulate(whole_day)
    assert result.fate_counts()["arrived"] == len(whole_day.demand.trips)


def test_people_go_to_work_in_the_morning_and_home_in_the_evening(whole_day):
    trips = whole_day.demand.trips
    hour = trips["departure"] // 3600
    for purpose, busiest in (("work", 7), (BACK + "work", 17), ("shopping", 11)):
        assert hour[trips["purpose"] == purpose].mode().iloc[0] in {busiest, busiest + 1}, purpose
    morning = trips[hour.between(6, 9)]
    assert (morning["purpose"] == "work").sum() > 50 * (morning["purpose"] == BACK + "work").sum()


def test_purposes_have_their_shares(whole_day):
    """Of each thousand that begin or end in the town; 34,000 trips: within three standard deviations, .008."""
    counts = whole_day.demand.trips["purpose"].value_counts(normalize=True)
    for purpose in PURPOSES:
        both = counts[purpose.name] + counts[BACK + purpose.name]
        assert both == pytest.approx(purpose.share / (WHOLE + THROUGH), abs=0.008), purpose.name
    assert counts["through"] == pytest.approx(THROUGH / (WHOLE + THROUGH), abs=0.008)


def test_who_comes_goes_home_again(whole_day):
    """As many ways to work end at a junction as ways back begin there, in parts of all of them.

    Two samples of one distribution: with about 90 junctions chi square stays below 137 (0.1 %).
    """
    trips = whole_day.demand.trips
    came = trips[trips["purpose"] == "work"]["destination"].value_counts()
    went = trips[trips["purpose"] == BACK + "work"]["origin"].value_counts()
    inside = came.index.union(went.index).difference(sorted(edge_nodes()))
    came, went = came.reindex(inside, fill_value=0), went.reindex(inside, fill_value=0)
    ratio = np.sqrt(went.sum() / came.sum())
    assert 80 < len(inside) < 95
    assert ((came * ratio - went / ratio) ** 2 / (came + went)).sum() < 137


def test_outside_has_the_share_that_it_was_given(whole_day):
    """By chance of the draw within three standard deviations: sqrt(.25 / 3000) = .009; and some live at the edge."""
    trips, edge = whole_day.demand.trips, edge_nodes()
    there = trips[trips["purpose"] == "work"]
    assert FROM_OUTSIDE - 0.03 <= there["origin"].isin(edge).mean() <= FROM_OUTSIDE + 0.13
    assert TO_OUTSIDE - 0.03 <= there["destination"].isin(edge).mean() <= TO_OUTSIDE + 0.13


@pytest.mark.parametrize("hours", [("09:00", "08:00"), ("8", "9"), ("00:00", "24:01"), ("07:00:30", "08:00"), "08:00"])
def test_hours_that_are_no_part_of_a_day_are_refused(hours):
    with pytest.raises(BadTable, match="two times of a day"):
        read_osm(HELSINKI, hours=hours)


def test_a_town_of_many_junctions_is_put_together_to_hexagons(monkeypatch):
    """As coarse as need be; trips still begin at single junctions, in number as before: the same people."""
    fine = read_osm(HELSINKI).demand.trips
    monkeypatch.setattr(ends, "MOST_ZONES", 30)
    coarse = read_osm(HELSINKI).demand.trips
    extract = read(HELSINKI)
    assert len(set(ends.ends(extract.network, extract.places, extract.edges).zone)) <= 30
    assert len(coarse) == pytest.approx(len(fine), rel=0.1)
    near = fine["destination"].value_counts(normalize=True), coarse["destination"].value_counts(normalize=True)
    both = near[0].index.union(near[1].index)
    assert np.corrcoef(*(each.reindex(both, fill_value=0) for each in near))[0, 1] > 0.9
    assert (coarse["origin"] != coarse["destination"]).all()


def test_a_place_without_houses_lives_too(tmp_path):
    nodes = {n: (100 * (n % 3), 100 * (n // 3)) for n in range(9)}
    rows = [[0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 3, 6], [1, 4, 7], [2, 5, 8]]
    streets = {100 + k: (row, {"highway": "residential"}) for k, row in enumerate(rows)}
    path = tmp_path / "bare.osm"
    path.write_text(osm(nodes, streets), encoding="utf-8")
    result = simulate(read_osm(path))
    assert result.fate_counts()["arrived"] == len(result.scenario.demand.trips) > 0
    assert result.scenario.name == "bare"


@pytest.mark.parametrize("load", [0, -1, float("nan")])
def test_an_impossible_load_is_refused(load):
    with pytest.raises(BadSource, match="load"):
        town("helsinki", load=load)


def test_towns_are_found_by_name():
    assert "helsinki" in names()
    with pytest.raises(UnknownName, match="there are: helsinki"):
        town("atlantis")


def test_trips_of_helsinki_nearly_all_have_a_way():
    result = simulate(town("helsinki"))
    counts = result.fate_counts()
    assert counts["refused"] == 0
    assert counts["arrived"] == sum(counts.values())


def test_through_trips_begin_and_end_outside(whole_day):
    edge, trips = edge_nodes(), whole_day.demand.trips
    through = trips[trips["purpose"] == "through"]
    assert (through["origin"].isin(edge) & through["destination"].isin(edge)).all()
    assert (through["origin"] != through["destination"]).all()


def test_traffic_comes_in_where_lanes_come_in(tmp_path):
    """A road leads in at 3 and another out at 2: most trips begin at 3, and more than an even share end at 2."""
    nodes = {1: (0, 0), 2: (-100, 0), 3: (100, 0), 4: (0, -100), 5: (0, 100), 6: (200, 20), 7: (-200, 20)}
    streets = {10 * arm: ([arm, 1], {"highway": "residential"}) for arm in (2, 3, 4, 5)}
    out = {"highway": "primary", "oneway": "yes", "lanes": "2"}
    path = tmp_path / "gates.osm"
    path.write_text(osm(nodes, streets | {90: ([98, 6, 3], out), 91: ([2, 7, 99], out)}), encoding="utf-8")
    table = read_osm(path).demand.trips
    assert (table["origin"] == "3").mean() > 0.5
    assert (table["origin"] == "2").mean() < 0.3
    assert (table["destination"] == "2").mean() > 0.4


@pytest.mark.parametrize("total", [1, 4321])
def test_a_known_number_of_trips_is_kept(total):
    """Whatever the load would be; and signals are timed for it: more trips, longer cycles."""
    made = read_osm(HELSINKI, total=total)
    assert len(made.demand.trips) == total
    busy = read_osm(HELSINKI, total=40_000)
    assert busy.signals.plans["cycle"].mean() > made.signals.plans["cycle"].mean()


@pytest.mark.parametrize("total", [0, -5, 10**9])
def test_an_impossible_number_of_trips_is_refused(total):
    with pytest.raises(BadSource, match=f"total = {total} must be a number of trips"):
        read_osm(HELSINKI, total=total)


def test_reading_tells_how_far_it_is_and_can_be_stopped():
    source, told = HELSINKI, []
    whole = read_osm(source, progress=told.append)
    assert told == sorted(told)
    assert 0 < told[0] < told[-1] == 1
    assert len(told) >= 5

    def stop(share):
        if share >= told[2]:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        read_osm(source, progress=stop)
    assert read_osm(source).fingerprint == whole.fingerprint


STARVED = 900.0
"""Nobody may stand at the head of a lane group for so long [s] while nobody leaves it."""


def longest_at_a_head(result):
    """Return the longest time [s] in which somebody had come to the end of a lane group and nobody left it."""
    came, gone = result.passing
    order = np.lexsort((gone, result.group_of_step))
    group, left, ready = (part[order] for part in (result.group_of_step, gone, came + result.free_time_of_step))
    first = np.append(True, group[1:] != group[:-1])
    before = np.where(first, 0, np.append(0, left[:-1]))
    return float((left - np.maximum(before, ready)).max()) / 1000


@pytest.mark.prove
@pytest.mark.parametrize(
    "name",
    ["Helsinki.osm.pbf", "finnish-suburb.osm.pbf", "krems.osm.gz", "statecollege.osm", "monaco.osm.gz",
     "baltimore.osm.pbf", "campo-grande.osm.gz"],
)  # fmt: skip
def test_any_town_lives(name):
    """At three tenths of what the busiest roads carry every trip arrives, and no lane group starves beside a green."""
    made = read_osm(reference("osm") / name, load=0.3)
    result = simulate(made)
    assert result.fate_counts()["arrived"] == len(made.demand.trips) > 1000
    assert longest_at_a_head(result) < STARVED
