"""Gridlock and patience: circles of links that block each other, who finds a way out of them, and when."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.roads import chain, network, road, steady, trips
from tests.speed.grid import grid_town
from twin.demand import Demand
from twin.errors import BadTable
from twin.network import Network
from twin.places import no_places
from twin.scenario import Scenario
from twin.simulate import columns_of, simulate
from twin.storage import Stretches, unit_of, units_of

CORNERS = "ABCD"
RING = ["AB", "BC", "CD", "DA"]


def ring(*, escape):
    """Four links of 30 m in a circle (6 vehicles each), a way in and out at each corner; escape joins the outs."""
    rows = []
    for corner, following in zip(CORNERS, "BCDA", strict=True):
        rows += [
            road(corner + following, corner, following, length=30.0),
            road(f"in {corner}", f"in {corner}", corner, length=100.0),
            road(f"out {corner}", corner, f"out {corner}", length=100.0),
        ]
        if escape:
            rows.append(road(f"way {corner}", f"out {corner}", f"out {following}", length=500.0))
    return network(rows)


def locking(*, escape, patience, seconds=40, until=7200.0, **more):
    """From every corner .4 veh/s go three quarters of the circle: twice what its four links can take."""
    departures = steady((0.4, seconds))
    tables = [
        trips(f"in {corner}", f"out {CORNERS[row - 1]}", departures, ids=row + 4 * np.arange(len(departures)))
        for row, corner in enumerate(CORNERS)
    ]
    scenario = Scenario(ring(escape=escape), Demand(pd.concat(tables)), patience=patience)
    return simulate(scenario, until=until, **more)


def rich_town(trips_, *, side=6):
    """A grid with two lane groups a link, pockets on half of them, and trucks."""
    town = grid_town(side, trips_)
    links = town.network.links.assign(lanes=2)
    turns = town.network.turns.copy()
    turns["lane_group"] = (turns.groupby("in_link").cumcount() > 0).astype(int)
    groups = pd.DataFrame(
        {"link_id": np.repeat(links["link_id"], 2), "lane_group": [0, 1] * len(links), "lanes": 1, "pocket": np.nan}
    )
    groups.loc[np.arange(len(groups)) % 4 == 0, "pocket"] = 40.0
    demand = town.demand.trips.copy()
    demand["departure"] *= 0.4
    demand["vehicle_class"] = np.where(np.arange(len(demand)) % 5 == 0, "truck", "car")
    net = Network(town.network.nodes, links, lane_groups=groups, turns=turns)
    return replace(town, network=net, demand=Demand(demand))


def test_a_circle_that_locks_is_reported_with_links_time_and_cause():
    """By 30 s six stand on each of the four and want to go on; who came first is out, nobody moves for two hours."""
    result = locking(escape=False, patience=None)
    table, passages = result.gridlock, result.passages()
    circle = table[table["circle"] == 1]
    assert circle["link_id"].tolist() == RING
    assert (circle["vehicles"] == 6).all()
    assert (circle["since"] == passages["left"][passages["link_id"].isin(RING)].max()).all()
    assert (circle["since"] < 30).all()
    assert (circle["cause"] == "full circle of links").all()
    behind = table[table["circle"] == 0]
    assert behind["link_id"].tolist() == [f"in {corner}" for corner in CORNERS]
    assert (behind["cause"] == "behind circle 1").all()
    assert table["vehicles"].sum() == result.fate_counts()["on road"]


def test_without_another_way_patience_changes_nothing():
    assert (locking(escape=False, patience=(120, 600)).times == locking(escape=False, patience=None).times).all()


def test_with_a_way_out_and_patience_it_dissolves():
    stays, dissolves = (locking(escape=True, patience=patience) for patience in (None, (120, 600)))
    assert len(stays.gridlock) == 8
    assert dissolves.fate_counts()["arrived"] == 64
    assert dissolves.gridlock.empty
    assert dissolves.gridlock.columns.tolist() == stays.gridlock.columns.tolist()


def test_the_first_moves_when_its_patience_is_over_and_not_before():
    """All heads have waited since 28.25 to 33 s: with a patience of 120 s they look first at 180 s."""
    result = locking(escape=True, patience=(120, 120))
    left = result.passages()["left"].dropna()
    assert not left.between(40, 180, inclusive="left").any()
    assert left.between(180, 182).any()


def test_one_seed_gives_one_run_and_another_seed_another_moment():
    one, again, other = (locking(escape=True, patience=(120, 600), seed=seed) for seed in (0, 0, 1))
    watched = locking(escape=True, patience=(120, 600), progress=lambda _: None)
    assert one.fingerprint == again.fingerprint == watched.fingerprint
    assert one.end != other.end
    first = {min(t for t in locking(escape=True, patience=(60, 900), seed=s).times if t > 60_000) for s in range(4)}
    assert len(first) > 1


def test_who_lost_patience_keeps_what_was_driven_and_ends_where_it_wished():
    result = locking(escape=True, patience=(120, 600))
    table = result.passages().groupby("trip_id")["link_id"].agg(list)
    moved = [links for links in table if any(link.startswith("way") for link in links)]
    assert moved
    ends = result.scenario.network.links.set_index("link_id")["to_node"]
    for links in table:
        assert links[0].startswith("in")
        assert ends[links[-1]] == f"out {CORNERS[CORNERS.index(links[0][-1]) - 1]}"


def check_motion(result):
    """Check that routes hang together and that nobody is too fast and no link too full."""
    net, demand = result.scenario.network, result.scenario.demand
    came, went = result.passing
    link, first = result.link_of_step, np.zeros(len(result.route), bool)
    first[result.route_start[:-1][result.n_links > 0]] = True
    from_, last = net.link_rows(net.turns["in_link"]), result.route_start[1:][result.n_links > 0] - 1
    assert (from_[result.route[~first]] == link[np.flatnonzero(~first) - 1]).all()
    goal = result.scenario.trip_ends[result.n_links > 0, 1]
    assert (net.node_rows(net.links["to_node"])[link[last]] == goal).all()
    left = went >= 0
    assert (went[left] - came[left] >= net.free_time[link][left]).all()
    stretches, unit = Stretches(net), unit_of(demand)
    room = stretches.storage(unit)
    most = room[: len(net.links)].copy()
    np.add.at(most, stretches.group_link[stretches.pieces], room[len(net.links) :])
    units = units_of(demand.classes, unit)[result.class_of_trip[result.trip_of_step]]
    moves = pd.DataFrame(
        {
            "link": np.concatenate([link[came >= 0], link[left]]),
            "time": np.concatenate([came[came >= 0], went[left]]),
            "units": np.concatenate([units[came >= 0], -units[left]]),
        }
    ).sort_values(["link", "time", "units"])
    on = moves.groupby("link")["units"].cumsum()
    assert (on <= most[moves["link"]]).all()
    assert (on >= 0).all()


def test_a_jammed_town_with_lanes_pockets_and_trucks_keeps_the_rules_and_loses_fewer():
    town = rich_town(16_000)
    frozen, moving = (simulate(replace(town, patience=limits), until=6000.0) for limits in (None, (20.0, 40.0)))
    check_motion(frozen)
    check_motion(moving)
    assert (moving.n_links.sum()) != frozen.n_links.sum()
    assert moving.fate_counts()["arrived"] > frozen.fate_counts()["arrived"]
    assert simulate(moving.scenario, until=6000.0, progress=lambda _: None).fingerprint == moving.fingerprint


@pytest.mark.parametrize("until", [1000.0, 1400.0, 1800.0, 2600.0])
def test_what_is_reported_never_moves_again(until):
    """But for a few: whom another head holds up can only be told by how long nobody has gone."""
    town = replace(rich_town(16_000), patience=None)
    result, later = simulate(town, until=until), simulate(town, until=20_000.0)
    came, went = result.passing
    stays = (came >= 0) & (went < 0) & (later.passing[1] < 0)
    stuck = np.bincount(result.link_of_step[stays], minlength=len(town.network.links))
    table = result.gridlock
    wrong = table["vehicles"].to_numpy() - stuck[town.network.link_rows(table["link_id"])]
    assert wrong.clip(0).sum() <= 3
    assert len(later.gridlock)
    assert later.gridlock["vehicles"].sum() == later.fate_counts()["on road"]


def test_a_jam_is_no_gridlock():
    jam = simulate(Scenario(chain({}, {}, exits={"2": 0.01}), Demand(trips("0", "2", steady((0.8, 600))))), until=900.0)
    assert jam.fate_counts()["on road"] > 100
    assert jam.gridlock.empty


def fork(*, groups=None, closed_at=None, **more):
    """From A to J, then by the short link "short" or the long one "long" to B; ten trips by the short one."""
    rows = [
        road("a", "A", "J", length=200.0, lanes=2 if groups else 1),
        road("short", "J", "B", length=100.0), road("long", "J", "B", length=1000.0),
    ]  # fmt: skip
    lanes = turns = None
    if groups:
        lanes = pd.DataFrame({"link_id": ["a", "a", "short", "long"], "lane_group": [0, 1, 0, 0], "lanes": 1})
        lanes["pocket"] = [*groups, np.nan, np.nan]
        turns = [
            {"in_link": "a", "out_link": "short", "lane_group": 0},
            {"in_link": "a", "out_link": "long", "lane_group": 1},
        ]
    events = {}
    if closed_at is not None:
        row = {"time": closed_at, "kind": "closed", "link_id": "short", "out_link": "", "value": 1}
        events = {"events": pd.DataFrame([row])}
    demand = Demand(trips("A", "B", [2.0 * n for n in range(10)]))
    return Scenario(network(rows, lane_groups=lanes, turns=turns), demand, **events, **more)


def test_before_a_closed_link_is_reported_as_that():
    result = simulate(fork(closed_at=15.0, patience=None), until=3000.0)
    table = result.gridlock
    assert table.iloc[0].to_dict() == {
        "circle": 0, "link_id": "a", "vehicles": 7, "since": 14.0, "cause": "closed link short",
    }  # fmt: skip


@pytest.mark.parametrize("groups", [None, [np.nan, np.nan]], ids=["in its lane", "by the other lane"])
def test_who_stands_before_a_closed_link_goes_round_it(groups):
    """Heads look at 180 s (120 s since 16 s) and then, as each is the head, after 120 s more: at 360 s, 480 s, ..."""
    result = simulate(fork(groups=groups, closed_at=15.0, patience=(120, 120)), until=7200.0)
    table = result.passages()
    assert result.fate_counts()["arrived"] == 10
    by_long = table[table["link_id"] == "long"]["entered"]
    assert len(by_long) == 7
    assert by_long.iloc[0] == pytest.approx(180, abs=1)
    assert by_long.diff().dropna().to_numpy() == pytest.approx(180, abs=61)


def test_who_stands_in_a_pocket_stays_in_it():
    """A pocket of 20 m holds four, who wait for ever before the closed link; the six behind take the other pocket."""
    result = simulate(fork(groups=[20.0, 20.0], closed_at=9.0, patience=(120, 120)), until=7200.0)
    check_motion(result)
    assert result.trips()["fate"].tolist() == ["on road"] * 4 + ["arrived"] * 6
    assert result.gridlock[["link_id", "vehicles", "cause"]].to_numpy().tolist() == [["a", 4, "closed link short"]]


def test_who_has_a_stay_before_it_waits():
    dock = pd.DataFrame({"place_id": ["dock"], "kind": "dock", "node_id": "B", "bays": 10, "entry_storage": 0})
    places = replace(no_places(), bays=dock)
    scenario = fork(closed_at=15.0, patience=(60, 60))
    stays = pd.DataFrame({"trip_id": range(10), "order": 0, "place_id": "dock", "service": 10.0})
    demand = Demand(scenario.demand.trips.assign(destination=None), stays=stays)
    result = simulate(replace(scenario, demand=demand, places=places), until=3000.0)
    assert result.fate_counts()["on road"] == 7
    assert result.gridlock["cause"].tolist() == ["closed link short"]


@pytest.mark.parametrize("patience", [(600, 120), (-1, 5), (0, float("nan")), (1,), "ab", 5])
def test_impossible_patience_is_refused(patience):
    with pytest.raises(BadTable, match="patience"):
        fork(patience=patience)


def test_patience_is_part_of_the_scenario():
    assert len({fork(patience=patience).fingerprint for patience in (None, (120, 600), (60, 600))}) == 3


def test_without_detours_a_run_can_be_driven_again_as_it_was():
    result = locking(escape=True, patience=None)
    assert (columns_of(result).vehicle_route == columns_of(locking(escape=True, patience=None)).vehicle_route).all()
