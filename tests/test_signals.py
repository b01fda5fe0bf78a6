"""Signals: Webster by hand, waits by formula, plans that hold what they must and nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from shapely import LineString

from tests.roads import chain, network, road
from tests.test_junctions import PLACES, drawn
from twin.errors import BadTable
from twin.junctions import with_right_of_way
from twin.network import Network
from twin.signals import LOST_TIME, SHORTEST_GREEN, Signals, green_shares, infer_plans, mean_waits, webster


def crossing():
    """A crossing J: a wide road from west and east, a narrow one from south; each goes on to every other arm."""
    arms = {"W": 2, "E": 2, "S": 1}
    rows = [road(f"{arm}J", arm, "J", lanes=lanes) for arm, lanes in arms.items()]
    rows += [road(f"J{arm}", "J", arm, lanes=lanes) for arm, lanes in arms.items()]
    town = network(rows)
    places = {"W": (-0.01, 0), "E": (0.01, 0), "S": (0, -0.01), "J": (0, 0)}
    links = town.links.copy()
    links["geometry"] = [
        LineString([places[a], places[b]]) for a, b in zip(links["from_node"], links["to_node"], strict=True)
    ]
    return town.with_links(links)


def one_turn(*windows, cycle=60.0):
    greens = pd.DataFrame(
        [{"signal_id": "x", "in_link": "1", "out_link": "2", "start": a, "length": b} for a, b in windows]
    )
    return Signals(pd.DataFrame({"signal_id": ["x"], "cycle": [cycle], "offset": [0.0]}), greens)


def test_webster_by_hand():
    """L = 8 s, Y = .5: C = (1.5 x 8 + 5) / (1 - .5) = 34 s; 26 s of green in proportion 3 : 2 are 15.6 and 10.4 s."""
    cycle, greens = webster(np.array([0.3, 0.2]))
    assert cycle == 34
    assert greens.sum() == cycle - 2 * LOST_TIME
    assert greens == pytest.approx([15.6, 10.4], abs=1)


@pytest.mark.parametrize(
    "loads",
    [(0.0, 0.0), (0.9, 0.0), (2.0, 2.0), (0.01, 0.6), (0.33, 0.33, 0.33), (0.0, 0.0, 0.0, 0.0), (0.001, 0.03, 0.03)],
)
def test_webster_keeps_its_limits(loads):
    cycle, greens = webster(np.array(loads))
    assert 20 <= cycle <= 120
    assert (greens >= SHORTEST_GREEN).all()
    assert greens.sum() == pytest.approx(cycle - LOST_TIME * len(loads))


def by_turn(town, flows):
    """Return the flow of each turn [PCU/s]: those of lane groups, evenly parted between their turns."""
    group = town.group_of_turn
    return (
        np.broadcast_to(flows, len(town.lane_groups))
        / np.maximum(np.bincount(group, minlength=len(town.lane_groups)), 1)
    )[group]


def test_two_lanes_that_lead_onto_one_get_the_green_of_one():
    """A through road of two lanes narrows to one behind the signal: its load is that of one lane, .5 and not .25.

    C = 17 / (1 - .5 - .17) = 51 s at least; with two lanes behind it 17 / (1 - .25 - .1) = 26 s.
    """
    cycles = []
    for lanes in (1, 2):
        town = chain({"lanes": 2}, {"lanes": lanes})
        cycles.append(infer_plans(town, {"1": "1"}, by_turn(town, [0.4, 0.0])).plans["cycle"].tolist())
    assert cycles == [[51], [26]]


def test_mean_wait_is_half_the_red_times_its_chance():
    """Red 40 s of 60: 40² / (2 x 60) = 13.33 s. Two reds of 20 s: 2 x 20² / (2 x 60) = 6.67 s."""
    town = chain({}, {})
    assert mean_waits(one_turn((0, 20)), town) == pytest.approx([40**2 / 120])
    assert mean_waits(one_turn((0, 10), (30, 10)), town) == pytest.approx([2 * 20**2 / 120])
    assert green_shares(one_turn((0, 10), (30, 10)), town) == pytest.approx([1 / 3])


def test_inferred_plans_part_the_main_road_from_the_side_road():
    town = crossing()
    plans = infer_plans(town, {"J": "J"}, by_turn(town, 0.2))
    assert plans.plans["inferred"].all()
    windows = plans.greens.groupby("in_link")[["start", "length"]].agg(["min", "max"])
    assert (windows.loc["WJ"] == windows.loc["EJ"]).all()
    main_end = windows.loc["WJ"][("start", "max")] + windows.loc["WJ"][("length", "max")]
    assert windows.loc["SJ"][("start", "min")] == main_end + LOST_TIME
    end = windows.loc["SJ"][("start", "min")] + windows.loc["SJ"][("length", "min")]
    assert end + LOST_TIME == plans.plans["cycle"][0]
    held = set(zip(plans.greens["in_link"], plans.greens["out_link"], strict=True))
    assert held == {turn for turn in town.turn_index if turn[0] in ("WJ", "EJ", "SJ")}


def test_more_flow_gets_more_green():
    town = crossing()
    few, many = (
        infer_plans(town, {"J": "J"}, by_turn(town, np.where(town.lane_groups["link_id"] == "SJ", flow, 0.2))).greens
        for flow in (0.05, 0.4)
    )
    assert many.loc[many["in_link"] == "SJ", "length"].max() > few.loc[few["in_link"] == "SJ", "length"].max()


def test_the_short_links_inside_a_wide_junction_are_never_held():
    town = network([road("a", "A", "J1"), road("m", "J1", "J2", length=15), road("b", "J2", "B")])
    plans = infer_plans(town, {"J1": "J1", "J2": "J1"}, by_turn(town, 0.0))
    assert set(plans.greens["in_link"]) == {"a"}


@pytest.mark.parametrize(
    ("windows", "words"),
    [(((0, 61),), "does not fit"), (((60, 5),), "does not fit"), (((0, 30), (20, 5)), "runs into the next"),
     (((50, 20), (5, 10)), "runs into the next")],
)  # fmt: skip
def test_impossible_greens_are_refused(windows, words):
    with pytest.raises(BadTable, match=words):
        one_turn(*windows)


def test_an_impossible_cycle_is_refused():
    with pytest.raises(BadTable, match="cycle of 0"):
        one_turn((0, 20), cycle=0.0)


def test_people_on_foot_count_a_third():
    """Load .3 and a third of it: C = 17 / .6 = 28 s, of 20 s of green 7 for them, the least, and not 5 (3 : 1)."""
    town = chain({}, {})
    plans = infer_plans(town, {"1": "1"}, by_turn(town, [0.24, 0.0]))
    assert plans.plans["cycle"].tolist() == [28]
    assert plans.greens["length"].tolist() == [13]


@pytest.mark.parametrize(("main", "side", "greens"), [(1, 1, (10, 10)), (3, 1, (10, 23)), (2, 3, (23, 17))])
def test_greens_are_long_enough_to_walk_across(main, side, greens):
    """7 s to set out, 3.5 m a lane at 1.07 m/s, less 4 s of amber and all-red: 2 lanes 9.5, 4 lanes 16.1, 6 lanes 22.6.

    While a road is green people walk across the other one, whose lanes of both directions lie side by side.
    """
    lanes = dict(zip("WENS", (main, main, side, side), strict=True))
    ends = {f"{arm}J": (arm, "J", {"lanes": count}) for arm, count in lanes.items()}
    town = drawn(ends | {f"J{arm}": ("J", arm, {"lanes": count}) for arm, count in lanes.items()}, PLACES)
    plans = infer_plans(town, {"J": "J"}, by_turn(town, 0.0))
    assert plans.greens.groupby("in_link")["length"].first()[["WJ", "SJ"]].tolist() == list(greens)
    assert plans.plans["cycle"].tolist() == [sum(greens) + 2 * LOST_TIME]


def test_who_crosses_a_road_between_junctions_has_time_for_it():
    """A street of 3 lanes one way, nobody else: 7 + 10.5 / 1.07 - 4 = 12.8 s on foot; for cars 7 s are enough."""
    town = chain({"lanes": 3}, {"lanes": 3})
    plans = infer_plans(town, {"1": "1"}, by_turn(town, 0.0))
    assert plans.plans["cycle"].tolist() == [7 + 13 + 2 * LOST_TIME]
    assert plans.greens["length"].tolist() == [7]


def test_the_main_road_is_the_one_with_most_lanes():
    town = crossing()
    links = town.links.copy()
    links["lanes"] = np.where(links["link_id"] == "SJ", 3, links["lanes"])
    links.loc[links["link_id"].isin(["WJ", "EJ"]), "lanes"] = 1
    town = Network(town.nodes, links)
    plans = infer_plans(town, {"J": "J"}, by_turn(town, 0.2)).greens.groupby("in_link")["start"].max()
    assert plans["SJ"] == 0
    assert plans["WJ"] == plans["EJ"] > 0


def with_left_lanes(lanes):
    """Return a crossroads with a left-turn lane on the arms S and N, and the flows of its lane groups by arm."""
    links = {f"{arm}J": (arm, "J", {"lanes": lanes + 1 if arm in "SN" else 1}) for arm in "SENW"}
    plain = drawn(links | {f"J{arm}": ("J", arm, {"lanes": lanes}) for arm in "SENW"}, PLACES)
    groups = plain.lane_groups.assign(
        lanes=plain.lane_groups["lanes"].where(~plain.lane_groups["link_id"].isin(["SJ", "NJ"]), lanes)
    )
    pockets = pd.DataFrame({"link_id": ["SJ", "NJ"], "lane_group": 0, "lanes": 1})
    groups = pd.concat([groups.assign(lane_group=groups["link_id"].isin(["SJ", "NJ"]).astype(int)), pockets])
    own = plain.turns["in_link"].isin(["SJ", "NJ"]) & (plain.turns["kind"] != "left")
    turns = plain.turns.assign(lane_group=own.astype(int))
    return with_right_of_way(
        Network(plain.nodes, plain.links, lane_groups=groups[["link_id", "lane_group", "lanes"]], turns=turns),
        signal_of_node={"J": "J"},
    )


def flows_of(town, left, straight):
    """Return flows [PCU/s]: left turns from the south, all else from north and south; few from the sides."""
    groups = town.lane_groups
    flow = np.where(groups["link_id"].isin(["SJ", "NJ"]), straight / 3600, 0.02)
    flow = np.where((groups["link_id"] == "NJ") & (groups["lane_group"] == 0), 0.005, flow)
    return by_turn(town, np.where((groups["link_id"] == "SJ") & (groups["lane_group"] == 0), left / 3600, flow))


def test_left_turns_are_permitted_while_the_opposite_side_is_green():
    town = with_left_lanes(1)
    greens = infer_plans(town, {"J": "J"}, flows_of(town, 100, 400)).greens
    only = greens[greens["permitted"]]
    assert {a[0] + b[1] for a, b in only[["in_link", "out_link"]].to_numpy()} == {"SW", "NE", "ES", "WN"}
    assert greens["start"].nunique() == 2


@pytest.mark.parametrize(("lanes", "left", "phases"), [(1, 120, 2), (1, 130, 3), (2, 220, 2), (2, 230, 3)])
def test_left_turns_that_are_too_many_get_a_phase_of_their_own(lanes, left, phases):
    """By 400 an hour opposite: 50,000 / 400 = 125 left turns an hour on one lane, 90,000 / 400 = 225 on two."""
    town = with_left_lanes(lanes)
    plans = infer_plans(town, {"J": "J"}, flows_of(town, left, 400))
    greens = plans.greens.set_index(["in_link", "out_link"])
    assert greens["start"].nunique() == phases
    own = greens.loc[[("SJ", "JW"), ("NJ", "JE")]]
    assert own["permitted"].tolist() == [phases == 2] * 2
    if phases == 3:
        first, then = own.iloc[0], greens.loc[("SJ", "JN")]
        assert first["start"] + first["length"] + LOST_TIME == then["start"]
        assert not then["permitted"]
        total = greens.drop_duplicates(["start"])["length"].sum() + 3 * LOST_TIME
        assert total == plans.plans["cycle"][0]


def test_inferred_plans_have_amber_and_startup_loss():
    """3 s of amber + 1 s all red + 2 s starting up - 2 s driven in the amber: 4 s are lost."""
    town = crossing()
    plans = infer_plans(town, {"J": "J"}, by_turn(town, 0.2)).plans
    assert plans[["amber", "startup_loss"]].to_numpy().tolist() == [[3.0, 2.0]]
    assert LOST_TIME == 3 + 1 + 2 - 2
